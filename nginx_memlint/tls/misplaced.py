"""Directives where nginx rejects them: out of place, or twice."""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.problems import Problem
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.families import FAMILIES
from nginx_memlint.tree import grammar
from nginx_memlint.tree.blocks import MAIN
from nginx_memlint.tree.directives_table import SINCE
from nginx_memlint.tree.tree import Block, Setting, Tree

_LATER = {
    kind: frozenset(name for name, inside in SINCE if inside == kind) for kind in grammar.KINDS
}
"""Kind of block → directives that are allowed in it only in newer releases."""

_MANY = ("_conf_command", "_protocols", "lua_ssl_certificate", "lua_ssl_certificate_key")
"""Endings of directives that may be repeated in a block: arrays in nginx, and sets that are added
up (``ngx_conf_set_bitmask_slot()``)."""

ONCE = frozenset(
    {
        *(n for family in FAMILIES for n in family.overrides if not n.endswith(_MANY)),
        *("ssl_trusted_certificate", "ssl_client_certificate"),
        *("ssl_verify_client", "ssl_reject_handshake", "ssl_password_file"),
    }
)
"""Directives that decide how many contexts and loads there are, and may stand in a block once."""


def misplaced(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of directives that ``ngx_conf_handler()`` or ``ngx_conf_set_str_slot()`` rejects."""
    later = _LATER if target.stated else {}
    watched = {
        kind: grammar.MISPLACED[kind] | later.get(kind, frozenset()) | ONCE
        for kind in grammar.KINDS
    }
    for block in tree.all_blocks:
        if block.kind == MAIN and not block.has("events"):
            continue  # a fragment: what it lacks is its context
        kind = block.grammar_kind
        if block.has_any(watched.get(kind, frozenset())):
            yield from _complaints(block, kind, target)


def _complaints(block: Block, kind: str, target: Target) -> Iterator[Problem]:
    for name in sorted(set(block.names())):
        # of a block the builder of the tree has told
        settings = [setting for setting in block.settings(name) if setting.directive.body is None]
        since = SINCE.get((name, kind), (0,))
        if not settings:
            continue
        if name in grammar.MISPLACED[kind]:
            yield _problem(settings[0], f'"{name}" directive is not allowed here')
        elif _is_too_old(name, since, target):
            said = f'"{name}" directive is not allowed here'
            version = ".".join(map(str, since))
            yield _problem(settings[0], said, f"{said} before {_component(name)} {version}")
        elif name in ONCE and len(settings) > 1:
            yield _problem(settings[1], f'"{name}" directive is duplicate')


def _is_too_old(name: str, since: tuple[int, ...], target: Target) -> bool:
    component = _component(name)
    version: tuple[int, ...] = target.njs if component == "njs" else target.nginx
    return target.stated and component in target.ships and version < since


def _component(name: str) -> str:
    return "njs" if name.startswith("js_") else "nginx"


def _problem(setting: Setting, nginx: str, message: str = "") -> Problem:
    return Problem.of_nginx(setting.inclusion, setting.directive, nginx, message)
