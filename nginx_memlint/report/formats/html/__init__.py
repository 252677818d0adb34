"""One self-contained page: verdicts, causes, remedies, a treemap to zoom and search; no network.

Plotly draws the treemap; its script is embedded, compressed. Text of a configuration is escaped by
Jinja in the page, and as JSON in the data that the script reads. The page is ASCII, so that no
locale and no web server can spoil it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from nginx_memlint import __version__
from nginx_memlint.files.reading import read_file
from nginx_memlint.memory.cost_tree import SERVERS, by_file, by_part, largest
from nginx_memlint.report.advice import RESTART, fix_flags
from nginx_memlint.report.causes import by_place, peak_bytes
from nginx_memlint.report.documentation import LISTED
from nginx_memlint.report.verdict import (
    ACCEPTED,
    FAILS,
    FITS,
    GREW,
    NOT_READ,
    NOTES,
    OVER,
    SAID,
    TOO_MUCH,
    WARNS,
    accepted_by,
    is_counted,
    last_line,
    outcome,
    rank,
    total,
)
from nginx_memlint.result import ConfigReport, Finding, Node, Remedy, Report
from nginx_memlint.rules.rule import Rule
from nginx_memlint.sizes import human, human_budget

MAX_NODES = 20_000
"""Nodes in a page, of all treemaps together: about 65 bytes each, more if names are long."""

MIN_NODES = 300
"""Nodes that each treemap may have, however many there are."""

MAX_ROWS = 300
"""Servers, findings, problems... of a configuration that are listed."""

MAX_OPEN = 10
"""Configurations that are unfolded at first, of several."""

MAX_TEXT = 400
"""Characters of a line or a message."""

MAX_NAME = 100
"""Characters of a block's name."""

FILE_MOST = 1 << 20
"""Bytes of the largest file that the page is made of."""

TONES = {
    NOT_READ: "incomplete",
    OVER: "error",
    TOO_MUCH: "error",
    GREW: "error",
    FAILS: "error",
    WARNS: "warning",
    NOTES: "note",
    ACCEPTED: "warning",
    FITS: "ok",
}
"""A verdict → the class of style of its words."""

_HERE = Path(__file__).parent


class PhaseBar(NamedTuple):
    """The memory of a phase: its name, bytes, and its bar in hundredths of the longest.

    ``zones`` is the part of the bar that is shared memory, ``over`` what is more than the budget.
    """

    name: str
    bytes: int
    width: float
    zones: float
    over: int


class CauseCard(NamedTuple):
    """The findings of one place: ``share`` is what its line takes of the worst peak."""

    findings: Sequence[Finding]
    before: str
    marked: str
    after: str
    share: int


def write(report: Report, out: TextIO) -> None:
    """Write the page. The report must have its breakdown."""
    out.write(page(report) + "\n")


def page(report: Report) -> str:
    """The page as ASCII text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415
    from plotly.offline import get_plotlyjs  # noqa: PLC0415

    jinja = Environment(
        autoescape=True,
        loader=FileSystemLoader(_HERE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters |= {
        "human": human,
        "human_budget": human_budget,
        "short": _short,
        "count": "{:,}".format,
    }
    script = _packaged("page.js")
    plotly = get_plotlyjs().encode()
    configs = sorted(report.configs, key=rank)
    text = jinja.get_template("page.html").render(
        configs=_configs(configs),
        last_line=last_line(configs),
        rules=_explained(configs),
        restart=RESTART,
        said=SAID,
        max_rows=MAX_ROWS,
        plotly=base64.b64encode(gzip.compress(plotly, mtime=0)).decode(),
        script=script,
        script_hashes=[_csp_hash(script.encode()), _csp_hash(plotly)],
        style=_packaged("page.css"),
        version=__version__,
    )
    return text.encode("ascii", "xmlcharrefreplace").decode()


def _packaged(name: str) -> str:
    """The text of a file of this package."""
    return read_file(_HERE / name, FILE_MOST).decode("ascii")


def _configs(configs: Sequence[ConfigReport]) -> list[dict[str, Any]]:
    """The values of all configurations for the template, the worst first."""
    most = max((_most(config) for config in configs), default=1)
    nodes = max(MIN_NODES, MAX_NODES // max(1, 2 * len(configs)))
    bad = [config for config in configs if outcome(config) is not FITS][:MAX_OPEN]
    opened = bad or configs[:1]
    return [
        _config(config, nodes, most) | {"is_open": any(config is one for one in opened)}
        for config in configs
    ]


def _most(config: ConfigReport) -> int:
    """The longest bar of a configuration in bytes, which is at least 1."""
    return max(1, *(size for _, size in _sizes(config)), config.budget_bytes or 0)


def _sizes(config: ConfigReport) -> list[tuple[str, int]]:
    """The phases and their bytes."""
    size = config.memory.total
    return [
        ("at start", size.start_bytes),
        ("one reload", size.reload_peak_bytes),
        ("reloads in a row", size.reload_peak_worst_bytes),
    ]


def _phases(config: ConfigReport, most: int) -> list[PhaseBar]:
    """The phases with bars of which the longest would be ``most`` bytes."""
    resident = sum(part.zone_resident_bytes for part in config.memory.parts)
    budget = config.budget_bytes
    return [
        PhaseBar(
            name,
            size,
            _percent(size, most),
            _percent(min(size, resident), most),
            0 if budget is None else max(0, size - budget),
        )
        for name, size in _sizes(config)
    ]


def _percent(size: int, most: int) -> float:
    return round(100 * size / most, 2)


def _config(config: ConfigReport, nodes: int, most: int) -> dict[str, Any]:
    """The values of one configuration for the template; ``most`` is the longest bar of them all."""
    servers = [node for node in config.breakdown or () if node.kind in SERVERS]
    trees, left_out = _trees(config, nodes)
    own_most = _most(config)
    said = outcome(config)
    budget = config.budget_bytes
    return {
        "report": config,
        "data": _script_json({"trees": trees}),
        "words": said.words,
        "tone": TONES[said],
        "is_counted": is_counted(config),
        "accepted": accepted_by(config),
        "worst": total(config, config.memory.total.reload_peak_worst_bytes),
        "start": total(config, config.memory.total.start_bytes),
        "phases": _phases(config, own_most),
        "mark": None if budget is None else _percent(budget, own_most),
        "small_phases": _phases(config, most),
        "small_mark": None if budget is None else _percent(budget, most),
        "causes": [_cause(findings, config) for findings in by_place(config.findings[:MAX_ROWS])],
        "remedies": [
            {
                "remedy": one,
                "width": _percent(one.peak_bytes, own_most),
                "text": _copied(one, config),
            }
            for one in config.remedies[:MAX_ROWS]
        ],
        "left_out": left_out,
        "servers": sorted(servers, key=lambda node: -node.bytes),
        "whole": config.breakdown[0].bytes if config.breakdown else 0,
    }


def _cause(findings: Sequence[Finding], config: ConfigReport) -> CauseCard:
    """One place, with its line in three parts: before, in and after the directive's name."""
    first = findings[0]
    text = first.source.lstrip(" ")
    begin = first.column - 1 - (len(first.source) - len(text))
    end = begin + first.end_column - first.column
    if not 0 <= begin < end <= len(text):
        begin = end = 0
    return CauseCard(findings, text[:begin], text[begin:end], text[end:], peak_bytes(first, config))


def _copied(remedy: Remedy, config: ConfigReport) -> str:
    """The command that makes a change, or else its words."""
    if not remedy.fixable or config.from_dump or config.main_file == "-":
        return remedy.change
    target = f" --target {shlex.quote(config.target.name)}" if config.target.stated else ""
    return f"memlint check{target} {fix_flags(remedy)} -- {shlex.quote(config.path)}"


def _explained(configs: Iterable[ConfigReport]) -> list[tuple[Rule, str]]:
    """The rules of all findings that are told, with their documentation as HTML."""
    from markdown_it import MarkdownIt  # noqa: PLC0415

    codes = {finding.rule for config in configs for finding in config.findings[:MAX_ROWS]}
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    return [(rule, markdown.render(rule.doc)) for rule in LISTED if rule.code in codes]


def _trees(config: ConfigReport, most: int) -> tuple[list[dict[str, Any]], int]:
    """The treemaps of a configuration, and how many blocks are not in them for themselves."""
    if not config.breakdown:
        return [], 0
    files, left_out = largest(by_file(config.breakdown), most)
    blocks, _ = largest(config.breakdown, most)
    named = {"file": files, "server": blocks, "cause": by_part(config)}
    return [{"by": name, "nodes": _nodes(nodes)} for name, nodes in named.items()], left_out


def _nodes(nodes: Sequence[Node]) -> dict[str, list[Any]]:
    """The nodes by column, which is smaller; files, which mostly repeat, by number."""
    files = {name: number for number, name in enumerate(dict.fromkeys(n.file for n in nodes))}
    return {
        "files": [_short(name) for name in files],
        "parent": [node.parent for node in nodes],
        "kind": [node.kind for node in nodes],
        "name": [
            _short(node.name, MAX_TEXT if node.kind == "file" else MAX_NAME) for node in nodes
        ],
        "file": [files[node.file] for node in nodes],
        "line": [node.line for node in nodes],
        "blocks": [node.blocks for node in nodes],
        "contexts": [node.ssl_contexts for node in nodes],
        "loads": [node.ca_loads for node in nodes],
        "bytes": [node.bytes for node in nodes],
    }


def _short(text: str, most: int = MAX_TEXT) -> str:
    return text if len(text) <= most else text[: most - 1] + "\u2026"


def _script_json(data: object) -> str:
    """JSON for a ``<script>``: no character in it can end one, or is not ASCII.

    U+2028 and U+2029 are escaped like everything that is not ASCII.
    """
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.translate({ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"})


def _csp_hash(script: bytes) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script).digest()).decode()
