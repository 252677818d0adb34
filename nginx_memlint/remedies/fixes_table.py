"""The kinds of changes that ``--fix`` can make, and whether each is safe.

A safe one leaves what nginx does, and what was meant, as they are: ``--fix`` makes it. An unsafe
one leaves what nginx does as it is now, but may be the wrong one of two answers, so that somebody
has to choose: ``--unsafe-fixes`` has it made.
"""

from typing import NamedTuple


class FixKind(NamedTuple):
    """A kind of change, and the rules that are about what it mends.

    ``doubt`` is what speaks against making it unasked: a safe one has none.
    """

    name: str
    does: str
    keeps: str
    rules: tuple[str, ...]
    doubt: str = ""

    @property
    def safety(self) -> str:
        """The kind of safety in a word."""
        return "unsafe" if self.doubt else "safe"


MOVE = FixKind(
    "move",
    "move a directive into the outermost blocks that use its certificates",
    "each of them sees the value that it saw",
    ("ML101", "ML103"),
)
SHARE = FixKind(
    "share",
    "set a directive once around blocks that set it alike, and remove what is inherited anyway",
    "each block that uses the settings sees the values that it saw",
    ("ML104",),
)
REMOVE = FixKind(
    "remove",
    "remove CA certificates that no Lua or JavaScript can use",
    "no code runs where they apply",
    ("ML105",),
)
REMOVE_SWITCHED_OFF = FixKind(
    "remove switched off",
    "remove CA certificates of a verification that is off",
    "nothing is verified before and after",
    ("ML105",),
    doubt="perhaps the verification was to be switched on instead",
)

FIXES = (MOVE, SHARE, REMOVE, REMOVE_SWITCHED_OFF)
"""Kinds of changes that are made: a change of any other kind is for people."""


FLAGS = {"safe": "--fix", "unsafe": "--fix --unsafe-fixes"}
"""Safety of a change → the flags with which ``memlint check`` makes it."""


def fixes_of(code: str) -> list[str]:
    """A sentence for each kind of change that mends what a rule finds."""
    return [_sentence(kind) for kind in FIXES if code in kind.rules]


def _sentence(kind: FixKind) -> str:
    doubt = f"; but {kind.doubt}" if kind.doubt else ""
    return f"`{FLAGS[kind.safety]}` ({kind.safety}) can {kind.does}: {kind.keeps}{doubt}."
