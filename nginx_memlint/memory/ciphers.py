"""OpenSSL's contexts by the ciphers that they may use: each has two lists of pointers to suites."""

from __future__ import annotations

import re
from collections.abc import Collection

from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.targets import Costs
from nginx_memlint.tls.contexts import Group

SUITE = 24
"""Bytes of a suite in both lists (``ssl_create_cipher_list()``), which grow by half: 9, 60 and 128
suites were measured on Debian 12 (TLS server, 6 ciphers; ciphers DEFAULT; rsa2048-1)."""

SUITES = {"DEFAULT": 57}
"""Keyword of a list of ciphers → suites of OpenSSL 3.0 that it stands for, if not MOST, beside
those of TLS 1.3."""

MOST = 128
"""Suites of ``HIGH:!aNULL:!MD5``, and about as many as any list has."""

ALWAYS = 3
"""Suites of TLS 1.3, which no list has to name."""

SERVING = ("ssl", "stream_ssl", "mail_ssl")
PASSING = ("proxy_ssl", "stream_proxy_ssl", "grpc_ssl", "uwsgi_ssl")
"""Families of contexts for connections of clients, and for those to upstreams."""

DEFAULTS = {**dict.fromkeys(SERVING, "HIGH:!aNULL:!MD5"), **dict.fromkeys(PASSING, "DEFAULT")}
"""Family of contexts → the list that nginx sets where the configuration has none. Those of Lua and
njs, which are not here, are in Costs.context."""

LESS_THAN_LUA = {**dict.fromkeys(SERVING, 2_850), **dict.fromkeys(PASSING, 2_240)}
"""Family → bytes of Costs.context, which is measured with Lua's, that its contexts do not have
beside their lists: those of Lua's lists, and of what its module keeps in a block."""

_DIRECTIVES = {
    **dict.fromkeys(SERVING, "ssl_ciphers"),
    **{family: f"{family.removeprefix('stream_')}_ciphers" for family in PASSING},
}
_BETWEEN = r"[:,; ]+"
_TAKEN_AWAY = ("!", "-", "+", "@")


def suites(text: str) -> int:
    """About how many suites a list of ciphers has.

    A name with a ``-`` is taken for one suite, a keyword for as many as there are, at most.
    """
    named = [word for word in re.split(_BETWEEN, text) if word and not word.startswith(_TAKEN_AWAY)]
    count = sum(1 if "-" in word else SUITES.get(word, MOST) for word in named)
    return min(MOST, ALWAYS + count)


def context_bytes(group: Group, names: Collection[str], costs: Costs) -> int:
    """Bytes of all contexts of a group without their certificates; ``names`` has all directives."""
    count = len(group.blocks)
    default = DEFAULTS.get(group.family)
    if default is None:
        return costs.context * count
    name = _DIRECTIVES[group.family]
    listed = suites(default) * count
    if name in names:
        settings = (block.effective(name) for block in group.owners)
        texts = (default if one is None else c_string(one.value) for one in settings)
        listed = sum(map(suites, texts))
    return (costs.context - LESS_THAN_LUA[group.family]) * count + SUITE * listed
