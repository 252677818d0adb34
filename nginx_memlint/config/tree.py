"""A configuration as one tree of blocks, includes expanded as nginx does.

A block sees its own settings and those of the blocks around it. Blocks that are alike stand in the
tree as rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import Any, Generic, TypeVar

from nginx_memlint.config import blocks
from nginx_memlint.config.bounds import DEFAULT_BOUNDS, Work
from nginx_memlint.config.grammar import kind_in
from nginx_memlint.config.problems import Problem
from nginx_memlint.config.shapes import Shape
from nginx_memlint.config.source import Source
from nginx_memlint.config.syntax import Body, Directive, ParsedFile

MAX_STEPS = 10
"""Names in a chain of includes that are given; it may have a thousand, of 4,096 bytes each."""


class Inclusion:
    """One reading of a file: which file, and the ``include`` directive that led there.

    ``kind`` is that of the block it is read into.
    """

    __slots__ = ("depth", "file", "kind", "parent", "via", "work")

    def __init__(
        self,
        file: ParsedFile,
        via: Directive | None = None,
        parent: Inclusion | None = None,
        depth: int = 0,
        kind: str = blocks.MAIN,
        work: Work | None = None,
    ) -> None:
        self.work: Work = work or (parent.work if parent else Work(DEFAULT_BOUNDS.steps))
        """Counts the steps taken for the whole configuration."""
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
        return tuple(shortened(steps[::-1]))


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

    __slots__ = (
        "_by_name",
        "_own",
        "_seen",
        "children",
        "directive",
        "inclusion",
        "kind",
        "parent",
        "parts",
    )

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
        self._by_name: dict[str, list[tuple[Body, Inclusion]]] | None = None
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
        other._by_name = None
        other._own = other._seen = None
        return other

    def add(self, inner: Block | Row) -> None:
        """One more block in this one, or a row of them."""
        if self.children is _NO_BLOCKS:
            self.children = Blocks()
        self.children.add(inner)

    def own(self, name: str) -> list[Setting]:
        """The directives of a name that stand in this block itself. Ask when it is complete."""
        if self.kind in blocks.WITHOUT_SETTINGS:
            return []
        if self._own is not None and name in self._own:
            return self._own[name]
        known = [
            Setting(directive, inclusion, self)
            for body, inclusion in self._having(name)
            for directive in body.of(name)
        ]
        self.inclusion.work.take(1 + len(known))
        # there may be thousands of either, and all blocks below will ask
        if len(self.parts) > 1 or len(known) > 1:
            self._own = self._own or {}
            self._own[name] = known
        return known

    def shapes(self) -> list[Shape]:
        """Those of its parts."""
        return [body.shape for body, _ in self.parts]

    def _having(self, name: str) -> Sequence[tuple[Body, Inclusion]]:
        """The parts in which a directive of a name may stand: thousands may be asked for names."""
        if len(self.parts) <= 1:
            return self.parts
        if self._by_name is None:
            self._by_name = {}
            for body, inclusion in self.parts:
                self.inclusion.work.take(1 + len(body.names))
                for own in body.names:
                    self._by_name.setdefault(own, []).append((body, inclusion))
        return self._by_name.get(name, ())

    def titles(self) -> list[Setting]:
        """What a server is known by: its server_name directives, or else its listen ones."""
        return self.own("server_name") or self.own("listen")

    def has(self, name: str) -> bool:
        """Whether a directive of this name stands in this block itself."""
        return name in self.names()

    def has_own(self, names: frozenset[str]) -> bool:
        """Whether any of these directives stands in this block itself."""
        self.inclusion.work.take(len(self.parts))
        return self.kind not in blocks.WITHOUT_SETTINGS and any(
            not names.isdisjoint(body.names) for body, _ in self.parts
        )

    def names(self) -> Iterator[str]:
        """The names of the directives in this block itself, each once a part."""
        if self.kind not in blocks.WITHOUT_SETTINGS:
            for body, _ in self.parts:
                self.inclusion.work.take(len(body.names))
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
        self.inclusion.work.take(steps + 1)
        for inner in passed:
            inner._seen = inner._seen or {}
            inner._seen[name] = found
        return found

    def walk(self) -> Iterator[Block]:
        """This block and all below it, each before its children, in the order of the files."""
        return chain.from_iterable(member.each() for member in self.members())

    def members(self) -> Iterator[Block | Row]:
        """The same, those that are alike as rows."""
        work = self.inclusion.work
        pending: list[Block | Row] = [self]
        while pending:
            member = pending.pop()
            work.take()
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
    def grammar_kind(self) -> str:
        """The kind that decides which directives may stand in it."""
        return kind_in(self.parent.kind, self.kind) if self.parent is not None else self.kind

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

    def pick(self, numbers: Iterable[int]) -> Iterator[Block]:
        """The blocks at some places."""
        has_rows = len(self.members) < self._size
        at: Any = self.__getitem__ if has_rows else self.members.__getitem__
        return map(at, numbers)

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
            known = self._known_starts = [0, *accumulate(sizes)][:-1]
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
        self.memo: dict[str, Any] = {}
        """What was found out of this tree and is asked for again."""
        self._of_kinds: dict[Collection[str], Blocks] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._meeting: dict[str, tuple[frozenset[str], list[int]]] = {}

    @property
    def work(self) -> Work:
        """The steps taken for the configuration, with all trees that are made of it."""
        return self.main.inclusion.work

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
                found = Blocks([m for m in self.all_blocks.members if m.kind in kinds])
            self._of_kinds[kinds] = found
        return found

    def having(self, names: Collection[str]) -> list[Block]:
        """The blocks in which a directive of one of these names stands, in their order."""
        return [*self.all_blocks.pick(self.numbers_having(names))]

    @cached_property
    def _outermost(self) -> list[tuple[str, slice]]:
        """The kinds of the blocks in the main one, and which members they and all in them are."""
        members = self.all_blocks.members
        found = [n for n, member in enumerate(members) if member.parent is self.main]
        stops = [*found[1:], len(members)]
        spans = map(slice, found, stops)
        return [(members[span.start].kind, span) for span in spans]

    def numbers_having(self, names: Collection[str]) -> list[int]:
        """The same as places in ``all_blocks``."""
        return self.numbers_where(_Having(names).__getitem__)

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
            blocks = self.all_blocks
            numbers: list[int] = []
            for row in self._where(_Having(names).__getitem__):
                if len(row) > 1:
                    file = blocks[row.start].inclusion.file
                    if not any(file.may_say(name, words) for name in names):
                        continue
                found = zip(row, blocks.pick(row), strict=True)
                numbers += [number for number, block in found if condition(block)]
            self._meeting[key] = names, numbers
        return Blocks(self.all_blocks.pick(self._meeting[key][1]))

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

    def numbers_where(self, condition: Callable[[Shape], bool]) -> list[int]:
        """The places of the blocks with a part whose names meet a condition, in their order."""
        return [*chain.from_iterable(self._where(condition))]

    def _where(self, condition: Callable[[Shape], bool]) -> list[range]:
        """The same, the places of those that are alike together."""
        found: dict[int, range] = {}
        for shape, rows in self._by_shape.items():
            if condition(shape):
                found.update((row.start, row) for row in rows)
        return [found[start] for start in sorted(found)]

    def names_below(self, kind: str) -> frozenset[str]:
        """The names of all directives in the outermost blocks of a kind and what is in them.

        Keys of a map, and what stands in blocks of unknown modules, are none.
        """
        if kind not in self._names:
            spans = [span for root, span in self._outermost if root == kind]
            members = chain.from_iterable(map(self.all_blocks.members.__getitem__, spans))
            shapes = {
                shape
                for member in members
                if member.kind not in blocks.WITHOUT_SETTINGS
                for shape in member.shapes()
            }
            self._names[kind] = frozenset(name for shape in shapes for name in shape.positions)
        return self._names[kind]


class _Having(dict[Shape, bool]):
    """Shape → whether a directive of some names is in it."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def __missing__(self, shape: Shape) -> bool:
        found = self[shape] = not shape.positions.keys().isdisjoint(self._names)
        return found


class Inherited(Generic[T]):
    """What blocks inherit: found out once for all that have none of the names in themselves.

    ``find`` may ask a block for what it sees of these names, and for nothing else.
    """

    def __init__(self, names: Collection[str], find: Callable[[Block], T]) -> None:
        self._decides = _Having(names)
        self._find = find
        self._known: dict[Block, T] = {}

    def of(self, block: Block) -> T:
        """What the block sees."""
        known, decides = self._known, self._decides
        holder = block
        passed = []
        while holder not in known:
            for body, _ in holder.parts:
                if decides[body.shape]:
                    break
            else:
                if holder.parent is not None:
                    if holder.children:
                        passed.append(holder)
                    holder = holder.parent
                    continue
            known[holder] = self._find(holder)
        found = known[holder]
        block.inclusion.work.take(1 + len(passed))
        for inner in passed:
            known[inner] = found
        return found

    def runs(self, blocks: Blocks) -> list[tuple[T, Blocks]]:
        """What blocks see, and those one after the other that see it."""
        found: list[tuple[T, list[Block | Row]]] = []
        for member in self._apart(blocks):
            seen = self.of(member if isinstance(member, Block) else member.parent)
            if found and found[-1][0] is seen:
                found[-1][1].append(member)
            else:
                found.append((seen, [member]))
        return [(seen, Blocks(members)) for seen, members in found]

    def _apart(self, blocks: Blocks) -> Iterator[Block | Row]:
        """Blocks, and the rows of those that see what the block around them does."""
        for member in blocks.members:
            if isinstance(member, Row) and self._decides[member.shape]:
                yield from member.each()
            else:
                yield member


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
        block.inclusion.work.take(1 + len(passed))
        for inner in passed:
            known[inner] = found
        return found


def shortened(steps: list[str]) -> list[str]:
    """The first and last of many steps."""
    half = MAX_STEPS // 2
    if len(steps) <= MAX_STEPS:
        return steps
    return [*steps[:half], f"{len(steps) - 2 * half:,} more", *steps[-half:]]
