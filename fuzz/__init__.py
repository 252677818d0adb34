"""Coverage-guided fuzzing of all that reads what others wrote: see docs/FUZZING.md."""
