"""A program is root's only if no directory above it is another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.live.ownership import why_not_roots


def test_what_belongs_to_the_system() -> None:
    assert why_not_roots("/bin/sh") is None


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "sh").symlink_to("/bin/sh")
    assert why_not_roots(str(tmp_path / "sh")) is None


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_directory_that_others_may_write_to(tmp_path: Path, mode: int) -> None:
    directory = tmp_path / "bin"
    directory.mkdir()
    directory.chmod(mode)
    (directory / "nginx").touch(0o755)
    reason = why_not_roots(str(directory / "nginx"))
    assert reason is not None
    assert reason.endswith(("may be written by others than root", "does not belong to root"))
    assert "nginx" in reason or "bin" in reason


def test_what_is_not_there(tmp_path: Path) -> None:
    reason = why_not_roots(str(tmp_path / "absent"))
    assert reason is not None
    assert "cannot be looked up (No such file or directory)" in reason
