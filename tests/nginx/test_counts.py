"""Counts against the real server: ``SSL_CTX_new`` and CA loads in one ``nginx -t``."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from nginx_memlint import check
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import main_conf, write_conf
from tests.nginx.random_trees import random_site
from tests.nginx.stack import Stack

TREES = int(os.environ.get("MEMLINT_TREES", "240"))
CHUNKS = 12
FIRST_SEED = int(os.environ.get("MEMLINT_SEED", random.SystemRandom().randrange(1 << 32)))


def counts(conf: Path, target: str) -> tuple[int, int]:
    report = check(conf, target=target)
    assert report.problems == []
    assert report.complete
    return report.ssl_contexts, report.ca_loads


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_trees(chunk: int, bookworm: Stack, site: Site) -> None:
    seen: Counter[bool] = Counter()
    for number in range(TREES // CHUNKS):
        seed = FIRST_SEED + chunk * TREES + number
        tree = random_site(seed, site)
        for name, text in tree.files.items():
            write_conf(site.prefix, text, name)
        text = main_conf(site.prefix, tree.http, modules=bookworm.load_lines("ngx_http_lua_module"))
        conf = write_conf(site.prefix, text)
        run = bookworm.test(conf, prefix=site.prefix)
        assert run.accepted, f"seed {seed}: {run.messages}\n{text}"
        expected = (run.counts.contexts, run.counts.loads)
        assert counts(conf, "debian-12") == expected, f"seed {seed}\n{text}\n{tree.files}"
        seen[run.counts.loads > 0] += 1
    assert seen[True], "no tree had a CA load"
