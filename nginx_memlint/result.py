"""The results of a check: the objects that a Python caller gets and that the JSON output holds.

All sizes are bytes. All names are printable: bytes that are not UTF-8 and control characters are
escaped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

SCHEMA_VERSION: Literal[2] = 2

Severity: TypeAlias = "Literal['error', 'warning', 'note']"


class Model:
    """Base of all records: pydantic's configuration, with docstrings as descriptions in schemas."""

    __pydantic_config__: Mapping[str, object] = {
        "use_attribute_docstrings": True,
        "extra": "forbid",
        "alias_generator": lambda name: name.rstrip("_"),
        "validate_by_name": True,
        "serialize_by_alias": True,
    }

    # written once: dataclass() would compile its own for each record, whenever the program starts
    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__: ClassVar[None]  # type: ignore[assignment]  # most have lists

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"


@dataclass(kw_only=True, eq=False, repr=False)
class TargetInfo(Model):
    """The server that was assumed."""

    name: str
    nginx: str
    lua: str
    openssl: str
    libc: str
    allocator: str
    stated: bool
    """Whether the user named the target."""
    hint: str = ""
    """A target to state instead of one that is not, and where it stands: a Dockerfile's image."""
    borrowed: str = ""
    """The measured target whose costs are taken, as this one was not measured; else empty."""
    assumed: list[str]
    """Versions that were not stated but assumed, one sentence each."""


@dataclass(kw_only=True, eq=False, repr=False)
class Blocks(Model):
    """How many blocks there are, each inclusion of a file counted."""

    server: int = 0
    location: int = 0
    if_: int = 0
    limit_except: int = 0
    stream_server: int = 0


@dataclass(kw_only=True, eq=False, repr=False)
class FamilyCounts(Model):
    """Contexts and CA loads of one family of directives in one ``nginx -t``."""

    ssl_contexts: int
    ca_loads: int


@dataclass(kw_only=True, eq=False, repr=False)
class WorkerCounts(Model):
    """Contexts and CA loads of each worker process, beside those shared with the master."""

    ssl_contexts: int
    ca_loads: int


@dataclass(kw_only=True, eq=False, repr=False)
class MemoryTotal(Model):
    """Bytes of the whole service by phase: anonymous and shared memory of all its processes.

    nginx's own base, all parts and what zones have touched at a start are in it; traffic is not.
    """

    start_bytes: int
    """After a start."""
    after_reload_bytes: int
    """After the first reload."""
    after_reload_worst_bytes: int
    """After a later reload, at worst."""
    reload_peak_bytes: int
    """While the first reload is under way."""
    reload_peak_worst_bytes: int
    """While a later reload is under way, at worst: what a budget is held against."""
    limit_bytes: int
    """That peak with all zones full, and the kernel's part: a limit that holds without traffic."""


@dataclass(kw_only=True, eq=False, repr=False)
class LimitReason(Model):
    """Something that a limit has to hold."""

    why: str
    """``zones, once they are full``, ..."""
    bytes: int


@dataclass(kw_only=True, eq=False, repr=False)
class MemoryPart(Model):
    """Something that takes memory: bytes of one configuration."""

    name: str
    """``worker_connections``, ``locations``, ``maps``, ``CA loads``, ..."""
    pool_bytes: int
    """In nginx's pools; of ``nginx itself``, the master."""
    heap_bytes: int
    """In the heaps of OpenSSL and others."""
    worker_bytes: int
    """Bytes that each worker has for itself."""
    zone_resident_bytes: int
    """Shared memory that is touched at a start."""
    zone_reserved_bytes: int
    """Shared memory that is declared, to which it may fill."""
    count: int
    """The number of things of the kind: entries of maps, connections, loads of CA files, ..."""
    start_bytes: int
    """Bytes of a start's total, those of all workers included."""
    peak_bytes: int
    """Bytes of the worst reload peak."""
    file: str | None
    """Where the costliest stands; None if it stands nowhere."""
    line: int | None


@dataclass(kw_only=True, eq=False, repr=False)
class MemoryHeld(Model):
    """Bytes of old workers that open connections hold; ``worker_shutdown_timeout`` bounds them."""

    kept_bytes_per_generation: int
    """Bytes that each reload adds for as long as its old workers live."""
    release_peak_bytes: int
    """Bytes of the whole service when five generations are let go at once."""


@dataclass(kw_only=True, eq=False, repr=False)
class Memory(Model):
    """Bytes by phase.

    ``total`` and ``parts`` are of everything. The other fields are of blocks, OpenSSL contexts
    and CA bundles alone, as in version 1 of the schema.
    """

    total: MemoryTotal
    """The whole service; where something is guessed, what is likely."""
    low: MemoryTotal | None = None
    """The least that the total may be, where something is guessed."""
    high: MemoryTotal | None = None
    """The most that it may be."""
    guessed: list[str] = field(default_factory=list)
    """The reasons why the two differ: ``workers 4–64``, ``ca.pem unreadable: ...``."""
    limit_reasons: list[LimitReason]
    """The reasons why ``total.limit_bytes`` is not lower: they add up to it."""
    held: MemoryHeld
    """Old workers that open connections hold."""
    parts: list[MemoryPart]
    """The parts of the total, the one that takes most at the worst peak first."""

    unit_bytes: int
    """One CA load; the mean where bundles differ."""
    blocks_bytes: int
    """The blocks themselves."""
    contexts_bytes: int
    """The OpenSSL contexts, without CA certificates."""
    loads_bytes: int
    """The CA certificates loaded into them."""
    worker_bytes: int
    """Bytes that each worker adds for itself."""
    start_bytes: int
    """After a start."""
    after_reload_bytes: int
    """After the first reload."""
    after_reload_worst_bytes: int
    """After a later reload, at worst."""
    reload_peak_bytes: int
    """While the first reload is under way."""
    reload_peak_worst_bytes: int
    """While a later reload is under way, at worst."""
    zones_bytes: int
    """Shared memory zones, held in every phase beside the rest."""
    worst_total_bytes: int
    """The worst reload peak and the zones."""
    rule_of_thumb_bytes: int
    """Locations that inherit the bundle × 1 MiB: the rule of 2017, for comparison."""


@dataclass(kw_only=True, eq=False, repr=False)
class Inherited(Model):
    """A directive that locations inherit a CA bundle from."""

    directive: str
    value: str
    file: str
    line: int
    locations: int
    """Locations that see this value and do not set their own."""
    ca_loads: int
    """Loads that the directive causes in one ``nginx -t``."""
    bytes: int
    """Bytes of the loads that the directive causes."""


@dataclass(kw_only=True, eq=False, repr=False)
class ZoneInfo(Model):
    """A shared memory zone."""

    name: str
    bytes: int
    directive: str
    file: str
    line: int


@dataclass(kw_only=True, eq=False, repr=False)
class Share(Model):
    """A part of the cost."""

    name: str
    ssl_contexts: int
    bytes: int


@dataclass(kw_only=True, eq=False, repr=False)
class Remedy(Model):
    """A change and what it saves, by estimating the configuration with the change made."""

    change: str
    start_bytes: int
    """Bytes at a start after the change."""
    peak_bytes: int
    """Bytes at the worst reload peak after the change."""
    saves_start_bytes: int
    saves_peak_bytes: int
    """Bytes that the change saves at the worst reload peak."""
    ca_loads: int
    """CA loads that remain after the change."""
    fixable: bool = False
    """Whether ``memlint check --fix`` can make the change."""
    unsafe: str = ""
    """The doubt for which ``--fix`` needs ``--unsafe-fixes``; empty if the fix is safe, or none."""


@dataclass(kw_only=True, eq=False, repr=False)
class Related(Model):
    """A place that a finding names beside its cause."""

    file: str
    line: int
    column: int = 1
    message: str
    bytes: int


@dataclass(kw_only=True, eq=False, repr=False)
class Finding(Model):
    """Something to change: one cause, and what it leads to."""

    rule: str
    name: str
    """The rule's name in words joined by hyphens."""
    severity: Severity
    message: str
    file: str
    line: int
    column: int = 1
    end_column: int = 1
    """Where the directive's name ends, exclusive; the column itself if there is no directive."""
    source: str = ""
    """The text of the line in the file."""
    bytes: int = 0
    """Bytes at stake, at a start; for a budget, the bytes over it."""
    count: int | None = None
    """The CA loads, contexts or blocks that the bytes are of; None if they are of something else.
    It is the same on every machine."""
    related: list[Related] = field(default_factory=list)
    """The places that cost most, the costliest first."""
    related_total: int = 0
    """The number of places in all, of which ``related`` lists some."""
    remedy: Remedy | None = None
    """The change that saves most."""
    fingerprint: str
    """Identifies the finding, by its rule and what it is about; it stays when lines move."""
    accepted_bytes: int | None = None
    """The bytes that the baseline accepts, where the finding has outgrown it; else None."""

    def in_brief(self) -> dict[str, Any]:
        """The fields that records of what became of a finding repeat."""
        names = ("rule", "name", "severity", "message", "file", "line", "fingerprint")
        return {name: getattr(self, name) for name in names}


@dataclass(kw_only=True, eq=False, repr=False)
class Location(Model):
    """A place in a file."""

    file: str
    line: int
    column: int


@dataclass(kw_only=True, eq=False, repr=False)
class Lowered(Model):
    """A setting, flag, comment or baseline that may lower the report, with its file and line."""

    by: Literal["settings", "flags", "ignore", "baseline"]
    """A settings file, a comment in a configuration, or a baseline."""
    of: Literal["figures", "findings"]
    """Whether the entry decides which figures are counted, or only which findings are reported."""
    what: str
    """``ML202 is off``, ``max-memory is 64.0 GiB``, ``accepts 2 findings of ML101: ...``."""
    file: str
    line: int | None


@dataclass(kw_only=True, eq=False, repr=False)
class Suppressed(Model):
    """A finding that was accepted, with what accepted it."""

    rule: str
    name: str
    severity: Severity
    message: str
    file: str
    line: int
    bytes: int
    fingerprint: str
    by: Literal["ignore", "settings", "baseline"]
    reason: str
    """The reason that was given; empty for a baseline."""
    ignore: Location | None = None
    """The rule's code in the comment that accepts it, or the settings' ignore."""


@dataclass(kw_only=True, eq=False, repr=False)
class ProblemInfo(Model):
    """A problem that kept the configuration from being read as nginx would read it."""

    file: str
    line: int | None
    column: int | None = None
    message: str
    nginx: str | None = None
    """nginx's own message, None where it has none."""
    complete: bool = False
    """Whether the counts are right in spite of the problem."""
    chain: list[str] = field(default_factory=list)
    """The includes through which the file was read, as "file:line"."""


@dataclass(kw_only=True, eq=False, repr=False)
class NotPricedInfo(Model):
    """Something that takes memory and is in no figure: no configuration tells how much."""

    what: str
    """``Lua heaps``, ``a directive that is not known here``, ..."""
    name: str
    """The directive that brings the memory, or the object of a module."""
    file: str
    line: int
    """The line where the directive stands first."""


@dataclass(kw_only=True, eq=False, repr=False)
class Node(Model):
    """A block in the tree of cost. The tree is a list: each node comes after its parent."""

    parent: int | None
    """Index of the node that holds this one; None for the first."""
    kind: str
    """``main`` (the whole), ``file``, or the block's: ``http``, ``server``, ``location``, ..."""
    name: str
    """The name for people: a server's name, a location's path."""
    file: str
    line: int | None
    """The line of the block; None for a whole file, and for a block that a fragment was put in."""
    blocks: int
    """Servers, locations, ifs and limit_excepts: the block itself and all below it."""
    ssl_contexts: int
    """Contexts built for the block and all below it; a shared one counts where it is built
    first."""
    ca_loads: int
    own_bytes: int
    """Bytes of the block itself and of the contexts and loads built for it."""
    bytes: int
    """Bytes of the block and all below it. For the first node: the memory of one configuration,
    which is ``blocks_bytes + contexts_bytes + loads_bytes`` of Memory."""


@dataclass(kw_only=True, eq=False, repr=False)
class ConfigReport(Model):
    """One configuration."""

    path: str
    main_file: str
    """The file that was opened: the main file, a dump, or - for standard input."""
    complete: bool
    """Whether everything was read. If not, the counts are at least what they say."""
    target: TargetInfo
    workers: int
    workers_assumed: bool = False
    """Whether the number of workers was assumed: the configuration does not tell it."""
    blocks: Blocks
    locations_inheriting: int
    """Locations that see a CA bundle for Lua which is set in a block around them."""
    inherited: list[Inherited]
    ssl_contexts: int
    """Contexts that one ``nginx -t`` builds."""
    ca_loads: int
    """CA bundles that one ``nginx -t`` loads."""
    families: dict[str, FamilyCounts]
    per_worker: WorkerCounts
    memory: Memory
    zones: list[ZoneInfo]
    """Shared memory that the configuration declares, largest first."""
    cpu_seconds: float
    """CPU seconds of each start, test and reload; the order of magnitude."""
    budget_bytes: int | None
    files: list[Share]
    """The most expensive files, by the blocks that stand in them."""
    servers: list[Share]
    """The most expensive servers."""
    findings: list[Finding]
    suppressed: list[Suppressed]
    """Findings that an ignore comment, the settings or a baseline accept."""
    lowered: list[Lowered] = field(default_factory=list)
    """Settings, comments and baselines that may have lowered this report."""
    remedies: list[Remedy]
    """All changes worth making, the largest saving first."""
    assumptions: list[str]
    """Sentences about what the figures take for granted."""
    guesses: list[str]
    """Assumptions that stand for something the program looked for and did not find."""
    problems: list[ProblemInfo]
    not_priced: list[NotPricedInfo] = field(default_factory=list)
    """Directives and modules with memory that is in no figure, each where it stands first; the
    first hundred."""
    outside: list[str] = field(default_factory=list)
    """Files that were read though they are not in the main file's directory, the first hundred: of
    this machine, if ``main_file`` is a copy of another one's."""
    outside_total: int = 0
    """The number of files outside in all, of which ``outside`` lists some."""
    from_dump: bool = False
    """Whether the configuration was read from an ``nginx -T`` dump or an archive: files are named
    as they are there."""
    breakdown: list[Node] | None = None
    """The costs of each block, as blocks are nested; None unless asked for."""
    fail_on: Literal["error", "warning", "note", "never"] = "error"
    """The least severity that makes the exit status 1."""


@dataclass(kw_only=True, eq=False, repr=False)
class GoneEntry(Model):
    """An entry of a baseline that no finding has any more."""

    root: str
    """The main file, relative to the baseline's directory."""
    root_exists: bool
    rule: str
    name: str
    file: str
    """The finding's file, relative to the baseline's directory."""
    bytes: int
    fingerprint: str


@dataclass(kw_only=True, eq=False, repr=False)
class BaselineInfo(Model):
    """The baseline that was applied."""

    path: str
    gone: list[GoneEntry]
    """Entries that no finding has, of this run's configurations and of main files that are gone."""


@dataclass(kw_only=True, eq=False, repr=False)
class Report(Model):
    """All configurations of one run."""

    schema_version: Literal[2] = SCHEMA_VERSION
    configs: list[ConfigReport]
    baseline: BaselineInfo | None = None
