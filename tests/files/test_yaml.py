"""YAML of somebody else: bounded, and an error in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import TooLargeError
from nginx_memlint.files.yaml import MAX_BYTES, read_yaml


def read(directory: Path, text: str) -> list[object]:
    path = directory / "x.yaml"
    path.write_text(text)
    return read_yaml(path)


def test_documents(tmp_path: Path) -> None:
    assert read(tmp_path, "a: 1\n---\n- x\n---\n") == [{"a": "1"}, ["x"], ""]


def test_merging(tmp_path: Path) -> None:
    assert read(tmp_path, "x: &x {a: 1}\ny: {<<: *x, b: 2}\n")[0] == {
        "x": {"a": "1"},
        "y": {"a": "1", "b": "2"},
    }


DOUBLING = "a0: &a0 {k: v}\n" + "".join(
    f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "no YAML"),
        ("a: *b", "no YAML"),
        ("!!python/object/apply:os.system [true]", "no YAML"),
        ("\x00", "no YAML"),
        ("a: !!set {b}", "tag:yaml.org,2002:set is not known"),
        ("a: !new [b]", "!new is not known"),
        ("a: {b: 1, c: 2, b: 3}", "b stands twice in one mapping"),
        ("[" * 100_000, "too deep"),
        (DOUBLING, "merging makes more than 100,000 keys"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MemlintError, match=message):
        read(tmp_path, text)


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError):
        read(tmp_path, " " * (MAX_BYTES + 1))


def test_without_pyyaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MemlintError, match=r"in a clone, pip install '\.\[yaml\]'"):
        read(tmp_path, "a: 1")


@pytest.mark.parametrize(
    "scalar",
    ["!!bool maybe", "!!timestamp abc", '!!int ""', "2026-99-99", "0x" + "f" * 5000, "~", "!!x y"],
)
def test_a_scalar_is_the_text_that_stands_there(tmp_path: Path, scalar: str) -> None:
    text = scalar.rpartition(" ")[2].strip('"')
    assert read(tmp_path, f"a: {scalar}\n") == [{"a": text}]
