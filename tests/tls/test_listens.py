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


@pytest.mark.parametrize("text", ["localhost:80", "unix:", "[::ffff:1.2.3.4]:80", "1.2.3.400", "0"])
def test_what_nginx_alone_can_tell(text: str) -> None:
    """Nothing is said of two that may be the same, or may not."""
    data = f"events {{}}\nhttp {{ server {{ listen {text}; listen {text}; }} }}\n".encode()
    assert check("-", data=data, target="debian-12").complete


@pytest.mark.parametrize(("version", "accepted"), [("1.15.1", True), ("1.15.2", False)])
def test_connections_are_compared_since(version: str, accepted: bool) -> None:
    data = b"events { worker_connections 1; }\nhttp { server { listen 80; listen 81; } }\n"
    report = check("-", data=data, target="debian-12", set={"nginx": version})
    assert report.complete == accepted
