"""Names of files, and what they are below."""

from __future__ import annotations

import errno
from pathlib import Path

from nginx_memlint.files.paths import checkout, decode, encode, is_below, os_error


def test_bytes_of_any_name_come_back() -> None:
    assert encode(decode(bytes(range(256)))) == bytes(range(256))


def test_below_is_by_whole_names() -> None:
    assert is_below("/etc/nginx", "/etc/nginx")
    assert is_below("/etc/nginx/a", "/etc/nginx/")
    assert is_below("/etc", "/")
    assert not is_below("/etc/nginx2", "/etc/nginx")


def test_the_nearest_checkout(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert checkout("/") is None
    (tmp_path / ".git").mkdir()
    assert checkout(str(inner)) == str(tmp_path)
    (tmp_path / "a" / ".git").symlink_to("nowhere")
    assert checkout(str(inner)) == str(tmp_path / "a")


def test_the_system_says_what_is_wrong() -> None:
    assert isinstance(error := os_error(errno.ENOENT), FileNotFoundError)
    assert error.strerror == "No such file or directory"
