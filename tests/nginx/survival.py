"""The kernel as the judge of a limit: nginx is reloaded in a memory cgroup, and killed or not."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.nginx.cgroup import cgroup
from tests.nginx.hold import StoppedExits
from tests.nginx.measure_allocators import TIMEOUT, native


def survives(allocator: str, conf: Path, prefix: Path, most: int) -> bool:
    """Whether nginx comes through twelve reloads in so many bytes, old workers exiting at once."""
    for socket in prefix.glob("*.sock"):
        socket.unlink()
    with cgroup() as group:
        group.limit(most)
        with group.inside():
            running = native(allocator, keep=False).run(conf, prefix, timeout=TIMEOUT)
            server = running.__enter__()
        try:
            for _ in range(12):
                old = set(server.children())
                with StoppedExits(old) as held:
                    server.tell(signal.SIGHUP)
                    held.wait(TIMEOUT, unless=group.kills)
                    if group.kills():
                        return False
                server.wait_reloaded(old, TIMEOUT)
            return True
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            running.__exit__(None, None, None)
