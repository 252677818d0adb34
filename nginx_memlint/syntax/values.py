"""How nginx sees an argument that holds a NUL byte.

An argument is an ``ngx_str_t``: its length counts all of it, and a NUL follows. What compares it by
``ngx_strcmp()`` or ``ngx_strcasecmp()``, and what opens a file by it, sees a C string, which
ends at the first NUL. What compares lengths (``ngx_conf_set_enum_slot()``, an empty value,
variables, sizes) sees all of it.
"""

from __future__ import annotations

import re


def c_string(text: str) -> str:
    """The part of an argument that C string functions see: up to its first NUL byte."""
    return text.partition("\0")[0]


MOST = (1 << 63) - 1
"""``NGX_MAX_INT_T_VALUE``."""


def number(text: str) -> int | None:
    """The number that ``ngx_atoi()`` reads, leading zeros or not; None if that is an error."""
    if not (text.isdecimal() and text.isascii()):
        return None
    digits = text.lstrip("0") or "0"
    value = int(digits) if len(digits) <= len(str(MOST)) else MOST + 1
    return value if value <= MOST else None


_SIZE = re.compile(r"([0-9]+)([kKmM]?)")
_OFFSET = re.compile(r"([0-9]+)([kKmMgG]?)")
_SCALES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def parse_size(text: str) -> int | None:
    """Bytes of a size as ``ngx_parse_size()`` reads it: digits and K or M; None if it is none."""
    return _scaled(_SIZE.fullmatch(text))


def parse_offset(text: str) -> int | None:
    """Bytes as ``ngx_parse_offset()`` reads them: digits and K, M or G; None if they are none."""
    return _scaled(_OFFSET.fullmatch(text))


def _scaled(match: re.Match[str] | None) -> int | None:
    value = number(match[1]) if match else None
    if match is None or value is None:
        return None
    value *= _SCALES[match[2].lower()]
    return value if value <= MOST else None


_TIME = re.compile(r"([0-9]*)(ms|[yMwdhms ]|$) *")

_MINUTE = 60
_DAY = 24 * 60 * _MINUTE
_UNITS = {
    "y": (1, 365 * _DAY),
    "M": (2, 30 * _DAY),
    "w": (3, 7 * _DAY),
    "d": (4, _DAY),
    "h": (5, 60 * _MINUTE),
    "m": (6, _MINUTE),
    "s": (7, 1),
    " ": (7, 1),
}
"""Unit of a time → its place in the order that nginx wants, and seconds. After a blank nothing else
may follow, nor after milliseconds."""

_MONTH, _LAST = 2, 9


def milliseconds(text: str) -> int | None:
    """Milliseconds as ``ngx_parse_time()`` reads them: ``1h 30m``, ``500ms``; None if it fails.

    Without a unit they are seconds. There are neither years nor months.
    """
    return _time(text, 1000, _MONTH)


def seconds(text: str) -> int | None:
    """Seconds as ``ngx_parse_time()`` reads them: ``1y 2M``, ``90``; None if it fails."""
    return _time(text, 1, 0)


def _time(text: str, scale: int, step: int) -> int | None:
    total, at, has_digits = 0, 0, False
    while at < len(text):
        match = _TIME.match(text, at)
        value = number(match[1] or "0") if match else None
        if match is None or value is None or match.end() == at:
            return None
        has_digits = has_digits or bool(match[1])
        unit = match[2]
        if unit == "ms":
            if scale == 1 or step >= _LAST - 1:
                return None
            step = _LAST - 1
            total += value
        elif unit:
            place, length = _UNITS[unit]
            if step >= place:
                return None
            step = _LAST if unit == " " else place
            total += value * length * scale
        else:
            total += value * scale
        at = match.end()
    return total if has_digits and total <= MOST else None


_IPV4 = re.compile(r"([0-9]*)\.([0-9]*)\.([0-9]*)\.([0-9]*)")


def ipv4(text: str) -> int | None:
    """The address that ``ngx_inet_addr()`` reads; None if that is an error."""
    match = _IPV4.fullmatch(text)
    if match is None:
        return None
    value = 0
    for part in match.groups():
        byte = number(part or "0")
        if byte is None or byte > MOST_OF_A_BYTE:
            return None
        value = value << 8 | byte
    return value


MOST_OF_A_BYTE = 255


def is_flag_on(text: str) -> bool:
    """Whether an argument turns a flag on (``ngx_conf_set_flag_slot()``)."""
    return c_string(text).lower() == "on"
