"""Scripts that keep memory which nobody has stated, and whether they are those that run.

What they keep is told by what nginx has now. Where a script may be another one since, nothing does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from nginx_memlint.live.preflight.files import are_older, led_to
from nginx_memlint.memory.not_priced import KEPT_BY_SCRIPTS, LUA_HEAPS
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.result import ConfigReport, NotPricedInfo
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.syntax.values import c_string
from nginx_memlint.tree.expanded import Inclusion, Setting

MODULES_MOST = 10_000
"""Files of Lua modules that are looked at; where there are more, one may be another."""

_NAMING = ("by_lua_file", "js_preload_object", "perl_require")
"""Directives whose last word names a file."""

_MODULES = ("lua_package_path", "perl_modules")
"""Directives that name directories, from which scripts load others by their names."""


def of_lua(report: ConfigReport) -> list[str]:
    """The directives of Lua that keep memory, if nobody has stated how much."""
    return [*dict.fromkeys(item.name for item in report.not_priced if item.what == LUA_HEAPS.what)]


def in_master(report: ConfigReport) -> list[str]:
    """Those of Lua's directives whose scripts run in the master."""
    return [name for name in of_lua(report) if name.startswith("init_by_lua")]


def in_workers(report: ConfigReport) -> list[str]:
    """Those of Lua's directives whose scripts run in each worker."""
    return [name for name in of_lua(report) if name.startswith("init_worker_by_lua")]


def but_lua(report: ConfigReport) -> list[NotPricedInfo]:
    """Memory that is in no figure of a report, but for that of Lua's scripts."""
    return [item for item in report.not_priced if item.what != LUA_HEAPS.what]


def changed(situation: Situation, report: ConfigReport, prefix: str, since: float) -> list[str]:
    """The directives whose scripts may be others since then, if nobody has stated what they keep.

    ``prefix`` is nginx's, for which ``$prefix`` stands in paths of modules.
    """
    names, source = _names(report), situation.tree.source
    if not names or not isinstance(source, FileSystem):
        return names
    modules = (setting for of in _MODULES for setting in _settings(situation, of))
    if not are_older(_below({*_directories(modules, prefix)}), since):
        return names
    return [
        name
        for name in names
        for files in [_files_of(_settings(situation, name), situation, source, prefix)]
        if not are_older(led_to(files), since)
    ]


def _names(report: ConfigReport) -> list[str]:
    names = (item.name for item in report.not_priced if item.what in KEPT_BY_SCRIPTS)
    return [*dict.fromkeys(names)]


def _settings(situation: Situation, name: str) -> Iterator[Setting]:
    for block in situation.tree.having([name]):
        yield from block.settings(name)


def _files_of(
    settings: Iterator[Setting], situation: Situation, source: FileSystem, prefix: str
) -> Iterator[str]:
    """The files of directives, those that include them, and those that they name.

    Where one that they name is not there, its path.
    """
    for setting in settings:
        inclusion: Inclusion | None = setting.inclusion
        while inclusion:
            yield source.shown(inclusion.file.path)
            inclusion = inclusion.parent
        if setting.name.endswith(_NAMING) and setting.directive.args:
            name = c_string(setting.directive.args[-1])
            # Lua's is relative to the prefix, and njs's to the configuration
            paths = [os.path.join(at, name) for at in (prefix, situation.tree.directory)]
            yield from [*filter(os.path.exists, map(source.shown, paths))] or paths


def _directories(settings: Iterator[Setting], prefix: str) -> Iterator[str]:
    """The directories in which scripts look for others, those with an absolute path."""
    for template in (each for setting in settings for each in setting.directive.args):
        for place in c_string(template).replace("$prefix", prefix).split(";"):
            directory = place.partition("?")[0].rpartition("/")[0] if "?" in place else place
            if directory.startswith("/"):
                yield directory


def _below(directories: set[str]) -> Iterator[str]:
    """Each directory and file below some, as far as they are few; else a path that is not there."""
    left = MODULES_MOST
    for directory in directories:
        for place, _, names in os.walk(directory):
            yield place
            yield from (os.path.join(place, name) for name in names)
            left -= 1 + len(names)
            if left < 0:
                yield os.devnull + "/"
                return
