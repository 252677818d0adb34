"""The cost of a change, as Python and JSON have it: two sides, and their difference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from nginx_memlint import result
from nginx_memlint.result import Model

SCHEMA_VERSION: Literal[1] = 1

PartKind = Literal[
    "ca_loads", "ssl_contexts", "blocks", "workers", "zone", "part", "server", "file"
]

State = Literal["new", "removed", "changed", "unchanged"]

FindingState = Literal["new", "worse", "gone"]

DiffVerdict = Literal[
    "not all read", "over budget", "grows too much", "within budget", "nothing to hold against"
]
"""How a change stands to what it is held against, the worst first."""


@dataclass(frozen=True, kw_only=True)
class Change(Model):
    """A number in the old configuration and in the new one; 0 where there is none."""

    before: int
    after: int

    @property
    def growth(self) -> int:
        """The number after minus the number before."""
        return self.after - self.before


@dataclass(frozen=True, kw_only=True)
class CountChanges(Model):
    """Counts, as in the report of a check."""

    server: Change
    location: Change
    if_: Change
    limit_except: Change
    stream_server: Change
    locations_inheriting: Change
    ssl_contexts: Change
    ca_loads: Change
    workers: Change


@dataclass(frozen=True, kw_only=True)
class TotalChanges(Model):
    """Bytes of the whole service by phase, without the text of the configuration."""

    start_bytes: Change
    after_reload_bytes: Change
    after_reload_worst_bytes: Change
    reload_peak_bytes: Change
    reload_peak_worst_bytes: Change
    """Bytes at the worst reload peak: what ``--max-growth`` is held against."""
    limit_bytes: Change


@dataclass(frozen=True, kw_only=True)
class MemoryChanges(Model):
    """Bytes by phase, as in the report of a check: ``total`` is everything."""

    unit_bytes: Change
    blocks_bytes: Change
    contexts_bytes: Change
    loads_bytes: Change
    worker_bytes: Change
    start_bytes: Change
    after_reload_bytes: Change
    after_reload_worst_bytes: Change
    reload_peak_bytes: Change
    reload_peak_worst_bytes: Change
    zones_bytes: Change
    worst_total_bytes: Change
    total: TotalChanges


@dataclass(frozen=True, kw_only=True)
class ReloadOfChange(Model):
    """Bytes of the whole service when a reload replaces the old configuration by the new one."""

    peak_bytes: int
    """While it is under way: the new one once, and what a first reload holds of the old one."""
    peak_worst_bytes: int
    """If there were reloads before."""
    kept_bytes: int
    """Afterwards: what the old one took stays with the master until nginx is restarted."""


@dataclass(frozen=True, kw_only=True)
class PartChange(Model):
    """A part of the cost that has changed."""

    kind: PartKind
    """For a cause: ``ca_loads`` of one directive and value, ``ssl_contexts`` of one family without
    CA certificates, ``blocks`` of one kind, ``workers`` for what all of them add for themselves, a
    shared memory ``zone``, another ``part`` of the memory. Else ``server`` or ``file``."""
    name: str
    state: Literal["new", "removed", "changed"]
    file: str | None
    """The file in which the part stands first; if it was removed, in which it stood."""
    line: int | None
    blocks: Change
    ssl_contexts: Change
    ca_loads: Change
    bytes: Change
    """Bytes at a start; of a server or file, those of its blocks and the contexts built for
    them."""


@dataclass(frozen=True, kw_only=True)
class FindingChange(Model):
    """A finding that the change brings, makes worse or takes away."""

    state: FindingState
    """``worse``: of more blocks or bytes than an update of a CA bundle explains, or graver."""
    rule: str
    name: str
    severity: result.Severity
    message: str
    file: str
    line: int
    fingerprint: str
    bytes: Change


@dataclass(frozen=True, kw_only=True)
class Side(Model):
    """One of the two configurations."""

    path: str
    complete: bool
    """Whether everything was read. If not, no figure of the comparison can be relied on."""
    target: result.TargetInfo
    workers: int
    workers_assumed: bool
    assumptions: list[str]
    guesses: list[str]
    problems: list[result.ProblemInfo]


@dataclass(frozen=True, kw_only=True)
class RootDiff(Model):
    """One configuration, before and after."""

    path: str
    """The name of the new configuration."""
    verdict: DiffVerdict
    budget_bytes: int | None
    """The budget of the worst reload peak."""
    state: State
    commit: str | None
    """The commit that the old configuration was read from."""
    old: Side | None
    """None if the configuration is new."""
    new: Side | None
    """None if the configuration was removed."""
    counts: CountChanges
    memory: MemoryChanges
    reload: ReloadOfChange | None
    """The reload that makes the change; None if the configuration is new or was removed."""
    causes: list[PartChange]
    """The causes, whose bytes add up to the change of ``start_bytes`` and ``zones_bytes``."""
    servers: list[PartChange]
    files: list[PartChange]
    """Each list holds what changed most first, and nothing that did not change."""
    findings: list[FindingChange]
    """The findings that are new, worse or gone."""
    remedy: result.Remedy | None
    """The change of the new configuration that saves most."""
    exceeds: bool
    """Whether it grows by more than ``max_growth_bytes``, or beyond a budget."""
    budget: str = ""
    """How the worst reload peak stands to its budget, before and after, and what else is over its
    own as it was before; empty without budgets."""
    over: list[str] = field(default_factory=list)
    """Sentences on counts and the memory of a start that have grown and are over their budget."""

    @property
    def complete(self) -> bool:
        """Whether both sides were read in full."""
        return all(side.complete for side in (self.old, self.new) if side)


@dataclass(frozen=True, kw_only=True)
class Diff(Model):
    """All configurations of one run: those that exceed first, then what changes most."""

    schema_version: Literal[1] = SCHEMA_VERSION
    verdict: DiffVerdict
    """The worst of the verdicts on the configurations."""
    base: str | None
    """The name of the base, as it was given."""
    max_growth_bytes: int | None
    roots: list[RootDiff]
    lowered: list[result.Lowered] = field(default_factory=list)
    """Settings, and comments of the new side, that may lower what is reported."""
