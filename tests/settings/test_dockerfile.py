"""The image in a Dockerfile near a configuration is a hint at the target, and no more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nginx_memlint.settings.dockerfile import MOST, image_for
from tests.helpers import http, memlint_here, write

CONF = http("server { location / { } }")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    write(tmp_path, {"conf/nginx.conf": CONF})
    return tmp_path


@pytest.mark.parametrize(
    ("text", "image", "line"),
    [
        ("FROM kong:3.4\n", "kong:3.4", 1),
        ("# FROM kong:3.4\nfrom openresty/openresty:1.21.4.1-alpine\r\n", None, 2),
        (
            "FROM golang AS build\nFROM --platform=linux/amd64 nginx:1.25.3 AS x\n",
            "nginx:1.25.3",
            2,
        ),
        ("FROM nginx:1.25.3 as base\nFROM golang\nFROM BASE\n", "nginx:1.25.3", 1),
    ],
)
def test_the_last_stage_counts(tree: Path, text: str, image: str | None, line: int) -> None:
    write(tree, {"conf/Dockerfile": text})
    named = image_for(str(tree / "conf" / "nginx.conf"))
    assert named is not None
    assert named.name == (image or "openresty/openresty:1.21.4.1-alpine")
    assert named.place.endswith(f"conf/Dockerfile:{line}")
    assert image_for(str(tree / "conf")) == named


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FROM golang\n",
        "FROM nginx:1.25.3\nFROM scratch\n",
        "FROM ${BASE}\n",
        "FROM nginx:1.25.3;ls\n",
        "FROM nginx:1.25.3 AS\n",
        "FROM nginx:1.25.3\x1b[2J\n",
        "#" * (MOST + 1) + "\nFROM nginx:1.25.3\n",
        "FROM \n" * 1000,
        "FROM a AS a\n" * 1000,
    ],
)
def test_what_is_no_target_is_no_hint(tree: Path, text: str) -> None:
    write(tree, {"conf/Dockerfile": text})
    assert image_for(str(tree / "conf" / "nginx.conf")) is None


def test_it_is_looked_for_in_the_checkout_alone(tree: Path) -> None:
    write(tree.parent, {"Dockerfile": "FROM kong:3.9\n"})
    assert image_for(str(tree / "conf" / "nginx.conf")) is None
    (tree / "conf" / "Dockerfile").symlink_to(tree.parent / "Dockerfile")
    assert image_for(str(tree / "conf" / "nginx.conf")) is None
    write(tree, {"Containerfile": "FROM kong:3.4\n"})
    named = image_for(str(tree / "conf" / "nginx.conf"))
    assert named is not None
    assert named.name == "kong:3.4"
    (tree / ".git").rmdir()
    assert image_for(str(tree / "conf" / "nginx.conf")) is None


def test_a_fifo_is_not_waited_for(tree: Path) -> None:
    os.mkfifo(tree / "conf" / "Dockerfile")
    assert image_for(str(tree / "conf" / "nginx.conf")) is None


def test_it_is_said_and_decides_nothing(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    plain = memlint_here("check", "conf/nginx.conf")
    write(tree, {"Dockerfile": "FROM kong:3.9\n"})
    hinted = memlint_here("check", "conf/nginx.conf")
    assert "--target kong:3.9 (Dockerfile:1)" in hinted.out
    assert hinted.out.replace(" kong:3.9 (Dockerfile:1)", "") == plain.out
    stated = memlint_here("check", "--target", "debian-12", "conf/nginx.conf")
    assert "kong" not in stated.out
    with_another = memlint_here("check", "--set", "lua=0.10.26", "conf/nginx.conf")
    (tree / "Dockerfile").unlink()
    same = memlint_here("check", "--set", "lua=0.10.26", "conf/nginx.conf")
    assert with_another.out.replace(" kong:3.9 (Dockerfile:1)", "") == same.out
