"""Compare what nginx says about a configuration with what memlint says."""

import os
import re
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nginx_memlint.problems import Problem
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.tree.build import build
from nginx_memlint.tree.tree import Tree
from tests.nginx.generate_syntax import Case
from tests.nginx.stack import Stack, TestRun

GLOB_CIRCLE = "include cycle: "

COUNTED = frozenset({"server", "location", "if", "limit_except"})
"""Kinds of blocks for which the Lua module makes an SSL context each."""

OPEN_FILES = 1024
"""Limit under which nginx runs: it decides how soon a circle of includes ends."""

_MESSAGE = re.compile(
    r"\[(?:emerg|alert|crit|error)\] (?:\d+#\d+: )?"
    r"(?P<text>.*?)(?: in (?P<file>/[^\n]*?):(?P<line>\d+))?\n"
    r"nginx: configuration file [^\n]* test failed\s*\Z",
    re.DOTALL,
)
_BLOCK_NAMES = frozenset(
    {
        *("http", "stream", "mail", "events", "server", "location", "if", "limit_except"),
        *("upstream", "map", "geo", "types", "split_clients", "charset_map"),
    }
)
"""Names of nginx itself, which no module uses for anything but a block."""

_BLOCK = '"(?:{})"'.format("|".join(sorted(_BLOCK_NAMES)))
_SYNTAX = re.compile(
    rf"""unexpected\ ".*"
    | unexpected\ end\ of\ file,\ expecting\ .*
    | too\ long\ parameter.*
    | too\ long\ lua\ code\ block.*
    | Lua\ code\ block\ missing\ the\ closing\ long\ bracket.*
    | directive\ (?:{_BLOCK}|"\w+_by_lua_block")\ has\ no\ opening\ "{{"
    | directive\ "(?:include|server)"\ is\ not\ terminated\ by\ ";"
    | {_BLOCK}\ directive\ is\ not\ allowed\ here
    | invalid\ number\ of\ arguments\ in\ (?:"include"|{_BLOCK})\ directive
    | (?:open|pread)\(\)\ ".*"\ failed\ \(.*\)
    """,
    re.VERBOSE | re.DOTALL,
)
_STRUCTURE = re.compile(
    r"""duplicate\ location\ ".*"
    | (?:named\ )?location\ ".*"\ (?:is\ outside\ location|cannot\ be\ inside|can\ be\ on).*
    | invalid\ location\ modifier\ ".*"
    | invalid\ condition\ ".*"
    | unexpected\ ".*"\ in\ condition
    | directive\ "listen"\ is\ not\ terminated\ by\ ";"
    """,
    re.VERBOSE | re.DOTALL,
)
"""Messages that memlint gives after those about the syntax: it checks blocks when all are read."""

_ERRNO = re.compile(r" \(\d+: [^()]*\)\Z")
_CIRCLE = "(24: Too many open files)"


@dataclass(frozen=True)
class Verdict:
    """The verdict of nginx or memlint: `message` is None for a configuration that was accepted.

    `syntax` tells whether the message is one that memlint must give too.
    """

    message: str | None
    file: str | None = None
    line: int | None = None
    contexts: int = 0
    syntax: bool = True

    def matches(self, other: "Verdict") -> bool:
        """Whether memlint's verdict, `other`, is that of nginx."""
        if self.message is None or other.message is None:
            return self.message == other.message and self.contexts == other.contexts
        if self.message.endswith(_CIRCLE):
            return other.message.endswith(_CIRCLE)
        return _ERRNO.sub("", self.message) == _ERRNO.sub("", other.message) and (
            self.file is None or (self.file, self.line) == (other.file, other.line)
        )


def nginx_verdict(run: TestRun) -> Verdict:
    """The verdict that nginx printed."""
    if run.accepted:
        return Verdict(None, contexts=run.counts.contexts)
    match = _MESSAGE.search(run.messages)
    if match is None:
        return Verdict(run.messages, syntax=False)
    text, file, line = match["text"], match["file"], match["line"]
    syntax = (_SYNTAX.fullmatch(text) or _STRUCTURE.fullmatch(text)) is not None
    return Verdict(text, file, int(line) if line else None, syntax=syntax)


def memlint_verdict(tree: Tree, nginx: Verdict | None = None) -> Verdict:
    """The verdict of memlint: its first problem, or the number of blocks.

    Where nginx has found fault with the structure, any of its problems may be the same.
    """
    said = [_of_problem(problem) for problem in tree.problems if not problem.complete]
    if nginx is not None and _STRUCTURE.fullmatch(nginx.message or ""):
        said = [verdict for verdict in said if nginx.matches(verdict)] or said
    if said:
        return said[0]
    return Verdict(None, contexts=sum(block.kind in COUNTED for block in tree.main.walk()))


def _of_problem(problem: Problem) -> Verdict:
    return Verdict(problem.nginx or problem.message, problem.file, problem.line)


@dataclass(frozen=True)
class Comparison:
    """The two verdicts on one case."""

    nginx: Verdict
    memlint: Verdict

    @property
    def counts(self) -> bool:
        """Whether the case tells anything.

        It does not if nginx rejected it for its meaning, or if files include one another by
        globs: nginx goes on until it has no descriptors left, and then finds no more files.
        """
        return self.nginx.syntax and not (self.memlint.message or "").startswith(GLOB_CIRCLE)

    @property
    def agree(self) -> bool:
        """Whether memlint says what nginx says, if it has to."""
        return not self.counts or self.nginx.matches(self.memlint)


def compare(stack: Stack, case: Case, directory: Path) -> Comparison:
    """Write the case into a directory, which is emptied again, and ask both."""
    directory.mkdir(exist_ok=True)
    try:
        conf = case.write(directory)
        with _open_files():
            run = stack.test(conf, prefix=directory, timeout=60.0)
        tree = build(FileSystem({"/": "/"}, restricted=False), os.fsdecode(conf))
        nginx = nginx_verdict(run)
        return Comparison(nginx, memlint_verdict(tree, nginx))
    finally:
        shutil.rmtree(directory)


@contextmanager
def _open_files() -> Iterator[None]:
    """Have nginx started with the usual limit."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, before[1]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
