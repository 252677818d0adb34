"""Regular expressions that are compiled when they are first used.

Compiling those that an ordinary check has no use for would take a good part of its time.
"""

from __future__ import annotations

import re

from nginx_memlint.annotations import Any, AnyStr


def late(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As re.compile(), for what most runs do not need: its methods compile it when asked for."""
    found: Any = _Late(pattern, flags)
    return found  # type: ignore[no-any-return]


class _Late:
    def __init__(self, *arguments: Any) -> None:  # noqa: ANN401  of re.compile()
        self._arguments = arguments

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  of a re.Pattern
        """Only for what is not found here yet: a method is looked for once."""
        value = getattr(re.compile(*self._arguments), name)
        setattr(self, name, value)
        return value
