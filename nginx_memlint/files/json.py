"""Read JSON that somebody else wrote: in bounded memory, into a model, never too deep.

Pydantic's parser stops at 200 brackets inside brackets. Of values it makes Python's, and of each
that does not fit an error: 16 MiB of them took 1.5 GiB and 25 s, so they are counted before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import TooLargeError, read_file

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MAX_BYTES = 16 << 20
"""Bytes of the largest file that is read."""

MAX_VALUES = 250_000
"""Values in it: a baseline has five for each finding."""

_Model = TypeVar("_Model")


def read_json(path: str | os.PathLike[str], model: TypeAdapter[_Model]) -> _Model:
    """Read a file of a model. Raises MemlintError, and OSError as read_file() does."""
    from pydantic import ValidationError  # noqa: PLC0415  takes long to import

    data = read_file(path, MAX_BYTES)
    check_amount(data)
    try:
        return model.validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise MemlintError(f"{where + ': ' if where else ''}{first['msg']}") from None


def check_amount(data: bytes) -> None:
    """Raise MemlintError or TooLargeError for a text of which more is not read."""
    if len(data) > MAX_BYTES:
        raise TooLargeError(MAX_BYTES)
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise MemlintError(f"has more than {MAX_VALUES:,} values")
