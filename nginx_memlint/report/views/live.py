"""Results of calibrate and verify for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nginx_memlint.live.calibrate import Calibration
from nginx_memlint.live.reloads import ReloadComparison
from nginx_memlint.live.verify import Figures, Verification
from nginx_memlint.sizes import human, plural


def calibration(measured: Calibration, console: Console) -> None:
    """Print a summary of the measurement; the costs themselves are in the file."""
    console.print(f"measured on {measured.measured}", soft_wrap=True)
    for line in measured.lines:
        console.print(f"  {line}", soft_wrap=True)


def verification(result: Verification, console: Console) -> None:
    """Print predicted figures beside measured ones."""
    if result.measured is None:
        _not_measured(result, console)
        return
    agrees = ("ok", "bold green") if result.agrees else ("disagrees", "bold red")
    console.print(
        Text.assemble(
            agrees, f" {result.path}: predicted for {result.target}, measured on {result.nginx}"
        ),
        soft_wrap=True,
    )
    console.print(_table(result.predicted, result.measured, result.ratio))
    console.print(
        f"  tolerance {result.tolerance:.0%} of the memory, at least {human(result.slack_bytes)}; "
        "counts must be equal; CPU is not compared",
        soft_wrap=True,
    )
    if result.reloads is not None:
        _reloads(result.reloads, console)
    console.print(f"  {result.limit}", soft_wrap=True)
    if result.not_counted:
        console.print(f"  not compared: {result.not_counted}", soft_wrap=True)
    if not result.agrees:
        console.print(
            "  what to do: memlint calibrate --output FILE, then --target-file FILE; if counts "
            "differ, state the versions or report it, with the configuration if you can",
            soft_wrap=True,
        )


def _reloads(through: ReloadComparison, console: Console) -> None:
    console.print(
        f"  with {plural(through.workers, 'worker')}, through {plural(through.reloads, 'reload')}; "
        f"{through.peaks}",
        soft_wrap=True,
    )
    table = _with_headings()
    for phase in through.phases:
        ratio = phase.measured_bytes / phase.predicted_bytes
        table.add_row(
            f"  {phase.name}",
            human(phase.predicted_bytes),
            human(phase.measured_bytes),
            f"{ratio:.3f}{'' if phase.agrees else ' TOO MUCH' if ratio > 1 else ' TOO LITTLE'}",
        )
    console.print(table)


def _not_measured(result: Verification, console: Console) -> None:
    if result.message:
        console.print(
            Text.assemble(("rejected", "bold magenta"), f" {result.path}: nginx -t says"),
            soft_wrap=True,
        )
        for line in result.message.splitlines():
            console.print(f"    {line}", soft_wrap=True)
        return
    console.print(
        Text.assemble(
            ("incomplete", "bold magenta"),
            f" {result.path}: not read in full, so nginx was not run: what it takes is unknown",
        ),
        soft_wrap=True,
    )
    for problem in result.problems:
        place = ":".join(str(part) for part in (problem.file, problem.line) if part is not None)
        console.print(f"    {place}: {problem.message}", soft_wrap=True)


def _table(predicted: Figures, measured: Figures, ratio: float | None) -> Table:
    table = _with_headings()
    table.add_row(
        "  memory of one configuration",
        human(predicted.memory_bytes),
        human(measured.memory_bytes),
        "–" if ratio is None else f"{ratio:.3f}",
    )
    cpu = measured.cpu_seconds / predicted.cpu_seconds if predicted.cpu_seconds else None
    table.add_row(
        "  CPU of nginx -t",
        f"{predicted.cpu_seconds:.2f} s",
        f"{measured.cpu_seconds:.2f} s",
        "–" if cpu is None else f"{cpu:.2f}",
    )
    for name, expected, counted in (
        ("TLS contexts", predicted.ssl_contexts, measured.ssl_contexts),
        ("CA loads", predicted.ca_loads, measured.ca_loads),
    ):
        same = "–" if counted is None else "equal" if counted == expected else "NOT EQUAL"
        table.add_row(
            f"  {name}", f"{expected:,}", "–" if counted is None else f"{counted:,}", same
        )
    return table


def _with_headings() -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "predicted", "measured", "ratio"):
        table.add_column(heading, justify="left" if not heading else "right", no_wrap=True)
    return table
