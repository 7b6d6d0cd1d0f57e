"""Mutants of the rules: ``make mutants``."""
