"""The modules of an nginx are those inside, where it has them, and files only of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.live import installed
from nginx_memlint.targets.banner import Nginx, parse

STATIC = (
    "nginx version: nginx/1.31.3\nbuilt by gcc 14.2.0 (Alpine 14.2.0) \n"
    "built with OpenSSL 3.3.7 7 Apr 2026\n"
    "configure arguments: --with-stream --with-stream_ssl_module --add-module=njs-0.9.9/nginx\n"
)


def test_what_is_built_in_is_not_looked_for_in_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The files in directories of the system are of another nginx."""
    binary = tmp_path / "nginx"
    binary.write_bytes(b"\0")
    asked = []

    def module_file(_server: Nginx, name: str) -> None:
        asked.append(name)

    monkeypatch.setattr(installed, "find_nginx", str)
    monkeypatch.setattr(installed, "describe", lambda path: parse(path, STATIC))
    monkeypatch.setattr(installed, "module_file", module_file)
    target = installed.target_of(str(binary))
    assert asked == ["ngx_http_lua_module"]
    assert target.texts["njs"] == "0.9.9"
    assert target.platform == ("musl", "musl")
