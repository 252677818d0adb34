"""Random configurations with one thing in them that nginx may reject for its structure.

Where nginx rejects it, memlint must say so with nginx's words, file and line; where nginx accepts
it, memlint must read all of it and count what nginx builds.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nginx_memlint import check
from nginx_memlint.tree.grammar import ALLOWED, BLOCKS
from tests.nginx.compare_counts import false_warnings
from tests.nginx.compare_syntax import nginx_verdict
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import main_conf, write_conf
from tests.nginx.random_trees import random_site
from tests.nginx.stack import Stack

PLACES = {
    "http": re.compile(r"(?<=\n)(?=server \{ )"),
    "server": re.compile(r"server \{ "),
    "location": re.compile(r"location [^{}]*\{ "),
    "if": re.compile(r"if \([^)]*\) \{ "),
    "limit_except": re.compile(r"limit_except GET \{ "),
    "upstream": re.compile(r"upstream u \{ "),
}
"""Kind of block → where something can be put into one of the random trees."""

_NAME = re.compile(r"location (?:(=|~\*?|\^~) )?(\S+) \{ ")

TELLING = re.compile(
    r""""\w+"\ directive\ is\ not\ allowed\ here
    | "(?:http|events|stream|mail)"\ directive\ is\ duplicate
    | "\w*ssl_\w+"\ directive\ is\ duplicate
    | duplicate\ location\ ".*"
    | (?:named\ )?location\ ".*"\ (?:is\ outside\ location|cannot\ be\ inside|can\ be\ on).*
    | invalid\ location\ modifier\ ".*"
    | (?:invalid\ condition|unexpected)\ ".*"(?:\ in\ condition)?
    | directive\ ".*"\ is\ not\ terminated\ by\ ";"
    | directive\ ".*"\ has\ no\ opening\ "\{"
    | invalid\ number\ of\ arguments\ in\ "(?:BLOCKS)"\ directive
    """.replace("BLOCKS", "|".join(BLOCKS)),
    re.VERBOSE | re.DOTALL,
)
"""Messages of nginx about a structure: memlint must give them too."""

CONDITIONS = (
    *("($a > 5)", "($a == b)", "(a)", "()", "($a", "$a)", "($a = )", "($a = b c)", "($a !~ b)"),
    *("($a ~ b)", "(-f $uri)", "(!-f $uri)", "(-q $uri)", "(-f)", "(-f $uri $a)", "($)"),
    *('($a = "")', '("$arg_a" = b)', "(!$arg_a)", "( $arg_a )", "($arg_a )", "($arg_a!=b)"),
    *("($arg_a != b)", "($arg_a ~* b)", "($arg_a =~ b)", "($arg_a is b)", '"($arg_a)"'),
    *("(-d $uri)", "(!-x $uri)"),
)
MODIFIERS = (
    *("~~", "==", "~~*", "=~", "^", "*", "^~", "~*", "~", "=", "@", "^=", "~^", "!~", "''", "=^"),
)


@dataclass(frozen=True)
class Structure:
    """A configuration by its parts, with a defect of a kind of DEFECTS in one place."""

    kind: str
    http: str
    files: dict[str, str]
    main: str = ""
    modules: str = ""


@dataclass(frozen=True)
class Outcome:
    """``verdict`` is nginx's, in a word; ``wrong`` is empty if memlint agrees."""

    kind: str
    verdict: str
    wrong: str
    text: str


Random = random.Random


def _misplaced(rng: Random, _: str) -> str:
    """A directive, with or without a block."""
    if rng.random() < 0.4:
        name = rng.choice([*BLOCKS])
        argument = rng.choice(("", " x", " $uri $x", " /x", " ($a)"))
    else:
        name = rng.choice([*ALLOWED])
        argument = rng.choice(("", " on", " 1", " x y"))
    return f"{name}{argument}{rng.choice((';', ';', ' { }'))}"


def _second(rng: Random, _: str) -> str:
    return rng.choice(("http { }", "events { }", "http { server { } }", "\nhttp\n{\n}", "events;"))


def _location(rng: Random, around: str) -> str:
    """A location inside another one, or in a server; ``around`` is the outer one's name."""
    inner = rng.choice((around, f"{around}/a", "/zz", around[:-1] or "/", f"{around}x", "@n", "/"))
    modifier = rng.choice(("", "", "= ", "^~ ", "~ ", "~* ", "=", "^~", "@"))
    return f"location {modifier}{inner} {{ }}"


def _modifier(rng: Random, around: str) -> str:
    return f"location {rng.choice(MODIFIERS)} {around}/m {{ }}"


def _condition(rng: Random, _: str) -> str:
    return f"if {rng.choice(CONDITIONS)} {{ }}"


def _unterminated(rng: Random, _: str) -> str:
    name = rng.choice(("listen", "root", "return", "set", "proxy_pass", "lua_ssl_verify_depth"))
    return f"{name}\n{rng.choice(('80', '/x', '$v x'))}\n{{\n}}"


def _unopened(rng: Random, _: str) -> str:
    name = rng.choice(("server", "location", "if", "limit_except", "upstream", "types", "map"))
    return f"{name}\n{rng.choice(('', '/x', '$uri $x', '($a)'))}\n;"


def _none(rng: Random, around: str) -> str:
    """A text without a defect, which nginx accepts."""
    number = rng.randrange(1000)
    return rng.choice(("", "lua_socket_log_errors off;", f"location {around}/n{number} {{ }}"))


DEFECTS: dict[str, tuple[Callable[[Random, str], str], tuple[str, ...]]] = {
    "misplaced": (_misplaced, ("main", *PLACES)),
    "second": (_second, ("main", "main", "http", "server")),
    "location": (_location, ("server", "location", "location", "location")),
    "modifier": (_modifier, ("server", "location")),
    "condition": (_condition, ("server", "location")),
    "unterminated": (_unterminated, (*PLACES,)),
    "unopened": (_unopened, (*PLACES,)),
    "none": (_none, ("server", "location")),
}
"""Kind of defect → what writes it, and where it is put."""


def structure(seed: int, stack: Stack, site: Site) -> Structure:
    """A random tree with something in it."""
    rng = Random(seed)
    tree = random_site(seed, site)
    kind = rng.choice([*DEFECTS])
    make, places = DEFECTS[kind]
    place = rng.choice(places)
    modules = stack.load_lines("ngx_http_lua_module")
    files = {"nginx": f"\nupstream u {{ server 127.0.0.1:1; }}\n{tree.http}", **tree.files}
    if place == "main":
        main = make(rng, "/x") + "\n"
        return Structure(kind, files.pop("nginx"), files, main, modules)
    spots = [(name, match) for name in files for match in PLACES[place].finditer(files[name])]
    if spots:
        name, match = rng.choice(spots)
        location = _NAME.search(match[0])
        put = make(rng, location[2] if location else f"/l{rng.randint(0, 12)}")
        text = files[name]
        files[name] = f"{text[: match.end()]}{put} {text[match.end() :]}"
    return Structure(kind, files.pop("nginx"), files, modules=modules)


def compare_structure(seed: int, stack: Stack, site: Site) -> Outcome:
    """Ask both."""
    case = structure(seed, stack, site)
    for name, text in case.files.items():
        write_conf(site.prefix, text, name)
    text = main_conf(site.prefix, case.http, modules=case.modules, main=case.main)
    conf = write_conf(site.prefix, text)
    run = stack.test(conf, prefix=site.prefix)
    if run.accepted:
        counts = run.counts.contexts, run.counts.loads
        return Outcome(case.kind, "accepted", _not_read(conf, counts), text)
    said = nginx_verdict(run)
    message = said.message or ""
    if TELLING.fullmatch(message) is None:
        return Outcome(case.kind, "rejected for its meaning", "", text)
    wrong = _not_told(conf, message, said.file, said.line)
    return Outcome(case.kind, "rejected for its structure", wrong, text)


def _not_read(conf: Path, counts: tuple[int, int]) -> str:
    report = check(conf, target="debian-12")
    if not report.complete or false_warnings(report):
        return f"nginx accepts it, memlint says {report.problems}"
    if (report.ssl_contexts, report.ca_loads) != counts:
        return f"nginx builds and loads {counts}, memlint {report.ssl_contexts, report.ca_loads}"
    return ""


def _not_told(conf: Path, message: str, file: str | None, line: int | None) -> str:
    report = check(conf, target="debian-12")
    told = [(problem.nginx, problem.file, problem.line) for problem in report.problems]
    said = {message}
    if match := re.fullmatch(r'"(\w+_by_lua_block)" directive is not allowed here', message):
        said.add(f'directive "{match[1]}" has no opening "{{"')  # the lexer notices that first
    if not report.complete and any((words, file, line) in told for words in said):
        return ""
    return f"nginx says {message} in {file}:{line}, memlint {told}"
