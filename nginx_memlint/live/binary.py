"""The nginx binary of this machine: versions, configure arguments, modules (``nginx -V``)."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.programs import find_program
from nginx_memlint.files.writing import write_own
from nginx_memlint.live.process import run
from nginx_memlint.targets.banner import Nginx, parse

VERSION_TIMEOUT = 20.0

_NAMES = ("nginx", "openresty")
_DIRECTORIES = (
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/local/nginx/sbin",
    "/usr/local/openresty/nginx/sbin",
    "/usr/local/openresty/bin",
)
"""Directories in which packages install nginx; a normal user's PATH often has none of them."""

_MODULE_DIRECTORIES = (
    "/usr/lib/nginx/modules",
    "/usr/lib64/nginx/modules",
    "/usr/share/nginx/modules",
)


def find_nginx(path: str | None = None) -> str:
    """The absolute path of the named binary, or of the first in usual places.

    Raises MemlintError if there is none.
    """
    if path is not None:
        program = shutil.which(path) if os.path.dirname(path) else find_program(path)
        if program is None:
            raise MemlintError(f'"{path}" is not a program; name the nginx binary')
        return os.path.abspath(program)
    for name in _NAMES:
        if program := find_program(name, _DIRECTORIES):
            return program
    raise MemlintError("no nginx found here; install it, or name the binary with --nginx-binary")


def describe(path: str) -> Nginx:
    """Run ``nginx -V`` of a binary and read it. Raises MemlintError."""
    ended = run([path, "-V"], VERSION_TIMEOUT)
    if ended.code != 0:
        raise MemlintError(f"{path} -V fails: {ended.output.strip() or f'status {ended.code}'}")
    return parse(path, ended.output)


def module_file(server: Nginx, name: str) -> str | None:
    """The file of a dynamic module, e.g. ``ngx_http_lua_module``; None if there is none."""
    modules = server.argument("modules-path")
    prefix = server.prefix
    for directory in (modules or f"{prefix}/modules", *_MODULE_DIRECTORIES):
        path = Path(prefix, directory, f"{name}.so")
        if path.is_file():
            return str(path)
    return None


def load_lines(modules: Sequence[str]) -> str:
    """``load_module`` directives for these files."""
    quoted = (path.replace("\\", "\\\\").replace('"', '\\"') for path in modules)
    return "".join(f'load_module "{path}";\n' for path in quoted)


def lua_modules(nginx: Nginx, named: Sequence[str] = ()) -> list[str] | None:
    """The files to load for the Lua module, ``named`` ones included; None if there is no module."""
    if "lua" in nginx.built_in:
        return list(named)
    names = {Path(path).name for path in named}
    files = list(named)
    if "ngx_http_lua_module.so" not in names:
        lua = module_file(nginx, "ngx_http_lua_module")
        if lua is None:
            return None
        files.append(lua)
    if "ndk_http_module.so" not in names and (ndk := module_file(nginx, "ndk_http_module")):
        files.insert(0, ndk)
    return files


_ASK = (
    "init_by_lua_block { io.stderr:write('memlint-lua=', ngx.config.ngx_lua_version, '\\n') "
    "io.stderr:flush() os.exit(0) }"
)


def lua_version(nginx: Nginx, load: str, directory: Path) -> str | None:
    """The version that the Lua module itself reports; None if it does not run.

    Packages number it as they like: Debian 11's has nginx's version. ``directory`` is a temporary
    prefix.
    """
    conf = directory / "ask.conf"
    text = (
        f"{load}daemon off; master_process off; pid {directory}/ask.pid; error_log stderr;\n"
        f"events {{}}\nhttp {{ access_log off; {_ASK} }}\n"
    )
    write_own(conf, text.encode())
    ended = run([nginx.path, "-p", str(directory), "-c", str(conf)], VERSION_TIMEOUT)
    match = re.search(r"memlint-lua=(\d+)", ended.output)
    if match is None:
        return None
    number = int(match[1])
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"
