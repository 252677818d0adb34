"""A report says that there was nothing to count, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nginx_memlint import check
from tests.helpers import memlint

EVENTS = "events {}\n"
NO_SERVER = "nothing to count: there is no server in http, stream or mail"

WARNINGS = {
    "nothing": (EVENTS, None, NO_SERVER),
    "http": (EVENTS + "http {}", None, NO_SERVER),
    "stream": (EVENTS + "stream { upstream a { server 127.0.0.1:1; } }", None, NO_SERVER),
    "an http beside a stream": (
        EVENTS + "http {}\nstream { server { listen 1; } }",
        2,
        "http has no server: nothing in it is counted",
    ),
    "no directory": (
        EVENTS + "http { server { }\ninclude none/*.conf; }",
        3,
        "include none/*.conf finds nothing: there is no directory {}/none",
    ),
    "no directory above": (
        EVENTS + "http { server { }\ninclude none/*/a/*.conf; }",
        3,
        "include none/*/a/*.conf finds nothing: there is no directory {}/none",
    ),
}


@pytest.mark.parametrize(("text", "line", "message"), WARNINGS.values(), ids=WARNINGS)
def test_a_warning(text: str, line: int | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(text)
    report = check(path)
    assert [(p.line, p.message, p.complete) for p in report.problems] == [
        (line, message.format(tmp_path), True)
    ]


@pytest.mark.parametrize(
    "name", ["text", "line", "json", "github", "gitlab", "sarif", "junit", "markdown"]
)
def test_every_format_has_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(EVENTS + "http {}")
    run = memlint("check", "--format", name, path)
    assert run.code == 0
    out = json.dumps(run.json) if name in ("json", "gitlab", "sarif") else run.out
    assert NO_SERVER in out


def test_nothing_was_found_where_servers_were_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(EVENTS + "http {\nlua_ssl_trusted_certificate /a;\ninclude sites/*.conf; }")
    for directory in (None, "sites"):
        if directory:
            (tmp_path / directory).mkdir()
        run = memlint("check", path)
        assert run.code == 3
        said = " ".join(run.out.split())
        assert f"{NO_SERVER}, and include sites/*.conf found no file" in said
    (tmp_path / "sites/a.conf").write_text("server { }")
    assert memlint("check", path).code == 0


@pytest.mark.parametrize(
    "text", ["", "server_tokens off;", "include none/*.conf;", "map $a $b { }"]
)
def test_a_fragment_needs_no_server(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text(text)
    assert check(path, context=["http"]).problems == []


def test_in_a_dump_a_pattern_matched_nothing_for_nginx_too() -> None:
    text = "# configuration file /etc/nginx/nginx.conf:\n" + EVENTS + "http { include c/*.conf; }\n"
    report = check("-", data=text.encode())
    assert [(p.message, p.complete) for p in report.problems] == [(NO_SERVER, True)]
    assert report.complete
