"""Targets with another libc or allocator, by ``--set`` and in target files."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.errors import MemlintError
from nginx_memlint.targets.allocators_table import ALLOCATORS, LIBCS, Platform
from nginx_memlint.targets.target_file import load_target
from nginx_memlint.targets.targets import find_target, with_replaced
from tests.helpers import MEASURED, SAMPLES, memlint, write

INCIDENT = SAMPLES / "incident" / "nginx.conf"


def test_a_libc_brings_its_allocator() -> None:
    assert find_target("debian-12").platform == Platform("glibc", "glibc")
    assert find_target("debian-12", {"libc": "musl"}).platform == Platform("musl", "musl")
    both = {"allocator": "mimalloc", "libc": "musl"}
    assert find_target("debian-12", both).platform == Platform("musl", "mimalloc")
    preloaded = find_target("debian-12", {"allocator": "jemalloc"})
    assert with_replaced(preloaded, {"libc": "musl"}).allocator == "musl"
    assert with_replaced(preloaded, {"libc": "glibc"}).allocator == "jemalloc"
    with pytest.raises(MemlintError, match="musl's allocator is not that of a server with glibc"):
        find_target("debian-12", {"allocator": "musl"})


def test_an_allocator_is_no_other_build() -> None:
    """Blocks cost the same, and a package accepts the same, with another allocator."""
    plain, other = find_target("debian-12"), find_target("debian-12", {"allocator": "jemalloc"})
    assert other._replace(name=plain.name, platform=plain.platform) == plain
    assert other.name == "debian-12 with allocator jemalloc"
    both = find_target("debian-12", {"lua": "0.10.26", "libc": "musl"})
    assert both.name == "debian-12 with lua 0.10.26 with libc musl"


@pytest.mark.parametrize("name", ALLOCATORS)
def test_reports_follow_the_allocator_and_name_it(name: str) -> None:
    libc = "musl" if name == "musl" else "glibc"
    run = memlint("check", "--target", "debian-12", "--set", f"libc={libc}", "--set",
                  f"allocator={name}", INCIDENT, "--format", "json")  # fmt: skip
    [report] = run.json["configs"]
    assert (report["target"]["libc"], report["target"]["allocator"]) == (libc, name)
    glibc = check(INCIDENT, target="debian-12").memory
    worst = report["memory"]["total"]["reload_peak_worst_bytes"]
    ratio = worst / glibc.total.reload_peak_worst_bytes
    assert (ratio == 1) if name == "glibc" else (0.05 < ratio < 0.7)
    told = [text for text in report["assumptions"] if text.startswith("reloads with")]
    assert len(told) == (name != "glibc")
    assert all(ALLOCATORS[name].measured in text for text in told)
    proposed = any("run nginx with" in remedy["change"] for remedy in report["remedies"])
    assert proposed == (name == "glibc")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("allocator=jemaloc", '"jemaloc" is not one of glibc, musl, jemalloc, mimalloc, tcmalloc; '
                              'did you mean "jemalloc"?'),
        ("libc=bionic", '"bionic" is not one of glibc, musl'),
        ("malloc=jemalloc", '"malloc" is not one of nginx, lua, stream-lua, njs, openssl, libc, '
                            "allocator"),
    ],
)  # fmt: skip
def test_unknown_names_are_refused_with_the_list(given: str, message: str) -> None:
    run = memlint("check", "--set", given, INCIDENT)
    assert run.code == 2
    assert message in run.err


def test_settings_can_say_it(tmp_path: Path) -> None:
    text = 'roots = ["nginx.conf"]\ntarget = "debian-12"\nset = { allocator = "tcmalloc" }\n'
    write(tmp_path, {"memlint.toml": text, "nginx.conf": "events {}\nhttp { server { } }\n"})
    run = memlint("check", cwd=tmp_path)
    assert "debian-12 with allocator tcmalloc" in run.out


def test_a_target_file_can_say_it(tmp_path: Path) -> None:
    path = tmp_path / "here.toml"
    path.write_text(MEASURED + 'libc = "musl"\n')
    assert load_target(path).platform == Platform("musl", "musl")
    path.write_text(MEASURED + 'allocator = "jmalloc"\n')
    with pytest.raises(MemlintError, match='allocator: "jmalloc" is not one of glibc, musl'):
        load_target(path)
    path.write_text(MEASURED)
    assert load_target(path).platform == Platform()


def test_each_allocator_is_of_a_libc_or_of_a_package() -> None:
    assert LIBCS == ("glibc", "musl")
    for allocator in ALLOCATORS.values():
        assert bool(allocator.libc) != bool(allocator.package and allocator.library)
        assert allocator.measured
