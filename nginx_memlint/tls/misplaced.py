"""Directives that decide the counts, set where nginx rejects them: twice, or out of place."""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.config.blocks import MAIN
from nginx_memlint.config.problems import Problem
from nginx_memlint.config.tree import Block, Setting, Tree
from nginx_memlint.tls.families import FAMILIES

_LOCATIONS = frozenset({"http", "server", "location", "stream", "stream_server"})
_SERVERS = frozenset({"http", "server", "stream", "stream_server", "mail", "mail_server"})

_MANY = ("_conf_command", "lua_ssl_certificate", "lua_ssl_certificate_key")
"""Endings of those that may be repeated in a block (arrays in nginx)."""

ALLOWED: dict[str, frozenset[str]] = {
    **{name: _LOCATIONS for family in FAMILIES for name in family.overrides},
    **dict.fromkeys(("ssl_trusted_certificate", "ssl_client_certificate"), _SERVERS),
    **dict.fromkeys(("ssl_certificate", "ssl_verify_client", "ssl_reject_handshake"), _SERVERS),
}
"""Directive → kinds of block in which it may stand (the command tables of the modules)."""

_CHECKED_KINDS = frozenset(
    {"main", "if", "limit_except", "upstream", "stream_upstream"} | _LOCATIONS | _SERVERS
)


def misplaced(tree: Tree) -> Iterator[Problem]:
    """What ``ngx_conf_handler()`` and ``ngx_conf_set_str_slot()`` would reject."""
    for block in tree.having(ALLOWED):
        if block.kind == MAIN and "events" not in block.names():
            continue  # a fragment: what it lacks is its context
        if block.kind in _CHECKED_KINDS:
            for name in ALLOWED.keys() & set(block.names()):
                yield from _complaints(block, name)


def _complaints(block: Block, name: str) -> Iterator[Problem]:
    settings = block.own(name)
    if block.kind not in ALLOWED[name]:
        yield _problem(settings[0], f'"{name}" directive is not allowed here')
    elif len(settings) > 1 and name != "ssl_certificate" and not name.endswith(_MANY):
        yield _problem(settings[1], f'"{name}" directive is duplicate')


def _problem(setting: Setting, message: str) -> Problem:
    file = setting.file
    line = file.nginx_line(setting.directive)
    return Problem(message, file.name, line, nginx=message, chain=setting.inclusion.chain())
