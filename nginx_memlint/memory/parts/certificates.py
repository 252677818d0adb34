"""Certificates of one's own, and revocation lists: what is loaded into contexts beside CAs."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.memory.certificate import (
    CRL_AGAIN,
    CRL_COPY,
    own_bytes,
    revocation_bytes,
    sent_bytes,
)
from nginx_memlint.memory.ciphers import PASSING, SERVING
from nginx_memlint.memory.guesses import LONG_CHAIN, End
from nginx_memlint.memory.laws import Amount, piece
from nginx_memlint.memory.parts.record import Configuration, Counted, Record, full_path
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.contexts import Group
from nginx_memlint.tls.der import Facts, Revoked
from nginx_memlint.tls.families import FAMILIES, STREAM_TRUSTED, by_name, verifies_clients
from nginx_memlint.tree.expanded import Block, Setting

KEYS = ((2_400, 2_750), (1 << 30, 4_220))
"""Bits of an RSA key up to → bytes of the private one."""

EC_PRIVATE_KEY = 3_450
FURTHER = 500
"""Of a certificate that nginx has in its cache (from 1.27.2), as it has keys."""

DH_PARAMETERS = 890

PASSWORD = 47
"""Of each line of a file, beside its bytes: an array that doubles."""

PASSWORDS = tuple(f"{prefix}ssl_password_file" for prefix in ("", "proxy_", "grpc_", "uwsgi_"))

LISTS = "revocation lists"
"""The name of the part."""

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

PEM_DIRECTIVES = frozenset(
    {*CRL_DIRECTIVES.values(), *(family.certificate for family in FAMILIES if family.certificate)}
)
"""Directives whose files hold certificates, or revocation lists."""


class _FileUse(NamedTuple):
    """A directive that names a file, how many contexts load it, and its place in its block."""

    setting: Setting
    times: int
    place: int


def _uses(configuration: Configuration, names: dict[str, str]) -> Iterator[_FileUse]:
    """The directives of families that contexts see, each with how many contexts see it."""
    present, target = configuration.tree.index_names(), configuration.target
    times: Counter[tuple[str, Block]] = Counter()
    for group in configuration.groups:
        name = names.get(group.family, "")
        if name not in present:
            continue
        for block in group.owners:
            setting = block.effective(name)
            if setting is None or not by_name(group.family).reaches(setting):
                continue
            if "crl" not in name or _loads_lists(group, block, target):
                times[name, setting.block] += 1
    for (name, block), count in times.items():
        for place, setting in enumerate(block.settings(name)):
            yield _FileUse(setting, count, place)


def _loads_lists(group: Group, block: Block, target: Target) -> bool:
    """Whether a context loads its revocation lists (``ngx_stream_ssl_merge_conf()`` and others)."""
    if group.family in PASSING:
        return bool(group.loads.bundles)
    is_stream = group.family == "stream_ssl" and target.nginx < STREAM_TRUSTED
    return not (is_stream or group.family == "mail_ssl") or verifies_clients(block, target)


def _certificates(configuration: Configuration) -> Iterator[Counted]:
    """Certificates with their keys."""
    names = {group.family: by_name(group.family).certificate for group in configuration.groups}
    caches = configuration.target.costs.caches_certificates
    loaded: set[tuple[str, str]] = set()
    for setting, times, place in _uses(configuration, names):
        value = setting.value
        if not value or "$" in value:
            continue
        path = full_path(setting.value, configuration.tree)
        sizes = _chain_and_key(configuration.files.certificates(path), configuration)
        size = sum(sizes) * times
        if caches:
            key = _key_path(setting, place, configuration)
            cached = ("certificates", path), ("key", key or path)
            size = FURTHER * times
            size += sum(of for of, one in zip(sizes, cached, strict=True) if one not in loaded)
            loaded.update(cached)
        yield Counted(Amount(contexts=size), times, setting, setting.name)


def _key_path(setting: Setting, place: int, configuration: Configuration) -> str:
    """The file of a certificate's key: nginx pairs both in the order in which they stand."""
    name = f"{setting.name}_key"
    nearest = setting.block.effective(name)
    keys = nearest.block.settings(name) if nearest else []
    return full_path(keys[place].value, configuration.tree) if place < len(keys) else ""


def _chain_and_key(chain: tuple[Facts, ...], configuration: Configuration) -> tuple[int, int]:
    """Bytes of a chain, and of its key; if it cannot be read, as was measured for RSA 2048."""
    if not chain:
        if configuration.bundles.end is End.HIGH:
            return LONG_CHAIN, 0
        return max(configuration.target.costs.key_pair, FURTHER), 0
    leaf = chain[0]
    key = EC_PRIVATE_KEY
    if not leaf.has_ec_key:
        key = next(size for bits, size in KEYS if leaf.key_bits <= bits)
    return _chain_alone(chain, configuration), key


def _revocation_lists(configuration: Configuration) -> Iterator[Counted]:
    """Those of ``*_crl``, and those that stand in CA files."""
    caches = configuration.target.costs.caches_certificates
    loaded: set[str] = set()
    bundles = configuration.bundles
    with_cas = {bundles.path(one) for group in configuration.groups for one in group.loads.bundles}
    for setting, times, path, lists in _lists(configuration):
        size = revocation_bytes(lists)
        if path in with_cas and setting.name in CRL_DIRECTIVES.values():
            size += CRL_AGAIN * len(lists)
        if caches and path in loaded:
            continue
        loaded.add(path)
        if size:
            copies = CRL_COPY * sum(one.entries for one in lists)
            amount = Amount(heap=size - copies).plus(piece(copies)).times(1 if caches else times)
            yield Counted(amount, times * len(lists), setting, setting.name)


def _lists(
    configuration: Configuration,
) -> Iterator[tuple[Setting, int, str, tuple[Revoked, ...]]]:
    """Directive, how many contexts load its file, the path, the revocation lists in the file."""
    named = set()
    for setting, times, _ in _uses(configuration, CRL_DIRECTIVES):
        if setting.value:
            path = full_path(setting.value, configuration.tree)
            named.add(path)
            yield setting, times, path, configuration.files.revoked(path)
    for group in configuration.groups:
        for setting in group.loads.bundles:
            path = configuration.bundles.path(setting)
            bundle = configuration.bundles.bundle(path)
            # a store keeps one copy of what both name (X509_STORE_add_crl())
            if bundle and bundle.revoked and path not in named:
                yield setting, len(group.blocks), path, bundle.revoked


def _listed_twice(configuration: Configuration) -> Iterator[Counted]:
    """The room of what a CA file lists more than once: each load but the last uses it again."""
    dropped: dict[str, Counted] = {}
    for group in configuration.groups:
        for setting in group.loads.bundles:
            bundle = configuration.bundles.content(setting)
            if bundle.repeats and bundle.certificates:
                each = configuration.bundles.load_bytes(setting) / bundle.certificates
                amount = Amount(freed=round(bundle.repeats * each))
                path = configuration.bundles.path(setting)
                dropped[path] = Counted(amount, bundle.repeats, setting, setting.name)
    if dropped:
        yield max(dropped.values(), key=lambda one: one.amount.freed)


def _parameters(configuration: Configuration) -> Iterator[Counted]:
    for setting, times, _ in _uses(configuration, dict.fromkeys(SERVING, "ssl_dhparam")):
        yield Counted(Amount(contexts=DH_PARAMETERS * times), times, setting, setting.name)


def _commanded(configuration: Configuration) -> Iterator[Counted]:
    """Files that OpenSSL reads for a ``*_conf_command``, beside CA files."""
    names = {group.family: by_name(group.family).commands for group in configuration.groups}
    for setting, times, _ in _uses(configuration, names):
        args = setting.directive.args
        command = c_string(setting.value).lower()
        if len(args) < 2 or command not in _COMMANDS:
            continue
        path = full_path(args[1], configuration.tree)
        size = _COMMANDS[command](configuration.files.certificates(path), configuration)
        yield Counted(Amount(contexts=size * times), times, setting, setting.name)


def _names_sent(listed: tuple[Facts, ...], configuration: Configuration) -> int:
    return round(sent_bytes(listed, configuration.target.costs.client_ca_name))


def _chain_alone(listed: tuple[Facts, ...], configuration: Configuration) -> int:
    return sum(own_bytes(one, configuration.target.openssl) for one in listed)


_COMMANDS = {
    "certificate": _chain_alone,
    "clientcafile": _names_sent,
    "requestcafile": _names_sent,
}


def _passwords(configuration: Configuration) -> Iterator[Counted]:
    """Files of passwords, read for each directive and forgotten at the end of the start."""
    names = [name for name in PASSWORDS if name in configuration.tree.index_names()]
    for block in configuration.tree.having(names):
        for setting in (setting for name in names for setting in block.settings(name)):
            path = full_path(setting.value, configuration.tree)
            size = configuration.files.facts(path, _password_bytes) or 0
            yield Counted(Amount(tables=size), 1, setting, setting.name)


def _password_bytes(data: bytes) -> int:
    return len(data) + PASSWORD * data.count(b"\n")


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
        LISTS,
        tuple(dict.fromkeys(CRL_DIRECTIVES.values())),
        _revocation_lists,
        "ngx_ssl_crl(), X509_load_cert_crl_file()",
        "TLS server, CRL of 100; TLS server, CRL of 1000",
        by_target=True,
    ),
    Record(
        "CA certificates listed twice",
        ("ssl_trusted_certificate", "ssl_client_certificate", "lua_ssl_trusted_certificate"),
        _listed_twice,
        "X509_STORE_add_cert()",
        "3 and 30 TLS servers with 60 CA certificates, 30 or 60 of which are in the file twice",
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
    Record(
        "files of OpenSSL's commands",
        ("ssl_conf_command", "proxy_ssl_conf_command", "lua_ssl_conf_command"),
        _commanded,
        "SSL_CONF_cmd()",
        "TLS server, ClientCAFile/RequestCAFile/Certificate",
        by_target=True,
    ),
    Record(
        "passwords of keys",
        PASSWORDS,
        _passwords,
        "ngx_ssl_read_password_file()",
        "TLS server, passwords; TLS server, short passwords",
    ),
)
