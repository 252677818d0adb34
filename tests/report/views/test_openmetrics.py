"""The metrics, as Prometheus's own client reads them: as OpenMetrics and as its older format."""

from __future__ import annotations

from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_older

from nginx_memlint.live.preflight.verdict import Fit
from nginx_memlint.report.views.openmetrics import PREFIX, text
from tests.report.views.test_preflight import RESULT


def families() -> list[Metric]:
    return list(read_openmetrics(text(RESULT)))  # type: ignore[no-untyped-call]


def samples(metrics: list[Metric]) -> dict[tuple[str, str], float]:
    """Metric and label → value; each metric has one label."""
    values = {}
    for metric in metrics:
        for sample in metric.samples:
            [label] = sample.labels.values()
            values[sample.name.removeprefix(PREFIX), label] = sample.value
    return values


def test_every_figure_is_there() -> None:
    values = samples(families())
    assert {label: value for (name, label), value in values.items() if name == "verdict"} == {
        "fits": 0,
        "may_not_fit": 1,
        "does_not_fit": 0,
    }
    assert values["need_bytes", "most"] == RESULT.need.most_bytes
    room = RESULT.room[0]
    assert values["room_free_bytes", room.name] == room.free_bytes
    assert values["processes", "old_workers"] == 3


def test_every_metric_is_a_gauge_with_a_help_and_its_unit() -> None:
    for metric in families():
        assert metric.type == "gauge"
        assert metric.documentation
        assert metric.unit == ("bytes" if metric.name.endswith("_bytes") else "")


def test_the_older_format_says_the_same() -> None:
    older = list(read_older(text(RESULT)))
    assert samples(older) == samples(families())


def test_generations_of_old_workers_are_one_sample() -> None:
    assert samples(families())["anonymous_bytes", "old_workers"] == sum(
        each.anonymous_bytes for each in RESULT.processes if each.kind == "old workers"
    )


def test_each_verdict_has_a_label() -> None:
    labels = {label for name, label in samples(families()) if name == "verdict"}
    assert labels == {each.value.replace(" ", "_") for each in Fit}
