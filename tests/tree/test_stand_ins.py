"""Stand-ins for files that a repository does not hold."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from nginx_memlint import check
from nginx_memlint.options.kinds import GLOBS
from nginx_memlint.tree import stand_ins
from nginx_memlint.tree.stock_table import STOCK_FILES
from tests.helpers import http, memlint, write

SERVER = "server { listen 80; location / { return 200; %s } }"
IN_LOCATIONS = ("fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params", "proxy_params")
SHIPPED = "not here: taken as nginx, Debian or certbot ship it"
EMPTY = "not here: taken for empty, as allow-missing says"


def conf(directory: Path, name: str, inside: str = "") -> Path:
    """A configuration that includes one stock file where it belongs."""
    in_location = name in IN_LOCATIONS or "php" in name
    include = f"include {name};"
    text = SERVER % include if in_location else f"{include} {SERVER % ''}"
    return write(directory, {"nginx.conf": http(text + inside, main="")})


@pytest.mark.parametrize("name", STOCK_FILES)
def test_each_weighs_as_if_it_were_there(tmp_path: Path, name: str) -> None:
    path = conf(tmp_path, name)
    taken = check(path, target="debian-12")
    assert taken.complete
    assert not [path for path in taken.outside if path.endswith(name)]
    [guess] = [text for text in taken.guesses if "not here" in text]
    assert guess.startswith(f"{tmp_path}/{name}")
    assert guess.endswith(SHIPPED)
    for stock, text in STOCK_FILES.items():
        write(tmp_path, {stock: text})
    there = check(path, target="debian-12")
    assert there.guesses == [text for text in taken.guesses if "not here" not in text]
    assert asdict(there.memory) == asdict(taken.memory)
    assert there.zones == taken.zones


def test_wherever_it_is_named(tmp_path: Path) -> None:
    names = ("/etc/letsencrypt/options-ssl-nginx.conf", "mime.types", "/opt/nginx/mime.types")
    for name in names:
        report = check(conf(tmp_path, name), target="debian-12")
        assert report.complete, name
    report = check(conf(tmp_path, names[0]))
    assert [(zone.name, zone.bytes) for zone in report.zones] == [("le_nginx_SSL", 10 << 20)]
    for name in ("fastcgi-php.conf", "mytypes", "xmime.types", "mime.types/x", "snippets/x.conf"):
        report = check(conf(tmp_path, name))
        assert not report.complete, name


def test_where_it_is_in_use_nothing_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There nginx would not start."""
    path = conf(tmp_path, "mime.types")
    assert check(path).complete
    monkeypatch.setattr(stand_ins, "INSTALLED", (str(tmp_path),))
    assert not check(path).complete


def test_a_dump_has_all_that_nginx_read(tmp_path: Path) -> None:
    text = conf(tmp_path, "mime.types").read_text()
    dump = f"# configuration file /opt/nginx.conf:\n{text}\n"
    report = check("-", data=dump.encode(), allow_missing=["**"])
    assert not report.complete
    assert "not in the dump" in report.problems[0].message


def test_the_main_file_has_no_stand_in(tmp_path: Path) -> None:
    assert not check(tmp_path / "mime.types", allow_missing=["**"]).complete


@pytest.mark.parametrize(
    ("glob", "complete"),
    [
        ("secrets/*.conf", True),
        ("secrets/", True),
        ("{top}/secrets/*", True),
        ("**", True),
        ("/**", True),
        ("secret/*", False),
        ("*.conf", False),
        ("/secrets/*", False),
    ],
)
def test_what_may_be_missing(tmp_path: Path, glob: str, complete: bool) -> None:
    path = conf(tmp_path, "secrets/a.conf", " include secrets/b.conf;")
    report = check(path, allow_missing=[glob.replace("{top}", str(tmp_path))])
    assert report.complete == complete
    said = [text for text in report.guesses if text.endswith(EMPTY)]
    assert said == [f"{tmp_path}/secrets/a.conf and 1 more are {EMPTY}"] * complete


def test_a_pattern_that_may_match_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, {"nginx.conf": http("include custom/*.conf;", main="")})
    assert not check(path).complete
    report = check(path, allow_missing=["custom/*.conf"])
    assert report.complete
    assert "custom" not in str(report.problems)


def test_a_file_that_cannot_be_read_is_none_that_is_missing(tmp_path: Path) -> None:
    path = conf(tmp_path, "mime.types")
    (tmp_path / "mime.types").mkdir()
    assert not check(path, allow_missing=["**"]).complete


def test_in_settings(tmp_path: Path) -> None:
    conf(tmp_path, "secrets/a.conf")
    for value in ("'secrets/*'", "['secrets/*']"):
        write(tmp_path, {"memlint.toml": f"allow-missing = {value}\n"})
        done = memlint("check", "nginx.conf", cwd=tmp_path)
        assert done.code == 0
        assert f"secrets/a.conf is {EMPTY}" in done.out
        assert "memlint.toml:1: allow-missing is secrets/*" in done.out
    write(tmp_path, {"memlint.toml": "allow-missing = 3\n"})
    done = memlint("check", "nginx.conf", cwd=tmp_path)
    assert 'must be a list of globs, e.g. ["/etc/nginx/secrets/*"]' in done.err
    assert (
        memlint("check", "--allow-missing=**", "--no-config", "nginx.conf", cwd=tmp_path).code == 0
    )


@pytest.mark.parametrize("value", [3, [3], None, [""]])
def test_wrong_globs(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        GLOBS.read(value)
