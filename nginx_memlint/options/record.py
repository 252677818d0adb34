"""The options of a check: one record, of which each field is an option.

The flags of the commands, the keys of settings files, the keyword arguments of the Python API and
the options of a job all come from the fields of ``Options``: a new option is a new field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum, StrEnum, auto
from typing import Any, NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import FailOn
from nginx_memlint.options import kinds
from nginx_memlint.options.kinds import Kind
from nginx_memlint.policy import NO_POLICY, Policy
from nginx_memlint.suggest import did_you_mean
from nginx_memlint.targets.host_facts import HostFacts
from nginx_memlint.targets.targets import Target


class OptionPlace(Enum):
    """Where an option can be given: on the command line, in settings, in Python."""

    FLAG = auto()
    SETTING = auto()
    KEYWORD = auto()


class Bearing(Enum):
    """The results that an option changes, which decides the commands that take it."""

    FIGURES = auto()
    """The files that are read, and the counts and prices of what they hold."""
    RELOADS = auto()
    """The number of workers at a reload."""
    COUNTS = auto()
    """The exact counts that are accepted: those of a configuration, and of a change."""
    VERDICT = auto()
    """The severities of findings, and the exit status."""


class OptionGroup(StrEnum):
    """The subject of an option, by which help is ordered."""

    SERVER = "The server"
    FILES = "The files"
    VERDICT = "Budgets and findings"
    OUTPUT = "Output"


_GROUPS = {
    Bearing.FIGURES: OptionGroup.FILES,
    Bearing.RELOADS: OptionGroup.SERVER,
    Bearing.COUNTS: OptionGroup.VERDICT,
    Bearing.VERDICT: OptionGroup.VERDICT,
}

EVERYWHERE = frozenset(OptionPlace)
ON_THE_COMMAND_LINE = frozenset({OptionPlace.FLAG, OptionPlace.KEYWORD})
IN_PYTHON = frozenset({OptionPlace.KEYWORD})
NOT_IN_PYTHON = frozenset({OptionPlace.FLAG, OptionPlace.SETTING})
FLAG_ONLY = frozenset({OptionPlace.FLAG})
NOWHERE: frozenset[OptionPlace] = frozenset()

_OF_SERVER = frozenset({"set", "unit_cost", "bundles", "lua_heap", "facts"})
"""Options about the server, beside those that name it."""

_SERVER = ("target", "target_file", "nginx_binary", "nginx_v", "set")
_FILES = ("sysroot", "path_map")


class Option(NamedTuple):
    """One option.

    ``name`` is the field's; the flag and the settings key are ``key``. A level that sets this
    option makes the options ``undoes`` of earlier levels void.
    """

    name: str
    kind: Kind
    help: str
    default: Any
    places: frozenset[OptionPlace]
    bearing: Bearing
    short: str | None
    undoes: tuple[str, ...]

    @property
    def key(self) -> str:
        """The name in settings files, which is also the flag's without its dashes."""
        return self.name.replace("_", "-")

    @property
    def group(self) -> OptionGroup:
        """The subject of the option."""
        if self.undoes == _SERVER or self.name in _OF_SERVER:
            return OptionGroup.SERVER
        return _GROUPS[self.bearing]

    @property
    def flag(self) -> str:
        """The flag with its dashes."""
        return f"--{self.key}"


def _option(
    kind: Kind,
    help: str,
    *,
    default: Any = None,  # noqa: ANN401
    places: frozenset[OptionPlace] = EVERYWHERE,
    bearing: Bearing = Bearing.FIGURES,
    short: str | None = None,
    undoes: tuple[str, ...] = (),
) -> Any:  # noqa: ANN401  a field
    made = {
        "kind": kind,
        "help": help,
        "places": places,
        "bearing": bearing,
        "short": short,
        "undoes": undoes,
    }
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=made)
    return field(default=default, metadata=made)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Options:
    """All options of one check, with values as their kinds read them."""

    data: bytes | None = _option(
        kinds.DATA, "What standard input holds, for the path -.", places=IN_PYTHON
    )
    target: str | Target | None = _option(
        kinds.TARGET,
        "The server it is for: see memlint targets. On the command line also host, the nginx here.",
        undoes=_SERVER,
    )
    target_file: str | None = _option(
        kinds.FILE,
        "The server it is for, as this file of memlint facts, or of memlint calibrate, says.",
        places=NOT_IN_PYTHON,
        undoes=_SERVER,
    )
    nginx_binary: str | None = _option(
        kinds.BINARY,
        "The server it is for, as this nginx -V and its modules say.",
        places=FLAG_ONLY,
        undoes=_SERVER,
    )
    nginx_v: str | None = _option(
        kinds.FILE,
        "The server it is for, as this file with the output of its nginx -V says.",
        places=FLAG_ONLY,
        undoes=_SERVER,
    )
    set: Mapping[str, str] = _option(
        kinds.SET,
        "Something else there than the target says: a version of nginx, lua, stream-lua, njs or "
        "openssl; the libc, the allocator. Repeatable.",
        default={},
    )
    workers: int | None = _option(
        kinds.WORKERS,
        "Worker processes, where the configuration says auto. On the command line also host, as "
        "many as auto starts here.",
        bearing=Bearing.RELOADS,
    )
    unit_cost: int | None = _option(
        kinds.SIZE, "Memory of one CA load, e.g. 1MiB, instead of what the bundle weighs."
    )
    bundles: Mapping[str, tuple[int, int]] = _option(
        kinds.BUNDLES,
        "A CA file of N certificates, whatever is at PATH here, e.g. "
        "/etc/ssl/certs/ca-certificates.crt=150; SIZE is that of the file. Repeatable.",
        default={},
    )
    lua_heap: int | None = _option(
        kinds.SIZE,
        "What Lua scripts keep once they are initialised, e.g. 200MiB: no configuration tells it.",
    )
    connections: int | None = _option(
        kinds.COUNT,
        "Connections at once: what they take is in the figures, each as the costliest that the "
        "configuration has, over TLS and passed on.",
    )
    max_memory: int | None = _option(
        kinds.BUDGET,
        "The budget, e.g. 4GiB: a worst reload peak above it is an error; without a budget, one "
        "above 4 GiB is. On the command line also from where it is written: host, cgroup, "
        "unit:NAME, k8s:FILE#CONTAINER, compose:FILE#SERVICE.",
        bearing=Bearing.VERDICT,
    )
    max_start_memory: int | None = _option(
        kinds.BUDGET, "The budget at a start: more is an error.", bearing=Bearing.VERDICT
    )
    max_zones_memory: int | None = _option(
        kinds.BUDGET,
        "The budget of all shared memory zones: more is an error.",
        bearing=Bearing.VERDICT,
    )
    max_test_seconds: float | None = _option(
        kinds.SECONDS,
        "The CPU time that nginx -t may take: more is a warning.",
        bearing=Bearing.VERDICT,
    )
    max_ca_loads: int | None = _option(
        kinds.COUNT,
        "The budget of CA loads, the same on every machine: more is an error.",
        bearing=Bearing.COUNTS,
    )
    max_contexts: int | None = _option(
        kinds.COUNT,
        "The budget of TLS contexts: more is an error.",
        bearing=Bearing.COUNTS,
    )
    sysroot: str | None = _option(
        kinds.DIRECTORY,
        "Look absolute paths up below DIR; read nothing outside it.",
        undoes=_FILES,
    )
    path_map: tuple[tuple[str, str], ...] = _option(
        kinds.PATH_MAP,
        "Look paths below FROM up below TO. Repeatable; longest wins.",
        default=(),
        undoes=_FILES,
    )
    prefix: str | None = _option(
        kinds.PREFIX, "As nginx -p: a relative CONF is taken from it.", short="-p"
    )
    allow_missing: tuple[str, ...] = _option(
        kinds.GLOBS,
        "Files that includes name and that may be missing here, taken for empty, e.g. "
        "'/etc/nginx/secrets/*'. Repeatable.",
        default=(),
    )
    confine: str | None = _option(
        kinds.DIRECTORY,
        "Read no configuration and no bundle outside DIR, links included.",
        places=ON_THE_COMMAND_LINE,
    )
    dump: bool | None = _option(
        kinds.SWITCH,
        "Whether what is named is the output of nginx -T; if nobody says, data is that if it has "
        "the marks, and a file is not.",
        places=IN_PYTHON,
    )
    context: tuple[str, ...] = _option(
        kinds.CONTEXT,
        "CONF is a fragment that belongs inside these blocks, e.g. http,server.",
        default=(),
    )
    trusted: bool = _option(
        kinds.SWITCH,
        "Lift the limits on how much is read: for input of one's own.",
        default=False,
        places=ON_THE_COMMAND_LINE,
    )
    select: tuple[str, ...] = _option(
        kinds.CODES,
        "Report the findings of these rules alone: codes, or their beginnings, e.g. ML101,ML2.",
        default=(),
        bearing=Bearing.VERDICT,
    )
    ignore: tuple[str, ...] = _option(
        kinds.CODES,
        "Report no findings of these rules; of two beginnings of a code, the longer wins. In "
        'settings, that is ignore = ["CODE"].',
        default=(),
        places=ON_THE_COMMAND_LINE,
        bearing=Bearing.VERDICT,
    )
    fail_on: FailOn = _option(
        kinds.FAIL_ON,
        "The least severity that makes the exit status 1.",
        default=FailOn.ERROR,
        places=NOT_IN_PYTHON,
        bearing=Bearing.VERDICT,
    )
    facts: HostFacts | None = _option(
        kinds.HOST_FACTS,
        "Facts of the server that stand beside the configuration, whichever the target is.",
        places=NOWHERE,
    )
    policy: Policy = _option(
        kinds.POLICY,
        "Severities by rule, what is accepted where, and budgets.",
        default=NO_POLICY,
        places=IN_PYTHON,
    )
    breakdown: bool = _option(
        kinds.SWITCH,
        "Ask for ConfigReport.breakdown, what each block costs.",
        default=False,
        places=IN_PYTHON,
    )


_UNSET = Options()

OPTIONS: dict[str, Option] = {
    one.name: Option(name=one.name, default=getattr(_UNSET, one.name), **one.metadata)
    for one in fields(Options)
}
"""All options by name, in the order of the record."""


def options_in(place: OptionPlace) -> list[Option]:
    """The options that may stand in a place, in the order of the record."""
    return [option for option in OPTIONS.values() if place in option.places]


def read_value(name: str, kind: Kind, value: object) -> Any:  # noqa: ANN401  of the kind
    """The value of a keyword argument. Raises TypeError and MemlintError that name the keyword."""
    try:
        return kind.read(value)
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    except ValueError as error:
        raise MemlintError(f"{name}: {error}", name) from None


def read_keywords(given: Mapping[str, Any], function: str = "check") -> Options:
    """The Options that keyword arguments of a function of the Python API give.

    None is as good as leaving an argument out. Raises TypeError for an unknown name or a value of a
    wrong type, MemlintError for a wrong value.
    """
    options = {option.name: option for option in options_in(OptionPlace.KEYWORD)}
    read: dict[str, Any] = {}
    for name, value in given.items():
        if name not in options:
            hint = did_you_mean(name, options) or f"; known are {', '.join(options)}"
            raise TypeError(f'{function}() has no argument "{name}"{hint}')
        if value is not None:
            read[name] = read_value(name, options[name].kind, value)
            if absent := options[name].kind.absent(read[name]):
                raise MemlintError(f"{name}: {absent}", name)
    return Options(**read)
