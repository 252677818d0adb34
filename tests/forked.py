"""The command in processes forked from one that has imported it, which takes a third of the time.

Otherwise they are as those of ``python -m nginx_memlint``: each has its own arguments, environment,
working directory, streams and end, and nothing that an earlier one has left in memory. What Python
itself reads of the environment as it starts is not read again: see ``starts_otherwise()``.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

TIMEOUT = 120
ROOT = Path(__file__).parent.parent


def starts_otherwise(environment: Mapping[str, str]) -> bool:
    """Whether Python would start in another way than it has here."""
    names = {*environment, *os.environ}
    return any(
        environment.get(name) != os.environ.get(name)
        for name in names
        if name.startswith(("PYTHON", "LC_", "LANG"))
    )


@cache
def _server() -> socket.socket:
    """A connection to the process that forks, which ends when this one does."""
    ours, theirs = socket.socketpair()
    with theirs:
        # what is started ends at once: no test finds a child of its own that it did not make
        command = [sys.executable, "-m", "tests.forked", str(theirs.fileno())]
        subprocess.run(command, cwd=ROOT, pass_fds=[theirs.fileno()], timeout=TIMEOUT, check=True)
    atexit.register(ours.close)
    return ours


def run(
    arguments: list[str], stdin: bytes, cwd: str, environment: Mapping[str, str]
) -> tuple[int, bytes, bytes]:
    """Exit status, or negative a signal's number, standard output and standard error."""
    server = _server()
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(stdin)
        given.seek(0)
        request = json.dumps([arguments, cwd, dict(environment)]).encode()
        streams = [file.fileno() for file in (given, out, err)]
        socket.send_fds(server, [len(request).to_bytes(8, "big")], streams)
        server.sendall(request)
        answer = server.recv(8)
        assert len(answer) == 8, "the process that forks has ended"
        code = int.from_bytes(answer, "big", signed=True)
        out.seek(0)
        err.seek(0)
        return code, out.read(), err.read()


def _serve(connection: socket.socket) -> None:
    from nginx_memlint import cli  # noqa: F401  what takes long

    gc.freeze()  # else each looks through it, and has its own copy then

    while True:
        head, streams, _, _ = socket.recv_fds(connection, 8, 3)
        if not head:
            return
        request = b""
        while len(request) < int.from_bytes(head, "big"):
            request += connection.recv(1 << 20)
        arguments, cwd, environment = json.loads(request)
        child = os.fork()
        if not child:
            connection.close()
            _become(arguments, cwd, environment, streams)
        for stream in streams:
            os.close(stream)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        connection.sendall(code.to_bytes(8, "big", signed=True))


def _become(
    arguments: list[str], cwd: str, environment: dict[str, str], streams: list[int]
) -> None:
    from nginx_memlint import __main__ as command

    signal.alarm(TIMEOUT)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.modules["__main__"] = command
    sys.argv = [command.__file__, *arguments]
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    command.main()


if __name__ == "__main__":
    if not os.fork():
        os.setsid()
        with socket.socket(fileno=int(sys.argv[1])) as connection:
            _serve(connection)
    os._exit(0)
