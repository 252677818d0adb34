"""Run a format."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

from nginx_memlint import check
from nginx_memlint.report import writer
from nginx_memlint.result import Report
from tests.helpers import SAMPLES

SCHEMAS = Path(__file__).parent.parent / "schemas"

SAMPLE_NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/nginx.conf"))


def render(name: str, report: Report) -> str:
    """The text that a format writes of a report, which UTF-8 can encode."""
    out = io.StringIO()
    writer(name)(report, out)
    out.getvalue().encode()
    return out.getvalue()


def render_json(name: str, report: Report) -> Any:
    """The values that a format in JSON writes of a report."""
    return json.loads(render(name, report))


def schema(name: str) -> Any:
    """A schema of tests/schemas."""
    return json.loads((SCHEMAS / name).read_text())


@cache
def sample(name: str) -> Report:
    """The report on a sample."""
    return Report(configs=[check(str(SAMPLES / name), target="debian-12")])
