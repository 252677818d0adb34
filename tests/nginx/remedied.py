"""Counts of the real server before and after a remedy is followed; recorded for other stacks.

python -m tests.nginx.remedied            # records on the stacks that are there
"""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from tests.nginx.facts_rows import BUNDLE_SIZE, Site
from tests.nginx.prefix import main_conf, make_prefix, pem_bundle, server_certificate
from tests.nginx.recorded import DIRECTORY
from tests.nginx.stack import Stack, available
from tests.remedies.followed import CASES, Case

COUNTED = [case for case in CASES if case.stack]
RECORDED = [case for case in COUNTED if case.stack != "bookworm"]
RECORDING = DIRECTORY / "remedies.json"
SCRIPT = "export default { f: function (r) { r.return(200); } };\n"

Counts: TypeAlias = tuple[int, int]
"""Contexts and CA loads."""


def make_site(directory: Path) -> Site:
    """A prefix, a small bundle, a server certificate."""
    certificate, key = server_certificate()
    return Site(make_prefix(directory), pem_bundle(BUNDLE_SIZE), certificate, key)


def written(case: Case, stack: Stack, site: Site) -> Iterator[Path]:
    """The configuration without and with the remedy, one after the other at the same place."""
    for name, source in {
        "ca.pem": site.bundle,
        "server.crt": site.certificate,
        "server.key": site.key,
    }.items():
        shutil.copy(source, site.prefix / name)
    (site.prefix / "main.js").write_text(SCRIPT)
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
        yield conf


def counted(stack: Stack, site: Site, conf: Path) -> Counts:
    """The contexts and loads that ``nginx -t`` counts."""
    run = stack.test(conf, prefix=site.prefix)
    assert run.accepted, run.messages
    return run.counts.contexts, run.counts.loads


def digest(case: Case) -> str:
    """A fingerprint of the texts."""
    return hashlib.sha256(json.dumps([case.before, case.after, case.files]).encode()).hexdigest()


def recorded(case: Case) -> list[Counts]:
    """The recorded counts before and after. Raises KeyError if it is to be recorded (again)."""
    record = json.loads(RECORDING.read_text())["cases"][case.name]
    if record["text"] != digest(case):
        raise KeyError(case.name)
    return [(contexts, loads) for contexts, loads in record["counts"]]


def main() -> None:
    """Record on the stacks of all cases; they must be there."""
    stacks = {stack.name: stack for stack in available()}
    cases: dict[str, Any] = {}
    for case in RECORDED:
        with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
            site = make_site(Path(directory))
            stack = stacks[case.stack]
            counts = [counted(stack, site, conf) for conf in written(case, stack, site)]
        cases[case.name] = {"stack": case.stack, "text": digest(case), "counts": counts}
    data = {
        "command": "python -m tests.nginx.remedied",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {name: stacks[name].versions() for name in sorted({c.stack for c in RECORDED})},
        "cases": cases,
    }
    RECORDING.write_text(json.dumps(data, indent=1) + "\n")
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()
