"""The files that ``memlint init`` proposes: settings, a hook, and a pipeline."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from nginx_memlint import __version__
from nginx_memlint.files.toml import toml_string
from nginx_memlint.report.publisher import OWNER
from nginx_memlint.settings.dockerfile import BaseImage
from nginx_memlint.settings.survey import Survey, Surveyed, Way
from nginx_memlint.sizes import MIB, human
from nginx_memlint.sources import glob
from nginx_memlint.sources.main_file import MAIN_FILE

UNSET = "OWNER"
REPOSITORY = f"{OWNER or UNSET}/nginx-memlint"

HOOK = f"""\
repos:
  - repo: https://github.com/{REPOSITORY}
    rev: v{__version__}
    hooks:
      - id: memlint
"""

GITHUB = f"""\
name: memlint
on: pull_request
permissions:
  contents: read
jobs:
  memlint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: {REPOSITORY}@v{__version__}
"""

GITLAB = f"""\
include:
  - project: {REPOSITORY}
    ref: v{__version__}
    file: templates/gitlab-ci.yml

memlint:
  variables:
    MEMLINT_SOURCE: https://github.com/{REPOSITORY}/archive/v{__version__}.tar.gz
"""

LEAST_ALIKE = 3
"""Main files of one shape that become a pattern."""

_PLAIN = Way()

ROOM, LEAST = 1.1, 64 * MIB
"""How much of today's memory a proposed budget allows, and bytes of the least one."""


def settings(survey: Survey) -> str:
    """The text of memlint.toml for what a survey met."""
    roots = survey.roots
    images = {_image_name(root) for root in roots}
    shared = _shared([root.way for root in roots])
    lines = [
        "# Read by `memlint check`, the hook and the pipeline. `memlint config` shows what is in",
        "# force; other keys are the options of `memlint check --help`.",
    ]
    of_all = [*_target(roots[0].image)] if len(images) == 1 else []
    if any(root.report.workers_assumed for root in roots):
        of_all.append("# workers = 8        # worker_processes is auto: say how many that is there")
    of_all += _of_way(shared)
    lines += ["", *of_all] if of_all else []
    if bundles := sorted({path for root in roots for path in root.bundles}):
        number, size = max(root.system_bundle for root in roots)
        lines += ["", "[bundles]  # on the host (grep -c BEGIN), whatever a runner has"]
        lines += [
            f"{toml_string(path)} = {{ certificates = {number}, bytes = {size} }}"
            for path in bundles
        ]
    for path, group in _grouped(roots):
        lines += ["", "[[roots]]", f"path = {toml_string(path)}"]
        if len(images) > 1:
            lines += _target(group[0].image)
        lines += _of_way(group[0].way, besides=shared)
        lines += _budget(group)
    if survey.unread:
        lines += ["", f"# In no root, as no main file includes it: {_some(survey.unread)}"]
    if survey.templates:
        lines += ["", f"# Templates, to be rendered first: {_some(survey.templates)}"]
    return "\n".join(lines) + "\n"


def _image_name(root: Surveyed) -> str | None:
    return None if root.image is None else root.image.name


def _target(image: BaseImage | None) -> Iterator[str]:
    """The server that figures here are for: that of an image, or the default."""
    if image is not None:
        yield f"target = {toml_string(image.name)}  # {image.place}"
    else:
        yield '# target = "debian-12"  # the server it is for: `memlint targets` lists all'


def _shared(ways: Sequence[Way]) -> Way:
    """The way that all have in common."""
    first = ways[0]._asdict()
    common = {name: all(way._asdict()[name] == first[name] for way in ways) for name in first}
    return Way(**{name: first[name] for name, is_common in common.items() if is_common})


def _of_way(way: Way, besides: Way = _PLAIN) -> Iterator[str]:
    """The keys of a way, but for those that another one has."""
    if way.path_map and way.path_map != besides.path_map:
        pairs = ", ".join(f"{toml_string(a)} = {toml_string(b)}" for a, b in way.path_map)
        yield f"path-map = {{ {pairs} }}  # the main file's directory is a copy of that"
    if way.sysroot and way.sysroot != besides.sysroot:
        yield f"sysroot = {toml_string(way.sysroot)}  # a copy of the host's /"
    if way.context and way.context != besides.context:
        yield f"context = {toml_string(','.join(way.context))}  # the blocks that it belongs in"
    if way.allow_missing and way.allow_missing != besides.allow_missing:
        listed = ", ".join(map(toml_string, way.allow_missing))
        yield f"allow-missing = [{listed}]  # on the host alone"


def _grouped(roots: Sequence[Surveyed]) -> Iterator[tuple[str, list[Surveyed]]]:
    """Path or pattern, and the configurations that it leads to."""
    left = {root.path: root for root in roots}
    for root in roots:
        if root.path not in left:
            continue
        group = [root]
        pattern = glob.literal(root.path) if glob.has_magic(root.path) else root.path
        for candidate in _patterns(root):
            alike = [other for path, other in left.items() if _matches(candidate, path)]
            is_exact = sum(_matches(candidate, other.path) for other in roots) == len(alike)
            shapes = {(one.way, _image_name(one)) for one in alike}
            if len(alike) >= LEAST_ALIKE and is_exact and len(shapes) == 1:
                group, pattern = alike, candidate
                break
        for member in group:
            del left[member.path]
        yield pattern, group


def _patterns(root: Surveyed) -> Iterator[str]:
    """The path with one of its names replaced by a wildcard."""
    parts = root.path.split("/")
    if any(mark in root.path for mark in "*?[\\"):
        return
    for place in reversed(range(len(parts))):
        name = parts[place]
        last = place == len(parts) - 1
        if last and (name == MAIN_FILE or not name.endswith(".conf")):
            continue
        yield "/".join([*parts[:place], "*.conf" if last else "*", *parts[place + 1 :]])


def _matches(pattern: str, path: str) -> bool:
    names, wanted = path.split("/"), pattern.split("/")
    return len(names) == len(wanted) and all(map(fnmatchcase, names, wanted))


def _budget(group: Sequence[Surveyed]) -> Iterator[str]:
    """A budget that today's configurations keep, and what they take."""
    reports = [root.report for root in group]
    if not all(report.complete for report in reports):
        incomplete = next(report for report in reports if not report.complete)
        problem = next(problem for problem in incomplete.problems if not problem.complete)
        yield f"# not read in full yet: {problem.file}:{problem.line or 1}: {problem.message}"
        return
    worst = max(report.memory.total.reload_peak_worst_bytes for report in reports)
    full = max((r.memory.total.limit_bytes for r in reports if r.zones), default=0)
    today = f"the worst reload takes {human(worst)} today"
    if full > round(worst * ROOM):
        today += f", {human(full)} once zones are full"
    budget = max(round(worst * ROOM), full, LEAST)
    yield f'max-memory = "{_rounded(budget)}"  # {today}; say what the host has'


def _rounded(size: int) -> str:
    """A size as people write it, not below the given one and up to an eighth above."""
    unit = max(MIB, 1 << max(size.bit_length() - 4, 0))
    mebibytes = -(-size // unit) * unit // MIB
    return f"{mebibytes}MiB" if mebibytes % 1024 else f"{mebibytes // 1024}GiB"


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - 3:,} more" if len(paths) > 3 else ""
    return ", ".join(paths[:3]) + more


def files(top: str, survey: Survey) -> dict[str, str]:
    """Name of a file, from the top → its text."""
    pipeline = {".github/workflows/memlint.yml": GITHUB}
    if os.path.lexists(os.path.join(top, ".gitlab-ci.yml")):
        pipeline = {".gitlab-ci.yml": GITLAB}
    return {"memlint.toml": settings(survey), ".pre-commit-config.yaml": HOOK, **pipeline}


def names_nobody(text: str) -> bool:
    """Whether a text names a repository that is not ours: whoever has that account would be run."""
    return f"{UNSET}/" in text
