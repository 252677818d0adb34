"""Output formats: one module each, all with the same ``write``.

A format is a module of its name and a record here; it is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TextIO

from nginx_memlint.result import Report

FORMATS = {
    "text": "for people",
    "json": "everything, as in memlint schema",
    "line": "path:line:col: severity CODE message, for editors",
    "sarif": "SARIF 2.1.0, for code scanning",
    "github": "annotations of GitHub Actions",
    "gitlab": "GitLab code quality",
    "junit": "JUnit XML",
    "markdown": "a comment on a pull request",
}
"""Name of a format and of its module here → what it is."""

DEFAULT = "text"

Writer = Callable[[Report, TextIO], None]


def writer(name: str) -> Writer:
    """The function that writes a report to a text stream in a format of FORMATS."""
    write: Writer = import_module(f"{__name__}.{name}").write
    return write
