"""The arguments of the Python API: wrong names and values are refused as on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import nginx_memlint
from nginx_memlint import check, diff, to_json
from nginx_memlint.errors import MemlintError
from nginx_memlint.options.record import Options, read_keywords
from nginx_memlint.policy import Limits, Policy
from nginx_memlint.sizes import GIB
from tests.helpers import http, memlint, write

NUMBER = "is not a number of workers from 1 to 4096"

WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"max_memroy": 1}, TypeError, 'check() has no argument "max_memroy"; did you mean "max_mem'),
    ({"max-memory": 1}, TypeError, 'check() has no argument "max-memory"; did you mean "max_mem'),
    ({"qqqq": 1}, TypeError, 'check() has no argument "qqqq"; known are data, target, set, '),
    ({"max_memory": "50%"}, ValueError, 'max_memory: "50%" is not a size like 4GiB'),
    ({"max_memory": "4"}, ValueError, 'max_memory: "4" is 4 bytes: did you mean 4GiB?'),
    ({"max_memory": 4}, ValueError, 'max_memory: "4" is 4 bytes: did you mean 4GiB? if not, write'),
    ({"max_memory": -1}, ValueError, "max_memory: -1 is no number of bytes: give more than 0"),
    ({"max_memory": True}, TypeError, 'max_memory: must be a size like "4GiB", or a number of'),
    ({"max_memory": 4e9}, TypeError, "max_memory: must be a size"),
    ({"max_memory": b"4GiB"}, TypeError, "max_memory: must be a size"),
    ({"unit_cost": 0}, ValueError, "unit_cost: 0 is no number of bytes"),
    ({"unit_cost": "4/2GiB"}, ValueError, 'unit_cost: "4/2GiB" is not a size'),
    ({"workers": -3}, ValueError, f'workers: "-3" {NUMBER}'),
    ({"workers": 0}, ValueError, f'workers: "0" {NUMBER}'),
    ({"workers": 5000}, ValueError, f'workers: "5000" {NUMBER}'),
    ({"workers": "four"}, ValueError, f'workers: "four" {NUMBER}'),
    ({"workers": True}, TypeError, "workers: must be a whole number, e.g. 8, not bool"),
    ({"workers": 1.5}, TypeError, "workers: must be a whole number, e.g. 8, not float"),
    ({"target": "debain-12"}, MemlintError, 'target: "debain-12" is not known; did you mean'),
    ({"target": 12}, TypeError, "target: must be a name"),
    ({"set": {"nginx": 1.22}}, TypeError, 'set: must be a text, like nginx = "1.22.1"'),
    ({"set": {"lua": "new"}}, ValueError, 'set: "new" is not a version'),
    ({"set": {"lua": "٠.١"}}, ValueError, "set: "),
    ({"set": {"lau": "0.1"}}, ValueError, 'set: "lau" is not one of nginx, lua, '),
    ({"context": "location"}, ValueError, 'context: "location" cannot be outermost'),
    ({"context": ["http", 1]}, TypeError, "context: must be names of blocks"),
    ({"path_map": "/etc=x"}, TypeError, "path_map: must be a table of paths"),
    ({"path_map": [("etc", "x")]}, ValueError, 'path_map: "etc" must be absolute'),
    ({"path_map": [("/etc", 1)]}, TypeError, "path_map: must be a path"),
    ({"path_map": 1}, TypeError, "path_map: must be a table of paths"),
    ({"sysroot": ""}, ValueError, "sysroot: is empty"),
    ({"sysroot": "/nonexistent"}, ValueError, 'sysroot: "/nonexistent" is not a directory'),
    ({"path_map": [("/etc", "/nonexistent")]}, ValueError, 'path_map: there is no "/nonexistent"'),
    ({"policy": Policy(Limits(max_test_seconds=-1))}, ValueError, "policy: -1 is not a positive"),
    ({"prefix": "a\0"}, ValueError, "prefix: holds a NUL byte"),
    ({"prefix": 1}, TypeError, "prefix: must be a path"),
    ({"data": "events {}"}, TypeError, "data: must be bytes, not str"),
    ({"policy": {"max_memory": 1}}, TypeError, "policy: must be a Policy, not dict"),
    ({"policy": Policy(Limits(max_start_memory=4))}, ValueError, 'policy: "4" is 4 bytes'),
    ({"bounds": {}}, TypeError, 'check() has no argument "bounds"'),
    ({"trusted": 1}, TypeError, "trusted: must be True or False"),
    ({"breakdown": "yes"}, TypeError, "breakdown: must be True or False"),
    ({"jobs": 2}, TypeError, 'check() has no argument "jobs"'),
]


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return write(tmp_path, {"nginx.conf": http("server { location / { } }")})


@pytest.mark.parametrize(("options", "error", "message"), WRONG)
def test_what_is_wrong_is_refused(
    options: dict[str, Any], error: type[Exception], message: str, conf: Path
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        check(conf, **options)
    with pytest.raises(error, match=re.escape(message.replace("check()", "diff()"))):
        diff([conf, conf], **options)


def test_sizes_are_read_as_on_the_command_line(conf: Path) -> None:
    assert check(conf, max_memory="4GiB") == check(conf, max_memory=4 * GIB)
    assert check(conf, unit_cost="2MiB") == check(conf, unit_cost=2 << 20)
    [finding] = check(conf, max_memory="1B").findings
    assert finding.rule == "ML201"
    assert diff([conf, conf], max_growth="1Gi").max_growth_bytes == GIB
    with pytest.raises(ValueError, match='max_growth: "1" is 1 byte: did you mean 1GiB'):
        diff([conf, conf], max_growth="1")


def test_paths_and_blocks_are_read_as_on_the_command_line(conf: Path, tmp_path: Path) -> None:
    (tmp_path / "fragment.conf").write_text("location / { }")
    for context in ("http,server", ["http", "server"], ("http", "server")):
        assert check(tmp_path / "fragment.conf", context=context).complete
    mapped = check("/etc/nginx/nginx.conf", path_map={"/etc/nginx": conf.parent})
    assert mapped.complete
    assert mapped == check("/etc/nginx/nginx.conf", path_map=[("/etc/nginx", str(conf.parent))])
    assert check(conf.name, prefix=conf.parent).complete


def test_nothing_given_is_what_a_check_assumes() -> None:
    assert vars(read_keywords({})) == vars(Options())
    assert vars(read_keywords({"target": None, "max_memory": None})) == vars(Options())


WRONG_FLAGS = [
    ("--max-memory", "50%", '"50%" is not a size like 4GiB'),
    ("--max-memory", "4,5GiB", "is not a size like 4GiB"),
    ("--max-memory", "4", "did you mean 4GiB? if not, write 4B"),
    ("--max-start-memory", "512KiB", "did you mean 512MiB? if not, write 524288B"),
    ("--max-zones-memory", "٣", "is not a size like 4GiB"),
    ("--unit-cost", "4/2GiB", "is not a size like 4GiB"),
    ("--unit-cost", "4", "did you mean 4GiB? if not, write 4B"),
    ("--max-test-seconds", "٣", "is not a positive number of seconds"),
    ("--max-test-seconds", "1_0", "is not a positive number of seconds"),
    ("--workers", "-3", f'"-3" {NUMBER}'),
    ("--workers", "auto", f'"auto" {NUMBER}'),
    ("--workers", "٣", NUMBER),
    ("--workers", "5000", f'"5000" {NUMBER}'),
    ("--set", "nginx=١.٢", "is not a version"),
]


@pytest.mark.parametrize(("flag", "value", "message"), WRONG_FLAGS)
def test_wrong_values_of_flags(flag: str, value: str, message: str, conf: Path) -> None:
    done = memlint("check", conf, flag, value, env={"COLUMNS": "300", "PATH": "/usr/bin:/bin"})
    assert (done.code, done.out) == (2, "")
    assert message in done.err


@pytest.mark.parametrize("value", ["4Gi", "4g", "4GiB", "1048576", "1048575B"])
def test_right_values_of_flags(value: str, conf: Path) -> None:
    assert memlint("check", conf, "--fail-on", "never", "--max-memory", value).code == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('max-memory = "50%"', 'max-memory: "50%" is not a size like 4GiB'),
        ('max-memory = "4"', "max-memory: "),
        ("max-memory = 4", 'max-memory: "4" is 4 bytes: did you mean 4GiB? if not, write 4B'),
        ('max-zones-memory = "4,5GiB"', "is not a size like 4GiB"),
        ('max-start-memory = "512Ki"', "did you mean 512MiB?"),
        ('unit-cost = "1.5.5"', "is not a size like 4GiB"),
        ("workers = -3", f'workers: "-3" {NUMBER}'),
    ],
)
def test_wrong_values_of_settings(line: str, message: str, conf: Path) -> None:
    (conf.parent / "memlint.toml").write_text(line)
    done = memlint("check", conf)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_reports_are_written_as_json(tmp_path: Path) -> None:
    """The text is what the command writes of them."""
    conf = write(tmp_path, {"nginx.conf": http("server { }")})
    report = check(conf, target="debian-12")
    run = memlint("check", "--format", "json", "--target", "debian-12", conf)
    assert json.loads(to_json(report)) == run.json["configs"][0]
    assert to_json(report, indent=None).count("\n") == 0
    difference = diff([conf, conf], target="debian-12")
    run = memlint("diff", "--format", "json", "--target", "debian-12", conf, conf)
    assert to_json(difference) + "\n" == run.out


def test_the_name_of_a_function_is_no_room() -> None:
    """A module that other code has imported would be in its place."""
    package = Path(nginx_memlint.__file__).parent
    assert not [name for name in nginx_memlint.__all__ if (package / name).exists()]


def test_public_names_are_offered_for_completion() -> None:
    assert sorted(dir(nginx_memlint)) == sorted(nginx_memlint.__all__)
