"""The server as editors meet it: a process, and a client that speaks the protocol."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from lsprotocol import types as lsp

from nginx_memlint import check
from nginx_memlint.report.issues import issues
from nginx_memlint.sizes import human
from tests.editor.client import Editor, editor
from tests.helpers import BUNDLE, copy_sample, http, write

TARGET = ("--target", "debian-12")
DIRECTIVE = "lua_ssl_trusted_certificate"


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 120))


def codes(told: Sequence[lsp.Diagnostic]) -> list[str]:
    return [str(diagnostic.code) for diagnostic in told]


@pytest.fixture
def incident(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    copy_sample("incident", tmp_path / "incident")
    return tmp_path / "incident"


def test_the_incident_in_an_editor(incident: Path) -> None:
    """Diagnostics are what a check reports; a line's cost and cause stand beside it."""
    main = incident / "nginx.conf"
    report = check(main, target="debian-12")
    line = 15

    async def test() -> None:
        async with editor(*TARGET, cwd=incident) as open_in:
            uri = open_in.open(main)
            told = await open_in.diagnostics(uri)
            reported = [issue for issue in issues(report) if issue.file == str(main)]
            assert [(d.code, d.message, d.range.start.line + 1) for d in told] == [
                (issue.rule, issue.text, issue.line) for issue in reported
            ]
            assert told[0].range == lsp.Range(lsp.Position(line, 4), lsp.Position(line, 31))
            assert (line, "3.3 GiB: read and kept 4,080 times") in await open_in.hints(uri)
            hover = await open_in.hover(uri, line)
            assert "849.8 KiB each time, 150 certificates; in 4,000 locations and 80" in hover
            assert "**warning ML101**" in hover
            assert "- upgrade to lua-nginx-module 0.10.26" in hover
            assert await open_in.hover(uri, 2) == ""

    run(test())


@pytest.mark.parametrize("like", ["visual_studio_code", "neovim", "emacs"])
def test_a_change_that_is_applied_keeps_its_promise(incident: Path, like: str) -> None:
    main = incident / "nginx.conf"

    async def test() -> None:
        async with editor(*TARGET, cwd=incident, like=like) as open_in:
            uri = open_in.open(main)
            await open_in.diagnostics(uri)
            [action, *_] = await open_in.actions(uri, 15, [lsp.CodeActionKind.QuickFix])
            assert action.title.startswith(f"move {DIRECTIVE} into the blocks that run Lua (160)")
            assert codes(action.diagnostics or []) == ["ML202", "ML101", "ML205"]
            assert action.edit is not None
            [whole] = await open_in.actions(uri, 15, [lsp.CodeActionKind.SourceFixAll])
            assert whole.edit == action.edit
            apply(action.edit)
            report = check(main, target="debian-12")
            assert report.ca_loads == 160
            text = 160 * 900  # of the lines that are added, at the peak: a promise leaves it out
            for size in (
                report.memory.total.start_bytes,
                report.memory.total.reload_peak_worst_bytes,
            ):
                assert any(
                    f"→ {human(size - some)}" in action.title for some in range(0, text, 1000)
                )

    run(test())


def apply(edit: lsp.WorkspaceEdit) -> None:
    """Change the files as an editor does."""
    changes = {uri: list(edits) for uri, edits in (edit.changes or {}).items()}
    for change in edit.document_changes or []:
        if isinstance(change, lsp.CreateFile):
            Path(unquote(urlsplit(change.uri).path)).touch(exist_ok=False)
            continue
        assert isinstance(change, lsp.TextDocumentEdit)
        changes[change.text_document.uri] = [e for e in change.edits if isinstance(e, lsp.TextEdit)]
    for uri, edits in changes.items():
        path = Path(unquote(urlsplit(uri).path))
        lines = path.read_text().splitlines(keepends=True)
        for each in sorted(edits, key=lambda one: -one.range.start.line):
            start, end = each.range.start, each.range.end
            assert start.character == end.character == 0
            lines[start.line : end.line] = [each.new_text]
        path.write_text("".join(lines))


def test_texts_that_are_not_saved_count(incident: Path) -> None:
    """In the main file, and in what it includes."""
    main, tenants = incident / "nginx.conf", incident / "tenants/00-09.conf"
    saved = tenants.read_bytes()

    async def loads(open_in: Editor, uri: str) -> list[str]:
        return [label for _, label in await open_in.hints(uri) if "read and kept" in label]

    async def test() -> None:
        async with editor(*TARGET, cwd=incident) as open_in:
            uri = open_in.open(main)
            inner = open_in.open(tenants)
            text = open_in.texts[inner]
            more = "server { listen 127.0.0.1:8080; server_name more; }\n"
            open_in.type(inner, text + more)
            assert await loads(open_in, uri) == ["3.3 GiB: read and kept 4,081 times"]
            open_in.type(uri, open_in.texts[uri].replace(f"    {DIRECTIVE}", f"#   {DIRECTIVE}"))
            assert await loads(open_in, uri) == []
            open_in.type(inner, text + f"server {{ {DIRECTIVE} ../ca-bundle.pem; }}\n")
            assert await loads(open_in, inner) == ["904.5 KiB: read and kept once"]
            open_in.type(inner, text + "server {")
            told = await open_in.diagnostics(inner)
            assert "unexpected end of file" in told[0].message
            assert told[0].severity == lsp.DiagnosticSeverity.Error
            open_in.close(inner)
            open_in.close(uri)
            uri = open_in.open(main)
            assert await loads(open_in, uri) == ["3.3 GiB: read and kept 4,080 times"]
        assert tenants.read_bytes() == saved

    run(test())


def test_a_new_file_counts_before_it_is_saved(tmp_path: Path) -> None:
    main = write(
        tmp_path, {"nginx.conf": http("include sites/*.conf;"), "sites/x": "", ".git/x": ""}
    )

    async def test() -> None:
        async with editor(*TARGET, cwd=tmp_path) as open_in:
            uri = open_in.open(main)
            assert any("nothing to count" in d.message for d in await open_in.diagnostics(uri))
            path = tmp_path / "sites/new.conf"
            new = open_in.open(path, "server { listen 80; } \U0001f980 }")
            told = await open_in.diagnostics(new)
            assert [d.message.partition(" (")[0] for d in told] == ['unexpected "}"']
            assert told[0].range.start == lsp.Position(0, 25)
            open_in.type(new, "server { listen 80; }\n")
            assert codes(await open_in.diagnostics(new)) == []
            open_in.save(path)
            assert not any("nothing" in d.message for d in await open_in.diagnostics(uri))

    run(test())


def test_what_cannot_be_changed_is_said(incident: Path) -> None:
    """A file that is read-only by its bytes: not in UTF-8, an editor cannot be told of them."""
    main = incident / "nginx.conf"
    tenants = incident / "tenants/00-09.conf"
    tenants.write_bytes(b"# caf\xe9\n" + tenants.read_bytes())

    async def test() -> None:
        async with editor(*TARGET, cwd=incident) as open_in:
            uri = open_in.open(main)
            await open_in.diagnostics(uri)
            [action, *_] = await open_in.actions(uri, 15)
            assert action.edit is None
            assert action.disabled is not None
            assert "00-09.conf is not in UTF-8" in action.disabled.reason

    run(test())


def test_marks_and_bytes_that_editors_do_not_show_are_no_change(tmp_path: Path) -> None:
    text = http("server { listen 80; }  # caf")
    main = write(tmp_path, {"nginx.conf": text.encode() + b"# \xe9\n", ".git/x": ""})
    marked = write(tmp_path / "marked", {"nginx.conf": b"\xef\xbb\xbf" + text.encode()})

    async def test() -> None:
        async with editor(*TARGET, cwd=tmp_path) as open_in:
            uri = open_in.open(main)
            assert "ML000" not in codes(await open_in.diagnostics(uri))
            uri = open_in.open(marked, text)
            told = await open_in.diagnostics(uri)
            assert "the file begins with a byte order mark" in told[0].message
            open_in.type(uri, f"{text}\n# more")
            again = await open_in.diagnostics(uri)
            assert [d.message for d in again] == [d.message for d in told]

    run(test())


def test_names_of_files_are_whatever_they_are(tmp_path: Path) -> None:
    name = "a b#%\u00e9\U0001f980.conf"
    main = write(tmp_path, {name: f"{{\n{http('')}", ".git/x": ""}).parent / name

    async def test() -> None:
        async with editor(*TARGET, cwd=tmp_path) as open_in:
            told = await open_in.diagnostics(open_in.open(main))
            assert [d.message for d in told][:1] == ['unexpected "{"']
            assert open_in.client.messages == []

    run(test())


@pytest.mark.parametrize("uri", ["file:///a%00b.conf", "file:", "new:1"])
def test_a_text_that_is_no_file_is_in_nobodys_way(incident: Path, uri: str) -> None:
    async def test() -> None:
        async with editor(*TARGET, cwd=incident) as open_in:
            main = open_in.open(incident / "nginx.conf")
            document = lsp.TextDocumentItem(uri, "nginx", 1, "events {}")
            params = lsp.DidOpenTextDocumentParams(document)
            open_in.client.text_document_did_open(params)
            assert "ML101" in codes(await open_in.diagnostics(main))
            assert open_in.client.messages == []

    run(test())


def test_words_of_a_configuration_are_no_markup(tmp_path: Path) -> None:
    bundle = "x`](command:evil)<img src=a>.pem"
    servers = "server { location / { content_by_lua_block { return } } }\n" * 99
    main = write(
        tmp_path, {"nginx.conf": http(f'{DIRECTIVE} "{bundle}";\n{servers}'), ".git/x": ""}
    )
    (tmp_path / bundle).write_bytes(BUNDLE.read_bytes())

    async def test() -> None:
        async with editor(*TARGET, cwd=tmp_path) as open_in:
            uri = open_in.open(main)
            await open_in.diagnostics(uri)
            hover = await open_in.hover(uri, 4)
            assert "ML101" in hover
            assert "``x`](command:evil)<img``" in hover or "``x`](command:evil)<img src=a>" in hover

    run(test())


def test_of_what_nginx_refuses_no_change_that_saves_memory_is_told(incident: Path) -> None:
    main = incident / "nginx.conf"

    async def test() -> None:
        async with editor(*TARGET, cwd=incident) as open_in:
            uri = open_in.open(main, main.read_text() + "worker_rlimit_nofile many;\n")
            [problem] = [d for d in await open_in.diagnostics(uri) if d.code == "ML000"]
            hover = await open_in.hover(uri, problem.range.start.line)
            assert hover.startswith("**error ML000**")
            assert "What would help" not in hover

    run(test())


def test_a_package_that_is_missing(tmp_path: Path) -> None:
    """The editor shows a sentence, where the server needs it only once a file is open."""
    without = "import sys\nsys.modules['pydantic'] = None\n"
    main = write(
        tmp_path, {"nginx.conf": http("server { listen 80; }"), "sitecustomize.py": without}
    )
    write(tmp_path, {"memlint.toml": "workers = 2\n"})
    env = {"PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}

    async def test() -> None:
        async with editor(*TARGET, cwd=tmp_path, env=env) as open_in:
            assert await open_in.hover(open_in.open(main), 0) == ""
            said = [message.message for message in open_in.client.messages]
            assert said == [
                "memlint: the Python package pydantic is missing: install memlint again, "
                "with pip or pipx"
            ]

    run(test())


def test_an_editor_that_goes_without_a_word(tmp_path: Path) -> None:
    """The server ends with it, and has printed nothing but what the protocol has."""
    from tests.helpers import memlint

    done = memlint("lsp", "--stdio", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (1, "", "")
    nonsense = b"Content-Length: 5\r\n\r\n{nope"
    done = memlint("lsp", stdin=nonsense, cwd=tmp_path)
    assert done.code == 1
    assert "what is not understood" in done.err
