"""The options of a check: one record of them, and how their values are read."""
