"""``nginx -T`` of every sample, through ``memlint check -``, equals checking the files."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.report.formats.json import dumps
from nginx_memlint.result import ConfigReport
from nginx_memlint.sizes import MIB, human
from nginx_memlint.sources.dump import read_dump
from tests.helpers import SAMPLES
from tests.nginx.prefix import pem_bundle
from tests.nginx.stack import NGINX, Stack

PRODUCTS = runpy.run_path(str(SAMPLES / "make_products.py"))["SAMPLES"]
"""Samples for servers that have Lua built in; their certificates are not there."""

NAMES = sorted({path.parent.name for path in SAMPLES.glob("*/nginx.conf")} - PRODUCTS.keys())
REJECTED = {
    "broken": "conf.d/missing.conf",
    "stream": 'unknown directive "stream"',
}
"""Samples of which there is no dump: one is wrong, one needs a module that Debian lacks."""


@pytest.fixture
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A prefix with a copy of a sample: its bundle is a small one.

    (With the samples' bundle the counts are the same and a start takes minutes.)
    """
    prefix = tmp_path / str(request.param)
    shutil.copytree(SAMPLES / request.param, prefix)
    shutil.copy(pem_bundle(2), prefix / "ca.pem")
    for path in prefix.rglob("*.conf"):
        path.write_text(path.read_text().replace("../ca-bundle.pem", f"{prefix}/ca.pem"))
    return prefix


def dump_of(prefix: Path, *, messages: bool = False) -> bytes:
    """The output of ``nginx -T``."""
    command = [NGINX, "-T", "-p", str(prefix), "-c", str(prefix / "nginx.conf")]
    to = subprocess.STDOUT if messages else subprocess.DEVNULL
    return subprocess.run(
        command, cwd=prefix, stdout=subprocess.PIPE, stderr=to, check=False, timeout=120
    ).stdout


def without(report: ConfigReport, *names: str) -> dict[str, object]:
    data: dict[str, object] = json.loads(dumps(report))
    for where in ("from_dump", "main_file"):  # say what was read, not what was found
        del data[where]
    return {name: value for name, value in data.items() if name not in ("path", *names)}


@pytest.mark.parametrize("through", ["stdout", "2>&1", "terminal"])
@pytest.mark.parametrize("sample", [n for n in NAMES if n not in REJECTED], indirect=True)
def test_equals_checking_the_files(sample: Path, through: str, bookworm: Stack) -> None:
    """All of the report, if the files have no bundle either and the unit cost is given."""
    assert bookworm.root is None
    data = dump_of(sample, messages=through != "stdout")
    if through == "terminal":  # as docker exec -t and ssh -t
        data = data.replace(b"\n", b"\r\n")
    for bundle in sample.rglob("*.pem"):
        bundle.unlink()
    expected = check(sample, unit_cost=MIB, target="debian-12")
    report = check("-", data=data, unit_cost=MIB, target="debian-12")
    assert report.complete
    assert report.problems == []
    assert without(report) == without(expected)
    assert report.blocks.location > 0


@pytest.mark.parametrize("sample", [n for n in NAMES if n not in REJECTED], indirect=True)
def test_a_container_of_openresty(sample: Path, bookworm: Stack) -> None:
    """Its paths, its program's name and its terminal; the files are a copy of its directory."""
    assert bookworm.root is None
    there = "/usr/local/openresty/nginx/conf"
    data = dump_of(sample, messages=True).replace(str(sample).encode(), there.encode())
    data = data.replace(b"nginx: ", b"openresty: ").replace(b"\n", b"\r\n")
    for bundle in sample.rglob("*.pem"):
        bundle.unlink()
    for path in sample.rglob("*.conf"):
        path.write_text(path.read_text().replace(str(sample), there))
    server = "openresty-1.21.4.4"
    elsewhere = [(there, str(sample))]
    main = f"{there}/nginx.conf"
    expected = check(main, path_map=elsewhere, unit_cost=MIB, target=server)
    report = check("-", data=data, unit_cost=MIB, target=server)
    assert report.complete
    assert report.problems == []
    text = json.dumps(without(expected)).replace(str(sample), there)
    assert without(report) == json.loads(text)
    assert report.blocks.location > 0


@pytest.mark.parametrize("sample", [n for n in NAMES if n not in REJECTED], indirect=True)
def test_without_a_unit_cost_it_falls_back_and_says_so(sample: Path, bookworm: Stack) -> None:
    assert bookworm.root is None
    report = check("-", data=dump_of(sample), target="debian-12")
    expected = check(sample, target="debian-12")
    for name in ("complete", "blocks", "ssl_contexts", "ca_loads", "families", "problems"):
        assert getattr(report, name) == getattr(expected, name)
    if report.ca_loads:
        [unreadable] = [f.message for f in report.findings if f.rule == "ML303"]
        assert "not in the dump" in unreadable
        assert f"{human(report.memory.unit_bytes)} counted" in unreadable


@pytest.mark.parametrize("sample", REJECTED, indirect=True)
def test_what_nginx_rejects_has_no_dump(sample: Path, bookworm: Stack) -> None:
    assert bookworm.root is None
    assert dump_of(sample) == b""
    assert not check("-", data=b"").complete
    report = check("-", data=dump_of(sample, messages=True))
    assert not report.complete
    assert "nginx -T that failed" in report.problems[0].message
    assert REJECTED[sample.name] in report.problems[0].message


@pytest.mark.parametrize("sample", ["stream"], indirect=True)
def test_the_stream_sample_as_an_openresty_would_dump_it(sample: Path) -> None:
    """Debian has no stream-lua, so this dump is written here."""
    path = sample / "nginx.conf"
    data = b"# configuration file %s:\n%s\n" % (str(path).encode(), path.read_bytes())
    (sample / "ca.pem").unlink()
    for ending in (data, data.replace(b"\n", b"\r\n")):
        report = check("-", data=ending, unit_cost=MIB, target="openresty-1.21.4.4")
        expected = check(path, unit_cost=MIB, target="openresty-1.21.4.4")
        assert report.complete
        assert report.ca_loads == 2
        assert without(report) == without(expected)


def test_names_with_a_relative_prefix(tmp_path: Path, bookworm: Stack) -> None:
    """``nginx -p .``: the names in the dump are relative, and are the reported ones."""
    assert bookworm.root is None
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "logs").mkdir()
    (tmp_path / "conf.d/a.conf").write_text(
        f"server {{ listen unix:{tmp_path}/s; }}\n# configuration file ./conf.d/b.conf:"
    )
    (tmp_path / "conf.d/b.conf").write_text("# configuration file ./conf.d/b.conf:\n")
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}\n"
        "http { access_log off; include conf.d/*.conf; include ./conf.d//../conf.d/[ab].conf; }"
    )
    data = subprocess.run(
        [NGINX, "-T", "-p", ".", "-c", "nginx.conf"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
    dump = read_dump(data)
    assert dump is not None
    assert next(iter(dump.files)) == "./nginx.conf"
    assert (tmp_path / "nginx.conf").read_bytes() == dump.files["./nginx.conf"]
