"""A module for each --format of memlint check."""
