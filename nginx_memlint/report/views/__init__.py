"""Results of commands other than check, for people."""
