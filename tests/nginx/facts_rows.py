"""The table of SSL context counts that the linter's model rests on, as runnable configurations.

    python -m tests.nginx.facts_rows [STACK…]   # exits 1 if any row differs

Each row is measured with `nginx -t`: contexts built / CA files loaded by OpenSSL. The second
figure is not given for nginx 1.30, which loads CA files by itself (once each).
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.nginx.prefix import (
    listen,
    main_conf,
    make_prefix,
    pem_bundle,
    server_certificate,
    write_conf,
)
from tests.nginx.stack import Stack, TestRun, available

BUNDLE_SIZE = 5
"""Certificates in the bundle: the counts do not depend on it."""

LUA = ("ngx_http_lua_module",)
NJS = ("ngx_http_js_module",)


@dataclass(frozen=True)
class Site:
    """The paths that a row's configuration names."""

    prefix: Path
    bundle: Path
    certificate: Path
    key: Path

    def plain(self, number: int = 0) -> str:
        """Return a `listen` directive of its own for server `number`."""
        return f"listen {listen(self.prefix, number)};"

    def ssl(self, number: int = 0) -> str:
        """Return the same, for TLS."""
        return f"listen {listen(self.prefix, number)} ssl;"

    @property
    def pair(self) -> str:
        """The server certificate's directives."""
        return f"ssl_certificate {self.certificate}; ssl_certificate_key {self.key};"


@dataclass(frozen=True)
class Expected:
    """The counts expected of `nginx -t`; it may load as often as it likes if `loads` is None."""

    contexts: int
    loads: int | None = None


@dataclass(frozen=True)
class Row:
    """One configuration and what it counts on each stack."""

    name: str
    http: Callable[[Site], str]
    """Returns the inside of the http block."""
    expected: dict[str, Expected]
    """By stack name; no entry where the row cannot run."""
    modules: tuple[str, ...] = LUA

    def conf(self, site: Site, stack: Stack) -> str:
        """Return the complete nginx.conf."""
        return main_conf(site.prefix, self.http(site), modules=stack.load_lines(*self.modules))


def _expected(
    per_block: tuple[int, int], trixie: tuple[int, int], sid: int, *, bullseye: bool = True
) -> dict[str, Expected]:
    by_stack = {
        "bookworm": Expected(*per_block),
        "trixie": Expected(*trixie),
        "sid": Expected(sid),
    }
    return by_stack | ({"bullseye": Expected(*per_block)} if bullseye else {})


def _ssl_servers(site: Site, more: str = "") -> str:
    servers = "".join(
        f"server {{ {site.ssl(i)} {site.pair} location / {{ return 204; }} }}\n" for i in range(10)
    )
    return f"{more}\n{servers}"


def ssl_servers(site: Site) -> str:
    """Ten TLS servers with one location each."""
    return _ssl_servers(site)


def inherited_certificate(site: Site) -> str:
    """Ten plain servers without a location below a certificate set in http."""
    return site.pair + "".join(f"server {{ {site.plain(i)} }}\n" for i in range(10))


def ssl_trusted(site: Site) -> str:
    """Ten TLS servers below ssl_trusted_certificate."""
    return _ssl_servers(site, f"ssl_trusted_certificate {site.bundle};")


def ssl_client(site: Site) -> str:
    """Ten TLS servers below ssl_client_certificate, not verifying."""
    return _ssl_servers(site, f"ssl_client_certificate {site.bundle};")


def ssl_client_verify(site: Site) -> str:
    """Ten TLS servers below ssl_client_certificate, verifying."""
    return _ssl_servers(site, f"ssl_client_certificate {site.bundle}; ssl_verify_client on;")


def _locations(site: Site, inside: str, before: str = "") -> str:
    locations = "".join(f"location /l{i} {{ {inside} }}\n" for i in range(10))
    return f"{before}\nserver {{ {site.plain()}\n{locations}}}\n"


def proxy_https(site: Site) -> str:
    """Ten locations that proxy to https."""
    return _locations(site, "proxy_pass https://127.0.0.1;")


def _proxy_verify(site: Site) -> str:
    return f"proxy_ssl_trusted_certificate {site.bundle}; proxy_ssl_verify on;"


def proxy_https_verify(site: Site) -> str:
    """Ten locations that proxy to https and verify with a bundle, both set in http."""
    return _locations(site, "proxy_pass https://127.0.0.1;", _proxy_verify(site))


def proxy_https_verify_each(site: Site) -> str:
    """Ten locations that proxy to https and verify with a bundle, both set in each location."""
    return _locations(site, f"proxy_pass https://127.0.0.1; {_proxy_verify(site)}")


def proxy_http_verify(site: Site) -> str:
    """Ten locations that proxy to http below verification settings."""
    return _locations(site, "proxy_pass http://127.0.0.1;", _proxy_verify(site))


def _lua_ca(site: Site) -> str:
    return f"lua_ssl_trusted_certificate {site.bundle};"


def lua_depth_each(site: Site) -> str:
    """A lua bundle in http, ten locations that override another setting."""
    return _locations(site, "lua_ssl_verify_depth 2; return 204;", _lua_ca(site))


def lua_nested(site: Site) -> str:
    """A lua bundle in a server full of blocks of every kind."""
    locations = "".join(
        f"location /l{i} {{ if ($arg_a) {{ return 204; }} limit_except GET {{ deny all; }}"
        f" location /l{i}/n {{ return 204; }} }}\n"
        for i in range(10)
    )
    return (
        f"server {{ {site.plain()} {_lua_ca(site)} if ($arg_b) {{ return 204; }}\n{locations}}}\n"
    )


def lua_in_three(site: Site) -> str:
    """A lua bundle in three of ten locations."""
    locations = "".join(
        f"location /l{i} {{ {_lua_ca(site) if i < 3 else ''} return 204; }}\n" for i in range(10)
    )
    return f"server {{ {site.plain()}\n{locations}}}\n"


def lua_again_in_five(site: Site) -> str:
    """A lua bundle in http, and again in five of ten locations."""
    locations = "".join(
        f"location /l{i} {{ {_lua_ca(site) if i < 5 else ''} return 204; }}\n" for i in range(10)
    )
    return f"{_lua_ca(site)} server {{ {site.plain()}\n{locations}}}\n"


def lua_per_server(site: Site) -> str:
    """A lua bundle in each of three servers with two locations."""
    return "".join(
        f"server {{ {site.plain(i)} {_lua_ca(site)}"
        " location /a { return 204; } location /b { return 204; } }\n"
        for i in range(3)
    )


def _njs_servers(site: Site, http: str = "", location: str = "") -> str:
    return http + "".join(
        f"server {{ {site.plain(i)} location /a {{ {location} if ($arg_a) {{ return 204; }} }}"
        " location /b { return 204; } location /c { return 204; } }\n"
        for i in range(2)
    )


def njs_none(site: Site) -> str:
    """Two servers with three locations and an if, no directive of njs."""
    return _njs_servers(site)


def njs_http(site: Site) -> str:
    """Two servers with three locations and an if, below a bundle for js_fetch set in http."""
    return _njs_servers(site, http=f"js_fetch_trusted_certificate {site.bundle};")


def njs_location(site: Site) -> str:
    """Two servers with three locations and an if; a bundle for js_fetch where the if is."""
    return _njs_servers(site, location=f"js_fetch_trusted_certificate {site.bundle};")


ROWS = (
    Row("10 ssl servers, one location each", ssl_servers, _expected((30, 0), (11, 0), 11)),
    Row(
        "10 servers, http certificate, no listen ssl",
        inherited_certificate,
        _expected((20, 0), (11, 0), 11),
    ),
    Row("10 ssl servers + ssl_trusted_certificate", ssl_trusted, _expected((30, 10), (11, 10), 11)),
    Row(
        "10 ssl servers + ssl_client_certificate, verify off",
        ssl_client,
        _expected((30, 0), (11, 0), 11),
    ),
    Row("same, ssl_verify_client on", ssl_client_verify, _expected((30, 10), (11, 10), 11)),
    Row("10 proxy_pass https", proxy_https, _expected((21, 0), (2, 0), 2)),
    Row("same + http CA and verify", proxy_https_verify, _expected((21, 10), (2, 1), 2)),
    Row("same, in each location", proxy_https_verify_each, _expected((21, 10), (11, 10), 11)),
    Row("10 proxy_pass http, verify on", proxy_http_verify, _expected((11, 0), (1, 0), 1)),
    Row("http lua CA, 10 own verify_depth", lua_depth_each, _expected((11, 11), (11, 11), 11)),
    Row("server lua CA, blocks of all kinds", lua_nested, _expected((42, 42), (1, 1), 1)),
    Row("lua CA in 3 of 10 locations", lua_in_three, _expected((11, 3), (4, 3), 4)),
    Row("http lua CA, again in 5 of 10", lua_again_in_five, _expected((11, 11), (6, 6), 6)),
    Row("lua CA in each of 3 servers", lua_per_server, _expected((9, 9), (3, 3), 3)),
    Row("njs: no directive", njs_none, _expected((10, 0), (1, 0), 1, bullseye=False), NJS),
    Row("njs: http CA", njs_http, _expected((10, 10), (1, 1), 1, bullseye=False), NJS),
    Row("njs: CA in a location", njs_location, _expected((10, 4), (3, 2), 3, bullseye=False), NJS),
)


def measure(row: Row, stack: Stack, directory: Path) -> TestRun:
    """Run `nginx -t` on a row in a prefix that is made below `directory`."""
    prefix = make_prefix(Path(tempfile.mkdtemp(dir=directory)))
    certificate, key = server_certificate()
    site = Site(prefix, pem_bundle(BUNDLE_SIZE), certificate, key)
    conf = write_conf(prefix, row.conf(site, stack))
    return stack.test(conf, prefix=prefix, files=[site.bundle, certificate, key])


def agrees(run: TestRun, expected: Expected) -> bool:
    """Return whether a run was accepted and counted what was expected."""
    loads_agree = expected.loads is None or run.counts.loads == expected.loads
    return run.accepted and run.counts.contexts == expected.contexts and loads_agree


def _lines(stack: Stack) -> Iterator[tuple[str, bool]]:
    with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
        for row in ROWS:
            expected = row.expected.get(stack.name)
            if expected is None:
                continue
            run = measure(row, stack, Path(directory))
            right = agrees(run, expected)
            loads = "-" if expected.loads is None else str(expected.loads)
            yield (
                f"{stack.name:9} {row.name:52} expected {expected.contexts:3}/{loads:3}"
                f" measured {run.counts.contexts:3}/{run.counts.loads:<3}"
                f" added by nginx {run.counts.X509_STORE_add_cert:3}"
                f" {'ok' if right else 'DIFFERS ' + run.messages}",
                right,
            )


def main() -> int:
    """Measure all rows on the stacks named, or on all that are there."""
    stacks = {stack.name: stack for stack in available()}
    parser = argparse.ArgumentParser(description="Measure the table of context counts.")
    parser.add_argument("stacks", nargs="*", help=f"of {', '.join(stacks)}; default: all")
    differing = 0
    for name in parser.parse_args().stacks or stacks:
        print(name, stacks[name].versions())
        for line, right in _lines(stacks[name]):
            print(line)
            differing += not right
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
