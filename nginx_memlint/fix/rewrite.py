"""Write several files, all or none, each atomically; a doubtful file is refused beforehand.

Before the first file is replaced, the new and the old content of all have been written and synced
beside them, so that they can be put back even if the disk is full.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.files.paths import encode
from nginx_memlint.files.reading import NotRegularError, open_regular, read_bytes
from nginx_memlint.files.signals import uninterrupted
from nginx_memlint.files.writing import Directory, read_attributes


@dataclass(slots=True)
class Rewrite:
    """A file to write: its path with all links resolved, its bytes, and its new bytes.

    ``before`` is None if the file is not there yet: it gets mode and owner of the file ``like``.
    """

    path: str
    before: bytes | None
    after: bytes
    like: str = ""


@dataclass(slots=True, eq=False)
class _StagedRewrite:
    """A file and its two versions, in its directory.

    ``seen`` is the file, or the one that a new file is to be like, with its ``attributes``.
    """

    rewrite: Rewrite
    directory: Directory
    name: bytes
    seen: os.stat_result
    attributes: dict[str, bytes]
    fresh: bytes = b""
    old: bytes = b""

    def write(self, data: bytes) -> bytes:
        """Write a file with the mode, owner and attributes of the original; return its name."""
        owner = self.seen.st_uid, self.seen.st_gid
        return self.directory.create(
            data, mode=self.seen.st_mode, owner=owner, attributes=self.attributes
        )

    def put_back(self) -> None:
        """Restore the old content, or remove what is new."""
        if self.rewrite.before is None:
            self.directory.remove(self.name)
        else:
            self.directory.replace(self.name, self.old)

    def is_as_read(self) -> bool:
        """Whether the file is still the one that was looked at."""
        descriptor = self.directory.descriptor
        if self.rewrite.before is None:
            return _is_absent(self.name, self.directory)
        info = os.stat(self.name, dir_fd=descriptor, follow_symlinks=False)
        return _identity(info) == _identity(self.seen)


@contextmanager
def rewritten(files: Sequence[Rewrite]) -> Iterator[None]:
    """Write the files, and put them back if the body of the ``with`` raises.

    Raises MemlintError if they were not written, or have been put back; with the status of an
    internal error if they could be neither kept nor put back: it names them and their old content.

    Nothing is written unless every file is plain, has one name, may be written, and holds the bytes
    it is said to hold.
    """
    directories: dict[bytes, Directory] = {}
    replaced: list[_StagedRewrite] = []
    try:
        path = ""
        try:
            staged = []
            for file in files:
                path = file.path
                staged.append(_staged(file, directories))
            for item in staged:
                path = item.rewrite.path
                item.fresh = item.write(item.rewrite.after)
                if item.rewrite.before is not None:
                    item.old = item.write(item.rewrite.before)
            for item in staged:
                path = item.rewrite.path
                if not item.is_as_read():
                    raise MemlintError(f"{path} has changed since it was read")
                replaced.append(item)  # before it is: an interrupt may come in between
                try:
                    item.directory.replace(item.name, item.fresh)
                except OSError:
                    replaced.pop()
                    raise
        except OSError as error:
            raise MemlintError(f"cannot write {path}: {error.strerror}") from None
        yield
    except BaseException:
        try:
            with uninterrupted():
                _put_back(replaced)
        finally:
            _put_back(replaced)  # should an interrupt have come just before
        raise
    finally:
        with uninterrupted():
            for directory in directories.values():
                directory.close()


def _put_back(replaced: list[_StagedRewrite]) -> None:
    failed = []
    while replaced:
        item = replaced.pop()
        try:
            item.put_back()
        except OSError as error:
            if item.rewrite.before is None:
                failed.append(f"{item.rewrite.path} ({error.strerror}; it was not there before)")
                continue
            directory = os.path.dirname(item.rewrite.path)
            kept = os.path.join(directory, os.fsdecode(item.directory.keep(item.old)))
            failed.append(f"{item.rewrite.path} ({error.strerror}; its old content is in {kept})")
    if failed:
        what = "could not put back " + ", ".join(failed)
        raise MemlintError(what, status=Exit.INTERNAL)


def remove_leftovers(paths: Iterable[str]) -> int:
    """Remove temporary files of killed processes from the directories of files; return how many.

    A directory that cannot be read, or in which somebody is writing, is passed over.
    """
    removed = 0
    for path in {os.path.dirname(encode(path)) for path in paths}:
        with suppress(OSError), uninterrupted():
            directory = Directory(path)
            removed += directory.removed
            directory.close()
    return removed


def _staged(file: Rewrite, directories: dict[bytes, Directory]) -> _StagedRewrite:
    """Look at a file before any is written; raises MemlintError and OSError."""
    directory, name = _opened(file.path, directories)
    if file.before is None:
        return _new(file, directory, name, directories)
    try:
        descriptor, info = open_regular(name, directory=directory.descriptor, follow=False)
    except NotRegularError as error:
        raise MemlintError(f"{file.path} {error.strerror}") from None
    try:
        if reason := _refusal(info, directory, name):
            raise MemlintError(f"{file.path} {reason}")
        if read_bytes(descriptor, len(file.before) + 1) != file.before:
            raise MemlintError(f"{file.path} has changed since it was read")
        return _StagedRewrite(file, directory, name, info, read_attributes(descriptor))
    finally:
        os.close(descriptor)


def _new(
    file: Rewrite, directory: Directory, name: bytes, directories: dict[bytes, Directory]
) -> _StagedRewrite:
    """Look at the place of a file that is not there yet."""
    if not _is_absent(name, directory):
        raise MemlintError(f"{file.path} has come to be since the configuration was read")
    if not _may_write(b".", directory):
        raise MemlintError(f"{file.path} is in a directory that cannot be written")
    beside, origin = _opened(file.like, directories)
    descriptor, info = open_regular(origin, directory=beside.descriptor, follow=False)
    try:
        return _StagedRewrite(file, directory, name, info, read_attributes(descriptor))
    finally:
        os.close(descriptor)


def _opened(path: str, directories: dict[bytes, Directory]) -> tuple[Directory, bytes]:
    """The directory of a file, opened once for all that are in it, and the file's name there."""
    place, name = os.path.split(encode(path))
    if place not in directories:
        with uninterrupted():
            directories[place] = Directory(place)
    return directories[place], name


def _may_write(name: bytes, directory: Directory) -> bool:
    return os.access(name, os.W_OK, dir_fd=directory.descriptor)


def _is_absent(name: bytes, directory: Directory) -> bool:
    try:
        os.stat(name, dir_fd=directory.descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return True
    return False


def _refusal(info: os.stat_result, directory: Directory, name: bytes) -> str | None:
    """The reason not to replace a file, None if there is none."""
    if info.st_nlink > 1:
        return f"has {info.st_nlink} hard links, and only one of them would be changed"
    # root may write everything: what nobody is meant to write is left alone all the same
    if not info.st_mode & 0o222 or not _may_write(name, directory):
        return "is read-only"
    if not _may_write(b".", directory):
        return "is in a directory that cannot be written"
    if os.geteuid() not in (0, info.st_uid):
        return "belongs to another user, who would lose it: run as that user or as root"
    return None


def _identity(info: os.stat_result) -> tuple[int, ...]:
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns
