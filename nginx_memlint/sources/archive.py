"""The files of another machine in a tar archive, read in memory: nothing is unpacked.

``tar -czh /etc/nginx /etc/ssl/certs`` makes one where no Python is. What the archive lacks may be
there on the machine. No private key is kept.
"""

from __future__ import annotations

import errno
import posixpath
import re
import stat
from typing import TypeAlias

from nginx_memlint.files.archive import Member, members
from nginx_memlint.files.bounds import Bounds, check_size
from nginx_memlint.files.paths import os_error
from nginx_memlint.sources.disk import Disk
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.source import KeysDropped, undropped

_Packed: TypeAlias = "dict[str, _Packed] | bytes | str | int"
"""A directory, a file, the target of a symbolic link, or the st_mode of anything else."""

_KEY_NAMES = (".key", ".p12", ".pfx", ".jks")
"""Endings of the names of files of which nothing is kept."""

_KEY = re.compile(
    rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
    rb".*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_KEY_MARK = b"PRIVATE KEY-----"

MOST_PARTS = 100
"""Directories in the path of a member, which are kept one by one."""


class ArchiveFiles(FileSystem):
    """The files of an archive; ``name`` is its own, before the names of what is in it.

    ``left_out`` are names of members that lead out of it, or to what it does not hold. Raises
    ArchiveError and BoundError.
    """

    is_partial = True

    def __init__(self, data: bytes, name: str, bounds: Bounds) -> None:
        tree = _Unpacked()
        super().__init__({"/": name}, restricted=True, disk=tree, bounds=bounds)
        self.left_out: list[str] = []
        for member in members(data, bounds):
            path = member.name
            parts = [part for part in path.split("/") if part not in ("", ".")]
            self.meter.list(max(len(parts), 1), "the archive has")
            if ".." in parts or len(parts) > MOST_PARTS:
                self.left_out.append(path)
            elif stat.S_ISDIR(member.mode) or not parts:
                tree.directory(parts)
            else:
                *above, last = parts
                node = tree.node_of(last, member)
                directory = tree.directory(above)
                if node is None or directory is None:
                    self.left_out.append(path)
                else:
                    directory[last] = node

    def read(self, path: str) -> bytes:
        """All bytes of a file; the error says if it is a link to what was not packed."""
        try:
            return super().read(path)
        except FileNotFoundError as error:
            leads_to = self._resolve(path, follow_last=True)[0]
            if leads_to == posixpath.normpath(path):
                raise
            where = f"it leads to {leads_to}, which is not in the archive"
            why = f"{error.strerror}: {where}; tar -h packs what links lead to"
            raise OSError(error.errno, why) from None

    def real_path(self, path: str) -> str:
        """The name of the file itself in the archive, all links resolved; raises OSError."""
        return self._locate(path)[0]

    def main_files(self, name: str) -> list[str]:
        """The absolute paths of all files with a name, in the order of their paths."""
        assert isinstance(self._disk, _Unpacked)
        paths = []
        pending = [("", self._disk.top)]
        while pending:
            path, names = pending.pop()
            if isinstance(names.get(name), bytes):
                paths.append(f"{path}/{name}")
            pending += [
                (f"{path}/{part}", node) for part, node in names.items() if isinstance(node, dict)
            ]
        return sorted(paths)


class _Unpacked(Disk):
    """Directories in memory, as if they were this machine's below the root that is given."""

    def __init__(self) -> None:
        self.top: dict[str, _Packed] = {}

    def directory(self, parts: list[str]) -> dict[str, _Packed] | None:
        """The directory of these names, made if it is not there; None if something else is."""
        names = self.top
        for part in parts:
            inner = names.setdefault(part, {})
            if not isinstance(inner, dict):
                return None
            names = inner
        return names

    def node_of(self, name: str, member: Member) -> _Packed | None:
        """The entry of a member in its directory; None for a hard link to what is not there."""
        if stat.S_ISLNK(member.mode):
            return member.target
        if not stat.S_ISREG(member.mode):
            return member.mode
        if not member.target:
            return KeysDropped() if name.endswith(_KEY_NAMES) else _without_keys(member.data)
        try:
            linked = self._node(member.target)
        except OSError:
            return None
        return None if isinstance(linked, dict) else linked

    def mode(self, name: str, root: str | None, *, follow: bool) -> int:
        """The ``st_mode`` of a member; no link is followed."""
        del follow
        node = self._node(name, root)
        if isinstance(node, int):
            return node
        kinds = {dict: stat.S_IFDIR, str: stat.S_IFLNK}
        return kinds.get(type(node), stat.S_IFREG) | 0o755

    def readlink(self, name: str, root: str | None) -> str:
        """The target of a symbolic link."""
        node = self._node(name, root)
        if not isinstance(node, str):
            raise os_error(errno.EINVAL)
        return node

    def names(self, name: str, root: str | None) -> list[str]:
        """The names of the entries of a directory."""
        node = self._node(name, root)
        if not isinstance(node, dict):
            raise os_error(errno.ENOTDIR)
        return list(node)

    def read(self, name: str, root: str | None, most: int) -> bytes:
        """All bytes of a file but its keys; none of a device. Raises OSError if nothing is left."""
        node = self._node(name, root)
        if isinstance(node, dict):
            raise os_error(errno.EISDIR)
        if isinstance(node, str):
            raise os_error(errno.ELOOP)
        if isinstance(node, int):
            if stat.S_ISFIFO(node):
                raise OSError(errno.ESPIPE, "is a FIFO: nginx would wait for its writer")
            return b""
        if not node:
            undropped(node)
        check_size(len(node), most)
        return node

    def _node(self, name: str, root: str | None = None) -> _Packed:
        """The member at a name; raises OSError if there is none."""
        node: _Packed = self.top
        for part in name[len(root or "") :].split("/"):
            if part in ("", "."):
                continue
            if not isinstance(node, dict):
                raise os_error(errno.ENOTDIR)
            if part not in node:
                raise os_error(errno.ENOENT)
            node = node[part]
        return node


def _without_keys(data: bytes) -> bytes:
    """A file without the private keys in it, which no figure needs."""
    return KeysDropped(_KEY.sub(b"", data)) if _KEY_MARK in data else data
