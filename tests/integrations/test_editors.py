"""The settings in docs/editors.md, read by the editors where they are installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nginx_memlint.cli.app import COMMANDS
from tests.documents.pages import block
from tests.helpers import SAMPLES, memlint

SERVER = ["memlint", "lsp", "--target", "debian-12"]


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """Lines that a check prints for editors."""
    arguments = ("--target", "debian-12", "--format", "line", "--fail-on", "never")
    samples = (SAMPLES / "incident", SAMPLES / "broken", SAMPLES / "crowdsec")
    return memlint("check", *arguments, *samples).out.splitlines()


def test_the_problem_matcher_reads_each_line(lines: list[str]) -> None:
    [task] = json.loads(block("problem-matcher"))["tasks"]
    pattern = task["problemMatcher"]["pattern"]
    matches = [re.search(pattern["regexp"], line) for line in lines]
    severities = {match[pattern["severity"]] for match in matches if match}
    assert None not in matches
    assert severities == {"error", "warning", "note"}
    for line, match in zip(lines, matches, strict=True):
        assert match is not None
        numbers = [pattern[part] for part in ("file", "line", "column", "severity", "code")]
        file, row, column, severity, code = (match[number] for number in numbers)
        assert Path(file).exists()
        assert line == f"{file}:{row}:{column}: {severity} {code} {match[pattern['message']]}"
    assert task["command"].startswith("memlint check ")


@pytest.mark.skipif(shutil.which("vim") is None, reason="needs Vim")
def test_vim_reads_each_line(lines: list[str], tmp_path: Path) -> None:
    (tmp_path / "compiler").mkdir()
    (tmp_path / "compiler/memlint.vim").write_text(block("vim"))
    (tmp_path / "lines").write_text("".join(f"{line}\n" for line in lines))
    keys = "[bufname(v:val.bufnr), v:val.lnum, v:val.col, v:val.type, v:val.text, v:val.valid]"
    script = tmp_path / "script.vim"
    script.write_text(
        f"set nocompatible runtimepath+={tmp_path} encoding=utf-8\n"
        "compiler memlint\n"
        f"cgetfile {tmp_path}/lines\n"
        f"call writefile([json_encode(map(getqflist(), '{keys}'))], '{tmp_path}/read')\n"
        "qall!\n"
    )
    command = ["vim", "-e", "-s", "-u", "NONE", "-S", str(script)]
    subprocess.run(command, timeout=60, check=False, stdin=subprocess.DEVNULL)
    read = json.loads((tmp_path / "read").read_text("utf-8"))
    assert len(read) == len(lines)
    for line, (file, row, column, kind, text, valid) in zip(lines, read, strict=True):
        word = {"e": "error", "w": "warning", "n": "note"}[kind]
        assert valid == 1
        assert line == f"{Path(file).resolve()}:{row}:{column}: {word} {text}"


def test_editors_start_the_server() -> None:
    settings = json.loads(block("vscode"))
    arguments = settings["glspc.server.commandArguments"]
    assert [settings["glspc.server.command"], *arguments] == SERVER
    assert SERVER[1] in COMMANDS


@pytest.mark.skipif(shutil.which("nvim") is None, reason="needs Neovim")
def test_neovim_starts_the_server(tmp_path: Path) -> None:
    """By its own Lua; what 0.11 has is noted down, since older ones lack it."""
    (tmp_path / "init.lua").write_text(
        "local told = {}\n"
        "vim.lsp.config = function(name, config) told[name] = config end\n"
        "vim.lsp.enable = function(name) told.enabled = name end\n"
        "vim.lsp.inlay_hint = { enable = function(on) told.hints = on end }\n"
        f"{block('neovim')}\n"
        f"vim.fn.writefile({{ vim.fn.json_encode(told) }}, '{tmp_path}/told')\n"
    )
    command = ["nvim", "--headless", "-u", "NONE", "-c", f"luafile {tmp_path}/init.lua", "-c", "qa"]
    subprocess.run(command, timeout=60, check=True, stdin=subprocess.DEVNULL)
    told = json.loads((tmp_path / "told").read_text())
    assert told["memlint"]["cmd"] == SERVER
    assert (told["enabled"], told["hints"]) == ("memlint", True)


@pytest.mark.skipif(shutil.which("emacs") is None, reason="needs Emacs")
def test_emacs_starts_the_server(tmp_path: Path) -> None:
    path = tmp_path / "init.el"
    path.write_text(
        "(setq eglot-server-programs nil)\n(provide 'eglot)\n"
        f"{block('emacs')}\n(print (cons nginx-mode-hook eglot-server-programs))"
    )
    command = ["emacs", "-Q", "--batch", "-l", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    words = " ".join(f'"{word}"' for word in SERVER)
    assert done.stdout.strip() == f"((eglot-ensure) (nginx-mode {words}))"
