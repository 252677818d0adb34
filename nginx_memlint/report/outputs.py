"""Where a report goes: standard output or files, each in its format."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Sequence

from nginx_memlint.annotations import TextIO
from nginx_memlint.config.entry import MAIN_FILE
from nginx_memlint.records import record
from nginx_memlint.report import DEFAULT, FORMATS, missing_extra, writer
from nginx_memlint.result import Report

STDOUT = "-"


class OutputError(Exception):
    """What was asked for cannot be written; ``option`` is the one to change."""

    def __init__(self, message: str, option: str) -> None:
        super().__init__(message)
        self.option = option


@record
class Output:
    """A format and a file; None is standard output."""

    name: str
    path: str | None
    option: str = "--format"


def parse(formats: Sequence[str], output: str | None, inputs: Iterable[str]) -> list[Output]:
    """The outputs that ``--format NAME[:FILE]`` and ``--output FILE`` name.

    Raises OutputError for those that cannot be: an unknown name, two for one place, a file that
    cannot be written or that is one of ``inputs``.
    """
    if output is not None and (len(formats) > 1 or any(":" in text for text in formats)):
        raise OutputError("is for one format; name the files as --format NAME:FILE", "--output")
    found = [_parse(text) for text in formats or [DEFAULT]]
    if output is not None:
        path = None if output == STDOUT else output
        found = [Output(found[0].name, path, "--output")]
    places = [None if item.path is None else os.path.realpath(item.path) for item in found]
    for item, place in zip(found, places, strict=True):
        if places.count(place) > 1:
            where = "standard output" if place is None else item.path
            raise OutputError(f"two formats to {where}; give a file, NAME:FILE", item.option)
        _check(item, inputs)
    return found


def write(report: Report, outputs: Sequence[Output], stdout: TextIO) -> None:
    """Write the report: files whole or not at all, and standard output last.

    Raises OutputError if a file cannot be written.
    """
    written = []
    for item in outputs:
        if item.path is not None:
            text = io.StringIO()
            writer(item.name)(report, text)
            content = text.getvalue().encode("utf-8", "backslashreplace")
            written.append(_File(item.path, content))
    try:
        for step in (_File.stage, _File.commit):
            for file in written:
                _attempt(step, file)
    finally:
        for file in written:
            file.clean()
    for item in outputs:
        if item.path is None:
            if item.name != DEFAULT and isinstance(stdout, io.TextIOWrapper):
                # what programs read is UTF-8 in every locale
                stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
            writer(item.name)(report, stdout)


def _parse(text: str) -> Output:
    name, colon, path = text.partition(":")
    if name not in FORMATS:
        from difflib import get_close_matches  # noqa: PLC0415

        close = get_close_matches(name, FORMATS, 1, 0.4)
        hint = f'; did you mean "{close[0]}"?' if close else ""
        raise OutputError(f'"{name}" is not one of {", ".join(FORMATS)}{hint}', "--format")
    if missing_extra(name):
        packages = " and ".join(FORMATS[name].packages)
        hint = f"in a clone of memlint's repository, pip install '.[{name}]'"
        raise OutputError(f"{name} needs {packages}: {hint}", "--format")
    if colon and not path:
        raise OutputError(f'"{text}" names no file', "--format")
    return Output(name, path if path and path != STDOUT else None)


def _check(item: Output, inputs: Iterable[str]) -> None:
    """Complain before the work is done, not after it."""
    path = item.path
    if path is None:
        return
    reason = ""
    directory = os.path.dirname(os.path.realpath(path))
    try:
        os.stat(path)
    except FileNotFoundError:
        if not os.path.isdir(directory):
            reason = "there is no such directory"
        elif not path or path.endswith("/"):
            reason = "it names a directory"
    except OSError as error:
        reason = error.strerror or "it cannot be looked up"
    else:
        if os.path.isdir(path):
            reason = "it is a directory"
        elif not os.access(path, os.W_OK):
            reason = "permission denied"
    if not reason and _is_plain(path) and not os.access(directory, os.W_OK | os.X_OK):
        reason = "its directory cannot be written"
    if not reason and any(_same(path, name) for name in inputs):
        reason = "it is the configuration"
    if reason:
        raise OutputError(f'cannot write "{path}": {reason}', item.option)


def _same(path: str, name: str) -> bool:
    candidates = (name, os.path.join(name, MAIN_FILE))
    return os.path.exists(path) and any(
        os.path.exists(other) and os.path.samefile(path, other) for other in candidates
    )


def _is_plain(path: str) -> bool:
    """Whether it is, or will be, a regular file: a device or a FIFO is written as it is."""
    return os.path.isfile(path) or not os.path.exists(path)


class _File:
    """A file on its way: first beside its place, where a full disk does no harm, then there."""

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self._content = content
        from nginx_memlint.files.writing import Staged  # noqa: PLC0415  most runs write none

        self._staged = Staged(path) if _is_plain(path) else None

    def stage(self) -> None:
        if self._staged is not None:
            self._staged.write(self._content)

    def commit(self) -> None:
        if self._staged is not None:
            self._staged.commit()
            return
        with open(self.path, "wb") as file:
            file.write(self._content)

    def clean(self) -> None:
        if self._staged is not None:
            self._staged.discard()


def _attempt(step: Callable[[_File], None], file: _File) -> None:
    try:
        step(file)
    except OSError as error:
        raise OutputError(f'cannot write "{file.path}": {error.strerror}', "--output") from None
