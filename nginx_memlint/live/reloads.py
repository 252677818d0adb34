"""Run a configuration for real, apart from this machine, and reload it as it is.

nginx is started in the foreground as root starts it: its modules, its user, its Lua code run. What
it would write, and where it would listen or connect, is kept inside (see namespaces.py). What is
compared with the estimate is anonymous and shared memory of master and workers, as in
memory.total of a report.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nginx_memlint.errors import MemlintError
from nginx_memlint.live import SLACK
from nginx_memlint.live.limit import Limit
from nginx_memlint.live.namespaces import apart
from nginx_memlint.live.peaks import PeakMeter
from nginx_memlint.live.process import Server
from nginx_memlint.result import ConfigReport, Model
from nginx_memlint.sizes import human
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.banner import Nginx
from nginx_memlint.tree.tree import Tree

WRITTEN = ("access_log", "error_log", "pid", "lock_file")
"""Directives whose file is removed from what nginx sees: to append to it would copy it."""

BUILT_IN = ("error-log-path", "http-log-path", "pid-path", "lock-path")
"""Options of configure that name such files where the configuration does not."""

_NAME = re.compile(r"(?:://|^|=)([A-Za-z0-9_][A-Za-z0-9_.-]*)(?=[:/]|$)")
"""A word that may be the name of a host: one more in a file of hosts does no harm."""


@dataclass(frozen=True, kw_only=True)
class ComparedPhase(Model):
    """The memory of the whole service in one phase, in bytes."""

    name: str
    """``start``, ``first reload peak``, ``kept after it``, ``worst reload peak`` or
    ``kept at worst``."""
    predicted_bytes: int
    measured_bytes: int
    agrees: bool
    """A start is within the tolerance; what has a worst is not above the estimate."""


@dataclass(frozen=True, kw_only=True)
class ReloadComparison(Model):
    """A real start and reloads beside the estimate."""

    reloads: int
    workers: int
    phases: list[ComparedPhase]
    peaks: str
    """How peaks were measured, in words."""

    @property
    def agree(self) -> bool:
        """Whether all phases agree."""
        return all(phase.agrees for phase in self.phases)


def run_through(
    server: Nginx,
    tree: Tree,
    prefix: str | None,
    *,
    reloads: int,
    report: ConfigReport,
    tolerance: float,
    timeout: float,
    directory: Path,
    limit: Limit,
) -> ReloadComparison:
    """Start nginx with a configuration, reload it, and compare each phase with its report.

    ``timeout`` is the seconds of a start. Raises MemlintError if nginx does not come up, or is
    killed at the limit.
    """
    arguments = [server.path, "-c", tree.main.inclusion.file.path, *_foreground(tree)]
    base = os.path.abspath(prefix or server.prefix)
    if prefix is not None:
        arguments += ["-p", base]
    command = apart(arguments, directory, sorted(_removed(server, tree, base)), _hosts(tree))
    running = Server(command, report.workers, timeout=timeout, prepare=limit.apply)
    try:
        with running:
            meter = PeakMeter(running, limit)
            done = [meter.reload() for _ in range(reloads)]
    except MemlintError as error:
        if limit.killed():
            raise MemlintError(
                f"nginx was killed while reloading, as it takes more than the "
                f"{human(limit.bytes)} that this machine can spare ({limit.said})"
            ) from None
        raise MemlintError(f"nginx, started apart from this machine: {error}") from None
    total = report.memory.total
    measured = (
        ("start", total.start_bytes, meter.start),
        ("first reload peak", total.reload_peak_bytes, done[0].peak),
        ("kept after it", total.after_reload_bytes, done[0].after),
        ("worst reload peak", total.reload_peak_worst_bytes, max(one.peak for one in done)),
        ("kept at worst", total.after_reload_worst_bytes, max(one.after for one in done)),
    )
    return ReloadComparison(
        reloads=reloads,
        workers=report.workers,
        phases=[
            ComparedPhase(
                name=name,
                predicted_bytes=expected,
                measured_bytes=seen,
                agrees=_agrees(expected, seen, tolerance, both=name == "start"),
            )
            for name, expected, seen in measured
        ],
        peaks=meter.said,
    )


def _agrees(predicted: int, measured: int, tolerance: float, *, both: bool) -> bool:
    above = measured - predicted
    return above <= SLACK and (not both or -above <= max(SLACK, tolerance * predicted))


def _foreground(tree: Tree) -> list[str]:
    """Arguments that keep nginx in the foreground; raises MemlintError where it cannot be."""
    daemon, master = (
        {c_string(setting.value) for setting in tree.main.settings(name)}
        for name in ("daemon", "master_process")
    )
    if "on" in daemon:
        raise MemlintError("the configuration has `daemon on`, so that nginx cannot be watched")
    if "off" in master:
        raise MemlintError("the configuration has `master_process off`: it cannot be reloaded")
    return [] if daemon else ["-g", "daemon off;"]


def _removed(server: Nginx, tree: Tree, base: str) -> Iterable[str]:
    """The files that nginx writes and the sockets that it listens on, as absolute paths."""
    values = {server.argument(name) or "" for name in BUILT_IN}
    for block in tree.having((*WRITTEN, "listen")):
        for name in WRITTEN:
            values.update(c_string(setting.value) for setting in block.settings(name))
        values.update(
            c_string(setting.value).removeprefix("unix:")
            for setting in block.settings("listen")
            if setting.value.startswith("unix:")
        )
    for value in values:
        if value and "$" not in value and not value.startswith(("syslog:", "memory:", "/dev/")):
            yield os.path.join(base, value)


def _hosts(tree: Tree) -> str:
    """Lines of /etc/hosts for all words that may be hosts: there is no DNS in the namespace."""
    words = {
        match[1]
        for name in tree.index_names()
        for directive, _, _ in tree.written(name)
        for argument in directive.args
        for match in _NAME.finditer(c_string(argument))
        if not match[1].replace(".", "").isdigit()
    }
    return "".join(f"127.0.0.1 {word}\n" for word in sorted(words))
