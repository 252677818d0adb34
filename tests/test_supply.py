"""The packages installed for the checks, and the package that is published."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, requires
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from nginx_memlint import __version__
from nginx_memlint.cli.app import COMMANDS
from tests.helpers import memlint

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))

_ENTRY = re.compile(r"^([a-z0-9.-]+)==([^ ;]+)(?: ; ([^\\]+?))?(?: \\)?$", re.MULTILINE)


def locked(path: Path) -> dict[str, Version]:
    """Name → version, of what is for this Python."""
    versions: dict[str, Version] = {}
    for name, version, marker in _ENTRY.findall(path.read_text()):
        requirement = Requirement(f"{name}=={version}" + (f"; {marker}" if marker else ""))
        if requirement.marker is None or requirement.marker.evaluate():
            versions[canonicalize_name(name)] = Version(version)
    return versions


def source(lock: Path) -> list[str]:
    """The requirements that a lock was made from."""
    if lock.name == "dev.txt":
        project = PROJECT["project"]
        extras: list[str] = [*chain.from_iterable(project["optional-dependencies"].values())]
        group = PROJECT["dependency-groups"]["dev"]
        return [*project["dependencies"], *extras, *group, *PROJECT["build-system"]["requires"]]
    lines = lock.with_suffix(".in").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_agrees_with_what_it_is_made_from(lock: Path) -> None:
    versions = locked(lock)
    for requirement in map(Requirement, source(lock)):
        if requirement.marker is None or requirement.marker.evaluate():
            version = versions.get(canonicalize_name(requirement.name))
            assert version is not None, f"run requirements/lock: {requirement} is not locked"
            assert version in requirement.specifier, f"run requirements/lock: {requirement}"


def test_the_fuzzer_is_that_of_the_group() -> None:
    fuzz = ROOT / "requirements/fuzz.in"
    assert source(fuzz.with_suffix(".txt")) == PROJECT["dependency-groups"]["fuzz"]


def test_all_that_is_needed_is_locked() -> None:
    """The packages that locked ones need are locked, as far as they are installed here."""
    versions = locked(ROOT / "requirements/dev.txt")
    asked = 0
    for name in versions:
        try:
            needs = requires(name) or []
        except PackageNotFoundError:
            continue
        for requirement in map(Requirement, needs):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert canonicalize_name(requirement.name) in versions, (name, requirement)
                asked += 1
    assert asked > 30


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_has_hashes_and_no_places(lock: Path) -> None:
    text = lock.read_text()
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    for entry in entries:
        first, *rest = entry.splitlines()
        assert _ENTRY.match(first), first
        assert rest
        assert all(re.fullmatch(r" {4}--hash=sha256:[0-9a-f]{64}(?: \\)?", line) for line in rest)
    assert "//" not in text
    assert len(entries) == len(_ENTRY.findall(text))


def test_the_checks_install_nothing_else() -> None:
    for script in ("run-tests", ".ci/run"):
        for line in (ROOT / script).read_text().splitlines():
            if "pip install" in line:
                assert "--require-hashes" in line or "--no-deps --no-build-isolation -e ." in line


def tracked() -> list[str]:
    """The files of the project, by git if there is one."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a clone")
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    return [name for name in names if name and (ROOT / name).is_file()]


def build(directory: Path, files: list[str], time: int, mode: int) -> dict[str, bytes]:
    """The package built from a copy of the files that has other times and modes: name → bytes."""
    for name in files:
        copy = directory / "copy" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy)
        copy.chmod(mode)
        os.utime(copy, (time, time))
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(directory / "dist")],
        cwd=directory / "copy",
        env=os.environ | {"SOURCE_DATE_EPOCH": "1700000000", "TZ": f"X{time % 12}"},
        capture_output=True,
        check=True,
        timeout=120,
    )
    return {path.name: path.read_bytes() for path in (directory / "dist").iterdir()}


def test_builds(tmp_path: Path) -> None:
    """Builds are equal wherever and whenever they are made: the package, and all there is."""
    files = tracked()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = build(tmp_path / "a", files, 1_000_000_000, 0o644)
    second = build(tmp_path / "b", files[::-1], 1_600_000_007, 0o600)
    stem = f"nginx_memlint-{__version__}"
    assert first.keys() == {f"{stem}-py3-none-any.whl", f"{stem}.tar.gz"}
    assert first == second
    package = {name for name in files if name.startswith("nginx_memlint/")}
    assert {"nginx_memlint/py.typed", "nginx_memlint/report/formats/html/page.html"} <= package
    assert {"nginx_memlint/targets/versions_table.py", "nginx_memlint/live/shim.c"} <= package
    with zipfile.ZipFile(tmp_path / f"a/dist/{stem}-py3-none-any.whl") as wheel:
        info = ("METADATA", "WHEEL", "entry_points.txt", "licenses/LICENSE", "RECORD")
        assert {*wheel.namelist()} == package | {f"{stem}.dist-info/{name}" for name in info}
        assert wheel.testzip() is None
    with tarfile.open(tmp_path / f"a/dist/{stem}.tar.gz") as sdist:
        assert {*sdist.getnames()} == {f"{stem}/{name}" for name in [*files, "PKG-INFO"]}


def test_the_image_has_all_that_its_build_needs(tmp_path: Path) -> None:
    """Files that the Dockerfile copies are among those that docker sees, and build a wheel."""
    copies = re.findall(r"^COPY (?!--)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    names = {name for line in copies for name in line.split()}
    seen = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in names} == {line for line in seen if line.startswith("!")}
    files = [name for name in tracked() if name.split("/")[0] in names]
    built = build(tmp_path, files, 1_000_000_000, 0o644)
    assert f"nginx_memlint-{__version__}-py3-none-any.whl" in built


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The share/ of a wheel that is built as scripts/build does it, and installed by pip."""
    if shutil.which("help2man") is None:
        pytest.skip("needs help2man")
    top = tmp_path_factory.mktemp("wheel")
    python = [sys.executable, "-P"]
    share = {"MEMLINT_SHARE": str(top / "share"), "SOURCE_DATE_EPOCH": "1700000000"}
    build = ["hatchling", "build", "-t", "wheel", "-d", str(top / "dist")]
    pip = ["pip", "install", "-q", "--no-deps", "--no-index", "--ignore-installed"]
    for command in (
        [str(ROOT / "scripts/share.py"), str(top / "share")],
        ["-m", *build],
        ["-m", *pip, "--prefix", str(top / "there"), "-f", str(top / "dist"), "nginx-memlint"],
    ):
        subprocess.run(
            [*python, *command], cwd=ROOT, env=os.environ | share, check=True, timeout=300
        )
    return top / "there/share"


WIDTH = {"COLUMNS": "80"}
"""The terminal of whose help man pages are made."""


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_man_pages(installed: Path, command: str) -> None:
    """Each command has a page with all that its help has: the options, and what they do."""
    page = installed / f"man/man1/{'-'.join(filter(None, ('memlint', command)))}.1"
    text = re.sub(r"\\f[A-Z]|\\/|\\,", "", page.read_text("utf-8")).replace("\\-", "-")
    plain = {*re.sub(r"^\.\w+ ?", "", text, flags=re.MULTILINE).replace('"', "").split()}
    assert f'"memlint{f"-{command}" if command else ""} {__version__}"' in text.splitlines()[1]
    help_text = memlint(*filter(None, (command, "--help")), env=os.environ | WIDTH).out
    options = re.findall(r"^ +(?:-\w, )?(--[\w-]+)", help_text, re.MULTILINE)
    assert "--help" in options
    assert {*options} <= plain
    joined = re.sub(r"-\n +", "-", help_text.replace('"', ""))
    words = joined.partition("[OPTIONS]")[2].split()
    assert {*words} - plain == {"Options:"}  # a heading, there in capitals


def test_completions(installed: Path) -> None:
    """bash completes a command's name by its file, zsh at the first Tab; fish has its own."""
    script = installed / "bash-completion/completions/memlint"
    words = "COMP_WORDS=(memlint prefl); COMP_CWORD=1; _memlint_completion memlint"
    program = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", f'source "$0"; {words}; echo "${{COMPREPLY[@]}}"', script],
        env=os.environ | {"PATH": program},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "preflight\n"
    zsh = (installed / "zsh/site-functions/_memlint").read_text()
    assert zsh.startswith("#compdef memlint\n")
    assert zsh.endswith('\n[ "$funcstack[1]" = _memlint ] && _memlint_completion\n')
    defined = re.findall(r"^(\w+)\(\) \{", zsh, re.MULTILINE)
    assert defined == ["_memlint_completion"]  # what the last line calls
    fish = (installed / "fish/vendor_completions.d/memlint.fish").read_text()
    assert fish.startswith("complete --command memlint ")
