"""The cost of a change: two configurations compared."""
