"""The real server: required where MEMLINT_REQUIRE_NGINX is set, else skipped if it is not there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.nginx.facts_rows import BUNDLE_SIZE, Site
from tests.nginx.prefix import make_prefix, pem_bundle, server_certificate
from tests.nginx.stack import NGINX, Stack, native


def missing() -> str | None:
    """The reason why no test against the real server can run on this machine, if there is one."""
    if not Path(NGINX).exists():
        return "nginx is not installed"
    if shutil.which("cc") is None:
        return "no C compiler for the counting shim"
    if "ngx_http_lua_module" not in native().modules:
        return "libnginx-mod-http-lua is not installed"
    if native().versions()["nginx"] != "1.22.1":
        return "the nginx here is not Debian 12's"
    return None


OPTIONAL = {
    "ngx_stream_module": "libnginx-mod-stream",
    "ngx_mail_module": "libnginx-mod-mail",
    "ngx_http_js_module": "libnginx-mod-http-js",
    "ngx_stream_js_module": "libnginx-mod-stream-js",
}
"""Modules that some tests need beside the Lua module, and Debian's packages of them."""


def require(reason: str | None) -> None:
    """Skip, or fail where the real server is required, if there is a reason to."""
    if reason and os.environ.get("MEMLINT_REQUIRE_NGINX"):
        pytest.fail(f"MEMLINT_REQUIRE_NGINX is set, but {reason}")
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def bookworm() -> Stack:
    """Debian 12's nginx."""
    require(missing())
    return native()


@pytest.fixture(scope="session")
def all_modules(bookworm: Stack) -> Stack:
    """Debian 12's nginx with all modules that build contexts."""
    absent = [package for module, package in OPTIONAL.items() if module not in bookworm.modules]
    require(f"{', '.join(absent)} not installed" if absent else None)
    return bookworm


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A prefix, a small bundle, a server certificate."""
    certificate, key = server_certificate()
    return Site(make_prefix(tmp_path), pem_bundle(BUNDLE_SIZE), certificate, key)
