"""GitHub and GitLab, as the jobs that they run see them: a record for each, and requests to one."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.json import MAX_BYTES, parse_json

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SECONDS = 30
"""Seconds without a sign of the host, after which it is not waited for."""

NOT_ALLOWED = (401, 403, 404)
"""Statuses with which a host answers who may not ask: also that there is nothing."""

TOKEN = "MEMLINT_TOKEN"

_Answer = TypeVar("_Answer")


class ForgeKind(NamedTuple):
    """A kind of host of repositories.

    Paths are below the address that the variable ``api`` holds, with names of variables in them.
    """

    api: str
    comments: str
    """The comments of a pull request: they are listed there, and made."""
    comment: str
    """One of them."""
    change: str
    """The method that changes one."""
    token: tuple[str, str]
    """The header for the token, and what stands before it."""
    needs: str
    """The permissions that the token must have."""


FORGES = (
    # https://docs.github.com/en/rest/issues/comments
    ForgeKind(
        "GITHUB_API_URL",
        "/repos/{GITHUB_REPOSITORY}/issues/{MEMLINT_PULL_REQUEST}/comments",
        "/repos/{GITHUB_REPOSITORY}/issues/comments",
        "PATCH",
        ("Authorization", "Bearer "),
        "the job needs permissions: pull-requests: write for comments, security-events: write for "
        "SARIF; pull requests from forks have neither",
    ),
    # https://docs.gitlab.com/api/notes/
    ForgeKind(
        "CI_API_V4_URL",
        "/projects/{CI_PROJECT_ID}/merge_requests/{CI_MERGE_REQUEST_IID}/notes",
        "/projects/{CI_PROJECT_ID}/merge_requests/{CI_MERGE_REQUEST_IID}/notes",
        "PUT",
        ("PRIVATE-TOKEN", ""),
        f"{TOKEN} must be an access token of the project with the scope api",
    ),
)


def forge_of(environment: Mapping[str, str]) -> Forge:
    """The host that a job runs for. Raises MemlintError."""
    kind = next((one for one in FORGES if environment.get(one.api)), None)
    if kind is None:
        raise MemlintError(f"none of {', '.join(one.api for one in FORGES)} is set")
    if not environment.get(TOKEN):
        raise MemlintError(f"{TOKEN} is not set")
    return Forge(kind, environment)


class RefusedError(MemlintError):
    """A host refuses a request, with a status of HTTP."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Forge:
    """A host, with the environment of the job that it runs."""

    kind: ForgeKind
    environment: Mapping[str, str]

    def path(self, template: str) -> str:
        """A path with the values of the variables that it names. Raises MemlintError."""

        def value(match: re.Match[str]) -> str:
            if not (text := self.environment.get(match[1])):
                raise MemlintError(f"{match[1]} is not set: there is no pull request")
            return urllib.parse.quote(text)

        return re.sub(r"\{([A-Z0-9_]+)\}", value, template)

    def ask(
        self, method: str, path: str, answer: TypeAdapter[_Answer], content: object = None
    ) -> _Answer:
        """The answer to a request, as a model. Raises MemlintError and OSError."""
        return parse_json(self._send(method, path, content), answer)

    def _send(self, method: str, path: str, content: object) -> bytes:
        header, before = self.kind.token
        address = self.environment[self.kind.api].rstrip("/")
        if not address.startswith(("https://", "http://")):
            raise MemlintError(f"{self.kind.api} is no address of the web")
        request = urllib.request.Request(
            address + path,
            method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={
                header: before + self.environment[TOKEN],
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": "nginx-memlint",
            },
        )
        try:
            with _OPENER.open(request, timeout=SECONDS) as response:
                data: bytes = response.read(MAX_BYTES + 1)
                return data
        except urllib.error.HTTPError as error:
            error.close()
            why = f": {self.kind.needs}" if error.code in NOT_ALLOWED else ""
            raise RefusedError(f"{method} {path}: {error.code}{why}", error.code) from None
        except (http.client.HTTPException, ValueError) as error:
            raise MemlintError(f"{method} {path}: {type(error).__name__}") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: the token is for the one host."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)
