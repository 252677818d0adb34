"""Compare what nginx builds of a random configuration with what memlint counts."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nginx_memlint import ConfigReport, check
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import main_conf, write_conf
from tests.nginx.random_disguise import Disguised, disguised
from tests.nginx.random_families import random_families
from tests.nginx.random_trees import random_site
from tests.nginx.recorded import ABILITIES
from tests.nginx.stack import Stack

_BUILD = ("ngx_http_lua_module.so", "ngx_http_js_module.so", "ngx_stream_js_module.so")
"""Modules that build contexts, whether or not their directives are used."""


LEGITIMATE = (
    "load_module: ",
    "http has no server: nothing in it is counted",
    "nothing to count: there is no server in http, stream or mail",
)
"""Beginnings of what memlint may say of a configuration that nginx accepts."""


def false_warnings(report: ConfigReport) -> list[str]:
    """Problems that memlint reports of a configuration that nginx accepts, and should not."""
    said = [problem.message for problem in report.problems]
    return [message for message in said if not message.startswith(LEGITIMATE)]


@dataclass(frozen=True)
class Outcome:
    """The verdicts of nginx and memlint on a case; ``wrong`` is empty if they agree in all."""

    accepted: bool
    wrong: str
    messages: str
    text: str


def tree_case(seed: int, stack: Stack, site: Site) -> Disguised:
    """A random tree of blocks for the Lua module, with traps."""
    tree = random_site(seed, site)
    case = disguised(seed, site.prefix, stack.load_lines("ngx_http_lua_module"), tree.http)
    case.files |= tree.files
    return case


def families_case(seed: int, stack: Stack, site: Site) -> Disguised:
    """A random mixture of all families, with traps."""
    families = random_families(seed, site, ABILITIES["bookworm"])
    http = f"{_commands(seed, site)}{families.http}"
    return disguised(seed, site.prefix, stack.load_lines(), http, families.stream)


def _commands(seed: int, site: Site) -> str:
    """Some configuration commands for all of http, not of the generator that was recorded."""
    chance = random.Random(seed)
    families = [name for name in ("", "proxy_", "grpc_", "uwsgi_", "lua_") if chance.random() < 0.1]
    commands = ("VerifyCAFile", "chaincafile", "RequestCAFile")
    return "".join(
        f"{name}ssl_conf_command {chance.choice(commands)} {site.bundle};\n" for name in families
    )


CASES: dict[str, Callable[[int, Stack, Site], Disguised]] = {
    "trees": tree_case,
    "families": families_case,
}


def compare_counts(case: Disguised, stack: Stack, site: Site) -> Outcome:
    """Ask both. What nginx rejects is for other tests."""
    for name, text in case.files.items():
        write_conf(site.prefix, text, name)
    text = main_conf(site.prefix, case.http, modules=case.modules, stream=case.stream)
    conf = write_conf(site.prefix, text)
    run = stack.test(conf, prefix=site.prefix)
    wrong = _difference(case, conf, run.counts.contexts, run.counts.loads) if run.accepted else ""
    return Outcome(run.accepted, wrong, run.messages, text)


def _difference(case: Disguised, conf: Path, contexts: int, loads: int) -> str:
    report = check(conf, target="debian-12")
    told = [problem for problem in report.problems if problem.message.startswith("load_module: ")]
    if not report.complete or false_warnings(report):
        return f"nginx accepts it, memlint says {report.problems}"
    untold = len(case.hidden) - sum("no module that is known" in p.message for p in told)
    if untold:
        return f"{untold} modules of other names are not told"
    ours = (report.ssl_contexts, report.ca_loads)
    # what a copy builds by itself cannot be known
    if ours != (contexts, loads) and case.hidden.isdisjoint(_BUILD):
        return f"nginx builds {contexts} and loads {loads}, memlint counts {ours}"
    return ""
