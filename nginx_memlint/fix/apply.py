"""Change configuration files as findings propose: as a patch, or written and checked again.

Every plan is tried in memory first: the edited files are read anew, and contexts, loads and
estimate must be the promised ones to the byte.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from nginx_memlint.analysis.job import Inspection
from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.files.paths import checkout, is_below, is_git_own, real_top, resolved
from nginx_memlint.fix.edits import Splice, edits, lines, spliced
from nginx_memlint.fix.rewrite import (
    Rewrite,
    remove_leftovers,
    rewritten,
)
from nginx_memlint.fix.snippets import InsertKey, Snippet, snippets
from nginx_memlint.printable import printable
from nginx_memlint.remedies.situation import Proposal, Situation
from nginx_memlint.report.advice import RESTART
from nginx_memlint.result import ConfigReport
from nginx_memlint.sizes import human, plural
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.main_file import STDIN_NAME
from nginx_memlint.sources.source import Source
from nginx_memlint.tree.changes import TreeChange, obstacle
from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.tree import Tree


@dataclass(frozen=True, slots=True)
class Edit:
    """The bytes of a file before and after. ``path`` is its name here, or that in a dump.

    A new file, whose bytes before are none, is to be ``like`` another one.
    """

    path: str
    before: bytes
    after: bytes
    splices: list[Splice]
    like: str = ""

    @property
    def rewrite(self) -> Rewrite:
        """The file to write."""
        return Rewrite(self.path, None if self.like else self.before, self.after, self.like)

    @property
    def said(self) -> str:
        """The file's name, and whether it is changed or created."""
        return f"{'created' if self.like else 'changed'} {printable(self.path)}"


class Promise(NamedTuple):
    """Figures after the edits of a plan, for which no tree is kept.

    ``saved`` is the difference in words, and ``figures`` the hash of _promised().
    """

    ca_loads: int
    start: int
    saved: str
    figures: bytes


@dataclass(slots=True)
class Plan:
    """The edits of one configuration, with what is left undone.

    ``report`` is that of the configuration as it is, ``changeable`` the real paths of its files
    that may be changed, and ``unwritable`` the reason why it is not of files here. ``promise`` is
    None if there are no edits. ``said`` are the changes with what they save, ``notes`` what is left
    for later, ``refusals`` what cannot be done, and why; all printable.
    """

    report: ConfigReport
    changeable: list[str] = field(default_factory=list)
    unwritable: str | None = None
    promise: Promise | None = None
    edits: list[Edit] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def refuse(self, reason: str) -> Plan:
        """Take back all edits, with a reason; return this plan."""
        self.promise, self.edits, self.said = None, [], []
        self.refusals.append(printable(reason))
        return self


@dataclass(slots=True)
class Fixed:
    """Reports of the configurations after their files were changed, and messages.

    ``refused``: a change that is possible was not made; ``broken``: files could not be put back.
    """

    reports: list[ConfigReport] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    refused: bool = False
    broken: bool = False


def plans(
    inspections: Iterable[Inspection],
    trees: Sequence[str | None] | None = None,
    *,
    may_create: bool = True,
    unsafe: bool = False,
) -> list[Plan]:
    """The plan for each configuration; a file that several of them read is not changed.

    ``trees`` are, for each, the checkout whose settings list it, out of which nothing is changed.
    If it ``may_create`` files, many blocks include one in the place of a directive each. Changes
    that are not safe are left out, unless ``unsafe`` ones are asked for. Of an inspection that is
    made when it is asked for, nothing is kept but what the plan has.
    """
    readers: Counter[str] = Counter()
    created: set[str] | None = set() if may_create else None
    made: list[Plan] = []
    for checked in inspections:
        tree = trees[len(made)] if trees else None
        places = _places(checked)
        readers.update({*places.values()})
        made.append(_plan(checked, places, tree, created, unsafe=unsafe))
        del checked  # before the next one is made
    for plan in made:
        for edit in plan.edits:
            if readers[edit.path] > 1:
                why = f"{edit.path} is part of another configuration as well"
                plan.refuse(f"{plan.report.path}: nothing is changed: {why}")
                break
    return made


def fix(
    paths: Sequence[str],
    examined: Callable[[str], Inspection],
    trees: Sequence[str | None] | None = None,
    *,
    unsafe: bool = False,
) -> Fixed:
    """Write the planned edits, check again, and put back files that do not keep the promise.

    For ``trees`` and ``unsafe`` see plans().
    """
    done = Fixed()
    made = plans(map(examined, paths), trees, unsafe=unsafe)
    if removed := remove_leftovers(chain.from_iterable(plan.changeable for plan in made)):
        files = plural(removed, "temporary file")
        done.said.append(f"removed {files} that an interrupted run had left")
    for path, plan in zip(paths, made, strict=True):
        done.said += plan.notes
        report = plan.report
        refusals = list(plan.refusals)
        if plan.promise is not None and plan.unwritable:
            refusals.append(plan.unwritable)
        elif plan.promise is not None:
            try:
                report = _write(path, plan, examined)
                done.said += plan.said
                done.said += [edit.said for edit in plan.edits]
            except MemlintError as error:
                is_broken = error.status == Exit.INTERNAL
                done.broken |= is_broken
                refusals.append(f"{path}: {'' if is_broken else 'nothing is changed: '}{error}")
        done.said += map(printable, refusals)
        done.refused |= bool(refusals)
        done.reports.append(report)
    return done


def _write(path: str, plan: Plan, examined: Callable[[str], Inspection]) -> ConfigReport:
    assert plan.promise is not None
    with rewritten([edit.rewrite for edit in plan.edits]):
        again = examined(path)
        if not again.report.complete or _figures(again) != plan.promise.figures:
            raise MemlintError(
                "the files were put back, since the figures were not the promised ones; "
                "was something else changed meanwhile?"
            )
    return again.report


def _plan(
    checked: Inspection,
    places: dict[str, str],
    tree: str | None,
    created: set[str] | None,
    *,
    unsafe: bool,
) -> Plan:
    name, now = checked.report.path, checked.situation
    plan = Plan(checked.report, [*_changeable(checked, places, tree)])
    if now is None or not checked.report.complete:
        return plan.refuse(f"{name}: nothing is changed, since it could not be read in full")
    if any(block.directive is None for block in now.tree.main.children):
        return plan.refuse(f"{name}: a fragment is not changed: others may need what it holds")
    change = _choose(now, checked.fixes, plan, name, unsafe=unsafe)
    if change is None:
        return plan
    assert plan.promise is not None
    plan.unwritable = _unwritable(checked)
    included = {} if created is None else _snippets(now.tree, change, places, created)
    splices = edits(change, included)
    data = {path: now.tree.files[path].tokens.data for path in splices}
    after = {path: spliced(data[path], pieces) for path, pieces in splices.items()}
    fresh = {one.path: one for one in included.values() if one.is_new}
    after |= {path: snippet.text for path, snippet in fresh.items()}
    if reason := _doubt(now.tree, after, places, tree):
        return plan.refuse(f"{name}: nothing is changed: {reason}")
    assert checked.reread is not None
    again = checked.reread(_Overlay(now.tree.source, after, fresh))
    if _problems(again) != _problems(checked) or _figures(again) != plan.promise.figures:
        return plan.refuse(
            f"{name}: nothing is changed: the edited files would not give the promised figures"
        )
    for snippet in dict.fromkeys(included.values()):
        one = f"{name}: {snippet.blocks:,} blocks include {printable(snippet.word)}"
        plan.said.append(one if snippet.is_new else f"{one}, which is there already")
    deleting = {setting.file.path for setting in change.delete}
    # directives are put before others are deleted: each step is a working configuration
    for path in sorted(after, key=lambda path: (path not in fresh, path in deleting, path)):
        real = places.get(path, path)
        if path in fresh:
            origin = fresh[path].origin.path
            like = places.get(origin, origin)
            plan.edits.append(Edit(real, b"", after[path], [Splice(0, 0, after[path])], like))
        else:
            plan.edits.append(Edit(real, data[path], after[path], splices[path]))
    return plan


def _snippets(
    tree: Tree, change: TreeChange, places: dict[str, str], created: set[str]
) -> dict[InsertKey, Snippet]:
    """The snippets of a change; the places of new files are added to ``places`` and ``created``."""

    def real(path: str) -> str | None:
        if isinstance(tree.source, FileSystem):
            with suppress(OSError):
                return tree.source.real_path(path)
            return None
        return path

    included = snippets(tree, change, lines, lambda path: real(path) in created)
    for snippet in included.values():
        if snippet.is_new and (place := real(snippet.path)):
            places[snippet.path] = place
            created.add(place)
    return included


def _choose(
    now: Situation, fixes: Iterable[Proposal], plan: Plan, name: str, *, unsafe: bool
) -> TreeChange | None:
    """All changes that can be made together, the largest saving first; also told in ``plan``."""
    change = TreeChange()
    taken: list[TreeChange] = []
    seen = set()
    best_first = sorted(fixes, key=lambda proposal: proposal.after.estimate.start)
    for proposal in best_first:
        assert proposal.change is not None
        key = _key(proposal.change)
        if key in seen:
            continue
        seen.add(key)
        words = f"{name}: {printable(proposal.text)}"
        if reason := obstacle(now.tree, proposal.after.tree, proposal.change):
            plan.refusals.append(printable(f"{words}: left to you: {reason}"))
            continue
        if not unsafe and (proposal.kind is None or proposal.kind.doubt):
            doubt = proposal.kind.doubt if proposal.kind is not None else "of no known kind"
            plan.notes.append(f"{words}: left, as it is unsafe ({doubt}): --unsafe-fixes makes it")
            continue
        if any(_meet(proposal.change, other) for other in taken):
            plan.notes.append(f"{words}: not now, others save more in its place; check again then")
            continue
        taken.append(proposal.change)
        plan.said.append(f"{words}: {_saving(now, proposal.after)}")
        change = TreeChange(
            change.delete + proposal.change.delete, change.insert + proposal.change.insert
        )
    if not taken:
        if not plan.refusals and not plan.notes:
            plan.notes.append(f"{name}: nothing to fix by moving or deleting directives")
        return None
    then = now.after(change)
    saved = _saving(now, then)
    plan.promise = Promise(then.ca_loads, then.estimate.start, saved, _promised(then))
    if len(taken) > 1:
        plan.said.append(f"{name}: in all: {saved}")
    return change


def _saving(now: Situation, then: Situation) -> str:
    """The difference in memory of two situations, in words."""
    before, after = now.total, then.total
    return (
        f"{human(before.start)} → {human(after.start)} at start, "
        f"{human(before.reload_peak_worst)} → {human(after.reload_peak_worst)} at the worst peak, "
        f"{now.ca_loads:,} → {then.ca_loads:,} CA loads; {RESTART}"
    )


def _key(change: TreeChange) -> object:
    """A key that is equal for changes that are the same as written."""
    return (
        frozenset(setting.key for setting in change.delete),
        frozenset(
            (id(block.directive), setting.directive.name, setting.directive.args)
            for block, setting in change.insert
        ),
    )


def _meet(one: TreeChange, other: TreeChange) -> bool:
    """Whether two changes are of the same directive in the same blocks, or in nested ones."""
    if _names(one).isdisjoint(_names(other)):
        return False
    first, second = _blocks(one), _blocks(other)
    return _any_inside(first, second) or _any_inside(second, first)


def _names(change: TreeChange) -> set[str]:
    return {s.name for s in (*change.delete, *(setting for _, setting in change.insert))}


def _blocks(change: TreeChange) -> dict[int, Block]:
    blocks = [setting.block for setting in change.delete] + [block for block, _ in change.insert]
    return {id(block): block for block in blocks}


def _any_inside(inner: Mapping[int, Block], outer: Mapping[int, Block]) -> bool:
    return any(
        id(each) in outer for block in inner.values() for each in (block, *block.ancestors())
    )


def _places(checked: Inspection) -> dict[str, str]:
    """Path as nginx sees it → real path of the file here; empty for a dump's files."""
    if checked.situation is None:
        return {}
    tree = checked.situation.tree
    if not isinstance(tree.source, FileSystem):
        return {}
    places = {}
    for path in tree.files:
        if path != STDIN_NAME:
            with suppress(OSError):  # gone since it was read: _doubt() says so
                places[path] = tree.source.real_path(path)
    return places


def _changeable(
    checked: Inspection, places: Mapping[str, str], listed_in: str | None
) -> Iterator[str]:
    """The real paths of a configuration's files, but for those that are never changed."""
    if places and checked.situation is not None:
        tree = checked.situation.tree
        tops = _tops(tree, places, listed_in)
        for path, real in places.items():
            if not _outside(tree, path, real, tops) and not is_git_own(real):
                yield real


def _tops(tree: Tree, places: Mapping[str, str], listed_in: str | None) -> list[str]:
    """The real paths of the checkouts that a configuration is in, out of which nothing is changed.

    Each is looked up once: what has become a link since is none, and opening it fails.
    """
    main = tree.main.inclusion.file
    # the main file itself may be a link that a stranger put into a checkout
    written = checkout(os.path.dirname(os.path.abspath(main.name)))
    itself = checkout(os.path.dirname(places.get(main.path, main.path)))
    tops = (listed_in, written and real_top(written), itself)
    return [*dict.fromkeys(top for top in tops if top is not None)]


def _doubt(
    tree: Tree,
    after: Mapping[str, bytes],
    places: Mapping[str, str],
    listed_in: str | None,
) -> str | None:
    """The reason not to change files although the edits themselves are clear, or None."""
    names = Counter(places.values())
    readings: dict[str, set[int]] = {}
    for block in tree.all_blocks:
        for _, inclusion in block.parts:
            readings.setdefault(inclusion.file.path, set()).add(id(inclusion.file))
    tops = _tops(tree, places, listed_in)
    is_here = isinstance(tree.source, FileSystem)
    for path in after:
        if is_here and path not in places and path != STDIN_NAME:
            return f"{path} cannot be looked up any more"
        real = places.get(path, path)
        if outside := _outside(tree, path, real, tops):
            return outside
        if is_git_own(real):
            return f"{real} is git's own"
        if names[real] > 1:
            return f"{real} is included by two names"
        if len(readings.get(path, ())) > 1:
            return f"{real} is included in a map or the like as well"
    return None


def _outside(tree: Tree, path: str, real: str, tops: Sequence[str]) -> str:
    """The checkout that a file is outside of, in a sentence; or nothing.

    In none, it is the main file's directory, out of which a link leads. A copy of a machine's root
    has a source that follows no link out of it.
    """
    for top in tops:
        if not is_below(real, top):
            return f"{real} is outside of the checkout {top}"
    if tops or not isinstance(tree.source, FileSystem) or tree.source.restricted:
        return ""
    directory = os.path.dirname(os.path.abspath(tree.main.inclusion.file.name))
    name = tree.files[path].name if path in tree.files else tree.source.shown(path)
    is_inside = is_below(os.path.abspath(name), directory)
    if not is_inside or is_below(real, resolved(directory)):
        return ""
    return f"{real} is outside of {directory}, from which a link leads to it"


def _unwritable(checked: Inspection) -> str | None:
    """The reason why a configuration is not of files here, None if it is."""
    assert checked.situation is not None
    tree = checked.situation.tree
    name = checked.report.path
    if not isinstance(tree.source, FileSystem):
        return f"{name}: is an nginx -T dump: name the files themselves to have them changed"
    if tree.source.is_partial:
        return f"{name}: is an archive: unpack it to have its files changed"
    if STDIN_NAME in tree.files:
        return f"{name}: standard input cannot be changed: name the file"
    return None


def _figures(checked: Inspection) -> bytes:
    return b"" if checked.situation is None else _promised(checked.situation)


def _promised(situation: Situation) -> bytes:
    """Figures that must come out as promised, as a hash: each context's bundles, the estimate."""
    figures = hashlib.sha256(f"{situation.estimate}{sorted(situation.tree.kinds.items())}".encode())
    for group in situation.groups:
        loads = [setting.directive.args for setting in group.loads.bundles]
        for block in group.blocks:
            figures.update(ascii((group.family, block.label, loads)).encode())
    return figures.digest()


def _problems(checked: Inspection) -> list[tuple[str, str]]:
    return [(problem.file, problem.message) for problem in checked.report.problems]


class _Overlay:
    """A source in which some files have other bytes, and some that are new are there."""

    def __init__(self, source: Source, files: Mapping[str, bytes], fresh: Collection[str]) -> None:
        self._source = source
        self._files = files
        self._fresh = [path.rpartition("/")[::2] for path in fresh]
        self.restricted = source.restricted
        self.is_partial = source.is_partial
        self.bounds = source.bounds
        self.meter = source.meter
        self.is_dir = source.is_dir
        self.shown = source.shown

    def read(self, path: str) -> bytes:
        """The other bytes of a file if it has some, else those of the source."""
        return self._files[path] if path in self._files else self._source.read(path)

    def exists(self, path: str) -> bool:
        """Whether the file is new, or in the source."""
        return path in self._files or self._source.exists(path)

    def names(self, path: str) -> list[str]:
        """The entries of a directory, new files included."""
        new = [name for directory, name in self._fresh if directory == path.rstrip("/")]
        return [*self._source.names(path), *new]


def patch_base(edits: Iterable[Edit]) -> str:
    """The directory that names in a patch are relative to.

    It is the working directory if all edited files are below it, else the root.
    """
    working = resolved(".")
    paths = [edit.path for edit in edits if edit.path.startswith("/")]
    return working if all(path.startswith(working.rstrip("/") + "/") for path in paths) else "/"
