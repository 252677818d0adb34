"""Files are written where they were judged to be, whatever is put in the way meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.files.swaps import Swapped, swapping
from tests.fix.test_apply import LOCATIONS, SNIPPET, TRUSTED, contents, run_fix
from tests.helpers import http, write

LEFT = ".memlint-0123456789abcdef"
SITE = f"{TRUSTED}\nserver {{\n{LOCATIONS}}}\n"

READING = 50
"""Calls of the system, at least, by which a configuration is read."""

TREES: dict[str, tuple[str, str, dict[str, str | bytes]]] = {
    "a directory of the checkout": ("sites", http("include sites/*.conf;"), {"a.conf": SITE}),
    "a checkout in the checkout": (
        "sub",
        http(SITE),
        {"nginx.conf": http(SITE), ".git": "gitdir: ../.git/modules/sub\n"},
    ),
}
"""The directory that is swapped, the main file beside it, and what is in it and outside as well."""


def state(directory: Path) -> dict[str, tuple[int, ...]]:
    """Which files are in a directory, and when they were last changed in any way."""
    seen = {path.name: path.stat() for path in directory.iterdir()}
    return {name: (info.st_ino, info.st_ctime_ns, info.st_size) for name, info in seen.items()}


def attacked(
    directory: Path, name: str, moments: Sequence[int], *, is_link: bool
) -> tuple[list[int], bool]:
    """Swap a directory while a configuration is fixed; the moments that came, what is outside.

    It ``is_link`` at first. Nothing may happen outside of the checkout.
    """
    inside, main, files = TREES[name]
    tree, outside = directory / "tree", directory / "outside"
    write(tree, {"nginx.conf": main, ".git/HEAD": ""})
    write(tree / inside, files)
    # as in the checkout, so that nothing but the place is wrong
    write(outside, {**files, LEFT: "left"})
    swapped = Swapped(tree / inside, outside)
    if is_link:
        swapped.swap()
    before = state(outside)
    conf = tree / inside / "nginx.conf" if "nginx.conf" in files else tree / "nginx.conf"
    said: list[str] = []
    with swapping(swapped, moments) as came, suppress(OSError):  # os.path.realpath() may raise it
        said = run_fix(conf).said
    assert state(outside) == before, (moments, said)
    assert not [path for path in contents(tree) if ".memlint-" in path], moments
    return came, any(line.startswith("changed") for line in said)


@pytest.mark.parametrize("is_link", [False, True], ids=["becomes a link", "becomes a directory"])
@pytest.mark.parametrize("name", TREES)
def test_a_directory_that_is_swapped(tmp_path: Path, name: str, *, is_link: bool) -> None:
    """Before calls of the system that take a name, from the first to the last.

    The moments that matter are those from which on there is a link.
    """
    written = set()
    moment = 0
    while True:
        came, is_changed = attacked(tmp_path / str(moment), name, [moment], is_link=is_link)
        written.add(is_changed)
        if not came:
            break
        moment += 5 if is_link or moment < READING else 1
    assert moment > 100
    # swapped early, it is as if it had been so from the beginning; late, what is done is done
    assert written == {True, False}
    assert is_changed is not is_link


@pytest.mark.parametrize("name", TREES)
def test_a_directory_that_is_swapped_twice(tmp_path: Path, name: str) -> None:
    """A link while it is looked up, a directory while it is judged, and a link again."""
    for number, first in enumerate(range(0, 100, 7)):
        second = first + 1 + number * 5 % 17
        attacked(tmp_path / str(number), name, [first, second], is_link=True)


def test_what_is_there_is_written_without_an_attack(tmp_path: Path) -> None:
    for name in TREES:
        came, is_changed = attacked(tmp_path / name, name, [], is_link=False)
        assert (came, is_changed) == ([], True)
        assert [*(tmp_path / name / "tree").rglob(SNIPPET)]
