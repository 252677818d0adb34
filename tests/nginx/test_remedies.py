"""What a remedy makes of a configuration is loaded as often as promised by the real server."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from nginx_memlint import check
from nginx_memlint.sizes import MIB
from tests.rules.remedies import CASES, Case

from .conftest import require
from .facts_rows import Site
from .prefix import main_conf
from .stack import Stack, available

COUNTED = [case for case in CASES if case.stack]
SCRIPT = "export default { f: function (r) { r.return(200); } };\n"


def stack_of(case: Case) -> Stack:
    found = {stack.name: stack for stack in available()}
    require(None if case.stack in found else f"there is no {case.stack} stack")
    return found[case.stack]


@pytest.mark.parametrize("case", COUNTED, ids=lambda case: case.name)
def test_loads_are_as_promised(case: Case, bookworm: Stack, site: Site) -> None:
    stack = bookworm if case.stack == "bookworm" else stack_of(case)
    options: dict[str, Any] = {"target": case.target, "unit_cost": 32 * MIB}
    for name, source in {
        "ca.pem": site.bundle,
        "server.crt": site.certificate,
        "server.key": site.key,
    }.items():
        shutil.copy(source, site.prefix / name)
    (site.prefix / "main.js").write_text(SCRIPT)
    promised = None
    for text, files in zip((case.before, case.after), case.files, strict=True):
        everything = text + "".join(files.values())
        wanted = ["ngx_http_lua_module"] if "lua" in everything else []
        wanted += ["ngx_http_js_module"] if "js_" in everything else []
        http = text.replace("unix:", f"unix:{site.prefix}/")
        if "js_content" in text:
            http = f"js_path {site.prefix}; js_import main from main.js; {http}"
        modules = stack.load_lines(*wanted) if wanted else ""
        for name, content in files.items():
            (site.prefix / name).write_text(content)
        conf = site.prefix / "nginx.conf"
        conf.write_text(main_conf(site.prefix, http, modules=modules))
        run = stack.test(conf, prefix=site.prefix)
        assert run.accepted, run.messages
        report = check(conf, **options)
        counted = (run.counts.contexts, run.counts.loads)
        assert counted == (report.ssl_contexts, report.ca_loads)
        if promised is None:
            [promised] = [r.ca_loads for r in report.remedies if r.change.startswith(case.text)]
            assert promised < report.ca_loads
        else:
            assert run.counts.loads == promised
