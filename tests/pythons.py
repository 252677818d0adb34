"""Run the tests on the Pythons of other Debian releases, each in a root of its own.

    python -m tests.pythons                     # trixie (Python 3.13) and sid (3.14)
    python -m tests.pythons trixie -- -x tests/tree
    python -m tests.pythons --prepare           # make the roots, install there, and run nothing

Needs root, debootstrap and an apt mirror; says so and goes on where one is missing. Packages of
Python are downloaded outside, for the Python inside, and installed there without a network. What
needs nginx, a browser or another program is left out. The root's CA bundle is empty meanwhile: no
figure that is tested comes from it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from packaging.tags import platform_tags

from tests.nginx.build_stacks import SUITES, build_root
from tests.nginx.cache import cache_dir

ROOT = Path(__file__).parent.parent
LOCK = "requirements/dev.txt"
PACKAGES = ("python3-venv", "git", "openssl", "patch")
PYTHONS = ("trixie", "sid")

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
"""Debian's CA bundle."""

LEFT_OUT = (
    *("tests/nginx", "tests/browser", "tests/integrations"),
    *("tests/hostile/test_expressions.py", "tests/hostile/test_work.py", "tests/test_speed.py"),
    *("tests/documents", "tests/test_names.py", "tests/test_one_gate.py", "tests/test_rooms.py"),
    "tests/test_seeds.py",
)
"""Tests that need programs that the roots do not have, count steps, compare times, hold documents
or the sources to what is so, or compare outputs of one Python: once is enough."""

_ENTER = """
set -eu
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/tmp"
mkdir -p "$1/clone" "$1/wheels"
mount --bind "$2" "$1/clone"
mount --bind "$3" "$1/wheels"
root=$1
shift 3
exec chroot "$root" /bin/sh -euc "$@"
"""
"""Arguments: the root, the clone, the wheels, and what sh is to do inside. The mounts are gone
with the namespace they are made in."""

_INSTALL = f"""
cd /clone
if ! cat {LOCK} pyproject.toml | cmp -s - /venv/installed; then
    [ -d /venv ] || python3 -m venv /venv
    /venv/bin/pip install -q --no-index --find-links /wheels --require-hashes -r {LOCK}
    /venv/bin/pip install -q --no-index --no-deps --no-build-isolation -e .
    cat {LOCK} pyproject.toml >/venv/installed
fi
"""

_TEST = f"""
# not before all is installed, as pip wants a certificate even without a network
if [ -e {BUNDLE} ]; then
    : >/tmp/empty
    mount --bind /tmp/empty {BUNDLE}
fi
exec /venv/bin/python -m pytest -q -n auto --dist loadgroup -p no:cacheprovider "$@"
"""


def missing() -> str | None:
    """The first thing that this machine lacks to make a root and to enter it."""
    if os.geteuid() != 0:
        return "needs root"
    for program in ("debootstrap", "unshare"):
        if shutil.which(program) is None:
            return f"needs {program}"
    command = ["unshare", "--mount", "--pid", "--fork", "true"]
    namespace = subprocess.run(command, capture_output=True, text=True, check=False)
    if namespace.returncode != 0:
        return namespace.stderr.strip()
    return None


def root_with_python(suite: str) -> Path | None:
    """The root of a suite, made if it is not there; None, with the reason said, if that fails."""
    directory = cache_dir() / "pythons"
    directory.mkdir(exist_ok=True)
    name = "-".join((suite, *PACKAGES))  # made anew when something is added
    try:
        return build_root(directory / name, SUITES[suite], PACKAGES)
    except (LookupError, subprocess.SubprocessError) as error:
        print(f"Python of {suite}: skipped: {error}", flush=True)
        return None


def python_version(root: Path) -> str:
    """The version of Python in a root, as ``3.13``."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    command = ["chroot", str(root), "python3", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def download(version: str) -> Path:
    """Download what is locked, as wheels for a version of Python; return where they are."""
    wheels = cache_dir() / "pythons" / f"wheels-{version}"
    platforms = [word for tag in platform_tags() for word in ("--platform", tag)]
    pip = [sys.executable, "-m", "pip", "-q", "download", "--dest", str(wheels)]
    kinds = ["--no-deps", "--only-binary", ":all:", "--python-version", version, *platforms]
    subprocess.run([*pip, *kinds, "--require-hashes", "-r", LOCK], check=True, cwd=ROOT)
    return wheels


def enter(root: Path, wheels: Path, script: str, arguments: list[str]) -> int:
    """Run a script of sh in a root; return its exit status."""
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        # some wait for a process, or for the clock: one more than cores keeps these busy
        "PYTEST_XDIST_AUTO_NUM_WORKERS": str((os.cpu_count() or 1) + 1),
    }
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    places = [str(root), str(ROOT), str(wheels)]
    command = [*unshare, "sh", "-c", _ENTER, "sh", *places, script, "sh", *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    """Run the tests on what the command line names; 1 if they fail on any of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("suites", nargs="*", choices=[*PYTHONS, []], help="default: all of them")
    parser.add_argument(
        "--prepare", action="store_true", help="make roots, install there, and run nothing"
    )
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    asked = parser.parse_args(words[:split])
    suites = asked.suites or PYTHONS
    arguments = [word for path in LEFT_OUT for word in ("--ignore", path)] + words[split + 1 :]
    if (reason := missing()) is not None:
        print(f"Pythons of {', '.join(suites)}: skipped: {reason}", flush=True)
        return 0
    failed = False
    for suite in suites:
        if (root := root_with_python(suite)) is not None:
            version = python_version(root)
            print(f"Python {version} of {suite}", flush=True)
            script = _INSTALL if asked.prepare else _INSTALL + _TEST
            failed |= enter(root, download(version), script, arguments) != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
