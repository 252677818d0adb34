"""Predicted against measured memory of shapes of TLS at start.

The predictions are those of the commits that the recordings name: nothing is worked out anew here.
"""

from __future__ import annotations

from functools import cache
from statistics import median
from typing import NamedTuple

from tests.nginx.accuracy_whole import NATIVE, recording

FIRST, LATER = 1, 2
"""Seed of the shapes that were measured first, and seed of those that mended nothing."""

ELSEWHERE = {"trixie": "13", "sid": "unstable", "bullseye": "11"}
"""Stack on which the first shapes were measured as well → its Debian."""

BEST = 0.05
"""How far a start may be from the measurement in 95 of 100 shapes."""

INTRODUCTION = """\
### Shapes of TLS

A hundred configurations by chance (`tests/nginx/tls_shapes.py`), Debian 12, one, two or four
workers: 1 to 300 servers or locations of http, stream and mail, or of `proxy_ssl_*`, `grpc_ssl_*`
and `uwsgi_ssl_*`; certificates of RSA, on curves, or both, in chains of one to five, with up to 100
names, the extensions of public CAs, few or none, of their own or shared; client CAs and trusted
ones, 1 to 180 in a file, some of them twice; lists of up to 2,000 that are revoked; stapling,
parameters, tickets and ciphers. What was predicted at first contact (commit `{first}`) showed
faults. These were mended by nginx's and OpenSSL's sources and by measurements of the cause:

- stream and mail load `ssl_crl` only if they verify clients (`ngx_stream_ssl_merge_conf()`)
- a store keeps one copy of a CA that two files of a context have (`X509_STORE_add_cert()`)
- a CA's name that is sent to clients takes what is in it, not what Mozilla's take on the average
- lists of ciphers have as many suites as are asked for (`ssl_create_cipher_list()`)
- a revocation list beside the CA file is parsed once, not twice; what a file has twice leaves room
- contexts for upstreams have less than those of Lua; a first private key takes more of OpenSSL

Then another hundred were drawn and measured, by which nothing was mended (commit `{later}`). The
first hundred were measured on Debian 13, unstable and 11 as well (commit `{elsewhere}`), and this
was mended since, by measurements of the cause alone:

- OpenSSL 3.5 decodes no names, constraints and points of one's own certificates when it loads them
- what OpenSSL sets up for the first private key and the first CA has a part that is the same

What TLS adds is the start without that of an nginx with the same modules and no server:

| shapes | within {best} | median | furthest | of what TLS adds, within 10 % | median |
|---|---|---|---|---|---|
"""


FURTHEST = """
The furthest:

| shapes | shape | workers | start, MiB | ratio |
|---|---|---|---|---|
"""


class TlsStart(NamedTuple):
    """A shape with the error of its start, and of what it adds to an nginx without servers."""

    said: str
    workers: int
    start_kb: int
    error: float
    error_of_added: float


@cache
def starts(seed: int, stack: str = NATIVE) -> tuple[TlsStart, ...]:
    """The recorded shapes of a seed beside what was predicted of them."""
    return tuple(
        TlsStart(
            row["said"],
            row["workers"],
            row["start_kb"],
            row["predicted_kb"] / row["start_kb"] - 1,
            (row["predicted_kb"] - row["start_kb"]) / (row["start_kb"] - row["empty_kb"]),
        )
        for row in recording(f"tls-{seed}", stack)["rows"]
    )


def within(listed: tuple[TlsStart, ...], most: float) -> int:
    """The number of shapes whose start is predicted so well."""
    return sum(abs(one.error) <= most for one in listed)


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %"


def _row(words: str, listed: tuple[TlsStart, ...]) -> str:
    errors = [abs(one.error) for one in listed]
    added = [abs(one.error_of_added) for one in listed]
    cells = [
        words,
        f"{within(listed, BEST)} of {len(listed)}",
        _percent(median(errors)),
        _percent(max(errors)),
        f"{sum(one <= 2 * BEST for one in added)} of {len(listed)}",
        _percent(median(added)),
    ]
    return f"| {' | '.join(cells)} |\n"


def _furthest(words: str, listed: tuple[TlsStart, ...]) -> str:
    rows = [
        f"| {words} | {one.said} | {one.workers} | {one.start_kb / 1024:,.1f} | "
        f"{1 + one.error:.2f} |\n"
        for one in sorted(listed, key=lambda one: -abs(one.error))[:5]
    ]
    return "".join(rows)


def table() -> str:
    """The comparisons, as Markdown."""
    commits = {
        words: recording(f"tls-{seed}")["inputs"]["predicted_by"][:12]
        for words, seed in (("first", FIRST), ("later", LATER))
    }
    [elsewhere] = {
        recording(f"tls-{FIRST}", stack)["inputs"]["predicted_by"][:12] for stack in ELSEWHERE
    }
    listed = {"first contact": starts(FIRST), "new ones, since": starts(LATER)}
    for stack, release in ELSEWHERE.items():
        listed[f"Debian {release}, first contact"] = starts(FIRST, stack)
    return (
        INTRODUCTION.format(best=f"{100 * BEST:.0f} %", elsewhere=elsewhere, **commits)
        + "".join(_row(words, shapes) for words, shapes in listed.items())
        + FURTHEST
        + "".join(_furthest(words, shapes) for words, shapes in listed.items())
    )
