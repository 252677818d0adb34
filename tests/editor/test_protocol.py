"""An editor may send anything: mistakes are answered as the protocol says, without a pop-up."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32600, -32601, -32602


def framed(message: object) -> bytes:
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(data), data)


def answered(stream: IO[bytes], count: int) -> tuple[dict[int | str, Any], set[str]]:
    """The answers to so many requests, and the methods of what came beside them."""
    answers: dict[int | str, Any] = {}
    methods = set()
    while len(answers) < count and (head := stream.readline()):
        while line := stream.readline().strip():
            head += line
        message = json.loads(stream.read(int(head.lower().partition(b"length:")[2].split()[0])))
        if "method" in message:
            methods.add(message["method"])
        else:
            answers[message["id"]] = message.get("error", {"code": 0})["code"]
    return answers, methods


def test_mistakes(tmp_path: Path) -> None:
    uri = (tmp_path / "nginx.conf").as_uri()
    this, start = {"textDocument": {"uri": uri}}, {"line": 0, "character": 0}
    below = {"start": {"line": -9, "character": 0}, "end": start}
    beyond = {"start": {"line": 99, "character": 0}, "end": {"line": 999, "character": 0}}
    asked: list[tuple[object, object, int]] = [
        ("textDocument/hover", None, INVALID_PARAMS),
        ("textDocument/hover", {**this, "position": {}}, INVALID_PARAMS),
        ("textDocument/hover", {"textDocument": {"uri": "file:///x"}, "position": start}, 0),
        ("textDocument/hover", {**this, "position": {**start, "jsonrpc": "2.0"}}, 0),
        ("textDocument/inlayHint", {**this, "range": below}, INVALID_PARAMS),
        ("textDocument/inlayHint", {**this, "range": beyond}, 0),
        ("textDocument/codeAction", {**this, "range": beyond}, INVALID_PARAMS),
        ("textDocument/codeAction", {**this, "range": beyond, "context": {"diagnostics": []}}, 0),
        ("textDocument/unknown", {}, METHOD_NOT_FOUND),
        ("workspace/executeCommand", {"command": "x"}, INVALID_PARAMS),
        (5, {}, INVALID_REQUEST),
    ]
    opened = {"uri": uri, "languageId": None, "version": 1, "text": "events { }"}
    change = "textDocument/didChange"
    told: list[tuple[str, object]] = [
        ("initialized", {}),
        ("textDocument/didOpen", {"textDocument": opened}),
        (change, {"textDocument": {"uri": uri, "version": 2}, "contentChanges": []}),
        (change, {"textDocument": {"uri": "file:///x", "version": 2}, "contentChanges": []}),
        (change, {"textDocument": {"uri": "x", "version": 1}}),
        (
            change,
            {
                "textDocument": {"uri": uri, "version": 2},
                "contentChanges": [{"range": beyond, "text": "x"}],
            },
        ),
        ("textDocument/didClose", {"textDocument": {"uri": "file:///x"}}),
        ("$/cancelRequest", {}),
    ]
    rpc = {"jsonrpc": "2.0"}
    sent: list[object] = [rpc | {"id": 99, "method": "initialize", "params": {"capabilities": {}}}]
    sent += [rpc | {"method": method, "params": params} for method, params in told]
    sent += [[], 5, {}, rpc | {"id": {}, "method": "x"}, rpc | {"id": "x", "method": "x"}, b"{"]
    sent += [rpc | {"id": n, "method": m, "params": p} for n, (m, p, _) in enumerate(asked)]
    process = subprocess.Popen(
        [sys.executable, "-m", "nginx_memlint", "lsp", "--target", "debian-12"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    guard = threading.Timer(60, process.kill)
    guard.start()
    process.stdin.write(b"".join(map(framed, sent)))
    process.stdin.flush()
    answers, methods = answered(process.stdout, len(asked) + 2)
    leave = [rpc | {"id": 100, "method": "shutdown"}, rpc | {"method": "exit"}]
    _, errors = process.communicate(b"".join(map(framed, leave)))
    guard.cancel()
    assert [answers[number] for number in range(len(asked))] == [code for *_, code in asked]
    assert answers["x"] == METHOD_NOT_FOUND
    assert methods <= {"textDocument/publishDiagnostics"}
    assert b"internal error" not in errors
    assert b"Traceback" not in errors
    assert process.returncode == 0
