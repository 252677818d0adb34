"""Absolute includes of a checkout: the right option is named, and nothing else is said."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.files.bounds import DEFAULT_BOUNDS, STEPS_OF, Meter
from nginx_memlint.result import ConfigReport, ProblemInfo
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.tree import missing_includes as hints
from nginx_memlint.tree import stand_ins
from tests.helpers import with_bounds
from tests.hostile.work import lines_run

SITE = "server { location / {} }\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The absolute directory that the configurations name: this machine's, say /etc/nginx."""
    (tmp_path / "machine/nginx").mkdir(parents=True)
    return tmp_path / "machine/nginx"


def checkout(tmp_path: Path, main: str, files: tuple[str, ...] = ("conf.d/a.conf",)) -> Path:
    """A repository with a copy of the directory in its folder nginx/."""
    copy = tmp_path / "work/repo/nginx"
    for name in files:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(SITE)
    copy.mkdir(parents=True, exist_ok=True)
    (copy / "nginx.conf").write_text(f"events {{}}\nhttp {{\n    {main}\n server {{ }} }}\n")
    return copy


def named(path: Path) -> str:
    """The path seen from the working directory, if that is shorter: the tests may run beside it."""
    return min(os.path.relpath(path), str(path), key=len)


def hinted(report: ConfigReport) -> list[ProblemInfo]:
    """The problems, without what is said of directories that are not there."""
    return [p for p in report.problems if "there is no" not in p.message]


def one(report: ConfigReport) -> ProblemInfo:
    [problem] = hinted(report)
    return problem


def test_a_pattern_that_finds_nothing(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = checkout(tmp_path, f"include {machine}/conf.d/*.conf;")
    monkeypatch.chdir(copy.parent)
    report = check("nginx/nginx.conf")
    problem = one(report)
    assert (problem.file, problem.line, problem.column) == ("nginx/nginx.conf", 3, 5)
    assert problem.message.endswith(f"but would with --path-map {machine}=nginx")
    # nginx accepts it, and a guess is no reason to say that something was not read
    assert problem.complete
    assert report.complete
    mended = check("nginx/nginx.conf", path_map=[(str(machine), "nginx")])
    assert mended.complete
    assert hinted(mended) == []
    assert mended.blocks.location == 1


def test_an_empty_directory_here_is_reported_too(tmp_path: Path, machine: Path) -> None:
    (machine / "conf.d").mkdir()
    assert one(check(checkout(tmp_path, f"include {machine}/conf.d/*.conf;"))).complete


def test_a_missing_file_has_one_problem(tmp_path: Path, machine: Path) -> None:
    copy = checkout(tmp_path, f"include {machine}/own.types;", ("own.types",))
    problem = one(check(copy))
    assert problem.nginx is not None
    assert problem.nginx.startswith("open()")
    assert problem.message.endswith(f"; --path-map {machine}={named(copy)} would find it")


def test_a_sysroot_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "a b"
    (root / "opt/ngx/conf.d").mkdir(parents=True)
    (root / "opt/ngx/conf.d/a.conf").write_text(SITE)
    (root / "opt/ngx/nginx.conf").write_text(
        "events {} http { server { } include /opt/ngx/conf.d/*; }"
    )
    monkeypatch.chdir(tmp_path)
    assert one(check("a b/opt/ngx")).message.endswith("but would with --sysroot 'a b'")
    assert check("a b/opt/ngx", sysroot="a b").blocks.location == 1


def test_files_of_this_machine_instead_of_the_copy(tmp_path: Path, machine: Path) -> None:
    """The counts are right for this machine; that a copy is not read is told, once."""
    (machine / "conf.d").mkdir()
    for name in ("a.conf", "b.conf"):
        (machine / "conf.d" / name).write_text(SITE)
    include = f"include {machine}/conf.d/a.conf; include {machine}/conf.d/*;"
    copy = checkout(tmp_path, include)
    report = check(copy)
    assert report.complete
    assert report.blocks.location == 3
    problem = one(report)
    assert problem.complete
    assert "was read from this machine, as nginx would" in problem.message
    assert f"--path-map {machine}={named(copy)} reads" in problem.message


def test_silent_if_they_are_the_same_files(tmp_path: Path, machine: Path) -> None:
    copy = checkout(tmp_path, f"include {machine}/conf.d/*.conf;")
    machine.rmdir()
    machine.symlink_to(copy)
    report = check(copy)
    assert hinted(report) == []
    assert report.blocks.location == 1


@pytest.mark.parametrize(
    "include",
    ["{machine}/conf.d/*.conf", "{copy}/sites/*.conf", "/usr/share/nowhere/*.conf", "conf.d/*.x"],
)
def test_silent_without_evidence(tmp_path: Path, machine: Path, include: str) -> None:
    copy = checkout(tmp_path, "", ("other.d/a.conf",))
    text = (
        f"events {{}} http {{ server {{ }} include {include.format(machine=machine, copy=copy)}; }}"
    )
    (copy / "nginx.conf").write_text(text)
    report = check(copy)
    assert hinted(report) == []
    assert report.complete


def test_names_alone_are_no_evidence(tmp_path: Path, machine: Path) -> None:
    """Every directory has some *.conf."""
    copy = checkout(tmp_path, f"include {machine}/*.conf;")
    assert hinted(check(copy)) == []


LOST = {
    "a file": ("{elsewhere}/x.conf", False),
    "a pattern": ("{elsewhere}/*.conf", False),
    "a pattern without matches": ("{elsewhere}/*.none", False),
    "a relative name": ("../../../elsewhere/x.conf", False),
    "a link": ("link.conf", False),
    "a file in the copy by its name here": ("{copy}/conf.d/a.conf", False),
    "a relative name in the copy": ("conf.d/a.conf", True),
    "a missing file": ("{elsewhere}/none.conf", True),
}


@pytest.mark.parametrize("where", ["nginx", "nginx.conf in a copy of the directory itself"])
@pytest.mark.parametrize("name", LOST)
def test_an_option_that_loses_an_include_is_not_named(
    name: str, where: str, tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever follows the hint is not sent from one status 3 to the next."""
    include, is_named = LOST[name]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "x.conf").write_text(SITE)
    copy = checkout(tmp_path, "")
    (copy / "link.conf").symlink_to(elsewhere / "x.conf")
    include = include.format(elsewhere=elsewhere, copy=copy)
    (copy / "nginx.conf").write_text(
        f"events {{}} http {{ include {machine}/conf.d/*.conf; include {include}; }}"
    )
    monkeypatch.chdir(copy.parent if where == "nginx" else copy)
    conf = "nginx/nginx.conf" if where == "nginx" else "nginx.conf"
    before = check(conf)
    hinted = [p.message for p in before.problems if "--path-map" in p.message]
    assert bool(hinted) is is_named
    mapped = check(conf, path_map=[(str(machine), str(copy))])
    assert is_named or not mapped.complete
    if is_named:
        assert mapped.complete is before.complete
        assert mapped.blocks.location > before.blocks.location


def test_many_options_are_not_tried(tmp_path: Path, machine: Path) -> None:
    """Each is tried on all includes, of which one is lost each time."""
    (tmp_path / "x.conf").write_text(SITE)
    names = tuple(f"d{number}/a.conf" for number in range(50))
    includes = "".join(f"include {machine.parent}/m{name};\n" for name in names)
    copy = checkout(tmp_path, f"include {tmp_path}/x.conf;\n{includes}", names)
    for number in range(50):
        (copy.parent / f"md{number}").symlink_to(copy / f"d{number}")
    assert not [p for p in check(copy).problems if "--path-map" in p.message]


@pytest.mark.parametrize("place", stand_ins.INSTALLED)
def test_silent_where_a_configuration_is_installed(
    place: str, tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = checkout(tmp_path, f"include {machine}/conf.d/*.conf;")
    assert place.startswith("/")
    monkeypatch.setattr(stand_ins, "INSTALLED", (str(tmp_path),))
    assert hinted(check(copy)) == []


def test_silent_with_a_dump_and_with_an_option(tmp_path: Path, machine: Path) -> None:
    copy = checkout(tmp_path, f"include {machine}/conf.d/*.conf;")
    text = (copy / "nginx.conf").read_bytes()
    dump = b"# configuration file /etc/nginx/nginx.conf:\n" + text + b"\n"
    assert hinted(check("-", data=dump)) == []
    # nothing is mapped to where the file is: as on that machine
    assert hinted(check(copy, path_map=[("/", str(tmp_path / "work"))])) == []


def test_included_files_are_hinted_at_too(tmp_path: Path, machine: Path) -> None:
    copy = checkout(tmp_path, "include sites/*;", ("conf.d/a.conf",))
    (copy / "sites").mkdir()
    (copy / "sites/x").write_text(f"include {machine}/conf.d/*.conf;")
    problem = one(check(copy))
    assert problem.file == f"{copy}/sites/x"
    assert problem.chain == [f"{copy}/nginx.conf:3"]


def test_the_option_finds_what_it_says(tmp_path: Path, machine: Path) -> None:
    copy = checkout(tmp_path, "")
    meter = Meter(DEFAULT_BOUNDS)
    option = hints.option_for(f"{machine}/conf.d/*.conf", str(copy), f"{copy}/nginx.conf", meter)
    assert option is not None
    assert option.files == {f"{copy}/conf.d/a.conf"}
    files = FileSystem({str(machine): str(copy)}, restricted=True)
    assert files.exists(f"{machine}/conf.d/a.conf")


def looping(tmp_path: Path, machine: Path, count: int) -> Path:
    """A checkout whose links to themselves make many paths of any pattern."""
    includes = "".join(f"include {machine}/*/*/*/n{number}*.conf;" for number in range(count))
    copy = checkout(tmp_path, includes)
    for name in range(10):
        (copy / f"l{name}").symlink_to(".")
    return copy


def test_the_search_takes_its_share_and_no_more(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = []
    for count in (40, 80, 160):
        copy = looping(tmp_path / str(count), machine, count)
        with_bounds(monkeypatch, names=50_000)
        lines.append(lines_run(partial(check, copy)))
        report = check(copy)
        [said] = [p for p in hinted(report) if "not looked for" in p.message]
        assert said.complete
        assert report.complete
    assert lines[2] - lines[1] < 2.2 * (lines[1] - lines[0])
    assert lines[2] < 1.5 * lines[0]


def test_the_search_counts_as_work(tmp_path: Path, machine: Path) -> None:
    from nginx_memlint.analysis.examine import examine
    from nginx_memlint.analysis.job import Job

    few, more = (
        examine(Job(str(looping(tmp_path / str(count), machine, count)))).steps for count in (1, 3)
    )
    assert more - few > 2 * 1000 * STEPS_OF.name


def test_what_the_search_takes_is_not_taken_from_the_configuration(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = looping(tmp_path, machine, 100)
    (copy / "r").write_text("Include conf.d/*.conf\n")
    text = (
        (copy / "nginx.conf").read_text().replace("server {", "modsecurity_rules_file r; server {")
    )
    (copy / "nginx.conf").write_text(text)
    with_bounds(monkeypatch, names=2000)
    report = check(copy)
    assert report.complete
    assert not any("could not be read" in text for text in report.assumptions)
