from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.errors import MemlintError
from nginx_memlint.live.calibrate import Calibration
from nginx_memlint.live.reload_laws import MeasuredLaw
from nginx_memlint.memory.laws_table import LAWS
from nginx_memlint.targets.allocators_table import Platform
from nginx_memlint.targets.target_file import load_target
from nginx_memlint.targets.targets import find_target, with_replaced
from tests.helpers import BUNDLE, http, memlint, write

COSTS: dict[str, float] = {
    "location": 7_454,
    "server": 14_227,
    "context": 14_328,
    "certificate": 3_648,
    "der": 2.0133333,
    "key_pair": 7_400,
    "client_ca_name": 815,
    "cpu_context": 0.000118,
    "cpu_certificate": 1.2e-4,
}
HEAP = {
    "start": [0.97, 0.001],
    "after": [1.93, 0.1],
    "after_worst": [2.8, 0.2],
    "peak": [2.0, 0.5],
    "peak_worst": [3.5, 0.75],
}
SEEN = {4: {"start": 0.97, "after": 2.2, "after_worst": 3.5, "peak": 3.9, "peak_worst": 6.0}}
CALIBRATION = Calibration(
    measured='nginx 1.22.1, "quoted" \\ é; 2026-11-23',
    versions={"nginx": "1.22.1", "lua": "0.10.23", "openssl": "1.1.1w"},
    built_in=("lua",),
    built=("with debug",),
    platform=Platform("glibc", "jemalloc"),
    costs=COSTS,
    laws=(MeasuredLaw("heap", SEEN, LAWS["jemalloc"]["heap"], HEAP, is_usual=False),),
    notes=("a note",),
)


def written(directory: Path, text: str) -> Path:
    path = directory / "server.toml"
    path.write_text(text, "utf-8")
    return path


def test_what_calibrate_writes_is_read_back(tmp_path: Path) -> None:
    path = written(tmp_path, CALIBRATION.toml())
    target = load_target(path)
    assert target.name == str(path)
    assert target.texts["lua"] == "0.10.23"
    assert target.openssl == (1, 1, 1, 23)
    assert target.ships == {"nginx", "lua", "openssl"}
    assert target.built_in == {"lua"}
    assert target.built == {"with debug"}
    assert target.costs.measured == CALIBRATION.measured
    for key, value in COSTS.items():
        assert getattr(target.costs, key) == pytest.approx(value, rel=1e-3)
    assert target.costs.cached_certificate == 0


def test_laws_are_those_of_the_server_with_its_allocator(tmp_path: Path) -> None:
    target = load_target(written(tmp_path, CALIBRATION.toml()))
    assert target.platform == Platform("glibc", "jemalloc")
    assert target.laws == ("jemalloc", {"heap": HEAP})
    assert target.assumed[-1].startswith("laws of reloads (heap) as measured: nginx 1.22.1")


def test_check_uses_the_laws_and_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, CALIBRATION.toml())
    loads = http(
        f"proxy_ssl_verify on; proxy_ssl_trusted_certificate {BUNDLE}; server {{ "
        + " ".join(f"location /{n} {{ proxy_pass https://127.0.0.1; }}" for n in range(40))
        + " }"
    )
    conf = write(tmp_path, {"nginx.conf": "worker_processes 4;\n" + loads})
    jemalloc, glibc = (
        memlint("check", "--target-file", path, *more, "--format=json", conf).json["configs"][0]
        for more in ((), ("--set", "allocator=glibc"))
    )
    loaded = jemalloc["memory"]["loads_bytes"]
    total = jemalloc["memory"]["total"]
    assert total["reload_peak_worst_bytes"] == pytest.approx(6.5 * loaded, rel=0.3)
    assert glibc["memory"]["total"]["reload_peak_worst_bytes"] > 12 * loaded
    run = memlint("check", "--verbose", "--target-file", path, conf)
    assert "laws of reloads (heap) as measured: nginx 1.22.1" in run.out


def test_laws_of_another_allocator_than_the_one_that_runs_are_left_out(tmp_path: Path) -> None:
    kept = {"allocator": "mimalloc", "processors": 6}
    text = CALIBRATION.toml(kept)
    assert "[law." not in text
    assert "the nginx that runs has mimalloc, this one jemalloc" in text
    target = load_target(written(tmp_path, text))
    assert (target.allocator, target.host.processors) == ("mimalloc", 6)


def test_a_measurement_is_said_beside_the_law() -> None:
    text = CALIBRATION.toml()
    assert "CA certificates, 4 workers: kept 2.2, at most 3.5 times the start; peak 3.9, at" in text
    assert "MORE than its law says, which is raised" in text
    assert tomllib.loads(text)["law"]["heap"] == HEAP


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[law.heap]", "[law.base]", "base is not one of heap, contexts, pool"),
        ("[law.heap]", "[law]\nheap = 1\n[source]", "law: heap must have start, after"),
        ("peak = [2.0, 0.5]\n", "", "heap must have start, after, after_worst, peak, peak_worst"),
        ("peak = [2.0, 0.5]", "peak = [2.0]", "peak must be a list of two numbers"),
        ("peak = [2.0, 0.5]", "peak = [2.0, true]", "peak must be a list of two numbers"),
        ("peak = [2.0, 0.5]", "peak = [2.0, -0.5]", "peak must be from 0 to 20"),
        ("peak = [2.0, 0.5]", "peak = [nan, 0.5]", "peak must be from 0 to 60"),
        ("peak = [2.0, 0.5]", "peak = [1.5, 0.0]", "peak must be 1.9 times start"),
        (
            "peak_worst = [3.5, 0.75]",
            "peak_worst = [3.5, 0.4]",
            "worst must be 1.0 times peak",
        ),
        ("peak_worst = [3.5, 0.75]", "peak_worst = [61, 1]", "peak_worst must be from 0 to 60"),
        ("after = [1.93, 0.1]", "after = [0.8, 0.1]", "after must be 1.0 times start"),
        ("start = [0.97, 0.001]", "start = [0.1, 0]", "start must be from 0.8 to 2.0, and up"),
        ("start = [0.97, 0.001]", "start = [0.97, 0.1]", "and up to 0.05 for each worker"),
    ],
)
def test_laws_that_no_server_has_are_refused(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    """A target file may be of a repository: no law of it may hide what a reload takes."""
    text = CALIBRATION.toml()
    assert old in text
    with pytest.raises(MemlintError, match=complaint):
        load_target(written(tmp_path, text.replace(old, new)))


def test_laws_without_what_they_are_of_are_refused(tmp_path: Path) -> None:
    lines = CALIBRATION.toml().splitlines()
    costs = [line for line in lines if line.partition(" =")[0] not in {"measured", *COSTS}]
    with pytest.raises(MemlintError, match="law: measured is missing"):
        load_target(written(tmp_path, "\n".join(costs)))


def test_connections_as_they_were_measured(tmp_path: Path) -> None:
    text = CALIBRATION.toml().replace("[law", "connection_passed = 20_000\n[law", 1)
    conf = write(tmp_path, {"nginx.conf": http("server { location / { proxy_pass http://b; } }")})
    path = written(tmp_path, text)
    by_count = [
        check(conf, target=load_target(path), connections=count).memory.total.start_bytes
        for count in (1, 101)
    ]
    assert by_count[1] - by_count[0] == 100 * 20_000


def test_check_uses_it(tmp_path: Path) -> None:
    path = written(tmp_path, CALIBRATION.toml().replace("context = 14_328", "context = 70_000"))
    conf = write(tmp_path, {"nginx.conf": http("server { location / { } }")})
    report = check(conf, target=load_target(path))
    assert report.ssl_contexts == 2
    assert report.memory.contexts_bytes == 140_000
    assert report.target.stated
    run = memlint("check", "--target-file", path, "--set", "lua=0.10.28", "--format=json", conf)
    assert run.json["configs"][0]["ssl_contexts"] == 1
    assert run.json["configs"][0]["target"]["name"] == f"{path} with lua 0.10.28"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("der = 2.013", "derr = 2.013", "derr is not a key"),
        ("location = 7_454", 'location = "7454"', "location must be a whole number"),
        ("location = 7_454", "location = true", "location must be a whole number"),
        ("location = 7_454", "location = 7454.5", "location must be a whole number"),
        ("location = 7_454", "location = -1", "location must be from 1,850 to 32,000"),
        ("location = 7_454", "location = 0", "location must be from 1,850 to 32,000"),
        ("der = 2.013", "der = nan", "der must be from 0.45325 to 8.832"),
        ("der = 2.013", "der = 1e300", "der must be from 0.45325 to 8.832"),
        ("der = 2.013", "", "der is missing"),
        ('nginx = "1.22.1"', 'nginx = "new"', 'nginx: "new" is not a version'),
        ('nginx = "1.22.1"', "nginx = 1.22", "nginx must be a text"),
        ('built_in = ["lua"]', 'built_in = ["perl"]', '"perl" is not one of'),
        ('built_in = ["lua"]', "built_in = [1]", "built_in must be a list of texts"),
        ('built_in = ["lua"]', "built_in = [", "is not TOML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    text = CALIBRATION.toml()
    assert old in text
    with pytest.raises(MemlintError, match=complaint):
        load_target(written(tmp_path, text.replace(old, new)))


def test_they_are_usage_errors(tmp_path: Path) -> None:
    path = written(tmp_path, "colour = 1\n")
    run = memlint("check", "--target-file", path, tmp_path)
    assert run.code == 2
    assert "colour" in run.err
    assert memlint("check", "--target-file", tmp_path / "none", tmp_path).code == 2
    assert memlint("check", "--target-file", path, "--target", "debian-12", tmp_path).code == 2


def test_versions_are_replaced() -> None:
    target = find_target("debian-12")
    assert with_replaced(target, {}) is target
    assert with_replaced(target, {"lua": "0.10.28"}).lua == (0, 10, 28)
    with pytest.raises(ValueError, match="not a version"):
        with_replaced(target, {"lua": "x"})
