"""Traps in random configurations that nginx accepts: keys, NUL bytes, modules of other names.

``disguised()`` adds blocks of data whose keys are names of directives, NUL bytes where nginx sees
C strings, and loads modules through links and copies. It changes nothing of what nginx builds.
"""

from __future__ import annotations

import random
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from nginx_memlint.tls.families import FAMILIES
from nginx_memlint.tree.grammar import ALLOWED, BLOCKS

NAMES = sorted(
    {name for family in FAMILIES for name in family.reads | family.overrides | family.decides}
    | {name for name in ALLOWED if "lua" in name or name.startswith("js_")}
    | {*BLOCKS, "proxy_pass", "listen", "load_module", "worker_processes", "server_name"}
)
"""Names of directives that decide something, or look as if they did."""

SPECIAL = {"default", "hostnames", "volatile", "include", "ranges", "proxy", "delete"}
"""Keys that mean something."""

JUNK = ("", "x", "on", "off", "ssl", "$host", "/", "}", "'", "lua", "\0", "é", "#")
"""Texts that may follow a NUL byte."""

HASHES = (
    "map_hash_bucket_size 256; map_hash_max_size 8192; types_hash_max_size 8192; "
    "types_hash_bucket_size 256; variables_hash_max_size 8192;\n"
)

_FLAG = re.compile(r"\b(\w+_ssl_verify|ssl_reject_handshake|proxy_ssl|lua_\w+) (on|off);")
_LISTEN = re.compile(r"(listen \S+ ssl);")
_FILE = re.compile(r"\b(\w*(?:ssl|fetch)_\w*certificate(?:_key)? /[^;\"\0]+);")
_OPENED = re.compile(r"server \{ |location [^{}]*\{ ")
_MODULE = re.compile(r"load_module (\S+/)(\S+\.so);\n")


@dataclass
class Disguised:
    """A configuration with traps: its ``load_module`` lines, the insides of http and stream.

    ``files`` are those it includes. ``hidden`` are modules that are loaded by the name of a copy:
    that they build contexts cannot be known, only told.
    """

    modules: str
    http: str
    stream: str = ""
    files: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)


class _Traps:
    def __init__(self, seed: int, prefix: Path) -> None:
        self.random = random.Random(seed)
        self.prefix = prefix
        self.files: dict[str, str] = {}
        self.hidden: set[str] = set()
        self.number = 0

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    def junk(self) -> str:
        """A NUL byte and what follows it, in quotes where it needs them."""
        return "\0" + "".join(self.random.choice(JUNK) for _ in range(self.random.randint(0, 2)))

    def argument(self, text: str) -> str:
        """A word with a NUL byte in it as an argument."""
        return '"' + text.replace('"', '\\"') + '"'

    # keys

    def keys(self) -> list[str]:
        return self.random.sample(NAMES, self.random.randint(1, 8))

    def pairs(self) -> str:
        keys = [f"'{key}'" if self.maybe(0.2) else key for key in self.keys()]
        values = [self.random.choice((*NAMES, "on", "1", "''", '"}"', "$uri")) for _ in keys]
        lines = [f"{key} {value};" for key, value in zip(keys, values, strict=True)]
        if self.maybe(0.3):
            lines.append(f"default {self.random.choice(NAMES)};")
        if self.maybe(0.2):
            lines.insert(0, self.random.choice(("hostnames;", "volatile;")))
        return self.included(" ".join(lines), "map")

    def included(self, text: str, kind: str) -> str:
        """A text, or the include of a file with it."""
        if not self.maybe(0.3):
            return text
        name = f"{kind}-{len(self.files)}.conf"
        self.files[name] = text
        include = f"include{self.junk()}" if self.maybe(0.2) else "include"
        return f"{self.argument(include)} {name};"

    def nets(self) -> str:
        lines = [f"10.{n}.0.0/16 {self.random.choice(NAMES)};" for n in range(3)]
        lines += [f"default {self.random.choice(NAMES)};"] if self.maybe(0.5) else []
        return self.included(" ".join(lines), "geo")

    def parts(self) -> str:
        names = self.random.sample(NAMES, 3)
        return f"10% {names[0]}; 20.5% {names[1]}; * {names[2]};"

    def lists(self) -> str:
        self.number += 100
        lines = [f"{key} e{self.number + n};" for n, key in enumerate(self.keys())]
        return self.included(" ".join(f for f in lines if not f.startswith("include ")), "types")

    def data(self, source: str, *, in_http: bool) -> str:
        """A block of data."""
        self.number += 1
        kinds = [
            f"map {source} $m{self.number} {{ {self.pairs()} }}",
            f"geo $g{self.number} {{ {self.nets()} }}",
            f"split_clients {source} $s{self.number} {{ {self.parts()} }}",
        ]
        if in_http:
            source_set, other = f"a{self.number}", f"b{self.number}"
            kinds.append(f"charset_map {source_set} {other} {{ C0 FE; C1 E0; }}")
        return self.random.choice(kinds)

    def with_types(self, text: str) -> str:
        """Types in some servers and locations."""

        def put(match: re.Match[str]) -> str:
            return f"{match[0]}types {{ {self.lists()} }} " if self.maybe(0.1) else match[0]

        return _OPENED.sub(put, text)

    # NUL bytes

    def with_nul(self, text: str) -> str:
        def flag(match: re.Match[str]) -> str:
            if not self.maybe(0.4):
                return match[0]
            return f"{match[1]} {self.argument(match[2] + self.junk())};"

        def listen(match: re.Match[str]) -> str:
            if not self.maybe(0.4):
                return match[0]
            before, word = match[1].rsplit(" ", 1)
            return f"{before} {self.argument(word + self.junk())};"

        def file(match: re.Match[str]) -> str:
            if not self.maybe(0.3):
                return match[0]
            name, path = match[1].split(" ", 1)
            return f"{name} {self.argument(path + self.junk())};"

        return _FILE.sub(file, _LISTEN.sub(listen, _FLAG.sub(flag, text)))

    # modules

    def with_other_names(self, lines: str) -> str:
        def load(match: re.Match[str]) -> str:
            directory, name = match[1], match[2]
            way = self.random.choice(("plain", "plain", "nul", "link", "copy"))
            path = f"{directory}{name}"
            if way == "nul":
                return f"load_module {self.argument(path + self.junk())};\n"
            if way == "plain":
                return match[0]
            self.number += 1
            other = self.prefix / f"other{self.number}.so"
            other.unlink(missing_ok=True)
            if way == "link":
                other.symlink_to(path)
            else:
                shutil.copy(path, other)
                self.hidden.add(name)
            return f"load_module {other};\n"

        return _MODULE.sub(load, lines)


def disguised(
    seed: int, prefix: Path, modules: str, http: str, stream: str = "", *, others: bool = True
) -> Disguised:
    """A configuration with traps in it; ``others``: modules may be loaded by other names."""
    traps = _Traps(seed, prefix)
    http = traps.with_nul(traps.with_types(http))
    blocks = [traps.data("$uri", in_http=True) for _ in range(traps.random.randint(0, 4))]
    if traps.maybe(0.3):
        blocks.append(f"types {{ {traps.lists()} }}")
    parts = [*blocks, http]
    traps.random.shuffle(parts)
    if stream:
        data = [
            traps.data("$remote_addr", in_http=False) for _ in range(traps.random.randint(0, 2))
        ]
        stream = "\n".join([*data, traps.with_nul(stream)]) + "\n"
    if others:
        modules = traps.with_other_names(modules)
    return Disguised(modules, HASHES + "\n".join(parts) + "\n", stream, traps.files, traps.hidden)
