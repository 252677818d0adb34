"""A SARIF file for GitHub's code scanning, which shows findings in the files and on their lines."""

from __future__ import annotations

import base64
import gzip
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from nginx_memlint.forge.forges import Forge


def put_sarif(forge: Forge, text: bytes) -> str:
    """Send a SARIF file for the commit that the job is of. Raises MemlintError and OSError.

    https://docs.github.com/en/rest/code-scanning/code-scanning#upload-an-analysis-as-sarif-data
    """
    content = {
        "commit_sha": forge.environment.get("GITHUB_SHA", ""),
        "ref": forge.environment.get("GITHUB_REF", ""),
        "sarif": base64.b64encode(gzip.compress(text, mtime=0)).decode(),
        "tool_name": "memlint",
    }
    path = forge.path("/repos/{GITHUB_REPOSITORY}/code-scanning/sarifs")
    forge.ask("POST", path, TypeAdapter(dict[str, Any]), content)
    return "the SARIF file is sent"
