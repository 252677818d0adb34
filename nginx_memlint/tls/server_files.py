"""Files of certificates as facts of the server have them, where those here do not count."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from typing import TypeVar

from nginx_memlint.files.paths import checkout, is_below
from nginx_memlint.targets.bundles_table import ASSUMED, SystemBundle
from nginx_memlint.targets.host_facts import NO_HOST_FACTS, FileFacts, HostFacts
from nginx_memlint.tls.ca_bundle import Bundle, certificates, read_bundle
from nginx_memlint.tls.der import Facts, Revoked, certificate_facts
from nginx_memlint.tree.tree import Tree

EC = "EC"
"""The kind of a key on a curve, as ``FileFacts.key`` has it."""

T = TypeVar("T")


class ServerFiles:
    """The facts of files, held against the files that are here.

    What belongs to the configuration counts as it is: it is below its directory, in its checkout,
    or in a copy of the server's files. Of other files the server has its own, and the facts count,
    so that all machines have the same figures. ``used`` are the facts that count, by path here;
    ``stale`` are the paths of files that are here and count, ``different`` those that are here and
    do not, each with another hash than its facts. ``system`` is the bundle of its distribution.
    """

    def __init__(
        self, tree: Tree, host: HostFacts = NO_HOST_FACTS, system: SystemBundle = ASSUMED
    ) -> None:
        self._source = tree.source
        self._directory = tree.directory
        self._host = host
        self.system = system
        self.used: dict[str, FileFacts] = {}
        self.stale: set[str] = set()
        self.different: set[str] = set()

    def read(
        self, path: str, of_bytes: Callable[[bytes], T], of_facts: Callable[[FileFacts], T]
    ) -> T:
        """The content of a file: of its bytes, or else of its facts. Raises OSError."""
        facts = self._facts(path)
        try:
            data = self._source.read(path)
        except OSError:
            if facts is None:
                raise
        else:
            if facts is None:
                return of_bytes(data)
            belongs = self._belongs(path)
            if _hash(data) != facts.sha256:
                (self.stale if belongs else self.different).add(path)
            if belongs:
                return of_bytes(data)
        self.used[path] = facts
        return of_facts(facts)

    def compare(self, paths: Iterable[str]) -> None:
        """Hold files that were read here against their facts, as includes that nginx brings."""
        for path in paths if self._host.files else ():
            facts = self._facts(path)
            with suppress(OSError):  # gone since
                if facts is not None and _hash(self._source.read(path)) != facts.sha256:
                    self.stale.add(path)

    def said(self) -> Iterator[str]:
        """Sentences about the facts that count, and about files that are not as they say."""
        name = self._host.name
        for paths, what in (
            (self.used, f"as {name} says"),
            (self.stale, f"not as {name} says, which is stale: write it anew with memlint facts"),
            (self.different, f"another here than {name} says, which counts: on the server itself, "
             "write it anew with memlint facts"),
        ):  # fmt: skip
            if paths:
                more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
                yield f"{min(paths)}{more}: {what}"

    @cached_property
    def _top(self) -> str:
        return checkout(self._directory) or self._directory

    def _belongs(self, path: str) -> bool:
        return self._source.restricted or is_below(posixpath.normpath(path), self._top)

    def _facts(self, path: str) -> FileFacts | None:
        """The facts of a file, which has a name of the server's, or one below nginx.conf's."""
        if not self._host.files:
            return None
        facts = self._host.files.get(posixpath.normpath(path))
        if facts is None and self._host.directory and self._belongs(path):
            there = posixpath.relpath(path, self._directory)
            facts = self._host.files.get(posixpath.normpath(f"{self._host.directory}/{there}"))
        return facts if facts is not None and facts.sha256 else None


def bundle_of_facts(facts: FileFacts) -> Bundle:
    """The certificates and revocation lists of a file, each as they are on the average."""
    return Bundle(
        facts.certificates,
        facts.der_bytes,
        facts.repeats,
        revoked_of(facts),
        certificates_of(facts),
    )


_SUMS = {"size": "der_bytes"} | {
    name: name
    for name in (
        *("extensions", "foreign", "attributes", "name_bytes"),
        *("names", "other_names", "constraints", "points"),
    )
}
"""Field of a certificate → the one of its file that has the sum."""


def certificates_of(facts: FileFacts) -> tuple[Facts, ...]:
    """The certificates of a file; the first has the kind of key that it has there."""
    count = facts.certificates
    sums = [_spread(getattr(facts, name), count) for name in _SUMS.values()]
    listed = [Facts(**dict(zip(_SUMS, values, strict=True))) for values in zip(*sums, strict=True)]
    kind, _, bits = facts.key.partition(" ")
    first_is_ec = kind == EC
    for place in range(count):
        is_ec = place <= facts.ec_keys - first_is_ec if place else first_is_ec
        listed[place] = listed[place]._replace(has_ec_key=is_ec)
    if listed and bits.isdecimal():
        listed[0] = listed[0]._replace(key_bits=int(bits))
    return tuple(listed)


def facts_of(path: str, data: bytes) -> FileFacts:
    """The facts of a file; of one that is no PEM of certificates, its size and its hash."""
    facts = FileFacts(path, len(data), _hash(data))
    bundle = read_bundle(data)
    if bundle is None:
        return facts
    leaf = certificate_facts(certificates(data)[0]) if bundle.certificates else None
    sums = {there: sum(getattr(one, name) for one in bundle.facts) for name, there in _SUMS.items()}
    return facts._replace(
        key="" if leaf is None else EC if leaf.has_ec_key else f"RSA {leaf.key_bits}",
        certificates=bundle.certificates,
        repeats=bundle.repeats,
        ec_keys=sum(one.has_ec_key for one in bundle.facts),
        revocation_lists=len(bundle.revoked),
        revoked=sum(one.entries for one in bundle.revoked),
        revoked_extensions=sum(one.extensions for one in bundle.revoked),
        **sums,
    )


def revoked_of(facts: FileFacts) -> tuple[Revoked, ...]:
    """The revocation lists of a file."""
    count = facts.revocation_lists
    entries = (_spread(number, count) for number in (facts.revoked, facts.revoked_extensions))
    return tuple(Revoked(*of_one) for of_one in zip(*entries, strict=True))


def _hash(data: bytes) -> str:
    import hashlib  # noqa: PLC0415  most servers state no files

    return hashlib.sha256(data).hexdigest()


def _spread(number: int, count: int) -> Iterator[int]:
    """A sum as so many numbers that differ by one at the most."""
    each, rest = divmod(number, max(1, count))
    return (each + (place < rest) for place in range(count))
