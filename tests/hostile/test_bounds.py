"""Each bound, met: a problem with file and line, and exit status 3; and what lifts them."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from nginx_memlint import check, diff
from nginx_memlint.files.bounds import NAMES, tokens_at_most
from tests.helpers import http, memlint_here, with_bounds, write

MAIN = http("include a.conf;\ninclude d/*.conf;\nserver {\nlocation / {\n}\n}#memlint:\n#memlint:")
FILES: dict[str, str | bytes] = {
    "nginx.conf": MAIN,
    "a.conf": "include b.conf;\nserver { }\n",
    "b.conf": "map $a $b { default 1; }\n",
    "d/1.conf": "wrong { }\n",
    "d/2.conf": "wrong { }\n",
}
"""Exceeds nothing, and below twice as many of anything."""

EXCEEDED: dict[str, tuple[int, str, int | None, str]] = {
    "file-bytes": (60, "nginx.conf", None, "larger than 60 bytes"),
    "total-bytes": (len(MAIN), "nginx.conf", 5, "all files together are larger"),
    "tokens": (tokens_at_most(MAIN.encode()), "nginx.conf", 5, "the files have more than"),
    "inclusions": (2, "nginx.conf", 6, "more than 2 files are included"),
    "include-depth": (1, "a.conf", 1, "nested deeper than 1 "),
    "blocks": (2, "b.conf", 1, "more than 2 blocks"),
    "block-depth": (2, "nginx.conf", 1, "blocks are nested deeper than 2 "),
    "names": (1, "nginx.conf", 6, "more than 1 names"),
    "problems": (1, "nginx.conf", None, "1 more problems are not listed"),
    "findings": (1, "nginx.conf", None, "comments name more than 1 codes"),
    "steps": (5, "a.conf", 1, "it takes more than 5 steps to understand"),
}
"""Bound → a value too small for FILES, and the problem."""


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    write(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)
    return "nginx.conf"


def under(name: str) -> str:
    return name.replace("-", "_")


# that of several configurations: test_all_steps.py
@pytest.mark.parametrize(
    "name", [name for name in NAMES if name not in ("all-steps", "lua-tokens", "pem-bytes")]
)
def test_a_bound_is_met(conf: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value, file, line, text = EXCEEDED[name]
    with_bounds(monkeypatch, **{under(name): value})
    run = memlint_here("check", "--format", "json", conf)
    assert run.code == 3
    [report] = run.json["configs"]
    assert report["complete"] is False
    hint = f"(bound {name}; --trusted lifts it for input of your own)"
    problem = next(problem for problem in report["problems"] if hint in problem["message"])
    assert (problem["file"], problem["line"]) == (file, line)
    assert text in problem["message"]
    assert problem["nginx"] is None


def test_nothing_else_is_in_the_way(conf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    enough = dict.fromkeys(map(under, NAMES), 10_000) | {"block_depth": 3, "include_depth": 2}
    with_bounds(monkeypatch, **enough)
    assert not any("(bound" in problem.message for problem in check(conf).problems)


@pytest.mark.parametrize("command", ["check", "tree", "diff"])
def test_trusted_lifts_all(conf: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_bounds(monkeypatch, **{under(name): value for name, (value, *_) in EXCEEDED.items()})
    given = [conf, conf] if command == "diff" else [conf]
    assert "--trusted lifts it" in (memlint_here(command, *given).out)
    assert "--trusted lifts it" not in memlint_here(command, "--trusted", *given).out
    assert not any("(bound" in problem.message for problem in check(conf, trusted=True).problems)


def test_bounds_are_no_option(conf: str) -> None:
    for command in ("check", "tree", "diff", "config"):
        run = memlint_here(command, "--bounds", "names=5", conf)
        assert run.code == 2
        said = " ".join(run.err.replace("│", " ").split())
        assert "the limits are fixed: --trusted lifts all of them, for input of your own" in said


@pytest.mark.parametrize("key", ["bounds", "trusted"])
@pytest.mark.parametrize("table", ["", "[[roots]]\npath = 'nginx.conf'\n"])
def test_settings_lift_nothing(conf: str, key: str, table: str) -> None:
    value = "{ names = 5 }" if key == "bounds" else "true"
    Path("memlint.toml").write_text(f"{table}{key} = {value}\n")
    run = memlint_here("check", conf)
    assert run.code == 2
    said = {
        "bounds": "the limits are fixed: --trusted lifts all of them, for input of your own",
        "trusted": 'unknown key "trusted"',
    }
    assert f"memlint.toml:{1 + table.count(chr(10))}: " in run.err
    assert said[key] in run.err


def test_standard_input_and_dumps_are_bounded(conf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = Path(conf).read_bytes()
    with_bounds(monkeypatch, file_bytes=50)
    run = memlint_here("check", "-", stdin=text)
    assert (run.code, "<stdin>: is not read: larger than 50 bytes" in run.out) == (3, True)
    run = memlint_here("check", "--trusted", "-", stdin=text)
    assert "is not read" not in run.out
    with_bounds(monkeypatch, tokens=10)
    run = memlint_here("check", "-", stdin=text)
    assert (run.code, "<stdin>: is not read: the files have more than" in run.out) == (3, True)
    with_bounds(monkeypatch, tokens=20)
    dump = b"# configuration file /n.conf:\n" + text + b"\n# configuration file /a.conf:\n;\n"
    run = memlint_here("check", "-", stdin=dump)
    assert (run.code, "(bound tokens; --trusted" in run.out) == (3, True)


def test_comparisons_are_bounded(conf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_bounds(monkeypatch, names=1)
    [root] = diff([conf, conf]).roots
    assert root.old is not None
    assert any("more than 1 names" in problem.message for problem in root.old.problems)
    run = memlint_here("diff", conf, conf)
    assert (run.code, "more than 1 names" in run.out) == (3, True)


def test_lua_is_bounded_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = write(tmp_path, {"nginx.conf": http("init_by_lua_block { {} {} {} } server { }")})
    assert check(conf).complete
    with_bounds(monkeypatch, lua_tokens=5)
    [problem] = [problem for problem in check(conf).problems if "bound" in problem.message]
    assert problem.message.startswith("a file has more than 5 tokens of Lua (bound lua-tokens")
    assert problem.nginx is None
    assert check(conf, trusted=True).complete


@pytest.mark.parametrize(
    "name", ["lua_ssl_trusted_certificate", "ssl_certificate", "ssl_crl", "js_import"]
)
def test_certificates_and_scripts_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    tls = "listen 1 ssl; ssl_certificate a.pem; ssl_certificate_key a.key;"
    if name == "ssl_certificate":
        tls = tls.replace("a.pem", "ca.pem")
    more = "" if name == "ssl_certificate" else f"{name} ca.pem;"
    text = http(f"{more} server {{ {tls} }}")
    conf = write(tmp_path, {"nginx.conf": text, "ca.pem": "x" * 2000})
    with_bounds(monkeypatch, pem_bytes=1000)
    report = check(conf)
    assert not report.complete
    assert any("(bound pem-bytes" in problem.message for problem in report.problems)


def test_tokens_of_scripts_are_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = http("js_import a.js; server { }")
    for count, is_complete in ((100, True), (10_000, False)):
        conf = write(tmp_path, {"nginx.conf": text, "a.js": "x," * count})
        with_bounds(monkeypatch, steps=10_000)
        report = check(conf)
        said = [problem.message for problem in report.problems if "(bound steps" in problem.message]
        assert (report.complete, bool(said)) == (is_complete, not is_complete)


def test_codes_of_comments_are_bounded_not_comments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of(comments: int, codes: int) -> Path:
        comment = f"# memlint: ignore[{','.join('a' * codes)}] a, b\n"
        return write(
            tmp_path / f"{comments}", {"nginx.conf": http(comment * comments + "server {}")}
        )

    def is_beyond(conf: Path) -> bool:
        return any("comments name more than" in p.message for p in check(conf).problems)

    with_bounds(monkeypatch, findings=100)
    assert not is_beyond(of(100, 1))
    assert is_beyond(of(101, 1))
    assert not is_beyond(of(10, 10))
    assert is_beyond(of(11, 10))

    def peak(codes: int) -> int:
        conf = of(200, codes)
        tracemalloc.start()
        check(conf)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    few = peak(1)
    # nginx reads no longer comments; each code would take 150 bytes
    assert peak(2000) - few < 10 * 200 * 2000 * len("a,")
