"""Counts of the servers of all stacks for random configurations, recorded and checked in.

    python -m tests.nginx.recorded            # records on all stacks that are there

Each line of a recording is a seed and what ``nginx -t`` counted for it. The configurations are not
stored: a seed always gives the same one, of which a digest is.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from tests.nginx.facts_rows import BUNDLE_SIZE, Site
from tests.nginx.prefix import main_conf, make_prefix, pem_bundle, server_certificate, write_conf
from tests.nginx.random_families import Abilities, RandomFamilies, random_families
from tests.nginx.stack import Stack, available

DIRECTORY = Path(__file__).parent / "recordings"
CASES = 300

TARGETS = {
    "bookworm": "debian-12",
    "bullseye": "debian-11",
    "trixie": "debian-13",
    "sid": "debian-sid",
}
ABILITIES = {
    "bullseye": Abilities(js=False, stream_js=False, reject_handshake=False),
    "bookworm": Abilities(js=True, stream_js=False, reject_handshake=True),
    "trixie": Abilities(js=True, stream_js=False, reject_handshake=True),
    "sid": Abilities(js=True, stream_js=True, reject_handshake=True),
}
MODULES = {
    "bullseye": ("ngx_http_lua_module", "ngx_stream_module"),
    "bookworm": (
        "ngx_http_lua_module",
        "ngx_stream_module",
        "ngx_http_js_module",
        "ngx_stream_js_module",
    ),
}
MODULES |= {"trixie": MODULES["bookworm"], "sid": MODULES["bookworm"]}


@dataclass(frozen=True)
class Case:
    """A configuration and what was counted."""

    seed: int
    contexts: int
    loads: int


def imaginary_site() -> Site:
    """Paths for configurations that are only read."""
    root = Path("/nonexistent")
    return Site(root, root / "bundle.pem", root / "server.crt", root / "server.key")


def imaginary_stack(stack_name: str) -> Stack:
    """A stack that need not be there, with all modules it could have."""
    stack = Stack(stack_name)
    stack.modules = frozenset({*MODULES[stack_name], "ndk_http_module"})
    return stack


def text_of(stack_name: str, case: RandomFamilies, site: Site) -> str:
    """The whole configuration, for a stack."""
    modules = imaginary_stack(stack_name).load_lines(*MODULES[stack_name])
    return main_conf(site.prefix, case.http, stream=case.stream, modules=modules)


def digest(stack_name: str) -> str:
    """A fingerprint of what the generator makes for the first seeds."""
    site = imaginary_site()
    cases = [random_families(seed, site, ABILITIES[stack_name]) for seed in range(5)]
    texts = "".join(case.http + case.stream for case in cases)
    return hashlib.sha256(texts.encode()).hexdigest()


def load(stack_name: str) -> tuple[dict[str, Any], list[Case]]:
    """A recording: how it was made, and its cases."""
    data = json.loads((DIRECTORY / f"{stack_name}.json").read_text())
    return data, [Case(*row) for row in data.pop("cases")]


def count(stack: Stack, seed: int, directory: Path) -> Case | None:
    """Run one case; None if nginx rejects it."""
    prefix = make_prefix(Path(tempfile.mkdtemp(dir=directory)))
    certificate, key = server_certificate()
    site = Site(prefix, pem_bundle(BUNDLE_SIZE), certificate, key)
    case = random_families(seed, site, ABILITIES[stack.name])
    conf = write_conf(prefix, text_of(stack.name, case, site))
    run = stack.test(conf, prefix=prefix, files=[site.bundle, certificate, key])
    if not run.accepted:
        return None
    # nginx from 1.27.2 adds the certificates of its cache to each store by itself
    added, rest = divmod(run.counts.X509_STORE_add_cert, BUNDLE_SIZE)
    assert rest == 0
    return Case(seed, run.counts.contexts, run.counts.loads + added)


def record(stack: Stack) -> Iterator[Case]:
    """Count CASES accepted configurations on a stack."""
    accepted = 0
    seed = 0
    with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
        while accepted < CASES:
            if case := count(stack, seed, Path(directory)):
                accepted += 1
                yield case
            seed += 1


def keep(name: str, how: dict[str, Any], cases: Sequence[Any]) -> None:
    """Write a recording of today: how it was made, and its cases, which are dataclasses."""
    rows = [json.dumps(astuple(case)) for case in cases]
    data = {
        "stack": name,
        **how,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "columns": [field.name for field in fields(cases[0])],
        "cases": None,
    }
    text = json.dumps(data, indent=1).replace('"cases": null', '"cases": [\n  %s\n ]')
    (DIRECTORY / f"{name}.json").write_text(text % ",\n  ".join(rows) + "\n")
    print(f"{name}: {len(cases)} cases, to seed {cases[-1].seed}", flush=True)


def main() -> None:
    """Record on all stacks."""
    for stack in available():
        how = {
            "versions": stack.versions(),
            "command": "python -m tests.nginx.recorded",
            "generator": digest(stack.name),
        }
        keep(stack.name, how, list(record(stack)))


if __name__ == "__main__":
    main()
