"""Modules and their directives that nginx accepts or rejects, and what it says."""

from __future__ import annotations

import pytest

from nginx_memlint import check
from nginx_memlint.live.installed import target_of
from nginx_memlint.live.njs import OBJECTS, njs_version
from tests.tls.test_modules import ACCEPTED, INCLUDED, LACKING, REJECTED, text, whole

from .facts_rows import Site
from .prefix import main_conf, write_conf
from .stack import MODULES_DIR, NGINX, Stack

CASES = {
    **{name: (text(main), message) for name, (main, message, _) in REJECTED.items()},
    **{name: (text(main), "") for name, main in ACCEPTED.items()},
    **{
        name: (whole(main, inside, stream), message)
        for name, (main, inside, stream, message) in LACKING.items()
    },
}


@pytest.mark.parametrize(("conf_text", "message"), CASES.values(), ids=CASES)
def test_modules(conf_text: str, message: str, all_modules: Stack, site: Site) -> None:
    for name, included in INCLUDED.items():
        assert isinstance(included, str)
        write_conf(site.prefix, included, name)
    files = f"pid {site.prefix}/pid; error_log stderr;\n"
    before, after = conf_text.split("events", 1)
    conf = write_conf(site.prefix, f"{before}{files}events{after}")
    run = all_modules.test(conf, prefix=site.prefix)
    report = check(conf, target="debian-12")
    assert run.accepted == (not message), run.messages
    assert [problem.nginx for problem in report.problems] == [message] * (not run.accepted)
    for problem in report.problems:
        assert f"{message} in {problem.file}:{problem.line}\n" in run.messages


@pytest.mark.parametrize("name", ["ngx_http_echo_module.so", "x.so"])
def test_a_link(name: str, bookworm: Stack, site: Site) -> None:
    """A link is what it leads to, whatever module it has the name of."""
    link = site.prefix / name
    link.symlink_to("/usr/lib/nginx/modules/ngx_http_js_module.so")
    text = main_conf(site.prefix, f"server {{ {site.plain()} }}", modules=f"load_module {link};\n")
    conf = write_conf(site.prefix, text)
    run = bookworm.test(conf, prefix=site.prefix)
    report = check(conf, target="debian-12")
    assert run.counts.contexts == report.ssl_contexts == 1
    [problem] = report.problems
    assert f'"{name}" is ngx_http_js_module.so on this machine' in problem.message


def test_a_missing_module(bookworm: Stack, site: Site) -> None:
    """nginx does not start; memlint says so where the files of the server are."""
    name = f"{site.prefix}/ngx_http_js_module.so"
    conf = write_conf(site.prefix, f"load_module {name};\nevents {{ }}\nhttp {{ server {{ }} }}\n")
    run = bookworm.test(conf, prefix=site.prefix)
    assert "cannot open shared object file" in run.messages
    [problem] = check(conf, target="debian-12", sysroot="/").problems
    assert (
        problem.message == f"load_module: {name} is not there, and nginx does not start without it"
    )


def test_the_version_of_njs_is_read_in_its_modules(all_modules: Stack) -> None:
    version, _, _ = all_modules.versions()["njs"].partition("-")
    for name in OBJECTS:
        assert njs_version(f"{MODULES_DIR}/{name}") == version
    assert njs_version(NGINX) is None
    assert target_of(NGINX).texts["njs"] == version
