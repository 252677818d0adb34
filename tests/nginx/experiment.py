"""Parts that the experiments of `measure` share: their results file and their configurations."""

import hashlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.nginx.prefix import (
    listen,
    main_conf,
    make_prefix,
    write_conf,
)
from tests.nginx.processes import Memory
from tests.nginx.server import Server
from tests.nginx.stack import Stack

LUA = "ngx_http_lua_module"
SHARING = ("trixie", "sid")
"""Stacks on which a context is shared below http, so that the directive goes to each location."""

START_TIMEOUT = 120.0
RELOAD_TIMEOUT = 180.0
SETTLE = 0.4
"""Seconds to rest before memory is read."""

RELOADS = 8


def module_name() -> str:
    """Return the name of the module that is run as a program."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec.name if spec else "tests.nginx.measure"


@dataclass
class Results:
    """The file of one experiment on one stack."""

    path: Path
    stack: Stack
    inputs: dict[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)

    def add(self, **row: Any) -> None:
        """Add a row and write the file."""
        self.rows.append(row)
        self.write()
        print(self.stack.name, row, flush=True)

    def write(self) -> None:
        """Write all that is known so far."""
        whole = {
            "stack": self.stack.name,
            "versions": self.stack.versions(),
            "command": [Path(sys.executable).name, "-m", module_name(), *sys.argv[1:]],
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "kernel": os.uname().release,
            "cpus": len(os.sched_getaffinity(0)),
            "inputs": self.inputs,
            "summary": self.summary,
            "rows": self.rows,
        }
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(whole, indent=1) + "\n")
        partial.replace(self.path)


@dataclass(frozen=True)
class Setup:
    """A configuration written into a prefix of its own."""

    stack: Stack
    conf: Path
    prefix: Path
    files: tuple[Path, ...]

    def run(self) -> AbstractContextManager[Server]:
        """Start the server."""
        return self.stack.run(self.conf, self.prefix, timeout=START_TIMEOUT, files=self.files)


def at_rest(server: Server) -> Memory:
    """Wait a moment and read a server's memory."""
    time.sleep(SETTLE)
    return server.memory()


def one_server(prefix: Path, contexts: int, http: str = "", location: str = "") -> str:
    """Return a server that merges `contexts` blocks, itself and its locations."""
    locations = "".join(
        f"    location /l{i} {{ {location} return 204; }}\n" for i in range(contexts - 1)
    )
    return f"{http}\nserver {{ listen {listen(prefix)};\n{locations}}}\n"


def with_bundle(
    stack: Stack, directory: Path, contexts: int, bundle: Path | None, workers: int
) -> Setup:
    """Write a configuration that holds `bundle` in `contexts` contexts.

    Without a bundle: the same one without the directive; where contexts are shared, each
    location sets another override, so that the number of contexts is the same.
    """
    prefix = make_prefix(Path(tempfile.mkdtemp(dir=directory)))
    if stack.name not in SHARING:
        directive = f"lua_ssl_trusted_certificate {bundle};" if bundle else ""
        http = one_server(prefix, contexts, http=directive)
    else:
        directive = (
            f"lua_ssl_trusted_certificate {bundle};" if bundle else "lua_ssl_verify_depth 1;"
        )
        http = one_server(prefix, contexts + 1, location=directive)
    text = main_conf(prefix, http, modules=stack.load_lines(LUA), workers=workers)
    return Setup(stack, write_conf(prefix, text), prefix, (bundle,) if bundle else ())


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the least-squares line through (x, y) points."""
    xs, ys = zip(*points, strict=True)
    return statistics.linear_regression(xs, ys).slope


def bundle_facts(bundle: Path, count: int) -> dict[str, Any]:
    """Describe a bundle."""
    content = bundle.read_bytes()
    return {
        "certificates": count,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
