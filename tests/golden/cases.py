"""The commands whose output is kept, and how it is made the same everywhere."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.helpers import BUNDLE, LUA, SAMPLES, memlint, on_a_terminal, write

OUTPUTS = Path(__file__).parent / "outputs"

_INCIDENT = "check --target debian-12 --workers 4 --unit-cost 1MiB sample_confs/incident"

COMMANDS: dict[str, str] = {
    **{
        f"incident.{name}": f"{_INCIDENT} --format {name}"
        for name in ("text", "json", "line", "sarif", "github", "gitlab", "junit", "markdown")
    },
    "incident.html": f"{_INCIDENT} --format html",
    "incident-budget.text": f"{_INCIDENT} --max-memory 4GiB",
    "incident-show-fix.patch": f"{_INCIDENT} --show-fix",
    **{
        f"{sample}.text": f"check --target {target} --unit-cost 1MiB sample_confs/{sample}"
        for sample, target in {
            "broken": "debian-12",
            "crowdsec": "debian-12",
            "healthy": "debian-12",
            "incident-moved": "debian-12",
            "incident-small-bundle": "debian-12",
            "shared": "debian-13",
            "stream": "openresty-1.21.4.4",
        }.items()
    },
    "crowdsec.json": "check --target debian-12 --unit-cost 1MiB --format json "
    "sample_confs/crowdsec",
    "broken.sarif": "check --target debian-12 --unit-cost 1MiB sample_confs/broken --format sarif",
    "three-roots.markdown": "check --target debian-12 --unit-cost 1MiB --format markdown "
    "sample_confs/incident sample_confs/healthy sample_confs/broken",
    "incident.tree": "tree --target debian-12 --unit-cost 1MiB sample_confs/incident",
    **{
        f"moved.diff.{name}": "diff --target debian-12 --workers 4 --unit-cost 1MiB "
        f"--format {name} sample_confs/incident sample_confs/incident-moved"
        for name in ("text", "json", "markdown")
    },
    "incident.config": "config --target debian-12 --max-memory 4GiB sample_confs/incident",
    "targets.text": "targets",
    "rules.text": "rules",
    "rules.json": "rules --format json",
    "explain.text": "explain ML101",
}
"""File name of an output → the arguments, from the root of the repository."""

WIDTHS = (60, 80, 120)

ROOTS = 150

_SHOWN = {
    "over-budget": f"{_INCIDENT} --max-memory 4GiB",
    "ok": "check --target debian-12 --unit-cost 1MiB sample_confs/incident-moved",
    "three-roots": "check --unit-cost 1MiB --max-memory 4GiB sample_confs/incident "
    "sample_confs/crowdsec sample_confs/healthy",
    "all-fail": "check --unit-cost 1MiB --max-memory 1MiB sample_confs/incident "
    "sample_confs/crowdsec sample_confs/healthy sample_confs/shared sample_confs/stream",
    "not-read": "check --target debian-12 --unit-cost 1MiB nginx.conf",
    "many-roots": "check --target debian-12 --unit-cost 1MiB --max-memory 64MiB",
    "explain": "explain ML205",
    "diff": "diff --target debian-12 --workers 4 --unit-cost 1MiB --max-memory 4GiB "
    "sample_confs/incident-moved sample_confs/incident",
}

TERMINALS = {
    f"{name}.{width}.terminal": (arguments, width)
    for name, arguments in _SHOWN.items()
    for width in WIDTHS
}
"""File name of an output → the arguments, and the columns of the terminal that it is for."""

_LIBRARY = re.compile(r"(<script[^>]*>).{100000,}?(</script>)", re.DOTALL)
"""The plotting library inside a page."""

_DOMAIN_NAMES = re.compile(r'("(?:uid|div_id)": ?"|id=")[0-9a-f-]{32,36}')


def _many_roots() -> dict[str, str | bytes]:
    """Files of roots, each with more locations than the one before, and their settings."""
    files: dict[str, str | bytes] = {
        "memlint.toml": '[[roots]]\npath = "hosts/*/nginx.conf"\n',
        "hosts/ca.pem": BUNDLE.read_bytes(),
    }
    bundle = "lua_ssl_trusted_certificate ../ca.pem;"
    for number in range(ROOTS):
        locations = "".join(f"location /{each} {{ }}\n" for each in range(number))
        server = f"server {{\nlisten 127.0.0.1:8080;\n{locations}}}\n"
        text = f"{LUA}worker_processes 2;\nevents {{}}\nhttp {{\n{bundle}\n{server}}}\n"
        files[f"hosts/h{number:03}/nginx.conf"] = text
    return files


def _not_read() -> dict[str, str | bytes]:
    """Files of which one is a template, one is not whole, and one has a directive misplaced."""
    return {
        "nginx.conf": "worker_processes 2;\nevents {}\nhttp {\ninclude conf.d/*.conf;\n}\n",
        "conf.d/a.conf": "server {\nlisten {{ port }};\n}\n",
        "conf.d/b.conf": "server {\nlisten 127.0.0.1:8080;\nupstream b {\n}\n}\n",
        "conf.d/c.conf": "server {\nlocation / {\n}\n",
    }


_MADE = {"many-roots": _many_roots, "not-read": _not_read}
"""Case → what makes the files of the repository in which its command runs, if it is not ours."""


def output(name: str) -> str:
    """Standard output, standard error and exit status of a command; or what a terminal shows."""
    if name in TERMINALS:
        arguments, width = TERMINALS[name]
        env = {"COLUMNS": str(width), "TERM": "dumb"}
        make = _MADE.get(name.partition(".")[0])
        with tempfile.TemporaryDirectory() as directory:
            write(Path(directory), make() if make else {})
            cwd = Path(directory) if make else SAMPLES.parent
            return on_a_terminal(*arguments.split(), env=env, cwd=cwd, with_errors=False)
    done = memlint(*COMMANDS[name].split(), cwd=SAMPLES.parent)
    text = _LIBRARY.sub(r"\1…\2", done.out)
    text = _DOMAIN_NAMES.sub(r"\1…", text).replace(str(SAMPLES.parent), "/checkout")
    said = f"--- standard error\n{done.err}" if done.err else ""
    return f"{text}{said}--- exit status {done.code}\n"
