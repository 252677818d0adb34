"""The master of the nginx that runs here, its binary, its configuration and its platform.

A pid file and a process's title may say anything. A binary is run (``nginx -V``) only if none but
root, or the user who asks, can have put it there.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.files.reading import read_file
from nginx_memlint.live.binary import describe
from nginx_memlint.live.consent import foreign_module
from nginx_memlint.live.preflight.kernel import Kernel
from nginx_memlint.live.preflight.processes import MASTER
from nginx_memlint.printable import printable
from nginx_memlint.targets.banner import Nginx

PID_MOST = 64
"""Bytes of a pid file."""

LISTED = 5
"""Masters that are named where there are several."""

_NUMBER = re.compile("[0-9]{1,9}")

_DELETED = " (deleted)"

_LIBRARIES = {
    "jemalloc": ("allocator", re.compile(r"libjemalloc\.so")),
    "mimalloc": ("allocator", re.compile(r"libmimalloc(-\w+)?\.so")),
    "tcmalloc": ("allocator", re.compile(r"libtcmalloc(_minimal)?\.so")),
    "musl": ("libc", re.compile(r"ld-musl-")),
}
"""An allocator or a libc → what of the target it is, and the beginning of its library's name."""


class Launch(NamedTuple):
    """The start of a master as it is seen: ``binary`` is None if it cannot be read.

    ``conf`` and ``prefix`` are those of its command line. ``replaced`` tells that the binary on
    disk is no longer the one that runs. ``platform`` is what the target is to be told; None if what
    the process has mapped cannot be read.
    """

    binary: str | None
    replaced: bool
    conf: str | None
    prefix: str | None
    platform: dict[str, str] | None


def find_master(kernel: Kernel, named: str | None) -> int:
    """The number of the master: the named one, by its number or its pid file, or the only one.

    Raises MemlintError.
    """
    if named is not None:
        return int(named) if _NUMBER.fullmatch(named) else _of_file(named)
    masters = [pid for pid in kernel.processes() if kernel.title(pid).startswith(MASTER)]
    masters = [pid for pid in masters if not kernel.is_elsewhere(pid)]
    if not masters:
        raise MemlintError(
            "no nginx runs here, so that none can be reloaded", None, Exit.INCOMPLETE
        )
    users = {pid: kernel.user(pid) for pid in masters}
    # anybody may call a process what they like
    preferred = [pid for pid in masters if users[pid] == os.geteuid()]
    preferred = preferred or [pid for pid in masters if users[pid] == 0] or masters
    if len(preferred) > 1:
        listed = ", ".join(map(str, sorted(preferred)[:LISTED]))
        raise MemlintError(f"several nginx run here (processes {listed}): name one", "--pid")
    return preferred[0]


def _of_file(path: str) -> int:
    shown = printable(path)
    try:
        data = read_file(path, PID_MOST)
    except OSError as error:
        raise MemlintError(f"{shown}: {error.strerror or error}", "--pid") from None
    text = data.strip().decode("ascii", "replace")
    if not _NUMBER.fullmatch(text):
        raise MemlintError(f"{shown}: holds no number of a process", "--pid")
    return int(text)


def launch_of(kernel: Kernel, pid: int) -> Launch:
    """The start of a master, from its title and from what the kernel tells of it."""
    binary = kernel.link(pid, "exe")
    replaced = binary is not None and binary.endswith(_DELETED)
    words = kernel.title(pid).removeprefix(MASTER).split()
    given = {
        option: words[at + 1] for at, option in enumerate(words[:-1]) if option in ("-c", "-p")
    }
    mapped = kernel.mapped(pid)
    return Launch(
        binary.removesuffix(_DELETED) if binary else None,
        replaced,
        given.get("-c"),
        given.get("-p"),
        None if mapped is None else _platform(mapped),
    )


def _platform(mapped: list[str]) -> dict[str, str]:
    names = [os.path.basename(path) for path in mapped]
    return {
        key: value
        for value, (key, library) in _LIBRARIES.items()
        if any(library.match(name) for name in names)
    }


def described(binary: str) -> Nginx:
    """The binary as ``nginx -V`` describes it. Raises MemlintError if it is not to be run."""
    if reason := _not_to_be_run(binary):
        raise MemlintError(
            printable(f"{binary} is not asked for its version, as {reason}; name the --target"),
            status=Exit.INCOMPLETE,
        )
    return describe(binary)


def _not_to_be_run(binary: str) -> str | None:
    try:
        if os.geteuid() and os.stat(binary).st_uid == os.geteuid():
            return None
    except OSError as error:
        return error.strerror or str(error)
    return foreign_module(binary, ["/"])


def configuration(launch: Launch, server: Nginx) -> tuple[str, str]:
    """The main file that a binary reads when it is started so, and the prefix.

    ngx_process_options(): both are relative to the prefix.
    """
    prefix = launch.prefix or server.prefix
    conf = launch.conf or server.argument("conf-path") or "conf/nginx.conf"
    return os.path.join(prefix, conf), prefix
