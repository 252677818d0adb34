"""The recipes of CONTRIBUTING.md, followed in a copy of the project as by somebody who reads them.

A recipe is a section that begins with "Add". Code behind a sentence that ends with the name of a
file and a colon is that file, a ``diff`` of lines with what surrounds them is a change of it, and
what stands in ``sh`` is run, with its output compared.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it.token import Token

from tests.documents.examples import shows
from tests.documents.pages import PROJECT, Block, blocks_of, page

PAGE = page("CONTRIBUTING.md")
TIMEOUT = 240

ABOUT_FILES = re.compile(r"`([\w./-]+)`:$")
"""The end of a sentence before a file, or a change of one."""

ENDS_WITH_FINDINGS = re.compile(r"^memlint check (?!.*--fail-on never).*sample_confs/incident$")


@dataclass(frozen=True)
class Step:
    """One block of a recipe; ``file`` is what the sentence before it names, if it does."""

    block: Block
    file: str | None


@dataclass(frozen=True)
class Recipe:
    """A section of the page."""

    title: str
    steps: tuple[Step, ...]

    @property
    def sources(self) -> list[str]:
        """The files of Python that it adds or changes."""
        return sorted({step.file for step in self.steps if step.file and step.file[-3:] == ".py"})

    def __str__(self) -> str:
        return self.title


def recipes() -> list[Recipe]:
    """All recipes of the page."""
    sections: list[tuple[str, list[Token]]] = []
    for index, token in enumerate(PAGE.tokens):
        if token.type == "heading_open":
            sections.append((PAGE.tokens[index + 1].content, []))
        if sections:
            sections[-1][1].append(token)
    return [
        Recipe(title, tuple(_steps(tokens)))
        for title, tokens in sections
        if title.startswith("Add ")
    ]


def _steps(tokens: list[Token]) -> Iterator[Step]:
    blocks = iter(blocks_of(tokens))
    sentence = ""
    for token in tokens:
        if token.type == "inline":
            sentence = token.content
        elif token.type == "fence":
            named = ABOUT_FILES.search(sentence)
            yield Step(next(blocks), named[1] if named else None)
            sentence = ""


def copy_project(directory: Path) -> None:
    """Copy all that is in the repository, with what is not committed yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True, timeout=60)
    for name in listed.stdout.decode().split("\0"):
        if name and (PROJECT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, directory / name)


def follow(recipe: Recipe, directory: Path) -> None:
    """Do what a recipe says, in a copy of the project."""
    for step in recipe.steps:
        if step.block.language == "sh":
            _run(step.block, directory)
        else:
            assert step.file is not None, f"of which file?\n{step.block.text}"
            path = directory / step.file
            if step.block.language == "diff":
                path.write_text(changed(path.read_text("utf-8"), step.block.text), "utf-8")
            else:
                assert not path.exists(), step.file
                path.write_text(step.block.text, "utf-8")


def changed(text: str, diff: str) -> str:
    """A text with a change made: parts of it, as ``diff -u`` has them, with ``@@`` between them.

    Raises ValueError for a part that stands nowhere, or in several places.
    """
    for part in re.split(r"^@@.*\n", diff, flags=re.MULTILINE):
        lines = part.splitlines(keepends=True)
        old = "".join(line[1:] or "\n" for line in lines if not line.startswith("+"))
        new = "".join(line[1:] or "\n" for line in lines if not line.startswith("-"))
        if text.count(old) != 1:
            raise ValueError(f"stands {text.count(old)} times:\n{old}")
        text = text.replace(old, new)
    return text


def _run(block: Block, directory: Path) -> None:
    """Run commands with the copy's package; the last one prints what is shown."""
    programs = directory / ".programs"
    programs.mkdir(exist_ok=True)
    for name, module in (("memlint", "-m nginx_memlint"), ("python", "")):
        path = programs / name
        path.write_text(f'#!/bin/sh\nexec {sys.executable} {module} "$@"\n')
        path.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(directory),
        "PYTEST_ADDOPTS": "-n 0 -p no:cacheprovider",
        "COLUMNS": "300",
    }
    printed = ""
    for command in block.commands:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        expected = 1 if ENDS_WITH_FINDINGS.search(command) else 0
        assert done.returncode == expected, f"{command}\n{done.stdout[-6000:]}{done.stderr[-2000:]}"
        printed = done.stdout
    if block.shown:
        assert shows(block.shown, printed), f"{block.commands[-1]} prints:\n{printed}"
