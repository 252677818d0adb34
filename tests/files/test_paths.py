"""Names of files, and what they are below."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import AnyStr

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.paths import checkout, decode, encode, is_below, os_error, resolved


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


def test_a_link_that_changes_while_it_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    fails = [2]
    realpath = os.path.realpath

    # Python 3.11 and 3.12 raise what readlink() says of it; 3.13 takes it for no link
    def changed(path: AnyStr) -> AnyStr:
        if fails[0]:
            fails[0] -= 1
            raise os_error(errno.EINVAL)
        return realpath(path)

    monkeypatch.setattr(os.path, "realpath", changed)
    assert resolved(str(link)) == str(tmp_path)
    fails[0] = 99
    with pytest.raises(MemlintError, match="link: a link on the way changes"):
        resolved(os.fsencode(link))


def test_no_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.rmdir()
    with pytest.raises(FileNotFoundError):
        resolved(".")
