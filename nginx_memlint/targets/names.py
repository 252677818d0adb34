"""Names of targets as people type them: products with a version, and references of images."""

from __future__ import annotations

import re
from functools import cache
from itertools import takewhile
from typing import Any, NamedTuple

from nginx_memlint import removed
from nginx_memlint.errors import MemlintError
from nginx_memlint.suggest import closest
from nginx_memlint.targets.bundles_table import ASSUMED, BUNDLES
from nginx_memlint.targets.products_table import CODENAMES, NAMES, PRODUCTS, Product
from nginx_memlint.targets.versions import Version, parse_version
from nginx_memlint.targets.versions_table import STACKS

MOST_LETTERS = 300
"""Letters of a name that is looked up: a reference of an image has no more."""

HOST = "host"
"""The name of the nginx that is installed where memlint runs: it is run to ask it."""

_COLUMNS = ("nginx", "lua", "stream_lua", "njs", "openssl", "musl_openssl")

_UNKNOWN = {"?": "its version was not found", "host": "it is the host's"}
"""Word in a row for a component whose version is not known → why."""


class NamedRow(NamedTuple):
    """The row that a name leads to, the name to show, and what is assumed."""

    name: str
    row: dict[str, Any]
    assumed: tuple[str, ...] = ()


@cache
def rows() -> dict[str, dict[str, Any]]:
    """Name of each target → its row, with the keys of STACKS; ordered by product and version."""
    table = {
        f"{name}-{line.split()[0]}": _row(product, line)
        for name, product in PRODUCTS.items()
        for line in product.rows.strip().splitlines()
    }
    table = {**STACKS, **table}
    places = {name: place for place, name in enumerate(PRODUCTS)}
    return {
        name: {"bundle": BUNDLES.get(name, ASSUMED), **table[name]}
        for name in sorted(table, key=lambda n: _place(n, places))
    }


def _place(name: str, places: dict[str, int]) -> tuple[int, bool, tuple[int, ...]]:
    product, _, release = name.rpartition("-")
    version = _numbers(release)
    return places[product], version is None, version or ()


def _row(product: Product, line: str) -> dict[str, Any]:
    text, _, note = line.partition("|")
    _release, *words = text.split()
    row: dict[str, Any] = {
        "built_in": list(product.built_in),
        "built": product.built,
        "source": [product.source],
        "note": " ".join(part for part in (note.strip(), product.note) if part),
        "libc": product.libc,
        "unknown": {
            key: _UNKNOWN[word]
            for key, word in zip(_COLUMNS, words, strict=False)
            if word in _UNKNOWN
        },
    }
    if product.allocator:
        row["allocator"] = product.allocator
    pairs = zip(_COLUMNS, words, strict=False)
    return row | {key: word for key, word in pairs if word != "-" and word not in _UNKNOWN}


def releases(product: str) -> list[str]:
    """The names of a product's rows, from the oldest."""
    return [name for name in rows() if name.rpartition("-")[0] == product]


def look_up(text: str) -> NamedRow:
    """The row that a name, or the reference of an image, stands for; raises MemlintError."""
    table = rows()
    if text in table:
        return NamedRow(text, table[text])
    if text in removed.TARGETS:
        raise MemlintError(f'"{text}" is gone: {removed.TARGETS[text]}')
    if text == HOST:
        raise MemlintError('"host" is the nginx of this machine: only --target can ask for it')
    short = text.partition("@sha256:")[0].strip() if len(text) <= MOST_LETTERS else ""
    codename = re.fullmatch(
        r"(?:(?:docker\.io/)?(?:library/)?(?:debian|ubuntu)[:-])?([a-z]+)(?:-slim)?", short
    )
    if codename and codename[1] in CODENAMES:
        name = CODENAMES[codename[1]]
        return NamedRow(name, table[name])
    if re.fullmatch(r"v?\d+(?:\.\d+)+", short):
        short = f"nginx-{short}"
    for mark in re.finditer(r"[-:/ ]v?r?(\d+(?:\.\d+)*)(?![\w])", short, re.IGNORECASE):
        product = _product(short[: mark.start()])
        version = _numbers(mark[1])
        if product is not None and version is not None:
            return _chosen(text, product, mark[1], version, "alpine" in short[mark.end() :])
    raise MemlintError(_not_known(text, short))


def _not_known(text: str, short: str) -> str:
    product = _product(re.sub(r":[a-z-]*$", "", short))
    if product is not None:
        names = releases(product)
        return f'"{text}" names no version: {names[0]} to {names[-1]} (memlint targets {product})'
    split = re.fullmatch(r"([a-zA-Z-]*[a-zA-Z])[-_: ]?(\d.*)", short)
    near = f"{closest(split[1], PRODUCTS)}-{split[2]}" if split else ""
    hint = f'; did you mean "{near}"?' if near in rows() else ""
    return f'"{text}" is not known{hint} (memlint targets lists all)'


def product_of(text: str) -> str | None:
    """The product of a name without a version; None if there is none."""
    return _product(text) if len(text) <= MOST_LETTERS else None


def pattern() -> str:
    """A regular expression that names of targets match, as far as one can tell."""
    images = (image.rpartition("/")[2] for product in PRODUCTS.values() for image in product.images)
    words = "|".join(sorted({*PRODUCTS, *NAMES, *images}))
    return rf"^(\S*[/:])?((({words})[-:/ ])?[vr]?[0-9]|({'|'.join(CODENAMES)}))"


def _product(text: str) -> str | None:
    text = text.lower()
    first, slash, rest = text.partition("/")
    if slash and ("." in first or ":" in first or first in ("localhost", "library")):
        text = rest
    text = text.removeprefix("library/")
    text = NAMES.get(text, text)
    if text in PRODUCTS:
        return text
    return next((name for name, product in PRODUCTS.items() if text in product.images), None)


def _chosen(text: str, product: str, written: str, version: Version, is_alpine: bool) -> NamedRow:
    """The row of a product for a version: of several, or between two, the older."""
    numbered = [
        (number, name)
        for name in releases(product)
        if (number := _numbers(name.rpartition("-")[2])) is not None
    ]
    newest = numbered[-1]
    if version[0] > newest[0][0]:
        raise MemlintError(
            f'"{text}" is newer than all that are known, to {newest[1]} (memlint targets {product})'
        )
    older = [name for _, name in takewhile(lambda pair: pair[0] <= version, numbered)]
    within = [name for number, name in numbered if number[: len(version)] == version]
    is_patch = any(version[: len(number)] == number for number, _ in numbered)
    last = PRODUCTS[product].last
    is_covered = is_patch or bool(last and version <= parse_version(last))
    if is_covered and older:
        name = older[-1]
    elif within:
        name, is_covered = within[0], False
    elif older:
        name = older[-1]
    else:
        raise MemlintError(
            f'"{text}" is older than all that are known: {numbered[0][1]} to {numbered[-1][1]} '
            f"(memlint targets {product})"
        )
    row = rows()[name]
    label = f"{product}-{written}" if is_covered else name
    assumed = () if is_covered else (f'"{text}" is taken as {name} (memlint targets {product})',)
    if is_alpine and row.get("libc") != "musl":
        row = row | {"libc": "musl", "openssl": row.get("musl_openssl", row.get("openssl", "3.0"))}
        label = f"{label} on Alpine"
    return NamedRow(label, row, assumed)


def _numbers(text: str) -> Version | None:
    try:
        return parse_version(text)
    except ValueError:
        return None
