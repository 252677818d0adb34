"""Text for people: what will happen, why, and what to change, on one screen."""

from __future__ import annotations

from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nginx_memlint.result import ConfigReport, Finding, ProblemInfo, Report, Share
from nginx_memlint.sizes import human, human_seconds

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
MAX_PROBLEMS = 20


def write(report: Report, console: Console) -> None:
    """Print the report."""
    for index, config in enumerate(report.configs):
        if index:
            console.print()
        _write_config(config, console)


def _write_config(config: ConfigReport, console: Console) -> None:
    if config.complete and not config.findings:
        console.print(_all_well(config), soft_wrap=True)
        _problems(config.problems, console)
        for guess in config.guesses:
            console.print(Text(f"  {guess}"), soft_wrap=True)
        return
    console.print(_verdict(config), soft_wrap=True)
    _problems(config.problems, console)
    if not config.complete and not any(asdict(config.blocks).values()):
        return
    quoted = None
    for finding in config.findings:
        place = (finding.file, finding.line)
        _finding(finding, console, quote=place != quoted)
        quoted = place
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
        f"({_plural(config.workers, 'worker')}, {_server(config)})",
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


def _problems(problems: list[ProblemInfo], console: Console) -> None:
    for problem in problems[:MAX_PROBLEMS]:
        place = ":".join(
            str(part) for part in (problem.file, problem.line, problem.column) if part is not None
        )
        line = Text.assemble("  ", (place, "bold"), f": {problem.message}")
        console.print(line, soft_wrap=True)
        if problem.chain:
            chain = " → ".join(problem.chain)
            console.print(Text(f"    included from {chain}", "dim"), soft_wrap=True)
    if len(problems) > MAX_PROBLEMS:
        console.print(f"  and {len(problems) - MAX_PROBLEMS} more problems (--format json)")


def _finding(finding: Finding, console: Console, *, quote: bool) -> None:
    console.print(
        Text.assemble(
            (f"{finding.file}:{finding.line}:{finding.column}", "bold"),
            ": ",
            (finding.severity, _STYLES[finding.severity]),
            f" {finding.rule}: {finding.message}",
        ),
        soft_wrap=True,
    )
    if quote and finding.source:
        console.print(Text(f"    {finding.source}", "dim"), no_wrap=True, overflow="ellipsis")


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
        line = (
            f"{number}. {remedy.change}: saves {human(remedy.saves_start_bytes)} at start, "
            f"{human(remedy.saves_peak_bytes)} at the peak ({_plural(remedy.ca_loads, 'CA load')})"
        )
        console.print(Text(f"  {line}"), soft_wrap=True)


def _assumptions(config: ConfigReport, console: Console) -> None:
    lines = [f"target {_target(config)}", *config.target.assumed, *config.assumptions]
    console.print()
    for line in lines:
        console.print(Text(f"  {line}", "dim"), soft_wrap=True)


def _target(config: ConfigReport) -> str:
    target = config.target
    return f"{target.name}: nginx {target.nginx}, lua {target.lua}, OpenSSL {target.openssl}"


def _server(config: ConfigReport) -> str:
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
