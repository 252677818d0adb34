"""A row for each configuration."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from nginx_memlint.report.formats.csv import COLUMNS, FORMULAS
from nginx_memlint.result import Report
from tests.helpers import http, memlint_here, write
from tests.report.render import SAMPLE_NAMES, render, sample


def samples() -> Report:
    """One report on all of them."""
    return Report(configs=[sample(name).configs[0] for name in SAMPLE_NAMES])


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render("csv", report))))


def test_a_row_for_each_configuration() -> None:
    read = rows(samples())
    assert len(read) == len(SAMPLE_NAMES)
    for row, config in zip(read, samples().configs, strict=True):
        assert list(row) == list(COLUMNS)
        assert row["configuration"] == config.path
        assert row["complete"] == str(config.complete).lower()
        assert int(row["ca_loads"]) == config.ca_loads
        assert int(row["reload_peak_worst_bytes"]) == config.memory.total.reload_peak_worst_bytes
        assert int(row["errors"]) == sum(f.severity == "error" for f in config.findings)
        assert int(row["notes"]) == sum(f.severity == "note" for f in config.findings)
    by_name = {Path(row["configuration"]).name: row for row in read}
    incident, broken = by_name["incident"], by_name["broken"]
    assert (incident["verdict"], incident["exit_status"]) == ("TOO MUCH", "1")
    assert incident["rules"] == "ML101 ML202 ML205 ML207"
    assert ":16:5: error ML202 " in incident["first"]
    assert (broken["verdict"], broken["exit_status"]) == ("NOT ALL READ", "3")


def test_the_exit_status_is_that_of_the_row(tmp_path: Path) -> None:
    for name, budget in (("a", "1MiB"), ("b", "1GiB")):
        write(tmp_path / name, {"nginx.conf": http("server { }", main="")})
        (tmp_path / name / "memlint.toml").write_text(f'max-memory = "{budget}"\n')
    run = memlint_here("check", "--format", "csv", tmp_path / "a", tmp_path / "b")
    read = list(csv.DictReader(io.StringIO(run.out)))
    assert [row["exit_status"] for row in read] == ["1", "0"]
    assert [row["budget_bytes"] for row in read] == [str(1 << 20), str(1 << 30)]
    assert run.code == 1


@pytest.mark.parametrize("mark", FORMULAS)
def test_no_cell_is_a_formula(mark: str) -> None:
    name = f'{mark}cmd|"/c calc"!A1,\n'
    config = replace(samples().configs[0], path=name, main_file=name)
    [row] = rows(Report(configs=[config]))
    assert row["configuration"] == row["main_file"] == f"'{name}"
    for value in row.values():
        assert not value.startswith(FORMULAS)


def test_hostile_text_stays_in_its_cell(hostile: Report) -> None:
    out = render("csv", hostile)
    assert len(rows(hostile)) == len(hostile.configs)
    assert out.count("\n") == 1 + len(hostile.configs)
    assert out.replace("\n", "").isprintable()
