"""The metrics, as the grammar of OpenMetrics 1.0 has them."""

from __future__ import annotations

import re

from nginx_memlint.live.preflight.verdict import Fit
from nginx_memlint.report.views.openmetrics import text
from tests.report.views.test_preflight import RESULT

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = rf'{NAME}="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})\{{{LABEL}\}} (-?[0-9]+)")
META = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)")


def parsed() -> dict[tuple[str, str], int]:
    """Metric and label → value. Asserts the order and the form of all lines."""
    *lines, end = text(RESULT).removesuffix("\n").split("\n")
    assert end == "# EOF"
    samples: dict[tuple[str, str], int] = {}
    family = ""
    keys: list[str] = []
    for line in lines:
        if meta := META.fullmatch(line):
            key, name, _ = meta.groups()
            if key == "TYPE":
                family, keys = name, []
                assert not any(seen.startswith(name + "{") for seen, _ in samples)
            assert name == family
            assert key not in keys
            keys.append(key)
            if key == "UNIT":
                assert name.endswith("_" + meta[3])
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample is not None, line
        assert sample[1] == family
        label = re.sub(r"\\(.)", lambda escaped: escaped[1], sample[2])
        assert (family, label) not in samples
        samples[family, label] = int(sample[3])
    return samples


def test_every_figure_is_there() -> None:
    samples = parsed()
    assert {label: value for (name, label), value in samples.items() if "verdict" in name} == {
        "fits": 0,
        "may_not_fit": 1,
        "does_not_fit": 0,
    }
    assert samples["memlint_preflight_need_bytes", "most"] == RESULT.need.most_bytes
    room = RESULT.room[0]
    assert samples["memlint_preflight_room_free_bytes", room.name] == room.free_bytes
    assert samples["memlint_preflight_processes", "old_workers"] == 3


def test_generations_of_old_workers_are_one_sample() -> None:
    assert parsed()["memlint_preflight_anonymous_bytes", "old_workers"] == sum(
        each.anonymous_bytes for each in RESULT.processes if each.kind == "old workers"
    )


def test_each_verdict_has_a_label() -> None:
    labels = {label for name, label in parsed() if name.endswith("_verdict")}
    assert labels == {each.value.replace(" ", "_") for each in Fit}
