"""CA certificates in memory, as the text of their files tells of them."""

from __future__ import annotations

import base64
import math
import time
from pathlib import Path

import pytest

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.live.preflight.files import heap_of_text, led_to, places_of
from nginx_memlint.live.preflight.need import HEAP_OF_TEXT
from nginx_memlint.options.record import read_keywords
from nginx_memlint.remedies.situation import Situation
from tests.helpers import BUNDLE, http, write
from tests.tls.test_der import revocation_list

PASSING = "proxy_pass https://127.0.0.1; proxy_ssl_verify on; proxy_ssl_trusted_certificate ca.pem;"


def situation(directory: Path, *, target: str = "debian-12", more: str = "") -> Situation:
    """A location with a bundle of CAs."""
    text = http(f"server {{ location / {{ {PASSING} {more} }} }}", main="")
    conf = write(directory, {"nginx.conf": text})
    conf.with_name("ca.pem").write_bytes(BUNDLE.read_bytes())
    body = base64.encodebytes(revocation_list(10)).decode()
    conf.with_name("crl.pem").write_text(
        f"-----BEGIN X509 CRL-----\n{body}-----END X509 CRL-----\n"
    )
    read = examine(Job(str(conf), read_keywords({"target": target}))).situation
    assert read is not None
    return read


def test_of_files_that_are_as_they_were(tmp_path: Path) -> None:
    """It is that of the stores that they would become."""
    read = situation(tmp_path)
    of_text = read.amount.heap / BUNDLE.stat().st_size
    assert of_text < heap_of_text(read, time.time() + 10) < 1.2 * of_text


@pytest.mark.parametrize(
    ("since", "target", "more", "most"),
    [
        (-10, "debian-12", "", HEAP_OF_TEXT),
        (10, "debian-12", "proxy_ssl_crl crl.pem;", HEAP_OF_TEXT),
        (10, "nginx-1.29.0", "", math.inf),
    ],
    ids=["changed since", "revocation lists", "each file is read once"],
)
def test_where_it_cannot_be_told(
    tmp_path: Path, since: float, target: str, more: str, most: float
) -> None:
    read = situation(tmp_path, target=target, more=more)
    assert heap_of_text(read, time.time() + since) == most


def test_links_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("old", "new/conf.d"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "current").symlink_to("new")
    (tmp_path / "new/a").symlink_to("../current/conf.d/../b")
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)
    ways = {f"{tmp_path}/{name}" for name in ("current", "new/a", "new/b")}
    assert led_to(["current/a"]) == led_to([str(tmp_path / "current/a")]) == ways
    assert str(tmp_path / "loop") in led_to(["loop"])


def test_a_name_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { }", main="")})
    monkeypatch.chdir(tmp_path)
    read = [examine(Job(name, read_keywords({}))).situation for name in ("nginx.conf", str(conf))]
    assert all(each and places_of(each) == {str(conf), str(tmp_path)} for each in read)
