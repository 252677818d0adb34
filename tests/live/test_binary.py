"""The nginx of this machine is found, run and asked for its modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.live.binary import describe, find_nginx, module_file
from nginx_memlint.targets.banner import parse


def test_what_is_no_program_is_refused() -> None:
    with pytest.raises(MemlintError, match="is not a program"):
        find_nginx("/nonexistent/nginx")


def test_a_binary_that_fails_is_reported() -> None:
    with pytest.raises(MemlintError, match="-V fails: status 1"):
        describe("/bin/false")


def test_modules_are_looked_up_in_the_configured_directory(tmp_path: Path) -> None:
    module = tmp_path / "ngx_http_lua_module.so"
    module.touch()
    text = f"nginx version: nginx/1.26.0\nconfigure arguments: --modules-path={tmp_path}\n"
    nginx = parse("/usr/sbin/nginx", text)
    assert module_file(nginx, "ngx_http_lua_module") == str(module)
