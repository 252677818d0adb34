"""Rows of blocks that are alike: nothing comes out otherwise than block by block."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nginx_memlint import check
from nginx_memlint.config import blocks
from nginx_memlint.config.builder import build
from nginx_memlint.config.source import MemoryFiles
from nginx_memlint.config.tree import Block, Blocks, Row, Tree
from nginx_memlint.result import ConfigReport
from nginx_memlint.sizes import GIB

from ..helpers import LUA

TARGETS = ("debian-11", "debian-12", "debian-13")
TRUSTED = "lua_ssl_trusted_certificate /ca;"

LOCATIONS = (
    "location /%d { return 204; }",
    "location ~ ^/%d\\.php$ { return 204; }",
    "location = /%d { proxy_pass https://u; }",
    "location /%d { proxy_pass http://u; }",
    "location /%d { proxy_pass http://$host; }",
    "location /%d { proxy_pass https://u; proxy_ssl_verify on; }",
    "location /%d { access_by_lua_block { a = '}' } }",
    "location /%d { lua_ssl_trusted_certificate /other%d; content_by_lua_file a; }",
    "location /%d { lua_ssl_verify_depth 2; }",
    "location /%d { }",
    "location /%d { if ($a) { return 204; } if ($b) { return 205; } }",
    "location /%d { limit_except GET { deny all; } }",
    "location /%d { location /%d/ { return 204; } location /%d/a { return 204; } }",
    "if ($a%d) { return 204; }",
    "if { return 204; }",
    "location { return 204; }",
    "location a b %d { return 204; }",
    "other /%d { return 204; }",
    "upstream u%d { server a; }",
    "# nothing",
    "keepalive_timeout %ds;",
    TRUSTED,
)
OUTSIDE = (
    "upstream u%d { server a; }",
    "upstream u%d { server a; balancer_by_lua_block { a() } }",
    "map $a $b%d { include b; }",
    "lua_ssl_verify_depth %d;",
    TRUSTED,
    f"proxy_ssl_trusted_certificate /ca;\n{TRUSTED}",
)


def pieces(of: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Some of these, each some times one after the other."""
    some = st.tuples(st.sampled_from(of), st.integers(1, 4))
    return st.lists(some, max_size=8).map(
        lambda found: "\n".join(
            piece.replace("%d", str(number)) for piece, times in found for number in range(times)
        )
    )


servers = pieces(LOCATIONS).map(lambda inside: f"server {{\n{inside}\n}}")
configurations = st.tuples(pieces(OUTSIDE), st.lists(servers, max_size=3)).map(
    lambda found: "{}events {{ }}\nhttp {{\n{}\n{}\n}}\n".format(LUA, found[0], "\n".join(found[1]))
)


def report(conf: str, target: str) -> ConfigReport:
    """The report with a load so dear that every rule has its say."""
    return check("-", data=conf.encode(), target=target, unit_cost=GIB, breakdown=True)


def tree(conf: str) -> Tree:
    """The tree of a configuration that stands in one file."""
    return build(MemoryFiles({"/nginx.conf": conf.encode()}), "/nginx.conf")


@pytest.mark.parametrize("target", TARGETS)
def test_a_report_is_that_of_blocks(target: str) -> None:
    @settings(max_examples=100)
    @given(configurations)
    def hold(conf: str) -> None:
        found = report(conf, target)
        with patch.object(blocks, "IN_ROWS", frozenset()):
            assert report(conf, target) == found

    hold()


@given(configurations)
def test_a_tree_is_that_of_blocks(conf: str) -> None:
    def told(tree: Tree) -> list[object]:
        assert [*tree.all_blocks] == [*tree.main.walk()]
        assert all(
            block in (block.parent or block).children or not block.parent
            for block in tree.all_blocks
        )
        numbers = {block: number for number, block in enumerate(tree.all_blocks)}
        return [
            [(b.label, b.kind, b.parent and numbers[b.parent]) for b in tree.all_blocks],
            tree.problems,
            tree.kinds,
            [numbers[block] for block in tree.having({"return", "proxy_pass"})],
            [numbers[block] for block in tree.blocks("location", "upstream")],
            tree.names_below("http"),
            [server and numbers[server] for server in map(tree.servers.of, tree.all_blocks)],
        ]

    found = told(tree(conf))
    with patch.object(blocks, "IN_ROWS", frozenset()):
        assert told(tree(conf)) == found


def test_few_of_many_are_made() -> None:
    locations = "".join(f"location /{number} {{ return 204; }}" for number in range(100))
    found = tree(
        f"events {{ }} http {{ server {{ {locations} keepalive_timeout 1s; {locations} }} }}"
    )
    server = found.all_blocks[3]
    assert [(type(member), member.size) for member in server.children.members] == [(Row, 100)] * 2
    with patch.object(Block, "__init__", side_effect=AssertionError):
        assert found.kinds["location"] == 200
        assert found.numbers_having({"return"}) == [*range(4, 204)]
    assert found.all_blocks[103] is server.children[99]


blocks_of_one = st.integers(1, 5).map(lambda size: "location / { }" * size + "location / { a; }")


@given(st.lists(blocks_of_one, max_size=4), st.data())
def test_blocks_are_a_sequence(locations: list[str], data: st.DataObject) -> None:
    found = tree(f"events {{ }} http {{ server {{ {''.join(locations)} }} }}").all_blocks
    expected = [*found]
    assert len(found) == len(expected)
    assert [found[number] for number in range(-len(found), len(found))] == expected * 2
    for number in (len(found), -len(found) - 1):
        with pytest.raises(IndexError):
            found[number]
    start, stop = data.draw(st.tuples(*[st.integers(-len(found) - 2, len(found) + 2)] * 2))
    step = data.draw(st.sampled_from([1, 2, -1]))
    part = found[start:stop:step]
    assert isinstance(part, Blocks)
    assert [*part] == expected[start:stop:step]
    assert [*part[1:]] == expected[start:stop:step][1:]
