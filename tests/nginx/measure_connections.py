"""Bytes of a connection of the nginx here, by what it does: kept idle, or waiting for its answer.

    python -m tests.nginx.measure_connections        # writes recordings/connections-bookworm.json

Each is a slope: the growth of the worker's anonymous memory from few connections to many, on unix
sockets. A proxied one has had the head of its answer and a first piece, and waits for the rest.
"""

from __future__ import annotations

import datetime
import json
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.nginx.prefix import server_certificate

RECORDING = Path(__file__).parent / "recordings" / "connections-bookworm.json"
COUNTS = 200, 800
KINDS = {
    "idle": ("plain", "/"),
    "idle, TLS": ("tls", "/"),
    "proxied": ("plain", "/p"),
    "proxied, TLS": ("tls", "/p"),
}
"""Kind of a connection → its socket, and what it asks for."""

CONF = """\
user root; daemon off; worker_processes 1; pid {d}/pid; error_log {d}/log;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_timeout 600s; proxy_read_timeout 600s;
    client_body_temp_path {d}/1; proxy_temp_path {d}/2; fastcgi_temp_path {d}/3;
    uwsgi_temp_path {d}/4; scgi_temp_path {d}/5;
    server {{
        listen unix:{d}/plain; listen unix:{d}/tls ssl;
        ssl_certificate {d}/cert.pem; ssl_certificate_key {d}/key.pem;
        location / {{ return 200 ok; }}
        location /p {{ proxy_pass http://unix:{d}/upstream; }}
    }}
}}
"""


@contextmanager
def upstream(directory: Path) -> Iterator[list[socket.socket]]:
    """Answer with the head and a first piece, and give all connections, which are kept."""
    held: list[socket.socket] = []
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"{directory}/upstream")
    listening.listen(1024)

    def serve() -> None:
        while True:
            try:
                connection = listening.accept()[0]
            except OSError:
                return
            held.append(connection)
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield held
    finally:
        listening.close()
        for connection in held:
            connection.close()


@contextmanager
def worker(nginx: str, directory: Path) -> Iterator[int]:
    """Run nginx, and give the number of its worker."""
    command = [nginx, "-c", f"{directory}/nginx.conf", "-p", str(directory)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as master:
        try:
            children = Path(f"/proc/{master.pid}/task/{master.pid}/children")
            deadline = time.monotonic() + 10
            while not (numbers := children.read_text().split()):
                assert time.monotonic() < deadline, "nginx does not start"
                time.sleep(0.1)
            yield int(numbers[0])
        finally:
            master.terminate()
            master.wait(10)


def anonymous(pid: int) -> int:
    """Bytes of a worker's anonymous memory."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    match = re.search(r"^Pss_Anon:\s+(\d+) kB", text, re.MULTILINE)
    assert match
    return int(match[1]) * 1024


def bytes_of(kind: str, nginx: str) -> int:
    """Bytes of one more connection of a kind."""
    name, asked = KINDS[kind]
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="c")))
        certificate, key = server_certificate()
        shutil.copy(certificate, directory / "cert.pem")
        shutil.copy(key, directory / "key.pem")
        (directory / "nginx.conf").write_text(CONF.format(d=directory))
        held = stack.enter_context(upstream(directory))
        pid = stack.enter_context(worker(nginx, directory))
        sizes = []
        opened = 0
        for count in COUNTS:
            while opened < count:
                client = socket.socket(socket.AF_UNIX)
                client.settimeout(20)
                client.connect(f"{directory}/{name}")
                if name == "tls":
                    client = context.wrap_socket(client)
                stack.callback(client.close)
                client.sendall(f"GET {asked} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                # in TLS, nginx keeps the first piece back until there is more
                assert asked != "/" or b"200" in client.recv(4096)
                opened += 1
            time.sleep(1.0)
            assert asked == "/" or len(held) == count
            sizes.append(anonymous(pid))
    few, many = COUNTS
    return (sizes[1] - sizes[0]) // (many - few)


def main() -> None:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    assert nginx
    said = subprocess.run([nginx, "-V"], capture_output=True, text=True, check=True).stderr
    recording = {
        "command": "python -m tests.nginx.measure_connections",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": said.splitlines()[:2],
        "bytes": {kind: bytes_of(kind, nginx) for kind in KINDS},
    }
    RECORDING.write_text(json.dumps(recording, indent=2) + "\n")
    print(json.dumps(recording, indent=2))


if __name__ == "__main__":
    main()
