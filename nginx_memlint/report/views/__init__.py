"""What other commands print for people."""
