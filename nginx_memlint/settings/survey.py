"""The nginx configurations in a directory: a look at its files, for ``memlint init``.

Main files are tried with the ways in which a repository may hold them; what reads most counts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from nginx_memlint.analysis.budget import Budget
from nginx_memlint.analysis.job import Inspection, Job
from nginx_memlint.analysis.parallel import inspect
from nginx_memlint.files.paths import is_below, resolved
from nginx_memlint.files.reading import read_file
from nginx_memlint.memory.guesses import SYSTEM_PATHS
from nginx_memlint.options.record import Options
from nginx_memlint.result import ConfigReport
from nginx_memlint.settings.dockerfile import BaseImage, image_for
from nginx_memlint.settings.in_force import ROOT
from nginx_memlint.sizes import human, plural
from nginx_memlint.syntax.directives import parse
from nginx_memlint.targets.targets import find_target
from nginx_memlint.tls.ca_bundle import pem_size
from nginx_memlint.tree import grammar

MOST_ENTRIES, MOST_FILES, MOST_DEPTH = 100_000, 5_000, 12
"""Names that are looked at, files that are read, and directories inside directories."""

FILE_BYTES, ALL_BYTES = 1 << 20, 64 << 20
"""Bytes of one file, and of all files that are read to see what they are."""

MOST_TRIED = 200
"""Main files that are tried, or parts of configurations where there is none."""

_SKIPPED = frozenset({"node_modules", "vendor", "venv", "__pycache__"})
_TEMPLATES = (".template", ".tmpl", ".tpl", ".j2", ".erb", ".jinja", ".jinja2")
_LIKELY = re.compile(
    r"(?:\.(?:conf|vhost|nginx)|(?:^|/)(?:sites-(?:available|enabled)|conf\.d)/[^/]+)$"
)
_WHOLE = frozenset({"http", "events", "stream", "mail"})
_PARTS = frozenset({"server", "location", "upstream", "map"})

HOMES = (
    "etc/nginx",
    "usr/local/openresty/nginx/conf",
    "usr/local/nginx/conf",
    "etc/openresty",
    "etc/angie",
    "opt/nginx/conf",
)
"""Directories of a main file that a repository has copies of."""

_BEFORE, _AFTER = 'open() "', '" failed (2: '
"""Around the name of a file in nginx's message that it is not there."""


class Way(NamedTuple):
    """How the files of a configuration are looked up, as settings say it."""

    path_map: tuple[tuple[str, str], ...] = ()
    sysroot: str | None = None
    context: tuple[str, ...] = ()
    allow_missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Surveyed:
    """A configuration, the way that reads most of it, what that gave, and its image if known.

    ``bundles`` are the system's bundles that it loads, ``files`` the real paths of what it reads.
    """

    path: str
    way: Way
    report: ConfigReport
    bundles: tuple[str, ...] = ()
    files: frozenset[str] = frozenset()
    image: BaseImage | None = None

    @property
    def system_bundle(self) -> tuple[int, int]:
        """Certificates of the bundle that its system has, and bytes of PEM."""
        return _system_bundle(self.image)


@dataclass
class Survey:
    """Configurations, and parts of them, in a directory; paths are from there."""

    roots: list[Surveyed] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """Parts of configurations that no main file includes."""
    left_out: list[str] = field(default_factory=list)
    """Sentences on what was not looked at."""


def survey(top: str) -> Survey:
    """Look through a directory; of a link, only the link is looked at."""
    result = Survey()
    mains: list[str] = []
    parts: dict[str, tuple[str, ...]] = {}
    left = ALL_BYTES
    for path in _files(top, result):
        try:
            data = read_file(_placed(top, path), FILE_BYTES)
        except OSError as error:
            result.left_out.append(f"{path}: {error.strerror}")
            continue
        left -= len(data)
        if left < 0:
            result.left_out.append(f"files from {path} on: those before hold {human(ALL_BYTES)}")
            break
        if path.endswith(_TEMPLATES):
            if any(word in data for word in (b"server", b"http", b"location")):
                result.templates.append(path)
            continue
        file = parse(data, path, path, in_data_block=False)
        names = {directive.name for directive in file.body.directives if directive.body is not None}
        if names & _WHOLE:
            mains.append(path)
        elif names & _PARTS and file.error is None:
            parts[path] = grammar.fragment_context(file.body)
    result.roots = _all_tried(top, {path: _ways(path) for path in mains}, result)
    read = frozenset[str]().union(*(root.files for root in result.roots))
    unread = [path for path in parts if resolved(_placed(top, path)) not in read]
    if mains:
        result.unread = unread
    else:
        alone = {path: [Way(context=parts[path])] for path in unread if parts[path]}
        result.roots = _all_tried(top, alone, result)
    return result


def _all_tried(top: str, ways: dict[str, list[Way]], result: Survey) -> list[Surveyed]:
    """The configurations at some paths, as many as the bound on a command's work lets."""
    budget = Budget()
    roots: list[Surveyed] = []
    for path in [*ways][:MOST_TRIED]:
        if (root := _tried(top, path, ways[path], budget)) is None:
            break
        roots.append(root)
    if more := len(ways) - len(roots):
        result.left_out.append(f"{more:,} more configurations: name other directories")
    return roots


def _files(top: str, result: Survey) -> Iterator[str]:
    """The files that may be configurations, sorted, without following links."""
    pending = [("", 0)]
    entries = files = 0
    while pending:
        directory, depth = pending.pop()
        try:
            with os.scandir(_placed(top, directory) or ".") as listing:
                listed = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            result.left_out.append(f"{directory}: {error.strerror}")
            continue
        inner = []
        nameless = 0
        for entry in listed:
            entries += 1
            path = os.path.join(directory, entry.name)
            if not path.isprintable():
                nameless += 1
            elif entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                    inner.append((path, depth + 1))
            elif entry.is_file(follow_symlinks=False) and (
                _LIKELY.search(path) or path.endswith(_TEMPLATES)
            ):
                files += 1
                if files > MOST_FILES:
                    break
                yield path
        if nameless:
            names = plural(nameless, "name")
            result.left_out.append(f"{names} in {directory or '.'} that cannot stand in settings")
        if depth < MOST_DEPTH:
            pending += reversed(inner)
        if entries > MOST_ENTRIES or files > MOST_FILES:
            result.left_out.append("there is more than is looked at: name other directories")
            return


def _placed(top: str, path: str) -> str:
    """A path from the top as seen from the working directory."""
    return path if top == "." else os.path.join(top, path)


def _ways(path: str) -> list[Way]:
    """The ways to try for a main file, the plainest first."""
    directory = os.path.dirname(path)
    ways = [Way()]
    for home in HOMES:
        ways.append(Way(path_map=((f"/{home}", ROOT),)))
        if is_below(f"/{directory}"[::-1], f"/{home}"[::-1]):
            up = "/".join([".."] * len(home.split("/")))
            ways.insert(1, Way(sysroot=f"{ROOT}/{up}"))
    return ways


class _Trial(NamedTuple):
    """A configuration read in one way: how much of it that lacks, and what it gave.

    It is without the tree, which may be large: there are many configurations, each with some ways.
    """

    lacking: tuple[int, ...]
    missing: tuple[str, ...]
    root: Surveyed


def _tried(top: str, path: str, ways: list[Way], budget: Budget) -> Surveyed | None:
    """The configuration by the way that reads most of it; None if no work is left for one."""
    image = image_for(_placed(top, path))
    best: _Trial | None = None
    for way in ways:
        trial = _trial(top, path, way, image, budget)
        if trial is not None and (best is None or trial.lacking < best.lacking):
            best = trial
    if best is None:
        return None
    if best.missing:
        allowing = best.root.way._replace(allow_missing=best.missing)
        again = _trial(top, path, allowing, image, budget)
        if again is not None and again.lacking < best.lacking:
            best = again
    return best.root


def _trial(top: str, path: str, way: Way, image: BaseImage | None, budget: Budget) -> _Trial | None:
    job = _job(top, path, way, image)
    if budget.is_over(job):
        return None
    inspection = inspect(job)
    budget.take(inspection.steps)
    root = Surveyed(
        path, way, inspection.report, _bundles_of(inspection), _files_of(inspection), image
    )
    return _Trial(_lacking(top, inspection), _missing(top, path, inspection), root)


def _bundles_of(inspection: Inspection) -> tuple[str, ...]:
    situation = inspection.situation
    causes = situation.causes if situation is not None else []
    return tuple(sorted({cause.path for cause in causes} & SYSTEM_PATHS))


def _files_of(inspection: Inspection) -> frozenset[str]:
    situation = inspection.situation
    files = situation.tree.files.values() if situation is not None else ()
    return frozenset(resolved(file.name) for file in files)


def _job(top: str, path: str, way: Way, image: BaseImage | None) -> Job:
    def placed(text: str) -> str:
        directory = os.path.dirname(_placed(top, path))
        return os.path.join(directory, text.removeprefix(ROOT).lstrip("/")) or "."

    options = Options(
        path_map=tuple((inside, placed(outside)) for inside, outside in way.path_map),
        sysroot=None if way.sysroot is None else placed(way.sysroot),
        context=way.context,
        allow_missing=way.allow_missing,
        bundles=dict.fromkeys(SYSTEM_PATHS, _system_bundle(image)),
    )
    if image is not None:
        options = replace(options, target=image.name)
    return Job(_placed(top, path), options)


def _system_bundle(image: BaseImage | None) -> tuple[int, int]:
    bundle = find_target(None if image is None else image.name).bundle
    return bundle.certificates, pem_size(bundle.certificates, bundle.der_bytes)


def _lacking(top: str, inspection: Inspection) -> tuple[int, ...]:
    """How much of a configuration is not read, or not below the top: less is better."""
    report, situation = inspection.report, inspection.situation
    unread = sum(not problem.complete for problem in report.problems)
    inside = resolved(top)
    outside = sum(not is_below(resolved(name), inside) for name in report.outside)
    guessed = len(situation.unread) if situation is not None else 0
    servers = report.blocks.server + report.blocks.stream_server
    return unread, outside, guessed, len(report.problems) - unread, -servers


def _missing(top: str, path: str, inspection: Inspection) -> tuple[str, ...]:
    """The files that includes name and that are not there, as settings name them."""
    directory = resolved(os.path.join(top, os.path.dirname(path)))
    names: dict[str, None] = {}
    for problem in inspection.report.problems:
        said = (problem.nginx or "").removeprefix(_BEFORE)
        name = said.rpartition(_AFTER)[0] if said != problem.nginx else ""
        if name and name.isprintable():
            is_beside = is_below(name, directory)
            names[os.path.relpath(name, directory) if is_beside else name] = None
    return tuple(names)
