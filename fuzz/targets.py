"""The fuzz targets: functions of some bytes that raise if a property does not hold.

They need no fuzzer: the tests run them on the corpus and on what Hypothesis makes up.
"""

from __future__ import annotations

import io
import json
import random
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from fuzz.world import MAIN, ROOT, SECRET, World
from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.errors import MemlintError
from nginx_memlint.files.bounds import Bounds, tokens_at_most
from nginx_memlint.files.paths import decode
from nginx_memlint.memory.parts.data import TEXT
from nginx_memlint.options.record import Options
from nginx_memlint.printable import printable, unescaped
from nginx_memlint.report import writer
from nginx_memlint.report.views.section import MAX_OF_RULE
from nginx_memlint.result import ConfigReport, Memory, Report
from nginx_memlint.rules.reading import NOT_PRICED, READING
from nginx_memlint.settings.files import read
from nginx_memlint.settings.model import validated
from nginx_memlint.sizes import human, parse_size
from nginx_memlint.sources import glob
from nginx_memlint.sources.dump import NoConfigurationError, is_dump, read_dump
from nginx_memlint.sources.main_file import Lookup
from nginx_memlint.sources.memory_files import MemoryFiles
from nginx_memlint.syntax.directives import ParsedFile, parse
from nginx_memlint.syntax.lexer import tokenize
from nginx_memlint.syntax.read_buffer import CONF_BUFFER
from nginx_memlint.syntax.values import parse_size as nginx_size
from nginx_memlint.targets.target_file import load_target
from nginx_memlint.targets.targets import Target, find_target
from nginx_memlint.tls.ca_bundle import read_bundle

TARGETS = tuple(find_target(name) for name in ("debian-12", "debian-13", "debian-sid"))
FORMATS = ("text", "json", "line", "sarif", "github", "gitlab", "junit", "markdown")
"""All but the page for a browser, which is a target of its own."""

BOUNDS = Bounds(
    file_bytes=1 << 20,
    total_bytes=1 << 22,
    tokens=100_000,
    inclusions=200,
    include_depth=50,
    blocks=2000,
    block_depth=200,
    names=20_000,
    problems=50,
    findings=50,
)
"""Small, so that they are met, and an input takes no long time."""

_BLANK = (b" ", b"\n", b"\t\r\n", b" # comment ; { }\n", b"\n# \" '\n#}\n")
"""Blanks that may be put between directives' words. A quote that is open in the Lua of a line would
end with one in a comment of that line: then nginx reads something else, too."""


def lexer(data: bytes) -> None:
    """Directives are in order, and the tree says what the file says where they stand."""
    for in_data_block in (False, True):
        tokens = tokenize(data, in_data_block=in_data_block)
        places = zip(tokens.starts, tokens.heads, tokens.ends, strict=True)
        assert all(start < head < end <= len(data) for start, head, end in places)
        assert [*tokens.starts] == sorted(tokens.starts)
        for number, head in enumerate(tokens.heads):
            words = tokens.args(number)
            edges = [tokens.end_of_name(number), *(e for _, s, t in words for e in (s, t)), head]
            assert edges == sorted(edges)
            for value, start, end in words:
                if not {b"\\"[0], *b"\"'"} & {*data[start:end]} and data[head] != b"}"[0]:
                    assert value == decode(data[start:end])
        if tokens.error is not None:
            assert 0 <= tokens.error.offset <= len(data)
            assert 1 <= tokens.error.line <= data.count(b"\n") + 1
        assert tokens_at_most(data) >= len(tokens.starts)
        file = parse(data, "/x", "x", in_data_block=in_data_block)
        assert file.tokens.starts == tokens.starts
        _tells(file, data)
        for line, offset, comment in tokens.comments():
            assert line == data.count(b"\n", 0, offset) + 1
            assert comment.startswith("#")
            assert comment == decode(data[offset:].partition(b"\n")[0])


def _tells(file: ParsedFile, data: bytes) -> None:
    """The tree has each directive once, where it stands, without recursion: blocks nest deeply."""
    numbers = []
    pending = [(file.body, 0, len(data))]
    while pending:
        body, start, end = pending.pop()
        for directive in body.directives:
            numbers.append(directive.token)
            place = file.whole_span(directive)
            assert start <= place.start < place.end <= end
            assert place.line == directive.line == data.count(b"\n", 0, place.start) + 1
            name = file.span(directive)
            written = data[name.start : name.end]
            assert decode(written) == directive.name or {*written} & {*b"\"'\\"}
            words = [text for text, _, _ in file.tokens.args(directive.token)]
            assert file.count_args(directive) == len(words)
            assert list(directive.args) == words or directive.name == "if"
            start = place.end
            if directive.body is not None:
                pending.append((directive.body, file.opening(directive), place.end))
    assert sorted(numbers) == [*range(len(file.tokens.starts))]


def config(data: bytes) -> None:
    """check() never raises, all formats say the same, and comments do not matter."""
    report = _check(data, TARGETS[0])
    formats_agree(report)
    for target in TARGETS[1:]:
        _check(data, target)
    # within its buffer nginx, too, does not care how much white space there is
    if report.complete and len(data) < CONF_BUFFER // 2:
        changed = _with_blanks(data, random.Random(data))
        again = _check(changed, TARGETS[0])
        assert again.complete, (changed, again.problems)
        assert counts(again) == counts(report), changed


class _BoundedJob(Job):
    """A job that reads little."""

    @property
    def lookup(self) -> Lookup:
        """Where files are looked up."""
        return super().lookup._replace(bounds=BOUNDS)


def _of_stdin(data: bytes, target: Target) -> Options:
    """The options for a text on standard input; an ordinary file if it may be that or a dump."""
    dump = None if is_dump(data, piped=True) is not None else False
    prefix = ROOT + "/etc/nginx"
    return Options(data=data, target=target, sysroot=ROOT, prefix=prefix, dump=dump)


def _check(data: bytes, target: Target) -> ConfigReport:
    options = _of_stdin(data, target)
    inspection = examine(_BoundedJob("-", options, World(b"")))
    assert inspection.report.complete == all(
        problem.complete for problem in inspection.report.problems
    )
    return inspection.report


def _memory(memory: Memory) -> tuple[object, ...]:
    """The bytes that depend on directives: not those of the text, nor where parts stand."""
    parts = sorted(
        (part.name, part.count, part.pool_bytes, part.heap_bytes, part.worker_bytes)
        for part in memory.parts
        if part.name != TEXT
    )
    return parts, memory.start_bytes, memory.reload_peak_worst_bytes, memory.zones_bytes


def counts(report: ConfigReport) -> tuple[object, ...]:
    """The figures of a report that depend on nothing but the directives."""
    return (
        report.blocks,
        report.ssl_contexts,
        report.ca_loads,
        report.families,
        report.per_worker,
        *_memory(report.memory),
        [(zone.name, zone.bytes) for zone in report.zones],
        [(finding.rule, finding.bytes) for finding in report.findings],
    )


def _with_blanks(data: bytes, rng: random.Random) -> bytes:
    """A configuration with more white space and comments before its tokens outside of Lua."""
    if read_dump_or_none(data):
        return data
    tokens = tokenize(data)
    places: list[int] = []
    for number, start in enumerate(tokens.starts):
        is_lua = data[tokens.heads[number]] == b"}"[0]
        places += [start, *(begin for _, begin, _ in tokens.args(number)[: -1 if is_lua else None])]
        if not is_lua:
            places.append(tokens.heads[number])
    chosen = sorted(rng.sample(places, min(len(places), 20)))
    edges = zip([0, *chosen], [*chosen, len(data)], strict=True)
    return b"".join(data[a:b] + (rng.choice(_BLANK) if b < len(data) else b"") for a, b in edges)


def read_dump_or_none(data: bytes) -> object:
    """The dump that some bytes are."""
    try:
        return read_dump(data)
    except NoConfigurationError as error:
        return str(error)


def files(data: bytes) -> None:
    """Includes of all kinds end, and nothing outside of the sysroot is read, or told."""
    below = Options(target=TARGETS[0], sysroot=ROOT, dump=False)
    report = examine(_BoundedJob(MAIN, below, World(data, allowed=ROOT))).report
    assert SECRET not in formats_agree(report)
    mapped = Options(
        target=TARGETS[0],
        path_map=(("/etc/nginx", f"{ROOT}/etc/nginx"), ("/srv", f"{ROOT}/srv")),
        dump=False,
    )
    report = examine(_BoundedJob(MAIN, mapped, World(data, allowed=ROOT))).report
    assert SECRET not in formats_agree(report)
    machine = Options(target=TARGETS[0], dump=False)
    formats_agree(examine(_BoundedJob(ROOT + MAIN, machine, World(data))).report)


def globs(data: bytes) -> None:
    """Any pattern is held against any names in bounded time; a literal matches itself alone."""
    pattern, *names = data.split(b"\n")
    files = {f"/d/{decode(name)}": b"" for name in names if name and b"/" not in name}
    source = MemoryFiles(files)
    paths = glob.expand(source, "/d/" + decode(pattern))
    assert paths == sorted(paths, key=lambda path: path.encode("utf-8", "surrogateescape"))
    if not re.search(rb"[*?\[\]\\/]", pattern) and pattern not in (b"", b".", b".."):
        path = "/d/" + decode(pattern)
        assert paths == [path] * (path in files)


def dump(data: bytes) -> None:
    """A dump's files are parts of it."""
    contents = read_dump_or_none(data)
    for content in getattr(contents, "files", {}).values():
        assert len(content) <= len(data)
    formats_agree(_check(data, TARGETS[0]))


def sizes(data: bytes) -> None:
    """Sizes are positive and bounded, and a size for people is short."""
    text = decode(data)
    with suppress(ValueError):
        size = parse_size(text)
        assert size > 0
        assert len(human(size)) < 400
    size_in_nginx = nginx_size(text)
    assert size_in_nginx is None or 0 <= size_in_nginx < 1 << 63


def bundle(data: bytes) -> None:
    """A bundle is no larger than its text."""
    read = read_bundle(data)
    if read is not None:
        assert read.certificates > 0
        assert 0 <= read.der_bytes <= len(data)


def names(data: bytes) -> None:
    """A name that is made printable stays so, has nothing that acts, and leads back to the name.

    Only a name with backslashes may be taken for another one.
    """
    shown = printable(decode(data))
    assert printable(shown) == shown
    assert all(char.isprintable() for char in shown)
    again = unescaped(shown)
    assert printable(printable(again)) == printable(again)
    assert b"\\" in data or again == decode(data)


def target_file(data: bytes) -> None:
    """A target file is a target, or an error that says why not in one printable line."""
    _load(data, load_target, MemlintError)


def settings(data: bytes) -> None:
    """Settings are valid, or an error of printable lines."""

    def load(path: str) -> None:
        validated(read(path))

    _load(data, load, MemlintError)


def _load(data: bytes, load: Callable[[str], object], error: type[Exception]) -> None:
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(data)
        file.flush()
        said = ""
        try:
            load(file.name)
        except error as failure:
            said = str(failure)
        assert all(printable(line) == line for line in said.split("\n"))


def html(data: bytes) -> None:
    """The page for a browser has the text of a configuration as text only."""
    options = replace(_of_stdin(data, TARGETS[0]), breakdown=True)
    report = examine(_BoundedJob("-", options, World(b""))).report
    with patch("plotly.offline.get_plotlyjs", return_value=""):
        out = io.StringIO()
        writer("html")(Report(configs=[report]), out)
    page = out.getvalue()
    page.encode("ascii")
    assert "<x" not in page.lower()


def formats_agree(report: ConfigReport) -> str:
    """All that the formats write; raises unless they say the same, and nothing that acts."""
    whole = Report(configs=[report])
    written = {}
    for name in FORMATS:
        out = io.StringIO()
        writer(name)(whole, out)
        written[name] = out.getvalue()
        for line in written[name].split("\n"):
            # a line of GitHub's is one of its commands, and begins as they do
            text = line.removeprefix("::") if name == "github" else line
            assert printable(text) == text, (name, line)
    [loaded] = json.loads(written["json"])["configs"]
    findings = [(f["rule"], f["line"], f["column"]) for f in loaded["findings"]]
    problems = [(READING.code, p["line"], p["column"]) for p in loaded["problems"]]
    not_priced = [(NOT_PRICED.code, n["line"], None) for n in loaded["not_priced"]]
    log = json.loads(written["sarif"])["runs"][0]
    regions = [
        (r["ruleId"], r["locations"][0]["physicalLocation"].get("region", {}))
        for r in log["results"]
        if "suppressions" not in r
    ]
    assert [
        (rule, region.get("startLine"), region.get("startColumn")) for rule, region in regions
    ] == problems + findings + not_priced
    assert log["invocations"][0]["executionSuccessful"] == loaded["complete"]
    lines = re.findall(r"^.+:(\d+):(\d+): \w+ (ML\d+) .*$", written["line"], re.MULTILINE)
    assert [(rule, int(line), int(column)) for line, column, rule in lines] == [
        (rule, line or 1, column or 1) for rule, line, column in problems + findings + not_priced
    ]
    assert len(json.loads(written["gitlab"])) == len(problems + findings + not_priced)
    shown = re.findall(r":(\d+):(\d+): (?:error|warning|note) (ML\d+): ", written["text"])
    # the text has the first few of each rule, and a place once
    seen: Counter[str] = Counter()
    places: dict[tuple[str, int, int], dict[str, Any]] = {}
    for finding in loaded["findings"]:
        seen[finding["rule"]] += 1
        if seen[finding["rule"]] <= MAX_OF_RULE:
            place = finding["file"], finding["line"], finding["column"]
            places.setdefault(place, finding)
    assert [(rule, int(line), int(column)) for line, column, rule in shown] == [
        (finding["rule"], finding["line"], finding["column"])
        for finding in places.values()
        if finding["source"] and finding["column"] != finding["end_column"]
    ]
    assert len(ET.fromstring(written["junit"]).findall(".//testcase")) >= 1
    return "".join(map(unquote, written.values()))


FUNCTIONS: dict[str, Callable[[bytes], None]] = {
    function.__name__: function
    for function in (
        *(lexer, config, files, globs, dump, sizes, bundle, names),
        *(target_file, settings, html),
    )
}
"""Name → function."""
