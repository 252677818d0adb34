"""Files on this machine, opened for reading, parsed, written and removed in one place.

Nothing else in the package opens files, except streams (tests/files/test_reading.py).
"""
