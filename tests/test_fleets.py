"""check_many(): the reports of several configurations, whatever executor makes them."""

from __future__ import annotations

import inspect
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from nginx_memlint import MemlintError, check, check_many
from tests.documents.pages import block
from tests.helpers import SAMPLES, http, write

DUMP = "# configuration file /etc/nginx/nginx.conf:\n"
TRUSTED = "lua_ssl_trusted_certificate ca.pem;"


def dump(number: int) -> bytes:
    """A host's configuration: each with so many servers more than the one before."""
    servers = "".join(f"server {{ location /l{n} {{ }} }}\n" for n in range(number + 1))
    return (DUMP + http(f"{TRUSTED}\n{servers}")).encode()


def fleet(count: int) -> dict[str, bytes]:
    return {f"web{number}": dump(number) for number in range(count)}


def threads() -> Executor:
    return ThreadPoolExecutor(8)


def processes() -> Executor:
    return ProcessPoolExecutor(2, get_context("spawn"))


EXECUTORS: list[Callable[[], AbstractContextManager[Executor]]] = [threads, processes]


@pytest.fixture
def dumps(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.dump" for name in fleet(10)]
    for path, data in zip(paths, fleet(10).values(), strict=True):
        path.write_bytes(data)
    return paths


@pytest.mark.parametrize("start", EXECUTORS)
def test_dumps_by_name(start: Callable[[], AbstractContextManager[Executor]]) -> None:
    """In their order, and each as check() has it but for its name."""
    dumps = fleet(24)
    options: dict[str, Any] = {"dump": True, "target": "debian-12", "max_memory": "4GiB"}
    with start() as executor:
        reports = check_many(dumps, executor=executor, **options)
    assert [report.path for report in reports] == list(dumps)
    assert [report.blocks.server for report in reports] == list(range(1, 25))
    assert reports == check_many(dumps, **options)
    for report, data in zip(reports, dumps.values(), strict=True):
        assert replace(report, path="-") == check("-", data=data, **options)


@pytest.mark.parametrize("start", EXECUTORS)
def test_paths(start: Callable[[], AbstractContextManager[Executor]]) -> None:
    """Samples of different shapes; one is not there."""
    paths = [SAMPLES / name for name in ("incident-moved", "broken", "stream", "nowhere")]
    with start() as executor:
        reports = check_many(paths, executor=executor, target="debian-12")
    assert reports == [check(path, target="debian-12") for path in paths]
    assert [report.complete for report in reports] == [True, False, False, False]


def test_any_number_and_kind_of_paths(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("")})
    assert check_many([]) == check_many({}) == []
    assert check_many(path for path in (conf, str(conf))) == [check(conf)] * 2


WRONG: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    (["-"], {}, MemlintError, '"-" is no path: give the bytes by name'),
    ("nginx.conf", {}, TypeError, "configs: must be several paths"),
    (b"", {}, TypeError, "configs: must be several paths"),
    ({"a": "events {}"}, {}, TypeError, "configs: must be paths, or bytes by name, not str"),
    ({"a": b""}, {"data": b""}, MemlintError, "the bytes are those of configs"),
    ([], {"max_memroy": 1}, TypeError, 'check_many() has no argument "max_memroy"; did you mean'),
    ([], {"workers": 0}, MemlintError, 'workers: "0" is not a number of workers'),
]


@pytest.mark.parametrize(("configs", "options", "error", "message"), WRONG)
def test_what_is_wrong_is_refused(
    configs: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with threads() as executor, pytest.raises(error, match=re.escape(message)):
        check_many(configs, executor=executor, **options)


@pytest.mark.parametrize("start", EXECUTORS)
def test_an_error_of_check_is_raised(
    start: Callable[[], AbstractContextManager[Executor]], dumps: list[Path]
) -> None:
    """A dump where none was announced: as check() says it."""
    with start() as executor, pytest.raises(MemlintError) as raised:
        check_many(dumps, executor=executor)
    with pytest.raises(MemlintError) as alone:
        check(dumps[0])
    assert str(raised.value) == str(alone.value)


class Dying(ThreadPoolExecutor):
    """Workers that die of some configurations, as a cluster's may."""

    def submit(self, function: Any, /, *args: Any, **more: Any) -> Future[Any]:
        [job] = args
        if "3" not in (job.options.data or b"").decode():
            return super().submit(function, *args, **more)
        future: Future[Any] = Future()
        future.set_exception(OSError("worker 3\x1b is gone"))
        return future


def test_a_worker_that_dies_takes_one_report_along() -> None:
    with Dying(2) as executor:
        reports = check_many(fleet(5), executor=executor, dump=True)
    assert [report.complete for report in reports] == [True, True, True, False, False]
    [problem] = reports[3].problems
    assert problem.message == (
        "the worker that was to read it brought no answer (OSError: worker 3\\x1b is gone)"
    )
    assert reports[3].path == "web3"


def _die(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_pool_that_is_broken_is_no_error() -> None:
    """Of its pending work nothing is known, and nothing more is taken."""
    with processes() as executor:
        executor.submit(_die, None).exception(60)
        reports = check_many(fleet(3), executor=executor, dump=True)
    assert not any(report.complete for report in reports)
    assert {problem.message for report in reports for problem in report.problems} == {
        "the worker that was to read it brought no answer (BrokenProcessPool: A child process "
        "terminated abruptly, the process pool is not usable anymore)"
    }


def test_what_is_not_begun_is_cancelled(dumps: list[Path]) -> None:
    """An error ends it: a thousand others are not read in vain."""
    over = Event()
    with ThreadPoolExecutor(1) as executor:
        submitted: list[Future[Any]] = []
        submit = executor.submit

        def noted(call: Callable[[Any], Any], item: Any) -> Future[Any]:
            is_first = not submitted

            def held(item: Any) -> Any:
                """Begin no other before the error of the first has ended it all."""
                if not is_first:
                    over.wait(60)
                return call(item)

            submitted.append(submit(held, item))
            return submitted[-1]

        executor.submit = noted  # type: ignore[assignment, method-assign]
        with pytest.raises(MemlintError):
            check_many(dumps * 20, executor=executor)
        over.set()
    assert sum(future.cancelled() for future in submitted) >= len(submitted) - 2 > 100


def test_the_signature_is_shown() -> None:
    parameters = inspect.signature(check_many).parameters
    assert list(parameters)[:3] == ["configs", "executor", "data"]
    assert "max_memory: " in (check_many.__doc__ or "")


def test_a_cluster() -> None:
    """Dask's: two processes here, as they would be on other machines."""
    distributed = pytest.importorskip("distributed", reason="the extra fleet is not installed")
    dumps = fleet(12)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        reports = check_many(dumps, executor=client.get_executor(), dump=True)
        text = block("cluster")
        told = {"check_many": check_many, "dumps": dumps}
        exec(text.replace("tcp://scheduler:8786", cluster.scheduler_address), told)
    assert reports == check_many(dumps, dump=True)
    assert told["reports"] == check_many(dumps, dump=True, target="debian-12")


def test_the_example_of_the_documents(tmp_path: Path) -> None:
    write(tmp_path / "dumps", {f"{name}.dump": data for name, data in fleet(3).items()})
    script = tmp_path / "fleet.py"
    script.write_text(block("fleet"))
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert sorted(line.split()[0] for line in done.stdout.splitlines()) == ["web0", "web1", "web2"]
