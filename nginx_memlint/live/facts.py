"""The facts of the server that memlint runs on: its nginx, its limits, the files that it names.

Nothing but nginx's ``-V`` and its modules' versions is run, and no key is read.
"""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.files.paths import resolved
from nginx_memlint.live.available import require_linux
from nginx_memlint.live.binary import describe, find_nginx
from nginx_memlint.live.budgets import budget_from
from nginx_memlint.live.host import processors
from nginx_memlint.live.installed import target_of
from nginx_memlint.live.ownership import why_not_roots
from nginx_memlint.live.platform import platform_of_program
from nginx_memlint.live.preflight.kernel import Kernel
from nginx_memlint.live.preflight.master import Launch, configuration, find_master, launch_of
from nginx_memlint.live.preflight.room import MACHINE, room_around
from nginx_memlint.memory.parts.certificates import PEM_DIRECTIVES
from nginx_memlint.memory.parts.record import full_path
from nginx_memlint.options.record import Options
from nginx_memlint.printable import printable
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.sizes import plural
from nginx_memlint.sources.main_file import MAIN_FILE
from nginx_memlint.targets.allocators_table import DEFAULT_ALLOCATOR
from nginx_memlint.targets.host_facts import FileFacts
from nginx_memlint.targets.target_file import COST_KEYS, LAW_KEY
from nginx_memlint.targets.targets import VERSION_KEYS
from nginx_memlint.tls.families import FAMILIES
from nginx_memlint.tls.modules import objects
from nginx_memlint.tls.server_files import facts_of
from nginx_memlint.tree.stock_table import STOCK_FILES

MOST_FILES = 3_000
"""Files that are written down: with about 300 bytes each, a target file has room for them."""

STOCK_INCLUDES = {posixpath.basename(name) for name in STOCK_FILES} | {
    *("koi-utf", "koi-win", "win-utf")
}
"""Names of files that nginx and its packages bring for configurations to include."""

_PEM = PEM_DIRECTIVES | {
    name for family in FAMILIES for name in family.reads if name.endswith("_certificate")
}
"""Directives that name files of certificates, or of revocation lists."""

_KEYS = frozenset(f"{name}_key" for name in _PEM if name.endswith("ssl_certificate"))


class Gathered(NamedTuple):
    """The table of a target file, and sentences about what could not be told."""

    row: dict[str, Any]
    notes: list[str]


def gather(
    name: str | None = None, nginx: str | None = None, *, root: Path = Path("/")
) -> Gathered:
    """The facts of the nginx here, or of another binary, and of a configuration or its own.

    ``root`` is the directory of ``proc`` and ``sys``. Raises MemlintError.
    """
    require_linux()
    kernel = Kernel(root)
    notes: list[str] = []
    pid, launch = _running(kernel)
    if nginx is not None and launch.binary != resolved(find_nginx(nginx)):
        pid, launch = None, _NOT_RUNNING
    binary = launch.binary or find_nginx(nginx)
    if nginx is None and (reason := why_not_roots(binary)):
        raise MemlintError(f"{printable(reason)}: name nginx with --nginx-binary to run it")
    server = describe(binary)
    conf, prefix = configuration(launch, server)
    if name is not None and not _leads_to(name, conf):
        pid, launch = None, _NOT_RUNNING
    if launch.platform is None:
        notes.append("it is not seen running: its allocator is taken to be that of its libc")
    target = target_of(binary)
    platform = platform_of_program(binary) | (launch.platform or {})
    target = target._replace(platform=target.platform.replaced(*map(platform.get, _PLATFORM)))
    options = Options(target=target, prefix=prefix, dump=False, workers=processors())
    inspection = examine(Job(name or conf, options))
    situation = inspection.situation
    if situation is None:
        problem = inspection.report.problems[0]
        raise MemlintError(f"{problem.file}: {problem.message}", status=Exit.INCOMPLETE)
    if not inspection.report.complete:
        notes.append(f"{inspection.report.path} could not be read in full: there may be more files")
    row: dict[str, Any] = {"written": time.strftime("%Y-%m-%d", time.gmtime())}
    row |= {key: target.texts[key] for key in VERSION_KEYS if key in target.ships}
    row |= {"built_in": sorted(target.built_in), "built": sorted(target.built)}
    row |= {"libc": target.platform.libc, "allocator": target.allocator}
    modules = server.argument("modules-path") or "modules"
    row["modules"] = _modules(os.path.join(prefix, modules), situation)
    row |= {"directory": situation.tree.directory, "processors": processors()}
    row |= _limit(kernel, pid, notes)
    files = [_entry(facts) for facts in _files(situation, notes)]
    if len(files) > MOST_FILES:
        notes.append(f"of {len(files):,} files, the first {MOST_FILES:,} are written down")
    row["files"] = files[:MOST_FILES]
    return Gathered({key: value for key, value in row.items() if value not in ("", [])}, notes)


_PLATFORM = ("libc", "allocator")


def with_costs(row: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Facts with what was measured on the same versions before, and whether all of it is kept."""
    is_same = all(row.get(key) == before.get(key) for key in ("nginx", "openssl"))
    with_laws = row.get("allocator") == before.get("allocator", DEFAULT_ALLOCATOR)
    measured = {key: value for key, value in before.items() if key in (*COST_KEYS, LAW_KEY)}
    kept = {
        key: value for key, value in measured.items() if is_same and (with_laws or key != LAW_KEY)
    }
    return {**row, **kept}, len(kept) == len(measured)


_NOT_RUNNING = Launch()


def _running(kernel: Kernel) -> tuple[int | None, Launch]:
    """The nginx that runs here, if there is just one."""
    try:
        pid = find_master(kernel, None)
    except MemlintError:
        return None, _NOT_RUNNING
    return pid, launch_of(kernel, pid)


def _leads_to(name: str, conf: str) -> bool:
    """Whether a name is that of a main file, or of its directory."""
    path = os.path.join(name, MAIN_FILE) if os.path.isdir(name) else name
    return resolved(path) == resolved(conf)


def _modules(directory: str, situation: Situation) -> list[str]:
    """The names of objects that can be loaded, and those that the configuration loads."""
    names = set(objects(situation.tree))
    with suppress(OSError):
        names.update(name for name in os.listdir(directory) if name.endswith(".so"))
    return sorted(name for name in names if printable(name) == name)


def _limit(kernel: Kernel, pid: int | None, notes: list[str]) -> dict[str, Any]:
    """The least limit over the nginx that runs, or that of its unit."""
    if pid is not None:
        limits = [one for one in room_around(pid, kernel.root) if one.kills and one.name != MACHINE]
        if limits:
            least = min(limits, key=lambda one: one.limit)
            return {"memory_limit": least.limit, "memory_limit_from": printable(least.name)}
    with suppress(MemlintError):
        budget = budget_from("unit:nginx", kernel.root)
        if budget is not None:
            return {"memory_limit": int(budget), "memory_limit_from": budget.source}
    notes.append("nothing but the machine's memory limits nginx")
    return {}


def _files(situation: Situation, notes: list[str]) -> Iterator[FileFacts]:
    """The files of certificates and keys that directives name, and stock includes."""
    tree = situation.tree
    named = {cause.path for cause in situation.causes}
    named.update(path for path in tree.files if posixpath.basename(path) in STOCK_INCLUDES)
    named.update(_named(situation, _PEM))
    keys = set(_named(situation, _KEYS)) - named
    unread = []
    for path in sorted({posixpath.normpath(path) for path in named | keys}):
        try:
            path.encode()
            if path in keys:
                yield FileFacts(path, os.stat(tree.source.shown(path)).st_size)
            else:
                yield facts_of(path, tree.source.read(path))
        except (OSError, UnicodeEncodeError):
            unread.append(path)
    if unread:
        more = f" and {len(unread) - 1:,} more" if len(unread) > 1 else ""
        notes.append(f"{printable(unread[0])}{more} could not be read")


def _named(situation: Situation, names: frozenset[str]) -> Iterator[str]:
    """The files that directives name, by path; neither variables nor what is no file."""
    tree = situation.tree
    present = [name for name in names if name in tree.index_names()]
    for block in tree.having(present):
        for setting in (setting for name in present for setting in block.settings(name)):
            value = setting.value
            if value and "$" not in value and not value.startswith(("data:", "engine:", "store:")):
                yield posixpath.normpath(full_path(value, tree))


def _entry(facts: FileFacts) -> dict[str, Any]:
    """The table of a file: what is nothing is left out."""
    return {key: value for key, value in facts._asdict().items() if value not in (0, "")}


def summary(row: Mapping[str, Any]) -> str:
    """A line about facts that were written."""
    versions = ", ".join(f"{key} {row[key]}" for key in VERSION_KEYS if key in row)
    return f"{versions}; {plural(len(row.get('files', [])), 'file')}"
