"""Every directive with words that it does not expect: a problem at the most, never an error."""

from __future__ import annotations

from collections import defaultdict

import pytest

from nginx_memlint import check
from nginx_memlint.tree.directives_table import ROWS

AROUND = {
    "main": "%s events {} http { server { } }",
    "events": "events { %s } http { server { } }",
    "http": "events {} http { %s server { location / { } } }",
    "server": "events {} http { server { %s location / { } } }",
    "location": "events {} http { server { location / { %s } } }",
    "if": "events {} http { server { location / { if ($uri) { %s } } } }",
    "server_if": "events {} http { server { if ($uri) { %s } } }",
    "limit_except": "events {} http { server { location / { limit_except GET { %s } } } }",
    "upstream": "events {} http { upstream u { %s } server { } }",
    "mail": "events {} mail { %s server { listen 1; } }",
    "mail_server": "events {} mail { server { %s } }",
    "stream": "events {} stream { %s server { listen 1; } }",
    "stream_server": "events {} stream { server { %s } }",
    "stream_upstream": "events {} stream { upstream u { %s } server { listen 1; } }",
}
"""Kind of a block → a configuration with one."""

NAMES: defaultdict[str, set[str]] = defaultdict(set)
for _, _, kinds, listed in ROWS:
    for kind in kinds.split():
        NAMES[kind].update(listed.split())

WORDS = {
    "none": "%s;",
    "an empty one": "%s '';",
    "a dollar": "%s $;",
    "an equals sign": "%s =;",
    "two": "%s a '';",
    "many": "%s a b c d e f g h i;",
    "a block": "%s { }",
    "a block with a word": "%s '' { }",
    "a block with many": "%s a b c d e { }",
}


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("kind", AROUND)
def test_no_words_are_an_error(kind: str, words: str) -> None:
    """All directives that nginx takes in a block, beside each other."""
    assert NAMES.keys() == AROUND.keys()
    lines = " ".join(WORDS[words] % name for name in sorted(NAMES[kind]))
    assert not check("-", data=(AROUND[kind] % lines).encode(), target="debian-12").complete
