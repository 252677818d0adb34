"""Pages of the site that are not in docs/, and links between all pages: a hook of MkDocs."""

from __future__ import annotations

import posixpath
import re
import subprocess
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PROJECT = Path(__file__).parent.parent
TOP = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "ARCHITECTURE.md": "architecture.md",
    "SECURITY.md": "security.md",
}
"""Documents at the top of the project → their places in the site."""

REPORT = "report.html"
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]*)(#[^)\s]*)?\)")
PUBLISHER = (PROJECT / "nginx_memlint/report/publisher.py").read_text("utf-8")
OWNER = re.findall(r'^OWNER = "(.*)"$', PUBLISHER, re.MULTILINE)[0] or "OWNER"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List a page for each rule, where the navigation says RULES."""
    rules = [f"rules/{path.name}" for path in sorted((PROJECT / "docs/rules").glob("*.md"))]

    def listed(items: list) -> list:
        entries = []
        for item in items:
            if isinstance(item, dict):
                [(title, value)] = item.items()
                entries.append({title: listed(value) if isinstance(value, list) else value})
            else:
                entries.extend(rules if item == "RULES" else [item])
        return entries

    config.nav = listed(config.nav)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents at the top, and the report on the incident as a page of its own."""
    for name, place in TOP.items():
        files.append(File.generated(config, place, content=(PROJECT / name).read_text("utf-8")))
    command = (sys.executable, "-m", "nginx_memlint", "check", "--target", "debian-12")
    report = subprocess.run(
        [*command, "--format", "html", "--fail-on", "never", "sample_confs/incident"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    ).stdout
    files.append(File.generated(config, REPORT, content=report))
    return files


def on_page_markdown(markdown: str, page: Page, files: Files, **_: object) -> str:
    """Have links lead to pages of the site, or else to the repository."""
    place = page.file.src_uri
    source = {value: key for key, value in TOP.items()}.get(place, f"docs/{place}")

    def link(match: re.Match[str]) -> str:
        name = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[1]))
        target = TOP.get(name) or name.removeprefix("docs/")
        if files.get_file_from_path(target) is None and (PROJECT / name).exists():
            return f"](https://github.com/{OWNER}/nginx-memlint/blob/main/{name}{match[2] or ''})"
        start = posixpath.dirname(place)
        return f"]({posixpath.relpath(target, start or '.')}{match[2] or ''})"

    return LINK.sub(link, markdown)
