"""URLs of directives that pass requests on, as ``ngx_parse_url()`` splits them."""

from __future__ import annotations

import re

_URI = re.compile("[/?]")


def host_and_uri(url: str) -> tuple[str, str]:
    """The host, with its port, of a URL without variables, and its URI."""
    rest = url.partition("://")[2]
    if rest[:5].lower() == "unix:":
        path, mark, uri = rest[5:].partition(":")
        return f"unix:{path}", uri if mark else ""
    mark_of_uri = _URI.search(rest)
    end = mark_of_uri.start() if mark_of_uri else len(rest)
    return rest[:end], rest[end:]


def uri_of(url: str) -> str:
    """The URI of a URL; empty if it has none, or is known at run time only."""
    return host_and_uri(url)[1] if "$" not in url and "://" in url else ""
