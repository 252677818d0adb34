"""A configuration on a server, counted and priced, and what would help."""
