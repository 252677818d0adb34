"""Count the calls of functions in a program that has them inside, without symbols.

A static program cannot be given another library. Functions of OpenSSL raise errors with their own
name, so each is where its name is used (``lea``, x86-64), and the program's table of frames tells
where it begins. gdb counts how often it is come by there.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 120.0
"""Seconds that readelf, or gdb with what it runs, may take."""

_LEA = re.compile(rb"[\x48\x4c]\x8d[\x05\x0d\x15\x1d\x25\x2d\x35\x3d]")
"""The address of something so far from the next instruction, into any register."""

MANY = 999_999_999
"""Times that gdb comes by without stopping."""


@dataclass(frozen=True)
class _Section:
    address: int
    offset: int
    size: int


def _readelf(binary: Path, *options: str) -> str:
    command = ["readelf", "-W", *options, str(binary)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT, check=True
    ).stdout


def _sections(binary: Path) -> dict[str, _Section]:
    rows = re.findall(r"\] (\.\S+) +\S+ +(\w+) (\w+) (\w+)", _readelf(binary, "--sections"))
    return {name: _Section(*(int(word, 16) for word in words)) for name, *words in rows}


def _uses(data: bytes, code: _Section, address: int) -> Iterator[int]:
    """Where the code takes an address."""
    text = data[code.offset : code.offset + code.size]
    for match in _LEA.finditer(text):
        end = match.end() + 4
        distance = int.from_bytes(text[match.end() : end], "little", signed=True)
        if code.address + end + distance == address:
            yield code.address + match.start()


def functions(binary: Path, names: Sequence[str]) -> dict[str, int]:
    """Name → the address at which the function begins. Raises LookupError if that is not clear."""
    data, sections = binary.read_bytes(), _sections(binary)
    texts, code = sections[".rodata"], sections[".text"]
    frames = re.findall(r"pc=(\w+)\.\.(\w+)", _readelf(binary, "--debug-dump=frames"))
    ranges = [range(int(start, 16), int(end, 16)) for start, end in frames]
    places = {}
    for name in names:
        at = data.find(b"\0%b\0" % name.encode(), texts.offset, texts.offset + texts.size)
        uses = list(_uses(data, code, texts.address + at + 1 - texts.offset)) if at >= 0 else []
        starts = {frame.start for frame in ranges if any(use in frame for use in uses)}
        if len(starts) != 1:
            raise LookupError(f"{binary}: {len(starts)} functions use the name {name}")
        [places[name]] = starts
    return places


@dataclass(frozen=True)
class Counted:
    """The output of a program, whether it ended well, and how often functions were called in it."""

    output: str
    succeeded: bool
    calls: dict[str, int]


def run(command: Sequence[str], places: dict[str, int]) -> Counted:
    """Run a program in gdb, and count the calls of functions at these addresses in it."""
    asked = ["set confirm off"]
    for number, address in enumerate(places.values(), 1):
        asked += [f"break *{address:#x}", f"ignore {number} {MANY}"]
    asked += ["run", "info breakpoints"]
    options = [word for one in asked for word in ("-ex", one)]
    gdb = ["gdb", "-nx", "-batch", *options, "--args", *command]
    done = subprocess.run(
        gdb,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    output, _, table = done.stdout.partition("\nNum ")
    hits = dict.fromkeys(places, 0)
    for name, row in zip(places, re.split(r"^\d+ ", table, flags=re.MULTILINE)[1:], strict=True):
        if match := re.search(r"already hit (\d+) time", row):
            hits[name] = int(match[1])
    return Counted(output, "exited normally" in output, hits)
