"""Whether a reload of the nginx that runs here would fit into the memory that there is.

Linux only. Everything is read from ``/proc`` and from control groups; nothing is changed.
"""
