"""The documents' commands and what is shown of their output; a directory where they can be run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from tests.documents.pages import FOR_USERS, PROJECT, Block, Page
from tests.helpers import LUA, MEASURED, SAMPLES, Run, http, memlint_here, write

NGINX = re.compile(
    r"\b(nginx|openresty) -T\b|^memlint (calibrate|facts|verify|preflight)\b|--nginx-binary"
)
"""Commands that need the real nginx: tests/nginx/test_examples.py runs them."""

FINDS = re.compile(r"^memlint (check .*sample_confs/incident|lsp .*)$")
"""Commands that end with status 1: with findings, and a server whose editor has gone."""

FAILED = re.compile(r"^( *error\b|GREW TOO MUCH )", re.MULTILINE)
"""Lines of an output that ends with status 1."""

NAME = re.compile(r"memlint [a-z]+")
"""In a sentence: the name of a command, not a command."""


@dataclass(frozen=True)
class Example:
    """Commands of a page, which are run one after the other."""

    page: Page
    block: Block

    @property
    def commands(self) -> list[str]:
        """The commands."""
        return self.block.commands

    def __str__(self) -> str:
        return f"{self.page.name}:{self.commands[0]}"


def examples() -> list[Example]:
    """All commands that users are shown, in blocks and in sentences."""
    return [
        Example(page, block)
        for page in FOR_USERS
        for block in (
            *(block for block in page.blocks if block.language == "sh"),
            *(Block("sh", span) for span in page.spans),
        )
    ]


def needs_nginx(example: Example) -> bool:
    """Whether one of its commands asks for a real nginx."""
    commands = (command for command in example.commands if not NAME.fullmatch(command))
    return any(NGINX.search(command) for command in commands)


PROGRAMS = {
    "ssh": 'shift\nexec "$@"',
    "kubectl": """\
while [ "$1" != -- ]; do shift; done
shift
exec "$@\"""",
    "docker": """\
case $1 in
exec) shift 2; exec "$@" ;;
cp) cp -r conf "$3" ;;
build) test -f "${@: -1}/Dockerfile" ;;
run) IFS=: read -r here there _ <<<"$4"; shift 5; exec memlint "${@//$there/$here}" ;;
esac""",
    "tar": 'cd "$SCRATCH" && PATH=/usr/bin:/bin exec tar -czh etc/nginx',
    "nginx": 'exec /usr/sbin/nginx -p "$SCRATCH/etc/nginx/" -c nginx.conf "$@"',
    "openresty": 'exec nginx "$@"',
    "systemctl": '[ "$*" = "reload nginx" ] && exec nginx -s reload',
}
"""Stand-ins: what is run elsewhere is run here, with the configuration of the scratch directory."""


def scratch(directory: Path) -> Path:
    """A directory that has what the documents name."""
    body = "access_log off;\nserver { listen 8080; location / { return 200; } }"
    main = f"pid {directory}/pid;\nerror_log {directory}/error.log;\n"
    whole = http(body, main)
    names = ("nginx", "conf/nginx", "nginx/nginx", "etc/nginx/nginx", "hosts/a/nginx")
    files: dict[str, str | bytes] = {
        "snippets/tls.conf": "ssl_protocols TLSv1.3;\n",
        "here.toml": MEASURED,
        "memlint.toml": 'roots = ["nginx.conf"]\n',
    }
    files |= {f"{name}.conf": whole for name in names}
    files |= {f"bin/{name}": f"#!/bin/bash\n{text}\n" for name, text in PROGRAMS.items()}
    write(directory, files)
    for name in PROGRAMS:
        (directory / "bin" / name).chmod(0o755)
    shutil.copytree(SAMPLES, directory / "sample_confs")
    shutil.copy(PROJECT / "Dockerfile", directory)
    return directory


def commit(directory: Path) -> None:
    """Make it a repository whose origin has it, too, and its main file costly since."""
    names = ("memlint.toml", "nginx.conf", "hosts")
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("add", *names),
        (*who, "commit", "-q", "-m", "x"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"),
    ):
        subprocess.run(["git", *arguments], cwd=directory, check=True, timeout=60)
    path = directory / "nginx.conf"
    costly = "http {\nlua_ssl_trusted_certificate ca.pem;"
    path.write_text(LUA + path.read_text().replace("http {", costly))


def run(command: str, directory: Path) -> Run:
    """Run a command as it stands there; in this process if it needs no shell and runs no other."""
    if NAME.fullmatch(command):
        command += " --help"
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        words = []
    if words[:1] == ["memlint"] and not re.search(r"[*|<>$&;]| -- ", command):
        return memlint_here(*words[1:])
    path = f"{directory / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=directory,
        env=os.environ | {"PATH": path, "SCRATCH": str(directory)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def check_block(example: Block, directory: Path) -> None:
    """Run its commands: each ends as it should, writes what it names, prints what is shown."""
    last = Run(0, "", "")
    for command in example.commands:
        last = run(command, directory)
        fails = FINDS.search(command) or FAILED.search(example.shown)
        assert last.code == (1 if fails else 0), f"{command}\n{last.out}{last.err}"
        for name in re.findall(r"(?:> |--output |--format \w+:|--baseline )([\w.-]+)", command):
            assert (directory / name).stat().st_size > 0, f"{command}: no {name}"
    if example.shown:
        assert shows(example.shown, last.out), f"{example.commands[-1]} prints:\n{last.out}"


def shows(shown: str, printed: str) -> bool:
    """Whether an output is what is shown of it: a line "…" stands for any number of lines."""
    have, want = (_lines(text) for text in (printed, shown))
    parts: list[list[str]] = [[]]
    for line in want:
        if line == "…":
            parts.append([])
        else:
            parts[-1].append(line)
    at = 0
    for number, part in enumerate(parts):
        starts = range(at, len(have) - len(part) + 1) if number else [0]
        if not part:
            continue
        matching = [start for start in starts if have[start : start + len(part)] == part]
        if not matching:
            return False
        at = matching[0] + len(part)
    return at == len(have) or not parts[-1]


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip("\n").split("\n")]


def at(block: Block, old: str, new: str) -> Block:
    """A block with another path."""
    return replace(block, text=block.text.replace(old, new))
