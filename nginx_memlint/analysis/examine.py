"""One configuration, from its files to the report."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from nginx_memlint import refusals, result
from nginx_memlint.acceptance.comments import Ignores
from nginx_memlint.acceptance.lowered import by_acceptance
from nginx_memlint.acceptance.paths import matches
from nginx_memlint.analysis import records
from nginx_memlint.analysis.job import Inspection, Job
from nginx_memlint.analysis.workers import count_workers
from nginx_memlint.files.bounds import STEPS_OF, WorkError, exceeded
from nginx_memlint.files.paths import PATH_MAX, encode
from nginx_memlint.memory import estimate as memory
from nginx_memlint.memory.held import GENERATIONS
from nginx_memlint.memory.parts.certificates import PEM_DIRECTIVES
from nginx_memlint.memory.parts.record import full_path
from nginx_memlint.memory.zones import undeclared, zones
from nginx_memlint.printable import printable
from nginx_memlint.problems import Problem
from nginx_memlint.refusals.data_lines import wrong_lines
from nginx_memlint.refusals.tls_values import tls_values
from nginx_memlint.refusals.without_ca import with_ocsp, without_ca
from nginx_memlint.refusals.without_key import without_key
from nginx_memlint.refusals.without_tls import without_tls
from nginx_memlint.remedies.situation import Proposal, Situation
from nginx_memlint.rules import bundle_unreadable, engine, no_shutdown_timeout
from nginx_memlint.sizes import MIB, human, plural
from nginx_memlint.sources.main_file import Entry, EntryError, open_entry, prefix_of
from nginx_memlint.sources.memory_files import MemoryFiles
from nginx_memlint.sources.source import Source
from nginx_memlint.targets.allocators_table import ALLOCATORS, DEFAULT_ALLOCATOR
from nginx_memlint.tls import contexts as tls
from nginx_memlint.tls import modules
from nginx_memlint.tls.ca_bundle import sized_bundle
from nginx_memlint.tls.families import LUA_TRUSTED
from nginx_memlint.tls.server_files import ServerFiles
from nginx_memlint.tree import expressions, foreign, nothing
from nginx_memlint.tree import missing_includes as hints
from nginx_memlint.tree.build import build
from nginx_memlint.tree.inheritance import Inheritance
from nginx_memlint.tree.outside import MAX_LISTED, files_outside
from nginx_memlint.tree.tree import Tree

if TYPE_CHECKING:
    from nginx_memlint.tree.edited import Edited

MIN_HELD = 16 * MIB
"""Bytes that a generation of held workers keeps, for that to be said."""


def examine(job: Job) -> Inspection:
    """Read, count, price and judge a configuration. Raises MemlintError and ValueError."""
    try:
        entry = open_entry(
            job.name, job.lookup, job.options.data, is_fragment=bool(job.options.context)
        )
    except EntryError as error:
        return without_entry(job, error)
    return _examine(job, entry, entry.source)


def without_entry(job: Job, error: EntryError) -> Inspection:
    """The result for a configuration whose main file could not be read."""
    return Inspection(records.uncounted(job, [error.problem]), absent=error.absent)


def _examine(job: Job, entry: Entry, source: Source) -> Inspection:
    """Inspect the configuration of an entry, with its files read from a source."""
    entry = entry._replace(source=source)

    def may_be_missing(path: str) -> bool:
        below = os.path.relpath(path, entry.directory or "/")
        allowed = job.options.allow_missing
        return any(matches(glob, name) for glob in allowed for name in (path, below))

    context = job.options.context
    parsed = job.earlier.parsed if job.earlier else {}
    edited = _edited(job, source) if job.edited else None
    tree = build(source, entry.path, context, entry.directory, parsed, may_be_missing, edited)
    told = tree.work.is_done  # then it is among the tree's problems
    try:
        checked = _Examination(job, entry, tree)
        report = checked.report(job.options.breakdown)
    except WorkError as error:
        problems = [*entry.problems, *tree.problems]
        if not told:
            problems.append(Problem(str(error), entry.name))
        report = records.uncounted(job, problems)
        return Inspection(report, count_steps=_steps(tree, report))
    steps = _steps(tree, report)
    tree.work.stop()

    again = replace(job, earlier=tree, edited=())

    def reread(source: Source) -> Inspection:
        return _examine(again, entry, source)

    return Inspection(
        report,
        checked.situation,
        count_steps=steps,
        fixes=checked.fixes,
        reread=reread,
        used_up=edited is not None,
    )


def _edited(job: Job, source: Source) -> Edited | None:
    """The earlier tree with what has changed; None if a text cannot be read."""
    from nginx_memlint.tree.edited import Edited  # noqa: PLC0415  only editors have an earlier one

    if job.earlier is None:
        return None
    try:
        return Edited(job.earlier, source, job.edited)
    except OSError:
        return None


def _steps(tree: Tree, report: result.ConfigReport) -> Callable[[], int]:
    """A function that tells the steps of work that a configuration takes of a command's bound."""
    listed = len(report.findings) + len(report.suppressed) + len(report.problems)
    worked = tree.work.steps + STEPS_OF.listed * listed
    return lambda: worked + tree.source.meter.steps()


class _Examination:
    """One configuration with everything that is derived from it for the report."""

    def __init__(self, job: Job, entry: Entry, tree: Tree) -> None:
        self.name = job.name
        self.prefix = prefix_of(job.lookup)
        self.entry = entry
        self.tree = tree
        self.is_fragment = bool(job.options.context)
        self.unit_cost = job.options.unit_cost
        self.policy = job.policy
        self.fixes: list[Proposal] = []
        stated = {path: sized_bundle(*size) for path, size in job.options.bundles.items()}
        target = job.target
        self.server_files = ServerFiles(tree, target.host, target.bundle)
        self.server_files.compare(tree.files)
        self.bundles = memory.Bundles(
            tree, target.costs, job.options.unit_cost, stated, server=self.server_files
        )
        declared, self.zone_problems = zones(tree)
        workers, assumption = count_workers(tree, job.options.workers or target.host.processors)
        self.assumptions = [assumption] if assumption else []
        limits = job.policy.limits
        self.lua_heap = job.options.lua_heap
        connections = job.options.connections
        self.situation = Situation(
            tree, target, workers, self.bundles, declared, limits, self.lua_heap, connections
        )
        if not job.policy.comments:
            self.situation.ignores = Ignores(tree, used=False)

    def report(self, breakdown: bool) -> result.ConfigReport:
        situation = self.situation
        inheriting = self.locations_by_setting()
        locations = sum(inheriting.values())
        memory_info = records.memory_info(situation, locations)
        problems = [
            *self.policy.problems,
            *self.entry.problems,
            *hints.explained(self.tree),
            *self.zone_problems,
            *refusals.of_files(self.tree, self.situation.target),
            *expressions.problems(self.tree),
            *modules.problems(self.tree, self.situation.target, self.prefix),
            *modules.without_module(self.tree, self.situation.target),
            *modules.of_separate_modules(self.tree, self.situation.target),
            *self.unused_dump_files(),
            *self.bundles_beyond_a_bound(),
            *self.files_beyond_a_bound(),
            *self.rejected_certificates(),
        ]
        loaded = {loads.setting.key for loads in situation.loads_by_setting}
        problems = foreign.recognised(self.tree, problems, loaded)
        if all(problem.complete for problem in problems):
            problems += self.lacking(problems)
        problems = self.bounded(problems)
        complete = all(problem.complete for problem in problems)
        outcome = engine.run(situation, self.policy, complete=complete)
        if unlisted := self.unlisted(outcome):
            problems += unlisted
            complete = False
        self.fixes = outcome.fixes
        guesses = self.guesses(outcome)
        self.assume(outcome, guesses)
        outside = files_outside(self.tree, [*self.bundles.read, *self.situation.files.read])
        return result.ConfigReport(
            path=printable(self.name),
            main_file=printable(self.entry.name),
            complete=complete,
            target=records.target_info(situation.target),
            workers=situation.workers.count,
            workers_assumed=not situation.workers.certain,
            blocks=records.block_counts(self.tree.kinds),
            locations_inheriting=locations,
            inherited=[
                records.inherited(loads, inheriting[loads.setting.key])
                for loads in situation.loads_by_setting
            ],
            ssl_contexts=situation.ssl_contexts,
            ca_loads=situation.ca_loads,
            families=records.families(situation.groups),
            per_worker=result.WorkerCounts(
                ssl_contexts=situation.per_worker.contexts,
                ca_loads=len(situation.per_worker.bundles),
            ),
            memory=memory_info,
            zones=records.zone_infos(situation.zones),
            cpu_seconds=round(situation.cpu_seconds, 3),
            budget_bytes=self.policy.limits.max_memory,
            files=records.shares_by_file(situation),
            servers=records.shares_by_server(situation),
            findings=outcome.findings,
            suppressed=outcome.suppressed,
            lowered=[*self.policy.lowered, *by_acceptance(outcome.suppressed)],
            remedies=engine.remedies(situation, outcome.proposals),
            assumptions=[printable(text) for text in self.assumptions],
            guesses=guesses,
            problems=[records.problem_info(problem) for problem in problems],
            not_priced=records.not_priced_infos(self.tree, self.lua_heap),
            outside=[printable(name) for name in outside[:MAX_LISTED]],
            outside_total=len(outside),
            from_dump=self.entry.source.is_partial,
            breakdown=self.breakdown() if breakdown else None,
        )

    def lacking(self, told: list[Problem]) -> list[Problem]:
        """Problems of what is absent or too many, once all that is there was read.

        Of a fragment, what it lacks may stand around it.
        """
        tree, target, groups = self.tree, self.situation.target, self.situation.groups
        problems = [*wrong_lines(tree, target), *tls_values(tree, groups, target)]
        if not self.is_fragment:
            problems += refusals.of_whole(tree, target)
            problems += undeclared(tree)
            problems += nothing.problems(tree, told)
            problems += without_key(tree, groups, target)
            problems += without_tls(tree, groups)
            problems += without_ca(groups, target)
            problems += with_ocsp(groups, target)
        return problems

    def rejected_certificates(self) -> Iterator[Problem]:
        """Problems of files that a context loads, and in which is no certificate or list."""
        rejected = dict(self.situation.files.rejected)
        names = [name for name in PEM_DIRECTIVES if name in self.tree.index_names()]
        for block in self.tree.having(names) if rejected else ():
            for setting in block.in_order(names):
                path = full_path(setting.value, self.tree)
                if why := rejected.pop(path, ""):
                    message = f"{setting.value} {why}: nginx rejects it"
                    yield Problem.at(setting.inclusion, setting.directive, message)

    def breakdown(self) -> list[result.Node]:
        from nginx_memlint.memory.cost_tree import by_block  # noqa: PLC0415  few formats show it

        situation = self.situation
        return by_block(self.name, self.tree, situation.priced, situation.target.costs)

    def bounded(self, problems: list[Problem]) -> list[Problem]:
        """The problems up to the bound, and one that says how many more there are."""
        most = self.tree.source.bounds.problems
        rest = problems[most:]
        if not (count := len(rest) + self.tree.unlisted):
            return problems
        what = f"{count:,} more problems are not listed"
        complete = not self.tree.unlisted and all(problem.complete for problem in rest)
        more = Problem(exceeded(what, "problems"), self.entry.name, complete=complete)
        return [*problems[:most], more]

    def unlisted(self, outcome: engine.Outcome) -> list[Problem]:
        """Problems that say how many findings, or comments, are beyond their bound."""
        said = []
        if outcome.unlisted:
            said.append(f"{outcome.unlisted:,} more findings are not listed")
        if not self.situation.ignores.all_read:
            most = self.tree.source.bounds.findings
            said.append(f"comments name more than {most:,} codes: the others are not read")
        return [Problem(exceeded(what, "findings"), self.entry.name) for what in said]

    def locations_by_setting(self) -> Counter[tuple[str, int]]:
        """The number of locations that inherit a CA bundle for Lua, by Setting.key."""
        counts: Counter[tuple[str, int]] = Counter()
        seen = Inheritance(self.tree, [LUA_TRUSTED], lambda block: block.effective(LUA_TRUSTED))
        locations = self.tree.of_kinds(frozenset({"location"}))
        for block, setting in zip(locations, seen.each(locations), strict=True):
            # the location in which it stands does not inherit it
            if setting is not None and setting.value and setting.block is not block:
                counts[setting.key] += 1
        return counts

    def unused_dump_files(self) -> list[Problem]:
        """Problems of files in a dump that nginx would not have read there.

        No include leads to them, or one that comes before. Then the dump was not understood: where
        they begin there is a comment of another file.
        """
        source = self.entry.source
        if not isinstance(source, MemoryFiles) or self.tree.problems:
            return []
        strange = [
            Problem("is in the dump, but no include leads to it", path)
            for path in sorted(source.files.keys() - self.tree.files.keys(), key=encode)
        ]
        written = [path for path in source.files if path in self.tree.files]
        for path, first in zip(written, self.tree.files, strict=False):
            if path != first:
                message = f"comes before {first} in the dump, though nginx reads it later"
                strange.append(Problem(message, path))
                break
        return strange

    def bundles_beyond_a_bound(self) -> Iterator[Problem]:
        """Problems of bundles that are there and not read: a guess would be far too low."""
        if self.unit_cost is not None:
            return
        left = dict(self.bundles.beyond)
        for cause in self.situation.causes:
            if why := left.pop(cause.path, None):
                setting = cause.setting
                message = f"{setting.name}: {cause.path} is not read: {why}"
                yield Problem.at(setting.inclusion, setting.directive, message)

    def files_beyond_a_bound(self) -> Iterator[Problem]:
        """Problems of certificates and revocation lists that are there, but too much to read."""
        for path, why in self.situation.files.beyond.items():
            yield Problem(f"is not read: {why}", path)

    def guesses(self, outcome: engine.Outcome) -> list[str]:
        """Sentences about sizes guessed for unreadable files, where no finding tells of them."""
        guesses = []
        if failed := self.situation.files.failures:
            guesses.append(
                f"{plural(len(failed), 'file')} of certificates could not be read: taken for one "
                "certificate each, with a key of RSA 2048, and for four at the most"
            )
        if failed := self.situation.files.unread_lists:
            guesses.append(
                f"{plural(len(failed), 'revocation list')} could not be read: taken for empty, "
                "though an entry takes about 208 bytes in each context"
            )
        for paths, meaning in (
            (self.tree.stand_ins.stock, "taken as nginx, Debian or certbot ship it"),
            (self.tree.stand_ins.empty, "taken for empty, as allow-missing says"),
        ):
            if paths:
                first, *others = [printable(path[:PATH_MAX]) for path in paths]
                more = f" and {len(others):,} more are" if others else " is"
                guesses.append(f"{first}{more} not here: {meaning}")
        if failed := self.situation.files.unread:
            guesses.append(
                f"{plural(len(failed), 'file')} of scripts, rules, passwords or networks could not "
                f"be read, {printable(min(failed)[:PATH_MAX])} the first: taken for empty, and one "
                "of ModSecurity's rules for the Core Rule Set"
            )
        if self.unit_cost is not None:
            return guesses
        loaded = bundle_unreadable.unreadable(self.situation)
        shown = engine.shown(outcome, bundle_unreadable.CODE)
        said = {
            path
            for path, [first, *_] in loaded.items()
            if engine.place_of(first.setting, self.situation) in shown
        }
        return guesses + [
            f"{human(self.bundles.load_bytes(first.setting))} for a load of {printable(path)}, "
            f"which could not be read ({self.bundles.failures[path]}); state it with --unit-cost"
            for path, [first, *_] in loaded.items()
            if path not in said
        ]

    def stated_bundles(self) -> Iterator[str]:
        """Sentences about bundles whose size is stated, and what is in their place, if more."""
        costs = self.situation.target.costs
        actual = memory.Bundles(self.tree, costs)
        settings = {cause.path: cause.setting for cause in self.situation.causes}
        for path, setting in settings.items():
            if (stated := self.bundles.stated(path)) is None:
                continue
            said = f"{setting.value}: {plural(stated.certificates, 'certificate')}, as given"
            read = actual.bundle(path) or stated
            if memory.unit_bytes(read, costs) > memory.unit_bytes(stated, costs):
                said += f"; the file that is there has {read.certificates:,} and takes more"
            yield said

    def assume(self, outcome: engine.Outcome, guesses: list[str]) -> None:
        """Add to the assumptions what the figures take for granted."""
        target = self.situation.target
        modules = [family.module for family in tls.present_families(self.tree, target)]
        for key in dict.fromkeys(module.version for module in modules if module):
            if key not in target.ships | target.unknown:
                version = target.texts[key]
                component = key.replace("_", "-")
                self.assumptions.append(
                    f"{component} {version}: the target ships none; "
                    f"state yours with --set {component}=VERSION"
                )
        if self.unit_cost is not None:
            self.assumptions.append(f"{human(self.unit_cost)} for a CA load, as given")
        self.assumptions += self.stated_bundles()
        self.assumptions += self.server_files.said()
        self.assumptions += guesses
        if self.lua_heap is not None:
            self.assumptions.append(f"{human(self.lua_heap)} for Lua's heap, as given")
        self.assumptions.append(f"costs measured on {target.costs.measured}")
        if target.allocator != DEFAULT_ALLOCATOR:
            measured = ALLOCATORS[target.allocator].measured
            self.assumptions.append(f"reloads with {target.allocator} measured on {measured}")
        has_timeout = self.tree.main.settings("worker_shutdown_timeout")
        said = any(finding.rule == no_shutdown_timeout.CODE for finding in outcome.findings)
        held = self.situation.held
        if held.kept_per_generation >= MIN_HELD and not has_timeout and not said:
            self.assumptions.append(
                "old workers exit soon after a reload: each generation that open connections hold "
                f"adds {human(held.kept_per_generation)}, and {human(held.release_peak)} are taken "
                f"when {GENERATIONS} of them let go at once; worker_shutdown_timeout bounds that"
            )
        filling = f", and zones fill to {human(self.situation.zones_bytes)}"
        traffic = "without traffic: buffers, sessions and what else connections take come on top"
        if count := self.situation.connections:
            size = self.situation.amount.traffic // count
            traffic = (
                f"{count:,} connections of {size:,} bytes each, as measured on nginx 1.22.1: what "
                "full proxy_buffers, large requests and the kernel's buffers take comes on top"
            )
        self.assumptions.append(traffic + (filling if self.situation.zones else ""))
