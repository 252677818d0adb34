"""Make the man pages and the shells' completions of the memlint that this Python has.

    python scripts/share.py DIRECTORY

GNU help2man makes a page for each command of its help, Typer the completions. The places below the
directory are those that man and the shells look into.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from typer.main import get_command

from nginx_memlint import __version__
from nginx_memlint.cli.app import COMMANDS, app

MEMLINT = Path(sys.executable).with_name("memlint")

COMPLETIONS = {
    "bash": "bash-completion/completions/memlint",
    "zsh": "zsh/site-functions/_memlint",
    "fish": "fish/vendor_completions.d/memlint.fish",
}
"""Shell → the place of its file."""

FIRST_TAB = """
# the shell loads this file at the first Tab, which would only set the completion up
[ "$funcstack[1]" = _memlint ] && _memlint_completion
"""
"""The end of zsh's file."""

MAN = "man/man1"


def completion(shell: str) -> str:
    """The script that a shell is to run."""
    variables = os.environ | {"_MEMLINT_COMPLETE": f"source_{shell}"}
    done = subprocess.run([MEMLINT], env=variables, capture_output=True, text=True, check=True)
    return done.stdout.strip() + "\n" + (FIRST_TAB if shell == "zsh" else "")


def page(command: str, summary: str) -> str:
    """The man page of a command; "" is memlint itself."""
    name = f"memlint-{command}" if command else "memlint"
    with TemporaryDirectory() as directory:
        program = Path(directory) / name
        # a word that a line of the help ends in would lose its hyphen
        joined = r"sed -zE 's/-\n +/-/g'"
        program.write_text(f'#!/bin/sh\n{MEMLINT} {command} "$@" | {joined}\n')
        program.chmod(0o755)
        options = ("--no-info", f"--version-string={__version__}", f"--name={summary}")
        variables = os.environ | {"LC_ALL": "C.UTF-8", "COLUMNS": "80"}
        done = subprocess.run(
            ["help2man", *options, "--locale=C.UTF-8", program],
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout


def summary_of(command: str) -> str:
    """The first sentence of a command's help, as a line of an index."""
    of = get_command(import_module(f"nginx_memlint.cli.{command}").app) if command else app.info
    first = (of.help or "").partition("\n\n")[0]
    return " ".join(first.split()).rstrip(".")


def main() -> None:
    """Write all of them."""
    share = Path(sys.argv[1])
    texts = {place: completion(shell) for shell, place in COMPLETIONS.items()}
    for command in ("", *COMMANDS):
        name = f"memlint-{command}" if command else "memlint"
        texts[f"{MAN}/{name}.1"] = page(command, summary_of(command))
    for place, text in texts.items():
        path = share / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
