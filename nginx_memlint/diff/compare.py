"""The cost of a change to a configuration: two reports, and each part of the cost in both.

Parts of the cost are matched by what they are, not by where they stand: moved lines and renamed
directories are no change.
"""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal

from nginx_memlint import result
from nginx_memlint.acceptance.lowered import unique
from nginx_memlint.analysis.budget import Budget, not_begun
from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.files.paths import encode
from nginx_memlint.memory import estimate as memory
from nginx_memlint.options.kinds import SIZE, read_path
from nginx_memlint.options.record import Options, read_keywords, read_value
from nginx_memlint.printable import printable
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.result import Model
from nginx_memlint.rules import engine
from nginx_memlint.sources.main_file import located
from nginx_memlint.sources.source import MACHINE, Disk
from nginx_memlint.syntax.directives import ParsedFile
from nginx_memlint.tree import blocks
from nginx_memlint.tree.tree import Block, Setting

SCHEMA_VERSION: Literal[1] = 1

PartKind = Literal["ca_loads", "ssl_contexts", "blocks", "workers", "zone", "server", "file"]

State = Literal["new", "removed", "changed", "unchanged"]


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
class MemoryChanges(Model):
    """Bytes of the whole service by phase, as in the report of a check."""

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
    """The worst reload peak and the zones: what ``--max-growth`` is held against."""

    @property
    def start_total(self) -> Change:
        """Bytes at a start, shared memory zones included."""
        both = (self.start_bytes, self.zones_bytes)
        return Change(
            before=sum(change.before for change in both), after=sum(change.after for change in both)
        )


@dataclass(frozen=True, kw_only=True)
class PartChange(Model):
    """A part of the cost that has changed."""

    kind: PartKind
    """For a cause: ``ca_loads`` of one directive and value, ``ssl_contexts`` of one family without
    CA certificates, ``blocks`` of one kind, ``workers`` for what all of them add for themselves, a
    shared memory ``zone``. Else ``server`` or ``file``."""
    name: str
    state: Literal["new", "removed", "changed"]
    file: str | None
    """The file in which it stands first; if it was removed, in which it stood."""
    line: int | None
    blocks: Change
    ssl_contexts: Change
    ca_loads: Change
    bytes: Change
    """Bytes at a start; of a server or file, those of its blocks and the contexts built for
    them."""


@dataclass(frozen=True, kw_only=True)
class Side(Model):
    """One of the two configurations."""

    path: str
    complete: bool
    """Whether everything was read. If not, no figure of the comparison can be relied on."""
    target: result.TargetInfo
    assumptions: list[str]
    guesses: list[str]
    problems: list[result.ProblemInfo]


@dataclass(frozen=True, kw_only=True)
class RootDiff(Model):
    """One configuration, before and after."""

    path: str
    """The name of the new configuration."""
    state: State
    commit: str | None
    """The commit that the old configuration was read from."""
    old: Side | None
    """None if the configuration is new."""
    new: Side | None
    """None if the configuration was removed."""
    counts: CountChanges
    memory: MemoryChanges
    causes: list[PartChange]
    """The causes, whose bytes add up to the change of ``start_bytes`` and ``zones_bytes``."""
    servers: list[PartChange]
    files: list[PartChange]
    """Each list holds what changed most first, and nothing that did not change."""
    exceeds: bool
    """Whether it grows by more than ``max_growth_bytes``."""

    @property
    def complete(self) -> bool:
        """Whether both sides were read in full."""
        return all(side.complete for side in (self.old, self.new) if side)


@dataclass(frozen=True, kw_only=True)
class Diff(Model):
    """All configurations of one run: those that exceed first, then what changes most."""

    schema_version: Literal[1] = SCHEMA_VERSION
    base: str | None
    """The name of the base, as it was given."""
    max_growth_bytes: int | None
    roots: list[RootDiff]
    lowered: list[result.Lowered] = field(default_factory=list)
    """Settings of both sides, from settings files, that may change the figures."""


def diff(
    paths: Sequence[str | os.PathLike[str]],
    *,
    base: str | None = None,
    max_growth: int | str | None = None,
    **options: Any,  # noqa: ANN401
) -> Diff:
    """Compare two configurations, or configurations of a working tree with those of a commit.

    ``paths`` are the old and the new one; with ``base``, which names a commit, any number that
    are each compared with themselves in that commit. ``max_growth`` is bytes, or a text like
    "64MiB". The options are those of check() and hold for both sides; those about findings have no
    part in it. Raises MemlintError and TypeError as check() does.
    """
    growth = None if max_growth is None else read_value("max_growth", SIZE, max_growth)
    if isinstance(paths, str | bytes | os.PathLike):
        raise TypeError("paths: must be several, e.g. [old, new]")
    names = [read_path(path) for path in paths]
    return compared(names, read_keywords(options, "diff"), base=base, max_growth=growth)


def compared(
    paths: Sequence[str | os.PathLike[str]],
    options: Options,
    *,
    base: str | None = None,
    max_growth: int | None = None,
    dumps: Mapping[str, bool] = MappingProxyType({}),
    budget: Budget | None = None,
) -> Diff:
    """Compare configurations as diff() does, with options that are read already.

    ``dumps`` tells of single paths whether they are dumps, instead of ``options``. ``budget``
    counts the steps of all that a command compares. Raises MemlintError.
    """
    job = Job("", options)
    policy = engine.no_rules(job.policy)
    job = Job("", replace(options, policy=policy, breakdown=False))
    both = _Both(job, max_growth, budget or Budget())
    names = [os.fspath(path) for path in paths]
    if base is None:
        if len(names) != 2:
            raise MemlintError("name two configurations, OLD and NEW, or a commit with --base")
        if names == ["-", "-"]:
            raise MemlintError("only one of the two can be standard input")
        sides = [both.side(name, dump=dumps.get(name, options.dump)) for name in names]
        roots = [both.compare(*sides)]
    else:
        if "-" in names:
            raise MemlintError("standard input is in no commit: name a file, or two")
        roots = [both.with_commit(base, name) for name in names]
    return Diff(
        base=None if base is None else printable(base),
        max_growth_bytes=max_growth,
        roots=sorted(roots, key=_rank),
        lowered=list(job.policy.lowered),
    )


def since(base: str, jobs: Iterable[Job], *, max_growth: int | None = None) -> Diff:
    """Compare configurations of a working tree with those of a commit, each with its own options.

    Raises MemlintError.
    """
    budget = Budget()
    diffs = [
        compared([job.name], job.options, base=base, max_growth=max_growth, budget=budget)
        for job in jobs
    ]
    roots = [root for one in diffs for root in one.roots]
    return Diff(
        base=printable(base),
        max_growth_bytes=max_growth,
        roots=sorted(roots, key=_rank),
        lowered=unique(lowered for one in diffs for lowered in one.lowered),
    )


def _rank(root: RootDiff) -> tuple[bool, int]:
    return not root.exceeds, -abs(root.memory.worst_total_bytes.growth)


def exit_code(difference: Diff) -> Exit:
    """The exit status: an incomplete reading outweighs growth."""
    if not all(root.complete for root in difference.roots):
        return Exit.INCOMPLETE
    return Exit.FINDINGS if any(root.exceeds for root in difference.roots) else Exit.OK


@dataclass(frozen=True, slots=True)
class _Both:
    """The job, limit and budget that both sides of a comparison share."""

    job: Job
    """The job of either side, except for its name."""
    max_growth: int | None
    budget: Budget

    def side(self, name: str, disk: Disk = MACHINE, *, dump: bool | None = None) -> _SideParts:
        """Read one of the two from a disk, and keep only what is compared."""
        job = Job(name, replace(self.job.options, dump=dump), disk)
        inspection = not_begun(job) if self.budget.is_over(job) else examine(job)
        self.budget.take(inspection.steps)
        if inspection.situation is None:
            return _SideParts(inspection.report, [], [], [], inspection.absent)
        parts = _Parts(inspection.situation)
        return _SideParts(
            inspection.report, parts.causes(), parts.servers(), parts.files(), inspection.absent
        )

    def with_commit(self, reference: str, name: str) -> RootDiff:
        """Compare a working tree's configuration with a commit's. Raises MemlintError."""
        from nginx_memlint.sources.git import open_commit  # noqa: PLC0415

        try:
            path = located(name, self.job.lookup)
            directory = path if os.path.isdir(encode(path)) else os.path.dirname(path)
            commit = open_commit(directory, reference)
        except MemlintError as error:
            raise MemlintError(f"{printable(name)}: {printable(str(error))}") from None
        except OSError as error:  # the working directory is gone
            raise MemlintError(f"{printable(name)}: {error.strerror}") from None
        with closing(commit):
            begun = not self.budget.is_over(self.job)
            old = self.side(name, commit, dump=self.job.options.dump)
            if begun and not commit.used:
                raise MemlintError(f"{printable(name)}: is not in {printable(commit.top)}")
            old.add_unread(commit.missing)
        new = self.side(name, dump=self.job.options.dump)
        is_new, is_gone = (
            (old.absent, new.absent) if old.absent is not new.absent else (False, False)
        )
        root = self.compare(old, new, is_new=is_new, is_gone=is_gone)
        return replace(root, commit=commit.name)

    def compare(
        self, old: _SideParts, new: _SideParts, *, is_new: bool = False, is_gone: bool = False
    ) -> RootDiff:
        """Compare two configurations; one that is absent counts as nothing."""
        counts = CountChanges(**_changes(_counts(old), _counts(new), CountChanges))
        bytes_ = MemoryChanges(**_changes(_memory(old), _memory(new), MemoryChanges))
        causes, servers, files = (
            _differences(*pair)
            for pair in (
                (old.causes, new.causes),
                (old.servers, new.servers),
                (old.files, new.files),
            )
        )
        same = not (causes or servers or files) and all(
            getattr(part, f.name).growth == 0 for part in (counts, bytes_) for f in fields(part)
        )
        growth = bytes_.worst_total_bytes.growth
        return RootDiff(
            path=new.report.path,
            state="new" if is_new else "removed" if is_gone else "unchanged" if same else "changed",
            commit=None,
            old=None if is_new else _shown_side(old.report),
            new=None if is_gone else _shown_side(new.report),
            counts=counts,
            memory=bytes_,
            causes=causes,
            servers=servers,
            files=files,
            exceeds=self.max_growth is not None and growth > self.max_growth,
        )


@dataclass(slots=True)
class _SideParts:
    """The report of one configuration, and the parts of its cost."""

    report: result.ConfigReport
    causes: list[_Part]
    servers: list[_Part]
    files: list[_Part]
    absent: bool

    def add_unread(self, files: dict[str, str]) -> None:
        """Report files as problems with a reason each, unless there is one for the file.

        A bundle that could not be read has its cost guessed, and is no problem otherwise.
        """
        problems = list(self.report.problems)
        for path, reason in files.items():
            name = printable(path)
            if not any(name in problem.message or name == problem.file for problem in problems):
                problems.append(result.ProblemInfo(file=name, line=None, message=printable(reason)))
        if files:
            self.report = replace(self.report, complete=False, problems=problems)


def _shown_side(report: result.ConfigReport) -> Side:
    return Side(**{f.name: getattr(report, f.name) for f in fields(Side)})


def _changes(old: dict[str, int], new: dict[str, int], of: type[Model]) -> dict[str, Change]:
    return {
        f.name: Change(before=old[f.name], after=new[f.name])
        for f in fields(of)  # type: ignore[arg-type]
    }


def _counts(side: _SideParts) -> dict[str, int]:
    report = side.report
    of_blocks = {f.name: getattr(report.blocks, f.name) for f in fields(result.Blocks)}
    return of_blocks | {
        "locations_inheriting": report.locations_inheriting,
        "ssl_contexts": report.ssl_contexts,
        "ca_loads": report.ca_loads,
        "workers": 0 if side.absent else report.workers,
    }


def _memory(side: _SideParts) -> dict[str, int]:
    return {f.name: getattr(side.report.memory, f.name) for f in fields(result.Memory)}


@dataclass(slots=True)
class _Part:
    """A part of the cost. ``keys`` identify it, each more loosely than the one before."""

    kind: PartKind
    keys: tuple[tuple[str, ...], ...]
    name: str
    file: str | None = None
    line: int | None = None
    blocks: int = 0
    contexts: int = 0
    loads: int = 0
    bytes: int = 0


class _Parts:
    """The parts of one configuration's cost."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._tree = situation.tree
        costs = situation.target.costs
        self._block_bytes = {kind: memory.own_bytes(kind, costs) for kind in blocks.COUNTED}
        self._names: dict[str, tuple[str, ...]] = {}

    def causes(self) -> list[_Part]:
        """The causes of the memory of a start and of the shared memory, to the byte."""
        parts: dict[tuple[str, ...], _Part] = {}
        for item in self._situation.priced:
            group = item.group
            family = ("ssl_contexts", group.family)
            for price, count in ((item.first, 1), (item.other, item.others)):
                part = parts.setdefault(family, _Part("ssl_contexts", (family,), group.family))
                part.contexts += count
                part.bytes += count * price.context_bytes
                rest = price.load_bytes - price.loads * price.share if price.loads else 0
                for setting in group.loads.bundles:
                    part = self._of_setting(parts, setting)
                    part.loads += count
                    part.bytes += count * (price.share + rest)
                    rest = 0
        for block in self._tree.all_blocks:
            if block.kind in self._block_bytes:
                key = ("blocks", block.kind)
                part = parts.setdefault(key, _Part("blocks", (key,), block.kind))
                part.blocks += 1
                part.bytes += self._block_bytes[block.kind]
        for zone in self._situation.zones:
            key, line = ("zone", zone.name), zone.setting.directive.line
            part = _Part("zone", (key,), zone.name, zone.setting.file.name, line)
            part.bytes = zone.size
            parts[key] = part
        workers, per_worker = self._situation.workers.count, self._situation.per_worker
        if per_worker.contexts:
            part = _Part("workers", (("workers",),), "workers")
            part.contexts = workers * per_worker.contexts
            part.loads = workers * len(per_worker.bundles)
            part.bytes = workers * self._situation.estimate.worker
            parts["workers",] = part
        return list(parts.values())

    def _of_setting(self, parts: dict[tuple[str, ...], _Part], setting: Setting) -> _Part:
        directive = setting.directive
        what = ("ca_loads", directive.name, setting.value)
        names = self._file_names(setting.file)
        key = (*what, names[0])
        if key not in parts:
            keys = (*((*what, name) for name in names), what)
            text = f"{directive.name} {setting.value}"
            parts[key] = _Part("ca_loads", keys, text, setting.file.name, directive.line)
        return parts[key]

    def servers(self) -> list[_Part]:
        """The servers; those with the same name in the same file count together."""
        parts: dict[tuple[str, ...], _Part] = {}
        of_block: dict[int, _Part | None] = {}
        for block in self._tree.all_blocks:
            if block.kind in ("server", "stream_server"):
                server: _Part | None = self._server(parts, block)
            else:
                server = of_block.get(id(block.parent))
            of_block[id(block)] = server
            self._add_block(server, block)
        for item in self._situation.priced:
            for _, owner, price in item.each():
                _add_context(of_block[id(owner)], price)
        return list(parts.values())

    def _server(self, parts: dict[tuple[str, ...], _Part], block: Block) -> _Part:
        names = block.titles()
        name = names[0].value if names else ""
        file = block.inclusion.file
        files = self._file_names(file)
        key = (block.kind, name, files[0])
        if key not in parts:
            keys = (*((block.kind, name, path) for path in files), (block.kind, name))
            line = block.directive.line if block.directive else None
            parts[key] = _Part("server", keys, name or "server", file.name, line)
        return parts[key]

    def files(self) -> list[_Part]:
        """The files, each with the blocks that stand in it."""
        parts: dict[str, _Part] = {}

        def part(file: ParsedFile) -> _Part:
            names = self._file_names(file)
            if names[0] not in parts:
                keys = tuple((name,) for name in names)
                parts[names[0]] = _Part("file", keys, file.name, file.name)
            return parts[names[0]]

        for block in self._tree.all_blocks:
            self._add_block(part(block.inclusion.file), block)
        for item in self._situation.priced:
            for _, owner, price in item.each():
                _add_context(part(owner.inclusion.file), price)
        return list(parts.values())

    def _add_block(self, part: _Part | None, block: Block) -> None:
        if part is not None and block.kind in self._block_bytes:
            part.blocks += 1
            part.bytes += self._block_bytes[block.kind]

    def _file_names(self, file: ParsedFile) -> tuple[str, ...]:
        """Names of a file, strictest first: from the main file, its whole path, its last part."""
        if file.path not in self._names:
            if file is self._tree.main.inclusion.file:
                names = ("", "", "")  # whatever it is called
            else:
                path = posixpath.normpath(file.path)
                names = (path, path, posixpath.basename(path))
                if path.startswith("/") and self._tree.directory.startswith("/"):
                    names = (posixpath.relpath(path, self._tree.directory), *names[1:])
            self._names[file.path] = names
        return self._names[file.path]


def _add_context(part: _Part | None, price: memory.Price) -> None:
    if part is not None:
        part.contexts += 1
        part.loads += price.loads
        part.bytes += price.total


def _differences(old: list[_Part], new: list[_Part]) -> list[PartChange]:
    """The parts that differ, what changed most first."""
    changes = [
        PartChange(
            kind=shown.kind,
            name=printable(shown.name),
            state="new" if before is None else "removed" if after is None else "changed",
            file=None if shown.file is None else printable(shown.file),
            line=shown.line,
            **{
                field: Change(
                    before=getattr(before, name) if before else 0,
                    after=getattr(after, name) if after else 0,
                )
                for field, name in _NUMBERS.items()
            },
        )
        for before, after in _pairs(old, new)
        if (shown := after or before) and not _is_same(before, after)
    ]
    return sorted(
        changes,
        key=lambda part: (-abs(part.bytes.growth), part.name, part.file or "", part.line or 0),
    )


_NUMBERS = {"blocks": "blocks", "ssl_contexts": "contexts", "ca_loads": "loads", "bytes": "bytes"}
"""Field of PartChange → attribute of _Part."""


def _is_same(before: _Part | None, after: _Part | None) -> bool:
    if before is None or after is None:
        # a file without blocks or contexts costs nothing, new or not
        part = before or after
        return not any(getattr(part, name) for name in _NUMBERS.values())
    return all(getattr(before, name) == getattr(after, name) for name in _NUMBERS.values())


def _pairs(old: list[_Part], new: list[_Part]) -> Iterator[tuple[_Part | None, _Part | None]]:
    """The parts of both that are the same: by the strictest key that only one in each has."""
    for level in range(max((len(part.keys) for part in (*old, *new)), default=0)):
        before, after = _by_key(old, level), _by_key(new, level)
        matched = before.keys() & after.keys()
        yield from ((before[key], after[key]) for key in matched)
        gone = {id(side[key]) for key in matched for side in (before, after)}
        old = [part for part in old if id(part) not in gone]
        new = [part for part in new if id(part) not in gone]
    yield from ((part, None) for part in old)
    yield from ((None, part) for part in new)


def _by_key(parts: Iterable[_Part], level: int) -> dict[tuple[str, ...], _Part]:
    """The parts whose key of a level no other part has."""
    parts = [part for part in parts if level < len(part.keys)]
    counts = Counter(part.keys[level] for part in parts)
    return {part.keys[level]: part for part in parts if counts[part.keys[level]] == 1}
