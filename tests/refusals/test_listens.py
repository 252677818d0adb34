"""Addresses of servers by release."""

from __future__ import annotations

import pytest

from nginx_memlint import check

SERVER = b"server { listen 127.0.0.1:9000%s; return a; } "
STREAM = b"load_module ngx_stream_module.so; events {}\nstream { %s }\n"


@pytest.mark.parametrize(
    ("version", "said"), [("1.25.4", 'duplicate "127.0.0.1:9000" address'), ("1.25.5", "")]
)
def test_servers_of_stream_share_addresses(version: str, said: str) -> None:
    data = STREAM % (2 * (SERVER % b""))
    report = check("-", data=data, target="debian-12", set={"nginx": version})
    assert report.complete == (not said)
    assert all(said in problem.message for problem in report.problems)
    assert check("-", data=data).complete


def test_datagrams_are_apart() -> None:
    data = STREAM % (SERVER % b"" + SERVER % b" udp")
    assert check("-", data=data, target="debian-12").complete


def test_quic_is_apart() -> None:
    data = b"events {}\nhttp { server { listen 443; listen 443 quic; ssl_reject_handshake on; } }"
    assert check("-", data=data, target="debian-13").complete


@pytest.mark.parametrize("text", ["localhost:80", "[::ffff:1.2.3.4]:80", "1.2.3.400", "80a"])
def test_what_nginx_alone_can_tell(text: str) -> None:
    """Nothing is said of two that may be the same, or may not."""
    data = f"events {{}}\nhttp {{ server {{ listen {text}; listen {text}; }} }}\n".encode()
    assert check("-", data=data, target="debian-12").complete


@pytest.mark.parametrize(("version", "accepted"), [("1.15.1", True), ("1.15.2", False)])
def test_connections_are_compared_since(version: str, accepted: bool) -> None:
    data = b"events { worker_connections 1; }\nhttp { server { listen 80; listen 81; } }\n"
    report = check("-", data=data, target="debian-12", set={"nginx": version})
    assert report.complete == accepted


@pytest.mark.parametrize(
    ("listens", "count"),
    [
        ("listen 1-9;", 9),
        ("listen 127.0.0.1:1-9; listen 5;", 9),
        ("listen 127.0.0.1:1-9; listen 5-6; listen 9-12;", 12),
        ("listen 127.0.0.1:1-9 bind; listen 5-6; listen 9-12;", 15),
        ("listen 127.0.0.1:1-9; listen [::]:1-9; listen [::1]:9-10; listen 4-5 reuseport;", 19),
        ("listen 1-65535; listen 127.0.0.1:1-65535; listen 127.0.0.2:7-65535 bind;", 131_064),
    ],
)
def test_ports_are_counted(listens: str, count: int) -> None:
    for connections, is_enough in ((count, False), (count + 1, True)):
        text = (
            f"events {{ worker_connections {connections}; }}\nhttp {{ server {{ {listens} }} }}\n"
        )
        report = check("-", data=text.encode(), target="debian-12")
        said = [f"{connections} worker_connections are not enough for {count} listening sockets"]
        assert [p.message for p in report.problems] == ([] if is_enough else said)


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        ("1-9", "10-12", ""),
        ("1-9 bind", "8-12 bind", "duplicate listen options for 0.0.0.0:8"),
        ("5 default_server", "1-9 default_server", "a duplicate default server for 0.0.0.0:5"),
        ("5", "1-9 default_server", ""),
    ],
)
def test_ranges_meet_at_a_port(first: str, then: str, said: str) -> None:
    text = f"events {{}}\nhttp {{ server {{ listen {first}; }} server {{ listen {then}; }} }}\n"
    report = check("-", data=text.encode(), target="debian-12")
    assert [p.message for p in report.problems] == ([said] if said else [])
