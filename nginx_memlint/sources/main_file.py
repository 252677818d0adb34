"""From the name that a user gives to a source of files and the path of the main file in it.

As in nginx, a relative ``include`` and a relative certificate are taken from the directory of the
main file; with a prefix (``nginx -p``), a relative main file is taken from the prefix.
"""

from __future__ import annotations

import errno
import os
import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.files.bounds import DEFAULT_BOUNDS, BoundError, Bounds, Meter, check_size
from nginx_memlint.files.paths import is_below, os_error, resolved
from nginx_memlint.printable import printable
from nginx_memlint.problems import Problem
from nginx_memlint.sizes import plural
from nginx_memlint.sources import glob
from nginx_memlint.sources.disk import MACHINE, Disk
from nginx_memlint.sources.dump import NoConfigurationError, is_dump, read_dump, refuse_messages
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.memory_files import MemoryFiles
from nginx_memlint.sources.source import ABSENT, DroppedError, Source, undropped
from nginx_memlint.suggest import closest

if TYPE_CHECKING:
    from nginx_memlint.sources.archive import ArchiveFiles

MAIN_FILE = "nginx.conf"
STDIN_NAME = "<stdin>"

CANDIDATES = (f"*/{MAIN_FILE}", f"*/*/{MAIN_FILE}", "*.conf")
"""Patterns of main files that are suggested for a directory without nginx.conf."""

MAX_CANDIDATES = 5

MAX_NEIGHBOURS = 2_000
"""Names in a directory up to which one is suggested for a name that is not there."""

CONFIGURATION = ".conf"
"""Ending of the names of files that nginx is to read as they are: they are no archives."""

ARCHIVES = (".tar", ".tar.gz", ".tgz")
"""Endings of the names of archives: a prefix is in such a file, not around it."""


class EntryError(MemlintError):
    """No main file can be read at the name that the user gave.

    It is a class of its own, since a report lists its problem with the others. ``absent`` tells
    that nothing is there, rather than something that cannot be read.
    """

    def __init__(self, problem: Problem, *, absent: bool = False) -> None:
        super().__init__(problem.message, status=Exit.INCOMPLETE)
        self.problem = problem
        self.absent = absent


class Lookup(NamedTuple):
    """Where files are looked up, and how the named one is read.

    ``prefix`` is that of ``nginx -p``. With a ``sysroot``, absolute paths are below this directory.
    ``path_map`` pairs a directory as nginx sees it with a directory here. ``disk`` reads the files
    of this machine, and ``bounds`` says how much of them. ``dump`` says whether the named file is
    an ``nginx -T`` dump; with None, standard input is one if it has the marks, and a file is none.
    Nothing outside of ``confine``, a directory here, is read.
    """

    prefix: str | None = None
    sysroot: str | None = None
    path_map: tuple[tuple[str, str], ...] = ()
    disk: Disk = MACHINE
    bounds: Bounds = DEFAULT_BOUNDS
    dump: bool | None = None
    confine: str | None = None

    def files(self, mounts: Mapping[str, str], *, restricted: bool) -> FileSystem:
        """A source of the files that these mounts hold."""
        return FileSystem(mounts, restricted=restricted, disk=self.disk, bounds=self.bounds)

    def mounts(self) -> dict[str, str]:
        """Directories as nginx sees them → directories here, where these differ or are the limit.

        Raises EntryError for one that is outside of ``confine``.
        """
        mounts = {"/": self.sysroot} if self.sysroot else {}
        mounts |= {
            "/" + os.path.normpath(inside).lstrip("/"): outside for inside, outside in self.path_map
        }
        if self.confine is None:
            return mounts
        for outside in mounts.values():
            self.check_inside(outside)
        return mounts or {absolute(self.confine): self.confine}

    def check_inside(self, directory: str) -> None:
        """Raise EntryError if a directory here must not be read."""
        top = self.confine
        if top is not None and not is_below(resolved(directory), resolved(top)):
            message = f"is outside of {top}, out of which nothing is read (--confine)"
            raise EntryError(Problem(message, directory))


class Entry(NamedTuple):
    """A source, the path of the main file in it, and the directory of its relative paths.

    ``name`` is the file that was opened here: the main file, a dump, or "-" for standard input.
    ``problems`` are doubts that arose before anything was parsed.
    """

    source: Source
    path: str
    directory: str
    name: str
    problems: tuple[Problem, ...] = ()


def open_entry(
    name: str, lookup: Lookup, data: bytes | None = None, *, is_fragment: bool = False
) -> Entry:
    """Find the main file.

    ``data`` is standard input for the name ``-``, which is taken to be in the prefix or else in
    the working directory; so is what a fragment includes, if a prefix is given. Raises EntryError,
    and another MemlintError for what may be a dump or an ordinary file: the user must say.
    """
    try:
        if name == "-":
            return _from_stdin(data or b"", lookup)
        return _from_file(name, lookup, is_fragment)
    except NoConfigurationError as error:
        raise EntryError(Problem(str(error), STDIN_NAME if name == "-" else name)) from None
    except BoundError as error:
        raise EntryError(_unreadable(error, name, STDIN_NAME if name == "-" else name)) from None
    except OSError as error:  # the working directory is gone
        raise EntryError(_unreadable(error, name, name)) from None


def _from_stdin(data: bytes, lookup: Lookup) -> Entry:
    check_size(len(data), lookup.bounds.file_bytes)
    if _holds_archive("-", data, lookup):
        return _from_archive(data, lookup, "-")
    Meter(lookup.bounds).read(data)
    if _holds_dump("-", data, lookup):
        return _from_dump(data, lookup)
    try:
        source, directory = find(lookup.prefix or ".", lookup)
    except EntryError:
        if not lookup.sysroot:
            raise
        where = "its prefix" if lookup.prefix else "the working directory, where it is taken to be,"
        message = f"{where} is outside of {lookup.sysroot}: say --prefix DIR"
        raise EntryError(Problem(message, STDIN_NAME)) from None
    source.give(STDIN_NAME, data)
    return Entry(source, STDIN_NAME, directory.rstrip("/"), "-")


def _from_file(name: str, lookup: Lookup, is_fragment: bool) -> Entry:
    if not name or "\0" in name:
        raise os_error(errno.ENOENT)
    is_named_archive = name.endswith(ARCHIVES)
    source, path = find(
        name if is_named_archive else os.path.join(lookup.prefix or "", name), lookup
    )
    try:
        if is_directory := source.is_dir(path):
            path = _in_directory(source, path)
        data = source.read(path)
    except OSError as error:
        problem = _unreadable(error, path, source.shown(path))
        is_absent = _is_absent(source, path, error)
        is_unknown = is_absent and error.errno == errno.ENOENT
        if is_unknown and (meant := _meant(source, path)):
            problem = problem._replace(message=f"{problem.message}; did you mean {meant}?")
        raise EntryError(problem, absent=is_absent) from None
    if not path.endswith(CONFIGURATION) and _holds_archive(name, data, lookup):
        return _from_archive(data, lookup, source.shown(path))
    if _holds_dump(os.path.join(name, MAIN_FILE) if is_directory else name, data, lookup):
        return _from_dump(data, lookup, source.shown(path))
    source.given[path] = data
    directory = path.rpartition("/")[0]
    if is_fragment and lookup.prefix:
        directory = find(lookup.prefix, lookup)[1].rstrip("/")
    return Entry(source, path, directory, source.shown(path))


def prefix_of(lookup: Lookup) -> str | None:
    """The prefix as nginx sees it; None if none is given, or it is in no place that is read."""
    if lookup.prefix is None:
        return None
    try:
        return find(lookup.prefix, lookup)[1]
    except EntryError:
        return None


def located(name: str, lookup: Lookup) -> str:
    """The path on this machine of the main file, or of the directory, that the user named.

    Raises EntryError.
    """
    source, path = find(os.path.join(lookup.prefix or "", name), lookup)
    return source.shown(path)


def _is_absent(source: Source, path: str, error: OSError) -> bool:
    """Whether nothing is at a path; a symbolic link that leads nowhere is something."""
    try:
        return error.errno in ABSENT and not source.exists(path)
    except OSError:
        return False


def _meant(source: FileSystem, path: str) -> str:
    """The path up to its first name that is not there, with the most similar name that is.

    Empty if none is similar, or if it cannot be told which names there are.
    """
    directory = ""
    for name in path.strip("/").split("/"):
        if source.exists(f"{directory}/{name}"):
            directory = f"{directory}/{name}"
            continue
        try:
            names = source.names(directory or "/")
        except OSError:
            return ""
        close = closest(name, names) if len(names) <= MAX_NEIGHBOURS else None
        return "" if close is None else source.shown(f"{directory}/{close}")
    return ""


def _holds_dump(name: str, data: bytes, lookup: Lookup) -> bool:
    """Whether to read a dump. Raises NoConfigurationError, or MemlintError: the user must say."""
    if lookup.dump is not None:
        return lookup.dump
    refuse_messages(data, piped=name == "-")
    holds_dump = is_dump(data, piped=name == "-")
    if holds_dump is None:
        what = "standard input" if name == "-" else printable(name)
        word = printable(shlex.quote(name))
        raise MemlintError(
            f"{what} may be an nginx -T dump or an ordinary file with a comment like one: "
            f"say which with --dump {word} or --no-dump {word} "
            "(dump = true or false in settings and in Python)"
        )
    return holds_dump


def _from_dump(data: bytes, lookup: Lookup, name: str = STDIN_NAME) -> Entry:
    dump = read_dump(data)
    if dump is None:
        missing = 'is no nginx -T dump: it has no line "# configuration file NAME:"'
        raise EntryError(Problem(missing, name))
    path = next(iter(dump.files))
    twice = "the dump has two lines that may begin this file: where it begins is unknown"
    problems = [Problem(twice, doubtful) for doubtful in dump.doubtful]
    opened = "-" if name == STDIN_NAME else name
    unclear = "may be a message of nginx or a part of the file: nothing tells which"
    problems += [Problem(unclear, opened, line) for line in dump.unclear]
    source = MemoryFiles(dump.files, lookup.bounds)
    return Entry(source, path, path.rpartition("/")[0], opened, tuple(problems))


def _holds_archive(name: str, data: bytes, lookup: Lookup) -> bool:
    """Whether to read an archive. Raises MemlintError if the user must say."""
    if lookup.dump is not None or not (data.startswith(b"\x1f\x8b") or data[257:262] == b"ustar"):
        return False
    from nginx_memlint.files import archive  # noqa: PLC0415  few are

    if not archive.is_archive(data):
        return False
    if archive.may_be_configuration(data):
        what = "standard input" if name == "-" else printable(name)
        raise MemlintError(
            f"{what} may be a tar archive or a configuration that looks like one: compress an "
            f"archive with gzip; of a configuration, say --no-dump {printable(shlex.quote(name))} "
            "(dump = false in settings and in Python)"
        )
    return True


def _from_archive(data: bytes, lookup: Lookup, opened: str) -> Entry:
    """The main file in an archive, whose directories are those of another machine."""
    from nginx_memlint.files.archive import ArchiveError  # noqa: PLC0415
    from nginx_memlint.sources.archive import ArchiveFiles  # noqa: PLC0415

    shown = STDIN_NAME if opened == "-" else opened
    if lookup.sysroot or lookup.path_map:
        message = "is an archive, the root of its own files: leave --sysroot and --path-map out"
        raise EntryError(Problem(message, shown))
    try:
        source = ArchiveFiles(data, "/" if opened == "-" else opened, lookup.bounds)
    except ArchiveError as error:
        raise EntryError(Problem(f"the archive {error.strerror}", shown)) from None
    path = _main_in_archive(source, lookup.prefix, shown)
    problems: tuple[Problem, ...] = ()
    if left_out := source.left_out:
        what = f"{plural(len(left_out), 'member')} of the archive, {left_out[0]} the first"
        message = f"{what}: left out, as the name or the link leads out of it or to nothing in it"
        problems = (Problem(message, shown, complete=True),)
    try:
        source.given[path] = undropped(source.read(path))
    except DroppedError as error:
        raise EntryError(_unreadable(error, path, source.shown(path))) from None
    return Entry(source, path, path.rpartition("/")[0], source.shown(path), problems)


def _main_in_archive(source: ArchiveFiles, prefix: str | None, shown: str) -> str:
    """The path of the main file; raises EntryError if it must be named."""
    top = "/" + (prefix or "etc/nginx").strip("/")
    for path in (f"{top}/{MAIN_FILE}", f"{top}/conf/{MAIN_FILE}", top):
        if source.exists(path) and not source.is_dir(path):
            return path
    paths = [] if prefix else source.main_files(MAIN_FILE)
    if len(paths) == 1:
        return paths[0]
    listed = ", ".join(paths[:MAX_CANDIDATES])
    what = (
        f"there are several {MAIN_FILE} in it ({listed})"
        if paths
        else f"it holds no {top}/{MAIN_FILE}"
    )
    message = (
        f"{what}: say which is the main file, e.g. --prefix {paths[0] if paths else '/opt/nginx'}"
    )
    raise EntryError(Problem(message, shown))


def find(name: str, lookup: Lookup) -> tuple[FileSystem, str]:
    """The files among which a name is looked up, and its path there as nginx sees it.

    The name may be that of this machine or nginx's. Raises EntryError.
    """
    directory, base = os.path.split(name)
    if base in ("", ".", ".."):
        directory, base = name, ""
    full = absolute(directory)
    path = os.path.join(full, base) if base else full
    mounts = lookup.mounts()
    if not mounts:
        return lookup.files({"/": "/", full: directory}, restricted=False), path
    source = lookup.files(mounts, restricted=True)
    inside = _inside(mounts, directory, base)
    if inside is None and any(is_below(name, mount) for mount in mounts):
        inside = name.rstrip("/") or "/"
    if inside is not None:
        return source, inside
    if lookup.sysroot:
        message = (
            f"is outside of {lookup.sysroot}: name it as nginx does, e.g. /etc/nginx/{MAIN_FILE}"
        )
        raise EntryError(Problem(message, name))
    # beside the maps, the directory of the main file itself can be read
    lookup.check_inside(full)
    return lookup.files({full: directory} | mounts, restricted=True), path


def _inside(mounts: Mapping[str, str], directory: str, base: str) -> str | None:
    """The path as nginx sees it of a file that is in one of the mounts, else None."""
    real: Callable[[str], str] = resolved
    for full in (absolute, real):
        path = os.path.join(full(directory), base).rstrip("/")
        for inside, outside in sorted(mounts.items(), key=lambda m: -len(full(m[1]))):
            root = full(outside)
            if not is_below(path, root):
                continue
            seen = os.path.join(inside, path[len(root) :].lstrip("/")).rstrip("/") or "/"
            if max((m for m in mounts if is_below(seen, m)), key=len) == inside:
                return seen  # and not below a longer match, which would be another file
    return None


def absolute(directory: str) -> str:
    """The absolute name of a directory, without ``..`` and as the user wrote it if possible."""
    plain = os.path.abspath(directory)
    real = resolved(directory)
    # ".." after a symbolic link
    return plain if resolved(plain) == real else real


def _in_directory(source: FileSystem, directory: str) -> str:
    """The main file in a directory; raises EntryError that suggests others if there is none."""
    path = os.path.join(directory, MAIN_FILE)
    if source.exists(path):
        return path
    message = f"is a directory without {MAIN_FILE}"
    if candidates := _candidates(source, directory):
        message += "; did you mean " + " or ".join(map(source.shown, candidates)) + "?"
    raise EntryError(Problem(message, source.shown(directory)), absent=True)


def nearby(directory: str) -> list[str]:
    """Files in or just below a directory of this machine that may be main files; raises OSError."""
    source, path = find(directory, Lookup())
    return list(map(source.shown, _candidates(source, path)))


def _candidates(source: FileSystem, directory: str) -> list[str]:
    """Files in or just below a directory that may be a main file."""
    candidates: dict[str, None] = {}
    for pattern in CANDIDATES:
        try:
            paths = glob.expand(source, f"{glob.literal(directory)}/{pattern}")
            candidates.update((path, None) for path in paths if not source.is_dir(path))
        except OSError:
            continue
    return list(candidates)[:MAX_CANDIDATES]


def _unreadable(error: OSError, path: str, name: str) -> Problem:
    if isinstance(error, BoundError | DroppedError):
        return Problem(f"is not read: {error.strerror}", name)
    reason = f"{error.errno}: {error.strerror}"
    call = "pread" if error.errno == errno.EISDIR else "open"
    nginx = f'{call}() "{path}" failed ({reason})'
    message = f"cannot read the file ({reason})"
    if error.errno == errno.ESPIPE:
        message += "; what a program writes is read by memlint check -"
    return Problem(message, name, nginx=nginx)
