"""The addresses that a ``listen`` names, as ``ngx_parse_url()`` reads them (1.10.0 to 1.31.4).

Names of hosts are looked up by nginx alone: what they lead to is not known.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple

MOST_PORTS = 65_535
MOST_OF_A_BYTE = 255

_IPV4 = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})")
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_ANY = "0.0.0.0"


class SocketAddresses(NamedTuple):
    """Addresses of sockets that differ in their ports, which are those from first to last.

    ``host`` is a number in nginx's form, or the path of a socket, which has port 0.
    """

    family: str
    host: str
    first: int
    last: int

    @property
    def text(self) -> str:
        """The first address as nginx writes it (``ngx_sock_ntop()``)."""
        if self.family == "unix":
            return f"unix:{self.host}"
        host = f"[{self.host}]" if self.family == "inet6" else self.host
        return f"{host}:{self.first}"

    @property
    def is_wildcard(self) -> bool:
        """Whether they are those of all interfaces."""
        return self.host == (_ANY if self.family == "inet" else "::") and self.family != "unix"


def addresses(text: str, default_port: int) -> SocketAddresses | None:
    """The addresses of a ``listen``'s first argument; None if they are not known."""
    if text[:5].lower() == "unix:":
        is_path = text[5:] and "\0" not in text
        return SocketAddresses("unix", text[5:], 0, 0) if is_path else None
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        number = _ipv6(host)
        family = "inet6"
        if not bracket or not number or (rest and not rest.startswith(":")):
            return None
        ports = rest[1:]
    elif _PORTS.fullmatch(text):
        family, number, ports = "inet", _ANY, text
    else:
        host, _, ports = text.partition(":")
        family, number = "inet", _ANY if host == "*" else _ipv4(host)
    if not number:
        return None
    ports = ports or str(default_port)
    match = _PORTS.fullmatch(ports)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last <= MOST_PORTS:
        return None
    return SocketAddresses(family, number, first, last)


def _ipv4(host: str) -> str:
    match = _IPV4.fullmatch(host)
    numbers = [int(part) for part in match.groups()] if match else []
    return ".".join(map(str, numbers)) if numbers and max(numbers) <= MOST_OF_A_BYTE else ""


def _ipv6(host: str) -> str:
    try:
        address = IPv6Address(host)
    except AddressValueError:
        return ""
    return "" if address.scope_id or address.ipv4_mapped else str(address)
