"""The outputs of a report: standard output or files, each with its format."""

import io
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TextIO

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.paths import resolved
from nginx_memlint.report import DEFAULT, FORMATS, Format, missing_extra
from nginx_memlint.sources.main_file import MAIN_FILE
from nginx_memlint.suggest import did_you_mean

if TYPE_CHECKING:
    from nginx_memlint.files.writing import Staged

STDOUT = "-"

Renderer = Callable[[str, TextIO], None]
"""Writes a result in the format of a name to a text stream."""


class Output(NamedTuple):
    """A format and a file; None is standard output.

    ``trees`` are directories that no link may lead a write out of, as in files/writing.py.
    """

    name: str
    path: str | None
    option: str = "--format"
    trees: tuple[str, ...] = ()


def parse(
    formats: Sequence[str],
    output: str | None,
    inputs: Iterable[str],
    choice: Mapping[str, Format] = FORMATS,
) -> list[Output]:
    """The outputs that ``--format NAME[:FILE]`` and ``--output FILE`` name, of those in ``choice``.

    Raises MemlintError for those that cannot be: an unknown name, two for one place, a file that
    cannot be written or that is one of ``inputs``.
    """
    if output is not None and (len(formats) > 1 or any(":" in text for text in formats)):
        raise MemlintError("is for one format; name the files as --format NAME:FILE", "--output")
    chosen = [_parse(text, choice) for text in formats or [DEFAULT]]
    if output is not None:
        path = None if output == STDOUT else output
        chosen = [Output(chosen[0].name, path, "--output")]
    around = tuple(trees(inputs))
    chosen = [Output(item.name, item.path, item.option, around) for item in chosen]
    places = [None if item.path is None else resolved(item.path) for item in chosen]
    for item, place in zip(chosen, places, strict=True):
        if places.count(place) > 1:
            where = "standard output" if place is None else item.path
            raise MemlintError(f"two formats to {where}; give a file, NAME:FILE", item.option)
        _check(item, inputs)
    return chosen


def trees(inputs: Iterable[str]) -> list[str]:
    """The directories of configurations, as they are named, out of which no link may lead."""
    return [name if os.path.isdir(name) else os.path.dirname(name) or "." for name in inputs]


def write(render: Renderer, outputs: Sequence[Output], stdout: TextIO) -> None:
    """Write a result: files whole or not at all, and standard output last.

    Raises MemlintError if a file cannot be written.
    """
    files = [item for item in outputs if item.path is not None]
    if files:
        _write_files(render, files)
    for item in outputs:
        if item.path is None:
            if item.name != DEFAULT and isinstance(stdout, io.TextIOWrapper):
                # what programs read is UTF-8 in every locale
                stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
            render(item.name, stdout)


def _write_files(render: Renderer, outputs: Sequence[Output]) -> None:
    from nginx_memlint.files.signals import uninterrupted  # noqa: PLC0415  most runs write none

    written = []
    for item in outputs:
        if item.path is not None:
            text = io.StringIO()
            render(item.name, text)
            content = text.getvalue().encode("utf-8", "backslashreplace")
            written.append(_PendingFile(item, content))
    try:
        for step in (_PendingFile.stage, _PendingFile.commit):
            for file in written:
                _attempt(step, file)
    finally:
        with uninterrupted():
            for file in written:
                file.clean()


def _parse(text: str, choice: Mapping[str, Format]) -> Output:
    name, colon, path = text.partition(":")
    if name not in choice:
        hint = did_you_mean(name, choice)
        raise MemlintError(f'"{name}" is not one of {", ".join(choice)}{hint}', "--format")
    if missing_extra(name):
        packages = " and ".join(FORMATS[name].packages)
        hint = f"in a clone of memlint's repository, pip install '.[{name}]'"
        raise MemlintError(f"{name} needs {packages}: {hint}", "--format")
    if colon and not path:
        raise MemlintError(f'"{text}" names no file', "--format")
    return Output(name, path if path and path != STDOUT else None)


def _check(item: Output, inputs: Iterable[str]) -> None:
    """Raise MemlintError for a file that cannot be written, before any work is done."""
    if item.path is not None and (reason := _obstacle(item.path, item.trees, inputs)):
        raise MemlintError(f'cannot write "{item.path}": {reason}', item.option)


def _obstacle(path: str, trees: Iterable[str], inputs: Iterable[str]) -> str | None:
    """The reason why a file cannot be written, None if it can."""
    from nginx_memlint.files.writing import destination, is_stream  # noqa: PLC0415

    reason = None
    try:
        directory, name = destination(path, trees)
        if is_stream(path):
            return None if os.access(path, os.W_OK) else "permission denied"
        os.lstat(path)
    except FileNotFoundError:
        if not name:
            reason = "it names a directory"
        elif not os.path.isdir(directory):
            reason = "there is no such directory"
    except OSError as error:
        return error.strerror or "it cannot be looked up"
    else:
        if os.path.isdir(path):
            reason = "it is a directory"
        elif not os.path.islink(path) and not os.access(path, os.W_OK):
            reason = "permission denied"
    if not reason and not os.access(directory, os.W_OK | os.X_OK):
        reason = "its directory cannot be written"
    if not reason and any(_same(path, name) for name in inputs):
        reason = "it is the configuration"
    return reason


def _same(path: str, name: str) -> bool:
    candidates = (name, os.path.join(name, MAIN_FILE))
    return os.path.exists(path) and any(
        os.path.exists(other) and os.path.samefile(path, other) for other in candidates
    )


class _PendingFile:
    """A file that is written beside its place first, where a full disk does no harm, then moved."""

    def __init__(self, item: Output, content: bytes) -> None:
        assert item.path is not None
        self.path = item.path
        self._trees = item.trees
        self._content = content
        self._staged: Staged | None = None

    def stage(self) -> None:
        from nginx_memlint.files.writing import Staged, is_stream  # noqa: PLC0415

        if not is_stream(self.path):
            self._staged = Staged(self.path, self._trees)
            self._staged.write(self._content)

    def commit(self) -> None:
        from nginx_memlint.files.writing import write_stream  # noqa: PLC0415

        if self._staged is None:
            write_stream(self.path, self._content, self._trees)
        else:
            self._staged.commit()

    def clean(self) -> None:
        if self._staged is not None:
            self._staged.discard()


def _attempt(step: Callable[[_PendingFile], None], file: _PendingFile) -> None:
    try:
        step(file)
    except OSError as error:
        raise MemlintError(f'cannot write "{file.path}": {error.strerror}') from None
