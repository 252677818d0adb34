"""Bounds on reading and work: no configuration may take the machine that it is read on.

Each bound is far above what nginx itself gets through in practice. They are fixed: whoever wrote a
configuration may also have written the settings beside it, so only the caller can lift them.
"""

import errno
from typing import NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.sizes import exact


class Bounds(NamedTuple):
    """The most that is read of one configuration; more is a problem, with exit status 3."""

    file_bytes: int = 128 << 20
    """Bytes of one file, or of standard input."""
    total_bytes: int = 256 << 20
    """Bytes of all files together."""
    tokens: int = 6_000_000
    """Words and marks in all files together, those in comments included. crossplane takes up to 250
    bytes of memory for each."""
    lua_tokens: int = 5_000_000
    """Braces, strings and comments of Lua in one file: all are read to find the end of a block."""
    pem_bytes: int = 16 << 20
    """Bytes of one file of certificates or revocation lists, and of one script of njs; all CAs of
    Mozilla have 0.25 MiB. What is read of them takes up to 20 times as much memory."""
    inclusions: int = 500_000
    """Files included, each time counted."""
    include_depth: int = 1000
    """Includes inside includes; nginx holds a file descriptor for each, 1,024 by default."""
    blocks: int = 1_000_000
    """Blocks after includes are expanded."""
    block_depth: int = 10_000
    """Blocks inside blocks in one file; nginx recurses for each, until its stack is full."""
    names: int = 1_000_000
    """Directories that patterns of includes look into, and the names there, each time counted; each
    64 bytes of the paths that match count as one more. Names in the paths of a dump."""
    problems: int = 5000
    """Problems that are listed; the rest are counted."""
    findings: int = 10_000
    """Findings of one rule that are listed, and codes in all comments that accept findings."""

    steps: int = 30_000_000
    """Steps of work on what was read: blocks and files looked at, settings looked up, findings made
    and compared, each time counted. Each bound by itself leaves room for products of two."""

    all_steps: int = 100_000_000
    """Steps of all configurations of one command together, beyond which no further one is begun:
    settings, or the pattern of a hook, may name one file a thousand times. Reading and reporting
    count as well: STEPS_OF."""


DEFAULT_BOUNDS = Bounds()
"""Bounds for a configuration that anyone may have written."""

UNBOUNDED = Bounds(**dict.fromkeys(Bounds._fields, 1 << 62))
"""Bounds for a configuration of the user's own, which never apply."""


class StepsOf(NamedTuple):
    """Steps of work that reading counts for, where all configurations of a command are bounded."""

    name: int = 10
    """A name that a pattern is held against, or a directory that it looks into."""
    token: int = 5
    """Steps for a word or mark that is read, and kept with its tree."""
    byte: float = 1 / 64
    """Steps for a byte that is read, as of bundles."""
    listed: int = 1000
    """Steps for a finding or a problem: all of them are kept until the report is written."""
    configuration: int = 100_000
    """Steps for a configuration of which not even the main file could be read."""


STEPS_OF = StepsOf()

NAMES = tuple(name.replace("_", "-") for name in Bounds._fields)
"""Names of the bounds in messages."""


def bounds_for(*, trusted: bool) -> Bounds:
    """The bounds for a configuration; a ``trusted`` one has none."""
    return UNBOUNDED if trusted else DEFAULT_BOUNDS


class BoundError(OSError):
    """A bound is exceeded. ``strerror`` says which, and how to lift it."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(errno.EFBIG, exceeded(what, name))


def exceeded(what: str, name: str) -> str:
    """A message about a bound, with its value and how to lift it."""
    return f"{what} (bound {name}; --trusted lifts it for input of your own)"


def check_small(data: bytes, bounds: Bounds) -> bytes:
    """The content of a file of certificates or of a script; raises BoundError if too large."""
    if len(data) > bounds.pem_bytes:
        raise BoundError(f"is larger than {exact(bounds.pem_bytes)}", "pem-bytes")
    return data


class WorkError(MemlintError):
    """A configuration takes more steps of work than the bound; the message says so.

    It is a class of its own, since the command still makes a report, which says so, too. It is no
    OSError, as no file is the cause.
    """


class Work:
    """Counts the steps of work on one configuration, from its first include to its last finding."""

    __slots__ = ("_most", "steps")

    def __init__(self, most: int) -> None:
        self._most = most
        self.steps = 0

    def start(self, most: int) -> None:
        """Count from nothing again."""
        self._most, self.steps = most, 0

    @property
    def is_done(self) -> bool:
        """Whether the bound is exceeded."""
        return self.steps > self._most

    def stop(self) -> None:
        """Stop counting: from here on, the work is proportional to the report."""
        self._most = UNBOUNDED.steps

    def add(self, steps: int) -> None:
        """Call with steps that have been taken; the next take() raises if they were too many."""
        self.steps += steps

    def take(self, steps: int = 1) -> None:
        """Count steps of work; raises WorkError once they exceed the bound."""
        self.steps += steps
        if self.steps > self._most:
            what = f"it takes more than {self._most:,} steps to understand"
            raise WorkError(exceeded(what, "steps"))


class Meter:
    """Counts the bytes, tokens and names that are read of one configuration.

    Its methods raise BoundError.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._bytes = 0
        self._tokens = 0
        self._names = 0
        self._uncounted: list[bytes] | None = []
        self.brackets = 0
        """The cost of the brackets of patterns, as their reader counts it."""

    def read(self, data: bytes) -> None:
        """Count the bytes and tokens of a file."""
        self._bytes += len(data)
        if self._bytes > self.bounds.total_bytes:
            most = exact(self.bounds.total_bytes)
            raise BoundError(f"all files together are larger than {most}", "total-bytes")
        self._count_tokens(data)
        if self._tokens > self.bounds.tokens:
            most = f"{self.bounds.tokens:,}"
            raise BoundError(f"the files have more than {most} tokens", "tokens")

    @property
    def is_over(self) -> bool:
        """Whether the bound on names is exceeded."""
        return self._names > self.bounds.names

    def list(self, names: int, who: str = "patterns look at") -> None:
        """Count the names in a directory.

        ``who`` is what has the names, for the message.
        """
        self._names += names
        if self.is_over:
            most = f"{self.bounds.names:,}"
            raise BoundError(f"{who} more than {most} names", "names")

    def steps(self) -> int:
        """Steps of work that reading so far counts for, by STEPS_OF."""
        tokens = self._tokens
        if self._uncounted is not None:
            tokens = sum(map(tokens_at_most, self._uncounted))
        read = STEPS_OF.token * tokens + int(STEPS_OF.byte * self._bytes)
        return STEPS_OF.name * self._names + read

    def _count_tokens(self, data: bytes) -> None:
        """Count a file's tokens; files are split only once their bytes exceed the bound."""
        if self._uncounted is None:
            self._tokens += tokens_at_most(data)
            return
        self._uncounted.append(data)
        if self._bytes > self.bounds.tokens:
            self._tokens = sum(map(tokens_at_most, self._uncounted))
            self._uncounted = None


def check_size(size: int, most: int) -> None:
    """Raise BoundError if a file has more bytes than are read."""
    if size > most:
        raise BoundError(f"larger than {exact(most)}", "file-bytes")


def tokens_at_most(data: bytes) -> int:
    """An upper bound on the words and marks in a file: those in comments and strings count, too."""
    count = sum(map(data.count, _MARKS))
    for at in range(0, len(data), _CHUNK):
        count += len(data[at : at + _CHUNK].translate(_WITHOUT_MARKS).split())
    return count


_MARKS = (b";", b"{", b"}")
_WITHOUT_MARKS = bytes.maketrans(b"".join(_MARKS), b" " * len(_MARKS))
_CHUNK = 1 << 16
"""Bytes that are split at a time: a word on an edge counts twice."""
