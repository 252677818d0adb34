"""The nginx of this machine is a target if that is asked for, or if it reads the configuration."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.live import homes, host
from nginx_memlint.sizes import plural
from nginx_memlint.targets.banner import Nginx, parse
from nginx_memlint.targets.targets import find_target
from tests.helpers import http, memlint_here, write

V = "nginx version: nginx/1.26.0\nbuilt with OpenSSL 3.0.15\nconfigure arguments: {}\n"


@pytest.fixture
def nginx(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A configuration that belongs to the nginx of this machine."""
    path = write(tmp_path / "etc", {"nginx.conf": http("server { listen 80; }")})

    def describe(binary: str) -> Nginx:
        return parse(binary, V.format(f"--conf-path={path}"))

    monkeypatch.setattr(homes, "HOMES", (f"{tmp_path}/etc/",))
    monkeypatch.setattr(host, "find_nginx", lambda: "/sbin/nginx")
    monkeypatch.setattr(host, "why_not_roots", lambda _path: None)
    monkeypatch.setattr(host, "describe", describe)
    monkeypatch.setattr(host, "target_of", lambda _path: find_target("nginx-1.26.0"))
    return path


def test_a_configuration_that_nginx_reads_by_itself_is_for_that_nginx(nginx: Path) -> None:
    target = host.target_of_its_own(str(nginx))
    assert target is not None
    assert target.assumed[0] == (
        "the server is /sbin/nginx on this machine, whose configuration this is: --target names "
        f"another; auto starts {plural(host.processors(), 'worker')} here"
    )
    run = memlint_here("check", "--verbose", nginx)
    assert target.assumed[0] in run.out
    assert "nginx-1.26.0" in run.out
    run = memlint_here("check", "--verbose", "--target", "debian-11", nginx)
    assert "/sbin/nginx" not in run.out


def test_its_workers_are_those_that_auto_starts_here(
    nginx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "processors", lambda: 7)
    nginx.write_text(re.sub("worker_processes .*?;", "worker_processes auto;", nginx.read_text()))
    assert "(7 workers, nginx" in memlint_here("check", nginx).out
    assert "(3 workers, nginx" in memlint_here("check", "--workers", "3", nginx).out
    (nginx.parent / "other.conf").write_bytes(nginx.read_bytes())
    assert "4 workers assumed" in memlint_here("check", nginx.parent / "other.conf").out


def test_the_name_is_looked_up_as_the_check_does(
    nginx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for way in (["nginx.conf"], ["."], ["--prefix", "/", nginx], ["--prefix", ".", "nginx.conf"]):
        monkeypatch.chdir(nginx.parent)
        assert "the server is /sbin/nginx" in memlint_here("check", "--verbose", *way).out
    write(nginx.parent / "other", {"nginx.conf": nginx.read_text()})
    other = memlint_here("check", "--verbose", "--prefix", "other", "nginx.conf")
    assert other.code == 0
    assert "/sbin/nginx" not in other.out


def test_a_link_in_a_checkout_runs_nothing(
    nginx: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "describe", pytest.fail)
    monkeypatch.setattr(host, "target_of", pytest.fail)
    write(tmp_path / "checkout", {"x": ""})
    (tmp_path / "checkout" / "nginx.conf").symlink_to(nginx)
    assert host.target_of_its_own(str(tmp_path / "checkout" / "nginx.conf")) is None
    run = memlint_here("check", "--confine", tmp_path / "etc", nginx)
    assert run.code == 0


def test_another_configuration_is_not(nginx: Path) -> None:
    (nginx.parent / "other.conf").write_bytes(nginx.read_bytes())
    assert host.target_of_its_own(str(nginx.parent / "other.conf")) is None
    assert host.target_of_its_own(str(nginx.parent / "absent.conf")) is None


@pytest.mark.usefixtures("nginx")
def test_no_program_is_run_for_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "find_nginx", pytest.fail)
    checkout = write(tmp_path / "checkout", {"nginx.conf": http("server { listen 80; }")})
    assert host.target_of_its_own(str(checkout)) is None


def test_a_program_that_others_may_have_put_there_is_not_run(
    nginx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "why_not_roots", lambda path: f"{path} does not belong to root")
    monkeypatch.setattr(host, "describe", pytest.fail)
    monkeypatch.setattr(host, "target_of", pytest.fail)
    assert host.target_of_its_own(str(nginx)) is None
    with pytest.raises(MemlintError, match="does not belong to root: name nginx with"):
        host.nginx_here()
    run = memlint_here("check", "--target", "host", nginx)
    assert run.code == 2
    assert "Invalid value for --target: /sbin/nginx does not belong to root" in run.err


def test_a_settings_file_cannot_ask_for_it(nginx: Path) -> None:
    write(nginx.parent, {"memlint.toml": 'target = "host"\n'})
    run = memlint_here("check", nginx)
    assert run.code == 2
    assert "only --target can ask for it" in run.err


def test_workers_of_the_host(nginx: Path) -> None:
    write(nginx.parent, {"nginx.conf": "worker_processes auto;\n" + nginx.read_text()})
    run = memlint_here("check", "--workers", "host", nginx)
    assert f"{os.sysconf('SC_NPROCESSORS_ONLN')} worker" in run.out
    assert "assumed: state yours with --workers" not in run.out


def test_the_output_of_nginx_v_in_a_file(tmp_path: Path) -> None:
    write(tmp_path, {"nginx.conf": http("server { listen 80; }"), "v.txt": V.format("")})
    run = memlint_here("check", "--nginx-v", tmp_path / "v.txt", tmp_path)
    assert "nginx 1.26.0" in run.out
    for name, said in {
        "nginx.conf": "does not hold the output of nginx -V",
        "absent": "No such file",
        "/dev/zero": "is a character device",
    }.items():
        run = memlint_here("check", "--nginx-v", tmp_path / name, tmp_path)
        assert (run.code, run.out) == (2, "")
        assert said in run.err
    both = ("--nginx-v", str(tmp_path / "v.txt"), "--target", "debian-12")
    run = memlint_here("check", *both, tmp_path)
    assert run.code == 2
    assert "is used instead of" in run.err
