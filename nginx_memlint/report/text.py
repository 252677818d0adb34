"""Text for people: what will happen, why, and what to change, on one screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nginx_memlint.report.issues import advice
from nginx_memlint.report.links import Links
from nginx_memlint.result import BaselineInfo, ConfigReport, Finding, ProblemInfo, Report, Share
from nginx_memlint.sizes import human, human_seconds

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_BY = {"ignore": "an ignore", "settings": "the settings", "baseline": "the baseline"}
MAX_PROBLEMS = 20

NO_WRAP = 1_000_000
"""Columns of what is no terminal: a path is never broken."""


def console_for(out: TextIO) -> Console:
    """A console on a stream; names from a configuration are never taken for markup.

    Only a terminal has a width: what goes to a file or a pipe keeps a line a line.
    """
    width = None if out.isatty() else NO_WRAP
    return Console(file=out, highlight=False, emoji=False, markup=False, width=width)


def write(report: Report, out: TextIO) -> None:
    """Write the report."""
    console = console_for(out)
    for index, config in enumerate(report.configs):
        if index:
            console.print()
        _write_config(config, console)
    if report.baseline is not None:
        _gone(report.baseline, console)


def write_suppressed(report: Report, console: Console) -> None:
    """Print the findings that were accepted, and by what."""
    for config in report.configs:
        if config.suppressed:
            console.print(Text(f"\naccepted in {config.path}"), soft_wrap=True)
        for finding in config.suppressed:
            by = _BY[finding.by]
            if finding.ignore is not None:
                by += f" at {finding.ignore.file}:{finding.ignore.line}"
            if finding.reason:
                by += f": {finding.reason}"
            line = f"{finding.severity} {finding.rule}: {finding.message}"
            console.print(Text(f"  {finding.file}:{finding.line}: {line}"), soft_wrap=True)
            console.print(Text(f"      by {by}", "dim"), soft_wrap=True)


def _write_config(config: ConfigReport, console: Console) -> None:
    if config.complete and not config.findings:
        console.print(_all_well(config), soft_wrap=True)
        problems(config, console)
        for guess in config.guesses:
            console.print(Text(f"  {guess}"), soft_wrap=True)
        _accepted(config, console)
        return
    console.print(_verdict(config), soft_wrap=True)
    problems(config, console)
    if not (config.complete or config.findings or any(asdict(config.blocks).values())):
        return
    quoted = None
    links = Links(config, console)
    for finding in config.findings:
        place = (finding.file, finding.line)
        _finding(finding, console, links, quote=place != quoted)
        quoted = place
    _accepted(config, console)
    console.print(_counts(config), soft_wrap=True)
    if config.findings:
        console.print()
        console.print(_memory(config))
        _shares(config, console)
        _remedies(config, console)
    _assumptions(config, console)


def _all_well(config: ConfigReport) -> Text:
    memory = config.memory
    return Text.assemble(
        ("ok", "bold green"),
        f" {config.path}: {_plural(config.ssl_contexts, 'TLS context')}, "
        f"{_plural(config.ca_loads, 'CA load')}; "
        f"{human(memory.start_bytes + memory.zones_bytes)} at start, "
        f"at most {human(memory.worst_total_bytes)} while reloading "
        f"({_plural(config.workers, 'worker')}, {server(config)})",
    )


def _verdict(config: ConfigReport) -> Text:
    if not config.complete:
        return Text.assemble(
            ("incomplete", "bold magenta"),
            f" {config.path}: not read in full; the counts are at least what they say",
        )
    worst = config.findings[0].severity
    return Text.assemble(
        (worst, _STYLES[worst]),
        f" {config.path}: {human(config.memory.start_bytes + config.memory.zones_bytes)} "
        f"at start, up to {human(config.memory.worst_total_bytes)} while reloading",
    )


def problems(config: ConfigReport, console: Console) -> None:
    """Print what kept the configuration from being read."""
    for line in problem_lines(config.problems, Links(config, console)):
        console.print(Text.assemble("  ", line), soft_wrap=True)


def problem_lines(problems: list[ProblemInfo], links: Links | None = None) -> Iterator[Text]:
    """What kept a configuration from being read, the first of it."""
    for problem in problems[:MAX_PROBLEMS]:
        place = ":".join(
            str(part) for part in (problem.file, problem.line, problem.column) if part is not None
        )
        style = links.style(problem.file) if links else "bold"
        yield Text.assemble((place, style), f": {problem.message}")
        if problem.chain:
            yield Text(f"  included from {' → '.join(problem.chain)}", "dim")
    if len(problems) > MAX_PROBLEMS:
        yield Text(f"and {len(problems) - MAX_PROBLEMS} more problems (--format json)")


def _finding(finding: Finding, console: Console, links: Links, *, quote: bool) -> None:
    console.print(
        Text.assemble(
            (f"{finding.file}:{finding.line}:{finding.column}", links.style(finding.file)),
            ": ",
            (finding.severity, _STYLES[finding.severity]),
            f" {finding.rule}: {finding.message}",
        ),
        soft_wrap=True,
    )
    if quote and finding.source:
        console.print(Text(f"    {finding.source}", "dim"), no_wrap=True, overflow="ellipsis")


def _accepted(config: ConfigReport, console: Console) -> None:
    """How many findings were accepted."""
    if not config.suppressed:
        return
    counts: Counter[str] = Counter(finding.by for finding in config.suppressed)
    by = ", ".join(f"{counts[kind]:,} by {name}" for kind, name in _BY.items() if counts[kind])
    total = _plural(len(config.suppressed), "finding")
    console.print(Text(f"  {total} accepted: {by} (--show-suppressed)", "dim"), soft_wrap=True)


def _gone(baseline: BaselineInfo, console: Console) -> None:
    """Entries of the baseline that nothing reports any more."""
    count = len(baseline.gone)
    if not count:
        return
    removed = {entry.root for entry in baseline.gone if not entry.root_exists}
    what = "1 entry is gone" if count == 1 else f"{count:,} entries are gone"
    if removed:
        what += f" (there is no {', '.join(sorted(removed)[:MAX_PROBLEMS])} any more)"
    line = f"baseline {baseline.path}: {what}: write it anew with --write-baseline"
    console.print(Text(line), soft_wrap=True)


def _counts(config: ConfigReport) -> Text:
    blocks = {
        "server": config.blocks.server,
        "location": config.blocks.location,
        "if": config.blocks.if_,
        "limit_except": config.blocks.limit_except,
        "stream server": config.blocks.stream_server,
    }
    listed = ", ".join(f"{count:,} {name}" for name, count in blocks.items() if count)
    text = Text(f"\nblocks: {listed or 'none'}; {config.locations_inheriting:,} locations inherit")
    for inherited in config.inherited:
        text.append(f"\n  {inherited.value} from {inherited.file}:{inherited.line}")
        if len(config.inherited) > 1:
            text.append(f": {_plural(inherited.ca_loads, 'load')}, {human(inherited.bytes)}")
    text.append(
        f"\nnginx -t: {_plural(config.ssl_contexts, 'TLS context')}, "
        f"{_plural(config.ca_loads, 'CA load')}, {_seconds(config.cpu_seconds)} of CPU "
        "on every start, test and reload"
    )
    if config.per_worker.ssl_contexts:
        text.append(
            f"\nand in each worker {_plural(config.per_worker.ssl_contexts, 'context')} more"
        )
    return text


def _memory(config: ConfigReport) -> Table:
    memory = config.memory
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_column(style="dim")
    zones = _plural(len(config.zones), "zone")
    rows = [
        ("at start", memory.start_bytes, f"{human(memory.unit_bytes)} a CA load"),
        ("after the first reload", memory.after_reload_bytes, ""),
        (
            "after later reloads, at worst",
            memory.after_reload_worst_bytes,
            _plural(config.workers, "worker"),
        ),
        ("peak of the first reload", memory.reload_peak_bytes, ""),
        ("peak of later reloads, at worst", memory.reload_peak_worst_bytes, _budget(config)),
        ("and shared memory, always", memory.zones_bytes, zones),
        ("rule of thumb", memory.rule_of_thumb_bytes, "locations × 1 MiB"),
    ]
    for phase, size, note in rows:
        if size:
            table.add_row(f"  {phase}", human(size), note)
    return table


def _budget(config: ConfigReport) -> str:
    return "" if config.budget_bytes is None else f"budget {human(config.budget_bytes)}"


def _shares(config: ConfigReport, console: Console) -> None:
    title, shares = ("files", config.files)
    if len(shares) < 2:
        title, shares = ("servers", config.servers)
    if shares:
        console.print(Text(f"\nmost expensive {title}"))
        console.print(_share_table(shares))


def _share_table(shares: list[Share]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for share in shares:
        table.add_row(
            f"  {human(share.bytes)}", _plural(share.ssl_contexts, "context"), Text(share.name)
        )
    return table


def _remedies(config: ConfigReport, console: Console) -> None:
    if not config.remedies:
        return
    console.print(Text("\nwhat would help most"))
    for number, remedy in enumerate(config.remedies, 1):
        how = "; --fix does it" if remedy.fixable else ""
        console.print(Text(f"  {number}. {advice(remedy)}{how}"), soft_wrap=True)


def _assumptions(config: ConfigReport, console: Console) -> None:
    lines = [f"target {_target(config)}", *config.target.assumed, *config.assumptions]
    console.print()
    for line in lines:
        console.print(Text(f"  {line}", "dim"), soft_wrap=True)


def _target(config: ConfigReport) -> str:
    target = config.target
    return f"{target.name}: nginx {target.nginx}, lua {target.lua}, OpenSSL {target.openssl}"


def server(config: ConfigReport) -> str:
    """The target, and that it was assumed if it was."""
    if not config.target.stated:
        return f"target {config.target.name} assumed: state yours with --target"
    return config.target.name


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _seconds(seconds: float) -> str:
    """An order of magnitude."""
    if seconds < 1:
        return "less than a second"
    return f"about {human_seconds(seconds)}"
