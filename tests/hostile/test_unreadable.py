"""Files that may not be looked at: each is told of, whatever names it, and no check ends there."""

from __future__ import annotations

import ast
import errno
import os
from pathlib import Path

import pytest

import nginx_memlint.memory.parts
from nginx_memlint import check
from nginx_memlint.files.bounds import BoundError
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.source import OutsideError
from tests.helpers import http, memlint_here, write

PARTS = Path(nginx_memlint.memory.parts.__file__).parent

TLS = "listen 1 ssl; ssl_certificate_key out/a.key; ssl_certificate"
NAMING: dict[str, tuple[str, str]] = {
    "include": ("include out/a;", "out/a"),
    "pattern of an include": ("include out/*;", "out/*"),
    "map": ("map $uri $m { include out/a; }", "out/a"),
    "geo": ("geo $g { ranges; include a; }", "a.bin"),
    "js_import": ("js_import out/a.js;", "out/a.js"),
    "js_path": ("js_path out; js_import a.js;", "a.js"),
    "import of a script": ("js_import b.js;", "out/c.js"),
    "modsecurity_rules_file": ("modsecurity_rules_file out/a;", "out/a"),
    "Include of rules": ("modsecurity_rules_file rules;", "out/1"),
    "pattern of rules": ("modsecurity_rules_file more;", "out/*"),
    "ssl_certificate": (f"server {{ {TLS} out/a; }}", "file of certificates"),
    "ssl_crl": (f"server {{ {TLS} out/a; ssl_crl out/crl; }}", "revocation list"),
    "lua_ssl_trusted_certificate": ("lua_ssl_trusted_certificate out/a;", "out/a"),
    "ssl_password_file": (f"server {{ {TLS} a; ssl_password_file out/a; }}", "out/a"),
}
"""A way to name a file → the directive, and what tells of the file."""

FILES: dict[str, str | bytes] = {
    "a": "10.0.0.0-10.0.0.1 1;",
    "b.js": 'import c from "out/c.js"\n',
    "rules": "Include out/1\n",
    "more": "Include out/*\n",
}

ERRORS = {
    "outside": OutsideError(),
    "permission": PermissionError(errno.EACCES, os.strerror(errno.EACCES)),
    "input and output": OSError(errno.EIO, os.strerror(errno.EIO)),
    "bound": BoundError("patterns look at more than 5 names", "names"),
}


@pytest.fixture(params=ERRORS)
def unreadable(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is asked of what is below the directory out fails, and of a.bin and a.js."""

    def failing(name: str) -> None:
        ask = getattr(FileSystem, name)

        def asked(self: FileSystem, path: str) -> object:
            if "/out" in path or path.endswith((".bin", "/a.js")):
                raise ERRORS[request.param]
            return ask(self, path)

        monkeypatch.setattr(FileSystem, name, asked)

    for name in ("read", "names", "exists", "is_dir"):
        failing(name)


@pytest.mark.usefixtures("unreadable")
@pytest.mark.parametrize("kind", NAMING)
def test_what_names_it_is_told_of(tmp_path: Path, kind: str) -> None:
    directive, said = NAMING[kind]
    conf = write(tmp_path, {"nginx.conf": http(f"{directive} server {{ }}"), **FILES})
    report = check(conf, target="debian-12")
    texts = [problem.message + problem.file for problem in report.problems]
    texts += [finding.message for finding in report.findings]
    assert any(said in text for text in texts + report.assumptions), report


@pytest.mark.parametrize("kind", NAMING)
def test_outside_of_the_directory_that_may_be_read(tmp_path: Path, kind: str) -> None:
    outside = tmp_path / "elsewhere/out"
    outside.mkdir(parents=True)
    directive = NAMING[kind][0].replace("out", str(outside))
    files = {name: str(text).replace("out", str(outside)) for name, text in FILES.items()}
    conf = write(tmp_path / "conf", {"nginx.conf": http(f"{directive} server {{ }}"), **files})
    run = memlint_here("check", "--confine", conf.parent, "--target", "debian-12", conf)
    assert run.code in (0, 1, 3), run.err


def test_rules_that_cannot_be_listed_are_no_fewer(tmp_path: Path) -> None:
    def size(rules: str) -> int:
        files = {"nginx.conf": http("modsecurity_rules_file r; server { }"), "r": rules}
        conf = write(tmp_path / "conf", {**files})
        [part] = [
            part
            for part in check(conf, target="debian-12", confine=str(conf.parent)).memory.parts
            if part.name == "ModSecurity's rules"
        ]
        return part.start_bytes

    rule = "SecRuleEngine On\n"
    missing = size(f"{rule}IncludeOptional gone.conf\nIncludeOptional gone/*.conf\n")
    assert missing < 10_000
    for name in ("/etc/*.conf", "/etc/crs.conf"):
        assert size(f"{rule}Include {name}\n") > 16_000_000


@pytest.mark.parametrize("name", ["x" * 100_000, "*" * 100_000])
def test_long_names_in_rules(tmp_path: Path, name: str) -> None:
    text = http("modsecurity_rules_file r; server { }")
    report = check(write(tmp_path, {"nginx.conf": text, "r": f"Include /{name}\n"}))
    [said] = [text for text in report.assumptions if "could not be read" in text]
    assert len(said) < 5000


def test_patterns_of_rules_are_bounded_as_those_of_includes(tmp_path: Path) -> None:
    patterns = [f"d/{'[' * 90}{number}*" for number in range(10)]

    def failed(directive: str, files: dict[str, str | bytes]) -> str:
        text = http(f"{directive} server {{ }}")
        conf = write(tmp_path, {"nginx.conf": text, "d/a": "", **files})
        report = check(conf, target="debian-12")
        return "".join(problem.message for problem in report.problems) + str(report.assumptions)

    includes = "".join(f"include {pattern};" for pattern in patterns)
    assert failed(includes, {}).count("too many malformed brackets") == 8
    rules = "".join(f"Include {pattern}\n" for pattern in patterns)
    assert "8 files of scripts, rules" in failed("modsecurity_rules_file r;", {"r": rules})


def test_parts_ask_for_files_in_one_place() -> None:
    asking = {
        path.name
        for path in PARTS.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr in ("source", "_source"))
        or (isinstance(node, ast.ImportFrom) and any(one.name == "expand" for one in node.names))
    }
    assert asking == {"record.py"}
