"""The cost of a change: between two configurations, and since a commit of a real repository."""

from __future__ import annotations

import hashlib
import json
import os
import selectors
import shutil
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nginx_memlint import check, diff
from nginx_memlint.comparison.compare import exit_code
from nginx_memlint.comparison.difference import Diff, PartChange, RootDiff
from nginx_memlint.errors import MemlintError
from nginx_memlint.report import schemas
from nginx_memlint.report.formats import json as json_report
from nginx_memlint.sizes import MIB, human, human_growth, human_range
from nginx_memlint.sources import git as git_module
from tests.helpers import SAMPLES, copy_sample, http, memlint, with_bounds, write
from tests.rules.bundles import pem

SMALL = pem(1)
LARGE = pem(51)
TRUSTED = "lua_ssl_trusted_certificate ca.pem;\n"
SITE = "server { server_name %s; location / { } location /b { } }\n"

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


Files = dict[str, str | bytes]


def site(*names: str) -> str:
    return "".join(SITE % name for name in names)


def compare(old: Path, new: Path, **options: Any) -> RootDiff:
    [root] = diff([old, new], target="debian-12", **options).roots
    return root


def named(parts: list[PartChange]) -> dict[str, str]:
    return {part.name: part.state for part in parts}


class Repository:
    """A git repository that no setting of this machine's user reaches."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *args: str, cwd: Path | None = None) -> str:
        settings = (
            "user.name=x",
            "user.email=x@example.org",
            "protocol.file.allow=always",
            # a commit starts it in the background, where it makes files beside what is compared
            "maintenance.auto=false",
        )
        done = subprocess.run(
            ["git", *(part for text in settings for part in ("-c", text)), *args],
            cwd=cwd or self.path,
            env=os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
            timeout=60,
            check=True,
        )
        return done.stdout.decode("utf-8", "surrogateescape")

    def write(self, files: Files) -> Path:
        return write(self.path, files)

    def commit(self, files: Files | None = None) -> str:
        self.write(files or {})
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD").strip()

    def diff(self, *names: str, base: str = "HEAD", **options: Any) -> Diff:
        paths = [str(self.path / name) for name in names or ("nginx.conf",)]
        return diff(paths, base=base, target="debian-12", **options)

    def root(self, name: str = "nginx.conf", **options: Any) -> RootDiff:
        [root] = self.diff(name, **options).roots
        return root


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_moved_lines_are_no_change(tmp_path: Path) -> None:
    inside = TRUSTED + "lua_shared_dict a 1m;\n" + site("a", "b")
    old = write(tmp_path / "old", {"nginx.conf": http(inside), "ca.pem": LARGE})
    moved = "# x\n" * 7 + http("\n\n" + inside.replace(";", ";\n\n"))
    new = write(tmp_path / "new", {"nginx.conf": moved, "ca.pem": LARGE})
    root = compare(old, new, max_growth=1)
    assert root.state == "unchanged"
    assert (root.causes, root.servers, root.files) == ([], [], [])
    assert root.memory.start_bytes.before == root.memory.start_bytes.after > 100_000
    assert not root.exceeds


def test_renamed_directories_and_main_files_are_no_change(tmp_path: Path) -> None:
    files: Files = {"sites/a.conf": site("a"), "sites/b.conf": TRUSTED + site("b"), "ca.pem": LARGE}
    old = write(tmp_path / "old/conf", files | {"nginx.conf": http("include sites/*;")})
    renamed = {name.replace("sites/", "vhosts/"): text for name, text in files.items()}
    write(tmp_path / "new", renamed | {"main.conf": http("include vhosts/*;")})
    assert compare(old, tmp_path / "new/main.conf").state == "unchanged"


def test_an_added_location(tmp_path: Path) -> None:
    files: Files = {"ca.pem": LARGE, "a.conf": site("a"), "b.conf": site("b")}
    main = http(TRUSTED + "include a.conf; include b.conf;")
    old = write(tmp_path / "old", {**files, "nginx.conf": main})
    added = site("b").replace("location / { }", "location / { } location /new { }")
    new = write(tmp_path / "new", files | {"nginx.conf": main, "b.conf": added})
    root = compare(old, new)
    assert root.state == "changed"
    assert root.counts.location.growth == root.counts.ca_loads.growth == 1
    assert root.counts.server.growth == 0
    [server], [file] = root.servers, root.files
    assert (server.name, server.line, server.state) == ("b", 1, "changed")
    assert file.name == str(tmp_path / "new/b.conf")
    assert server.bytes.growth == file.bytes.growth == root.memory.start_bytes.growth > 0
    assert [part.kind for part in root.causes] == ["ca_loads", "ssl_contexts", "blocks"]
    assert root.causes[0].name == "lua_ssl_trusted_certificate ca.pem"
    assert root.causes[0].bytes.growth == root.memory.unit_bytes.after


def test_a_removed_directive(tmp_path: Path) -> None:
    old = write(tmp_path / "old", {"nginx.conf": http(TRUSTED + site("a")), "ca.pem": LARGE})
    new = write(tmp_path / "new", {"nginx.conf": http(site("a"))})
    [cause] = compare(old, new).causes
    assert (cause.state, cause.ca_loads.before, cause.ca_loads.after) == ("removed", 3, 0)
    assert cause.file == str(old)
    assert cause.bytes.after == 0 < cause.bytes.before


def test_servers_of_one_name_are_one(tmp_path: Path) -> None:
    plain = "server { server_name a; listen 80; }\n"
    old = write(tmp_path / "old", {"nginx.conf": http(plain + site("a"))})
    new = write(tmp_path / "new", {"nginx.conf": http(site("a") + plain + site("c"))})
    assert named(compare(old, new).servers) == {"c": "new"}


def test_zones_and_workers(tmp_path: Path) -> None:
    text = http("lua_shared_dict a 1m; lua_shared_dict b 2m; init_worker_by_lua_block { }")
    old = write(tmp_path / "old", {"nginx.conf": text})
    changed = text.replace("a 1m", "a 9m").replace("b 2m", "c 3m")
    changed = changed.replace("processes 2", "processes 5")
    root = compare(old, write(tmp_path / "new", {"nginx.conf": changed}))
    zones = {part.name: part.bytes.growth for part in root.causes if part.kind == "zone"}
    # as far as they are touched at a start: a table of 24 bytes for each page
    assert zones == {"a": 8 * 256 * 24, "b": -10_380 - 2 * 256 * 24, "c": 10_380 + 3 * 256 * 24}
    [workers] = [part for part in root.causes if part.kind == "workers"]
    assert (workers.ssl_contexts.before, workers.ssl_contexts.after) == (2, 5)
    assert root.memory.zones_bytes.growth == 9 * MIB
    assert root.counts.workers.growth == 3


def test_a_shared_context_belongs_where_it_is_shared_from(tmp_path: Path) -> None:
    files: Files = {
        "ca.pem": LARGE,
        "b.conf": site("b"),
        "nginx.conf": http(TRUSTED + "include *b.conf;"),
    }
    old = write(tmp_path / "old", files)
    new = write(tmp_path / "new", files | {"a-b.conf": site("a")})
    [root] = diff([old, new], target="debian-13").roots
    assert root.counts.ca_loads.growth == root.counts.ssl_contexts.growth == 0
    assert named(root.servers) == {"a": "new"}
    assert named(root.files) == {str(tmp_path / "new/a-b.conf"): "new"}


@pytest.mark.parametrize("target", ["debian-11", "debian-13"])
@pytest.mark.parametrize("pair", [("shared", "stream"), ("healthy", "crowdsec")])
def test_causes_add_up(pair: tuple[str, str], target: str) -> None:
    [root] = diff([SAMPLES / name for name in pair], target=target).roots
    total = root.memory.total.start_bytes.growth
    assert sum(part.bytes.growth for part in root.causes) == total != 0
    loads = sum(part.ca_loads.growth for part in root.causes if part.kind == "ca_loads")
    assert loads == root.counts.ca_loads.growth
    # files are told with their blocks, contexts and loads alone
    inside = sum(part.bytes.growth for part in root.files)
    apart = sum(part.bytes.growth for part in root.causes if part.kind == "workers")
    assert inside == root.memory.start_bytes.growth - apart


@pytest.mark.parametrize(
    ("added", "name"),
    [
        ("map $uri $to { /a /b; }", "maps"),
        ("upstream u { hash $uri consistent; server a weight=1000; }", "consistent hashes"),
        ("server { listen 443 ssl; ssl_certificate c; ssl_crl crl.pem; }", "certificates"),
    ],
)
def test_what_is_no_bundle_is_a_cause_as_well(added: str, name: str, tmp_path: Path) -> None:
    old = write(tmp_path / "old", {"nginx.conf": http(site("a"))})
    root = compare(old, write(tmp_path / "new", {"nginx.conf": http(site("a") + added)}))
    assert root.state == "changed"
    [part] = [part for part in root.causes if part.name == name]
    assert (part.kind, part.state) == ("part", "new")
    assert part.bytes.growth > 0


def test_connections_are_a_cause(tmp_path: Path) -> None:
    text = http(site("a"))
    more = text.replace("events {", "events { worker_connections 10512; ")
    old = write(tmp_path / "old", {"nginx.conf": text})
    root = compare(old, write(tmp_path / "new", {"nginx.conf": more}))
    [part] = root.causes
    assert (part.kind, part.name) == ("part", "worker_connections")
    assert part.bytes.growth == 2 * 10_000 * 432 == root.memory.total.start_bytes.growth


def test_words_that_take_nothing_else_are_no_change(tmp_path: Path) -> None:
    old = write(tmp_path / "old", {"nginx.conf": http(site("a"))})
    new = write(tmp_path / "new", {"nginx.conf": "# a comment\n" + http(site("a"))})
    assert compare(old, new).state == "unchanged"


def test_growth_is_gated(tmp_path: Path) -> None:
    old = write(tmp_path / "old", {"nginx.conf": http(site("a"))})
    new = write(tmp_path / "new", {"nginx.conf": http(TRUSTED + site("a"))})
    args = ("diff", "--target", "debian-12", "--unit-cost", "1GiB")
    over = memlint(*args, old, new, "--max-growth", "512MiB")
    assert over.code == 1
    first, second, *_ = over.out.splitlines()
    # 3 loads, a peak of 2 + 3 × 2 configurations, 5 % on top
    assert first.startswith("GREW TOO MUCH ")
    assert "grows by 25.4 GiB while reloading, over --max-growth 512.0 MiB" in first
    assert "+3.0 GiB (" in second
    assert ", +25.4 GiB (" in second
    assert len(over.out.splitlines()) <= 40
    within = memlint(*args, old, new, "--max-growth", "26GiB")
    assert within.code == 0
    assert "within --max-growth 26.0 GiB" in within.out
    assert memlint(*args, new, old, "--max-growth", "1B").code == 0


def test_json_fits_its_schema() -> None:
    schema = schemas.schema("diff")
    jsonschema.Draft202012Validator.check_schema(schema)
    run = memlint("diff", "--format", "json", SAMPLES / "broken", SAMPLES / "stream")
    assert run.code == 3
    jsonschema.validate(run.json, schema)
    [root] = run.json["roots"]
    assert root["old"]["complete"] is False


def test_standard_input_and_dumps(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http(site("a")), "sites/b": site("b")})
    dump = f"# configuration file /etc/nginx/nginx.conf:\n{http(site('a', 'b'))}\n"
    run = memlint("diff", "--format", "json", "-", conf, stdin=dump.encode())
    assert run.code == 0
    [root] = run.json["roots"]
    assert [(server["name"], server["state"]) for server in root["servers"]] == [("b", "removed")]


@pytest.mark.parametrize(
    ("paths", "base", "message"),
    [
        ([], None, "OLD and NEW"),
        (["a"], None, "OLD and NEW"),
        (["a", "b", "c"], None, "OLD and NEW"),
        (["-", "-"], None, "only one"),
        (["a", "-"], "HEAD", "no commit"),
    ],
)
def test_what_cannot_be_compared(paths: list[str], base: str | None, message: str) -> None:
    with pytest.raises(MemlintError, match=message):
        diff(paths, base=base)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["a"], "OLD and NEW"),
        (["--base", "HEAD"], "name a configuration"),
        (["--max-growth", "much", "a", "b"], "not a size"),
        (["--format", "sarif", "a", "b"], "--format"),
        (["--config", "memlint.toml", "a", "b"], "is for --base"),
    ],
)
def test_wrong_usage(args: list[str], message: str) -> None:
    run = memlint("diff", *args, env=os.environ | {"COLUMNS": "300"})
    assert run.code == 2
    assert message in run.err
    assert run.out == ""


def test_what_was_not_read_is_said(tmp_path: Path) -> None:
    whole = write(tmp_path, {"nginx.conf": http(site("a"))})
    for pair in ((whole, tmp_path / "none"), (tmp_path / "none", whole)):
        run = memlint("diff", *pair, "--max-growth", "1B")
        assert run.code == 3
        assert f"{'new' if pair[0] == whole else 'old'} configuration was not read" in run.out
        assert "No such file or directory" in run.out


def test_names_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    old = write(tmp_path / "old", {"nginx.conf": http(site("a"))})
    inside = 'server { server_name "\x1b[31m[bold]x\u202e"; } lua_shared_dict "\x07z" 1m;'
    new = write(tmp_path / "new\x1b[0m", {"nginx.conf": http(inside)})
    for output_format in ("text", "json"):
        run = memlint("diff", "--format", output_format, old, new)
        assert not set("\x1b\x07\u202e") & set(run.out)
        assert "[bold]x" in run.out


@pytest.mark.parametrize(
    ("before", "after", "growth", "both"),
    [
        (0, 0, "0 B", "0 → 0 B"),
        (100 * MIB, 3584 * MIB, "+3.4 GiB", "0.1 → 3.5 GiB"),
        (3584 * MIB, 0, "-3.5 GiB", "3.5 → 0 GiB"),
        (3500 * MIB, 3508 * MIB, "+8.0 MiB", "3,500.0 → 3,508.0 MiB"),
        (20 * 1024, 3584 * MIB, "+3.5 GiB", "20.0 KiB → 3.5 GiB"),
        (3, 5, "+2 B", "3 → 5 B"),
        (5 * MIB, 5 * MIB, "0 B", "5.0 → 5.0 MiB"),
        (5 * MIB, 5 * MIB + 1, "+1 B", "5,242,880 → 5,242,881 B"),
    ],
)
def test_sizes(before: int, after: int, growth: str, both: str) -> None:
    assert human_growth(before, after) == growth
    assert human_range(before, after) == both


@needs_git
def test_since_a_commit(repository: Repository) -> None:
    first = repository.commit({"nginx.conf": http(TRUSTED + site("a")), "ca.pem": LARGE})
    assert repository.root().state == "unchanged"
    repository.commit({"nginx.conf": "#\n\n" + http(TRUSTED + site("a"))})
    repository.write({"nginx.conf": http(TRUSTED + site("a", "b"))})
    for base in (first, "HEAD", "main~1", "HEAD@{0}", ":/x"):
        root = repository.root(base=base)
        assert named(root.servers) == {"b": "new"}
        assert root.counts.ca_loads.growth == 3
    assert root.old is not None
    assert root.new is not None
    assert root.old.path == root.new.path == str(repository.path / "nginx.conf")


@pytest.mark.parametrize(("budget", "exceeds"), [(6, False), (5, True), (1, True)])
def test_counts_that_have_grown_over_their_budget(
    tmp_path: Path, budget: int, exceeds: bool
) -> None:
    old = write(tmp_path / "old", {"nginx.conf": http(TRUSTED + site("a")), "ca.pem": SMALL})
    new = write(tmp_path / "new", {"nginx.conf": http(TRUSTED + site("a", "b")), "ca.pem": SMALL})
    counts = compare(old, new).counts.ca_loads
    assert (counts.before, counts.after) == (3, 6)
    root = compare(old, new, max_ca_loads=budget)
    assert root.exceeds is exceeds
    over = [f"3 → 6 CA loads: over the budget of {budget}"]
    assert root.over == (over if exceeds else [])
    assert not compare(new, old, max_ca_loads=budget).exceeds  # it was over already


def test_what_is_over_as_before_is_not_said_to_fit(tmp_path: Path) -> None:
    old = write(tmp_path / "old", {"nginx.conf": http(TRUSTED + site("a")), "ca.pem": SMALL})
    new = write(tmp_path / "new", {"nginx.conf": http(TRUSTED + site("a")), "ca.pem": SMALL})
    for options, said in (
        ({"max_ca_loads": 1}, "over the budget of 1 for CA loads, as before"),
        ({"max_contexts": 1}, "over the budget of 1 for TLS contexts, as before"),
        ({"max_start_memory": MIB}, "over the budget of 1.0 MiB for memory at start, as before"),
    ):
        root = compare(old, new, **options)
        assert (root.verdict, root.budget, root.exceeds) == ("over budget", said, False)
        both = compare(old, new, max_memory=1 << 40, **options)
        assert both.budget == f"within its budget of 1.0 TiB; {said}"
    run = memlint("diff", "--max-ca-loads", "1", "--format", "markdown", old, new)
    assert run.code == 0
    assert "all within their budgets" not in run.out
    assert "as before" in run.out


def test_memory_is_held_against_its_budget(tmp_path: Path) -> None:
    old = write(tmp_path / "old", {"nginx.conf": http(TRUSTED + site("a")), "ca.pem": SMALL})
    new = write(tmp_path / "new", {"nginx.conf": http(TRUSTED + site("a", "b")), "ca.pem": SMALL})
    (before, after) = (
        check(path, unit_cost=MIB).memory.total.reload_peak_worst_bytes for path in (old, new)
    )
    assert before < after
    for budget, exceeds, said in (
        (after, False, f"within its budget of {human(after)}"),
        (after - MIB, True, f"over its budget of {human(after - MIB)} by 1.0 MiB, was within it"),
        (
            before - MIB,
            True,
            f"over its budget of {human(before - MIB)} by {human(after - before + MIB)}, "
            "was over by 1.0 MiB",
        ),
    ):
        root = compare(old, new, unit_cost=MIB, max_memory=budget)
        assert (root.exceeds, root.budget) == (exceeds, said)
        assert root.verdict == ("over budget" if exceeds else "within budget")
        back = compare(new, old, unit_cost=MIB, max_memory=budget)
        assert not back.exceeds  # what does not grow is not what the change is to blame for
    flags = ("--unit-cost", "1MiB", "--max-memory", str(before))
    run = memlint("diff", old, new, *flags)
    assert run.code == 1
    assert run.out.startswith(f"OVER BUDGET {new}: grows by ")
    assert "over its budget of" in run.out.splitlines()[0]
    heading = memlint("diff", old, new, *flags, "--format", "markdown").out.splitlines()[2]
    assert f", over its budget of {human(before)} by " in heading
    assert heading.endswith(", was within it")
    assert memlint("diff", new, old, *flags).code == 0


@needs_git
def test_a_bundle_that_grew(repository: Repository) -> None:
    repository.commit({"nginx.conf": http(TRUSTED + site("a")), "ca.pem": SMALL})
    repository.write({"ca.pem": LARGE})
    root = repository.root(max_growth=1)
    [cause] = root.causes
    assert cause.state == "changed"
    assert cause.ca_loads.growth == 0 < cause.bytes.growth
    assert root.memory.unit_bytes.growth > 0
    assert root.exceeds


@needs_git
def test_new_and_removed_roots(repository: Repository) -> None:
    repository.commit({"a/nginx.conf": http(site("a")), "b/keep": ""})
    repository.write({"b/nginx.conf": http(TRUSTED + site("b", "c")), "b/ca.pem": LARGE})
    shutil.rmtree(repository.path / "a")
    report = repository.diff("a", "b", max_growth=1)
    new, removed = report.roots  # what changed most is first
    assert (new.state, new.old, new.commit) == ("new", None, removed.commit)
    assert new.memory.start_bytes.before == 0 < new.memory.start_bytes.after
    assert (removed.state, removed.new) == ("removed", None)
    assert removed.memory.start_bytes.growth < 0
    assert named(removed.servers) == {"a": "removed"}
    assert (new.exceeds, removed.exceeds) == (True, False)
    assert exit_code(report) == 1
    jsonschema.validate(json.loads(json_report.dumps(report)), json_report.schema(Diff))
    run = memlint("diff", "--base", "HEAD", "a", "b", cwd=repository.path)
    assert run.code == 0
    lines = [line for line in run.out.splitlines() if line.startswith(("new ", "removed "))]
    assert [line.split()[0] for line in lines] == ["new", "removed"]


@needs_git
def test_the_roots_of_the_settings(repository: Repository) -> None:
    """Each with its own; OLD and NEW have none."""
    settings = """
target = "debian-12"
unit-cost = "1MiB"
[[roots]]
path = "a"
[[roots]]
path = "b/nginx.conf"
unit-cost = "2MiB"
workers = 3
"""
    repository.commit(
        {
            "memlint.toml": settings,
            "a/nginx.conf": http(site("a")),
            "b/nginx.conf": http(site("b")),
        }
    )
    repository.write(
        {
            "a/nginx.conf": http(TRUSTED + site("a")),
            "b/nginx.conf": http(TRUSTED + site("b")),
            "old.conf": http(site("b")),
        }
    )
    run = memlint("diff", "--base", "main", "--format", "json", cwd=repository.path)
    assert run.code == 0, run.err
    roots = run.json["roots"]
    # what changed most is first
    assert [root["path"] for root in roots] == ["b/nginx.conf", "a"]
    assert [root["memory"]["unit_bytes"]["after"] >> 20 for root in roots] == [2, 1]
    assert {root["new"]["target"]["name"] for root in roots} == {"debian-12"}
    one = memlint("diff", "--base", "main", "--format", "json", "b", cwd=repository.path)
    assert one.json["roots"][0]["memory"] == roots[0]["memory"]
    flag = ("--unit-cost", "4MiB", "--max-growth", "1MiB")
    run = memlint("diff", "--base", "main", "--format", "markdown", *flag, cwd=repository.path)
    assert run.code == 1
    assert run.out.startswith("<!-- memlint diff -->\n")
    assert "### memlint: 2 grown too much, 2 changed\n" in run.out
    bare = memlint("diff", "--base", "main", "--no-config", cwd=repository.path)
    assert (bare.code, bare.out) == (2, "")
    pair = memlint("diff", "--format", "json", "old.conf", "b/nginx.conf", cwd=repository.path)
    assert pair.json["roots"][0]["memory"]["unit_bytes"]["after"] != 2 << 20


@needs_git
def test_a_root_that_is_in_neither_is_no_success(repository: Repository) -> None:
    repository.commit({"nginx.conf": http(site("a"))})
    report = repository.diff("ngnix.conf")
    assert report.roots[0].state != "new"
    assert exit_code(report) == 3


@needs_git
def test_a_link_that_leads_nowhere_is_not_taken_for_nothing(repository: Repository) -> None:
    (repository.path / "nginx.conf").symlink_to("gone.conf")
    repository.commit()
    (repository.path / "nginx.conf").unlink()
    repository.write({"nginx.conf": http(site("a"))})
    report = repository.diff()
    assert report.roots[0].state == "changed"
    assert exit_code(report) == 3


@needs_git
def test_symbolic_links(repository: Repository, tmp_path: Path) -> None:
    """Followed in the commit, out of it and into it, as they were there."""
    write(tmp_path / "outside", {"common.conf": site("common")})
    write(repository.path, {"v1/a": site("v1"), "v2/a": site("v2"), "v2/b": site("b")})
    repository.write({"nginx.conf": http("include now/*; include out.conf; include in/*;")})
    (repository.path / "now").symlink_to("./v1/../v1/")
    (repository.path / "out.conf").symlink_to(tmp_path / "outside/common.conf")
    (repository.path / "in").symlink_to("../outside/back")
    (tmp_path / "outside/back").symlink_to(repository.path / "v2")
    repository.commit()
    assert repository.root().state == "unchanged"
    (repository.path / "now").unlink()
    (repository.path / "now").symlink_to("v2")
    (repository.path / "v2/b").unlink()
    root = repository.root()
    assert {part.name: part.blocks.growth for part in root.servers} == {"v1": -3, "v2": 3, "b": -3}
    (tmp_path / "conf").symlink_to(repository.path)
    [through] = diff([tmp_path / "conf"], base="HEAD", target="debian-12").roots
    assert through.servers != []
    assert named(through.servers) == named(root.servers)


@needs_git
@pytest.mark.parametrize("target", ["loop", "../../../../../../../../x", "a/loop", "plain/x"])
def test_hostile_links(repository: Repository, target: str) -> None:
    (repository.path / "loop").symlink_to(target)
    repository.commit({"nginx.conf": http("include loop;"), "plain": ""})
    root = repository.root()
    assert root.old is not None
    assert root.new is not None
    # what the kernel says of the same link
    assert root.old.problems == root.new.problems != []
    assert root.state == "unchanged"


@needs_git
def test_names_that_are_hard_to_quote(repository: Repository) -> None:
    names = ["new\nline", 'quo"te', "back\\slash", "ta\tb", "-dash", "é", "a b", "HEAD", ":x"]
    repository.commit({"nginx.conf": http("include 'd\n/*';")})
    for name in names:
        repository.write({f"d\n/{name}": site(f"s{names.index(name)}")})
    bytes_name = os.fsencode(repository.path) + b"/d\n/\xff\xfe"
    Path(os.fsdecode(bytes_name)).write_text(site("bytes"))
    assert repository.root().counts.server.growth == 10
    repository.commit()
    root = repository.root()
    assert root.state == "unchanged"
    assert root.counts.server.before == 10
    assert root.complete


@needs_git
@pytest.mark.parametrize(
    "base",
    [
        "",
        "nope",
        "-n",
        "--all",
        "--git-dir=/x",
        "--upload-pack=touch x",
        "HEAD..HEAD",
        "^HEAD",
        "HEAD:nginx.conf",
        ":nginx.conf",
        "$(touch x)",
        "HEAD\n--all",
        "\x1b[31m",
        "HEAD\0",
        "0" * 40,
        "HEAD^{tree}",
    ],
)
def test_hostile_references(repository: Repository, base: str) -> None:
    repository.commit({"nginx.conf": http(site("a"))})
    before = sorted(os.walk(repository.path))
    with pytest.raises(MemlintError, match="names no commit of") as raised:
        repository.diff(base=base)
    assert not set("\x1b\n") & set(str(raised.value))
    assert sorted(os.walk(repository.path)) == before


AMBIGUOUS = {
    "a tag": (["tag", "origin/main"], "origin/main", "tags"),
    "a branch": (["branch", "origin/main"], "origin/main", "heads"),
    "a tag before a branch": (["tag", "main"], "main", "tags"),
    "what follows the name": (["tag", "origin/main"], "origin/main~0^{commit}", "tags"),
    "the branch that a remote is on": (["tag", "origin"], "origin", "tags"),
}


@needs_git
@pytest.mark.parametrize("quiet", [False, True], ids=["", "settings keep git from saying it"])
@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_name_of_two_references(repository: Repository, name: str, *, quiet: bool) -> None:
    """Whoever may push a tag has no say in what a change is held against."""
    made, base, kind = AMBIGUOUS[name]
    first = repository.commit({"nginx.conf": http(site("a"))})
    repository.git("update-ref", "refs/remotes/origin/main", first)
    repository.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert repository.root(base="origin").commit == repository.root(base="origin/main").commit
    repository.commit({"nginx.conf": http(site("a", "b"))})
    repository.git(*made)
    if quiet:
        repository.git("config", "core.warnAmbiguousRefs", "false")
    short = base.partition("~")[0]
    meant = {"main": "heads/main", "origin": "remotes/origin/HEAD"}.get(short, f"remotes/{short}")
    with pytest.raises(
        MemlintError, match=f'"{short}" names more than one commit: write'
    ) as raised:
        repository.diff(base=base)
    assert f"refs/{kind}/{short}" in str(raised.value)
    assert f"refs/{meant}" in str(raised.value)
    assert repository.root(base=f"refs/{meant}").state == (
        "unchanged" if short == "main" else "changed"
    )


@needs_git
def test_a_hash_that_is_a_tag_too(repository: Repository) -> None:
    first = repository.commit({"nginx.conf": http(site("a"))})
    repository.commit({"nginx.conf": http(site("a", "b"))})
    repository.git("update-ref", f"refs/tags/{first[:8]}", "HEAD")
    repository.git("update-ref", f"refs/tags/{first}", "HEAD")
    with pytest.raises(MemlintError, match="names more than one commit"):
        repository.diff(base=first[:8])
    assert repository.root(base=first).commit == first


@needs_git
def test_what_stands_before_all_references(repository: Repository) -> None:
    """HEAD, and a name in full: git says that they are ambiguous, but always takes the same."""
    first = repository.commit({"nginx.conf": http(site("a"))})
    repository.git("update-ref", "refs/tags/old", first)
    second = repository.commit({"nginx.conf": http(site("a", "b"))})
    for name in ("refs/tags/HEAD", "refs/heads/HEAD", "refs/tags/refs/heads/main"):
        repository.git("update-ref", name, first)
    assert repository.root(base="HEAD").commit == second
    assert repository.root(base="HEAD~1").commit == first
    assert repository.root(base="refs/heads/main").commit == second
    repository.git("update-ref", "refs/tags/refs/remotes/origin/main", second)
    with pytest.raises(MemlintError, match="names no commit of"):
        repository.diff(base="refs/remotes/origin/main")


@needs_git
def test_a_bad_reference_is_one_line(repository: Repository) -> None:
    repository.commit({"nginx.conf": http(site("a"))})
    run = memlint("diff", "--base", "-n", "nginx.conf", cwd=repository.path)
    assert (run.code, run.out) == (2, "")
    assert run.err == f'memlint: nginx.conf: "-n" names no commit of {repository.path}\n'


@needs_git
def test_a_shallow_clone_says_so(repository: Repository, tmp_path: Path) -> None:
    repository.commit({"nginx.conf": http("")})
    repository.commit()
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--depth", "1", f"file://{repository.path}", str(clone))
    with pytest.raises(MemlintError, match="shallow clone: fetch"):
        diff([clone], base="HEAD~1")


@needs_git
def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = write(tmp_path, {"nginx.conf": http("")})
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(MemlintError, match="not a git repository"):
        diff([conf], base="HEAD")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MemlintError, match="git is not installed"):
        diff([conf], base="HEAD")


@needs_git
def test_nothing_is_checked_out_and_nothing_is_run(repository: Repository, tmp_path: Path) -> None:
    """Not even where the repository's own settings, hooks and attributes ask for it."""
    ran = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    script.chmod(0o755)
    repository.commit({"nginx.conf": http(TRUSTED + site("a")), "ca.pem": LARGE})
    repository.commit(
        {".gitattributes": "* filter=evil diff=evil text eol=crlf", "nginx.conf": http(site("b"))}
    )
    settings = (
        "core.fsmonitor core.pager core.sshCommand core.editor diff.external pager.cat-file "
        "filter.evil.smudge filter.evil.clean filter.evil.process diff.evil.textconv "
        "diff.evil.command uploadpack.packObjectsHook core.gitProxy"
    )
    for key in settings.split():
        repository.git("config", key, str(script))
    hooks = repository.path / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-checkout", "post-index-change", "pre-auto-gc", "reference-transaction"):
        shutil.copy(script, hooks / hook)
    repository.write({"nginx.conf": http(site("c")), "untracked": "x"})
    ran.unlink(missing_ok=True)  # git itself has run some of it to commit

    def everything() -> dict[str, tuple[int, bytes]]:
        return {
            str(path): (path.lstat().st_mtime_ns, path.read_bytes())
            for path in repository.path.rglob("*")
            if path.is_file()
        }

    before = everything()
    root = repository.root(base="HEAD~1")
    assert root.complete
    assert {"a": "removed", "c": "new"}.items() <= named(root.servers).items()
    assert everything() == before
    assert not ran.exists()


def put(repository: Repository, kind: str, chunk: bytes, count: int = 1) -> str:
    """A loose object of chunks, however large, as nothing of git would write it."""
    made = zlib.compressobj(1)
    head = f"{kind} {len(chunk) * count}\0".encode()
    name, parts = hashlib.sha1(head), [made.compress(head)]
    for _ in range(count):
        name.update(chunk)
        parts.append(made.compress(chunk))
    place = repository.path / ".git/objects" / name.hexdigest()[:2]
    place.mkdir(exist_ok=True)
    (place / name.hexdigest()[2:]).write_bytes(b"".join([*parts, made.flush()]))
    return name.hexdigest()


def commit_of(repository: Repository, *entries: tuple[str, str]) -> str:
    """A commit of entries, each a mode with a name and an object."""
    held = b"".join(f"{mode}\0".encode() + bytes.fromhex(name) for mode, name in entries)
    who = "a <a@example.org> 1 +0000"
    text = f"tree {put(repository, 'tree', held)}\nauthor {who}\ncommitter {who}\n\nx\n"
    return put(repository, "commit", text.encode())


MAIN = http("include c/*.conf;")

# the largest process of a command, in kB, git having a sixteenth of its memory
LARGEST = """
import resource, subprocess, sys
BOUNDED = "from nginx_memlint.sources import git; git.GIT_MEMORY = 64 << 20\\n"
MAIN = "from nginx_memlint.__main__ import main; main()"
done = subprocess.run([sys.executable, "-c", BOUNDED + MAIN, *sys.argv[1:]])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


@pytest.mark.parametrize("kind", ["blob", "tree", "commit"])
def test_an_object_of_the_size_of_memory(repository: Repository, kind: str) -> None:
    """3 MB in a repository; git makes one piece of a tree or a commit, whatever is asked of it."""
    write(repository.path, {"nginx.conf": MAIN, "c/a.conf": ""})
    repository.commit()
    main = repository.git("rev-parse", "HEAD:nginx.conf").strip()
    huge = base = put(repository, kind, b"#" * (1 << 24), 16)  # 256 MiB
    if kind == "blob":
        held = put(repository, "tree", b"100644 a.conf\0" + bytes.fromhex(huge))
        base = commit_of(repository, ("40000 c", held), ("100644 nginx.conf", main))
    elif kind == "tree":
        base = commit_of(repository, ("40000 c", huge), ("100644 nginx.conf", main))
    done = subprocess.run(
        [sys.executable, "-c", LARGEST, "diff", "--base", base, "nginx.conf"],
        cwd=repository.path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == (2 if kind == "commit" else 3), done.stderr
    assert int(done.stdout.split()[-1]) < 160 << 10


def test_the_directories_of_a_commit_are_bounded(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file by many names, in many directories, is little in a repository."""
    write(repository.path, {"nginx.conf": "", "c/a.conf": ""})
    repository.commit()
    file = bytes.fromhex(repository.git("rev-parse", "HEAD:c/a.conf").strip())
    many = b"".join(f"100644 {n:06}\0".encode() + file for n in range(1000))
    dirs = [put(repository, "tree", many + b"100644 a%d\0" % n + file) for n in range(12)]
    includes = "".join(f"include d{n:02}/a{n};\n" for n in range(12))
    main = put(repository, "blob", http(includes).encode())
    entries = [(f"40000 d{n:02}", held) for n, held in enumerate(dirs)]
    base = commit_of(repository, *entries, ("100644 nginx.conf", main))
    monkeypatch.setattr(git_module, "TREE_BYTES", 10 * len(many))
    root = repository.root(base=base)
    assert root.old is not None
    assert not root.old.complete
    said = [problem.message for problem in root.old.problems]
    assert any("the commit's directories are too large together" in text for text in said)


def test_git_that_keeps_silent_is_waited_for_once(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object, or settings of git, may be a FIFO."""
    names = [f"c/{name}.conf" for name in "abcdef"]
    roots = {"nginx.conf": MAIN, "other.conf": MAIN}
    write(repository.path, {**roots, **{name: f"# {name}" for name in names}})
    repository.commit()
    for name in names:
        held = repository.git("rev-parse", f"HEAD:{name}").strip()
        place = repository.path / ".git/objects" / held[:2] / held[2:]
        place.unlink()
        os.mkfifo(place)
    waits = []
    select = selectors.DefaultSelector.select

    def counted(self: selectors.DefaultSelector, timeout: float | None = None) -> object:
        ready = select(self, timeout)
        waits.extend([] if ready else [timeout])
        return ready

    monkeypatch.setattr(git_module, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(selectors.DefaultSelector, "select", counted)
    monkeypatch.chdir(repository.path)
    assert [root.complete for root in diff([*roots], base="HEAD").roots] == [False, False]
    assert waits == [0.5]


@needs_git
@pytest.mark.parametrize("place", ["fifo", ".git/HEAD", ".git/packed-refs", ".git/refs/heads/main"])
def test_a_git_that_keeps_silent_is_asked_once(
    repository: Repository, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its settings and references, which it reads before any object, may be FIFOs."""
    repository.commit({"nginx.conf": MAIN, "b/nginx.conf": MAIN})
    if place == "fifo":
        repository.git("config", "include.path", "../fifo")
    (repository.path / place).unlink(missing_ok=True)
    os.mkfifo(repository.path / place)
    asked: list[list[str]] = []
    really = git_module._command

    def command(*arguments: str) -> list[str]:
        asked.append([*arguments])
        return really(*arguments)

    monkeypatch.setattr(git_module, "_command", command)
    monkeypatch.setattr(git_module, "ANSWER_SECONDS", 2)
    monkeypatch.chdir(repository.path)
    started = time.monotonic()
    with pytest.raises(MemlintError, match="git has not answered for"):
        diff(["nginx.conf", "b/nginx.conf"], base="main")
    assert time.monotonic() - started < 2 + 0.5 * len(asked)  # one that waits, others at once


@needs_git
@pytest.mark.parametrize("setting", [None, "true"])
def test_replacements_do_not_count(repository: Repository, setting: str | None) -> None:
    """Of a blob, a tree and a commit: who may write refs/replace has no say in what was there."""
    repository.commit({"nginx.conf": http(site("a"))})
    old = {kind: repository.git("rev-parse", kind).strip() for kind in KINDS}
    repository.commit({"nginx.conf": http(site("a", "b"))})
    new = {kind: repository.git("rev-parse", kind).strip() for kind in KINDS}
    if setting is not None:
        repository.git("config", "core.useReplaceRefs", setting)
    for kind in KINDS:
        repository.git("replace", old[kind], new[kind])
        root = repository.root(base=old["HEAD"])
        assert named(root.servers) == {"b": "new"}
        repository.git("replace", "-d", old[kind])


KINDS = ("HEAD", "HEAD^{tree}", "HEAD:nginx.conf")


@needs_git
def test_grafts_do_not_count(repository: Repository) -> None:
    commits = [repository.commit({"nginx.conf": http(site(*"abc"[:n]))}) for n in (1, 2, 3)]
    (repository.path / ".git/info/grafts").write_text(f"{commits[2]} {commits[0]}\n")
    repository.write({"nginx.conf": http(site(*"abcd"))})
    assert named(repository.root(base="HEAD~1").servers) == {"c": "new", "d": "new"}


@needs_git
@pytest.mark.parametrize("path", [".", "", "bin"])
def test_git_is_not_taken_from_the_repository(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    repository.commit({"nginx.conf": http(site("a"))})
    for directory in (repository.path, repository.path / "bin"):
        directory.mkdir(exist_ok=True)
        (directory / "git").write_text("#!/bin/sh\ntouch ran\n")
        (directory / "git").chmod(0o755)
    monkeypatch.chdir(repository.path)
    monkeypatch.setenv("PATH", path, prepend=os.pathsep)
    assert repository.root(base="HEAD").complete
    assert not list(repository.path.rglob("ran"))


@needs_git
def test_hooks_name_the_repository_by_environment(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"conf/nginx.conf": http(site("a"))})
    repository.write({"conf/nginx.conf": http(site("a", "b"))})
    monkeypatch.chdir(repository.path)
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    [root] = diff(["conf"], base="HEAD").roots
    assert named(root.servers) == {"b": "new"}


@needs_git
def test_bare_repositories(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"nginx.conf": http(site("a"))})
    bare, tree = tmp_path / "bare.git", tmp_path / "tree"
    repository.git("clone", "-q", "--bare", str(repository.path), str(bare))
    repository.git("worktree", "add", "-q", str(tree), cwd=bare)
    conf = write(tree, {"nginx.conf": http(site("a", "b"))})
    [root] = diff([conf], base="HEAD").roots
    assert named(root.servers) == {"b": "new"}
    # a bare repository with a working tree elsewhere, as for /etc
    conf = write(tmp_path / "etc", {"nginx.conf": http(site("a", "c"))})
    monkeypatch.setenv("GIT_DIR", str(bare))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "etc"))
    [root] = diff([conf], base="main").roots
    assert named(root.servers) == {"c": "new"}
    with pytest.raises(MemlintError, match="is not in"):
        diff([repository.path / "nginx.conf"], base="main")


@needs_git
def test_a_bare_repository_in_the_tree_is_not_trusted(repository: Repository) -> None:
    """A directory that looks like one may come with any repository, settings and all."""
    repository.git("init", "-q", "--bare", "sub")
    repository.git("config", "-f", "sub/config", "core.bare", "false")
    repository.git("config", "-f", "sub/config", "core.worktree", str(repository.path))
    conf = write(repository.path / "sub", {"nginx.conf": http("")})
    with pytest.raises(MemlintError, match="cannot use bare repository"):
        diff([conf], base="HEAD")


@needs_git
def test_submodules_are_not_passed_over(repository: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other")
    other.commit({"a.conf": site("a"), "ca.pem": LARGE})
    repository.git("submodule", "--quiet", "add", str(other.path), "sub")
    for inside in ("include sub/a.conf;", "include sub/*.conf;", "include */a.conf;"):
        repository.commit({"nginx.conf": http(inside)})
        root = repository.root()
        assert root.old is not None
        assert not root.old.complete
        assert any("is a submodule: " in problem.message for problem in root.old.problems)
        assert root.new is not None
        assert root.new.complete
    trusted = http(TRUSTED.replace("ca.pem", "sub/ca.pem") + site("b"))
    repository.commit({"nginx.conf": trusted})
    report = repository.diff()
    assert exit_code(report) == 3
    # a root in a submodule is compared with the submodule's own commits
    write(repository.path / "sub", {"nginx.conf": http("include a.conf;")})
    assert repository.diff("sub").roots[0].state == "new"


@needs_git
def test_the_reference_is_of_the_working_directorys_repository(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A submodule's own commit of that name says nothing of what a change to the whole costs.

    A clone that is not tracked is a repository of its own wherever somebody stands.
    """
    other = Repository(tmp_path / "other")
    other.commit({"nginx.conf": http(site("a"))})
    repository.commit({"nginx.conf": http(site("a"))})
    repository.git("submodule", "--quiet", "add", str(other.path), "hosts/a")
    repository.commit({})
    repository.git("clone", "--quiet", str(other.path), "clone")
    monkeypatch.chdir(repository.path)
    for inside, state in (("hosts/a", "changed"), ("clone", "unchanged"), (".", "unchanged")):
        report = diff([f"{inside}/nginx.conf"], base="HEAD")
        [root] = report.roots
        assert root.state == state
        assert root.old is not None
        said = [problem.message for problem in root.old.problems]
        assert any("is a submodule: " in text for text in said) is (inside == "hosts/a")
        assert exit_code(report) == (3 if inside == "hosts/a" else 0)
    monkeypatch.chdir(repository.path / "hosts/a")
    assert diff(["nginx.conf"], base="HEAD").roots[0].state == "unchanged"


@needs_git
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "LFS"),
        (b"\0GITCRYPT\0\x01\x02", "git-crypt"),
    ],
)
def test_stand_ins_are_not_taken_for_files(
    repository: Repository, content: bytes, what: str
) -> None:
    repository.commit({"nginx.conf": http(TRUSTED + site("a")), "ca.pem": content})
    repository.write({"ca.pem": LARGE})
    report = repository.diff()
    assert exit_code(report) == 3
    [root] = report.roots
    assert root.old is not None
    [problem] = root.old.problems
    assert problem.file == str(repository.path / "ca.pem")
    assert what in problem.message


@needs_git
def test_what_a_partial_clone_lacks_is_not_fetched(repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit({"nginx.conf": http(TRUSTED + site("a")), "ca.pem": SMALL})
    repository.commit({"ca.pem": LARGE})
    clone = tmp_path / "clone"
    url = f"file://{repository.path}"
    repository.git("clone", "-q", "--filter=blob:none", url, str(clone))
    repository.git("config", "protocol.file.allow", "always", cwd=clone)

    def objects() -> set[Path]:
        return set((clone / ".git/objects").rglob("*"))

    before = objects()
    [root] = diff([clone], base="HEAD~1", target="debian-12").roots
    assert objects() == before
    assert not root.complete
    assert root.old is not None
    assert [problem.file for problem in root.old.problems] == [str(clone / "ca.pem")]


@needs_git
def test_sysroots_and_path_maps(repository: Repository) -> None:
    files: Files = {
        "etc/nginx/nginx.conf": http(
            "include /etc/nginx/sites/*; lua_ssl_trusted_certificate /etc/ssl/ca.pem;"
        ),
        "etc/nginx/sites/a": site("a"),
        "etc/ssl/ca.pem": SMALL,
    }
    (repository.path / "etc/nginx").mkdir(parents=True)
    (repository.path / "etc/nginx/common").symlink_to("/etc/ssl/ca.pem")
    repository.commit(files)
    repository.write({"etc/ssl/ca.pem": LARGE, "etc/nginx/sites/b": site("b")})
    sysroot = str(repository.path)
    for name in ("/etc/nginx/nginx.conf", str(repository.path / "etc/nginx")):
        [root] = diff([name], base="HEAD", target="debian-12", sysroot=sysroot).roots
        assert root.complete
        assert named(root.servers) == {"a": "changed", "b": "new"}
        assert root.memory.unit_bytes.growth > 0
    maps = [("/etc/nginx", str(repository.path / "etc/nginx"))]
    [root] = diff(["/etc/nginx/nginx.conf"], base="HEAD", path_map=maps).roots
    assert named(root.servers) == {"b": "new"}
    assert root.old is not None
    # outside of the maps nothing is read, on either side
    assert [guess for guess in root.old.guesses if "outside" in guess]


@needs_git
def test_files_outside_are_the_same_on_both_sides(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(LARGE)
    inside = f"lua_ssl_trusted_certificate {tmp_path}/ca.pem;\n"
    repository.commit({"nginx.conf": http(inside + site("a"))})
    repository.write({"nginx.conf": http(inside + site("a", "b"))})
    root = repository.root()
    assert root.memory.unit_bytes.before == root.memory.unit_bytes.after > 10_000
    assert root.counts.ca_loads.growth == 3


@needs_git
def test_a_commit_reads_like_the_files(repository: Repository) -> None:
    """A broken one too: what is committed and unchanged is the same."""
    names = ["broken", "crowdsec", "healthy", "shared", "stream"]
    for name in names:
        copy_sample(name, repository.path / name)
    repository.commit()
    for root in repository.diff(*names).roots:
        assert root.state == "unchanged"
        assert root.old is not None
        assert root.old == root.new


@needs_git
def test_what_is_read_is_bounded(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit({"nginx.conf": http("include a/*/*; include big;"), "big": "#" * 5000})
    repository.commit({f"a/{n}/{m}": "" for n in range(9) for m in range(9)})
    with_bounds(monkeypatch, names=50, file_bytes=4096)
    root = repository.root()
    assert root.old is not None
    messages = [problem.message for problem in root.old.problems]
    assert any("more than 50 names" in message for message in messages)
    assert any("larger than" in message for message in messages)


@needs_git
def test_objects_end_with_the_commit(repository: Repository) -> None:
    repository.commit({"nginx.conf": http("")})
    commit = git_module.open_commit(str(repository.path), "HEAD")
    assert commit.read(str(repository.path / "nginx.conf"), None, 1 << 20) == http("").encode()
    process = commit.objects._process
    assert process is not None
    commit.close()
    assert process.returncode == 0
    commit.close()


@needs_git
def test_a_git_that_hangs_is_ended(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"nginx.conf": http("")})
    commit = git_module.open_commit(str(repository.path), "HEAD")
    slow = tmp_path / "bin/git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(slow.parent), prepend=":")
    monkeypatch.setattr(git_module, "ANSWER_SECONDS", 0.2)
    with pytest.raises(OSError, match="has not answered"):
        commit.read(str(repository.path / "nginx.conf"), None, 1 << 20)
    assert commit.objects._process is None


@needs_git
def test_damaged_objects(repository: Repository) -> None:
    repository.commit({"nginx.conf": http("include a;"), "a": site("a")})
    name = repository.git("rev-parse", "HEAD:a").strip()
    damaged = repository.path / ".git/objects" / name[:2] / name[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(b"no object")
    report = repository.diff()
    assert exit_code(report) == 3
    damaged.unlink()
    assert exit_code(repository.diff()) == 3


@needs_git
def test_sha256_repositories(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    shutil.rmtree(repository.path / ".git")
    repository.git("init", "-q", "--object-format=sha256")
    repository.commit({"nginx.conf": http("include a/*;"), "a/b": site("a")})
    assert repository.root().state == "unchanged"


def test_the_reload_that_makes_a_change(tmp_path: Path) -> None:
    """The new configuration once, and what a first reload holds of the old: (1 + W) of its CAs."""
    inside = TRUSTED + site(*map(str, range(40)))
    main = "worker_processes 4;"
    old = write(tmp_path / "old", {"nginx.conf": main + http(inside), "ca.pem": LARGE})
    new = write(tmp_path / "new", {"nginx.conf": main + http(site("a")), "ca.pem": LARGE})
    before, after = check(old, target="debian-12"), check(new, target="debian-12")
    root = compare(old, new)
    assert root.reload is not None
    text = 2_000  # of the configuration, which a comparison does not count
    growth = before.memory.total.reload_peak_bytes - before.memory.total.start_bytes
    assert root.reload.peak_bytes == pytest.approx(
        growth + after.memory.total.start_bytes, abs=20 * text
    )
    loads = before.memory.loads_bytes
    assert 5 * loads < growth < 6.5 * loads  # 1 + W, the margin, blocks, and what workers sort
    assert root.reload.peak_worst_bytes > root.reload.peak_bytes
    assert root.reload.kept_bytes > 2 * loads  # what is removed does not come back
    assert compare(new, old).reload != root.reload


@needs_git
def test_no_reload_makes_a_new_configuration(repository: Repository) -> None:
    repository.commit({"keep": ""})
    repository.write({"nginx.conf": http(site("a"))})
    assert repository.root().reload is None
