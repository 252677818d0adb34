"""What a change costs: two configurations compared."""
