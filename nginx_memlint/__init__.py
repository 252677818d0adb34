"""Tells what an nginx configuration will cost in memory when it is started or reloaded."""

__version__ = "0.1.0"
