"""A target with single versions replaced costs the same whichever way it was made."""

from __future__ import annotations

import pytest

from nginx_memlint.targets.targets import (
    find_target,
    installed_target,
    target_names,
    with_replaced,
)


@pytest.mark.parametrize("versions", [{"nginx": "1.27.2"}, {"nginx": "1.23.1"}, {"lua": "0.10.26"}])
@pytest.mark.parametrize("name", target_names())
def test_as_if_given_as_options(name: str, versions: dict[str, str]) -> None:
    one = find_target(name, versions)
    other = with_replaced(find_target(name), versions)
    assert one.costs is other.costs
    assert one.nginx == other.nginx
    assert one.lua == other.lua


def test_measured_costs_stay_until_another_stack_is_nearer() -> None:
    measured = installed_target("here", {"nginx": "1.22.1", "openssl": "3.0.22"}, (), None)
    assert with_replaced(measured, {"nginx": "1.23.1"}).costs is measured.costs
    cached = with_replaced(measured, {"nginx": "1.27.2"})
    assert cached.costs.caches_certificates
    assert any("costs as measured on debian-sid" in line for line in cached.assumed)
