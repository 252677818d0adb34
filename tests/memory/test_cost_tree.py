"""Where the memory goes: the tree of cost adds up, however it is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import ConfigReport, check
from nginx_memlint.memory.cost_tree import by_file, largest
from nginx_memlint.result import Node
from tests.helpers import LUA, SAMPLES, check_http, http, write

SAMPLE_NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/nginx.conf"))


def broken_down(report: ConfigReport) -> list[Node]:
    assert report.breakdown is not None
    return report.breakdown


def assert_adds_up(nodes: list[Node], report: ConfigReport) -> None:
    memory = report.memory
    root = nodes[0]
    assert root.parent is None
    assert root.bytes == memory.blocks_bytes + memory.contexts_bytes + memory.loads_bytes
    assert root.bytes == sum(node.own_bytes for node in nodes)
    assert root.ssl_contexts == report.ssl_contexts
    assert root.ca_loads == report.ca_loads
    below = [0] * len(nodes)
    for number, node in enumerate(nodes[1:], 1):
        assert node.parent is not None
        assert node.parent < number
        below[node.parent] += node.bytes
    for node, children in zip(nodes, below, strict=True):
        assert node.bytes == node.own_bytes + children


def outline(nodes: list[Node], number: int = 0, depth: int = 0) -> list[str]:
    """Indented names, with the file and line."""
    node = nodes[number]
    place = Path(node.file).name + ("" if node.line is None else f":{node.line}")
    name = Path(node.name).name if node.kind in ("main", "file") else node.name
    lines = [f"{'  ' * depth}{name} {place}"]
    for child, other in enumerate(nodes):
        if other.parent == number:
            lines += outline(nodes, child, depth + 1)
    return lines


@pytest.mark.parametrize("target", ["debian-12", "debian-13"])
@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_samples_add_up(name: str, target: str) -> None:
    report = check(SAMPLES / name, target=target, breakdown=True)
    nodes = broken_down(report)
    assert_adds_up(nodes, report)
    files = by_file(nodes)
    assert_adds_up(files, report)
    few, left_out = largest(files, 50)
    assert_adds_up(few, report)
    more = [int(node.name.split()[0].replace(",", "")) for node in few if node.kind == "more"]
    assert left_out == sum(more)
    assert len(few) == len(files) - left_out + len(more)
    assert len(few) <= 100


def test_only_if_asked_for() -> None:
    assert check(SAMPLES / "shared").breakdown is None


FILES: dict[str, str | bytes] = {
    "nginx.conf": http(
        "lua_ssl_trusted_certificate ca.pem;\n"
        "server { server_name a; include common.conf;\n"
        "  location /own { location /own/in { } include common.conf; }\n"
        '  if ($request_method = "PUT") { }\n'
        "}\n"
        "include site.conf;",
    ),
    "site.conf": "server { listen 81; include common.conf; }",
    "common.conf": "location /c { limit_except GET { } }",
}


def test_as_blocks_are_nested(tmp_path: Path) -> None:
    report = check(write(tmp_path, FILES), breakdown=True, target="debian-12")
    nodes = broken_down(report)
    assert_adds_up(nodes, report)
    assert outline(nodes) == [
        "nginx.conf nginx.conf",
        "  http nginx.conf:4",
        "    server a nginx.conf:6",
        "      location /c common.conf:1",
        "        limit_except GET common.conf:1",
        "      location /own nginx.conf:7",
        "        location /own/in nginx.conf:7",
        "        location /c common.conf:1",
        "          limit_except GET common.conf:1",
        "      if ($request_method = PUT) nginx.conf:8",
        "    server 81 site.conf:1",
        "      location /c common.conf:1",
        "        limit_except GET common.conf:1",
    ]
    assert nodes[0].blocks == 11


def test_as_files_hold_them(tmp_path: Path) -> None:
    report = check(write(tmp_path, FILES), breakdown=True, target="debian-12")
    nodes = by_file(broken_down(report))
    assert_adds_up(nodes, report)
    assert outline(nodes) == [
        "nginx.conf nginx.conf",
        "  nginx.conf nginx.conf",
        "    server a nginx.conf:6",
        "      location /own nginx.conf:7",
        "        location /own/in nginx.conf:7",
        "      if ($request_method = PUT) nginx.conf:8",
        "  common.conf common.conf",
        "    server a nginx.conf:6",
        "      location /c common.conf:1",
        "        limit_except GET common.conf:1",
        "      location /c common.conf:1",
        "        limit_except GET common.conf:1",
        "    server 81 site.conf:1",
        "      location /c common.conf:1",
        "        limit_except GET common.conf:1",
        "  site.conf site.conf",
        "    server 81 site.conf:1",
    ]


def test_a_shared_context_is_where_it_is_built(tmp_path: Path) -> None:
    inside = "lua_ssl_trusted_certificate ca.pem; server { location /a { } location /b { } }"
    report = check_http(tmp_path, inside, target="debian-13", breakdown=True)
    nodes = broken_down(report)
    assert_adds_up(nodes, report)
    assert [node.name for node in nodes if node.own_bytes > 1 << 19] == ["server"]


def test_fragments_and_streams(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": "location / { } if ($a) { }"})
    report = check(conf, context=("http", "server"), breakdown=True)
    assert_adds_up(broken_down(report), report)
    assert_adds_up(by_file(broken_down(report)), report)
    assert outline(broken_down(report))[2:4] == [
        "    server nginx.conf",
        "      location / nginx.conf:1",
    ]


def test_deep_nesting(tmp_path: Path) -> None:
    depth = 1500  # more than Python recurses
    conf = write(
        tmp_path, {"nginx.conf": http("server {" + "location / {" * depth + "}" * depth + "}")}
    )
    report = check(conf, breakdown=True)
    nodes = broken_down(report)
    assert nodes[0].blocks == depth + 1
    assert_adds_up(by_file(nodes), report)
    few, left_out = largest(nodes, 100)
    assert_adds_up(few, report)
    assert left_out == len(nodes) - 100
    assert few[-1].kind == "more"
    assert few[-1].name == f"{left_out:,} more"


def test_names_are_printable(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { server_name \x1b[31mred; }", main=LUA)})
    assert broken_down(check(conf, breakdown=True))[2].name == "server \\x1b[31mred"
