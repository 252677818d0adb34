"""One file's bytes to directives and the bodies of its blocks.

The tree is that of crossplane's parser, built in a part of its time: crossplane_parser.py makes
the same one with crossplane, and the tests compare both. Directives and bodies are views of the
lists in Tokens, made when somebody asks for them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, KeysView
from typing import TypeAlias

from nginx_memlint.config.shapes import BLOCK_MARK, BRANCH_NAMES, Shape, shape_of
from nginx_memlint.config.tokens import MAX_COLUMN, ConfSyntaxError, Tokens, tokenize

INSERTED = -1
"""Directive.token of a directive that stands in no file yet."""


class Directive:
    """One directive: its name, and which of the file's directives it is.

    ``body`` is None unless it ended with ``{``. The parentheses of an ``if`` are not in ``args``.
    """

    __slots__ = ("_args", "_file", "_number", "body", "name", "token")

    def __init__(self, file: ParsedFile, number: int) -> None:
        tokens = file.tokens
        self.name = tokens.names[number]
        self.token = number
        """Its number in the file, in the order of the directives; INSERTED of a copy."""
        stop = tokens.stops[number]
        self.body = Body(file, number + 1, stop, tokens.shapes[number]) if stop else None
        self._file = file
        self._number = number
        self._args: tuple[str, ...] | None = None

    def copy(self) -> Directive:
        """The same words, to be put where they stand in no file yet."""
        other = Directive(self._file, self._number)
        other.token = INSERTED
        return other

    @property
    def args(self) -> tuple[str, ...]:
        """The arguments, without quotes and with nginx's escapes resolved."""
        if self._args is None:
            self._args = self._file.args(self._number)
        return self._args

    @property
    def line(self) -> int:
        """The 1-based line where the name starts."""
        tokens = self._file.tokens
        return tokens.line_of(tokens.starts[self._number])

    @property
    def text(self) -> bytes:
        """The directive as it is written, without what ends it."""
        tokens = self._file.tokens
        return tokens.data[tokens.starts[self._number] : tokens.heads[self._number]]


class Body:
    """The content of a block or a file: directives in order."""

    __slots__ = ("_directives", "_file", "_first", "_known_numbers", "_stop", "shape")

    def __init__(self, file: ParsedFile, first: int, stop: int, shape: Shape) -> None:
        self._file = file
        self._first = first
        self._stop = stop
        self.shape = shape
        self._directives: list[Directive] | None = None
        self._known_numbers: array[int] | None = None

    @property
    def directives(self) -> list[Directive]:
        """All of them."""
        if self._directives is None:
            self._directives = [self._file.directive(number) for number in self._numbers()]
        return self._directives

    @property
    def named(self) -> dict[str, list[Directive]]:
        """The directives by name."""
        directives = self.directives
        return {
            name: [directives[position] for position in positions]
            for name, positions in self.shape.positions.items()
        }

    @property
    def names(self) -> KeysView[str]:
        """The names of the directives, each once."""
        return self.shape.positions.keys()

    def branches(self) -> Iterator[range]:
        """The numbers of the directives that lead on: blocks, includes, what is named like a block.

        Blocks one after the other of one name and shape, with no such directives in them, are
        together.
        """
        tokens = self._file.tokens
        names, stops, shapes = tokens.names, tokens.stops, tokens.shapes
        number = self._first
        while number < self._stop:
            stop = stops[number]
            if not stop:
                if names[number] in BRANCH_NAMES:
                    yield range(number, number + 1)
                number += 1
                continue
            shape, name, size = shapes[number], names[number], stop - number
            if not shape.leads_on:
                while stop < self._stop and shapes.get(stop) is shape and names[stop] == name:
                    stop += size
            yield range(number, stop, size)
            number = stop

    def of(self, name: str) -> list[Directive]:
        """The directives of a name."""
        return self._at(self.shape.positions.get(name))

    def texts(self, name: str) -> list[bytes]:
        """The directives of a name as they are written, without what ends them."""
        positions = self.shape.positions.get(name)
        if not positions:
            return []
        numbers = self._numbers()
        tokens = self._file.tokens
        data, starts, heads = tokens.data, tokens.starts, tokens.heads
        return [data[starts[n] : heads[n]] for n in map(numbers.__getitem__, positions)]

    def may_say(self, name: str, words: tuple[bytes, ...]) -> bool:
        """Whether any directive of a name has one of some lower-case words in it, as written.

        In the whole file first: most have none.
        """
        return self._file.may_say(name, words) and _any_says(self.texts(name), words)

    def _at(self, positions: list[int] | None) -> list[Directive]:
        if not positions:
            return []
        numbers = self._numbers()
        return [self._file.directive(numbers[position]) for position in positions]

    def _numbers(self) -> range | array[int]:
        first, stop = self._first, self._stop
        if stop - first == len(self.shape.marked):
            return range(first, stop)  # nothing in it holds anything
        if self._known_numbers is None:
            stops = self._file.tokens.stops
            numbers = self._known_numbers = array("I")
            while first < stop:
                numbers.append(first)
                first = stops[first] or first + 1
        return self._known_numbers


class EditedBody(Body):
    """Content that stands in no file: directives of a body, others put between them."""

    __slots__ = ("_list",)

    def __init__(self, directives: list[Directive]) -> None:
        marked = [d.name if d.body is None else d.name + BLOCK_MARK for d in directives]
        self.shape = shape_of(marked)
        self._list = directives

    @property
    def directives(self) -> list[Directive]:
        """See Body."""
        return self._list

    def texts(self, name: str) -> list[bytes]:
        """See Body."""
        return [directive.text for directive in self.of(name)]

    def may_say(self, name: str, words: tuple[bytes, ...]) -> bool:
        """See Body."""
        return _any_says(self.texts(name), words)

    def _at(self, positions: list[int] | None) -> list[Directive]:
        return [self._list[position] for position in positions or ()]


def _any_says(texts: list[bytes], words: tuple[bytes, ...]) -> bool:
    text = b"\n".join(texts).lower()
    return any(word in text for word in words)


class Span:
    """Where something stands: 1-based line and column (characters), byte offsets, end exclusive."""

    __slots__ = ("column", "end", "line", "start")

    def __init__(self, line: int, column: int, start: int, end: int) -> None:
        self.line = line
        self.column = column
        self.start = start
        self.end = end


class ParsedFile:
    """One file: ``path`` as nginx sees it, ``name`` as the user does, and its tree.

    ``error`` is set when nginx would reject the file; ``body`` then holds what stands before it.
    """

    __slots__ = ("_directives", "_said", "body", "error", "name", "path", "tokens")

    def __init__(self, path: str, name: str, tokens: Tokens) -> None:
        self.path = path
        self.name = name
        self.tokens = tokens
        self.error: ConfSyntaxError | None = tokens.error
        self.body = Body(self, 0, len(tokens.names), tokens.shape)
        self._directives: dict[int, Directive] = {}
        self._said: dict[tuple[str, tuple[bytes, ...]], bool] = {}

    def may_say(self, name: str, words: tuple[bytes, ...]) -> bool:
        """Whether any directive of a name has one of some lower-case words in it, as written."""
        found = self._said.get((name, words))
        if found is None:
            tokens = self.tokens
            data, starts, heads = tokens.data, tokens.starts, tokens.heads
            texts = [
                data[starts[number] : heads[number]]
                for number, own in enumerate(tokens.names)
                if own == name
            ]
            found = self._said[name, words] = _any_says(texts, words)
        return found

    def directive(self, number: int) -> Directive:
        """The directive of a number: Directive.token."""
        found = self._directives.get(number)
        if found is None:
            found = self._directives[number] = Directive(self, number)
        return found

    def args(self, number: int) -> tuple[str, ...]:
        """The arguments of a directive: Directive.args."""
        args = [text for text, _, _ in self.tokens.args(number)]
        return tuple(_without_parentheses(args) if self.tokens.names[number] == "if" else args)

    def span(self, directive: Directive) -> Span:
        """The directive's name."""
        number = directive.token
        return self._span(self.tokens.starts[number], self.tokens.end_of_name(number))

    def arg_span(self, directive: Directive, index: int) -> Span:
        """The directive's argument `index` as written, quotes included.

        For an ``if`` the tokens count, parentheses included.
        """
        _, start, end = self.tokens.args(directive.token)[index]
        return self._span(start, end)

    def whole_span(self, directive: Directive) -> Span:
        """The directive from its name to its ``;`` or its block's ``}``."""
        number = directive.token
        return self._span(self.tokens.starts[number], self.tokens.ends[number])

    def opening(self, directive: Directive) -> int:
        """The byte offset behind the ``{`` of a directive with a block."""
        return self.tokens.heads[directive.token] + 1

    def count_args(self, directive: Directive) -> int:
        """The number of the directive's arguments as nginx counts them, parentheses included."""
        return self.tokens.count_args(directive.token)

    def nginx_line(self, directive: Directive) -> int:
        """The line nginx names in messages about the directive: where its ``;`` or ``{`` is."""
        return self.tokens.nginx_line_of(self.tokens.heads[directive.token])

    def head_lines(self, directive: Directive) -> tuple[int, int]:
        """The lines from the directive's name to its ``;`` or ``{``, first and last."""
        return directive.line, self.tokens.line_of(self.tokens.heads[directive.token])

    def source_line(self, line: int) -> str:
        """The text of a 1-based line, without its line feed; of a long one, the beginning."""
        text = self.tokens.text_of_line(line, MAX_COLUMN + 1)
        shown = text[:MAX_COLUMN].decode("utf-8", "surrogateescape")
        return f"{shown} …" if len(text) > MAX_COLUMN else shown

    def _span(self, start: int, end: int) -> Span:
        return Span(self.tokens.line_of(start), self.tokens.column_of(start), start, end)


FileParser: TypeAlias = Callable[[str, str, Tokens], ParsedFile]
"""What makes blocks of one file's tokens; it is told its path and its name, as ParsedFile() is."""


def parse(
    data: bytes,
    path: str,
    name: str,
    *,
    in_data_block: bool = False,
    parser: FileParser = ParsedFile,
) -> ParsedFile:
    """Parse one file; includes are left as directives.

    ``in_data_block``: the file is included inside a ``map``, ``geo`` or the like.
    """
    return parser(path, name, tokenize(data, in_data_block=in_data_block))


def _without_parentheses(args: list[str]) -> list[str]:
    """An ``if``'s arguments without the outer parentheses, which may be tokens of their own."""
    if args and args[0].startswith("(") and args[-1].endswith(")"):
        args[0] = args[0][1:].lstrip()
        args[-1] = args[-1][:-1].rstrip()
        return args[not args[0] : len(args) - (not args[-1])]
    return args
