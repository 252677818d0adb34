"""Random configurations: blocks of all kinds, nested, with overrides, shared by includes.

``random_site(seed, …)`` gives the inside of ``http`` and the files it includes, always the same for
a seed. What it writes nginx accepts.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from tests.nginx.facts_rows import Site

MAX_DEPTH = 4


@dataclass
class RandomSite:
    """The inside of an ``http`` block, and included files by name."""

    http: str
    files: dict[str, str] = field(default_factory=dict)


class _Generator:
    def __init__(self, seed: int, site: Site, more: Sequence[str]) -> None:
        self.random = random.Random(seed)
        self.site = site
        self.more = more
        self.numbers = count()
        self.files: dict[str, str] = {}

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    def lua(self, chance: float) -> str:
        """Some of the override directives, and the CA bundle, in any order."""
        directives = []
        if self.maybe(chance):
            value = self.random.choice([str(self.site.bundle)] * 4 + ['""'])
            directives.append(f"lua_ssl_trusted_certificate {value};")
        if self.maybe(chance / 3):
            directives.append(f"lua_ssl_verify_depth {self.random.randint(1, 5)};")
        if self.maybe(chance / 4):
            directives.append("lua_ssl_protocols TLSv1.2;")
        if self.maybe(chance / 4):
            directives.append("lua_ssl_ciphers DEFAULT;")
        if self.maybe(chance / 4):
            directives.append("lua_socket_log_errors off;")
        directives += [directive for directive in self.more if self.maybe(chance / 8)]
        self.random.shuffle(directives)
        return " ".join(directives)

    def content(self) -> str:
        return self.random.choice(
            [
                "return 204;",
                'content_by_lua_block { ngx.say("}") }',
                "access_by_lua_block { local a = [[ { ]] } return 204;",
                "",
            ]
        )

    def conditional(self) -> str:
        return f"if ($arg_a{next(self.numbers)}) {{ {self.content_of_if()} }}"

    def content_of_if(self) -> str:
        return self.random.choice(["return 204;", "set $x 1;", ""])

    def location(self, depth: int, outer: str) -> str:
        name = f"{outer}/l{next(self.numbers)}"
        inside = [self.lua(0.25)]
        if self.maybe(0.3):
            inside.append(self.conditional())
        if self.maybe(0.2):
            inside.append("limit_except GET { deny all; }")
        if depth < MAX_DEPTH:
            inside += [
                self.location(depth + 1, name) for _ in range(self.random.choice([0, 0, 0, 1, 2]))
            ]
        if depth == 0 and self.maybe(0.15):
            inside.append(f"location ~ \\.x{next(self.numbers)}$ {{ {self.lua(0.3)} }}")
        self.random.shuffle(inside)
        inside.append(self.content())
        modifier = self.random.choice(["", "", "^~ "]) if depth == 0 else ""
        return f"location {modifier}{name} {{ {' '.join(inside)} }}\n"

    def other_location(self) -> str:
        number = next(self.numbers)
        name = self.random.choice(
            [f"= /e{number}", f"~ ^/r{number}", f"~* ^/i{number}", f"@n{number}"]
        )
        return f"location {name} {{ {self.lua(0.25)} {self.content()} }}\n"

    def server(self, number: int) -> str:
        inside = [self.lua(0.3)]
        inside += [self.location(0, "") for _ in range(self.random.randint(0, 4))]
        inside += [self.other_location() for _ in range(self.random.randint(0, 2))]
        inside += [self.conditional() for _ in range(self.random.choice([0, 0, 1, 2]))]
        inside += [f"include {name};" for name in self.files if self.maybe(0.5)]
        self.random.shuffle(inside)
        return f"server {{ {self.site.plain(number)} {' '.join(inside)} }}\n"

    def shared_files(self) -> None:
        for number in range(self.random.randint(0, 3)):
            text = "".join(self.location(1, f"/shared{number}") for _ in range(2))
            if number == 1:
                text += "include shared-0.conf;\n"
                text = text.replace("/shared1", "/both")
            self.files[f"shared-{number}.conf"] = text
        if "shared-1.conf" in self.files:
            # what the second file includes must not be included beside it: locations repeat
            hidden = self.files.pop("shared-0.conf")
            self.hidden = {"shared-0.conf": hidden}
        else:
            self.hidden = {}

    def build(self) -> RandomSite:
        self.shared_files()
        parts = [self.lua(0.6)]
        parts += [self.server(number) for number in range(self.random.randint(1, 5))]
        self.random.shuffle(parts)
        return RandomSite("\n".join(parts), self.files | self.hidden)


def random_site(seed: int, site: Site, more: Sequence[str] = ()) -> RandomSite:
    """A configuration for the Lua module, ``more`` of its directives here and there."""
    return _Generator(seed, site, more).build()
