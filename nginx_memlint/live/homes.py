"""Where packages put nginx's own configuration: asked before what runs nginx is imported."""

from __future__ import annotations

import os

HOMES = ("/etc/", "/usr/", "/opt/")
"""Directories of all that ``--conf-path`` names in packages: no checkout is there."""


def is_at_home(configuration: str) -> bool:
    """Whether a configuration may be the one that an installed nginx reads by itself."""
    path = os.path.abspath(configuration)
    return path.startswith(HOMES) and os.path.isfile(path)
