"""Facts of a server that are written there decide what is checked elsewhere."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from nginx_memlint import check
from nginx_memlint.errors import MemlintError
from nginx_memlint.live import facts
from nginx_memlint.live.preflight.kernel import Kernel
from nginx_memlint.targets.banner import Nginx, parse
from nginx_memlint.targets.target_file import load_target, text_of
from nginx_memlint.targets.targets import Target, installed_target
from tests.helpers import BUNDLE, MEASURED, memlint, memlint_here, write

CERTIFICATES = re.findall(rb"-----BEGIN.*?-----END CERTIFICATE-----\n", BUNDLE.read_bytes(), re.S)

CONF = """\
worker_processes auto;
worker_shutdown_timeout 1m;
events {}
http {
    include mime.types;
    server {
        listen 443 ssl;
        ssl_certificate tls/own.pem;
        ssl_certificate_key tls/own.key;
        location /a { proxy_pass https://b; }
        location /b { proxy_pass https://b; proxy_ssl_verify_depth 2; }
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate %s;
    }
}
"""

V = "nginx version: nginx/1.26.0\nbuilt with OpenSSL 3.0.15\nconfigure arguments: {}\n"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server's nginx.conf, with a bundle beside its directory."""

    def describe(binary: str) -> Nginx:
        return parse(binary, V.format(f"--conf-path={path} --prefix={tmp_path}/etc"))

    def target_of(_binary: str) -> Target:
        return installed_target("here", {"nginx": "1.26.0", "openssl": "3.0.15"}, [])

    def nothing_runs(_kernel: Kernel, _named: None) -> int:
        raise MemlintError("nothing runs")

    files: dict[str, str | bytes] = {
        "nginx.conf": CONF % (tmp_path / "system.pem"),
        "mime.types": "types { text/html html; }\n",
        "tls/own.pem": CERTIFICATES[0] + CERTIFICATES[3],
        "tls/own.key": "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n",
        "modules/ngx_http_lua_module.so": "",
    }
    path = write(tmp_path / "etc", files)
    (tmp_path / "system.pem").write_bytes(BUNDLE.read_bytes())
    monkeypatch.setattr(facts, "find_master", nothing_runs)
    monkeypatch.setattr(facts, "find_nginx", lambda _named: "/sbin/nginx")
    monkeypatch.setattr(facts, "why_not_roots", lambda _path: None)
    monkeypatch.setattr(facts, "describe", describe)
    monkeypatch.setattr(facts, "target_of", target_of)
    monkeypatch.setattr(facts, "processors", lambda: 6)
    return path


def gathered(root: Path) -> dict[str, Any]:
    return facts.gather(root=root / "none").row


def checkout(server: Path, directory: Path, **row: object) -> Path:
    """A checkout with the server's nginx.conf and its facts, but no file that these name."""
    text = text_of({**gathered(server.parent.parent), **row}, ["written"])
    files: dict[str, str | bytes] = {"nginx.conf": server.read_bytes(), "memlint-facts.toml": text}
    write(directory, {".git/HEAD": "", "mime.types": "types { text/html html; }\n"})
    return write(directory, files)


def checked(path: Path, *options: str | Path) -> dict[str, Any]:
    run = memlint_here("check", "--format=json", *options, path)
    assert run.code in (0, 1), run.err + run.out
    config: dict[str, Any] = run.json["configs"][0]
    return config


def test_what_they_hold(server: Path) -> None:
    row = gathered(server.parent.parent)
    files = {Path(entry.pop("path")).name: entry for entry in row.pop("files")}
    assert files["system.pem"]["certificates"] == 150
    assert files["system.pem"]["sha256"] == hashlib.sha256(BUNDLE.read_bytes()).hexdigest()
    assert files["own.pem"]["certificates"] == 2
    assert files["own.key"].keys() == {"bytes"}, "nothing of a key but its size"
    assert files["mime.types"].keys() == {"bytes", "sha256"}
    assert row["nginx"] == "1.26.0"
    assert row["modules"] == ["ngx_http_lua_module.so"]
    assert (row["processors"], row["directory"]) == (6, str(server.parent))
    text = text_of({**row, "files": list(files.values())}, [])
    assert "secret" not in text
    assert "BEGIN" not in text


def test_a_checkout_has_the_figures_of_the_server(server: Path, tmp_path: Path) -> None:
    there = checked(server, "--target=nginx-1.26.0", "--workers=6")
    conf = checkout(server, tmp_path / "repo")
    (tmp_path / "system.pem").unlink()
    report = checked(conf)
    assert report["workers"] == 6
    assert not report["workers_assumed"]
    assert report["target"]["nginx"] == "1.26.0"
    assert report["memory"]["low"] is report["memory"]["high"] is None, "nothing is guessed"
    for phase, size in there["memory"]["total"].items():
        assert report["memory"]["total"][phase] == pytest.approx(size, rel=0.001)
    says = f"{tmp_path}/repo/memlint-facts.toml says"
    assert any(text.endswith(says) for text in report["assumptions"])
    alone = checked(conf, "--no-config")
    assert alone["memory"]["low"] is not None
    assert alone["workers_assumed"]


def test_the_python_api_takes_them(server: Path, tmp_path: Path) -> None:
    conf = checkout(server, tmp_path / "repo", memory_limit=64 << 20)
    (tmp_path / "system.pem").unlink()
    report = check(conf, target=load_target(conf.parent / "memlint-facts.toml"))
    assert report.memory.high is None
    assert report.workers == 6
    assert report.budget_bytes == 64 << 20


def test_files_of_this_machine_do_not_count_in_a_checkout(server: Path, tmp_path: Path) -> None:
    """So that every runner has the same figures; that its bundle is another one is told."""
    conf = checkout(server, tmp_path / "repo")
    before = checked(conf)
    (tmp_path / "system.pem").write_bytes(b"".join(CERTIFICATES[:30]))
    after = checked(conf)
    assert after["memory"] == before["memory"]
    assert any("system.pem: another here than" in text for text in after["assumptions"])
    assert not any("another here than" in text for text in before["assumptions"])


def test_files_of_the_checkout_count_and_stale_facts_are_told(server: Path, tmp_path: Path) -> None:
    conf = checkout(server, tmp_path / "repo")
    before = checked(conf)
    write(conf.parent, {"tls/own.pem": CERTIFICATES[0]})
    after = checked(conf)
    [said] = [text for text in after["assumptions"] if "is stale" in text]
    assert said.startswith(f"{conf.parent}/tls/own.pem: not as ")
    assert after["memory"]["total"]["start_bytes"] < before["memory"]["total"]["start_bytes"]
    write(conf.parent, {"tls/own.pem": CERTIFICATES[0] + CERTIFICATES[3]})
    assert not any("stale" in text for text in checked(conf)["assumptions"])


def test_an_include_that_nginx_brings_is_told_if_it_is_another(
    server: Path, tmp_path: Path
) -> None:
    conf = checkout(server, tmp_path / "repo")
    assert not any("stale" in text for text in checked(conf)["assumptions"])
    write(conf.parent, {"mime.types": "types { text/html html; text/css css; }\n"})
    [said] = [text for text in checked(conf)["assumptions"] if "is stale" in text]
    assert said.startswith(f"{conf.parent}/mime.types: not as ")


def test_another_target_leaves_the_other_facts(server: Path, tmp_path: Path) -> None:
    conf = checkout(server, tmp_path / "repo", memory_limit=300 << 20)
    (tmp_path / "system.pem").unlink()
    report = checked(conf, "--target=debian-11", "--workers=3")
    assert (report["target"]["name"], report["workers"]) == ("debian-11", 3)
    assert report["memory"]["low"] is None
    assert report["budget_bytes"] == 300 << 20
    assert checked(conf, "--max-memory=1GiB")["budget_bytes"] == 1 << 30


def test_an_outer_file_is_found_as_settings_are(server: Path, tmp_path: Path) -> None:
    conf = checkout(server, tmp_path / "repo")
    inner = write(conf.parent / "web", {"nginx.conf": "events {}\nhttp { server { } }\n"})
    assert checked(inner)["target"]["nginx"] == "1.26.0"
    (conf.parent / "memlint-facts.toml").rename(tmp_path / "memlint-facts.toml")
    assert not checked(inner)["target"]["stated"]
    write(tmp_path, {"memlint.toml": ""})
    assert checked(inner, "--config", tmp_path / "memlint.toml")["target"]["nginx"] == "1.26.0"


def test_isolated_takes_none(server: Path, tmp_path: Path) -> None:
    conf = checkout(server, tmp_path / "repo")
    assert not checked(conf, "--isolated")["target"]["stated"]
    outside = tmp_path / "outside.toml"
    (conf.parent / "memlint-facts.toml").rename(outside)
    report = checked(conf, "--isolated", "--target-file", outside)
    assert report["workers"] == 6
    assert report["lowered"] == []


def test_a_module_that_the_server_has_not(server: Path, tmp_path: Path) -> None:
    conf = checkout(server, tmp_path / "repo")
    for name, is_there in (("ngx_http_lua_module.so", True), ("ngx_http_js_module.so", False)):
        conf.write_text(f"load_module modules/{name};\n{server.read_text()}")
        messages = [problem["message"] for problem in checked(conf)["problems"]]
        told = any(f"{name} is not on the server" in message for message in messages)
        assert told is not is_there


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("certificates = 150", "certificates = 1_000_000_000", "more than 100,000 certificates"),
        ("certificates = 150", "certificates = -1", "certificates must be from 0 to"),
        ("certificates = 150", "certificate = 150", "certificate is not a key"),
        ('path = "/', 'path = "', "path must be an absolute path"),
        ("processors = 6", 'processors = "6"', "processors must be a whole number"),
        ("processors = 6", "processors = 0", "processors must be from 1 to 4,096"),
        ("processors = 6", "processors = 4097", "processors must be from 1 to 4,096"),
        ('key = "', f'key = "RSA {"9" * 5000}"\n#', 'key must be "EC", or "RSA" and its bits'),
        ('key = "', 'key = "RSA ٣"\n#', 'key must be "EC", or "RSA" and its bits'),
        ("[[files]]", "[files]", "is not TOML|files must be a list of tables"),
    ],
)
def test_mistakes_are_named(
    server: Path, tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    conf = checkout(server, tmp_path / "repo")
    path = conf.parent / "memlint-facts.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    run = memlint_here("check", conf)
    assert run.code == 2
    assert re.search(complaint, run.err)


def test_a_link_out_of_the_checkout_is_not_read(server: Path, tmp_path: Path) -> None:
    conf = checkout(server, tmp_path / "repo")
    path = conf.parent / "memlint-facts.toml"
    path.rename(tmp_path / "other.toml")
    path.symlink_to(tmp_path / "other.toml")
    run = memlint_here("check", conf)
    assert run.code == 2
    assert "is a link that leads out of" in run.err


def test_the_command(server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(server.parent)
    run = memlint_here("facts")
    assert run.code == 0, run.err
    assert "memlint-facts.toml written: nginx 1.26.0, openssl 3.0.15; 4 files" in run.err
    assert load_target("memlint-facts.toml").host.processors == 6
    assert memlint_here("facts", "-o", "-").out == Path("memlint-facts.toml").read_text()
    (tmp_path / "etc/nginx.conf").unlink()
    run = memlint_here("facts")
    assert run.code == 3
    assert "nginx.conf" in run.err


def test_costs_of_the_same_versions_stay(server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(server.parent)
    measured = MEASURED.replace("1.22.1", "1.26.0")
    Path("memlint-facts.toml").write_text(measured + "first_peak = 4\n")
    assert memlint_here("facts").code == 0
    assert load_target("memlint-facts.toml").costs.first_peak == 4
    Path("memlint-facts.toml").write_text(MEASURED)
    run = memlint_here("facts")
    assert "what was measured of another nginx is gone" in run.err
    assert load_target("memlint-facts.toml").costs.measured != "here"


def test_a_program_that_others_may_have_put_there_is_not_run(
    server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "why_not_roots", lambda path: f"{path} does not belong to root")
    monkeypatch.setattr(facts, "describe", pytest.fail)
    with pytest.raises(
        MemlintError, match="does not belong to root: name nginx with --nginx-binary"
    ):
        gathered(server.parent.parent)


def test_the_settings_in_force_name_them(server: Path, tmp_path: Path) -> None:
    conf = checkout(server, tmp_path / "repo", memory_limit=300 << 20)
    run = memlint("config", "--format=json", "nginx.conf", cwd=conf.parent)
    [root] = run.json["roots"]
    text = (conf.parent / "memlint-facts.toml").read_text().splitlines()
    for name, key in (("workers", "processors"), ("max-memory", "memory_limit")):
        [line] = [n for n, words in enumerate(text, 1) if words.startswith(f"{key} =")]
        value = root["values"][name]
        assert (value["file"], value["line"]) == ("memlint-facts.toml", line)
