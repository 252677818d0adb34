"""Values, pairs, locations, names and data that nginx refuses are problems; others are none."""

from __future__ import annotations

from typing import Any

import pytest

from nginx_memlint import check
from nginx_memlint.refusals import undeclared
from nginx_memlint.result import ConfigReport
from tests.refusals.refused import ACCEPTED, AROUND, MOST, REFUSED, modules_of, repeated


def checked(kind: str, inside: str, **stated: object) -> ConfigReport:
    modules = "".join(f"load_module modules/{name}.so;\n" for name in modules_of(kind))
    data = f"{modules}events {{ }}\n{AROUND[kind] % inside}\n".encode()
    return check("-", data=data, **({"target": "debian-12"} | stated))


@pytest.mark.parametrize(("kind", "inside"), REFUSED)
def test_a_refused_one_is_a_problem(kind: str, inside: str) -> None:
    report = checked(kind, inside)
    assert not report.complete
    assert all(problem.line for problem in report.problems if not problem.complete)


@pytest.mark.parametrize(("kind", "inside"), ACCEPTED)
def test_an_accepted_one_is_none(kind: str, inside: str) -> None:
    report = checked(kind, inside)
    assert report.complete, report.problems


@pytest.mark.parametrize(("kind", "content", "piece", "most"), MOST)
def test_as_many_as_are_accepted(kind: str, content: str, piece: str, most: int) -> None:
    assert checked(kind, repeated(content, piece, most)).complete
    assert not checked(kind, repeated(content, piece, most + 1)).complete


NEWER = [
    ("location", "proxy_http_version 2;", "1.29.4"),
    ("http", "upstream u { zone z 64k; server a.example resolve; }", "1.27.3"),
]


@pytest.mark.parametrize(("kind", "inside", "since"), NEWER)
def test_words_of_later_releases(kind: str, inside: str, since: str) -> None:
    version = [int(number) for number in since.split(".")]
    before = ".".join(map(str, [*version[:2], version[2] - 1]))
    assert not checked(kind, inside, set={"nginx": before}).complete
    assert checked(kind, inside, set={"nginx": since}).complete


@pytest.mark.parametrize("inside", ["ssl_certificate a b;", "error_page /x;"])
def test_what_forks_take_is_refused_where_all_modules_are_known(inside: str) -> None:
    assert not checked("http", inside).complete
    data = b"load_module modules/other.so;\nevents { }\nhttp { %b }\n" % inside.encode()
    messages = [p.message for p in check("-", data=data, target="debian-12").problems]
    assert not any("number of arguments" in message for message in messages)


def test_separate_modules() -> None:
    inside = "image_filter test;"
    assert not checked("location", inside).complete
    data = (
        b"load_module modules/ngx_http_image_filter_module.so;\nevents { }\n"
        b"http { server { location / { image_filter test; } } }\n"
    )
    assert check("-", data=data, target="debian-12").complete
    assert checked("location", inside, target="openresty-1.21.4.4").complete


def test_names_of_a_fragment_may_be_declared_around_it() -> None:
    text = b"server { access_log logs/a main; }"
    assert check("-", data=text, context=("http",)).complete


@pytest.mark.parametrize(
    ("method", "accepted"), [("epoll", True), ("kqueue", True), ("foo", False)]
)
def test_methods_of_events(method: str, accepted: bool) -> None:
    data = f"events {{ use {method}; }}\nhttp {{ server {{ }} }}\n".encode()
    assert check("-", data=data, target="debian-12").complete == accepted


@pytest.mark.parametrize(
    ("tls", "accepted"), [("", False), ("ssl; ssl_certificate a; ssl_certificate_key a", True)]
)
def test_handshakes_in_stream(tls: str, accepted: bool) -> None:
    server = f"server {{ listen 1 {tls}; return a; ssl_certificate_by_lua_block {{ }} }}"
    data = f"events {{ }}\nstream {{ {server} }}\n".encode()
    said = [p.nginx for p in check("-", data=data, target="openresty-1.21.4.3").problems]
    assert ("no ssl configured for the server" in said) != accepted


def test_names_of_thread_pools_are_put_together_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for each directive takes time that grows with the square."""
    joined = []

    class Names(set[str]):
        def __or__(self, others: Any) -> Any:
            joined.append(others)
            return super().__or__(others)

    real = undeclared._declared
    monkeypatch.setattr(undeclared, "_declared", lambda *args: Names(real(*args)))
    aio = " ".join(f"location /{n} {{ aio threads={name}; }}" for n, name in enumerate("aab"))
    data = f"thread_pool a threads=1; events {{ }} http {{ server {{ {aio} }} }}".encode()
    report = check("-", data=data, target="debian-12")
    assert [p.message for p in report.problems] == ['unknown thread pool "b"']
    assert len(joined) == 1
