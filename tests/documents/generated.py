"""The parts of the documents that are made from the program: tables of what it knows.

A part stands between ``<!-- NAME -->`` and ``<!-- end of NAME -->``, on one page.

python -m tests.documents                  # make them anew, but for predictions
python -m tests.documents --predictions    # those, too
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache, partial
from typing import Any

from typer.main import get_command

from nginx_memlint import check
from nginx_memlint.cli.app import app
from nginx_memlint.exit_codes import MEANINGS
from nginx_memlint.files import bounds
from nginx_memlint.memory.held import LAWS as HELD_LAWS
from nginx_memlint.memory.laws import Law, Times
from nginx_memlint.memory.laws_table import GLIBC, LAWS
from nginx_memlint.memory.not_priced import UNKNOWN
from nginx_memlint.memory.parts import RECORDS
from nginx_memlint.options.kinds import Kind
from nginx_memlint.options.record import OPTIONS, OptionPlace, options_in
from nginx_memlint.remedies.fixes_table import FIXES
from nginx_memlint.report import DEFAULT, FORMATS, documentation, schemas
from nginx_memlint.report.words import WORDS
from nginx_memlint.rules.rule import Rule
from nginx_memlint.settings import model
from nginx_memlint.sizes import human, human_about
from nginx_memlint.targets.targets import target_names
from tests.documents.pages import PROJECT
from tests.documents.published import security_contact
from tests.helpers import SAMPLES
from tests.nginx import accuracy, accuracy_lua, judged_reloads


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown; ``|`` in a cell is escaped."""
    headings = tuple(headings)
    lines = [headings, ["---"] * len(headings), *rows]
    cells = [[cell.replace("|", r"\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def code(*names: str) -> str:
    """Names as code."""
    return ", ".join(f"`{name}`" for name in names)


def one_line(text: str) -> str:
    """A docstring's or a description's text in one line, as Markdown."""
    return " ".join(text.replace("``", "`").split())


def rules() -> str:
    """A row for each rule, which leads to its page."""

    def link(rule: Rule) -> str:
        return f"[{rule.code}](rules/{rule.code.lower()}.md)"

    return table(
        ("rule", "name", "severity", "what it finds"),
        (
            (link(rule), f"`{rule.name}`", rule.severity, rule.summary)
            for rule in documentation.LISTED
        ),
    )


def fixes() -> str:
    """A row for each kind of change that --fix can make."""
    rows = (
        (one.does, f"{one.safety}: {one.keeps}{f'; but {one.doubt}' if one.doubt else ''}")
        for one in FIXES
    )
    return table(("to", "is"), rows)


def words() -> str:
    """A row for each word of reports."""
    return table(("word", "what it means"), ((word.name, word.text) for word in WORDS))


def rule_page(rule: Rule) -> str:
    """The documentation of a rule."""
    title = f"# {rule.code} {rule.name}"
    return f"{title}\n\n{rule.summary}\n\nSeverity: {rule.severity}.\n\n{rule.doc}".rstrip() + "\n"


def rendered() -> str:
    """A row for each product of which there is a sample, before and after Lua's contexts shared."""
    rows = []
    for target, sample in RENDERED.items():
        report = check(SAMPLES / sample, target=target)
        size = report.memory.total
        figures = (size.start_bytes, size.reload_peak_bytes, size.reload_peak_worst_bytes)
        counts = (f"{report.ssl_contexts:,}", f"{report.ca_loads:,}")
        rows.append((f"`{target}`", *counts, *(human_about(figure) for figure in figures)))
    headings = ("target", "TLS contexts", "CA loads", "start", "one reload", "in a row")
    return table(headings, rows)


RENDERED = {
    "ingress-nginx-1.9.6": "ingress-nginx",
    "ingress-nginx-1.15.1": "ingress-nginx",
    "kong-3.4": "kong",
    "kong-3.9": "kong",
    "apisix-3.8": "apisix",
    "apisix-3.18": "apisix",
    "nginx-proxy-manager-2.11": "nginx-proxy-manager",
    "nginx-proxy-manager-2.13": "nginx-proxy-manager",
    "bunkerweb-1.5.4": "bunkerweb",
    "bunkerweb-1.6.13": "bunkerweb",
}
"""Target → the sample in the shape of its product."""


def products() -> str:
    """A row for each product."""
    rows = ((f"`{name}`", *others) for name, *others in documentation.product_rows())
    return table(documentation.PRODUCT_HEADINGS, rows)


def targets() -> str:
    """A row for each named server."""
    rows = ((f"`{name}`", *others) for name, *others in documentation.target_rows(target_names()))
    return table(documentation.TARGET_HEADINGS, rows)


def exit_status() -> str:
    """A row for each exit status."""
    return table(("status", "meaning"), ((str(int(n)), text) for n, text in MEANINGS.items()))


def commands() -> str:
    """A row for each command."""
    group: Any = get_command(app)
    names = group.list_commands(None)
    return table(
        ("command", "what it does"),
        ((code(f"memlint {name}"), group.get_command(None, name).help.split("\n")[0])
         for name in names),
    )  # fmt: skip


def limits() -> str:
    """A row for each bound, with the first sentence of its docstring."""
    [record] = ast.parse(inspect.getsource(bounds.Bounds)).body
    assert isinstance(record, ast.ClassDef)
    docs = {
        field.target.id: ast.literal_eval(doc.value)
        for field, doc in zip(record.body, record.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(doc, ast.Expr)
    }
    rows = []
    for name, most in bounds.DEFAULT_BOUNDS._asdict().items():
        value = human(most).replace(".0", "") if "bytes" in name else f"{most:,}"
        sentence = one_line(docs[name]).partition(". ")[0].rstrip(".")
        rows.append((f"`{name.replace('_', '-')}`", value, sentence))
    return table(("bound", "most", "of"), rows)


def _value(kind: Kind) -> str:
    return f"`{kind.metavar.strip('[]')}`" if kind.metavar else ""


def options() -> str:
    """A row for each option that users have."""
    rows = []
    for option in OPTIONS.values():
        names = [option.flag] if OptionPlace.FLAG in option.places else []
        places = [
            word
            for place, word in (
                (OptionPlace.FLAG, "command line"),
                (OptionPlace.SETTING, "settings"),
                (OptionPlace.KEYWORD, "Python"),
            )
            if place in option.places
        ]
        name = code(*names) if names else f"`{option.name}`"
        rows.append((name, _value(option.kind), ", ".join(places), option.help))
    return table(("option", "value", "where it may stand", "what it says"), rows)


def settings_keys() -> str:
    """A row for each key of settings that is no option."""
    optional = {option.name for option in options_in(OptionPlace.SETTING)}
    tables = {"": model.Settings, "[[roots]]": model.RootTable, "[[ignore]]": model.Ignore}
    done: set[str] = set()
    rows = []
    for title, record in tables.items():
        for name, field in record.model_fields.items():
            if name not in optional | done:
                key = name.replace("_", "-")
                where = f"`{key}` in `{title}`" if title else f"`{key}`"
                rows.append((where, one_line(field.description or "Rules, by their codes.")))
        done |= record.model_fields.keys() if not title else set()
    return table(("key", "what it says"), rows)


def formats() -> str:
    """A row for each output format, with a command that a test runs."""
    return table(
        ("name", "what it is", "example"),
        (
            (
                f"`{name}`",
                about.about,
                f"`memlint check --format {name}{'' if about.terminal else ':report.' + name} "
                "conf/`" + (" (the default)" if name == DEFAULT else ""),
            )
            for name, about in FORMATS.items()
        ),
    )


def _fields(record: str) -> str:
    schema = schemas.schema("check")
    properties = schema["$defs"][record]["properties"]
    return table(
        ("field", "type", "what it is"),
        (
            (f"`{name}`", f"`{_type(about)}`", one_line(about.get("description", "")))
            for name, about in properties.items()
        ),
    )


def _type(about: dict[str, Any]) -> str:
    if "$ref" in about:
        return str(about["$ref"]).rpartition("/")[2]
    if "anyOf" in about:
        return " or ".join(_type(one) for one in about["anyOf"])
    if about.get("type") == "array":
        return f"list of {_type(about['items'])}"
    if isinstance(more := about.get("additionalProperties"), dict):
        return f"mapping to {_type(more)}"
    if "enum" in about:
        return " or ".join(f'"{one}"' for one in about["enum"])
    words = {"integer": "int", "number": "float", "string": "str", "boolean": "bool"}
    return words.get(
        about.get("type", ""), str(about.get("type", "object")).replace("null", "None")
    )


def counted() -> str:
    """A row for each thing that takes memory and is counted."""
    return table(
        ("what", "of", "where nginx takes it", "measured"),
        (
            (
                record.name,
                ", ".join(f"`{cause}`" for cause in record.causes) or "–",
                record.function,
                record.measured,
            )
            for record in RECORDS
        ),
    )


PHASES = ("start", "after a reload", "after later ones", "first peak", "worst peak")


def laws() -> str:
    """A row for each kind of memory: how often it is held in each phase, with glibc."""
    return table(("kind", *PHASES), ((f"`{kind}`", *_row(law)) for kind, law in GLIBC.items()))


def other_laws() -> str:
    """A row for each kind of memory of which another allocator's law is not glibc's."""
    return table(
        ("allocator", "kind", *PHASES),
        (
            (allocator, f"`{kind}`", *_row(law))
            for allocator, by_kind in LAWS.items()
            for kind, law in by_kind.items()
            if law != GLIBC[kind]
        ),
    )


def _row(law: Law) -> Iterator[str]:
    return (_times(getattr(law, phase)) for phase in Law._fields)


def _times(times: Times) -> str:
    each = f"{times.each:.2f} W" if times.each >= 0.005 else ""
    fixed = f"{times.fixed:.2f}" if times.fixed else ""
    return " + ".join(filter(None, (fixed, each)))


def held_laws() -> str:
    """A row for each kind of memory: what a generation of held workers keeps, and copies."""
    return table(
        ("kind", "kept by each generation", "copied when it lets go"),
        (
            (f"`{kind}`", _times(law.kept), f"{law.copied:.2f} (W - 1)" if law.copied else "–")
            for kind, law in HELD_LAWS.items()
        ),
    )


def not_counted() -> str:
    """A row for each thing that takes memory and is in no figure."""
    return table(
        ("what", "of", "why"),
        ((row.what, ", ".join(f"`{cause}`" for cause in row.causes), row.why) for row in UNKNOWN),
    )


PARTS: dict[str, Callable[[], str]] = {
    "counted": counted,
    "laws": laws,
    "other laws": other_laws,
    "held": held_laws,
    "not counted": not_counted,
    "accuracy": accuracy.summary,
    "measurements": accuracy.measurements,
    "Lua counts": accuracy_lua.counts,
    "judged reloads": judged_reloads.tables,
    "rules": rules,
    "words": words,
    "fixes": fixes,
    **{f"rule {rule.code}": partial(rule_page, rule) for rule in documentation.LISTED},
    "products": products,
    "rendered": rendered,
    "targets": targets,
    "exit status": exit_status,
    "commands": commands,
    "bounds": limits,
    "options": options,
    "settings keys": settings_keys,
    "formats": formats,
    "report": lambda: _fields("ConfigReport"),
    "memory": lambda: _fields("Memory"),
    "security contact": security_contact,
}
"""Name of a part → what makes it."""

PREDICTIONS = frozenset({"measurements", "Lua counts"})
"""The parts for which every recorded configuration is checked: half a minute."""


RULE_PAGES = {
    PROJECT / f"docs/rules/{rule.code.lower()}.md": f"rule {rule.code}"
    for rule in documentation.LISTED
}
"""The page of each rule → the part that is all of it."""


def parts_of(text: str) -> Iterator[str]:
    """The names of the parts that have a place in a text; raises ValueError if one does not end."""
    for name in PARTS:
        begins, ends = (text.count(f"<!-- {mark}{name} -->") for mark in ("", "end of "))
        if begins != ends or begins > 1:
            raise ValueError(f"{name}: begins {begins} times, and ends {ends} times")
        if begins:
            yield name


def with_parts(text: str, but: Collection[str] = ()) -> str:
    """A document with its parts made anew, but for some.

    Raises ValueError for a part that does not end.
    """
    for name in (name for name in parts_of(text) if name not in but):
        before, _, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- end of {name} -->")
        text = f"{before}<!-- {name} -->\n\n{made(name)}\n\n{end}{after}"
    return text


@cache
def made(name: str) -> str:
    """A part as the program makes it now; once in a process, as some take seconds."""
    return PARTS[name]().strip()


def without_parts(text: str) -> str:
    """A document with its parts empty: what was written by hand."""
    for name in parts_of(text):
        before, begin, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- end of {name} -->")
        text = f"{before}{begin}\n{end}{after}"
    return text
