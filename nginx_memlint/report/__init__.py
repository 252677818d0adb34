"""Output formats: one module each, all with the same signature."""
