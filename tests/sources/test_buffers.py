from __future__ import annotations

import stat
from pathlib import Path

import pytest

from nginx_memlint.files.bounds import BoundError
from nginx_memlint.sources.buffers import Buffers


def test_a_text_counts_by_whatever_name_the_file_has(tmp_path: Path) -> None:
    (tmp_path / "available").mkdir()
    (tmp_path / "enabled").mkdir()
    path = tmp_path / "available/site"
    path.write_text("old")
    (tmp_path / "enabled/site").symlink_to("../available/site")
    disk = Buffers({str(path): b"new"})
    assert disk.read(str(tmp_path / "enabled/site"), None, 100) == b"new"
    assert disk.read(str(tmp_path / "enabled/../available/site"), None, 100) == b"new"
    assert disk.asked == {str(path)}
    assert Buffers({}).read(str(path), None, 100) == b"old"


def test_below_a_root_a_link_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "top").mkdir()
    (tmp_path / "top/link").symlink_to(tmp_path / "secret")
    disk = Buffers({str(tmp_path / "secret"): b"typed"})
    with pytest.raises(OSError, match="symbolic link"):
        disk.read(str(tmp_path / "top/link"), str(tmp_path / "top"), 100)


def test_a_text_that_was_never_saved_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "new.conf"
    (tmp_path / "old.conf").touch()
    disk = Buffers({str(path): b"new"})
    assert sorted(disk.names(str(tmp_path), None)) == ["new.conf", "old.conf"]
    assert stat.S_ISREG(disk.mode(str(path), None, follow=True))
    with pytest.raises(FileNotFoundError):
        disk.mode(str(tmp_path / "other.conf"), None, follow=True)


def test_a_text_is_bounded_as_a_file_is(tmp_path: Path) -> None:
    path = str(tmp_path / "new.conf")
    with pytest.raises(BoundError):
        Buffers({path: b"12345"}).read(path, None, 4)
