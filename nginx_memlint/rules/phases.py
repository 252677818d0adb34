"""Functions that the rules about budgets share: the phases in words, and the culprit."""

from collections.abc import Callable
from typing import NamedTuple

from nginx_memlint.memory.guesses import End
from nginx_memlint.memory.laws import Total
from nginx_memlint.memory.parts.record import CA_LOADS, CostPart
from nginx_memlint.remedies.proposals import best, other_allocator
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.result import Severity
from nginx_memlint.rules.rule import Draft
from nginx_memlint.sizes import human, human_about
from nginx_memlint.tree.expanded import Setting

Phase = Callable[[Total], int]


def at_start(total: Total) -> int:
    """Bytes after a start."""
    return total.start


def at_worst(total: Total) -> int:
    """Bytes at the worst reload peak."""
    return total.reload_peak_worst


def phases(situation: Situation) -> str:
    """The memory at start and at the worst peak."""
    total = situation.total
    start, peak = said(situation, total.start), said(situation, total.reload_peak_worst)
    return f"{start} at start, up to {peak} while reloading"


def said(situation: Situation, size: int) -> str:
    """A total in words, rounded if its costs are borrowed."""
    return human_about(size) if situation.target.borrowed else human(size)


class Verdict(NamedTuple):
    """A severity, the bytes that lead to it, the message's end, and the situation to blame."""

    severity: Severity
    size: int
    guessed: str
    situation: Situation


def verdict(situation: Situation, is_over: Callable[[int], bool], phase: Phase) -> Verdict | None:
    """An error if even the low end of what is guessed of files is over, a warning if the high is.

    None if neither is.
    """
    if is_over(phase(situation.at(End.LOW).total)):
        return Verdict("error", phase(situation.total), "", situation)
    high = situation.at(End.HIGH)
    size = phase(high.total)
    if not is_over(size):
        return None
    why = (
        f", or {said(situation, size)} at the most that is guessed ({'; '.join(situation.unread)})"
    )
    return Verdict("warning", size, why, high)


def blamed(
    verdict: Verdict, message: str, size: int, phase: Phase = at_worst, end: str = ""
) -> Draft:
    """A draft at the directive that takes most in a phase, named in the message.

    It comes with the changes that help. ``end`` is the end of the message.
    """
    part, share = culprit(verdict.situation, phase)
    at = None if part is None else setting_of(part)
    if part is not None and share:
        message += f"; {part.said or part.name} takes most of it, {human(share)}"
    proposals = best(verdict.situation)
    if phase is at_worst and not proposals:
        proposals = other_allocator(verdict.situation)
    severity = None if verdict.severity == "error" else verdict.severity
    count = verdict.situation.ca_loads if part is not None and part.name == CA_LOADS else None
    return Draft(
        message + end, at, size, None, proposals, identity=(), severity=severity, count=count
    )


def culprit(situation: Situation, phase: Phase) -> tuple[CostPart | None, int]:
    """The part that takes most in a phase and stands somewhere, and how much that is."""
    placed = [(part, phase(total)) for part, total in situation.shares if setting_of(part)]
    return max(placed, key=lambda share: share[1], default=(None, 0))


def setting_of(part: CostPart) -> Setting | None:
    """Where a part stands, a block as the directive that it is."""
    if part.at is None or isinstance(part.at, Setting):
        return part.at
    block = part.at
    if block.directive is None or block.parent is None:
        return None
    return Setting(block.directive, block.inclusion, block.parent)
