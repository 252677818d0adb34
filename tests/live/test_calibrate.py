from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.errors import MemlintError
from nginx_memlint.live.calibrate import Calibration, ReloadSeries
from nginx_memlint.targets.target_file import load_target
from nginx_memlint.targets.targets import find_target, with_replaced
from tests.helpers import http, memlint, write

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
CALIBRATION = Calibration(
    measured='nginx 1.22.1, "quoted" \\ é; 2026-11-23',
    versions={"nginx": "1.22.1", "lua": "0.10.23", "openssl": "1.1.1w"},
    built_in=("lua",),
    costs=COSTS,
    reloads=(ReloadSeries(2, (2.0, 4.0), (4.0, 8.1)),),
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
    assert target.costs.measured == CALIBRATION.measured
    for key, value in COSTS.items():
        assert getattr(target.costs, key) == pytest.approx(value, rel=1e-3)
    assert target.costs.cached_certificate == 0


def test_reloads_beyond_the_law_are_said() -> None:
    assert "as the laws say" in CALIBRATION.toml()
    worse = ReloadSeries(1, (2.0,), (9.0,))
    assert not worse.within


def test_check_uses_it(tmp_path: Path) -> None:
    path = written(tmp_path, CALIBRATION.toml().replace("context = 14_328", "context = 1_000_000"))
    conf = write(tmp_path, {"nginx.conf": http("server { location / { } }")})
    report = check(conf, target=load_target(path))
    assert report.ssl_contexts == 2
    assert report.memory.contexts_bytes == 2_000_000
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
        ("location = 7_454", "location = -1", "location must be from 0 to"),
        ("der = 2.013", "der = nan", "der must be from 0 to 1,099,511,627,776"),
        ("der = 2.013", "der = 1e300", "der must be from 0 to 1,099,511,627,776"),
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
