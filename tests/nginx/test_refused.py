"""nginx refuses and takes what tests/refusals/refused.py says."""

from __future__ import annotations

import subprocess

import pytest

from tests.nginx.facts_rows import Site
from tests.nginx.prefix import write_conf
from tests.nginx.stack import NGINX, Stack
from tests.refusals.refused import ACCEPTED, AROUND, MOST, REFUSED, modules_of, repeated


def complaint(kind: str, inside: str, stack: Stack, site: Site) -> str:
    """The error of nginx -t in a configuration; nothing if it takes that."""
    named = modules_of(kind)
    modules = stack.load_lines(*named) if named else ""
    pid = f"pid {site.prefix}/nginx.pid; error_log {site.prefix}/error.log;"
    text = f"{modules}{pid}\nevents {{ }}\n{AROUND[kind] % inside}\n"
    conf = write_conf(site.prefix, text)
    command = [NGINX, "-t", "-p", str(site.prefix), "-c", str(conf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize(
    ("kind", "inside", "is_refused"),
    [*((*row, True) for row in REFUSED), *((*row, False) for row in ACCEPTED)],
)
def test_nginx(kind: str, inside: str, is_refused: bool, bookworm: Stack, site: Site) -> None:
    said = complaint(kind, inside, bookworm, site)
    assert bool(said) == is_refused, said


@pytest.mark.parametrize(("kind", "content", "piece", "most"), MOST)
def test_as_many_as_are_accepted(
    kind: str, content: str, piece: str, most: int, bookworm: Stack, site: Site
) -> None:
    assert not complaint(kind, repeated(content, piece, most), bookworm, site)
    assert complaint(kind, repeated(content, piece, most + 1), bookworm, site)
