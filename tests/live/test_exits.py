from __future__ import annotations

import signal
import subprocess
import time

import pytest

from nginx_memlint.live.exits import HeldExits

SLEEPING = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"]


def wait_until_there(held: HeldExits) -> None:
    deadline = time.monotonic() + 20
    while not held.all_there():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_all_are_held_until_they_are_let_go() -> None:
    with subprocess.Popen(SLEEPING) as one, subprocess.Popen(SLEEPING) as other:
        try:
            time.sleep(0.2)
            with HeldExits([one.pid, other.pid]) as held:
                assert not held.all_there()
                one.terminate()
                time.sleep(0.3)
                assert not held.all_there()
                other.terminate()
                wait_until_there(held)
                # at its exit, a process has its memory still
                with open(f"/proc/{one.pid}/smaps_rollup") as rollup:
                    assert "Pss_Anon" in rollup.read()
            assert (one.wait(10), other.wait(10)) == (0, 0)
        finally:
            one.kill()
            other.kill()


def test_what_is_not_at_its_exit_goes_on() -> None:
    """Also where a signal is on its way to it."""
    with subprocess.Popen(SLEEPING) as one, subprocess.Popen(SLEEPING) as other:
        time.sleep(0.2)
        try:
            with HeldExits([one.pid, other.pid]):
                other.terminate()
            assert other.wait(10) == 0
            assert one.poll() is None
        finally:
            one.kill()
        assert one.wait(10) == -signal.SIGKILL


def test_what_cannot_be_held_leaves_none_behind() -> None:
    with subprocess.Popen(SLEEPING) as one:
        try:
            time.sleep(0.2)
            with pytest.raises(ProcessLookupError):
                HeldExits([one.pid, 2**22 + 1])
            one.terminate()
            assert one.wait(10) == 0
        finally:
            one.kill()
