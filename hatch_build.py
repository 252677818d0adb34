"""A hook of the build: what lies in the directory that MEMLINT_SHARE names is the wheel's share/.

scripts/build makes man pages and completions there (scripts/share.py); without it, there are none.
"""

from __future__ import annotations

import os
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShareHook(BuildHookInterface):
    """Adds the data of a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the directory, if one is named."""
        del version
        if share := os.environ.get("MEMLINT_SHARE"):
            build_data["shared_data"][share] = "share"
