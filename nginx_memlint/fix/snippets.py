"""Directives that a change puts into several blocks, as one file that the blocks include.

The file lies in ``snippets/`` beside the main file, or beside the main file itself where there is
no such directory; an include of nginx finds it by that name from any file (``conf_prefix``). No
pattern of an include may match it: it is for the blocks that name it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from nginx_memlint.sources import glob
from nginx_memlint.sources.source import Source
from nginx_memlint.syntax.directives import ParsedFile
from nginx_memlint.tree.changes import TreeChange
from nginx_memlint.tree.expanded import Setting
from nginx_memlint.tree.tree import Tree

WORTH_A_FILE = 3
"""Blocks from which a file is made: a person would write a line twice, but not 160 times."""

MOST_NAMES = 9
"""Names that are tried until one is free."""

ENDINGS = (".conf", ".inc")
"""Ends of file names: that of a second one is for directories whose ``*.conf`` is included."""

DIRECTORIES = ("snippets/", "")
"""Directories for the file, seen from the main file's; the first one that exists is taken."""


class Snippet(NamedTuple):
    """A file that blocks include.

    ``path`` is its name as nginx sees it, ``word`` the argument of the include. ``origin`` is the
    file that its directives are from. ``is_new``: the file is to be written with ``text``.
    """

    path: str
    word: str
    text: bytes
    origin: ParsedFile
    is_new: bool
    blocks: int
    carried: frozenset[tuple[str, int]]
    """The keys of the directives as written whose lines the text is made of."""

    @property
    def include(self) -> bytes:
        """The directive that stands in the blocks."""
        return f"include {self.word};".encode("utf-8", "surrogateescape")


InsertKey = tuple[int, str, tuple[str, ...]]
"""The ``id()`` of a block's directive, and the name and arguments of what is put into the block."""


def insert_key(block_directive: object, setting: Setting) -> InsertKey:
    """The key of a directive that is put into a block, alike for all places of the block's file."""
    return id(block_directive), setting.name, setting.directive.args


def snippets(
    tree: Tree,
    change: TreeChange,
    lines: Callable[[Setting], bytes],
    is_taken: Callable[[str], bool],
) -> dict[InsertKey, Snippet]:
    """The snippet in the place of each directive that is put into several blocks.

    ``lines`` gives a directive as lines of a file, ``is_taken`` tells of paths that another change
    writes. Directives that are put into the same blocks stand in one file.
    """
    made: dict[InsertKey, Snippet] = {}
    texts: dict[str, bytes] = {}
    for blocks, settings in _groups(change):
        text = b"".join(map(lines, settings))
        snippet = _placed(
            tree, settings, text, len(blocks), lambda path: path in texts or is_taken(path)
        )
        if snippet is not None:
            texts[snippet.path] = text
            for one in settings:
                made |= {(block, one.name, one.directive.args): snippet for block in blocks}
    return made


def _groups(change: TreeChange) -> Iterator[tuple[frozenset[int], list[Setting]]]:
    """The directives that are put into the same blocks as written, each once."""
    blocks: dict[tuple[str, tuple[str, ...]], set[int]] = {}
    settings: dict[tuple[str, tuple[str, ...]], Setting] = {}
    for block, setting in change.insert:
        written = setting.name, setting.directive.args
        blocks.setdefault(written, set()).add(id(block.directive))
        settings.setdefault(written, setting)
    groups: dict[frozenset[int], list[Setting]] = {}
    for written, where in blocks.items():
        groups.setdefault(frozenset(where), []).append(settings[written])
    yield from groups.items()


def _placed(
    tree: Tree,
    settings: Collection[Setting],
    text: bytes,
    blocks: int,
    is_taken: Callable[[str], bool],
) -> Snippet | None:
    """A file with this text that is there, or else a free name; None if there is neither."""
    first = next(iter(settings))
    carried = frozenset(setting.key for setting in settings)
    for word in _words(tree, first.name):
        path = f"{tree.directory.rstrip('/')}/{word}"
        content = _content(tree.source, path)
        if content == text and not _is_matched(tree, path):
            return Snippet(path, word, text, first.file, False, blocks, carried)
        if content is None and not is_taken(path) and not _is_matched(tree, path):
            if blocks < WORTH_A_FILE:
                return None
            return Snippet(path, word, text, first.file, True, blocks, carried)
    return None


def _words(tree: Tree, name: str) -> Iterator[str]:
    """Names for the file of a directive, as an include has them."""
    above = tree.directory.rstrip("/")
    there = (d for d in DIRECTORIES if _is_dir(tree.source, f"{above}/{d}".rstrip("/")))
    directory = next(there, "")
    for number in range(1, MOST_NAMES + 1):
        for ending in ENDINGS:
            yield f"{directory}{name}{f'-{number}' if number > 1 else ''}{ending}"


def _is_dir(source: Source, path: str) -> bool:
    """Whether a directory is there; what may not be looked at, is not."""
    try:
        return source.is_dir(path)
    except OSError:
        return False


def _content(source: Source, path: str) -> bytes | None:
    """The bytes of a file, None if nothing is there; no bytes for what cannot be read."""
    try:
        return source.read(path) if source.exists(path) else None
    except OSError:
        return b""


def _is_matched(tree: Tree, path: str) -> bool:
    """Whether the pattern of an include matches a path."""
    return any(glob.matches(pattern, path) for pattern in tree.matched)
