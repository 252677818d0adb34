"""The functions that Python programs call."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Any

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.errors import MemlintError
from nginx_memlint.options.kinds import read_path
from nginx_memlint.options.record import Option, OptionPlace, options_in, read_keywords
from nginx_memlint.result import ConfigReport


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
