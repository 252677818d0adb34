"""Problems that keep a configuration from being read as nginx would read it."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol


class Reading(Protocol):
    """One reading of a file, such as tree.Inclusion, in which a directive stands."""

    @property
    def file(self) -> Any:  # noqa: ANN401  a ParsedFile, which rooms above know
        """The file, which knows the lines of its directives."""

    def chain(self) -> tuple[str, ...]:
        """The includes through which the file was read."""


class Problem(NamedTuple):
    """One thing the user must know before believing the counts.

    ``file`` is the user's name for it, ``line`` and ``column`` are 1-based. ``nginx`` is what
    nginx itself would say, None where it would say nothing. ``complete`` tells whether the
    counts are right in spite of it. ``chain`` names the includes that led to the file, as
    "file:line", the outermost first.
    """

    message: str
    file: str
    line: int | None = None
    column: int | None = None
    nginx: str | None = None
    complete: bool = False
    chain: tuple[str, ...] = ()

    @classmethod
    def at(
        cls,
        inclusion: Reading,
        directive: object,
        message: str,
        *,
        nginx: str | None = None,
        complete: bool = False,
    ) -> Problem:
        """A problem at the name of a directive."""
        file, chain = inclusion.file, inclusion.chain()
        span = file.span(directive)
        return cls(message, file.name, span.line, span.column, nginx, complete, chain)

    @classmethod
    def of_nginx(
        cls, inclusion: Reading, directive: object, nginx: str, message: str = ""
    ) -> Problem:
        """A problem that nginx has with a directive, at the line that nginx itself would name."""
        file, chain = inclusion.file, inclusion.chain()
        line = file.nginx_line(directive)
        return cls(message or nginx, file.name, line, nginx=nginx, chain=chain)
