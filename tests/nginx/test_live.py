"""calibrate and verify with the real nginx.

MEMLINT_FULL_CALIBRATION=1 adds a full calibration, which takes two minutes.
"""

from __future__ import annotations

import multiprocessing
import os
import pwd
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from nginx_memlint.errors import MemlintError
from nginx_memlint.live import available, limit, shapes
from nginx_memlint.live import calibrate as live
from nginx_memlint.live import verify as verification
from nginx_memlint.live.binary import describe, find_nginx
from nginx_memlint.live.calibrate import Calibration, calibrate
from nginx_memlint.live.connections import KINDS
from nginx_memlint.live.peaks import BY_SAMPLES
from nginx_memlint.live.shapes import QUICK, choose_method
from nginx_memlint.live.site import Site, temporary_directory
from nginx_memlint.live.verify import Verification, verify
from nginx_memlint.memory.parts.base import BASES, CONNECTION_BYTES
from nginx_memlint.options.record import Options
from nginx_memlint.sizes import MIB
from nginx_memlint.targets.allocators_table import Platform
from nginx_memlint.targets.target_file import load_target
from nginx_memlint.targets.targets import measured_costs
from sample_confs import make_incident
from tests.helpers import BUNDLE as SAMPLE_BUNDLE
from tests.helpers import SAMPLES, memlint
from tests.live.test_namespaces import needs_namespaces
from tests.nginx.facts_rows import Site as Place
from tests.nginx.part_files import place_in
from tests.nginx.prefix import main_conf, pem_bundle, write_conf
from tests.nginx.stack import Stack

SHIPPED = next(costs for costs in measured_costs() if costs.name == "debian-12")
INCIDENT = SAMPLES / "incident"

BUNDLE = (150, 160_050)
"""Certificates and bytes of DER of a bundle of all of Mozilla's list."""

FEW = replace(QUICK, servers=(50, 250), pairs=(20, 40), names=(5, 10))


def load(costs: object) -> float:
    certificates, der = BUNDLE
    return float(
        certificates * getattr(costs, "certificate") + der * getattr(costs, "der")  # noqa: B009
    )


def close(calibration: Calibration, directory: Path, tolerance: float) -> None:
    """Costs as shipped, within a tolerance; CPU is another machine's."""
    path = directory / "calibrated.toml"
    path.write_text(calibration.toml())
    costs = load_target(path).costs
    for key in ("location", "server", "context"):
        assert getattr(costs, key) == pytest.approx(getattr(SHIPPED, key), rel=tolerance), key
    assert load(costs) == pytest.approx(load(SHIPPED), rel=tolerance)
    empty = BASES["debian-12"]
    assert costs.base_master == pytest.approx(empty.master << 10, rel=0.05)
    assert costs.base_worker == pytest.approx(empty.worker << 10, rel=0.05)
    for key, (_, usual) in zip(KINDS, CONNECTION_BYTES.values(), strict=True):
        assert getattr(costs, key) == pytest.approx(usual, rel=0.06), key
    assert calibration.platform == Platform("glibc", "glibc")
    assert [law.kind for law in calibration.laws] == ["heap", "contexts", "pool"]
    for law in calibration.laws:
        assert law.is_usual, law


def test_a_small_calibration_is_close(
    bookworm: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "QUICK", FEW)
    steps: list[tuple[int, int]] = []
    calibration = calibrate(quick=True, report=lambda done, of, _name: steps.append((done, of)))
    assert calibration.versions["lua"] == bookworm.versions()["lua"]
    assert steps[-1][0] == steps[-1][1]
    close(calibration, tmp_path, 0.05)


@pytest.mark.skipif("MEMLINT_FULL_CALIBRATION" not in os.environ, reason="takes two minutes")
def test_a_full_calibration_is_within_five_percent(bookworm: Stack, tmp_path: Path) -> None:
    calibration = calibrate()
    assert calibration.versions["nginx"] == bookworm.versions()["nginx"]
    close(calibration, tmp_path, 0.05)
    for key in ("certificate", "der"):
        assert calibration.costs[key] == pytest.approx(getattr(SHIPPED, key), rel=0.05), key


def refused(pids: Iterable[int]) -> AbstractContextManager[None]:
    """Raise what a kernel says that lets nobody trace others."""
    if set(pids):
        raise PermissionError
    return nullcontext()


def test_without_the_lua_module_and_without_openssl(
    bookworm: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contexts of proxy_ssl, certificates of a bundle that the system has; nothing is allowed."""
    assert bookworm.modules
    monkeypatch.setattr(live, "QUICK", FEW)
    monkeypatch.setattr(shapes, "lua_modules", lambda _nginx, _named: None)
    monkeypatch.setattr("nginx_memlint.live.certificates.find_program", lambda _name: None)
    monkeypatch.setattr("nginx_memlint.live.certificates.SYSTEM_BUNDLES", (str(SAMPLE_BUNDLE),))
    monkeypatch.setattr("nginx_memlint.live.process.HeldExits", refused)
    monkeypatch.setattr(limit, "memory_groups", lambda _root: ())
    calibration = calibrate(quick=True)
    assert "proxy_ssl" in calibration.notes[0]
    assert SAMPLE_BUNDLE.name in calibration.notes[0]
    assert f"laws of reloads: {BY_SAMPLES}" in calibration.notes
    assert "old workers could not be held" in calibration.notes[-1]
    assert [law.kind for law in calibration.laws] == ["heap", "pool"]
    assert "connection_tls" not in calibration.costs
    assert "lua" not in calibration.versions
    path = tmp_path / "target.toml"
    path.write_text(calibration.toml())
    costs = load_target(path).costs
    assert costs.context == pytest.approx(SHIPPED.context, rel=0.15)
    assert load(costs) == pytest.approx(load(SHIPPED), rel=0.10)


def incident(directory: Path, monkeypatch: pytest.MonkeyPatch, servers: int) -> Path:
    """The sample with fewer servers of 50 locations."""
    monkeypatch.setattr(make_incident, "SERVERS", servers)
    monkeypatch.setattr(make_incident, "SERVERS_A_FILE", servers)
    for name, text in make_incident.files("scaled", make_incident.TRUSTED).items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace(make_incident.BUNDLE, str(SAMPLE_BUNDLE)))
    monkeypatch.chdir(directory)
    return directory / "nginx.conf"


def test_verify_agrees_on_the_incident(
    bookworm: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = incident(tmp_path, monkeypatch, 8)
    verification = verify(conf, Options(prefix=str(tmp_path)), tolerance=0.05)
    assert verification.measured is not None
    assert verification.measured.ssl_contexts == verification.predicted.ssl_contexts == 408
    assert verification.measured.ca_loads == verification.predicted.ca_loads == 408
    assert verification.ratio == pytest.approx(1, abs=0.05)
    assert verification.agrees
    assert bookworm.versions()["nginx"] == "1.22.1"


@pytest.mark.usefixtures("bookworm")
def test_verify_disagrees_where_the_estimate_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident(tmp_path, monkeypatch, 1)
    run = memlint("verify", "-p", tmp_path, "--target", "debian-13", "nginx.conf", cwd=tmp_path)
    assert run.code == 1
    assert "NOT EQUAL" in run.out
    assert "nginx -t will take about" in run.err
    run = memlint("verify", "-p", tmp_path, "--format", "json", "nginx.conf", cwd=tmp_path)
    assert run.code == 0
    assert TypeAdapter(Verification).validate_python(run.json).agrees


@pytest.mark.usefixtures("bookworm")
@pytest.mark.parametrize("groups", [True, False])
def test_verify_stops_nginx_before_it_hurts(
    groups: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 144 MB that nginx takes, 40 are predicted, and 100 are there."""
    conf = incident(tmp_path, monkeypatch, 3)
    monkeypatch.setattr(available, "available_memory", lambda: 100 * MIB)
    monkeypatch.setattr(verification, "available_memory", lambda: 100 * MIB)
    monkeypatch.setattr(limit, "MAPPED", 64 * MIB)
    if not groups:
        monkeypatch.setattr(limit, "memory_groups", lambda _root: ())
    options = Options(prefix=str(tmp_path), unit_cost=1)
    with pytest.raises(MemlintError, match="stopped at its limit"):
        verify(conf, options)


def reloading(bookworm: Stack, site: Place, *, main: str = "", more: str = "") -> Path:
    """A configuration with 20 CA stores and a zone that writes, and listens, where others do."""
    http = (
        "limit_req_zone $remote_addr zone=one:4m rate=1r/s;\n"
        f"lua_ssl_trusted_certificate {pem_bundle(60)}; {more}\n"
        f"server {{ listen unix:{site.prefix}/here; listen 127.0.0.1:1;"
        f" access_log {site.prefix}/all.log;"
        " location / { proxy_pass http://localhost:2; }"
        f" {' '.join(f'location /{n} {{ }}' for n in range(20))} }}"
    )
    modules = bookworm.load_lines("ngx_http_lua_module")
    text = main_conf(site.prefix, http, modules=modules, workers=2)
    return write_conf(site.prefix, main + text.replace("daemon off;", ""))


@needs_namespaces
def test_verify_through_reloads(bookworm: Stack, site: Place) -> None:
    conf = reloading(bookworm, site)
    (site.prefix / "here").write_text("the socket of an nginx that runs")
    log = site.prefix / "all.log"
    log.write_text("a line\n")
    run = memlint("verify", "--reloads", "6", "--format", "json", conf)
    assert run.code == 0, run.out + run.err
    through = TypeAdapter(Verification).validate_python(run.json).reloads
    assert through is not None
    assert (through.reloads, through.workers) == (6, 2)
    start, first, kept_first, worst, kept = through.phases
    assert start.measured_bytes == pytest.approx(start.predicted_bytes, rel=0.15)
    assert start.measured_bytes < kept.measured_bytes < worst.measured_bytes
    assert first.measured_bytes <= worst.measured_bytes <= worst.predicted_bytes
    assert start.measured_bytes < kept_first.measured_bytes <= kept.measured_bytes
    assert log.read_text() == "a line\n"
    assert (site.prefix / "here").is_file()
    text = memlint("verify", "--reloads", "1", conf)
    assert "with 2 workers, through 1 reload; peaks are " in text.out
    assert "a start and 1 reload will take about" in text.err


@needs_namespaces
def test_reloads_run_code_only_if_asked_to(bookworm: Stack, site: Place) -> None:
    conf = reloading(bookworm, site, more="init_by_lua_block { os.exit(1) }")
    assert memlint("verify", conf).code == 0
    run = memlint("verify", "--reloads", "1", conf)
    assert (run.code, run.out) == (2, "")
    assert "init_by_lua_block: runs Lua code" in run.err
    assert memlint("verify", "--reloads", "1", "--yes", conf).code == 2


@needs_namespaces
@pytest.mark.parametrize(
    ("main", "message"),
    [("daemon on;", "has `daemon on`"), ("master_process off;", "has `master_process off`")],
)
def test_what_cannot_be_reloaded(main: str, message: str, bookworm: Stack, site: Place) -> None:
    run = memlint("verify", "--reloads", "1", reloading(bookworm, site, main=main))
    assert run.code == 2
    assert message in run.err


@needs_namespaces
def test_a_reload_is_stopped_before_it_hurts(
    bookworm: Stack, site: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes more than 60 MiB; as much as the estimate, which is too low, says is there."""
    monkeypatch.setattr(available, "available_memory", lambda: 100 * MIB)
    monkeypatch.setattr(verification, "available_memory", lambda: 100 * MIB)
    with pytest.raises(MemlintError, match=r"apart from this machine|while reloading"):
        verify(reloading(bookworm, site), Options(unit_cost=1), reloads=3)


@pytest.mark.usefixtures("bookworm")
def test_verify_sees_all_that_a_server_has(tmp_path: Path) -> None:
    """Chains of four certificates, headers and parameters: more than blocks and contexts."""
    place = place_in(tmp_path)
    chain, key = place.certificates["rsa2048-3"]
    four = tmp_path / "four.pem"
    four.write_text(chain.read_text() + place.certificates["rsa4096-1"][0].read_text())
    servers = "".join(
        f"server {{ listen {place.listen} ssl; server_name v{number}.example.com;"
        f" ssl_certificate {four}; ssl_certificate_key {key}; location / {{ proxy_pass http://127.0.0.1:9;"
        f" {' '.join(f'proxy_set_header X-{n} $host;' for n in range(9))} }} }}\n"
        for number in range(400)
    )
    verification = verify(write_conf(place.prefix, main_conf(place.prefix, servers)))
    assert verification.agrees
    assert verification.predicted.memory_bytes > 15 * MIB
    assert verification.ratio == pytest.approx(1, abs=0.15)


@pytest.mark.usefixtures("bookworm")
def test_verify_sees_what_reading_takes_for_a_while(tmp_path: Path) -> None:
    """A map's arrays are free once it is read; text is kept, as Debian builds with debugging."""
    place = place_in(tmp_path)
    paths = "".join(f"/old/{n % 97}/article-{n}.html /new/{n};\n" for n in range(100_000))
    sizes = "map_hash_max_size 262144; map_hash_bucket_size 128;\n"
    http = f"{sizes}map $uri $new {{\n{paths}}}\nserver {{ listen {place.listen}; }}\n"
    comments = "# a comment of a generated file\n" * 100_000
    for text in (http, f"server {{ listen {place.listen}; }}\n{comments}"):
        verification = verify(write_conf(place.prefix, main_conf(place.prefix, text)))
        assert verification.agrees
        assert verification.predicted.memory_bytes > 3 * MIB
        assert verification.ratio == pytest.approx(1, abs=0.15)


@pytest.mark.usefixtures("bookworm")
def test_verify_without_a_compiler_compares_memory(
    site: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nginx_memlint.live.counts.find_program", lambda _name: None)
    http = f"server {{ {site.plain()} location / {{ return 204; }} }}"
    verification = verify(write_conf(site.prefix, main_conf(site.prefix, http)))
    assert verification.agrees
    assert verification.measured is not None
    assert verification.measured.ssl_contexts is None
    assert "no C compiler" in verification.not_counted


@pytest.mark.usefixtures("bookworm")
def test_verify_of_what_nginx_rejects(site: Place) -> None:
    http = f"server {{ {site.plain()} root; }}"
    conf = write_conf(site.prefix, main_conf(site.prefix, http))
    run = memlint("verify", conf)
    assert run.code == 3
    assert 'invalid number of arguments in "root" directive' in run.out


@pytest.mark.usefixtures("bookworm")
def test_verify_of_what_cannot_be_read() -> None:
    run = memlint("verify", SAMPLES / "broken")
    assert run.code == 3
    assert "nginx was not run" in run.out
    assert memlint("verify", "/nonexistent.conf").code == 3
    assert memlint("verify", "-").code == 2


def test_verify_where_each_worker_adds_something(bookworm: Stack, site: Place) -> None:
    """nginx -t has no workers, so that is not predicted of it."""
    http = (
        f"lua_ssl_trusted_certificate {pem_bundle(120)}; init_worker_by_lua_block {{ }}\n"
        f"server {{ {site.plain()} {' '.join(f'location /{n} {{ }}' for n in range(20))} }}"
    )
    modules = bookworm.load_lines("ngx_http_lua_module")
    text = main_conf(site.prefix, http, modules=modules, workers=4)
    verification = verify(write_conf(site.prefix, text))
    assert verification.agrees, verification


@pytest.mark.usefixtures("bookworm")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_can_run_nginx() -> None:
    """The user nobody can do the first steps of calibrate."""

    def as_nobody(results: Any) -> None:
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        with temporary_directory() as inside:
            server = describe(find_nginx())
            method = choose_method(server, (), inside)
            site = Site(server, inside)
            site.configure(f"server {{ listen {site.socket}; }}", load=method.load, workers=2)
            peak = site.test().peak_rss
            with site.server() as running:
                results.put((method.lua, peak > 0, running.settled().anonymous > 0))

    nobody = pwd.getpwnam("nobody")
    forking = multiprocessing.get_context("fork")
    results = forking.SimpleQueue()
    process = forking.Process(target=as_nobody, args=(results,))
    process.start()
    process.join(60)
    process.kill()
    assert process.exitcode == 0
    assert results.get() == ("0.10.23", True, True)


def test_check_for_the_binary_here() -> None:
    run = memlint("check", "--nginx-binary", find_nginx(), "--format", "json", INCIDENT)
    [config] = run.json["configs"]
    assert config["target"]["nginx"] == describe(find_nginx()).version
    assert config["ssl_contexts"] == 4080
    assert config["target"]["stated"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--nginx-binary", "/bin/true"], "/bin/true is not nginx"),
        (["--nginx-binary", "/nonexistent"], "is not a program"),
        (["--nginx-binary", "nginx", "--target", "debian-12"], "instead of --target"),
    ],
)
def test_binaries_that_are_none(options: list[str], message: str) -> None:
    run = memlint("check", *options, INCIDENT)
    assert (run.code, run.out) == (2, "")
    assert message in run.err
