"""Build the Debian roots that hold the other nginx stacks, and install the native one's modules.

    python -m tests.nginx.build_stacks            # every root that is not there yet
    python -m tests.nginx.build_stacks trixie sid
    python -m tests.nginx.build_stacks --native   # apt-get install on this machine (bookworm)

Needs root, debootstrap and an apt mirror. A root is built in `NAME.partial` and renamed when it
is complete; a lock keeps two runs from building the same one.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.nginx.apt_sources import mirrors
from tests.nginx.cache import cache_dir

BUILD_TIMEOUT = 1800.0
"""Seconds that one command of a build may take."""

MODULES = (
    "libnginx-mod-http-lua",
    "libnginx-mod-stream",
    "libnginx-mod-http-js",
    "libnginx-mod-stream-js",
    "libnginx-mod-js",
    "libnginx-mod-stream-lua",
    "libnginx-mod-mail",
)
"""Installed where the suite has them."""

NATIVE_PACKAGES = (
    "nginx",
    "libnginx-mod-http-lua",
    "libnginx-mod-stream",
    "libnginx-mod-http-js",
    "libnginx-mod-stream-js",
    "ca-certificates",
)
"""The packages that the native stack (bookworm) is made of."""


@dataclass(frozen=True)
class Suite:
    """One Debian suite to build a root of."""

    name: str
    nginx: str = "nginx"
    """The package of the server itself (bullseye has flavours, and `nginx-light` lacks modules)."""
    security: bool = True
    """Whether it has a security archive."""
    not_from_security: tuple[str, ...] = ()
    """Source packages whose security versions the archive lists but no longer has whole."""


SUITES = {
    suite.name: suite
    for suite in (
        Suite("bullseye", nginx="nginx-core", not_from_security=("nginx",)),
        Suite("trixie"),
        Suite("sid", security=False),
    )
}


def stacks_dir() -> Path:
    """Return the directory of the roots."""
    path = cache_dir() / "stacks"
    path.mkdir(exist_ok=True)
    return path


def root_of(suite: str) -> Path:
    """Return where the root of `suite` is, built or not."""
    return stacks_dir() / suite


def _run(*command: str) -> None:
    """Run one step of a build; its output goes to our stderr."""
    print("+", " ".join(command), file=sys.stderr, flush=True)
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "DEBIAN_FRONTEND": "noninteractive",
        "LC_ALL": "C",
    } | {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    subprocess.run(
        command,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        timeout=BUILD_TIMEOUT,
        env=environment,
    )


def _in_root(root: Path, *command: str) -> None:
    _run("chroot", str(root), *command)


def _available(root: Path, packages: Sequence[str]) -> list[str]:
    """Return those of `packages` that apt inside `root` could install."""
    installable = []
    for package in packages:
        policy = subprocess.run(
            ["chroot", str(root), "apt-cache", "policy", package],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        if "Candidate:" in policy and "Candidate: (none)" not in policy:
            installable.append(package)
    return installable


def _fill(root: Path, suite: Suite, packages: Sequence[str], wanted: Sequence[str]) -> None:
    """Debootstrap `suite` into the empty directory `root` and install packages there.

    Those `wanted` are left out where the suite lacks them.
    """
    archives = mirrors()
    _run(
        "debootstrap",
        "--variant=minbase",
        "--include=ca-certificates",
        suite.name,
        str(root),
        archives.main,
    )
    sources = [f"deb {archives.main} {suite.name} main"]
    if suite.security and archives.security:
        sources.append(f"deb {archives.security} {suite.name}-security main")
    (root / "etc/apt/sources.list").write_text("\n".join(sources) + "\n")
    (root / "etc/apt/apt.conf.d/99harness").write_text(
        'Acquire::Check-Valid-Until "false";\n'
        'Acquire::Languages "none";\n'
        'APT::Install-Recommends "false";\n'
        'APT::Sandbox::User "root";\n'
    )
    (root / "etc/apt/preferences.d/99harness").write_text(
        "\n".join(
            f"Package: src:{source}\nPin: release l=Debian-Security\nPin-Priority: -1\n"
            for source in suite.not_from_security
        )
    )
    policy = root / "usr/sbin/policy-rc.d"  # installing nginx must not start it
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    resolver = Path("/etc/resolv.conf")
    if resolver.exists():
        shutil.copyfile(resolver, root / "etc/resolv.conf")
    shutil.copyfile("/etc/hosts", root / "etc/hosts")
    _in_root(root, "apt-get", "update")
    _in_root(root, "apt-get", "-y", "dist-upgrade")
    _in_root(root, "apt-get", "-y", "install", *packages, *_available(root, wanted))
    _in_root(root, "apt-get", "clean")


def build(suite: Suite) -> Path:
    """Build the root of `suite` unless it is there already, and return its path."""
    return build_root(root_of(suite.name), suite, [suite.nginx], MODULES)


def build_root(
    root: Path, suite: Suite, packages: Sequence[str], wanted: Sequence[str] = ()
) -> Path:
    """Build `root` with packages of `suite` unless it is there already, and return its path.

    Those `wanted` are left out where the suite lacks them.
    """
    with open(root.with_name(f"{root.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if root.is_dir():
            return root
        partial = root.with_name(f"{root.name}.partial")
        if partial.exists():
            _unmount_below(partial)
            shutil.rmtree(partial)
        try:
            _fill(partial, suite, packages, wanted)
        finally:
            _unmount_below(partial)
        partial.rename(root)
    return root


def _unmount_below(path: Path) -> None:
    """Unmount whatever an interrupted debootstrap left mounted under `path`."""
    points = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for point in sorted(points, reverse=True):
        if point.startswith(f"{path}/"):
            subprocess.run(["umount", point], check=True, timeout=60)


def install_native() -> None:
    """Install the native stack's packages with this machine's apt."""
    _run("apt-get", "update")
    _run("apt-get", "-y", "--no-install-recommends", "install", *NATIVE_PACKAGES)


def main() -> int:
    """Build what the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], help="default: all of them")
    parser.add_argument("--native", action="store_true", help="install this machine's packages")
    arguments = parser.parse_args()
    if arguments.native:
        install_native()
        if not arguments.suites:
            return 0
    for name in arguments.suites or SUITES:
        print(build(SUITES[name]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
