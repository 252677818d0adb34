"""Values as nginx's own functions read them, by which many directives are set: ``flag``, ``size``.

Read in nginx 1.10.0, 1.22.1 and 1.31.4, which agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from nginx_memlint.refusals.record import Complaint
from nginx_memlint.syntax.values import (
    c_string,
    milliseconds,
    number,
    parse_offset,
    parse_size,
    seconds,
)


def _flag(args: Sequence[str]) -> str:
    """``ngx_conf_set_flag_slot()`` compares C strings."""
    value = c_string(args[0])
    if value.lower() in ("on", "off"):
        return ""
    return f'invalid value "{value}" in "{{name}}" directive, it must be "on" or "off"'


def _words(words: Sequence[str], args: Sequence[str]) -> str:
    """``ngx_conf_set_enum_slot()``, ``ngx_conf_set_bitmask_slot()``: they compare lengths, too."""
    lowered = {word.lower() for word in words}
    wrong = next((value for value in args if value.lower() not in lowered), None)
    return "" if wrong is None else f'invalid value "{c_string(wrong)}"'


def _number(bounds: Sequence[str], args: Sequence[str]) -> str:
    """``ngx_conf_set_num_slot()`` and ``ngx_conf_check_num_bounds()``."""
    value = number(args[0])
    if value is None:
        return '"{name}" directive invalid number'
    if bounds and not int(bounds[0]) <= value <= int(bounds[1]):
        return f"value must be between {bounds[0]} and {bounds[1]}"
    return ""


def _parsed(parse: Callable[[str], int | None], args: Sequence[str]) -> str:
    """``ngx_conf_set_size_slot()`` and those of offsets, milliseconds and seconds."""
    return '"{name}" directive invalid value' if parse(args[0]) is None else ""


def _buffers(args: Sequence[str]) -> str:
    """``ngx_conf_set_bufs_slot()``: how many, and how large."""
    count, size = args
    return "" if number(count) and parse_size(size) else '"{name}" directive invalid value'


_READ_BY: dict[str, Callable[[Sequence[str]], Complaint]] = {
    "flag": lambda _: _flag,
    "num": lambda bounds: partial(_number, bounds),
    "size": lambda _: partial(_parsed, parse_size),
    "off": lambda _: partial(_parsed, parse_offset),
    "msec": lambda _: partial(_parsed, milliseconds),
    "sec": lambda _: partial(_parsed, seconds),
    "bufs": lambda _: _buffers,
    "enum": lambda words: partial(_words, words),
    "bitmask": lambda words: partial(_words, words),
}
"""Name in the table → the check, for the words that stand behind it there."""


def slot(reading: str) -> Complaint:
    """The check of a reading: a name of these, and the words or bounds that it takes."""
    function, *words = reading.split(" ")
    return _READ_BY[function](words)
