"""A temporary prefix in which nginx runs for a measurement: sockets, temporary files, logs."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.signals import uninterrupted
from nginx_memlint.files.writing import write_own
from nginx_memlint.live.process import Ended, Server, run
from nginx_memlint.targets.banner import Nginx

TEST_TIMEOUT = 120.0
_TEMP_PATHS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_LONGEST = 80
"""Characters of a directory's name that leave room for the names of unix sockets (108)."""

BLOCKS_HASH = "server_names_hash_max_size 8192; server_names_hash_bucket_size 128;"


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """A directory that is removed at the end of the ``with`` block."""
    parent = tempfile.gettempdir()
    if len(os.fsencode(parent)) > _LONGEST:
        parent = "/tmp"
    held = ExitStack()
    try:
        with uninterrupted():
            directory = tempfile.TemporaryDirectory(
                prefix="memlint-", dir=parent, ignore_cleanup_errors=True
            )
            name = held.enter_context(directory)
        yield Path(name)
    finally:
        try:
            with uninterrupted():
                held.close()
        finally:
            held.close()  # should a signal have come just before


CONNECTIONS = 64
"""Of each worker."""


class Site:
    """Configurations for one nginx in one directory; the last one written is the one that runs.

    No privileged port, no file outside of the directory, so it works as any user.
    """

    def __init__(self, nginx: Nginx, directory: Path) -> None:
        self.nginx = nginx
        self.directory = directory
        self._conf = directory / "nginx.conf"
        self._workers = 1
        self._missing: set[str] = set()

    @property
    def socket(self) -> str:
        """The argument of ``listen``."""
        return f"unix:{self.directory}/s"

    def configure(
        self,
        http: str,
        *,
        load: str = "",
        workers: int = 1,
        connections: int = CONNECTIONS,
        main: str = "",
    ) -> None:
        """Write a configuration with this content of its ``http`` block.

        ``load`` and ``main`` are lines before and among those of the main context.
        """
        temporary = "".join(
            f"{name}_temp_path {self.directory}/{name};\n"
            for name in _TEMP_PATHS
            if f"--without-http_{name}_module" not in self.nginx.arguments
        )
        self._workers = workers
        text = (
            f"{load}{_user()}daemon off;\nmaster_process on;\nworker_processes {workers};\n"
            f"pid {self.directory}/nginx.pid;\nlock_file {self.directory}/nginx.lock;\n"
            f"error_log stderr crit;\n{main}events {{ worker_connections {connections}; }}\n"
            f"http {{\naccess_log off;\n{BLOCKS_HASH}\n{temporary}{http}}}\n"
        )
        write_own(self._conf, text.encode())

    @property
    def _arguments(self) -> list[str]:
        return [self.nginx.path, "-p", str(self.directory), "-c", str(self._conf)]

    def test(self) -> Ended:
        """Run ``nginx -t``; raises MemlintError if it fails."""
        ended = run([*self._arguments, "-t"], TEST_TIMEOUT)
        if ended.code != 0:
            raise MemlintError(ended.output.strip() or f"nginx -t ended with {ended.code}")
        return ended

    def server(self, prepare: Callable[[int], None] | None = None) -> Server:
        """An nginx with the configuration, which runs as long as its ``with`` block.

        ``prepare`` is called with the process's number before it begins.
        """
        return Server(self._arguments, self._workers, prepare=prepare)


def _user() -> str:
    """A ``user`` directive that keeps root's workers root; empty for other users.

    Another user's memory is not readable in a container without CAP_SYS_PTRACE. For other users,
    nginx ignores the directive with a warning.
    """
    return f"user {pwd.getpwuid(0).pw_name};\n" if os.geteuid() == 0 else ""
