"""Text for people: what will happen, why, and what to change, on one screen."""

from __future__ import annotations

from nginx_memlint.report.screen import Plain, Words
from nginx_memlint.result import ConfigReport, Finding, ProblemInfo, Report
from nginx_memlint.sizes import human

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
MAX_PROBLEMS = 20


def write(report: Report, screen: Plain) -> None:
    """Print the report."""
    for index, config in enumerate(report.configs):
        if index:
            screen.line()
        _write_config(config, screen)


def _write_config(config: ConfigReport, screen: Plain) -> None:
    if config.complete and not config.findings:
        screen.line(*_all_well(config))
        _problems(config.problems, screen)
        for guess in config.guesses:
            screen.line(f"  {guess}")
        return
    screen.line(*_verdict(config))
    _problems(config.problems, screen)
    if not config.complete and not any(vars(config.blocks).values()):
        return
    quoted = None
    for finding in config.findings:
        place = (finding.file, finding.line)
        _finding(finding, screen, quote=place != quoted)
        quoted = place
    screen.line(_counts(config))
    if config.findings:
        screen.line()
        _memory(config, screen)
        _shares(config, screen)
        _remedies(config, screen)
    _assumptions(config, screen)


def _all_well(config: ConfigReport) -> tuple[Words, ...]:
    memory = config.memory
    return (
        ("ok", "bold green"),
        f" {config.path}: {_plural(config.ssl_contexts, 'TLS context')}, "
        f"{_plural(config.ca_loads, 'CA load')}; "
        f"{human(memory.start_bytes + memory.zones_bytes)} at start, "
        f"at most {human(memory.worst_total_bytes)} while reloading "
        f"({_plural(config.workers, 'worker')}, {_server(config)})",
    )


def _verdict(config: ConfigReport) -> tuple[Words, ...]:
    if not config.complete:
        return (
            ("incomplete", "bold magenta"),
            f" {config.path}: not read in full; the counts are at least what they say",
        )
    worst = config.findings[0].severity
    return (
        (worst, _STYLES[worst]),
        f" {config.path}: {human(config.memory.start_bytes + config.memory.zones_bytes)} "
        f"at start, up to {human(config.memory.worst_total_bytes)} while reloading",
    )


def _problems(problems: list[ProblemInfo], screen: Plain) -> None:
    for problem in problems[:MAX_PROBLEMS]:
        place = ":".join(
            str(part) for part in (problem.file, problem.line, problem.column) if part is not None
        )
        screen.line("  ", (place, "bold"), f": {problem.message}")
        if problem.chain:
            chain = " → ".join(problem.chain)
            screen.line((f"    included from {chain}", "dim"))
    if len(problems) > MAX_PROBLEMS:
        screen.line(f"  and {len(problems) - MAX_PROBLEMS} more problems (--format json)")


def _finding(finding: Finding, screen: Plain, *, quote: bool) -> None:
    screen.line(
        (f"{finding.file}:{finding.line}:{finding.column}", "bold"),
        ": ",
        (finding.severity, _STYLES[finding.severity]),
        f" {finding.rule}: {finding.message}",
    )
    if quote and finding.source:
        screen.quote(f"    {finding.source}", "dim")


def _counts(config: ConfigReport) -> str:
    blocks = {
        "server": config.blocks.server,
        "location": config.blocks.location,
        "if": config.blocks.if_,
        "limit_except": config.blocks.limit_except,
        "stream server": config.blocks.stream_server,
    }
    listed = ", ".join(f"{count:,} {name}" for name, count in blocks.items() if count)
    text = f"\nblocks: {listed or 'none'}; {config.locations_inheriting:,} locations inherit"
    for inherited in config.inherited:
        text += f"\n  {inherited.value} from {inherited.file}:{inherited.line}"
        if len(config.inherited) > 1:
            text += f": {_plural(inherited.ca_loads, 'load')}, {human(inherited.bytes)}"
    text += (
        f"\nnginx -t: {_plural(config.ssl_contexts, 'TLS context')}, "
        f"{_plural(config.ca_loads, 'CA load')}, {_seconds(config.cpu_seconds)} of CPU "
        "on every start, test and reload"
    )
    if config.per_worker.ssl_contexts:
        text += f"\nand in each worker {_plural(config.per_worker.ssl_contexts, 'context')} more"
    return text


def _memory(config: ConfigReport, screen: Plain) -> None:
    memory = config.memory
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
    screen.table(
        ("", ">bold", "dim"),
        [(f"  {phase}", human(size), note) for phase, size, note in rows if size],
    )


def _budget(config: ConfigReport) -> str:
    return "" if config.budget_bytes is None else f"budget {human(config.budget_bytes)}"


def _shares(config: ConfigReport, screen: Plain) -> None:
    title, shares = ("files", config.files)
    if len(shares) < 2:
        title, shares = ("servers", config.servers)
    if shares:
        screen.line(f"\nmost expensive {title}")
        rows = [
            (f"  {human(share.bytes)}", _plural(share.ssl_contexts, "context"), share.name)
            for share in shares
        ]
        screen.table((">", ">", ""), rows)


def _remedies(config: ConfigReport, screen: Plain) -> None:
    if not config.remedies:
        return
    screen.line("\nwhat would help most")
    for number, remedy in enumerate(config.remedies, 1):
        line = (
            f"{number}. {remedy.change}: saves {human(remedy.saves_start_bytes)} at start, "
            f"{human(remedy.saves_peak_bytes)} at the peak ({_plural(remedy.ca_loads, 'CA load')})"
        )
        screen.line(f"  {line}")


def _assumptions(config: ConfigReport, screen: Plain) -> None:
    lines = [f"target {_target(config)}", *config.target.assumed, *config.assumptions]
    screen.line()
    for line in lines:
        screen.line((f"  {line}", "dim"))


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
    return f"about {seconds:.1g} s" if seconds < 10 else f"about {round(seconds, -1):.0f} s"
