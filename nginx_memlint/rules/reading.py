"""The codes of what is said of a report itself: these are no rule's findings."""

from __future__ import annotations

from nginx_memlint.rules.rule import Rule

READING = Rule(
    "ML000",
    "not-read-as-nginx-would",
    "error",
    "Something kept the configuration from being read as nginx would read it.",
    "An error means that the configuration was not read in full: its counts are at least what "
    "they say, and memlint exits with status 3. A warning means that the counts are right, but "
    "nginx would not take the configuration as it is.\n\n"
    "Fix the line, or check the configuration where all its files are (`--sysroot`, "
    "`--path-map`, `--prefix`, or `nginx -T | memlint check -`).",
    lambda _situation: (),
)
"""The code of problems where every line must have one. It is never suppressed."""

LOWERED = Rule(
    "ML001",
    "report-lowered",
    "note",
    "A settings file, a comment or a baseline decides what is reported, and may lower it.",
    "Each setting that is in force for a configuration, each comment, ignore and baseline that "
    "accepts a finding is listed with its file and line, in every format. Whoever checks what "
    "somebody else wrote sees here what the author decided. What can only raise what is reported, "
    "as a higher severity, is not listed.\n\n"
    "If the author is to decide nothing, check with `--isolated`.",
    lambda _situation: (),
)
"""The code of entries about a lowered report where every line must have one. It fails nothing, and
is never suppressed."""

NOT_PRICED = Rule(
    "ML002",
    "not-counted",
    "note",
    "Something takes memory that no configuration tells: it is in no figure.",
    "Scripts, sessions, other modules: how much they take is decided when they run. Each is listed "
    "with the directive that brings it, its file and its line, once for each name of a directive, "
    "in every format. Add to the figures what you know of it.",
    lambda _situation: (),
)
"""The code under which that stands where every line must have one. It fails nothing, and is never
suppressed."""
