"""Typical mistakes, each with the words that help: all in one line, which says what to type."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from tests.helpers import http, memlint, write

FRAGMENT = "location / { proxy_pass http://b; }\n"
TEMPLATE = "http { lua_ssl_trusted_certificate ${CA_BUNDLE}; server { } }\nevents { }\n"
TYPO = http("lua_ssl_trusted_certficate ca.pem;\nserver { location / { } }")

FILES: dict[str, str | bytes] = {
    "nginx.conf": http("server { location / { } }"),
    "empty.conf": "",
    "fragment.conf": FRAGMENT,
    "conf.d/a.conf": "server { }\n",
    "conf.d/b.conf": "server { }\n",
    "packed.conf": gzip.compress(b"events { }\n"),
    "utf-16.conf": "events { }\n".encode("utf-16"),
    "template.conf": TEMPLATE,
    "typo.conf": TYPO,
    "ca.conf": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "unknown.toml": "max-memroy = '4GiB'\n",
    "type.toml": "workers = 'many'\n",
    "list.toml": "roots = 'nginx.conf'\n",
    "code.toml": "severity = { ML999 = 'off' }\n",
}

MISTAKES = (
    # commands
    ("nginx.conf", 2, "memlint check nginx.conf tells what it costs"),
    ("chek nginx.conf", 2, 'there is no command "chek"; did you mean "check"?'),
    ("help", 2, "memlint --help lists them"),
    ("version", 2, "it is memlint --version"),
    ("schema", 2, "the schemas are files"),
    ("explain contxt", 2, 'did you mean "context"?'),
    ("explain ML999", 2, '"ML999" is neither a rule nor a word of reports'),
    ("targets debain-12", 2, 'did you mean "debian-12"?'),
    # options
    ("check --taget x nginx.conf", 2, "--target"),
    ("check --bounds x nginx.conf", 2, "--trusted lifts all of them"),
    ("verify --nginx /usr/sbin/nginx nginx.conf", 2, "is now --nginx-binary"),
    ("check --quiet --verbose nginx.conf", 2, "says more than --quiet: give one of them"),
    ("check --write-baseline nginx.conf", 2, "needs --baseline FILE"),
    ("check --baseline none.json nginx.conf", 2, "make it with --write-baseline"),
    ("check --format htlm nginx.conf", 2, 'did you mean "html"?'),
    ("check --format json --format sarif nginx.conf", 2, "give a file, NAME:FILE"),
    # values
    ("check --target debian12 nginx.conf", 2, 'did you mean "debian-12"?'),
    ("check --max-memory 4 nginx.conf", 2, "did you mean 4GiB?"),
    ("check --max-memory 50% nginx.conf", 2, "is not a size like 4GiB"),
    ("check --max-memory 4,5GiB nginx.conf", 2, "is not a size like 4GiB"),
    ("check --workers auto nginx.conf", 2, "4096; on the command line, host is as many as auto"),
    ("check --workers many nginx.conf", 2, '"many" is not a number of workers from 1 to'),
    ("check --jobs all nginx.conf", 2, '"all" is not a whole number from 0 to'),
    ("tree --depth -1 nginx.conf", 2, '"-1" is not a whole number from 0 to'),
    ("verify --reloads two nginx.conf", 2, '"two" is not a whole number from 0 to 1,000'),
    ("verify --tolerance 15% nginx.conf", 2, '"15%" is not a number from 0 to 10'),
    ("check --fail-on erorr nginx.conf", 2, 'did you mean "error"?'),
    ("check --color blue nginx.conf", 2, "'auto', 'always', 'never'"),
    ("check --select ML9x nginx.conf", 2, '"ML9x" is not a rule'),
    ("check --ignore over-budgt nginx.conf", 2, 'did you mean "over-budget"?'),
    ("check --ignore ML000 nginx.conf", 2, "it is always there"),
    ("check --context server,http fragment.conf", 2, '"server" cannot be outermost'),
    ("check --path-map etc=. nginx.conf", 2, "is not FROM=TO with an absolute FROM"),
    ("check --sysroot none nginx.conf", 2, '"none" is not a directory'),
    ("check --set lau=0.10.25 nginx.conf", 2, 'did you mean "lua"?'),
    ("diff nginx.conf", 2, "name two configurations, OLD and NEW, or a commit with --base"),
    ("diff --config unknown.toml nginx.conf nginx.conf", 2, "is for --base"),
    # settings
    ("check --config unknown.toml nginx.conf", 2, 'unknown key "max-memroy"; did you mean'),
    ("check --config type.toml nginx.conf", 2, 'workers: "many" is not a number of workers'),
    ("check --config list.toml nginx.conf", 2, "roots: must be a list"),
    ("check --config code.toml nginx.conf", 2, '"ML999" is not a known rule'),
    # files
    ("check none.conf", 3, "No such file or directory"),
    ("check ngnix.conf", 3, "No such file or directory); did you mean nginx.conf?"),
    ("check conf/a.conf", 3, "/conf.d?"),
    ("check ./conf.d/c.conf/nginx.conf", 3, "/conf.d/b.conf?"),
    ("check empty.conf", 3, "the file is empty"),
    ("check fragment.conf", 3, "--context http"),
    ("check conf.d", 3, "conf.d"),
    ("check packed.conf", 3, "gzip"),
    ("check utf-16.conf", 3, "UTF-16"),
    ("check template.conf", 3, "template"),
    ("check ca.conf", 3, "is a PEM file, no nginx configuration"),
    ("check typo.conf", 3, 'did you mean "lua_ssl_trusted_certificate"?'),
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the files that the mistakes are about."""
    path = tmp_path_factory.mktemp("mistakes")
    write(path, FILES)
    return path


@pytest.mark.parametrize(("words", "code", "said"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake(words: str, code: int, said: str, directory: Path) -> None:
    run = memlint(*words.split(), cwd=directory, env=os.environ | {"COLUMNS": "300"})
    out = run.err if code == 2 else run.out
    assert run.code == code, run.out + run.err
    assert said in " ".join(out.split())
    for library in ("Input should be", "int range", "float range", "Value error", "pydantic"):
        assert library not in run.out + run.err


def test_there_are_thirty() -> None:
    assert len({words for words, _, _ in MISTAKES}) >= 30


@pytest.mark.parametrize("command", ["check", "tree", "diff", "verify", "preflight", "config"])
def test_help_speaks_no_library_s_words(command: str) -> None:
    out = memlint(command, "--help").out
    for library in (" range>", "<int", "<float", "TEXT", "INTEGER", "FLOAT"):
        assert library not in out
    assert "The server:" in out
