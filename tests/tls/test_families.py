"""The functions of families look at the directives that their records name, and at no others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nginx_memlint.targets.targets import find_target
from nginx_memlint.tls.families import FAMILIES, Family
from nginx_memlint.tree import grammar

TARGETS = [find_target(name) for name in ("debian-11", "debian-12", "debian-13")]
VALUES = ("", "on", "off", "x")


class Asked:
    """A block in which every directive has a value, or none is set; it notes what it is asked."""

    def __init__(self, value: str | None) -> None:
        self.value = value
        self.names: set[str] = set()
        self.parts: list[Any] = []

    def effective(self, name: str) -> Any:
        self.names.add(name)
        directive = SimpleNamespace(name=name, args=(self.value, "ssl"))
        return (
            None
            if self.value is None
            else SimpleNamespace(value=self.value, directive=directive, block=self)
        )

    def settings(self, name: str) -> list[Any]:
        setting = self.effective(name)
        return [] if setting is None else [setting]

    def directives(self, name: str) -> list[Any]:
        return [setting.directive for setting in self.settings(name)]

    inside = settings
    children = ()


def asked(call: Any, target: Any) -> set[str]:
    names: set[str] = set()
    for value in (None, *VALUES):
        block = Asked(value)
        call(block, target)
        names |= block.names
    return names


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_what_decides(family: Family) -> None:
    names = set().union(*(asked(family.wants, target) for target in TARGETS))
    assert names == (family.needs or family.decides)


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_what_is_read(family: Family) -> None:
    names = {family.certificate, family.commands} - {""}
    for target in TARGETS:
        names |= asked(family.trusted, target) | asked(family.client, target)
    assert names == family.reads | family.inside


def test_no_other_component_has_the_directives_of_a_module() -> None:
    """Else one of them would tell nothing of the module."""
    brought = grammar.components()
    modules = [family.module for family in FAMILIES if family.module is not None]
    for module in modules:
        if module.version == "nginx":  # the release of nginx tells of it, not its directives
            continue
        kinds = {
            kind for kind in grammar.KINDS if kind.startswith("stream") == (module.root == "stream")
        }
        for name in module.directives:
            by = {brought[name, kind] for kind in kinds if (name, kind) in brought}
            assert by == {module.version}, name
