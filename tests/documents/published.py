"""The files that name who publishes memlint say what nginx_memlint/report/publisher.py says."""

from __future__ import annotations

import re

from nginx_memlint.report import publisher
from tests.documents.pages import PAGES, PROJECT

UNSET = "OWNER"
"""A word for the owner until there is one."""

FILES = (
    *(page.path for page in PAGES),
    *(PROJECT / "templates").iterdir(),
    PROJECT / ".github/CODEOWNERS",
    PROJECT / "pyproject.toml",
)

_REPOSITORY = re.compile(
    r"(?:(?<=github\.com/)|(?<=ghcr\.io/))[\w-]+(?=/nginx-memlint)|(?<![\w/.])[\w-]+(?=/nginx-memlint\b)"
)
_OWNER_OF_ALL = re.compile(r"(?<=^\* @)[\w-]+$", re.MULTILINE)


def with_owner(text: str) -> str:
    """A text that names the owner's repository."""
    owner = publisher.OWNER or UNSET
    return _OWNER_OF_ALL.sub(owner, _REPOSITORY.sub(owner, text))


def security_contact() -> str:
    """The sentence that tells where reports of vulnerabilities go."""
    advisories = (
        f"https://github.com/{publisher.OWNER or UNSET}/nginx-memlint/security/advisories/new"
    )
    mail = f"by mail to <{publisher.SECURITY_CONTACT}>, or " if publisher.SECURITY_CONTACT else ""
    return f"Report it {mail}in private at [the repository's advisories]({advisories})."
