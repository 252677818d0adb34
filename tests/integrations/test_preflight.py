"""preflight's places in docs/preflight.md, read by the programs that they are for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.documents.pages import block

SYSTEMD_ANALYZE = shutil.which("systemd-analyze")
UNIT = Path("/usr/lib/systemd/system/nginx.service")
"""Debian's own, of the package nginx-common."""

INSTALLED = "/usr/local/bin/memlint"


def exec_reload(text: str) -> list[str]:
    return re.findall(r"^ExecReload=(.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("of", ["debian", "rhel"])
def test_a_drop_in_puts_preflight_first(of: str) -> None:
    """Lines are added to a list: the first empties it, and the unit's own comes last."""
    empty, first, last = exec_reload(block(f"drop-in {of}"))
    assert empty == ""
    assert first == f"/usr/bin/choom -n 1000 -- {INSTALLED} preflight --pid $MAINPID"
    assert last.endswith("-s reload")


@pytest.mark.skipif(not UNIT.exists(), reason="Debian's nginx is not installed")
def test_the_last_line_is_the_unit_s_own() -> None:
    assert exec_reload(block("drop-in debian"))[-1:] == exec_reload(UNIT.read_text())


@pytest.mark.skipif(
    SYSTEMD_ANALYZE is None or not UNIT.exists(), reason="systemd or nginx is not installed"
)
def test_systemd_takes_the_drop_in(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("memlint")
    text = block("drop-in debian").replace(INSTALLED, str(command))
    drop_in = tmp_path / "nginx.service.d/memlint.conf"
    drop_in.parent.mkdir()
    shutil.copy(UNIT, tmp_path)

    def complaints(content: str) -> str:
        drop_in.write_text(content)
        done = subprocess.run(
            [SYSTEMD_ANALYZE or "", "verify", "--man=no", "nginx.service"],
            env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return "".join(
            line for line in done.stderr.splitlines() if str(tmp_path) in line or "memlint" in line
        )

    assert complaints(text) == ""
    wrong = text.replace("ExecReload=/", "ExecReloads=/")
    assert "ExecReloads" in complaints(wrong), "systemd-analyze does not read the drop-in"


def test_yaml() -> None:
    [task] = yaml.safe_load(block("ansible"))
    assert task["ansible.builtin.command"].startswith("memlint preflight ")
