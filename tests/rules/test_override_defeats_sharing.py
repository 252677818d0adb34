from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.remedies.sharing import changes
from nginx_memlint.sources.main_file import Lookup, open_entry
from nginx_memlint.targets.targets import find_target
from nginx_memlint.tls.families import FAMILIES, by_name
from nginx_memlint.tree.build import build
from nginx_memlint.tree.tree import Tree
from tests.helpers import write
from tests.rules.finding import BIG, http, of, report

VERIFY = "proxy_ssl_trusted_certificate ca.pem; proxy_ssl_verify on;"
LUA = "lua_ssl_trusted_certificate ca.pem;"
HANDLER = "access_by_lua_file a.lua;"
NEW = {"target": "debian-13", **BIG}


def passes(each: str, count: int = 3, first: str = "") -> str:
    return "".join(
        f"location /{n} {{ proxy_pass https://127.0.0.1:9{n}; {first if n == 0 else ''}{each} }}\n"
        for n in range(count)
    )


@pytest.mark.parametrize(("version", "rule"), [("1.23.0", "ML102"), ("1.23.1", "ML104")])
def test_passes_from_1_23_1_on(tmp_path: Path, version: str, rule: str) -> None:
    text = f"http {{ server {{ {passes(VERIFY)} }} }}"
    checked = report(tmp_path, text, set={"nginx": version}, **BIG)
    assert [f.rule for f in checked.findings if f.rule[:3] == "ML1"] == [rule]


@pytest.mark.parametrize(("version", "rule"), [("0.10.25", "ML101"), ("0.10.26", "ML104")])
def test_lua_from_0_10_26_on(tmp_path: Path, version: str, rule: str) -> None:
    inside = LUA + HANDLER + "server { lua_ssl_verify_depth 1; location / { } }" * 3
    checked = report(tmp_path, f"http {{ {inside} }}", set={"lua": version}, **BIG)
    assert [f.rule for f in checked.findings if f.rule[:3] == "ML1"] == [rule]


@pytest.mark.parametrize(("version", "rule"), [("0.8.7", []), ("0.8.8", ["ML104"])])
def test_njs_from_0_8_8_on(tmp_path: Path, version: str, rule: list[str]) -> None:
    inside = "server { js_fetch_trusted_certificate ca.pem; location / { js_content m.f; } }" * 3
    checked = report(tmp_path, f"http {{ {inside} }}", set={"njs": version}, **BIG)
    reported = [f.rule for f in checked.findings if f.rule == "ML104"]
    assert reported == rule


@pytest.mark.parametrize(("count", "reported"), [(2, 0), (3, 1)])
def test_from_64_mib_on(tmp_path: Path, count: int, reported: int) -> None:
    inside = f"server {{ {passes(VERIFY, count)} }}"
    assert len(http(tmp_path, inside, "ML104", **NEW)) == reported


def test_not_where_nginx_parses_a_file_once(tmp_path: Path) -> None:
    inside = f"server {{ {passes(VERIFY, 50)} }}"
    assert http(tmp_path, inside, "ML104", target="debian-sid", **BIG) == []


def test_one_finding_at_the_first_of_the_settings_to_change(tmp_path: Path) -> None:
    inside = f"{VERIFY}\nserver {{\n{passes('proxy_ssl_verify_depth 2;')} }}"
    [finding] = http(tmp_path, "proxy_ssl_verify_depth 2;" + inside, "ML104", **NEW)
    assert finding.line == 5
    assert finding.message.endswith("set proxy_ssl_verify_depth each, which they need not")
    assert finding.related_total == 3
    assert finding.remedy is not None
    assert finding.remedy.change.startswith("remove proxy_ssl_verify_depth where")


TICKETS = "proxy_ssl_conf_command NumTickets 1;"
CIPHERS = "proxy_ssl_conf_command CipherString DEFAULT;"

NOT_SAFE = {
    "values differ": f"{VERIFY} server {{ "
    + "".join(
        f"location /{n} {{ proxy_pass https://127.0.0.1; proxy_ssl_verify_depth {n}; }}"
        for n in range(3)
    )
    + "}",
    "another block sees the default": f"{VERIFY} server {{ {passes('proxy_ssl_verify_depth 2;')} "
    "location /x { proxy_pass https://127.0.0.1; } }",
    "part of a list": f"{VERIFY} {TICKETS} server {{ "
    + passes(f"{TICKETS} {CIPHERS}")
    + "location /x { proxy_pass https://127.0.0.1; } }",
    "another order of a list": f"{VERIFY} {TICKETS} {CIPHERS} "
    f"server {{ {passes(f'{CIPHERS} {TICKETS}')} "
    "location /x { proxy_pass https://127.0.0.1; } }",
    "Lua below runs without": "server { "
    + "".join(f"location /{n} {{ {LUA} {HANDLER} }}" for n in range(3))
    + f"location /x {{ {HANDLER} }} }}",
}


@pytest.mark.parametrize("inside", NOT_SAFE.values(), ids=NOT_SAFE)
def test_no_change_that_has_another_effect(tmp_path: Path, inside: str) -> None:
    [finding] = http(tmp_path, inside, "ML104", **NEW)
    assert "no change would leave every block the values it sees" in finding.message
    assert finding.remedy is None or not finding.remedy.fixable


def test_no_change_in_a_file_that_is_included_where_it_would_matter(tmp_path: Path) -> None:
    """It could be set once in the first server, but not in the second."""
    inside = (
        "server { include p.conf; }"
        "server { include p.conf; location /x { proxy_pass https://127.0.0.1; } }"
    )
    files: dict[str, str | bytes] = {"p.conf": passes(VERIFY)}
    [finding] = of(report(tmp_path, f"http {{ {inside} }}", files, **NEW), "ML104")
    assert "no change would leave every block the values it sees" in finding.message
    assert finding.remedy is None or not finding.remedy.fixable


def test_no_change_that_lets_another_value_through(tmp_path: Path) -> None:
    between = "location /b { %s location /b/c { proxy_pass https://127.0.0.1; %s } }"
    depth = "proxy_ssl_verify_depth 2;"
    inside = (
        f"{VERIFY} server {{ {passes(depth)} {between % ('proxy_ssl_verify_depth 3;', depth)} }}"
    )
    [finding] = http(tmp_path, inside, "ML104", **NEW)
    assert "no change would leave every block the values it sees" in finding.message
    assert finding.remedy is None or not finding.remedy.fixable
    [finding] = http(tmp_path, inside.replace("depth 3", "depth 2"), "ML104", **NEW)
    assert finding.remedy is not None
    assert finding.remedy.ca_loads == 1


def test_set_once_around_servers_that_set_different_parts(tmp_path: Path) -> None:
    inside = (
        f"server {{ {VERIFY} include p.conf; }}"
        "server { proxy_ssl_trusted_certificate ca.pem; include p.conf; }"
    )
    files: dict[str, str | bytes] = {"p.conf": passes("proxy_ssl_verify on;")}
    [finding] = of(report(tmp_path, f"http {{ {inside} }}", files, **NEW), "ML104")
    assert finding.remedy is not None
    assert finding.remedy.change == (
        "set proxy_ssl_trusted_certificate and proxy_ssl_verify once in http instead of in each "
        "block"
    )
    assert finding.remedy.ca_loads == 1


def test_nothing_is_proposed_for_what_was_not_read_in_full(tmp_path: Path) -> None:
    inside = f"{VERIFY} server {{ {passes(VERIFY)} include missing.conf; }}"
    checked = report(tmp_path, f"http {{ {inside} }}", **NEW)
    assert not checked.complete
    [finding] = [f for f in checked.findings if f.rule == "ML104"]
    assert "only known where all of a configuration was read" in finding.message
    assert not any(remedy.fixable for remedy in checked.remedies)


def test_not_where_no_setting_is_to_blame(tmp_path: Path) -> None:
    """nginx rejects a second http block."""
    text = f"http {{ {LUA} server {{ {HANDLER} }} }}\n" * 4
    checked = report(tmp_path, text, **NEW)
    assert checked.ca_loads == 4
    assert [finding for finding in checked.findings if finding.rule == "ML104"] == []


def tree_of(directory: Path, text: str) -> Tree:
    conf = write(directory, {"nginx.conf": f"events {{}} {text}"})
    entry = open_entry(str(conf), Lookup())
    return build(entry.source, entry.path)


def test_a_hoist_stops_below_a_server_that_sees_something_else(tmp_path: Path) -> None:
    text = (
        f"http {{ server {{ {passes(VERIFY)} }}"
        "server { location / { proxy_pass https://127.0.0.1; } } }"
    )
    tree = tree_of(tmp_path, text)
    hoists = list(changes(tree, by_name("proxy_ssl"), find_target("debian-13")))
    [change] = hoists
    assert {block.kind for block, _ in change.insert} == {"server"}
    assert len(change.delete) == 6
    assert len({id(block) for block, _ in change.insert}) == 1


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_nothing_to_change_in_nothing(tmp_path: Path, family: object) -> None:
    tree = tree_of(tmp_path, "http { server { } } stream { server { } }")
    assert list(changes(tree, family, find_target("debian-13"))) == []  # type: ignore[arg-type]
