"""The configurations that open files belong to, examined again when something has changed.

Nothing in it knows the protocol. A session is used by one thread at a time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from nginx_memlint.analysis.budget import Budget, not_begun
from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Inspection, Job
from nginx_memlint.analysis.records import problem_info
from nginx_memlint.errors import MemlintError
from nginx_memlint.files.bounds import DEFAULT_BOUNDS
from nginx_memlint.files.paths import encode
from nginx_memlint.printable import printable, unescaped
from nginx_memlint.result import ConfigReport, Severity
from nginx_memlint.rules.ignore_unused import unused_in_all
from nginx_memlint.settings import Root, all_asked, plan
from nginx_memlint.settings.files import LAST
from nginx_memlint.settings.in_force import Value
from nginx_memlint.sources.buffers import Buffers, real_path
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.main_file import MAIN_FILE
from nginx_memlint.sources.stamps import Stamp, stamps_of
from nginx_memlint.syntax.directives import Body, ParsedFile, parse
from nginx_memlint.syntax.retyped import alike
from nginx_memlint.syntax.tokens import Tokens
from nginx_memlint.tree import grammar
from nginx_memlint.tree.edited import BrokenTextError

WHOLE = frozenset({"events", "http", "stream", "mail"})
"""Blocks that only a main file has."""


MENDED = "; until this is mended, figures are those of the text before"
"""Words that are added to what nginx has against a text that does not parse."""

MOST_STEPS = DEFAULT_BOUNDS.steps // 5
"""Steps of a configuration up to which an edit is looked at by itself: no bound is near then."""

TICK = 20_000_000
"""Nanoseconds by which the times of files may be behind the clock."""


class Asked(NamedTuple):
    """The server's command line: configurations, flags by option, and where settings are from."""

    paths: Sequence[str]
    flags: Mapping[str, Any]
    dumps: Mapping[str, Value]
    config: str | None
    isolated: bool


class OpenFile(NamedTuple):
    """A file that is open in the editor, by its real path.

    ``data`` are its bytes there, None if they are those on disk. ``is_nginx`` is whether the editor
    takes it for a configuration of nginx.
    """

    path: str
    uri: str
    version: int | None
    data: bytes | None
    is_nginx: bool


class Broken(NamedTuple):
    """A text that does not parse, of the file of a name: what was read last stays until it does.

    ``place`` is the line from which on lines of the text that was read are moved ``by`` so many.
    """

    name: str
    data: bytes
    place: int
    by: int


@dataclass(eq=False)
class Followed:
    """A configuration as it was read last."""

    root: Root
    inspection: Inspection
    asked: frozenset[str]
    """The real paths of the files it depends on."""
    stamps: Mapping[str, Stamp]
    """The stamps of those files; none if one may have changed while it was read."""
    steps: int
    """Steps of all work on it; after an edit, those before."""
    broken: Broken | None = None
    pending: frozenset[str] = frozenset()
    """The real paths of texts that have changed since, of which one is broken."""
    report: ConfigReport = field(init=False)
    _names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.report = self.inspection.report
        situation = self.inspection.situation
        if situation is not None:
            self._names = {printable(f.name): p for p, f in situation.tree.files.items()}

    @cached_property
    def names(self) -> Mapping[str, Sequence[str]]:
        """Real path of a file → its paths as nginx sees it."""
        names: dict[str, list[str]] = {}
        situation = self.inspection.situation
        source = situation.tree.source if situation else None
        if situation is not None and isinstance(source, FileSystem):
            for path in situation.tree.files:
                names.setdefault(source.real_path(path), []).append(path)
        return names

    def real_path(self, name: str) -> str:
        """The real path of a file that the report names."""
        situation = self.inspection.situation
        path = self._names.get(name)
        if path is not None and situation is not None:
            source = situation.tree.source
            if isinstance(source, FileSystem):
                return source.real_path(path)
        return real_path(os.path.abspath(unescaped(name)))

    def files(self) -> Collection[str]:
        """The paths of all files, as nginx sees them."""
        situation = self.inspection.situation
        return situation.tree.files.keys() if situation else ()

    def line(self, name: str, line: int) -> int:
        """The line of a file's text at which one is that was read."""
        broken = self.broken
        is_moved = broken is not None and broken.name == name and line >= broken.place
        return line + broken.by if broken is not None and is_moved else line

    def data(self, name: str) -> bytes | None:
        """The bytes of a file that the report names, None if it is none of the configuration."""
        if self.broken is not None and self.broken.name == name:
            return self.broken.data
        situation = self.inspection.situation
        path = self._names.get(name)
        if path is None or situation is None:
            return None
        return situation.tree.files[path].tokens.data


class Remark(NamedTuple):
    """A sentence about a file as a whole."""

    path: str
    severity: Severity
    message: str


class View(NamedTuple):
    """Configurations that were examined, and remarks on files."""

    shown: Sequence[Followed] = ()
    remarks: Sequence[Remark] = ()


class Session:
    """The configurations that are examined for the files that are open."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._followed: dict[tuple[str, tuple[str, ...]], Followed] = {}
        self._roots: dict[str, list[Root]] = {}

    def view(self, files: Mapping[str, OpenFile], changed: Collection[str] | None) -> View:
        """Examine what depends on the files that have changed; all if that is None.

        ``files`` are by real path.
        """
        if changed is None:
            self._roots.clear()
        round_ = _Round(self, files, changed)
        view = round_.view()
        self._followed = round_.used
        return view

    def planned(self, paths: Sequence[str], start: str, **more: Any) -> list[Root]:  # noqa: ANN401
        """The roots of paths, or those that the settings above a directory list.

        Raises MemlintError.
        """
        asked = self._asked
        return plan(
            paths,
            {**asked.flags, **more},
            config=asked.config,
            isolated=asked.isolated,
            dumps=asked.dumps if paths == asked.paths else {},
            start=start,
        )

    def listed(self, directory: str) -> list[Root]:
        """The roots of the command line, or else those that the settings for a directory list.

        Raises MemlintError for the command line's.
        """
        if directory not in self._roots:
            paths = self._asked.paths
            try:
                self._roots[directory] = self.planned(paths, directory)
            except MemlintError:
                if paths:
                    raise
                return []  # who asks for a file's own configuration is told
        return self._roots[directory]

    def earlier(self, root: Root) -> Followed | None:
        """The configuration as it was read before."""
        return self._followed.get(_key(root))


class _Round:
    """One look at the open files."""

    def __init__(
        self, session: Session, files: Mapping[str, OpenFile], changed: Collection[str] | None
    ) -> None:
        self._session = session
        self._files = files
        self._changed = changed
        self._texts = {path: f.data for path, f in files.items() if f.data is not None}
        self._budget = Budget()
        self._shown: list[Followed] = []
        self._remarks: list[Remark] = []
        self.used: dict[tuple[str, tuple[str, ...]], Followed] = {}

    def view(self) -> View:
        for file in self._files.values():
            try:
                self._look(file)
            except MemlintError as error:
                self._remarks += [
                    Remark(file.path, "error", printable(line)) for line in str(error).splitlines()
                ]
        reports = [followed.inspection.report for followed in self._shown]
        if any(report.suppressed for report in reports):
            reports = unused_in_all(reports)
        for followed, report in zip(self._shown, reports, strict=True):
            followed.report = report
        return View(self._shown, self._remarks)

    def _look(self, file: OpenFile) -> None:
        """Examine the configurations that a file belongs to."""
        for root in self._session.listed(os.path.dirname(file.path)) if file.is_nginx else ():
            self._show(self._follow(root))
        if any(file.path in followed.asked for followed in self._shown) or not file.is_nginx:
            return
        parsed = self._parsed(file)
        if WHOLE.isdisjoint(parsed.body.named):
            for followed in self._around(file):
                if file.path in followed.asked:
                    self._show(followed)
                    return
            if os.path.basename(file.path) != MAIN_FILE and not self._is_broken(parsed):
                self._look_at_fragment(file, parsed.body)
                return
        [root] = self._session.planned([file.path], ".")
        self._show(self._follow(root))

    def _around(self, file: OpenFile) -> Iterator[Followed]:
        """The main files in the directories above a file, up to the top of its checkout."""
        directory = os.path.dirname(file.path)
        while True:
            path = os.path.join(directory, MAIN_FILE)
            if path != file.path and (path in self._texts or os.path.isfile(encode(path))):
                [root] = self._session.planned([path], ".")
                yield self._follow(root)
            above = os.path.dirname(directory)
            if above == directory or os.path.lexists(encode(os.path.join(directory, LAST))):
                return
            directory = above

    def _look_at_fragment(self, file: OpenFile, body: Body) -> None:
        context = self._session.planned([file.path], ".")[0].values["context"].value
        context = context or grammar.fragment_context(body)
        unknown = "no main file that memlint knows of includes this file (roots in memlint.toml)"
        if not context:
            self._remarks.append(Remark(file.path, "note", unknown))
            return
        self._remarks.append(
            Remark(file.path, "note", f"{unknown}: read as --context {','.join(context)}")
        )
        [root] = self._session.planned([file.path], ".", context=context)
        self._show(self._follow(root))

    def _is_broken(self, parsed: ParsedFile) -> bool:
        """Whether a file has nothing but an error, which then is told of it as a main file."""
        return parsed.error is not None and not parsed.body.directives

    def _parsed(self, file: OpenFile) -> ParsedFile:
        bounds = Job(file.path).lookup.bounds
        try:
            data = Buffers(self._texts).read(file.path, None, bounds.file_bytes)
        except OSError:
            data = b""  # examining it says why
        return parse(data, file.path, file.path)

    def _show(self, followed: Followed) -> None:
        if followed not in self._shown:
            self._shown.append(followed)

    def _follow(self, root: Root) -> Followed:
        """A configuration, read again if something that it depends on has changed."""
        key = _key(root)
        if key not in self.used:
            earlier = self._session.earlier(root)
            is_old = self._changed is None or earlier is None
            if earlier is None or is_old or not earlier.asked.isdisjoint(self._changed or ()):
                self.used[key] = self._examined(root, earlier)
            else:
                self.used[key] = earlier
                self._budget.take(earlier.steps)
        return self.used[key]

    def _examined(self, root: Root, earlier: Followed | None) -> Followed:
        """A configuration as it is now; after a small edit, the earlier tree is used again."""
        disk = Buffers(self._texts)
        began = time.time_ns()
        situation = earlier.inspection.situation if earlier else None
        tree = situation.tree if situation else None
        edited = self._edited(earlier) if earlier else ()
        [options] = all_asked([root])
        job = Job(root.path or "", options, disk, tree, edited)
        try:
            inspection = not_begun(job) if self._budget.is_over(job) else examine(job)
        except BrokenTextError as error:
            assert earlier is not None
            self._budget.take(earlier.steps)
            return _with_broken(earlier, error, self._pending(earlier))
        is_edit = earlier is not None and inspection.used_up
        before = earlier if is_edit else None
        asked = frozenset(disk.asked)
        earlier_stamps = before.stamps if before else {}
        stamps = {**stamps_of(asked - earlier_stamps.keys()), **disk.listed}
        times = [stamp[0] for stamp in stamps.values() if isinstance(stamp, tuple)]
        stamps |= earlier_stamps
        if max(times, default=0) >= began - TICK:
            stamps = {}
        steps = before.steps if before else inspection.steps
        followed = Followed(root, inspection, asked, stamps, steps)
        if before is not None:
            if before.files() == followed.files():
                followed.names = before.names
            gone = before.names.keys() - followed.names.keys() - asked  # are not included any more
            followed.asked |= before.asked - gone
            followed.stamps = {path: stamp for path, stamp in stamps.items() if path not in gone}
        _ = followed.names  # the first key need not wait for it
        self._budget.take(followed.steps)
        return followed

    def _pending(self, earlier: Followed) -> frozenset[str]:
        """The real paths of the texts that are not as they were when they were read."""
        return earlier.asked.intersection({*(self._changed or ()), *earlier.pending})

    def _edited(self, earlier: Followed) -> Sequence[str]:
        """The files that have changed since, by their paths as nginx sees them, if that is known;
        else nothing."""
        if self._changed is None or not earlier.stamps or earlier.steps > MOST_STEPS:
            return ()
        if earlier.stamps != stamps_of(earlier.stamps):
            return ()
        changed = self._pending(earlier)
        if not changed <= earlier.names.keys():
            return ()
        return [name for path in changed for name in earlier.names[path]]


def _with_broken(earlier: Followed, error: BrokenTextError, pending: frozenset[str]) -> Followed:
    """A configuration as it was read last, of which nothing is told but that a text is broken."""
    before = earlier.inspection.report
    old, new = error.earlier.tokens, Tokens(error.data)
    problem = problem_info(error.problem)
    problem.message += MENDED
    report = replace(
        before, findings=[], suppressed=[], lowered=[], not_priced=[], problems=[problem]
    )
    broken = Broken(
        problem.file,
        error.data,
        old.line_of(alike(old.data, new.data)),
        new.line_of(len(new.data)) - old.line_of(len(old.data)),
    )
    inspection = earlier.inspection._replace(report=report, fixes=())
    followed = replace(earlier, inspection=inspection, broken=broken, pending=pending)
    followed.names = earlier.names
    return followed


def _key(root: Root) -> tuple[str, tuple[str, ...]]:
    return root.path or "", root.values["context"].value or ()
