"""Documentation that the program prints: the rules, one of them in full, the targets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nginx_memlint.report.screen import STYLES, Page
from nginx_memlint.report.words import WORDS, Word
from nginx_memlint.rules import ABOUT_REPORTS, RULES
from nginx_memlint.rules.rule import Rule
from nginx_memlint.targets.names import releases
from nginx_memlint.targets.products_table import PRODUCTS
from nginx_memlint.targets.targets import COMPONENTS, find_target
from nginx_memlint.tls.families import LUA

_LISTED = re.compile(r"[-*|] ?|\d+\. ")
"""The beginning of a list or a table, whose lines are not joined."""

LISTED = (*ABOUT_REPORTS, *RULES)


def table(console: Console) -> None:
    """Print a line for each rule."""
    rows = Table(box=None, pad_edge=False)
    rows.add_column("code", no_wrap=True)
    rows.add_column("name", no_wrap=True)
    rows.add_column("severity", no_wrap=True)
    rows.add_column("finds")
    for rule in LISTED:
        severity = Text(rule.severity, STYLES[rule.severity])
        rows.add_row(rule.code, rule.name, severity, Text(rule.summary))
    console.print(rows)


def as_json() -> str:
    """The rules as a JSON list, with their documentation."""
    keys = ("code", "name", "severity", "summary", "doc")
    return json.dumps([{key: getattr(rule, key) for key in keys} for rule in LISTED], indent=2)


def explain(rule: Rule, page: Page) -> None:
    """Print a rule's documentation: Markdown, on a terminal wrapped at its width."""
    text = f"# {rule.code} {rule.name}\n\n{rule.summary}\n\nSeverity: {rule.severity}\n\n{rule.doc}"
    is_code = False
    for paragraph in text.split("\n\n"):
        lines = paragraph.split("\n")
        is_code ^= paragraph.count("```") % 2 == 1
        if is_code or "```" in paragraph or page.width is None or _LISTED.match(paragraph):
            for line in lines:
                page.line(line)
        else:
            page.line((" ".join(lines), "bold" if paragraph.startswith("#") else ""), hang=0)
        page.line()


def words(page: Page) -> None:
    """Print all words of reports with their meanings."""
    for one in WORDS:
        word(one, page)
        page.line()
    page.line("memlint explain CODE tells what a rule is about; memlint rules lists them.", hang=0)


def word(word: Word, page: Page) -> None:
    """Print what a word means."""
    page.line((word.name, "bold"), f": {word.text}")


def products(console: Console) -> None:
    """Print a line for each product that nginx comes in."""
    rows = Table(box=None, pad_edge=False)
    for heading in PRODUCT_HEADINGS:
        rows.add_column(heading, no_wrap=heading == "product")
    for row in product_rows():
        rows.add_row(*row)
    console.print(rows)
    console.print(Text(f"\n{_MORE}"))


_MORE = "memlint targets kong lists its releases; targets kong-3.4 says what one has."


def product_rows() -> Iterator[tuple[str, str, str]]:
    """Products: the name of each, what it is, and its first and last release."""
    for about, group in groupby(PRODUCTS, key=lambda name: PRODUCTS[name].about):
        names = list(group)
        first, newest = (target.rpartition("-")[2] for target in _ends(names))
        last = PRODUCTS[names[-1]].last or newest
        yield ", ".join(names), about, " to ".join(dict.fromkeys((first, last)))


def _ends(products: list[str]) -> tuple[str, str]:
    return releases(products[0])[0], releases(products[-1])[-1]


def targets(console: Console, product: str) -> None:
    """Print a line for each named server of a product."""
    rows = Table(box=None, pad_edge=False)
    for heading in TARGET_HEADINGS:
        rows.add_column(heading, no_wrap=True)
    for row in target_rows(releases(product)):
        rows.add_row(*row)
    console.print(rows)


def target(console: Console, name: str) -> None:
    """Print what a name stands for, and where that was read."""
    server = find_target(name)
    lines = [server.name]
    for component in COMPONENTS:
        key = component.replace("-", "_")
        if key in server.ships or key == "openssl":
            lines.append(f"  {component:<12}{server.texts[key]}")
    built_in = ", ".join(sorted(server.built_in))
    lines.append(f"  {'built in':<12}{built_in or 'none of lua, stream_lua, js, stream_js'}")
    lines.append(f"  {'libc':<12}{server.platform.libc}")
    lines.append(f"  {'allocator':<12}{server.allocator}")
    bundle = server.bundle
    lines.append(
        f"  {'CA bundle':<12}{bundle.certificates} certificates of {bundle.der_bytes:,} bytes: "
        f"{bundle.source}"
    )
    costs = f"as on {server.borrowed}" if server.borrowed else "measured on this server"
    lines.append(f"  {'costs':<12}{costs}: {server.costs.measured}")
    lines += [f"  {'read in':<12}{source}" for source in server.sources]
    lines += [f"  {'note':<12}{server.note}"] if server.note else []
    lines += [f"  {'assumed':<12}{it}" for it in server.assumed if not it.startswith("costs ")]
    for line in lines:
        console.print(Text(line), soft_wrap=True)


PRODUCT_HEADINGS = ("product", "what it is", "releases")

TARGET_HEADINGS = ("name", "nginx", "lua", "stream-lua", "njs", "OpenSSL", "libc", "Lua contexts")


def targets_as_json(names: Iterable[str]) -> str:
    """Servers as a JSON list, with their versions, costs and sources."""
    servers = [find_target(name) for name in names]
    listed = [
        {
            "name": server.name,
            **{
                name.replace("-", "_"): server.texts[name.replace("-", "_")]
                for name in COMPONENTS
                if name.replace("-", "_") in server.ships or name == "openssl"
            },
            "built_in": sorted(server.built_in),
            "libc": server.platform.libc,
            "allocator": server.allocator,
            "lua_contexts_shared": LUA.shared(server) if "lua" in server.ships else None,
            "borrowed": server.borrowed,
            "measured": server.costs.measured,
            "sources": list(server.sources),
            "assumed": list(server.assumed),
        }
        for server in servers
    ]
    return json.dumps(listed, indent=2)


def target_rows(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Named servers: the name, versions, libc, and whether blocks share Lua's contexts."""
    for name in names:
        server = find_target(name)
        versions = (
            server.texts[key] if key in server.ships else "?" if key in server.unknown else "–"
            for key in ("nginx", "lua", "stream_lua", "njs", "openssl")
        )
        sharing = "–"
        if "lua" in server.ships:
            sharing = "shared" if LUA.shared(server) else "per block"
        yield (name, *versions, server.platform.libc, sharing)
