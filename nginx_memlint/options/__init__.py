"""What can be asked of a check: one record, and how its values are read."""
