"""What check() can be told, for type checkers: at run time nothing needs it.

Making a TypedDict compiles its annotations, and the first compile() of a process takes a
millisecond: as long as reading a small configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

from nginx_memlint.memory.targets import Target
from nginx_memlint.policy import Policy

Parser = Literal["memlint", "crossplane"]
"""What makes blocks of tokens."""


class Options(TypedDict, total=False):
    """What check() can be told beside the path; each has a default."""

    data: bytes | None
    """Standard input, for the path ``-``."""
    target: str | Target | None
    """A name, or what load_target() made of a target file."""
    nginx_version: str | None
    lua_version: str | None
    stream_lua_version: str | None
    njs_version: str | None
    openssl_version: str | None
    workers: int | None
    """Where the configuration says auto."""
    unit_cost: int | str | None
    """Bytes of one CA load, instead of what the bundle weighs."""
    max_memory: int | str | None
    """Bytes; it replaces that of ``policy``."""
    prefix: str | None
    sysroot: str | None
    path_map: Sequence[tuple[str, str]]
    dump: bool | None
    """Whether what is named is the output of ``nginx -T``. By default ``data`` is if it has the
    marks, and a file is not."""
    context: Sequence[str]
    """The blocks around a fragment."""
    policy: Policy
    trusted: bool
    """Lifts the bounds on how much is read: for input of one's own."""
    breakdown: bool
    """Asks for ``ConfigReport.breakdown``, what each block costs."""
    parser: Parser
    """Which one makes trees of tokens: the trees are the same, crossplane's parser is slower."""
    jobs: int
    """Processes that read files, if there are many: the result is the same with any number."""
