"""Absolute includes of a checkout, whose files are in the checkout and not where nginx looks.

nginx accepts a pattern without matches in silence, so this tells a checkout read without its files
from a whole configuration. It is a guess: it suggests options, and never decides whether everything
was read.
"""

import os
import shlex
from collections.abc import Callable, Iterator
from copy import copy
from typing import NamedTuple

from nginx_memlint.files.bounds import BoundError, Bounds, Meter
from nginx_memlint.files.paths import is_below, resolved
from nginx_memlint.problems import Problem
from nginx_memlint.sources import glob
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.main_file import EntryError, Lookup, find
from nginx_memlint.sources.source import Source
from nginx_memlint.syntax.directives import Directive
from nginx_memlint.syntax.values import c_string
from nginx_memlint.tree.expanded import Inclusion
from nginx_memlint.tree.stand_ins import is_at_home
from nginx_memlint.tree.tree import Tree

MAX_ANCESTORS = 16
"""Directories above the main file in which an include's files are looked for."""

MAX_PARTS = 16
"""Leading directories of an include that may have another name in the checkout."""

MAX_PATTERNS = 500
"""Different includes that are looked for in the checkout."""

SHARE = 10
"""Names that may be looked at for that, together: the bound on names by this."""

MAX_KEPT = 5_000
"""Different includes that a suggested option is tested on; with more, none is suggested."""

MAX_OPTIONS = 20
"""Different options that are tested on all includes."""


class Hint(NamedTuple):
    """An option with which an absolute include finds files, and the files it finds then."""

    text: str
    files: frozenset[str]


def explained(tree: Tree) -> list[Problem]:
    """The tree's problems, and suggested options for absolute includes.

    An include that finds nothing on this machine is reported; where it is a problem already, the
    suggestion is added to that. One that finds other files on this machine than in the checkout is
    reported once for each option: the counts are right for this machine, but perhaps not what was
    meant.
    """
    problems = list(tree.problems)
    if tree.source.restricted or is_at_home(tree.source, tree.directory):
        return problems
    numbers: dict[tuple[str, int | None, int | None], int] = {}
    for index, problem in enumerate(problems):
        numbers.setdefault((problem.file, problem.line, problem.column), index)
    done: set[tuple[str, int, int]] = set()
    told: set[str] = set()
    meter = _share_of(tree.source.bounds)
    source = copy(tree.source)
    source.meter = meter
    keeps = _Keeper(tree, source)
    answers: dict[str, tuple[frozenset[str] | None, Hint | None]] = {}
    for include, inclusion in _absolute_includes(tree):
        pattern = c_string(include.args[0])
        if pattern not in answers and len(answers) < MAX_PATTERNS and not meter.is_over:
            answers[pattern] = _look_for(pattern, tree, source, keeps)
        if pattern not in answers or (answers[pattern][0] is None and meter.is_over):
            # what it finds here is counted, and a file that is not there is a problem already
            if glob.has_magic(pattern) and not tree.matched.get(pattern):
                problems.append(_unexamined(include, inclusion))
                break
            continue
        files, option = answers[pattern]
        if files is None or (files and os.path.dirname(pattern) in told):
            continue
        span = inclusion.file.span(include)
        place = (inclusion.file.name, span.line, span.column)
        if option is None or option.files == files or place in done:  # included again
            continue
        if files:
            message = (
                f"include {pattern} was read from this machine, as nginx would; "
                f"{option.text} reads the files that are beside this configuration"
            )
            if option.text not in told:
                problems.append(Problem.at(inclusion, include, message, complete=True))
            told |= {option.text, os.path.dirname(pattern)}
        elif (number := numbers.get(place)) is not None:
            message = f"{problems[number].message}; {option.text} would find it"
            problems[number] = problems[number]._replace(message=message)
            done.add(place)
        else:
            done.add(place)
            message = (
                f"include {pattern} finds nothing on this machine, but would with {option.text}"
            )
            problems.append(Problem.at(inclusion, include, message, complete=True))
    tree.work.add(meter.steps())
    return problems


def _share_of(bounds: Bounds) -> Meter:
    """A meter of its own: a hint may not take what the configuration itself is read with."""
    return Meter(bounds._replace(names=bounds.names // SHARE))


def _look_for(
    pattern: str, tree: Tree, source: Source, keeps: Callable[[str, str], bool]
) -> tuple[frozenset[str] | None, Hint | None]:
    """The files here that an include finds, None if unknown, and a hint to others, if any."""
    files = _matches(source, pattern)
    if files is None:
        return None, None
    main = tree.main.inclusion.file.name
    try:
        return files, option_for(pattern, tree.directory, main, source.meter, keeps)
    except BoundError:
        return None, None


def _unexamined(include: Directive, inclusion: Inclusion) -> Problem:
    message = (
        "there are too many absolute includes: this and the following were not looked for beside "
        "this configuration; --sysroot DIR or --path-map FROM=TO says where"
    )
    return Problem.at(inclusion, include, message, complete=True)


def option_for(
    pattern: str,
    directory: str,
    main: str,
    meter: Meter,
    keeps: Callable[[str, str], bool] = lambda _inside, _outside: True,
) -> Hint | None:
    """The option with which an absolute pattern finds files at or above a directory.

    Finding the main file alone is no evidence. ``keeps`` tells, for a directory as nginx sees it
    and another one here, whether all other includes would still find their files. Raises BoundError
    once the meter, which counts all names and all candidates, is over.
    """
    parts = pattern.strip("/").split("/")
    ancestors = _ancestors(directory)
    candidates = [("/", ancestor) for ancestor in ancestors]
    for ancestor in ancestors:
        for length in range(1, min(len(parts), MAX_PARTS)):
            inside = "/" + "/".join(parts[:length])
            rest = parts[length:]
            # a pattern of names alone would match anything: it is no evidence
            if glob.has_magic(inside) or (len(rest) == 1 and glob.has_magic(rest[0])):
                break
            candidates.append((inside, ancestor))
    for inside, outside in candidates:
        meter.list(1)
        source = FileSystem({inside: outside}, restricted=True)
        source.meter = meter
        files = _matches(source, pattern) or frozenset()
        if inside != outside and files - {resolved(main)} and keeps(inside, outside):
            shown = shlex.quote(min(os.path.relpath(outside), outside, key=len))
            option = f"--sysroot {shown}" if inside == "/" else f"--path-map {inside}={shown}"
            return Hint(option, files)
    return None


class _Keeper:
    """Decides whether all includes that find files now would still do so with an option."""

    def __init__(self, tree: Tree, source: Source) -> None:
        self._tree = tree
        self._source = source
        self._verdicts: dict[tuple[str, str], bool] = {}
        self._is_found: dict[str, bool] | None = None

    def __call__(self, inside: str, outside: str) -> bool:
        key = inside, outside
        if key not in self._verdicts:
            self._verdicts[key] = len(self._verdicts) < MAX_OPTIONS and self._keeps(inside, outside)
        return self._verdicts[key]

    def _keeps(self, inside: str, outside: str) -> bool:
        if self._is_found is None:
            patterns = _patterns(self._tree)
            if len(patterns) > MAX_KEPT:
                patterns = {}
            self._is_found = {
                pattern: bool(_finds(self._source, self._full(pattern, self._tree.directory)))
                for pattern in patterns
            }
        is_root = inside == "/"
        lookup = Lookup(sysroot=outside) if is_root else Lookup(path_map=((inside, outside),))
        main = f"{self._tree.directory}/{os.path.basename(self._tree.main.inclusion.file.name)}"
        try:
            source, path = find(main, lookup)
        except EntryError:
            return False
        source.meter = self._source.meter
        directory = path.rpartition("/")[0]
        for pattern, is_found in self._is_found.items():
            source.meter.list(1)
            leads = _finds(source, self._full(pattern, directory))
            # outside of the option's directories, nothing is known of a pattern
            if (is_found and not leads) or (leads is None and glob.has_magic(pattern)):
                return False
        return bool(self._is_found)

    def _full(self, pattern: str, directory: str) -> str:
        return pattern if pattern.startswith("/") else f"{directory}/{pattern}"


def _patterns(tree: Tree) -> dict[str, None]:
    """The arguments of all includes in order, up to one more than MAX_KEPT."""
    patterns: dict[str, None] = {}
    for block in tree.having(("include",)):
        for body, _ in block.parts:
            for include in body.of("include"):
                if len(include.args) == 1 and len(patterns) <= MAX_KEPT:
                    patterns[c_string(include.args[0])] = None
    return patterns


def _finds(source: Source, pattern: str) -> bool | None:
    """Whether an include reads any file; None if that cannot be known."""
    if glob.cost(pattern):
        return None
    try:
        paths = glob.expand(source, pattern) if glob.has_magic(pattern) else [pattern]
        # asked of where links lead to, which may be outside
        files = [path for path in paths if source.exists(path) and not source.is_dir(path)]
        return bool(files)
    except OSError:
        return None


def _absolute_includes(tree: Tree) -> Iterator[tuple[Directive, Inclusion]]:
    """Includes, as written, of absolute paths outside the main file's own directory."""
    for include, inclusion in tree.includes():
        pattern = c_string(include.args[0])
        if pattern.startswith("/") and not is_below(pattern, tree.directory):
            yield include, inclusion


def _ancestors(directory: str) -> list[str]:
    ancestors: list[str] = []
    while directory and len(ancestors) < MAX_ANCESTORS:
        ancestors.append(directory)
        directory = directory.rpartition("/")[0]
    return ancestors


def _matches(source: Source, pattern: str) -> frozenset[str] | None:
    """The files on this machine that an include reads; None if that cannot be known."""
    if glob.cost(pattern):
        return None
    try:
        paths = glob.expand(source, pattern)
        return frozenset(resolved(source.shown(path)) for path in paths if not source.is_dir(path))
    except OSError:
        return None
