from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.live import SLACK, available, calibrate, verify
from nginx_memlint.live.verify import Figures, agrees
from nginx_memlint.options.record import Options
from nginx_memlint.sizes import GIB, MIB
from tests.helpers import memlint, write


def machine(root: Path, cgroup: str, files: dict[str, str]) -> Path:
    """A tree with what the kernel says: 8 GiB available."""
    written = {"proc/meminfo": "MemTotal: 1 kB\nMemAvailable: 8388608 kB\n", **files}
    written["proc/self/cgroup"] = cgroup
    for name, text in written.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_without_limits_it_is_what_the_machine_has(tmp_path: Path) -> None:
    files = {"sys/fs/cgroup/a/memory.max": "max\n", "sys/fs/cgroup/a/memory.current": "5\n"}
    root = machine(tmp_path, "0::/a\n", files)
    assert available.available_memory(root) == 8 * GIB


def test_limit_of_a_group_around(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/a"
    files = {
        f"{group}/memory.max": f"{GIB}\n",
        f"{group}/memory.current": f"{600 * MIB}\n",
        f"{group}/memory.stat": f"anon 1\ninactive_file {100 * MIB}\n",
    }
    root = machine(tmp_path, "0::/a/b\n", files)
    assert available.available_memory(root) == (1024 - 500) * MIB


def test_limit_in_a_container_with_version_1(tmp_path: Path) -> None:
    memory = "sys/fs/cgroup/memory"
    files = {
        f"{memory}/memory.limit_in_bytes": f"{512 * MIB}\n",
        f"{memory}/memory.usage_in_bytes": f"{12 * MIB}\n",
    }
    root = machine(tmp_path, "4:cpu,memory:/docker/0123\n0::/\n", files)
    assert available.available_memory(root) == 500 * MIB


def test_calibrate_refuses_when_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(available, "available_memory", lambda: 100 * MIB)
    with pytest.raises(MemlintError, match=r"needs .* MiB .* 100\.0 MiB is available.*--quick"):
        calibrate.calibrate()


def test_verify_refuses_when_memory_is_short(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nginx = tmp_path / "nginx"
    nginx.write_text("#!/bin/sh\necho 'nginx version: nginx/1.22.1'\necho 'configure arguments:'\n")
    nginx.chmod(0o755)
    conf = write(tmp_path, {"nginx.conf": "events {}\n"})
    monkeypatch.setattr(available, "available_memory", lambda: MIB)
    with pytest.raises(MemlintError, match=r"this nginx -t needs .*--force"):
        verify.verify(conf, options=Options(target="debian-12"), nginx=str(nginx))


def test_elsewhere_than_on_linux_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    for function in (calibrate.calibrate, lambda: verify.verify("nginx.conf")):
        with pytest.raises(MemlintError, match="only works on Linux"):
            function()


def test_a_missing_nginx_is_a_usage_error() -> None:
    for arguments in (["calibrate"], ["verify", "nginx.conf"]):
        run = memlint(*arguments, "--nginx-binary", "/nonexistent/nginx")
        assert run.code == 2
        assert "name the nginx binary" in run.err


def figures(memory: int, contexts: int | None = 10, loads: int | None = 10) -> Figures:
    return Figures(memory_bytes=memory, cpu_seconds=1, ssl_contexts=contexts, ca_loads=loads)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (figures(110 * MIB), True),
        (figures(116 * MIB), False),
        (figures(84 * MIB), False),
        (figures(100 * MIB, 11), False),
        (figures(100 * MIB, 10, 9), False),
        (figures(100 * MIB, None, None), True),
    ],
)
def test_agreement(measured: Figures, expected: bool) -> None:
    assert agrees(figures(100 * MIB), measured, 0.15) is expected


def test_a_difference_of_the_libraries_own_pages_does_not_count() -> None:
    assert agrees(figures(MIB), figures(MIB + SLACK), 0.15)
    assert not agrees(figures(MIB), figures(MIB + SLACK + 1), 0.15)
