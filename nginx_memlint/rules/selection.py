"""Rules that are asked for, and rules that are left out: by code, by its beginning, or by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nginx_memlint.result import Severity
from nginx_memlint.rules import ABOUT_REPORTS, RULES, find_rule


def read_codes(texts: Iterable[str]) -> tuple[str, ...]:
    """Codes and beginnings of codes, from such texts and names; raises ValueError for others."""
    codes: dict[str, None] = {}
    for text in texts:
        code = text.strip().upper()
        if code and any(rule.code.startswith(code) for rule in RULES):
            codes[code] = None
        elif (rule := find_rule(text.strip())) in ABOUT_REPORTS:
            raise ValueError(f"{rule.code} is about the report itself: it is always there")
        else:
            codes[rule.code] = None
    return tuple(codes)


def left_out(text: str) -> list[str]:
    """The codes of the rules that a code, a beginning of codes, or a name stands for."""
    return [rule.code for rule in RULES if rule.code.startswith(read_codes([text]))]


def selected(
    severities: Mapping[str, Severity | None], select: Iterable[str], ignore: Iterable[str]
) -> dict[str, Severity | None]:
    """Severities by rule, None for off, after a selection: the longer beginning wins.

    What is selected is on, whatever was off before; nothing selected is as good as all.
    """
    asked, left_out = tuple(select), tuple(ignore)
    chosen = dict(severities)
    for rule in RULES:
        wanted = _longest(rule.code, asked) if asked else 0
        if wanted < 0 or _longest(rule.code, left_out) >= max(wanted, 1):
            chosen[rule.code] = None
        elif asked and chosen.get(rule.code, rule.severity) is None:
            del chosen[rule.code]
    return chosen


def turned_off(
    severities: Mapping[str, Severity | None], select: Iterable[str], ignore: Iterable[str]
) -> list[str]:
    """The codes of rules that a selection turns off."""
    chosen = selected(severities, select, ignore)
    return [
        rule.code
        for rule in RULES
        if chosen.get(rule.code, rule.severity) is None
        and severities.get(rule.code, rule.severity) is not None
    ]


def _longest(code: str, beginnings: Iterable[str]) -> int:
    """The length of the longest beginning of a code; -1 if there is none."""
    return max((len(each) for each in beginnings if code.startswith(each)), default=-1)
