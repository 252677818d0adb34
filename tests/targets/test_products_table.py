"""Rows of products against each other: what one project releases is in what others build of it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nginx_memlint.targets.bundles_table import BUNDLES
from nginx_memlint.targets.names import releases, rows
from nginx_memlint.targets.products_table import CODENAMES, PRODUCTS
from nginx_memlint.targets.versions import parse_version

COMPONENTS = ("nginx", "lua", "stream_lua", "njs", "openssl", "musl_openssl")

OF_OPENRESTY = ("kong", "apisix", "nginx-proxy-manager", "apicast")
"""Products that build an OpenResty, whose nginx and modules for Lua they have."""

OF_IMAGES = ("nginx-proxy", "nginx-ingress")
"""Products whose images are made of nginx's, with its njs and its OpenSSL."""

READ_ONE_BY_ONE = ("nginx-plus", "nginx-ingress", "angie", "tengine", "alpine", "fedora", "debian")
"""Products that have a row for each release of a branch: none is taken as the one before it."""

SUCCESSIVE = [
    (product, older, newer)
    for product in PRODUCTS
    for older, newer in pairwise(releases(product))
    if older.rpartition(".")[0] == newer.rpartition(".")[0] and newer != "debian-sid"
]
"""Product, and two of its releases with none between them in the table, of one branch."""


def release(name: str) -> tuple[int, ...]:
    return parse_version(name.rpartition("-")[2])


@pytest.mark.parametrize(("product", "older", "newer"), SUCCESSIVE)
def test_a_branch_goes_back_to_no_older_component(product: str, older: str, newer: str) -> None:
    table = rows()
    assert release(older) < release(newer)
    for component in COMPONENTS:
        before, after = (table[name].get(component) for name in (older, newer))
        if before and after:
            assert parse_version(before) <= parse_version(after), (product, component)


def test_a_release_of_lua_comes_with_one_of_stream_lua() -> None:
    """OpenResty releases them together: no two products have a different pair."""
    pairs: dict[str, set[str]] = {}
    for row in rows().values():
        if row.get("lua") and row.get("stream_lua"):
            pairs.setdefault(row["lua"], set()).add(row["stream_lua"])
    assert {lua: both for lua, both in pairs.items() if len(both) > 1} == {}


@pytest.mark.parametrize("name", releases("openresty"))
def test_an_openresty_is_named_after_its_nginx(name: str) -> None:
    assert release(name)[:3] == parse_version(rows()[name]["nginx"])


@pytest.mark.parametrize("product", OF_OPENRESTY)
def test_what_is_made_of_openresty_has_its_components(product: str) -> None:
    released = {
        tuple(rows()[name].get(component) for component in ("nginx", "lua", "stream_lua"))
        for name in releases("openresty")
    }
    for name in releases(product):
        row = rows()[name]
        assert (row["nginx"], row.get("lua"), row.get("stream_lua")) in released, name


@pytest.mark.parametrize("product", OF_IMAGES)
def test_what_is_made_of_an_image_has_its_components(product: str) -> None:
    for name in releases(product):
        row = rows()[name]
        image = rows()[f"nginx-{row['nginx']}"]
        for component in ("njs", "openssl", "musl_openssl"):
            assert row.get(component) in (None, image.get(component)), (name, component)


def test_nginx_org_has_every_release_of_a_branch() -> None:
    """Each is named by its version, and the branches from 1.22 on begin with their first one."""
    table = rows()
    names = releases("nginx")
    assert [table[name]["nginx"] for name in names] == [name.partition("-")[2] for name in names]
    versions = [release(name) for name in names]
    for older, newer in pairwise(versions):
        assert newer in {(*older[:2], older[2] + 1), (1, older[1] + 1, 0), (1, 21, 4)}


@pytest.mark.parametrize("product", READ_ONE_BY_ONE)
def test_no_release_between_two_of_a_branch_is_left_out(product: str) -> None:
    for name, older, newer in SUCCESSIVE:
        if name == product:
            assert release(newer)[-1] == release(older)[-1] + 1, (older, newer)


def test_each_release_of_debian_and_ubuntu_has_a_codename() -> None:
    assert {*CODENAMES.values()} == {*releases("debian"), *releases("ubuntu")}


@pytest.mark.parametrize("product", ["debian", "ubuntu", "alpine", "fedora"])
def test_each_release_of_a_distribution_has_a_bundle(product: str) -> None:
    assert {*releases(product)} - {*BUNDLES} <= {"ubuntu-25.04"}


@pytest.mark.parametrize("product", ["debian", "rhel8", "rhel9", "rhel10", "swag"])
def test_packages_have_stream_and_mail_as_modules(product: str) -> None:
    """debian/rules has ``--with-stream=dynamic``; nginx-mod-stream of Red Hat and of Alpine."""
    for name in releases(product):
        assert {"stream separate", "mail separate"} <= {*rows()[name]["built"]}
        assert ("ndk separate" in rows()[name]["built"]) == (product == "debian")
