"""All files of a configuration as one tree of blocks, includes expanded as nginx does.

A file is read and parsed once; each place that includes it gets its own blocks. A block sees its
own settings and those of the blocks around it.
"""

from __future__ import annotations

import errno
import os
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain
from operator import attrgetter
from typing import Any, Generic, TypeAlias, TypeVar

from nginx_memlint.config import blocks, glob
from nginx_memlint.config.ahead import Ahead
from nginx_memlint.config.bounds import DEFAULT_BOUNDS, BoundError, exceeded
from nginx_memlint.config.problems import Problem
from nginx_memlint.config.shapes import Shape
from nginx_memlint.config.source import Source
from nginx_memlint.config.syntax import Body, Directive, FileParser, ParsedFile
from nginx_memlint.config.tokens import TooDeepError, tokenize
from nginx_memlint.garbage import no_cyclic_gc

MAX_STEPS = 10
"""Names in a chain of includes that are given; it may have a thousand, of 4,096 bytes each."""

MAX_PATTERN_COST = 20_000
"""Some 10 seconds for malformed brackets of all patterns together."""

_Steps: TypeAlias = "Iterator[_Steps]"
"""Reading as a generator that yields what must be read before it goes on: blocks nest deeply."""


class Inclusion:
    """One reading of a file: which file, and the ``include`` directive that led there.

    ``kind`` is that of the block it is read into.
    """

    __slots__ = ("depth", "file", "kind", "parent", "via")

    def __init__(
        self,
        file: ParsedFile,
        via: Directive | None = None,
        parent: Inclusion | None = None,
        depth: int = 0,
        kind: str = blocks.MAIN,
    ) -> None:
        self.file = file
        self.via = via
        self.parent = parent
        self.depth = depth
        self.kind = kind

    def chain(self) -> tuple[str, ...]:
        """The includes that led here as "file:line", the outermost first."""
        steps = []
        here: Inclusion | None = self
        while here and here.parent and here.via:
            steps.append(f"{here.parent.file.name}:{here.via.line}")
            here = here.parent
        return tuple(_shortened(steps[::-1]))


class Setting:
    """A directive where it stands in the expanded configuration."""

    __slots__ = ("block", "directive", "inclusion")

    def __init__(self, directive: Directive, inclusion: Inclusion, block: Block) -> None:
        self.directive = directive
        self.inclusion = inclusion
        self.block = block

    @property
    def name(self) -> str:
        """The directive's name."""
        return self.directive.name

    @property
    def value(self) -> str:
        """Its first argument, empty if it has none."""
        return self.directive.args[0] if self.directive.args else ""

    @property
    def file(self) -> ParsedFile:
        """The file it is written in."""
        return self.inclusion.file

    @property
    def key(self) -> tuple[str, int]:
        """Identifies the directive as written, however often its file is included."""
        return self.inclusion.file.path, self.directive.token


STRIDE = 32
"""Blocks on the way outwards of which one keeps what was found."""


class Block:
    """A block in the expanded configuration.

    ``kind`` is from blocks.CHILDREN. ``parts`` are the bodies that make up its content: its own
    and those of included files. ``directive`` is None for the main context and for the context
    that a fragment is put in.
    """

    __slots__ = ("_own", "_seen", "children", "directive", "inclusion", "kind", "parent", "parts")

    size = 1
    """How many blocks it is: see Row."""

    def __init__(
        self,
        kind: str,
        directive: Directive | None,
        inclusion: Inclusion,
        parent: Block | None = None,
    ) -> None:
        self.kind = kind
        self.directive = directive
        self.inclusion = inclusion
        self.parent = parent
        body = directive.body if directive is not None else None
        self.parts: list[tuple[Body, Inclusion]] = [] if body is None else [(body, inclusion)]
        self.children = _NO_BLOCKS
        self._own: dict[str, list[Setting]] | None = None
        self._seen: dict[str, Setting | None] | None = None

    def copied(self, parent: Block | None) -> Block:
        """The same content in another tree, without the blocks in it."""
        other = object.__new__(Block)
        other.kind = self.kind
        other.directive = self.directive
        other.inclusion = self.inclusion
        other.parent = parent
        other.parts = self.parts
        other.children = _NO_BLOCKS
        other._own = other._seen = None
        return other

    def add(self, inner: Block | Row) -> None:
        """One more block in this one, or a row of them."""
        if self.children is _NO_BLOCKS:
            self.children = Blocks()
        self.children.add(inner)

    def own(self, name: str) -> list[Setting]:
        """The directives of a name that stand in this block itself. Ask when it is complete."""
        if self._own is not None and name in self._own:
            return self._own[name]
        known = [
            Setting(directive, inclusion, self)
            for body, inclusion in self.parts
            for directive in body.of(name)
        ]
        if len(self.parts) > 1:  # thousands of files, and all blocks below will ask
            self._own = self._own or {}
            self._own[name] = known
        return known

    def shapes(self) -> list[Shape]:
        """Those of its parts."""
        return [body.shape for body, _ in self.parts]

    def titles(self) -> list[Setting]:
        """What a server is known by: its server_name directives, or else its listen ones."""
        return self.own("server_name") or self.own("listen")

    def has(self, name: str) -> bool:
        """Whether a directive of this name stands in this block itself."""
        return any(name in body.shape.positions for body, _ in self.parts)

    def has_own(self, names: frozenset[str]) -> bool:
        """Whether any of these directives stands in this block itself."""
        return any(not names.isdisjoint(body.names) for body, _ in self.parts)

    def names(self) -> Iterator[str]:
        """The names of the directives in this block itself, each once a part."""
        for body, _ in self.parts:
            yield from body.names

    def effective(self, name: str) -> Setting | None:
        """The setting this block sees: its own or the nearest one around it. Ask as for own()."""
        block: Block | None = self
        found: Setting | None = None
        steps = 0
        passed = []
        while block is not None:
            parts = block.parts
            # a body of many parts has its own index, a single one that of its shape
            if (len(parts) != 1 or name in parts[0][0].shape.positions) and (
                own := block.own(name)
            ):
                found = own[0]
                break
            if block._seen is not None and name in block._seen:
                found = block._seen[name]
                break
            steps += 1
            if steps % STRIDE == 0:  # blocks may nest thousands deep, and each may ask
                passed.append(block)
            block = block.parent
        for inner in passed:
            inner._seen = inner._seen or {}
            inner._seen[name] = found
        return found

    def walk(self) -> Iterator[Block]:
        """This block and all below it, each before its children, in the order of the files."""
        return chain.from_iterable(member.each() for member in self.members())

    def members(self) -> Iterator[Block | Row]:
        """The same, those that are alike as rows."""
        pending: list[Block | Row] = [self]
        while pending:
            member = pending.pop()
            yield member
            pending += reversed(member.children.members)

    def each(self) -> Iterable[Block]:
        """This block alone: see Row."""
        return (self,)

    def ancestors(self) -> Iterator[Block]:
        """The blocks around this one, the nearest first."""
        block = self.parent
        while block is not None:
            yield block
            block = block.parent

    @property
    def label(self) -> str:
        """The block's name and arguments as in the file."""
        if self.directive is None:
            return self.kind
        return " ".join([self.directive.name, *self.directive.args])


class Row:
    """Blocks one after the other that are alike: what follows from names is true of all.

    They stand in one block and one file, are of one kind, have the same directives by name and no
    blocks in them. Each is made when somebody asks for it: of thousands, few are looked at.
    ``numbers`` are their directives', ``size`` is how many they are.
    """

    __slots__ = ("_made", "inclusion", "kind", "numbers", "parent", "size")

    def __init__(
        self,
        kind: str,
        numbers: range,
        inclusion: Inclusion,
        parent: Block,
        made: dict[int, Block] | None = None,
    ) -> None:
        self.kind = kind
        self.numbers = numbers
        self.size = len(numbers)
        self.inclusion = inclusion
        self.parent = parent
        self._made: dict[int, Block] = {} if made is None else made

    def copied(self, parent: Block | None) -> Row:
        """The same in another tree."""
        assert parent is not None
        return Row(self.kind, self.numbers, self.inclusion, parent)

    @property
    def children(self) -> Blocks:
        """The blocks in them: none."""
        return _NO_BLOCKS

    @property
    def shape(self) -> Shape:
        """That of all of them."""
        return self.inclusion.file.tokens.shapes[self.numbers[0]]

    def shapes(self) -> list[Shape]:
        """See Block."""
        return [self.shape]

    def has(self, name: str) -> bool:
        """See Block."""
        return name in self.shape.positions

    def each(self) -> Iterable[Block]:
        """All of them."""
        return map(self._block, self.numbers)

    def at(self, number: int) -> Block:
        """One of them."""
        return self._block(self.numbers[number])

    def part(self, start: int, stop: int) -> Row:
        """Some of them."""
        return Row(self.kind, self.numbers[start:stop], self.inclusion, self.parent, self._made)

    def _block(self, number: int) -> Block:
        block = self._made.get(number)
        if block is None:
            directive = self.inclusion.file.directive(number)
            block = self._made[number] = Block(self.kind, directive, self.inclusion, self.parent)
        return block


class Blocks(Sequence[Block]):
    """Blocks in the order of the files; ``members`` are those, or rows of them."""

    __slots__ = ("_known_starts", "_size", "members")

    def __init__(self, members: Iterable[Block | Row] = ()) -> None:
        self.members: list[Block | Row] = [*members]
        self._size = sum([member.size for member in self.members])
        self._known_starts: list[int] = []

    def add(self, member: Block | Row) -> None:
        """One more block at the end, or a row of them."""
        self.members.append(member)
        self._size += member.size

    def extend(self, others: Blocks) -> None:
        """More blocks at the end."""
        self.members += others.members
        self._size += len(others)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Block]:
        return chain.from_iterable(member.each() for member in self.members)

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401  a block, or several
        if isinstance(at, slice):
            return self._slice(*at.indices(self._size))
        number = at if at >= 0 else at + self._size
        if not 0 <= number < self._size:
            raise IndexError(at)
        starts = self.starts()
        place = bisect_right(starts, number) - 1
        member = self.members[place]
        return member if isinstance(member, Block) else member.at(number - starts[place])

    def _slice(self, start: int, stop: int, step: int) -> Blocks:
        if step != 1:
            return Blocks(self[number] for number in range(start, stop, step))
        starts = self.starts()
        found = Blocks()
        place = bisect_right(starts, start) - 1
        while start < stop:
            member = self.members[place]
            if isinstance(member, Row):
                member = member.part(max(start - starts[place], 0), stop - starts[place])
            found.add(member)
            place += 1
            start = starts[place] if place < len(starts) else stop
        return found

    def starts(self) -> list[int]:
        """The place of each of the members."""
        known = self._known_starts
        if len(known) != len(self.members):
            sizes = [member.size for member in self.members]
            known = self._known_starts = [0, *accumulate(sizes[:-1])]
        return known


_NO_BLOCKS = Blocks()
"""Of the many blocks that have none in them."""

T = TypeVar("T")


class Tree:
    """A configuration, and what kept it from being read.

    ``all_blocks`` are the main block and all below it, each before its children, in the order of
    the files. Relative paths are looked up in ``directory`` (``cycle->conf_prefix``).
    """

    def __init__(
        self,
        all_blocks: Blocks,
        source: Source,
        directory: str,
        problems: list[Problem],
        files: dict[str, ParsedFile],
        unlisted: int = 0,
    ) -> None:
        self.all_blocks = all_blocks
        self.main: Block = all_blocks[0]
        self.source = source
        self.directory = directory
        self.problems = problems
        self.files = files
        self.unlisted = unlisted
        """Problems beyond the bound."""
        self.looked_elsewhere = False
        """Whether anything was looked up in other places than ``source``."""
        self.memo: dict[str, Any] = {}
        """What was found out of this tree and is asked for again."""
        self._of_kinds: dict[Collection[str], Blocks] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._meeting: dict[str, tuple[frozenset[str], list[int]]] = {}

    @cached_property
    def servers(self) -> Nearest:
        """The server that a block is in, or is."""
        return Nearest(lambda block: "server" in block.kind)

    @cached_property
    def roots(self) -> Nearest:
        """The outermost block around a block, e.g. http; or itself."""
        return Nearest(lambda block: block.parent is None or block.parent.parent is None)

    @cached_property
    def _by_shape(self) -> dict[Shape, list[range]]:
        """Which of all blocks have a part of a shape."""
        found: dict[Shape, list[range]] = {}
        blocks = self.all_blocks
        for start, member in zip(blocks.starts(), blocks.members, strict=True):
            numbers = range(start, start + member.size)
            for shape in member.shapes():
                try:
                    found[shape].append(numbers)
                except KeyError:
                    found[shape] = [numbers]
        return found

    @cached_property
    def kinds(self) -> Counter[str]:
        """How many blocks there are of each kind."""
        found: Counter[str] = Counter()
        for member in self.all_blocks.members:
            found[member.kind] += member.size
        return found

    def blocks(self, *kinds: str) -> Iterator[Block]:
        """All blocks of these kinds."""
        return iter(self.of_kinds(frozenset(kinds)))

    def of_kinds(self, kinds: frozenset[str]) -> Blocks:
        """All blocks of these kinds."""
        found = self._of_kinds.get(kinds)
        if found is None:
            found = Blocks()
            if not kinds.isdisjoint(self.kinds):
                found = Blocks(m for m in self.all_blocks.members if m.kind in kinds)
            self._of_kinds[kinds] = found
        return found

    def having(self, names: Collection[str]) -> list[Block]:
        """The blocks in which a directive of one of these names stands, in their order."""
        return [self.all_blocks[number] for number in self.numbers_having(names)]

    @cached_property
    def _outermost(self) -> list[tuple[str, range]]:
        """The kinds of the blocks in the main one, and where they and all in them are."""
        members = zip(self.all_blocks.starts(), self.all_blocks.members, strict=True)
        found = [(start, member.kind) for start, member in members if member.parent is self.main]
        stops = [*(start for start, _ in found[1:]), len(self.all_blocks)]
        return [
            (kind, range(start, stop)) for (start, kind), stop in zip(found, stops, strict=False)
        ]

    def numbers_having(self, names: Collection[str]) -> list[int]:
        """The same as places in ``all_blocks``."""
        return self.numbers_where(_having(names))

    def meeting(
        self,
        key: str,
        names: frozenset[str],
        words: tuple[bytes, ...],
        condition: Callable[[Block], bool],
    ) -> Blocks:
        """Of having(names), the blocks that meet a condition; kept under a key.

        The condition must follow from the block's kind and its own directives of these names, and
        hold for none in which they have none of some lower-case words in them.
        """
        if key not in self._meeting:
            numbers: list[int] = []
            for row in self._where(_having(names)):
                first = self.all_blocks[row.start]
                if len(row) == 1 or any(
                    first.inclusion.file.may_say(name, words) for name in names
                ):
                    numbers += [n for n in row if condition(self.all_blocks[n])]
            self._meeting[key] = names, numbers
        return Blocks(self.all_blocks[number] for number in self._meeting[key][1])

    def replaced(self, blocks: Blocks, names: frozenset[str]) -> Tree:
        """The tree with other blocks, of the same kinds at the same places, in their order.

        They differ from those of this tree in directives of some names at most.
        """
        other = Tree(blocks, self.source, self.directory, self.problems, self.files)
        other.kinds = self.kinds
        other._meeting = {
            key: kept for key, kept in self._meeting.items() if kept[0].isdisjoint(names)
        }
        return other

    def where(self, condition: Callable[[Shape], bool]) -> list[Block]:
        """The blocks with a part whose names meet a condition, in their order."""
        return [self.all_blocks[number] for number in self.numbers_where(condition)]

    def numbers_where(self, condition: Callable[[Shape], bool]) -> list[int]:
        """The same as places in ``all_blocks``."""
        return [*chain.from_iterable(self._where(condition))]

    def _where(self, condition: Callable[[Shape], bool]) -> list[range]:
        """The same, the places of those that are alike together."""
        found: set[range] = set()
        for shape, rows in self._by_shape.items():
            if condition(shape):
                found.update(rows)
        return sorted(found, key=attrgetter("start"))

    def names_below(self, kind: str) -> frozenset[str]:
        """The names of all directives in the outermost blocks of a kind and what is in them."""
        if kind not in self._names:
            spans = [span for root, span in self._outermost if root == kind]
            shapes = [
                shape
                for shape, rows in self._by_shape.items()
                if any(row.start in span for span in spans for row in rows)
            ]
            self._names[kind] = frozenset(name for shape in shapes for name in shape.positions)
        return self._names[kind]


def _having(names: Collection[str]) -> Callable[[Shape], bool]:
    return lambda shape: not shape.positions.keys().isdisjoint(names)


class Inherited(Generic[T]):
    """What blocks inherit: found out once for all that have none of the names in themselves.

    ``find`` may ask a block for what it sees of these names, and for nothing else.
    """

    def __init__(self, names: Collection[str], find: Callable[[Block], T]) -> None:
        self._names = names
        self._find = find
        self._known: dict[Block, T] = {}
        self._shapes: dict[Shape, bool] = {}

    def of(self, block: Block) -> T:
        """What the block sees."""
        known = self._known
        holder = block
        passed = []
        while holder not in known:
            for body, _ in holder.parts:
                if self._decides(body.shape):
                    break
            else:
                if holder.parent is not None:
                    if holder.children:
                        passed.append(holder)
                    holder = holder.parent
                    continue
            known[holder] = self._find(holder)
        found = known[holder]
        for inner in passed:
            known[inner] = found
        return found

    def runs(self, blocks: Blocks) -> Iterator[tuple[T, Blocks]]:
        """What blocks see, and those one after the other that see it."""
        seeing: list[tuple[T, list[Block | Row]]] = []
        for seen, member in self._seen(blocks):
            if seeing and seeing[-1][0] is seen:
                seeing[-1][1].append(member)
            else:
                seeing.append((seen, [member]))
        return ((seen, Blocks(members)) for seen, members in seeing)

    def _seen(self, blocks: Blocks) -> Iterator[tuple[T, Block | Row]]:
        """What blocks see, those of a row together if they see the same."""
        for member in blocks.members:
            if isinstance(member, Block):
                yield self.of(member), member
            elif self._decides(member.shape):
                yield from ((self.of(block), block) for block in member.each())
            else:
                yield self.of(member.parent), member

    def _decides(self, shape: Shape) -> bool:
        """Whether a body of this shape has any of the names."""
        found = self._shapes.get(shape)
        if found is None:
            found = self._shapes[shape] = not shape.positions.keys().isdisjoint(self._names)
        return found


class Nearest:
    """The nearest block that meets a condition: a block itself or one around it, or None."""

    def __init__(self, condition: Callable[[Block], bool]) -> None:
        self._condition = condition
        self._known: dict[Block, Block | None] = {}

    def of(self, block: Block | Row) -> Block | None:
        """The nearest to this block, or to those of a row."""
        known = self._known
        passed = []
        here: Block | None = block if isinstance(block, Block) else block.parent
        while here is not None and here not in known:
            if self._condition(here):
                known[here] = here
                break
            if here.children:  # others will ask
                passed.append(here)
            here = here.parent
        found = None if here is None else known[here]
        for inner in passed:
            known[inner] = found
        return found


def build(
    source: Source,
    path: str,
    context: tuple[str, ...] = (),
    directory: str | None = None,
    parser: FileParser = ParsedFile,
    jobs: int = 1,
) -> Tree:
    """Read the configuration whose main file is at an absolute path.

    ``context`` names the blocks around a file that is not a whole configuration, e.g.
    ("http", "server"). Relative paths are in ``directory``, by default the main file's. ``parser``
    makes blocks of one file's tokens, ``jobs`` is the number of processes that read files, if there
    are many. Raises OSError if the main file cannot be read, and nothing else: what is wrong in the
    configuration is in ``Tree.problems``.
    """
    if directory is None:
        directory = path.rpartition("/")[0]
    with no_cyclic_gc(), Ahead(source, jobs - 1) as ahead:
        return _Builder(source, path, context, directory, parser, ahead).build()


class _TooLargeError(Exception):
    """The configuration is too large to be read on; the problem is reported."""


class _Builder:
    def __init__(
        self,
        source: Source,
        path: str,
        context: tuple[str, ...],
        directory: str,
        parser: FileParser,
        ahead: Ahead,
    ) -> None:
        self.source = source
        self.ahead = ahead
        self.bounds = source.bounds
        self.parser = parser
        self.directory = directory
        self.path = path
        self.context = context
        self.problems: list[Problem] = []
        self.unlisted = 0
        self.files: dict[tuple[str, bool], ParsedFile] = {}
        self.globs: dict[str, list[str]] = {}
        self.reported: set[int] = set()  # identities of syntax errors
        self.inclusions = 0
        self.pattern_cost = 0
        self.blocks = Blocks()
        self.most_blocks = 0

    def build(self) -> Tree:
        file = self.load(self.path, in_data_block=False)
        inclusion = Inclusion(file)
        block = Block(blocks.MAIN, None, inclusion)
        self.blocks.add(block)
        for name in self.context:
            kind = blocks.CHILDREN[block.kind][name]
            inner = Block(kind, None, inclusion, block)
            block.add(inner)
            self.blocks.add(inner)
            block = inner
        self.most_blocks = len(self.blocks) + self.bounds.blocks
        inclusion.kind = block.kind
        self.read(block, inclusion)
        files = {f.path: f for f in self.files.values()}
        tree = Tree(self.blocks, self.source, self.directory, self.problems, files, self.unlisted)
        if not self.context and file.error is None:
            self.check_whole(tree)
        return tree

    def load(self, path: str, *, in_data_block: bool) -> ParsedFile:
        key = (path, in_data_block)
        if key not in self.files:
            data = self.source.read(path)
            tokens = None if in_data_block else self.ahead.tokens(path, data)
            if tokens is None:
                depth = self.bounds.block_depth
                tokens = tokenize(data, in_data_block=in_data_block, max_depth=depth)
            self.files[key] = self.parser(path, self.source.shown(path), tokens)
        return self.files[key]

    def read(self, block: Block, inclusion: Inclusion) -> None:
        """Read a file into a block, in nginx's order, and all that it leads to."""
        pending = [self.read_file(block, inclusion)]
        try:
            while pending:
                inner = next(pending[-1], None)
                if inner is None:
                    pending.pop()
                else:
                    pending.append(inner)
        except _TooLargeError:
            return

    def read_file(self, block: Block, inclusion: Inclusion) -> _Steps:
        body = inclusion.file.body
        self.check_byte_order_mark(block, inclusion)
        block.parts.append((body, inclusion))
        yield self.read_body(block, body, inclusion)
        self.report_syntax(inclusion)

    def read_body(self, block: Block, body: Body, inclusion: Inclusion) -> _Steps:
        file = inclusion.file
        for numbers in body.branches():
            if len(numbers) > 1 and self.read_row(block, numbers, inclusion):
                continue
            for directive in map(file.directive, numbers):
                if directive.name == "include" and directive.body is None:
                    for path in self.include(directive, block, inclusion):
                        included = self.open(path, directive, block, inclusion)
                        if included is not None:
                            yield self.read_file(block, included)
                elif directive.body is None:
                    self.check(directive, block, inclusion)
                else:
                    kind = self.kind(directive, block, inclusion)
                    child = Block(kind, directive, inclusion, block)
                    block.add(child)
                    self.blocks.add(child)
                    if len(self.blocks) > self.most_blocks:
                        what = f"the configuration has more than {self.bounds.blocks:,} blocks"
                        raise self.too_large(exceeded(what, "blocks"), inclusion, directive)
                    if directive.body.shape.branches:
                        yield self.read_body(child, directive.body, inclusion)

    def read_row(self, block: Block, numbers: range, inclusion: Inclusion) -> bool:
        """Read blocks that are alike, if there is nothing to say about any of them."""
        tokens = inclusion.file.tokens
        name = tokens.names[numbers[0]]
        kind = blocks.CHILDREN.get(block.kind, _NONE).get(name)
        if kind is None or kind not in blocks.IN_ROWS:
            return False
        if len(self.blocks) + len(numbers) > self.most_blocks:
            return False
        complaint, least, most = _verdict_on(block.kind, name, is_block=True)
        if complaint or not tokens.have_args(numbers, least, most):
            return False
        row = Row(kind, numbers, inclusion, block)
        block.add(row)
        self.blocks.add(row)
        return True

    def kind(self, directive: Directive, parent: Block, inclusion: Inclusion) -> str:
        if parent.kind in (blocks.OPAQUE, blocks.DATA):
            return blocks.OPAQUE
        kind = blocks.CHILDREN.get(parent.kind, _NONE).get(directive.name)
        if self.check(directive, parent, inclusion) and kind is None:
            message = f'block "{directive.name}" is not known: what it holds is not counted'
            self.problem(inclusion, directive, message)
        return kind or blocks.OPAQUE

    def check(self, directive: Directive, parent: Block, inclusion: Inclusion) -> bool:
        """Report what nginx has against a block or an include standing in this block."""
        if parent.kind in (blocks.OPAQUE, blocks.DATA) and directive.name != "include":
            return True
        complaint = _complaint(directive, parent.kind, inclusion.file)
        if complaint:
            misplaced = parent.kind == blocks.MAIN and complaint.endswith("not allowed here")
            hint = self.fragment_hint() if misplaced else ""
            self.problem(inclusion, directive, complaint + hint, complaint)
        return not complaint

    def fragment_hint(self) -> str:
        """The option to suggest, unless the main file is one."""
        body = self.load(self.path, in_data_block=False).body
        if self.context or not _WHOLE.isdisjoint(body.names):
            return ""
        return f"; if this file is a fragment, say where it belongs: --context {_context(body)}"

    def check_byte_order_mark(self, block: Block, inclusion: Inclusion) -> None:
        """nginx takes a byte order mark for a part of the first name in a file."""
        name = next(iter(inclusion.file.tokens.names), "")
        if name.startswith("\ufeff") and block.kind not in (blocks.OPAQUE, blocks.DATA):
            nginx = f'unknown directive "{name}"'
            message = f"the file begins with a byte order mark, which nginx rejects: {nginx}"
            self.problem(inclusion, inclusion.file.directive(0), message, nginx)

    def include(self, directive: Directive, block: Block, inclusion: Inclusion) -> list[str]:
        """The paths an include leads to."""
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
        """An include's argument as ``ngx_conf_full_name()`` makes it."""
        path = include.args[0].partition("\0")[0]
        return path if path.startswith("/") else f"{self.directory}/{path}"

    def has_no_glob(self, last: Directive, inclusion: Inclusion, start: Inclusion) -> bool:
        """Whether the includes from one reading of a file to another are of plain names."""
        here: Inclusion | None = inclusion
        steps = [last]
        while here is not None and here is not start and here.via:
            steps.append(here.via)
            here = here.parent
        return not any(glob.has_magic(self.full_path(step)) for step in steps)

    def glob(self, pattern: str, directive: Directive, inclusion: Inclusion) -> list[str]:
        if pattern not in self.globs:
            self.pattern_cost += glob.cost(pattern)
            try:
                if self.pattern_cost > MAX_PATTERN_COST:
                    raise OSError(errno.EINVAL, "there are too many malformed brackets")
                self.globs[pattern] = glob.expand(self.source, pattern)
                self.ahead.expect(self.globs[pattern])
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
        if (start := _same_reading(path, block, inclusion)) is not None:
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
        except BoundError as error:
            self.problem(inclusion, directive, f'include: "{path}" is not read: {error.strerror}')
            return None
        except OSError as error:
            call = "pread" if error.errno == errno.EISDIR else "open"
            nginx = f'{call}() "{path}" failed ({_reason(error)})'
            self.problem(inclusion, directive, f"include: {nginx}", nginx)
            return None
        return Inclusion(file, directive, inclusion, inclusion.depth + 1, block.kind)

    def report_syntax(self, inclusion: Inclusion) -> None:
        """Report a file's syntax error, once however often it is included."""
        file = inclusion.file
        error = file.error
        if error is None or id(error) in self.reported:
            return
        self.reported.add(id(error))
        if self.is_full():
            return
        column = file.tokens.column_of(min(error.offset, len(file.tokens.data)))
        self.problems.append(
            Problem(
                error.message,
                file.name,
                error.line,
                column,
                nginx=None if isinstance(error, TooDeepError) else error.message,
                chain=inclusion.chain(),
            )
        )

    def check_whole(self, tree: Tree) -> None:
        """Say so if this is no whole configuration (``ngx_event_init_conf()``)."""
        names = set(tree.main.names())
        if "events" in names:
            return
        message = nginx = 'no "events" section in configuration'
        message += self.fragment_hint() if names else ": the file is empty"
        self.problems.append(Problem(message, tree.main.inclusion.file.name, nginx=nginx))

    def too_large(self, message: str, inclusion: Inclusion, directive: Directive) -> _TooLargeError:
        if len(self.problems) >= self.bounds.problems:
            self.problems.pop()
            self.unlisted += 1
        message += ": the rest is not counted, and nginx would hardly survive it either"
        self.problem(inclusion, directive, message)
        return _TooLargeError()

    def is_full(self) -> bool:
        """Whether a further problem is only counted."""
        full = len(self.problems) >= self.bounds.problems
        self.unlisted += full
        return full

    def problem(
        self,
        inclusion: Inclusion,
        directive: Directive | None,
        message: str,
        nginx: str | None = None,
    ) -> None:
        if self.is_full():
            return
        file = inclusion.file
        span = file.span(directive) if directive else None
        line = span.line if span else None
        if directive and nginx:
            line = file.nginx_line(directive)
        self.problems.append(
            Problem(
                message,
                file.name,
                line,
                span.column if span and span.line == line else None,
                nginx=nginx,
                chain=inclusion.chain(),
            )
        )


_WHOLE = {"events", "http", "stream", "mail"}
"""Blocks that only a main file has."""

_STREAM_ONLY = {"proxy_pass", "ssl_preread", "preread_by_lua_block", "preread_by_lua_file"}
"""Of the directives of a ``server``, what only one in ``stream`` can have."""

_TELLING = {
    "server": "http",
    "upstream": "http",
    "limit_except": "http,server,location",
    "proxy_pass": "http,server,location",
    "location": "http,server",
    "listen": "http,server",
    "server_name": "http,server",
    "if": "http,server",
}
"""Name in a fragment → the --context in which it may stand; the first that is there decides."""


def _context(body: Body) -> str:
    for server in body.of("server"):
        if server.body and not _STREAM_ONLY.isdisjoint(server.body.names):
            return "stream"
    return next((context for name, context in _TELLING.items() if name in body.names), "http")


_NONE: dict[str, str] = {}
_verdicts: dict[tuple[str, str, bool], tuple[str, int, int]] = {}


def _complaint(directive: Directive, parent: str, file: ParsedFile) -> str:
    """What ``ngx_conf_handler()`` says of a block or an include in a kind of block, or nothing."""
    name = directive.name
    complaint, least, most = _verdict_on(parent, name, is_block=directive.body is not None)
    if complaint or (least <= 0 and most >= blocks.MANY):
        return complaint
    if least <= file.count_args(directive) <= most:
        return ""
    return f'invalid number of arguments in "{name}" directive'


def _verdict_on(parent: str, name: str, *, is_block: bool) -> tuple[str, int, int]:
    """What is wrong with a directive whatever its arguments, and how many it may have."""
    key = (parent, name, is_block)
    verdict = _verdicts.get(key)
    if verdict is None:
        verdict = _verdict(*key)
        if name in blocks.KNOWN_NAMES:  # other names are anything
            _verdicts[key] = verdict
    return verdict


def _verdict(parent: str, name: str, is_block: bool) -> tuple[str, int, int]:
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


def _data_name(block: Block) -> str:
    """The name of a block of keys and values, empty for other blocks."""
    return block.directive.name if block.kind == blocks.DATA and block.directive else ""


def _same_reading(path: str, block: Block, inclusion: Inclusion) -> Inclusion | None:
    """The reading of a file, among those that led here, that would be repeated.

    In another kind of block it is not the same: nginx may find something else wrong first.
    """
    here: Inclusion | None = inclusion
    while here is not None and (here.file.path != path or here.kind != block.kind):
        here = here.parent
    return here


def _cycle(inclusion: Inclusion, start: Inclusion, directive: Directive) -> list[str]:
    steps = [f"{start.file.name}"]
    here: Inclusion | None = inclusion
    middle = []
    while here is not None and here is not start:
        middle.append(here.file.name)
        here = here.parent
    middle = _shortened(middle[::-1])
    return [*steps, *middle, start.file.name, f"(line {directive.line})"]


def _shortened(steps: list[str]) -> list[str]:
    """The first and last of many steps."""
    half = MAX_STEPS // 2
    if len(steps) <= MAX_STEPS:
        return steps
    return [*steps[:half], f"{len(steps) - 2 * half:,} more", *steps[-half:]]


def _reason(error: OSError) -> str:
    """nginx's form of a system error: "2: No such file or directory"."""
    if isinstance(error, BoundError) or error.errno is None:
        return error.strerror or str(error)
    return f"{error.errno}: {error.strerror or os.strerror(error.errno)}"
