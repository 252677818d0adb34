"""The blocks and directives of a configuration where they stand once includes are expanded.

A block sees its own settings and those of the blocks around it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain
from operator import attrgetter

from nginx_memlint.files.bounds import DEFAULT_BOUNDS, Work
from nginx_memlint.problems import Problem
from nginx_memlint.syntax.directives import Body, Directive, ParsedFile
from nginx_memlint.syntax.tokens import BeyondBoundError, ConfSyntaxError, Tokens
from nginx_memlint.tree import blocks
from nginx_memlint.tree.grammar import kind_in

MAX_STEPS = 10
"""Names in a chain of includes that are printed: it may have a thousand, of 4,096 bytes each."""


class Inclusion:
    """One reading of a file: which file, and the ``include`` directive that led to it.

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
        """Counts the steps of work for the whole configuration."""
        self.file = file
        self.via = via
        self.parent = parent
        self.depth = depth
        self.kind = kind

    def chain(self) -> tuple[str, ...]:
        """The includes through which the file was read, as "file:line", the outermost first."""
        steps = []
        inclusion: Inclusion | None = self
        while inclusion and inclusion.parent and inclusion.via:
            steps.append(f"{inclusion.parent.file.name}:{inclusion.via.line}")
            inclusion = inclusion.parent
        return tuple(shortened(steps[::-1]))

    def rejected(self, error: ConfSyntaxError, tokens: Tokens) -> Problem:
        """The problem of a text that nginx rejects, as that of the file."""
        column = tokens.column_of(min(error.offset, len(tokens.data)))
        nginx = None if isinstance(error, BeyondBoundError) else error.message
        name, chain = self.file.name, self.chain()
        return Problem(error.message, name, error.line, column, nginx=nginx, chain=chain)


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
        """The directive's first argument, empty if it has none."""
        return self.directive.args[0] if self.directive.args else ""

    @property
    def file(self) -> ParsedFile:
        """The file that the directive is written in."""
        return self.inclusion.file

    @property
    def key(self) -> tuple[str, int]:
        """Identifies the directive as written, however often its file is included."""
        return self.inclusion.file.path, self.directive.token


KEPT_STEPS = 20
"""Steps of work that a cached setting counts for, since it takes memory, too."""

STRIDE = 32
"""Every how many blocks, going outwards, an inherited setting is cached."""


class Block:
    """A block in the expanded configuration.

    ``kind`` is from blocks.CHILDREN, ``grammar_kind`` the kind in grammar.py's tables. ``parts``
    are the bodies that make up its content: its own and those of included files. ``directive`` is
    None for the main context and for the context that a fragment is put in.
    """

    __slots__ = (
        "_by_name",
        "_seen",
        "_settings",
        "children",
        "directive",
        "grammar_kind",
        "inclusion",
        "kind",
        "parent",
        "parts",
    )

    def __init__(
        self,
        kind: str,
        directive: Directive | None,
        inclusion: Inclusion,
        parent: Block | None = None,
    ) -> None:
        self.kind = kind
        self.grammar_kind = kind if parent is None else kind_in(parent.kind, kind)
        self.directive = directive
        self.inclusion = inclusion
        self.parent = parent
        self.begin_anew()

    def begin_anew(self) -> None:
        """Be without inner blocks and included files, as before they are read."""
        body = self.directive.body if self.directive is not None else None
        self.parts: list[tuple[Body, Inclusion]] = [] if body is None else [(body, self.inclusion)]
        self.children: Sequence[Block] = ()
        self._by_name: dict[str, list[list[int]]] | None = None
        self._settings: dict[str, list[Setting]] | None = None
        self._seen: dict[str, Setting | None] | None = None

    def copied(self, parent: Block | None) -> Block:
        """A block of the same kind and content for another tree, without its inner blocks."""
        other = object.__new__(Block)
        other.kind = self.kind
        other.grammar_kind = self.grammar_kind
        other.directive = self.directive
        other.inclusion = self.inclusion
        other.parent = parent
        other.parts = self.parts
        other.children = ()
        other._by_name = None
        other._settings = other._seen = None
        return other

    def forget(self) -> None:
        """Look directives up anew, here and in the blocks around this one."""
        self._by_name = self._settings = self._seen = None

    def add(self, inner: Block) -> None:
        """Append a block to those inside this one."""
        if isinstance(self.children, list):
            self.children.append(inner)
        else:
            self.children = [inner]

    def settings(self, name: str) -> list[Setting]:
        """The directives of a name in this block itself; it must be complete by then."""
        if self._settings is not None and name in self._settings:
            return self._settings[name]
        if self.kind in blocks.WITHOUT_SETTINGS:
            return []
        is_whole = len(self.parts) <= 1
        settings = [
            Setting(directive, inclusion, self)
            for body, inclusion in (self.parts if is_whole else self._having(name))
            for directive in body.of(name)
        ]
        if is_whole and not settings:
            return settings
        self.inclusion.work.take(len(settings) * (1 if is_whole else KEPT_STEPS))
        # there may be thousands of either, and all blocks below will ask
        if not is_whole or len(settings) > 1:
            self._settings = self._settings or {}
            self._settings[name] = settings
        return settings

    def directives(self, name: str) -> list[Directive]:
        """The directives of settings(), for who asks once: nothing is cached."""
        if self.kind in blocks.WITHOUT_SETTINGS:
            return []
        if len(self.parts) == 1:
            directives = self.parts[0][0].of(name)
        else:
            directives = [d for body, _ in self._having(name) for d in body.of(name)]
        self.inclusion.work.take(len(directives))
        return directives

    def inside(self, name: str) -> list[Setting]:
        """The directives of a name in a block that a module reads by itself; of others, none."""
        if self.kind not in blocks.OF_MODULES:
            return []
        return [
            Setting(directive, inclusion, self)
            for body, inclusion in self._having(name)
            for directive in body.of(name)
        ]

    def in_order(self, names: Collection[str]) -> Iterator[Setting]:
        """The directives of some names in this block itself, in nginx's order.

        Directives of an included file come where the include stands.
        """
        if self.kind in blocks.WITHOUT_SETTINGS or not self.parts:
            return
        brought: dict[Inclusion, list[tuple[int, Body, Inclusion]]] = {}
        for body, inclusion in self.parts[1:]:
            if inclusion.parent is not None and inclusion.via is not None:
                place = inclusion.via.token
                brought.setdefault(inclusion.parent, []).append((place, body, inclusion))
        pending = [self._merged(*self.parts[0], names, brought)]
        while pending:  # no recursion: includes nest deeply
            step = next(pending[-1], None)
            if step is None:
                pending.pop()
            elif isinstance(step, Setting):
                yield step
            else:
                pending.append(self._merged(*step, names, brought))

    def _merged(
        self,
        body: Body,
        inclusion: Inclusion,
        names: Collection[str],
        brought: dict[Inclusion, list[tuple[int, Body, Inclusion]]],
    ) -> Iterator[Setting | tuple[Body, Inclusion]]:
        """The directives of some names in one part, and the parts that it includes, in order."""
        included = brought.get(inclusion, [])
        self.inclusion.work.take(1 + len(included))
        place = 0
        for directive in sorted(
            (directive for name in names if name in body.named for directive in body.of(name)),
            key=attrgetter("token"),
        ):
            self.inclusion.work.take()
            while place < len(included) and included[place][0] < directive.token:
                yield included[place][1:]
                place += 1
            yield Setting(directive, inclusion, self)
        for _, inner, inner_inclusion in included[place:]:
            yield inner, inner_inclusion

    def _having(self, name: str) -> Sequence[tuple[Body, Inclusion]]:
        """The parts that have a directive of a name; an index serves thousands of parts."""
        if self._by_name is None:  # a file that is included again is looked at once
            places: dict[Body, list[int]] = {}
            for place, (body, _) in enumerate(self.parts):
                places.setdefault(body, []).append(place)
            self._by_name = {}
            for body, numbers in places.items():
                for written in body.named:
                    self._by_name.setdefault(written, []).append(numbers)
        numbers = sorted(chain.from_iterable(self._by_name.get(name, ())))
        return [self.parts[place] for place in numbers]

    def titles(self) -> list[Setting]:
        """The directives that name a server to people: server_name, or else listen."""
        return self.settings("server_name") or self.settings("listen")

    def has(self, name: str) -> bool:
        """Whether a directive of a name stands in this block itself."""
        return self.has_any({name})

    def has_any(self, names: Collection[str]) -> bool:
        """Whether any directive of some names stands in this block itself."""
        self.inclusion.work.take(len(self.parts))
        return self.kind not in blocks.WITHOUT_SETTINGS and any(
            directive.name in names for body, _ in self.parts for directive in body.directives
        )

    def names(self) -> Iterator[str]:
        """The names of the directives in this block itself; a name may come once for each part."""
        if self.kind not in blocks.WITHOUT_SETTINGS:
            for body, _ in self.parts:
                self.inclusion.work.take(len(body.named))
                yield from body.named

    def effective(self, name: str) -> Setting | None:
        """The setting of a name that this block sees: its own or the nearest one around it.

        To be called when the blocks are complete.
        """
        block: Block | None = self
        setting: Setting | None = None
        steps = 0
        passed = []
        while block is not None:
            if settings := block.settings(name):
                setting = settings[0]
                break
            if block._seen is not None and name in block._seen:
                setting = block._seen[name]
                break
            steps += 1
            if steps % STRIDE == 0:  # blocks may nest thousands deep, and each may ask
                passed.append(block)
            block = block.parent
        self.inclusion.work.take(steps + 1)
        for inner in passed:
            inner._seen = inner._seen or {}
            inner._seen[name] = setting
        return setting

    def walk(self) -> Iterator[Block]:
        """This block and all blocks below it, each before its children, in file order."""
        pending = [self]
        while pending:
            block = pending.pop()
            self.inclusion.work.take()
            yield block
            pending += reversed(block.children)

    def ancestors(self) -> Iterator[Block]:
        """The blocks around this one, from the nearest outwards."""
        block = self.parent
        while block is not None:
            yield block
            block = block.parent

    @property
    def label(self) -> str:
        """The block's name and arguments as written in the file."""
        if self.directive is None:
            return self.kind
        return " ".join([self.directive.name, *self.directive.args])


class Nearest:
    """The nearest block that meets a condition: a block itself or one around it, or None."""

    def __init__(self, condition: Callable[[Block], bool]) -> None:
        self._condition = condition
        self._nearest: dict[Block, Block | None] = {}

    def of(self, block: Block) -> Block | None:
        """The nearest block to this one that meets the condition, else None."""
        nearest = self._nearest
        passed = []
        around: Block | None = block
        while around is not None and around not in nearest:
            if self._condition(around):
                nearest[around] = around
                break
            if around.children:  # others will ask
                passed.append(around)
            around = around.parent
        answer = None if around is None else nearest[around]
        block.inclusion.work.take(1 + len(passed))
        for inner in passed:
            nearest[inner] = answer
        return answer


def shortened(steps: list[str]) -> list[str]:
    """The first and last of many steps, with a count in the place of those between."""
    half = MAX_STEPS // 2
    if len(steps) <= MAX_STEPS:
        return steps
    return [*steps[:half], f"{len(steps) - 2 * half:,} more", *steps[-half:]]
