"""The one comment on a pull request that is written, and changed at each push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AliasChoices, BaseModel, Field, TypeAdapter

from nginx_memlint.forge.forges import NOT_ALLOWED, RefusedError
from nginx_memlint.report.views.diff_markdown import NOTHING_CHANGED

if TYPE_CHECKING:
    from nginx_memlint.forge.forges import Forge

PAGE = 100
"""Comments that a host lists at a time, at most."""

PAGES = 30
"""Pages that are looked through: 3,000 comments."""


class Author(BaseModel):
    """Who wrote a comment, and the type that GitHub gives a program: ``Bot``."""

    name: str = Field(validation_alias=AliasChoices("login", "username"))
    type: str = ""


class Comment(BaseModel):
    """A comment as either host tells it."""

    id: int
    body: str | None = None
    author: Author | None = Field(None, validation_alias=AliasChoices("user", "author"))


_AUTHOR = TypeAdapter(Author)
_COMMENT = TypeAdapter(Comment)
_COMMENTS = TypeAdapter(list[Comment])


def put_comment(forge: Forge, text: bytes) -> str:
    """Write the comment, or change the one that was written before; say which.

    One that says that nothing has changed is not begun with.

    That one begins with the same first line, and is by the token's user: anybody can write a
    comment that begins like it, and change that later. Raises MemlintError and OSError.
    """
    body = text.decode("utf-8", "replace")
    marker = body.partition("\n")[0]
    listed = forge.path(forge.kind.comments)
    before = _written(forge, listed, marker)
    if before is None and NOTHING_CHANGED in body.splitlines()[:2]:
        return "no comment is written, since nothing has changed"
    if before is None:
        forge.ask("POST", listed, _COMMENT, {"body": body})
        return "the comment is written"
    if (before.body or "").strip() == body.strip():
        return "the comment is as it was"
    one = f"{forge.path(forge.kind.comment)}/{before.id}"
    forge.ask(forge.kind.change, one, _COMMENT, {"body": body})
    return "the comment is changed"


def _written(forge: Forge, listed: str, marker: str) -> Comment | None:
    """The comment with a marker that is by the token's user."""
    name: str | None = None
    for page in range(1, PAGES + 1):
        comments = forge.ask("GET", f"{listed}?per_page={PAGE}&page={page}", _COMMENTS)
        for comment in comments:
            if comment.author is None or not (comment.body or "").startswith(marker):
                continue
            name = _user(forge) if name is None else name
            if comment.author.name == name or (not name and comment.author.type == "Bot"):
                return comment
        if len(comments) < PAGE:
            return None
    return None


def _user(forge: Forge) -> str:
    """The name of the token's user; empty for the token of a job, which may not ask."""
    try:
        return forge.ask("GET", "/user", _AUTHOR).name
    except RefusedError as error:
        if error.code not in NOT_ALLOWED:
            raise
        return ""
