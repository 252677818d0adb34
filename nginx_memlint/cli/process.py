"""The process of a command: streams that may be closed or full, Ctrl-C, unexpected errors.

Imports nothing heavy, so that all of the start-up is covered.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

TYPE_CHECKING = False  # without typing
if TYPE_CHECKING:
    from typing import TypeAlias

    from typing_extensions import Buffer

USAGE, INTERNAL = 2, 4
"""Statuses of exit_codes.Exit, which is not imported yet when something fails early."""

INTERRUPTED, CLOSED = 130, 141
"""128 + SIGINT and 128 + SIGPIPE, as shells report them."""


class _Watched(io.FileIO):
    """A file descriptor that remembers the error that kept it from being written."""

    error: OSError | None = None

    def write(self, data: Buffer) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.error = self.error or error
            raise


_WatchedStream: TypeAlias = tuple[io.TextIOWrapper, _Watched]


@contextmanager
def standalone() -> Iterator[None]:
    """Run the command inside: ends the process, with the command's exit status if it has one.

    130 for Ctrl-C and 141 if the reader of the output has gone, as shells have it; 2 if the
    output cannot be written or a package is missing; 4 for errors of ours: a line, not a traceback.
    """
    outputs: list[_WatchedStream] = []
    status = 0
    error: BaseException | None = None
    interrupted = False

    def interrupt(_number: int, _frame: object) -> None:
        """Interrupt the command once: a terminal's Ctrl-C, or timeout(1), may come several times.

        Later signals are ignored by a handler, not by SIG_IGN: of a signal that has come already
        Python would print a traceback.
        """
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            raise KeyboardInterrupt

    try:
        try:
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                signal.signal(signal.SIGINT, interrupt)
            _open_streams(outputs)
            yield
            sys.stdout.flush()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except Exception as failure:
            error = failure
    except KeyboardInterrupt:
        interrupted = True  # Typer makes a SystemExit of others
    try:
        status = _end(outputs, status, error, interrupted=interrupted)
    except KeyboardInterrupt:
        status = INTERRUPTED
    if writing := sys.modules.get("nginx_memlint.files.writing"):
        writing.leave_nothing()
    os._exit(status)  # at once: what was read is not taken apart, which may take long


def _end(
    outputs: list[_WatchedStream], status: int, error: BaseException | None, *, interrupted: bool
) -> int:
    """Write buffered output, and say what went wrong; return the exit status."""
    for text, _ in outputs:
        with suppress(OSError):
            text.flush()
    unwritten = next((raw.error for _, raw in outputs if raw.error), None)
    if isinstance(unwritten, BrokenPipeError):
        return CLOSED
    if unwritten is not None:
        tell(f"cannot write the output: {unwritten.strerror}")
        return USAGE
    if interrupted:
        tell("interrupted")
        return INTERRUPTED
    if error is not None and (sentence := missing(error)):
        tell(sentence)
        return USAGE
    if error is not None:
        _say_internal(error)
        return INTERNAL
    return status


def missing(error: BaseException) -> str:
    """Tell what is not installed, and what to do; empty if an error is of something else."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    package = error.name.partition(".")[0]
    is_own = package == __name__.partition(".")[0]
    what = f"its module {error.name}" if is_own else f"the Python package {package}"
    return f"{what} is missing: install memlint again, with pip or pipx"


def _open_streams(outputs: list[_WatchedStream]) -> None:
    """Watch the outputs, and append them to a list; closed streams lead to /dev/null.

    Characters that the locale's encoding lacks are replaced in the output, and escaped in messages.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # the lowest free number is this one: no other file may get it
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    for number, name, errors in ((1, "stdout", "replace"), (2, "stderr", "backslashreplace")):
        raw = _Watched(number, "wb", closefd=False)
        encoding = getattr(getattr(sys, name), "encoding", "utf-8")
        lines = number == 2 or raw.isatty()
        text = io.TextIOWrapper(io.BufferedWriter(raw), encoding, errors, line_buffering=lines)
        setattr(sys, name, text)
        outputs.append((text, raw))


def tell(*lines: str) -> None:
    """Print lines on standard error, each with the program's name and safe for a terminal."""
    from nginx_memlint.printable import printable  # noqa: PLC0415  itself a part of the program

    with suppress(OSError):
        for line in lines:
            print(f"memlint: {printable(line)}", file=sys.stderr, flush=True)


def _say_internal(error: BaseException) -> None:
    from nginx_memlint.printable import printable  # noqa: PLC0415  itself a part of the program

    tell(f"internal error: {type(error).__name__}: {printable(str(error))[:1000]}")
    tell("please report it, with the configuration if you can")
