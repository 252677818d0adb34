"""Find programs by name, but never in the working directory."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable


def find_program(name: str, more: Iterable[str] = ()) -> str | None:
    """The absolute path of a program in the directories of PATH, then in ``more``; else None.

    Relative directories in PATH, such as an empty one or ".", do not count: the working directory
    may be a stranger's repository, with a program of any name in it.
    """
    directories = os.environ.get("PATH", os.defpath).split(os.pathsep)
    absolute = [path for path in (*directories, *more) if os.path.isabs(path)]
    return shutil.which(name, path=os.pathsep.join(absolute)) if absolute else None
