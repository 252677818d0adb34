"""The tree of a configuration's blocks, with includes expanded as nginx does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, KeysView, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import mul
from typing import Any, TypeAlias, TypeVar

from nginx_memlint.files.bounds import Work
from nginx_memlint.problems import Problem
from nginx_memlint.sources.source import Source
from nginx_memlint.syntax.directives import Body, Directive, ParsedFile
from nginx_memlint.tree import blocks
from nginx_memlint.tree.expanded import Block, Inclusion, Nearest
from nginx_memlint.tree.stand_ins import StandIns, never

T = TypeVar("T")

FileKey: TypeAlias = tuple[str, bool]
"""A file's path as nginx sees it, and whether it is read inside of a block of data."""


class Tree:
    """The blocks of a configuration, and the problems met in reading it.

    ``all_blocks`` are the main block and all below it, each before its children, in the order of
    the files. Relative paths are looked up in ``directory`` (``cycle->conf_prefix``).
    """

    def __init__(
        self,
        all_blocks: list[Block],
        source: Source,
        directory: str,
        problems: list[Problem],
        files: dict[str, ParsedFile],
        unlisted: int = 0,
    ) -> None:
        self.all_blocks = all_blocks
        self.main = all_blocks[0]
        self.work: Work = self.main.inclusion.work
        """Counts the steps of work for the configuration and all trees derived from it."""
        self.source = source
        self.directory = directory
        self.problems = problems
        self.files = files
        self.unlisted = unlisted
        """How many problems are not in the list, which has a bound."""
        self.matched: dict[str, list[str]] = {}
        """Pattern of an include, as a whole path → the files that it matched."""
        self.sound: set[Block | None] = set()
        """Blocks in which structure.py has nothing against the blocks in them."""
        self.stand_ins = StandIns(source, directory, never)
        """Texts that were read for files that are not here."""
        self.parsed: dict[FileKey, ParsedFile] = {}
        """All files as they were parsed, for the next reading of the configuration."""
        self.memo: dict[str, Any] = {}
        """A cache, by keys of its users, of values derived from this tree."""
        self._kept: dict[str, tuple[frozenset[str], Any]] = {}
        self._placed: dict[Block, int] = {}
        self._inclusions: dict[int, dict[Body, Inclusion]] = {}
        self._of_kinds: dict[frozenset[str], list[Block]] = {}
        self._places: dict[str, list[int]] = {}
        self._meeting: dict[str, tuple[frozenset[str], list[int]]] = {}

    @cached_property
    def servers(self) -> Nearest:
        """Looks up the server that a block is in, or is."""
        return Nearest(lambda block: "server" in block.kind)

    @cached_property
    def _roots(self) -> Nearest:
        return Nearest(lambda block: block.parent is None or block.parent.parent is None)

    @cached_property
    def kinds(self) -> Counter[str]:
        """The number of blocks of each kind."""
        return Counter(block.kind for block in self.all_blocks)

    @cached_property
    def _index(self) -> _Index:
        return _Index(self.all_blocks)

    def blocks(self, *kinds: str) -> Iterator[Block]:
        """All blocks of some kinds, in the order of the files."""
        return iter(self.of_kinds(frozenset(kinds)))

    def of_kinds(self, kinds: frozenset[str]) -> list[Block]:
        """All blocks of some kinds, in a list that must not be changed."""
        present = kinds.intersection(self.kinds)  # most sets of kinds have location alone of them
        if present not in self._of_kinds:
            searched = self.all_blocks if present else ()
            self._of_kinds[present] = [block for block in searched if block.kind in present]
        return self._of_kinds[present]

    def having(self, names: Iterable[str]) -> list[Block]:
        """The blocks in which a directive of any of these names stands, in file order."""
        return [self.all_blocks[place] for place in self.places(names)]

    def includes(self, but: Container[str] = ()) -> Iterator[tuple[Directive, Inclusion]]:
        """The includes as written, each once, except those in blocks of some kinds."""
        seen: set[tuple[str, int]] = set()
        for block in self.having(("include",)):
            for body, inclusion in block.parts if block.kind not in but else ():
                for include in body.of("include"):
                    key = (inclusion.file.path, include.token)
                    if key not in seen and len(include.args) == 1:
                        seen.add(key)
                        yield include, inclusion

    def places(self, names: Iterable[str]) -> list[int]:
        """The indices in ``all_blocks`` of the blocks that having() gives."""
        places: set[int] = set()
        for name in names:
            if name not in self._places:
                self._places[name] = self._index.having(name)
            places.update(self._places[name])
        return sorted(places)

    def occurrences(self, name: str) -> Iterator[tuple[Body, Sequence[Directive], list[int]]]:
        """Bodies with their directives of a name, and with the places of the blocks they are in.

        Keys of a map, and what stands in blocks of unknown modules, are none.
        """
        self.work.take(len(self.directives(name)))
        return self._index.occurrences(name)

    def counts(self, name: str) -> tuple[int, int, tuple[Body, int] | None]:
        """How many directives of a name stand in blocks, and in how many, of occurrences().

        The third is the first of the bodies in which most of them stand, with a block's place.
        """
        self.work.take(len(self.directives(name)))
        return self._index.counts(name)

    def directives(self, name: str) -> Sequence[Directive]:
        """The directives of a name as written, keys of a map included, in the order of the files.

        They do not change with replaced().
        """
        return self._index.directives(name)

    def standing(self, name: str) -> list[int]:
        """The indices in ``all_blocks`` of the blocks that these directives stand in.

        There is one for each directive in each block that has it.
        """
        self.work.take(self._index.count(name))
        return self._index.places(name)

    def written(self, name: str) -> Iterator[tuple[Directive, Body, list[int]]]:
        """The directives of a name, each with its body and the places of the blocks that has it in.

        Those that occurrences() leaves out are left out here, too.
        """
        self.work.take(len(self.directives(name)))
        return self._index.written(name)

    def inclusion(self, place: int, body: Body) -> Inclusion:
        """The first inclusion that brings a body into the block at an index in ``all_blocks``.

        A block may have thousands of files, and be asked for each of them.
        """
        if place not in self._inclusions:
            self._inclusions[place] = dict(reversed(self.all_blocks[place].parts))
        return self._inclusions[place][body]

    def index_names(self) -> KeysView[str]:
        """The names of all directives, keys of a map and what stands in unknown blocks included."""
        return self._index.names()

    def names_below(self, kind: str, is_wanted: Callable[[str], bool]) -> Iterator[str]:
        """The names of directives in the outermost blocks of a kind and below them.

        Keys of a map, and the content of blocks of unknown modules, are not among them.
        """
        for name in filter(is_wanted, self._index.names()):
            if any(
                self.root_of(block).kind == kind
                for block in self.having([name])
                if block.kind not in blocks.WITHOUT_SETTINGS
            ):
                yield name

    def root_of(self, block: Block) -> Block:
        """The outermost block around a block, such as http, or the block itself if it is that."""
        return self._roots.of(block) or block

    def meeting(
        self, key: str, names: frozenset[str], condition: Callable[[Block], bool]
    ) -> list[Block]:
        """The blocks of having(names) that meet a condition; cached under a key.

        The condition must follow from the block's kind and its own directives of these names.
        """
        if key not in self._meeting:
            places = [p for p in self.places(names) if condition(self.all_blocks[p])]
            self._meeting[key] = names, places
        return [self.all_blocks[place] for place in self._meeting[key][1]]

    def keep(self, key: str, names: Iterable[str], find: Callable[[], T]) -> T:
        """A value that is computed again only once directives of these names have changed.

        It must follow from them and from the blocks around them alone, and name no place in a file
        or among the blocks: those move. If it follows from other blocks, too, their kinds must be
        among the names.
        """
        if key not in self._kept:
            self._kept[key] = frozenset(names), find()
        value: T = self._kept[key][1]
        return value

    def place(self, block: Block) -> int:
        """The index of a block in ``all_blocks``."""
        if not self._placed:
            self._placed = {block: place for place, block in enumerate(self.all_blocks)}
        return self._placed[block]

    def blocks_of(self, body: Body) -> Iterator[Block]:
        """The blocks that a body is in."""
        return map(self.all_blocks.__getitem__, self._index.places_of(body))

    def take_over(
        self, earlier: Tree, names: frozenset[str], *, same_blocks: bool, same_index: bool
    ) -> None:
        """Take what an earlier tree has, from which this differs in directives of some names.

        Each block is the same object as there, or its kind and its directives are among the names.
        ``same_blocks``: none is new or gone. ``same_index``: there are as many directives of each
        name in the places where they were, too.
        """
        self.servers, self._roots = earlier.servers, earlier._roots
        self._kept = _of_others(earlier._kept, names)
        if same_blocks:
            self.kinds, self._of_kinds = earlier.kinds, earlier._of_kinds
            self._placed = earlier._placed
        blocks = earlier.all_blocks
        for key, (of, places) in _of_others(earlier._meeting, names).items():
            moved = places if same_blocks else [self.place(blocks[place]) for place in places]
            self._meeting[key] = of, moved
        if same_index:
            self._index, self._places = earlier._index, earlier._places
            self._inclusions = earlier._inclusions

    def replaced(self, all_blocks: list[Block], changed: list[int], names: frozenset[str]) -> Tree:
        """This tree with other blocks, of the same kinds at the same indices.

        They differ from those of this tree in directives of ``names``, at the indices ``changed``.
        """
        other = Tree(all_blocks, self.source, self.directory, self.problems, self.files)
        other.kinds = self.kinds
        other._index = self._index
        for name in names:
            places = sorted({*self.places([name]), *changed})
            other._places[name] = [place for place in places if all_blocks[place].has(name)]
        other._meeting = _of_others(self._meeting, names)
        return other


def _of_others(
    cached: Mapping[str, tuple[frozenset[str], T]], names: frozenset[str]
) -> dict[str, tuple[frozenset[str], T]]:
    """The cached values that depend on none of some names."""
    return {key: kept for key, kept in cached.items() if kept[0].isdisjoint(names)}


_NO_BODIES: frozenset[Body] = frozenset()
_NONE: Counter[Body] = Counter()


class _Index:
    """An index of directives: all of a name with their bodies, and which blocks have a body."""

    def __init__(self, all_blocks: list[Block]) -> None:
        self._places: dict[Body, list[int]] = {}
        self._directives: defaultdict[str, list[Directive]] = defaultdict(list)
        self._bodies: defaultdict[str, list[Body]] = defaultdict(list)
        """Name → the body of each directive of that name, in the order of those."""
        self._counts: dict[str, Counter[Body]] = {}
        self._without_settings: set[Body] = set()
        self._places_of_settings = self._places
        """Body → the blocks in which its names are settings, of those that have it."""
        places, all_directives, all_bodies = self._places, self._directives, self._bodies
        without = self._without_settings
        mixed: set[Body] = set()
        for place, block in enumerate(all_blocks):
            for body, _ in block.parts:
                if body in places:
                    places[body].append(place)
                    if (block.kind in blocks.WITHOUT_SETTINGS) != (body in without):
                        mixed.add(body)
                    continue
                places[body] = [place]
                if block.kind in blocks.WITHOUT_SETTINGS:
                    without.add(body)
                for directive in body.directives:
                    name = directive.name
                    all_directives[name].append(directive)
                    all_bodies[name].append(body)
        if mixed:
            without -= mixed
            in_some = {
                body: [p for p in places[body] if all_blocks[p].kind not in blocks.WITHOUT_SETTINGS]
                for body in mixed
            }
            self._places_of_settings = {**places, **in_some}

    def places_of(self, body: Body) -> Sequence[int]:
        """The indices of the blocks that a body is in."""
        return self._places.get(body, ())

    def names(self) -> KeysView[str]:
        """The names of all directives of the configuration."""
        return self._bodies.keys()

    def directives(self, name: str) -> Sequence[Directive]:
        """The directives of a name."""
        return self._directives.get(name, ())

    def occurrences(self, name: str) -> Iterator[tuple[Body, Sequence[Directive], list[int]]]:
        """The bodies that have a setting of a name, with those, and the blocks' indices."""
        directives, places = self.directives(name), self._places_of_settings
        without = self._in_none(name)
        end = 0
        for body, count in self._counted(name).items():
            end += count
            if body not in without:
                yield body, directives[end - count : end], places[body]

    def written(self, name: str) -> Iterator[tuple[Directive, Body, list[int]]]:
        """The settings of a name, each with its body and the indices of the blocks it is in."""
        bodies = self._bodies.get(name, ())
        places = map(self._places_of_settings.__getitem__, bodies)
        written = zip(self.directives(name), bodies, places, strict=True)
        if without := self._in_none(name):
            return (one for one in written if one[1] not in without)
        return written

    def counts(self, name: str) -> tuple[int, int, tuple[Body, int] | None]:
        """How many settings of a name there are, in how many blocks, and where most stand."""
        counts = self._counted(name)
        if without := self._in_none(name).intersection(counts):
            counts = Counter({body: counts[body] for body in counts if body not in without})
        if not counts:
            return 0, 0, None
        in_blocks = [len(self._places_of_settings[body]) for body in counts]
        numbers = [*map(mul, counts.values(), in_blocks)]
        fullest = [*counts][numbers.index(max(numbers))]
        return sum(numbers), sum(in_blocks), (fullest, self._places_of_settings[fullest][0])

    def _in_none(self, name: str) -> set[Body] | frozenset[Body]:
        """The bodies in which no name is a setting, if any of them has this one."""
        without = self._without_settings
        return _NO_BODIES if without.isdisjoint(self._bodies.get(name, ())) else without

    def having(self, name: str) -> list[int]:
        """The indices of the blocks that have directives of a name, one for each of their bodies
        that has."""
        return [*chain.from_iterable(map(self._places.__getitem__, self._counted(name)))]

    def _counted(self, name: str) -> Counter[Body]:
        """The bodies that have directives of a name, with how many, in the order of the files."""
        if name not in self._counts and name in self._bodies:
            self._counts[name] = Counter(self._bodies[name])
        return self._counts.get(name, _NONE)

    def count(self, name: str) -> int:
        """In how many blocks directives of a name stand, once for each of them."""
        return sum(map(len, map(self._places.__getitem__, self._bodies.get(name, ()))))

    def places(self, name: str) -> list[int]:
        """The indices of the blocks in which directives of a name stand, one for each of them:
        count() tells how many."""
        bodies = self._bodies.get(name, ())
        return [*chain.from_iterable(map(self._places.__getitem__, bodies))]
