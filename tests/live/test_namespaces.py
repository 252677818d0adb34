"""A program that is run apart sees this machine and leaves nothing on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.live import namespaces
from nginx_memlint.live.namespaces import apart


def missing() -> str | None:
    """Why nothing can be run apart here, if there is a reason."""
    if os.geteuid() != 0:
        return "needs root"
    if shutil.which("unshare") is None:
        return "needs unshare"
    command = ["unshare", "--mount", "--net", "true"]
    made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return made.stderr.strip() or None if made.returncode else None


needs_namespaces = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def ran(script: str, directory: Path, *removed: Path, hosts: str = "") -> str:
    """The output of a shell script that is run apart."""
    directory.mkdir()
    words = apart(["/bin/sh", "-c", script], directory, map(str, removed), hosts)
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_namespaces
def test_what_it_writes_is_gone(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("before\n")
    script = f"cd {tmp_path} && cat kept && echo after >kept && echo new >new && cat kept new"
    assert ran(script, tmp_path / "own") == "before\nafter\nnew\n"
    assert (tmp_path / "kept").read_text() == "before\n"
    assert not (tmp_path / "new").exists()


@needs_namespaces
def test_what_is_removed_is_there_afterwards(tmp_path: Path) -> None:
    removed = tmp_path / "a socket; touch x"
    removed.write_text("")
    (tmp_path / "directory").mkdir()
    script = f"ls {tmp_path}"
    assert ran(script, tmp_path / "own", removed, tmp_path / "directory") == "directory\nown\n"
    assert removed.exists()


@needs_namespaces
def test_links_lead_nowhere_else(tmp_path: Path) -> None:
    """Files are removed where the program sees them: a link's absolute target is below its root."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run/pid").write_text("1\n")
    (tmp_path / "var").symlink_to(tmp_path / "run")
    assert ran(f"ls {tmp_path}/run", tmp_path / "own", tmp_path / "var/pid") == ""
    assert (tmp_path / "run/pid").read_text() == "1\n"


@needs_namespaces
def test_any_address_may_be_listened_on_and_none_leads_anywhere(tmp_path: Path) -> None:
    code = (
        "import socket\n"
        "socket.socket().bind(('192.0.2.7', 80))\n"
        "print(socket.gethostbyname('app.example'))\n"
        "try:\n"
        "    socket.create_connection(('192.0.2.8', 80), timeout=5)\n"
        "except OSError as error:\n"
        "    print(error.strerror)\n"
    )
    script = f'{sys.executable} -c "{code}"'
    printed = ran(script, tmp_path / "own", hosts="127.0.0.1 app.example\n")
    assert printed == "127.0.0.1\nNetwork is unreachable\n"


def test_another_user_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(MemlintError, match="needs root"):
        apart(["true"], tmp_path, (), "")


def test_a_program_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda _name, **_path: None)
    with pytest.raises(MemlintError, match="needs the program unshare"):
        apart(["true"], tmp_path, (), "")


def test_file_systems_as_the_kernel_writes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spaced = tmp_path / "a b"
    spaced.mkdir()
    file = tmp_path / "file"
    file.write_text("")
    places = ["/", "/proc", "/sys/fs/cgroup", str(spaced).replace(" ", "\\040"), str(file)]
    mounts = "".join(
        f"{n} 1 0:{n} / {place} rw - ext4 /dev/x rw\n"
        for n, place in enumerate([*places, "/etc/hosts", "/nonexistent"])
    )
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(namespaces, "read_file", lambda _path, _most: mounts.encode())
    words = apart(["program"], tmp_path, (), "")
    start = words.index("overlay")
    assert words[start : words.index("--", start)] == [
        *("overlay", "/", "bind", "/proc", "bind", "/sys", "bind", "/dev"),
        *("overlay", str(spaced), "bind", str(file)),
    ]
