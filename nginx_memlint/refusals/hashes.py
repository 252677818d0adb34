"""Keys that fit into no bucket of nginx's hashes, and names that cannot be looked up in one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from nginx_memlint.files.paths import encode
from nginx_memlint.problems import Problem
from nginx_memlint.refusals.record import IN_HTTP, has_heir
from nginx_memlint.refusals.variables import set_words
from nginx_memlint.syntax.directives import Body, Directive
from nginx_memlint.syntax.values import c_string, number
from nginx_memlint.targets.targets import Target
from nginx_memlint.tree.blocks import DATA
from nginx_memlint.tree.expanded import Block, Inclusion
from nginx_memlint.tree.tree import Tree

CACHE_LINE = 64
"""Bytes of a line of the processor's cache, to which buckets are rounded up and which they have by
default: 64 on x86; other processors have as much, or more."""

_POINTER = 8


def longest_key(bucket_size: int) -> int:
    """Bytes of the longest key that fits into a bucket of a hash (``ngx_hash_init()``).

    An element has a pointer, the length in two bytes and the key, rounded up to 8; a pointer ends
    the bucket, whose size is a multiple of the cache's line.
    """
    return rounded_up(bucket_size) - 2 * _POINTER - 2


def rounded_up(bucket_size: int) -> int:
    """Bytes of a bucket of which so many are asked for."""
    return -(-max(bucket_size, 1) // CACHE_LINE) * CACHE_LINE


def longest_part(name: str) -> int:
    """Bytes of what is hashed of a host's name: all of it, or each label if it has an asterisk."""
    if name.startswith("*.") or name.endswith(".*"):
        return max(len(encode(label)) for label in name.split("."))
    return len(encode(name.removeprefix(".")))


def is_wildcard_or_name(name: str) -> bool:
    """Whether a name can be looked up (``ngx_hash_add_key()``): asterisks are labels at an end."""
    if ".." in name or "\0" in name or name.count("*") > 1:
        return False
    at_an_end = len(name) > 2 and (name.startswith("*.") or name.endswith(".*"))
    return "*" not in name or name.startswith(".") or at_an_end


def unbuilt(
    hash_name: str, bucket_size: int, key: str, inclusion: Inclusion, directive: Directive
) -> Problem:
    """The problem of a hash that has a key which is too long, of which nginx names no line."""
    size = rounded_up(bucket_size)
    nginx = f"could not build {hash_name}, you should increase {hash_name}_bucket_size: {size}"
    said = f"{nginx}, for {key[:40]}…"
    line = inclusion.file.nginx_line(directive)
    return Problem(said, inclusion.file.name, line, nginx=nginx)


def long_server_names(tree: Tree, _target: Target) -> Iterator[Problem]:
    """A problem of the first name that fits into no bucket of the hash of an address's servers.

    An address of one server has none (``ngx_http_optimize_servers()``).
    """
    stated = [s for http in tree.blocks("http") for s in http.settings(_BUCKET_SIZE)]
    bucket_size = number(stated[0].value) if stated else CACHE_LINE
    by_address: dict[str, list[Block]] = {}
    for server in tree.blocks("server"):
        listens = {c_string(listen.value) for listen in server.settings("listen")} or {"80"}
        tree.work.take(len(listens))
        for listen in listens:
            by_address.setdefault(f"*:{listen}" if listen.isdecimal() else listen, []).append(
                server
            )
    if bucket_size is None:
        return
    most = longest_key(bucket_size)
    beside = {server for servers in by_address.values() if len(servers) > 1 for server in servers}
    for server in tree.blocks("server"):
        for setting in server.settings("server_name") if server in beside else ():
            for name in setting.directive.args:
                tree.work.take()
                inclusion, directive = setting.inclusion, setting.directive
                if name.startswith("~") or name.lower() == "$hostname":
                    continue
                if not is_wildcard_or_name(name):
                    nginx = f'invalid server name or wildcard "{name}" on'
                    yield Problem.of_nginx(inclusion, directive, nginx)
                    return
                if longest_part(name) > most:
                    yield unbuilt("server_names_hash", bucket_size, name, inclusion, directive)
                    return


_BUCKET_SIZE = "server_names_hash_bucket_size"


class _Hash(NamedTuple):
    """A hash of what directives name: its name, and which words of the arguments are the keys.

    ``size`` is the directive for its buckets. ``others`` decide as well whether a server takes the
    hash over from ``http``.
    """

    name: str
    directive: str
    keys: Callable[[Sequence[str]], Iterable[str]]
    size: str = ""
    others: tuple[str, ...] = ()


def _first(args: Sequence[str]) -> Iterable[str]:
    return args[:1]


def _all(args: Sequence[str]) -> Iterable[str]:
    return args


def _header(args: Sequence[str]) -> Iterable[str]:
    return (args[0][5:],) if args[0].startswith("HTTP_") else ()


_NO_HOSTS = frozenset({"none", "blocked", "server_names"})


def hosts_of(args: Sequence[str]) -> Iterator[str]:
    """The names of hosts, and patterns of such, among the arguments of valid_referers."""
    for name in args:
        if not name.startswith("~") and c_string(name) not in _NO_HOSTS:
            yield name.partition("/")[0]


def _referers(args: Sequence[str]) -> Iterable[str]:
    for host in hosts_of(args):
        yield max(host.split("."), key=len) if "*" in host else host.removeprefix(".")


_PROXY = "proxy_headers_hash"
_HASHES = (
    _Hash(_PROXY, "proxy_set_header", _first, f"{_PROXY}_bucket_size"),
    _Hash(
        *(_PROXY, "proxy_hide_header", _first, f"{_PROXY}_bucket_size", ("proxy_pass_header",)),
    ),
    _Hash("grpc_headers_hash", "grpc_set_header", _first),
    _Hash("grpc_headers_hash", "grpc_hide_header", _first, others=("grpc_pass_header",)),
    *(
        _Hash(f"{protocol}_params_hash", f"{protocol}_param", _header)
        for protocol in ("fastcgi", "uwsgi", "scgi")
    ),
    *(
        _Hash(
            f"{protocol}_hide_headers_hash",
            f"{protocol}_hide_header",
            _first,
            others=(f"{protocol}_pass_header",),
        )
        for protocol in ("fastcgi", "uwsgi", "scgi")
    ),
    *(
        _Hash("test_types_hash", f"{what}_types", _all)
        for what in ("gzip", "ssi", "addition", "sub_filter", "charset")
    ),
    _Hash("referer_hash", "valid_referers", _referers, "referer_hash_bucket_size"),
)
"""``ngx_http_proxy_init_headers()``, ``ngx_http_upstream_hide_headers_hash()``,
``ngx_http_fastcgi_init_params()``, ``ngx_http_merge_types()``, ``ngx_http_referer_merge_conf()``
and their like: alike in nginx 1.10.0, 1.22.1 and 1.31.4."""


class _LongKey(NamedTuple):
    """A key that fits into no bucket of so many bytes, of a directive in a block."""

    block: Block
    directive: Directive
    body: Body
    size: int
    text: str


def long_keys(tree: Tree, _target: Target) -> Iterator[Problem]:
    """A problem of the first key of each directive that fits into no bucket of its hash."""
    for row in _HASHES:
        names = (row.directive, row.size, *row.others, "server")
        find = partial(_long_keys, tree, row)
        for key in tree.keep(f"long keys of {row.directive}", names, find):
            inclusion = tree.inclusion(tree.place(key.block), key.body)
            yield unbuilt(row.name, key.size, key.text, inclusion, key.directive)
    yield from _long_variables(tree)
    yield from _long_types(tree)


def _long_keys(tree: Tree, row: _Hash) -> list[_LongKey]:
    """The directives with a key that is too long for the hash of a row."""
    listed: list[_LongKey] = []
    if (size := _size(tree, row.size)) is None or not tree.index_names().isdisjoint(row.others):
        return listed  # a header that is passed on is not hidden
    names = (row.directive,)
    tree.work.take(sum(len(directive.args) for directive in tree.directives(row.directive)))
    fitting = longest_key(size) // MOST_OF_A_CHARACTER
    for directive, body, places in tree.written(row.directive):
        args = directive.args  # no key is longer than the word that it is in
        if not args or max(map(len, args)) <= fitting:
            continue
        if not (key := _too_long(row.keys(args), size)):
            continue
        tree.work.take(len(places))
        for place in places:
            block = tree.all_blocks[place]
            if block.kind in IN_HTTP and (block.kind != "http" or has_heir(block, names)):
                listed.append(_LongKey(block, directive, body, size, key))
                break
    return listed


def _size(tree: Tree, directive: str) -> int | None:
    """Bytes of the largest bucket that any block states; None if they are no number."""
    sizes = [CACHE_LINE]
    for block in tree.having((directive,)) if directive else ():
        for setting in block.settings(directive):
            if (stated := number(setting.value)) is None:
                return None
            sizes.append(stated)
    return max(sizes)


MOST_OF_A_CHARACTER = 4
"""Bytes of a character at the most."""


def _too_long(keys: Iterable[str], size: int) -> str:
    most = longest_key(size)
    for key in keys:
        if len(key) * MOST_OF_A_CHARACTER > most and len(encode(key)) > most:
            return key
    return ""


def _long_variables(tree: Tree) -> Iterator[Problem]:
    if (size := _size(tree, "variables_hash_bucket_size")) is not None:
        for word, (_, inclusion, directive) in set_words(tree):
            if key := _too_long((word[1:],), size):
                yield unbuilt("variables_hash", size, key, inclusion, directive)
                return


def _long_types(tree: Tree) -> Iterator[Problem]:
    size = _size(tree, "types_hash_bucket_size")
    if size is None or not tree.kinds["server"]:
        return
    for block in tree.blocks(DATA):
        if block.directive is not None and block.directive.name == "types":
            for body, inclusion in block.parts:
                tree.work.take(len(body.directives))
                for line in body.directives:
                    if key := _too_long(line.args if line.name != "include" else (), size):
                        yield unbuilt("types_hash", size, key, inclusion, line)
                        return
