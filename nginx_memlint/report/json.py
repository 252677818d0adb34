"""JSON: one object, as in the published schema (``memlint schema``)."""

from __future__ import annotations

from typing import Any

from nginx_memlint.report.screen import Plain
from nginx_memlint.result import Model, Report


def write(report: Report, screen: Plain) -> None:
    """Print the report."""
    screen.file.write(dumps(report) + "\n")


def dumps(report: Model) -> str:
    """A record of results as JSON text."""
    from pydantic import TypeAdapter  # noqa: PLC0415  takes long

    adapter: TypeAdapter[Model] = TypeAdapter(type(report))
    return adapter.dump_json(report, indent=2).decode()


def schema() -> dict[str, Any]:
    """The JSON Schema of what ``write`` prints."""
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(Report).json_schema(by_alias=True, mode="serialization")
