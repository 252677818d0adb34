"""Templates and other files that are no nginx configuration are named as what they are."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from nginx_memlint import check
from tests.helpers import memlint

EVENTS = "events {}\n"

TEMPLATES = {
    "a number": ("envsubst", 1, "worker_processes ${N};\n" + EVENTS),
    "a number without braces": ("envsubst", 2, EVENTS + "http { client_max_body_size $SIZE; }"),
    "a port": ("envsubst", 3, EVENTS + "http { server {\nlisten ${PORT}; } }"),
    "a size": ("envsubst", 3, EVENTS + "http {\nlua_shared_dict a ${SIZE}; }"),
    "a file": (
        "envsubst",
        3,
        EVENTS + "http {\nlua_ssl_trusted_certificate ${CA}; server { location / { } } }",
    ),
    "an include": ("envsubst", 2, EVENTS + "include ${DIR}/a.conf; http { }"),
    "a peer": ("envsubst", 3, EVENTS + "http { upstream a {\nserver ${HOST}:80; } }"),
    "Jinja's value": ("Jinja", 1, "worker_processes {{ n }};\n" + EVENTS),
    "Jinja in quotes": ("Jinja", 1, "worker_processes '{{ n }}';\n" + EVENTS),
    "Jinja's statement": ("Jinja", 2, EVENTS + "{% if a %}\nhttp { }\n{% endif %}"),
    "Jinja's comment": ("Jinja", 1, "{# managed #}\n" + EVENTS),
    "Jinja within a path": ("Jinja", 3, EVENTS + "http { server {\nroot /a/{{x}}/b; } }"),
    "Jinja in a line": (
        "Jinja",
        3,
        EVENTS + "http { server {\nserver_name {% if a %}b{% endif %}; } }",
    ),
    "Jinja in a location": ("Jinja", 3, EVENTS + "http { server {\nlocation {{ a }} { } } }"),
    "Jinja in a map": ("Jinja", 3, EVENTS + "http { map $a $b {\n{{ c }} 1; } }"),
    "Go": ("Go", 3, EVENTS + "http {\n{{- if .Values.a }}\nserver { }\n{{- end }}\n}"),
    "ERB": ("ERB", 3, EVENTS + "http { server {\n<% if @a -%>\nlisten 80;\n<% end %> } }"),
    "ERB's value": ("ERB", 3, EVENTS + "http { server {\nlisten <%= @port %>; } }"),
    "Kong's line": ("Kong", 3, EVENTS + "http {\n> if a then\nserver { }\n> end\n}"),
    "Kong's value": ("Kong", 1, "worker_processes ${{N}};\n" + EVENTS),
}


@pytest.mark.parametrize(("kind", "line", "text"), TEMPLATES.values(), ids=TEMPLATES)
def test_a_template_is_named(kind: str, line: int, text: str, tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(text)
    report = check(path)
    [problem] = report.problems
    article = "an" if kind[0] in "eE" else "a"
    message = f"looks like {article} {kind} template: render it first, or pipe nginx -T"
    assert (problem.line, problem.message, problem.complete) == (line, message, False)


def test_the_command_says_so(tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(TEMPLATES["Go"][2])
    (tmp_path / "site.conf.j2").write_text("")
    run = memlint("check", path, "--format", "line")
    assert run.code == 3
    assert f"{path}:3:" in run.out + run.err
    assert "(site.conf.j2 is beside it)" in run.out + run.err


def test_an_included_template_is_named_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("# a\nlisten {{ port }};\n")
    path = tmp_path / "nginx.conf"
    path.write_text(EVENTS + "http { server { include a.conf; } }")
    [problem] = check(path).problems
    assert (problem.file, problem.line) == (str(tmp_path / "a.conf"), 2)
    assert "Jinja" in problem.message
    assert problem.chain == [f"{path}:2"]


def test_what_stands_before_it_is_reported_too(tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(EVENTS + "http { location / { }\nserver { listen ${PORT}; } }")
    assert [(p.line, p.nginx) for p in check(path).problems] == [
        (3, None),
        (2, '"location" directive is not allowed here'),
    ]


def test_a_file_of_that_name_may_be_there(tmp_path: Path) -> None:
    (tmp_path / "${CA}.conf").write_text("server { }")
    path = tmp_path / "nginx.conf"
    path.write_text(EVENTS + "http { include ${CA}.conf; }")
    assert check(path).problems == []


def test_nginx_has_rendered_a_dump() -> None:
    text = "# configuration file /etc/nginx/nginx.conf:\nworker_processes ${N};\n" + EVENTS
    problems = check("-", data=text.encode()).problems
    assert not [p for p in problems if "template" in p.message]


CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

FILES = {
    "little endian": (EVENTS.encode("utf-16"), "UTF-16 text (PowerShell's > writes it"),
    "big endian": (b"\xfe\xff" + EVENTS.encode("utf-16-be"), "UTF-16 text"),
    "without a mark": (EVENTS.encode("utf-16-le"), "UTF-16 text"),
    "gzip": (gzip.compress(EVENTS.encode()), "a gzip file"),
    "PEM": (CERTIFICATE.encode(), "a PEM file"),
    "TOML": (b'# settings\n[check]\ntarget = "debian-12"\n', "TOML"),
    "TOML's keys": (b'target = "debian-12"\n', "TOML"),
    "a program": (b"\x7fELF\x02\x01\x01\0\0", "a program (ELF)"),
}


@pytest.mark.parametrize("is_included", [False, True])
@pytest.mark.parametrize(("data", "kind"), FILES.values(), ids=FILES)
def test_another_file_is_named(data: bytes, kind: str, is_included: bool, tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    if is_included:
        path.write_text(EVENTS + "http { include a; }")
        path = tmp_path / "a"
    path.write_bytes(data)
    report = check(tmp_path / "nginx.conf")
    assert not report.complete
    assert (report.problems[0].file, report.problems[0].complete) == (str(path), False)
    assert report.problems[0].message.startswith(f"is {kind}")


BINARY = "; the file has NUL bytes: is it a binary file?"


def test_what_nginx_says_of_a_file_with_nul_bytes_stands(tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_bytes(EVENTS.encode() + b"http {\nserver {\nlocation a\0 b c { }\nlisten 1 { } } }")
    first, second = check(path).problems
    assert first.nginx == 'invalid number of arguments in "location" directive'
    assert (first.line, first.message) == (4, first.nginx + BINARY)
    assert (second.line, BINARY in second.message) == (5, False)


def test_a_binary_file(tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_bytes(b"abc\0\1\2\3\4\5\6\7")
    [problem, *_] = check(path).problems
    assert problem.message.endswith(BINARY)


@pytest.mark.parametrize("name", ["load_module x;", "worker_processes 2;", "events { }", "a b;"])
@pytest.mark.parametrize("is_included", [False, True])
def test_a_byte_order_mark_is_told_once(name: str, is_included: bool, tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    text = f"\ufeff{name}\n"
    if is_included:
        (tmp_path / "a").write_text(text)
        text = "include a;\n"
    path.write_text(text + EVENTS + "http { server { } }")
    [problem] = check(path).problems
    assert problem.nginx == f'unknown directive "\\ufeff{name.rstrip(";").split()[0]}"'
    assert problem.message == (
        f"the file begins with a byte order mark, which nginx rejects: {problem.nginx}"
    )


def test_a_byte_order_mark_within_a_file(tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(EVENTS + "\ufeffload_module x;\nhttp { server { } }")
    [problem] = check(path).problems
    assert problem.nginx == 'unknown directive "\\ufeffload_module"'
    assert "did you mean" not in problem.message


@pytest.mark.parametrize(
    "text",
    ["listen 80 accept_filter=$X;", "listen 80 accept_filter=${X};", "listen unix:$X;"],
)
def test_words_that_are_any_text(text: str, tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(EVENTS + f"http {{ server {{ {text} }} }}")
    assert check(path).problems == []
