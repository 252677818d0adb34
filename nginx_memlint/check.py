"""Check one configuration: the whole pipeline, from files to findings."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from nginx_memlint import remedies, result, rules
from nginx_memlint.cache import Cache, Recorder, key_of
from nginx_memlint.config import blocks, hints
from nginx_memlint.config.entry import Entry, EntryError, Place, open_entry
from nginx_memlint.config.problems import Problem
from nginx_memlint.config.source import FileSystem, MemoryFiles, Source, encode
from nginx_memlint.config.syntax import no_cyclic_gc
from nginx_memlint.config.tree import Block, Inherited, Setting, Tree, build
from nginx_memlint.memory import estimate as memory
from nginx_memlint.memory.targets import Target, find_target, with_versions
from nginx_memlint.memory.zones import Zone, zones
from nginx_memlint.printable import printable
from nginx_memlint.rules import Cause
from nginx_memlint.sizes import MIB, human
from nginx_memlint.tls import contexts as tls
from nginx_memlint.tls.families import FAMILIES, LUA_TRUSTED
from nginx_memlint.tls.misplaced import misplaced

ASSUMED_WORKERS = 4
"""Workers where ``worker_processes`` is auto and none are given."""

MOST_EXPENSIVE = 5


def check(  # one option per question a user can answer
    path: str | os.PathLike[str],
    *,
    data: bytes | None = None,
    target: str | Target | None = None,
    nginx_version: str | None = None,
    lua_version: str | None = None,
    stream_lua_version: str | None = None,
    njs_version: str | None = None,
    openssl_version: str | None = None,
    workers: int | None = None,
    unit_cost: int | None = None,
    max_memory: int | None = None,
    prefix: str | None = None,
    sysroot: str | None = None,
    path_map: Sequence[tuple[str, str]] = (),
    context: Sequence[str] = (),
    cache: Cache | None = None,
) -> result.ConfigReport:
    """Read a configuration, count its contexts, estimate its memory, apply the rules.

    ``path`` is a main file, a directory with an nginx.conf, an ``nginx -T`` dump, or ``-`` for
    ``data``. ``target`` is a name, or what load_target() made of a target file. ``unit_cost`` and
    ``max_memory`` are bytes. ``context`` names the blocks around a fragment. ``cache`` may hold the
    result of an earlier run. A configuration that
    cannot be read in full is no exception: see
    ``ConfigReport.problems``. Raises UnknownTargetError and ValueError for wrong options.
    """
    versions = {
        "nginx": nginx_version,
        "lua": lua_version,
        "stream_lua": stream_lua_version,
        "njs": njs_version,
        "openssl": openssl_version,
    }
    if isinstance(target, Target):
        server = with_versions(target, versions)
    else:
        server = find_target(target, **versions)
    check_context(context)
    name = os.fspath(path)
    place = Place(prefix, sysroot, tuple(path_map))
    try:
        entry = open_entry(name, place, data, is_fragment=bool(context))
    except EntryError as error:
        return _unreadable(name, error.problem, server, workers or ASSUMED_WORKERS)

    def run(source: Source) -> result.ConfigReport:
        tree = build(source, entry.path, tuple(context), entry.directory)
        with no_cyclic_gc():
            found = _Check(name, entry, tree, server, workers, unit_cost, max_memory).report()
        if isinstance(source, Recorder) and tree.looked_elsewhere:
            source.trusted = False
        return found

    if cache is None or not isinstance(entry.source, FileSystem):
        return run(entry.source)
    given = (name, place, server, workers, unit_cost, max_memory, context, entry.path)
    return _cached(cache, entry, given, run)


def _cached(
    cache: Cache,
    entry: Entry,
    given: tuple[object, ...],
    run: Callable[[Source], result.ConfigReport],
) -> result.ConfigReport:
    """The result of an earlier run, or of this one."""
    key = key_of(*given, entry.directory, entry.problems)
    report = cache.load(key, entry.source)
    if report is None:
        recorder = Recorder(entry.source)
        report = run(recorder)
        cache.store(key, recorder, report)
    return report


def check_context(context: Iterable[str]) -> None:
    """Raise ValueError if these blocks cannot be inside each other, the first in the main one."""
    kind = blocks.MAIN
    for name in context:
        children = blocks.CHILDREN.get(kind, {})
        if name not in children or children[name] in blocks.NO_CONTEXT:
            allowed = sorted(n for n, k in children.items() if k not in blocks.NO_CONTEXT)
            inside = f'inside "{kind}"' if kind != blocks.MAIN else "outermost"
            raise ValueError(f'"{name}" cannot be {inside}; it may be {" or ".join(allowed)}')
        kind = children[name]


class _Check:
    """One configuration on its way through the program."""

    def __init__(
        self,
        name: str,
        entry: Entry,
        tree: Tree,
        target: Target,
        workers: int | None,
        unit_cost: int | None,
        budget: int | None,
    ) -> None:
        self.name = name
        self.entry = entry
        self.tree = tree
        self.target = target
        self.unit_cost = unit_cost
        self.budget = budget
        self.assumptions: list[str] = []
        self.workers = self.count_workers(workers)
        self.bundles = memory.Bundles(tree, target.costs, unit_cost)
        self.blocks = Counter(block.kind for block in tree.all_blocks)
        self.zones, self.zone_problems = zones(tree)
        self.zones_bytes = sum(zone.size for zone in self.zones)

    def report(self) -> result.ConfigReport:
        found = tls.contexts(self.tree, self.target)
        priced = memory.price(found, self.bundles, self.target.costs)
        per_worker = tls.worker_contexts(self.tree, self.target)
        total = self.estimate(priced, self.bundles, self.target)
        inheriting = self.locations_by_setting()
        causes = self.causes(priced, inheriting)
        violations = rules.violations(total, causes, self.budget)
        locations = sum(inheriting.values())
        problems = [
            *self.entry.problems,
            *hints.explained(self.tree),
            *self.zone_problems,
            *misplaced(self.tree),
            *self.unused_dump_files(),
        ]
        self.assume(total)
        return result.ConfigReport(
            path=printable(self.name),
            complete=all(problem.complete for problem in problems),
            target=_target_info(self.target),
            workers=self.workers,
            blocks=_blocks(self.blocks),
            locations_inheriting=locations,
            inherited=[_inherited(cause) for cause in causes],
            ssl_contexts=len(priced),
            ca_loads=sum(len(context.bundles) for context in found),
            families=_families(found),
            per_worker=result.WorkerCounts(
                ssl_contexts=per_worker.contexts, ca_loads=len(per_worker.bundles)
            ),
            memory=result.Memory(
                unit_bytes=total.unit,
                blocks_bytes=total.blocks,
                contexts_bytes=total.contexts,
                loads_bytes=total.loads,
                worker_bytes=total.worker,
                start_bytes=total.start,
                after_reload_bytes=total.after_reload,
                after_reload_worst_bytes=total.after_reload_worst,
                reload_peak_bytes=total.reload_peak,
                reload_peak_worst_bytes=total.reload_peak_worst,
                zones_bytes=total.zones,
                worst_total_bytes=total.worst_total,
                rule_of_thumb_bytes=locations * MIB,
            ),
            zones=_zones(self.zones),
            cpu_seconds=round(total.cpu_seconds, 3),
            budget_bytes=self.budget,
            files=_shares(_by_file(priced)),
            servers=_shares(_by_server(priced)),
            findings=[self.finding(violation) for violation in violations],
            suppressed=[],
            remedies=self.remedies(priced, total, causes),
            assumptions=self.assumptions,
            guesses=self.guesses(),
            problems=[_problem(problem) for problem in problems],
        )

    def estimate(
        self,
        priced: list[memory.Priced] | memory.Totals,
        bundles: memory.Bundles,
        target: Target,
    ) -> memory.Estimate:
        """The memory of this configuration with these contexts, on a target."""
        per_worker = tls.worker_contexts(self.tree, target)
        return memory.estimate(
            priced, per_worker, self.blocks, bundles, target, self.workers, self.zones_bytes
        )

    def count_workers(self, given: int | None) -> int:
        own = self.tree.main.own("worker_processes")
        value = own[0].value if own else "1"
        if re.fullmatch(r"0*[1-9][0-9]{0,8}", value) and (own or given is None):
            if given is not None and given != int(value):
                self.assumptions.append(
                    f"{value} workers, as the configuration says; --workers is for auto"
                )
            elif not own:
                self.assumptions.append("1 worker: worker_processes is not set")
            return int(value)
        if given is not None:
            return given
        self.assumptions.append(
            f"{ASSUMED_WORKERS} workers: worker_processes is {value or 'empty'}; "
            "state yours with --workers N"
        )
        return ASSUMED_WORKERS

    def locations_by_setting(self) -> Counter[tuple[str, int]]:
        """How many locations inherit a CA bundle for Lua, by the directive that sets it."""
        counts: Counter[tuple[str, int]] = Counter()
        seen = Inherited({LUA_TRUSTED}, lambda block: block.effective(LUA_TRUSTED))
        for setting, count in Counter(map(seen.of, self.tree.blocks("location"))).items():
            if setting is not None and setting.value:
                # the location in which it stands does not inherit it
                counts[setting.key] += count - (setting.block.kind == "location")
        return counts

    def causes(
        self, priced: list[memory.Priced], inheriting: Counter[tuple[str, int]]
    ) -> list[Cause]:
        """The directives whose bundles are loaded, the costliest first."""
        settings: dict[tuple[str, int], Setting] = {}
        totals: Counter[tuple[str, int]] = Counter()
        loads: Counter[tuple[str, int]] = Counter()
        first: dict[tuple[str, int], int] = {}
        alike: Counter[tuple[int, int]] = Counter()
        bundles: dict[int, list[Setting]] = {}
        for context, _, load_bytes, _ in priced:
            alike[id(context.bundles), load_bytes] += 1
            bundles[id(context.bundles)] = context.bundles
        for (number, load_bytes), count in alike.items():
            for setting in bundles[number]:
                key = setting.key
                settings.setdefault(key, setting)
                share = load_bytes // len(bundles[number])
                totals[key] += share * count
                loads[key] += count
                first.setdefault(key, share)
        return sorted(
            (
                Cause(setting, loads[key], inheriting[key], totals[key], totals[key] - first[key])
                for key, setting in settings.items()
            ),
            key=lambda cause: -cause.total,
        )

    def finding(self, violation: rules.Violation) -> result.Finding:
        cause = violation.cause
        if cause is None:
            file, line, column, length = self.tree.main.inclusion.file, 1, 1, 0
        else:
            span = cause.setting.file.span(cause.setting.directive)
            file, line, column = cause.setting.file, span.line, span.column
            length = len(cause.setting.directive.name)
        return result.Finding(
            rule=violation.rule,
            name=rules.NAMES[violation.rule],
            severity=violation.severity,
            message=printable(violation.message),
            file=printable(file.name),
            line=line,
            column=column,
            end_column=column + length,
            source=printable(file.source_line(line).strip()),
            bytes=cause.repeated if cause else 0,
            fingerprint=f"{violation.rule}:{file.name}",
        )

    def remedies(
        self,
        priced: list[memory.Priced],
        now: memory.Estimate,
        causes: list[Cause],
    ) -> list[result.Remedy]:
        def again(
            contexts: list[tls.Context], target: Target, replaced: dict[str, int] | None
        ) -> memory.Estimate:
            bundles = self.bundles.repriced(target.costs, replaced)
            return self.estimate(memory.total(contexts, bundles, target.costs), bundles, target)

        situation = remedies.Situation(
            self.tree,
            self.target,
            priced,
            self.bundles,
            lambda target: tls.contexts(self.tree, target),
            again,
        )
        return [
            result.Remedy(
                change=printable(proposal.change),
                start_bytes=proposal.after.start,
                peak_bytes=proposal.after.reload_peak_worst,
                saves_start_bytes=now.start - proposal.after.start,
                saves_peak_bytes=now.reload_peak_worst - proposal.after.reload_peak_worst,
                ca_loads=proposal.loads,
            )
            for proposal in remedies.proposals(situation, now, causes)
        ]

    def unused_dump_files(self) -> list[Problem]:
        """Files of a dump that no include led to: the dump was not understood."""
        source = self.entry.source
        if not isinstance(source, MemoryFiles) or self.tree.problems:
            return []
        return [
            Problem("is in the dump, but no include leads to it", path)
            for path in sorted(source.files.keys() - self.tree.files.keys(), key=encode)
        ]

    def guesses(self) -> list[str]:
        """What stands in for bundles that could not be read."""
        if self.unit_cost is not None:
            return []
        return [
            f"{human(memory.FALLBACK_UNIT)} for a load of {printable(path)}, "
            f"which could not be read ({reason}); state it with --unit-cost"
            for path, reason in self.bundles.failures.items()
        ]

    def assume(self, total: memory.Estimate) -> None:
        """Say what the figures take for granted."""
        costs = self.target.costs
        for family in tls.present_families(self.tree, self.target):
            module = family.module
            if module and module.version not in self.target.ships:
                version = self.target.texts[module.version]
                option = module.version.replace("_", "-")
                self.assumptions.append(
                    f"{module.version} {version}: the target ships none; "
                    f"state yours with --{option}-version"
                )
        if self.unit_cost is not None:
            self.assumptions.append(f"{human(self.unit_cost)} for a CA load, as given")
        self.assumptions += self.guesses()
        if total.loads or total.contexts:
            self.assumptions.append(f"costs measured on {costs.measured}")
        if total.loads and not self.tree.main.own("worker_shutdown_timeout"):
            self.assumptions.append(
                "old workers exit soon after a reload: held by open connections, they add twice "
                "the start's memory and more with each; set worker_shutdown_timeout"
            )
        self.assumptions.append("left out: nginx's own base, Lua's heaps, buffers and connections")


def _families(found: list[tls.Context]) -> dict[str, result.FamilyCounts]:
    contexts = Counter(context.family for context in found)
    loads: Counter[str] = Counter()
    for context in found:
        loads[context.family] += len(context.bundles)
    return {
        family.name: result.FamilyCounts(
            ssl_contexts=contexts[family.name], ca_loads=loads[family.name]
        )
        for family in FAMILIES
    }


def _target_info(target: Target) -> result.TargetInfo:
    return result.TargetInfo(
        name=target.name,
        nginx=target.texts["nginx"],
        lua=target.texts["lua"],
        openssl=target.texts["openssl"],
        stated=target.stated,
        assumed=list(target.assumed),
    )


_FIELDS = {"if": "if_"}
"""Kind of block → field of result.Blocks, where Python needs another name."""


def _blocks(counts: Counter[str]) -> result.Blocks:
    return result.Blocks(**{_FIELDS.get(kind, kind): counts[kind] for kind in blocks.COUNTED})


def _inherited(cause: Cause) -> result.Inherited:
    setting = cause.setting
    return result.Inherited(
        directive=printable(setting.directive.name),
        value=printable(setting.value),
        file=printable(setting.file.name),
        line=setting.directive.line,
        locations=cause.locations,
        ca_loads=cause.loads,
        bytes=cause.total,
    )


def _zones(declared: list[Zone]) -> list[result.ZoneInfo]:
    return [
        result.ZoneInfo(
            name=printable(zone.name),
            bytes=zone.size,
            directive=zone.setting.directive.name,
            file=printable(zone.setting.file.name),
            line=zone.setting.directive.line,
        )
        for zone in sorted(declared, key=lambda zone: (-zone.size, zone.name))
    ]


_Part = tuple[str, int, int]
"""A name, a number of contexts, and the bytes of each."""


def _shares(parts: Iterable[_Part]) -> list[result.Share]:
    """The most expensive names."""
    counts: Counter[str] = Counter()
    totals: defaultdict[str, int] = defaultdict(int)
    for name, count, size in parts:
        counts[name] += count
        totals[name] += size * count
    names = sorted(totals, key=lambda name: (-totals[name], name))[:MOST_EXPENSIVE]
    return [
        result.Share(name=printable(name), ssl_contexts=counts[name], bytes=totals[name])
        for name in names
    ]


def _by_file(priced: list[memory.Priced]) -> Iterator[_Part]:
    alike = Counter(
        (context.block.inclusion.file, own + loaded) for context, own, loaded, _ in priced
    )
    for (file, size), count in alike.items():
        yield file.name, count, size


def _by_server(priced: list[memory.Priced]) -> Iterator[_Part]:
    """The contexts of servers, with the servers' names."""
    alike: Counter[tuple[Block, int]] = Counter()
    for context, own, loaded, _ in priced:
        server: Block | None = context.block
        while server is not None and server.kind not in ("server", "stream_server"):
            server = server.parent
        if server is not None:
            alike[server, own + loaded] += 1
    for (block, size), count in alike.items():
        if block.directive is not None:
            yield _server_label(block, block.directive.line), count, size


def _server_label(server: Block, line: int) -> str:
    """A name for a server."""
    names = server.own("server_name") or server.own("listen")
    place = f"{server.inclusion.file.name}:{line}"
    return f"{names[0].value} ({place})" if names else place


def _problem(problem: Problem) -> result.ProblemInfo:
    return result.ProblemInfo(
        file=printable(problem.file),
        line=problem.line,
        column=problem.column,
        message=printable(problem.message),
        nginx=None if problem.nginx is None else printable(problem.nginx),
        complete=problem.complete,
        chain=[printable(step) for step in problem.chain],
    )


def _unreadable(name: str, problem: Problem, target: Target, workers: int) -> result.ConfigReport:
    """The report on a configuration whose main file could not be read: zeros and a problem."""
    zero = result.Memory(**dict.fromkeys(result.Memory.__annotations__, 0))
    return result.ConfigReport(
        path=printable(name),
        complete=False,
        target=_target_info(target),
        workers=workers,
        blocks=_blocks(Counter()),
        locations_inheriting=0,
        inherited=[],
        ssl_contexts=0,
        ca_loads=0,
        families=_families([]),
        per_worker=result.WorkerCounts(ssl_contexts=0, ca_loads=0),
        memory=zero,
        zones=[],
        cpu_seconds=0.0,
        budget_bytes=None,
        files=[],
        servers=[],
        findings=[],
        suppressed=[],
        remedies=[],
        assumptions=[],
        guesses=[],
        problems=[_problem(problem)],
    )
