"""The output of nginx -V is read, whoever built the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.live.calibrate import openssl_version
from nginx_memlint.targets.banner import Nginx, described_target, parse
from nginx_memlint.targets.targets import DEFAULT_OPENSSL
from tests.helpers import memlint_here
from tests.live import strings


def read(text: str) -> Nginx:
    return parse("/usr/sbin/nginx", text)


def test_debian() -> None:
    nginx = read(strings.DEBIAN_12)
    assert (nginx.brand, nginx.version) == ("nginx", "1.22.1")
    assert nginx.tls == ("OpenSSL", "3.0.22")
    assert nginx.running == ("OpenSSL", "3.0.19")
    assert nginx.argument("modules-path") == "/usr/lib/nginx/modules"
    assert nginx.argument("with-cc-opt") == "-g -O2 -fstack-protector-strong -Wformat"
    assert nginx.built_in == frozenset()
    assert not nginx.own_tls
    assert openssl_version(nginx) == "3.0.19"


def test_ubuntu() -> None:
    nginx = read(strings.UBUNTU_22_04)
    assert nginx.version == "1.18.0"
    assert nginx.running == nginx.tls == ("OpenSSL", "3.0.2")
    assert nginx.module_versions == {}


@pytest.mark.parametrize(
    ("text", "openssl", "modules"),
    [
        (strings.OPENRESTY_CENTOS, "1.0.2k", {"lua": "0.10.20", "stream_lua": "0.0.10"}),
        (strings.OPENRESTY_RC, "3.5.7", {"lua": "0.10.31", "stream_lua": "0.0.19"}),
        (strings.OPENRESTY_OWN_OPENSSL, "1.1.0j", {"lua": "0.10.15"}),
    ],
)
def test_openresty(text: str, openssl: str, modules: dict[str, str]) -> None:
    nginx = read(text)
    assert nginx.brand == "openresty"
    assert openssl_version(nginx) == openssl
    assert nginx.module_versions == modules
    assert nginx.built_in == modules.keys()


def test_openssl_inside_the_binary_is_known() -> None:
    assert read(strings.OPENRESTY_OWN_OPENSSL).own_tls


def test_without_tls() -> None:
    assert read(strings.WITHOUT_TLS).tls is None


def test_another_library_has_the_version_of_a_usual_openssl() -> None:
    nginx = read(strings.BORINGSSL)
    assert nginx.running == ("BoringSSL", "")
    assert openssl_version(nginx) == DEFAULT_OPENSSL
    assert nginx.arguments[0] == "--with-http_ssl_module"


@pytest.mark.parametrize(
    ("banner", "brand", "version"),
    [
        ("nginx version: nginx/1.27.2 (nginx-plus-r33)", "nginx", "1.27.2"),
        ("nginx version: openresty/1.21.4.3", "openresty", "1.21.4.3"),
        ("nginx version: openresty/1.29.2.5", "openresty", "1.29.2.5"),
        ("nginx version: nginx/1.18.0 (Ubuntu)", "nginx", "1.18.0"),
        ("nginx version: nginx/1.27.1", "nginx", "1.27.1"),
        ("nginx: [alert] could not open\nnginx version: nginx/1.22.1", "nginx", "1.22.1"),
        ("Tengine version: Tengine/3.1.0\nnginx version: nginx/1.24.0", "Tengine", "1.24.0"),
        ("Tengine version: Tengine/2.4.1\nnginx version: nginx/1.22.1", "Tengine", "1.22.1"),
        ("Tengine version: Tengine/3.2.0\nnginx version: nginx/1.31.3", "Tengine", "1.31.3"),
        ("Angie version: Angie/1.0.0", "Angie", "1.23.2"),
        ("Angie version: Angie/1.7.0", "Angie", "1.27.1"),
        ("Angie version: Angie/1.8.3", "Angie", "1.27.3"),
        ("Angie version: Angie/1.10.3", "Angie", "1.27.5"),
        ("Angie version: Angie/1.11.8 (Angie PRO)", "Angie", "1.29.3"),
        ("Angie version: Angie/1.12.1", "Angie", "1.31.2"),
        ("Angie version: Angie/1.99.0", "Angie", "1.31.2"),
        ("nginx version: freenginx/1.26.0", "freenginx", "1.26.0"),
        ("nginx version: freenginx/1.27.1", "freenginx", "1.27.1"),
        ("nginx version: freenginx/1.27.2", "freenginx", "1.27.1"),
        ("nginx version: freenginx/1.29.7", "freenginx", "1.27.1"),
    ],
)
def test_banners(banner: str, brand: str, version: str) -> None:
    nginx = read(f"{banner}\nbuilt with OpenSSL 3.0.15 3 Sep 2024\nconfigure arguments:\n")
    assert (nginx.brand, nginx.version) == (brand, version)
    assert (version in nginx.taken) == (version not in banner or brand == "Tengine")


@pytest.mark.parametrize(
    ("arguments", "built_in", "versions"),
    [
        ("--add-module=modules/ngx_http_lua_module", {"lua"}, {}),
        ("--add-module=/b/lua-nginx-module-b721656a9127255003b696b42ccc871c7ec18d59", {"lua"}, {}),
        (
            "--add-module=/b/stream-lua-nginx-module-74f8c8bca5b95cecbf42d4e1a465bc",
            {"stream_lua"},
            {},
        ),
        ("--add-module=/src/lua-nginx-module-0.10.28", {"lua"}, {"lua": "0.10.28"}),
        ("--add-module=/b/njs-0.9.9/nginx", {"js"}, {"js": "0.9.9"}),
        ("--add-module=/b/njs/nginx --with-stream", {"js", "stream_js"}, {}),
        ("--add-module=/b/njs/nginx --with-stream=dynamic", {"js"}, {}),
        ("--add-dynamic-module=/b/lua-nginx-module", set(), {}),
        ("--add-module=../lua-resty-core --add-module=../ngx_lua_upstream-0.07", set(), {}),
    ],
)
def test_static_modules(arguments: str, built_in: set[str], versions: dict[str, str]) -> None:
    nginx = read(f"nginx version: nginx/1.27.1\nconfigure arguments: {arguments}\n")
    assert nginx.built_in == built_in
    expected = {"njs" if name == "js" else name: text for name, text in versions.items()}
    assert nginx.module_versions == expected


@pytest.mark.parametrize(
    ("built", "library"),
    [
        ("OpenSSL 1.1.1 (compatible; AWS-LC 1.48.0) (running with AWS-LC 1.48.0)", "AWS-LC"),
        ("OpenSSL 1.1.1 (compatible; BoringSSL) (running with BoringSSL)", "BoringSSL"),
        ("BoringSSL", "BoringSSL"),
        ("LibreSSL 3.9.2", "LibreSSL"),
        ("OpenSSL 3.1.7+quic 3 Sep 2024", "OpenSSL"),
    ],
)
def test_tls_libraries(built: str, library: str) -> None:
    nginx = read(f"nginx version: nginx/1.27.1\nbuilt with {built}\nconfigure arguments:\n")
    assert nginx.running is not None
    assert nginx.running[0] == library


@pytest.mark.parametrize(
    ("compiler", "libc"),
    [
        ("gcc 14.2.0 (Alpine 14.2.0)", "musl"),
        ("gcc 13.2.1 20240309 (Alpine 13.2.1_git20240309)", "musl"),
        ("clang Alpine clang version 17.0.6", "musl"),
        ("gcc 12.2.0 (Debian 12.2.0-14+deb12u1)", "glibc"),
        ("gcc 8.5.0 20210514 (Red Hat 8.5.0-22) (GCC)", "glibc"),
    ],
)
def test_the_libc_is_that_of_the_compiler(compiler: str, libc: str) -> None:
    text = f"nginx version: nginx/1.27.1\nbuilt by {compiler} \nconfigure arguments:\n"
    assert described_target(text, "v.txt").platform == (libc, libc)


PRODUCTS = {
    "openresty/1.27.1.2 in Alpine": (
        "nginx version: openresty/1.27.1.2\nbuilt by gcc 14.2.0 (Alpine 14.2.0) \n"
        "built with OpenSSL 3.4.1 11 Feb 2025\nconfigure arguments: "
        "--add-module=../ngx_lua-0.10.28 "
        "--add-module=../ngx_lua_upstream-0.07 --add-module=../ngx_stream_lua-0.0.16 --with-stream",
        "1.27.1.2 0.10.28 0.0.16 - 3.4.1 lua,stream_lua musl",
    ),
    "Kong 3.4": (
        "nginx version: openresty/1.21.4.1\nbuilt by gcc 7.5.0 (Ubuntu 7.5.0-3ubuntu1~18.04) \n"
        "built with OpenSSL 3.1.1 30 May 2023\nconfigure arguments: "
        "--add-module=../ngx_lua-0.10.21 "
        "--add-module=../ngx_stream_lua-0.0.11 --add-module=/build/lua-kong-nginx-module/stream",
        "1.21.4.1 0.10.21 0.0.11 - 3.1.1 lua,stream_lua glibc",
    ),
    "ingress-nginx 1.9": (
        "nginx version: nginx/1.21.6\n"
        "built by gcc 12.2.1 20220924 (Alpine 12.2.1_git20220924-r10) \n"
        "built with OpenSSL 3.1.4 24 Oct 2023\nconfigure arguments: --with-stream "
        "--add-module=/tmp/build/lua-nginx-module-0.10.25 "
        "--add-module=/tmp/build/stream-lua-nginx-module-0.0.13",
        "1.21.6 0.10.25 0.0.13 - 3.1.4 lua,stream_lua musl",
    ),
    "Tengine 3.1 in Alpine": (
        "Tengine version: Tengine/3.1.0\nnginx version: nginx/1.24.0\n"
        "built by gcc 13.2.1 20231014 (Alpine 13.2.1_git20231014) \n"
        "built with OpenSSL 3.1.4 24 Oct 2023\n"
        "configure arguments: --add-module=modules/ngx_http_lua_module",
        "1.24.0 - - - 3.1.4 lua musl",
    ),
    "Angie Pro": (
        "Angie version: Angie/1.10.2 (PRO)\nBuild version: angie-pro_1.10.2\n"
        "built with OpenSSL 3.0.17 1 Jul 2025\nconfigure arguments: --prefix=/etc/angie",
        "1.27.5 - - - 3.0.17 - glibc",
    ),
    "npmplus": (
        "nginx version: freenginx/1.27.4\n"
        "built by gcc 13.2.1 20240309 (Alpine 13.2.1_git20240309)\n"
        "built with OpenSSL 3.1.7+quic 3 Sep 2024\nconfigure arguments: --with-stream "
        "--add-module=/src/lua-nginx-module --add-module=/src/njs/nginx",
        "1.27.1 - - - 3.1.7 js,lua,stream_js musl",
    ),
    "NGINX Plus R34": (
        "nginx version: nginx/1.27.4 (nginx-plus-r34)\n"
        "built by gcc 13.3.0 (Ubuntu 13.3.0-6ubuntu2) \n"
        "built with OpenSSL 3.0.13 30 Jan 2024\nconfigure arguments: --with-stream",
        "1.27.4 0.10.28 0.0.16 0.8.9 3.0.13 - glibc",
    ),
    "NGINX Plus PLS.37": (
        "nginx version: nginx/1.29.8 (nginx-plus-r37.0.4.1)\nbuilt with OpenSSL 3.5.1 1 Jul 2025\n"
        "configure arguments: --with-stream",
        "1.29.8 - - - 3.5.1 - glibc",
    ),
    "RHEL 9": (
        "nginx version: nginx/1.20.1\nbuilt by gcc 11.5.0 20240719 (Red Hat 11.5.0-5) (GCC) \n"
        "built with OpenSSL 3.2.2 4 Jun 2024\nconfigure arguments: --with-stream=dynamic",
        "1.20.1 - - - 3.2.2 - glibc",
    ),
    "AWS-LC": (
        "nginx version: nginx/1.29.2\n"
        "built by gcc 14.2.0 (Alpine 14.2.0) \nbuilt with OpenSSL 1.1.1 "
        "(compatible; AWS-LC 1.61.2) (running with AWS-LC 1.61.2)\nconfigure arguments:",
        "1.29.2 - - - AWS-LC 1.61.2 - musl",
    ),
}
"""Product → its -V, and its versions, modules that are built in, and libc."""


@pytest.mark.parametrize("product", PRODUCTS)
def test_products_are_read(product: str) -> None:
    text, expected = PRODUCTS[product]
    target = described_target(text, "v.txt")
    keys = ("nginx", "lua", "stream_lua", "njs", "openssl")
    versions = [target.texts[key] if key in target.ships else "-" for key in keys]
    built_in = ",".join(sorted(target.built_in)) or "-"
    assert " ".join([*versions, built_in, target.platform.libc]) == expected


@pytest.mark.parametrize("text", ["cat (GNU coreutils) 9.1\n", "ginx version: ginx/3.1.0\n", ""])
def test_what_is_not_nginx_is_refused(text: str) -> None:
    with pytest.raises(MemlintError, match="is not nginx: its -V does not say which nginx it is"):
        read(text)
    with pytest.raises(MemlintError, match=r"^a\\x1bb does not hold the output of nginx -V$"):
        described_target(text, "a\x1bb")


@pytest.mark.parametrize(
    "text",
    [
        "nginx version: nginx/99999999999999999999999999999.1\n",
        "Angie version: Angie/99999999999999999999.1\n",
        "nginx version: nginx/1.27.1\nconfigure arguments: --add-module=ngx_lua-0.9999999999\n",
    ],
)
def test_numbers_that_are_no_version_are_refused(text: str) -> None:
    with pytest.raises(MemlintError, match=r"^v\.txt does not hold the output of nginx -V"):
        described_target(text, "v.txt")


def test_the_server_that_is_described_is_a_target() -> None:
    target = described_target(strings.OPENRESTY_CENTOS, "v.txt")
    assert target.texts["nginx"] == "1.19.9.1"
    assert target.texts["lua"] == "0.10.20"
    assert target.texts["openssl"] == "1.0.2k"
    assert target.assumed[0] == "the server is as nginx -V in v.txt says"
    assert target.stated


def test_a_module_that_is_not_built_in_has_an_assumed_version() -> None:
    target = described_target(strings.DEBIAN_12, "v.txt")
    assert target.texts["nginx"] == "1.22.1"
    said = "lua 0.10.25 and njs 0.7.9 are taken for modules that it does not name"
    assert target.assumed[1] == f"{said}; --set states others"


@pytest.mark.parametrize(("argument", "kept"), [("--with-debug", True), ("--with-threads", False)])
def test_a_build_for_debugging_keeps_the_text_of_files(
    tmp_path: Path, argument: str, kept: bool
) -> None:
    """5 MB of comments took nginx -t 4.7 MiB more on Debian 12, whose nginx is built so."""
    banner = "nginx version: nginx/1.22.1\nbuilt with OpenSSL 3.0.15 3 Sep 2024\n"
    (tmp_path / "version.txt").write_text(f"{banner}configure arguments: {argument}\n")
    comments = "# a comment of a generated file\n" * 10_000
    conf = tmp_path / "nginx.conf"
    sizes = []
    for text in ("", comments):
        conf.write_text(f"events {{ }} http {{ server {{ }} }}\n{text}")
        run = memlint_here("check", "--nginx-v", tmp_path / "version.txt", "--format=json", conf)
        sizes.append(run.json["configs"][0]["memory"]["total"]["start_bytes"])
    assert sizes[1] - sizes[0] == (len(comments) if kept else 0)
