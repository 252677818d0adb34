"""Predicted against measured memory, from the recordings: parts of docs/accuracy.md and README.md.

python -m tests.nginx.measure bundles bookworm --out results
python -m tests.nginx.accuracy results    # take these results over
python -m tests.documents --predictions   # write the documents
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nginx_memlint import check
from nginx_memlint.memory.estimate import Estimate, first_peak_of, unit_bytes
from nginx_memlint.targets.targets import find_target
from nginx_memlint.tls.ca_bundle import Bundle, read_bundle
from tests.nginx import (
    accuracy_held_out,
    accuracy_hundreds,
    accuracy_lua,
    accuracy_tls,
    accuracy_whole,
)
from tests.nginx.facts_rows import Site
from tests.nginx.measure_start import family_http
from tests.nginx.prefix import main_conf, pem_bundle, write_conf
from tests.nginx.recorded import DIRECTORY, TARGETS

MANY_CONTEXTS = ("bullseye", "bookworm", "trixie")
"""Stacks on which contexts each have certificates of their own (nginx before 1.27.2)."""

KIB = 1024

INTRODUCTION = """\
Made by `python -m tests.documents --predictions` from the recordings in `tests/nginx/recordings`,
each of which names the versions, the date and the command that made it. Figures are growth over the
same configuration without the bundle, in kB (1,024 bytes), summed over master and workers: at start
the part of PSS that is not mapped files, through reloads PSS. A ratio above 1 is a prediction above
the measurement.
"""

START = """\
### At start

`lua_ssl_trusted_certificate` in as many blocks, two workers.

| stack | certificates | contexts | measured | predicted | ratio |
|---|---|---|---|---|---|
"""

RELOADS = """\
### Through eight reloads

100 contexts, 120 certificates, idle workers; two runs each, the higher figure. `worst` is the
highest of all eight reloads. Predictions after the start are raised by 5 %, since the law by itself
was exceeded by up to that.

| stack | workers | | measured | predicted | ratio |
|---|---|---|---|---|---|
"""

BLOCKS = """\
### A block, by what is in it

One more `server` or `location`, as the slope from 50 to 200 of them, with a bundle of 120
certificates, no Lua, two workers.

| stack | block | measured | predicted | ratio |
|---|---|---|---|---|
"""

HELD = """\
### Workers held by open connections

Every old worker is kept alive by an unfinished request; `worker_shutdown_timeout` bounds that.
Bytes by a memory cgroup after five reloads, and at the peak when all workers let go and free their
memory at once; each ratio is a prediction divided by that. CA stores are predicted as they are at
worst: those of 105 MiB took W configurations more at every second or third reload, smaller ones did
not in five. The heap of Lua is stated as it was measured at a start.

| configuration | workers | after five reloads, MiB | ratio | peak of the release, MiB | ratio |
|---|---|---|---|---|---|
"""

HELD_BY_UNIT = """\
In units of U, the growth at start, on other servers as well; peaks by looking at the processes,
which end as they come:

| stack | workers | at start and after each of four reloads | peak when all are released |
|---|---|---|---|
"""

ONSET = """\
### When the worst case comes

With two workers, the first reload whose peak was above (3 + W) U, by the number of contexts (120
certificates each). Until then memory rests at 2 U and peaks at (3 + W) U.

| stack | contexts | reloads watched | first |
|---|---|---|---|
"""

LIMITS = """\
Not measured: more than eight workers.
"""


@dataclass(frozen=True)
class Comparison:
    """One figure, in kB."""

    labels: tuple[str, ...]
    measured: float
    predicted: float

    @property
    def ratio(self) -> float:
        """Predicted by measured."""
        return self.predicted / self.measured


def recording(kind: str, stack: str) -> dict[str, Any]:
    """A recording as it is checked in."""
    data: dict[str, Any] = json.loads((DIRECTORY / f"{kind}-{stack}.json").read_text())
    return data


def predict(stack: str, bundle: dict[str, int], loads: int, workers: int) -> Estimate:
    """The growth that the loads of a bundle cause."""
    target = find_target(TARGETS[stack])
    costs = target.costs
    unit = unit_bytes(Bundle(bundle["certificates"], bundle["der_bytes"]), costs)
    return Estimate(
        unit=unit,
        blocks=0,
        contexts=0,
        loads=loads * unit + costs.first_load,
        worker=0,
        workers=workers,
        zones=0,
        first_peak=first_peak_of(target),
    )


def at_start() -> Iterator[Comparison]:
    """Growth at start."""
    for stack in MANY_CONTEXTS:
        data = recording("bundles", stack)
        bundles = {bundle["certificates"]: bundle for bundle in data["inputs"]["bundles"]}
        for row in data["rows"]:
            if row["certificates"]:
                estimate = predict(stack, bundles[row["certificates"]], row["loads"], 2)
                labels = (stack, str(row["certificates"]), str(row["contexts"]))
                yield Comparison(labels, row["growth_anon_kb"], estimate.start / KIB)


def through_reloads() -> Iterator[Comparison]:
    """Growth after and during reloads."""
    for stack in MANY_CONTEXTS:
        data = recording("reloads", stack)
        for workers in data["inputs"]["workers"]:
            rows = [row for row in data["rows"] if row["workers"] == workers]
            loads = data["inputs"]["contexts"]
            estimate = predict(stack, data["inputs"]["bundle"], loads, workers)
            for label, measured, predicted in (
                ("peak, reload 1", [row["peak_kb"][0] for row in rows], estimate.reload_peak),
                ("after reload 1", [row["after_kb"][0] for row in rows], estimate.after_reload),
                (
                    "peak, worst",
                    [peak for row in rows for peak in row["peak_kb"]],
                    estimate.reload_peak_worst,
                ),
                (
                    "after, worst",
                    [after for row in rows for after in row["after_kb"]],
                    estimate.after_reload_worst,
                ),
            ):
                yield Comparison((stack, str(workers), label), max(measured), predicted / KIB)


def block_labels() -> list[tuple[str, str]]:
    """The labels of what by_block() compares."""
    return [
        (stack, f"`{name}`") for stack in TARGETS for name in recording("families", stack)["rows"]
    ]


@cache
def by_block() -> tuple[Comparison, ...]:
    """Estimate and measurement of one more block of each kind, in kB."""
    return tuple(_by_block())


def _by_block() -> Iterator[Comparison]:
    with tempfile.TemporaryDirectory() as directory:
        for stack, target in TARGETS.items():
            data = recording("families", stack)
            site = Site(
                Path(directory),
                _imitation(Path(directory), data["inputs"]["bundle"]),
                Path("/nonexistent.crt"),
                Path("/nonexistent.key"),
            )
            few, *_, many = data["inputs"]["blocks"]
            for variant, measured in data["rows"].items():
                sizes = []
                for blocks in (few, many):
                    text = main_conf(site.prefix, family_http(variant, blocks, site), workers=2)
                    sizes.append(check(write_conf(site.prefix, text), target=target).memory)
                growth = sizes[1].start_bytes - sizes[0].start_bytes
                predicted = growth / (many - few) / KIB
                yield Comparison((stack, f"`{variant}`"), measured["anon_kb_per_block"], predicted)


def _imitation(directory: Path, bundle: dict[str, int]) -> Path:
    """A PEM file of as many certificates and bytes of DER as the one that was measured."""
    size, rest = divmod(bundle["der_bytes"], bundle["certificates"])
    path = directory / "bundle.pem"
    with path.open("w") as file:
        for number in range(bundle["certificates"]):
            content = size + (rest if number == 0 else 0) - 4
            der = b"\x30\x82" + content.to_bytes(2, "big") + number.to_bytes(content, "big")
            body = base64.b64encode(der).decode()
            file.write(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
    return path


def measurements() -> str:
    """All of them, as Markdown."""
    parts = [INTRODUCTION, START, *map(_row, at_start())]
    parts += ["\n", BLOCKS, *map(_row, by_block())]
    parts += ["\n", RELOADS, *map(_row, through_reloads())]
    laws = json.loads((DIRECTORY / "reload-laws.json").read_text())
    parts += ["\n", accuracy_whole.table()]
    parts += ["\n", accuracy_held_out.table()]
    parts += ["\n", accuracy_hundreds.table()]
    parts += ["\n", accuracy_lua.memory()]
    parts += ["\n", accuracy_tls.table()]
    parts += ["\n", HELD, *accuracy_whole.held_table().splitlines(keepends=True)]
    parts += ["\n", HELD_BY_UNIT]
    parts += [
        f"| {row['stack']} | {row['workers']} | {', '.join(map(str, row['after_units']))} | "
        f"{row['release_peak_units']} |\n"
        for row in laws["held"]
    ]
    parts += ["\n", ONSET]
    parts += [
        f"| {row['stack']} | {row['contexts']} | {row['reloads']} | {row['first'] or 'none'} |\n"
        for row in laws["onset"]
    ]
    parts += ["\n", LIMITS]
    return (
        "".join(
            part if part.startswith(("#", "|", "\n")) else part + "\n" for part in parts
        ).rstrip("\n")
        + "\n"
    )


def summary() -> str:
    """How far they are apart, in a sentence."""
    start, reloads, blocks = (
        [comparison.ratio - 1 for comparison in comparisons()]
        for comparisons in (at_start, through_reloads, by_block)
    )
    assert min(reloads) > 0
    return (
        "Against measurements on Debian 11, 12 and 13 the estimate is within "
        f"{max(map(abs, start)):.1%} at start\n({len(start)} of them), {min(reloads):.1%} to "
        f"{max(reloads):.1%} above through eight reloads ({len(reloads)}), and for one more\n"
        f"block, on Debian unstable too, within {max(map(abs, blocks)):.1%} ({len(blocks)}).\n"
    ).replace("%", " %")


def _row(comparison: Comparison) -> str:
    decimals = 0 if comparison.measured >= 100 else 1
    cells = [
        *comparison.labels,
        f"{comparison.measured:,.{decimals}f}",
        f"{comparison.predicted:,.{decimals}f}",
        f"{comparison.ratio:.3f}",
    ]
    return f"| {' | '.join(cells)} |\n"


def trimmed(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """The part of a result of tests.nginx.measure that is kept in the recordings."""
    kept = {key: data[key] for key in ("stack", "versions", "command", "date", "inputs")}
    for bundle in kept["inputs"].get("bundles") or [kept["inputs"]["bundle"]]:
        content = read_bundle(pem_bundle(bundle["certificates"]).read_bytes())
        assert content is not None
        bundle["der_bytes"] = content.der_bytes
    if kind == "families":
        return kept | {"rows": data["summary"]}
    keep = _growth if kind == "reloads" else _start
    return kept | {"rows": [keep(row) for row in data["rows"]]}


def _start(row: dict[str, Any]) -> dict[str, Any]:
    keys = ("certificates", "contexts", "loads", "growth_anon_kb", "growth_pss_kb", "test_cpu_s")
    return {key: row[key] for key in keys}


def _growth(row: dict[str, Any]) -> dict[str, Any]:
    pairs = list(zip(row["with_bundle"], row["without_bundle"], strict=True))
    return {
        "workers": row["workers"],
        "repeat": row["repeat"],
        "start_kb": pairs[0][0]["anon"] - pairs[0][1]["anon"],
        "after_kb": [full["pss"] - base["pss"] for full, base in pairs[1:]],
        "peak_kb": [full["peak"] - base["peak"] for full, base in pairs[1:]],
    }


def keep_results(directory: Path) -> None:
    """Take results of tests.nginx.measure over as recordings."""
    for path in directory.glob("*.json"):
        kind = path.name.partition("-")[0]
        if kind in ("bundles", "families", "reloads"):
            data = trimmed(kind, json.loads(path.read_text()))
            if kind == "families":
                (DIRECTORY / path.name).write_text(json.dumps(data, indent=1) + "\n")
                continue
            rows = ",\n".join(f"  {json.dumps(row)}" for row in data["rows"])
            head = json.dumps(data | {"rows": None}, indent=1)
            text = head.replace('"rows": null', f'"rows": [\n{rows}\n ]')
            (DIRECTORY / path.name).write_text(text + "\n")


if __name__ == "__main__":
    keep_results(Path(sys.argv[1]))
