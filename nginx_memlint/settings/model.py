"""What a settings file may hold: checked by pydantic, and published as a JSON Schema.

Keys are named as the flags of ``memlint check``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from nginx_memlint import rules
from nginx_memlint.arguments import MOST_WORKERS
from nginx_memlint.exit_codes import FailOn
from nginx_memlint.inspection import check_context
from nginx_memlint.memory.targets import parse_version, target_names
from nginx_memlint.printable import printable
from nginx_memlint.settings.files import KeyPath, SettingsError, SettingsFile
from nginx_memlint.sizes import MAX_SIZE, SIZE_PATTERN, check_budget, parse_budget, parse_size

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"

MAX_MISTAKES = 20
"""That are listed one by one."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """``; did you mean "…"?`` if a known word is close, else nothing."""
    close = get_close_matches(word, known, 1, 0.5)
    return f'; did you mean "{close[0]}"?' if close else ""


def _known(kind: str, names: Callable[[], Iterable[str]], where: str) -> Callable[[str], str]:
    def known(name: str) -> str:
        if name not in names():
            raise ValueError(
                f'"{name}" is not a known {kind}{suggestion(name, names())} ({where} lists all)'
            )
        return name

    return known


def _size(value: object) -> object:
    return parse_size(value) if isinstance(value, str) else value


def _budget(value: object) -> object:
    if isinstance(value, str):
        return parse_budget(value)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return check_budget(value)
    return value


def _version(text: str) -> str:
    parse_version(text)
    return text


def _path(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError("is empty" if not text else "holds a NUL byte")
    return text


def _absolute(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError(f'"{text}" must be absolute: it is a directory as nginx sees it')
    return text


def _context(names: list[str]) -> list[str]:
    check_context(names)
    return names


_SIZE_SCHEMA = {
    "anyOf": [
        {"type": "integer", "exclusiveMinimum": 0},
        {"type": "string", "pattern": SIZE_PATTERN},
    ],
    "examples": ["512MiB", "4GiB", 1048576],
}

Size = Annotated[
    int,
    Field(gt=0, lt=MAX_SIZE, strict=True),
    BeforeValidator(_size),
    WithJsonSchema(_SIZE_SCHEMA),
]
Budget = Annotated[
    int,
    Field(gt=0, lt=MAX_SIZE, strict=True),
    BeforeValidator(_budget),
    WithJsonSchema(_SIZE_SCHEMA),
]
Version = Annotated[str, AfterValidator(_version)]
Path = Annotated[str, AfterValidator(_path), Field(json_schema_extra={"minLength": 1})]
AbsolutePath = Annotated[
    str,
    AfterValidator(_path),
    AfterValidator(_absolute),
    WithJsonSchema({"type": "string", "pattern": "^/"}),
]
TargetName = Annotated[
    str,
    AfterValidator(_known("target", target_names, "memlint targets")),
    WithJsonSchema({"type": "string", "enum": target_names()}),
]
RuleCode = Annotated[
    str,
    AfterValidator(_known("rule", rules.codes, "memlint rules")),
    WithJsonSchema({"type": "string", "enum": list(rules.codes())}),
]
RuleSeverity = Literal["error", "warning", "note", "off"]


class _Table(BaseModel):
    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        alias_generator=lambda name: name.replace("_", "-"),
        hide_input_in_errors=True,
    )


class Ignore(_Table):
    """Findings that are accepted in some files."""

    paths: Annotated[list[Path], Field(min_length=1)]
    """Files, as globs from the settings file's directory: ``*`` and ``?`` within one name, ``**``
    for any number of directories. An absolute glob is held against the absolute path."""
    rules: Annotated[list[RuleCode], Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1, pattern=r"\S")]
    """Why they are accepted: it is printed with what is suppressed."""


class RootSettings(_Table):
    """What can be set for all configurations, and for one root."""

    target: TargetName | None = None
    """The server it is for: a name that ``memlint targets`` lists."""
    target_file: Path | None = None
    """The server it is for: a file that ``memlint calibrate`` wrote."""
    nginx_version: Version | None = None
    """Instead of the target's."""
    lua_version: Version | None = None
    """Instead of the target's."""
    stream_lua_version: Version | None = None
    """Instead of the target's."""
    njs_version: Version | None = None
    """Instead of the target's."""
    openssl_version: Version | None = None
    """Instead of the target's."""
    workers: Annotated[int, Field(ge=1, le=MOST_WORKERS)] | None = None
    """Worker processes, where the configuration says auto."""
    unit_cost: Size | None = None
    """Memory of one CA load, instead of what the bundle weighs."""
    max_memory: Budget | None = None
    """The budget at the worst reload peak."""
    max_start_memory: Budget | None = None
    """The budget at a start."""
    max_zones_memory: Budget | None = None
    """The budget of all shared memory zones."""
    max_test_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """The limit of CPU seconds for nginx -t, which each start and reload take, too."""
    sysroot: Path | None = None
    """Look absolute paths up below this directory; read nothing outside it."""
    path_map: (
        Annotated[
            dict[AbsolutePath, Path], Field(json_schema_extra={"additionalProperties": False})
        ]
        | None
    ) = None
    """FROM = TO: look paths below FROM up below TO; the longest wins."""
    prefix: Path | None = None
    """As nginx -p. It does not change where roots are."""
    context: Annotated[list[str], AfterValidator(_context)] | None = None
    """The configuration is a fragment that belongs inside these blocks."""
    fail_on: Annotated[FailOn, Field(strict=False)] | None = None
    """The least severity that makes the exit status 1."""
    severity: dict[RuleCode, RuleSeverity] = {}
    """The severity of a rule's findings, instead of its own; "off": none."""
    ignore: list[Ignore] = []
    """Findings that are accepted in some files."""

    @field_validator("target_file")
    @classmethod
    def _one_target(cls, path: str | None, others: ValidationInfo) -> str | None:
        if others.data.get("target") is not None:
            raise ValueError("is used instead of target: leave one of them out")
        return path


class RootTable(RootSettings):
    """A configuration to check, and what is set for it alone."""

    path: Path
    """The main file, or the directory that holds it, from the settings file's directory."""
    dump: bool | None = None
    """Whether it is the output of ``nginx -T``; without it, a file that begins like one is
    refused."""

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, value: object) -> object:
        return {"path": value} if isinstance(value, str) else value


class _OrPath:
    """In the schema, a root is a table or just its path."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string", "minLength": 1}, handler(core)]}


class Settings(RootSettings):
    """memlint.toml, or [tool.memlint] in pyproject.toml."""

    roots: list[Annotated[RootTable, _OrPath()]] = []
    """The configurations that ``memlint check`` checks if none is named."""


class _Schema(GenerateJsonSchema):
    """As TOML has it: there is no null, a key is left out."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        return False


def schema() -> dict[str, Any]:
    """The JSON Schema of memlint.toml."""
    return {"$schema": SCHEMA_DIALECT, **Settings.model_json_schema(schema_generator=_Schema)}


def validated(file: SettingsFile) -> dict[str, Any]:
    """What a settings file sets, by its keys; each root is a table with a path.

    Raises SettingsError that names every mistake.
    """
    try:
        settings = Settings.model_validate(file.table)
    except ValidationError as error:
        mistakes = sorted(_mistake(file, detail) for detail in error.errors(include_url=False))
        lines = [text for _, text in mistakes[:MAX_MISTAKES]]
        if len(mistakes) > MAX_MISTAKES:
            lines.append(f"{printable(file.path)}: and {len(mistakes) - MAX_MISTAKES} more")
        raise SettingsError("\n".join(lines)) from None
    return settings.model_dump(by_alias=True, exclude_unset=True)


_GONE = {"bounds": "bounds are fixed; only the flag --trusted lifts them, for input of your own"}
"""Key that there was once → what is there now."""

_WORDS = {
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "string_type": "must be a text",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "finite_number": "must be finite",
    "missing": "is missing",
    "string_too_short": "is empty",
    "string_pattern_mismatch": "is empty",
    "too_short": "is empty",
    "greater_than": "must be more than {gt}",
    "less_than": "must be less than {lt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "value_error": "{error}",
}


def _mistake(file: SettingsFile, detail: ErrorDetails) -> tuple[int, str]:
    """Its line and what to say."""
    path: KeyPath = tuple(part for part in detail["loc"] if part != "[key]")
    if detail["type"] == "extra_forbidden":
        what = _unknown(path)
    else:
        words = _WORDS.get(detail["type"], "{msg}")
        what = f"{_dotted(path)}: {words.format(**detail.get('ctx', {}), msg=detail['msg'])}"
    if detail["type"] == "missing":
        path = path[:-1]
    return file.line(path) or 0, f"{file.at(path)}: {printable(what)}"


def _unknown(path: KeyPath) -> str:
    key = str(path[-1])
    if key in _GONE:
        return f"{key}: {_GONE[key]}"
    inner: dict[str, type[_Table]] = {"ignore": Ignore}
    around = next((table for name, table in inner.items() if name in path[:-1]), RootTable)
    owner = Settings if len(path) == 1 else around
    known = [name.replace("_", "-") for name in owner.model_fields]
    guess = suggestion(key, known) or "; memlint schema settings lists all keys"
    return f'unknown key "{key}"{guess}'


def _dotted(path: KeyPath) -> str:
    """As TOML writes it, arrays counted from 1: ``roots[2].max-memory``."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text
