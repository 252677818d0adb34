"""The files of a commit, read from git's objects: nothing is checked out, no index is touched.

The repository need not be trusted. Only ``rev-parse``, ``show-ref`` and ``cat-file`` run (and
``ls-files``, by which ``rev-parse`` finds what a submodule is in): none runs hooks, filters, text
conversions or a pager; ``cat-file`` is given object names alone, so no name in the repository
reaches a command line or git's protocol. Objects that a partial clone lacks are not fetched.
Neither replacements (``refs/replace``) nor grafts count: an object is what its name, the hash of
its content, says, and a commit's parents are those that it names itself.
"""

from __future__ import annotations

import errno
import os
import re
import resource
import selectors
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.bounds import DEFAULT_BOUNDS, check_size
from nginx_memlint.files.paths import PATH_MAX, decode, encode, os_error
from nginx_memlint.files.programs import find_program
from nginx_memlint.printable import printable
from nginx_memlint.sources.disk import Disk
from nginx_memlint.sources.file_system import MAX_SYMLINKS

ANSWER_SECONDS = 60
"""Seconds that git may keep silent."""


GIT_MEMORY = 1 << 30
"""Bytes that git may take beside the files it maps: of a commit or a tree, as large as its header
says, it makes one piece, and 3 MB of a repository may be one of 3 GB."""

TREE_BYTES = 32 << 20
"""Bytes of all directories of a commit that are read: a million names."""

_OPTIONS = (
    "--no-pager",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "safe.bareRepository=explicit"),
    # before git 2.41 this setting in a repository outdoes GIT_NO_REPLACE_OBJECTS
    *("-c", "core.useReplaceRefs=false"),
    # a repository may keep it from saying that a name is of two references
    *("-c", "core.warnAmbiguousRefs=true"),
    # a cache of parents, which is believed unseen
    *("-c", "core.commitGraph=false"),
)
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # no fetch from a promisor remote: by name since git 2.44, before that for want of a protocol
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "LC_ALL": "C",
}

_OBJECT_NAME = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_AMBIGUOUS = re.compile(rb"^warning: refname '(.*)' is ambiguous\.$", re.MULTILINE)

_PLACES = ("refs/", "refs/tags/", "refs/heads/", "refs/remotes/")
"""Beginnings of the references that a short name may be of, as gitrevisions(7) lists them."""

_AFTER_NAME = re.compile(r"[~^:]|@\{")
"""Beginning of what follows the name of a reference: ``~2``, ``^{tree}``, ``@{1}``."""

_HEADER = re.compile(rb"[0-9a-f]+ (\w+) (\d{1,19})")

_GITLINK = stat.S_IFDIR | stat.S_IFLNK
"""Type of a submodule in a tree."""

_SUBMODULE = stat.S_IFDIR | stat.S_ISVTX
"""Mode of a submodule, which is read as a directory; the sticky bit, which no tree object has,
tells it apart."""

STAND_INS = {
    b"version https://git-lfs.github.com/spec/": "is a Git LFS pointer",
    b"\0GITCRYPT\0": "is encrypted by git-crypt",
}
"""First bytes of a blob that stands for another content, which a filter would make of it."""


class MissingError(OSError):
    """The content that a commit has at a path cannot be had from the repository."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EIO, f"{why}: what it stands for is not in the commit")


class SilentError(MemlintError):
    """Git does not answer, and would not answer the next question either."""

    def __init__(self) -> None:
        super().__init__(_SILENT)


def open_commit(directory: str, reference: str) -> Commit:
    """The commit that a reference names in the repository whose working tree a directory is in.

    As for git itself, ``GIT_DIR`` and ``GIT_WORK_TREE`` in the environment name the repository. In
    a submodule of the working directory's repository it is that one: there a user says what the
    reference means. A name that is of two references is refused: whoever may push a tag could put
    it before a branch. The commit is to be closed. Raises MemlintError.
    """
    while not os.path.isdir(encode(directory or ".")):  # removed since the commit
        directory = os.path.dirname(directory)
    # a relative GIT_DIR, as hooks have it, is relative to the working directory
    start = "." if "GIT_DIR" in os.environ else _outer(directory or ".")
    top = _tell(start, "--show-toplevel")
    if not top:
        raise MemlintError(f"{printable(directory or '.')} is in no working tree of git")
    name = said = b""
    if "\0" not in reference and _is_whole(start, reference):
        verify = ("rev-parse", "--verify", "--end-of-options")
        with _unless_silent():
            # in two steps: ":/text" would take the suffix for text
            output, said = _answer(start, *verify, reference)
            named = decode(output.strip())
            name = _ask(start, *verify, f"{named}^{{commit}}").strip()
    if not _OBJECT_NAME.fullmatch(name):
        shallow = _ask(start, "rev-parse", "--is-shallow-repository").strip() == b"true"
        hint = "; it is a shallow clone: fetch the commit first" if shallow else ""
        raise MemlintError(f'"{printable(reference)}" names no commit of {printable(top)}{hint}')
    _require_one(start, said)
    return Commit(top, name.decode(), Objects(start))


def _outer(directory: str) -> str:
    """The top of the working directory's repository, if a directory is in a submodule of it.

    Otherwise the directory itself: it may also be in a clone that is beside what is tracked.
    """
    with _unless_silent():
        working = _tell(".", "--show-toplevel")
        start = directory
        while start and _tell(start, "--show-toplevel") != working:
            start = _tell(start, "--show-superproject-working-tree")
        return start or directory
    return directory


@contextmanager
def _unless_silent() -> Iterator[None]:
    """Go on after an error of git, unless it is that git keeps silent."""
    try:
        yield
    except SilentError:
        raise
    except MemlintError:
        pass


def _is_whole(directory: str, reference: str) -> bool:
    """Whether there is a reference of just this name, if the name begins with refs/.

    Else git would go on to take refs/tags/refs/heads/main for refs/heads/main.
    """
    name = _AFTER_NAME.split(reference, maxsplit=1)[0]
    if not name.startswith("refs/"):
        return True
    with _unless_silent():
        _ask(directory, "show-ref", "--verify", "--quiet", "--", name)
        return True
    return False


def _require_one(directory: str, said: bytes) -> None:
    """Raise MemlintError if git has said that a name is of more than one reference or object.

    HEAD, a hash in full, and what begins with refs/ stand before references of that name.
    """
    for name in map(decode, _AMBIGUOUS.findall(said)):
        if (
            name in ("HEAD", "@")
            or name.startswith("refs/")
            or _OBJECT_NAME.fullmatch(encode(name))
        ):
            continue
        listed = b""
        with _unless_silent():
            listed = _ask(directory, "show-ref", "--", name, f"{name}/HEAD")
        references = {decode(line.partition(b" ")[2]) for line in listed.splitlines()}
        ways = [way for place in _PLACES for way in (f"{place}{name}", f"{place}{name}/HEAD")]
        whole = " or ".join(printable(way) for way in ways if way in references)
        raise MemlintError(
            f'"{printable(name)}" names more than one commit: '
            f"write {whole or 'the reference in full'}, or the hash of a commit in full"
        )


def _tell(directory: str, what: str) -> str:
    """A path that git has for a directory."""
    return decode(_ask(directory, "rev-parse", what).removesuffix(b"\n"))


def _command(*arguments: str) -> list[str]:
    """A command line of git. Raises MemlintError."""
    git = find_program("git")
    if git is None:
        raise MemlintError("git is not installed")
    return [git, *_OPTIONS, *arguments]


def _ask(directory: str, *arguments: str) -> bytes:
    """The output of a short git command."""
    return _answer(directory, *arguments)[0]


def _answer(directory: str, *arguments: str) -> tuple[bytes, bytes]:
    """The output of a short git command, and its warnings."""
    try:
        process = subprocess.Popen(
            [*map(encode, _command(*arguments))],
            cwd=encode(directory),
            env=os.environ | _ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=_bound_memory,  # noqa: PLW1509  no lock is taken there
        )
    except OSError as error:
        raise MemlintError(f"git cannot be run: {error}") from None
    with process:
        try:
            output, said = process.communicate(timeout=ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            raise SilentError from None
        finally:
            process.kill()
    if status := process.returncode:
        line = decode(said).strip().partition("\n")[0].removeprefix("fatal: ")
        raise MemlintError(f"git: {printable(line) or f'exit status {status}'}")
    return output, said


def _bound_memory() -> None:
    """Limit the memory of the process that becomes git, before it reads any object.

    Called between fork and exec: it calls one function of the system and takes no lock.
    """
    with suppress(OSError, ValueError):  # it may have less than that already
        resource.setrlimit(resource.RLIMIT_DATA, (GIT_MEMORY, GIT_MEMORY))


_SILENT = f"git has not answered for {ANSWER_SECONDS} s"


class Objects:
    """The objects of a repository, by one ``git cat-file --batch`` that runs while it is needed."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self.is_silent = False
        """Whether git did not answer: it is not asked again."""
        self._process: subprocess.Popen[bytes] | None = None
        self._selector: selectors.BaseSelector | None = None
        self._buffer = bytearray()

    def read(self, name: str, kind: str, most: int = DEFAULT_BOUNDS.file_bytes) -> bytes:
        """The content of an object of a kind: blob, tree or commit. Raises OSError.

        ``most``: the bytes beyond which it is not read.
        """
        try:
            return self._read(name, kind, most)
        except OSError:
            self.close()  # what it writes now would be taken for the next answer
            raise

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        self._buffer.clear()
        if self._selector:
            self._selector.close()
        if process is None or process.stdin is None or process.stdout is None:
            return
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
        if self.is_silent:
            process.kill()
        try:
            process.wait(ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _read(self, name: str, kind: str, most: int) -> bytes:
        if self.is_silent:  # else each object would be waited for
            raise OSError(errno.ETIMEDOUT, _SILENT)
        process = self._process or self._start()
        assert process.stdin is not None
        process.stdin.write(name.encode() + b"\n")
        while (end := self._buffer.find(b"\n")) < 0:
            self._fill()
        header = _HEADER.fullmatch(self._take(end + 1)[:-1])
        if header is None:
            raise OSError(errno.EIO, f"object {name} is missing from the repository")
        if header[1] != kind.encode():
            raise OSError(errno.EIO, f"object {name} is a {header[1].decode()}, not a {kind}")
        size = int(header[2])
        check_size(size, most)
        while len(self._buffer) <= size:
            self._fill()
        return self._take(size + 1)[:-1]

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            _command("cat-file", "--batch"),
            cwd=encode(self._directory),
            env=os.environ | _ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            preexec_fn=_bound_memory,  # noqa: PLW1509  no lock is taken there
        )
        assert self._process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        return self._process

    def _fill(self) -> None:
        assert self._process
        assert self._process.stdout
        assert self._selector
        if not self._selector.select(ANSWER_SECONDS):
            self.is_silent = True
            raise OSError(errno.ETIMEDOUT, _SILENT)
        data = os.read(self._process.stdout.fileno(), 1 << 20)
        if not data:
            raise OSError(errno.EIO, "git cannot read the repository")
        self._buffer += data

    def _take(self, count: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:count])
        del self._buffer[:count]
        return taken


class _TreeEntry(NamedTuple):
    """The mode at a path, and the name of the object there, None if it is of the working tree."""

    path: str
    mode: int
    object: str | None = None


class Commit(Disk):
    """This machine's files, those of a working tree replaced by what a commit has there.

    Symbolic links are followed from either to the other. ``used`` tells whether any path has led
    into the working tree; ``missing`` holds the files whose content cannot be had, with the
    reason.
    """

    def __init__(self, top: str, name: str, objects: Objects) -> None:
        self.top = top
        self.name = name
        self.used = False
        self.missing: dict[str, str] = {}
        self.objects = objects
        self._trees: dict[str, dict[str, tuple[int, str]]] = {}
        self._tree_bytes = 0

    def close(self) -> None:
        """End the git process."""
        self.objects.close()

    def mode(self, name: str, root: str | None, *, follow: bool) -> int:
        """The ``st_mode`` at a path in the commit; a submodule is a directory."""
        if root is not None:
            follow = False
        return self._find(name, follow=follow).mode

    def readlink(self, name: str, root: str | None) -> str:  # noqa: ARG002  links are not followed
        """The target of a symbolic link in the commit."""
        node = self._find(name, follow=False)
        if not stat.S_ISLNK(node.mode):
            raise os_error(errno.EINVAL)
        return self._target(node)

    def names(self, name: str, root: str | None) -> list[str]:
        """The names in a directory of the commit."""
        node = self._find(name, follow=root is None)
        if node.object is None:
            return super().names(node.path if root is None else name, root)
        if not stat.S_ISDIR(node.mode):
            raise os_error(errno.ENOTDIR)
        return list(self._tree(node))

    def read(self, name: str, root: str | None, most: int) -> bytes:
        """All bytes of a file of the commit. Raises OSError if there are more than ``most``."""
        node = self._find(name, follow=root is None)
        if node.object is None:
            return super().read(node.path if root is None else name, root, most)
        if stat.S_ISLNK(node.mode):
            raise os_error(errno.ELOOP)
        if stat.S_ISDIR(node.mode):
            raise os_error(errno.EISDIR)
        return self._content(node, "blob", most)

    def _content(self, node: _TreeEntry, kind: str, most: int = DEFAULT_BOUNDS.file_bytes) -> bytes:
        """The content of an object; a file without one is added to ``missing``. Raises OSError."""
        assert node.object is not None
        try:
            if node.mode == _SUBMODULE:
                raise MissingError("is a submodule")
            data = self.objects.read(node.object, kind, most)
            for beginning, what in STAND_INS.items():
                if data.startswith(beginning):
                    raise MissingError(what)
        except OSError as error:
            self.missing[node.path] = str(error.strerror)
            raise
        return data

    @cached_property
    def _root(self) -> _TreeEntry:
        return self._on_disk("/")

    def _find(self, name: str, *, follow: bool) -> _TreeEntry:
        """The entry at a path, found by walking it as the kernel does. Raises OSError."""
        if not name:
            raise os_error(errno.ENOENT)
        if not name.startswith("/"):
            name = decode(os.getcwdb()) + "/" + name
        pending = name.split("/")[::-1]
        done = [self._root]
        links = 0
        while pending:
            part = pending.pop()
            if not stat.S_ISDIR(done[-1].mode):
                raise os_error(errno.ENOTDIR)
            if part == "..":
                del done[max(1, len(done) - 1) :]
            if part in ("", ".", ".."):
                continue
            node = self._child(done[-1], part)
            if not stat.S_ISLNK(node.mode) or not (pending or follow):
                done.append(node)
                continue
            links += 1
            target = self._target(node)
            if links > MAX_SYMLINKS:
                raise os_error(errno.ELOOP)
            if target.startswith("/"):
                del done[1:]
            pending += target.split("/")[::-1]
        return done[-1]

    def _child(self, parent: _TreeEntry, part: str) -> _TreeEntry:
        path = f"{parent.path.rstrip('/')}/{part}"
        if parent.object is None:
            return self._on_disk(path)
        try:
            mode, name = self._tree(parent)[part]
        except KeyError:
            raise os_error(errno.ENOENT) from None
        return _TreeEntry(path, mode, name)

    def _on_disk(self, path: str) -> _TreeEntry:
        if path == self.top:
            self.used = True
            return _TreeEntry(path, stat.S_IFDIR, self._top_tree)
        return _TreeEntry(path, super().mode(path, None, follow=False))

    @cached_property
    def _top_tree(self) -> str:
        """The commit's own tree: the first line of a commit names it."""
        data = self.objects.read(self.name, "commit")
        match = re.match(rb"tree ([0-9a-f]+)\n", data)
        if match is None:
            raise OSError(errno.EIO, f"object {self.name} is malformed")
        return match[1].decode()

    def _target(self, node: _TreeEntry) -> str:
        if node.object is None:
            return super().readlink(node.path, None)
        target = self._content(node, "blob")
        if len(target) >= PATH_MAX:
            raise os_error(errno.ENAMETOOLONG)
        if not target or b"\0" in target:
            raise os_error(errno.ENOENT)
        return decode(target)

    def _tree(self, node: _TreeEntry) -> dict[str, tuple[int, str]]:
        """The modes and object names in a directory of the commit, by name."""
        assert node.object is not None
        if node.object not in self._trees:
            data = self._content(node, "tree")
            self._tree_bytes += len(data)
            if self._tree_bytes > TREE_BYTES:
                self.missing[node.path] = what = "the commit's directories are too large together"
                raise OSError(errno.EFBIG, what)
            self._trees[node.object] = _parse_tree(data, len(node.object) // 2)
        return self._trees[node.object]


def _parse_tree(data: bytes, length: int) -> dict[str, tuple[int, str]]:
    """The modes and object names in a tree object, by file name.

    ``length`` is the number of bytes of an object name. Raises OSError if it is malformed.
    """
    entries: dict[str, tuple[int, str]] = {}
    position = 0
    while position < len(data):
        end = data.find(b"\0", position)
        mode, _, name = data[position:end].partition(b" ")
        object_name = data[end + 1 : end + 1 + length]
        wrong = end < 0 or len(object_name) != length or b"/" in name or name in (b"", b".", b"..")
        if wrong or not re.fullmatch(rb"[0-7]{5,6}", mode):
            raise OSError(errno.EIO, "a directory of the commit is malformed")
        bits = int(mode, 8) & ~stat.S_ISVTX
        entries[decode(name)] = (
            _SUBMODULE if stat.S_IFMT(bits) == _GITLINK else bits,
            object_name.hex(),
        )
        position = end + 1 + length
    return entries
