"""The error that ends a command, or a call from Python, without a result."""

from __future__ import annotations

from nginx_memlint.exit_codes import Exit


class MemlintError(ValueError):
    """A request cannot be fulfilled. The message says why, with a line for each mistake.

    ``option`` is the flag or the argument to change, None if the message says what to change.
    ``status`` is the exit status of a command that ends with it; cli/app.py prints it. It is a
    ValueError, which is what Python programs are promised for a wrong value.
    """

    def __init__(self, message: str, option: str | None = None, status: int = Exit.USAGE) -> None:
        super().__init__(message)
        self.option = option
        self.status = status
