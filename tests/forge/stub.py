"""A host of repositories on loopback: the comments of one pull request, and code scanning."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

JOB, USER = "token-of-a-job", "token-of-a-user"
"""A token with which nobody may ask who they are, and one of the user ``me``."""


@dataclass
class Stub:
    """A host: all that it has, and all that it was asked."""

    address: str
    github: bool
    comments: list[dict[str, Any]] = field(default_factory=list)
    analyses: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refuses: int = 0
    """A status with which everything is answered."""
    answer: bytes | None = None
    """Instead of what it has."""

    def add(self, body: str | None, name: str, kind: str = "User") -> None:
        """Let somebody write a comment."""
        author = {"login": name, "type": kind} if self.github else {"username": name}
        by = "user" if self.github else "author"
        self.comments.append({"id": len(self.comments) + 1, "body": body, by: author, "more": [1]})

    @property
    def environment(self) -> dict[str, str]:
        """Variables that the host gives to a job."""
        for_all = {"MEMLINT_TOKEN": JOB if self.github else USER, "no_proxy": "127.0.0.1"}
        if self.github:
            return for_all | {
                "GITHUB_ACTIONS": "true",
                "GITHUB_API_URL": self.address,
                "GITHUB_REPOSITORY": "o/r",
                "GITHUB_SHA": "0" * 40,
                "GITHUB_REF": "refs/pull/7/merge",
                "MEMLINT_PULL_REQUEST": "7",
            }
        return for_all | {
            "CI_API_V4_URL": self.address,
            "CI_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_IID": "7",
        }


@contextmanager
def stub(*, github: bool = True) -> Iterator[Stub]:
    """Serve a host until the context ends."""

    class Handler(_Handler):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.stub = Stub(f"http://127.0.0.1:{server.server_port}", github)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield Handler.stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    stub: ClassVar[Stub]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        stub, url = self.stub, urlsplit(self.path)
        content = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        stub.asked.append(f"{self.command} {url.path}")
        token = self.headers.get("Authorization" if stub.github else "PRIVATE-TOKEN")
        tokens = [("Bearer " if stub.github else "") + name for name in (JOB, USER)]
        if stub.refuses or token not in tokens:
            self._send(stub.refuses or 401, {})
            return
        listed = "/projects/5/merge_requests/7/notes"
        one = "/repos/o/r/issues/comments" if stub.github else listed
        listed = "/repos/o/r/issues/7/comments" if stub.github else listed
        asked = self.command, url.path
        if asked == ("GET", "/user"):
            name = "login" if stub.github else "username"
            self._send(403 if token == tokens[0] else 200, {name: "me"})
        elif asked == ("GET", listed):
            query = parse_qs(url.query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            self._send(200, stub.comments[size * (page - 1) : size * page])
        elif asked == ("POST", listed):
            mine = ("github-actions[bot]", "Bot") if token == tokens[0] else ("me", "User")
            stub.add(content["body"], *mine)
            self._send(201, stub.comments[-1])
        elif asked[0] == ("PATCH" if stub.github else "PUT") and asked[1].startswith(f"{one}/"):
            comment = stub.comments[int(asked[1].removeprefix(f"{one}/")) - 1]
            comment["body"] = content["body"]
            self._send(200, comment)
        elif asked == ("POST", "/repos/o/r/code-scanning/sarifs"):
            stub.analyses.append(content)
            self._send(202, {"id": "x", "url": "y"})
        else:
            self._send(404, {"message": "Not Found"})

    do_GET = do_POST = do_PATCH = do_PUT = _answer  # noqa: N815  the server's names

    def _send(self, status: int, content: object) -> None:
        data = json.dumps(content).encode() if self.stub.answer is None else self.stub.answer
        self.send_response(status)
        if status in (301, 302, 307):
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
