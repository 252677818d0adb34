"""One self-contained page: a chart of the memory to zoom and search; needs no network.

Plotly draws the charts; its script is embedded, compressed. Text from a configuration is escaped by
Jinja in the page, and as JSON in the data that the script reads. The page is ASCII, so that no
locale and no web server can spoil it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any, TextIO

from nginx_memlint import __version__
from nginx_memlint.files.reading import read_file
from nginx_memlint.memory.cost_tree import SERVERS, by_file, largest
from nginx_memlint.result import ConfigReport, Node, Report
from nginx_memlint.sizes import human

MAX_NODES = 10_000
"""Nodes in a page, of all configurations together: about 65 bytes each, more if names are long."""

MIN_NODES = 300
"""Nodes that each configuration may have, however many configurations there are."""

MAX_ROWS = 300
"""Servers, findings, problems... of a configuration that are listed."""

MAX_TEXT = 400
"""Characters of a line or a message."""

MAX_NAME = 100
"""Characters of a block's name."""

FILE_MOST = 1 << 20
"""Bytes of the largest file that the page is made of."""

_HERE = Path(__file__).parent


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
    jinja.filters |= {"human": human, "short": _short, "count": "{:,}".format}
    script = _packaged("page.js")
    plotly = get_plotlyjs().encode()
    budget = max(MIN_NODES, MAX_NODES // max(1, len(report.configs)))
    text = jinja.get_template("page.html").render(
        configs=[_config(config, budget) for config in report.configs],
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


def _config(config: ConfigReport, budget: int) -> dict[str, Any]:
    """The values of one configuration for the template."""
    files = by_file(config.breakdown) if config.breakdown else []
    kept, left_out = largest(files, budget)
    servers = [node for node in config.breakdown or () if node.kind in SERVERS]
    phases = _phases(config)
    data = {"nodes": _nodes(kept), "phases": phases, "budget": config.budget_bytes}
    return {
        "report": config,
        "data": _script_json(data),
        "phases": phases,
        "left_out": left_out,
        "servers": sorted(servers, key=lambda node: -node.bytes),
        "whole": kept[0].bytes if kept else 0,
        "worst": config.findings[0].severity if config.findings else None,
    }


def _phases(config: ConfigReport) -> list[tuple[str, str, int, int]]:
    """The phases: a name, a shorter one, bytes of the service, and of shared memory zones."""
    total = config.memory.total
    zones = sum(part.zone_resident_bytes for part in config.memory.parts)
    named = [
        ("at start", "start", total.start_bytes),
        ("after the first reload", "reloaded", total.after_reload_bytes),
        ("after later reloads, at worst", "later", total.after_reload_worst_bytes),
        ("peak of the first reload", "1st peak", total.reload_peak_bytes),
        ("peak of later reloads, at worst", "later peak", total.reload_peak_worst_bytes),
    ]
    return [(name, short, max(0, size - zones), min(size, zones)) for name, short, size in named]


def _nodes(nodes: list[Node]) -> dict[str, list[Any]]:
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
