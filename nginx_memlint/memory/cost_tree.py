"""Where the memory goes: the cost of each block, as blocks are nested and as files hold them.

A tree is a list in which each node comes after its parent: blocks nest as deeply as they like.
The bytes of all nodes together are those of one configuration, to the byte.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from nginx_memlint.memory.estimate import Price, Priced, own_bytes
from nginx_memlint.memory.parts.record import CA_LOADS, CONTEXTS
from nginx_memlint.printable import printable
from nginx_memlint.result import ConfigReport, Node
from nginx_memlint.targets.targets import Costs
from nginx_memlint.tree.blocks import COUNTED
from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.tree import Tree

SERVERS = ("server", "stream_server", "mail_server")
"""Kinds that a location belongs to one of."""

_SHOWN = frozenset({"http", "stream", "mail", *COUNTED, *SERVERS})
"""Kinds that are shown for what they hold; of others, the blocks that build a context."""


@dataclass(slots=True)
class _OpenNode:
    """A node before the totals are known; the counts are its own."""

    parent: int | None
    kind: str
    name: str
    file: str
    line: int | None
    blocks: int = 0
    contexts: int = 0
    loads: int = 0
    bytes: int = 0


def by_block(path: str, tree: Tree, priced: Iterable[Priced], costs: Costs) -> list[Node]:
    """The tree of cost as blocks are nested: http → server → location. Names are printable."""
    built: defaultdict[int, list[Price]] = defaultdict(list)
    for item in priced:
        for block, _, cost in item.each():
            built[id(block)].append(cost)
    main = printable(tree.main.inclusion.file.name)
    drafts = [_OpenNode(None, "main", printable(path), main, None)]
    index = {id(tree.main): 0}
    files: dict[str, str] = {}
    for block in tree.all_blocks[1:]:
        if block.kind not in _SHOWN and id(block) not in built:
            continue
        assert block.parent is not None
        name = block.inclusion.file.name
        items = built.get(id(block), ())
        index[id(block)] = len(drafts)
        drafts.append(
            _OpenNode(
                index[id(block.parent)],
                block.kind,
                printable(_label(block)),
                files.setdefault(name, printable(name)),
                block.directive.line if block.directive else None,
                int(block.kind in COUNTED),
                len(items),
                sum(item.loads for item in items),
                own_bytes(block.kind, costs) + sum(item.total for item in items),
            )
        )
    return _added_up(drafts)


def by_file(nodes: list[Node]) -> list[Node]:
    """The tree as the files hold it: file → server → location.

    A block is in the file it is written in. A location that is included into a server from
    another file is there below that server's name: the file's part in the server.
    """
    drafts = [_OpenNode(None, nodes[0].kind, nodes[0].name, nodes[0].file, None)]
    files: dict[str, int] = {}
    parts: dict[tuple[int, int], int] = {}  # file and server → the node for what it has of it
    servers: list[int | None] = []  # by node: the server around it, or itself
    placed: dict[int, int] = {}
    for number, (node, part) in enumerate(zip(nodes, _own_parts(nodes), strict=True)):
        around = None if node.parent is None else servers[node.parent]
        servers.append(number if node.kind in SERVERS else around)
        if servers[number] is None and not part.bytes:
            continue
        if node.file not in files:
            files[node.file] = len(drafts)
            drafts.append(_OpenNode(0, "file", node.file, node.file, None))
        part.parent = file = files[node.file]
        if around is not None and node.parent is not None:
            if nodes[node.parent].file == node.file:
                part.parent = placed[node.parent]
            else:
                if (file, around) not in parts:
                    server = nodes[around]
                    parts[file, around] = len(drafts)
                    drafts.append(
                        _OpenNode(file, server.kind, server.name, server.file, server.line)
                    )
                part.parent = parts[file, around]
        placed[number] = len(drafts)
        if node.kind in SERVERS:
            parts[file, number] = len(drafts)
        drafts.append(part)
    return _added_up(drafts)


def by_part(config: ConfigReport) -> list[Node]:
    """The tree of a start's memory by what takes it; CA loads by the directives that cause them.

    It is that of the whole service, workers and zones included.
    """
    main = config.main_file
    drafts = [_OpenNode(None, "main", config.path, main, None)]
    for part in config.memory.parts:
        number = len(drafts)
        draft = _OpenNode(0, "part", part.name, part.file or main, part.line)
        draft.bytes = part.start_bytes
        draft.contexts = part.count if part.name == CONTEXTS else 0
        drafts.append(draft)
        inherited = [one for one in config.inherited if one.bytes] if part.name == CA_LOADS else []
        if inherited and sum(one.bytes for one in inherited) <= part.start_bytes:
            for one in inherited:
                below = _OpenNode(
                    number, "directive", f"{one.directive} {one.value}", one.file, one.line
                )
                below.loads, below.bytes = one.ca_loads, one.bytes
                draft.bytes -= one.bytes
                drafts.append(below)
    return _added_up(drafts)


def largest(nodes: list[Node], most: int) -> tuple[list[Node], int]:
    """The costliest nodes, and how many were left out.

    What is left out of a node is below it as one node of kind ``more``, so that the bytes still
    add up.
    """
    if len(nodes) <= most:
        return nodes, 0
    # a parent costs at least what its children do, and comes before them
    order = sorted(range(len(nodes)), key=lambda number: (-nodes[number].bytes, number))
    kept = set(order[:most])
    place: dict[int, int] = {}
    drafts: list[_OpenNode] = []
    dropped: defaultdict[int, list[_OpenNode]] = defaultdict(list)
    for number, (node, part) in enumerate(zip(nodes, _own_parts(nodes), strict=True)):
        if node.parent is not None:
            part.parent = place[node.parent]
        if number in kept:
            place[number] = len(drafts)
            drafts.append(part)
        else:
            assert part.parent is not None
            place[number] = part.parent  # what is below it is summed up with it
            dropped[part.parent].append(part)
    left_out = 0
    for members in dropped.values():
        if len(members) == 1:  # as large as a line that says so
            drafts += members
        else:
            left_out += len(members)
            drafts.append(_sum(members))
    return _added_up(drafts), left_out


def _sum(members: list[_OpenNode]) -> _OpenNode:
    first = members[0]
    return _OpenNode(
        first.parent,
        "more",
        f"{len(members):,} more",
        first.file,
        None,
        sum(member.blocks for member in members),
        sum(member.contexts for member in members),
        sum(member.loads for member in members),
        sum(member.bytes for member in members),
    )


def _own_parts(nodes: list[Node]) -> list[_OpenNode]:
    """The nodes without what is below them."""
    drafts = [
        _OpenNode(
            node.parent,
            node.kind,
            node.name,
            node.file,
            node.line,
            node.blocks,
            node.ssl_contexts,
            node.ca_loads,
            node.own_bytes,
        )
        for node in nodes
    ]
    for node in nodes:
        if node.parent is not None:
            above = drafts[node.parent]
            above.blocks -= node.blocks
            above.contexts -= node.ssl_contexts
            above.loads -= node.ca_loads
    return drafts


def _added_up(drafts: list[_OpenNode]) -> list[Node]:
    """The nodes with all below them counted in."""
    totals = [draft.bytes for draft in drafts]
    for number in range(len(drafts) - 1, 0, -1):
        draft = drafts[number]
        assert draft.parent is not None
        above = drafts[draft.parent]
        above.blocks += draft.blocks
        above.contexts += draft.contexts
        above.loads += draft.loads
        totals[draft.parent] += totals[number]
    return [
        Node(
            parent=draft.parent,
            kind=draft.kind,
            name=draft.name,
            file=draft.file,
            line=draft.line,
            blocks=draft.blocks,
            ssl_contexts=draft.contexts,
            ca_loads=draft.loads,
            own_bytes=draft.bytes,
            bytes=total,
        )
        for draft, total in zip(drafts, totals, strict=True)
    ]


def _label(block: Block) -> str:
    """A block's name for people."""
    if block.kind in SERVERS:
        named = block.titles()
        return f"server {named[0].value}" if named else "server"
    if block.kind == "if" and block.directive:
        return f"if ({' '.join(block.directive.args)})"
    return block.label
