"""Install memlint in each way into a fresh place, and measure its size and its start.

    python -m benchmarks.installed --rounds 15 [--dist DIRECTORY] [--file memlint-linux-x86_64]

The directory is what scripts/build has made, the file is that of scripts/onefile. Needs a registry
of Python packages: pipx and uv are installed from it, beside what memlint needs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.inputs import SAMPLES
from benchmarks.measure import measure

PROJECT = SAMPLES.parent
EXTRAS = ("fleet", "html", "lsp", "yaml")
MIB = 1 << 20


def run(*command: str | Path, **variables: str | Path) -> None:
    """Run what installs something, with variables of its environment before it."""
    settings = [f"{name}={value}" for name, value in variables.items()]
    subprocess.run(["env", *settings, *map(str, command)], check=True, stdout=subprocess.DEVNULL)


def venv(place: Path, what: str) -> Path:
    """The program of an environment of its own."""
    run(sys.executable, "-m", "venv", place)
    run(place / "bin/pip", "install", "-q", what)
    return place / "bin/memlint"


def ways(work: Path, dist: Path | None) -> dict[str, Path]:
    """Way → the program that it installs, below a directory in `work` that has all of it."""
    tools = venv(work / "tools", "pipx").parent
    run(tools / "pip", "install", "-q", "uv")
    programs = {"pip": venv(work / "pip", str(PROJECT))}
    programs |= {
        f"pip, extra {extra}": venv(work / extra, f"{PROJECT}[{extra}]") for extra in EXTRAS
    }
    if dist is not None:
        for kind, ending in (("wheel", "whl"), ("sdist", "tar.gz")):
            [built] = dist.glob(f"*.{ending}")
            programs[f"pip, the {kind}"] = venv(work / kind, str(built))
    programs["pip, all extras"] = venv(work / "all", f"{PROJECT}[{','.join(EXTRAS)}]")
    place = work / "pipx"
    variables: dict[str, str | Path] = {"PIPX_HOME": place, "PIPX_BIN_DIR": place / "bin"}
    run(tools / "pipx", "install", "-q", "--python", sys.executable, PROJECT, **variables)
    programs["pipx"] = place / "bin/memlint"
    place = work / "uv"
    variables = {"UV_TOOL_DIR": place, "UV_TOOL_BIN_DIR": place / "bin", "UV_LINK_MODE": "copy"}
    run(tools / "uv", "tool", "install", "-q", "--python", sys.executable, PROJECT, **variables)
    programs["uv"] = place / "bin/memlint"
    return programs


def size(place: Path) -> int:
    """Bytes on disk."""
    done = subprocess.run(["du", "-sk", place], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0]) * 1024


def row(name: str, program: Path, place: Path, rounds: int) -> str:
    """A row of the table: what it takes on disk, and the least CPU time of a few runs."""
    times = [
        min(measure([str(program), *arguments], str(SAMPLES)).cpu for _ in range(rounds))
        for arguments in (["--version"], ["check", "--target", "debian-12", "incident"])
    ]
    return f"| {name} | {size(place) / MIB:.0f} | {times[0]:.2f} | {times[1]:.2f} |"


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--dist", type=Path, help="a directory with a wheel and an sdist")
    parser.add_argument("--file", type=Path, help="the self-contained file")
    asked = parser.parse_args()
    print("| way | MiB | `--version`, s | the incident, s |\n| --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        for name, program in ways(work, asked.dist).items():
            place = work / program.relative_to(work).parts[0]
            print(row(name, program, place, asked.rounds), flush=True)
    if asked.file is not None:
        path = asked.file.resolve()
        print(row("the self-contained file", path, path, asked.rounds))


if __name__ == "__main__":
    main()
