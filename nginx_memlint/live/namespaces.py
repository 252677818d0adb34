"""A command line that runs a program apart: without a network, its writing gone with it.

The program sees the files of this machine. Each file system is the lower layer of an overlay whose
upper one is in memory (a tmpfs), so that pid files, logs, sockets, caches and temporary files are
its own; addresses are those of a network namespace in which any may be listened on and none leads
anywhere. Needs root: in a user namespace no overlay can be made of what has other mounts below.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import read_file
from nginx_memlint.files.writing import write_own
from nginx_memlint.sizes import MIB

WRITTEN_MOST = 256 * MIB
"""Bytes that the program may write. A file that is appended to is copied as a whole."""

FILE_MOST = 1 << 20
"""Bytes of a file that is read of the kernel's, or of /etc/hosts."""

_BOUND = ("/proc", "/sys", "/dev")
"""Directories that the kernel makes, with all that is mounted below."""

_OWN = ("/etc/hosts", "/etc/resolv.conf", "/etc/hostname")
"""Files that containers mount one by one, and that are of the network that is not there."""

_SCRIPT = f"""
view=$1; shift
echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind || :
echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind || :
mount -t tmpfs -o mode=755,size={WRITTEN_MOST} memlint "$view"
mkdir "$view/root"
number=0
while [ "$1" != -- ]; do
    how=$1 path=$2
    shift 2
    if [ "$how" = bind ]; then
        mount --rbind "$path" "$view/root$path"
        continue
    fi
    number=$((number + 1))
    mkdir "$view/upper-$number" "$view/work-$number"
    chmod --reference="$path" "$view/upper-$number"
    chown --reference="$path" "$view/upper-$number"
    layers=lowerdir=$path,upperdir=$view/upper-$number,workdir=$view/work-$number
    if ! mount -t overlay -o "$layers" memlint "$view/root$path" 2>/dev/null; then
        mount --bind "$path" "$view/root$path"
        mount -o remount,bind,ro "$view/root$path"
    fi
done
shift
exec "$@"
"""
"""A shell script that makes the view: its directory, what is done to which path, ``--``, and what
is run then. A file system that cannot be a lower layer is read-only."""

_INSIDE = """
hosts=$1; shift
cat "$hosts" >/etc/hosts
while [ "$1" != -- ]; do
    [ -d "$1" ] || rm -f -- "$1"
    shift
done
shift
exec "$@"
"""
"""A shell script that is run in the view: a file of hosts, the paths that are removed, ``--``, and
what is run then."""


def apart(arguments: list[str], directory: Path, removed: Iterable[str], hosts: str) -> list[str]:
    """The command line that runs a program apart.

    ``directory`` is one of one's own, which is used. ``removed``: absolute paths of files that the
    program is not to see, as the sockets of another. ``hosts`` is added to /etc/hosts. Raises
    MemlintError if a program is missing, and for users other than root.
    """
    if os.geteuid() != 0:
        raise MemlintError("needs root, to run nginx apart from this machine: use sudo")
    unshare, shell, chroot = map(_program, ("unshare", "sh", "chroot"))
    view = directory / "view"
    view.mkdir()
    path = directory / "hosts"
    write_own(path, f"{_hosts_here()}\n{hosts}".encode())
    mounts = [word for step in _steps() for word in step]
    inside = [chroot, f"{view}/root", shell, "-euc", _INSIDE, shell, str(path), *removed, "--"]
    made = [unshare, "--mount", "--net", "--", shell, "-euc", _SCRIPT, shell, str(view)]
    return [*made, *mounts, "--", *inside, *arguments]


def _program(name: str) -> str:
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if path is None:
        raise MemlintError(f"needs the program {name}, to run nginx apart from this machine")
    return path


def _steps() -> Iterator[tuple[str, str]]:
    """Each file system that is mounted here, outer ones first, with what is done to it."""
    yield "overlay", "/"
    for path in _BOUND:
        yield "bind", path
    there = {os.path.normpath(path) for path in _mounted()} - {"/", *_OWN}
    for path in sorted(there):
        if not path.startswith(_BOUND) and os.access(path, os.R_OK):
            yield ("overlay" if os.path.isdir(path) else "bind"), path


def _mounted() -> Iterator[str]:
    """The paths at which file systems are mounted; proc_pid_mountinfo(5) escapes white space."""
    for line in read_file("/proc/self/mountinfo", FILE_MOST).decode().splitlines():
        yield re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), line.split()[4])


def _hosts_here() -> str:
    try:
        return read_file("/etc/hosts", FILE_MOST).decode("utf-8", "replace")
    except OSError:
        return ""
