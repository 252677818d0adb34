"""Functions that commands share: planning the configurations to read, and reading them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

from nginx_memlint.analysis.job import Job
from nginx_memlint.analysis.parallel import check_all, check_each
from nginx_memlint.cli.options import Given
from nginx_memlint.cli.process import tell
from nginx_memlint.cli.waiting import waiting
from nginx_memlint.errors import MemlintError
from nginx_memlint.files.bounds import bounds_for
from nginx_memlint.files.paths import is_below, resolved
from nginx_memlint.files.reading import read_file
from nginx_memlint.files.signals import Interrupted, interruptible
from nginx_memlint.options.record import OPTIONS, Options
from nginx_memlint.printable import printable
from nginx_memlint.result import ConfigReport
from nginx_memlint.settings import all_asked, plan, tree_of
from nginx_memlint.settings.in_force import Root
from nginx_memlint.sources.main_file import MAIN_FILE, nearby
from nginx_memlint.targets.names import HOST
from nginx_memlint.targets.targets import Target, find_target


def planned(
    paths: Sequence[str], told: Given, files: Mapping[str, str | None] | None = None
) -> tuple[list[Root], list[Job]]:
    """The configurations to read, and the job of each.

    With ``files``, which are named by options, nothing in the checked trees decides: neither
    comments nor settings nor these files. Raises MemlintError.
    """
    if not paths and not told.dumps and "prefix" in told.flags:
        paths = ["conf/nginx.conf"]
    is_alone = not paths and not told.dumps
    # of settings that are named, none are searched for
    isolated = told.no_config or (files is not None and told.config is None)

    def listed(flags: Mapping[str, Any]) -> list[Root]:
        return plan(
            paths,
            flags,
            config=told.config,
            isolated=isolated,
            dumps=told.dumps,
            with_facts=files is None and not told.no_config,
        )

    if files is not None:  # before any of them is read
        others = {name: value for name, value in told.flags.items() if name not in _SERVERS}
        _check_outside(listed(others), others, files)
    roots = listed(with_server(told.flags))
    if not roots and is_alone and os.path.exists(MAIN_FILE):
        paths = [MAIN_FILE]
        roots = listed(with_server(told.flags))
    if not roots:
        raise MemlintError(f"{_nothing_named()}, or list roots in memlint.toml", "CONF")
    tell_left_out(roots)
    if files is None:
        return roots, jobs_of(roots)
    return roots, [_without_comments(job) for job in jobs_of(roots)]


def _nothing_named() -> str:
    """A sentence for a command without a configuration, which names those that are near."""
    try:
        names = printable(" or ".join(nearby(".")))
    except OSError:  # the working directory is gone
        names = ""
    return "name a configuration" + (f" (did you mean {names}?)" if names else "")


def _without_comments(job: Job) -> Job:
    policy = job.options.policy._replace(comments=False)
    return replace(job, options=replace(job.options, policy=policy))


def _check_outside(
    roots: Sequence[Root], flags: Mapping[str, Any], files: Mapping[str, str | None]
) -> None:
    """Raise MemlintError for a file named by an option that is in a checked tree.

    So is one behind a link there: whoever wrote the tree chose where it leads.
    """
    for option, path in files.items():
        if path is None:
            continue
        places = _ways_to(path)
        for root in roots:
            top = "" if root.path == "-" else tree_of(root.path or "", flags)
            if top and any(is_below(place, top) for place in places):
                what = f"{printable(path)} is in {printable(top)}, which is checked"
                raise MemlintError(f"{what}: with --isolated nothing there decides", option)


def _ways_to(path: str) -> list[str]:
    """The places of a file, and of each link on the way to it."""
    places = [resolved(path)]
    way = os.path.abspath(path)
    while way != os.path.dirname(way):
        directory, name = os.path.split(way)
        places.append(os.path.join(resolved(directory), name))
        way = directory
    return places


def tell_left_out(roots: Iterable[Root]) -> None:
    """Say which settings files are not used; the reports say so, too."""
    lines = {f"{printable(p.file)}: {p.message}": None for root in roots for p in root.left_out}
    tell(*lines)


def jobs_of(roots: Sequence[Root]) -> list[Job]:
    """The job of each root, with standard input read once. Raises MemlintError."""
    asked = all_asked(roots)
    pairs = list(zip(roots, asked, strict=True))
    trusted = [options.trusted for root, options in pairs if root.path == "-"]
    data = standard_input(trusted=any(trusted)) if trusted else None
    return [_job(root.path or "", options, data) for root, options in pairs]


def _job(path: str, options: Options, data: bytes | None) -> Job:
    if path == "-":
        return Job(path, replace(options, data=data))
    elsewhere = options.dump or options.sysroot or options.path_map or options.confine
    if options.target is None and not elsewhere:
        there = os.path.join(options.prefix or "", path)
        if os.path.isdir(there):
            there = os.path.join(there, MAIN_FILE)
        if not os.path.isfile(there):
            return Job(path, options)  # nor is there a working directory, perhaps
        options = replace(options, target=_target_nearby(there))
    return Job(path, options)


def _target_nearby(path: str) -> Target | None:
    """The server of a configuration for which none is stated: its own here, or the default.

    The default has a hint, if a Dockerfile names an image.
    """
    from nginx_memlint.live.homes import is_at_home  # noqa: PLC0415  if none is stated
    from nginx_memlint.settings.dockerfile import image_for  # noqa: PLC0415

    if is_at_home(path):
        from nginx_memlint.live.host import target_of_its_own  # noqa: PLC0415  takes long

        if target := target_of_its_own(path):
            return target
    image = image_for(path)
    return None if image is None else find_target()._replace(hint=str(image))


def with_server(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Flags by option, with the target that one of them names, and paths checked to be there.

    Raises MemlintError.
    """
    given = [name for name in _SERVERS if name in flags]
    if len(given) > 1:
        first, *_, last = (OPTIONS[name].flag for name in given)
        raise MemlintError(f"is used instead of {first}", last)
    for name, value in flags.items():
        if absent := OPTIONS[name].kind.absent(value):
            raise MemlintError(absent, OPTIONS[name].flag)
    return {**flags} | {name: _SERVERS[name](flags[name]) for name in given}


def _target(name: str) -> str | Target:
    return _nginx_here() if name == HOST else name


def _target_file(path: str) -> Target:
    from nginx_memlint.targets.target_file import load_target  # noqa: PLC0415  only for such files

    try:
        return load_target(path)
    except MemlintError as error:
        raise MemlintError(str(error), "--target-file") from None


def _nginx_binary(path: str) -> Target:
    from nginx_memlint.live.installed import target_of  # noqa: PLC0415  takes long

    with live():
        return target_of(path)


def _nginx_here() -> Target:
    from nginx_memlint.live.host import nginx_here  # noqa: PLC0415  takes long

    with live():
        try:
            return nginx_here()
        except MemlintError as error:
            raise MemlintError(str(error), "--target") from None


def _nginx_v(path: str) -> Target:
    from nginx_memlint.targets.banner import described_target  # noqa: PLC0415  seldom asked for

    try:
        return described_target(read_file(path, _MOST_OF_V).decode("utf-8", "replace"), path)
    except OSError as error:
        raise MemlintError(
            f"cannot read {printable(path)}: {error.strerror}", "--nginx-v"
        ) from None


_MOST_OF_V = 64 << 10
"""Bytes that the output of ``nginx -V`` may have: it has about 2,000."""

_SERVERS: dict[str, Callable[[str], str | Target]] = {
    "target": _target,
    "target_file": _target_file,
    "nginx_binary": _nginx_binary,
    "nginx_v": _nginx_v,
}
"""Option that names the server → what it stands for."""


def checked(jobs: Sequence[Job], processes: int = 1) -> list[ConfigReport]:
    """The reports of jobs; memory is freed after each of them."""
    processes = min(processes or os.cpu_count() or 1, len(jobs))
    if processes > 1:
        with waiting(f"reading {len(jobs):,} configurations"):
            return check_all(jobs, processes)
    return check_each(jobs, lambda job: waiting(f"reading {printable(job.name)}"))


def standard_input(*, trusted: bool) -> bytes:
    """All bytes of standard input, or one more than are read of a file. Raises MemlintError."""
    most = bounds_for(trusted=trusted).file_bytes
    parts = []
    try:
        # piece by piece: an interrupt between two of the system's calls is noticed
        while most >= 0 and sys.stdin and (part := sys.stdin.buffer.read(min(most + 1, 1 << 20))):
            parts.append(part)
            most -= len(part)
    except OSError as error:
        raise MemlintError(f"standard input: {error.strerror}") from None
    return b"".join(parts)


@contextmanager
def until_interrupted(left: str) -> Iterator[None]:
    """Run work that cleans up after itself: an interrupt ends it, and says what is left."""
    try:
        with interruptible():
            yield
    except Interrupted as interrupt:
        raise MemlintError(f"interrupted; {left}", status=128 + interrupt.number) from None


def live() -> AbstractContextManager[None]:
    """A context for work with the real nginx, which an interrupt ends."""
    return until_interrupted("nginx was stopped, temporary files removed")
