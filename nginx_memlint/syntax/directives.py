"""One file's bytes to directives and the bodies of its blocks.

crossplane's parser makes the statements from the lexemes of our lexer, which also notes the byte
offsets of each directive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nginx_memlint.files.bounds import DEFAULT_BOUNDS
from nginx_memlint.syntax import parser as crossplane_parser
from nginx_memlint.syntax.lexer import lex
from nginx_memlint.syntax.parser import Statement
from nginx_memlint.syntax.tokens import MAX_COLUMN, BeyondBoundError, ConfSyntaxError, Tokens

INSERTED = -1
"""Directive.token of a directive that stands in no file yet."""

LEADING = frozenset(
    {
        *("http", "stream", "mail", "events", "server", "location", "if", "limit_except"),
        *("upstream", "map", "geo", "types", "split_clients", "charset_map", "include"),
    }
)
"""Names of nginx's own blocks, and of directives that include other files."""

INCLUDE_KEY = "include\0"
"""Beginning of a key that a ``map`` and its like take for an include (``ngx_strcmp()``)."""

FEW = 8
"""Up to this many directives, a search through all is as fast as making an index of them."""


class Directive:
    """One directive: its name, its arguments, and which of the file's directives it is.

    ``args`` are without quotes, nginx's escapes resolved, and without the parentheses of an ``if``.
    ``body`` is None unless it ended with ``{``.
    """

    __slots__ = ("_file", "_number", "args", "body", "name", "token")

    def __init__(
        self, file: ParsedFile, number: int, name: str, args: tuple[str, ...], body: Body | None
    ) -> None:
        self._file = file
        self._number = number
        self.name = name
        self.args = args
        self.body = body
        self.token = number
        """The directive's number in its file, in order; INSERTED for a copy."""

    def copy(self) -> Directive:
        """A directive with the same words that stands in no file yet, to be inserted somewhere."""
        other = Directive(self._file, self._number, self.name, self.args, self.body)
        other.token = INSERTED
        return other

    def move(self, file: ParsedFile) -> None:
        """Make it a directive of another file, which has to be renumbered."""
        self._file = file

    @property
    def line(self) -> int:
        """The 1-based line where the name starts."""
        tokens = self._file.tokens
        return tokens.line_of(tokens.starts[self._number])


class Body:
    """The content of a block or a file: directives in order."""

    __slots__ = ("_named", "directives", "leading")

    def __init__(self, directives: Sequence[Directive] = ()) -> None:
        self.directives: list[Directive] = []
        self.leading: list[Directive] = []
        """Blocks, includes, and directives named like a block: all that may hold others."""
        self._named: dict[str, list[Directive]] | None = None
        if directives:
            self.fill(directives)

    def fill(self, directives: Sequence[Directive]) -> None:
        """Append directives. Must not be called once of() or named() has been."""
        self.directives += directives
        self.leading += leading(directives)

    def replace(self, place: slice, instead: Sequence[Directive]) -> None:
        """Put directives in the place of others."""
        self.directives[place] = instead
        self.leading = leading(self.directives)
        self._named = None

    @property
    def named(self) -> dict[str, list[Directive]]:
        """The directives of the block by name, in the order of the file."""
        if self._named is None:
            self._named = {}
            for directive in self.directives:
                self._named.setdefault(directive.name, []).append(directive)
        return self._named

    def of(self, name: str) -> list[Directive]:
        """The directives of one name, in the order of the file."""
        if len(self.directives) <= FEW:
            return [directive for directive in self.directives if directive.name == name]
        return self.named.get(name, [])


def leading(directives: Iterable[Directive]) -> list[Directive]:
    """Those of directives that may hold others."""
    return [
        directive
        for directive in directives
        if directive.body is not None
        or directive.name in LEADING
        or directive.name.startswith(INCLUDE_KEY)
    ]


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

    __slots__ = ("body", "error", "name", "path", "tokens")

    def __init__(self, path: str, name: str, tokens: Tokens, statements: list[Statement]) -> None:
        self.path = path
        self.name = name
        self.tokens = tokens
        self.error: ConfSyntaxError | None = tokens.error
        self.body = self._body(statements)

    def _body(self, statements: list[Statement]) -> Body:
        """The directives of crossplane's statements; the statements are emptied to free memory."""
        top = Body()
        pending = [(top, statements)]  # no recursion: blocks nest deeply
        while pending:
            body, statements = pending.pop()
            directives = []
            for statement in statements:
                inner = None
                if "block" in statement:
                    inner = Body()
                    pending.append((inner, statement["block"]))
                name, args = statement["directive"], tuple(statement["args"])
                directives.append(Directive(self, statement["line"], name, args, inner))
            body.fill(directives)
            statements.clear()
        return top

    def renumber(self) -> None:
        """Number the directives anew, in the order of the file."""
        pending = self.body.directives[::-1]
        number = 0
        while pending:
            directive = pending.pop()
            directive.token = directive._number = number
            number += 1
            if directive.body is not None:
                pending += reversed(directive.body.directives)

    def is_marked(self, directive: Directive) -> bool:
        """Whether a directive is the file's first, after a UTF-8 byte order mark."""
        return directive.name.startswith("\ufeff") and directive is self.body.directives[0]

    def span(self, directive: Directive) -> Span:
        """Where the name of the directive stands."""
        number = directive.token
        return self._span(self.tokens.starts[number], self.tokens.end_of_name(number))

    def whole_span(self, directive: Directive) -> Span:
        """Where the directive stands, from its name to its ``;`` or its block's ``}``."""
        number = directive.token
        return self._span(self.tokens.starts[number], self.tokens.ends[number])

    def opening(self, directive: Directive) -> int:
        """The byte offset after the ``{`` of a directive with a block."""
        return self.tokens.heads[directive.token] + 1

    def count_args(self, directive: Directive) -> int:
        """The number of the directive's arguments as nginx counts them, parentheses included."""
        if directive.name == "if":
            return len(self.tokens.args(directive.token))
        return len(directive.args)

    def nginx_line(self, directive: Directive) -> int:
        """The line nginx names in messages about the directive: where its ``;`` or ``{`` is."""
        return self.tokens.nginx_line_of(self.tokens.heads[directive.token])

    def nginx_end_line(self, directive: Directive) -> int:
        """The line nginx names once it has read a directive's block: where its ``}`` is."""
        return self.tokens.nginx_line_of(self.tokens.ends[directive.token] - 1)

    def head_lines(self, directive: Directive) -> tuple[int, int]:
        """The first and last line of a directive's head: from its name to its ``;`` or ``{``."""
        return directive.line, self.tokens.line_of(self.tokens.heads[directive.token])

    def source_line(self, line: int) -> str:
        """The text of a 1-based line, without its line feed; of a long line, only the beginning."""
        text = self.tokens.text_of_line(line, MAX_COLUMN + 1)
        shown = text[:MAX_COLUMN].decode("utf-8", "surrogateescape")
        return f"{shown} …" if len(text) > MAX_COLUMN else shown

    def _span(self, start: int, end: int) -> Span:
        return Span(self.tokens.line_of(start), self.tokens.column_of(start), start, end)


def parse(
    data: bytes,
    path: str,
    name: str,
    *,
    in_data_block: bool = False,
    max_depth: int = DEFAULT_BOUNDS.block_depth,
    max_lua: int = DEFAULT_BOUNDS.lua_tokens,
) -> ParsedFile:
    """Parse one file; includes are left as directives.

    ``in_data_block``: the file is included inside a ``map``, ``geo`` or the like.
    """
    tokens = Tokens(data, max_lua)
    depth = min(max_depth, data.count(b"{"))
    lexemes = lex(tokens, in_data_block=in_data_block, max_depth=max_depth)
    parsed = crossplane_parser.statements(lexemes, depth)
    if isinstance(tokens.error, BeyondBoundError):
        parsed = []
    return ParsedFile(path, name, tokens, parsed)
