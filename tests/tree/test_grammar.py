"""Which directive may stand where, as the command tables of nginx and its modules say."""

from __future__ import annotations

import pytest

from nginx_memlint import check
from nginx_memlint.refusals.misplaced import ONCE
from nginx_memlint.tls.families import FAMILIES
from nginx_memlint.tree import blocks, grammar
from nginx_memlint.tree.directives_table import RELEASES, ROWS, SINCE


def test_every_directive_that_decides_something_is_known() -> None:
    names = set(ONCE)
    for family in FAMILIES:
        names |= {family.certificate} | family.reads | family.needs | family.decides
    names |= {"worker_processes", "worker_connections", "worker_shutdown_timeout", "load_module"}
    names |= {
        "lua_shared_dict",
        "js_shared_dict_zone",
        "proxy_cache_path",
        "limit_req_zone",
        "zone",
    }
    names |= {"limit_conn_zone", "ssl_session_cache", "listen", "server_name", "proxy_pass"}
    assert names - grammar.ALLOWED.keys() - blocks.KNOWN_NAMES == {""}


def test_rows() -> None:
    """Every row is of a component that was read, and of kinds that the tree has."""
    kinds = {kind for inner in blocks.CHILDREN.values() for kind in inner.values()}
    for component, path, inside, names in ROWS:
        assert component in RELEASES
        assert path.endswith(".c")
        assert names == names.strip()
        assert {*inside.split()} <= kinds | {blocks.MAIN, grammar.SERVER_IF}
    for component, _, inside, names in SINCE:
        assert component in RELEASES
        assert {*inside.split()} <= grammar.KINDS
        assert {*names.split()} <= grammar.ALLOWED.keys()


def test_no_block_is_taken_for_a_plain_directive() -> None:
    """``server`` is one of both, in other blocks."""
    both = grammar.ALLOWED.keys() & grammar.BLOCKS.keys()
    assert both == {"server"}
    assert grammar.ALLOWED["server"].isdisjoint(grammar.BLOCKS["server"])


@pytest.mark.parametrize(
    ("name", "kind", "is_block", "complaint"),
    [
        ("listen", "server", True, 'directive "listen" is not terminated by ";"'),
        ("listen", "http", True, '"listen" directive is not allowed here'),
        ("listen", "http", False, '"listen" directive is not allowed here'),
        ("listen", "server", False, ""),
        ("location", "server", False, 'directive "location" has no opening "{"'),
        ("location", "location", True, ""),
        ("set", "server_if", False, ""),
        ("proxy_pass", "server_if", False, '"proxy_pass" directive is not allowed here'),
        ("proxy_pass", "if", False, ""),
        ("proxy_pass", "opaque", False, ""),
        ("third_party", "http", False, ""),
        ("third_party", "http", True, ""),
        ("include", "if", False, ""),
        ("gzip", "main", False, '"gzip" directive is not allowed here'),
        ("worker_connections", "events", False, ""),
        ("worker_connections", "main", False, '"worker_connections" directive is not allowed here'),
    ],
)
def test_complaint(name: str, kind: str, is_block: bool, complaint: str) -> None:
    assert grammar.complaint(name, kind, is_block=is_block) == complaint


STREAM_NAME = b"""load_module ngx_stream_module.so; events {}
stream { server { server_name a; listen 1; return a; } }
"""


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("debian-12", '"server_name" directive is not allowed here before nginx 1.25.5'),
        ("debian-sid", None),
        (None, None),
    ],
)
def test_an_older_release_rejects_it(target: str | None, message: str | None) -> None:
    """Only of a target that was named: of another nobody knows which release it is."""
    report = check("-", data=STREAM_NAME, target=target)
    assert [p.message for p in report.problems] == ([message] if message else [])


NEWER = b"events {}\nhttp { @ server { listen 80; http2 on; max_headers 9; } }\n"


@pytest.mark.parametrize(
    ("target", "before", "message"),
    [
        ("debian-12", "", 'unknown directive "http2" before nginx 1.25.1'),
        ("debian-13", "", None),
        (None, "", None),
        # either may bring an older module of that name
        ("debian-12", "load_module strange.so;", None),
        ("debian-12", "include nothing/*.conf;", None),
    ],
)
def test_an_older_release_does_not_know_it(
    target: str | None, before: str, message: str | None
) -> None:
    """Debian 12's nginx has ``max_headers``, as a security update."""
    main, http = (before, "") if before.startswith("load_module") else ("", before)
    data = main.encode() + NEWER.replace(b"@", http.encode())
    report = check("-", data=data, target=target)
    unknown = [p.message for p in report.problems if p.message.startswith("unknown directive")]
    assert unknown == ([message] if message else [])


def test_a_directive_that_another_module_had_first() -> None:
    """nginx-sticky-module's takes no argument, nginx's at least two."""
    assert grammar.takes_so_many("sticky", 0)
    assert not grammar.takes_so_many("least_time", 0)
