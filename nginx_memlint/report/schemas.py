"""The published JSON Schemas: ``python -m nginx_memlint.report.schemas schemas`` writes them."""

from __future__ import annotations

import json as plain_json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from nginx_memlint.files.writing import write_atomically
from nginx_memlint.report.formats import json

SETTINGS = "memlint"

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""The dialect of JSON Schema that pydantic writes."""

_RECORDS = {
    "check": ("nginx_memlint.result", "Report"),
    "diff": ("nginx_memlint.comparison.difference", "Diff"),
    "config": ("nginx_memlint.report.views.settings", "InForce"),
    "verify": ("nginx_memlint.live.verify", "Verification"),
    "preflight": ("nginx_memlint.live.preflight.verdict", "Preflight"),
}
"""Command → module and record of its ``--format json``, imported when it is asked for."""

NAMES = (*_RECORDS, SETTINGS)
"""Names of all schemas: of the commands' JSON, and of memlint.toml."""


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema with one of NAMES; raises KeyError.

    Its ``$id`` is a URN, as its file may be anywhere, with the version of the records.
    """
    if name == SETTINGS:
        from nginx_memlint.settings import model  # noqa: PLC0415

        return {"$id": f"urn:nginx-memlint:{name}"} | model.schema()
    module, record = _RECORDS[name]
    body = json.schema(getattr(import_module(module), record))
    version = body["properties"]["schema_version"]["const"]
    return {"$schema": DIALECT, "$id": f"urn:nginx-memlint:{name}:{version}"} | body


def text(name: str) -> str:
    """The text of the published file of a schema."""
    return plain_json.dumps(schema(name), indent=2) + "\n"


def publish(directory: str) -> None:
    """Write the files of all schemas into a directory."""
    for name in NAMES:
        write_atomically(str(Path(directory) / f"{name}.schema.json"), text(name).encode())


if __name__ == "__main__":
    publish(sys.argv[1])
