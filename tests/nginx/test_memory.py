"""The estimate against the memory of a running server."""

from __future__ import annotations

import pytest

from nginx_memlint import check
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import main_conf, pem_bundle, write_conf
from tests.nginx.stack import Stack

SIZES = [(60, 1, 20), (100, 2, 120), (300, 2, 60)]
"""Locations, workers, certificates."""


def http(site: Site, locations: int, trusted: str) -> str:
    blocks = "".join(f"location /l{i} {{ return 204; }}\n" for i in range(locations))
    return f"{trusted} server {{ {site.plain()}\n{blocks}}}\n"


@pytest.mark.parametrize(("locations", "workers", "certificates"), SIZES)
def test_start_memory_is_within_ten_percent(
    locations: int, workers: int, certificates: int, bookworm: Stack, site: Site
) -> None:
    """Growth of anonymous PSS over the same configuration without the bundle."""
    modules = bookworm.load_lines("ngx_http_lua_module")
    measured = []
    estimated = []
    for trusted in ("", f"lua_ssl_trusted_certificate {pem_bundle(certificates)};"):
        text = main_conf(
            site.prefix, http(site, locations, trusted), modules=modules, workers=workers
        )
        conf = write_conf(site.prefix, text)
        with bookworm.run(conf, site.prefix) as server:
            # of mapped files, other servers that run meanwhile take a part
            measured.append(server.settled_anon_kb() * 1024)
        report = check(conf, target="debian-12")
        assert report.workers == workers
        estimated.append(report.memory.start_bytes)
    growth = measured[1] - measured[0]
    predicted = estimated[1] - estimated[0]
    assert predicted == pytest.approx(growth, rel=0.10)


@pytest.mark.parametrize("others", [(), ("ngx_http_js_module",)], ids=["alone", "with njs"])
def test_init_worker_builds_contexts_in_each_worker(
    others: tuple[str, ...], all_modules: Stack, site: Site
) -> None:
    """lua before 0.10.26: beside what the master built before the fork. With njs there are two."""
    bookworm = all_modules
    text = main_conf(
        site.prefix,
        f"lua_ssl_trusted_certificate {site.bundle}; init_worker_by_lua_block {{ local a = 1 }}\n"
        + http(site, 3, ""),
        modules=bookworm.load_lines("ngx_http_lua_module", *others),
        workers=2,
    )
    conf = write_conf(site.prefix, text)
    report = check(conf, target="debian-12")
    assert report.per_worker.ssl_contexts == 1 + len(others)
    with bookworm.run(conf, site.prefix) as server:
        master = server.pid
        server.settled_anon_kb()  # a worker may still be starting
        reports = server.stop()
    built = {r.pid: (r.counts.contexts, r.counts.loads) for r in reports}
    assert built.pop(master) == (report.ssl_contexts, report.ca_loads)
    worker = (report.per_worker.ssl_contexts, report.per_worker.ca_loads)
    assert list(built.values()) == [worker] * 2
    assert check(conf, target="debian-13").per_worker.ssl_contexts == len(others)
