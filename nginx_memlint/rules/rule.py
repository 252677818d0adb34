"""A rule: a module with CODE, NAME, SEVERITY, check(), and a docstring that explains it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from textwrap import fill
from types import ModuleType
from typing import NamedTuple

from nginx_memlint.acceptance.comments import Mark
from nginx_memlint.remedies.fixes_table import fixes_of
from nginx_memlint.remedies.situation import Proposal, Situation
from nginx_memlint.result import Severity
from nginx_memlint.tree.expanded import Block, Setting


class CostPlace(NamedTuple):
    """A block or a directive that a draft names beside its cause, and the bytes it costs."""

    at: Block | Setting
    message: str
    bytes: int


@dataclass(eq=False, repr=False)
class Draft:
    """A rule's statement, to which the engine adds severity, fingerprint and suppression.

    ``setting`` is the one cause, None if that is the configuration as a whole. ``bytes`` are at
    stake: at a start, or over a budget. ``places`` come with the costliest first. ``proposals`` are
    changes that help. ``identity`` is what must be equal for a draft of the next run to be the same
    one: by default the cause's file, the blocks around it and its name; it is given if the cause is
    only the costliest of several, so that another may be it next time. ``comment`` is the place of
    a draft about a comment. ``severity`` is that of the rule unless it is given here. ``count`` is
    the number of loads, contexts or blocks that the bytes are of, if they are of such: bytes differ
    with what is in a bundle, the count does not.
    """

    message: str
    setting: Setting | None
    bytes: int
    places: Sequence[CostPlace] | None = None
    proposals: list[Proposal] | None = None
    identity: tuple[str, ...] | None = None
    comment: Mark | None = None
    severity: Severity | None = None
    count: int | None = None


Check = Callable[[Situation], Iterable[Draft]]


class Rule(NamedTuple):
    """A rule as it is listed. ``doc`` is Markdown: what, why, cost, remedy, examples."""

    code: str
    name: str
    severity: Severity
    summary: str
    doc: str
    check: Check


def rule_of(module: ModuleType) -> Rule:
    """The rule that a module defines."""
    summary, _, rest = (module.__doc__ or "").strip().partition("\n")
    doc = _with_fixes(rest.strip(), fixes_of(module.CODE))
    return Rule(module.CODE, module.NAME, module.SEVERITY, summary, doc, module.check)


def _with_fixes(doc: str, sentences: Sequence[str]) -> str:
    """A rule's documentation with what ``--fix`` does, at the end of its section Fix."""
    before, section, after = doc.partition("\n## Fails")
    listed = "".join(f"\n{fill(sentence, 100)}\n" for sentence in sentences)
    return f"{before}{listed}{section}{after}"
