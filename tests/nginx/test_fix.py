"""After ``--fix`` real nginx accepts the configuration and counts what was promised."""

from __future__ import annotations

import os
import random
import re
import runpy
from pathlib import Path

import pytest

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Inspection, Job
from nginx_memlint.fix import apply as fixing
from nginx_memlint.options.record import Options
from nginx_memlint.sizes import MIB
from tests.helpers import SAMPLES, write
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import main_conf, write_conf
from tests.nginx.random_trees import random_site
from tests.nginx.stack import Stack

TREES = int(os.environ.get("MEMLINT_FIX_TREES", "80"))
CHUNKS = 4
FIRST_SEED = int(os.environ.get("MEMLINT_SEED", random.SystemRandom().randrange(1 << 32)))


def examined(path: str) -> Inspection:
    """Loads are dear, so that little repetition is a finding."""
    return examine(Job(path, Options(target="debian-12", unit_cost=100 * MIB)))


def fixed(conf: Path) -> bool:
    """Fix a configuration; whether anything was changed."""
    before = examined(str(conf))
    [plan] = fixing.plans([before])
    done = fixing.fix([str(conf)], examined)
    assert not done.refused
    assert not done.broken
    if plan.promise is None:
        return False
    [report] = done.reports
    assert report.complete
    assert report.ca_loads == plan.promise.ca_loads < before.report.ca_loads
    assert report.memory.start_bytes == plan.promise.start
    return True


def confirm(conf: Path, bookworm: Stack, site: Site, note: str) -> None:
    run = bookworm.test(conf, prefix=site.prefix)
    report = examined(str(conf)).report
    assert run.accepted, f"{note}: {run.messages}\n{conf.read_text()}"
    assert (run.counts.contexts, run.counts.loads) == (report.ssl_contexts, report.ca_loads), note


def test_the_incident(bookworm: Stack, site: Site) -> None:
    """A twentieth of it, with its own files and a small bundle."""
    made = runpy.run_path(str(SAMPLES / "make_incident.py"))
    made["files"].__globals__.update(SERVERS=4, SERVERS_A_FILE=2)
    texts = {
        name: text.replace(made["BUNDLE"], str(site.bundle))
        .replace("127.0.0.1:8080", f"unix:{site.prefix}/s.sock")
        .replace("pid nginx.pid", f"pid {site.prefix}/logs/nginx.pid")
        for name, text in made["files"]("The incident.", made["TRUSTED"]).items()
    }
    assert len(texts) == 3
    conf = write(site.prefix / "incident", texts)
    assert examined(str(conf)).report.ca_loads == 4 * 51
    confirm(conf, bookworm, site, "before")
    assert fixed(conf)
    assert examined(str(conf)).report.ca_loads == 4 * 2
    confirm(conf, bookworm, site, "after")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_trees(chunk: int, bookworm: Stack, site: Site) -> None:
    changed = 0
    for number in range(TREES // CHUNKS):
        seed = FIRST_SEED + chunk * TREES + number
        tree = random_site(seed, site)
        directive = f"lua_ssl_trusted_certificate {site.bundle};"
        for name, text in tree.files.items():  # which may end the inheritance
            write_conf(site.prefix, text.replace(directive, ""), name)
        modules = bookworm.load_lines("ngx_http_lua_module")
        inside = f"{directive}\n{re.sub('lua_ssl_trusted_certificate [^;]*;', '', tree.http)}"
        conf = write_conf(site.prefix, main_conf(site.prefix, inside, modules=modules))
        handlers = seen_by_lua(conf)
        if fixed(conf):
            changed += 1
            assert seen_by_lua(conf) == handlers, f"seed {seed}\n{inside}\n{tree.files}"
            confirm(conf, bookworm, site, f"seed {seed}\n{inside}\n{tree.files}")
    assert changed > TREES // CHUNKS // 4, "little was fixed"


def seen_by_lua(conf: Path) -> list[str]:
    """The bundles that blocks with Lua see: what a change must leave as it is."""
    situation = examined(str(conf)).situation
    assert situation is not None
    return [
        f"{block.label}: {setting.value if setting else None}"
        for block in situation.tree.all_blocks
        if any("_by_lua" in name for name in block.names())
        for setting in [block.effective("lua_ssl_trusted_certificate")]
    ]
