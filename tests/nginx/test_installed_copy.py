"""A repository's copy of Debian's /etc/nginx gives what the same tree gives when installed.

"Installed" is a directory whose absolute path the configuration names; nginx itself says that it
is accepted and what it counts. The copy is elsewhere, and the installed one is gone by then.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.report.formats.json import dumps
from nginx_memlint.result import ConfigReport, Memory
from tests.nginx.prefix import make_prefix, pem_bundle
from tests.nginx.stack import LOAD_ORDER, MODULES_DIR, Stack

BUNDLE = "certs/ca.pem"

TREE = {
    "nginx.conf": """\
error_log stderr;
pid {prefix}/logs/nginx.pid;
include {etc}/modules-enabled/*.conf;
events {{ worker_connections 768; }}
http {{
    include {etc}/mime.types;
    access_log off;
    {temp}
    lua_ssl_trusted_certificate {root}/certs/ca.pem;
    include {etc}/conf.d/*.conf;
    include {etc}/sites-enabled/*;
}}
""",
    "mime.types": "types { text/html html; }\n",
    "conf.d/limits.conf": "client_max_body_size 1m;\ninclude snippets/shared.conf;\n",
    "snippets/shared.conf": "map $uri $x { default 0; include {etc}/maps/*.map; }\n",
    "snippets/loc.conf": "location /included/ { lua_ssl_verify_depth 2; if ($uri) { } }\n",
    "maps/a.map": "/a 1;\n",
    "sites-available/default": """\
server {{
    listen unix:{prefix}/s0;
    include {etc}/snippets/loc.conf;
    location / {{ lua_ssl_trusted_certificate ../certs/ca.pem; }}
}}
""",
    "sites-available/other": """\
server {{
    listen unix:{prefix}/s1;
    include snippets/loc.conf;
    location / {{ include {etc}/sites-available/../snippets/l*.conf; }}
}}
""",
    "sites-available/disabled": "server {{ bad }}",
}
LINKS = {
    "sites-enabled/default": "{etc}/sites-available/default",  # as Debian's package makes it
    "sites-enabled/other": "../sites-available/other",
    "modules-enabled/50-mod-http-lua.conf": "{root}/share/modules/lua.conf",
}


def install(root: Path) -> Path:
    """Write the tree as it is on the machine whose root directory this would be."""
    etc = root / "etc/nginx"
    prefix = make_prefix(root / "prefix")
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    values = {
        "root": root,
        "etc": etc,
        "prefix": prefix,
        "temp": "\n    ".join(f"{name}_temp_path {prefix}/temp/{name};" for name in names),
    }
    for name, text in TREE.items():
        (etc / name).parent.mkdir(parents=True, exist_ok=True)
        is_template = "{{" in text
        (etc / name).write_text(
            text.format(**values) if is_template else text.replace("{etc}", str(etc))
        )
    for name, target in LINKS.items():
        (etc / name).parent.mkdir(parents=True, exist_ok=True)
        (etc / name).symlink_to(target.format(**values))
    modules = root / "share/modules/lua.conf"
    modules.parent.mkdir(parents=True)
    modules.write_text(
        "".join(f"load_module {MODULES_DIR}/{name}.so;\n" for name in LOAD_ORDER[:2])
    )
    (root / "etc/certs").mkdir()
    (root / "certs").mkdir()
    shutil.copy(pem_bundle(3), root / BUNDLE)
    shutil.copy(pem_bundle(3), root / "etc" / BUNDLE)
    return etc


class Copy:
    """The tree's copy, and the absolute path at which it was installed."""

    def __init__(self, machine: Path, etc: Path, repository: Path) -> None:
        self.machine = machine
        self.etc = etc
        self.repository = repository
        self.sysroot = repository / "root"

    @property
    def main(self) -> Path:
        return self.sysroot / str(self.etc).lstrip("/") / "nginx.conf"


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Path, Path]:
    machine = tmp_path / "machine"
    return machine, install(machine)


@pytest.fixture
def expected(installed: tuple[Path, Path]) -> ConfigReport:
    """The report on the installed tree."""
    report = check(installed[1])
    assert report.complete
    assert report.problems == []
    assert report.memory.unit_bytes < 100_000  # the bundles were read
    return report


@pytest.fixture
def copy(installed: tuple[Path, Path], expected: ConfigReport, tmp_path: Path) -> Copy:
    """A repository that holds it, the installed one being gone."""
    del expected
    machine, etc = installed
    copied = Copy(machine, etc, tmp_path / "repository")
    target = copied.sysroot / str(machine).lstrip("/")
    target.parent.mkdir(parents=True)
    machine.rename(target)
    return copied


def test_the_installed_tree_is_what_nginx_reads(
    installed: tuple[Path, Path], expected: ConfigReport, bookworm: Stack
) -> None:
    machine, etc = installed
    run = bookworm.test(etc / "nginx.conf", prefix=machine / "prefix")
    assert run.accepted, run.messages
    assert (run.counts.contexts, run.counts.loads) == (expected.ssl_contexts, expected.ca_loads)
    assert expected.blocks.location == 5


@pytest.mark.parametrize("spelled", ["here", "directory here", "as nginx", "directory as nginx"])
def test_with_a_sysroot(copy: Copy, expected: ConfigReport, spelled: str) -> None:
    main = copy.main if "here" in spelled else copy.etc / "nginx.conf"
    report = check(main.parent if "directory" in spelled else main, sysroot=str(copy.sysroot))
    assert plain(copy, report) == plain(copy, expected)
    # the modules' objects are no part of the copy
    assert all("is not there" in problem.message for problem in report.problems)


def test_with_path_maps(copy: Copy, expected: ConfigReport, tmp_path: Path) -> None:
    """A repository with the parts of the machine that it needs, each where it likes."""
    machine = copy.sysroot / str(copy.machine).lstrip("/")
    repository = tmp_path / "parts"
    shutil.copytree(machine / "etc/nginx", repository, symlinks=True)
    shutil.copytree(machine / "certs", repository / "ca")
    shutil.copytree(machine / "share/modules", repository / "mods")
    maps = {
        str(copy.etc): str(repository),
        f"{copy.machine}/certs": str(repository / "ca"),
        f"{copy.machine}/etc/certs/": str(repository / "ca"),
        f"{copy.machine}/share/modules": str(repository / "mods"),
    }
    shutil.rmtree(copy.sysroot)
    report = check(repository, path_map=list(maps.items()))
    assert report.complete, report.problems
    assert names_of(report, repository) == names_of(expected, copy.etc)
    for name in ("blocks", "ssl_contexts", "ca_loads", "families", "cpu_seconds"):
        assert getattr(report, name) == getattr(expected, name)
    assert without_places(report.memory) == without_places(expected.memory)


def test_both_together(copy: Copy, expected: ConfigReport, tmp_path: Path) -> None:
    """The sysroot without the sites; those are mapped from elsewhere."""
    sites = copy.main.parent / "sites-available"
    sites.rename(tmp_path / "sites")
    maps = [(f"{copy.etc}/sites-available", str(tmp_path / "sites"))]
    report = check(copy.etc, sysroot=str(copy.sysroot), path_map=maps)
    assert report.complete, report.problems
    for name in ("blocks", "ssl_contexts", "ca_loads", "families"):
        assert getattr(report, name) == getattr(expected, name)
    assert without_places(report.memory) == without_places(expected.memory)


def test_relative_to_the_working_directory(
    copy: Copy, expected: ConfigReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy.repository)
    report = check(copy.etc, sysroot="root")
    assert report.ssl_contexts == expected.ssl_contexts
    assert report.files
    for share in report.files:
        assert (copy.repository / share.name).is_file(), share.name


def test_without_an_option_it_is_told_which(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")  # what is shorter is shown: from here, the full path but for its slash
    report = check(copy.main)
    assert not report.complete
    shown = str(copy.sysroot).lstrip("/")
    assert any(f"--sysroot {shown}" in p.message for p in report.problems)


def names_of(report: ConfigReport, etc: Path) -> set[tuple[str, int]]:
    """The costly files relative to the tree; a site is one file under either of its names."""
    return {
        (share.name.removeprefix(f"{etc}/").replace("-enabled/", "-available/"), share.bytes)
        for share in report.files
    }


def without_places(memory: Memory) -> Memory:
    """The figures, without the files that the parts stand in."""
    return replace(memory, parts=[replace(part, file=None) for part in memory.parts])


def plain(copy: Copy, report: ConfigReport) -> str:
    """The report, whole, with names as installed; absolute links are shown as what they lead to."""
    text = dumps(replace(report, path="", outside=[], outside_total=0, problems=[]))
    text = text.replace(f"{copy.sysroot}/", "/")
    return text.replace("sites-enabled/default", "sites-available/default")
