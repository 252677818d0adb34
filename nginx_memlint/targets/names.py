"""Names of targets as people type them: products with a version, and references of images."""

import re
from contextlib import suppress
from functools import cache
from itertools import takewhile
from typing import Any, NamedTuple

from nginx_memlint import removed
from nginx_memlint.errors import MemlintError
from nginx_memlint.suggest import closest
from nginx_memlint.targets.bundles_table import ASSUMED, BUNDLES
from nginx_memlint.targets.products_table import CODENAMES, NAMES, PRODUCTS, WRITTEN, Product
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
        name: _with_bundle(name, table[name])
        for name in sorted(table, key=lambda n: _place(n, places))
    }


def _with_bundle(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"bundle": BUNDLES.get(name, ASSUMED), **row}


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
    if text in STACKS:  # those of products are many, and made of their lines
        return NamedRow(text, _with_bundle(text, STACKS[text]))
    table = rows()
    if text in table:
        return NamedRow(text, table[text])
    if text in removed.TARGETS:
        raise MemlintError(f'"{text}" is gone: {removed.TARGETS[text]}')
    if text == HOST:
        raise MemlintError('"host" is the nginx of this machine: only --target can ask for it')
    short = _plain(text) if len(text) <= MOST_LETTERS else ""
    if short in table:
        return NamedRow(short, table[short])
    if named := _of_distribution(text, short):
        return named
    if re.fullmatch(r"v?\d+(?:\.\d+)+", short):
        short = f"nginx-{short}"
    for mark in re.finditer(_VERSION, short):
        product = _product(short[: mark.start()])
        if product is not None and _numbers(mark[1]) is not None:
            return _chosen(text, product, mark[1], short[mark.end() :])
    raise MemlintError(_not_known(text, short))


_VERSION = r"(?i)[-:/ ]v?r?(\d+(?:\.\d+)*)(?![\w])"


def _plain(text: str) -> str:
    """A name without its digest and its registry, of what WRITTEN has in the words of the table."""
    short = text.partition("@sha256:")[0].strip()
    first, slash, rest = short.partition("/")
    if slash and re.fullmatch(r"localhost|[\w-]+[.:][\w.:-]+", first):
        short = rest
    for pattern, replacement in WRITTEN:
        whole = rf"{pattern}$" if pattern.endswith((".*", ")?")) else pattern
        short = re.sub(rf"^{whole}", replacement, short, count=1, flags=re.IGNORECASE)
    return short


_CODENAME = (
    r"(?:(?:debian|ubuntu)[:-])?([a-z]+)(?:-\d{8})?(?:-slim)?"
    r"|Debian GNU/Linux \d+ \(([a-z]+)\)"
)
_PACKAGE = (
    r"(?:^|[ /])(\d+(?:\.\d+)+)"
    r"(?:-\S*?(?:\+deb(\d+)u|\d(ubuntu)\d)| \((Ubuntu|Debian)\))"
)
"""The version of a package, or what a server says of itself: ``nginx/1.18.0 (Ubuntu)``."""


def _of_distribution(text: str, short: str) -> NamedRow | None:
    """The distribution of a codename, or of a package's version; raises MemlintError."""
    table = rows()
    code = re.fullmatch(_CODENAME, short)
    word = (code[1] or code[2]) if code else ""
    if word in CODENAMES:
        return NamedRow(CODENAMES[word], table[CODENAMES[word]])
    package = re.search(_PACKAGE, short)
    if package is None:
        return None
    version, release, *words = package.groups()
    product = next(filter(None, words), "debian").lower()
    named = [f"{product}-{release}"] if release else releases(product)
    named = [name for name in named if name in table and table[name]["nginx"] == version]
    if len(named) == 1:
        return NamedRow(named[0], table[named[0]])
    if not named:
        return None
    raise MemlintError(f'"{text}" is the nginx of {" and of ".join(named)}: name one of them')


def _not_known(text: str, short: str) -> str:
    product = _product(re.sub(r"[:-][a-z-]*$", "", short))
    if product is not None:
        return f'"{text}" names no version: {_listed(product)}'
    split = re.fullmatch(r"([a-zA-Z-]*[a-zA-Z])[-_: ]?(\d.*)", short)
    near = f"{closest(split[1], PRODUCTS)}-{split[2]}" if split else ""
    hint = f'; did you mean "{near}"?' if near in rows() else _alike(short) + _asked(text)
    return f'"{text}" is not known{hint} (memlint targets lists all)'


def _listed(product: str) -> str:
    names = releases(product)
    last = PRODUCTS[product].last
    ends = names[0], f"{product}-{last}" if last else names[-1]
    return f"{' to '.join(dict.fromkeys(ends))} (memlint targets {product})"


def _asked(text: str) -> str:
    """How to have the nginx of a name say what it is; empty for what cannot be a name."""
    if re.fullmatch(r"[\w.-]+(?::\d+)?(?:/[\w.-]+)*(?:/[\w.-]+|:[\w.-]+)", text[:MOST_LETTERS]):
        command = f"docker run --rm --entrypoint nginx {text} -V 2> nginx-v.txt"
    elif re.fullmatch(r"[\w .-]{2,40}", text):
        command = "nginx -V 2> nginx-v.txt there"
    else:
        return ""
    return f"; its nginx says what it is: {command}, then --nginx-v nginx-v.txt"


def _alike(short: str) -> str:
    """The release of a product whose name is a part of this one; empty if there is none."""
    for mark in re.finditer(_VERSION, short):
        last = short[: mark.start()].rpartition("/")[2].lower()
        for word in sorted({*PRODUCTS, *NAMES}, key=len, reverse=True):
            if re.search(rf"(?:^|[-_]){re.escape(word)}(?:$|[-_])", last):
                product = NAMES.get(word, word)
                with suppress(MemlintError):
                    near = _chosen(short, product, mark[1], "")
                    return f'; did you mean "{near.name}" of {PRODUCTS[product].about}?'
    return ""


def product_of(text: str) -> str | None:
    """The product of a name without a version; None if there is none."""
    return _product(text) if len(text) <= MOST_LETTERS else None


def pattern() -> str:
    """A regular expression that names of targets match, as far as one can tell."""
    images = (image.rpartition("/")[2] for product in PRODUCTS.values() for image in product.images)
    words = "|".join(sorted({*PRODUCTS, *NAMES, *images, "nginx plus", "debian gnu/linux"}))
    spoken = r"((nginx|angie|tengine) version: )?"
    return rf"^{spoken}(\S*[/:])?((({words})[-:/ ])?[vr]?[0-9]|({'|'.join(CODENAMES)}))"


def _product(text: str) -> str | None:
    text = _plain(text).lower()
    text = NAMES.get(text, text)
    if text in PRODUCTS:
        return text
    return next((name for name, product in PRODUCTS.items() if text in product.images), None)


def _chosen(text: str, product: str, written: str, rest: str) -> NamedRow:
    """The row of a product for a version: of several, or between two, the older.

    ``rest`` is what follows the version in a name, such as the distribution of an image. Raises
    MemlintError.
    """
    version = _numbers(written)
    numbered = [
        (number, name)
        for name in releases(product)
        if (number := _numbers(name.rpartition("-")[2])) is not None
    ]
    if version is None or not numbered:
        raise MemlintError(_not_known(text, product))
    newest = numbered[-1]
    if version[0] > newest[0][0]:
        raise MemlintError(
            f'"{text}" is newer than all that are known, to {newest[1]} (memlint targets {product})'
        )
    older = [name for _, name in takewhile(lambda pair: pair[0] <= version, numbered)]
    within = [name for number, name in numbered if number[: len(version)] == version]
    is_patch = any(version[: len(number)] == number for number, _ in numbered)
    last = PRODUCTS[product].last
    is_covered = is_patch or bool(last and not within and version <= parse_version(last))
    if older and (is_covered or not within):
        name = older[-1]
    elif within:
        name = within[0]
    else:
        raise MemlintError(f'"{text}" is older than all that are known: {_listed(product)}')
    row = rows()[name]
    label = f"{product}-{written}" if is_covered else name
    assumed = () if is_covered else (f'"{text}" is taken as {name} (memlint targets {product})',)
    base = re.search(r"(alpine)(\d+\.\d+)?", rest)
    code = next((word for word in re.split(r"[^a-z]+", rest) if word in CODENAMES), "")
    system = f"alpine-{base[2]}" if base else CODENAMES.get(code, "")
    if system in BUNDLES:
        row = row | {"bundle": BUNDLES[system]}
    if base and row.get("libc") != "musl":
        row = row | {"libc": "musl", "openssl": row.get("musl_openssl", row.get("openssl", "3.0"))}
        label = f"{label} on Alpine"
    return NamedRow(label, row, assumed)


def _numbers(text: str) -> Version | None:
    try:
        return parse_version(text)
    except ValueError:
        return None
