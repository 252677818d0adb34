"""The JSON Schemas that ``memlint schema`` prints, by what they are of."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nginx_memlint.report import json

SETTINGS = "settings"

_RECORDS = {
    "check": ("nginx_memlint.result", "Report"),
    "diff": ("nginx_memlint.diff", "Diff"),
    "config": ("nginx_memlint.report.settings", "InForce"),
    "verify": ("nginx_memlint.live.verify", "Verification"),
}
"""Command → module and record of its ``--format json``, imported when it is asked for."""

NAMES = (*_RECORDS, SETTINGS)


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a command's output, or of the settings file; raises KeyError."""
    if name == SETTINGS:
        from nginx_memlint.settings import model  # noqa: PLC0415

        return model.schema()
    module, record = _RECORDS[name]
    return json.schema(getattr(import_module(module), record))
