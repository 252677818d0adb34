"""A file system in a few bytes, so that a fuzzer can write one: directories, links, secrets.

The bytes before the first mark are nginx.conf. A line ``@file NAME`` begins another file,
``@link NAME TARGET`` is a symbolic link. All are in the sysroot, ``/root``; beside it are files
that must not be read.
"""

from __future__ import annotations

import errno
import os
import re
import stat

from nginx_memlint.files.bounds import check_size
from nginx_memlint.files.paths import decode, encode
from nginx_memlint.sources.disk import Disk
from nginx_memlint.sources.file_system import MAX_SYMLINKS

ROOT = "/root"
MAIN = "/etc/nginx/nginx.conf"
SECRET = "s3cr3t"
"""Is in each file outside of the sysroot, and in the target of a link there."""

_MARK = re.compile(rb"^@(file|link) ([^\n ]+)(?: ([^\n]*))?(?:\n|\Z)", re.MULTILINE)


class OutsideReadError(AssertionError):
    """Something outside of the sysroot was looked at."""


class World(Disk):
    """The disk that some bytes describe; what is outside of ``allowed`` must not be touched."""

    def __init__(self, data: bytes, allowed: str = "/") -> None:
        self.allowed = allowed
        self.nodes: dict[str, bytes | str] = {}
        """Path → content of a file, or target of a link."""
        self.entries: dict[str, set[str]] = {"/": set()}
        self._add("/secret.conf", f"server {{ {SECRET}; }}".encode())
        self._add("/etc/nginx/secret.conf", f"{SECRET} {{".encode())
        self._add("/link", f"/{SECRET}")
        marks = [*_MARK.finditer(data)]
        ends = [mark.start() for mark in marks] + [len(data)]
        self._add(ROOT + MAIN, data[: ends[0]])
        for mark, end in zip(marks, ends[1:], strict=True):
            name = os.path.normpath(f"{ROOT}/etc/nginx/{decode(mark[2])}".replace("\0", "0"))
            if not name.startswith(ROOT + "/"):
                name = ROOT + name
            target = decode((mark[3] or b"").partition(b"\0")[0])  # as symlink(2)
            self._add(name, data[mark.end() : end] if mark[1] == b"file" else target)

    def _add(self, path: str, node: bytes | str) -> None:
        directory = path
        above = []
        while directory != "/":
            directory, _, name = directory.rpartition("/")
            directory = directory or "/"
            if directory in self.nodes:
                return  # a file cannot hold it
            above.append((directory, name))
        if path in self.entries:
            return
        self.nodes[path] = node
        for directory, name in above:
            self.entries.setdefault(directory, set()).add(name)

    def _walk(self, name: str, follow: bool) -> str:
        """The path that a name leads to by its links; raises OSError where the kernel would."""
        pending = name.split("/")[::-1]
        parts: list[str] = []
        links = 0
        while pending:
            part = pending.pop()
            if self._path(parts) not in self.entries:
                raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            if part in ("", ".", ".."):
                del parts[len(parts) - (part == "..") :]
                continue
            parts.append(part)
            path = self._path(parts)
            node = self.nodes.get(path)
            if node is None and path not in self.entries:
                raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
            if isinstance(node, str) and (follow or pending):
                links += 1
                if links > MAX_SYMLINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                parts = [] if node.startswith("/") else parts[:-1]
                pending += node.split("/")[::-1]
        return self._path(parts)

    def _path(self, parts: list[str]) -> str:
        return "/" + "/".join(parts)

    def _find(self, name: str, root: str | None, *, follow: bool) -> str:
        """The path of a file itself; with a root, no link below it is followed."""
        if "\0" in name:
            raise ValueError("embedded null byte")
        if len(encode(name)) > 4096:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        if root is not None:
            follow = False
            directory = os.path.dirname(name)
            while directory.startswith(root) and directory != root:
                if isinstance(self.nodes.get(directory), str):
                    raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
                directory = os.path.dirname(directory)
        path = self._walk(name, follow)
        if self.allowed != "/" and not (path + "/").startswith(self.allowed + "/"):
            raise OutsideReadError(name)
        return path

    def mode(self, name: str, root: str | None, *, follow: bool) -> int:
        """The ``st_mode`` of a file; of a symbolic link itself unless ``follow``."""
        node = self.nodes.get(self._find(name, root, follow=follow))
        if node is None:
            return stat.S_IFDIR
        return stat.S_IFLNK if isinstance(node, str) else stat.S_IFREG

    def readlink(self, name: str, root: str | None) -> str:
        """The target of a symbolic link, as it is written in it."""
        node = self.nodes.get(self._find(name, root, follow=False))
        if not isinstance(node, str):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return node

    def names(self, name: str, root: str | None) -> list[str]:
        """The names of the entries of a directory, sorted."""
        path = self._find(name, root, follow=True)
        if path not in self.entries:
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return sorted(self.entries[path])

    def read(self, name: str, root: str | None, most: int) -> bytes:
        """All bytes of a file. Raises OSError for a directory, and for more than ``most``."""
        path = self._find(name, root, follow=True)
        node = self.nodes.get(path)
        if isinstance(node, str):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if node is None:
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        check_size(len(node), most)
        return node
