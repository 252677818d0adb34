"""Names of servers as people write them lead to the row of that server."""

from __future__ import annotations

import re

import pytest

from nginx_memlint import check
from nginx_memlint.errors import MemlintError
from nginx_memlint.targets.allocators_table import ALLOCATORS, LIBCS
from nginx_memlint.targets.names import pattern, rows
from nginx_memlint.targets.products_table import CODENAMES, NAMES, PRODUCTS
from nginx_memlint.targets.targets import BUILT, BUILT_IN, find_target, target_names

# as written → nginx, lua, OpenSSL, libc, allocator; lua "" where the row has none
NAMED = {
    "kong-3.4": "1.21.4 0.10.21 3.1.1 glibc glibc",
    "kong:3.4": "1.21.4 0.10.21 3.1.1 glibc glibc",
    "kong:3.4.2-ubuntu": "1.21.4 0.10.21 3.1.1 glibc glibc",
    "docker.io/library/kong:3.9.1": "1.25.3 0.10.26 3.2.3 glibc glibc",
    "kong/kong:3.5.0": "1.21.4 0.10.25 3.1.4 glibc glibc",
    "kong:2.8-alpine": "1.19.9 0.10.20 1.1.1o musl musl",
    "kong 3.6": "1.25.3 0.10.26 3.2.1 glibc glibc",
    "ingress-nginx-1.9.6": "1.21.6 0.10.25 3.1.4 musl mimalloc",
    "ingress-nginx-1.9.1": "1.21.6 0.10.21 3.1 musl mimalloc",
    "ingress-nginx-v1.10.1": "1.25.3 0.10.26 3.1.4 musl mimalloc",
    "ingress-nginx-1.12.0": "1.25.5 0.10.26 3.3 musl mimalloc",
    "ingress-nginx-1.15.1": "1.27.1 0.10.28 3.5 musl mimalloc",
    "registry.k8s.io/ingress-nginx/controller:v1.9.6": "1.21.6 0.10.25 3.1.4 musl mimalloc",
    "registry.k8s.io/ingress-nginx/controller:v1.11.2@sha256:d5f8217feeac4887cb1ed21f27c2674e58be06bd8"
    "f5184cacea2a69abaf78dce": "1.25.5 0.10.26 3.3 musl mimalloc",
    "k8s.gcr.io/ingress-nginx/controller:v1.1.0": "1.19.9 0.10.20 1.1.1 musl mimalloc",
    "controller:v1.8.1": "1.21.6 0.10.21 3.1 musl mimalloc",
    "openresty-1.21": "1.21.4 0.10.21 1.1.1n glibc glibc",
    "openresty-1.21.4.2": "1.21.4 0.10.25 1.1.1t glibc glibc",
    "openresty/1.21.4.3": "1.21.4 0.10.25 1.1.1w glibc glibc",
    "openresty-1.29.2.3": "1.29.2 0.10.30rc2 3.5.5 glibc glibc",
    "openresty-1.15.8.1": "1.13.6 0.10.13 1.1.0h glibc glibc",
    "openresty/openresty:1.21.4.1-alpine": "1.21.4 0.10.21 1.1.1n musl musl",
    "openresty/openresty:1.25.3.1-2-bookworm": "1.25.3 0.10.26 1.1.1w glibc glibc",
    "openresty/openresty:1.27.1.2-alpine-fat": "1.27.1 0.10.28 3.4.1 musl musl",
    "apisix-3.8": "1.21.4 0.10.25 3.2.0 glibc glibc",
    "apache/apisix:3.9.1-debian": "1.25.3 0.10.26 3.2.0 glibc glibc",
    "apisix:3.2.0": "1.21.4 0.10.21 1.1.1 glibc glibc",
    "apache/apisix:3.16.0-ubuntu": "1.27.1 0.10.28 3.4.1 glibc glibc",
    "npm-2.11": "1.21.4 0.10.25 3.0 glibc glibc",
    "jc21/nginx-proxy-manager:2.12.6": "1.27.1 0.10.28 3.0 glibc glibc",
    "nginx-proxy-manager-2.10.4": "1.21.4 0.10.21 3.0 glibc glibc",
    "bunkerity/bunkerweb:1.5.4": "1.24.0 0.10.25 3.1 musl musl",
    "bunkerweb-1.6": "1.26.3 0.10.28 3.3 musl musl",
    "3scale-apicast-2.16": "1.21.4 0.10.21 1.1.1k glibc glibc",
    "quay.io/3scale/apicast:v2.16": "1.21.4 0.10.21 1.1.1k glibc glibc",
    "tengine-3.1": "1.24.0 0.10.25 3.0 glibc glibc",
    "Tengine/2.4.1": "1.22.1 0.10.14 3.0 glibc glibc",
    "tengine-2.3.3": "1.18.0 0.10.14 3.0 glibc glibc",
    "angie-1.10": "1.27.5 - 3.0 glibc glibc",
    "docker.angie.software/angie:1.7.0-alpine": "1.27.1 - 3.0 musl musl",
    "freenginx-1.26.0": "1.26.0 - 3.0 glibc glibc",
    "freenginx-1.29.7": "1.27.1 - 3.0 glibc glibc",
    "nginx-plus-r33": "1.27.2 0.10.27 3.0 glibc glibc",
    "plus-r31": "1.25.3 0.10.25 3.0 glibc glibc",
    "nginx-ingress-3.7": "1.27.2 - 3.0 glibc glibc",
    "nginx/nginx-ingress:5.3.4": "1.29.5 - 3.5 glibc glibc",
    "nginx-1.27": "1.27.0 0.10.26 3.0 glibc glibc",
    "nginx-1.27.1": "1.27.1 0.10.26 3.0 glibc glibc",
    "1.22.1": "1.22.1 0.10.20 1.1.1 glibc glibc",
    "v1.28.2": "1.28.2 0.10.28 3.5 glibc glibc",
    "nginx:1.25-alpine": "1.25.3 0.10.25 3.1 musl musl",
    "nginx:1.25.5-bookworm": "1.25.5 0.10.26 3.0 glibc glibc",
    "nginxinc/nginx-unprivileged:1.29.4-alpine3.22": "1.29.4 0.10.29 3.5 musl musl",
    "registry.example.com:5000/nginx:1.26.3": "1.26.3 0.10.26 3.0 glibc glibc",
    "public.ecr.aws/nginx:1.24.0": "1.24.0 0.10.22 1.1.1 glibc glibc",
    "alpine-3.20": "1.26.3 0.10.26 3.3 musl musl",
    "alpine:3.19": "1.24.0 0.10.25 3.1.4 musl musl",
    "debian:bookworm-slim": "1.22.1 0.10.23 3.0.22 glibc glibc",
    "bullseye": "1.18.0 0.10.13 1.1.1w glibc glibc",
    "debian-14": "1.30.6 0.10.29 3.6.5 glibc glibc",
    "ubuntu:noble": "1.24.0 0.10.26 3.0.13 glibc glibc",
    "ubuntu-26.04": "1.28.3 0.10.29 3.5.5 glibc glibc",
    "fedora:43": "1.30.3 - 3.0 glibc glibc",
    "openwrt-master": "1.30.3 0.10.26 3.0 musl musl",
}


@pytest.mark.parametrize(("name", "row"), NAMED.items())
def test_names(name: str, row: str) -> None:
    target = find_target(name)
    lua = target.texts["lua"] if "lua" in target.ships else "-"
    shown = (target.texts["nginx"], lua, target.texts["openssl"], *target.platform)
    assert " ".join(shown) == row


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("openresty-1.21", "openresty-1.21.4.1"),
        ("openresty-1.20.1.1", "openresty-1.19.9.1"),
        ("nginx-1.27", "nginx-1.27.0"),
        ("nginx:1.25.1", "nginx-1.24.0"),
        ("kong-3.10", "kong-3.9"),
        ("freenginx-1.29.7", "freenginx-1.27.1"),
        ("ingress-nginx-1", "ingress-nginx-1.0.1"),
    ],
)
def test_a_version_between_rows_is_the_older_and_said(name: str, row: str) -> None:
    target = find_target(name)
    assert target.name == row
    assert (
        f'"{name}" is taken as {row} (memlint targets {row.rpartition("-")[0]})' in target.assumed
    )


@pytest.mark.parametrize(
    "name", ["kong-3.4.2", "ingress-nginx-1.9.6", "nginx:1.27.1", "apisix-3.3"]
)
def test_a_release_that_is_as_its_row_is_named_as_it_is(name: str) -> None:
    target = find_target(name)
    assert target.name == name.replace(":", "-")
    assert not any("is taken as" in it for it in target.assumed)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kong", "names no version: kong-2.0 to kong-3.9"),
        ("nginx:latest", "names no version: nginx-1.20.2 to nginx-1.30.0"),
        ("apache/apisix", "names no version: apisix-2.11 to apisix-3.18"),
        ("kong-1.5", "is older than all that are known: kong-2.0 to kong-3.9"),
        ("nginx-0.8", "is older than all that are known: nginx-1.20.2"),
        ("caddy:2.8", "is not known (memlint targets lists all)"),
        ("a" * 5000, "is not known (memlint targets lists all)"),
        ("", "is not known (memlint targets lists all)"),
        ("debain-12", 'did you mean "debian-12"?'),
        ("debian12", 'did you mean "debian-12"?'),
        ("openresty-9", "is newer than all that are known, to openresty-1.31.1.1"),
        ("debian-15", "is newer than all that are known, to debian-14"),
        ("nginx-" + "1." * 40 + "1", "is not known"),
    ],
)
def test_what_is_no_name(name: str, said: str) -> None:
    with pytest.raises(MemlintError) as raised:
        find_target(name)
    assert said in str(raised.value)


@pytest.mark.parametrize("name", [*NAMED, *target_names()])
def test_the_pattern_of_the_schema_takes_all_names(name: str) -> None:
    assert name in target_names() or re.search(pattern(), name, re.IGNORECASE)


@pytest.mark.parametrize("name", target_names())
def test_a_row_is_whole(name: str) -> None:
    row = rows()[name]
    target = find_target(name)
    assert target.name == name
    assert target.nginx
    assert row["source"]
    assert set(row["built_in"]) <= set(BUILT_IN)
    assert set(row.get("built", ())) <= BUILT
    assert target.platform.libc in LIBCS
    assert target.allocator in ALLOCATORS
    assert name.rpartition("-")[0] in PRODUCTS
    for key in row.get("unknown", {}):
        assert key not in row
    if "openssl" not in row:
        assert any(it.startswith("openssl 3.0 is taken: ") for it in target.assumed)
    for key in ("lua", "stream_lua"):
        assert key not in row["built_in"] or key in row or key in row["unknown"]


def test_products_are_whole() -> None:
    assert set(NAMES.values()) <= PRODUCTS.keys()
    assert set(CODENAMES.values()) <= set(target_names())
    images = [image for product in PRODUCTS.values() for image in product.images]
    assert len(images) == len(set(images))
    lines = [line for product in PRODUCTS.values() for line in product.rows.strip().splitlines()]
    assert all(6 <= len(line.partition("|")[0].split()) <= 7 for line in lines)


def test_what_is_shipped_in_an_unknown_version_is_shipped() -> None:
    """nginx.org's packages of 1.27.1 have stream-lua; of 1.26.3, in a version that is known."""
    text = (
        b"load_module modules/ngx_stream_lua_module.so;\nevents { }\n"
        b"stream { server { listen 1; content_by_lua_block { ngx.say(1) } } }\n"
        b"http { server { } }\n"
    )
    without_module = text.partition(b"\n")[2]
    ships = {}
    for name in ("nginx-1.27.1", "nginx-1.26.3", "alpine-3.20"):
        problems = check("-", data=without_module, target=name).problems
        ships[name] = not any("ships no stream-lua" in problem.message for problem in problems)
        assert check("-", data=text, target=name).problems == []
    assert ships == {"nginx-1.27.1": True, "nginx-1.26.3": True, "alpine-3.20": False}
