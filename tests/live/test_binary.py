from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.live.binary import Nginx, describe, find_nginx, parse
from nginx_memlint.live.calibrate import openssl_version
from nginx_memlint.targets.targets import DEFAULT_OPENSSL
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


def test_not_nginx() -> None:
    with pytest.raises(MemlintError, match="is not nginx"):
        parse("/bin/cat", "cat (GNU coreutils) 9.1\n")
    with pytest.raises(MemlintError, match="is not a program"):
        find_nginx("/nonexistent/nginx")


def test_a_binary_that_fails_is_reported() -> None:
    with pytest.raises(MemlintError, match="-V fails: status 1"):
        describe("/bin/false")


def test_modules_are_looked_up_in_the_configured_directory(tmp_path: Path) -> None:
    module = tmp_path / "ngx_http_lua_module.so"
    module.touch()
    nginx = read(f"nginx version: nginx/1.26.0\nconfigure arguments: --modules-path={tmp_path}\n")
    assert nginx.module_file("ngx_http_lua_module") == str(module)
