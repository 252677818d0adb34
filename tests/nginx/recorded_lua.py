"""Counts of nginx with Lua of other releases for random configurations, recorded and checked in.

    python -m tests.nginx.recorded_lua lua-0.10.25    # default: all that tests.nginx.build_lua made

A recording holds the output of ``nginx -V``, and for each accepted seed what ``nginx -t`` counted
and what each worker did that was started. The configurations are not stored: a seed always gives
the same one, of which a digest is.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nginx_memlint.targets.banner import parse
from nginx_memlint.targets.versions import parse_version
from tests.nginx.build_lua import BUILDS, LUAJIT, Build
from tests.nginx.facts_rows import BUNDLE_SIZE, Site
from tests.nginx.prefix import main_conf, make_prefix, pem_bundle, server_certificate, write_conf
from tests.nginx.random_lua import RandomLua, random_lua
from tests.nginx.recorded import DIRECTORY, imaginary_site, keep
from tests.nginx.stack import Stack, native

CASES = 250
WORKERS = 2
CERTIFICATES = (0, 10, 26)
"""The first lua-nginx-module with ``lua_ssl_certificate``."""


class LuaStack(Stack):
    """An nginx of tests.nginx.build_lua, without modules to load."""

    def __init__(self, build: Build, environment: dict[str, str] | None = None) -> None:
        """Name a build that is there."""
        libraries = {"LD_LIBRARY_PATH": str(build.directory / "ssl/lib")}
        more = libraries if build.libc == "musl" else {}
        super().__init__(
            build.name, nginx=str(build.binary), environment={**more, **(environment or {})}
        )
        self.build = build
        self.modules = frozenset()
        self.libc = build.libc

    @cached_property
    def banner(self) -> str:
        """The output of ``nginx -V``."""
        command = [self.nginx, "-V"]
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=True, env=self.environment
        )
        return run.stderr

    def versions(self) -> dict[str, str]:
        """Return the versions that costs depend on."""
        nginx, build = parse(self.nginx, self.banner), self.build
        assert nginx.running is not None
        return {
            "nginx": nginx.version,
            "lua": build.lua,
            "stream-lua": build.stream_lua,
            "openssl": nginx.running[1],
            build.libc: native().package_version("musl" if build.libc == "musl" else "libc6"),
            "luajit": LUAJIT,
            "lua-resty-core": build.core,
        }


@dataclass(frozen=True)
class LuaCase:
    """A configuration and what was counted: in ``nginx -t``, and in each worker beside that."""

    seed: int
    contexts: int
    loads: int
    worker_contexts: int
    worker_loads: int


def case_of(build: Build, seed: int, site: Site) -> RandomLua:
    """The configuration of a seed for a build."""
    has_certificates = parse_version(build.lua) >= CERTIFICATES
    return random_lua(seed, site, has_certificates=has_certificates)


def place(build: Build, case: RandomLua, site: Site, directory: Path) -> Path:
    """Write a configuration with what it includes, and return its path."""
    packages = f'lua_package_path "{build.libraries}/?.lua;;";\n'
    for name, text in case.files.items():
        write_conf(directory, text, name)
    stream = packages + case.stream if case.stream else ""
    text = main_conf(site.prefix, packages + case.http, stream=stream, workers=WORKERS)
    return write_conf(directory, text)


def digest(build: Build) -> str:
    """A fingerprint of what the generator makes for the first seeds."""
    cases = [case_of(build, seed, imaginary_site()) for seed in range(12)]
    return hashlib.sha256(repr(cases).encode()).hexdigest()


def load(name: str) -> tuple[dict[str, Any], list[LuaCase]]:
    """A recording: how it was made, and its cases."""
    data = json.loads((DIRECTORY / f"{name}.json").read_text())
    return data, [LuaCase(*row) for row in data.pop("cases")]


def count(stack: LuaStack, seed: int, directory: Path) -> LuaCase | None:
    """Run one case; None if nginx rejects it."""
    prefix = make_prefix(Path(tempfile.mkdtemp(dir=directory)))
    site = Site(prefix, pem_bundle(BUNDLE_SIZE), *server_certificate())
    conf = place(stack.build, case_of(stack.build, seed, site), site, prefix)
    run = stack.test(conf, prefix=prefix)
    if not run.accepted:
        return None
    with stack.run(conf, prefix) as server:
        master = server.pid
        server.settled_anon_kb()  # a worker that is told to end while it starts reports nothing
        reports = server.stop()
    workers = [report.counts for report in reports if report.pid != master]
    assert len(workers) == WORKERS, f"seed {seed}: {len(workers)} workers reported"
    [(contexts, loads)] = {(counts.contexts, counts.loads) for counts in workers}
    return LuaCase(seed, run.counts.contexts, run.counts.loads, contexts, loads)


def record(stack: LuaStack) -> Iterator[LuaCase]:
    """Count CASES accepted configurations on a stack."""
    accepted = seed = 0
    while accepted < CASES:
        with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
            if case := count(stack, seed, Path(directory)):
                accepted += 1
                yield case
        seed += 1


def main() -> None:
    """Record on the stacks named, or on all that are there."""
    for name in sys.argv[1:] or BUILDS:
        build = BUILDS[name]
        if not build.binary.exists():
            continue
        stack = LuaStack(build)
        how = {
            "versions": stack.versions(),
            "banner": stack.banner,
            "kernel": os.uname().release,
            "command": f"python -m tests.nginx.recorded_lua {name}",
            "workers": WORKERS,
            "generator": digest(build),
        }
        keep(name, how, list(record(stack)))


if __name__ == "__main__":
    main()
