"""What a check found: the objects a Python caller gets and the JSON output prints.

All sizes are bytes. All names are printable: bytes that are not UTF-8 and control characters are
escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

SCHEMA_VERSION: Literal[1] = 1

Severity: TypeAlias = "Literal['error', 'warning', 'note']"


class Model:
    """Base of all: how pydantic reads them, every docstring a description in the schema."""

    __pydantic_config__: Mapping[str, object] = {
        "use_attribute_docstrings": True,
        "extra": "forbid",
        "alias_generator": lambda name: name.rstrip("_"),
        "validate_by_name": True,
        "serialize_by_alias": True,
    }


@dataclass(frozen=True, kw_only=True)
class TargetInfo(Model):
    """The server that was assumed."""

    name: str
    nginx: str
    lua: str
    openssl: str
    stated: bool
    """Whether the user named it."""
    assumed: list[str]
    """What was not stated but taken, one sentence each."""


@dataclass(frozen=True, kw_only=True)
class Blocks(Model):
    """How many blocks there are, each inclusion of a file counted."""

    server: int = 0
    location: int = 0
    if_: int = 0
    limit_except: int = 0
    stream_server: int = 0


@dataclass(frozen=True, kw_only=True)
class FamilyCounts(Model):
    """What one family of directives builds in one ``nginx -t``."""

    ssl_contexts: int
    ca_loads: int


@dataclass(frozen=True, kw_only=True)
class WorkerCounts(Model):
    """What each worker process builds for itself, beside what it shares with the master."""

    ssl_contexts: int
    ca_loads: int


@dataclass(frozen=True, kw_only=True)
class Memory(Model):
    """Bytes of the whole service (master and workers), by phase."""

    unit_bytes: int
    """One CA load; the mean where bundles differ."""
    blocks_bytes: int
    """The blocks themselves."""
    contexts_bytes: int
    """The OpenSSL contexts, without CA certificates."""
    loads_bytes: int
    """The CA certificates loaded into them."""
    worker_bytes: int
    """What each worker adds for itself."""
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
    """The worst reload peak and the zones: what a budget is held against."""
    rule_of_thumb_bytes: int
    """Locations that inherit the bundle × 1 MiB: the rule of 2017, for comparison."""


@dataclass(frozen=True, kw_only=True)
class Inherited(Model):
    """A directive that locations inherit a CA bundle from."""

    directive: str
    value: str
    file: str
    line: int
    locations: int
    """Locations that see this value and do not set their own."""
    ca_loads: int
    """Loads it causes in one ``nginx -t``."""
    bytes: int
    """Bytes of these loads."""


@dataclass(frozen=True, kw_only=True)
class ZoneInfo(Model):
    """A shared memory zone."""

    name: str
    bytes: int
    directive: str
    file: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Share(Model):
    """A part of the cost."""

    name: str
    ssl_contexts: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Remedy(Model):
    """A change and what it saves, by estimating the configuration with the change made."""

    change: str
    start_bytes: int
    """What a start then takes, shared memory zones apart."""
    peak_bytes: int
    """What the worst reload peak then takes, shared memory zones apart."""
    saves_start_bytes: int
    saves_peak_bytes: int
    """At the worst reload peak."""
    ca_loads: int
    """Loads that remain."""
    fixable: bool = False
    """Whether ``memlint check --fix`` can make the change."""


@dataclass(frozen=True, kw_only=True)
class Related(Model):
    """A place that a finding is about, beside its cause."""

    file: str
    line: int
    column: int = 1
    message: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
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
    """The line in the file."""
    bytes: int = 0
    """What is at stake, at a start; of a budget, what is over it."""
    related: list[Related] = field(default_factory=list)
    """The costliest places, the costliest first."""
    related_total: int = 0
    """How many such places there are."""
    remedy: Remedy | None = None
    """The change that saves most."""
    fingerprint: str
    """The same for the same finding when lines move: of the rule and what it is about."""
    accepted_bytes: int | None = None
    """What the baseline accepts of ``bytes``, which have grown beyond that; else None."""


@dataclass(frozen=True, kw_only=True)
class Location(Model):
    """A place in a file."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, kw_only=True)
class Lowered(Model):
    """What may lower what is reported, and the file and line that says so."""

    by: Literal["settings", "ignore", "baseline"]
    """A settings file, a comment in a configuration, or a baseline."""
    of: Literal["figures", "findings"]
    """Whether it decides what is counted, or only what is said of that."""
    what: str
    """``ML202 is off``, ``max-memory is 64.0 GiB``, ``accepts 2 findings of ML101: ...``."""
    file: str
    line: int | None


@dataclass(frozen=True, kw_only=True)
class Suppressed(Model):
    """A finding that was accepted, and by what."""

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
    """As given; empty for a baseline."""
    ignore: Location | None = None
    """The rule's code in the comment that accepts it, or the settings' ignore."""


@dataclass(frozen=True, kw_only=True)
class ProblemInfo(Model):
    """What kept the configuration from being read as nginx would read it."""

    file: str
    line: int | None
    column: int | None = None
    message: str
    nginx: str | None = None
    """What nginx itself says."""
    complete: bool = False
    """Whether the counts are right in spite of it."""
    chain: list[str] = field(default_factory=list)
    """The includes that led there, as "file:line"."""


@dataclass(frozen=True, kw_only=True)
class NotPricedInfo(Model):
    """Something that takes memory and is in no figure: no configuration tells how much."""

    what: str
    """``Lua heaps``, ``a directive that is not known here``, ..."""
    name: str
    """The directive that brings it; of a module, its object."""
    file: str
    line: int
    """Where it stands first."""


@dataclass(frozen=True, kw_only=True)
class Node(Model):
    """A block in the tree of cost. The tree is a list: each node comes after its parent."""

    parent: int | None
    """Index of the node it is in; None for the first."""
    kind: str
    """``main`` (the whole), ``file``, or the block's: ``http``, ``server``, ``location``, ..."""
    name: str
    """As people know it: a server's name, a location's path."""
    file: str
    line: int | None
    """Where it stands; None for a whole file, and for a block that a fragment was put in."""
    blocks: int
    """Servers, locations, ifs and limit_excepts: itself and all below it."""
    ssl_contexts: int
    """Built for it and for all below it; a shared one counts where it is built first."""
    ca_loads: int
    own_bytes: int
    """Its own memory and that of the contexts and loads built for it."""
    bytes: int
    """The same with all below it. Of the first node: the memory of one configuration, which is
    ``blocks_bytes + contexts_bytes + loads_bytes`` of Memory."""


@dataclass(frozen=True, kw_only=True)
class ConfigReport(Model):
    """One configuration."""

    path: str
    main_file: str
    """The file that was opened: the main file, a dump, or - for standard input."""
    complete: bool
    """Whether everything was read. If not, the counts are at least what they say."""
    target: TargetInfo
    workers: int
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
    """CPU time of each start, test and reload; its order of magnitude."""
    budget_bytes: int | None
    files: list[Share]
    """The most expensive files, by the blocks that stand in them."""
    servers: list[Share]
    """The most expensive servers."""
    findings: list[Finding]
    suppressed: list[Suppressed]
    """Findings that an ignore comment, the settings or a baseline accept."""
    lowered: list[Lowered] = field(default_factory=list)
    """What settings files set, and what files accept: all that may have lowered this report."""
    remedies: list[Remedy]
    """All changes worth making, those that save most first."""
    assumptions: list[str]
    """What the figures take for granted."""
    guesses: list[str]
    """Those of them that stand for something the program looked for and did not find."""
    problems: list[ProblemInfo]
    not_priced: list[NotPricedInfo] = field(default_factory=list)
    """What is in no figure: each directive that brings such a thing, where it stands first; the
    first hundred."""
    outside: list[str] = field(default_factory=list)
    """Files that were read though they are not in the main file's directory, the first hundred: of
    this machine, if ``main_file`` is a copy of another one's."""
    outside_total: int = 0
    """How many there are of them."""
    from_dump: bool = False
    """Whether it was read from an ``nginx -T`` dump: files are named as they are there."""
    breakdown: list[Node] | None = None
    """What each block costs, as blocks are nested; None unless asked for."""


@dataclass(frozen=True, kw_only=True)
class GoneEntry(Model):
    """What a baseline accepts and nothing reports any more."""

    root: str
    """The main file, relative to the baseline's directory."""
    root_exists: bool
    rule: str
    name: str
    file: str
    """Relative to the baseline's directory."""
    bytes: int
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class BaselineInfo(Model):
    """The baseline that was applied."""

    path: str
    gone: list[GoneEntry]
    """Entries without use, of the configurations of this run and of main files that are gone."""


@dataclass(frozen=True, kw_only=True)
class Report(Model):
    """All configurations of one run."""

    schema_version: Literal[1] = SCHEMA_VERSION
    configs: list[ConfigReport]
    baseline: BaselineInfo | None = None
