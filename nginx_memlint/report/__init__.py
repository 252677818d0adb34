"""Output formats: one module each, all with the same ``write``.

A format is a module of its name and a record here; it is imported when it is asked for.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TextIO

from nginx_memlint.report.detail import Detail
from nginx_memlint.result import Report


class Format(NamedTuple):
    """An output format: its purpose, and what it needs.

    ``breakdown``: the report's breakdown. ``packages``: those of the extra of the format's name.
    ``terminal``: whether it can be shown on one.
    """

    about: str
    breakdown: bool = False
    packages: tuple[str, ...] = ()
    terminal: bool = True


FORMATS = {
    "text": Format("for people"),
    "json": Format("everything, as in schemas/check.schema.json"),
    "jsonl": Format("a line of JSON for each configuration, each an element of configs in json"),
    "csv": Format("a row for each configuration, for spreadsheets"),
    "line": Format("path:line:col: severity CODE message, for editors"),
    "sarif": Format("SARIF 2.1.0, for code scanning"),
    "github": Format("annotations of GitHub Actions"),
    "gitlab": Format("GitLab code quality"),
    "junit": Format("JUnit XML"),
    "markdown": Format("a comment on a pull request"),
    "html": Format(
        "a page for a browser",
        breakdown=True,
        packages=("jinja2", "markdown_it", "plotly"),
        terminal=False,
    ),
}
"""Name of a format, and of its module here → its record."""

OF_A_CHANGE = {name: FORMATS[name] for name in ("text", "json", "markdown")}
"""The formats of a comparison."""

DEFAULT = "text"

Writer = Callable[[Report, TextIO], None]


def writer(name: str, detail: Detail = Detail.NORMAL) -> Writer:
    """The function that writes a report to a text stream in a format of FORMATS.

    Only the text, which is for people, has more or less detail.
    """
    if name == DEFAULT:  # most runs need no importlib
        from nginx_memlint.report.formats.text import write as write_text  # noqa: PLC0415

        return partial(write_text, detail=detail)
    from importlib import import_module  # noqa: PLC0415

    write: Writer = import_module(f"{__name__}.formats.{name}").write
    return write


def missing_extra(name: str) -> bool:
    """Whether a format needs packages that are not installed."""
    packages = FORMATS[name].packages
    if not packages:
        return False
    from importlib.util import find_spec  # noqa: PLC0415

    return not all(map(find_spec, packages))
