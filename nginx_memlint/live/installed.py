"""The nginx of this machine as a target: the versions that it and its modules say they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from nginx_memlint.live.binary import (
    describe,
    find_nginx,
    load_lines,
    lua_modules,
    lua_version,
    module_file,
)
from nginx_memlint.live.njs import OBJECTS, njs_version
from nginx_memlint.live.site import temporary_directory
from nginx_memlint.printable import printable
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.allocators_table import Platform
from nginx_memlint.targets.banner import Nginx, versions_of
from nginx_memlint.targets.targets import Target, installed_target
from nginx_memlint.tree.tree import Tree

LUA_OBJECT = "ngx_http_lua_module.so"

_OBJECTS = {"lua": LUA_OBJECT, **dict(zip(("js", "stream_js"), OBJECTS, strict=True))}
"""Module, by its name in Target.built_in → the file that is loaded where it is not built in."""


def target_of(binary: str) -> Target:
    """The target of a binary, from ``nginx -V``, a test run of its Lua module, and that of njs.

    Raises MemlintError if it is no nginx that runs here.
    """
    server = describe(find_nginx(binary))
    loadable = [name for key, name in _OBJECTS.items() if key not in server.built_in]
    names = [name.removesuffix(".so") for name in loadable]
    modules = [path for name in names if (path := module_file(server, name))]
    with temporary_directory() as directory:
        target = installed(server, modules, directory)
    return target._replace(name=f"nginx {target.texts['nginx']} ({printable(server.path)})")


def installed(server: Nginx, modules: Sequence[str], directory: Path) -> Target:
    """The target of a binary, with the modules of Lua and njs that are among those it loads.

    ``directory`` is a temporary prefix.
    """
    versions = versions_of(server)
    lua = [path for path in modules if os.path.basename(path) == LUA_OBJECT]
    if "lua" in server.built_in or lua:
        needed = lua_modules(server, lua)
        version = None if needed is None else lua_version(server, load_lines(needed), directory)
        if version is not None:
            versions["lua"] = version
    with_njs = [path for path in modules if os.path.basename(path) in OBJECTS]
    if "js" in server.built_in:
        with_njs.append(server.path)
    njs = next(filter(None, map(njs_version, with_njs)), None)
    if njs is not None:
        versions["njs"] = njs
    platform = Platform().replaced(server.libc, None)
    target = installed_target("the nginx here", versions, server.built_in, platform=platform)
    taken = (server.taken,) if server.taken else ()
    return target._replace(
        sources=(server.path,), built=server.built, assumed=(*taken, *target.assumed)
    )


def loaded_modules(server: Nginx, tree: Tree | None, prefix: str | None) -> list[str]:
    """The modules that a configuration loads, as absolute paths."""
    if tree is None:
        return []
    base = os.path.abspath(prefix or server.prefix)
    return [
        os.path.join(base, c_string(setting.value)) for setting in tree.main.settings("load_module")
    ]
