"""What a check found: the objects a Python caller gets and the JSON output prints.

All sizes are bytes. All names are printable: bytes that are not UTF-8 and control characters are
escaped.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION: Literal[1] = 1

Severity = Literal["error", "warning", "note"]


class Model(BaseModel):
    """Base of all: immutable, and every docstring a description in the schema."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, extra="forbid")


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


class Blocks(Model):
    """How many blocks there are, each inclusion of a file counted."""

    server: int = 0
    location: int = 0
    if_: int = Field(0, alias="if")
    limit_except: int = 0
    stream_server: int = 0

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class FamilyCounts(Model):
    """What one family of directives builds in one ``nginx -t``."""

    ssl_contexts: int
    ca_loads: int


class WorkerCounts(Model):
    """What each worker process builds for itself, beside what it shares with the master."""

    ssl_contexts: int
    ca_loads: int


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


class ZoneInfo(Model):
    """A shared memory zone."""

    name: str
    bytes: int
    directive: str
    file: str
    line: int


class Share(Model):
    """A part of the cost."""

    name: str
    ssl_contexts: int
    bytes: int


class Finding(Model):
    """Something to change."""

    rule: str
    severity: Severity
    message: str
    file: str
    line: int
    column: int = 1
    source: str = ""
    """The line in the file."""


class Remedy(Model):
    """A change and what it saves, by estimating the configuration with the change made."""

    change: str
    saves_start_bytes: int
    saves_peak_bytes: int
    """At the worst reload peak."""
    ca_loads: int
    """Loads that remain."""


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
    chain: list[str] = []
    """The includes that led there, as "file:line"."""


class ConfigReport(Model):
    """One configuration."""

    path: str
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
    remedies: list[Remedy]
    assumptions: list[str]
    """What the figures take for granted."""
    guesses: list[str]
    """Those of them that stand for something the program looked for and did not find."""
    problems: list[ProblemInfo]


class Report(Model):
    """All configurations of one run."""

    schema_version: Literal[1] = SCHEMA_VERSION
    configs: list[ConfigReport]
