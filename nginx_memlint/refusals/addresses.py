"""The addresses that a ``listen`` names, as ``ngx_parse_url()`` reads them (1.10.0 to 1.31.4).

Names of hosts are looked up by nginx alone: what they lead to is not known.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple

from nginx_memlint.files.paths import encode
from nginx_memlint.syntax.values import ipv4, number

ALIKE = 4096
"""Addresses whose errors are kept: most directives name what others do."""

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


MOST_OF_A_PATH = 107
"""Bytes of the longest path of a socket on Linux (``sun_path``), without its NUL."""


def listen_complaint(args: Sequence[str]) -> str:
    """The error about the address of a ``listen``; nothing if it is taken, or is a host's name."""
    text = args[0]
    first, dash, last = text.partition("-")
    is_ports = number(first) is not None and (not dash or number(last) is not None)
    wrong = _wrong_ports(text) if is_ports else _wrong(text, _wrong_ports)
    return f'{wrong} in "{text}" of the "listen" directive' if wrong else ""


@lru_cache(ALIKE)
def peer_complaint(text: str) -> str:
    """The error about the address of a server, without a URI; nothing if it is taken, or a name."""
    return _wrong(text, lambda port: "" if is_port(port) else "invalid port")


def _wrong(text: str, wrong_ports: Callable[[str], str]) -> str:
    if text[:5].lower() == "unix:" or "\0" in text:
        return path_complaint(text[5:]) if "\0" not in text else ""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or "/" in rest or (rest and not rest.startswith(":")):
            return "invalid host"
        return (wrong_ports(rest[1:]) if rest else "") or _wrong_ipv6(host)
    if "/" in text or "?" in text:
        return "invalid host"
    host, mark, ports = text.partition(":")
    return (wrong_ports(ports) if mark else "") or ("" if host else "no host")


_OF_IPV6 = re.compile(r"[0-9a-fA-F:.]*")


def _wrong_ipv6(host: str) -> str:
    if not host:
        return "no host"
    return "" if _OF_IPV6.fullmatch(host) else "invalid IPv6 address"


def path_complaint(path: str) -> str:
    """The error about the path of a socket, or nothing (``ngx_parse_unix_domain_url()``)."""
    if not path:
        return "no path in the unix domain socket"
    is_long = len(encode(path)) > MOST_OF_A_PATH
    return "too long path in the unix domain socket" if is_long else ""


def is_port(text: str) -> bool:
    """Whether nginx takes a text for a port."""
    return 1 <= (number(text) or 0) <= MOST_PORTS


def _wrong_ports(text: str) -> str:
    first, dash, last = text.partition("-")
    if not is_port(first) or (dash and not is_port(last)):
        return "invalid port"
    return "invalid port range" if dash and int(first) > int(last) else ""


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


_IPV6 = re.compile(r"[0-9a-fA-F:.]+")

NO_ADDRESS = 0xFFFFFFFF
"""``INADDR_NONE``, with which nginx says that there is no address."""


def is_network(text: str) -> bool:
    """Whether nginx may take a text for a network (``ngx_ptocidr()``); of IPv6 only looks count."""
    address, mark, length = text.partition("/")
    bits = number(length) if mark else 0
    if bits is None:
        return False
    if (value := ipv4(address)) is not None:
        return bits <= 32 and value != NO_ADDRESS
    return bits <= 128 and ":" in address and _IPV6.fullmatch(address) is not None


def is_address(text: str) -> bool:
    """Whether nginx may take a text for an address to bind to (``ngx_parse_addr_port()``)."""
    host, _, port = text.rpartition(":")
    if ipv4(host or text) is not None:
        return not host or number(port) is not None
    return ":" in text and _IPV6.fullmatch(text.replace("[", "").replace("]", "")) is not None
