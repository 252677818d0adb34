"""Coverage-guided fuzzing of all that reads what others wrote: see docs/fuzzing.md."""
