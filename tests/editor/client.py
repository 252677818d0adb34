"""An editor for tests: a real client that talks to ``memlint lsp`` as a process."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, client_capabilities

TIMEOUT = 60
"""Seconds after which an answer is missing."""


class Editor:
    """A client with the files that it has open."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.versions: dict[str, int] = {}
        self.texts: dict[str, str] = {}
        self._told: dict[str, int] = {}
        self._news = asyncio.Event()

        @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            client.diagnostics[params.uri] = params.diagnostics
            self._told[params.uri] = params.version or 0
            self._news.set()

        @client.feature(lsp.WINDOW_SHOW_MESSAGE)  # type: ignore[untyped-decorator]
        def message(params: lsp.ShowMessageParams) -> None:
            client.messages.append(params)

        @client.feature(lsp.WORKSPACE_INLAY_HINT_REFRESH)  # type: ignore[untyped-decorator]
        def refresh(params: None) -> None:
            pass

        @client.feature(lsp.CLIENT_REGISTER_CAPABILITY)  # type: ignore[untyped-decorator]
        def register(params: lsp.RegistrationParams) -> None:
            pass

    def open(self, path: Path, text: str | None = None, language: str = "nginx") -> str:
        """Open a file, or a text for it; return its URI."""
        uri = path.as_uri()
        self.texts[uri] = path.read_text("utf-8", "replace") if text is None else text
        self.versions[uri] = self.versions.get(uri, 0) + 1
        item = lsp.TextDocumentItem(uri, language, self.versions[uri], self.texts[uri])
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return uri

    def type(self, uri: str, text: str) -> None:
        """Give an open file another text, which is not saved."""
        self.versions[uri] += 1
        self.texts[uri] = text
        document = lsp.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        whole = lsp.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [whole]))

    def close(self, uri: str) -> None:
        """Close a file."""
        document = lsp.TextDocumentIdentifier(uri)
        self.client.text_document_did_close(lsp.DidCloseTextDocumentParams(document))
        del self.texts[uri]

    def save(self, path: Path) -> None:
        """Write a file as it is in the editor."""
        path.write_bytes(self.texts[path.as_uri()].encode())
        document = lsp.TextDocumentIdentifier(path.as_uri())
        self.client.text_document_did_save(lsp.DidSaveTextDocumentParams(document))

    async def diagnostics(self, uri: str) -> Sequence[lsp.Diagnostic]:
        """All that is said of an open file's present text."""

        async def told() -> None:
            while self._told.get(uri) != self.versions[uri]:
                self._news.clear()
                await self._news.wait()

        await asyncio.wait_for(told(), TIMEOUT)
        return self.client.diagnostics[uri]

    async def hints(self, uri: str) -> list[tuple[int, str]]:
        """The costs of lines, each with its 0-based line."""
        everything = lsp.Range(lsp.Position(0, 0), lsp.Position(1 << 20, 0))
        params = lsp.InlayHintParams(lsp.TextDocumentIdentifier(uri), everything)
        hints = await asyncio.wait_for(self.client.text_document_inlay_hint_async(params), TIMEOUT)
        return [(hint.position.line, str(hint.label)) for hint in hints or []]

    async def hover(self, uri: str, line: int) -> str:
        """The text for a 0-based line, empty if there is none."""
        place = lsp.Position(line, 4)
        params = lsp.HoverParams(lsp.TextDocumentIdentifier(uri), place)
        hover = await asyncio.wait_for(self.client.text_document_hover_async(params), TIMEOUT)
        if hover is None:
            return ""
        assert isinstance(hover.contents, lsp.MarkupContent)
        return hover.contents.value

    async def actions(
        self, uri: str, line: int, only: list[lsp.CodeActionKind | str] | None = None
    ) -> list[lsp.CodeAction]:
        """The changes that are offered for a 0-based line."""
        place = lsp.Position(line, 4)
        told = [d for d in self.client.diagnostics.get(uri, ()) if d.range.start.line == line]
        params = lsp.CodeActionParams(
            lsp.TextDocumentIdentifier(uri),
            lsp.Range(place, place),
            lsp.CodeActionContext(told, only=only),
        )
        listed = await asyncio.wait_for(
            self.client.text_document_code_action_async(params), TIMEOUT
        )
        return [action for action in listed or [] if isinstance(action, lsp.CodeAction)]


@asynccontextmanager
async def editor(
    *arguments: str, cwd: Path, like: str = "visual_studio_code", env: dict[str, str] | None = None
) -> AsyncIterator[Editor]:
    """An editor with a server of its own, which ends with status 0."""
    client = LanguageClient(converter_factory=default_converter)
    command = [sys.executable, "-m", "nginx_memlint", "lsp", *arguments]
    environment = {**os.environ, **(env or {})}
    options: dict[str, Any] = {"cwd": cwd, "env": environment}
    await client.start_io(*command, **options)
    opened = Editor(client)
    await client.initialize_session(
        lsp.InitializeParams(capabilities=client_capabilities(like), root_uri=cwd.as_uri())
    )
    try:
        yield opened
    finally:
        process = client._server
        await asyncio.wait_for(client.shutdown_session(), TIMEOUT)
        await client.stop()  # type: ignore[no-untyped-call]
    assert process is not None
    assert process.returncode == 0
