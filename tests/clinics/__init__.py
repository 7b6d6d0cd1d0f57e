"""Random clinics: timelines from a seed, plausible and hostile ones, on the rules or on a whole installation."""
