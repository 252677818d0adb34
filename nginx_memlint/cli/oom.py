"""Whom the kernel kills where memory is short: memlint, before the nginx that it looks at.

Both may be in one control group, as below systemd's ``ExecReload=`` and in a container: what
memlint takes there can be what is too much, and by itself the kernel kills what is largest.
"""

from __future__ import annotations

from contextlib import suppress

_SCORE = "/proc/self/oom_score_adj"
_FIRST = "1000"
"""The score of a process that is killed before all others (proc(5))."""

_before: list[str] = []


def give_way() -> None:
    """Let the kernel kill this process first."""
    with suppress(OSError), open(_SCORE, "r+", encoding="ascii") as file:
        before = file.read()
        file.write(_FIRST)
        _before.append(before)


def stand_again() -> None:
    """Be as before give_way(), for a command that is run in the place of this one."""
    while _before:
        with suppress(OSError), open(_SCORE, "w", encoding="ascii") as file:
            file.write(_before.pop())
