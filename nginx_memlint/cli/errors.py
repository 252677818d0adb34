"""What keeps a command from doing what it was asked to."""

from __future__ import annotations


class UsageError(Exception):
    """An argument that cannot be used; ``option`` names it, None if that is plain."""

    def __init__(self, message: str, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option
