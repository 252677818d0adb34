"""The report's records of one configuration, made of what was read, counted and priced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar, get_type_hints

from nginx_memlint import result
from nginx_memlint.analysis.job import Job
from nginx_memlint.memory import estimate as memory
from nginx_memlint.memory.guesses import ASSUMED_WORKERS
from nginx_memlint.memory.held import HeldMemory
from nginx_memlint.memory.laws import Total, reasons
from nginx_memlint.memory.not_priced import not_priced
from nginx_memlint.memory.zones import Zone
from nginx_memlint.printable import printable
from nginx_memlint.problems import Problem
from nginx_memlint.remedies.situation import SettingLoads, Situation
from nginx_memlint.sizes import MIB
from nginx_memlint.syntax.directives import Directive
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls import contexts as tls
from nginx_memlint.tls.families import FAMILIES
from nginx_memlint.tree import blocks
from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.tree import Tree

MOST_EXPENSIVE = 5


def families(groups: list[tls.Group]) -> dict[str, result.FamilyCounts]:
    """The contexts and CA loads of each family of directives, by its name."""
    contexts: Counter[str] = Counter()
    loads: Counter[str] = Counter()
    for group in groups:
        contexts[group.family] += len(group.blocks)
        loads[group.family] += len(group.blocks) * len(group.loads.bundles)
    return {
        family.name: result.FamilyCounts(
            ssl_contexts=contexts[family.name], ca_loads=loads[family.name]
        )
        for family in FAMILIES
    }


def target_info(target: Target) -> result.TargetInfo:
    """The versions that a target stands for, and which of them are stated or assumed."""
    return result.TargetInfo(
        name=target.name,
        nginx=target.texts["nginx"],
        lua=target.texts["lua"],
        openssl=target.texts["openssl"],
        libc=target.platform.libc,
        allocator=target.allocator,
        stated=target.stated,
        hint=target.hint,
        borrowed=printable(target.borrowed),
        assumed=list(target.assumed),
    )


_FIELDS = {"if": "if_"}
"""Kind of block → field of result.Blocks, where Python needs another name."""


def block_counts(counts: Counter[str]) -> result.Blocks:
    """The numbers of blocks by kind."""
    return result.Blocks(**{_FIELDS.get(kind, kind): counts[kind] for kind in blocks.COUNTED})


def inherited(loads: SettingLoads, locations: int) -> result.Inherited:
    """How much memory one CA setting takes in all contexts that inherit it."""
    setting = loads.setting
    return result.Inherited(
        directive=printable(setting.directive.name),
        value=printable(setting.value),
        file=printable(setting.file.name),
        line=setting.directive.line,
        locations=locations,
        ca_loads=loads.loads,
        bytes=loads.total,
    )


def zone_infos(declared: list[Zone]) -> list[result.ZoneInfo]:
    """The shared memory zones that are declared, largest first."""
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


def memory_total(total: Total) -> result.MemoryTotal:
    """The totals of master and workers, in bytes."""
    return result.MemoryTotal(**{f"{name}_bytes": size for name, size in total._asdict().items()})


def memory_held(held: HeldMemory) -> result.MemoryHeld:
    """The bytes of held workers."""
    return result.MemoryHeld(
        kept_bytes_per_generation=held.kept_per_generation, release_peak_bytes=held.release_peak
    )


def memory_info(situation: Situation, locations: int) -> result.Memory:
    """The memory by phase and by part, in bytes; ``locations`` are those that load for Lua."""
    contexts, ends = situation.estimate, situation.range
    return result.Memory(
        total=memory_total(situation.total),
        low=None if ends is None else memory_total(ends.low),
        high=None if ends is None else memory_total(ends.high),
        guessed=[] if ends is None else [printable(text) for text in ends.guessed],
        limit_reasons=[
            result.LimitReason(why=why, bytes=size)
            for why, size in reasons(situation.amount, situation.total)
        ],
        held=memory_held(situation.held),
        parts=memory_parts(situation),
        unit_bytes=contexts.unit,
        blocks_bytes=contexts.blocks,
        contexts_bytes=contexts.contexts,
        loads_bytes=contexts.loads,
        worker_bytes=contexts.worker,
        start_bytes=contexts.start,
        after_reload_bytes=contexts.after_reload,
        after_reload_worst_bytes=contexts.after_reload_worst,
        reload_peak_bytes=contexts.reload_peak,
        reload_peak_worst_bytes=contexts.reload_peak_worst,
        zones_bytes=contexts.zones,
        worst_total_bytes=contexts.worst_total,
        rule_of_thumb_bytes=locations * MIB,
    )


def memory_parts(situation: Situation) -> list[result.MemoryPart]:
    """The parts as results, what takes most at the worst peak first."""
    return [
        result.MemoryPart(
            name=part.name,
            pool_bytes=part.amount.base
            + part.amount.helper
            + part.amount.pool
            + part.amount.traffic,
            heap_bytes=part.amount.in_heap,
            worker_bytes=part.amount.worker,
            zone_resident_bytes=part.amount.zone_resident + part.amount.zone_renewed,
            zone_reserved_bytes=part.amount.zone_reserved,
            count=part.number,
            start_bytes=total.start,
            peak_bytes=total.reload_peak_worst,
            file=None if place is None else printable(place.inclusion.file.name),
            line=None if place is None or place.directive is None else place.directive.line,
        )
        for part, total in situation.shares
        for place in (part.at,)
    ]


def not_priced_infos(tree: Tree, lua_heap: int | None) -> list[result.NotPricedInfo]:
    """Settings whose memory is not in the figures; Lua's heap is, once it is given."""
    return [
        result.NotPricedInfo(
            what=item.what,
            name=printable(item.name),
            file=printable(item.setting.file.name),
            line=item.setting.directive.line,
        )
        for item in not_priced(tree, lua_heap_is_known=lua_heap is not None)
    ]


_T = TypeVar("_T")
_TOTAL = attrgetter("total")


def _shares(parts: dict[_T, tuple[int, int]], label: Callable[[_T], str]) -> list[result.Share]:
    """The places that take most memory, most first; equal ones in file order."""
    most = sorted(parts.items(), key=lambda part: -part[1][1])[:MOST_EXPENSIVE]
    return [
        result.Share(name=printable(label(place)), ssl_contexts=count, bytes=size)
        for place, (count, size) in most
    ]


def shares_by_file(situation: Situation) -> list[result.Share]:
    """The files whose blocks' contexts take most memory, most first."""
    return _shares(
        memory.by_place(situation.priced, attrgetter("inclusion.file"), _TOTAL), attrgetter("name")
    )


def shares_by_server(situation: Situation) -> list[result.Share]:
    """The servers whose contexts take most memory; places that include a server count as one."""
    first: dict[Directive, Block] = {}
    totals: dict[Block, tuple[int, int]] = {}
    around = memory.by_place(situation.priced, situation.tree.servers.of, _TOTAL)
    for server, (count, size) in around.items():
        if server is not None and server.directive is not None:
            block = first.setdefault(server.directive, server)
            before = totals.get(block, (0, 0))
            totals[block] = before[0] + count, before[1] + size
    return _shares(totals, _server_label)


def _server_label(server: Block) -> str:
    """The name of a server for people, with its file and line."""
    names = server.titles()
    line = server.directive.line if server.directive is not None else 1
    place = f"{server.inclusion.file.name}:{line}"
    return f"{names[0].value} ({place})" if names else place


def problem_info(problem: Problem) -> result.ProblemInfo:
    """A problem, printable."""
    return result.ProblemInfo(
        file=printable(problem.file),
        line=problem.line,
        column=problem.column,
        message=printable(problem.message),
        nginx=None if problem.nginx is None else printable(problem.nginx),
        complete=problem.complete,
        chain=[printable(step) for step in problem.chain],
    )


def uncounted(job: Job, problems: list[Problem]) -> result.ConfigReport:
    """The report on a configuration that could not be counted: zeros, and the problems."""
    kinds = get_type_hints(result.Memory)
    sizes: dict[str, Any] = {name: 0 for name, kind in kinds.items() if kind is int}
    zero = result.Memory(
        total=memory_total(Total()),
        limit_reasons=[],
        held=memory_held(HeldMemory(0, 0)),
        parts=[],
        **sizes,
    )
    return result.ConfigReport(
        path=printable(job.name),
        main_file=printable(job.name),
        complete=False,
        target=target_info(job.target),
        workers=job.options.workers or ASSUMED_WORKERS,
        blocks=block_counts(Counter()),
        locations_inheriting=0,
        inherited=[],
        ssl_contexts=0,
        ca_loads=0,
        families=families([]),
        per_worker=result.WorkerCounts(ssl_contexts=0, ca_loads=0),
        memory=zero,
        zones=[],
        cpu_seconds=0.0,
        budget_bytes=None,
        files=[],
        servers=[],
        findings=[],
        suppressed=[],
        lowered=list(job.policy.lowered),
        remedies=[],
        assumptions=[],
        guesses=[],
        problems=[problem_info(problem) for problem in (*job.policy.problems, *problems)],
    )
