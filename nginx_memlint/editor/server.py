"""The language server: messages in, messages out, and one thread that examines configurations.

Texts are sent whole by the editor, not as changes: pygls splits lines where str.splitlines() does,
at a form feed and at U+2028 as well, which no editor does.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, TypeVar, cast
from urllib.parse import unquote_to_bytes, urlsplit

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, PyglsError
from pygls.lsp.server import LanguageServer

from nginx_memlint import __version__
from nginx_memlint.analysis.parallel import MOST_GARBAGE
from nginx_memlint.cli.process import missing, tell
from nginx_memlint.editor.answers import FIX_ALL, SOURCE, Answers, Client
from nginx_memlint.editor.protocol import Protocol
from nginx_memlint.editor.session import Asked, OpenFile, Session, View
from nginx_memlint.files.bounds import DEFAULT_BOUNDS
from nginx_memlint.files.paths import decode
from nginx_memlint.printable import printable
from nginx_memlint.sources.buffers import Buffers, real_path

DELAY = 0.15
"""Seconds without a key from which a text is examined."""

WATCHED = "**/*.{conf,toml,pem,crt,cer}"
"""Files that the editor is asked to watch, beside those that are open."""

T = TypeVar("T")


class EditorServer(LanguageServer):
    """A server for one editor."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(
            SOURCE,
            __version__,
            text_document_sync_kind=lsp.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
        )
        self._session = Session(asked)
        self._thread = ThreadPoolExecutor(1)
        self._texts: dict[str, lsp.TextDocumentItem] = {}
        self._answers = Answers(View(), {}, Client())
        self._published: set[str] = set()
        self._changed: set[str] | None = None
        """The real paths of the texts that have changed since the last look; None for anything."""
        self._is_due = asyncio.Event()
        self._is_settled = asyncio.Event()
        self._is_settled.set()
        self._looking: asyncio.Task[None] | None = None
        self.was_shut_down = False

    # --- what the editor tells

    def opened(self, document: lsp.TextDocumentItem) -> None:
        """Take over the text of a file that is open from now on."""
        self._texts[document.uri] = document
        self.look(None)

    def changed(self, uri: str, version: int, text: str) -> None:
        """Take over a new text."""
        if (document := self._texts.get(uri)) is not None:
            document.version, document.text = version, text
            path = _path(uri)
            self.look(None if path is None else {path})

    def closed(self, uri: str) -> None:
        """Let go of a text: the file counts as it is on disk."""
        self._texts.pop(uri, None)
        self.look(None)

    def look(self, changed: set[str] | None) -> None:
        """Have examined what depends on files, or on anything."""
        if changed is None or self._changed is None:
            self._changed = None
        else:
            self._changed |= changed
        self._is_settled.clear()
        self._is_due.set()
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look())

    # --- the thread

    async def _look(self) -> None:
        while True:
            await self._is_due.wait()
            await asyncio.sleep(DELAY)
            self._is_due.clear()
            changed, self._changed = self._changed, set()
            try:
                files = self._open_files()
                client = self._client()
                answers = await self.in_thread(self._looked, files, changed, client)
            except Exception as error:  # the next key may mend it
                self.say(error)
                self._changed = None
            else:
                self._answers = answers
                self._publish(answers, files)
            if not self._is_due.is_set():
                self._is_settled.set()
                await self.in_thread(_free)

    def _looked(
        self, files: dict[str, OpenFile], changed: set[str] | None, client: Client
    ) -> Answers:
        answers = Answers(self._session.view(files, changed), files, client)
        _ = answers.diagnostics
        return answers

    async def in_thread(self, function: Callable[..., T], *args: object) -> T:
        """Run a function where configurations are examined, one at a time."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, functools.partial(function, *args))

    def _publish(self, answers: Answers, files: dict[str, OpenFile]) -> None:
        listed = answers.diagnostics
        versions = {file.uri: file.version for file in files.values()}
        for uri in {*listed, *versions, *self._published}:
            self.text_document_publish_diagnostics(
                lsp.PublishDiagnosticsParams(uri, listed.get(uri, []), versions.get(uri))
            )
        self._published = {*listed}
        workspace = self.client_capabilities.workspace
        hints = workspace.inlay_hint if workspace else None
        if hints and hints.refresh_support:
            self.workspace_inlay_hint_refresh(None)

    async def answers(self) -> Answers:
        """The answers for the texts as they are now."""
        await self._is_settled.wait()
        return self._answers

    def _open_files(self) -> dict[str, OpenFile]:
        """The open files by real path; texts that are no files are left out."""
        disk = Buffers({})
        files = {}
        for document in self._texts.values():
            path = _path(document.uri)
            if path is None:
                continue
            language = document.language_id or ""
            is_nginx = "nginx" in language.lower() or not language
            data = _unsaved(document.text, path, disk)
            files[path] = OpenFile(path, document.uri, document.version, data, is_nginx)
        return files

    def _client(self) -> Client:
        """The abilities that the editor has told of."""
        capabilities = self.client_capabilities
        edits = capabilities.workspace.workspace_edit if capabilities.workspace else None
        operations = edits.resource_operations if edits else None
        document = capabilities.text_document
        actions = document.code_action if document else None
        encoding = self.workspace.position_encoding or lsp.PositionEncodingKind.Utf16
        return Client(
            str(getattr(encoding, "value", encoding)),
            versions=bool(edits and edits.document_changes),
            disabled=bool(actions and actions.disabled_support),
            creates=lsp.ResourceOperationKind.Create in (operations or ()),
        )

    def watch_files(self) -> None:
        """Ask the editor to tell when files change that it does not have open."""
        workspace = self.client_capabilities.workspace
        files = workspace.did_change_watched_files if workspace else None
        if files and files.dynamic_registration:
            options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher(WATCHED)])
            method = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES
            self.client_register_capability(
                lsp.RegistrationParams([lsp.Registration("files", method, options)])
            )

    # --- errors

    def say(self, error: BaseException) -> None:
        """Tell of an error of ours in a sentence."""
        message = _sentence(error)
        tell(message)
        self.window_show_message(
            lsp.ShowMessageParams(lsp.MessageType.Error, f"memlint: {message}")
        )

    def report_server_error(
        self, error: Exception, source: type[PyglsError] | type[JsonRpcException]
    ) -> None:
        """Tell the log of what the library could not do: a mistake of the editor, so no pop-up."""
        del source
        if not isinstance(error, _SaidError):
            told = printable(f"{type(error).__name__}: {error}"[:1000])
            tell(f"the editor sent what is not understood: {told}")


class _SaidError(JsonRpcInternalError):
    """An error of ours, of which the editor was told."""


def _path(uri: str) -> str | None:
    """The real path of a file's URI, None if it is that of something else, or of no file at all."""
    try:
        parts = urlsplit(uri)
        return real_path(decode(unquote_to_bytes(parts.path))) if parts.scheme == "file" else None
    except ValueError:  # a bracket that is left open, a NUL
        return None


def _unsaved(text: str, path: str, disk: Buffers) -> bytes | None:
    """The bytes of a text, None if they are those of the file.

    The text of a file that is not in UTF-8 is what the editor makes of it, and a byte order mark is
    no part of a text: neither is a change.
    """
    data = text.encode("utf-8", "surrogatepass")
    try:
        saved = disk.read(path, None, DEFAULT_BOUNDS.file_bytes)
    except OSError:
        return data
    mark = "\ufeff"
    if text.removeprefix(mark) == saved.decode("utf-8", "replace").removeprefix(mark):
        return None
    if saved.startswith(mark.encode()) and not text.startswith(mark):
        data = mark.encode() + data
    return data


# --- what the editor asks


async def _hover(server: EditorServer, params: lsp.HoverParams) -> lsp.Hover | None:
    answers = await server.answers()
    path = _path(params.text_document.uri)
    return await server.in_thread(answers.hover, path, params.position) if path else None


async def _hints(server: EditorServer, params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
    answers = await server.answers()
    path = _path(params.text_document.uri)
    return await server.in_thread(answers.hints, path, params.range) if path else []


async def _actions(server: EditorServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    answers = await server.answers()
    path = _path(params.text_document.uri)
    return await server.in_thread(answers.actions, path, params) if path else []


async def _opened(server: EditorServer, params: lsp.DidOpenTextDocumentParams) -> None:
    server.opened(params.text_document)


async def _changed(server: EditorServer, params: lsp.DidChangeTextDocumentParams) -> None:
    document = params.text_document
    change = params.content_changes[-1] if params.content_changes else None
    if isinstance(change, lsp.TextDocumentContentChangeWholeDocument):  # others were not asked for
        server.changed(document.uri, document.version, change.text)


async def _closed(server: EditorServer, params: lsp.DidCloseTextDocumentParams) -> None:
    server.closed(params.text_document.uri)


async def _look_again(server: EditorServer, params: object) -> None:
    del params
    server.look(None)


async def _initialized(server: EditorServer, params: object) -> None:
    del params
    server.watch_files()


async def _shut_down(server: EditorServer, params: object) -> None:
    del params
    server.was_shut_down = True


_Handler = Callable[[EditorServer, Any], Awaitable[object]]

FEATURES: dict[str, tuple[_Handler, object]] = {
    lsp.INITIALIZED: (_initialized, None),
    lsp.SHUTDOWN: (_shut_down, None),
    lsp.TEXT_DOCUMENT_DID_OPEN: (_opened, None),
    lsp.TEXT_DOCUMENT_DID_CHANGE: (_changed, None),
    lsp.TEXT_DOCUMENT_DID_SAVE: (_look_again, None),
    lsp.TEXT_DOCUMENT_DID_CLOSE: (_closed, None),
    lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES: (_look_again, None),
    lsp.TEXT_DOCUMENT_HOVER: (_hover, None),
    lsp.TEXT_DOCUMENT_INLAY_HINT: (_hints, None),
    lsp.TEXT_DOCUMENT_CODE_ACTION: (
        _actions,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix, FIX_ALL]),
    ),
}
"""Method → what answers it, and its options."""

_ASKED = frozenset(
    {lsp.TEXT_DOCUMENT_HOVER, lsp.TEXT_DOCUMENT_INLAY_HINT, lsp.TEXT_DOCUMENT_CODE_ACTION}
)
"""Methods that want an answer; the editor tells something with the others."""


def _handled(
    server: EditorServer, handler: _Handler, *, is_asked: bool
) -> Callable[[Any], Awaitable[object]]:
    """A handler for pygls, whose errors are sentences; what is asked is answered with them, too."""

    async def handle(params: Any) -> object:  # noqa: ANN401  each method has its own
        try:
            return await handler(server, params)
        except Exception as error:
            server.say(error)
            if is_asked:
                raise _SaidError(_sentence(error)) from None
            return None

    return handle


def _free() -> None:
    """Free what earlier looks left, if it is much: __main__.py turns automatic collection off."""
    if gc.get_count()[0] > MOST_GARBAGE:
        gc.collect()


def _sentence(error: BaseException) -> str:
    return printable((missing(error) or f"internal error: {type(error).__name__}: {error}")[:1000])


class _Replies:
    """Standard output, which stays open when the library closes it: the process ends by itself."""

    def __init__(self, stream: BinaryIO) -> None:
        self.write = stream.write
        self.flush = self.close = stream.flush


def serve(asked: Asked) -> bool:
    """Talk to an editor on the standard streams; return whether it said that it would leave."""
    log = logging.getLogger("pygls")
    log.addHandler(logging.NullHandler())  # its tracebacks are for its developers
    log.propagate = False
    server = EditorServer(asked)
    gc.freeze()  # the program itself is no garbage
    for method, (handler, options) in FEATURES.items():
        is_asked = method in _ASKED
        server.feature(method, options)(_handled(server, handler, is_asked=is_asked))
    server.start_io(sys.stdin.buffer, cast("BinaryIO", _Replies(sys.stdout.buffer)))
    return server.was_shut_down
