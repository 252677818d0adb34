"""The well-made configurations are accepted by the real server, where it has their modules."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nginx_memlint import check
from tests.nginx.facts_rows import Site
from tests.nginx.stack import Stack
from tests.rules.test_well_made import CONFIGURATIONS

SCRIPT = "export default { whoami: function (r) { r.return(200); } };\n"


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.stem)
def test_nginx_accepts_it_and_counts_the_same(path: Path, all_modules: Stack, site: Site) -> None:
    shutil.copy(site.bundle, site.prefix / "ca.pem")
    shutil.copy(site.certificate, site.prefix / "server.crt")
    shutil.copy(site.key, site.prefix / "server.key")
    for directory in ("njs", "cache"):
        (site.prefix / directory).mkdir()
    (site.prefix / "njs/main.js").write_text(SCRIPT)
    conf = site.prefix / "nginx.conf"
    conf.write_text(path.read_text())
    run = all_modules.test(conf, prefix=site.prefix)
    assert run.accepted, run.messages
    report = check(conf, target="debian-12")
    assert report.findings == []
    assert (report.ssl_contexts, report.ca_loads) == (run.counts.contexts, run.counts.loads)
