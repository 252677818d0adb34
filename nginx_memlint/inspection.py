"""Check one configuration: the options made sense of, and the way to the pipeline."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Unpack

from nginx_memlint import result
from nginx_memlint.config import blocks
from nginx_memlint.config.bounds import bounds_for
from nginx_memlint.config.entry import Entry, EntryError, Place, open_entry
from nginx_memlint.config.source import Source
from nginx_memlint.memory.targets import Target, find_target, with_versions
from nginx_memlint.policy import NO_POLICY, Policy

if TYPE_CHECKING:
    from nginx_memlint.options import Options, Parser
    from nginx_memlint.remedies import Proposal
    from nginx_memlint.situation import Situation


@dataclass(frozen=True)
class Inspection:
    """A report, and what it was made from.

    ``situation`` is None if there is no main file; ``absent`` tells that nothing is where it
    should be. ``fixes``: of each finding the best change of the files. ``reread`` inspects the
    same configuration again, read from another source.
    """

    report: result.ConfigReport
    situation: Situation | None = None
    absent: bool = False
    fixes: Sequence[Proposal] = ()
    reread: Callable[[Source], Inspection] | None = None


def check(path: str | os.PathLike[str], **options: Unpack[Options]) -> result.ConfigReport:
    """Read a configuration, count its contexts, estimate its memory, apply the rules.

    ``path`` is a main file, a directory with an nginx.conf, with ``dump=True`` the output of
    ``nginx -T``, or ``-`` for ``data``. A configuration that cannot be read in full is no
    exception: see ``ConfigReport.problems``. The options are those of ``options.Options``; a size
    may be a text like "4GiB". Raises TypeError for an option that there is not and for a value of
    a wrong type, ValueError (UnknownTargetError for a target) for a wrong value, and
    DumpOrFileError, which is one, for a file that begins like a dump where ``dump`` is not given.
    """
    # a command has read them
    from nginx_memlint.arguments import read_arguments, read_path  # noqa: PLC0415

    read = read_arguments(options)
    name = read_path(path)
    if name == "-" and read.get("data") is None:
        raise ValueError('"-" is what data holds: give it as bytes')
    return checked(name, read)


def checked(path: str | os.PathLike[str], options: Options) -> result.ConfigReport:
    """As check(), with options that a command has made sense of."""
    return examine(path, **options).report


def _versions(options: Options) -> dict[str, str | None]:
    """The versions that replace the target's, by component."""
    return {
        "nginx": options.get("nginx_version"),
        "lua": options.get("lua_version"),
        "stream_lua": options.get("stream_lua_version"),
        "njs": options.get("njs_version"),
        "openssl": options.get("openssl_version"),
    }


def _place_of(options: Options) -> Place:
    """Where files are looked up."""
    return Place(
        options.get("prefix"),
        options.get("sysroot"),
        tuple(options.get("path_map", ())),
        bounds=bounds_for(trusted=options.get("trusted", False)),
        dump=options.get("dump"),
    )


def examine(path: str | os.PathLike[str], **options: Unpack[Options]) -> Inspection:
    """As check(), with what the report was made from."""
    return job_of(path, options).run()


def job_of(path: str | os.PathLike[str], options: Options) -> Job:
    """What check() is asked to do, with the options made sense of. Raises as check()."""
    context = tuple(options.get("context", ()))
    check_context(context)
    policy = options.get("policy", NO_POLICY)
    if (budget := options.get("max_memory")) is not None:
        assert not isinstance(budget, str), "read_arguments() made it a number"
        policy = replace(policy, limits=replace(policy.limits, max_memory=budget))
    unit_cost = options.get("unit_cost")
    assert not isinstance(unit_cost, str), "read_arguments() made it a number"
    return Job(
        os.fspath(path),
        _place_of(options),
        options.get("data"),
        choose_target(options.get("target"), _versions(options)),
        context,
        options.get("workers"),
        unit_cost,
        policy,
        options.get("breakdown", False),
        options.get("parser", "memlint"),
        options.get("jobs", 1),
    )


@dataclass(frozen=True)
class Job:
    """One configuration to be checked, and all that decides the result beside its files."""

    name: str
    place: Place
    data: bytes | None
    target: Target
    context: tuple[str, ...] = ()
    workers: int | None = None
    unit_cost: int | None = None
    policy: Policy = NO_POLICY
    breakdown: bool = False
    parser: Parser = "memlint"
    jobs: int = 1

    def run(self) -> Inspection:
        """As examine()."""
        entry = self.entry()
        if isinstance(entry, Inspection):
            return entry
        return self.read(entry, entry.source)

    def entry(self) -> Entry | Inspection:
        """The main file, or the result if there is none."""
        try:
            return open_entry(self.name, self.place, self.data, is_fragment=bool(self.context))
        except EntryError as error:
            from nginx_memlint.pipeline import without_entry  # noqa: PLC0415

            return without_entry(self, error)

    def read(self, entry: Entry, source: Source) -> Inspection:
        """Read, count, estimate, judge."""
        from nginx_memlint.pipeline import inspect  # noqa: PLC0415  it imports this module

        return inspect(self, entry, source)


def choose_target(target: str | Target | None, versions: dict[str, str | None]) -> Target:
    """A target by name, or as measured, with these versions. Raises ValueError."""
    if isinstance(target, Target):
        return with_versions(target, versions)
    return find_target(target, **versions)


def check_context(context: Iterable[str]) -> None:
    """Raise ValueError if these blocks cannot be inside each other, the first in the main one."""
    kind = blocks.MAIN
    for name in context:
        children = blocks.CHILDREN.get(kind, {})
        if name not in children or children[name] in blocks.NO_CONTEXT:
            allowed = sorted(n for n, k in children.items() if k not in blocks.NO_CONTEXT)
            inside = f'inside "{kind}"' if kind != blocks.MAIN else "outermost"
            raise ValueError(f'"{name}" cannot be {inside}; it may be {" or ".join(allowed)}')
        kind = children[name]
