"""From contexts and loads to bytes: at start, after reloads, at the peaks.

The laws were measured on Debian 11, 12 and 13 with W = 1 to 8 idle workers over 8 reloads. With
U the memory of one configuration and W workers:

- start: U. Workers share the master's pages.
- after the first reload: 2 U. The master's heap keeps the old region beside the new one.
- after a later one, at worst: (2 + W) U, for good: workers have copied a region page by page.
- peak of the first reload: (2 + W) U, on Debian 11 at least 4 U. Exiting workers free, and so
  copy, their configuration.
- peak of a later one, at worst: (2 + 3 W) U.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nginx_memlint.config.tree import Setting, Tree
from nginx_memlint.memory.targets import Costs, Target
from nginx_memlint.records import record
from nginx_memlint.sizes import MIB
from nginx_memlint.tls.ca_bundle import Bundle, read_bundle
from nginx_memlint.tls.contexts import Context, WorkerContexts

FALLBACK_UNIT = MIB
"""Bytes of a CA load whose bundle cannot be read: a full Mozilla bundle of 2017."""

FALLBACK_CERTIFICATES = 173
"""Certificates of that bundle."""

RELOAD_MARGIN = 1.05
"""The highest memory measured over 8 reloads, divided by the law: 1.049 (W = 4, Debian 12)."""


class Bundles:
    """The CA bundles that the configuration names, each read once.

    ``unit_cost`` is the bytes of a load if the user gave them; ``replaced`` gives the bytes of a
    load of single files, whatever is in them.
    """

    def __init__(
        self,
        tree: Tree,
        costs: Costs,
        unit_cost: int | None = None,
        replaced: dict[str, int] | None = None,
    ) -> None:
        self._tree = tree
        self._costs = costs
        self._unit_cost = unit_cost
        self._replaced = replaced or {}
        self._known: dict[str, Bundle | None] = {}
        self.failures: dict[str, str] = {}

    def repriced(self, costs: Costs, replaced: dict[str, int] | None = None) -> Bundles:
        """The same files, read once for both, at other costs."""
        other = Bundles(self._tree, costs, self._unit_cost, replaced)
        other._known, other.failures = self._known, self.failures
        return other

    def path(self, setting: Setting) -> str:
        """The file's absolute path (``ngx_conf_full_name()``: relative to nginx.conf)."""
        value = setting.value
        return value if value.startswith("/") else f"{self._tree.directory}/{value}"

    def bundle(self, path: str) -> Bundle | None:
        """What is in the file; None, and an entry in ``failures``, if that is unknown."""
        if path not in self._known:
            self._known[path] = None
            try:
                self._known[path] = read_bundle(self._tree.source.read(path))
            except OSError as error:
                self.failures[path] = error.strerror or str(error)
            else:
                if self._known[path] is None:
                    self.failures[path] = "holds no PEM certificate"
        return self._known[path]

    def certificates(self, path: str) -> int:
        """Certificates in the file, or in the bundle assumed for it."""
        bundle = self.bundle(path)
        return bundle.certificates if bundle else FALLBACK_CERTIFICATES

    def load_bytes(self, path: str) -> int:
        """Bytes of one load of the file that has to be parsed."""
        if path in self._replaced:
            return self._replaced[path]
        if self._unit_cost is not None:
            return self._unit_cost
        bundle = self.bundle(path)
        return unit_bytes(bundle, self._costs) if bundle else FALLBACK_UNIT

    def reload_bytes(self, path: str) -> int:
        """Bytes of a further load of a file that another context has loaded already."""
        if not self._costs.caches_certificates:
            return self.load_bytes(path)
        return self.certificates(path) * self._costs.cached_certificate


def unit_bytes(bundle: Bundle, costs: Costs) -> int:
    """Bytes that one parsed bundle takes."""
    return round(bundle.certificates * costs.certificate + bundle.der_bytes * costs.der)


class Priced(NamedTuple):
    """A context and the bytes of it: itself with its own certificates, and the CAs in it.

    ``cpu_seconds`` is the time of ``nginx -t`` it takes.
    """

    context: Context
    context_bytes: int
    load_bytes: int
    cpu_seconds: float

    @property
    def total(self) -> int:
        """All bytes."""
        return self.context_bytes + self.load_bytes


class Totals(NamedTuple):
    """Of one context or many: bundles loaded, bytes of contexts and of loads, CPU seconds."""

    loads: int = 0
    context_bytes: int = 0
    load_bytes: int = 0
    cpu_seconds: float = 0.0


def price(contexts: Iterable[Context], bundles: Bundles, costs: Costs) -> list[Priced]:
    """The bytes of each context, in nginx's order: a cached bundle costs most where it is first."""
    return [
        Priced(context, own, loaded, cpu)
        for context, (_, own, loaded, cpu) in _prices(contexts, bundles, costs)
    ]


def total(contexts: Iterable[Context], bundles: Bundles, costs: Costs) -> Totals:
    """The sums of price(), without its list."""
    counts = Counter(cost for _, cost in _prices(contexts, bundles, costs))
    sums = (
        sum(value * count for value, count in zip(column, counts.values(), strict=True))
        for column in zip(*counts, strict=True)
    )
    return Totals(*sums)


def _prices(
    contexts: Iterable[Context], bundles: Bundles, costs: Costs
) -> Iterator[tuple[Context, Totals]]:
    """Each context and what it costs."""
    loaded: set[str] = set()
    same: dict[tuple[int, int, int], Totals] = {}
    for context in contexts:
        # contexts that load the same, none of it for the first time, cost the same
        key = (id(context.bundles), id(context.client_names), context.certificates)
        cost = same.get(key)
        if cost is None:
            before = len(loaded)
            cost = _price(context, bundles, costs, loaded)
            if len(loaded) == before:
                same[key] = cost
        yield context, cost


def _price(context: Context, bundles: Bundles, costs: Costs, loaded: set[str]) -> Totals:
    """What a context costs after others have loaded some files."""
    load_bytes = 0
    cpu = costs.cpu_context
    for setting in context.bundles:
        path = bundles.path(setting)
        if not loaded:
            load_bytes += costs.first_load
        if path in loaded:
            load_bytes += bundles.reload_bytes(path)
        else:
            load_bytes += bundles.load_bytes(path)
        if path not in loaded or not costs.caches_certificates:
            cpu += bundles.certificates(path) * costs.cpu_certificate
        loaded.add(path)
    for setting in context.client_names:
        load_bytes += bundles.certificates(bundles.path(setting)) * costs.client_ca_name
    own = costs.context + context.certificates * costs.key_pair
    return Totals(len(context.bundles), own, load_bytes, cpu)


@record
class Estimate:
    """Bytes of one configuration: ``unit`` for one CA load, the rest in all.

    ``worker`` is what each worker process adds for itself, ``zones`` the shared memory held in
    every phase beside the rest, ``first_peak`` the least number of configurations that a first
    reload holds. ``cpu_seconds`` is the time of one start, test or reload.
    """

    unit: int
    blocks: int
    contexts: int
    loads: int
    worker: int
    workers: int
    zones: int
    cpu_seconds: float
    first_peak: int = 3

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
        return self._times(2, 1)

    @property
    def after_reload_worst(self) -> int:
        """After a later reload, at worst."""
        return self._times(2 + self.workers, 1)

    @property
    def reload_peak(self) -> int:
        """While the first reload is under way."""
        return self._times(max(2 + self.workers, self.first_peak), 2)

    @property
    def reload_peak_worst(self) -> int:
        """While a later reload is under way, at worst."""
        return self._times(2 + 3 * self.workers, 2)

    @property
    def worst_total(self) -> int:
        """The most that the service takes: the worst peak and the zones."""
        return self.reload_peak_worst + self.zones

    def _times(self, configurations: int, generations: int) -> int:
        own = generations * self.workers * self.worker
        return round(RELOAD_MARGIN * configurations * self.configuration + own)


def block_bytes(blocks: Counter[str], costs: Costs) -> int:
    """The configuration's own memory, without TLS and Lua."""
    return sum(count * own_bytes(kind, costs) for kind, count in blocks.items())


def own_bytes(kind: str, costs: Costs) -> int:
    """A block's own memory, without TLS and Lua; that of kinds not named is not estimated."""
    if kind in ("server", "stream_server"):
        return costs.server
    return costs.location if kind in ("location", "if", "limit_except") else 0


def estimate(
    sums: Totals,
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
        bundles.load_bytes(bundles.path(setting)) for setting in worker.bundles
    )
    return Estimate(
        unit=round((loads - costs.first_load) / sums.loads) if sums.loads else 0,
        blocks=block_bytes(blocks, costs),
        contexts=sums.context_bytes,
        loads=loads,
        worker=worker_bytes,
        workers=workers,
        zones=zones,
        cpu_seconds=sums.cpu_seconds,
        first_peak=costs.first_peak,
    )
