"""The output of ``nginx -V`` about a server: versions, configure arguments, modules built in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.printable import printable
from nginx_memlint.targets.allocators_table import Platform
from nginx_memlint.targets.forks_table import ANGIE, BEFORE_CACHE, TLS_LIBRARIES
from nginx_memlint.targets.names import rows
from nginx_memlint.targets.targets import DEBUG, DEFAULT_OPENSSL, Target, installed_target
from nginx_memlint.targets.versions import parse_version

_STATIC = {
    "lua": r"(?:ngx_lua|lua-nginx-module|ngx_http_lua_module)",
    "stream_lua": r"(?:ngx_stream_lua|stream-lua-nginx-module|ngx_stream_lua_module)",
    "js": r"njs",
}
"""Names in Target.built_in → patterns of names of the modules' source directories."""

_VERSION_KEYS = {"lua": "lua", "stream_lua": "stream_lua", "js": "njs"}


class _Fork(NamedTuple):
    """How the banner of a fork says which nginx it is.

    ``banner`` matches the line with the fork's own version. ``core`` makes nginx's version of that,
    and a sentence about it; without it, nginx's own line says it.
    """

    banner: str
    core: Callable[[str], tuple[str, str]] | None = None


def _angie_core(version: str) -> tuple[str, str]:
    release = [name for name in ANGIE if parse_version(name) <= parse_version(version)][-1:]
    core = ANGIE[release[0] if release else "1.0"]
    return core, f"Angie {version} is taken as nginx {core}"


def _freenginx_core(version: str) -> tuple[str, str]:
    if parse_version(version) <= parse_version(BEFORE_CACHE):
        return version, ""
    return BEFORE_CACHE, (
        f"freenginx {version} is taken as nginx {BEFORE_CACHE}: it parses a CA file for each "
        "context, as nginx did before 1.27.2"
    )


_FORKS = {
    "Angie": _Fork(r"^Angie version: Angie/(\d+(?:\.\d+)*)", _angie_core),
    "Tengine": _Fork(r"^Tengine version: Tengine/(\d+(?:\.\d+)*)"),
    "freenginx": _Fork(r"^nginx version: freenginx/(\d+(?:\.\d+)*)", _freenginx_core),
}
"""Forks whose versions are not nginx's, by ``ngx_show_version_info()`` in their src/core/nginx.c:
Tengine 3.1.0 has nginx's in a second line, Angie 1.11 in none (but in its src/core/nginx.h)."""


@dataclass(frozen=True, slots=True)
class Nginx:
    """An nginx binary, as ``nginx -V`` describes it.

    ``version`` is that of the nginx in it; ``taken`` says so where that is not what ``-V`` says.
    ``tls`` is the TLS library that it was built with, ``running`` the one that it runs with: name
    and version, e.g. ``("OpenSSL", "3.0.19")``; None without TLS. ``arguments`` are configure's.
    ``libc`` is that of the compiler, of which Alpine's says whose it is; ``plus`` is the release of
    NGINX Plus.
    """

    path: str
    brand: str
    version: str
    tls: tuple[str, str] | None
    running: tuple[str, str] | None
    arguments: tuple[str, ...]
    taken: str = ""
    libc: str = "glibc"
    plus: str = ""

    def argument(self, name: str) -> str | None:
        """The value of configure's ``--name=value``, the last of several; None if there is none."""
        values = [a.split("=", 1)[1] for a in self.arguments if a.startswith(f"--{name}=")]
        return values[-1] if values else None

    @property
    def prefix(self) -> str:
        """The directory that relative paths are from: ``--prefix``, or that of auto/options."""
        return self.argument("prefix") or "/usr/local/nginx"

    @property
    def built_in(self) -> frozenset[str]:
        """Modules that need no ``load_module``, by their names in Target.built_in."""
        names = {name for name in _STATIC if self._static(name) is not None}
        if "js" in names and "--with-stream" in self.arguments:
            names.add("stream_js")  # nginx/config of njs adds both modules
        return frozenset(names)

    @property
    def built(self) -> frozenset[str]:
        """How it was built, as words of BUILT."""
        with_ssl = "--with-stream_ssl_module" in self.arguments and "stream_js" in self.built_in
        words = {"stream_js with ssl": with_ssl, DEBUG: "--with-debug" in self.arguments}
        return frozenset(word for word, is_so in words.items() if is_so)

    @property
    def module_versions(self) -> dict[str, str]:
        """Versions of built-in modules whose source directory names one: "ngx_lua-0.10.25"."""
        versions = {name: self._static(name) for name in _STATIC}
        return {_VERSION_KEYS[name]: version for name, version in versions.items() if version}

    @property
    def own_tls(self) -> bool:
        """Whether the TLS library is in the binary itself, where its calls cannot be counted."""
        return self.argument("with-openssl") is not None

    def _static(self, name: str) -> str | None:
        """The version of a built-in module; empty if unknown, None if it is not built in."""
        for argument in self.arguments:
            key, _, value = argument.partition("=")
            for part in value.split("/") if key == "--add-module" else ():
                # a directory of a commit has its hash for a version
                pattern = _STATIC[name] + r"(?:-v?(\d+(?:\.\d+)+)\w*|-\w+)?"
                if match := re.fullmatch(pattern, part):
                    return match[1] or ""
        return None


def parse(path: str, text: str) -> Nginx:
    """Read the output of ``nginx -V``. Raises MemlintError."""
    brand, version, taken = _version(path, text)
    built = re.search(r"^built with (.+)$", text, re.MULTILINE)
    tls = running = None
    if built is not None:
        there, _, now = built[1].partition("running with ")
        tls = _library(there)
        running = _library(now) or tls
    arguments = re.search(r"^configure arguments:(.*)$", text, re.MULTILINE)
    plus = re.search(r"^nginx version: .*\(nginx-plus-r?(\d+)", text, re.MULTILINE)
    return Nginx(
        path,
        brand,
        version,
        tls,
        running,
        _words(arguments[1]) if arguments else (),
        taken,
        "musl" if re.search(r"^built by .*\bAlpine\b", text, re.MULTILINE) else "glibc",
        plus[1] if plus else "",
    )


def _version(path: str, text: str) -> tuple[str, str, str]:
    """The name of what -V describes, the version of its nginx, and what is assumed of that."""
    for brand, fork in _FORKS.items():
        said = re.search(fork.banner, text, re.MULTILINE)
        if said is not None and fork.core is not None:
            return brand, *fork.core(said[1])
        if said is not None and (nginx := _NGINX_LINE.search(text)):
            return brand, nginx[2], f"{brand} {said[1]} says that it is nginx {nginx[2]}"
    version = _NGINX_LINE.search(text)
    if version is None:
        raise MemlintError(f"{path} is not nginx: its -V does not say which nginx it is")
    return version[1], version[2], ""


_NGINX_LINE = re.compile(r"^nginx version: ([^/\s]+)/(\d+(?:\.\d+)*)", re.MULTILINE)


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:  # a quote in a compiler option
        return tuple(text.split())


def _library(text: str) -> tuple[str, str] | None:
    """``OpenSSL 1.0.2k-fips  26 Jan 2017`` is ("OpenSSL", "1.0.2k").

    Other libraries say which OpenSSL they are compatible with first.
    """
    match = re.search(r"\(compatible; ([A-Za-z][\w-]*)(?: v?(\d+(?:\.\d+)*))?", text) or re.match(
        r"\s*([A-Za-z][\w-]*)(?:\s+(\d+(?:\.\d+)*[a-z]?))?", text
    )
    return (match[1], match[2] or "") if match else None


def versions_of(server: Nginx) -> dict[str, str]:
    """The versions that -V says, by names of VERSION_KEYS; of NGINX Plus, its modules' as well."""
    tls = server.running or ("", "")
    numbered = tls[1] if tls[0] == "OpenSSL" else ""
    openssl = " ".join(tls).strip() if tls[0] in TLS_LIBRARIES else numbered or DEFAULT_OPENSSL
    modules = _plus_modules(server.plus) | server.module_versions
    return {"nginx": server.version, **modules, "openssl": openssl}


def _plus_modules(release: str) -> dict[str, str]:
    """The versions of the dynamic modules of a release of NGINX Plus, where they are known."""
    row = rows().get(f"nginx-plus-{release}", {})
    return {key: row[key] for key in ("lua", "stream_lua", "njs") if key in row}


def described_target(text: str, source: str) -> Target:
    """The target of a server of which there is only what its ``nginx -V``, or ``-v``, says.

    ``source`` names where that text is from. Raises MemlintError.
    """
    try:
        server = parse(source, text)
        target = installed_target(
            f"nginx {server.version}",
            versions_of(server),
            server.built_in,
            platform=Platform().replaced(server.libc, None),
        )
    except (MemlintError, ValueError):  # a version with too many digits
        raise MemlintError(f"{printable(source)} does not hold the output of nginx -V") from None
    loaded = [name for name in ("lua", "njs") if name not in target.ships]
    said = [f"the server is as nginx -V in {printable(source)} says", server.taken]
    if loaded:
        of = " and ".join(f"{name} {target.texts[name]}" for name in loaded)
        said.append(f"{of} are taken for modules that it does not name; --set states others")
    return target._replace(
        sources=(f"nginx -V in {printable(source)}",),
        built=server.built,
        assumed=(*filter(None, said), *target.assumed),
    )
