"""Compare an estimate with what ``nginx -t`` of this very configuration takes.

``nginx -t`` builds the configuration as a start does, in one process, and ends. Its peak memory
is read as ``ru_maxrss``; that of the same nginx on an empty configuration with the same modules
is subtracted. What is left is one configuration: a start's memory without nginx itself and without
what each worker adds (nginx -t has none). Workers and reloads are seen if they are asked for: nginx
is run for real then (reloads.py).

The peak is in resident pages, the estimate in the growth of anonymous ones. On Debian 12 they
differ by what is the same for every configuration: up to 1.5 MB, which are the pages of OpenSSL's
own code and data that an empty configuration does not touch. That is why differences below SLACK
do not count.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Inspection, Job
from nginx_memlint.errors import MemlintError
from nginx_memlint.files.bounds import DEFAULT_BOUNDS
from nginx_memlint.files.reading import read_file
from nginx_memlint.files.writing import write_own
from nginx_memlint.live import SLACK, TOLERANCE
from nginx_memlint.live.available import (
    RESERVE,
    available_memory,
    guard,
    require_linux,
    require_memory,
)
from nginx_memlint.live.binary import (
    describe,
    find_nginx,
    load_lines,
)
from nginx_memlint.live.consent import Foreign, described, foreign_code
from nginx_memlint.live.counts import Counter, Counts
from nginx_memlint.live.host import processors
from nginx_memlint.live.installed import installed, loaded_modules
from nginx_memlint.live.limit import Limit, limit_of
from nginx_memlint.live.process import run, within
from nginx_memlint.live.reloads import ReloadComparison, run_through
from nginx_memlint.live.site import TEST_TIMEOUT, temporary_directory
from nginx_memlint.options.record import Options
from nginx_memlint.printable import printable
from nginx_memlint.result import ConfigReport, Model, ProblemInfo
from nginx_memlint.sizes import MIB, human, plural
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.main_file import EntryError, Lookup, open_entry
from nginx_memlint.targets.banner import Nginx
from nginx_memlint.targets.versions import parse_version
from nginx_memlint.tls.ca_bundle import read_bundle
from nginx_memlint.tls.families import CACHED
from nginx_memlint.tree.build import build
from nginx_memlint.tree.tree import Tree

BASE_BYTES = 32 * MIB
"""Bytes of nginx's own base and its modules, to tell how much memory is needed."""

CPU_FACTOR = 20
"""nginx is killed after this many times the predicted CPU time, and TEST_TIMEOUT more."""


@dataclass(frozen=True, kw_only=True)
class Figures(Model):
    """The figures of one configuration; null where there is none."""

    memory_bytes: int
    """Memory of one configuration, without nginx's own base."""
    cpu_seconds: float
    ssl_contexts: int | None
    ca_loads: int | None


@dataclass(frozen=True, kw_only=True)
class Verification(Model):
    """An estimate beside a measurement."""

    schema_version: Literal[1] = 1
    path: str
    nginx: str
    """The path of the nginx binary."""
    target: str
    tolerance: float
    slack_bytes: int
    """Differences in memory below this many bytes do not count."""
    predicted: Figures
    measured: Figures | None
    """Null if nginx was not run, or rejected the configuration."""
    seconds: float | None
    """Wall-clock time of ``nginx -t``."""
    ratio: float | None
    """Measured memory divided by predicted memory; null if nothing was predicted."""
    agrees: bool | None
    """Whether measurement and estimate agree; null if there is nothing to compare."""
    limit: str
    """How the memory of ``nginx -t`` was limited, in words; empty if nginx was not run."""
    not_counted: str
    """The reason why contexts and loads were not compared; empty if they were."""
    message: str
    """nginx's messages about a configuration that it rejects."""
    reloads: ReloadComparison | None = None
    """A real start and reloads beside the estimate, if they were asked for."""
    problems: list[ProblemInfo]
    """Problems that kept the configuration from being read in full."""


Consent = Callable[[list[Foreign]], bool]
"""A function that is asked whether nginx may run code that is not the system's own."""

Announce = Callable[[str, int, float, int], None]
"""A function that is told what will be run, the bytes and CPU seconds that it will take, and the
bytes available."""


def verify(
    path: str | os.PathLike[str],
    options: Options = Options(),
    *,
    nginx: str | None = None,
    tolerance: float = TOLERANCE,
    force: bool = False,
    timeout: float | None = None,
    reloads: int = 0,
    consent: Consent = lambda _foreign: False,
    announce: Announce = lambda _what, _memory, _cpu, _available: None,
) -> Verification:
    """Estimate a configuration, then test it with the real nginx and compare.

    The estimate is for the target of the options; if they name none, for the nginx here. ``force``
    runs it even if memory is short. ``timeout`` is seconds for all programs together. With
    ``reloads``, nginx is then started for real, apart from this machine, and reloaded. Code that is
    not the system's own is run only if ``consent`` agrees. Raises MemlintError.
    """
    require_linux()
    if reloads and os.geteuid() != 0:
        raise MemlintError("--reloads needs root, to run nginx apart from this machine: use sudo")
    server = describe(find_nginx(nginx))
    name = os.fspath(path)
    prefix = options.prefix
    tree = _read(name, prefix)
    if (
        tree is not None
        and (foreign := foreign_code(server, tree, prefix, started=reloads > 0))
        and not consent(foreign)
    ):
        raise MemlintError(
            "nginx would run what is not the system's own:\n"
            + "\n".join(described(foreign))
            + "\nnothing was run; --yes allows it, for a configuration that you trust"
        )
    with within(timeout), temporary_directory() as directory:
        if options.target is None:
            target = installed(server, loaded_modules(server, tree, prefix), directory)
            options = replace(options, target=target)
        if options.workers is None and reloads:
            options = replace(options, workers=processors())
        inspection = examine(Job(name, replace(options, dump=False)))
        report = inspection.report
        predicted = _predicted(inspection)
        unmeasured = Verification(
            path=printable(name),
            nginx=printable(server.path),
            target=report.target.name,
            tolerance=tolerance,
            slack_bytes=SLACK,
            predicted=predicted,
            measured=None,
            seconds=None,
            ratio=None,
            agrees=None,
            limit="",
            not_counted="nginx was not run",
            message="",
            problems=report.problems,
        )
        if not report.complete or tree is None:
            return unmeasured
        needed = predicted.memory_bytes + BASE_BYTES
        announce("nginx -t", needed, predicted.cpu_seconds, available_memory())
        if not force:
            require_memory(needed, "this nginx -t", "; --force runs it all the same")
        with _limit(needed, report) as limit:
            unmeasured = replace(unmeasured, limit=limit.said)
            result = _measure(
                unmeasured, server, tree, report, prefix, directory, limit, force=force
            )
        if not reloads or result.measured is None:
            return result
        total = report.memory.high or report.memory.total
        cpu = (1 + reloads) * predicted.cpu_seconds
        most = total.reload_peak_worst_bytes
        announce(f"a start and {plural(reloads, 'reload')}", most, cpu, available_memory())
        if not force:
            require_memory(most, "reloading it", "; --force runs it all the same")
        with _limit(most, report) as limit:
            through = run_through(
                server,
                tree,
                prefix,
                reloads=reloads,
                report=report,
                tolerance=tolerance,
                timeout=TEST_TIMEOUT + CPU_FACTOR * predicted.cpu_seconds,
                directory=directory,
                limit=limit,
            )
        return replace(result, reloads=through, agrees=bool(result.agrees) and through.agree)


def _limit(needed: int, report: ConfigReport) -> AbstractContextManager[Limit]:
    return limit_of(max(needed, available_memory() - RESERVE), report.memory.zones_bytes)


def _read(name: str, prefix: str | None) -> Tree | None:
    """The tree of the configuration; None without a main file, which check() reports."""
    if name == "-":
        raise MemlintError("nginx -t reads files, not standard input: name the nginx.conf")
    try:
        entry = open_entry(name, Lookup(prefix, dump=False))
        assert isinstance(entry.source, FileSystem), "only a dump is not"
        return build(entry.source, entry.path, (), entry.directory)
    except (EntryError, OSError):
        return None


def _predicted(inspection: Inspection) -> Figures:
    report, situation = inspection.report, inspection.situation
    return Figures(
        memory_bytes=0 if situation is None else situation.test_bytes,
        cpu_seconds=report.cpu_seconds,
        ssl_contexts=report.ssl_contexts,
        ca_loads=report.ca_loads,
    )


def _measure(
    unmeasured: Verification,
    server: Nginx,
    tree: Tree,
    report: ConfigReport,
    prefix: str | None,
    directory: Path,
    limit: Limit,
    *,
    force: bool,
) -> Verification:
    main = tree.main.inclusion.file.path
    counter = Counter(server, directory)
    place = [] if prefix is None else ["-p", os.path.abspath(prefix)]
    base = _base(server, tree, prefix, directory, counter.environment, limit)
    ended = run(
        [server.path, "-t", *place, "-c", main],
        TEST_TIMEOUT + CPU_FACTOR * unmeasured.predicted.cpu_seconds,
        counter.environment,
        None if force else guard("nginx -t"),
        limit.apply,
    )
    if limit.stopped(ended):
        raise MemlintError(
            f"nginx -t was stopped at its limit, as it takes more than the "
            f"{human(limit.bytes)} that this machine can spare ({limit.said})"
        )
    if ended.code != 0:
        message = ended.output.strip() or f"nginx -t ended with {ended.code}"
        if ended.code < 0:
            message = f"nginx -t was killed by signal {-ended.code}\n{message}"
        return replace(unmeasured, message=_lines(message))
    counts = counter.counts()
    reason = counter.reason
    loads: int | None = None
    if counts is not None:
        loads = counts.loads
        if parse_version(server.version) >= CACHED:
            loads = _cached_loads(counts, report, main)
            if loads is None:
                reason = "CA loads: nginx adds the certificates of its cache, not files"
    measured = Figures(
        memory_bytes=max(0, ended.peak_rss - base),
        cpu_seconds=round(ended.cpu_seconds, 3),
        ssl_contexts=None if counts is None else counts.contexts,
        ca_loads=loads,
    )
    predicted = unmeasured.predicted
    ratio = measured.memory_bytes / predicted.memory_bytes if predicted.memory_bytes else None
    return replace(
        unmeasured,
        measured=measured,
        seconds=round(ended.seconds, 3),
        ratio=None if ratio is None else round(ratio, 3),
        agrees=agrees(predicted, measured, unmeasured.tolerance),
        not_counted=reason,
    )


def agrees(predicted: Figures, measured: Figures, tolerance: float) -> bool:
    """Whether memory is within the tolerance and counts are equal; CPU is not compared."""
    difference = abs(measured.memory_bytes - predicted.memory_bytes)
    return (
        difference <= max(SLACK, tolerance * predicted.memory_bytes)
        and measured.ssl_contexts in (None, predicted.ssl_contexts)
        and measured.ca_loads in (None, predicted.ca_loads)
    )


def _cached_loads(counts: Counts, report: ConfigReport, main: str) -> int | None:
    """The number of loads where nginx adds cached certificates to stores; None if unknown.

    It is known only if the certificates added are just those of the loads predicted.
    """
    expected = 0
    for inherited in report.inherited:
        path = os.path.join(os.path.dirname(main), inherited.value)
        try:
            bundle = read_bundle(read_file(path, DEFAULT_BOUNDS.file_bytes))
        except OSError:
            return None
        if bundle is None:
            return None
        expected += inherited.ca_loads * bundle.certificates
    if counts.added == expected:
        return report.ca_loads
    return None


def _base(
    server: Nginx,
    tree: Tree,
    prefix: str | None,
    directory: Path,
    environment: Mapping[str, str],
    limit: Limit,
) -> int:
    """Peak bytes of ``nginx -t`` on an empty configuration with the same modules."""
    blocks = "".join(
        f"{name} {{ }}\n" for name in ("http", "stream", "mail") if any(tree.blocks(name))
    )
    conf = directory / "empty.conf"
    text = (
        f"{load_lines(loaded_modules(server, tree, prefix))}pid {directory}/empty.pid;\n"
        f"error_log stderr;\nevents {{ }}\n{blocks}"
    )
    write_own(conf, text.encode())
    ended = run(
        [server.path, "-t", "-p", str(directory), "-c", str(conf)],
        TEST_TIMEOUT,
        environment,
        prepare=limit.apply,
    )
    if ended.code != 0:
        raise MemlintError(
            f"{server.path} does not accept an empty configuration: {ended.output.strip()}"
        )
    return ended.peak_rss


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines())
