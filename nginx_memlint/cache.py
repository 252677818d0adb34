"""Results of earlier runs, used again where nothing they depend on has changed.

A check asks its Source for files, directories and links, and nothing else decides the result but
the options and this program. So an entry holds every question and a digest of the answer beside
the result, and is used if all of them are answered as before. An entry is JSON behind a digest of
it: what is damaged, of another version or not to be trusted is treated as absent, and a cache that
cannot be written is done without.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Any

from nginx_memlint import result
from nginx_memlint.config.source import Source, encode
from nginx_memlint.result import ConfigReport, Model

LEAST_BYTES = 1 << 20
"""Bytes read below which a check is as fast as finding its result."""

MOST_ENTRIES = 64
"""Entries that are kept; the oldest go."""

MAX_ENTRY_BYTES = 64 << 20
"""Bytes of the largest entry that is read or written."""

Question = tuple[str, str]
"""A method of Source and its path."""


def digest(data: bytes) -> str:
    """A content hash, in hexadecimal digits."""
    from _blake2 import blake2b  # noqa: PLC0415  # without OpenSSL, which takes long to load

    return str(blake2b(data, digest_size=20).hexdigest())


class Recorder:
    """A Source that notes all it is asked, and a digest of what it answers."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.restricted = source.restricted
        self.answers: dict[Question, str] = {}
        self.bytes = 0
        self.trusted = True
        """Whether the answers were the only thing that the result depends on."""

    def read(self, path: str) -> bytes:
        """See Source."""
        data: bytes = self._ask("read", path)
        self.bytes += len(data)
        return data

    def names(self, path: str) -> list[str]:
        """See Source."""
        names: list[str] = self._ask("names", path)
        return names

    def exists(self, path: str) -> bool:
        """See Source."""
        return bool(self._ask("exists", path))

    def is_dir(self, path: str) -> bool:
        """See Source."""
        return bool(self._ask("is_dir", path))

    def shown(self, path: str) -> str:
        """See Source."""
        return str(self._ask("shown", path))

    def _ask(self, method: str, path: str) -> Any:  # noqa: ANN401
        try:
            answer = getattr(self._source, method)(path)
        except OSError as error:
            self.answers[method, path] = _digest_of(error)
            raise
        key = (method, path)
        seen = _digest_of(answer)
        if self.answers.setdefault(key, seen) != seen:
            self.trusted = False  # it changed while it was read
        return answer


def _digest_of(answer: object) -> str:
    if isinstance(answer, bytes):
        return digest(answer)
    if isinstance(answer, OSError):
        return f"error {answer.errno} {answer.strerror}"
    if isinstance(answer, list):
        return digest(encode("\0".join(sorted(answer))))
    return digest(encode(repr(answer)))


def ask(source: Source, question: Question) -> str:
    """The digest of what a source answers now."""
    method, path = question
    try:
        return _digest_of(getattr(source, method)(path))
    except OSError as error:
        return _digest_of(error)


class Cache:
    """A directory of entries. None of its methods raises."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    def load(self, key: str, source: Source) -> ConfigReport | None:
        """The result of a key, if the source answers as it did then."""
        import json  # noqa: PLC0415

        try:
            self._check_directory()
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            with open(os.open(self._path(key), flags), "rb") as file:
                _check_owner(os.fstat(file.fileno()), stat.S_ISREG)
                data = file.read(MAX_ENTRY_BYTES + 1)
            seal, _, text = data.partition(b"\n")
            if seal.decode("ascii", "replace") != digest(text):
                return None
            entry = json.loads(text)
            for method, path, answer in entry["answers"]:
                if method not in _METHODS or ask(source, (method, path)) != answer:
                    return None
            report = _decode(entry["report"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return report if isinstance(report, ConfigReport) else None

    def store(self, key: str, recorder: Recorder, report: ConfigReport) -> None:
        """Keep a result, if that is worth it."""
        import json  # noqa: PLC0415

        if recorder.bytes < LEAST_BYTES or not recorder.trusted:
            return
        answers = [[*question, answer] for question, answer in recorder.answers.items()]
        text = json.dumps({"answers": answers, "report": _encode(report)}).encode()
        if len(text) > MAX_ENTRY_BYTES:
            return
        path = self._path(key)
        partial = f"{path}.{os.getpid()}"
        try:
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
            self._check_directory()
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            try:
                with open(os.open(partial, flags, 0o600), "wb") as file:
                    file.write(digest(text).encode() + b"\n" + text)
                os.replace(partial, path)
            except OSError:
                os.unlink(partial)
                raise
            self._prune()
        except OSError:
            return

    def _path(self, key: str) -> str:
        return os.path.join(self.directory, f"{key}.json")

    def _check_directory(self) -> None:
        _check_owner(os.lstat(self.directory), stat.S_ISDIR)

    def _prune(self) -> None:
        with os.scandir(self.directory) as entries:
            files = [(entry.stat(follow_symlinks=False).st_mtime, entry.path) for entry in entries]
        for _, path in sorted(files)[:-MOST_ENTRIES]:
            os.unlink(path)


_METHODS = ("read", "names", "exists", "is_dir", "shown")


def _check_owner(info: os.stat_result, is_kind: Callable[[int], bool]) -> None:
    """Raise OSError unless it is of a kind, our own, and for nobody else to write."""
    if not is_kind(info.st_mode) or info.st_uid != os.geteuid() or info.st_mode & 0o022:
        raise PermissionError


def user_cache() -> Cache | None:
    """The cache of the user (XDG base directory specification); None without a home."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        home = os.path.expanduser("~")
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, ".cache")
    return Cache(os.path.join(base, "memlint"))


def key_of(*parts: object) -> str:
    """The key of a check: this program as it is, the working directory, and what is given."""
    package = os.path.dirname(__file__)
    files = []
    for directory, _, names in os.walk(package):
        for name in names:
            if name.endswith(".py"):
                info = os.stat(os.path.join(directory, name))
                files.append((name, info.st_size, info.st_mtime_ns))
    return digest(encode(repr((sorted(files), os.getcwd(), _stable(parts)))))


def _stable(value: object) -> object:
    """What is the same text in every run for the same value."""
    if isinstance(value, tuple | list):
        return [_stable(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(map(repr, value))
    if hasattr(value, "__dict__"):
        return [type(value).__name__, *((k, _stable(v)) for k, v in vars(value).items())]
    return value


def _encode(value: object) -> Any:  # noqa: ANN401
    if isinstance(value, Model):
        return {"is": type(value).__name__, **{k: _encode(v) for k, v in vars(value).items()}}
    if isinstance(value, dict):
        return {"is": "dict", "items": [[k, _encode(v)] for k, v in value.items()]}
    return [_encode(item) for item in value] if isinstance(value, list) else value


def _decode(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.pop("is")
    if kind == "dict":
        return {k: _decode(v) for k, v in value["items"]}
    record = vars(result).get(kind)
    if not isinstance(record, type) or not issubclass(record, Model):
        raise ValueError(f"{kind} is no record")
    return record(**{k: _decode(v) for k, v in value.items()})
