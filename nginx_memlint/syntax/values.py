"""How nginx sees an argument that holds a NUL byte.

An argument is an ``ngx_str_t``: its length counts all of it, and a NUL follows. What compares it by
``ngx_strcmp()`` or ``ngx_strcasecmp()``, and what opens a file by it, sees a C string, which
ends at the first NUL. What compares lengths (``ngx_conf_set_enum_slot()``, an empty value,
variables, sizes) sees all of it.
"""

from __future__ import annotations


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


def is_flag_on(text: str) -> bool:
    """Whether an argument turns a flag on (``ngx_conf_set_flag_slot()``)."""
    return c_string(text).lower() == "on"
