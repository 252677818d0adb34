"""Count the OpenSSL contexts and CA loads of a configuration: one algorithm over the records.

Where a family's contexts are shared, a block that sets none of the override directives uses its
parent's; if the parent has none yet, the first such child that needs one builds it and hands it
up. So there is one context for each group of blocks whose nearest overriding block is the same,
the ``http`` block standing for those without one, provided a block of the group needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.config.tree import Block, Inherited, Setting, Tree
from nginx_memlint.memory.targets import Target
from nginx_memlint.tls.families import FAMILIES, LUA, SHARED_LUA, Family, Module


class Context:
    """One ``SSL_CTX`` that ``nginx -t`` builds.

    ``block`` is the block it is built for (of a shared one, the first that needs it), ``owner``
    the one whose settings it has (of a shared one, the block it is shared from). ``bundles`` are
    the settings whose CA files are loaded into it, ``client_names`` those of them whose names are
    kept to be sent to clients, ``certificates`` how many certificates with keys it holds.
    Contexts that load the same mostly share these lists.
    """

    __slots__ = ("block", "bundles", "certificates", "client_names", "family", "owner")

    def __init__(
        self,
        family: str,
        block: Block,
        owner: Block,
        bundles: list[Setting],
        client_names: list[Setting],
        certificates: int,
    ) -> None:
        self.family = family
        self.block = block
        self.owner = owner
        self.bundles = bundles
        self.client_names = client_names
        self.certificates = certificates


class WorkerContexts(NamedTuple):
    """What each worker process builds for itself after the fork."""

    contexts: int = 0
    bundles: tuple[Setting, ...] = ()


def contexts(tree: Tree, target: Target) -> list[Context]:
    """All contexts that one ``nginx -t`` of the target builds, in nginx's order of families."""
    found: list[Context] = []
    for family in present_families(tree, target):
        found += _contexts_of(family, tree, target)
    return found


def present_families(tree: Tree, target: Target) -> list[Family]:
    """The families whose modules the server has."""
    return [f for f in FAMILIES if f.module is None or is_present(f.module, tree, target)]


def is_present(module: Module, tree: Tree, target: Target) -> bool:
    """Whether the server has a module.

    It does if the target has it built in, ``load_module`` names it, or one of its directives is
    used: nginx would reject that otherwise.
    """
    if module.name in target.built_in:
        return True
    if any(s.value.rpartition("/")[2] == module.object for s in tree.main.own("load_module")):
        return True
    return any(map(module.directives, tree.names_below(module.root)))


def worker_contexts(tree: Tree, target: Target) -> WorkerContexts:
    """The context that ``init_worker_by_lua*`` makes each worker build before lua 0.10.26.

    ``ngx_http_lua_init_worker()`` merges a configuration of its own from the ``http`` block's;
    measured: one more per worker on 0.10.13 and 0.10.23, none on 0.10.28 and 0.10.29.
    """
    if target.lua >= SHARED_LUA:
        return WorkerContexts()
    for http in tree.blocks("http"):
        if any(name.startswith("init_worker_by_lua") for name in http.names()):
            return WorkerContexts(1, tuple(LUA.trusted(http, target)))
    return WorkerContexts()


def _contexts_of(family: Family, tree: Tree, target: Target) -> Iterator[Context]:
    shared = family.shared(target)
    groups: set[int] = set()
    owners = Inherited(family.overrides, lambda block: _overriding(block, family))
    loads = Inherited(family.reads, lambda block: _loads(family, block, target))
    kinds, wants = family.kinds, family.wants
    blocks = tree.of_kinds(kinds)
    if family.needs:
        blocks = [block for block in tree.having(family.needs) if block.kind in kinds]
    for block in blocks:
        if not wants(block, target):
            continue
        owner = block
        if shared:
            owner = owners.of(block)
            if id(owner) in groups:
                continue
            groups.add(id(owner))
        yield Context(family.name, block, owner, *loads.of(block))


def _loads(
    family: Family, block: Block, target: Target
) -> tuple[list[Setting], list[Setting], int]:
    """What is loaded into a block's context: CA bundles, names for clients, certificates."""
    client = family.client(block, target)
    bundles = [*client, *family.trusted(block, target)]
    return bundles, client, _own_certificates(block, family.certificate)


def _own_certificates(block: Block, name: str) -> int:
    """How many certificates are loaded with the context; those with variables are not."""
    setting = block.effective(name) if name else None
    if setting is None:
        return 0
    return sum("$" not in own.value and own.value != "" for own in setting.block.own(name))


def _overriding(block: Block, family: Family) -> Block:
    """The nearest block, from this one outwards, whose settings make a context of its own.

    The outermost one (``http``) where there is none.
    """
    while block.kind in family.kinds and not block.has_own(family.overrides):
        assert block.parent is not None
        block = block.parent
    return block
