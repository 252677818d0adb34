"""The files in the output of ``nginx -T``.

nginx writes each file it has read once, in the order of first inclusion: a line with its name,
its bytes and a line feed (src/core/nginx.c); only if it accepts them all. What it writes to
standard error may be mixed in.
"""

import re
from bisect import bisect_left
from typing import NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.paths import decode

_MARK = re.compile(rb"^# configuration file ([^\n]+?):(\r?)\n", re.MULTILINE)
_MESSAGE = re.compile(
    rb"^(?:(?:nginx|openresty): (?:\[\w+\] |(?:the )?configuration file )"
    rb"|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+#\d+: "
    rb"|Connection to \S+ closed\.)[^\n]*(?:\n|\Z)",
    re.MULTILINE,
)
"""Messages that nginx, or ssh at its end, writes to standard error."""

_BANNER = (
    rb"(?m)^(?:(?:nginx|Tengine|Angie) version: |built (?:by|with) |TLS SNI |configure arguments:)"
    rb"[^\n]*\n"
)
"""Lines of ``nginx -V``, which may be written before ``nginx -T``."""

_BEGINNINGS = (b"nginx: ", b"openresty: ", b"Connection to ", *(b"%d" % n for n in range(10)))
"""Beginnings of a text that _MESSAGE may match."""

_VERSIONS = (b"nginx version: ", b"Tengine version: ", b"Angie version: ")
"""Beginnings of what ``nginx -V`` writes."""

_CONFIGURATION = re.compile(rb"[#;{}]")
_MARK_BEGINS = b"# configuration file "


class NoConfigurationError(MemlintError):
    """There is no configuration in what was read; the message says what is there instead.

    It is a class of its own for open_entry(), which knows the name of what was read.
    """


class Dump(NamedTuple):
    """The files of a dump by name, the main one first.

    ``doubtful`` are names that stand at two places: one of them is a comment of another file, and
    nothing tells which. ``unclear`` are the lines that may be a message or part of a file.
    """

    files: dict[str, bytes]
    doubtful: tuple[str, ...]
    unclear: tuple[int, ...] = ()


def is_dump(data: bytes, *, piped: bool) -> bool | None:
    """Whether this is the output of ``nginx -T``; None if it may as well be an ordinary file.

    What is piped is a dump if it has the marks, unless the first comes after what may be
    directives. A file is none: a comment at its beginning may look like a mark.
    """
    if not piped:
        return None if _first_mark(data) else False
    mark = _MARK.search(data)
    if mark is None:
        return False
    before = re.sub(_BANNER, b"", _MESSAGE.sub(b"", data[: mark.start()]))
    if not any(_CONFIGURATION.search(line.partition(b"#")[0]) for line in before.splitlines()):
        return True
    return None if _marks(data) else False


def banner_of(data: bytes) -> str:
    """The output of ``nginx -V`` that stands before that of ``nginx -T``; empty if none does."""
    mark = _MARK.search(data)
    if mark is None or not is_dump(data, piped=True):
        return ""
    lines = re.findall(_BANNER, data[: mark.start()])
    return b"".join(lines).decode("utf-8", "replace").replace("\r\n", "\n")


def refuse_messages(data: bytes, *, piped: bool) -> None:
    """Raise NoConfigurationError if this is what nginx says beside a configuration, and no more.

    What is piped may also be what a shell or a client says of a command that failed, or nothing.
    """
    if data.lstrip().startswith(_BEGINNINGS + _VERSIONS):
        rest = re.sub(_BANNER, b"", _MESSAGE.sub(b"", data))
        if rest != data and not rest.strip():
            raise NoConfigurationError(_of_messages(data))
    if not piped or _CONFIGURATION.search(data):
        return
    said = decode(data.strip()).splitlines()
    raise NoConfigurationError(
        f'is no configuration, but says "{said[-1]}"'
        if said
        else "is empty: what stands before the | wrote nothing, or only to standard error"
    )


def read_dump(data: bytes) -> Dump | None:
    """The files of an ``nginx -T`` output; None if it has no mark. Raises NoConfigurationError.

    What comes before the first mark is left out: a login or a shell may say something. A file
    that nginx has accepted ends where no block or directive is open, so a line that looks like a
    mark elsewhere is a comment or Lua; so is a file's first line, if it names that file.
    """
    first = _MARK.search(data)
    if first is None:
        refuse_messages(data, piped=False)
        return None
    before = data.count(b"\n", 0, first.start())
    data = data[first.start() :]
    if first[2]:  # a terminal has put a CR before each LF
        data = data.replace(b"\r\n", b"\n")
    unclear = tuple(before + line for line in _unclear(data))
    data = _MESSAGE.sub(b"", data)
    cuts: dict[str, tuple[int, int]] = {}
    doubtful: list[str] = []
    for mark in _marks(data):
        name = decode(mark[1])
        if name not in cuts:
            cuts[name] = mark.span()
        elif cuts[name][1] != mark.start():
            doubtful.append(name)
    ends = [*(start for start, _ in cuts.values()), len(data)][1:]
    files = {
        name: data[start:end].removesuffix(b"\n")
        for (name, (_, start)), end in zip(cuts.items(), ends, strict=True)
    }
    return Dump(files, tuple(doubtful), unclear)


def _first_mark(data: bytes) -> re.Match[bytes] | None:
    """The first file's mark if only messages of a shell or of ssh come before it, else None."""
    position = 0
    while beginning := _CONFIGURATION.search(data, position):
        line = data.rfind(b"\n", 0, beginning.start()) + 1
        if data.startswith(_MARK_BEGINS, line) and (mark := _MARK.match(data, line)):
            return mark
        said = data.startswith(_BEGINNINGS, line) and _MESSAGE.match(data, line)
        if not said:
            return None
        position = said.end()
    return None


def _marks(data: bytes) -> list[re.Match[bytes]]:
    """The marks at which all blocks and directives are closed.

    The marks are comments to nginx, so the whole dump can be read like one file. Where that
    meets an error, all marks behind it are believed. Once the main file's name is absolute, so are
    the names of all that it includes (``ngx_conf_full_name()``): a relative one is in a comment.
    """
    from nginx_memlint.syntax.lexer import tokenize  # noqa: PLC0415  few files are dumps

    tokens = tokenize(data)
    numbers = [*tokens.top()]
    starts = [tokens.starts[number] for number in numbers]
    error = tokens.error.offset if tokens.error else len(data)

    def is_between(offset: int) -> bool:
        index = bisect_left(starts, offset) - 1
        return index < 0 or offset >= error or tokens.ends[numbers[index]] <= offset

    marks = [mark for mark in _MARK.finditer(data) if is_between(mark.start())]
    if marks and marks[0][1].startswith(b"/"):
        marks = [mark for mark in marks if mark[1].startswith(b"/")]
    return marks


def _unclear(data: bytes) -> list[int]:
    """The lines that look like a message, and may be a part of a file that nginx accepts.

    Between directives nginx would reject such a line, so it is a message there. In a string, in
    Lua, among arguments, or as a key of a map, it may be the file's own, and what follows in it may
    be directives.
    """
    from nginx_memlint.syntax.lexer import DATA_BLOCKS, tokenize  # noqa: PLC0415  as below

    messages = [*_MESSAGE.finditer(data)]
    if not messages:
        return []
    tokens = tokenize(_MESSAGE.sub(lambda message: _BLANK.sub(b" ", message[0]), data))
    unclear = []
    opened: list[int] = []
    number = 0
    for message in messages:
        at = message.start()
        while number < len(tokens.starts) and tokens.starts[number] < at:
            opened.append(number)
            number += 1
        while opened and tokens.ends[opened[-1]] <= at:
            opened.pop()
        if not opened:
            continue
        start, head = tokens.starts[opened[-1]], tokens.heads[opened[-1]]
        name = decode(data[start : tokens.end_of_name(opened[-1])].strip(b"\"'"))
        if at <= head or (name in DATA_BLOCKS and _closes_more(message[0])):
            unclear.append(tokens.line_of(at))
    return unclear


_BLANK = re.compile(rb"[^\n]")


def _closes_more(text: bytes) -> bool:
    """Whether braces in a text close a block that is open before it."""
    depth = 0
    for brace in re.findall(rb"[{}]", text):
        depth += 1 if brace == b"{" else -1
        if depth < 0:
            return True
    return False


def _of_messages(data: bytes) -> str:
    """A sentence on nginx's messages: of a failure, with its error, or of another option."""
    lines = decode(data.strip()).splitlines()
    failed = [line for line in lines if "[emerg]" in line or line.endswith("test failed")]
    if failed:
        return f"is the output of an nginx -T that failed: {failed[0]}"
    return "is what nginx -t or nginx -V says: nginx -T writes the configuration as well"
