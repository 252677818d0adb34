"""An earlier reading of a configuration in which texts have changed, to be used up by the next one.

Directives, blocks and values that follow from directives which are as they were live on in the new
tree; all else is read and made as ever.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.bounds import Work
from nginx_memlint.problems import Problem
from nginx_memlint.sources.source import Source, undropped
from nginx_memlint.syntax.directives import Body, Directive, ParsedFile, parse
from nginx_memlint.syntax.lexer import lex
from nginx_memlint.syntax.retyped import Retyped, retyped
from nginx_memlint.syntax.tokens import Tokens
from nginx_memlint.tree.expanded import Block, Inclusion
from nginx_memlint.tree.tree import FileKey, Tree

LOADING = "load_module"
"""A directive that decides which others there are."""


class BrokenTextError(MemlintError):
    """A text that has changed does not parse: ``data``, of a file that the tree has as it was."""

    def __init__(self, problem: Problem, earlier: ParsedFile, data: bytes) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.earlier = earlier
        self.data = data


class Edited:
    """The tree of the earlier reading, and what has changed since."""

    def __init__(self, tree: Tree, source: Source, paths: Collection[str]) -> None:
        """Bring the files at some paths, as nginx sees them, up to date; no other has changed.

        Raises BrokenTextError, and leaves the tree as it is then; OSError if one cannot be read.
        """
        self.tree = tree
        self._names: set[str] = set()
        self._is_in_place = True
        self.files = dict(tree.parsed)
        keys = [(path, inside) for path in paths for inside in (False, True)]
        edits = [*self._edits([key for key in keys if key in tree.parsed], source)]
        self.is_plain = not tree.problems and all(
            isinstance(edit, Retyped) and edit.is_plain for _, edit in edits
        )
        """Whether blocks and included files are as they were, and nothing is to be told of them."""
        self._open = (
            set()
            if self.is_plain
            else {around for block in self._changing(edits) for around in _outwards(block)}
        )
        for key, edit in edits:
            if isinstance(edit, Retyped):
                edit.apply()
                self._names |= edit.names
                self._is_in_place &= edit.is_in_place
            else:
                self.files[key] = edit
        self._blocks: dict[tuple[object, ...], Block] = {
            (block.directive or block.kind, block.inclusion): block
            for block in (() if self.is_plain else tree.all_blocks)
        }
        self._inclusions = {
            (part.via, part.file, part.parent): part
            for block in (() if self.is_plain else tree.all_blocks)
            if len(block.parts) > 1 or block.directive is None
            for _, part in block.parts
        }
        self._before: dict[Block, tuple[list[tuple[Body, Inclusion]], Sequence[Block]]] = {}

    def _edits(
        self, keys: Collection[FileKey], source: Source
    ) -> Iterator[tuple[FileKey, Retyped | ParsedFile]]:
        """The changes of files, and those that are parsed as a whole."""
        bounds = source.bounds
        for key in keys:
            path, inside = key
            file, data = self.tree.parsed[key], undropped(source.read(path))
            edit = retyped(file, data, in_data_block=inside, max_depth=bounds.block_depth)
            if edit is not None:
                yield key, edit
                continue
            depth, lua = bounds.block_depth, bounds.lua_tokens
            tokens = Tokens(data, lua)
            for _ in lex(tokens, in_data_block=inside, max_depth=depth):
                pass  # an error is told without making a tree of what is before it
            if tokens.error is not None:
                problem = self._reading(file).rejected(tokens.error, tokens)
                raise BrokenTextError(problem, file, data)
            name = file.name
            whole = parse(data, path, name, in_data_block=inside, max_depth=depth, max_lua=lua)
            yield key, whole

    def _changing(self, edits: Iterable[tuple[FileKey, Retyped | ParsedFile]]) -> Iterator[Block]:
        """The blocks in which something has changed, or whose content is in other files, too."""
        for _, edit in edits:
            if isinstance(edit, Retyped):
                yield from self.tree.blocks_of(edit.body)
        yield from (block for block in self.tree.all_blocks if len(block.parts) > 1)
        names = [name for name in self.tree.index_names() if name.startswith("include")]
        yield from self.tree.having(names)

    def _reading(self, file: ParsedFile) -> Inclusion:
        """The first reading of a file."""
        parts = (part for block in self.tree.all_blocks for _, part in block.parts)
        return next(part for part in parts if part.file is file)

    def restarted(self, source: Source) -> Work:
        """The counter of all blocks' work, which counts from nothing again."""
        self.tree.work.start(source.bounds.steps)
        return self.tree.work

    def file(self, key: FileKey) -> ParsedFile | None:
        """A file as it is now, None if it has to be read."""
        return None if key[0] in self.tree.stand_ins else self.files.get(key)

    def block(
        self,
        kind: str,
        directive: Directive | None,
        inclusion: Inclusion,
        parent: Block | None,
    ) -> Block | None:
        """A block as it was, without those in it; None if it is new."""
        block = self._blocks.get((directive or kind, inclusion))
        if block is None or block.kind != kind or block.parent is not parent:
            return None
        self._before[block] = block.parts, block.children
        block.begin_anew()
        return block

    def whole(self, directive: Directive, inclusion: Inclusion, parent: Block) -> list[Block]:
        """A block and all in it, if they are as they were and nothing is to be told of them."""
        block = self._blocks.get((directive, inclusion))
        if block is None or block.parent is not parent:
            return []
        if block in self._open or self.tree.problems:
            return []
        last = block
        while last.children:
            last = last.children[-1]
        blocks = self.tree.all_blocks[self.tree.place(block) : self.tree.place(last) + 1]
        self.tree.work.add(len(blocks))
        return _forgetting(blocks)

    def blocks(self) -> list[Block]:
        """All blocks, if they are as they were."""
        self.tree.work.add(len(self.tree.all_blocks))
        return _forgetting(self.tree.all_blocks)

    def inclusion(
        self, file: ParsedFile, via: Directive | None, parent: Inclusion | None
    ) -> Inclusion | None:
        """One reading of a file as it was; None if it is new."""
        return self._inclusions.get((via, file, parent))

    def hand_over(self, tree: Tree) -> None:
        """Give the new tree what follows from directives and blocks that are as they were."""
        old, new = self.tree.all_blocks, tree.all_blocks
        same = old == new
        names = self._names
        if not same:
            for block in {*old}.symmetric_difference(new):
                self._is_in_place = False
                names.add(block.kind)
                if block.directive is not None:
                    names.add(block.directive.name)
                names.update(name for body, _ in block.parts for name in body.named)
        changed = set()
        for block, (parts, children) in self._before.items():
            if block.parts != parts:
                self._is_in_place = False
                for body, _ in {*parts}.symmetric_difference(block.parts):
                    names.update(body.named)
            if block.children != children:
                changed.add(block)
        if LOADING in names or tree.matched != self.tree.matched:
            return
        tree.take_over(self.tree, frozenset(names), same_blocks=same, same_index=self._is_in_place)
        tree.sound = self.tree.sound - changed


def _outwards(block: Block) -> Iterator[Block]:
    """A block, and those around it."""
    yield block
    yield from block.ancestors()


def _forgetting(blocks: list[Block]) -> list[Block]:
    """Blocks in which directives are looked up anew."""
    for block in blocks:
        block.forget()
    return blocks
