"""From contexts and loads to bytes: at start, after reloads, at the peaks, by the law of heaps."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, repeat
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from nginx_memlint.files.bounds import BoundError, check_small
from nginx_memlint.memory.certificate import beyond_stock, sent_bytes
from nginx_memlint.memory.guesses import End, Prior, prior
from nginx_memlint.memory.laws import Law
from nginx_memlint.memory.laws_table import GLIBC, MARGIN, laws_for
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.allocators_table import DEFAULT_ALLOCATOR
from nginx_memlint.targets.targets import Costs, Target
from nginx_memlint.tls.ca_bundle import Bundle, NotPemError, bundle_of
from nginx_memlint.tls.contexts import Group, Loads, WorkerContexts
from nginx_memlint.tls.families import CommandFile
from nginx_memlint.tls.server_files import ServerFiles, bundle_of_facts
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree


class Bundles:
    """The CA bundles that the configuration names, each read once.

    ``unit_cost`` is the bytes of a load if the user gave them, and ``stated`` are files, absolute
    or from the main file's directory, of which the user says what they hold. ``replaced`` are
    other files in the place of some, whatever the user says. ``end`` is that of the range in
    which a file lies that cannot be read. ``server`` has facts of files that are not here.
    """

    def __init__(
        self,
        tree: Tree,
        costs: Costs,
        unit_cost: int | None = None,
        stated: Mapping[str, Bundle] = MappingProxyType({}),
        replaced: Mapping[str, Bundle] | None = None,
        end: End = End.LIKELY,
        server: ServerFiles | None = None,
    ) -> None:
        self.end = end
        self.server = server or ServerFiles(tree)
        self._tree = tree
        self._costs = costs
        self._unit_cost = unit_cost
        self._stated = {
            os.path.normpath(os.path.join(tree.directory, path)): bundle
            for path, bundle in stated.items()
        }
        self._replaced = dict(replaced or {})
        self._read: dict[str, Bundle | None] = {}
        self._units: dict[tuple[str, str], int] = {}
        self.failures: dict[str, str] = {}
        self.beyond: dict[str, str] = {}
        self.rejected: set[str] = set()

    @property
    def read(self) -> list[str]:
        """The paths of those that were read so far."""
        told = self.server.used
        return [path for path, it in self._read.items() if it is not None and path not in told]

    @property
    def are_priced(self) -> bool:
        """Whether the user said what a load takes."""
        return self._unit_cost is not None

    def repriced(self, costs: Costs, replaced: Mapping[str, Bundle] | None = None) -> Bundles:
        """These files, read once for both, at other costs, some of them replaced."""
        both = {**self._replaced, **(replaced or {})}
        other = Bundles(
            self._tree, costs, self._unit_cost, self._stated, both, self.end, self.server
        )
        other._read, other.failures = self._read, self.failures
        other.beyond = self.beyond
        other.rejected = self.rejected
        return other

    def at(self, end: End) -> Bundles:
        """These files, those that cannot be read at one end of their range."""
        other = self.repriced(self._costs)
        other.end = end
        return other

    def path(self, setting: Setting) -> str:
        """The file's absolute path (``ngx_conf_full_name()``: relative to nginx.conf)."""
        value = c_string(setting.value)
        return value if value.startswith("/") else f"{self._tree.directory}/{value}"

    def bundle(self, path: str) -> Bundle | None:
        """The content of the file; None if that is unknown.

        Then ``failures`` says why, ``rejected`` has the path if nginx rejects the file, and
        ``beyond`` if it is there, but a bound is in the way, with the reason.
        """
        if given := self._given(path):
            return given
        if path not in self._read:
            self._read[path] = None
            try:
                self._read[path] = self.server.read(path, self._bundle, bundle_of_facts)
            except OSError as error:
                self.failures[path] = error.strerror or str(error)
                if isinstance(error, BoundError):
                    self.beyond[path] = self.failures[path]
            except NotPemError as error:
                self.failures[path] = str(error)
                self.rejected.add(path)
        return self._read[path]

    def stated(self, path: str) -> Bundle | None:
        """The content that the user stated for a file, if any."""
        return self._stated.get(os.path.normpath(path)) if self._stated else None

    def _given(self, path: str) -> Bundle | None:
        return self._replaced.get(path) or self.stated(path)

    def _bundle(self, pem: bytes) -> Bundle:
        return bundle_of(check_small(pem, self._tree.source.bounds))

    def content(self, setting: Setting) -> Bundle:
        """The certificates in a directive's file, or those that are guessed for it."""
        path = self.path(setting)
        return self.bundle(path) or self.prior(setting).at(self.end)

    def prior(self, setting: Setting) -> Prior:
        """The content that is guessed for a directive's file if it cannot be read."""
        return prior(setting.name, self.path(setting), self.server.system)

    def load_bytes(self, setting: Setting) -> int:
        """Bytes of one load of a directive's file that has to be parsed."""
        if self._unit_cost is not None and not self._given(self.path(setting)):
            return self._unit_cost
        key = setting.name, self.path(setting)
        if key not in self._units:
            self._units[key] = unit_bytes(self.content(setting), self._costs)
        return self._units[key]

    def reload_bytes(self, setting: Setting) -> int:
        """Bytes of a further load of a file that another context has loaded already."""
        if not self._costs.caches_certificates:
            return self.load_bytes(setting)
        return self.content(setting).certificates * self._costs.cached_certificate


def unit_bytes(bundle: Bundle, costs: Costs) -> int:
    """Bytes that one parsed bundle takes."""
    size = bundle.certificates * costs.certificate + bundle.der_bytes * costs.der
    return round(size + beyond_stock(bundle.facts))


class Price(NamedTuple):
    """Of one context: bundles loaded, bytes of itself with its own certificates, and of the CAs.

    ``cpu_seconds`` is the time of ``nginx -t`` it takes.
    """

    loads: int = 0
    context_bytes: int = 0
    load_bytes: int = 0
    cpu_seconds: float = 0.0

    @property
    def total(self) -> int:
        """All bytes."""
        return self.context_bytes + self.load_bytes

    @property
    def share(self) -> int:
        """Bytes of each of the bundles, rounded down."""
        return self.load_bytes // self.loads


class Priced(NamedTuple):
    """Contexts that load the same; the ``first`` of them may be what loads a bundle first."""

    group: Group
    first: Price
    other: Price

    @property
    def others(self) -> int:
        """How many there are beside the first."""
        return len(self.group.blocks) - 1

    def each(self) -> Iterator[tuple[Block, Block, Price]]:
        """The block of each context, its owner, and what it costs."""
        prices = chain((self.first,), repeat(self.other))
        return zip(self.group.blocks, self.group.owners, prices, strict=False)


def price(groups: Iterable[Group], bundles: Bundles, costs: Costs) -> list[Priced]:
    """The cost of contexts, in nginx's order: a cached bundle costs most where it is first."""
    loaded: set[str] = set()
    priced = []
    for group in groups:
        before = len(loaded)
        first = other = _price(group.loads, bundles, costs, loaded)
        if len(loaded) > before:
            other = _price(group.loads, bundles, costs, loaded)
        priced.append(Priced(group, first, other))
    return priced


T = TypeVar("T")


def by_place(
    priced: Iterable[Priced], place_of: Callable[[Block], T], size_of: Callable[[Price], int]
) -> dict[T, tuple[int, int]]:
    """Place → how many contexts are built for blocks there, and bytes of them all."""
    counts: Counter[T] = Counter()
    sizes: Counter[T] = Counter()
    for item in priced:
        first, other = size_of(item.first), size_of(item.other)
        for place, count in Counter(map(place_of, item.group.blocks)).items():
            counts[place] += count
            sizes[place] += count * other
        sizes[place_of(item.group.blocks[0])] += first - other
    return {place: (counts[place], size) for place, size in sizes.items()}


def by_block(
    priced: Iterable[Priced], size_of: Callable[[Price], int]
) -> dict[Block, tuple[int, int]]:
    """Block → how many contexts are built for it, and bytes of them all."""
    costs: dict[Block, tuple[int, int]] = {}
    for item in priced:
        for block, _, cost in item.each():
            count, size = costs.get(block, (0, 0))
            costs[block] = count + 1, size + size_of(cost)
    return costs


def total(priced: Iterable[Priced]) -> Price:
    """The sums of all contexts."""
    loads = context_bytes = load_bytes = 0
    cpu_seconds = 0.0
    for item in priced:
        for cost, count in ((item.first, 1), (item.other, item.others)):
            loads += cost.loads * count
            context_bytes += cost.context_bytes * count
            load_bytes += cost.load_bytes * count
            cpu_seconds += cost.cpu_seconds * count
    return Price(loads, context_bytes, load_bytes, cpu_seconds)


def _price(loads: Loads, bundles: Bundles, costs: Costs, loaded: set[str]) -> Price:
    """The cost of a context after others have loaded some files."""
    load_bytes = 0
    cpu = costs.cpu_context
    held: set[str | int] = set()
    for setting in loads.bundles:
        path = bundles.path(setting)
        new = _new_part(bundles.content(setting), path, held)
        by_openssl = isinstance(setting, CommandFile)
        is_cached = path in loaded and not by_openssl
        if not loaded:
            load_bytes += costs.first_load
        size = bundles.reload_bytes(setting) if is_cached else bundles.load_bytes(setting)
        load_bytes += round(new * size)
        if not is_cached or not costs.caches_certificates:
            cpu += bundles.content(setting).certificates * costs.cpu_certificate
        loaded.add("" if by_openssl else path)  # what OpenSSL parses is in no cache
    for setting in loads.client_names:
        content = bundles.content(setting)
        if content.facts:
            load_bytes += round(sent_bytes(content.facts, costs.client_ca_name))
        else:
            load_bytes += content.certificates * costs.client_ca_name
    context_bytes = costs.context + loads.certificates * costs.key_pair
    return Price(len(loads.bundles), context_bytes, load_bytes, cpu)


def _new_part(bundle: Bundle, path: str, held: set[str | int]) -> float:
    """The part of a bundle that a context has not yet from another file, which is ``held``.

    A store keeps one copy of a certificate, whatever it comes from (X509_STORE_add_cert()).
    """
    marks: tuple[str | int, ...] = bundle.marks or (path,)
    new = sum(mark not in held for mark in marks) / len(marks) if held else 1.0
    held.update(marks)
    return new


class Estimate(NamedTuple):
    """Bytes of one configuration: ``unit`` for one CA load, the rest in all.

    ``worker`` is what each worker process adds for itself, ``zones`` the shared memory held in
    every phase beside the rest, ``first_peak`` the least number of times that a first reload holds
    the configuration, ``laws`` those of reloads.
    """

    unit: int
    blocks: int
    contexts: int
    loads: int
    worker: int
    workers: int
    zones: int
    first_peak: float = 0.0
    laws: Mapping[str, Law] = GLIBC

    @property
    def configuration(self) -> int:
        """U: one configuration in the master."""
        return self.blocks + self.contexts + self.loads

    @property
    def start(self) -> int:
        """After the start."""
        return self.configuration + self.workers * self.worker

    @property
    def after_reload(self) -> int:
        """After the first reload, old workers gone."""
        return self._in("after")

    @property
    def after_reload_worst(self) -> int:
        """After a later reload, at worst."""
        return self._in("after_worst")

    @property
    def reload_peak(self) -> int:
        """While the first reload is under way."""
        return self._in("peak", self.first_peak)

    @property
    def reload_peak_worst(self) -> int:
        """While a later reload is under way, at worst."""
        return self._in("peak_worst")

    @property
    def worst_total(self) -> int:
        """The most that the service takes: the worst peak and the zones."""
        return self.reload_peak_worst + self.zones

    def _in(self, phase: str, least: float = 0.0) -> int:
        of_all = max(self.laws["heap"].times(phase, self.workers), least)
        of_each = self.laws["worker"].times(phase, self.workers)
        return round(of_all * self.configuration + of_each * self.worker)


def first_peak_of(target: Target) -> float:
    """The least number of times that a first reload holds a heap: it was found with glibc."""
    return MARGIN * target.costs.first_peak if target.allocator == DEFAULT_ALLOCATOR else 0.0


def block_bytes(blocks: Counter[str], costs: Costs) -> int:
    """The configuration's own memory, without TLS and Lua."""
    return sum(count * own_bytes(kind, costs) for kind, count in blocks.items())


def own_bytes(kind: str, costs: Costs) -> int:
    """A block's own memory, without TLS and Lua; that of kinds not named is not estimated."""
    if kind in ("server", "stream_server"):
        return costs.server
    return costs.location if kind in ("location", "if", "limit_except") else 0


def estimate(
    sums: Price,
    worker: WorkerContexts,
    blocks: Counter[str],
    bundles: Bundles,
    target: Target,
    workers: int,
    zones: int = 0,
) -> Estimate:
    """Add it all up."""
    costs = target.costs
    loads = sums.load_bytes
    worker_bytes = worker.contexts * costs.context + sum(
        bundles.load_bytes(setting) for setting in worker.bundles
    )
    return Estimate(
        unit=round((loads - costs.first_load) / sums.loads) if sums.loads else 0,
        blocks=block_bytes(blocks, costs),
        contexts=sums.context_bytes,
        loads=loads,
        worker=worker_bytes,
        workers=workers,
        zones=zones,
        first_peak=first_peak_of(target),
        laws=laws_for(target.allocator, target.laws),
    )
