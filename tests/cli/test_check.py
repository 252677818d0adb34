"""A text on standard input that stands for a file."""

from __future__ import annotations

from pathlib import Path

from tests.helpers import http, memlint, memlint_here, write

LINES = ("--format", "line", "--target", "debian-12")


def test_a_text_stands_for_a_file_that_is_included(tmp_path: Path) -> None:
    main = write(tmp_path, {"nginx.conf": http("include sites/*;"), "sites/a": "server { }"})
    typed = ("--stdin-filename", main.parent / "sites/a")
    done = memlint_here("check", *LINES, *typed, main, stdin=b"server { listen 80; } }")
    assert done.code == 3
    assert f'{main.parent}/sites/a:1:23: error ML000 unexpected "}}"' in done.out
    typed = ("--stdin-filename", main.parent / "sites/new")
    done = memlint_here("check", *LINES, *typed, main, stdin=b"nonsense }")
    assert f"{main.parent}/sites/new:1:" in done.out


def test_a_text_may_be_the_configuration(tmp_path: Path) -> None:
    """It need not be there; what it includes is beside it."""
    write(tmp_path, {"a": "server { listen 80; } }"})
    typed = ("--stdin-filename", "nginx.conf")
    done = memlint("check", *LINES, *typed, stdin=http("include a;").encode(), cwd=tmp_path)
    assert done.code == 3
    assert done.out.startswith('a:1:23: error ML000 unexpected "}" (included from nginx.conf:')


def test_a_text_that_nothing_includes_is_told(tmp_path: Path) -> None:
    main = write(tmp_path, {"nginx.conf": http("server { }")})
    done = memlint_here("check", "--stdin-filename", tmp_path / "other", main)
    assert done.code == 2
    assert "none of the configurations includes this file" in done.err


def test_a_text_is_not_written(tmp_path: Path) -> None:
    main = write(tmp_path, {"nginx.conf": http("server { }")})
    for more in (("--fix",), ("--write-baseline", "--baseline", str(tmp_path / "b.json")), ("-",)):
        done = memlint_here("check", "--stdin-filename", main, *more)
        assert done.code == 2
        assert "--stdin-filename" in done.err
