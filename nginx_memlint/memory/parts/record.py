"""The description of a part: one record for each thing that takes memory."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from math import exp
from typing import Any, NamedTuple, TypeVar

from nginx_memlint.files.bounds import BoundError, check_small
from nginx_memlint.memory.estimate import Bundles
from nginx_memlint.memory.laws import Amount
from nginx_memlint.sources.glob import expand
from nginx_memlint.sources.source import undropped
from nginx_memlint.syntax.directives import Body, Directive
from nginx_memlint.syntax.values import c_string, is_flag_on
from nginx_memlint.targets.host_facts import FileFacts
from nginx_memlint.targets.targets import Target
from nginx_memlint.targets.versions import Version
from nginx_memlint.tls.ca_bundle import NotPemError, certificates, revocations
from nginx_memlint.tls.contexts import Group
from nginx_memlint.tls.der import Facts, Revoked, certificate_facts, revoked
from nginx_memlint.tls.modules import objects
from nginx_memlint.tls.server_files import ServerFiles, certificates_of, revoked_of
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree

T = TypeVar("T")

CONTEXTS = "TLS contexts"
"""The name of the part that contexts without their certificates are."""

CA_LOADS = "CA loads"
"""The name of the part that CA certificates are."""


class Files:
    """Files that directives name beside CA bundles, each read once: parts ask for all files here.

    What is where a source may not look is taken to be there, and told of with what is not read.
    """

    def __init__(self, tree: Tree, server: ServerFiles) -> None:
        self._source = tree.source
        self._server = server
        self._kept: dict[tuple[str, Any], Any] = {}
        self.failures: set[str] = set()
        self.unread_lists: set[str] = set()
        self.unread: set[str] = set()
        """Other files that could not be read."""
        self.rejected: dict[str, str] = {}
        """Files that are no PEM, with the reason."""
        self.beyond: dict[str, str] = {}
        """Files that are there, but a bound is in the way, with the reason."""

    @property
    def paths(self) -> list[str]:
        """The paths of all that were asked for, but for those of which facts tell."""
        return [*dict.fromkeys(path for path, _ in self._kept if path not in self._server.used)]

    @property
    def read(self) -> list[str]:
        """The paths of those that were read."""
        read = {path for (path, _), facts in self._kept.items() if facts is not None}
        return [path for path in self.paths if path in read]

    def certificates(self, path: str) -> tuple[Facts, ...]:
        """The certificates of a file; none if it cannot be read."""
        return self._facts(path, _certificates, self.failures, certificates_of) or ()

    def revoked(self, path: str) -> tuple[Revoked, ...]:
        """The contents of a file's revocation lists; none if it cannot be read."""
        return self._facts(path, _revoked, self.unread_lists, revoked_of) or ()

    def facts(self, path: str, find: Callable[[bytes], T], *, is_small: bool = False) -> T | None:
        """The value that a function finds in a file; None if that cannot be read.

        ``is_small``: a file that exceeds the bound pem-bytes is not read.
        """
        return self._facts(path, find, self.unread, is_small=is_small)

    def is_there(self, path: str) -> bool:
        """Whether anything is at a path, or what is there is unknown."""
        try:
            return self._source.exists(path)
        except OSError:
            return True

    def matching(self, pattern: str) -> list[str] | None:
        """The paths that match a pattern of glob(3); None if that is unknown."""
        try:
            return expand(self._source, pattern)
        except OSError as error:
            self._fail(pattern, error, self.unread)
            return None

    def _facts(
        self,
        path: str,
        find: Callable[[bytes], T],
        failures: set[str],
        of_facts: Callable[[FileFacts], T] | None = None,
        *,
        is_small: bool = False,
    ) -> T | None:
        """``of_facts`` is for files of certificates, of which the server's facts may tell."""
        key = path, find

        def parsed(data: bytes) -> T:
            if is_small or of_facts is not None:
                check_small(data, self._source.bounds)
            return find(data)

        if key not in self._kept:
            self._kept[key] = None
            try:
                if of_facts is None:
                    self._kept[key] = parsed(undropped(self._source.read(path)))
                else:
                    self._kept[key] = self._server.read(path, parsed, of_facts)
            except (OSError, NotPemError) as error:
                self._fail(path, error, failures)
        value: T | None = self._kept[key]
        return value

    def _fail(self, name: str, error: OSError | NotPemError, failures: set[str]) -> None:
        failures.add(name)
        if isinstance(error, NotPemError):
            self.rejected[name] = str(error)
        if isinstance(error, BoundError):
            self.beyond[name] = error.strerror or str(error)


def _certificates(pem: bytes) -> tuple[Facts, ...]:
    return tuple(map(certificate_facts, certificates(pem)))


def _revoked(pem: bytes) -> tuple[Revoked, ...]:
    return tuple(map(revoked, revocations(pem)))


class Counted(NamedTuple):
    """Bytes that were counted: how many things, where the costliest stands, and that in words.

    ``times``: how many take such an amount each; ``number`` is of them all.
    """

    amount: Amount
    number: int = 1
    at: Setting | Block | None = None
    said: str = ""
    times: int = 1


@dataclass(eq=False, repr=False)
class Configuration:
    """A tree on a target, with its contexts, and what the user states of its use.

    That is the bytes of Lua's heap, and connections at once.
    """

    tree: Tree
    target: Target
    groups: list[Group]
    bundles: Bundles
    files: Files
    lua_heap: int | None = None
    connections: int | None = None

    @cached_property
    def has_jit(self) -> bool:
        """Whether regular expressions are compiled to machine code."""
        settings = self.tree.main.settings("pcre_jit")
        return bool(settings) and is_flag_on(settings[0].value)

    def loads(self, name: str, built_in: str = "") -> bool:
        """Whether a module is loaded, by the name of its object, or built in, by that there."""
        is_built_in = (built_in or name) in self.target.built_in
        return is_built_in or f"ngx_{name}_module.so" in objects(self.tree)

    def first(self, kind: str) -> Block | None:
        """The first block of a kind."""
        return next(self.tree.blocks(kind), None)


def since(version: Version, rows: Sequence[tuple[Version, T]]) -> T:
    """The value of the last row whose version is not above the one given; rows are ascending."""
    return [value for first, value in rows if version >= first][-1]


def setting_in(tree: Tree, body: Body, place: int, name: str) -> Setting:
    """The first directive of a name in a body, where that is in the block of a place."""
    return Setting(body.of(name)[0], tree.inclusion(place, body), tree.all_blocks[place])


def full_path(name: str, tree: Tree) -> str:
    """The absolute path of a file that a directive names (``ngx_conf_full_name()``)."""
    value = c_string(name)
    return value if value.startswith("/") else f"{tree.directory}/{value}"


def entries(block: Block, configuration: Configuration) -> list[Directive]:
    """The entries of a block of data, those of included files with them."""
    listed = [directive for body, _ in block.parts for directive in body.directives]
    configuration.tree.work.take(len(listed))
    return listed


def hash_bytes(count: int, keys: int, max_size: int) -> int:
    """Bytes of a hash of so many keys, of so many bytes together (``ngx_hash_init()``).

    An element has a pointer, its length and its key, rounded up to 8; a bucket that is used ends
    with a pointer and is rounded up to 64; each bucket has a pointer.
    """
    buckets = max(1, min(max_size, count // 4))
    if max_size > 10_000 and max_size < 100 * count:
        buckets = max_size - 1_000
    used = buckets * (1 - exp(-count / buckets))
    return round(8 * buckets + count * 13.5 + keys + 40 * used)


class Record(NamedTuple):
    """One thing that takes memory.

    ``causes`` are the directives and blocks that bring it. ``find`` counts them in a configuration.
    ``function`` is where nginx takes the memory, ``measured`` what the bytes are from: names of
    cases in tests/nginx/part_cases.py, or a source. ``by_target``: whether servers differ in it.
    ``reads`` are all directives that it looks at, where they are stated: after an edit of others in
    an editor, it is not counted again.
    """

    name: str
    causes: tuple[str, ...]
    find: Callable[[Configuration], Iterable[Counted]]
    function: str
    measured: str
    by_target: bool = False
    reads: tuple[str, ...] = ()


class CostPart(NamedTuple):
    """All that a record counts in a configuration, all of it together."""

    name: str
    amount: Amount
    number: int
    at: Setting | Block | None
    said: str


def part_of(record: Record, configuration: Configuration) -> CostPart | None:
    """The part of a record, at its costliest place; None if nothing takes such memory."""
    find = partial(_counted, record, configuration)
    if not record.reads:
        return find()
    key = f"{record.name} on {configuration.target.name}"
    return configuration.tree.keep(key, record.reads, find)


def _counted(record: Record, configuration: Configuration) -> CostPart | None:
    number = 0
    alike: dict[Amount, _Alike] = {}  # most take what others do
    for item in record.find(configuration):
        number += item.number
        if (others := alike.get(item.amount)) is not None:
            others.times += item.times
        else:
            alike[item.amount] = _Alike(item)
    if not alike:
        return None
    costliest = alike[max(alike, key=sum)].first
    amount = reduce(Amount.plus, (one.times(others.times) for one, others in alike.items()))
    return CostPart(record.name, amount, number, costliest.at, costliest.said)


class _Alike:
    """The first of those that take as much, and how many there are."""

    __slots__ = ("first", "times")

    def __init__(self, first: Counted) -> None:
        self.first = first
        self.times = first.times
