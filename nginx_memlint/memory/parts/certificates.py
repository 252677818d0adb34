"""Certificates of one's own, and revocation lists: what is loaded into contexts beside CAs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.memory.guesses import LONG_CHAIN, End
from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import Configuration, Counted, Record
from nginx_memlint.syntax.values import c_string
from nginx_memlint.tls.der import Facts
from nginx_memlint.tls.families import by_name
from nginx_memlint.tree.expanded import Block, Setting

CERTIFICATE, DER, EXTENSION, ATTRIBUTE, EC_KEY = 2_155, 2.03, 43, 150, 1_337
"""Of a parsed certificate (OpenSSL 3.0): each, a byte of DER, an extension, an attribute of subject
or issuer, and a key on a curve."""

NAME = 120
"""Of each DNS name of the leaf (X509v3_cache_extensions())."""

KEYS = ((2_400, 2_750), (1 << 30, 4_220))
"""Bits of an RSA key up to → bytes of the private one."""

EC_PRIVATE_KEY = 4_350
FURTHER = 500
"""Of a certificate that nginx has in its cache (from 1.27.2)."""

CRL, CRL_ENTRY = 3_500, 208
"""Of a revocation list, and of each entry with a serial of 20 bytes; shorter ones take 198."""

DH_PARAMETERS = 890

CRL_DIRECTIVES = {
    "lua": "lua_ssl_crl",
    "stream_lua": "lua_ssl_crl",
    "ssl": "ssl_crl",
    "stream_ssl": "ssl_crl",
    "mail_ssl": "ssl_crl",
    "proxy_ssl": "proxy_ssl_crl",
    "stream_proxy_ssl": "proxy_ssl_crl",
    "grpc_ssl": "grpc_ssl_crl",
    "uwsgi_ssl": "uwsgi_ssl_crl",
}
"""Family → its directive for revocation lists."""

_ONLY_IF_VERIFYING = frozenset({"proxy_ssl", "stream_proxy_ssl", "grpc_ssl", "uwsgi_ssl"})


class _FileUse(NamedTuple):
    """A directive that names files, and how many contexts load them."""

    setting: Setting
    times: int


def _path(setting: Setting, configuration: Configuration) -> str:
    value = c_string(setting.value)
    return value if value.startswith("/") else f"{configuration.tree.directory}/{value}"


def _uses(configuration: Configuration, names: dict[str, str]) -> Iterator[_FileUse]:
    """The directives of families that contexts see, each with how many contexts see it."""
    present = configuration.tree.index_names()
    times: Counter[tuple[str, Block]] = Counter()
    for group in configuration.groups:
        name = names.get(group.family, "")
        verifies = group.loads.bundles or group.family not in _ONLY_IF_VERIFYING
        if name not in present or ("crl" in name and not verifies):
            continue
        for block in group.owners:
            setting = block.effective(name)
            if setting is not None:
                times[name, setting.block] += 1
    for (name, block), count in times.items():
        yield from (_FileUse(setting, count) for setting in block.settings(name))


def _certificates(configuration: Configuration) -> Iterator[Counted]:
    """Certificates with their keys."""
    names = {group.family: by_name(group.family).certificate for group in configuration.groups}
    caches = configuration.target.costs.caches_certificates
    loaded: set[str] = set()
    for setting, times in _uses(configuration, names):
        value = setting.value
        if not value or "$" in value:
            continue
        path = _path(setting, configuration)
        each = _chain_bytes(configuration.files.certificates(path), configuration)
        size = each * times
        if caches:
            size = FURTHER * times + (0 if path in loaded else each)
            loaded.add(path)
        yield Counted(Amount(contexts=size), times, setting, setting.name)


def _chain_bytes(chain: tuple[Facts, ...], configuration: Configuration) -> int:
    """Bytes of a chain and its key; of one that cannot be read, as was measured for RSA 2048."""
    if not chain:
        if configuration.bundles.end is End.HIGH:
            return LONG_CHAIN
        return max(configuration.target.costs.key_pair, FURTHER)
    leaf = chain[0]
    key = EC_PRIVATE_KEY
    if not leaf.has_ec_key:
        key = next(size for bits, size in KEYS if leaf.key_bits <= bits)
    return key + NAME * leaf.names + sum(map(certificate_bytes, chain))


def certificate_bytes(facts: Facts) -> int:
    """Bytes that a parsed certificate takes by what is in it."""
    size = CERTIFICATE + DER * facts.size + EXTENSION * facts.extensions
    return round(size + ATTRIBUTE * facts.attributes + EC_KEY * facts.has_ec_key)


def _revocation_lists(configuration: Configuration) -> Iterator[Counted]:
    """Those of ``*_crl``, and those that stand in CA files."""
    caches = configuration.target.costs.caches_certificates
    loaded: set[str] = set()
    for setting, times, path, entries in _lists(configuration):
        size = sum(CRL + CRL_ENTRY * count for count in entries)
        if caches and path in loaded:
            continue
        loaded.add(path)
        if size:
            held = size if caches else size * times
            yield Counted(Amount(heap=held), times * len(entries), setting, setting.name)


def _lists(
    configuration: Configuration,
) -> Iterator[tuple[Setting, int, str, tuple[int, ...]]]:
    """Directive, how many contexts load its file, the path, entries of each list in the file."""
    named = set()
    for setting, times in _uses(configuration, CRL_DIRECTIVES):
        if setting.value:
            path = _path(setting, configuration)
            named.add(path)
            yield setting, times, path, configuration.files.revoked(path)
    for group in configuration.groups:
        for setting in group.loads.bundles:
            path = configuration.bundles.path(setting)
            bundle = configuration.bundles.bundle(path)
            # a store keeps one copy of what both name (X509_STORE_add_crl())
            if bundle and bundle.revoked and path not in named:
                yield setting, len(group.blocks), path, bundle.revoked


def _parameters(configuration: Configuration) -> Iterator[Counted]:
    for setting, times in _uses(configuration, dict.fromkeys(("ssl", "stream_ssl"), "ssl_dhparam")):
        yield Counted(Amount(contexts=DH_PARAMETERS * times), times, setting, setting.name)


RECORDS: tuple[Record, ...] = (
    Record(
        "certificates",
        ("ssl_certificate", "proxy_ssl_certificate", "lua_ssl_certificate"),
        _certificates,
        "ngx_ssl_certificate()",
        "TLS server, rsa2048-1 to ec256-3",
        by_target=True,
    ),
    Record(
        "revocation lists",
        tuple(dict.fromkeys(CRL_DIRECTIVES.values())),
        _revocation_lists,
        "ngx_ssl_crl(), X509_load_cert_crl_file()",
        "TLS server, CRL of 100; TLS server, CRL of 1000",
        by_target=True,
    ),
    Record(
        "DH parameters",
        ("ssl_dhparam",),
        _parameters,
        "ngx_ssl_dhparam()",
        "TLS server, dhparam",
        by_target=True,
    ),
)
