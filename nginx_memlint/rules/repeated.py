"""What the rules about bundles that are loaded again and again have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nginx_memlint.config.source import relative
from nginx_memlint.config.tree import Block, Nearest
from nginx_memlint.remedies import Remedy, worthwhile
from nginx_memlint.rules.rule import Draft, Place
from nginx_memlint.rules.thresholds import REPEATED_LOADS
from nginx_memlint.situation import Cause, Situation
from nginx_memlint.sizes import human
from nginx_memlint.tls.families import by_name


def repeated(
    situation: Situation, families: Iterable[str], remedies: Iterable[Remedy]
) -> Iterator[Draft]:
    """A draft for each bundle that blocks of these families, which share none, load again."""
    for cause in situation.causes:
        if cause.family not in families or by_name(cause.family).shared(situation.target):
            continue
        if cause.repeated < REPEATED_LOADS:
            continue
        setting = cause.setting
        by = "" if len(cause.by_setting) == 1 else f" (set in {len(cause.by_setting):,} places)"
        yield Draft(
            f"{setting.name}{by} makes nginx parse {setting.value} {cause.loads:,} times "
            f"({human(cause.total)}): once for each block that sees it",
            setting,
            cause.repeated,
            costliest(cause),
            worthwhile(situation, [remedy(situation, cause) for remedy in remedies]),
            identity=(cause.family, relative(cause.path, situation.tree.directory)),
        )


def costliest(cause: Cause) -> list[Place]:
    """The servers that load a bundle most; within a single one, its blocks."""
    sums: dict[int, tuple[Block, int, int]] = {}
    server_of = Nearest(lambda block: "server" in block.kind).of
    for outermost in (True, False):
        sums.clear()
        for item, size in cause.priced:
            block = item.context.block
            if outermost:
                block = (block.parent and server_of(block.parent)) or block
            _, count, total = sums.get(id(block), (block, 0, 0))
            sums[id(block)] = (block, count + 1, total + size)
        if len(sums) > 1:
            break
    ordered = sorted(sums.values(), key=lambda entry: -entry[2])
    return [
        Place(block, f"{block.label}: {count:,} loads, {human(total)}", total)
        for block, count, total in ordered
    ]
