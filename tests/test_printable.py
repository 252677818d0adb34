"""Nothing that acts, hides or misleads is printed."""

from __future__ import annotations

import os
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nginx_memlint.printable import printable, unescaped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain /etc/nginx ümlaut 漢字 🙂", "plain /etc/nginx ümlaut 漢字 🙂"),
        ("a\nb\r\t\0\x1b[31m\x7f", "a\\x0ab\\x0d\\x09\\x00\\x1b[31m\\x7f"),
        (os.fsdecode(b"\xff\x80"), "\\xff\\x80"),
        ("\x85\x9b\xa0\xad", "\\u0085\\u009b\\u00a0\\u00ad"),
        (
            "\u202a\u202b\u202c\u202d\u202e",
            "\\u202a\\u202b\\u202c\\u202d\\u202e",
        ),
        ("\u2066\u2067\u2068\u2069", "\\u2066\\u2067\\u2068\\u2069"),
        ("\u200e\u200f\u061c\u200b\u200d", "\\u200e\\u200f\\u061c\\u200b\\u200d"),
        ("\u2028\u2029\ufeff\u2060", "\\u2028\\u2029\\ufeff\\u2060"),
        ("\u3164\uffa0\u115f\u2800\ufe0f\u034f", "\\u3164\\uffa0\\u115f\\u2800\\ufe0f\\u034f"),
        ("\ufffe\U000e0041\U000e0100", "\\ufffe\\U000e0041\\U000e0100"),
    ],
)
def test_what_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown
    assert unescaped(shown) == text


def test_no_format_control_or_separator_is_left() -> None:
    # planes 3 to 13 hold no such characters, 15 and 16 are for private use
    codes = (*range(0x30000), *range(0xE0000, 0xE1000), sys.maxunicode)
    kept = printable("".join(map(chr, codes)))
    assert {unicodedata.category(char) for char in kept} & {
        *("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    } == set()
    assert [char for char in set(kept) if unicodedata.category(char) == "Zs"] == [" "]


@given(st.binary())
def test_names_come_back(data: bytes) -> None:
    name = os.fsdecode(data)
    shown = printable(name)
    assert printable(shown) == shown
    if "\\" not in name:
        assert os.fsencode(unescaped(shown)) == data


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("##[error]a", "##\\x5berror]a"),
        ("a ##vso[task.setvariable variable=a]b", "a ##vso\\x5btask.setvariable variable=a]b"),
        ("##teamcity[a]", "##teamcity\\x5ba]"),
        ("::error::a", "\\x3a:error::a"),
        ("  ::error::a", "  \\x3a:error::a"),
        ("é ##[a]", "é ##\\x5ba]"),
        ("# [a] a::b [::1]:80", "# [a] a::b [::1]:80"),
    ],
)
def test_no_command_of_a_pipeline(text: str, shown: str) -> None:
    """Runners of pipelines take such lines for commands, in whatever is printed."""
    assert printable(text) == printable(shown) == shown
    assert unescaped(shown) == text
