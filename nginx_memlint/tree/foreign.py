"""Files that are no nginx configuration: templates that were not rendered, and other formats.

nginx variables (``${name}``) and braces in strings and Lua are legal, so marks of a template are
taken for such only where nginx would reject them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from nginx_memlint.problems import Problem
from nginx_memlint.sources import glob
from nginx_memlint.sources.memory_files import MemoryFiles
from nginx_memlint.syntax.directives import Body, Directive, ParsedFile
from nginx_memlint.tree import grammar
from nginx_memlint.tree.directives_table import VALUES
from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.tree import Tree

RENDER = "render it first, or pipe nginx -T"

_NUMBERS = frozenset(name for _, _, names in VALUES for name in names.split()) | {
    *("worker_processes", "worker_connections", "keepalive_timeout", "worker_cpu_affinity"),
    *("listen", "lua_shared_dict", "zone"),
}
"""Directives in which nginx rejects a variable: those of VALUES, and some with setters of their own
(``ngx_set_worker_processes()``, ``ngx_http_core_listen()``, ``ngx_http_lua_shared_dict()``)."""

_NAMED = ("zone", "lua_shared_dict")
"""Those of _NUMBERS whose first argument is a name, which may be any text."""

_CA_FILES = frozenset(
    {
        *("ssl_client_certificate", "js_fetch_trusted_certificate"),
        *(f"{p}ssl_trusted_certificate" for p in ("", "lua_", "proxy_", "grpc_", "uwsgi_")),
    }
)

_TEXTS = ("unix:", "accept_filter=", "route=", "service=")
"""Beginnings of words of listen and server after which any text may follow: the path of a socket,
the name of a filter, which is ignored on Linux, a cookie's value, the name of a DNS service."""

_PATHS = frozenset({"include", "load_module"}) | _CA_FILES
"""Directives that name a file which must be there; a variable in it is text."""

_UPSTREAMS = ("upstream", "stream_upstream")

_WATCHED = _NUMBERS | _PATHS | {"server"}
_KONG_WORDS = ("if", "for", "else", "elseif", "end", "local")

_NAME = r"[\w.-]+"
"""Names of directives: those of all known modules match, and some more."""

_VALUE = (
    r"(?P<Kong>\$\{\{)|(?P<envsubst>\$\{[A-Za-z_]\w*\}|\$[A-Z_][A-Z0-9_]*)|(?P<ERB><%)"
    r"|(?P<Jinja>\{[{%])"
)
_OPENINGS = (b"${", b"<%", b"{{", b"{%", b"{#")
_CAPITAL = re.compile(rb"\$[A-Z_]")
_QUOTED = re.compile(rb"^[ \t]*+>", re.MULTILINE)
_GO = rb"\{\{-?\s*+(?:[.$]|(?:if|range|end|else|with|define|template|include|block)\b)"

_SUFFIXES = ("template", "tmpl", "tpl", "j2", "erb")


Loaded = Collection[tuple[str, int]]
"""Keys of settings (``Setting.key``) that name a file which nginx opens."""


def recognised(tree: Tree, problems: list[Problem], loaded: Loaded) -> list[Problem]:
    """The problems, with those of a foreign file replaced by one that says what the file is.

    A CA file has to be there only if a context loads it: ``loaded`` are the settings of such files.
    A dump of ``nginx -T`` was accepted by nginx, so it has no foreign files.
    """
    if isinstance(tree.source, MemoryFiles):
        return problems
    foreign: list[Problem] = []
    told: dict[str, int] = {}
    problems = [*_with_binary(tree, problems)]
    incomplete = {problem.file for problem in problems if not problem.complete}
    for file in tree.files.values():
        if file.name in incomplete and (kind := _kind(file.tokens.data)):
            foreign.append(Problem(f"is {kind}, no nginx configuration", file.name))
            told[file.name] = 0
        elif mark := _broken_by(file):
            foreign.append(_template(tree, file, *mark))
            told[file.name] = mark[1]
    for file, offset, kind in _marks(tree, loaded):
        line = file.tokens.line_of(offset)
        if file.name in told:
            if 0 < line < told[file.name]:
                at = next(n for n, p in enumerate(foreign) if p.file == file.name)
                foreign[at] = _template(tree, file, kind, line)
                told[file.name] = line
            continue
        foreign.append(_template(tree, file, kind, line))
        told[file.name] = line
    rest = []
    for problem in problems:
        begins = told.get(problem.file)
        if begins is None or (problem.line is not None and problem.line < begins):
            rest.append(problem)
        elif problem.nginx is not None:
            at = next(n for n, p in enumerate(foreign) if p.file == problem.file)
            if foreign[at].nginx is None:
                foreign[at] = foreign[at]._replace(nginx=problem.nginx, chain=problem.chain)
        elif problem.complete:
            rest.append(problem)
    return [*foreign, *rest]


def _with_binary(tree: Tree, problems: list[Problem]) -> Iterator[Problem]:
    """The problems; the first one of a file with NUL bytes also asks whether that is binary.

    Text may have some, so the problem itself stays.
    """
    binary = {f.name for f in tree.files.values() if b"\0" in f.tokens.data[:_HEAD_SIZE]}
    for problem in problems:
        if problem.file in binary and not problem.complete:
            binary.discard(problem.file)
            message = f"{problem.message}; the file has NUL bytes: is it a binary file?"
            yield problem._replace(message=message)
        else:
            yield problem


def _template(tree: Tree, file: ParsedFile, kind: str, line: int) -> Problem:
    article = "an" if kind[0] in "eE" else "a"
    message = f"looks like {article} {kind} template: {RENDER}"
    if beside := _beside(tree, file):
        message += f" ({beside} is beside it)"
    return Problem(message, file.name, line)


def _beside(tree: Tree, file: ParsedFile) -> str:
    """The name of a template in the directory of a file, as far as names tell; else ""."""
    directory = re.sub(r"([*?\[\\])", r"\\\1", file.path.rpartition("/")[0])
    for suffix in _SUFFIXES:
        try:
            names = glob.expand(tree.source, f"{directory}/*.{suffix}")
        except OSError:
            continue
        for name in names:
            if name != file.path:
                return name.rpartition("/")[2]
    return ""


def _broken_by(file: ParsedFile) -> tuple[str, int] | None:
    """The template language whose braces ended the reading of a file, and the line."""
    error = file.error
    if error is None:
        return None
    data, at = file.tokens.data, error.offset
    for start in (at - 1, at):
        if start >= 0 and data[start : start + 2] in (b"{{", b"{%", b"{#"):
            kind = "Kong" if data[start - 1 : start] == b"$" else _language(data, start)
            return kind, file.tokens.line_of(start)
    return None


def _marks(tree: Tree, loaded: Loaded) -> Iterator[tuple[ParsedFile, int, str]]:
    """Places where nginx would reject a template's syntax: file, byte offset, language."""
    marked = {path for path, file in tree.files.items() if _may_have_marks(file.tokens.data)}
    for block in tree.all_blocks if marked else ():
        if block.grammar_kind not in grammar.KINDS:
            continue
        for body, inclusion in block.parts:
            if inclusion.file.path in marked:
                for name in body.named:
                    if name in _WATCHED or not re.fullmatch(_NAME, name):
                        yield from _marks_in(body.of(name), block, inclusion.file, tree, loaded)
                yield from _opened_twice(body, inclusion.file)


def _may_have_marks(data: bytes) -> bool:
    """Whether anything in a file looks like a mark of a template."""
    if any(opening in data for opening in _OPENINGS) or _CAPITAL.search(data):
        return True
    return b">" in data and _QUOTED.search(data) is not None


def _language(data: bytes, at: int) -> str:
    """The language of a mark: those of Go, and of Jinja, begin alike."""
    return "Go" if re.compile(_GO).match(data, at) else "Jinja"


def _opened_twice(body: Body, file: ParsedFile) -> Iterator[tuple[ParsedFile, int, str]]:
    """Directives whose ``{`` is the first of a mark, and opens a block that they cannot have."""
    data, heads = file.tokens.data, file.tokens.heads
    if b"{%" in data or b"{{" in data:
        for directive in body.directives:
            if directive.body is not None:
                head = heads[directive.token]
                if data[head : head + 2] in (b"{%", b"{{"):
                    yield file, head, _language(data, head)


def _marks_in(
    directives: list[Directive], block: Block, file: ParsedFile, tree: Tree, loaded: Loaded
) -> Iterator[tuple[ParsedFile, int, str]]:
    for directive in directives:
        start = file.tokens.starts[directive.token]
        kind = _language_of_name(directive, file.tokens.data, start)
        is_opened = directive.name not in _CA_FILES or (file.path, directive.token) in loaded
        if kind or (is_opened and (kind := _language_of_value(directive, block, tree))):
            yield file, start, kind


def _language_of_name(directive: Directive, data: bytes, start: int) -> str:
    name = directive.name
    if name == ">" and directive.args[:1] and directive.args[0] in _KONG_WORDS:
        return "Kong"
    if name.startswith("<%"):
        return "ERB"
    if name.startswith("%") and data[start - 1 : start] == b"{":
        return "Jinja"
    return ""


def _language_of_value(directive: Directive, block: Block, tree: Tree) -> str:
    name = directive.name
    if directive.body is not None or (name == "server" and block.kind not in _UPSTREAMS):
        return ""
    for word in directive.args[name in _NAMED :]:
        if (mark := re.search(_VALUE, word)) and not word.startswith(_TEXTS):
            is_path = name in _PATHS and (glob.has_magic(word) or _exists(tree, word))
            return "" if is_path else mark.lastgroup or ""
    return ""


def _exists(tree: Tree, path: str) -> bool:
    try:
        return tree.source.exists(path if path.startswith("/") else f"{tree.directory}/{path}")
    except OSError:
        return True  # what it is cannot be known


_HEADS = (
    (b"\xff\xfe", "UTF-16 text (PowerShell's > writes it: save it as UTF-8)"),
    (b"\xfe\xff", "UTF-16 text (save it as UTF-8)"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"PK\x03\x04", "a zip file"),
    (b"\x7fELF", "a program (ELF)"),
    (b"-----BEGIN ", "a PEM file"),
)
_TOML = (
    rb"(?>(?:\s|#[^\n]*+\n)*)"
    rb"(?:\[\[?[\w.\"' -]++\]\]?[^\S\n]*+|[\w.\"'-]++\s*+=[^;\n]*+)\n"
)
"""A heading, or a key with a value."""

_HEAD_SIZE = 8192


def _kind(data: bytes) -> str:
    """The kind of file that the first bytes show, empty if it may be a configuration."""
    for beginning, kind in _HEADS:
        if data.startswith(beginning):
            return kind
    head = data[:_HEAD_SIZE]
    if max(head[1::2].count(0), head[::2].count(0)) > len(head) // 3:
        return "UTF-16 text (save it as UTF-8)"
    return "TOML" if re.match(_TOML, head) else ""
