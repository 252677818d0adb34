"""JSON: one object, as in the published schema (``memlint schema``)."""

from __future__ import annotations

from typing import Any, TextIO

from nginx_memlint.result import Model, Report


def write(report: Report, out: TextIO) -> None:
    """Write the report."""
    out.write(dumps(report) + "\n")


def dumps(report: Model) -> str:
    """A record of results as JSON text."""
    from pydantic import TypeAdapter  # noqa: PLC0415  takes long

    adapter: TypeAdapter[Model] = TypeAdapter(type(report))
    return adapter.dump_json(report, indent=2).decode()


def schema(of: type[Model] = Report) -> dict[str, Any]:
    """The JSON Schema of what ``dumps`` makes of a record."""
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(of).json_schema(by_alias=True, mode="serialization")
