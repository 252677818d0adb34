"""The keys and values of a settings file: checked by pydantic, and published as a JSON Schema.

Keys are named as the flags of ``memlint check``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Tag,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from nginx_memlint import removed, rules
from nginx_memlint.errors import MemlintError
from nginx_memlint.options.record import Option, OptionPlace, options_in
from nginx_memlint.printable import printable
from nginx_memlint.rules.selection import read_codes
from nginx_memlint.settings.files import KeyPath, SettingsFile
from nginx_memlint.suggest import did_you_mean

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"

MOST_LISTED = 1000
"""Roots, and ignores of a table, that a file may have: whoever writes it decides how often
everything is read."""

EXAMPLES = {
    "roots": '["hosts/web1/nginx.conf"]',
    "path": 'path = "hosts/*/nginx.conf"',
    "severity": '{ML202 = "off"}',
    "ignore": '[{paths = ["legacy/**"], rules = ["ML101"], reason = "goes in May"}]',
    "paths": '["legacy/**"]',
    "rules": '["ML101"]',
    "reason": 'reason = "goes in May"',
    "dump": "true",
}
"""Key that no option is → what a mistake there shows."""

MAX_MISTAKES = 20
"""Mistakes that are printed one by one."""


def _one_of(kind: str, names: Callable[[], Iterable[str]], where: str) -> Callable[[str], str]:
    def checked(name: str) -> str:
        if name in removed.RULES:
            raise ValueError(f"{name}: {removed.RULES[name]}")
        if name not in names():
            raise ValueError(
                f'"{name}" is not a known {kind}{did_you_mean(name, names())} ({where} lists all)'
            )
        return name

    return checked


def _path(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError("is empty" if not text else "holds a NUL byte")
    return text


def _no_stream(text: str) -> str:
    if text == "-":
        raise ValueError('"-" is standard input: settings cannot ask for that (a file is "./-")')
    return text


def _codes(text: str) -> str:
    read_codes([text])
    return text


Path = Annotated[str, AfterValidator(_path), Field(json_schema_extra={"minLength": 1})]
RootPath = Annotated[
    str,
    AfterValidator(_path),
    AfterValidator(_no_stream),
    WithJsonSchema({"type": "string", "minLength": 1, "not": {"const": "-"}}),
]
RuleCode = Annotated[
    str,
    AfterValidator(_one_of("rule", rules.codes, "memlint rules")),
    WithJsonSchema({"type": "string", "enum": list(rules.codes())}),
]
Codes = Annotated[str, AfterValidator(_codes), WithJsonSchema({"type": "string", "minLength": 1})]
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
    """The reason for accepting the findings, which is printed with them."""


IGNORE_TABLE, IGNORE_CODE = "[table]", "[code]"
"""Parts that pydantic puts into the place of a mistake in one of two kinds of ignores."""


def _kind_of_ignore(value: object) -> str:
    return IGNORE_CODE if isinstance(value, str) else IGNORE_TABLE


def _field(option: Option) -> tuple[Any, Any]:
    """The pydantic field of an option, whose values are read as on the command line."""

    def read(value: object, others: ValidationInfo) -> object:
        if option.name == "target_file" and others.data.get("target") is not None:
            raise ValueError("is used instead of target: leave one of them out")
        try:
            return option.kind.read(value)
        except TypeError as error:  # pydantic lets it pass
            raise ValueError(str(error)) from None

    value = Annotated[Any, BeforeValidator(read), WithJsonSchema(option.kind.schema())]
    return value, Field(default=None, description=option.help)


_fields: dict[str, Any] = {
    option.name: _field(option) for option in options_in(OptionPlace.SETTING)
}
_OptionFields: type[_Table] = create_model("_OptionFields", __base__=_Table, **_fields)


class RootSettings(_OptionFields):  # type: ignore[misc, valid-type]  # made from the table of options
    """Settings that can be made for all configurations, and for one root."""

    severity: dict[RuleCode, RuleSeverity] = Field(default_factory=dict)
    """The severity of a rule's findings, instead of its own; "off": none."""
    ignore: list[
        Annotated[
            Annotated[Ignore, Tag(IGNORE_TABLE)] | Annotated[Codes, Tag(IGNORE_CODE)],
            Discriminator(_kind_of_ignore),
        ]
    ] = Field(default_factory=list, max_length=MOST_LISTED)
    """Tables: findings that are accepted in some files. Texts: rules that are off, by their codes,
    beginnings of codes, or names, unless severity says another."""


class RootTable(RootSettings):
    """A configuration to check, and what is set for it alone."""

    path: RootPath
    """The main file, or the directory that holds it, from the settings file's directory; with *, ?
    or [] each that matches, like nginx's include. What another root names is that one's."""
    dump: bool | None = None
    """Whether the file is the output of ``nginx -T``; without this key, a file that begins like one
    is refused."""

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, value: object) -> object:
        return {"path": value} if isinstance(value, str) else value


class _OrPath:
    """Makes the schema of a root a table, or just its path."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        path = {"type": "string", "minLength": 1, "not": {"const": "-"}}
        return {"anyOf": [path, handler(core)]}


class Settings(RootSettings):
    """memlint.toml, or [tool.memlint] in pyproject.toml."""

    roots: list[Annotated[RootTable, _OrPath()]] = Field(
        default_factory=list, max_length=MOST_LISTED
    )
    """The configurations that ``memlint check`` checks if none is named."""


class _Schema(GenerateJsonSchema):
    """Generates a schema for TOML, which has no null: a key is left out."""

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
    """The values that a settings file sets, by its keys; each root is a table with a path.

    Raises MemlintError that names every mistake.
    """
    try:
        settings = Settings.model_validate(file.table)
    except ValidationError as error:
        mistakes = sorted(_mistake(file, detail) for detail in error.errors(include_url=False))
        lines = [text for _, text in mistakes[:MAX_MISTAKES]]
        if len(mistakes) > MAX_MISTAKES:
            lines.append(f"{printable(file.path)}: and {len(mistakes) - MAX_MISTAKES} more")
        raise MemlintError("\n".join(lines)) from None
    table: dict[str, Any] = settings.model_dump(by_alias=True, exclude_unset=True)
    return table


_WORDS = {
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "finite_number": "must be finite",
    "missing": "is missing",
    "string_too_short": "is empty",
    "string_pattern_mismatch": "is empty",
    "too_short": "is empty",
    "too_long": "lists more than {max_length}",
    "greater_than": "must be more than {gt}",
    "less_than": "must be less than {lt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "value_error": "{error}",
}

_UNWRITTEN = ("[key]", IGNORE_TABLE, IGNORE_CODE)
"""Parts of the place of a mistake that are not in the file."""

_SHOWN = ("list_type", "dict_type", "model_type", "string_type", "bool_type", "missing")
"""Mistakes with an example."""


def _mistake(file: SettingsFile, detail: ErrorDetails) -> tuple[int, str]:
    """The line of a mistake, and the sentence about it."""
    path: KeyPath = tuple(part for part in detail["loc"] if part not in _UNWRITTEN)
    if detail["type"] == "extra_forbidden":
        what = _unknown(path)
    else:
        words = _WORDS.get(detail["type"], "{msg}")
        what = f"{_dotted(path)}: {words.format(**detail.get('ctx', {}), msg=detail['msg'])}"
        key = next((part for part in reversed(path) if isinstance(part, str)), "")
        if detail["type"] in _SHOWN and key in EXAMPLES:
            what += f", e.g. {EXAMPLES[key]}"
    if detail["type"] == "missing":
        path = path[:-1]
    return file.line(path) or 0, f"{file.at(path)}: {printable(what)}"


def _unknown(path: KeyPath) -> str:
    key = str(path[-1])
    if key in removed.SETTINGS:
        return f"{key}: {removed.SETTINGS[key]}"
    inner: dict[str, type[_Table]] = {"ignore": Ignore}
    around = next((table for name, table in inner.items() if name in path[:-1]), RootTable)
    owner = Settings if len(path) == 1 else around
    keys = [name.replace("_", "-") for name in owner.model_fields]
    guess = did_you_mean(key, keys) or f"; known are {', '.join(keys)}"
    return f'unknown key "{key}"{guess}'


def _dotted(path: KeyPath) -> str:
    """The path of a key as TOML writes it, with indices counted from 1: ``roots[2].max-memory``."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text
