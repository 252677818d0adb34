"""Read JSON that somebody else wrote, in bounded memory and to a bounded depth, into a model.

Pydantic's parser stops at 200 brackets inside brackets. It makes a Python object of each value, and
an error of each that does not fit: 16 MiB of them took 1.5 GiB and 25 s, so values are counted
before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import TooLargeError, read_file

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MAX_BYTES = 16 << 20
"""Bytes of the largest JSON file that is read."""

MAX_VALUES = 250_000
"""Values in a JSON file: a baseline has five for each finding."""

_Content = TypeVar("_Content")


def read_json(path: str | os.PathLike[str], model: TypeAdapter[_Content]) -> _Content:
    """The content of a JSON file, as a model.

    Raises MemlintError, and OSError as read_file() does.
    """
    return parse_json(read_file(path, MAX_BYTES), model)


def parse_json(data: bytes, model: TypeAdapter[_Content]) -> _Content:
    """A JSON text, as a model. Raises MemlintError, and TooLargeError."""
    from pydantic import ValidationError  # noqa: PLC0415  takes long to import

    check_amount(data)
    try:
        return model.validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise MemlintError(f"{where + ': ' if where else ''}{first['msg']}") from None


def check_amount(data: bytes) -> None:
    """Raise MemlintError or TooLargeError for a JSON text with too many bytes or values."""
    if len(data) > MAX_BYTES:
        raise TooLargeError(MAX_BYTES)
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise MemlintError(f"has more than {MAX_VALUES:,} values")
