"""Read this machine's apt sources, so that no mirror has to be named in the code."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

APT_DIR = Path("/etc/apt")


@dataclass(frozen=True)
class Mirrors:
    """The Debian archives that this machine is set up to use."""

    main: str
    """Archive of the release itself."""
    security: str | None
    """Archive of its security updates, if one is set up."""


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    """Yield the stanzas of a deb822 `.sources` file."""
    stanza: dict[str, str] = {}
    key = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if stanza:
                yield stanza
            stanza = {}
        elif line[0].isspace():
            stanza[key] += " " + line.strip()
        else:
            key, _, value = line.partition(":")
            key = key.strip().lower()
            stanza[key] = value.strip()


def _entries(apt_dir: Path) -> Iterator[tuple[str, str]]:
    """Yield (URI, suite) of every binary package source under `apt_dir`."""
    for path in sorted(apt_dir.glob("sources.list.d/*.sources")):
        for stanza in _stanzas(path.read_text()):
            if "deb" not in stanza.get("types", "").split() or stanza.get("enabled") == "no":
                continue
            for uri in stanza.get("uris", "").split():
                for suite in stanza.get("suites", "").split():
                    yield uri, suite
    for path in [apt_dir / "sources.list", *sorted(apt_dir.glob("sources.list.d/*.list"))]:
        if not path.exists():
            continue
        for line in path.read_text().splitlines():
            words = [word for word in line.split("#")[0].split() if word]
            if not words or words[0] != "deb":
                continue
            while len(words) > 1 and words[1].startswith("["):  # [ option=value ... ]
                closed = words.pop(1).endswith("]")
                while not closed:
                    closed = words.pop(1).endswith("]")
            if len(words) >= 3:
                yield words[1], words[2]


def mirrors(apt_dir: Path = APT_DIR) -> Mirrors:
    """Return the archives that serve this machine's own Debian release."""
    codename = platform.freedesktop_os_release()["VERSION_CODENAME"]
    by_suite: dict[str, str] = {}
    for uri, suite in _entries(apt_dir):
        by_suite.setdefault(suite, uri)
    if codename not in by_suite:
        raise LookupError(f"no apt source for {codename} under {apt_dir}")
    return Mirrors(main=by_suite[codename], security=by_suite.get(f"{codename}-security"))
