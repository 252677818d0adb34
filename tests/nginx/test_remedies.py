"""The real server loads bundles as often as a remedy promises, once it is followed."""

from __future__ import annotations

from typing import Any

import pytest

from nginx_memlint import check
from nginx_memlint.sizes import MIB
from tests.nginx.facts_rows import Site
from tests.nginx.recorded import imaginary_stack
from tests.nginx.remedied import COUNTED, RECORDED, counted, recorded, written
from tests.nginx.stack import Stack, available
from tests.remedies.followed import Case


@pytest.mark.parametrize("case", COUNTED, ids=lambda case: case.name)
def test_loads_are_as_promised(case: Case, bookworm: Stack, site: Site) -> None:
    """By the server itself where it is there, else by what was recorded of it."""
    installed = {stack.name: stack for stack in (bookworm, *available())}.get(case.stack)
    stack = installed or imaginary_stack(case.stack)
    options: dict[str, Any] = {"target": case.target, "unit_cost": 32 * MIB}
    promised = None
    for index, conf in enumerate(written(case, stack, site)):
        contexts, loads = counted(installed, site, conf) if installed else recorded(case)[index]
        report = check(conf, **options)
        assert (contexts, loads) == (report.ssl_contexts, report.ca_loads)
        if promised is None:
            [promised] = [r.ca_loads for r in report.remedies if r.change.startswith(case.text)]
            assert promised < report.ca_loads
        else:
            assert loads == promised


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.name)
def test_recordings_are_current(case: Case) -> None:
    assert len(recorded(case)) == 2
