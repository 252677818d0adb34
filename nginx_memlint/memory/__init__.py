"""The bytes that a configuration takes, by what takes them, at start and through reloads."""
