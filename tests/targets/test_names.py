"""Names of servers as people write them lead to the row of that server."""

from __future__ import annotations

import re

import pytest

from nginx_memlint import check
from nginx_memlint.errors import MemlintError
from nginx_memlint.targets.allocators_table import ALLOCATORS, LIBCS
from nginx_memlint.targets.bundles_table import BUNDLES
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
    "nginx:1.25-alpine": "1.25.0 - 3.0 musl musl",
    "nginx:1.27.4-alpine3.21-slim": "1.27.4 0.10.27 3.3 musl musl",
    "nginx:1.29.3-otel": "1.29.3 0.10.28 3.5 glibc glibc",
    "ghcr.io/nginx/nginx-unprivileged:1.29.1-alpine": "1.29.1 0.10.28 3.5 musl musl",
    "quay.io/nginx/nginx-unprivileged:1.27.5": "1.27.5 0.10.28 3.0 glibc glibc",
    "public.ecr.aws/docker/library/nginx:1.26.2": "1.26.2 0.10.26 3.0 glibc glibc",
    "public.ecr.aws/nginx/nginx:1.28.1-alpine": "1.28.1 0.10.28 3.5 musl musl",
    "docker.io/library/nginx:1.23.4@sha256:f5747a42e3adcb3168049d63278d7251d91185bb5111d2563d58729a5c"
    "9179b0": "1.23.4 - 1.1.1 glibc glibc",
    "nginx version: nginx/1.24.0": "1.24.0 0.10.22 1.1.1 glibc glibc",
    "nginxproxy/nginx-proxy:1.6.4": "1.27.2 - 3.0 glibc glibc",
    "jwilder/nginx-proxy:1.11.2-alpine": "1.31.2 - 3.5 musl musl",
    "nginx-proxy-1.8.0": "1.29.0 - 3.0 glibc glibc",
    "lscr.io/linuxserver/swag:4.1.1": "1.26.3 - 3.3.4 musl musl",
    "swag:5.7.0-ls473": "1.28.3 - 3.5.5 musl musl",
    "registry.access.redhat.com/ubi9/nginx-124": "1.24 - 3.5.5 glibc glibc",
    "registry.redhat.io/rhel8/nginx-122:1-55": "1.22 - 1.1.1k glibc glibc",
    "quay.io/sclorg/nginx-126-c9s:latest": "1.26 - 3.5.5 glibc glibc",
    "ubuntu/nginx:1.24-24.04_beta": "1.24.0 0.10.26 3.0.13 glibc glibc",
    "1.24.0-2ubuntu7.4": "1.24.0 0.10.26 3.0.13 glibc glibc",
    "nginx-full 1.22.1-9+deb12u1": "1.22.1 0.10.23 3.0.22 glibc glibc",
    "nginx/1.26.3 (Debian)": "1.26.3 0.10.28 3.5.7 glibc glibc",
    "nginx/1.27.2 (nginx-plus-r33)": "1.27.2 0.10.27 3.0 glibc glibc",
    "NGINX Plus R32": "1.25.5 0.10.26 3.0 glibc glibc",
    "private-registry.nginx.com/nginx-plus/base:r35": "1.29.0 0.10.28 3.0 glibc glibc",
    "debian:bookworm-20241016-slim": "1.22.1 0.10.23 3.0.22 glibc glibc",
    "Debian GNU/Linux 13 (trixie)": "1.26.3 0.10.28 3.5.7 glibc glibc",
    "Ubuntu 22.04.5 LTS": "1.18.0 - 3.0.2 glibc glibc",
    "rancher/mirrored-ingress-nginx-controller:v1.9.4": "1.21.6 0.10.25 3.1.4 musl mimalloc",
    "bunkerity/bunkerweb-all-in-one:1.6.13": "1.30.4 0.10.29 3.5 musl musl",
    "nginx:1.25.5-bookworm": "1.25.5 0.10.26 3.0 glibc glibc",
    "nginxinc/nginx-unprivileged:1.29.4-alpine3.22": "1.29.4 0.10.29 3.5 musl musl",
    "registry.example.com:5000/nginx:1.26.3": "1.26.3 0.10.26 3.0 glibc glibc",
    "localhost:5000/nginx:1.24.0": "1.24.0 0.10.22 1.1.1 glibc glibc",
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
        ("nginx:1.31.9", "nginx-1.31.3"),
        ("ingress-nginx-1.10", "ingress-nginx-1.10.0"),
        ("nginxproxy/nginx-proxy:1.7", "nginx-proxy-1.7.0"),
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
        ("kong", "names no version: kong-2.0 to kong-3.9.3"),
        ("nginx:latest", "names no version: nginx-1.20.2 to nginx-1.31.3"),
        ("apache/apisix", "names no version: apisix-2.11 to apisix-3.18"),
        ("kong-1.5", "is older than all that are known: kong-2.0 to kong-3.9.3"),
        ("nginx-0.8", "is older than all that are known: nginx-1.20.2"),
        (
            "caddy:2.8",
            "is not known; its nginx says what it is: docker run --rm --entrypoint nginx caddy:2.8 "
            "-V 2> nginx-v.txt, then --nginx-v nginx-v.txt (memlint targets lists all)",
        ),
        (
            "amazonlinux-2023",
            "is not known; its nginx says what it is: nginx -V 2> nginx-v.txt there",
        ),
        ("evil;rm -rf /:1", "is not known (memlint targets lists all)"),
        ("bitnami/nginx:1.27.3-debian-12-r0", 'did you mean "nginx-1.27.3" of nginx.org'),
        ("bitnami/openresty:1.25.3", 'did you mean "openresty-1.25.3.1" of OpenResty?'),
        ("kong/kong-gateway:3.4.3.11-ubuntu", 'did you mean "kong-3.4.3.11" of Kong Gateway (open'),
        ("nginx-ic/nginx-plus-ingress:3.7.0", 'did you mean "nginx-ingress-3.7.0" of F5'),
        ("alibaba/tengine:3.1.0", 'did you mean "tengine-3.1.0" of Tengine'),
        ("rancher/nginx-ingress-controller:v1.12.1", 'did you mean "ingress-nginx-1.12.1" of Kube'),
        (
            "nginx/1.18.0 (Ubuntu)",
            "is the nginx of ubuntu-20.04 and of ubuntu-22.04: name one of them",
        ),
        ("rocky-9", "names no version: rhel9-1.20 to rhel9-1.26 (memlint targets rhel9)"),
        ("almalinux:8.10", "names no version: rhel8-1.14 to rhel8-1.24 (memlint targets rhel8)"),
        ("centos:stream10", "names no version: rhel10-1.26 (memlint targets rhel10)"),
        ("alpine-edge", "names no version: alpine-3.17 to alpine-3.24"),
        ("linuxserver/swag:latest", "names no version: swag-2.3.0 to swag-5.7.0"),
        ("openwrt-23.05", "names no version: openwrt-master (memlint targets openwrt)"),
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


@pytest.mark.parametrize(
    ("image", "system"),
    [
        ("nginx:1.27.4-alpine3.20", "alpine-3.20"),
        ("openresty/openresty:1.25.3.1-0-jammy", "ubuntu-22.04"),
        ("nginx:1.28.1-trixie-perl", "debian-13"),
    ],
)
def test_an_image_has_the_bundle_of_the_system_in_its_tag(image: str, system: str) -> None:
    assert find_target(image).bundle == BUNDLES[system]


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
