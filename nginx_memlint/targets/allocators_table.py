"""The allocators of memory that nginx runs with, and what of each was measured."""

from __future__ import annotations

from typing import NamedTuple

from nginx_memlint.errors import MemlintError


class Allocator(NamedTuple):
    """An allocator: the libc that has it, or the library that is preloaded.

    ``package`` and ``library`` are Debian's, ``library`` below the directory of the architecture's
    libraries. ``measured`` says where reloads were measured with it.
    """

    libc: str = ""
    package: str = ""
    library: str = ""
    measured: str = ""


ALLOCATORS: dict[str, Allocator] = {
    "glibc": Allocator("glibc", measured="Debian 11, 12 and 13"),
    "musl": Allocator("musl", measured="a static nginx 1.31.3 with OpenSSL 3.3.7 of Alpine 3.21"),
    "jemalloc": Allocator(
        package="libjemalloc2",
        library="libjemalloc.so.2",
        measured="nginx 1.22.1 with jemalloc 5.3.0, Debian 12",
    ),
    "mimalloc": Allocator(
        package="libmimalloc2.0",
        library="libmimalloc.so.2",
        measured="nginx 1.22.1 with mimalloc 2.0.9, Debian 12",
    ),
    "tcmalloc": Allocator(
        package="libtcmalloc-minimal4",
        library="libtcmalloc_minimal.so.4",
        measured="nginx 1.22.1 with gperftools 2.10, Debian 12",
    ),
}
"""Name → the allocator. Each has its laws in nginx_memlint/memory/laws_table.py."""

DEFAULT_ALLOCATOR = "glibc"
"""The allocator with which costs were measured, and reloads of all kinds of memory."""

LIBCS = tuple(name for name, allocator in ALLOCATORS.items() if allocator.libc)

PLATFORM = {"libc": LIBCS, "allocator": tuple(ALLOCATORS)}
"""Name of something in a target that is no version → the values it may have."""


class Platform(NamedTuple):
    """The libc that nginx is linked with, and the allocator that it runs with."""

    libc: str = "glibc"
    allocator: str = DEFAULT_ALLOCATOR

    def replaced(self, libc: str | None, allocator: str | None) -> Platform:
        """Another libc, which brings its allocator, or another allocator; raises MemlintError."""
        if libc is not None and libc != self.libc and allocator is None:
            allocator = libc
        libc, allocator = libc or self.libc, allocator or self.allocator
        if ALLOCATORS[allocator].libc not in ("", libc):
            raise MemlintError(f"{allocator}'s allocator is not that of a server with {libc}")
        return Platform(libc, allocator)
