"""Directives that nginx rejects: out of place, twice, or with too few or too many arguments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.record import FORKS, is_plain
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.families import FAMILIES
from nginx_memlint.tls.modules import all_known, objects
from nginx_memlint.tree import directives_table, grammar
from nginx_memlint.tree.blocks import MAIN, WITHOUT_SETTINGS
from nginx_memlint.tree.directives_table import SINCE
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree

_DECIDING = frozenset(
    name
    for family in FAMILIES
    for name in family.reads | family.needs | family.decides | family.overrides
)
"""Directives that decide the counts. Others of nginx's own names may be an older module's, of which
nothing is known: ``sticky`` is."""

_BACKPORTED = frozenset({"max_headers"})
"""Directives that security updates brought to older releases: Debian 12's nginx 1.22.1 has it."""

_Late = dict[str, dict[str, tuple[str, str]]]
"""Kind of block → directive → nginx's message, and the component and version that brought it; of
those that a fork alone allows there, no version."""

NOT_HERE = '"{}" directive is not allowed here'
UNKNOWN = 'unknown directive "{}"'

_MODULES = tuple(family.module for family in FAMILIES if family.module is not None)

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

_ONCE = ONCE | frozenset(directives_table.ONCE.split())
"""All directives that may stand in a block once."""

_LIKE_NONE = {
    "worker_priority": "-?0+",  # ngx_set_priority()
    "lua_package_path": "",  # ngx_http_lua_package_path()
    "lua_package_cpath": "",
}
"""Directives of ``_ONCE``, and the values that leave nginx unaware of the first one."""


def misplaced(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of directives that ``ngx_conf_handler()`` or a function that takes them rejects."""
    modules_are_known = all_known(tree, target)
    late = _too_late(tree, target, modules_are_known) if target.stated else {}
    plain = is_plain(tree, target)
    for block in sorted(_suspects(tree, late, plain=plain), key=tree.place):
        kind = block.grammar_kind
        if block.kind == MAIN and not block.has("events"):
            continue  # a fragment: what it lacks is its context
        if kind in grammar.KINDS:
            yield from _complaints(block, kind, late.get(kind, {}), plain=plain)
    yield from _lacking(tree, target)


def _suspects(tree: Tree, late: _Late, *, plain: bool) -> set[Block]:
    """The blocks that have to be looked at closely: few have."""
    suspects: set[Block] = set()
    kinds = [block.grammar_kind for block in tree.all_blocks]
    for name in tree.index_names():
        find = partial(_suspects_of, name, tree, late, kinds, plain=plain)
        suspects |= tree.keep(f"suspects of {name}", (name,), find)
    return suspects


def _suspects_of(
    name: str, tree: Tree, late: _Late, kinds: Sequence[str], *, plain: bool
) -> set[Block]:
    """The blocks in which a directive of a name may be wrong."""
    suspects: set[int] = set()
    standing = tree.standing(name)
    wrong = {
        kind
        for kind in {*map(kinds.__getitem__, standing)}
        if grammar.is_misplaced(name, kind) or name in late.get(kind, ())
    }
    if wrong:
        suspects.update(place for place in standing if kinds[place] in wrong)
    if name in _ONCE and len({*standing}) < len(standing):
        suspects.update(place for place, count in Counter(standing).items() if count > 1)
    counts = {len(directive.args) for directive in tree.directives(name)}
    if not all(grammar.takes_so_many(name, count, plain=plain) for count in counts):
        for directive, _, places in tree.written(name):
            if not grammar.takes(directive, plain=plain):
                suspects.update(places)
    return {tree.all_blocks[place] for place in suspects}


def _complaints(
    block: Block, kind: str, late: dict[str, tuple[str, str]], *, plain: bool
) -> Iterator[Problem]:
    for name in sorted(set(block.names())):
        # of a block the builder of the tree has told
        settings = [setting for setting in block.settings(name) if setting.directive.body is None]
        if not settings:
            continue
        if grammar.is_misplaced(name, kind):
            yield _problem(settings[0], NOT_HERE.format(name))
        elif name in late:
            nginx, brought_by = late[name]
            yield _problem(
                settings[0], nginx, f"{nginx} before {brought_by}" if brought_by else nginx
            )
        elif wrong := _of_wrong_length(settings, plain=plain):
            yield _problem(wrong, f'invalid number of arguments in "{name}" directive')
        elif name in _ONCE and len(settings) > 1 and (second := _second(name, settings)):
            yield _problem(second, f'"{name}" directive is duplicate')


def _of_wrong_length(settings: list[Setting], *, plain: bool) -> Setting | None:
    """The first setting with fewer or more arguments than nginx takes."""
    return next((s for s in settings if not grammar.takes(s.directive, plain=plain)), None)


def _second(name: str, settings: list[Setting]) -> Setting | None:
    """The setting that nginx rejects of a directive that may stand in a block once."""
    like_none = _LIKE_NONE.get(name)
    for setting, following in pairwise(settings):
        if like_none is None or not re.fullmatch(like_none, setting.value):
            return following
    return None


def _too_late(tree: Tree, target: Target, modules_are_known: bool) -> _Late:
    """The directives of a tree that came too late for a target.

    Those came later than the components that it ships, and no module brings them of which nothing
    is known.
    """
    versions: dict[str, tuple[int, ...]] = {
        "nginx": target.nginx,
        "lua": target.lua,
        "stream_lua": target.stream_lua,
        "njs": target.njs,
    }
    names = tree.index_names()
    components = grammar.components(names)
    late = {
        (name, kind): since
        for _, since, kinds, listed in SINCE
        for name in names & {*listed.split()}
        for kind in kinds.split()
        if (component := components[name, kind]) in target.ships
        and versions[component] < since
        and name not in _BACKPORTED
    }
    by_kind: _Late = {}
    if modules_are_known:
        for (name, kind), component in components.items():
            if component in FORKS and component not in target.ships:
                by_kind.setdefault(kind, {})[name] = NOT_HERE.format(name), ""
    for (name, kind), since in late.items():
        component = components[name, kind]
        elsewhere = any(
            (name, other) not in late and components[name, other] in target.ships
            for other in grammar.ALLOWED[name]
        )
        if modules_are_known or elsewhere or component != "nginx" or name in _DECIDING:
            nginx = (NOT_HERE if elsewhere else UNKNOWN).format(name)
            version = ".".join(map(str, since))
            by_kind.setdefault(kind, {})[name] = nginx, f"{component.replace('_', '-')} {version}"
    return by_kind


def _lacking(tree: Tree, target: Target) -> Iterator[Problem]:
    """Directives of modules that the target does not ship and no ``load_module`` names."""
    if not target.stated or not tree.main.has("events"):
        return
    loaded = [
        module
        for module in _MODULES
        if module.name in target.built_in or module.object in objects(tree)
    ]
    for family in FAMILIES:
        if (module := family.module) is None:
            continue
        version = module.version.replace("_", "-")
        if module not in loaded and module.version not in target.ships | target.unknown:
            names = module.directives
            why = f"{target.name} ships no {version}; if you have one, say --set {version}=VERSION"
        elif f"{module.name} without ssl" in target.built:
            names = family.overrides
            why = f"{target.name} has {version} without TLS in {module.root}"
        else:
            continue
        for setting in _settings_of(names, module.root, tree):
            name = setting.name
            is_elsewhere = any(other is not module and name in other.directives for other in loaded)
            nginx = (NOT_HERE if is_elsewhere else UNKNOWN).format(name)
            yield _problem(setting, nginx, f"{nginx}: {why}")


def _settings_of(names: frozenset[str], root: str, tree: Tree) -> Iterator[Setting]:
    """The first setting of each of some directives in each block in http or stream."""
    for block in tree.having(names):
        if block.kind not in WITHOUT_SETTINGS and tree.root_of(block).kind == root:
            for name in sorted(names.intersection(block.names())):
                yield block.settings(name)[0]


def _problem(setting: Setting, nginx: str, message: str = "") -> Problem:
    return Problem.of_nginx(setting.inclusion, setting.directive, nginx, message)
