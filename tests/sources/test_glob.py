"""Our glob against the C library's, on random patterns and names."""

from __future__ import annotations

import ctypes
import locale
import os
import platform
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from nginx_memlint.files.bounds import DEFAULT_BOUNDS, STEPS_OF, BoundError
from nginx_memlint.files.paths import decode
from nginx_memlint.sources import glob
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.memory_files import MemoryFiles
from tests.hostile.limited import SLOW
from tests.hostile.work import lines_run

DIRECTORIES = 12
PATTERNS = int(os.environ.get("MEMLINT_GLOB_PATTERNS", "400" if SLOW else "150"))
FIRST_SEED = int(os.environ.get("MEMLINT_SEED", random.SystemRandom().randrange(1 << 32)))

PIECES = (
    *(b"*", b"*", b"?", b"?", b"[", b"]", b"[", b"]", b"^", b"!", b"-", b"\\", b".", b"/", b"**"),
    *(b"a", b"b", b"A", b"z", b"1", b"~", b"{", b"}", b",", b" ", b"\xc3\xa9", b"\xff", b"\t"),
    *(b":", b"[^", b"[!", b"[]", b"[^]", b"[a-z]", b"[z-a]", b"[a-", b"-]", b"[\\]]", b"[a\\-z]"),
    *(b"[--0]", b"[[:alpha:]]", b"[[:upper:]", b"[^[:digit:]]", b"[:space:]", b"[[:nope:]]"),
    *(b"[[:a", b"[[:", b"[[:punct:][:cntrl:]]", b"[[.a.]]", b"[[=a=]]", b"[[.a.]-z]", b"[[.ab.]]"),
    *(b"[[.-.]-a]", b"[[.a", b"[[=a", b"[[:alpha:]-z]", b"[a-[:digit:]]", b"[a-[.z.]]", b"[!-~]"),
    b"[\xa0-\xff]",
)
NAME_PIECES = (
    *(b"a", b"b", b"A", b"z", b"1", b".", b".", b"*", b"?", b"[", b"]", b"\\", b"^", b"!", b"-"),
    *(b"~", b"{", b" ", b"\xc3\xa9", b"\xff", b"\t", b"\x01", b":", b"[:", b"ab", b"[ab]", b"\xa0"),
)


class _Glob(ctypes.Structure):
    _fields_ = (
        ("pathc", ctypes.c_size_t),
        ("pathv", ctypes.POINTER(ctypes.c_char_p)),
        ("rest", ctypes.c_char * 256),
    )


@pytest.fixture
def libc() -> Iterator[ctypes.CDLL]:
    """The C library in the locale that nginx runs in."""
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("another C library than nginx's usual one")
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "C")
    yield ctypes.CDLL(None)
    locale.setlocale(locale.LC_ALL, before)


@pytest.mark.parametrize("chunk", range(DIRECTORIES))
def test_same_files_in_the_same_order(chunk: int, libc: ctypes.CDLL, tmp_path: Path) -> None:
    seed = FIRST_SEED + chunk
    rng = random.Random(seed)
    names = _make_files(rng, os.fsencode(tmp_path))
    refused = 0
    for _ in range(PATTERNS):
        source = FileSystem({"/": "/"}, restricted=False)  # of one, malformed brackets are bounded
        pattern = os.fsencode(tmp_path) + b"/" + _pattern(rng)
        if not any(mark in pattern for mark in b"*?["):
            continue
        expected = _c_glob(libc, pattern)
        try:
            expanded = glob.expand(source, decode(pattern))
        except OSError as error:
            assert "malformed" in str(error), (seed, pattern)  # noqa: PT017
            refused += 1
            continue
        assert expanded == expected, (seed, pattern, names)
    assert refused < PATTERNS / 100


def _make_files(rng: random.Random, root: bytes) -> list[bytes]:
    """Files, directories and links of random names, two levels deep."""
    names = []
    places = (b"", b"a/", b".a/", b"[ab]/", b"\xff/")
    for where in places:
        os.makedirs(os.path.join(root, where), exist_ok=True)
    for where in places:
        for _ in range(12):
            name = where + b"".join(rng.choices(NAME_PIECES, k=rng.randint(1, 3)))
            path = os.path.join(root, name)
            if os.path.lexists(path):
                continue
            names.append(name)
            kind = rng.randrange(8)
            if kind == 0:
                os.mkdir(path)
            elif kind == 1:
                os.symlink(rng.choice((b"nowhere", root + b"/a")), path)
            else:
                with open(path, "wb"):
                    pass
    return names


def _pattern(rng: random.Random) -> bytes:
    return b"".join(rng.choices(PIECES, k=rng.randint(1, 6)))


def _c_glob(libc: ctypes.CDLL, pattern: bytes) -> list[str]:
    matches = _Glob()
    code = libc.glob(pattern, 0, None, ctypes.byref(matches))
    try:
        return [decode(matches.pathv[i] or b"") for i in range(matches.pathc)] if code == 0 else []
    finally:
        libc.globfree(ctypes.byref(matches))


@pytest.mark.parametrize("pattern", ["*?[^x]", "**?[!x]", "*??[^x]", "?*[^x]", "*[^x]", "*?[.]"])
def test_a_dot_after_a_run_that_begins_with_a_star(
    pattern: str, libc: ctypes.CDLL, tmp_path: Path
) -> None:
    for name in ("a.", "ab.", "a.b", "ab", "a..", ".a."):
        (tmp_path / name).touch()
    source = FileSystem({"/": "/"}, restricted=False)
    whole = f"{tmp_path}/{pattern}"
    assert glob.expand(source, whole) == _c_glob(libc, os.fsencode(whole))


def test_names_count_more_often_for_long_patterns() -> None:
    """Each name is held against all of a pattern."""
    files = {f"/d/{number}": b"" for number in range(100)}
    steps = []
    for pattern in ("/d/a*", "/d/" + "a*" * 300):
        source = MemoryFiles(files)
        before = source.meter.steps()
        assert glob.expand(source, pattern) == []
        steps.append(source.meter.steps() - before)
    assert steps[0] < 2 * STEPS_OF.name * 100 < 9 * STEPS_OF.name * 100 < steps[1]


@pytest.mark.parametrize("tail", ["k*", "link/k1", "*", "*/"])
def test_bytes_of_paths_count(tail: str, tmp_path: Path) -> None:
    """A link to its own directory makes any name as long as a path may be."""
    link = "l" * 200
    (tmp_path / link).symlink_to(".")
    (tmp_path / "link").symlink_to(".")
    for number in range(50):
        (tmp_path / f"k{number}").touch()
    source = FileSystem({"/": "/"}, restricted=False)
    paths = glob.expand(source, f"{tmp_path}/{f'{link}/' * 10}*/{tail}")
    names = source.meter.steps() // STEPS_OF.name
    assert sum(map(len, paths)) >= 2000
    assert sum(map(len, paths)) <= glob.LONG * names
    short = FileSystem({"/": "/"}, restricted=False)
    assert len(glob.expand(short, f"{tmp_path}/*/{tail}")) == len(paths)
    assert short.meter.steps() // STEPS_OF.name < names - 31 * len(paths)
    source = FileSystem(
        {"/": "/"}, restricted=False, bounds=DEFAULT_BOUNDS._replace(names=names - 1)
    )
    with pytest.raises(BoundError, match="patterns look at more than"):
        glob.expand(source, f"{tmp_path}/{f'{link}/' * 10}*/{tail}")


@pytest.mark.parametrize("component", ["*", "a", "[a]", "", "\\a"])
def test_components_are_no_recursion(component: str, tmp_path: Path) -> None:
    source = FileSystem({"/": str(tmp_path)}, restricted=True)

    def lines(count: int) -> int:
        return lines_run(lambda: glob.expand(source, "/n*" + f"/{component}" * count))

    lines(1)  # patterns are compiled once
    assert glob.expand(source, "/n*" + f"/{component}" * 2000) == []
    assert lines(800) < 2.1 * lines(400)


def test_brackets_of_all_patterns_are_bounded() -> None:
    source = MemoryFiles({"/d/a": b""})
    patterns = [f"/d/{'[' * 90}{number}*" for number in range(3)]
    for pattern in patterns[:2]:
        glob.expand(source, pattern)
    with pytest.raises(OSError, match="too many malformed brackets"):
        glob.expand(source, patterns[2])
    assert glob.expand(source, "/d/[a-c]") == ["/d/a"] == glob.expand(source, "/d/*")


def test_a_pattern_is_no_longer_than_those_of_nginx() -> None:
    source = MemoryFiles({"/d/a": b""})
    assert glob.expand(source, "/d/" + "*" * 4096) == ["/d/a"]
    with pytest.raises(OSError, match="the pattern is too long"):
        glob.expand(source, "/d/" + "*" * 10_000)
