"""The files that nginx ships are as the package's here."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.syntax.directives import parse
from nginx_memlint.tree.stock_table import STOCK_FILES
from tests.nginx.stack import Stack

PACKAGED = [name for name in STOCK_FILES if not name.startswith("options-ssl")]


def directives(text: bytes) -> list[tuple[str, list[str]]]:
    file = parse(text, "x", "x", in_data_block=False)
    return [
        (inner.name, inner.args)
        for outer in file.body.directives
        for inner in (outer, *(outer.body.directives if outer.body else ()))
    ]


@pytest.mark.parametrize("name", PACKAGED)
def test_as_in_the_package(name: str, bookworm: Stack) -> None:
    assert bookworm.root is None
    there = directives((Path("/etc/nginx") / name).read_bytes())
    ours = directives(STOCK_FILES[name].encode())
    assert len(ours) >= 2
    assert [row for row in ours if row != ("fastcgi_param", ["HTTP_HOST", "$host"])] == [
        row for row in there if row != ("fastcgi_param", ["HTTP_HOST", "$host"])
    ]
