"""The command as a process: streams that are closed or full, interrupts, odd surroundings."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from nginx_memlint import check
from tests.helpers import SAMPLES, copy_sample, http, write
from tests.hostile.limited import limited
from tests.hostile.test_inputs import chain

MEMLINT = [sys.executable, "-m", "nginx_memlint"]
TIMEOUT = 120
CHECK = ("check", "--target", "debian-12", SAMPLES / "incident")

COMMANDS: dict[str, tuple[str | Path, ...]] = {
    "check": CHECK,
    "json": (*CHECK, "--format", "json"),
    "sarif": (*CHECK, "--format", "sarif"),
    "show-fix": (*CHECK, "--show-fix"),
    "tree": ("tree", SAMPLES / "incident"),
    "diff": ("diff", SAMPLES / "healthy", SAMPLES / "incident"),
    "config": ("config", SAMPLES / "incident"),
    "rules": ("rules",),
    "explain": ("explain", "ML101"),
    "targets": ("targets",),
    "help": ("check", "--help"),
    "version": ("--version",),
}


def run(
    *args: str | Path,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
    before: Callable[[], None] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [*MEMLINT, *map(str, args)],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        preexec_fn=before,
        timeout=TIMEOUT,
        check=False,
    )
    assert b"Traceback" not in (done.stderr or b"")
    assert b"Exception ignored" not in (done.stderr or b"")
    return done


@pytest.mark.parametrize("name", ["check", "json", "rules", "help"])
def test_the_reader_has_gone(name: str) -> None:
    """The reader has gone before any output: ``memlint … | true`` leaves that to chance."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run(*COMMANDS[name], stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_the_reader_goes_after_a_line() -> None:
    command = [*MEMLINT, *map(str, CHECK), "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"{\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        # all of it may have been in the pipe
        assert process.wait(TIMEOUT) in (1, 128 + signal.SIGPIPE)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_disk_is_full(name: str) -> None:
    with open("/dev/full", "wb") as full:
        done = run(*COMMANDS[name], stdout=full.fileno())
    assert done.returncode == 2
    assert done.stderr == b"memlint: cannot write the output: No space left on device\n"


def test_the_disk_of_messages_is_full() -> None:
    with open("/dev/full", "wb") as full:
        done = run("check", "--nonsense", stderr=full.fileno())
        assert done.returncode == 2
        done = run(*CHECK, stderr=full.fileno())
        assert done.returncode == 1


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (1, 2), (0, 1, 2)])
def test_streams_that_were_closed(closed: tuple[int, ...]) -> None:
    """No file may get their numbers, and be written to."""

    def close() -> None:
        for number in closed:
            os.close(number)

    done = run(*CHECK, before=close)
    assert done.returncode == 1
    assert (b"ML101" in done.stdout) == (1 not in closed)
    assert done.stderr == b""
    done = run("check", "-", before=close)
    assert done.returncode == 3


@pytest.mark.parametrize("times", [1, 20], ids=["once", "several times"])
def test_ctrl_c(times: int, tmp_path: Path) -> None:
    """While it waits for standard input; no file is left behind."""
    command = [*MEMLINT, "check", "--format", "json:out.json", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=tmp_path) as process:
        assert process.stdin is not None
        process.stdin.write(b"#" * 500_000)  # more than a pipe holds: it is being read
        process.stdin.flush()
        for _ in range(TIMEOUT):
            for _ in range(times):
                process.send_signal(signal.SIGINT)  # Python may miss one just before it reads on
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
                break
        assert process.returncode == 128 + signal.SIGINT
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read() == b""
        assert process.stderr.read() == b"memlint: interrupted\n"
        process.stdin.close()
    assert list(tmp_path.iterdir()) == []


def no_room() -> None:
    """Files cannot grow beyond 100 bytes, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def names_and_bytes(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


WRITERS: dict[str, tuple[str, ...]] = {
    "output": ("--output", "out"),
    "formats": ("--format", "json:other", "--format", "text:out"),
    "baseline": ("--baseline", "baseline.json", "--write-baseline"),
    "fix": ("--fix",),
}


@pytest.mark.parametrize("name", WRITERS)
def test_files_are_written_whole_or_not_at_all(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_sample("incident", tmp_path / "conf")
    (tmp_path / "out").write_bytes(b"as it was")
    before = names_and_bytes(tmp_path)
    monkeypatch.chdir(tmp_path)
    arguments = ("check", "--target", "debian-12", *WRITERS[name], "conf")
    done = run(*arguments, stdout=subprocess.DEVNULL, before=no_room)
    assert done.returncode in (1, 2)
    assert b"File too large" in done.stderr
    assert names_and_bytes(tmp_path) == before
    # and with room only what was named is written
    done = run(*arguments, stdout=subprocess.DEVNULL)
    assert done.returncode in (0, 1)
    after = names_and_bytes(tmp_path)
    assert after != before
    changed = {file for file in after if after[file] != before.get(file)}
    named = {"out", "other", "baseline.json"}
    fixed = {*before, "conf/lua_ssl_trusted_certificate.conf"} - named
    assert changed <= (named if name != "fix" else fixed), changed


SETPRIV = shutil.which("setpriv")


@pytest.fixture
def obedient() -> list[str]:
    """The words before a command that make root, too, obey the permissions of files."""
    if os.geteuid() != 0:
        return []
    if SETPRIV is None:
        pytest.skip("needs setpriv")
    before = [SETPRIV, "--bounding-set=-dac_override,-dac_read_search"]
    if subprocess.run([*before, "true"], check=False).returncode:
        pytest.skip("may not drop capabilities")
    return before


def test_a_tree_that_is_read_only(tmp_path: Path, obedient: list[str]) -> None:
    """Nothing is written beside the configuration, in the working directory or in HOME."""
    copy_sample("incident", tmp_path / "conf")
    before = names_and_bytes(tmp_path)
    places = [tmp_path, *(path for path in tmp_path.rglob("*") if path.is_dir())]
    for place in places:
        place.chmod(0o555)
    try:
        for option in ("--show-fix", "--fix", "--output=out"):
            done = subprocess.run(
                [*obedient, *MEMLINT, "check", "--target", "debian-12", option, "conf"],
                cwd=tmp_path,
                env=os.environ | {"HOME": str(tmp_path)},
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
            assert done.returncode == (2 if "output" in option else 1), (option, done.stderr)
            assert b"Traceback" not in done.stderr
            if option == "--fix":
                assert b"nothing is changed" in done.stderr + done.stdout
    finally:
        for place in places:
            place.chmod(0o755)
    assert names_and_bytes(tmp_path) == before


def test_files_that_may_not_be_read(tmp_path: Path, obedient: list[str]) -> None:
    write(tmp_path, {"nginx.conf": http("include d/*;\ninclude a;"), "a": "", "d/b": ""})
    (tmp_path / "a").chmod(0)
    (tmp_path / "d").chmod(0)
    try:
        done = subprocess.run(
            [*obedient, *MEMLINT, "check", "nginx.conf"],
            cwd=tmp_path,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    finally:
        (tmp_path / "d").chmod(0o755)
    assert done.returncode == 3
    assert b"nginx.conf:5:1: cannot list" in done.stdout
    assert b"nginx.conf:6:1: include: open()" in done.stdout
    assert done.stdout.count(b"(13: Permission denied)") == 2


ENVIRONMENTS: dict[str, dict[str, str]] = {
    "nothing": {},
    "no home": {"HOME": "/nonexistent"},
    "a file for a home": {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/x"},
    "C": {"LC_ALL": "C"},
    "C without UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "no such locale": {"LC_ALL": "xx_YY.nonsense"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr"},
    "an encoding": {"PYTHONIOENCODING": "utf-16"},
    "ASCII": {"PYTHONIOENCODING": "ascii:strict"},
    "no columns": {"COLUMNS": "0"},
    "strange columns": {"COLUMNS": "-7", "LINES": "x"},
    "no terminal": {"TERM": ""},
    "optimized": {"PYTHONOPTIMIZE": "2"},
    "a time zone": {"TZ": "Nonsense/Zone"},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_surroundings(name: str, tmp_path: Path) -> None:
    """The text is for people there, the JSON the same everywhere."""
    conf = tmp_path / "çonf-\udcff.conf"
    conf.write_bytes((SAMPLES / "incident/nginx.conf").read_bytes())
    (tmp_path / "tenants").symlink_to(SAMPLES / "incident/tenants")
    path = ":".join(filter(None, sys.path))
    base = {"PATH": os.environ.get("PATH", "/usr/bin"), "PYTHONPATH": path}
    arguments = ("--target", "debian-12", "--format", "text", "--format", "json:out", conf)
    done = subprocess.run(
        [*MEMLINT, "check", *arguments],
        cwd=tmp_path,
        env=base | ENVIRONMENTS[name],
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )
    # the bundle is not there: what is guessed of it is no error
    assert (done.returncode, done.stderr) == (0, b"")
    assert "ML101" in done.stdout.decode("utf-16" if name == "an encoding" else "utf-8")
    expected = check(conf, target="debian-12")
    [config] = json.loads((tmp_path / "out").read_bytes())["configs"]
    assert config["memory"]["start_bytes"] == expected.memory.start_bytes
    name_there = config["path"].replace(r"\xc3\xa7", "ç")  # where names are ASCII
    assert name_there == expected.path


def test_a_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'rmdir "$0"; exec "$@"'
    for arguments, code in (
        (("check", SAMPLES / "incident"), 1),
        (("check", "nginx.conf"), 3),
        (("check", "-"), 3),
        (("check", "--prefix", "x"), 3),
        (("tree", "."), 3),
        (("diff", "a", "b"), 3),
        (("diff", "--base", "HEAD", "x"), 2),
        (("config", "x"), 0),
    ):
        gone.mkdir(exist_ok=True)
        done = subprocess.run(
            ["sh", "-c", script, str(gone), *MEMLINT, *map(str, arguments)],
            cwd=gone,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        assert b"Traceback" not in done.stderr
        assert b"internal error" not in done.stderr


@pytest.mark.parametrize("options", [(), ("--sysroot", ".")])
def test_few_file_descriptors(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Fewer than includes are nested, or a directory has files."""
    files = chain(300) | {f"d/{n}": "server { }" for n in range(50)}
    files["f300"] = f"include {'' if options else tmp_path}/d/*;"
    write(tmp_path, files)
    done = limited("check", "--format", "json", *options, "nginx.conf", cwd=tmp_path, files=12)
    assert done.code == 0
    assert done.json["configs"][0]["blocks"]["server"] == 50


def test_an_error_of_ours_is_a_line() -> None:
    script = (
        "import nginx_memlint.cli.app as cli, nginx_memlint.__main__ as own\n"
        "def broken(): raise RuntimeError('x\\x1b[31m' + 'y' * 5000)\n"
        "cli.app = broken\n"
        "own.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 4
    lines = done.stderr.decode().splitlines()
    assert lines[0].startswith("memlint: internal error: RuntimeError: x\\x1b[31myyy")
    assert len(lines[0]) < 1100
    assert len(lines) == 2
