"""Budgets from where they are written."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.live.budgets import budget_from
from nginx_memlint.sizes import GIB, MIB, WrittenBudget, human_budget
from tests.helpers import SAMPLES, memlint
from tests.hostile.work import lines_run
from tests.live.preflight.machine import Machine

DEPLOYMENT = """\
apiVersion: v1
kind: Service
metadata: {{name: gateway}}
---
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: sidecar
        resources: {{limits: {{memory: 64Mi}}}}
      - name: gateway
        resources: {{limits: {{memory: {}}}}}
"""

UNIT = "etc/systemd/system/nginx.service"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


def budget(text: str, machine: Machine) -> WrittenBudget:
    found_there = budget_from(text, machine.root)
    assert found_there is not None
    return found_there


def test_of_the_host(machine: Machine) -> None:
    assert budget("host", machine) == 16 * GIB * 90 // 100
    assert budget("host", machine).source == "90 % of this machine's memory"
    assert budget("host:50%", machine) == 8 * GIB


def test_of_control_groups_it_is_the_least(machine: Machine) -> None:
    machine.write("proc/self/cgroup", "0::/a/b\n")
    machine.write("sys/fs/cgroup/a/b/memory.max", f"{4 * GIB}\n")
    machine.write("sys/fs/cgroup/a/b/memory.current", f"{MIB}\n")
    machine.write("sys/fs/cgroup/a/memory.max", f"{3 * GIB}\n")
    machine.write("sys/fs/cgroup/a/memory.current", f"{2 * MIB}\n")
    given = budget("cgroup", machine)
    assert (given, given.source) == (3 * GIB, "memory.max of /a")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("MemoryMax=2G", 2 * GIB),
        ("MemoryMax = 512M\nMemoryMax=1.5G", 1536 * MIB),
        ("MemoryLimit=1073741824", GIB),
        ("MemoryMax=25%", 4 * GIB),
    ],
)
def test_of_a_unit(machine: Machine, text: str, size: int) -> None:
    machine.write("usr/lib/systemd/system/nginx.service", "[Service]\nMemoryMax=64G\n")
    machine.write(UNIT, f"[Service]\n{text}\n")
    assert budget("unit:nginx", machine) == size
    assert budget("unit:nginx.service", machine).source.startswith("MemoryMax of nginx.service, in")


def test_a_drop_in_counts_last(machine: Machine) -> None:
    machine.write("usr/lib/systemd/system/nginx.service", "[Service]\nMemoryMax=64G\n")
    machine.write("usr/lib/systemd/system/nginx.service.d/50-a.conf", "[Service]\nMemoryMax=1G\n")
    machine.write(f"{UNIT}.d/50-a.conf", "[Service]\nMemoryMax=2G\n")
    machine.write(f"{UNIT}.d/20-b.conf", "[Service]\nMemoryMax=3G\n")
    assert budget("unit:nginx", machine) == 2 * GIB
    assert budget("unit:nginx", machine).source.endswith(f"{UNIT}.d/50-a.conf")


@pytest.mark.parametrize(
    ("quantity", "size"),
    [
        ("512Mi", 512 * MIB),
        ("1.5Gi", 1536 * MIB),
        ("2G", 2_000_000_000),
        ("1e9", 1_000_000_000),
        ("134217728", 128 * MIB),
        ('"134217728000m"', 134_217_728),
    ],
)
def test_of_a_manifest(machine: Machine, tmp_path: Path, quantity: str, size: int) -> None:
    path = tmp_path / "deploy.yaml"
    path.write_text(DEPLOYMENT.format(quantity))
    given = budget(f"k8s:{path}#gateway", machine)
    assert (given, given.source) == (size, f"limits.memory of gateway in {path}")
    assert budget(f"k8s:{path}#sidecar", machine) == 64 * MIB


@pytest.mark.parametrize("around", ["List", "CronJob"])
def test_of_other_kinds(machine: Machine, tmp_path: Path, around: str) -> None:
    pod = "{containers: [{name: a, resources: {limits: {memory: 1Gi}}}]}"
    text = {
        "List": f"items: [{{spec: {pod}}}]",
        "CronJob": f"spec: {{jobTemplate: {{spec: {{template: {{spec: {pod}}}}}}}}}",
    }[around]
    (tmp_path / "x.yaml").write_text(text)
    assert budget(f"k8s:{tmp_path}/x.yaml#a", machine) == GIB


@pytest.mark.parametrize(
    ("service", "size"),
    [
        ("{mem_limit: 512m}", 512 * MIB),
        ("{mem_limit: 1gb, deploy: {resources: {limits: {memory: 2G}}}}", 2 * GIB),
        ("{deploy: {resources: {limits: {memory: 300mb}}}}", 300 * MIB),
        ("{mem_limit: 1073741824}", GIB),
        ("{mem_limit: 1073741824b}", GIB),
    ],
)
def test_of_a_compose_file(machine: Machine, tmp_path: Path, service: str, size: int) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(f"services: {{web: {service}, other: {{mem_limit: 1g}}}}")
    assert budget(f"compose:{path}#web", machine) == size


LIMITLESS = (
    "spec: {containers: [{name: a}, {name: b}, {name: b, resources: {limits: {memory: 1}}}]}"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("host:0%", "is not host, or host:80%"),
        ("host:", None),
        ("cgroup:x", "is not cgroup"),
        ("unit", "is not unit:NAME"),
        ("k8s", "is not k8s:FILE#CONTAINER"),
        ("cgroup", "no control group around memlint"),
        ("unit:absent", "there is no unit absent.service"),
        ("unit:../../etc/passwd", "is not the name of a unit"),
        ("unit:limitless", "has no MemoryMax="),
        ("unit:odd", "is no size that is known"),
        ("k8s:{0}/x.yaml", "is not FILE#CONTAINER"),
        ("k8s:{0}/absent.yaml#a", "No such file"),
        ("k8s:{0}/x.yaml#a", "has no limit of memory"),
        ("k8s:{0}/x.yaml#b", "has several limits"),
        ("k8s:{0}/x.yaml#c", "there is none"),
        ("k8s:{0}/octal.yaml#a", "010000000000 is no size that is known"),
        ("k8s:{0}/tiny.yaml#a", "1 bytes are no budget for nginx"),
        ("compose:{0}/x.yaml#web", "there is none"),
    ],
)
def test_what_has_no_budget(
    machine: Machine, tmp_path: Path, text: str, message: str | None
) -> None:
    machine.write("etc/systemd/system/limitless.service", "[Service]\nMemoryMax=infinity\n")
    machine.write("etc/systemd/system/odd.service", "[Service]\nMemoryMax=much\n")
    (tmp_path / "x.yaml").write_text(LIMITLESS)
    for name, size in (("tiny", "1"), ("octal", "010000000000")):
        (tmp_path / f"{name}.yaml").write_text(
            f"spec: {{containers: [{{name: a, resources: {{limits: {{memory: {size}}}}}}}]}}"
        )
    if message is None:
        assert budget(text, machine) == budget("host", machine)
        return
    with pytest.raises(MemlintError, match=message):
        budget_from(text.format(tmp_path), machine.root)


@pytest.mark.parametrize("text", ["4GiB", "", "hosts", "5"])
def test_what_is_no_source(machine: Machine, text: str) -> None:
    assert budget_from(text, machine.root) is None


def test_a_budget_goes_to_other_processes_whole() -> None:
    copied = pickle.loads(pickle.dumps(WrittenBudget(GIB, "somewhere")))
    assert human_budget(copied) == "1.0 GiB (somewhere)"


def test_a_report_names_the_place(tmp_path: Path) -> None:
    path = tmp_path / "deploy.yaml"
    path.write_text(DEPLOYMENT.format("8Gi"))
    where = f"8.0 GiB (limits.memory of gateway in {path})"
    budgeted = ("--max-memory", f"k8s:{path}#gateway", "--target", "debian-12", "--workers", "4")
    run = memlint("check", *budgeted, SAMPLES / "incident")
    assert run.code == 1
    assert f"budget {where}" in run.out
    run = memlint("check", *budgeted, SAMPLES / "healthy")
    assert run.code == 0
    assert f"within the budget of {where}" in run.out
    run = memlint("check", *budgeted, "--format", "json", SAMPLES / "healthy")
    assert run.json["configs"][0]["budget_bytes"] == 8 * GIB


def test_a_wrong_source_is_wrong_usage(tmp_path: Path) -> None:
    run = memlint("check", "--max-memory", f"k8s:{tmp_path}/absent.yaml#a", SAMPLES / "healthy")
    assert run.code == 2
    assert "--max-memory" in run.err
    assert "No such file" in run.err


def test_what_aliases_repeat_is_looked_at_once(machine: Machine, tmp_path: Path) -> None:
    def lines(levels: int) -> int:
        limits = "{containers: [{name: a, resources: {limits: {memory: 1Gi}}}]}"
        text = [f"x0: &x0 {limits}"]
        text += [f"x{n}: &x{n} {{items: [*x{n - 1}, *x{n - 1}]}}" for n in range(1, levels + 1)]
        path = tmp_path / f"{levels}.yaml"
        path.write_text("\n".join([*text, f"spec: *x{levels}", ""]))
        assert budget(f"k8s:{path}#a", machine) == GIB
        return lines_run(lambda: budget(f"k8s:{path}#a", machine))

    assert lines(12) < 3 * lines(6)


def test_settings_hold_sizes(tmp_path: Path) -> None:
    (tmp_path / "memlint.toml").write_text('max-memory = "k8s:deploy.yaml#gateway"\n')
    run = memlint("check", "--config", tmp_path / "memlint.toml", SAMPLES / "healthy")
    assert run.code == 2
    assert "is not a size" in run.err


@pytest.mark.parametrize("kind", ["k8s", "compose"])
def test_a_limit_that_is_no_size_is_not_expanded(
    machine: Machine, tmp_path: Path, kind: str
) -> None:
    """Aliases would make gigabytes of it."""
    levels = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 9))]
    limits = {
        "k8s": "spec: {containers: [{name: web, resources: {limits: {memory: *a8}}}]}",
        "compose": "services: {web: {mem_limit: *a8}}",
    }
    (tmp_path / "x.yaml").write_text("\n".join([*levels, limits[kind]]))
    with pytest.raises(MemlintError, match="web: its limit of memory is no size"):
        budget(f"{kind}:{tmp_path}/x.yaml#web", machine)
