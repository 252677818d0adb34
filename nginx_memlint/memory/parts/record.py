"""The description of a part: one record for each thing that takes memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from nginx_memlint.files.bounds import BoundError
from nginx_memlint.memory.estimate import Bundles
from nginx_memlint.memory.laws import Amount
from nginx_memlint.syntax.directives import Body
from nginx_memlint.syntax.values import is_flag_on
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.ca_bundle import NotPemError, certificates, revocations
from nginx_memlint.tls.contexts import Group
from nginx_memlint.tls.der import Facts, certificate_facts, revoked
from nginx_memlint.tls.modules import objects
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree


class Files:
    """Files of certificates and revocation lists, each read once."""

    def __init__(self, tree: Tree) -> None:
        self._source = tree.source
        self._certificates: dict[str, tuple[Facts, ...]] = {}
        self._revoked: dict[str, tuple[int, ...]] = {}
        self.failures: set[str] = set()
        self.unread_lists: set[str] = set()
        self.beyond: dict[str, str] = {}
        """Files that are there, but a bound is in the way, with the reason."""

    @property
    def paths(self) -> list[str]:
        """Those that were read."""
        return [*dict.fromkeys((*self._certificates, *self._revoked))]

    def certificates(self, path: str) -> tuple[Facts, ...]:
        """The certificates of a file; none if it cannot be read."""
        if path not in self._certificates:
            facts = map(certificate_facts, self._content(certificates, path, self.failures))
            self._certificates[path] = tuple(facts)
        return self._certificates[path]

    def revoked(self, path: str) -> tuple[int, ...]:
        """How many entries each revocation list of a file has; none if it cannot be read."""
        if path not in self._revoked:
            self._revoked[path] = tuple(
                map(revoked, self._content(revocations, path, self.unread_lists))
            )
        return self._revoked[path]

    def _content(
        self, find: Callable[[bytes], tuple[bytes, ...]], path: str, failures: set[str]
    ) -> tuple[bytes, ...]:
        try:
            return find(self._source.read(path))
        except (OSError, NotPemError) as error:
            failures.add(path)
            if isinstance(error, BoundError):
                self.beyond[path] = error.strerror or str(error)
            return ()


class Counted(NamedTuple):
    """Bytes that were counted: how many things, where the costliest stands, and that in words."""

    amount: Amount
    number: int = 1
    at: Setting | Block | None = None
    said: str = ""


@dataclass(frozen=True)
class Configuration:
    """A tree on a target, with its contexts, and the bytes that the user states of Lua's heap."""

    tree: Tree
    target: Target
    groups: list[Group]
    bundles: Bundles
    files: Files
    lua_heap: int | None = None

    @cached_property
    def has_jit(self) -> bool:
        """Whether regular expressions are compiled to machine code."""
        settings = self.tree.main.settings("pcre_jit")
        return bool(settings) and is_flag_on(settings[0].value)

    def loads(self, name: str) -> bool:
        """Whether a module is loaded or built in, by its name in ``built_in`` or of its object."""
        return name in self.target.built_in or f"ngx_{name}_module.so" in objects(self.tree)

    def first(self, kind: str) -> Block | None:
        """The first block of a kind."""
        return next(self.tree.blocks(kind), None)


def setting_in(tree: Tree, body: Body, place: int, name: str) -> Setting:
    """The first directive of a name in a body, where that is in the block of a place."""
    block = tree.all_blocks[place]
    inclusion = next(inclusion for part, inclusion in block.parts if part is body)
    return Setting(body.of(name)[0], inclusion, block)


class Record(NamedTuple):
    """One thing that takes memory.

    ``causes`` are the directives and blocks that bring it. ``find`` counts them in a configuration.
    ``function`` is where nginx takes the memory, ``measured`` what the bytes are from: names of
    cases in tests/nginx/part_cases.py, or a source. ``by_target``: whether servers differ in it.
    """

    name: str
    causes: tuple[str, ...]
    find: Callable[[Configuration], Iterable[Counted]]
    function: str
    measured: str
    by_target: bool = False


class CostPart(NamedTuple):
    """All that a record counts in a configuration, all of it together."""

    name: str
    amount: Amount
    number: int
    at: Setting | Block | None
    said: str


def part_of(record: Record, configuration: Configuration) -> CostPart | None:
    """The part of a record, at its costliest place; None if nothing takes such memory."""
    amount, number = Amount(), 0
    costliest: Counted | None = None
    for item in record.find(configuration):
        amount = amount.plus(item.amount)
        number += item.number
        if costliest is None or sum(item.amount) > sum(costliest.amount):
            costliest = item
    if costliest is None:
        return None
    return CostPart(record.name, amount, number, costliest.at, costliest.said)
