"""The phases of a pathway: each declares its verbs and what it waits for."""
