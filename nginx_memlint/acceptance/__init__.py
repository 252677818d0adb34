"""Findings that are accepted: by comments, by paths, by a baseline; and what lowers a report."""
