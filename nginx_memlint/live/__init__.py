"""The real nginx of this machine: what it is, what it costs, whether an estimate holds.

Linux only: memory is read from ``/proc``.
"""
