"""Settings, comments and baselines that lower a report, each with its file and line.

Whoever checks a stranger's configuration reads here which findings the stranger has decided on.
Of flags, only those that turn rules off are listed: whoever reads a report need not know them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from nginx_memlint.result import Lowered, Suppressed
from nginx_memlint.sizes import plural

By: TypeAlias = Literal["ignore", "settings", "baseline"]


def by_acceptance(
    suppressed: Iterable[Suppressed], baseline: str | None = None
) -> Iterator[Lowered]:
    """An entry for each comment, ignore of the settings or baseline that accepted findings."""
    rules: dict[tuple[By, str, int | None, str], Counter[str]] = {}
    for item in suppressed:
        file, line = (item.ignore.file, item.ignore.line) if item.ignore else (baseline, None)
        if file is not None:
            rules.setdefault((item.by, file, line, item.reason), Counter())[item.rule] += 1
    for (by, file, line, reason), counts in rules.items():
        count = counts.total()
        what = f"accepts {plural(count, 'finding')} of {', '.join(sorted(counts))}"
        if reason:
            what += f": {reason}"
        yield Lowered(by=by, of="findings", what=what, file=file, line=line)


def unique(lowered: Iterable[Lowered]) -> list[Lowered]:
    """The entries, each once: several configurations share their settings."""
    return list({(item.file, item.line or 0, item.what): item for item in lowered}.values())
