"""Nothing is left behind: no process, no directory, no open descriptor."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.signals import SIGNALS, Interrupted, interruptible
from nginx_memlint.live import process
from nginx_memlint.live.process import Server, run
from nginx_memlint.live.site import temporary_directory
from tests.helpers import children

T = TypeVar("T")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")

FAKE = """\
#!/bin/sh
case "$*" in
*-V*) echo "nginx version: nginx/1.22.1"; echo "built with OpenSSL 3.0.19 27 Jan 2026"
      echo "configure arguments: --add-module=../ngx_lua-0.10.26"; exit 0;;
*ask.conf*) echo memlint-lua=10026; exit 0;;
{quick}) exit 0;;
esac
sleep 61 &
echo $$ $! > {pids}.new
mv {pids}.new {pids}
sleep 62
"""


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    before = len(os.listdir("/proc/self/fd")), children()
    yield
    assert (len(os.listdir("/proc/self/fd")), children()) == before


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


OPENSSL = """\
#!/bin/sh
for word; do
  case $word in 2048|4096) word=1024;; esac
  set -- "$@" "$word"
  shift
done
exec {openssl} "$@"
"""
"""Makes short keys, which takes a hundredth of the time."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where programs are looked for."""
    before = os.environ.get("PATH", os.defpath)
    openssl = shutil.which("openssl")
    if openssl is None:
        return before
    directory = tmp_path_factory.mktemp("bin")
    (directory / "openssl").write_text(OPENSSL.format(openssl=openssl))
    (directory / "openssl").chmod(0o755)
    return f"{directory}:{before}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("during", ["test", "server"])
def test_a_signal_leaves_nothing(
    tmp_path: Path, number: signal.Signals, during: str, path: str
) -> None:
    pids, temporary, fake = tmp_path / "pids", tmp_path / "tmp", tmp_path / "nginx"
    temporary.mkdir()
    # a server: nginx -t succeeds at once, and only the start goes on
    fake.write_text(FAKE.format(pids=pids, quick="*-t" if during == "server" else "never"))
    fake.chmod(0o755)
    memlint = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "nginx_memlint",
            "calibrate",
            "--quick",
            "--nginx-binary",
            str(fake),
        ],
        env={**os.environ, "TMPDIR": str(temporary), "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not pids.exists():
            assert memlint.poll() is None, memlint.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        memlint.send_signal(number)
        memlint.send_signal(number)
        out, err = memlint.communicate(timeout=30)
    finally:
        memlint.kill()
        memlint.wait()
    assert memlint.returncode == 128 + number
    assert out == ""
    assert "interrupted" in err
    assert "Traceback" not in err
    assert not any(alive(int(pid)) for pid in pids.read_text().split())
    assert list(temporary.iterdir()) == []


def test_a_run_is_measured_without_what_python_takes() -> None:
    ended = run(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"], 10)
    assert ended.code == 3
    assert sorted(ended.output.split()) == ["err", "out"]
    assert 0 < ended.peak_rss < 8 << 20
    assert run(["/bin/sh", "-c", "kill -9 $$"], 10).code == -9


def test_a_run_that_does_not_end_is_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with pytest.raises(MemlintError, match="does not end"):
        run(["/bin/sh", "-c", f"echo $$ >{pid}; sleep 60"], 0.5)
    assert not alive(int(pid.read_text()))


def test_a_guard_stops_a_run() -> None:
    def guard() -> None:
        raise MemlintError("memory is short")

    with pytest.raises(MemlintError, match="memory is short"):
        run(["/bin/sh", "-c", "sleep 60"], 30, guard=guard)


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(MemlintError, match="cannot run"), Server(["/nonexistent/nginx"], 1):
        pass


def test_a_server_that_does_not_start_says_why() -> None:
    server = Server(["/bin/sh", "-c", "echo reason; exit 1"], 1)
    with pytest.raises(MemlintError, match="reason"), server:
        pass


@pytest.fixture
def handlers() -> Iterator[None]:
    """Puts the handlers of signals back: an interruption leaves them changed."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_without_a_signal_all_is_as_it_was() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with interruptible():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.usefixtures("handlers")
def test_the_first_signal_interrupts_and_later_ones_do_nothing() -> None:
    with pytest.raises(Interrupted) as caught, interruptible():  # noqa: PT012  what is tested
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
    assert caught.value.number == signal.SIGTERM
    for number in SIGNALS:  # while it is said that it was interrupted
        os.kill(os.getpid(), number)


@pytest.mark.usefixtures("handlers")
def test_signals_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python has a traceback for one whose handler has gone before it was called."""
    said: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)

    def come() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        for number in SIGNALS:
            signal.pthread_kill(threading.get_ident(), number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    try:
        with pytest.raises(Interrupted), interruptible():
            come()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    assert said == []


def interrupting(function: Callable[..., T], number: int = signal.SIGTERM) -> Callable[..., T]:
    """A signal comes while the function runs."""

    def interrupted(*arguments: Any, **options: Any) -> T:
        result = function(*arguments, **options)
        os.kill(os.getpid(), number)
        return result

    return interrupted


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize(
    "start", [lambda words: Server(words, 1).__enter__(), lambda words: run(words, 10)]
)
def test_a_signal_while_something_starts(
    start: Callable[[list[str]], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is held back until what has started can be ended, and then that is."""
    monkeypatch.setattr(process, "_spawn", interrupting(process._spawn))
    with pytest.raises(Interrupted), interruptible():
        start(["/bin/sh", "-c", "sleep 63"])


@pytest.mark.usefixtures("handlers")
def test_a_signal_just_before_a_server_is_entered() -> None:
    server = interrupting(Server)
    with pytest.raises(Interrupted), interruptible(), server(["/bin/sh", "-c", "sleep 63"], 1):
        pass


@pytest.mark.usefixtures("handlers")
def test_a_signal_while_it_is_cleaned_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tempfile, "mkdtemp", interrupting(tempfile.mkdtemp))
    with pytest.raises(Interrupted), interruptible(), temporary_directory():
        pass
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "unlink", interrupting(os.unlink))
    with pytest.raises(Interrupted), interruptible(), temporary_directory() as directory:
        (directory / "file").touch()
    assert list(tmp_path.iterdir()) == []


SLEEPERS = """\
for i in 1 2 3 4 5 6 7 8; do sleep 64 & done
read -r _ _ _ _ group _ </proc/$$/stat
echo $group >group.new
mv group.new group
wait
"""


@pytest.mark.parametrize("start", ["run", "server"])
def test_what_was_killed_has_gone(
    start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killing takes time, and those that a program has started are its children, not ours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(process, "GUARD_INTERVAL", 0)
    group = Path("group")
    command = ["/bin/sh", "-c", SLEEPERS]

    def stop() -> None:
        if group.exists():
            raise MemlintError("started")

    if start == "run":
        with pytest.raises(MemlintError, match="started"):
            run(command, 30, guard=stop)
    else:
        server = Server(command, 1)
        server.start()
        while not group.exists():
            time.sleep(0.01)
        server.close()
    with pytest.raises(ProcessLookupError):
        os.killpg(int(group.read_text()), 0)


def _server_that_never_serves() -> None:
    with Server(["/bin/sleep", "65"], 1):
        pass


def _server_that_is_left() -> None:
    server = Server(["/bin/sleep", "65"], 0)
    with server:
        server.memory()


LIVES: list[tuple[Callable[[], object], type[Exception] | None]] = [
    (lambda: run(["/bin/sleep", "65"], 0.01), MemlintError),
    (lambda: run(["/bin/true"], 10), None),
    (lambda: run(["/nonexistent"], 10), None),
    (_server_that_never_serves, MemlintError),
    (_server_that_is_left, None),
    (lambda: Server(["/nonexistent"], 1).__enter__(), MemlintError),
]
"""Ways in which a program may live and end, and what they raise without a signal."""


def signal_at(count: int, files: set[str]) -> tuple[Any, list[int]]:
    """A trace function that sends a signal before a line, by its number, and the lines so far."""
    lines = [0]

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code.co_filename not in files:
            return None
        if event == "line":
            lines[0] += 1
            if lines[0] == count:
                signal.raise_signal(signal.SIGTERM)
        return trace

    return trace, lines


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("life", LIVES, ids=range(len(LIVES)))
def test_a_signal_at_any_line(
    life: tuple[Callable[[], object], type[Exception] | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stricter than Python, which takes signals at calls and loops alone."""
    monkeypatch.setattr(process, "PAUSE", 0.004)
    live, error = life
    if live is _server_that_never_serves:  # a busy machine takes longer for what does come
        monkeypatch.setattr(process, "START_TIMEOUT", 0.02)
    before = [signal.getsignal(number) for number in SIGNALS]
    others = children()
    for count in range(1, 2000):
        trace, lines = signal_at(count, {process.__file__})
        raised: BaseException | None = None
        tracing = sys.gettrace()
        try:
            with interruptible():
                sys.settrace(trace)
                try:
                    live()
                finally:
                    sys.settrace(tracing)
        except (MemlintError, Interrupted) as exception:
            raised = exception
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)
        assert children() <= others, f"line {count}"
        if lines[0] < count:
            assert type(raised) is (error or type(None))
            return
        assert isinstance(raised, Interrupted), f"line {count}"
    pytest.fail("too many lines")
