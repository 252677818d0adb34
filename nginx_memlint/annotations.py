"""What typing has for annotations, without importing it: that takes two milliseconds.

For the modules that a check imports. Annotations are texts there (``from __future__ import
annotations``) that nobody evaluates, but for those of results: see ``Literal``.
"""

# ruff: noqa: ANN001, ANN003, ANN201, ANN204, N802, PLC0415  (stand-ins for what typing has)

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import (
        Any,
        AnyStr,
        BinaryIO,
        Generic,
        Literal,
        NewType,
        Protocol,
        TextIO,
        TypeAlias,
        TypeVar,
        Unpack,
        dataclass_transform,
    )
else:
    Any = AnyStr = BinaryIO = TextIO = TypeAlias = Unpack = Protocol = object

    class Generic:
        """A base class that may have a parameter."""

        def __class_getitem__(cls, _):
            return cls

    class Literal:
        """That of typing once pydantic evaluates it: an alias of one must be a text, too."""

        def __class_getitem__(cls, values):
            from typing import Literal as Evaluated

            return Evaluated[values]

    def NewType(_name, _of):
        """A function that does nothing."""
        return lambda value: value

    def TypeVar(_name):
        """For annotations only."""

    def dataclass_transform(**_):
        """A decorator that does nothing."""
        return lambda decorator: decorator


__all__ = [
    "TYPE_CHECKING",
    "Any",
    "AnyStr",
    "BinaryIO",
    "Generic",
    "Literal",
    "NewType",
    "Protocol",
    "TextIO",
    "TypeAlias",
    "TypeVar",
    "Unpack",
    "dataclass_transform",
]
