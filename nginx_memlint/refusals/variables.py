"""Variables: names that are none, those that cannot be set, and those that nothing sets.

Texts with variables are read as ``ngx_http_script_compile()`` reads them, and that of stream: alike
in nginx 1.10.0 to 1.31.4.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.record import (
    IN_HTTP,
    IN_STREAM,
    UPSTREAMS,
    Refusal,
    has_heir,
    in_force,
    is_plain,
    of_nginx,
)
from nginx_memlint.refusals.variables_table import ROWS
from nginx_memlint.syntax.directives import Directive
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.modules import all_in_table
from nginx_memlint.tree import expressions, grammar
from nginx_memlint.tree.blocks import DATA
from nginx_memlint.tree.expanded import Block, Inclusion
from nginx_memlint.tree.tree import Tree

_VARIABLE = re.compile(r"\$(?:([1-9])|\{(\w*)(\}?)|(\w*))", re.ASCII)


def names_in(text: str) -> list[str]:
    """The names of variables in a text, in lower case; captures are none."""
    if "$" not in text:
        return []
    names = ((match[2] or match[4] or "").lower() for match in _VARIABLE.finditer(text))
    return [name for name in names if name]


def malformed(text: str) -> tuple[str, str]:
    """The error in the variables of a text, if there is one, and the text from there on."""
    for match in _VARIABLE.finditer(text):
        rest = text[match.start() :]
        is_bracket_last = rest == "${"
        if match[2] is not None and not match[3] and not is_bracket_last:
            return f'the closing bracket in "{match[2]}" variable is missing', rest
        if is_bracket_last or not (match[1] or match[2] or match[4]):
            return "invalid variable name", rest
    return "", ""


_Texts: TypeAlias = Callable[[Sequence[str]], Iterable[str]]
"""Arguments of a directive → those that nginx takes for texts with variables."""


class _Scripted(NamedTuple):
    """Directives whose arguments have variables, and the first nginx in which they do.

    ``until``: the first nginx in which they do no more. ``is_merged``: nginx reads them when a
    block takes them over, so that those of ``http`` count only if a server does. ``is_block``: they
    are blocks.
    """

    directives: str
    kinds: frozenset[str]
    texts: _Texts
    since: tuple[int, ...] = ()
    is_merged: bool = False
    until: tuple[int, ...] | None = None
    is_block: bool = False


def _first(args: Sequence[str]) -> Iterable[str]:
    return args[:1]


def _second(args: Sequence[str]) -> Iterable[str]:
    return args[1:2]


def _after_first(args: Sequence[str]) -> Iterable[str]:
    return args[1:]


def _after_second(args: Sequence[str]) -> Iterable[str]:
    return args[2:]


def _last(args: Sequence[str]) -> Iterable[str]:
    return args[-1:]


def _all(args: Sequence[str]) -> Iterable[str]:
    return args


def _unless(words: tuple[str, ...], args: Sequence[str]) -> Iterable[str]:
    return () if c_string(args[0]) in words else args[:1]


def _returned(args: Sequence[str]) -> Iterable[str]:
    has_text = len(args) > 1 or args[0].startswith(("http://", "https://", "$scheme"))
    return args[-1:] if has_text else ()


def _log(args: Sequence[str]) -> Iterable[str]:
    if c_string(args[0]) != "off":
        yield from () if args[0].startswith("syslog:") else args[:1]
        yield from (word[3:] for word in args[2:] if word.startswith("if="))


def _log_format(args: Sequence[str]) -> Iterable[str]:
    return args[2:] if args[1:] and args[1].startswith("escape=") else args[1:]


def _replacement(args: Sequence[str]) -> Iterable[str]:
    if len(args) == 2:
        yield from () if args[0].startswith("~") else args[:1]
        yield args[1]


def _flags(args: Sequence[str]) -> Iterable[str]:
    return args[1:] if args[0].startswith("~") else args


def _variable_alone(args: Sequence[str]) -> Iterable[str]:
    return args[:1] if args[0].startswith("$") else ()


_EQUALS = ("=", "!=")


def _compared(args: Sequence[str]) -> Iterable[str]:
    """The text that ``if`` looks for, or with which it compares a variable."""
    is_file_test = not args[0].startswith("$")
    return args[-1:] if is_file_test or (args[1:2] and args[1] in _EQUALS) else ()


def _each(ending: str, protocols: str = "proxy fastcgi uwsgi scgi") -> str:
    return " ".join(f"{protocol}_{ending}" for protocol in protocols.split())


def _by_lua(phases: str) -> str:
    return " ".join(f"{phase}_by_lua_file" for phase in phases.split())


_TLS = "proxy grpc uwsgi"
_PHASES = "access content header_filter body_filter log rewrite server_rewrite"
_HTTP_UPSTREAM = frozenset({"upstream"})
_ROOTS = frozenset({"http", "stream"})

_USES = (
    _Scripted("set auth_request_set", IN_HTTP, _second),
    _Scripted("return", IN_HTTP, _returned),
    _Scripted("rewrite add_header", IN_HTTP, _second),
    _Scripted("add_trailer", IN_HTTP, _second, (1, 13, 2)),
    _Scripted("root alias auth_basic auth_basic_user_file", IN_HTTP, _first),
    _Scripted("limit_req_zone limit_conn_zone secure_link secure_link_md5", IN_HTTP, _first),
    _Scripted("limit_rate limit_rate_after", IN_HTTP, _first, (1, 17, 0)),
    _Scripted("error_page expires", IN_HTTP, _last),
    _Scripted("try_files index sub_filter", IN_HTTP, _all),
    _Scripted(_each("no_cache"), IN_HTTP, _all),
    _Scripted(_each("cache_bypass"), IN_HTTP, _all),
    _Scripted(_each("cache_key"), IN_HTTP, _first),
    _Scripted(_each("cache"), IN_HTTP, partial(_unless, ("off",))),
    _Scripted(_each("store"), IN_HTTP, partial(_unless, ("on", "off"))),
    _Scripted(_each("pass"), IN_HTTP, _first),
    _Scripted("grpc_pass", IN_HTTP, _first, (1, 17, 8)),
    _Scripted(_each("param", "fastcgi uwsgi scgi"), IN_HTTP, _second, is_merged=True),
    _Scripted("proxy_set_header grpc_set_header", IN_HTTP, _second, is_merged=True),
    _Scripted("proxy_set_body", IN_HTTP, _first, is_merged=True),
    _Scripted("proxy_method", IN_HTTP, _first, (1, 11, 6)),
    _Scripted("proxy_redirect proxy_cookie_domain proxy_cookie_path", IN_HTTP, _replacement),
    _Scripted("proxy_cookie_flags", IN_HTTP, _flags, (1, 19, 3)),
    _Scripted(_each("ssl_name", _TLS), IN_HTTP, _first),
    _Scripted("charset source_charset", IN_HTTP, _variable_alone),
    _Scripted("http2_push", IN_HTTP, partial(_unless, ("off",)), (1, 13, 9), until=(1, 25, 1)),
    _Scripted("if", frozenset({"server", "location"}), _compared, is_block=True),
    _Scripted("ssl_certificate ssl_certificate_key", IN_HTTP, _first, (1, 15, 9), is_merged=True),
    _Scripted(_each("ssl_certificate", _TLS), IN_HTTP, _first, (1, 21, 0)),
    _Scripted(_each("ssl_certificate_key", _TLS), IN_HTTP, _first, (1, 21, 0)),
    _Scripted("proxy_ssl_certificate proxy_ssl_certificate_key", IN_STREAM, _first, (1, 21, 0)),
    _Scripted("access_log", IN_HTTP | IN_STREAM, _log),
    _Scripted("log_format", IN_HTTP | IN_STREAM, _log_format),
    _Scripted("hash", _HTTP_UPSTREAM, _first),
    _Scripted("hash", UPSTREAMS - _HTTP_UPSTREAM, _first, (1, 11, 2)),
    _Scripted("proxy_pass return limit_conn_zone proxy_ssl_name", IN_STREAM, _first, (1, 11, 3)),
    _Scripted("set", IN_STREAM, _second),
    _Scripted(_each("bind") + " memcached_bind grpc_bind", IN_HTTP, _first),
    _Scripted("proxy_bind", IN_STREAM, _first, (1, 11, 2)),
    _Scripted("proxy_upload_rate proxy_download_rate", IN_STREAM, _first, (1, 17, 0)),
    _Scripted(_by_lua(_PHASES), IN_HTTP, _first),
    _Scripted("set_by_lua", IN_HTTP, _after_second),
    _Scripted("set_by_lua_file js_var", IN_HTTP, _after_first),
    _Scripted("js_var", IN_STREAM, _after_first),
)
"""Those of ``ngx_http_compile_complex_value()``, ``ngx_http_set_complex_value_slot()``,
``ngx_http_script_compile()``, ``ngx_http_log_compile_format()`` and their like in stream."""


def _wrong_text(texts: _Texts, args: Sequence[str]) -> str:
    for text in texts(args):
        if "$" in text and (wrong := malformed(text)[0]):
            return wrong
    return ""


def _wrong_format(args: Sequence[str]) -> str:
    wrong, rest = next((one for one in map(malformed, _log_format(args)) if one[0]), ("", ""))
    return f'invalid parameter "{rest}"' if wrong == "invalid variable name" else wrong


TEXTS = (
    Refusal("log_format", IN_HTTP | IN_STREAM, _wrong_format),
    *(
        Refusal(
            use.directives,
            use.kinds - _ROOTS if use.is_merged else use.kinds,
            partial(_wrong_text, use.texts),
            since=use.since,
            until=use.until,
            is_block=use.is_block,
        )
        for use in _USES
        if use.directives != "log_format"
    ),
)
"""Rows for texts with malformed variables."""


def _inherited_texts(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of such texts in outermost blocks, which are read if a server takes them over."""
    for block in tree.of_kinds(_ROOTS):
        for use in _USES:
            names = use.directives.split() if use.is_merged and in_force(target, use.since) else ()
            for name in names if block.kind in use.kinds else ():
                for setting in block.settings(name):
                    wrong = _wrong_text(use.texts, setting.directive.args)
                    if wrong and has_heir(block, (name,)):
                        yield of_nginx(setting, wrong)


_SETTERS = frozenset(
    {
        *("set", "auth_request_set", "js_set", "js_var"),
        *("set_by_lua", "set_by_lua_block", "set_by_lua_file"),
    }
)
"""Directives whose first argument is the variable that they set."""

_DATA = {"map": 1, "geo": -1, "split_clients": 1}
"""Block of data → which of its arguments is the variable that it sets."""

Rooted: TypeAlias = tuple[str, Inclusion, Directive]
"""An outermost block's kind, and a directive that stands below it."""


def set_words(tree: Tree) -> list[tuple[str, Rooted]]:
    """The words that name a variable to be set, and where."""
    if "set words" not in tree.memo:
        tree.memo["set words"] = [*_set_words(tree)]
    words: list[tuple[str, Rooted]] = tree.memo["set words"]
    return words


def _set_words(tree: Tree) -> Iterator[tuple[str, Rooted]]:
    for name in sorted(tree.index_names() & _SETTERS):
        for body, directives, places in tree.occurrences(name):
            root = tree.root_of(tree.all_blocks[places[0]]).kind
            inclusion = tree.inclusion(places[0], body)
            for directive in directives:
                tree.work.take()
                if directive.args and grammar.takes(directive):
                    yield directive.args[0], (root, inclusion, directive)
    for block in tree.blocks(DATA):
        if block.directive is not None and block.directive.args:
            place = tree.root_of(block).kind, block.inclusion, block.directive
            if (which := _DATA.get(block.directive.name)) is not None:
                yield from ((word, place) for word in block.directive.args[which:][:1])


_CAPTURE = re.compile(
    r"""\\.|\[\^?\]?(?>(?:\\.|\[:\w*:\]|[^\]\\])*)\]?|\(\?(?:P?<|')(?P<name>[A-Za-z_]\w*)[>']""",
    re.ASCII | re.DOTALL,
)


def _captured(tree: Tree) -> Iterator[tuple[str, Rooted]]:
    """The names of captures of regular expressions, which are variables, too."""
    for listed in expressions.listed(tree):
        if listed.said == "valid_referers" or not any("(?" in text for text in listed.texts):
            continue
        block = listed.at if isinstance(listed.at, Block) else tree.all_blocks[listed.at[1]]
        root, places = tree.root_of(block).kind, expressions.places(tree, listed.at)
        for text in listed.texts:
            tree.work.take()
            for match in _CAPTURE.finditer(text) if "\\Q" not in text else ():
                if match["name"]:
                    yield match["name"], (root, *places[text])


_BUILT_IN: dict[str, dict[str, tuple[tuple[int, ...], str]]] = {"http": {}, "stream": {}}
for _root, _since, _how, _names in ROWS:
    _BUILT_IN[_root] |= dict.fromkeys(_names.split(), (_since, _how))
_PREFIXES = {
    root: [name for name, (_, how) in rows.items() if how == "prefix"]
    for root, rows in _BUILT_IN.items()
}


def variables(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of variables that cannot be set: no names, and those of nginx itself."""
    yield from _inherited_texts(tree, target)
    names = [*_captured(tree)]
    for word, (root, inclusion, directive) in set_words(tree):
        if word.startswith("$") and word != "$":
            names.append((word[1:], (root, inclusion, directive)))
        else:
            yield Problem.of_nginx(inclusion, directive, f'invalid variable name "{word}"')
    nothing: tuple[tuple[int, ...], str] = (), ""
    for name, (root, inclusion, directive) in names:
        since, how = _BUILT_IN.get(root, {}).get(name.lower(), nothing)
        if how == "fixed" and in_force(target, since):
            yield Problem.of_nginx(inclusion, directive, f'the duplicate "{name}" variable')


def unset_variables(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of variables that no module has, and nothing sets.

    ``ngx_http_variables_init_vars()``. Nothing is said where a module may be loaded of which the
    variables are not known.
    """
    if not (all_in_table(tree, target) and is_plain(tree, target)):
        return
    unset = _Unset(target)
    for row, use in enumerate(_USES):
        for name in sorted(tree.index_names() & {*use.directives.split()}):
            if in_force(target, use.since, use.until):
                find = partial(_unset_in, tree, target, name, use)
                unset.add(tree.keep(f"variables of {name} in row {row}", (name,), find))
    for name, place in _used_by_blocks(tree):
        unset.note(name, place)
    for directive, body, places in tree.written("memcached_pass"):
        unset.note("memcached_key", ("http", tree.inclusion(places[0], body), directive))
    if unset.places:
        unset.forget(word[1:].lower() for word, _ in set_words(tree))
        unset.forget(name.lower() for name, _ in _captured(tree))
    if unset.places:
        unset.forget(_given(tree))
    for (_, name), (_, inclusion, directive) in unset.places.items():
        yield Problem.of_nginx(inclusion, directive, f'unknown "{name}" variable')


def _unset_in(
    tree: Tree, target: Target, name: str, use: _Scripted
) -> dict[tuple[str, str], Rooted]:
    """The variables that directives of a name have and no module, with their first places."""
    unset = _Unset(target)
    unset.take(tree, name, use)
    return unset.places


class _Unset:
    """Variables that texts have and no module, and the first place of each."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._names: set[tuple[str, str]] = set()
        self.places: dict[tuple[str, str], Rooted] = {}

    def take(self, tree: Tree, name: str, use: _Scripted) -> None:
        """Note the variables of the directives of a name."""
        noted: set[tuple[str, tuple[str, ...]]] = set()
        for directive, body, places in tree.written(name):
            args = directive.args
            if "$" not in "".join(args):
                continue
            kind = tree.all_blocks[places[0]].grammar_kind
            if (kind, args) in noted:
                continue  # most arguments are the same few
            tree.work.take(1 + len(places))
            place = next((p for p in places if _reads(tree.all_blocks[p], name, use)), None)
            if place is None:
                continue
            if place == places[0]:
                noted.add((kind, args))
            root = "stream" if tree.all_blocks[place].kind in _BELOW_STREAM else "http"
            for text in use.texts(args):
                for variable in names_in(text):
                    self.note(variable, (root, tree.inclusion(place, body), directive))

    def note(self, name: str, place: Rooted) -> None:
        """Note that a text has a variable."""
        key = place[0], name
        if key not in self._names:
            self._names.add(key)
            if not _is_built_in(name, place[0], self._target):
                self.places.setdefault(key, place)

    def add(self, places: Mapping[tuple[str, str], Rooted]) -> None:
        """Note variables that no module has, each where it was noted first."""
        for key, place in places.items():
            self.places.setdefault(key, place)

    def forget(self, names: Iterable[str]) -> None:
        """Take out variables that are set."""
        taken = {*names}
        self.places = {key: place for key, place in self.places.items() if key[1] not in taken}


def _reads(block: Block, name: str, use: _Scripted) -> bool:
    if block.grammar_kind not in use.kinds:
        return False
    return block.kind not in _ROOTS or not use.is_merged or has_heir(block, (name,))


_BELOW_STREAM = IN_STREAM | (UPSTREAMS - _HTTP_UPSTREAM)


def _is_built_in(name: str, root: str, target: Target) -> bool:
    rows = _BUILT_IN[root]
    if name in rows:
        return target.nginx >= rows[name][0]
    return any(
        name.startswith(prefix) and target.nginx >= rows[prefix][0] for prefix in _PREFIXES[root]
    )


_NOT_KEYS = frozenset({"include", "hostnames", "volatile"})


def _used_by_blocks(tree: Tree) -> Iterator[tuple[str, Rooted]]:
    for block in tree.of_kinds(frozenset({"if", DATA})):
        if block.directive is None or not block.directive.args:
            continue
        tree.work.take()
        args, name = block.directive.args, block.directive.name
        place = tree.root_of(block).kind, block.inclusion, block.directive
        texts: Iterable[str] = ()
        if block.kind == "if":
            if args[0].startswith("$"):
                yield args[0][1:].lower(), place
        elif name in ("map", "split_clients"):
            texts = args[:1]
            for body, inclusion in block.parts if name == "map" else ():
                for line in body.directives:
                    line_place = place[0], inclusion, line
                    for text in line.args if line.name not in _NOT_KEYS else ():
                        yield from ((variable, line_place) for variable in names_in(text))
        elif name == "geo" and len(args) == 2:
            yield args[0][1:].lower(), place
        for text in texts:
            yield from ((variable, place) for variable in names_in(text))


def _given(tree: Tree) -> set[str]:
    """All names that a configuration may give to a variable: those that it says set one, and more.

    Any word that is a variable alone may be set by a directive that has no texts with variables.
    """
    names = {word[1:].lower() for word, _ in set_words(tree)}
    users = {name for use in _USES for name in use.directives.split()} | _SETTERS | {*_DATA, "if"}
    for block in tree.all_blocks:
        for body, _ in block.parts:
            tree.work.take(1 + len(body.directives))
            for directive in body.directives:
                for word in (directive.name, *directive.args):
                    if "(?" in word:
                        names.update(match[1].lower() for match in re.finditer(_ANY_CAPTURE, word))
                    elif (
                        word.startswith("$") and block.kind != DATA and directive.name not in users
                    ):
                        names.add(word[1:].lower())
    return names


_ANY_CAPTURE = r"\(\?(?:P?<|')(\w+)"
