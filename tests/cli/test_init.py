"""``memlint init`` on repositories of several shapes: each ends in a check that passes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from nginx_memlint.cli.init import init
from nginx_memlint.errors import MemlintError
from nginx_memlint.settings import proposed
from nginx_memlint.sizes import human
from tests.documents.pages import block
from tests.helpers import BUNDLE, LUA, http, memlint, on_a_terminal, write

SITE = "server { listen 80; location / { access_by_lua_file a; } location /b { return 200; } }"
CA = "lua_ssl_trusted_certificate {};"
SYSTEM = "/etc/ssl/certs/ca-certificates.crt"
MAIN = f"{LUA}worker_processes auto; events {{}} http {{ %s include /etc/nginx/sites/*.conf; }}"
PLAIN = "events { } http { include mime.types; include /etc/nginx/conf.d/*.conf; }"

Files = dict[str, "str | bytes"]

SHAPES: dict[str, tuple[Files, dict[str, Any], dict[str, int]]] = {
    "a copy of /etc/nginx": (
        {
            "nginx/nginx.conf": MAIN % f"include /etc/nginx/secret.conf; {CA.format(SYSTEM)}",
            "nginx/sites/a.conf": SITE,
            "nginx/sites/b.conf": SITE,
        },
        {
            "path-map": {"/etc/nginx": "{root}"},
            "allow-missing": ["/etc/nginx/secret.conf"],
            "bundles": {SYSTEM: {"certificates": 150, "bytes": 224_846}},
            "roots": ["nginx/nginx.conf"],
        },
        {"nginx/nginx.conf": 2},
    ),
    "many hosts": (
        {
            f"hosts/{host}/nginx/{name}": text
            for host in ("web1", "web2", "web3", "db")
            for name, text in {"nginx.conf": PLAIN, "conf.d/a.conf": SITE}.items()
        },
        {"path-map": {"/etc/nginx": "{root}"}, "roots": ["hosts/*/nginx/nginx.conf"]},
        {f"hosts/{host}/nginx/nginx.conf": 1 for host in ("db", "web1", "web2", "web3")},
    ),
    "a part for an image": (
        {
            "Dockerfile": "FROM nginx:1.27\nCOPY docker/site.conf /etc/nginx/conf.d/default.conf\n",
            "docker/site.conf": "upstream u { server 127.0.0.1:1; }\nserver { location / { "
            "include fastcgi_params; proxy_pass http://u; } }",
        },
        {"target": "nginx:1.27", "context": "http", "roots": ["docker/site.conf"]},
        {"docker/site.conf": 1},
    ),
    "a copy of a root": (
        {
            "files/etc/nginx/nginx.conf": MAIN % CA.format("/etc/ssl/certs/ca.pem"),
            "files/etc/nginx/sites/a.conf": SITE,
            "files/etc/nginx/sites-available/b.conf": SITE,
            "files/etc/ssl/certs/ca.pem": BUNDLE.read_bytes(),
        },
        {"sysroot": "{root}/../..", "roots": ["files/etc/nginx/nginx.conf"]},
        {"files/etc/nginx/nginx.conf": 1},
    ),
    "a bundle beside it": (
        {
            "a/nginx.conf": MAIN.replace("/etc/nginx/", "") % CA.format("../ca.pem"),
            "a/sites/a.conf": SITE,
            "ca.pem": BUNDLE.read_bytes(),
        },
        {"roots": ["a/nginx.conf"]},
        {"a/nginx.conf": 1},
    ),
    "fragments": (
        {f"conf.d/{name}.conf": SITE for name in "abcd"},
        {"context": "http", "roots": ["conf.d/*.conf"]},
        {f"conf.d/{name}.conf": 1 for name in "abcd"},
    ),
    "templates beside a rendered one": (
        {
            "roles/nginx/templates/nginx.conf.j2": "http { server { listen {{ port }}; } }",
            "rendered/nginx.conf": http(f"include snippets/tls.conf; {SITE}"),
            "rendered/snippets/tls.conf": "ssl_protocols TLSv1.3;",
            "redis.conf": "maxmemory 4gb\n",
            "node_modules/x/nginx.conf": PLAIN,
        },
        {"roots": ["rendered/nginx.conf"]},
        {"rendered/nginx.conf": 1},
    ),
}
"""Shape of a repository → its files, the settings to be proposed, and the servers of each root."""


@pytest.mark.parametrize("shape", SHAPES)
def test_it_ends_in_a_check_that_passes(tmp_path: Path, shape: str) -> None:
    files, expected, servers = SHAPES[shape]
    write(tmp_path, {**files, ".git/HEAD": ""})
    run = memlint("init", "--yes", cwd=tmp_path)
    assert run.code == 0, run.err
    settings = tomllib.loads((tmp_path / "memlint.toml").read_text())
    assert all(root.pop("max-memory") for root in settings["roots"])
    settings["roots"] = [root.pop("path") for root in settings["roots"]]
    assert settings == expected
    done = memlint("check", "--format", "json", cwd=tmp_path)
    assert done.code == 0, done.out
    configs = done.json["configs"]
    assert all(config["complete"] for config in configs)
    assert {config["path"]: config["blocks"]["server"] for config in configs} == servers
    assert {name for config in configs for name in config["outside"]} <= {"a/../ca.pem"}
    for config in configs:
        needed = config["memory"]["total"]["reload_peak_worst_bytes"]
        assert needed < config["budget_bytes"] <= max(64 << 20, 1.3 * needed)
    # what has grown fails
    for name in files:
        if name.endswith("a.conf") and "etc/nginx" not in name:
            zone = "proxy_cache_path /tmp/c keys_zone=c:999m;"
            (tmp_path / name).write_text(f"{zone}\n{SITE}\n")
            strict = memlint("check", "--max-zones-memory=512MiB", cwd=tmp_path)
            assert strict.code == 1
            break


def test_each_image_is_the_target_of_its_configurations(tmp_path: Path) -> None:
    """A budget is of the server that a later check is for: one has the figure of the other."""
    lua = http(f"{CA.format(SYSTEM)} {SITE}").replace(LUA, "")
    files: Files = {".git/HEAD": "", "plain/nginx.conf": http(SITE)}
    for name, image in (("old", "1.21.4.1-alpine"), ("new", "1.27.1.2-alpine")):
        files[f"{name}/Dockerfile"] = f"FROM openresty/openresty:{image}\n"
        files[f"{name}/nginx.conf"] = lua
    write(tmp_path, files)
    run = memlint("init", "--yes", cwd=tmp_path)
    said = dict(re.findall(r"(?m)^(\S+): 1 server, (.*) while reloading$", run.out))
    settings = tomllib.loads((tmp_path / "memlint.toml").read_text())
    assert "target" not in settings
    assert {root["path"]: root.get("target") for root in settings["roots"]} == {
        "new/nginx.conf": "openresty/openresty:1.27.1.2-alpine",
        "old/nginx.conf": "openresty/openresty:1.21.4.1-alpine",
        "plain/nginx.conf": None,
    }
    checked = memlint("check", "--format", "json", cwd=tmp_path).json["configs"]
    assert {
        config["path"]: human(config["memory"]["total"]["reload_peak_worst_bytes"])
        for config in checked
    } == said


def test_a_proposed_budget_holds_zones_that_are_full(tmp_path: Path) -> None:
    zone = "proxy_cache_path /tmp/c keys_zone=c:100m;"
    write(tmp_path, {".git/HEAD": "", "nginx.conf": http(f"{zone} {SITE}")})
    assert memlint("init", "--yes", cwd=tmp_path).code == 0
    assert " once zones are full; say" in (tmp_path / "memlint.toml").read_text()
    [config] = memlint("check", "--format", "json", cwd=tmp_path).json["configs"]
    assert config["memory"]["total"]["limit_bytes"] <= config["budget_bytes"]
    assert "ML204" not in {finding["rule"] for finding in config["findings"]}


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of memlint that says who publishes it."""
    for name in ("HOOK", "GITHUB", "GITLAB"):
        text = getattr(proposed, name).replace("OWNER/", "somebody/")
        monkeypatch.setattr(proposed, name, text)


@pytest.mark.usefixtures("published")
def test_a_hook_and_a_pipeline_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"nginx.conf": http(SITE)})
    monkeypatch.chdir(tmp_path)
    init(yes=True)
    assert "somebody/nginx-memlint" in Path(".pre-commit-config.yaml").read_text()
    assert "somebody/nginx-memlint@v" in Path(".github/workflows/memlint.yml").read_text()


def test_nothing_is_written_that_runs_what_nobody_published(tmp_path: Path) -> None:
    """An account that is named OWNER may be anybody's."""
    write(tmp_path, {"nginx.conf": http(SITE)})
    run = memlint("init", "--yes", cwd=tmp_path)
    assert run.code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"nginx.conf", "memlint.toml"}
    for name in (".pre-commit-config.yaml", ".github/workflows/memlint.yml"):
        assert f"{name} not written: put the account" in run.err


def test_the_hook_and_the_pipeline_are_those_of_the_documents() -> None:
    hook = yaml.safe_load(proposed.HOOK)
    [shown] = yaml.safe_load(block("pre-commit"))["repos"]
    [repository] = hook["repos"]
    assert (repository["repo"], repository["rev"]) == (shown["repo"], shown["rev"])
    assert [entry["id"] for entry in repository["hooks"]] == ["memlint"]
    steps = yaml.safe_load(proposed.GITHUB)
    shown = yaml.safe_load(block("github"))
    uses = [step["uses"] for step in steps["jobs"]["memlint"]["steps"]]
    assert uses == [step["uses"] for step in shown["jobs"]["memlint"]["steps"]]
    shown = yaml.safe_load(block("gitlab"))
    ours = yaml.safe_load(proposed.GITLAB)
    assert ours["include"] == shown["include"]
    source = "MEMLINT_SOURCE"
    assert ours["memlint"]["variables"][source] == shown["memlint"]["variables"][source]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    write(tmp_path, {"nginx.conf": http(SITE), "memlint.toml": "# mine\n", ".gitlab-ci.yml": "x"})
    (tmp_path / ".pre-commit-config.yaml").symlink_to("nowhere")
    run = memlint("init", "--yes", cwd=tmp_path)
    assert run.code == 0
    assert (tmp_path / "memlint.toml").read_text() == "# mine\n"
    assert (tmp_path / ".gitlab-ci.yml").read_text() == "x"
    assert not (tmp_path / "nowhere").exists()
    for name in ("memlint.toml", ".pre-commit-config.yaml", ".gitlab-ci.yml"):
        assert f"{name} is there already, and is not changed" in run.err
    assert "MEMLINT_SOURCE" in run.out


def test_without_a_terminal_nothing_is_written(tmp_path: Path) -> None:
    write(tmp_path, {"nginx.conf": http(SITE)})
    run = memlint("init", cwd=tmp_path)
    assert run.code == 0
    assert re.search("^nginx.conf: 1 server, [0-9.]+ MiB while reloading$", run.out, re.MULTILINE)
    assert "memlint.toml not written: --yes writes it" in run.err
    assert [path.name for path in tmp_path.iterdir()] == ["nginx.conf"]


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    """Without an answer nothing is written."""
    write(tmp_path, {"nginx.conf": http(SITE)})
    shown = on_a_terminal("init", cwd=tmp_path, env={"TERM": "dumb"}, typed="n\n")
    assert shown.count("[Y/n]") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"nginx.conf"}
    on_a_terminal("init", cwd=tmp_path, env={"TERM": "dumb"}, typed="y\n")
    assert {path.name for path in tmp_path.iterdir()} == {"nginx.conf", "memlint.toml"}


@pytest.mark.usefixtures("published")
def test_no_link_leads_a_write_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outside").mkdir()
    write(tmp_path / "repository", {"nginx.conf": http(SITE)})
    (tmp_path / "repository/.github").symlink_to("../outside")
    monkeypatch.chdir(tmp_path / "repository")
    with pytest.raises(MemlintError, match="a link leads out of"):
        init(yes=True)
    assert list((tmp_path / "outside").iterdir()) == []


def test_where_there_is_nothing(tmp_path: Path) -> None:
    assert "no nginx configuration here" in memlint("init", cwd=tmp_path).err
    write(tmp_path, {"a.conf.j2": "server { listen {{ x }}; }"})
    run = memlint("init", cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert "there are templates alone, such as a.conf.j2: render them" in run.err
    assert memlint("init", "nowhere", cwd=tmp_path).code == 2


def test_hostile_names(tmp_path: Path) -> None:
    """They are data: in TOML, on the terminal, and as patterns."""
    names = ['a"]\nroots = []', "a\x1b[31m", "[ab]*", 'q"\\x', "é"]
    for name in names:
        write(tmp_path / name, {"nginx.conf": http(SITE)})
    (tmp_path / "etc").symlink_to("/etc")
    run = memlint("init", "--yes", cwd=tmp_path)
    assert run.code == 0
    assert "\x1b" not in run.out + run.err
    settings = tomllib.loads((tmp_path / "memlint.toml").read_text())
    paths = [root["path"] for root in settings["roots"]]
    assert "2 names in . that cannot stand in settings" in run.err
    assert paths == [r"\[ab]\*/nginx.conf", 'q"\\x/nginx.conf', "é/nginx.conf"]
    assert memlint("check", cwd=tmp_path).code == 0


def test_what_is_not_read_in_full_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"nginx.conf": http("server { ")})
    run = memlint("init", "--yes", cwd=tmp_path)
    assert "nginx.conf: not read in full" in run.out
    assert "# not read in full yet: " in (tmp_path / "memlint.toml").read_text()
