"""Build nginx with Lua modules of other releases than Debian has, of their public sources.

    python -m tests.nginx.build_lua nginx=DIR luajit=DIR lua=DIR stream_lua=DIR core=DIR \\
        lrucache=DIR

Git directories of github.com/nginx/nginx and of openresty's luajit2, lua-nginx-module,
stream-lua-nginx-module, lua-resty-core and lua-resty-lrucache. What is built is kept in the cache
of the tests. Needs git, cc, make and the headers of OpenSSL, zlib and PCRE (libssl-dev, zlib1g-dev,
libpcre3-dev, libpcre2-dev).
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.nginx.cache import cache_dir

BUILD_TIMEOUT = 3600.0
"""Seconds that one command of a build may take."""

LUAJIT = "v2.1-20231117"
LRUCACHE = "v0.13"

ARGUMENTS = (
    "--prefix=/usr/local/openresty/nginx",
    "--with-cc-opt=-O1 -w",
    "--with-http_ssl_module",
    "--with-http_v2_module",
    "--with-mail",
    "--with-mail_ssl_module",
    "--with-stream",
    "--with-stream_ssl_module",
    "--with-stream_ssl_preread_module",
    "--with-threads",
)


@dataclass(frozen=True)
class Build:
    """Releases that go together; the Lua libraries accept those modules and no others."""

    nginx: str
    lua: str
    stream_lua: str
    core: str
    libc: str = "glibc"

    @property
    def name(self) -> str:
        """The name of the stack."""
        return f"lua-{self.lua}{'' if self.libc == 'glibc' else f'-{self.libc}'}"

    @property
    def directory(self) -> Path:
        """Where it is, built or not."""
        return cache_dir() / "lua" / self.name

    @property
    def binary(self) -> Path:
        """The nginx."""
        return self.directory / "nginx"

    @property
    def libraries(self) -> Path:
        """The directory for ``lua_package_path``."""
        return self.directory / "lualib"


BUILDS = {
    build.name: build
    for build in (
        Build("1.21.4", "0.10.21", "0.0.11", "0.1.23"),
        Build("1.21.4", "0.10.25", "0.0.13", "0.1.27"),
        Build("1.25.3", "0.10.26", "0.0.14", "0.1.28"),
        Build("1.27.1", "0.10.28", "0.0.16", "0.1.31"),
        Build("1.22.1", "0.10.25", "0.0.13", "0.1.27", libc="musl"),
    )
}
"""Two releases on each side of 0.10.26, the first whose blocks share contexts; each with the nginx
of the OpenResty that has it, and once with musl, which tests/nginx/build_musl.sh builds."""


def export(clone: str, tag: str, to: Path) -> None:
    """Write the files of a tag of a clone to a directory."""
    to.mkdir(parents=True)
    with subprocess.Popen(
        ["git", "-C", clone, "archive", "--format=tar", tag], stdout=subprocess.PIPE
    ) as archive:
        subprocess.run(
            ["tar", "-x", "-C", to], stdin=archive.stdout, timeout=BUILD_TIMEOUT, check=True
        )
    if archive.returncode:
        raise LookupError(f"{clone} has no {tag}")


def _run(directory: Path, *command: str, **variables: str) -> None:
    print("+", " ".join(command), file=sys.stderr, flush=True)
    subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        timeout=BUILD_TIMEOUT,
        check=True,
    )


def _luajit(clone: str) -> Path:
    """Build LuaJIT as a static library, and return where it is."""
    place = cache_dir() / "lua" / f"luajit-{LUAJIT}"
    if not place.exists():
        source, partial = (place.with_name(f"{place.name}.{end}") for end in ("source", "partial"))
        for path in (source, partial):
            shutil.rmtree(path, ignore_errors=True)
        export(clone, LUAJIT, source)
        _run(source, "make", "-s", "install", "BUILDMODE=static", f"PREFIX={partial}")
        shutil.rmtree(source)
        partial.rename(place)
    return place


def make(build: Build, clones: dict[str, str]) -> None:
    """Build one, unless it is there."""
    if build.binary.exists():
        return
    luajit = _luajit(clones["luajit"])
    shutil.rmtree(build.directory, ignore_errors=True)
    lua, stream_lua = f"ngx_lua-{build.lua}", f"ngx_stream_lua-{build.stream_lua}"
    for name, tag, to in (
        ("nginx", f"release-{build.nginx}", "source"),
        ("lua", f"v{build.lua}", lua),
        ("stream_lua", f"v{build.stream_lua}", stream_lua),
        ("core", f"v{build.core}", "core"),
        ("lrucache", LRUCACHE, "lrucache"),
    ):
        export(clones[name], tag, build.directory / to)
    source = build.directory / "source"
    configure = ("auto/configure", *ARGUMENTS, f"--add-module=../{lua}")
    _run(
        source,
        *configure,
        f"--add-module=../{stream_lua}",
        LUAJIT_LIB=str(luajit / "lib"),
        LUAJIT_INC=str(luajit / "include/luajit-2.1"),
    )
    _run(source, "make", "-s")
    for library in ("core", "lrucache"):
        shutil.copytree(build.directory / library / "lib", build.libraries, dirs_exist_ok=True)
    (source / "objs/nginx").rename(build.binary)
    shutil.rmtree(source)


def main() -> int:
    """Build all that are not there."""
    clones = dict(argument.split("=", 1) for argument in sys.argv[1:])
    for build in BUILDS.values():
        if build.libc == "glibc":
            make(build, clones)
            print(build.binary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
