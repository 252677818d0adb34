"""Values that nginx rejects, of directives that decide counts or bytes.

Wrong values of others are for ``nginx -t`` to tell. The checks follow the functions that set the
values, read in nginx 1.10.0, 1.22.1 and 1.31.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from nginx_memlint.problems import Problem
from nginx_memlint.syntax.directives import Directive
from nginx_memlint.syntax.values import c_string, number
from nginx_memlint.tree import grammar
from nginx_memlint.tree.tree import Tree


class _Values(NamedTuple):
    """Whether a value is one that nginx takes, and what it says of another."""

    takes: Callable[[str], bool]
    complaint: str


def _one_of(*names: str) -> _Values:
    """Words of ``ngx_conf_set_enum_slot()``, which compares lengths, too."""
    return _Values(lambda value: value.lower() in names, 'invalid value "{value}"')


def _is_flag(value: str) -> bool:
    return c_string(value).lower() in ("on", "off")


def _is_number_of_workers(value: str) -> bool:
    return number(value) is not None or c_string(value) == "auto"


def _is_number(value: str) -> bool:
    return number(value) is not None


def _is_above_zero(value: str) -> bool:
    return (number(value) or 0) > 0


def _is_url(value: str) -> bool:
    # with a variable anywhere the URL is known only at run time
    return "$" in value or value.lower().startswith(("http://", "https://"))


_FLAG = _Values(_is_flag, 'invalid value "{value}" in "{name}" directive, it must be "on" or "off"')

VALUES: dict[str, _Values] = {
    **{f"{name}_ssl_verify": _FLAG for name in ("proxy", "grpc", "uwsgi")},
    **dict.fromkeys(("ssl", "proxy_ssl", "ssl_reject_handshake"), _FLAG),
    **dict.fromkeys(("js_fetch_verify", "ssl_stapling"), _FLAG),
    "ssl_verify_client": _one_of("off", "on", "optional", "optional_no_ca"),
    "ssl_ocsp": _one_of("off", "on", "leaf"),
    "starttls": _one_of("off", "on", "only"),
    "worker_processes": _Values(_is_number_of_workers, '"{name}" directive invalid value'),
    "worker_connections": _Values(_is_number, 'invalid number "{value}"'),
    "keepalive": _Values(_is_above_zero, 'invalid value "{value}" in "{name}" directive'),
    "proxy_pass": _Values(_is_url, "invalid URL prefix"),
}
"""Directive → its values: ``ngx_conf_set_flag_slot()``, ``ngx_conf_set_enum_slot()``,
``ngx_set_worker_processes()``, ``ngx_event_connections()``, ``ngx_http_upstream_keepalive()``,
``ngx_http_proxy_pass()``."""

_ONLY_IN = {"proxy_pass": ("location", "if", "limit_except"), "keepalive": ("upstream",)}
"""Directive → kinds of blocks in which it has those values, if not in all."""


MOST_KEPT = 4096
"""Judgements that are kept: most values of a configuration are the same few."""


def rejected_values(tree: Tree) -> Iterator[Problem]:
    """Problems of values that nginx would reject, in file order."""
    for block in tree.having(VALUES):
        kind = block.grammar_kind
        if not any(
            directive.name in VALUES and _complaint(directive, kind)
            for body, _ in block.parts
            for directive in body.directives
        ):
            continue
        for setting in block.in_order(VALUES):
            tree.work.take()
            if nginx := _complaint(setting.directive, kind):
                yield Problem.of_nginx(setting.inclusion, setting.directive, nginx)


def _complaint(directive: Directive, kind: str) -> str:
    """Say what nginx has against a directive's value in a kind of block; or nothing."""
    # others are told already
    is_judged = len(directive.args) == 1 and directive.body is None
    return _judged(directive.name, directive.args[0], kind) if is_judged else ""


@lru_cache(MOST_KEPT)
def _judged(name: str, value: str, kind: str) -> str:
    values = VALUES[name]
    is_elsewhere = kind not in _ONLY_IN.get(name, (kind,))
    if is_elsewhere or values.takes(value) or grammar.complaint(name, kind, is_block=False):
        return ""
    return values.complaint.format(value=c_string(value), name=name)
