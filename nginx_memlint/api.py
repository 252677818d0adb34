"""The functions that Python programs call."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any, TypeAlias

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.executors import Lost, run_with
from nginx_memlint.analysis.job import Job
from nginx_memlint.analysis.parallel import lost_worker, report_of
from nginx_memlint.comparison.compare import compared
from nginx_memlint.comparison.difference import Diff
from nginx_memlint.errors import MemlintError
from nginx_memlint.options.kinds import SIZE, read_path
from nginx_memlint.options.record import (
    Option,
    OptionPlace,
    options_in,
    read_keywords,
    read_value,
)
from nginx_memlint.printable import printable
from nginx_memlint.report.formats import json
from nginx_memlint.result import ConfigReport, Model


def check(path: str | os.PathLike[str], **options: Any) -> ConfigReport:  # noqa: ANN401
    """Read a configuration, count its contexts, estimate its memory, apply the rules.

    ``path`` is a main file, a directory with an nginx.conf, with ``dump=True`` the output of
    ``nginx -T``, or ``-`` for ``data``. A configuration that cannot be read in full raises nothing:
    ``ConfigReport.problems`` says why. The options are those of the command line, and a value may
    be its text: ``max_memory="4GiB"``. Raises TypeError for an option that does not exist and for a
    value of a wrong type, and MemlintError, which is a ValueError, for a wrong value, and for a
    file that begins like a dump where ``dump`` is not given.
    """
    read = read_keywords(options)
    name = read_path(path)
    if name == "-" and read.data is None:
        raise MemlintError('"-" is what data holds: give it as bytes', "data")
    return examine(Job(name, read)).report


Configs: TypeAlias = Iterable[str | os.PathLike[str]] | Mapping[str, bytes]
"""Several configurations: where they are, or by a name the bytes of each."""


def check_many(
    configs: Configs,
    *,
    executor: Executor | None = None,
    **options: Any,  # noqa: ANN401
) -> list[ConfigReport]:
    """Check several configurations, in the processes, threads or machines of an executor.

    ``configs`` are paths, each as check() takes it, or by name the bytes of each: the output of
    ``nginx -T`` with ``dump=True``, a tar archive, or a main file. Paths are opened, and includes
    and CA bundles looked for, where the executor works; bytes are sent there. ``executor`` is any
    of concurrent.futures, or what looks like one; None reads one after the other. The reports come
    in the order of the configurations, equal to those of check() but for their names. One whose
    worker died was not read in full: ``ConfigReport.problems`` says why. The options are those of
    check(), for all alike, and its errors are raised.
    """
    read = read_keywords(options, "check_many")
    if isinstance(configs, Mapping):
        if read.data is not None:
            raise MemlintError("the bytes are those of configs: leave it out", "data")
        jobs = [Job("-", replace(read, data=_bytes(data))) for data in configs.values()]
        names = list(configs)
    else:
        if isinstance(configs, (str, bytes, os.PathLike)):
            raise TypeError("configs: must be several paths, or bytes by name: check() takes one")
        names = [read_path(path) for path in configs]
        if "-" in names:
            raise MemlintError('"-" is no path: give the bytes by name', "configs")
        jobs = [Job(name, read) for name in names]
    if executor is None:
        reports: Iterable[ConfigReport | Lost] = map(report_of, jobs)
    else:
        reports = run_with(executor, report_of, jobs)
    return [
        _named(lost_worker(job, report.reason) if isinstance(report, Lost) else report, name)
        for job, name, report in zip(jobs, names, reports, strict=True)
    ]


def diff(
    paths: Sequence[str | os.PathLike[str]],
    *,
    base: str | None = None,
    max_growth: int | str | None = None,
    **options: Any,  # noqa: ANN401
) -> Diff:
    """Compare two configurations, or configurations of a working tree with those of a commit.

    ``paths`` are the old and the new one; with ``base``, which names a commit, any number that
    are each compared with themselves in that commit. ``max_growth`` is bytes, or a text like
    "64MiB". The options are those of check() and hold for both sides. Raises MemlintError and
    TypeError as check() does.
    """
    growth = None if max_growth is None else read_value("max_growth", SIZE, max_growth)
    if isinstance(paths, str | bytes | os.PathLike):
        raise TypeError("paths: must be several, e.g. [old, new]")
    names = [read_path(path) for path in paths]
    return compared(names, read_keywords(options, "diff"), base=base, max_growth=growth)


def to_json(report: Model, *, indent: int | None = 2) -> str:
    """A report, a difference, or a part of one, as JSON text; on one line without an indent.

    A Report and a Diff are as in the published schemas, as ``--format json`` writes them.
    """
    return json.dumps(report, indent)


def _bytes(data: object) -> bytes:
    if not isinstance(data, bytes):
        raise TypeError(f"configs: must be paths, or bytes by name, not {type(data).__name__}")
    return data


def _named(report: ConfigReport, name: str) -> ConfigReport:
    return replace(report, path=printable(name)) if report.path == "-" else report


def with_keywords(function: Callable[..., Any]) -> None:
    """Give a function with ``**options`` the signature that help() shows: all keyword arguments."""
    signature = inspect.signature(function)
    kept = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
    keywords = [_parameter(option) for option in options_in(OptionPlace.KEYWORD)]
    function.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*kept, *keywords]
    )
    listed = "\n".join(f"    {one.name}: {one.help}" for one in options_in(OptionPlace.KEYWORD))
    function.__doc__ = f"{function.__doc__ or ''}\n    Options:\n\n{listed}\n"


def _parameter(option: Option) -> inspect.Parameter:
    return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default)


with_keywords(check)
with_keywords(check_many)
with_keywords(diff)
