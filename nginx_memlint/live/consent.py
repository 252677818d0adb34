"""Code that ``nginx -t`` of a configuration would run and that is not the system's own.

A configuration is trusted by whoever tests it: a module's code runs as soon as ``load_module`` is
read. The code listed here must be agreed to before nginx is started.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.paths import resolved
from nginx_memlint.files.reading import open_regular
from nginx_memlint.live.ownership import why_not_roots
from nginx_memlint.printable import printable
from nginx_memlint.targets.banner import Nginx
from nginx_memlint.tree.expanded import Setting
from nginx_memlint.tree.tree import Tree

RUNS_CODE = {
    "perl_modules": "where Perl looks for modules",
    "perl_require": "Perl code",
    "perl": "Perl code",
    "perl_set": "Perl code",
    "ssl_engine": "an engine of OpenSSL",
}
"""Directives that run code when they are read: ngx_http_perl_init_interpreter() and
ngx_http_perl_eval_anon_sub() in ngx_http_perl_module.c, ngx_openssl_engine() in
ngx_event_openssl.c. Not Lua's and njs's: with ``-t`` neither runs any (measured with
lua-nginx-module 0.10.23 and njs 0.7.9)."""

RUNS_WHEN_STARTED = {
    f"{when}_by_lua{form}": "Lua code"
    for when in ("init", "init_worker", "exit_worker")
    for form in ("", "_block", "_file")
}
"""Directives that run code when nginx starts or a worker ends, but not with ``-t``."""

KEYS = (
    *("ssl_certificate_key", "proxy_ssl_certificate_key", "grpc_ssl_certificate_key"),
    "uwsgi_ssl_certificate_key",
)
"""Directives whose ``engine:NAME:KEY`` loads an engine: ngx_ssl_load_certificate_key()."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Code that nginx -t would run: where it is asked for, what it is, why it is foreign."""

    place: str
    what: str
    reason: str

    def __str__(self) -> str:
        return printable(f"{self.place}: {self.what}: {self.reason}")


def foreign_code(
    server: Nginx, tree: Tree, prefix: str | None, *, started: bool = False
) -> list[Foreign]:
    """All code in a configuration that is not the system's own, in order of places.

    ``started``: nginx is not only to test it. Raises MemlintError for a module that is no regular
    file, which nginx would wait for.
    """
    foreign = []
    base = os.path.abspath(prefix or server.prefix)
    for setting in tree.main.settings("load_module"):
        path = os.path.join(base, setting.value)
        _require_file(setting, path)
        if reason := foreign_module(path, modules_directories(server)):
            foreign.append(Foreign(_place(setting), f"load_module {path}", reason))
    running = RUNS_CODE | RUNS_WHEN_STARTED if started else RUNS_CODE
    for block in tree.all_blocks:
        for name, what in running.items():
            foreign += [
                Foreign(_place(setting), name, f"runs {what}") for setting in block.settings(name)
            ]
        for name in KEYS:
            foreign += [
                Foreign(_place(setting), f"{name} {setting.value}", "loads an engine of OpenSSL")
                for setting in block.settings(name)
                if setting.value.startswith("engine:")
            ]
    return foreign


def modules_directories(server: Nginx) -> list[str]:
    """The directories of a binary's own modules: configure's ``--modules-path``, or the default."""
    prefix = server.prefix
    return [os.path.join(prefix, server.argument("modules-path") or "modules")]


def foreign_module(path: str, directories: list[str]) -> str | None:
    """The reason why a module is not the system's own; None if it is.

    It is if it is below one of the directories, all links followed, and only root can have put it
    there.
    """
    real = resolved(path)
    around = Path(real).parents
    if not any(Path(resolved(directory)) in around for directory in directories):
        return f"not in {directories[0]}, where this nginx has its modules"
    return why_not_roots(real)


def _require_file(setting: Setting, path: str) -> None:
    try:
        descriptor, _ = open_regular(path)
    except FileNotFoundError:
        return  # nginx says so
    except OSError as error:
        raise MemlintError(
            printable(f"{_place(setting)}: load_module {path}: {_reason(error)}")
        ) from None
    os.close(descriptor)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _place(setting: Setting) -> str:
    return f"{setting.file.name}:{setting.directive.line}"


def described(foreign: list[Foreign]) -> Iterator[str]:
    """A line for each piece of code, up to MOST_LINES."""
    yield from (f"  {each}" for each in foreign[:MOST_LINES])
    if len(foreign) > MOST_LINES:
        yield f"  and {len(foreign) - MOST_LINES:,} more"


MOST_LINES = 20
"""Lines that are shown before a user agrees."""
