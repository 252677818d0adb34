"""The nginx configurations in a directory: a look at its files, for ``memlint init``.

Main files are tried with the ways in which a repository may hold them; what reads most counts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Inspection, Job
from nginx_memlint.files.paths import is_below
from nginx_memlint.files.reading import read_file
from nginx_memlint.memory.guesses import SYSTEM_PATHS
from nginx_memlint.options.record import Options
from nginx_memlint.settings.dockerfile import BaseImage, image_for
from nginx_memlint.settings.in_force import ROOT
from nginx_memlint.syntax.directives import parse
from nginx_memlint.targets.targets import find_target
from nginx_memlint.tls.ca_bundle import pem_size
from nginx_memlint.tree import grammar

MOST_ENTRIES, MOST_FILES, MOST_DEPTH = 100_000, 5_000, 12
"""Names that are looked at, files that are read, and directories inside directories."""

FILE_BYTES = 1 << 20
MOST_MAINS = 200

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
    """A configuration, the way that reads most of it, what that gave, and its image if known."""

    path: str
    way: Way
    inspection: Inspection
    image: BaseImage | None = None

    @property
    def bundles(self) -> list[str]:
        """The system's bundles that it loads."""
        situation = self.inspection.situation
        causes = situation.causes if situation is not None else []
        return sorted({cause.path for cause in causes} & SYSTEM_PATHS)

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
    for path in _files(top, result):
        try:
            data = read_file(_placed(top, path), FILE_BYTES)
        except OSError as error:
            result.left_out.append(f"{path}: {error.strerror}")
            continue
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
    if len(mains) > MOST_MAINS:
        result.left_out.append(f"{len(mains) - MOST_MAINS:,} more main files")
    read: set[str] = set()
    for path in mains[:MOST_MAINS]:
        root = _tried(top, path, _ways(path))
        result.roots.append(root)
        read |= _read_by(root)
    unread = [path for path in parts if os.path.realpath(_placed(top, path)) not in read]
    if mains:
        result.unread = unread
    else:
        result.roots = [
            _tried(top, path, [Way(context=parts[path])]) for path in unread if parts[path]
        ]
    return result


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
        for entry in listed:
            entries += 1
            path = os.path.join(directory, entry.name)
            if not path.isprintable():
                continue  # no name for a settings file
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                    inner.append((path, depth + 1))
            elif entry.is_file(follow_symlinks=False) and (
                _LIKELY.search(path) or path.endswith(_TEMPLATES)
            ):
                files += 1
                if files > MOST_FILES:
                    break
                yield path
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


def _tried(top: str, path: str, ways: list[Way]) -> Surveyed:
    """The configuration by the way that reads most of it."""
    image = image_for(_placed(top, path))
    tried = [(way, _examined(top, path, way, image)) for way in ways]
    way, inspection = min(tried, key=lambda pair: _lacking(top, pair[1]))
    missing = _missing(top, path, inspection)
    if missing:
        allowing = way._replace(allow_missing=missing)
        again = _examined(top, path, allowing, image)
        if _lacking(top, again) < _lacking(top, inspection):
            way, inspection = allowing, again
    return Surveyed(path, way, inspection, image)


def _examined(top: str, path: str, way: Way, image: BaseImage | None) -> Inspection:
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
    return examine(Job(_placed(top, path), options))


def _system_bundle(image: BaseImage | None) -> tuple[int, int]:
    bundle = find_target(None if image is None else image.name).bundle
    return bundle.certificates, pem_size(bundle.certificates, bundle.der_bytes)


def _lacking(top: str, inspection: Inspection) -> tuple[int, ...]:
    """How much of a configuration is not read, or not below the top: less is better."""
    report, situation = inspection.report, inspection.situation
    unread = sum(not problem.complete for problem in report.problems)
    inside = os.path.realpath(top)
    outside = sum(not is_below(os.path.realpath(name), inside) for name in report.outside)
    guessed = len(situation.unread) if situation is not None else 0
    servers = report.blocks.server + report.blocks.stream_server
    return unread, outside, guessed, len(report.problems) - unread, -servers


def _missing(top: str, path: str, inspection: Inspection) -> tuple[str, ...]:
    """The files that includes name and that are not there, as settings name them."""
    directory = os.path.realpath(os.path.join(top, os.path.dirname(path)))
    names: dict[str, None] = {}
    for problem in inspection.report.problems:
        said = (problem.nginx or "").removeprefix(_BEFORE)
        name = said.rpartition(_AFTER)[0] if said != problem.nginx else ""
        if name and name.isprintable():
            is_beside = is_below(name, directory)
            names[os.path.relpath(name, directory) if is_beside else name] = None
    return tuple(names)


def _read_by(root: Surveyed) -> set[str]:
    """The real paths of the files that a configuration reads."""
    if root.inspection.situation is None:
        return set()
    files = root.inspection.situation.tree.files.values()
    return {os.path.realpath(file.name) for file in files}
