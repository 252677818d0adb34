"""One comment on a pull request, whoever else writes there."""

from __future__ import annotations

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.forge.comment import PAGE, put_comment
from nginx_memlint.forge.forges import forge_of
from nginx_memlint.report.views.diff_markdown import NOTHING_CHANGED
from tests.forge.stub import USER, Stub, stub

MARKER = "<!-- memlint diff -->"
HOSTS = [True, False]


def put(host: Stub, text: str, **more: str) -> str:
    return put_comment(forge_of(host.environment | more), f"{MARKER}\n\n{text}\n".encode())


def bodies(host: Stub) -> list[str]:
    return [comment["body"] for comment in host.comments]


@pytest.mark.parametrize("github", HOSTS)
def test_one_comment_is_written_and_changed(github: bool) -> None:
    with stub(github=github) as host:
        host.add("a word", "somebody")
        host.add(None, "somebody")
        assert put(host, "é `$(x)` @all </details>") == "the comment is written"
        assert put(host, "second") == "the comment is changed"
        assert put(host, "second") == "the comment is as it was"
        assert bodies(host) == ["a word", None, f"{MARKER}\n\nsecond\n"]


@pytest.mark.parametrize("github", HOSTS)
def test_nobody_is_bothered_where_nothing_has_changed(github: bool) -> None:
    """Unless a comment stands already, which would go on to say what is no more so."""
    nothing = f"{NOTHING_CHANGED}\n\n### all as before"
    with stub(github=github) as host:
        body = f"{MARKER}\n{nothing}\n".encode()
        forge = forge_of(host.environment)
        assert put_comment(forge, body) == "no comment is written, since nothing has changed"
        assert host.comments == []
        put(host, "grows by 4 GiB")
        assert put_comment(forge, body) == "the comment is changed"
        assert bodies(host) == [body.decode()]


@pytest.mark.parametrize("github", HOSTS)
def test_the_comment_of_a_stranger_is_left_alone(github: bool) -> None:
    """It begins like ours; changed, it would stay the stranger's, who can edit it."""
    with stub(github=github) as host:
        host.add(f"{MARKER}\n\nall is well", "stranger")
        put(host, "first")
        put(host, "second")
        assert bodies(host) == [f"{MARKER}\n\nall is well", f"{MARKER}\n\nsecond\n"]


def test_the_token_of_a_user() -> None:
    with stub() as host:
        host.add(f"{MARKER}\n\nof another job", "github-actions[bot]", "Bot")
        put(host, "first", MEMLINT_TOKEN=USER)
        put(host, "second", MEMLINT_TOKEN=USER)
        assert bodies(host)[1:] == [f"{MARKER}\n\nsecond\n"]
        assert host.comments[1]["user"]["login"] == "me"


def test_it_is_looked_for_on_every_page() -> None:
    with stub() as host:
        for _ in range(2 * PAGE):
            host.add("a word", "somebody")
        put(host, "first")
        assert put(host, "second") == "the comment is changed"
        assert len(host.comments) == 2 * PAGE + 1


@pytest.mark.parametrize("status", [403, 404, 302, 500])
def test_what_the_host_refuses(status: int) -> None:
    with stub() as host:
        host.refuses = status
        with pytest.raises(MemlintError, match=str(status)) as caught:
            put(host, "first")
        assert ("pull-requests: write" in str(caught.value)) == (status in (403, 404))
        assert len(host.asked) == 1  # the token goes nowhere else


@pytest.mark.parametrize("answer", [b"", b"{", b"{}", b'[{"id": "x"}]', b"[" * 100_000])
def test_an_answer_that_is_none(answer: bytes) -> None:
    with stub() as host:
        host.answer = answer
        with pytest.raises(MemlintError):
            put(host, "first")
        assert host.comments == []
