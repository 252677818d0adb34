"""Files outside of the main file's directory are told, whichever the machine happens to have."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from tests.helpers import BUNDLE, http, memlint, write

SITE = "server { location / { } }\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Files that this machine happens to have beside a checkout."""
    write(tmp_path / "machine", {f"sites/{name}.conf": SITE for name in "abcde"})
    return tmp_path / "machine"


def checkout(tmp_path: Path, inside: str, **files: str) -> Path:
    return write(tmp_path / "repo", {"nginx.conf": http(inside), **files})


def test_nothing_is_said_of_files_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = checkout(tmp_path, "include a.conf; include b.conf; lua_ssl_trusted_certificate ca;")
    write(conf.parent, {"a.conf": SITE, "ca": BUNDLE.read_text()})
    (conf.parent / "b.conf").symlink_to("a.conf")
    assert check(conf).outside == []
    monkeypatch.chdir(conf.parent)
    for name in ("nginx.conf", ".", "../repo/nginx.conf"):
        assert check(name).outside == []
    assert check("-", data=conf.read_bytes()).outside == []
    assert "read outside" not in memlint("check", conf).out


def test_files_of_the_machine_are_told(tmp_path: Path, machine: Path) -> None:
    conf = checkout(tmp_path, f"include {machine}/sites/*.conf;")
    report = check(conf)
    assert report.complete
    names = [f"{machine}/sites/{name}.conf" for name in "abcde"]
    assert (report.outside, report.outside_total) == (names, 5)
    run = memlint("check", conf)
    assert run.code == 0
    said = f"read outside of its directory: {', '.join(names[:3])} and 2 more"
    assert [line.strip() for line in run.out.splitlines()][1] == f"{said} (--format json)"


def test_with_findings_too(tmp_path: Path, machine: Path) -> None:
    conf = checkout(tmp_path, f"include {machine}/sites/a.conf; lua_ssl_trusted_certificate ca;")
    run = memlint("check", "--max-memory", "1MiB", conf)
    assert run.code == 1
    assert f"read outside of its directory: {machine}/sites/a.conf\n" in run.out


def test_bundles_count(tmp_path: Path) -> None:
    conf = checkout(tmp_path, f"lua_ssl_trusted_certificate {BUNDLE}; {SITE}")
    assert check(conf).outside == [str(BUNDLE)]


@pytest.mark.parametrize("kind", ["a file", "a directory"])
def test_links_that_lead_out(kind: str, tmp_path: Path, machine: Path) -> None:
    conf = checkout(tmp_path, "include sites/*.conf;")
    if kind == "a directory":
        (conf.parent / "sites").symlink_to(machine / "sites")
        assert len(check(conf).outside) == 5
    else:
        (conf.parent / "sites").mkdir()
        (conf.parent / "sites/x.conf").symlink_to(machine / "sites/a.conf")
        assert check(conf).outside == [f"{machine}/sites/a.conf"]


def test_who_says_where_files_are_is_not_told(tmp_path: Path, machine: Path) -> None:
    conf = checkout(tmp_path, f"include {machine}/sites/*.conf;")
    assert check(conf, sysroot="/").outside == []
    assert check(conf, path_map=[(str(machine), str(machine))]).outside == []
    dump = f"# configuration file /n:\n{http(SITE)}".encode()
    assert check("-", data=dump).outside == []


def test_the_list_is_bounded(tmp_path: Path) -> None:
    write(tmp_path / "machine", {f"{number}.conf": "" for number in range(150)})
    report = check(checkout(tmp_path, f"include {tmp_path}/machine/*.conf;"))
    assert (len(report.outside), report.outside_total) == (100, 150)
