"""Count the OpenSSL contexts and CA loads of a configuration, by the records of families.py.

Where a family's contexts are shared, a block that sets none of the override directives uses its
parent's; if the parent has none yet, the first such child that needs one builds it and hands it up.
So there is one context for each group of blocks whose nearest overriding block is the same, the
``http`` block standing for those without one, provided a block of the group needs it.
"""

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.families import (
    FAMILIES,
    LUA,
    STREAM_LUA,
    CommandFile,
    Family,
    Module,
    command_files,
)
from nginx_memlint.tls.modules import objects
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.inheritance import Inheritance
from nginx_memlint.tree.tree import Tree


class Loads(NamedTuple):
    """Files that are loaded into a context.

    ``bundles`` are the settings that name its CA files, ``client_names`` those of them whose names
    are kept to be sent to clients, ``certificates`` is how many certificates with keys it holds.
    """

    bundles: tuple[Setting, ...]
    client_names: tuple[Setting, ...]
    certificates: int


class Group:
    """Contexts (``SSL_CTX``) of one family that ``nginx -t`` builds and that load the same files.

    ``blocks`` are the blocks they are built for, in nginx's order (of a shared context, the first
    that needs it), ``owners`` those whose settings they have (of a shared one, the block it is
    shared from).
    """

    __slots__ = ("blocks", "family", "loads", "owners")

    def __init__(self, family: str, loads: Loads) -> None:
        self.family = family
        self.loads = loads
        self.blocks: list[Block] = []
        self.owners: list[Block] = []


class WorkerContexts(NamedTuple):
    """Contexts that each worker process builds for itself after the fork."""

    contexts: int = 0
    bundles: tuple[Setting, ...] = ()


def contexts(tree: Tree, target: Target) -> list[Group]:
    """All contexts that one ``nginx -t`` of the target builds, in nginx's order of families."""
    return [
        group
        for family in present_families(tree, target)
        for group in tree.keep(
            f"contexts of {family.name} on {target.name}",
            _deciding(family) | family.overrides | family.reads | family.inside,
            partial(_contexts_of, family, tree, target),
        )
    ]


def _deciding(family: Family) -> frozenset[str]:
    """The directives and the kinds of blocks that decide which blocks need a context."""
    if family.needs and not family.loading:
        return family.needs
    return family.needs | family.decides | family.kinds


def present_families(tree: Tree, target: Target) -> list[Family]:
    """The families of TLS directives whose modules the server has."""
    return [f for f in FAMILIES if f.module is None or is_present(f.module, tree, target)]


def is_present(module: Module, tree: Tree, target: Target) -> bool:
    """Whether the server has a module.

    It does if the target has it built in, ``load_module`` names it, or one of its directives is
    used, which nginx would reject otherwise.
    """
    if module.name in target.built_in:
        return True
    if module.object in objects(tree):
        return True
    return any(tree.names_below(module.root, module.directives.__contains__))


def worker_contexts(tree: Tree, target: Target, groups: Sequence[Group]) -> WorkerContexts:
    """The contexts that ``init_worker_by_lua*`` makes each worker build, beside these ``groups``.

    ``ngx_http_lua_init_worker()`` and ``ngx_stream_lua_init_worker()`` merge a configuration of
    their own from that of the ``http`` or ``stream`` block. With shared contexts it takes the
    block's, if servers have handed one up: not where each has its own. For all other modules they
    merge one in which nothing is set, and njs builds a context for that, too.
    Measured on lua 0.10.13 to 0.10.29, stream-lua 0.0.11 to 0.0.16 and njs 0.7.9.
    """
    made = 0
    bundles: list[Setting] = []
    for family in (LUA, STREAM_LUA):
        assert family.module is not None
        for block in tree.blocks(family.module.root):
            if not any(name.startswith("init_worker_by_lua") for name in block.names()):
                continue
            made += _built_of_nothing(family.module, tree, target)
            if family.shared(target) and _is_handed_up(family, groups):
                continue
            made += 1
            commanded = command_files(list(filter(family.reaches, block.settings(family.commands))))
            bundles += (*family.trusted(block, target), *commanded)
    return WorkerContexts(made, tuple(bundles))


def _built_of_nothing(module: Module, tree: Tree, target: Target) -> int:
    """The contexts that other modules than this build for a configuration without settings."""
    return sum(
        family.module.root == module.root and family.wants(tree.main, target)
        for family in present_families(tree, target)
        if family.module not in (None, module) and not (family.needs or family.decides)
    )


def _is_handed_up(family: Family, groups: Sequence[Group]) -> bool:
    """Whether a context is that of no server or location, but of the block around them all."""
    return any(
        owner.kind not in family.kinds
        for group in groups
        if group.family == family.name
        for owner in group.owners
    )


def _contexts_of(family: Family, tree: Tree, target: Target) -> list[Group]:
    blocks = owners = _wanting(family, tree, target)
    if family.shared(target):
        owning = Inheritance(tree, family.overrides, lambda block: _overriding(block, family))
        first: dict[Block, Block] = {}
        for owner, block in zip(owning.each(blocks), blocks, strict=True):
            first.setdefault(owner, block)
        owners, blocks = list(first), list(first.values())
    seen = _Seen()
    names = family.reads | family.inside
    loads = Inheritance(tree, names, lambda block: _loads(family, block, target, seen))
    groups: dict[int, Group] = {}
    loaded = loads.each(blocks)
    start = 0
    for key, run in groupby(map(id, loaded)):  # most load what the one before does
        end = start + len([*run])
        group = groups.setdefault(key, Group(family.name, loaded[start]))
        group.blocks += blocks[start:end]
        group.owners += owners[start:end]
        start = end
    return list(groups.values())


def _wanting(family: Family, tree: Tree, target: Target) -> list[Block]:
    """The blocks that need a context, in nginx's order."""
    if family.loading and family.loading in objects(tree):
        return tree.of_kinds(family.kinds)
    if family.needs:

        def is_wanting(block: Block) -> bool:
            return block.kind in family.kinds and family.wants(block, target)

        return tree.meeting(family.name, family.needs, is_wanting)
    blocks = tree.of_kinds(family.kinds)
    if not family.decides:
        return blocks if family.wants(tree.main, target) else []
    wanting = Inheritance(tree, family.decides, lambda block: family.wants(block, target))
    return [block for block, wants in zip(blocks, wanting.each(blocks), strict=True) if wants]


class _Seen:
    """A cache of what blocks have set: thousands of blocks may see it."""

    def __init__(self) -> None:
        self._certificates: dict[Block, int] = {}
        self._commanded: dict[Block, tuple[CommandFile, ...]] = {}

    def certificates(self, block: Block, name: str) -> int:
        """The number of certificates loaded with a context; names with variables are not loaded."""
        setting = block.effective(name) if name else None
        if setting is None:
            return 0
        around = setting.block
        if around not in self._certificates:
            values = [setting.value for setting in around.settings(name)]
            self._certificates[around] = sum("$" not in v and v != "" for v in values)
        return self._certificates[around]

    def commanded(self, block: Block, family: Family) -> tuple[CommandFile, ...]:
        """The CA files that OpenSSL is told to load into the context of a block."""
        setting = block.effective(family.commands) if family.commands else None
        if setting is None or not family.reaches(setting):
            return ()
        around = setting.block
        if around not in self._commanded:
            self._commanded[around] = command_files(around.settings(family.commands))
        files = self._commanded[around]
        block.inclusion.work.take(len(files))
        return files


def _loads(family: Family, block: Block, target: Target, seen: _Seen) -> Loads:
    client = tuple(family.client(block, target))
    trusted = tuple(family.trusted(block, target))
    commanded = seen.commanded(block, family)
    certificates = seen.certificates(block, family.certificate)
    return Loads((*client, *trusted, *commanded), client, certificates)


def _overriding(block: Block, family: Family) -> Block:
    """The nearest block, from this one outwards, whose settings give it a context of its own.

    If there is none, the outermost block (``http``).
    """
    while block.kind in family.kinds and not block.has_any(family.overrides):
        assert block.parent is not None
        block = block.parent
    return block
