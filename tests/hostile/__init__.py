"""Configurations and circumstances that are made to break things."""
