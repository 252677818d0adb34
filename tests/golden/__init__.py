"""Outputs of the command as files, which show what a change changes.

``python -m tests.golden`` writes them anew.
"""
