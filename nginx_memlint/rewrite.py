"""Write several files, all or none, each atomically; what is in doubt is refused beforehand.

A file is replaced by one beside it that was written and synced before the first is replaced; so
was its old content, so that it can be put back even if the disk is full.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from nginx_memlint.config.source import encode

PREFIX = ".memlint-"
"""Of the names of files while they are written: no ``*`` of an include finds them."""

_NO_XATTR = frozenset({errno.ENOTSUP, errno.ENODATA, errno.EPERM, errno.EINVAL, errno.EACCES})


class RewriteError(Exception):
    """The files were not written, or are as they were again; the message says why."""


class LeftChangedError(Exception):
    """Files could be neither kept nor put back; the message names them and their old content."""


@dataclass(slots=True)
class Rewrite:
    """A file to write: where it is with all links followed, its bytes, and what they become."""

    path: str
    before: bytes
    after: bytes


@dataclass(slots=True, eq=False)
class _Staged:
    """A file and its two versions, in its directory."""

    rewrite: Rewrite
    directory: int
    """A descriptor: should the way to it change meanwhile, this one still leads there."""
    name: bytes
    seen: os.stat_result
    fresh: bytes = b""
    old: bytes = b""
    temporary: list[bytes] = field(default_factory=list)

    def write(self, data: bytes) -> bytes:
        """A file with the mode, owner and attributes of the original; returns its name."""
        name = encode(PREFIX + os.urandom(8).hex())
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(name, flags, 0o600, dir_fd=self.directory)
        self.temporary.append(name)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            mine = os.fstat(descriptor)
            if (mine.st_uid, mine.st_gid) != (self.seen.st_uid, self.seen.st_gid):
                os.fchown(descriptor, self.seen.st_uid, self.seen.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(self.seen.st_mode))
            _copy_attributes(encode(self.rewrite.path), descriptor)
            os.fsync(descriptor)
        return name

    def replace(self, by: bytes) -> None:
        os.replace(by, self.name, src_dir_fd=self.directory, dst_dir_fd=self.directory)
        with suppress(OSError):  # not every file system can
            os.fsync(self.directory)

    def is_as_read(self) -> bool:
        """Whether the file is the one that was compared."""
        info = os.stat(self.name, dir_fd=self.directory, follow_symlinks=False)
        return _identity(info) == _identity(self.seen)

    def clean_up(self) -> None:
        for name in self.temporary:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=self.directory)
        os.close(self.directory)


@contextmanager
def rewritten(files: Sequence[Rewrite]) -> Iterator[None]:
    """Write the files; put them back if the body raises. Raises RewriteError, LeftChangedError.

    Nothing is written unless every file is plain, has one name, may be written, and holds the
    bytes it is said to hold.
    """
    staged: list[_Staged] = []
    replaced: list[_Staged] = []
    try:
        path = ""
        try:
            for file in files:
                path = file.path
                staged.append(_open(file))
            for item in staged:
                path = item.rewrite.path
                item.fresh = item.write(item.rewrite.after)
                item.old = item.write(item.rewrite.before)
            for item in staged:
                path = item.rewrite.path
                if not item.is_as_read():
                    raise RewriteError(f"{path} has changed since it was read")
                replaced.append(item)  # before it is: an interrupt may come in between
                try:
                    item.replace(item.fresh)
                except OSError:
                    replaced.pop()
                    raise
        except OSError as error:
            raise RewriteError(f"cannot write {path}: {error.strerror}") from None
        yield
    except BaseException:
        _put_back(replaced)
        raise
    finally:
        for item in staged:
            item.clean_up()


def _put_back(replaced: list[_Staged]) -> None:
    failed = []
    for item in reversed(replaced):
        try:
            item.replace(item.old)
        except OSError as error:
            item.temporary.remove(item.old)
            directory = os.path.dirname(item.rewrite.path)
            kept = os.path.join(directory, os.fsdecode(item.old))
            failed.append(f"{item.rewrite.path} ({error.strerror}; its old content is in {kept})")
    if failed:
        raise LeftChangedError("could not put back " + ", ".join(failed))


def _open(file: Rewrite) -> _Staged:
    """Look at a file before anything is written; raises RewriteError and OSError."""
    directory, name = os.path.split(encode(file.path))
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW
        with open(os.open(name, flags, dir_fd=descriptor), "rb") as opened:
            info = os.fstat(opened.fileno())
            if reason := _refusal(info, directory, file.path):
                raise RewriteError(f"{file.path} {reason}")
            if opened.read(len(file.before) + 1) != file.before:
                raise RewriteError(f"{file.path} has changed since it was read")
    except BaseException:
        os.close(descriptor)
        raise
    return _Staged(file, descriptor, name, info)


def _refusal(info: os.stat_result, directory: bytes, path: str) -> str | None:
    """Why a file is not to be replaced."""
    if not stat.S_ISREG(info.st_mode):
        return "is no regular file"
    if info.st_nlink > 1:
        return f"has {info.st_nlink} hard links, and only one of them would be changed"
    # root may write everything: what nobody is meant to write is left alone all the same
    if not info.st_mode & 0o222 or not os.access(encode(path), os.W_OK):
        return "is read-only"
    if not os.access(directory, os.W_OK):
        return "is in a directory that cannot be written"
    if os.geteuid() not in (0, info.st_uid):
        return "belongs to another user, who would lose it: run as that user or as root"
    return None


def _copy_attributes(path: bytes, descriptor: int) -> None:
    """Extended attributes: access control lists, SELinux labels."""
    if not hasattr(os, "listxattr"):
        return
    try:
        for name in os.listxattr(path):
            os.setxattr(descriptor, name, os.getxattr(path, name))
    except OSError as error:
        if error.errno not in _NO_XATTR:
            raise


def _identity(info: os.stat_result) -> tuple[int, ...]:
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns
