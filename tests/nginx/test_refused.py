"""nginx refuses and takes what tests/refusals/refused.py says."""

from __future__ import annotations

import subprocess

import pytest

from tests.nginx.facts_rows import Site
from tests.nginx.prefix import write_conf
from tests.nginx.stack import NGINX, Stack
from tests.refusals.refused import ACCEPTED, AROUND, REFUSED, modules_of


@pytest.mark.parametrize(
    ("kind", "inside", "is_refused"),
    [*((*row, True) for row in REFUSED), *((*row, False) for row in ACCEPTED)],
)
def test_nginx(kind: str, inside: str, is_refused: bool, bookworm: Stack, site: Site) -> None:
    named = modules_of(kind)
    modules = bookworm.load_lines(*named) if named else ""
    pid = f"pid {site.prefix}/nginx.pid; error_log {site.prefix}/error.log;"
    text = f"{modules}{pid}\nevents {{ }}\n{AROUND[kind] % inside}\n"
    conf = write_conf(site.prefix, text)
    command = [NGINX, "-t", "-p", str(site.prefix), "-c", str(conf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode != 0) == is_refused, done.stderr
