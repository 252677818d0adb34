"""Where configuration bytes come from: the file system, a copy of one, or an ``nginx -T`` dump.

Paths are absolute and as nginx sees them; as text they are UTF-8 with surrogate escapes, so every
byte survives. ``Source.shown`` gives the name a user can open.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Mapping
from typing import Protocol

MAX_FILE_BYTES = 256 << 20
"""Bytes of the largest file that is read; nginx itself has no such limit."""

MAX_SYMLINKS = 40
"""Symbolic links followed for one path, as in Linux."""

STDIN_NAME = "<stdin>"


def encode(text: str) -> bytes:
    """The bytes of a name."""
    return text.encode("utf-8", "surrogateescape")


def decode(data: bytes) -> str:
    """The text of a name, reversible by encode()."""
    return data.decode("utf-8", "surrogateescape")


class Source(Protocol):
    """What the configuration reader asks of a place that holds files.

    All methods take absolute paths as nginx sees them and raise OSError with errno and strerror
    set as the system call in nginx would.
    """

    restricted: bool
    """Whether it stands for another place than this machine's root directory."""

    def read(self, path: str) -> bytes:
        """All bytes of a file; empty for a device, whose size nginx takes for 0."""
        ...

    def names(self, path: str) -> list[str]:
        """The entries of a directory."""
        ...

    def exists(self, path: str) -> bool:
        """Whether a path exists, symbolic links not followed (as glob(3) asks)."""
        ...

    def is_dir(self, path: str) -> bool:
        """Whether a path is a directory, symbolic links followed."""
        ...

    def shown(self, path: str) -> str:
        """The name of a file for people and editors."""
        ...


class FileSystem:
    """Files of this machine, or of a copy of another machine's files.

    ``mounts`` maps directories as nginx sees them to directories here; the longest match wins.
    If ``restricted``, nothing outside the mounts is ever read: ``..`` and symbolic links are
    resolved as they would be on the machine the copy is of.
    """

    def __init__(self, mounts: Mapping[str, str], *, restricted: bool) -> None:
        self.restricted = restricted
        self._mounts = sorted(
            ((_trim(inside), outside) for inside, outside in mounts.items()),
            key=lambda mount: len(mount[0]),
            reverse=True,
        )

    def read(self, path: str) -> bytes:
        """See Source."""
        name = encode(self._locate(path))
        if stat.S_ISFIFO(os.stat(name).st_mode):
            raise OSError(errno.ESPIPE, "is a FIFO: nginx would wait for its writer")
        with open(name, "rb", opener=_open_at_once) as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                return b""
            if info.st_size > MAX_FILE_BYTES:
                raise OSError(errno.EFBIG, f"larger than {MAX_FILE_BYTES >> 20} MiB")
            return file.read(info.st_size)

    def names(self, path: str) -> list[str]:
        """See Source."""
        return [decode(name) for name in os.listdir(encode(self._locate(path)))]

    def exists(self, path: str) -> bool:
        """See Source."""
        try:
            os.lstat(encode(self._locate(path, follow_last=False)))
        except OSError:
            return False
        return True

    def is_dir(self, path: str) -> bool:
        """See Source."""
        try:
            return os.path.isdir(encode(self._locate(path)))
        except OSError:
            return False

    def shown(self, path: str) -> str:
        """See Source."""
        return self._outside(path) or path

    def _locate(self, path: str, *, follow_last: bool = True) -> str:
        if "\0" in path:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        resolved = self._resolve(path, follow_last) if self.restricted else path
        outside = self._outside(resolved)
        if outside is None:
            raise OSError(errno.ENOENT, "outside of the given sysroot and path maps")
        return outside

    def _outside(self, path: str) -> str | None:
        for inside, outside in self._mounts:
            if path == inside or path.startswith(inside.rstrip("/") + "/"):
                rest = path[len(inside) :].lstrip("/")
                return os.path.join(outside, rest) if rest else outside
        return None

    def _resolve(self, path: str, follow_last: bool) -> str:
        """The path with ``..`` and links resolved inside the mounts."""
        pending = [part for part in path.split("/") if part not in ("", ".")][::-1]
        done: list[str] = []
        links = 0
        while pending:
            part = pending.pop()
            if part == ".":
                continue
            if part == "..":
                del done[-1:]
                continue
            done.append(part)
            outside = self._outside("/" + "/".join(done))
            if outside is None or not (pending or follow_last):
                continue
            try:
                target = decode(os.readlink(encode(outside)))
            except OSError:
                continue
            links += 1
            if links > MAX_SYMLINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            done = [] if target.startswith("/") else done[:-1]
            pending += [step for step in target.split("/") if step not in ("", ".")][::-1]
        return "/" + "/".join(done)


class MemoryFiles:
    """Files that were handed over whole: an ``nginx -T`` dump. Touches no file system."""

    restricted = True

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self._directories: dict[str, set[str]] = {}
        for path in self.files:
            here = path
            while here not in ("/", ""):
                parent, _, name = here.rpartition("/")
                here = parent or "/"
                self._directories.setdefault(here, set()).add(name)

    def read(self, path: str) -> bytes:
        """See Source."""
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "not in the dump") from None

    def names(self, path: str) -> list[str]:
        """See Source."""
        try:
            return sorted(self._directories[_trim(path)])
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "not in the dump") from None

    def exists(self, path: str) -> bool:
        """See Source."""
        return path in self.files or _trim(path) in self._directories

    def is_dir(self, path: str) -> bool:
        """See Source."""
        return _trim(path) in self._directories

    def shown(self, path: str) -> str:
        """See Source."""
        return path


_DUMP_MARK = re.compile(rb"^# configuration file (.+):\r?$", re.MULTILINE)


def read_dump(data: bytes) -> dict[str, bytes] | None:
    """The files of an ``nginx -T`` output, the main one first; None if it is not one.

    nginx writes each file once: its name in a comment line, its bytes and a line feed
    (src/core/nginx.c). Lines of the standard error before the first file are skipped. A line
    that looks like a mark but repeats a name is a comment of the file it stands in.
    """
    marks: dict[str, tuple[int, int]] = {}
    for mark in _DUMP_MARK.finditer(data):
        marks.setdefault(decode(mark[1]), mark.span())
    if not marks or not _only_messages(data[: next(iter(marks.values()))[0]]):
        return None
    ends = [start for start, _ in list(marks.values())[1:]] + [len(data)]
    files = {}
    for (name, (_, mark_end)), end in zip(marks.items(), ends, strict=True):
        content = data[mark_end + 1 : end]
        files[name] = content.removesuffix(b"\n")
    return files


def _open_at_once(name: str, flags: int) -> int:
    """Should the file have been replaced by a FIFO just now, do not hang."""
    return os.open(name, flags | os.O_NONBLOCK)


def _only_messages(data: bytes) -> bool:
    """Whether all lines are nginx's own messages, or the shell's around it."""
    return all(
        not line or line.startswith((b"nginx: ", b"openresty: ")) or b"[warn]" in line
        for line in data.replace(b"\r", b"").split(b"\n")
    )


def below(paths: Iterable[str], directory: str) -> bool:
    """Whether any of the paths is in a directory or below it."""
    prefix = directory.rstrip("/") + "/"
    return any(path.startswith(prefix) for path in paths)


def _trim(path: str) -> str:
    return path.rstrip("/") or "/"
