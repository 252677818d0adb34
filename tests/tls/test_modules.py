"""Modules that are loaded: in what order, how often, and whether they are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.tls.modules import KNOWN
from tests.helpers import write

DIRECTORY = "/usr/lib/nginx/modules"
NDK, LUA, STREAM, STREAM_JS, MAIL, JS = (
    f"load_module {DIRECTORY}/{name}_module.so;\n"
    for name in (
        "ndk_http",
        "ngx_http_lua",
        "ngx_stream",
        "ngx_stream_js",
        "ngx_mail",
        "ngx_http_js",
    )
)
LOADED = 'module "{}_module" is already loaded'
NEEDS = f'dlopen() "{DIRECTORY}/{{0}}" failed ({DIRECTORY}/{{0}}: undefined symbol: {{1}})'

REJECTED = {
    "twice": (NDK + LUA + LUA, LOADED.format("ngx_http_lua"), 3),
    "twice, by an include": (MAIL + "include mail.conf;\n", LOADED.format("ngx_mail"), 0),
    "twice, the include first": ("include mail.conf;\n" + MAIL, LOADED.format("ngx_mail"), 2),
    "twice, up to a NUL": (
        MAIL + MAIL.replace(".so;", ".so\0x;"),
        LOADED.format("ngx_mail"),
        2,
    ),
    "Lua without ndk": (LUA, NEEDS.format("ngx_http_lua_module.so", "ndk_set_var_value"), 1),
    "ndk behind Lua": (LUA + NDK, NEEDS.format("ngx_http_lua_module.so", "ndk_set_var_value"), 1),
    "njs without stream": (
        STREAM_JS,
        NEEDS.format("ngx_stream_js_module.so", "ngx_stream_top_filter"),
        1,
    ),
}
"""Lines before all others, what nginx of Debian 12 says, and of which line; 0: in mail.conf."""

ACCEPTED = {
    "in order": NDK + LUA + STREAM + STREAM_JS + MAIL + JS,
    "in another order": JS + STREAM + MAIL + NDK + STREAM_JS + LUA,
    "ndk by an include": "include ndk.conf;\n" + LUA,
}

INCLUDED: dict[str, str | bytes] = {"mail.conf": MAIL, "ndk.conf": NDK}


def text(main: str) -> str:
    return main + "events { }\nhttp { server { listen 127.0.0.1:8080; } }\n"


@pytest.mark.parametrize(("main", "message", "line"), REJECTED.values(), ids=REJECTED)
def test_what_nginx_rejects(main: str, message: str, line: int, tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": text(main), **INCLUDED})
    [problem] = check(conf, target="debian-12").problems
    assert (problem.nginx, problem.line, problem.complete) == (message, line or 1, False)
    assert problem.file == str(conf if line else tmp_path / "mail.conf")


@pytest.mark.parametrize("main", ACCEPTED.values(), ids=ACCEPTED)
def test_what_nginx_accepts(main: str, tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": text(main), **INCLUDED})
    assert check(conf, target="debian-12").problems == []


@pytest.mark.parametrize(
    ("main", "target"),
    [
        (LUA, None),
        (LUA, "openresty-1.21.4.4"),
        ("load_module /x/other.so;\n" + LUA, "debian-12"),
        ("load_module /x/a.so;\nload_module /y/a.so;\n", "debian-12"),
    ],
)
def test_what_is_not_known(main: str, target: str | None, tmp_path: Path) -> None:
    """How an unknown server is built, and what is in an object of an unknown name."""
    assert check(write(tmp_path, {"nginx.conf": text(main)}), target=target).complete


def test_a_module_that_was_built_for_another_version(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": text(LUA)})
    assert check(conf, target="debian-12", set={"lua": "0.10.26"}).problems == []


def test_a_module_that_is_not_in_the_sysroot(tmp_path: Path) -> None:
    """It is told, as a bundle is, and decides nothing."""
    main = f"{NDK}{LUA}load_module modules/ngx_http_js_module.so;\n"
    files = {f"{DIRECTORY[1:]}/ndk_http_module.so": "", "etc/nginx/nginx.conf": text(main)}
    write(tmp_path, dict(files))
    options = {"target": "debian-12", "sysroot": str(tmp_path)}
    report = check("/etc/nginx/nginx.conf", **options)
    assert report.complete
    assert report.ssl_contexts == 2
    assert [(problem.line, problem.message) for problem in report.problems] == [
        (
            2,
            f"load_module: {DIRECTORY}/ngx_http_lua_module.so is not there, and nginx does not "
            "start without it",
        )
    ]


def test_a_module_that_is_not_in_the_prefix(tmp_path: Path) -> None:
    main = "load_module modules/ngx_http_js_module.so;\nload_module modules/ngx_mail_module.so;\n"
    files = {
        "usr/share/nginx/modules/ngx_mail_module.so": "",
        "etc/nginx/nginx.conf": text(main),
    }
    write(tmp_path, dict(files))
    options = {"sysroot": str(tmp_path), "prefix": "/usr/share/nginx"}
    report = check("/etc/nginx/nginx.conf", **options)
    assert report.complete
    assert [problem.line for problem in report.problems] == [1]
    assert "/usr/share/nginx/modules/ngx_http_js_module.so is not" in report.problems[0].message


@pytest.mark.parametrize("target", ["debian-12", None])
def test_the_modules_of_a_checkout_are_elsewhere(target: str | None, tmp_path: Path) -> None:
    main = "load_module /nonexistent/ngx_http_js_module.so;\n"
    conf = write(tmp_path, {"nginx.conf": text(main)})
    assert check(conf, target=target).problems == []


LUA_TLS = "lua_ssl_trusted_certificate ca.pem;"
JS_TLS = "js_fetch_trusted_certificate ca.pem;"
STREAM_SERVER = "server {{ listen 127.0.0.1:8081; return x; {} }}"

LACKING = {
    "Lua in stream": (
        NDK + LUA + STREAM,
        "",
        LUA_TLS + STREAM_SERVER.format(""),
        '"lua_ssl_trusted_certificate" directive is not allowed here',
    ),
    "Lua in stream alone": (
        STREAM,
        "",
        LUA_TLS + STREAM_SERVER.format(""),
        'unknown directive "lua_ssl_trusted_certificate"',
    ),
    "a dict of stream": (
        NDK + LUA + STREAM,
        "",
        "lua_shared_dict a 1m;" + STREAM_SERVER.format(""),
        '"lua_shared_dict" directive is not allowed here',
    ),
    "Lua in a stream server": (
        NDK + LUA + STREAM,
        "",
        STREAM_SERVER.format("preread_by_lua_file a.lua;"),
        'unknown directive "preread_by_lua_file"',
    ),
    "TLS of njs in stream": (
        STREAM + STREAM_JS,
        "",
        JS_TLS + STREAM_SERVER.format(""),
        'unknown directive "js_fetch_trusted_certificate"',
    ),
    "TLS of njs in a stream server": (
        JS + STREAM + STREAM_JS,
        "",
        STREAM_SERVER.format("js_fetch_verify off;"),
        '"js_fetch_verify" directive is not allowed here',
    ),
    "a dict of njs": (
        JS,
        "js_shared_dict_zone zone=a:1m;",
        "",
        'unknown directive "js_shared_dict_zone"',
    ),
    "a certificate of Lua": (
        NDK + LUA,
        "lua_ssl_certificate a.pem;",
        "",
        'unknown directive "lua_ssl_certificate"',
    ),
    "a cache of OCSP": (
        STREAM,
        "",
        "ssl_ocsp_cache shared:a:1m;" + STREAM_SERVER.format(""),
        '"ssl_ocsp_cache" directive is not allowed here',
    ),
}
"""Lines before all others, the insides of http and stream, what nginx of Debian 12 says."""


def whole(main: str, inside: str, stream: str) -> str:
    return f"{main}events {{ }}\nhttp {{ {inside} server {{ }} }}\n" + (
        f"stream {{ {stream} }}\n" if stream else ""
    )


@pytest.mark.parametrize(("main", "inside", "stream", "message"), LACKING.values(), ids=LACKING)
def test_what_the_target_lacks(
    main: str, inside: str, stream: str, message: str, tmp_path: Path
) -> None:
    conf = write(tmp_path, {"nginx.conf": whole(main, inside, stream)})
    [problem] = check(conf, target="debian-12").problems
    assert (problem.nginx, problem.complete) == (message, False)
    assert check(conf).complete


def test_a_module_of_its_own_is_stated(tmp_path: Path) -> None:
    conf = write(
        tmp_path, {"nginx.conf": whole(NDK + LUA + STREAM, "", LUA_TLS + STREAM_SERVER.format(""))}
    )
    [problem] = check(conf, target="debian-12").problems
    assert "debian-12 ships no stream-lua; if you have one, say --set stream-lua=VERSION" in (
        problem.message
    )
    assert check(conf, target="debian-12", set={"stream-lua": "0.0.14"}).problems == []
    loaded = f"load_module {DIRECTORY}/ngx_stream_lua_module.so;\n"
    conf.write_text(loaded + conf.read_text())
    assert check(conf, target="debian-12").complete


def test_a_fragment_lacks_nothing(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": LUA_TLS})
    assert check(conf, target="debian-12", context=("stream", "server")).complete


BLOCKS = {
    "stream": ("stream {{ server {{ listen 1; return a; }} }}", STREAM),
    "mail": ("mail {{ server {{ listen 25; auth_http 127.0.0.1:1; }} }}", MAIL),
    "rtmp": ("rtmp {{ }}", f"load_module {DIRECTORY}/ngx_rtmp_module.so;\n"),
    "mgmt": ("mgmt {{ }}", ""),
    **{
        name: (f"http {{{{ {name} a {{{{ }}}} server {{{{ }}}} }}}}", module)
        for name, module in {
            "geoip2": f"load_module {DIRECTORY}/ngx_http_geoip2_module.so;\n",
            "match": "",
            "oidc_provider": "",
        }.items()
    },
}
"""Block that is in no nginx of Debian 12 itself → a text with it, and what brings it."""


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_without_its_module(name: str, tmp_path: Path) -> None:
    inside, module = BLOCKS[name]
    inside = f"events {{ }}\n{inside.format()}"
    if name in ("rtmp", "mgmt"):
        inside += " http { server { } }"

    def reported(main: str, target: str | None = "debian-12") -> list[tuple[str | None, bool]]:
        conf = write(tmp_path, {"nginx.conf": main + inside})
        return [(p.nginx, p.complete) for p in check(conf, target=target).problems]

    assert reported("") == [(f'unknown directive "{name}"', False)]
    assert all(complete for _, complete in reported("load_module /x/other.so;\n"))
    assert all(complete for _, complete in reported("include modules-enabled/*.conf;\n"))
    for target in (None, "openresty-1.21.4.4"):
        assert reported("", target) == []
    if module:
        assert reported(module) == []


def test_only_its_directives_prove_a_module() -> None:
    """A module of another has names that begin alike."""
    data = b"events { } http { %s server { } }"
    for name in (b"lua_of_another_module", b"js_of_another_module"):
        report = check("-", data=data % (name + b" on;"))
        assert (report.complete, report.ssl_contexts) == (True, 0)
    assert check("-", data=data % b"lua_code_cache off;").ssl_contexts == 1


PACKAGES = """
http-auth-pam http-brotli-filter http-brotli-static http-cache-purge http-dav-ext http-echo
http-fancyindex http-geoip http-geoip2 http-headers-more-filter http-image-filter http-js http-lua
http-memc http-modsecurity http-perl http-set-misc http-srcache-filter http-subs-filter
http-uploadprogress http-upstream-fair http-xslt-filter mail rtmp stream stream-geoip stream-geoip2
stream-js
"""
"""Debian 12's packages libnginx-mod-*, but nchan's, whose object builds contexts of its own, and
http-ndk, whose object is named otherwise."""

ELSEWHERE = {
    *("ndk_http_module.so", "ngx_stream_lua_module.so"),
    *("ngx_http_acme_module.so", "ngx_http_auth_ldap_module.so"),
}


def test_the_objects_of_all_packages_are_known() -> None:
    packages = {f"ngx_{name.replace('-', '_')}_module.so" for name in PACKAGES.split()}
    assert packages | ELSEWHERE == KNOWN


SEPARATE = {
    "http_geoip": ("http { geoip_country a.dat; server { } }", "ngx_http_geoip"),
    "http_image_filter": (
        "http { server { location / { image_filter test; } } }",
        "ngx_http_image_filter",
    ),
    "http_perl": ("http { perl_modules a; server { } }", "ngx_http_perl"),
    "http_xslt": ("http { server { xml_entities a.dtd; } }", "ngx_http_xslt_filter"),
    "stream_geoip": (
        "stream { geoip_country a.dat; server { listen 1; return a; } }",
        "ngx_stream_geoip",
    ),
    "lua": ("http { lua_code_cache on; server { } }", "ngx_http_lua"),
    "http_js": ("http { js_path a; server { } }", "ngx_http_js"),
    "stream_js": ("stream { js_path a; server { listen 1; return a; } }", "ngx_stream_js"),
}
"""Part of Debian 12 that is dynamic (``nginx -V``), or is of another source → a directive of
the module, and its object."""


@pytest.mark.parametrize("name", SEPARATE)
def test_a_directive_without_its_module(name: str, tmp_path: Path) -> None:
    inside, module = SEPARATE[name]
    main = (NDK if name == "lua" else "") + (STREAM if "stream {" in inside else "")

    def messages(main: str) -> list[str | None]:
        conf = write(tmp_path, {"nginx.conf": f"{main}events {{ }}\n{inside}\n"})
        return [problem.nginx for problem in check(conf, target="debian-12").problems]

    [message] = messages(main)
    assert message is not None
    assert message.startswith("unknown directive ")
    loaded = f"load_module {DIRECTORY}/{module}_module.so;\n"
    assert "unknown directive" not in " ".join(filter(None, messages(main + loaded)))


def test_the_module_of_http_brings_nothing_to_stream(tmp_path: Path) -> None:
    inside = "stream { geoip2 a.mmdb { } server { listen 1; return a; } }"

    def messages(main: str) -> list[str | None]:
        conf = write(tmp_path, {"nginx.conf": f"{STREAM}{main}events {{ }}\n{inside}\n"})
        return [problem.nginx for problem in check(conf, target="debian-12").problems]

    for_http = f"load_module {DIRECTORY}/ngx_http_geoip2_module.so;\n"
    assert messages(for_http) == ['unknown directive "geoip2"']
    assert messages(for_http.replace("http", "stream")) == []
