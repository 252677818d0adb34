"""Values of contexts that are built: OpenSSL's commands, and names of certificates with variables.

nginx looks at them with the context alone: where none is built, it takes anything.
"""

import os
import re
from collections.abc import Callable, Iterator
from functools import partial

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.record import of_nginx
from nginx_memlint.refusals.variables import malformed
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.contexts import Group
from nginx_memlint.tls.families import by_name
from nginx_memlint.tree.expanded import Setting
from nginx_memlint.tree.tree import Tree

_COMMANDS = (
    "signaturealgorithms clientsignaturealgorithms curves groups ecdhparameters cipherstring "
    "ciphersuites protocol minprotocol maxprotocol options verifymode certvalidation setvalidflags "
    "setvalidhost addvalidhost setvalidip addcapath addcafile certificate privatekey "
    "serverinfofile chaincapath chaincafile chaincastore verifycapath verifycafile verifycastore "
    "requestcafile clientcafile requestcapath clientcapath requestcastore clientcastore "
    "dhparameters recordpadding numtickets"
)
_VERSIONS = "None SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3 DTLSv1 DTLSv1.2"
_LISTS = {
    "protocol": "all sslv2 sslv3 tlsv1 tlsv1.1 tlsv1.2 tlsv1.3 dtlsv1 dtlsv1.2",
    "options": (
        "sessionticket emptyfragments bugs compression serverpreference "
        "noresumptiononrenegotiation dhsingle ecdhsingle unsafelegacyrenegotiation "
        "unsafelegacyserverconnect clientrenegotiation encryptthenmac norenegotiation "
        "allownodhekex prefernodhekex prioritizechacha middleboxcompat antireplay "
        "extendedmastersecret canames ktls strictcertcheck txcertificatecompression "
        "rxcertificatecompression ktlstxzerocopysendfile ignoreunexpectedeof legacyecpointformats"
    ),
    "verifymode": "peer request require once requestposthandshake requireposthandshake",
}
"""``SSL_CONF_cmd()`` in OpenSSL 1.0.2 to 4.0 together: its commands, and the words of those whose
values are lists, in lower case as it ignores case; but not that of versions."""

_FILES = ("_certificate", "_certificate_key")

_WITH_VARIABLES = {
    **dict.fromkeys(("ssl", "stream_ssl"), (1, 15, 9)),
    **dict.fromkeys(("proxy_ssl", "grpc_ssl", "uwsgi_ssl", "stream_proxy_ssl"), (1, 21, 0)),
}
"""Family → the first nginx in which names of its certificates have variables; none of others."""


def tls_values(tree: Tree, groups: list[Group], target: Target) -> Iterator[Problem]:
    """A problem for each command that OpenSSL refuses, and each name that is that of no file."""
    told: set[tuple[str, int]] = set()
    doubtful = {
        name
        for name in tree.index_names()
        if name.endswith("_conf_command")
        or (
            name.endswith(_FILES) and any("$" in d.args[0] for d in tree.directives(name) if d.args)
        )
    }
    for group in groups if doubtful else ():
        family = by_name(group.family)
        name_check = partial(_file_complaint, tree, target, _WITH_VARIABLES.get(family.name))
        checks: dict[str, Callable[[Setting], str]] = {
            family.certificate: name_check,
            f"{family.certificate}_key": name_check,
            family.commands: _command_complaint,
        }
        for name in sorted(checks.keys() & doubtful):
            for owner in group.owners:
                tree.work.take()
                nearest = owner.effective(name)
                if nearest is None or nearest.key in told or not family.reaches(nearest):
                    continue
                told.add(nearest.key)
                for setting in nearest.block.settings(name):
                    if nginx := checks[name](setting):
                        yield of_nginx(setting, nginx)


def _command_complaint(setting: Setting) -> str:
    name, value = map(c_string, setting.directive.args[:2])
    command = name.lower()
    failed = f'SSL_CONF_cmd("{name}", "{value}") failed: '
    if command not in _COMMANDS.split():
        return f"{failed}unknown cmd name"
    if command in ("minprotocol", "maxprotocol"):
        is_taken = value in _VERSIONS.split()
    else:
        words = (re.sub(r"^[+-]", "", word.strip()) for word in value.lower().split(","))
        is_taken = command not in _LISTS or {*words} <= {*_LISTS[command].split()}
    return "" if is_taken else f"{failed}bad value"


def _file_complaint(
    tree: Tree, target: Target, since: tuple[int, ...] | None, setting: Setting
) -> str:
    if since is not None and target.nginx >= since:
        return malformed(setting.value)[0]
    is_absent = "$" in setting.value and not _may_be_there(setting.value, tree)
    why = f'cannot load certificate "{setting.value}": variables are not read there'
    return why if is_absent else ""


def _may_be_there(name: str, tree: Tree) -> bool:
    """Whether a file is there, as far as that can be told."""
    try:
        path = os.path.join(tree.directory, c_string(name))
        return tree.source.is_partial or tree.source.exists(path)
    except OSError:
        return True
