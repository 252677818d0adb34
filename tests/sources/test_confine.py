"""With --confine, nothing outside of a directory is read, whatever names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.report.formats.json import dumps
from tests.helpers import http, memlint, write

SECRET = "server { server_name secret.example; location / { } }\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout beside files that this machine happens to have."""
    write(tmp_path / "machine", {"sites/x.conf": SECRET, "nginx.conf": http(SECRET)})
    write(tmp_path / "repo", {"web/conf.d/a.conf": "server { location / { } }"})
    monkeypatch.chdir(tmp_path / "repo")
    return tmp_path / "repo"


WAYS_OUT = {
    "a file": "include {machine}/sites/x.conf;",
    "a pattern": "include {machine}/sites/*.conf;",
    "a pattern of nothing": "include {machine}/none/*.conf;",
    "a relative name": "include ../../machine/sites/x.conf;",
    "a link": "include link.conf;",
    "a link to a directory": "include links/*.conf;",
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_nothing_outside_is_read(way: str, repository: Path) -> None:
    machine = repository.parent / "machine"
    (repository / "web/link.conf").symlink_to(machine / "sites/x.conf")
    (repository / "web/links").symlink_to(machine / "sites")
    text = http(f"include conf.d/*.conf; {WAYS_OUT[way].format(machine=machine)}")
    write(repository / "web", {"nginx.conf": text})
    for name in ("web", "web/nginx.conf", str(repository / "web")):
        assert "secret" not in dumps(check(name, confine="."))
    report = check("web", confine=".")
    assert report.blocks.location == 1
    assert not report.complete, "what is outside is unknown"
    assert "secret" not in dumps(check("-", data=text.encode(), prefix="web", confine="."))


def test_a_whole_configuration_is_read_as_without(repository: Path) -> None:
    write(repository / "web", {"nginx.conf": http("include conf.d/*.conf; include ../shared;")})
    (repository / "shared").write_text("server { }")
    for name in ("web", "web/nginx.conf", str(repository / "web/nginx.conf")):
        confined = check(name, confine=".")
        assert confined.complete
        assert confined.blocks == check(name).blocks
    run = memlint("check", "--confine", ".", "--format", "json", "web")
    assert run.code == 0
    [confined], [expected] = (
        done.json["configs"] for done in (run, memlint("check", "--format", "json", "web"))
    )
    assert expected.pop("outside_total") == 1
    assert confined.pop("outside_total") == 0
    for config in (confined, expected):
        del config["outside"]
    assert confined == expected


def test_main_files_and_maps_outside_are_refused(repository: Path) -> None:
    write(repository / "web", {"nginx.conf": http("include /m/sites/*.conf;")})
    run = memlint("check", "--confine", ".", "../machine")
    assert run.code == 3
    assert "out of which nothing is read" in run.out
    assert "secret" not in run.out
    run = memlint("check", "--confine", ".", "--path-map", "/m=../machine", "web")
    assert run.code == 3
    (repository / "memlint.toml").write_text('path-map = { "/m" = "../machine" }\n')
    assert memlint("check", "web").code == 0
    assert memlint("check", "--confine", ".", "web").code == 3
    (repository / "memlint.toml").write_text('path-map = { "/m" = "web" }\n')
    write(repository / "web", {"sites/a.conf": "server { location / { } }"})
    assert memlint("check", "--confine", ".", "web").code == 0
    (repository / "out").symlink_to("../machine")
    assert memlint("check", "--confine", ".", "out/nginx.conf").code == 3
    assert memlint("check", "--confine", ".", "--path-map", "/m=out", "web").code == 3
    assert memlint("check", "--confine", "none", "web").code == 2


def test_settings_have_no_say(repository: Path) -> None:
    write(repository / "web", {"nginx.conf": http("")})
    (repository / "memlint.toml").write_text('confine = "/"\n')
    assert memlint("check", "web").code == 2
