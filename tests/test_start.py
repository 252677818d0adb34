"""What a check imports: start-up is what a hook pays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Literal, get_type_hints

import pytest

import nginx_memlint
from nginx_memlint import inspection, result
from nginx_memlint.exit_codes import FailOn
from nginx_memlint.start import plain_check

from .helpers import http, memlint, write

HEAVY = {
    *("typer", "click", "rich", "pydantic", "crossplane", "dataclasses", "inspect", "tomllib"),
    *("importlib.metadata", "importlib.resources", "multiprocessing", "concurrent.futures"),
    *("hashlib", "subprocess", "nginx_memlint.live.verify", "nginx_memlint.live.calibrate"),
    *("threading", "shlex", "string", "base64", "struct", "fnmatch", "importlib"),
    *("typing", "warnings", "json", "traceback", "datetime"),
    *("nginx_memlint.options", "nginx_memlint.files.writing", "nginx_memlint.path_globs"),
}

COMPILED = {
    "nginx_memlint.config.tokens._TOKEN",
    "nginx_memlint.config.tokens._DIRECTIVE",
    "nginx_memlint.config.dump._CONFIGURATION",
}
"""The regular expressions of modules that every check needs; patterns.late() is for the others."""

CHECK = """
import builtins, os, re, sys
compiler = builtins.compile
def compiled(source, name, mode, *others, **more):
    assert mode == "exec", "annotations, as of a NamedTuple or a TypedDict: the first takes long"
    return compiler(source, name, mode, *others, **more)
builtins.compile = compiled
sys.argv = ["memlint", "check", *sys.argv[1:]]
os._exit = lambda code: (_ for _ in ()).throw(SystemExit(code))
from nginx_memlint.__main__ import main
try:
    main()
except SystemExit:
    print(*sys.modules, file=sys.stderr)
    own = [module for name, module in sys.modules.items() if name.startswith("nginx_memlint")]
    patterns = {
        f"{module.__name__}.{name}"
        for module in own
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
        or type(value).__module__ == "nginx_memlint.patterns" and len(vars(value)) > 1
    }
    print(*patterns, file=sys.stderr)
"""


@pytest.mark.parametrize("options", [[], ["--target", "debian-12"], ["--fail-on=never"]])
def test_a_check_imports_little(options: list[str], tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { location / { } }")})
    command = [sys.executable, "-c", CHECK, *options, str(conf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("ok ")
    modules, patterns = done.stderr.splitlines()
    loaded = set(modules.split())
    assert "nginx_memlint.pipeline" in loaded
    assert not loaded & HEAVY
    assert set(patterns.split()) == COMPILED


def test_a_kept_result_needs_nothing_that_reads(tmp_path: Path) -> None:
    locations = "".join(f"location /{number} {{ return 204; }}\n" for number in range(6000))
    inside = f"lua_ssl_trusted_certificate absent.pem; server {{ {locations} }}"
    conf = write(tmp_path, {"nginx.conf": http(inside)})
    env = {"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", CHECK, str(conf)]
    first, again = (
        subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=env)
        for _ in range(2)
    )
    assert first.stdout == again.stdout
    assert "what would help most" in first.stdout
    loaded = set(again.stderr.split())
    assert "nginx_memlint.inspection" in loaded
    for name in ("pipeline", "config.tokens", "config.tree", "rules", "remedies", "situation"):
        assert f"nginx_memlint.{name}" in set(first.stderr.split()) - loaded


@pytest.mark.parametrize("name", ["line", "github", "gitlab", "junit", "markdown", "sarif"])
def test_formats_import_little(name: str, tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { location / { } }")})
    command = [sys.executable, "-c", CHECK, "--format", name, str(conf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stderr.splitlines()[0].split())
    assert f"nginx_memlint.report.{name}" in loaded
    assert not loaded & {"typing", "dataclasses", "hashlib", "pydantic", "rich", "typer"}


def test_annotations_of_results_can_be_evaluated() -> None:
    assert get_type_hints(result.Finding)["severity"] == Literal["error", "warning", "note"]
    assert get_type_hints(result.Report)["schema_version"] == Literal[1]


READY = """
import sys
before = set(sys.modules)
import nginx_memlint.__main__
print(*set(sys.modules) - before)
"""


def test_little_is_imported_before_an_interrupt_is_awaited() -> None:
    command = [sys.executable, "-c", READY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    own = {name for name in done.stdout.split() if name.startswith("nginx_memlint")}
    assert own == {"nginx_memlint", "nginx_memlint.__main__", "nginx_memlint.standalone"}


INTERRUPTED = """
import os, signal, sys
from nginx_memlint.__main__ import main
step = int(sys.argv.pop(1))
moment = 1
while True:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        imports = 0
        def interrupt(event, _):
            global imports
            imports += event == "import"
            if event == "import" and imports == moment:
                os.kill(os.getpid(), signal.SIGINT)
        sys.addaudithook(interrupt)
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        main()
    os.close(writing)
    said = open(reading, "rb").read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(moment, status, said)
    if status == 0:
        break
    moment += step
"""
"""Each child is interrupted by what it imports, at another moment."""


def test_interrupted_while_it_starts(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { location / { } }")})
    command = [sys.executable, "-c", INTERRUPTED, "4", "check", str(conf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    *interrupted, whole = (line.split(maxsplit=1)[1] for line in done.stdout.splitlines())
    assert len(interrupted) > 10
    assert set(interrupted) == {r"130 b'memlint: interrupted\n'"}
    assert whole.startswith("0 b'ok ")
    assert done.stderr == ""


def test_interrupted_while_it_says_so() -> None:
    script = (
        "import nginx_memlint.standalone as own\n"
        "def interrupt(*_): raise KeyboardInterrupt\n"
        "own._say = interrupt\n"
        "with own.standalone(): interrupt()\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_what_is_public() -> None:
    assert {name: getattr(nginx_memlint, name) for name in nginx_memlint.__all__} == {
        "check": inspection.check,
        "ConfigReport": result.ConfigReport,
        "Report": result.Report,
        "__version__": nginx_memlint.__version__,
    }
    with pytest.raises(AttributeError, match="'nginx_memlint' has no attribute 'chek'"):
        _ = nginx_memlint.chek  # type: ignore[attr-defined]


@pytest.mark.parametrize("enabled", [True, False])
def test_importing_leaves_the_collector_as_it_was(*, enabled: bool) -> None:
    script = (
        f"import gc; gc.enable() if {enabled} else gc.disable()\n"
        "frozen = gc.get_freeze_count()\n"
        "from nginx_memlint import check\n"
        "print(gc.isenabled(), gc.get_freeze_count() - frozen)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == [str(enabled), "0"]


def test_standard_input_needs_no_typer() -> None:
    assert plain_check(["check", "-"]) == {"paths": ["-"], "flags": {}, "formats": []}


@pytest.mark.parametrize(
    ("arguments", "flags", "others"),
    [
        (["a"], {}, {}),
        (["a", "--target=classic"], {"target": "classic"}, {}),
        (["a", "--format", "json", "--format=line:x"], {}, {"formats": ["json", "line:x"]}),
        (["a", "--fail-on", "never"], {"fail-on": FailOn.NEVER}, {}),
        (["-p", "/etc", "a", "-j", "2"], {"prefix": "/etc"}, {"jobs": 2}),
        (["a", "-j0", "-p=b"], {"prefix": "=b"}, {"jobs": 0}),
        (["a", "--no-cache", "--fix"], {}, {"no_cache": True, "fix": True}),
        (["a", "-o", "x", "--no-config"], {}, {"output": "x", "no_config": True}),
    ],
)
def test_what_needs_no_typer(
    arguments: list[str], flags: dict[str, object], others: dict[str, object]
) -> None:
    expected = {"paths": ["a"], "flags": flags, "formats": [], **others}
    assert plain_check(["check", *arguments]) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--", "a"],
        ["check", "a", "--target"],
        ["check", "a", "--target", "no-such"],
        ["check", "a", "--fail-on", "no-such"],
        ["check", "a", "--jobs", "-1"],
        ["check", "a", "--jobs", "many"],
        ["check", "a", "--fix=yes"],
        ["check", "a", "--target", "classic", "--target", "classic"],
        ["check", "a", "--max-memory", "1GiB"],
        ["check", "a", "--write-baseline"],
        ["check", "a", "--help"],
        ["targets"],
        [],
    ],
)
def test_what_typer_reads(arguments: list[str]) -> None:
    assert plain_check(arguments) is None


def test_both_ways_lead_to_the_same(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { location / { } }")})
    short = memlint("check", conf, "--target", "debian-12")
    long = memlint("check", conf, "--target", "debian-12", "--unit-cost", "1MiB")
    assert (short.code, short.out) == (long.code, long.out)
    wrong = memlint("check", conf, "--context", "location")
    assert wrong.code == 2
    assert '"location" cannot be outermost' in " ".join(wrong.err.replace("│", " ").split())
