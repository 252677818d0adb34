"""Text for people: the memory, its causes, and changes that help, on one screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TextIO

from nginx_memlint.acceptance.lowered import unique
from nginx_memlint.report.advice import RESTART, advice
from nginx_memlint.report.links import Links
from nginx_memlint.report.screen import STYLES, Plain, Words, screen_for
from nginx_memlint.result import (
    BaselineInfo,
    ConfigReport,
    Finding,
    Lowered,
    MemoryPart,
    NotPricedInfo,
    ProblemInfo,
    Report,
)
from nginx_memlint.sizes import (
    MIB,
    WrittenBudget,
    human,
    human_about,
    human_budget,
    human_seconds,
    plural,
)

_BY = {"ignore": "an ignore", "settings": "the settings", "baseline": "the baseline"}
MAX_PROBLEMS = 20
MAX_PARTS = 3
LARGE = 64 * MIB
"""Bytes of the worst peak from which on it is said what makes most of them."""
MAX_OUTSIDE = 3
MAX_LOWERED = 20


def write(report: Report, out: TextIO) -> None:
    """Write the report."""
    screen = screen_for(out)
    for index, config in enumerate(report.configs):
        if index:
            screen.line()
        _write_config(config, screen)
    lowered = [item for config in report.configs for item in config.lowered]
    for line in lowered_lines(lowered):
        screen.line((line, "dim"))
    if report.baseline is not None:
        _gone(report.baseline, screen)


def lowered_lines(lowered: Iterable[Lowered]) -> Iterator[str]:
    """Lines on entries that may lower the report, each place once, up to MAX_LOWERED."""
    listed = unique(lowered)
    if listed:
        yield "decided by settings, comments and baselines"
    for item in listed[:MAX_LOWERED]:
        place = item.file if item.line is None else f"{item.file}:{item.line}"
        yield f"  {place}: {item.what}"
    if len(listed) > MAX_LOWERED:
        yield f"  and {len(listed) - MAX_LOWERED:,} more (--format json)"


def write_suppressed(report: Report, out: TextIO) -> None:
    """Write the accepted findings, each with what accepts it."""
    screen = screen_for(out)
    for config in report.configs:
        if config.suppressed:
            screen.line(f"\naccepted in {config.path}")
        for finding in config.suppressed:
            by = _BY[finding.by]
            if finding.ignore is not None:
                by += f" at {finding.ignore.file}:{finding.ignore.line}"
            if finding.reason:
                by += f": {finding.reason}"
            line = f"{finding.severity} {finding.rule}: {finding.message}"
            screen.line(f"  {finding.file}:{finding.line}: {line}")
            screen.line((f"      by {by}", "dim"))


def _write_config(config: ConfigReport, screen: Plain) -> None:
    links = Links(config, is_terminal=screen.is_terminal)
    if config.complete and not config.findings:
        screen.line(*_all_well(config))
        _problems(config, screen, links)
        for line in (
            *_sourced(config),
            *_largest(config),
            *_range(config),
            *_not_priced(config),
            *_outside(config),
            *config.guesses,
        ):
            screen.line(f"  {line}")
        _accepted(config, screen)
        return
    screen.line(*_verdict(config))
    _problems(config, screen, links)
    if not (config.complete or config.findings or any(vars(config.blocks).values())):
        return
    quoted = None
    for finding in config.findings:
        place = (finding.file, finding.line)
        _finding(finding, screen, links, quote=place != quoted)
        quoted = place
    _accepted(config, screen)
    screen.line(_counts(config))
    if config.findings:
        screen.line()
        _memory(config, screen)
        _parts(config, screen)
        _shares(config, screen)
        _remedies(config, screen)
    _assumptions(config, screen)


def _all_well(config: ConfigReport) -> tuple[Words, ...]:
    total = config.memory.total
    return (
        ("ok", "bold green"),
        f" {config.path}: {plural(config.ssl_contexts, 'TLS context')}, "
        f"{plural(config.ca_loads, 'CA load')}; "
        f"{_total(config, total.start_bytes)} at start, "
        f"at most {_total(config, total.reload_peak_worst_bytes)} while reloading "
        f"({plural(config.workers, 'worker')}, {server(config)})",
    )


def _verdict(config: ConfigReport) -> tuple[Words, ...]:
    if not config.complete:
        return (
            ("incomplete", "bold magenta"),
            f" {config.path}: not read in full; the counts are at least what they say",
        )
    worst = config.findings[0].severity
    return (
        (worst, STYLES[worst]),
        f" {config.path}: {_total(config, config.memory.total.start_bytes)} at start, up to "
        f"{_total(config, config.memory.total.reload_peak_worst_bytes)} while reloading",
    )


def _total(config: ConfigReport, size: int) -> str:
    """A total in words, rounded if its costs are borrowed."""
    return human_about(size) if config.target.borrowed else human(size)


def _problems(config: ConfigReport, screen: Plain, links: Links) -> None:
    for line in problem_lines(config.problems, links):
        screen.line("  ", *line)


def problem_lines(
    problems: list[ProblemInfo], links: Links | None = None
) -> Iterator[tuple[Words, ...]]:
    """Lines on problems that kept a configuration from being read, up to a bound."""
    for problem in problems[:MAX_PROBLEMS]:
        place = ":".join(
            str(part) for part in (problem.file, problem.line, problem.column) if part is not None
        )
        style = links.style(problem.file) if links else "bold"
        yield (place, style), f": {problem.message}"
        if problem.chain:
            yield ((f"  included from {' → '.join(problem.chain)}", "dim"),)
    if len(problems) > MAX_PROBLEMS:
        yield (f"and {len(problems) - MAX_PROBLEMS} more problems (--format json)",)


def _finding(finding: Finding, screen: Plain, links: Links, *, quote: bool) -> None:
    screen.line(
        (f"{finding.file}:{finding.line}:{finding.column}", links.style(finding.file)),
        ": ",
        (finding.severity, STYLES[finding.severity]),
        f" {finding.rule}: {finding.message}",
    )
    if quote and finding.source:
        screen.quote(f"    {finding.source}", "dim")


def _accepted(config: ConfigReport, screen: Plain) -> None:
    """Write how many findings were accepted."""
    if not config.suppressed:
        return
    counts: Counter[str] = Counter(finding.by for finding in config.suppressed)
    by = ", ".join(f"{counts[kind]:,} by {name}" for kind, name in _BY.items() if counts[kind])
    total = plural(len(config.suppressed), "finding")
    screen.line((f"  {total} accepted: {by} (--show-suppressed)", "dim"))


def _gone(baseline: BaselineInfo, screen: Plain) -> None:
    """Write the entries of the baseline that no finding has any more."""
    count = len(baseline.gone)
    if not count:
        return
    removed = {entry.root for entry in baseline.gone if not entry.root_exists}
    what = "1 entry is gone" if count == 1 else f"{count:,} entries are gone"
    if removed:
        what += f" (there is no {', '.join(sorted(removed)[:MAX_PROBLEMS])} any more)"
    screen.line(f"baseline {baseline.path}: {what}: write it anew with --write-baseline")


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
            text += f": {plural(inherited.ca_loads, 'load')}, {human(inherited.bytes)}"
    text += (
        f"\nnginx -t: {plural(config.ssl_contexts, 'TLS context')}, "
        f"{plural(config.ca_loads, 'CA load')}, {_seconds(config.cpu_seconds)} of CPU "
        "on every start, test and reload"
    )
    if config.per_worker.ssl_contexts:
        text += f"\nand in each worker {plural(config.per_worker.ssl_contexts, 'context')} more"
    return text


def _memory(config: ConfigReport, screen: Plain) -> None:
    memory, total = config.memory, config.memory.total
    zones = plural(len(config.zones), "zone") + " full" if config.zones else ""
    unit = f"{human(memory.unit_bytes)} a CA load" if memory.unit_bytes else ""
    rows = [
        ("at start", total.start_bytes, unit),
        ("after the first reload", total.after_reload_bytes, ""),
        (
            "after later reloads, at worst",
            total.after_reload_worst_bytes,
            plural(config.workers, "worker"),
        ),
        ("peak of the first reload", total.reload_peak_bytes, ""),
        ("peak of later reloads, at worst", total.reload_peak_worst_bytes, _notes(config)),
        ("a limit that holds", total.limit_bytes if zones else 0, zones),
        ("rule of thumb", memory.rule_of_thumb_bytes, "locations × 1 MiB"),
    ]
    screen.table(
        ("", ">bold", "dim"),
        [(f"  {phase}", _total(config, size), note) for phase, size, note in rows if size],
    )


def _parts(config: ConfigReport, screen: Plain) -> None:
    """The parts that take most."""
    screen.line("\nwhat takes most")
    screen.table(
        (">bold", ""),
        [
            (f"  {human(part.start_bytes)}", f"{_counted(part, config)}{_place(part)}")
            for part in _large_parts(config)
        ],
    )


def _range(config: ConfigReport) -> list[str]:
    """A line with the range of the worst peak, where something is guessed."""
    low, high = config.memory.low, config.memory.high
    if low is None or high is None:
        return []
    least, most = (_total(config, end.reload_peak_worst_bytes) for end in (low, high))
    return [f"{least} to {most} while reloading ({'; '.join(config.memory.guessed)})"]


def _largest(config: ConfigReport) -> list[str]:
    """A line with the parts that make most of a large total."""
    total = config.memory.total
    if total.reload_peak_worst_bytes < LARGE:
        return []
    listed = [
        f"{_counted(part, config)}: {human(part.start_bytes)}{_place(part)}"
        for part in _large_parts(config)
    ]
    return [f"most of it: {'; '.join(listed)}"] if listed else []


def _large_parts(config: ConfigReport) -> list[MemoryPart]:
    """The parts that take a tenth of the worst peak or more, no more than a few."""
    peak = config.memory.total.reload_peak_worst_bytes
    return [part for part in config.memory.parts[:MAX_PARTS] if part.peak_bytes * 10 >= peak]


def _counted(part: MemoryPart, config: ConfigReport) -> str:
    """How many of what: ``worker_connections 1,048,576 × 4 workers``."""
    text = part.name
    if part.count > 1:
        text += f" {part.count:,}"
    if part.worker_bytes and not (part.pool_bytes or part.heap_bytes):
        text += f" × {plural(config.workers, 'worker')}"
    return text


def _place(part: MemoryPart) -> str:
    return "" if part.file is None else f" at {part.file}:{part.line}"


def _sourced(config: ConfigReport) -> list[str]:
    """A line, if the budget that is kept is written elsewhere."""
    budget = config.budget_bytes
    return [f"within {human_budget(budget)}"] if isinstance(budget, WrittenBudget) else []


def _notes(config: ConfigReport) -> str:
    """The budget of the worst peak, and its range."""
    budget = [] if config.budget_bytes is None else [f"budget {human_budget(config.budget_bytes)}"]
    return "; ".join(budget + _range(config))


def _shares(config: ConfigReport, screen: Plain) -> None:
    title, shares = ("files", config.files)
    if len(shares) < 2:
        title, shares = ("servers", config.servers)
    if shares:
        screen.line(f"\nmost expensive {title}")
        rows = [
            (f"  {human(share.bytes)}", plural(share.ssl_contexts, "context"), share.name)
            for share in shares
        ]
        screen.table((">", ">", ""), rows)


def _remedies(config: ConfigReport, screen: Plain) -> None:
    if not config.remedies:
        return
    screen.line(f"\nwhat would help most ({RESTART})")
    for number, remedy in enumerate(config.remedies, 1):
        how = "; --fix does it" if remedy.fixable else ""
        screen.line(f"  {number}. {advice(remedy)}{how}")


def _outside(config: ConfigReport) -> list[str]:
    """A line on files outside of the main file's directory, if any were read."""
    if not config.outside:
        return []
    names = ", ".join(config.outside[:MAX_OUTSIDE])
    rest = config.outside_total - len(config.outside[:MAX_OUTSIDE])
    more = f" and {rest:,} more (--format json)" if rest else ""
    return [f"read outside of the directory of {config.main_file}: {names}{more}"]


def _not_priced(config: ConfigReport) -> list[str]:
    """A line, if something takes memory that is in no figure: each thing, where it stands first."""
    first: dict[str, NotPricedInfo] = {}
    for item in config.not_priced:
        first.setdefault(item.what, item)
    if not first:
        return []
    listed = [f"{what} ({i.name} at {i.file}:{i.line})" for what, i in first.items()]
    rest = len(config.not_priced) - len(first)
    more = f", and {plural(rest, 'more directive')} (--format json)" if rest else ""
    return [f"not counted: {', '.join(listed)}{more}"]


def _assumptions(config: ConfigReport, screen: Plain) -> None:
    lines = [f"target {_target(config)}", *config.target.assumed, *_outside(config)]
    lines += [] if config.findings else _range(config)
    lines += [*config.assumptions, *_not_priced(config)]
    screen.line()
    for line in lines:
        screen.line((f"  {line}", "dim"))


def _target(config: ConfigReport) -> str:
    target = config.target
    return f"{target.name}: nginx {target.nginx}, lua {target.lua}, OpenSSL {target.openssl}"


def server(config: ConfigReport) -> str:
    """The name of the target, and that it was assumed if it was."""
    if not config.target.stated:
        return f"target {config.target.name} assumed: state yours with --target"
    return config.target.name


def _seconds(seconds: float) -> str:
    """The order of magnitude of a time."""
    if seconds < 1:
        return "less than a second"
    return f"about {human_seconds(seconds)}"
