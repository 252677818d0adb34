"""Shared memory zones that nginx accepts or rejects, and what it says."""

from __future__ import annotations

import pytest

from nginx_memlint import check

from ..memory.test_zones import ACCEPTED, REJECTED, ZONE
from .facts_rows import Site
from .prefix import main_conf, write_conf
from .stack import Stack


@pytest.mark.parametrize("name", [*REJECTED, *ACCEPTED])
def test_zones(name: str, bookworm: Stack, site: Site) -> None:
    inside, message = REJECTED.get(name) or (ACCEPTED[name], "")
    write_conf(site.prefix, ZONE, "zone.conf")
    modules = bookworm.load_lines("ngx_http_lua_module")
    text = main_conf(site.prefix, f"{inside}\nserver {{ listen 127.0.0.1:8080; }}", modules=modules)
    conf = write_conf(site.prefix, text)
    run = bookworm.test(conf, prefix=site.prefix)
    report = check(conf, target="debian-12")
    assert run.accepted == (not message), run.messages
    assert [problem.nginx for problem in report.problems] == [message] * (not run.accepted)
    for problem in report.problems:
        assert f"{message} in {problem.file}:{problem.line}\n" in run.messages
