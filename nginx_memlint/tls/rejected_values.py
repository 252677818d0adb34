"""Values that nginx rejects: of directives whose values its own functions read, and of some others.

The checks follow the functions that set the values, read in nginx 1.10.0, 1.22.1 and 1.31.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial

from nginx_memlint.problems import Problem
from nginx_memlint.syntax.directives import Directive
from nginx_memlint.syntax.values import (
    c_string,
    milliseconds,
    number,
    parse_offset,
    parse_size,
    seconds,
)
from nginx_memlint.targets.targets import Target
from nginx_memlint.targets.versions import Version
from nginx_memlint.tree import grammar
from nginx_memlint.tree.directives_table import VALUES as ROWS
from nginx_memlint.tree.directives_table import WORDS_SINCE
from nginx_memlint.tree.tree import Tree

Complaint = Callable[[Sequence[str]], str]
"""Arguments of a directive → what nginx has against them, ``{name}`` for its name; or nothing."""


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


def _unless(takes: Callable[[str], object], complaint: str) -> Complaint:
    """The check of a directive's own function: the values it takes, and what it says of others."""

    def check(args: Sequence[str]) -> str:
        is_taken = len(args) != 1 or takes(args[0])
        return "" if is_taken else complaint.replace("{value}", c_string(args[0]))

    return check


def _is_url(value: str) -> bool:
    # with a variable anywhere the URL is known only at run time
    return "$" in value or value.lower().startswith(("http://", "https://"))


_OF_THEIR_OWN: dict[str, dict[str, Complaint]] = {
    "main": {
        "worker_processes": _unless(
            lambda value: number(value) is not None or c_string(value) == "auto",
            '"{name}" directive invalid value',
        )
    },
    "events": {
        "worker_connections": _unless(
            lambda value: number(value) is not None, 'invalid number "{value}"'
        )
    },
    "http": {
        "ssl": _flag,
        "keepalive": _unless(number, 'invalid value "{value}" in "{name}" directive'),
        "proxy_pass": _unless(_is_url, "invalid URL prefix"),
    },
    "stream": {},
    "mail": {"ssl": _flag, "starttls": partial(_words, ("off", "on", "only"))},
}
"""Outermost block → directives with functions of their own: ``ngx_set_worker_processes()``,
``ngx_event_connections()``, ``ngx_http_ssl_enable()``, ``ngx_http_upstream_keepalive()``,
``ngx_http_proxy_pass()``, ``ngx_mail_ssl_starttls()``."""


def _checks(root: str) -> dict[str, Complaint]:
    checks = dict(_OF_THEIR_OWN[root])
    for roots, reading, names in ROWS:
        if root in roots.split():
            function, *words = reading.split(" ")
            checks |= dict.fromkeys(names.split(), _READ_BY[function](words))
    return checks


VALUES = {root: _checks(root) for root in _OF_THEIR_OWN}
"""Outermost block → directive → the check of its values."""

_NAMES = frozenset(name for checks in VALUES.values() for name in checks)

_OF_STREAM_AND_MAIL = {
    kind: kind.partition("_")[0] for kind in grammar.KINDS if kind.startswith(("stream", "mail"))
}
_ROOT = {kind: _OF_STREAM_AND_MAIL.get(kind, "http") for kind in grammar.KINDS}
_ROOT |= {"main": "main", "events": "events"}
"""Kind of block → its outermost block."""

_LATER = {
    (root, name, word): since for since, root, name, words in WORDS_SINCE for word in words.split()
}

MOST_KEPT = 4096
"""Judgements that are kept: most values of a configuration are the same few."""


def rejected_values(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of values that nginx would reject, in file order."""
    nginx = target.nginx if target.stated else _NEWEST
    for block in tree.having(_NAMES):
        kind = block.grammar_kind
        if kind not in _ROOT:
            continue
        checks = VALUES[_ROOT[kind]]
        if not any(
            directive.name in checks and _complaint(directive, kind, nginx)
            for body, _ in block.parts
            for directive in body.directives
        ):
            continue
        for setting in block.in_order(checks):
            tree.work.take()
            if complaint := _complaint(setting.directive, kind, nginx):
                yield Problem.of_nginx(setting.inclusion, setting.directive, complaint)


_NEWEST = Version((1 << 30,))
"""The version of a server of which none is stated: it takes all words that any release does."""


def _complaint(directive: Directive, kind: str, nginx: Version) -> str:
    """Say what nginx has against a directive's value in a kind of block; or nothing."""
    if directive.body is not None or not directive.args:
        return ""  # told already
    return _judged(directive.name, (*directive.args,), kind, nginx)


@lru_cache(MOST_KEPT)
def _judged(name: str, args: tuple[str, ...], kind: str, nginx: Version) -> str:
    root = _ROOT[kind]
    is_told = not grammar.takes_so_many(name, len(args))
    if is_told or grammar.complaint(name, kind, is_block=False):
        return ""
    complaint = VALUES[root][name](args)
    for word in args:
        if not complaint and nginx < _LATER.get((root, name, word.lower()), ()):
            complaint = f'invalid value "{word}"'
    return complaint.replace("{name}", name)
