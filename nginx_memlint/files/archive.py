"""The members of a tar archive that anyone may have made, plain or compressed by gzip.

``tarfile`` trusts what it reads: the sizes in headers, and how many headers there are. Here a
member is handed out only within bounds, and nothing is ever unpacked.
"""

from __future__ import annotations

import errno
import io
import re
import stat
import tarfile
import zlib
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from nginx_memlint.files.bounds import BoundError, Bounds
from nginx_memlint.sizes import exact

_GZIP = b"\x1f\x8b\x08"
_MAGIC, _MAGIC_AT = b"ustar", 257
_BLOCK = 512
_NAME = re.compile(rb"[^\s;{}#\"']{0,100}(?=\0)|[^\s;{}#\"']{100}")
"""The name of the first member, where nginx takes it for the beginning of an unknown directive."""

MAX_HEADER = 8 << 10
"""Bytes of a long name, or of the attributes of a member."""

MAX_HEADERS = 2 << 30
"""Bytes of these, each squared: the time that ``tarfile`` may take to search them."""

MAX_PIECES = 1000
"""Pieces of a file with holes; no text has holes. For each, ``tarfile`` copies what it has read of
a step."""

_STEP = 1 << 16
"""Bytes that are read of a member at once."""

_HEADERS = frozenset(
    {
        *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
        *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    }
)

_MODES = {
    tarfile.DIRTYPE: stat.S_IFDIR,
    tarfile.SYMTYPE: stat.S_IFLNK,
    tarfile.CHRTYPE: stat.S_IFCHR,
    tarfile.BLKTYPE: stat.S_IFBLK,
    tarfile.FIFOTYPE: stat.S_IFIFO,
}


class ArchiveError(OSError):
    """An archive cannot be read to its end; ``strerror`` says why."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EIO, why)


class Member(NamedTuple):
    """A member of an archive: its name there, its type as in an ``st_mode``, and what it holds.

    ``target`` is that of a link; of a regular file, which is a hard link then, that of a name in
    the archive.
    """

    name: str
    mode: int
    data: bytes
    target: str


def is_archive(data: bytes) -> bool:
    """Whether a file begins like a tar archive, plain or in gzip."""
    head = data
    if data.startswith(_GZIP):
        try:
            head = zlib.decompressobj(31).decompress(data[: 1 << 16], _BLOCK)
        except zlib.error:
            return False
    return head[_MAGIC_AT : _MAGIC_AT + len(_MAGIC)] == _MAGIC


def may_be_configuration(data: bytes) -> bool:
    """Whether nginx may read directives in a file that begins like an archive.

    The name of its first member may be a comment or a directive, and what follows more of them.
    Usual names, and what gzip begins with, are part of a word that is no directive's name.
    """
    return not data.startswith(_GZIP) and not _NAME.match(data)


def members(data: bytes, bounds: Bounds) -> Iterator[Member]:
    """The members of an archive in order, their contents in all within the bound on bytes.

    Raises ArchiveError for one that ends early or is damaged, and BoundError.
    """
    plain = _decompressed(data, bounds.total_bytes)
    allowance = _Allowance(bounds.total_bytes)

    class BoundedInfo(tarfile.TarInfo):
        """A header that is looked at before more is read for it."""

        def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
            allowance.take(self)
            return super()._proc_member(archive)  # type: ignore[misc, no-any-return]

    try:
        with tarfile.open(
            fileobj=io.BytesIO(plain),
            mode="r:",
            tarinfo=BoundedInfo,
            encoding="utf-8",
            errors="surrogateescape",
        ) as archive:
            before = -1
            while (info := archive.next()) is not None:
                if archive.offset <= before:  # a size below 0
                    raise ArchiveError("is damaged or ends early: a header leads backwards")
                before = archive.offset
                archive.members.clear()  # type: ignore[attr-defined]  # it keeps them all
                allowance.take(info)
                yield _member(info, archive)
            end = archive.offset
    except (tarfile.TarError, RecursionError, EOFError, ValueError, OverflowError) as error:
        raise ArchiveError(f"is damaged or ends early: {error}") from None
    if plain[end : end + _BLOCK].strip(b"\0") or len(plain) < end + _BLOCK:
        raise ArchiveError("is damaged or ends early: it has no end")


class _Allowance:
    """Counts the bytes of members, and the time that their headers take."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = 0
        self._headers = 0

    def take(self, info: tarfile.TarInfo) -> None:
        if info.size < 0:
            raise ArchiveError("is damaged or ends early: a size is below 0")
        if info.type in _HEADERS:
            self._headers += info.size**2
            if info.size > MAX_HEADER or self._headers > MAX_HEADERS:
                raise BoundError("has headers that are too long", "total-bytes")
        elif info.isreg():
            self._bytes += info.size
            if self._bytes > 2 * self._most:  # each is looked at twice
                what = f"the files in it are larger than {exact(self._most)}"
                raise BoundError(what, "total-bytes")


def _member(info: tarfile.TarInfo, archive: tarfile.TarFile) -> Member:
    data = b""
    if info.isreg() and info.size:
        if len(info.sparse or ()) > MAX_PIECES:
            raise ArchiveError(f"has a file with holes in too many pieces, {info.name}")
        file = archive.extractfile(info)
        if file is not None:
            data = b"".join(iter(partial(file.read, _STEP), b""))
        if len(data) != info.size:
            raise ArchiveError(f"is damaged or ends early, in {info.name}")
    return Member(info.name, _MODES.get(info.type, stat.S_IFREG), data, info.linkname)


def _decompressed(data: bytes, most: int) -> bytes:
    """The archive itself; raises BoundError for one that grows beyond a bound."""
    parts: list[bytes] = []
    left, at, compressed = most, 0, memoryview(data)
    while data.startswith(_GZIP, at):
        inflating = zlib.decompressobj(31)
        step = _BLOCK
        while not inflating.eof:
            piece = compressed[at : at + step]
            if not piece:
                raise ArchiveError("is damaged or ends early: what compressed it was interrupted")
            try:
                part = inflating.decompress(piece, left + 1)
            except zlib.error as error:
                raise ArchiveError(f"is damaged or ends early: {error}") from None
            left -= len(part)
            if left < 0:
                raise BoundError(f"unpacks to more than {exact(most)}", "total-bytes")
            parts.append(part)
            at += len(piece) - len(inflating.unused_data)
            step *= 2  # what is beyond the end is copied: never much more than was read
    return b"".join(parts) if at else data
