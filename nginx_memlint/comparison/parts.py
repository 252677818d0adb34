"""The parts of a configuration's cost, and which part of another configuration each of them is.

Parts are matched by what they are, not by where they stand: moved lines and renamed directories are
no change.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nginx_memlint.comparison.difference import Change, PartChange, PartKind
from nginx_memlint.memory import estimate as memory
from nginx_memlint.memory.ciphers import context_bytes
from nginx_memlint.memory.parts.blocks import block_amount
from nginx_memlint.memory.parts.data import TEXT
from nginx_memlint.memory.zones import touched
from nginx_memlint.printable import printable
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.syntax.directives import ParsedFile
from nginx_memlint.tree import blocks
from nginx_memlint.tree.expanded import Block, Setting

WITH_BLOCKS = {"servers", "locations", "stream servers", TEXT}
"""Parts of memory that are told as blocks, and the text, which every word changes."""


@dataclass(slots=True)
class Part:
    """A part of the cost. ``keys`` identify it, each more loosely than the one before."""

    kind: PartKind
    keys: tuple[tuple[str, ...], ...]
    name: str
    file: str | None = None
    line: int | None = None
    blocks: int = 0
    contexts: int = 0
    loads: int = 0
    bytes: int = 0


class Parts:
    """The parts of one configuration's cost."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._tree = situation.tree
        costs = situation.target.costs
        self._block_bytes = {kind: memory.own_bytes(kind, costs) for kind in blocks.COUNTED}
        workers = situation.workers.count
        amounts = {kind: block_amount(kind, situation.target) for kind in blocks.COUNTED}
        self._start_bytes = {
            kind: amount.pool + workers * amount.worker for kind, amount in amounts.items()
        }
        self._names: dict[str, tuple[str, ...]] = {}

    def causes(self) -> list[Part]:
        """The causes of the memory of a start and of the shared memory, to the byte."""
        parts: dict[tuple[str, ...], Part] = {}
        costs, names = self._situation.target.costs, self._tree.index_names()
        for item in self._situation.priced:
            group = item.group
            family = ("ssl_contexts", group.family)
            part = parts.setdefault(family, Part("ssl_contexts", (family,), group.family))
            part.bytes += context_bytes(group, names, costs)
            for price, count in ((item.first, 1), (item.other, item.others)):
                parts[family].contexts += count
                rest = price.load_bytes - price.loads * price.share if price.loads else 0
                for setting in group.loads.bundles:
                    part = self._of_setting(parts, setting)
                    part.loads += count
                    part.bytes += count * (price.share + rest)
                    rest = 0
        for block in self._tree.all_blocks:
            if block.kind in self._block_bytes:
                key = ("blocks", block.kind)
                part = parts.setdefault(key, Part("blocks", (key,), block.kind))
                part.blocks += 1
                part.bytes += self._start_bytes[block.kind]
        parts |= {("part", part.name): part for part in self._others()}
        for zone in self._situation.zones:
            key, line = ("zone", zone.name), zone.setting.directive.line
            part = Part("zone", (key,), zone.name, zone.setting.file.name, line)
            amount = touched(zone)
            part.bytes = amount.zone_resident + amount.zone_renewed
            parts[key] = part
        workers, per_worker = self._situation.workers.count, self._situation.per_worker
        if per_worker.contexts:
            part = Part("workers", (("workers",),), "workers")
            part.contexts = workers * per_worker.contexts
            part.loads = workers * len(per_worker.bundles)
            part.bytes = workers * self._situation.estimate.worker
            parts["workers",] = part
        return list(parts.values())

    def _others(self) -> Iterator[Part]:
        """The parts beside blocks, contexts and zones, each with its bytes at a start."""
        situation = self._situation
        counted = {part.name for part in situation.counted} - WITH_BLOCKS
        for part, total in situation.shares:
            if part.name in counted:
                place = part.at
                line = place.directive.line if place and place.directive else None
                file = place.inclusion.file.name if place and line else None
                yield Part("part", (("part", part.name),), part.name, file, line, bytes=total.start)

    def _of_setting(self, parts: dict[tuple[str, ...], Part], setting: Setting) -> Part:
        directive = setting.directive
        what = ("ca_loads", directive.name, setting.value)
        names = self._file_names(setting.file)
        key = (*what, names[0])
        if key not in parts:
            keys = (*((*what, name) for name in names), what)
            text = f"{directive.name} {setting.value}"
            parts[key] = Part("ca_loads", keys, text, setting.file.name, directive.line)
        return parts[key]

    def servers(self) -> list[Part]:
        """The servers; those with the same name in the same file count together."""
        parts: dict[tuple[str, ...], Part] = {}
        of_block: dict[int, Part | None] = {}
        for block in self._tree.all_blocks:
            if block.kind in ("server", "stream_server"):
                server: Part | None = self._server(parts, block)
            else:
                server = of_block.get(id(block.parent))
            of_block[id(block)] = server
            self._add_block(server, block)
        for item in self._situation.priced:
            for _, owner, price in item.each():
                _add_context(of_block[id(owner)], price)
        return list(parts.values())

    def _server(self, parts: dict[tuple[str, ...], Part], block: Block) -> Part:
        names = block.titles()
        name = names[0].value if names else ""
        file = block.inclusion.file
        files = self._file_names(file)
        key = (block.kind, name, files[0])
        if key not in parts:
            keys = (*((block.kind, name, path) for path in files), (block.kind, name))
            line = block.directive.line if block.directive else None
            parts[key] = Part("server", keys, name or "server", file.name, line)
        return parts[key]

    def files(self) -> list[Part]:
        """The files, each with the blocks that stand in it."""
        parts: dict[str, Part] = {}

        def part(file: ParsedFile) -> Part:
            names = self._file_names(file)
            if names[0] not in parts:
                keys = tuple((name,) for name in names)
                parts[names[0]] = Part("file", keys, file.name, file.name)
            return parts[names[0]]

        for block in self._tree.all_blocks:
            self._add_block(part(block.inclusion.file), block)
        for item in self._situation.priced:
            for _, owner, price in item.each():
                _add_context(part(owner.inclusion.file), price)
        return list(parts.values())

    def _add_block(self, part: Part | None, block: Block) -> None:
        if part is not None and block.kind in self._block_bytes:
            part.blocks += 1
            part.bytes += self._block_bytes[block.kind]

    def _file_names(self, file: ParsedFile) -> tuple[str, ...]:
        """Names of a file, strictest first: from the main file, its whole path, its last part."""
        if file.path not in self._names:
            if file is self._tree.main.inclusion.file:
                names = ("", "", "")  # whatever it is called
            else:
                path = posixpath.normpath(file.path)
                names = (path, path, posixpath.basename(path))
                if path.startswith("/") and self._tree.directory.startswith("/"):
                    names = (posixpath.relpath(path, self._tree.directory), *names[1:])
            self._names[file.path] = names
        return self._names[file.path]


def _add_context(part: Part | None, price: memory.Price) -> None:
    if part is not None:
        part.contexts += 1
        part.loads += price.loads
        part.bytes += price.total


def differences(old: list[Part], new: list[Part]) -> list[PartChange]:
    """The parts that differ, what changed most first."""
    changes = [
        PartChange(
            kind=shown.kind,
            name=printable(shown.name),
            state="new" if before is None else "removed" if after is None else "changed",
            file=None if shown.file is None else printable(shown.file),
            line=shown.line,
            **{
                field: Change(
                    before=getattr(before, name) if before else 0,
                    after=getattr(after, name) if after else 0,
                )
                for field, name in _NUMBERS.items()
            },
        )
        for before, after in _pairs(old, new)
        if (shown := after or before) and not _is_same(before, after)
    ]
    return sorted(
        changes,
        key=lambda part: (-abs(part.bytes.growth), part.name, part.file or "", part.line or 0),
    )


_NUMBERS = {"blocks": "blocks", "ssl_contexts": "contexts", "ca_loads": "loads", "bytes": "bytes"}
"""Field of PartChange → attribute of Part."""


def _is_same(before: Part | None, after: Part | None) -> bool:
    if before is None or after is None:
        # a file without blocks or contexts costs nothing, new or not
        part = before or after
        return not any(getattr(part, name) for name in _NUMBERS.values())
    return all(getattr(before, name) == getattr(after, name) for name in _NUMBERS.values())


def _pairs(old: list[Part], new: list[Part]) -> Iterator[tuple[Part | None, Part | None]]:
    """The parts of both that are the same: by the strictest key that only one in each has."""
    for level in range(max((len(part.keys) for part in (*old, *new)), default=0)):
        before, after = _by_key(old, level), _by_key(new, level)
        matched = before.keys() & after.keys()
        yield from ((before[key], after[key]) for key in matched)
        gone = {id(side[key]) for key in matched for side in (before, after)}
        old = [part for part in old if id(part) not in gone]
        new = [part for part in new if id(part) not in gone]
    yield from ((part, None) for part in old)
    yield from ((None, part) for part in new)


def _by_key(parts: Iterable[Part], level: int) -> dict[tuple[str, ...], Part]:
    """The parts whose key of a level no other part has."""
    parts = [part for part in parts if level < len(part.keys)]
    counts = Counter(part.keys[level] for part in parts)
    return {part.keys[level]: part for part in parts if counts[part.keys[level]] == 1}
