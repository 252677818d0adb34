from __future__ import annotations

import pytest

from nginx_memlint.cli import lsp
from tests.helpers import memlint_here


def test_a_missing_library_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lsp, "find_spec", lambda _name: None)
    done = memlint_here("lsp")
    assert done.code == 2
    assert done.err == (
        "memlint: the language server needs pygls: in a clone, pip install '.[lsp]'\n"
    )


def test_flags_are_read_before_an_editor_is_heard() -> None:
    done = memlint_here("lsp", "--target", "debian12")
    assert done.code == 2
    assert 'did you mean "debian-12"' in done.err
