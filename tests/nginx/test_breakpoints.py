"""Functions are where the dynamic linker has them, and are counted as often as they are called."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.nginx.breakpoints import functions, run
from tests.nginx.recorded_static import CERTIFICATE, CONTEXT

pytestmark = pytest.mark.skipif(
    shutil.which("readelf") is None or shutil.which("gdb") is None, reason="needs binutils and gdb"
)

PROGRAM = """
#include <stdio.h>
__attribute__((noinline)) int counted(int number)
{
    if (number < 0) {
        puts("counted");
    }
    return number + 1;
}
int main(int count, char **words)
{
    (void) words;
    for (volatile int i = 0; i < 40 * count; i++) {
        counted(i);
    }
    return count > 2;
}
"""


@pytest.mark.parametrize(
    ("library", "name"), [("libssl.so.3", CONTEXT), ("libcrypto.so.3", CERTIFICATE)]
)
def test_functions_of_openssl_are_where_symbols_say(library: str, name: str) -> None:
    [path, *_] = [*Path("/usr/lib").glob(f"*-linux-gnu/{library}"), None]
    if path is None:
        pytest.skip("needs OpenSSL 3")
    symbols = subprocess.run(
        ["nm", "--dynamic", path], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    [line] = [line for line in symbols.splitlines() if f" {name}@@" in line]
    assert functions(path, [name]) == {name: int(line.split()[0], 16)}


def test_calls_are_counted_without_symbols(tmp_path: Path) -> None:
    source, program = tmp_path / "program.c", tmp_path / "program"
    source.write_text(PROGRAM)
    build = ["cc", "-O1", "-static", "-s", "-no-pie", "-o", str(program), str(source)]
    subprocess.run(build, timeout=60, check=True)
    places = functions(program, ["counted"])
    once = run([str(program)], places)
    assert (once.succeeded, once.calls) == (True, {"counted": 40})
    thrice = run([str(program), "2", "3"], places)
    assert (thrice.succeeded, thrice.calls) == (False, {"counted": 120})


def test_a_name_that_nothing_uses_is_refused(tmp_path: Path) -> None:
    source, program = tmp_path / "program.c", tmp_path / "program"
    source.write_text(PROGRAM)
    subprocess.run(["cc", "-no-pie", "-o", program, source], timeout=60, check=True)
    with pytest.raises(LookupError, match="0 functions use the name absent"):
        functions(program, ["absent"])
