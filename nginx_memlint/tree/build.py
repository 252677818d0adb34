"""All files of a configuration, read into one tree of blocks.

A file is read and parsed once; each place that includes it gets its own blocks.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from nginx_memlint.files.bounds import DEFAULT_BOUNDS, BoundError, Work, WorkError, exceeded
from nginx_memlint.problems import Problem
from nginx_memlint.sources import glob
from nginx_memlint.sources.source import ABSENT, DroppedError, Source, undropped
from nginx_memlint.syntax.directives import INCLUDE_KEY, Body, Directive, ParsedFile, parse
from nginx_memlint.syntax.values import c_string
from nginx_memlint.tree import blocks, grammar, structure
from nginx_memlint.tree.expanded import Block, Inclusion, shortened
from nginx_memlint.tree.stand_ins import StandIns, never
from nginx_memlint.tree.tree import FileKey, Tree

if TYPE_CHECKING:
    from nginx_memlint.tree.edited import Edited

_Steps: TypeAlias = "Iterator[_Steps]"
"""A generator that reads something, and yields the generators that must be exhausted before it goes
on: recursion without the stack, as blocks nest deeply."""


def build(
    source: Source,
    path: str,
    context: tuple[str, ...] = (),
    directory: str | None = None,
    parsed: Mapping[FileKey, ParsedFile] = MappingProxyType({}),
    may_be_missing: Callable[[str], bool] = never,
    edited: Edited | None = None,
) -> Tree:
    """Read the configuration whose main file is at an absolute path.

    ``context`` names the blocks around a file that is not a whole configuration, e.g. ("http",
    "server"). Relative paths are in ``directory``, by default the main file's. Raises OSError if
    the main file cannot be read, and nothing else: problems of the configuration are in
    ``Tree.problems``. Of an earlier reading, ``parsed`` are ``Tree.parsed``: a file whose bytes are
    as they were is not parsed again. ``may_be_missing`` tells of a path, or an include's pattern,
    whether nothing need be there. ``edited`` is an earlier reading that is used up: what is as it
    was is neither read nor made again.
    """
    if directory is None:
        directory = path.rpartition("/")[0]
    stand_ins = StandIns(source, directory, may_be_missing)
    return _Builder(source, path, context, directory, parsed, stand_ins, edited).build()


class _TreeSizeError(Exception):
    """Reading has passed a bound and ends here; the problem is already in the list."""


class _Builder:
    def __init__(
        self,
        source: Source,
        path: str,
        context: tuple[str, ...],
        directory: str,
        parsed: Mapping[FileKey, ParsedFile],
        stand_ins: StandIns,
        edited: Edited | None,
    ) -> None:
        self.stand_ins = stand_ins
        self.source = source
        self.bounds = source.bounds
        self.edited = edited
        self.work = Work(source.bounds.steps) if edited is None else edited.restarted(source)
        self.directory = directory
        self.path = path
        self.context = context
        self.problems: list[Problem] = []
        self.unlisted = 0
        self.files: dict[FileKey, ParsedFile] = {}
        self.parsed = parsed
        self.globs: dict[str, list[str]] = {}
        self.reported: set[int] = set()  # identities of syntax errors
        self.inclusions = 0
        self.reading: dict[tuple[str, str], Inclusion] = {}  # path and kind of block → where
        self.blocks: list[Block] = []
        self.most_blocks = 0

    def build(self) -> Tree:
        file = self.load(self.path, in_data_block=False)
        if self.edited is not None and self.edited.is_plain:
            self.blocks, self.files = self.edited.blocks(), self.edited.files
            self.stand_ins, self.globs = self.edited.tree.stand_ins, self.edited.tree.matched
        else:
            self.read_all(file)
        files = {f.path: f for f in self.files.values()}
        tree = Tree(self.blocks, self.source, self.directory, self.problems, files, self.unlisted)
        tree.matched = self.globs
        if self.edited is not None:
            self.edited.hand_over(tree)
        if not self.context and file.error is None and not self.work.is_done:
            self.check_whole(tree)
        if not self.work.is_done:
            self.check_structure(tree)
        tree.unlisted = self.unlisted
        tree.stand_ins = self.stand_ins
        tree.parsed = self.files
        return tree

    def read_all(self, file: ParsedFile) -> None:
        """Read the main file, with all that it includes."""
        inclusion = self.inclusion(file)
        block = self.block(blocks.MAIN, None, inclusion)
        self.blocks.append(block)
        for name in self.context:
            kind = blocks.CHILDREN[block.kind][name]
            inner = self.block(kind, None, inclusion, block)
            block.add(inner)
            self.blocks.append(inner)
            block = inner
        self.most_blocks = len(self.blocks) + self.bounds.blocks
        inclusion.kind = block.kind
        self.read(block, inclusion)

    def load(self, path: str, *, in_data_block: bool) -> ParsedFile:
        key = (path, in_data_block)
        if key in self.files:
            return self.files[key]
        file = None if self.edited is None else self.edited.file(key)
        if file is None:
            data, name = self.bytes_of(path), self.source.shown(path)
            file = self.parsed.get(key)
            if file is None or file.name != name or file.tokens.data != data:
                file = parse(
                    data,
                    path,
                    name,
                    in_data_block=in_data_block,
                    max_depth=self.bounds.block_depth,
                    max_lua=self.bounds.lua_tokens,
                )
        self.files[key] = file
        self.work.add(file.tokens.lua)
        return file

    def bytes_of(self, path: str) -> bytes:
        """The bytes of a file, or of what stands in for it."""
        try:
            return undropped(self.source.read(path))
        except OSError as error:
            data = self.stand_ins.content(path) if error.errno in ABSENT else None
            if data is None or path == self.path:
                raise
            return data

    def read(self, block: Block, inclusion: Inclusion) -> None:
        """Read a file into a block, in nginx's order, with all files that it includes."""
        pending = [self.read_file(block, inclusion)]
        try:
            while pending:
                inner = next(pending[-1], None)
                if inner is None:
                    pending.pop()
                else:
                    pending.append(inner)
        except _TreeSizeError:
            return

    def read_file(self, block: Block, inclusion: Inclusion) -> _Steps:
        body = inclusion.file.body
        self.check_byte_order_mark(block, inclusion)
        block.parts.append((body, inclusion))
        key = inclusion.file.path, inclusion.kind
        self.reading[key] = inclusion
        yield self.read_body(block, body, inclusion)
        del self.reading[key]
        self.report_syntax(inclusion)

    def read_body(self, block: Block, body: Body, inclusion: Inclusion) -> _Steps:
        for directive in body.leading:
            self.step(directive, inclusion)
            if directive.body is None and _is_include(directive, block):
                for path in self.include(directive, block, inclusion):
                    self.step(directive, inclusion)
                    included = self.open(path, directive, block, inclusion)
                    if included is not None:
                        yield self.read_file(block, included)
            elif directive.body is None:
                self.check(directive, block, inclusion)
            else:
                whole = self.edited.whole(directive, inclusion, block) if self.edited else []
                if whole:
                    block.add(whole[0])
                    self.blocks += whole
                    continue
                kind = self.kind(directive, block, inclusion)
                child = self.block(kind, directive, inclusion, block)
                block.add(child)
                self.blocks.append(child)
                if len(self.blocks) > self.most_blocks:
                    what = f"the configuration has more than {self.bounds.blocks:,} blocks"
                    raise self.too_large(exceeded(what, "blocks"), inclusion, directive)
                if directive.body.leading:
                    yield self.read_body(child, directive.body, inclusion)

    def block(
        self,
        kind: str,
        directive: Directive | None,
        inclusion: Inclusion,
        parent: Block | None = None,
    ) -> Block:
        """A block without those in it."""
        earlier = None
        if self.edited is not None:
            earlier = self.edited.block(kind, directive, inclusion, parent)
        return earlier or Block(kind, directive, inclusion, parent)

    def inclusion(
        self,
        file: ParsedFile,
        via: Directive | None = None,
        parent: Inclusion | None = None,
        depth: int = 0,
        kind: str = blocks.MAIN,
    ) -> Inclusion:
        """One reading of a file."""
        earlier = None
        if self.edited is not None:
            earlier = self.edited.inclusion(file, via, parent)
        return earlier or Inclusion(file, via, parent, depth, kind, self.work)

    def step(self, directive: Directive, inclusion: Inclusion) -> None:
        """Count one directive or file as one step of work."""
        try:
            self.work.take()
        except WorkError as error:
            raise self.too_large(str(error), inclusion, directive) from None

    def kind(self, directive: Directive, parent: Block, inclusion: Inclusion) -> str:
        if parent.kind in blocks.WITHOUT_SETTINGS:
            return blocks.OPAQUE
        kind = blocks.CHILDREN.get(parent.kind, _NONE).get(directive.name)
        if inclusion.file.is_marked(directive):
            return blocks.OPAQUE  # told already
        if self.check(directive, parent, inclusion) and kind is None:
            nginx = grammar.complaint(directive.name, parent.grammar_kind, is_block=True)
            message = f'block "{directive.name}" is not known: what it holds is not counted'
            self.problem(inclusion, directive, nginx or message, nginx or None)
        return kind or blocks.OPAQUE

    def check(self, directive: Directive, parent: Block, inclusion: Inclusion) -> bool:
        """Report what nginx has against a block or an include standing in this block."""
        if parent.kind in blocks.WITHOUT_SETTINGS and directive.name != "include":
            return True
        complaint = _complaint(directive, parent.kind, inclusion.file)
        if complaint:
            misplaced = parent.kind == blocks.MAIN and complaint.endswith("not allowed here")
            hint = self.fragment_hint() if misplaced else ""
            self.problem(inclusion, directive, complaint + hint, complaint)
        return not complaint

    def fragment_hint(self) -> str:
        """The text that suggests ``--context``, empty if the file is a fragment already."""
        body = self.load(self.path, in_data_block=False).body
        if self.context or not _WHOLE.isdisjoint(body.named):
            return ""
        context = ",".join(grammar.fragment_context(body))
        hint = f"; if this file is a fragment, say where it belongs: --context {context}"
        return hint if context else ""

    def check_byte_order_mark(self, block: Block, inclusion: Inclusion) -> None:
        """Report a byte order mark, which nginx takes for a part of a file's first name."""
        for first in inclusion.file.body.directives[:1]:
            if inclusion.file.is_marked(first) and block.kind not in blocks.WITHOUT_SETTINGS:
                nginx = f'unknown directive "{first.name}"'
                message = f"the file begins with a byte order mark, which nginx rejects: {nginx}"
                self.problem(inclusion, first, message, nginx)

    def include(self, directive: Directive, block: Block, inclusion: Inclusion) -> list[str]:
        """The paths of the files that an include reads."""
        holder = _data_name(block)
        if holder in blocks.NO_INCLUDE:
            return []
        if holder and len(directive.args) != 1:
            complaint = blocks.INCLUDE_IN_DATA[holder]
            self.problem(inclusion, directive, complaint, complaint)
            return []
        if not self.check(directive, block, inclusion):
            return []
        pattern = self.full_path(directive)
        if glob.has_magic(pattern) and holder not in blocks.PLAIN_INCLUDE:
            return self.glob(pattern, directive, inclusion)
        return [pattern]

    def full_path(self, include: Directive) -> str:
        """The path that ``ngx_conf_full_name()`` makes of an include's argument."""
        path = c_string(include.args[0])
        return path if path.startswith("/") else f"{self.directory}/{path}"

    def has_no_glob(self, last: Directive, inclusion: Inclusion, start: Inclusion) -> bool:
        """Whether the includes on the way from one reading of a file to another name no pattern."""
        reading: Inclusion | None = inclusion
        steps = [last]
        while reading is not None and reading is not start and reading.via:
            steps.append(reading.via)
            reading = reading.parent
        return not any(glob.has_magic(self.full_path(step)) for step in steps)

    def glob(self, pattern: str, directive: Directive, inclusion: Inclusion) -> list[str]:
        if self.edited is not None and pattern in self.edited.tree.matched:
            self.globs[pattern] = self.edited.tree.matched[pattern]
        if pattern not in self.globs:
            try:
                self.globs[pattern] = glob.expand(self.source, pattern)
            except OSError as error:
                message = f'cannot list "{pattern}" ({_reason(error)})'
                self.problem(inclusion, directive, message)
                return []
        return self.globs[pattern]

    def open(
        self, path: str, directive: Directive, block: Block, inclusion: Inclusion
    ) -> Inclusion | None:
        self.inclusions += 1
        if self.inclusions > self.bounds.inclusions:
            what = f"more than {self.bounds.inclusions:,} files are included, each time counted"
            raise self.too_large(exceeded(what, "inclusions"), inclusion, directive)
        # in another kind of block it is not the same: nginx may find something else wrong first
        if (start := self.reading.get((path, block.kind))) is not None:
            if self.is_full():
                return None
            message = f"include cycle: {' → '.join(_cycle(inclusion, start, directive))}"
            nginx = None
            if self.has_no_glob(directive, inclusion, start):
                nginx = f'open() "{path}" failed (24: Too many open files)'
            else:
                # glob(3) finds nothing once it cannot open the directory
                message += "; nginx follows it until it has no file descriptors left"
            self.problem(inclusion, directive, message, nginx)
            return None
        if inclusion.depth >= self.bounds.include_depth:
            nginx = None
            if inclusion.depth >= DEFAULT_BOUNDS.include_depth:
                nginx = f'open() "{path}" failed (24: Too many open files)'
            what = f"includes are nested deeper than {self.bounds.include_depth:,}"
            self.problem(inclusion, directive, exceeded(what, "include-depth"), nginx)
            return None
        try:
            file = self.load(path, in_data_block=bool(_data_name(block)))
        except (BoundError, DroppedError) as error:
            self.problem(inclusion, directive, f'include: "{path}" is not read: {error.strerror}')
            return None
        except OSError as error:
            call = "pread" if error.errno == errno.EISDIR else "open"
            nginx = f'{call}() "{path}" failed ({_reason(error)})'
            self.problem(inclusion, directive, f"include: {nginx}", nginx)
            return None
        return self.inclusion(file, directive, inclusion, inclusion.depth + 1, block.kind)

    def report_syntax(self, inclusion: Inclusion) -> None:
        """Report a file's syntax error, once however often it is included."""
        file = inclusion.file
        error = file.error
        if error is None or id(error) in self.reported:
            return
        self.reported.add(id(error))
        if self.is_full():
            return
        self.problems.append(inclusion.rejected(error, file.tokens))

    def check_structure(self, tree: Tree) -> None:
        """Report blocks that nginx rejects beside or inside each other."""
        try:
            for problem in structure.problems(tree):
                if not self.is_full():
                    self.problems.append(problem)
        except WorkError as error:
            self.problems.append(Problem(str(error), tree.main.inclusion.file.name))

    def check_whole(self, tree: Tree) -> None:
        """Report a configuration without ``events``, as ``ngx_event_init_conf()`` rejects it."""
        names = set(tree.main.names())
        if "events" in names:
            return
        message = nginx = 'no "events" section in configuration'
        message += self.fragment_hint() if names else ": the file is empty"
        self.problems.append(Problem(message, tree.main.inclusion.file.name, nginx=nginx))

    def too_large(self, message: str, inclusion: Inclusion, directive: Directive) -> _TreeSizeError:
        if len(self.problems) >= self.bounds.problems:
            self.problems.pop()
            self.unlisted += 1
        message += ": the rest is not counted, and nginx would hardly survive it either"
        self.problem(inclusion, directive, message)
        return _TreeSizeError()

    def is_full(self) -> bool:
        """Whether the list of problems is full; the problem at hand is then only counted."""
        full = len(self.problems) >= self.bounds.problems
        self.unlisted += full
        return full

    def problem(
        self,
        inclusion: Inclusion,
        directive: Directive,
        message: str,
        nginx: str | None = None,
    ) -> None:
        if self.is_full():
            return
        problem = Problem.at(inclusion, directive, message, nginx=nginx)
        if nginx and (line := inclusion.file.nginx_line(directive)) != problem.line:
            problem = problem._replace(line=line, column=None)
        self.problems.append(problem)


_WHOLE = {"events", "http", "stream", "mail"}
"""Blocks that only a main file can have."""

_NONE: dict[str, str] = {}


class _Verdicts(dict[tuple[str, str, bool], tuple[str, int, int]]):
    """A cache of _verdict() by its arguments: kind of block around, name, whether it is a block."""

    def __missing__(self, key: tuple[str, str, bool]) -> tuple[str, int, int]:
        verdict = _verdict(*key)
        if key[1] in blocks.KNOWN_NAMES:  # other names are anything
            self[key] = verdict
        return verdict


_verdicts = _Verdicts()


def _complaint(directive: Directive, parent: str, file: ParsedFile) -> str:
    """The error that ``ngx_conf_handler()`` has for a block or an include here, else ""."""
    name = directive.name
    complaint, least, most = _verdicts[parent, name, directive.body is not None]
    if complaint or (least <= 0 and most >= blocks.MANY):
        return complaint
    if least <= file.count_args(directive) <= most:
        return ""
    return f'invalid number of arguments in "{name}" directive'


def _verdict(parent: str, name: str, is_block: bool) -> tuple[str, int, int]:
    """The error for a directive whatever its arguments, and the least and most number of those."""
    if name == "include" or name in blocks.NO_BLOCKS.get(parent, ()):
        if is_block:
            return f'directive "{name}" is not terminated by ";"', 0, 0
        return "", 1, 1 if name == "include" else blocks.MANY
    if name not in blocks.CHILDREN.get(parent, _NONE):
        if name in blocks.KNOWN_NAMES:
            return f'"{name}" directive is not allowed here', 0, 0
        return "", 0, blocks.MANY
    if not is_block:
        return f'directive "{name}" has no opening "{{"', 0, 0
    return "", *blocks.ARGUMENTS.get(name, (0, blocks.MANY))


def _is_include(directive: Directive, block: Block) -> bool:
    """Whether nginx includes a file here; in a block of data the name is read as a C string."""
    name = directive.name
    return name == "include" or (block.kind == blocks.DATA and name.startswith(INCLUDE_KEY))


def _data_name(block: Block) -> str:
    """The name of a block of keys and values, empty for other blocks."""
    return block.directive.name if block.kind == blocks.DATA and block.directive else ""


def _cycle(inclusion: Inclusion, start: Inclusion, directive: Directive) -> list[str]:
    steps = [f"{start.file.name}"]
    reading: Inclusion | None = inclusion
    middle = []
    while reading is not None and reading is not start:
        middle.append(reading.file.name)
        reading = reading.parent
    middle = shortened(middle[::-1])
    return [*steps, *middle, start.file.name, f"(line {directive.line})"]


def _reason(error: OSError) -> str:
    """A system error as nginx writes it: "2: No such file or directory"."""
    if isinstance(error, BoundError) or error.errno is None:
        return error.strerror or str(error)
    return f"{error.errno}: {error.strerror or os.strerror(error.errno)}"
