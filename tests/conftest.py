"""What holds for all tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from compileall import compile_dir
from pathlib import Path
from typing import Any

import pytest

from nginx_memlint.config import builder
from nginx_memlint.config.tokens import Tokens, tokenize

PACKAGE = Path(__file__).parent.parent / "nginx_memlint"


@pytest.fixture(autouse=True, scope="session")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Results are kept in a directory of the tests', not in the user's.

    The program is compiled, as where it is installed: else each process does that, and one with
    little room for files leaves half of it behind.
    """
    compile_dir(PACKAGE, quiet=1)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a script
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def split(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The files that are split into tokens in this process."""
    found: list[bytes] = []

    def counting(data: bytes, **options: Any) -> Tokens:
        found.append(data)
        return tokenize(data, **options)

    monkeypatch.setattr(builder, "tokenize", counting)
    return found
