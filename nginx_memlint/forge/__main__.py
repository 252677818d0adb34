"""A step of a pipeline: ``python -I -m nginx_memlint.forge comment FILE``, or ``sarif FILE``.

All that it needs is in the environment that the runner has, and MEMLINT_TOKEN. Whether a change is
fine is not decided by whether a comment could be written: what keeps it from that is a warning.
"""

from __future__ import annotations

import os
import sys

from nginx_memlint.cli.process import tell
from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import read_file
from nginx_memlint.forge.comment import put_comment
from nginx_memlint.forge.forges import forge_of
from nginx_memlint.forge.sarif import put_sarif
from nginx_memlint.printable import printable
from nginx_memlint.report.formats.github import command

STEPS = {"comment": put_comment, "sarif": put_sarif}
"""Word → what is done with the file."""

_MOST = 64 << 20
"""Bytes of a file that is sent: far more than a host takes."""


def main(words: list[str]) -> int:
    """Do a step, and say what came of it; the exit status."""
    if len(words) != 2 or words[0] not in STEPS:
        tell(f"usage: python -I -m nginx_memlint.forge {'|'.join(STEPS)} FILE")
        return 2
    step, path = words
    try:
        said = STEPS[step](forge_of(os.environ), read_file(path, _MOST))
    except (MemlintError, OSError) as error:
        what = f"the {step} could not be sent: {printable(str(error))}"
        if "GITHUB_ACTIONS" in os.environ:
            sys.stdout.write(command("warning", {"title": "memlint"}, what))
        else:
            tell(what)
        return 0
    print(f"memlint: {printable(said)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
