"""The master of the nginx that runs here, its binary, its configuration and its platform.

A pid file and a process's title may say anything. A binary is run (``nginx -V``) only if none but
root, or the user who asks, can have put it there, and if it is an nginx: any user may start any
program of the system under a master's title.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.files.paths import resolved
from nginx_memlint.files.reading import read_file
from nginx_memlint.live.binary import describe
from nginx_memlint.live.consent import foreign_module
from nginx_memlint.live.platform import platform_of
from nginx_memlint.live.preflight.kernel import TITLE_MOST, Kernel
from nginx_memlint.live.preflight.processes import MASTER
from nginx_memlint.printable import printable
from nginx_memlint.targets.banner import Nginx

PID_MOST = 64
"""Bytes of a pid file."""

LISTED, COMMAND_LENGTH = 5, 80
"""Masters that are named where there are several."""

BINARY_MOST = 256 << 20
"""Bytes of a binary."""

_PRINTED = b"configure arguments:"
"""A text of every nginx and every fork: each prints it for ``-V``."""

_NUMBER = re.compile("[0-9]{1,9}")

_DELETED = " (deleted)"

_OPTION = re.compile(r"-[?hvVtTq]*(?:([cpgesml])(.*))?")
"""A word of options, and the letter with a value (Tengine has ``-m`` and ``-l`` as well)."""

_CONF = "conf/nginx.conf"
"""The main file of a binary that was built without another one."""


class Launch(NamedTuple):
    """The start of a master as it is seen: ``binary`` is None if it cannot be read.

    ``replaced`` tells that the binary on disk is no longer the one that runs. ``platform`` is what
    the target is to be told; None if what the process has mapped cannot be read. ``given`` are the
    values of its command line by their letters: ``c``, ``p``, ``g`` and so on; None if the title
    does not tell them apart. ``directory`` is its working directory, None if it cannot be read.
    """

    binary: str | None = None
    replaced: bool = False
    platform: dict[str, str] | None = None
    given: Mapping[str, str] | None = MappingProxyType({})
    directory: str | None = None

    @property
    def directives(self) -> str:
        """The text of ``-g``, which nginx reads before the main file, at each reload as well."""
        return (self.given or {}).get("g", "")


def find_master(kernel: Kernel, named: str | None, conf: str | None = None) -> int:
    """The number of the master: the named one, by its number or its pid file, or the only one.

    Of several, the one that was started with ``conf``. Raises MemlintError.
    """
    if named is not None:
        return int(named) if _NUMBER.fullmatch(named) else _of_file(named)
    users = {pid: kernel.user(pid) for pid in kernel.processes()}
    # anybody may call a process what they like, and keep who asks for its title waiting
    for of in ({os.geteuid()}, {0}, {*users.values()} - {os.geteuid(), 0}):
        titled = [pid for pid, user in users.items() if user in of and _is_master(kernel, pid)]
        if masters := [pid for pid in titled if not kernel.is_elsewhere(pid)]:
            break
    else:
        raise MemlintError(
            "no nginx runs here, so that none can be reloaded; "
            "memlint check --max-memory host says whether a start and its reloads would fit",
            None,
            Exit.INCOMPLETE,
        )
    if len(masters) > 1 and conf is not None:
        masters = [pid for pid in masters if _has_read(kernel, pid, conf)] or masters
    if len(masters) > 1:
        listed = ", ".join(f"{pid}: {_started(kernel, pid)}" for pid in sorted(masters)[:LISTED])
        several = f"several nginx run here ({listed}): name one with --pid"
        raise MemlintError(several, status=Exit.INCOMPLETE)
    return masters[0]


def _has_read(kernel: Kernel, pid: int, conf: str) -> bool:
    launch = launch_of(kernel, pid)
    if launch.binary is None:
        return False
    try:
        path, _ = configuration(launch, described(launch.binary))
    except MemlintError:
        return False
    return resolved(conf) in map(resolved, (path, os.path.dirname(path)))


def _started(kernel: Kernel, pid: int) -> str:
    """The command that a master was started with, as its title says."""
    command = kernel.title(pid).removeprefix(MASTER).strip()
    return printable(command[:COMMAND_LENGTH])


def _is_master(kernel: Kernel, pid: int) -> bool:
    return kernel.title(pid).startswith(MASTER)


def _of_file(path: str) -> int:
    shown = printable(path)
    try:
        data = read_file(path, PID_MOST)
    except OSError as error:
        raise _no_number(f"{shown}: {error.strerror or error}") from None
    text = data.strip().decode("ascii", "replace")
    if not _NUMBER.fullmatch(text):
        raise _no_number(f"{shown}: holds no number of a process")
    return int(text)


def _no_number(message: str) -> MemlintError:
    """Of a pid file: nginx that ends deletes it, so the host decides it and not the command."""
    return MemlintError(f"--pid {message}", status=Exit.INCOMPLETE)


def launch_of(kernel: Kernel, pid: int) -> Launch:
    """The start of a master, from its title and from what the kernel tells of it."""
    binary = kernel.link(pid, "exe")
    replaced = binary is not None and binary.endswith(_DELETED)
    title = kernel.title(pid)
    mapped = kernel.mapped(pid)
    return Launch(
        binary.removesuffix(_DELETED) if binary else None,
        replaced,
        None if mapped is None else platform_of(mapped),
        None if len(title) >= TITLE_MOST else _given(title.removeprefix(MASTER).split()),
        kernel.link(pid, "cwd"),
    )


def _given(words: list[str]) -> dict[str, str] | None:
    """The values of options by their letters, as ngx_get_options() reads them.

    A title has spaces between its words and in them: None if a word is in no option's place.
    """
    given: dict[str, str] = {}
    rest = words[:0:-1]
    while rest:
        option = _OPTION.fullmatch(rest.pop())
        if option is None:
            return None
        letter, value = option.groups()
        if letter is None:
            continue
        if not value and not rest:
            return None
        texts = [value or rest.pop()]
        # the text of -g ends with a mark, if it is whole
        while (
            letter == "g" and rest and not (texts[-1][-1] in ";}" and _OPTION.fullmatch(rest[-1]))
        ):
            texts.append(rest.pop())
        given[letter] = " ".join(texts)
    return given


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
        if _PRINTED not in read_file(binary, BINARY_MOST):
            return "it is no nginx"
        if os.geteuid() and os.stat(binary).st_uid == os.geteuid():
            return None
    except OSError as error:
        return error.strerror or str(error)
    return foreign_module(binary, ["/"])


def configuration(launch: Launch, server: Nginx) -> tuple[str, str]:
    """The main file that a binary reads when it is started so, and the prefix.

    ngx_process_options(): both are relative to the prefix, and that to the working directory.
    Raises MemlintError if they cannot be told.
    """
    if launch.given is None:
        raise _not_told("its title does not tell which configuration nginx was started with")
    prefix = launch.given.get("p") or server.prefix
    path = os.path.join(prefix, launch.given.get("c") or server.argument("conf-path") or _CONF)
    if not path.startswith("/") and launch.directory is None:
        raise _not_told(f"not allowed to see where {path} is: the working directory of nginx")
    return os.path.join(launch.directory or "", path), os.path.join(launch.directory or "", prefix)


def _not_told(message: str) -> MemlintError:
    return MemlintError(printable(f"{message}; name the configuration"), status=Exit.INCOMPLETE)
