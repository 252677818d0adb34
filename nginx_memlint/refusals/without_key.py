"""Contexts that are to have a certificate without its key: nginx does not start."""

from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.lacking import is_strange, strange
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.contexts import Group
from nginx_memlint.tls.families import STREAM_NAMES, is_on, listens_with_ssl
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree

_KEYS = {
    **dict.fromkeys(("ssl", "stream_ssl", "mail_ssl"), "ssl_certificate"),
    **{f"{name}_ssl": f"{name}_ssl_certificate" for name in ("proxy", "grpc", "uwsgi")},
    "stream_proxy_ssl": "proxy_ssl_certificate",
}
"""Family → its directive for certificates; that for keys is named like it.

They follow ``ngx_http_ssl_merge_srv_conf()``, ``ngx_http_proxy_set_ssl()`` and their like, read in
nginx 1.10.0, 1.18.0, 1.22.1, 1.26.0 and 1.30.0.
"""

_EMPTY_COUNTS = ((1, 21, 0), (1, 23, 0))
"""The first nginx that asks for the key of an empty ``proxy_ssl_certificate``, and the first that
does so no more."""


class _Mode(NamedTuple):
    """A directive that asks a server for TLS, as nginx names it, and where it stands."""

    name: str
    at: Setting | None


def without_key(tree: Tree, groups: list[Group], target: Target) -> Iterator[Problem]:
    """A problem for each certificate without a key, and each server's TLS without a certificate."""
    unknown = strange(tree)
    told: set[tuple[str, tuple[str, int] | None]] = set()
    owners = [
        (_KEYS[group.family], block)
        for group in groups
        for block in group.owners
        if group.family in _KEYS
    ]
    # these have no context without a certificate
    owners += [("ssl_certificate", server) for server in _with_ssl_on(tree, target)]
    for name, block in owners:
        tree.work.take()
        problem, key = _complaint(block, name, target)
        if problem is not None and (name, key) not in told and not is_strange(block, unknown):
            told.add((name, key))
            yield problem


def _with_ssl_on(tree: Tree, target: Target) -> Iterator[Block]:
    if "ssl" in tree.index_names():
        rejects = is_on("ssl_reject_handshake")
        for server in tree.blocks("server"):
            is_asked = is_on("ssl")(server, target) and not rejects(server, target)
            if is_asked and not _seen(server, "ssl_certificate"):
                yield server


def _complaint(
    block: Block, name: str, target: Target
) -> tuple[Problem | None, tuple[str, int] | None]:
    """The problem of a block, and what identifies the directive that it is about."""
    certificates, keys = _seen(block, name), _seen(block, f"{name}_key")
    is_server = name == "ssl_certificate"
    mode = _mode(block, target) if is_server else _Mode("", None)
    if len(certificates) <= len(keys) and (certificates or not mode.name):
        return None, None
    if not certificates:
        if mode.at is None:
            return None, None
        nginx = f'no "{name}" is defined for the "{mode.name}" directive'
    elif not is_server and not certificates[0].value and not _empty_counts(target):
        return None, None
    elif mode.name and not keys:
        nginx = f'no "{name}_key" is defined for the "{mode.name}" directive'
    else:
        nginx = f'no "{name}_key" is defined for certificate "{certificates[-1].value}"'
        if mode.name:
            nginx += f' and the "{mode.name}" directive'
    at = mode.at or certificates[-1]
    return Problem.of_nginx(at.inclusion, at.directive, nginx), at.key


def _empty_counts(target: Target) -> bool:
    first, last = _EMPTY_COUNTS
    return first <= target.nginx < last


def _seen(block: Block, name: str) -> list[Setting]:
    setting = block.effective(name)
    return setting.block.settings(name) if setting is not None else []


def _mode(server: Block, target: Target) -> _Mode:
    """The directive that asks a server for TLS; none if the certificate itself does."""
    if server.kind != "server" and not (
        server.kind == "stream_server" and target.nginx >= STREAM_NAMES
    ):
        listen = next(filter(listens_with_ssl, server.settings("listen")), None)
        if listen is not None:
            return _Mode("listen ... ssl", listen)
    if server.kind == "stream_server":
        return _Mode("", None)
    if is_on("ssl")(server, target):
        return _Mode("ssl", server.effective("ssl"))
    if server.kind == "mail_server":
        return _Mode("starttls", server.effective("starttls"))
    return _Mode("", None)
