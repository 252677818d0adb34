"""JSON: one object, as in the published schema (schemas/check.schema.json)."""

from __future__ import annotations

from functools import cache
from typing import Any, TextIO

from nginx_memlint.result import Model, Report


def write(report: Model, out: TextIO) -> None:
    """Write the report."""
    out.write(dumps(report) + "\n")


def dumps(report: Model, indent: int | None = 2) -> str:
    """A record of results as JSON text, on one line without an indent."""
    kind: Any = type(report)
    text: bytes = _adapter(kind).dump_json(report, indent=indent)
    return text.decode()


def schema(of: type[Model] = Report) -> dict[str, Any]:
    """The JSON Schema of the text that ``dumps`` makes of a record."""
    kind: Any = of
    schema: dict[str, Any] = _adapter(kind).json_schema(by_alias=True, mode="serialization")
    return schema


@cache
def _adapter(of: Any) -> Any:  # noqa: ANN401  of pydantic, which is imported late
    """The pydantic adapter of a record; making it takes longer than writing most reports."""
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(of)
