"""The documents' commands that need the real nginx, run with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.examples import Example, at, check_block, examples, needs_nginx, run, scratch
from tests.nginx.measure_allocators import TIMEOUT
from tests.nginx.stack import NGINX, Stack

PREFLIGHT = "memlint preflight"

EXAMPLES = [item for item in examples() if needs_nginx(item)]
BESIDE_ONE_THAT_RUNS = [item for item in EXAMPLES if PREFLIGHT in item.block.text]


@pytest.mark.parametrize("example", BESIDE_ONE_THAT_RUNS, ids=str)
def test_commands_beside_an_nginx_that_runs(
    example: Example, tmp_path: Path, bookworm: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named by its pid file, as others may run here; what systemctl does is nginx -s."""
    monkeypatch.chdir(scratch(tmp_path))
    conf = tmp_path / "etc/nginx/nginx.conf"
    text = conf.read_text().replace("listen 8080", f"listen unix:{tmp_path}/s")
    conf.write_text(f"daemon off;\n{text}")
    with bookworm.run(conf, conf.parent, timeout=TIMEOUT) as server:
        check_block(at(example.block, PREFLIGHT, f"{PREFLIGHT} --pid {tmp_path}/pid"), tmp_path)
        server.settled_anon_kb()


@pytest.mark.parametrize(
    "example", [item for item in EXAMPLES if item not in BESIDE_ONE_THAT_RUNS], ids=str
)
def test_commands(
    example: Example, tmp_path: Path, bookworm: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """calibrate is its quick one; the configuration is one of the scratch directory's.

    The nginx is named for facts, which asks one that runs: other tests run theirs meanwhile.
    """
    assert bookworm.root is None
    monkeypatch.chdir(scratch(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    block = at(example.block, "memlint calibrate", "memlint calibrate --quick")
    block = at(block, "memlint facts", f"memlint facts --nginx-binary {NGINX}")
    check_block(at(block, "/etc/nginx/", f"{tmp_path}/etc/nginx/"), tmp_path)


def test_a_dump_names_the_host_s_files(
    tmp_path: Path, bookworm: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bookworm.root is None
    monkeypatch.chdir(scratch(tmp_path))
    command = "ssh host nginx -T | memlint check --format json -"
    done = run(command, tmp_path)
    assert done.code == 0, done.err
    assert done.json["configs"][0]["from_dump"]
    assert done.json["configs"][0]["blocks"]["location"] == 1
    assert any(command.partition(" --format")[0] in item.block.text for item in EXAMPLES)
