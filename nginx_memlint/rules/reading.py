"""The code of problems with reading a configuration, which are no rule's findings."""

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
"""The code under which problems stand where every line must have one. It is never suppressed."""
