"""The documents: their text, code, commands, headings and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.helpers import SAMPLES

PROJECT = SAMPLES.parent


@dataclass(frozen=True)
class Block:
    """Fenced code. ``shown`` is the output that follows it, ``marker`` the comment before it."""

    language: str
    text: str
    marker: str = ""
    shown: str = ""

    @property
    def commands(self) -> list[str]:
        """Its lines."""
        return [line for line in self.text.splitlines() if line.strip()]


@dataclass(frozen=True)
class Page:
    """A Markdown file, by its name in the project."""

    name: str

    @property
    def path(self) -> Path:
        """Where it is."""
        return PROJECT / self.name

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text("utf-8")

    @cached_property
    def tokens(self) -> list[Token]:
        """Its Markdown, parsed."""
        return parsed(self.text)

    @cached_property
    def blocks(self) -> list[Block]:
        """All fenced code."""
        return blocks_of(self.tokens)

    @property
    def spans(self) -> list[str]:
        """Commands in sentences and tables."""
        return sorted(set(_spans(self.tokens)))

    @property
    def anchors(self) -> set[str]:
        """The anchors that links to its parts name: GitHub makes them of the headings."""
        return set(_anchors(self.tokens))

    @property
    def links(self) -> list[str]:
        """The targets of its links."""
        return [
            str(child.attrs["href"])
            for token in self.tokens
            for child in token.children or ()
            if child.type == "link_open"
        ]


def parsed(text: str) -> list[Token]:
    """Markdown with tables, parsed."""
    return MarkdownIt("commonmark").enable("table").parse(text)


def blocks_of(tokens: list[Token]) -> list[Block]:
    """All fenced code."""
    return list(_blocks(tokens))


def _blocks(tokens: list[Token]) -> Iterator[Block]:
    for index, token in enumerate(tokens):
        if token.type == "fence":
            marker = re.fullmatch(r"<!-- (.*) -->\n", tokens[index - 1].content)
            after = tokens[index + 1] if index + 1 < len(tokens) else token
            yield Block(
                token.info,
                token.content,
                marker[1] if marker else "",
                after.content if after.type == "code_block" else "",
            )


def _spans(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "code_inline" and token.content.startswith("memlint "):
            yield token.content
        yield from _spans(token.children or [])


def _anchors(tokens: list[Token]) -> Iterator[str]:
    times: dict[str, int] = {}
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            words = "".join(
                child.content
                for child in tokens[index + 1].children or ()
                if child.type in ("text", "code_inline")
            )
            anchor = re.sub(r"[^\w -]", "", words).lower().replace(" ", "-")
            seen = times.get(anchor, 0)
            times[anchor] = seen + 1
            yield f"{anchor}-{seen}" if seen else anchor


README = Page("README.md")
PAGES = [
    Page(str(path.relative_to(PROJECT)))
    for path in sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
]
"""All documents of the project."""

FOR_DEVELOPERS = {
    *("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"),
    *("docs/benchmarks.md", "docs/fuzzing.md"),
}
"""Pages whose commands set up environments or take hours: they are not run."""

FOR_USERS = [page for page in PAGES if page.name not in FOR_DEVELOPERS]


def page(name: str) -> Page:
    """The document of a name."""
    [document] = [page for page in PAGES if page.name == name]
    return document


def block(marker: str) -> str:
    """The fenced code behind a marker, on whatever page it is."""
    [text] = [item.text for page in PAGES for item in page.blocks if item.marker == marker]
    return text
