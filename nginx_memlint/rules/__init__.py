"""The rules: one module each, listed here in the order of their codes.

To add one: write a module as its neighbours are, and put it into the table.
"""

from __future__ import annotations

from nginx_memlint.rules import (
    ignore_malformed,
    ignore_unused,
    lua_bundle_inherited,
    over_budget,
    peak_kills_machines,
)
from nginx_memlint.rules.rule import Rule, rule_of

RULES: tuple[Rule, ...] = tuple(
    map(
        rule_of,
        (
            lua_bundle_inherited,
            over_budget,
            peak_kills_machines,
            ignore_malformed,
            ignore_unused,  # the last: it is about what the others have found
        ),
    )
)


def codes() -> tuple[str, ...]:
    """The codes of all rules."""
    return tuple(rule.code for rule in RULES)


def find_rule(code: str) -> Rule:
    """The rule with a code or a name. Raises KeyError."""
    for rule in RULES:
        if code.upper() == rule.code or code == rule.name:
            return rule
    raise KeyError(code)
