"""The rules: one module each, listed here in the order of their codes.

To add one: write a module as its neighbours are, and put it into the table.
"""

from __future__ import annotations

from collections.abc import Iterable

from nginx_memlint import removed
from nginx_memlint.errors import MemlintError
from nginx_memlint.printable import printable
from nginx_memlint.rules import (
    bundle_unreadable,
    costly_part,
    counts_over_budget,
    ignore_malformed,
    ignore_unused,
    large_bundle,
    lua_bundle_inherited,
    no_shutdown_timeout,
    over_budget,
    override_defeats_sharing,
    pass_bundle_inherited,
    peak_kills_machines,
    server_bundle_repeated,
    slow_test,
    start_over_budget,
    trusted_certificate_unused,
    workers_unknown,
    zones_over_budget,
)
from nginx_memlint.rules.reading import LOWERED, NOT_PRICED, READING
from nginx_memlint.rules.rule import Rule, rule_of
from nginx_memlint.suggest import closest

RULES: tuple[Rule, ...] = tuple(
    map(
        rule_of,
        (
            lua_bundle_inherited,
            pass_bundle_inherited,
            server_bundle_repeated,
            override_defeats_sharing,
            trusted_certificate_unused,
            over_budget,
            peak_kills_machines,
            start_over_budget,
            zones_over_budget,
            slow_test,
            workers_unknown,
            no_shutdown_timeout,
            counts_over_budget,
            costly_part,
            large_bundle,
            bundle_unreadable,
            ignore_malformed,
            ignore_unused,  # the last: it is about what the others have found
        ),
    )
)


ABOUT_REPORTS = (READING, LOWERED, NOT_PRICED)
"""Codes about a report itself, which no settings can change."""


def codes() -> tuple[str, ...]:
    """The codes of all rules."""
    return tuple(rule.code for rule in RULES)


def find_rule(code: str, words: Iterable[str] = ()) -> Rule:
    """The rule with a code or a name, those of ABOUT_REPORTS included.

    Raises MemlintError, which suggests a rule or one of ``words``.
    """
    rules = (*ABOUT_REPORTS, *RULES)
    for rule in rules:
        if code.upper() == rule.code or code == rule.name:
            return rule
    if code in removed.RULES:
        raise MemlintError(removed.RULES[code], code)
    names = {rule.name: rule.name for rule in rules} | {r.code.lower(): r.code for r in rules}
    names |= {word: word for word in words}
    close = closest(code.lower(), names)
    hint = f'; did you mean "{names[close]}"?' if close else ""
    kind = "neither a rule nor a word of reports" if words else "not a rule"
    what = f'"{printable(code)}" is {kind}{hint} (memlint rules lists all)'
    raise MemlintError(what, "CODE")
