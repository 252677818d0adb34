from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.live.platform import platform_of, platform_of_program

ELF = b"\x7fELF" + bytes(60)
LOADER = b"/lib/ld-musl-x86_64.so.1\0"


@pytest.mark.parametrize(
    ("mapped", "expected"),
    [
        (["/usr/sbin/nginx", "/lib/x86_64-linux-gnu/libc.so.6"], {}),
        (["/usr/lib/libjemalloc.so.2"], {"allocator": "jemalloc"}),
        (
            ["/opt/libmimalloc.so", "/lib/ld-musl-x86_64.so.1"],
            {"allocator": "mimalloc", "libc": "musl"},
        ),
        (["/opt/libmimalloc-secure.so.2.1"], {"allocator": "mimalloc"}),
        (["/opt/libtcmalloc.so.4"], {"allocator": "tcmalloc"}),
        (["/opt/libnotjemalloc.so.2"], {}),
    ],
)
def test_what_a_process_has_mapped(mapped: list[str], expected: dict[str, str]) -> None:
    assert platform_of(mapped) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (ELF, {}),
        (ELF + LOADER, {"libc": "musl"}),
        (ELF + bytes(5000) + b"No error information\0", {"libc": "musl"}),
        (ELF + bytes(5000) + LOADER, {}),
        (ELF + LOADER + bytes(5000) + b"<jemalloc>: ", {"libc": "musl", "allocator": "jemalloc"}),
        (ELF + b"mimalloc: error", {"allocator": "mimalloc"}),
        (ELF + b"tcmalloc: large alloc", {"allocator": "tcmalloc"}),
    ],
)
def test_what_is_linked_into_a_program(
    data: bytes, expected: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "nginx"
    path.write_bytes(data)
    assert platform_of_program(str(path)) == expected


def test_a_program_that_cannot_be_read(tmp_path: Path) -> None:
    assert platform_of_program(str(tmp_path / "none")) == {}
