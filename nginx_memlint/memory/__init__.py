"""What contexts, loads and blocks cost in bytes, at start and through reloads."""
