"""One configuration in full, for people: the verdict, the phases, a block for each cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from nginx_memlint.report.advice import RESTART, fix_flags
from nginx_memlint.report.causes import by_place, peak_bytes
from nginx_memlint.report.detail import Detail
from nginx_memlint.report.links import Links
from nginx_memlint.report.screen import STYLES, Page, Words
from nginx_memlint.report.verdict import (
    BY,
    FITS,
    SAID,
    figures,
    is_counted,
    outcome,
    server,
    taken_for,
    total,
    workers,
)
from nginx_memlint.result import (
    ConfigReport,
    Finding,
    MemoryPart,
    NotPricedInfo,
    ProblemInfo,
    Remedy,
)
from nginx_memlint.rules import no_shutdown_timeout
from nginx_memlint.sizes import MIB, human, human_budget, human_range, human_seconds, plural

MAX_PROBLEMS = 20
MAX_PARTS = 3
LARGE = 64 * MIB
"""Bytes of the worst peak from which on it is said what makes most of them."""
MAX_OUTSIDE = 3
MAX_OF_RULE = 5
"""Places of one rule that are shown; the others are counted."""
MAX_REMEDIES = 3
MAX_VALUES = 5
BAR = 26
"""Columns of the longest bar."""
LEAST_BAR = 5
BESIDE_BAR = 52
"""Columns of what stands on both sides of a bar."""


def write(config: ConfigReport, page: Page, detail: Detail) -> None:
    """Write one configuration."""
    links = Links(config, is_terminal=page.has_links)
    is_verbose = detail is Detail.VERBOSE
    fits = outcome(config) is FITS
    page.line(*headline(config))
    for words in problem_lines(config.problems, links):
        page.line("  ", *words)
    if not is_counted(config):
        return
    if fits:
        for line in (*_largest(config), *_range(config)):
            page.line(f"  {line}")
    else:
        page.line((f"  for {taken_for(config)}", "dim"))
    if config.findings or is_verbose:
        _phases(config, page, is_verbose=is_verbose)
    _causes(config, page, links, is_verbose=is_verbose)
    for line in accepted(config):
        page.line((f"  {line}", "dim"))
    _remedies(config, page, is_verbose=is_verbose)
    for line in notes(config):
        page.line((f"  {line}", "dim"))
    if is_verbose:
        _details(config, page)


def _details(config: ConfigReport, page: Page) -> None:
    """Counts, the costliest parts and places, and where the figures come from."""
    tables: list[tuple[str, list[tuple[str, ...]]]] = [
        ("what is in it", [(line,) for line in _counts(config)]),
        ("what takes most", [(size, f"{name}{at}") for size, name, at in _parts(config)]),
        *_shares(config),
        (
            f"why a limit is not below {total(config, config.memory.total.limit_bytes)}",
            _limit(config),
        ),
        ("what the figures take for granted", [(line,) for line in _granted(config)]),
    ]
    for title, rows in tables:
        if rows:
            page.line()
            page.line((title, "bold"))
            page.table([(f"  {row[0]}", *row[1:]) for row in rows], right=range(len(rows[0]) - 1))


def headline(config: ConfigReport) -> Iterator[Words]:
    """The verdict and the figure on one line."""
    said = outcome(config)
    yield said.words, said.style
    if said is not FITS:
        yield f" {config.path}: {figures(config)}"
        return
    size = config.memory.total
    budget = config.budget_bytes
    within = "" if budget is None else f", within the budget of {human_budget(budget)}"
    yield (
        f" {config.path}: {plural(config.ssl_contexts, 'TLS context')}, "
        f"{plural(config.ca_loads, 'CA load')}; "
        f"{total(config, size.start_bytes)} at start, "
        f"at most {total(config, size.reload_peak_worst_bytes)} while reloading{within} "
        f"({workers(config)}, {server(config)})"
    )


def problem_lines(
    problems: Sequence[ProblemInfo], links: Links | None = None
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


def notes(config: ConfigReport) -> Iterator[str]:
    """Lines on what was guessed, is not priced, or was read outside of the main file's tree."""
    yield from _not_priced(config)
    yield from config.guesses
    yield from _outside(config)


def _phases(config: ConfigReport, page: Page, *, is_verbose: bool) -> None:
    """The memory of each phase, with bars on one scale where lines have an edge."""
    size, budget = config.memory.total, config.budget_bytes
    later = (("after a reload", size.after_reload_bytes),) if is_verbose else ()
    settled = (("after reloads", size.after_reload_worst_bytes),) if is_verbose else ()
    rows = [
        ("at start", size.start_bytes),
        *later,
        ("one reload", size.reload_peak_bytes),
        *settled,
        ("reloads in a row", size.reload_peak_worst_bytes),
    ]
    if config.zones:
        rows.append(("with zones full", size.limit_bytes))
    if any(finding.rule == no_shutdown_timeout.CODE for finding in config.findings):
        rows.append(("with workers held", config.memory.held.release_peak_bytes))
    most = max(size for _, size in rows)
    cells = 0 if page.width is None or not page.can_draw else min(BAR, page.width - BESIDE_BAR)
    table: list[list[Words]] = []
    for name, taken in rows:
        row: list[Words] = [f"  {name}", (total(config, taken), "bold")]
        if cells > LEAST_BAR:
            row.append(_bar(taken, most, budget, cells))
        over = 0 if budget is None else taken - budget
        row.append((f"over by {human(over)}" if over > 0 else "", STYLES["error"]))
        table.append(row)
    page.table(table, right=[1])
    for line in _range(config):
        page.line(f"  {line}")


def _bar(size: int, most: int, budget: int | None, cells: int) -> str:
    """A bar of a size, as part of the most; the budget is a mark on it."""
    filled = max(round(cells * size / most), 1)
    bar = ["▇"] * filled + [" "] * (cells - filled)
    if budget is not None and budget < most:
        bar[min(cells * budget // most, cells - 1)] = "│"
    return "".join(bar)


def _causes(config: ConfigReport, page: Page, links: Links, *, is_verbose: bool) -> None:
    """The findings, those of one place together; of a rule the first few, unless all are wanted."""
    seen: Counter[str] = Counter()
    told = []
    for finding in config.findings:
        seen[finding.rule] += 1
        if is_verbose or seen[finding.rule] <= MAX_OF_RULE:
            told.append(finding)
    for findings in by_place(told):
        _cause(findings, config, page, links)
    for code, count in seen.items():
        if not is_verbose and count > MAX_OF_RULE:
            page.line(f"and {count - MAX_OF_RULE:,} more of {code} (--format json)")


def _cause(findings: Sequence[Finding], config: ConfigReport, page: Page, links: Links) -> None:
    """A place, with its line and a mark below the directive, and what was found there."""
    first = findings[0]
    if first.end_column == first.column or not first.source:
        for finding in findings:  # of the configuration as a whole
            page.line("  ", *_said(finding))
        return
    place = (f"{first.file}:{first.line}:{first.column}", links.style(first.file))
    page.line(place, ": ", *_said(first, _share(first, config)))
    text = first.source.lstrip(" ")
    begin = first.column - 1 - (len(first.source) - len(text))
    length = first.end_column - first.column
    page.whole(f"    {text}")
    if 0 <= begin <= len(text) - length:
        page.whole(f"    {' ' * begin}{'^' * length}", STYLES[first.severity])
    for finding in findings[1:]:
        page.line("  ", *_said(finding))


def _said(finding: Finding, message: str = "") -> tuple[Words, Words]:
    words = f"{finding.severity} {finding.rule}"
    return (words, STYLES[finding.severity]), f": {message or finding.message}"


def _share(finding: Finding, config: ConfigReport) -> str:
    """The part that a line takes of the figure in the verdict, for a finding that says no more."""
    if finding.rule not in SAID or finding.severity != "error" or finding.accepted_bytes:
        return ""
    share = peak_bytes(finding, config)
    whole = total(config, config.memory.total.reload_peak_worst_bytes)
    return f"{human(share)} of the {whole}" if share else ""


def accepted(config: ConfigReport) -> Iterator[str]:
    """A line on how many findings were accepted, if any were."""
    if not config.suppressed:
        return
    counts: Counter[str] = Counter(finding.by for finding in config.suppressed)
    by = ", ".join(f"{counts[kind]:,} by {name}" for kind, name in BY.items() if counts[kind])
    yield f"{plural(len(config.suppressed), 'finding')} accepted: {by} (--show-suppressed)"


def _remedies(config: ConfigReport, page: Page, *, is_verbose: bool) -> None:
    """The changes that help, each with what is left of the worst peak, and whether that fits."""
    if not config.remedies:
        return
    page.line()
    page.line(("what would help", "bold"), f" ({RESTART})")
    shown = config.remedies if is_verbose else config.remedies[:MAX_REMEDIES]
    page.table([_remedy(remedy, config) for remedy in shown], right=[0])


def _remedy(remedy: Remedy, config: ConfigReport) -> list[Words]:
    before = config.memory.total.reload_peak_worst_bytes
    row: list[Words] = [(f"  {human_range(before, remedy.peak_bytes)}", "bold")]
    budget = config.budget_bytes
    if budget is not None:
        row.append(("fits", "green") if remedy.peak_bytes <= budget else ("over", STYLES["error"]))
    how = f"; {fix_flags(remedy)} does it" if remedy.fixable else ""
    more = -remedy.saves_start_bytes
    costs = f", which takes {human(more)} more at start" if more > 0 else ""
    return [*row, f"{remedy.change}{costs}{how}"]


def _range(config: ConfigReport) -> list[str]:
    """A line with the range of the worst peak, where something is guessed."""
    low, high = config.memory.low, config.memory.high
    if low is None or high is None:
        return []
    least, most = (total(config, end.reload_peak_worst_bytes) for end in (low, high))
    return [f"{least} to {most} while reloading ({'; '.join(config.memory.guessed)})"]


def _largest(config: ConfigReport) -> list[str]:
    """A line with the parts that make most of a large total."""
    if config.memory.total.reload_peak_worst_bytes < LARGE:
        return []
    listed = [f"{name}: {size}{place}" for size, name, place in _parts(config)]
    return [f"most of it: {'; '.join(listed)}"] if listed else []


def _parts(config: ConfigReport) -> list[tuple[str, str, str]]:
    """The parts that take a tenth of the worst peak or more: sizes at start, names and places."""
    peak = config.memory.total.reload_peak_worst_bytes
    return [
        (human(part.start_bytes), _counted(part, config), _place(part))
        for part in config.memory.parts[:MAX_PARTS]
        if part.peak_bytes * 10 >= peak
    ]


def _counted(part: MemoryPart, config: ConfigReport) -> str:
    """How many of what: ``worker_connections 1,048,576 × 4 workers``."""
    text = part.name
    if part.count > 1:
        text += f" {part.count:,}"
    if part.worker_bytes and not (part.pool_bytes or part.heap_bytes):
        text += f" × {plural(config.workers, 'worker')}"
    return text


def _limit(config: ConfigReport) -> list[tuple[str, ...]]:
    """The reasons why a limit is not lower, each with its bytes."""
    return [
        (human(reason.bytes), reason.why) for reason in config.memory.limit_reasons if reason.bytes
    ]


def _place(part: MemoryPart) -> str:
    return "" if part.file is None else f" at {part.file}:{part.line}"


def _shares(config: ConfigReport) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """The costliest files, or of one file the costliest servers."""
    title, shares = ("files", config.files)
    if len(shares) < 2:
        title, shares = ("servers", config.servers)
    yield (
        f"most expensive {title}",
        [
            (human(share.bytes), plural(share.ssl_contexts, "context"), share.name)
            for share in shares
        ],
    )


def _counts(config: ConfigReport) -> Iterator[str]:
    """Lines on blocks, and on the contexts and loads that nginx makes of them."""
    blocks = {
        "server": config.blocks.server,
        "location": config.blocks.location,
        "if": config.blocks.if_,
        "limit_except": config.blocks.limit_except,
        "stream server": config.blocks.stream_server,
    }
    listed = ", ".join(f"{count:,} {name}" for name, count in blocks.items() if count)
    yield f"blocks: {listed or 'none'}; {config.locations_inheriting:,} locations inherit"
    for inherited in config.inherited[:MAX_VALUES]:
        loads = plural(inherited.ca_loads, "load")
        place = f"{inherited.file}:{inherited.line}"
        yield f"{inherited.value} from {place}: {loads}, {human(inherited.bytes)}"
    if rest := config.inherited[MAX_VALUES:]:
        loads = plural(sum(inherited.ca_loads for inherited in rest), "load")
        size = human(sum(inherited.bytes for inherited in rest))
        yield f"and {len(rest):,} more places: {loads}, {size} (--format json)"
    yield (
        f"nginx -t: {plural(config.ssl_contexts, 'TLS context')}, "
        f"{plural(config.ca_loads, 'CA load')}, {_seconds(config.cpu_seconds)} of CPU "
        "on every start, test and reload"
    )
    if config.per_worker.ssl_contexts:
        yield f"and in each worker {plural(config.per_worker.ssl_contexts, 'context')} more"
    memory = config.memory
    if memory.unit_bytes:
        yield f"{human(memory.unit_bytes)} a CA load"
    if memory.rule_of_thumb_bytes:
        thumb = human(memory.rule_of_thumb_bytes)
        yield f"{thumb} by the rule of thumb, locations × 1 MiB"


def _seconds(seconds: float) -> str:
    """The order of magnitude of a time."""
    if seconds < 1:
        return "less than a second"
    return f"about {human_seconds(seconds)}"


def _granted(config: ConfigReport) -> list[str]:
    """Sentences on what the figures take for granted, except for those of notes()."""
    said = set(config.guesses)
    return [
        *config.target.assumed,
        f"OpenSSL {config.target.openssl}",
        *(text for text in config.assumptions if text not in said),
    ]


def _outside(config: ConfigReport) -> list[str]:
    """A line on files outside of the main file's directory, if any were read."""
    if not config.outside:
        return []
    names = ", ".join(config.outside[:MAX_OUTSIDE])
    rest = config.outside_total - len(config.outside[:MAX_OUTSIDE])
    more = f" and {rest:,} more (--format json)" if rest else ""
    return [f"read outside of its directory: {names}{more}"]


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
