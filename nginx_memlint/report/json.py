"""JSON: one object, as in the published schema (``memlint schema``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

from pydantic import TypeAdapter

from nginx_memlint.result import Model, Report


def write(report: Report, out: TextIO) -> None:
    """Write the report."""
    out.write(dumps(report) + "\n")


def dumps(report: Model) -> str:
    """A record of results as JSON text."""
    adapter: TypeAdapter[Model] = TypeAdapter(type(report))
    return adapter.dump_json(report, indent=2).decode()


def schema(of: str = "report") -> dict[str, Any]:
    """The JSON Schema of what is printed, or of the settings file; raises KeyError."""
    return _SCHEMAS[of]()


def _printed(kind: type[Model]) -> dict[str, Any]:
    return TypeAdapter(kind).json_schema(by_alias=True, mode="serialization")


def _verification() -> dict[str, Any]:
    from nginx_memlint.live.verify import Verification  # noqa: PLC0415

    return _printed(Verification)


def _config() -> dict[str, Any]:
    from nginx_memlint.report.settings import InForce  # noqa: PLC0415

    return _printed(InForce)


def _settings() -> dict[str, Any]:
    from nginx_memlint.settings import model  # noqa: PLC0415

    return model.schema()


_SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "report": lambda: _printed(Report),
    "settings": _settings,
    "config": _config,
    "verification": _verification,
}
