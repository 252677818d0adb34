"""Directives that no module has: misspelt ones that would cost memory, malformed names, and where
all modules are known, any that is in no table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.misplaced import ONCE
from nginx_memlint.sources.memory_files import MemoryFiles
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.families import FAMILIES
from nginx_memlint.tls.modules import all_in_table
from nginx_memlint.tree.blocks import KNOWN_NAMES
from nginx_memlint.tree.strangers import strangers
from nginx_memlint.tree.tree import Tree

LIKENESS = 0.93
"""difflib's ratio from which a name is taken for a misspelt one. The nearest names of modules,
Tongsuo's ``proxy_ssl_enc_certificate_key`` and its like in Tengine, have 0.926."""

COSTLY = (
    ONCE
    | frozenset(name for family in FAMILIES for name in family.reads | family.needs) - KNOWN_NAMES
    | {f"{name}_cache_path" for name in ("proxy", "fastcgi", "uwsgi", "scgi")}
    | {"lua_shared_dict", "js_shared_dict_zone", "limit_req_zone", "limit_conn_zone"}
    | {"ssl_session_cache", "worker_processes", "worker_shutdown_timeout", "load_module"}
)
"""Directives whose values decide how much memory is taken."""

COMPARED = 500
"""Steps that a name counts for which is compared with all that cost: it takes up to 1 ms."""

MOST_NAMES = 1_000
"""Different unknown names that are compared with known ones."""

_NAME = r"[\w.-]+"

_BY_LUA = r"\w+_by_lua(?:_block|_file)?"
"""Names of the Lua modules' directives that run code: the table has all of them."""


def unknown(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of directives that nginx would reject as unknown; an accepted dump has none."""
    if isinstance(tree.source, MemoryFiles):
        return
    why = ""
    if all_in_table(tree, target):
        why = f": {target.name} has no such directive in itself, and no load_module brings it"
    said: dict[str, str] = {}
    for block, names in strangers(tree):
        for name in names:
            if name not in said and len(said) < MOST_NAMES:
                tree.work.take(COMPARED)
                said[name] = doubts(name) or why
            if not said.get(name):
                continue
            for setting in block.settings(name):
                # of a block, and of a mark at a file's beginning, the builder of the tree has told
                if setting.directive.body is None and not setting.file.is_marked(setting.directive):
                    nginx = f'unknown directive "{name}"'
                    yield Problem.of_nginx(
                        setting.inclusion, setting.directive, nginx, nginx + said[name]
                    )
                    break  # where nginx stops
    if len(said) >= MOST_NAMES:
        message = f"more than {MOST_NAMES:,} directives are unknown: the others were not compared"
        yield Problem(message, tree.main.inclusion.file.name)


@cache
def near_miss(name: str) -> str:
    """The directive of which a name is taken to be a misspelling, else ""."""
    return next(iter(get_close_matches(name, COSTLY, 1, LIKENESS)), "")


def doubts(name: str) -> str:
    """Why no module has a directive of this name, as the end of a sentence; or nothing."""
    if not re.fullmatch(_NAME, name) or re.fullmatch(_BY_LUA, name):
        return ": no module has a directive of such a name"
    near = near_miss(name)
    return f'; did you mean "{near}"?' if near else ""
