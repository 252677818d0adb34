"""Markdown for a comment on a pull request.

It begins with MARKER, so that a bot finds the comment it wrote before, and holds no date and no
directory of the machine: the same result is the same text. Words of a configuration stand in code
spans, where nothing is a mention, a reference, a link or HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TextIO

from nginx_memlint.printable import printable
from nginx_memlint.report.advice import RESTART, advice
from nginx_memlint.report.issues import Issue, issues, lowered
from nginx_memlint.report.places import Base, base
from nginx_memlint.report.verdict import accepted_over
from nginx_memlint.result import ConfigReport, Report
from nginx_memlint.rules.reading import READING
from nginx_memlint.sizes import human, plural

MARKER = "<!-- memlint -->"

MAX_BYTES = 65_536
"""Length of a comment on GitHub, in characters; held in bytes of UTF-8, which are never fewer."""

_RESERVED = 200
"""Bytes kept for the sentence that says how much was cut."""

MAX_TEXT = 500
"""Characters of one sentence or name."""

CAUSES = 5

LOWERED_SHOWN = 20

CONTEXTS = "TLS contexts"
LOADS = "CA loads"
START = "at start"
PEAK = "peak of a reload, at worst"
"""Names of the figures: counts are of one ``nginx -t``, bytes include shared memory zones."""

_WORD = re.compile(
    r"\(?(?:[A-Za-z]+(?:[-'][a-z]+)*|(?:[a-z]\.){2}|[0-9]{1,3}(?:[.,][0-9]{1,3})*|[×→–])[).,:;]*"
)
"""A word that is plain text in Markdown, whatever stands around it."""

_AFTER = ").,:;"
"""Characters after a configuration's words that are not part of them."""


def write(report: Report, out: TextIO) -> None:
    """Write the comment."""
    place = base()
    blocks = [MARKER, f"### memlint: {_verdict(report)}"]
    # before all that may be cut
    blocks += lowered_blocks(lowered(report), place)
    for config in report.configs:
        blocks += _config(config, place)
    out.write(bounded(blocks))


def code(text: str) -> str:
    """A code span with this text, whatever it holds; shortened if it is long."""
    text = _clipped(printable(text))
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def prose(text: str) -> str:
    """A sentence with the words of a configuration in code spans; shortened if it is long."""
    words = _clipped(printable(text)).split(" ")
    runs = groupby(words, lambda word: _WORD.fullmatch(word) is not None)
    return " ".join(" ".join(run) if is_plain else _quoted(" ".join(run)) for is_plain, run in runs)


def _quoted(text: str) -> str:
    if not text:
        return ""
    before = "(" if text.startswith("(") and text != "(" else ""
    words = text[len(before) :]
    inside = words.rstrip(_AFTER) or words[0]
    return f"{before}{code(inside)}{words[len(inside) :]}"


def _clipped(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _verdict(report: Report) -> str:
    shown = [issue for config in report.configs for issue in issues(config)]
    kinds = Counter(
        "problem" if issue.rule == READING.code else issue.severity for issue in shown
    ) + Counter({"accepted": sum(len(config.suppressed) for config in report.configs)})
    listed = [
        f"{kinds[kind]:,} accepted" if kind == "accepted" else plural(kinds[kind], kind)
        for kind in ("problem", "error", "warning", "note", "accepted")
        if kinds[kind]
    ]
    if not all(config.complete for config in report.configs):
        listed.insert(0, "not read in full")
    return ", ".join(listed) or "nothing found"


def _config(config: ConfigReport, place: Base) -> Iterator[str]:
    doubt = "" if config.complete else " was not read in full: the figures are at least these"
    if accepted := accepted_over(config):
        doubt += f" is {accepted}"
    total = config.memory.total
    rows = [
        [CONTEXTS, f"{config.ssl_contexts:,}"],
        [LOADS, f"{config.ca_loads:,}"],
        [START, human(total.start_bytes)],
        [PEAK, human(total.reload_peak_worst_bytes)],
    ]
    yield f"**{named(config.path, place)}**{doubt}\n\n{table(['', 'now'], rows)}"
    if lines := [_issue(issue, place) for issue in issues(config)]:
        yield "**Found**"
        yield from lines
    if config.inherited:
        yield "**Top causes**"
        for cause in config.inherited[:CAUSES]:
            where = code(f"{place.relative(cause.file)}:{cause.line}")
            value = code(place.shortened(cause.value))
            loads = plural(cause.ca_loads, "CA load")
            yield f"- {value} from {where}: {loads}, {human(cause.bytes)}"
    if config.remedies:
        yield f"**What would help most** ({RESTART})"
        for remedy in config.remedies[:CAUSES]:
            yield f"- {prose(place.shortened(advice(remedy)))}"
    if config.guesses:
        yield "**Guessed**"
        for guess in config.guesses:
            yield f"- {prose(place.shortened(guess))}"


def lowered_blocks(lowered: Iterable[Issue], place: Base) -> Iterator[str]:
    """Entries that may have lowered the report, so few that most of the comment is left."""
    listed = list(lowered)
    if listed:
        yield "**Decided by settings, comments and baselines**"
    for issue in listed[:LOWERED_SHOWN]:
        where = code(f"{place.relative(issue.file)}:{issue.line or 1}")
        yield f"- {where}: {prose(place.shortened(issue.message))}"
    if len(listed) > LOWERED_SHOWN:
        yield f"- and {len(listed) - LOWERED_SHOWN:,} more"


def _issue(issue: Issue, place: Base) -> str:
    where = code(f"{place.relative(issue.file)}:{issue.line or 1}")
    text = (
        f"- **{issue.severity} {issue.rule}** at {where}: {prose(place.shortened(issue.message))}"
    )
    if issue.advice:
        text += f"\n  - {prose(place.shortened(issue.advice))}"
    return text


def named(path: str, place: Base) -> str:
    """The name of a configuration."""
    return code(path if path == "-" else place.relative(path))


def table(heads: list[str], rows: Iterable[list[str]]) -> str:
    """A table in which all columns except the first are numbers."""
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))


def bounded(blocks: list[str]) -> str:
    """The blocks that a comment has room for, and a sentence on how many are left out."""
    text = ""
    for number, block in enumerate(blocks):
        tight = block.startswith("- ") and number and blocks[number - 1].startswith("- ")
        more = f"{block}\n" if tight or not text else f"\n{block}\n"
        if len((text + more).encode()) > MAX_BYTES - _RESERVED:
            left = len(blocks) - number
            return f"{text}\n*{left:,} more entries do not fit here: --format text has them.*\n"
        text += more
    return text
