"""Files split into directives by other processes, before they are asked for.

Whoever asks has read the file itself, as ever, and gets what another process made of it only if
those were the same bytes. So what is read, bounded and reported is the same with any number of
processes, and with none where they cannot be had.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, BinaryIO

from nginx_memlint.config.source import Source
from nginx_memlint.config.tokens import Tokens, tokenize

LEAST_FILES = 128
"""Fewer are read before another process has begun."""

BATCH = 32
"""Files that are handed over together."""

_SIZE = 8
"""Bytes of the number before a batch."""

PIPE = 1 << 20
"""Bytes that may wait to be taken: as many as Linux lets anybody have. With its 64 KiB both
processes wait for each other, batch by batch, and on one core."""

_Made = tuple[bytes, tuple[Any, ...]]
"""What was read, and what it was split into."""


class Ahead:
    """Up to so many processes beside this one. To be closed: use it in a ``with`` statement."""

    def __init__(self, source: Source, processes: int) -> None:
        self._source = source
        self._processes = processes if hasattr(os, "fork") else 0
        self._helpers: list[_Helper] = []
        self._batches: dict[str, int] = {}
        self._made: dict[str, _Made] = {}

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *_exception: object) -> None:
        for helper in self._helpers:
            helper.close()
        self._helpers.clear()

    def expect(self, paths: Sequence[str]) -> None:
        """Files will be asked for, mostly in this order."""
        if not self._processes or self._helpers or len(paths) < LEAST_FILES:
            return
        batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
        processes = min(self._processes, len(batches))
        for first in range(processes):
            if helper := _fork(self._source, batches[first::processes]):
                self._helpers.append(helper)
            else:
                self.__exit__()
                return
        self._batches = {path: number for number, batch in enumerate(batches) for path in batch}

    def tokens(self, path: str, data: bytes) -> Tokens | None:
        """What tokenize() makes of a file outside of data blocks; None if nobody has done it."""
        if self._helpers and path in self._batches:
            self._receive(self._batches[path])
            read, packed = self._made.pop(path, (None, ()))
            if read == data:
                return Tokens.unpacked(data, packed)
        return None

    def _receive(self, batch: int) -> None:
        """Take what has been made, up to a batch."""
        helper = self._helpers[batch % len(self._helpers)]
        while helper.received <= batch // len(self._helpers):
            self._made.update(helper.receive())


class _Helper:
    """A process that makes batches, in their order."""

    def __init__(self, process: int, pipe: BinaryIO) -> None:
        self._process = process
        self._pipe = pipe
        self.received = 0

    def receive(self) -> dict[str, _Made]:
        """The next batch; empty if the process has ended."""
        import pickle  # noqa: PLC0415  few need it

        self.received += 1
        size = int.from_bytes(self._pipe.read(_SIZE), "big")
        with suppress(EOFError, pickle.UnpicklingError):
            made: dict[str, _Made] = pickle.loads(self._pipe.read(size))
            return made
        return {}

    def close(self) -> None:
        """End it, whatever it is at."""
        import signal  # noqa: PLC0415

        self._pipe.close()
        with suppress(OSError):
            os.kill(self._process, signal.SIGKILL)
        with suppress(OSError):
            os.waitpid(self._process, 0)


def _fork(source: Source, batches: list[Sequence[str]]) -> _Helper | None:
    """Start a process; None if there can be no more."""
    try:
        reading, writing = os.pipe()
    except OSError:
        return None
    _enlarge(writing)
    try:
        process = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return None
    if process:
        os.close(writing)
        return _Helper(process, open(reading, "rb"))
    try:
        import pickle  # noqa: PLC0415
        import signal  # noqa: PLC0415

        signal.signal(signal.SIGINT, signal.SIG_DFL)  # its parent has a word for it
        os.close(reading)
        with open(writing, "wb") as pipe:
            for batch in batches:
                made = pickle.dumps(dict(_made(source, batch)))
                pipe.write(len(made).to_bytes(_SIZE, "big") + made)
    finally:
        os._exit(0)


def _enlarge(pipe: int) -> None:
    import fcntl  # noqa: PLC0415

    with suppress(OSError, AttributeError):  # it may be another system
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE)


def _made(source: Source, paths: Sequence[str]) -> Iterator[tuple[str, _Made]]:
    for path in paths:
        with suppress(OSError):
            data = source.read(path)
            tokens = tokenize(data, max_depth=source.bounds.block_depth)
            if tokens.error is None:
                yield path, (data, tokens.packed())
