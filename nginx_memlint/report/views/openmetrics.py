"""Whether a reload fits, as metrics: for node_exporter's textfile collector, and OpenMetrics.

Every metric is a gauge, so that the text is that of OpenMetrics 1.0 and of Prometheus's own format.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.live.preflight.verdict import Fit, Preflight

PREFIX = "memlint_preflight_"

Sample = tuple[dict[str, str], float]
"""The labels of a sample, and its value."""


class _Metric(NamedTuple):
    name: str
    unit: str
    help: str
    samples: list[Sample]


def text(result: Preflight) -> str:
    """The metrics of one result, as text that ends with ``# EOF``."""
    lines = [line for metric in _metrics(result) for line in _lines(metric)]
    return "\n".join([*lines, "# EOF", ""])


def _metrics(result: Preflight) -> Iterator[_Metric]:
    need = result.need
    verdicts: list[Sample] = [
        ({"verdict": each.replace(" ", "_")}, float(each is result.verdict)) for each in Fit
    ]
    yield _Metric("verdict", "", "Whether a reload fits: 1 for the verdict.", verdicts)
    needs: list[Sample] = [
        ({"bound": "least"}, need.least_bytes),
        ({"bound": "likely"}, need.likely_bytes),
        ({"bound": "most"}, need.most_bytes),
    ]
    yield _Metric("need_bytes", "bytes", "What a reload needs beside what nginx has now.", needs)
    for name, help_ in (
        ("limit", "A limit of the memory around nginx."),
        ("free", "What is left below a limit, without swap."),
        ("swap", "What could be swapped beside that."),
    ):
        free: list[Sample] = [
            ({"limit": room.name}, getattr(room, f"{name}_bytes")) for room in result.room
        ]
        yield _Metric(f"room_{name}_bytes", "bytes", help_, free)
    kinds: dict[str, list[int]] = {}
    for each in result.processes:
        sums = kinds.setdefault(each.kind.replace(" ", "_"), [0, 0])
        sums[0] += each.processes
        sums[1] += each.anonymous_bytes
    counts: list[Sample] = [({"kind": kind}, sums[0]) for kind, sums in kinds.items()]
    sizes: list[Sample] = [({"kind": kind}, sums[1]) for kind, sums in kinds.items()]
    yield _Metric("processes", "", "Processes of nginx by kind.", counts)
    yield _Metric(
        "anonymous_bytes",
        "bytes",
        "Anonymous memory of these, what several share counted for each.",
        sizes,
    )


def _lines(metric: _Metric) -> Iterator[str]:
    name = PREFIX + metric.name
    yield f"# TYPE {name} gauge"
    if metric.unit:
        yield f"# UNIT {name} {metric.unit}"
    yield f"# HELP {name} {metric.help}"
    for labels, value in metric.samples:
        shown = ",".join(f'{label}="{_escaped(each)}"' for label, each in labels.items())
        yield f"{name}{{{shown}}} {value:.0f}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
