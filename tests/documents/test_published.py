"""Who publishes memlint stands in one place."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from nginx_memlint import __version__
from nginx_memlint.report import publisher
from tests.documents.pages import FOR_USERS, PROJECT
from tests.documents.published import FILES, security_contact, with_owner


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_owner_is_current(path: Path) -> None:
    assert path.read_text() == with_owner(path.read_text()), "run python -m tests.documents"


def test_an_owner_is_named_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "OWNER", "acme-corp")
    texts = [with_owner(path.read_text()) for path in FILES]
    assert not any("OWNER" in text for text in texts)
    assert sum("acme-corp/nginx-memlint" in text for text in texts) >= 4
    assert "* @acme-corp" in with_owner((PROJECT / ".github/CODEOWNERS").read_text())
    monkeypatch.setattr(publisher, "OWNER", "another")
    assert [with_owner(text) for text in texts] == [with_owner(p.read_text()) for p in FILES]


def test_a_contact_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "@" not in security_contact()
    monkeypatch.setattr(publisher, "SECURITY_CONTACT", "security@example.org")
    assert "<security@example.org>" in security_contact()


def test_a_version_is_this_one() -> None:
    """Users are shown what there is: the version of the package, of which the changelog tells."""
    for page in FOR_USERS:
        places = r"(?:nginx-memlint[@:]|/archive/|download/|re[fv]: )"
        shown = re.findall(rf"{places}(v[\d.]*\d)", page.text)
        assert {*shown} <= {f"v{__version__}"}, page.name
    done = subprocess.run([PROJECT / "scripts/notes", __version__], timeout=60, check=False)
    assert done.returncode == 0
