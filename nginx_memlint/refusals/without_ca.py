"""Contexts that are to verify certificates, and have no CA to do so: nginx does not start."""

from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.problems import Problem
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.contexts import Group
from nginx_memlint.tls.families import CommandFile


class _CaNeed(NamedTuple):
    """The directive that asks for verification, the values that do, and what names the CAs."""

    directive: str
    values: tuple[str, ...]
    certificates: str


_CLIENTS = _CaNeed("ssl_verify_client", ("on", "optional"), "ssl_client_certificate")

_NEEDS = {
    **dict.fromkeys(("ssl", "stream_ssl", "mail_ssl"), _CLIENTS),
    **{
        family: _CaNeed(f"{prefix}_verify", ("on",), f"{prefix}_trusted_certificate")
        for family, prefix in {
            **{name: name for name in ("proxy_ssl", "grpc_ssl", "uwsgi_ssl")},
            "stream_proxy_ssl": "proxy_ssl",
        }.items()
    },
}
"""Family → how it verifies: ``ngx_http_proxy_set_ssl()``, ``ngx_http_ssl_merge_srv_conf()`` and
their like, read in nginx 1.10.0, 1.18.0, 1.23.1, 1.27.0, 1.27.2, 1.29.3 and 1.31.4."""

_EITHER = (1, 27, 2)
"""The first nginx that takes ssl_trusted_certificate for the verification of clients, too."""


_OCSP_SINCE = (1, 19, 0)


def with_ocsp(groups: list[Group], target: Target) -> Iterator[Problem]:
    """A problem for each ``ssl_ocsp`` of servers that do not verify (``ngx_http_ssl_module``)."""
    told: set[tuple[str, int]] = set()
    for group in groups:
        for server in group.owners if group.family == "ssl" and target.nginx >= _OCSP_SINCE else ():
            ocsp, verify = server.effective("ssl_ocsp"), server.effective("ssl_verify_client")
            if ocsp is None or verify is None or ocsp.key in told:
                continue
            asked = c_string(ocsp.value).lower(), c_string(verify.value).lower()
            if asked[0] in ("on", "leaf") and asked[1] == "optional_no_ca":
                told.add(ocsp.key)
                nginx = '"ssl_ocsp" is incompatible with "ssl_verify_client optional_no_ca"'
                yield Problem.of_nginx(ocsp.inclusion, ocsp.directive, nginx)


def without_ca(groups: list[Group], target: Target) -> Iterator[Problem]:
    """A problem for each directive that asks for it, in the order of the contexts."""
    told: set[tuple[str, int]] = set()
    for group in groups:
        need = _NEEDS.get(group.family)
        loads = group.loads
        takes_either = need is not _CLIENTS or target.nginx >= _EITHER
        files = [one for one in loads.bundles if not isinstance(one, CommandFile)]
        if need is None or (files if takes_either else loads.client_names):
            continue
        setting = group.owners[0].effective(need.directive)
        if setting is None or setting.key in told:
            continue
        if c_string(setting.value).lower() in need.values:
            told.add(setting.key)
            names = need.certificates
            if need is _CLIENTS and takes_either:
                names += " or ssl_trusted_certificate"
            nginx = f"no {names} for {need.directive}"
            yield Problem.of_nginx(setting.inclusion, setting.directive, nginx)
