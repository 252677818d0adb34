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
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache

from nginx_memlint import result
from nginx_memlint.annotations import Any
from nginx_memlint.clock import Clock
from nginx_memlint.config.source import Source, encode
from nginx_memlint.digest import blake2b
from nginx_memlint.result import ConfigReport, Model

LEAST_BYTES = 1 << 17
"""Bytes read below which a check is as fast as finding its result."""

MOST_ENTRIES = 1000
"""Entries that are kept; the oldest go."""

MOST_BYTES = 128 << 20
"""Bytes of all entries; one has a quarter of it at most."""

PRUNED = "0"
"""First digits of the keys after which old entries are deleted: one in sixteen."""

Question = tuple[str, str]
"""A method of Source and its path."""


def digest(data: bytes) -> str:
    """A content hash, in hexadecimal digits."""
    return str(blake2b(data, 20).hexdigest())


class Recorder:
    """A Source that notes all it is asked, and a digest of what it answers."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.restricted = source.restricted
        self.bounds = source.bounds
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
            self._note((method, path), _digest_of(error))
            raise
        self._note((method, path), _digest_of(answer))
        return answer

    def _note(self, question: Question, answer: str) -> None:
        if self.answers.setdefault(question, answer) != answer:
            self.trusted = False  # it changed while it was read


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

    def load(self, key: str, source: Source, clock: Clock) -> ConfigReport | None:
        """The result of a key, if the source and the clock answer as they did then."""
        try:
            self._check_directory()
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            with open(os.open(self._path(key), flags), "rb") as file:
                _check_owner(os.fstat(file.fileno()), stat.S_ISREG)
                data = file.read(MOST_BYTES)
            seal, _, text = data.partition(b"\n")
            if seal.decode("ascii", "replace") != digest(text):
                return None
            import json  # noqa: PLC0415  small configurations have no entry

            entry = json.loads(text)
            if entry["program"] != this_program() or not clock.agrees(*entry["between"]):
                return None
            for method, path, answer in entry["answers"]:
                if method not in _METHODS or ask(source, (method, path)) != answer:
                    return None
            report = _decode(entry["report"])
        except (OSError, ValueError, KeyError, TypeError, RuntimeError):
            return None
        return report if isinstance(report, ConfigReport) else None

    def store(self, key: str, recorder: Recorder, clock: Clock, report: ConfigReport) -> None:
        """Keep a result, if that is worth it."""
        if recorder.bytes < LEAST_BYTES or not recorder.trusted:
            return
        import json  # noqa: PLC0415

        partial = ""
        try:
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
            self._check_directory()
            answers = [[*question, answer] for question, answer in recorder.answers.items()]
            entry = {
                "program": this_program(),
                "between": (clock.latest_past, clock.earliest_future),
                "answers": answers,
                "report": _encode(report),
            }
            text = json.dumps(entry).encode()
            if len(text) > MOST_BYTES // 4:
                return
            path = self._path(key)
            name = f"{path}.{os.urandom(8).hex()}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with open(os.open(name, flags, 0o600), "wb") as file:
                partial = name
                file.write(digest(text).encode() + b"\n" + text)
            os.replace(partial, path)
            partial = ""
            if key[0] in PRUNED:
                self._prune()
        except (OSError, RuntimeError):
            return
        finally:
            if partial:
                with suppress(OSError):
                    os.unlink(partial)

    def _path(self, key: str) -> str:
        return os.path.join(self.directory, f"{key}.json")

    def _check_directory(self) -> None:
        _check_owner(os.lstat(self.directory), stat.S_ISDIR)

    def _prune(self) -> None:
        """Delete the oldest entries, and what killed processes have left."""
        with os.scandir(self.directory) as entries:
            files = [(entry.stat(follow_symlinks=False), entry.path) for entry in entries]
        files.sort(key=lambda found: found[0].st_mtime, reverse=True)
        size = 0
        for number, (info, path) in enumerate(files):
            size += info.st_size
            if number >= MOST_ENTRIES or size > MOST_BYTES:
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
        # a service's user may have a home that is not there, nor to be made; "/" is HOME=""
        if not os.path.isabs(home) or home == "/" or not os.path.isdir(home):
            return None
        base = os.path.join(home, ".cache")
    return Cache(os.path.join(base, "memlint"))


def key_of(*parts: object) -> str:
    """The key of a check: the working directory, and all that is given."""
    return digest(encode(repr((_working_directory(), _stable(parts)))))


def _working_directory() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it is gone
        return None


def _stable(value: object) -> object:
    """What has the same text in every run for the same value, and another for any other."""
    if value is None or isinstance(value, str | bytes | int | float):
        return value
    if isinstance(value, tuple | list):
        return [_stable(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(repr(_stable(item)) for item in value)
    if isinstance(value, Mapping):
        return [[_stable(key), _stable(item)] for key, item in value.items()]
    return [type(value).__name__, _stable(vars(value))]  # a record; nothing else has a key


@cache
def this_program() -> str:
    """A digest of all of this package and of what runs it: other versions find other results.

    Raises OSError, and RuntimeError if there are no files of it.
    """
    files = []
    for directory, names, own in os.walk(os.path.dirname(__file__)):
        names[:] = sorted(name for name in names if name != "__pycache__")
        for name in sorted(own):
            with open(os.path.join(directory, name), "rb") as file:
                files.append((name, digest(file.read())))
    if not files:
        raise RuntimeError("memlint is not run from files")
    return digest(repr((sys.version, files)).encode())


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
