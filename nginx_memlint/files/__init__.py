"""The one way to each file that is not a stream: opened for reading, parsed, written, removed.

Nothing else in the package opens files (tests/files/test_reading.py).
"""
