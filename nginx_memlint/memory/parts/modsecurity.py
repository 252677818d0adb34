"""Rules of ModSecurity, which each directive parses for itself: an estimate by their text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import Configuration, Counted, Record, full_path
from nginx_memlint.sources.glob import has_magic

BYTE = 50
"""Of each byte of rules, comments not counted: the Core Rule Set 3.3.4 takes 16.1 MiB for 338 kB,
1,000 rules of a line each 3.4 MiB for 76 kB (libmodsecurity 3.0.9)."""

UNREAD = 17_000_000
"""Of a file and all that it includes, if any of that is there, but cannot be read: the Core Rule
Set."""

INLINE, OF_FILE = "modsecurity_rules", "modsecurity_rules_file"

DIRECTIVES = frozenset(
    {"modsecurity", INLINE, OF_FILE, "modsecurity_transaction_id", "modsecurity_use_error_log"}
)
"""Those of ModSecurity-nginx whose memory at a start is known: rules, and none beside them
(ngx_http_modsecurity_commands). ``modsecurity_rules_remote`` takes what a server sends."""

_COMMENT = rb"(?m)^[ \t]*#[^\n]*\n?"
_INCLUDE = rb"(?mi)^[ \t]*+Include(?:Optional)?[ \t]++\"?([^\"\n]*[^\"\s])"


def _rules(text: bytes) -> tuple[int, tuple[str, ...]]:
    """Bytes of rules without comments, and the names of the files that they include."""
    text = re.sub(_COMMENT, b"", text)
    names = re.findall(_INCLUDE, text)
    return len(text), tuple(name.decode(errors="surrogateescape") for name in names)


def _parsed(configuration: Configuration) -> Iterator[Counted]:
    present = configuration.tree.index_names()
    names = [name for name in (OF_FILE, INLINE) if name in present]
    for block in configuration.tree.having(names):
        for setting in (setting for name in names for setting in block.settings(name)):
            if setting.name == INLINE:
                size = BYTE * len(setting.value)
            else:
                size = _file_bytes(full_path(setting.value, configuration.tree), configuration)
            yield Counted(Amount(rules=size), 1, setting, f"{setting.name} {setting.value[:80]}")


def _file_bytes(path: str, configuration: Configuration) -> int:
    """Bytes of a file of rules and those that it includes, relative to where it is."""
    files = configuration.files
    pending, seen, size, unread = [path], {path}, 0, 0
    while pending:
        file = pending.pop()
        facts = files.facts(file, _rules)
        if facts is None:
            if file == path or files.is_there(file):
                unread = UNREAD
            continue
        size += BYTE * facts[0]
        for name in facts[1]:
            full = name if name.startswith("/") else f"{file.rpartition('/')[0]}/{name}"
            listed = files.matching(full) if has_magic(full) else [full]
            if listed is None:
                listed, unread = [], UNREAD
            configuration.tree.work.take(1 + len(listed))
            pending += [one for one in listed if one not in seen]
            seen.update(listed)
    return size + unread


RECORDS: tuple[Record, ...] = (
    Record(
        "ModSecurity's rules",
        (INLINE, OF_FILE),
        _parsed,
        "msc_rules_add_file(), ngx_http_modsecurity_create_conf()",
        "an estimate: 50 bytes for each of the rules; the Core Rule Set 3.3.4 takes 16.1 MiB",
    ),
)
