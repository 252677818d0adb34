"""Read the command tables of nginx and of modules, and write directives_table.py.

``python -m tests.nginx.command_tables nginx=DIR lua=DIR stream_lua=DIR njs=DIR angie=DIR
freenginx=DIR tengine=DIR``: git directories of github.com/nginx/nginx, openresty/lua-nginx-module,
openresty/stream-lua-nginx-module, nginx/njs, webserver-llc/angie, freenginx/nginx and
alibaba/tengine. All releases since those in ``COMPONENTS`` and ``FORKS`` are read.
"""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

Version = tuple[int, ...]


class Component(NamedTuple):
    """Which tags are releases, and the first of them that is read."""

    tags: str
    first: Version


COMPONENTS = {
    "nginx": Component(r"release-(1\.\d+\.\d+)", (1, 10, 0)),
    # 0.10.6 allowed more of its handlers in a server than any other release: nobody ships it
    "lua": Component(r"v(0\.10\.\d+)", (0, 10, 7)),
    "stream_lua": Component(r"v(0\.0\.\d+)", (0, 0, 3)),
    "njs": Component(r"(\d+\.\d+\.\d+)", (0, 1, 0)),
    "angie": Component(r"Angie-(1\.\d+\.\d+)", (1, 0, 0)),
}

FORKS = {
    "freenginx": Component(r"release-(1\.\d+\.\d+)", (1, 25, 0)),
    "tengine": Component(r"(?:tengine-)?(\d+\.\d+\.\d+)", (2, 0, 0)),
}
"""Those of which is read only what they take as arguments: more than nginx here and there."""

_ARRAY = re.compile(r"ngx_command_t\s+(\w+)\s*\[\s*\]\s*=\s*\{(.*?)\n\}\s*;", re.DOTALL)
_MODULE = re.compile(r"ngx_module_t\s+\w+\s*=\s*\{(.*?)\n\}\s*;", re.DOTALL)
_TYPE = re.compile(r"\bNGX_(HTTP|STREAM|MAIL|EVENT|CORE|CONF)_MODULE\b")
_ENTRY = re.compile(
    r'\{\s*ngx_string\(\s*"([^"]+)"\s*\)\s*,\s*([^,]*?)\s*,\s*(\w+)\s*,([^{}]*)', re.DOTALL
)
_WORDS = re.compile(
    r"ngx_conf_(?:enum|bitmask)_t\s+(\w+)\s*\[\s*\]\s*=\s*\{(.*?)\n\s*\}\s*;", re.DOTALL
)
_WORD = re.compile(r'ngx_string\(\s*"([^"]+)"\s*\)')
_BOUNDS = re.compile(
    r"ngx_conf_num_bounds_t\s+(\w+)\s*=\s*\{\s*ngx_conf_check_num_bounds,\s*(\d+),\s*(\d+)\s*\}"
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

CONTEXTS = {
    "CORE": {"NGX_MAIN_CONF": "main"},
    "EVENT": {"NGX_EVENT_CONF": "events"},
    "HTTP": {
        "NGX_HTTP_MAIN_CONF": "http",
        "NGX_HTTP_SRV_CONF": "server",
        "NGX_HTTP_LOC_CONF": "location",
        "NGX_HTTP_UPS_CONF": "upstream",
        "NGX_HTTP_SIF_CONF": "server_if",
        "NGX_HTTP_LIF_CONF": "if",
        "NGX_HTTP_LMT_CONF": "limit_except",
    },
    "STREAM": {
        "NGX_STREAM_MAIN_CONF": "stream",
        "NGX_STREAM_SRV_CONF": "stream_server",
        "NGX_STREAM_UPS_CONF": "stream_upstream",
    },
    "MAIL": {"NGX_MAIL_MAIN_CONF": "mail", "NGX_MAIL_SRV_CONF": "mail_server"},
}
"""Type of a module → flag of a command → kind of block."""

ORDER = [kind for flags in CONTEXTS.values() for kind in flags.values()]


def _git(repository: str, *args: str) -> str:
    command = ["git", "--git-dir", repository, *args]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode("latin-1")


class Command(NamedTuple):
    """An entry of a command table, and which numbers of arguments it takes, as bits.

    ``setter`` is the function that nginx calls with the arguments; ``words`` are those that it
    takes if it looks them up, or the least and the greatest number.
    """

    name: str
    kinds: frozenset[str]
    is_block: bool
    takes: int
    setter: str
    words: tuple[str, ...] = ()


MOST_ARGUMENTS = 7
"""NGX_CONF_TAKE7; NGX_CONF_MAX_ARGS is 8, with the directive's name."""

_MORE = (1 << MOST_ARGUMENTS + 1 << 1) - 1
"""All numbers, the highest bit stands for more than are counted."""

TAKES = {
    "NGX_CONF_NOARGS": 1,
    "NGX_CONF_FLAG": 1 << 1,
    "NGX_CONF_ANY": _MORE,
    "NGX_CONF_1MORE": _MORE & ~1,
    "NGX_CONF_2MORE": _MORE & ~3,
    **{
        f"NGX_CONF_TAKE{digits}": sum(1 << int(digit) for digit in digits)
        for digits in ("1", "2", "3", "4", "5", "6", "7", "12", "13", "23", "34", "123", "1234")
    },
}
"""Flag of a command → numbers of arguments (``ngx_conf_handler()``, ``argument_number``)."""


def commands(text: str) -> Iterator[Command]:
    """The directives of a C file."""
    text = _COMMENT.sub(" ", text)
    types = {}
    for module in _MODULE.finditer(text):
        if type_of_module := _TYPE.search(module[1]):
            types.update(dict.fromkeys(re.findall(r"\w+", module[1]), type_of_module[1]))
    looked_up = {array[1]: (*_WORD.findall(array[2]),) for array in _WORDS.finditer(text)}
    looked_up |= {bounds[1]: (bounds[2], bounds[3]) for bounds in _BOUNDS.finditer(text)}
    for array in _ARRAY.finditer(text):
        contexts = CONTEXTS.get(types.get(array[1], ""), {})
        for name, flags, setter, rest in _ENTRY.findall(array[2]):
            words = set(re.findall(r"\w+", flags))
            kinds = frozenset(kind for flag, kind in contexts.items() if flag in words)
            takes = 0
            for word in words & TAKES.keys():
                takes |= TAKES[word]
            post = rest.rpartition(",")[2].strip().lstrip("&")
            taken = looked_up.get(post, ())
            yield Command(name, kinds, "NGX_CONF_BLOCK" in words, takes, setter, taken)


@cache
def _commands_of(repository: str, blob: str) -> list[Command]:
    return [*commands(_git(repository, "cat-file", "blob", blob))]


def releases(repository: str, component: Component) -> list[tuple[Version, str]]:
    """Version and tag of the releases, the first one first, and of what follows them."""
    tagged = []
    for tag in _git(repository, "tag").split():
        if match := re.fullmatch(component.tags, tag):
            version = tuple(map(int, match[1].split(".")))
            if version >= component.first:
                tagged.append((version, tag))
    tagged.sort()
    # what is not released yet may be in use
    return [*tagged, (tagged[-1][0], "HEAD")]


class Place(NamedTuple):
    """The first release in which a directive may stand in a kind of block, and where it says so."""

    version: Version
    path: str


def releases_commands(name: str, repository: str) -> Iterator[tuple[Version, str, Command]]:
    """All entries of command tables in all releases, with version and path, the first one first."""
    for version, tag in releases(repository, (COMPONENTS | FORKS)[name]):
        for line in _git(repository, "ls-tree", "-r", tag).splitlines():
            meta, path = line.split("\t", 1)
            if path.endswith(".c"):
                for command in _commands_of(repository, meta.split()[2]):
                    yield version, path, command


Key = tuple[str, bool]
"""A directive's name, and whether it is a block."""


def read(name: str, repository: str) -> dict[Key, dict[str, Place]]:
    """Directive → kind of block that it may stand in → since when."""
    table: dict[Key, dict[str, Place]] = defaultdict(dict)
    for version, path, command in releases_commands(name, repository):
        for kind in command.kinds:
            key = command.name, command.is_block
            table[key].setdefault(kind, Place(version, path))
    return table


class Arguments(NamedTuple):
    """Of a directive, in all releases: numbers of arguments, as bits, and what takes them.

    ``plain`` are the numbers in what is no fork of nginx.
    """

    takes: int
    plain: int
    setters: frozenset[str]


PLAIN = ("nginx", "lua", "stream_lua", "njs")
"""Components that are no fork of nginx."""


def arguments(repositories: dict[str, str]) -> dict[Key, Arguments]:
    """The arguments that each directive takes in any release of any component, forks among them."""
    table: dict[Key, Arguments] = {}
    nothing = Arguments(0, 0, frozenset())
    for name, repository in repositories.items():
        for _, _, command in releases_commands(name, repository):
            if command.kinds:
                key = command.name, command.is_block
                takes, plain, setters = table.get(key, nothing)
                table[key] = Arguments(
                    takes | command.takes,
                    plain | command.takes if name in PLAIN else plain,
                    setters | {command.setter},
                )
    return table


def numbers(takes: int) -> str:
    """Numbers of arguments in words: ``0 1``, ``2+``."""
    counts = [count for count in range(MOST_ARGUMENTS + 1) if takes >> count & 1]
    if takes >> MOST_ARGUMENTS + 1 & 1:
        first = counts[-1]
        while first - 1 in counts:
            first -= 1
        return " ".join([*(str(count) for count in counts if count < first), f"{first}+"])
    return " ".join(map(str, counts))


def takes_rows(numbers_of: dict[Key, int], names: set[str]) -> list[str]:
    """Lines of TAKES, of directives that are no blocks: those that take any number are left out.

    Of a block of Lua, the code is one more.
    """
    grouped: dict[str, list[str]] = defaultdict(list)
    for (directive, is_block), takes in numbers_of.items():
        is_lua = directive.endswith("_by_lua_block")
        if is_block == is_lua and directive in names and takes not in (0, _MORE):
            grouped[numbers(takes << is_lua)].append(directive)
    return [line for counts, given in sorted(grouped.items()) for line in _row(counts, given)]


def _row(first: str, directives: list[str]) -> list[str]:
    return ["    (", *_wrapped(first), *_wrapped(" ".join(sorted(directives))), "    ),"]


def _wrapped(text: str) -> list[str]:
    *words, last = textwrap.wrap(text, 84)
    return [*(f'        "{line} "' for line in words), f'        "{last}",']


_FUNCTION = re.compile(
    r"^(?:static )?char \*\n(\w+)\(ngx_conf_t \*cf\b.*?\n(\{.*?\n\})", re.DOTALL | re.MULTILINE
)
"""A function that nginx may call with the arguments of a directive, and its body."""

_REJECTS = re.compile(r'\{[^{}]*if \((?:(?!==)[^{}])*\)\s*\{\s*return "(?:is )?duplicate";\s*\}')
"""The beginning of a body that rejects the second one before all else."""

_LEAVES_IT_TO = re.compile(
    r"\{[^{}]*(?:return|=) (\w+)\(cf, cmd, conf\);\s*"
    r"(?:\}|if \(\w+ != NGX_CONF_OK\)\s*\{\s*return \w+;\s*\})"
)
"""The beginning of a body that calls another setter before all else."""


@cache
def _setters_of(repository: str, blob: str) -> list[tuple[str, str]]:
    text = _COMMENT.sub(" ", _git(repository, "cat-file", "blob", blob))
    return [(function[1], function[2]) for function in _FUNCTION.finditer(text)]


def bodies(repositories: dict[str, str]) -> dict[str, set[str]]:
    """Function → its bodies in all releases of all components."""
    texts: dict[str, set[str]] = defaultdict(set)
    for name, repository in repositories.items():
        for _, tag in releases(repository, (COMPONENTS | FORKS)[name]):
            for line in _git(repository, "ls-tree", "-r", tag).splitlines():
                meta, path = line.split("\t", 1)
                if path.endswith(".c"):
                    for function, body in _setters_of(repository, meta.split()[2]):
                        texts[function].add(body)
    return texts


def rejects_second(setter: str, functions: dict[str, set[str]]) -> bool:
    """Tell whether a function rejects the second directive in a block, in all releases."""
    if setter == "ngx_http_core_root":  # of root and alias, which also exclude each other
        return True
    for body in functions.get(setter, ()):
        other = _LEAVES_IT_TO.match(body)
        if not _REJECTS.match(body) and not (other and rejects_second(other[1], functions)):
            return False
    return setter in functions


OLDER = frozenset({"sticky"})
"""Directives that another module had before nginx, and takes otherwise."""


def once(table: dict[Key, Arguments], functions: dict[str, set[str]]) -> list[str]:
    """Directives that nginx rejects when they stand in a block twice."""
    return sorted(
        directive
        for (directive, is_block), given in table.items()
        if not is_block
        and directive not in OLDER
        and all(rejects_second(setter, functions) for setter in given.setters)
    )


def rows(component: str, table: dict[tuple[str, bool], dict[str, Place]]) -> list[str]:
    """Lines of ROWS."""
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (directive, is_block), kinds in table.items():
        if is_block and not directive.endswith("_by_lua_block"):
            continue
        for path in {place.path for place in kinds.values()}:
            inside = tuple(kind for kind in ORDER if kind in kinds and kinds[kind].path == path)
            grouped[path, inside].append(directive)
    lines = []
    for (path, inside), directives in sorted(grouped.items()):
        lines += ["    (", f'        "{component}", "{path}",', f'        "{" ".join(inside)}",']
        words = textwrap.wrap(" ".join(sorted(directives)), 84)
        lines += [f'        "{line} "' for line in words[:-1]]
        lines += [f'        "{words[-1]}",', "    ),"]
    return lines


def since(component: str, table: dict[tuple[str, bool], dict[str, Place]]) -> list[str]:
    """Lines of SINCE: where a directive may stand only since a later release than the first."""
    oldest = COMPONENTS[component].first
    grouped: dict[tuple[Version, tuple[str, ...]], list[str]] = defaultdict(list)
    for (directive, is_block), kinds in table.items():
        if is_block and not directive.endswith("_by_lua_block"):
            continue
        for version in {place.version for place in kinds.values() if place.version > oldest}:
            inside = tuple(k for k in ORDER if k in kinds and kinds[k].version == version)
            grouped[version, inside].append(directive)
    lines = []
    for (version, inside), directives in sorted(grouped.items()):
        lines += ["    (", f'        "{component}", {version}, "{" ".join(inside)}",']
        words = textwrap.wrap(" ".join(sorted(directives)), 84)
        lines += [f'        "{line} "' for line in words[:-1]]
        lines += [f'        "{words[-1]}",', "    ),"]
    return lines


_SLOT = re.compile(r"ngx_conf_set_(flag|num|size|off|msec|sec|bufs|enum|bitmask)_slot")


Reading = tuple[str, tuple[str, ...]]
"""A setter and the words that it takes, or the bounds of a number."""

ROOTS = {
    kind: root.lower().replace("core", "main").replace("event", "events")
    for root, flags in CONTEXTS.items()
    for kind in flags.values()
}
"""Kind of block → the outermost block that it is in."""


class Values(NamedTuple):
    """How a directive's values are read in all releases, and since when nginx knows each word."""

    readings: set[Reading]
    since: dict[str, Version]


def values(repositories: dict[str, str]) -> dict[tuple[str, str], Values]:
    """Outermost block and directive → how its values are read."""
    table: dict[tuple[str, str], Values] = defaultdict(lambda: Values(set(), {}))
    for name, repository in repositories.items():
        for version, _, command in releases_commands(name, repository):
            for root in {ROOTS[kind] for kind in command.kinds}:
                read = table[root, command.name]
                read.readings.add((command.setter, command.words))
                if name == "nginx":
                    for word in ("", *command.words):
                        read.since.setdefault(word, version)
    return table


def values_rows(table: dict[tuple[str, str], Values], names: set[str]) -> list[str]:
    """Lines of VALUES: directives whose values one of nginx's own functions reads everywhere."""
    roots_of: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (root, directive), read in sorted(table.items()):
        if directive in names and (reading := _read_by(read.readings)):
            roots_of[directive, reading].append(root)
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (directive, reading), roots in roots_of.items():
        grouped[" ".join(roots), reading].append(directive)
    lines = []
    for (inside, reading), directives in sorted(grouped.items()):
        first, *rest = _row(reading, directives)
        lines += [first, f'        "{inside}",', *rest]
    return lines


def _read_by(readings: set[Reading]) -> str:
    """A function and the words that it takes in any release; nothing if there are several."""
    slots = {_SLOT.fullmatch(setter) for setter, _ in readings}
    kinds = {slot[1] if slot else "" for slot in slots}
    lists = {words for _, words in readings}
    if len(kinds) != 1:
        return ""
    kind = kinds.pop()
    if kind in ("enum", "bitmask"):
        words = sorted({word for listed in lists for word in listed})
        return "" if () in lists else " ".join([kind, *words])
    if kind == "num" and len(lists) == 1:
        [bounds] = lists
        return " ".join([kind, *bounds])
    return kind


def words_since_rows(table: dict[tuple[str, str], Values], names: set[str]) -> Iterator[str]:
    """Lines of WORDS_SINCE: words that nginx takes only since a later release than others."""
    for (root, directive), read in sorted(table.items()):
        if directive in names and _read_by(read.readings).startswith(("enum", "bitmask")):
            by_version: dict[Version, list[str]] = defaultdict(list)
            for word, version in read.since.items():
                if version > read.since[""]:
                    by_version[version].append(word)
            for version, words in sorted(by_version.items()):
                yield f'    ({version}, "{root}", "{directive}", "{" ".join(words)}"),'


HEAD = '''"""Which directive nginx allows in which kinds of blocks, from its sources.

Made by ``python -m tests.nginx.command_tables``; not to be edited.
"""

from __future__ import annotations

# fmt: off
'''


VALUES_TEXT = '''"""Outermost blocks; a function (``flag``: ``ngx_conf_set_flag_slot()``), the
words that it takes, or the least and the greatest number; directives that it alone reads there
in all releases."""
'''


WORDS_SINCE_TEXT = '''"""Release, outermost block, directive, words: taken only since then."""
'''


SINCE_TEXT = '''"""Component, release, kinds of blocks, directives: since that release it allows
them in such blocks, where that is later than the first release that was read."""'''


def main() -> None:
    """Print the module."""
    repositories = dict(arg.split("=", 1) for arg in sys.argv[1:])
    tables = {name: read(name, repositories[name]) for name in COMPONENTS}
    kinds_by_name: dict[str, set[str]] = defaultdict(set)
    for name, table in tables.items():
        if name != "angie":
            for (directive, _), kinds in table.items():
                kinds_by_name[directive] |= kinds.keys()
    # of Angie's own names nothing is said: it is here for those that it allows in more places
    tables["angie"] = {
        (directive, is_block): more
        for (directive, is_block), kinds in tables["angie"].items()
        if directive in kinds_by_name
        and (more := {k: p for k, p in kinds.items() if k not in kinds_by_name[directive]})
    }
    print(HEAD)
    spans = []
    for name, component in COMPONENTS.items():
        tagged = releases(repositories[name], component)
        head = _git(repositories[name], "rev-parse", "--short=12", "HEAD").strip()
        spans.append(f'    "{name}": "{tagged[0][1]} to {tagged[-2][1]}, and {head}",')
    print("RELEASES = {", *spans, "}", sep="\n")
    print('"""Component → the tags of the releases that were read, and a later commit."""\n')
    lines = [line for name, table in tables.items() for line in rows(name, table)]
    print("ROWS = (", *lines, ")", sep="\n")
    print('"""Component, file with the command table, kinds of blocks, directives."""\n')
    given = arguments(repositories)
    names = set(kinds_by_name) | {"include"}
    takes = {key: arguments.takes for key, arguments in given.items()}
    print("TAKES = (", *takes_rows(takes, names), ")", sep="\n")
    print('"""Numbers of arguments that nginx takes (``2+``: two or more), in any release of any')
    print("component, and the directives; those that take any number are left out. Lua code is one")
    print('argument."""\n')
    plain = {key: few.plain for key, few in given.items() if few.plain not in (0, few.takes)}
    print("TAKES_PLAIN = (", *takes_rows(plain, names), ")", sep="\n")
    print('"""Numbers of arguments of directives of which forks of nginx take more."""\n')
    functions = bodies(repositories)
    words = textwrap.wrap(" ".join(n for n in once(given, functions) if n in kinds_by_name), 88)
    print("ONCE = (", *[f'    "{line} "' for line in words], ")", sep="\n")
    print(
        '"""Directives that nginx rejects when they stand in a block twice, in all releases."""\n'
    )
    read_by = values(repositories)
    print("VALUES = (", *values_rows(read_by, set(kinds_by_name)), ")", sep="\n")
    print(VALUES_TEXT)
    print("WORDS_SINCE = (", *words_since_rows(read_by, set(kinds_by_name)), ")", sep="\n")
    print(WORDS_SINCE_TEXT)
    print(*since_rows({name: tables[name] for name in COMPONENTS if name != "angie"}), sep="\n")


def since_rows(tables: dict[str, dict[tuple[str, bool], dict[str, Place]]]) -> list[str]:
    """Lines of the table SINCE."""
    lines = [line for name, table in tables.items() for line in since(name, table)]
    return ["SINCE = (", *lines, ")", *SINCE_TEXT.splitlines()]


if __name__ == "__main__":
    main()
