"""Facts of a server that no configuration tells: what its files of certificates hold, and so on.

``memlint facts`` writes them on the server, and they stand in its target file.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

MOST_PROCESSORS = 4096
"""Processors that a server may have, and so workers."""


class FileFacts(NamedTuple):
    """A file on the server: its size, its hash, and what decides the memory of what it holds.

    The numbers are sums over its distinct certificates, with the names of tls/der.py, and over its
    revocation lists. ``key`` is the kind of the first certificate's public key: ``RSA 2048``,
    ``EC``. There is no hash of a key's file.
    """

    path: str
    bytes: int = 0
    sha256: str = ""
    key: str = ""
    certificates: int = 0
    der_bytes: int = 0
    repeats: int = 0
    extensions: int = 0
    foreign: int = 0
    attributes: int = 0
    name_bytes: int = 0
    names: int = 0
    other_names: int = 0
    constraints: int = 0
    points: int = 0
    ec_keys: int = 0
    revocation_lists: int = 0
    revoked: int = 0
    revoked_extensions: int = 0


class HostFacts(NamedTuple):
    """Facts of a server beside its versions; each is empty where it is not known.

    ``name`` is that of the file with the facts, ``directory`` the one of nginx.conf there.
    ``processors`` are as many workers as ``auto`` starts. ``memory_limit`` is what bounds nginx,
    bytes. ``modules`` are the shared objects that can be loaded. ``files`` are by path.
    """

    name: str = ""
    written: str = ""
    directory: str = ""
    processors: int | None = None
    memory_limit: int | None = None
    memory_limit_from: str = ""
    modules: frozenset[str] = frozenset()
    files: Mapping[str, FileFacts] = MappingProxyType({})


NO_HOST_FACTS = HostFacts()
