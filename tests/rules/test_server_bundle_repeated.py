from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.finding import BIG, http, of, report

PAIR = "ssl_certificate c.crt; ssl_certificate_key c.key;"
CLIENT = "ssl_client_certificate ca.pem; ssl_verify_client on;"
STAPLED = "ssl_trusted_certificate ca.pem; ssl_stapling on;"


@pytest.mark.parametrize("directives", [CLIENT, STAPLED])
@pytest.mark.parametrize(
    ("version", "count"), [("1.18.0", 1), ("1.27.1", 1), ("1.27.2", 0), ("1.30.6", 0)]
)
def test_until_1_27_1(tmp_path: Path, directives: str, version: str, count: int) -> None:
    inside = f"{PAIR} {directives} {'server { listen 443 ssl; }' * 3}"
    assert len(http(tmp_path, inside, "ML103", set={"nginx": version}, **BIG)) == count


def test_never_on_nginx_that_caches_however_many_servers(tmp_path: Path) -> None:
    inside = f"{PAIR} {CLIENT} {'server { listen 443 ssl; }' * 3000}"
    inside = inside.replace("ca.pem", "many.pem")
    assert http(tmp_path, inside, "ML103", set={"nginx": "1.27.2"}) == []


@pytest.mark.parametrize(("version", "count"), [("1.27.1", 1), ("1.27.2", 0)])
@pytest.mark.parametrize("root", ["stream", "mail"])
def test_in_stream_and_mail(tmp_path: Path, root: str, version: str, count: int) -> None:
    more = (
        "proxy_pass 127.0.0.1:1;" if root == "stream" else "protocol imap; auth_http 127.0.0.1:1;"
    )
    servers = " ".join(f"server {{ listen {port} ssl; {more} }}" for port in range(1, 4))
    text = f"{root} {{ {PAIR} {CLIENT} {servers} }}"
    assert len(of(report(tmp_path, text, set={"nginx": version}, **BIG), "ML103")) == count


@pytest.mark.parametrize(("servers", "count"), [(2, 0), (3, 1)])
def test_from_64_mib_on(tmp_path: Path, servers: int, count: int) -> None:
    inside = f"{PAIR} {CLIENT} {'server { listen 443 ssl; }' * servers}"
    assert len(http(tmp_path, inside, "ML103", **BIG)) == count


def test_set_in_each_server(tmp_path: Path) -> None:
    inside = f"{PAIR} {('server { listen 443 ssl; ' + CLIENT + '}') * 3}"
    [finding] = http(tmp_path, inside, "ML103", **BIG)
    assert "(set in 3 places)" in finding.message


def test_the_upgrade_is_what_check_says_of_that_version(tmp_path: Path) -> None:
    inside = f"{PAIR} {CLIENT} {'server { listen 443 ssl; }' * 100}".replace("ca.pem", "many.pem")
    text = f"http {{\n{inside}\n}}\n"
    old = report(tmp_path, text)
    assert len(of(old, "ML103")) == 1
    [remedy] = [r for r in old.remedies if r.change.startswith("upgrade to nginx 1.27.2")]
    new = report(tmp_path, text, set={"nginx": "1.27.2"})
    assert remedy.start_bytes == new.memory.total.start_bytes < old.memory.total.start_bytes // 4
