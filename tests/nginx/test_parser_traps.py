"""Texts that nginx reads in ways of its own: one configuration for each trap, with nginx's verdict.

memlint is held to the recorded verdict everywhere; where nginx 1.22.1 with lua 0.10.23 is there,
the record is held to it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.tree.build import build
from tests.nginx.compare_syntax import Verdict, compare, memlint_verdict
from tests.nginx.fuzz_syntax import lua_preamble
from tests.nginx.generate_syntax import HEADER, Case
from tests.nginx.stack import Stack

START = HEADER.replace(b"\n", b" ")


@dataclass(frozen=True)
class Trap:
    """The inside of an http block, which starts in line 1, files beside it, nginx's verdict.

    `verdict` is the number of blocks that get an SSL context, or a message and its line, and the
    file unless it is nginx.conf; ``%`` in a message is the directory.
    """

    name: str
    http: bytes
    verdict: int | tuple[str, int] | tuple[str, int, str]
    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    start: bytes = START
    end: bytes = b"\n}\n"

    def case(self, preamble: bytes) -> Case:
        """The files."""
        case = Case(0)
        case.files[b"nginx.conf"] = (
            preamble.replace(b"\n", b" ") + self.start + self.http + self.end
        )
        case.files.update((os.fsencode(name), content) for name, content in self.files.items())
        case.links.update((os.fsencode(n), os.fsencode(t)) for n, t in self.links.items())
        return case

    def expected(self, directory: Path) -> Verdict:
        """The recorded verdict, for files below a directory."""
        if isinstance(self.verdict, int):
            return Verdict(None, contexts=self.verdict)
        message, line, *file = self.verdict
        path = str(directory / (file[0] if file else "nginx.conf"))
        return Verdict(message.replace("%", str(directory)), path, line)


DUPLICATE_A = 'duplicate location "/a"'
EOF_IN_DIRECTIVE = 'unexpected end of file, expecting ";" or "}"'
EOF_IN_BLOCK = 'unexpected end of file, expecting "}"'
EOF_IN_LUA = "unexpected end of file, expecting terminating characters for lua code block"
LUA_TOO_LONG = "too long lua code block, probably missing terminating characters"
NO_FILE = '" failed (2: No such file or directory)'


def in_location(text: bytes) -> bytes:
    return b"server { location / { " + text + b" } }"


def unclosed_bracket(closing: str) -> str:
    return (
        f'Lua code block missing the closing long bracket "{closing}", '
        "the inlined Lua code may be too long"
    )


LUA = (
    Trap("no_space_before_the_brace", in_location(b"content_by_lua_block{ } "), 2),
    Trap("comment_before_the_brace", in_location(b"content_by_lua_block # {\n { x() }"), 2),
    Trap("set_by_lua_block", in_location(b"set_by_lua_block $x{ return '}' }"), 2),
    Trap("server_rewrite", b"server { server_rewrite_by_lua_block { if x then {} end } }", 1),
    Trap("exit_worker", b"exit_worker_by_lua_block { server = {} } server { }", 1),
    Trap("quoted_name", in_location(b'"content_by_lua_block" { "}" }'), 2),
    Trap("strings", in_location(b"""content_by_lua_block { "}" '}' "\\"}" '\\'}' "'}" }"""), 2),
    Trap(
        "string_ends_with_its_line",
        in_location(b'content_by_lua_block { "a\n} if'),
        ('unexpected "}"', 2),
    ),
    Trap(
        "backslash_before_the_line_end",
        in_location(b'content_by_lua_block { "a\\\n}" }'),
        (EOF_IN_DIRECTIVE, 4),
    ),
    Trap(
        "long_brackets",
        in_location(b"content_by_lua_block { [[}]] [=[ ]] } ]=] [==[ ]=] '\" ]==] }"),
        2,
    ),
    Trap("long_comments", in_location(b"content_by_lua_block { --[[ } ]] --[==[ ]] } ' ]==] }"), 2),
    Trap("no_long_comment", in_location(b"content_by_lua_block { --[ }\n --[= }\n }"), 2),
    Trap("backslash_in_long_bracket", in_location(b"content_by_lua_block { [[\\]] }"), 2),
    Trap(
        "line_comment_eats_the_brace",
        in_location(b"content_by_lua_block { x() -- }"),
        (EOF_IN_BLOCK, 3),
    ),
    Trap("line_comment_with_backslash", in_location(b"content_by_lua_block { -- \\\n } # \\\n"), 2),
    Trap("line_comment_with_quote", in_location(b"content_by_lua_block { -- it's \\\"\n }"), 2),
    Trap("line_comment_and_return", in_location(b"content_by_lua_block { -- }\r}\n }"), 2),
    Trap("closing_bracket_alone", in_location(b"content_by_lua_block { a[b[1]] = 2 ]==] }"), 2),
    Trap("minus_minus_bracket_in_string", in_location(b"content_by_lua_block { '--[[' }"), 2),
    Trap(
        "unclosed_long_bracket",
        b"server {\n" + in_location(b"content_by_lua_block {\n\n [=[ }"),
        ('"server" directive is not allowed here', 2),
    ),
    Trap(
        "unclosed_long_string",
        in_location(b"content_by_lua_block {\n\n [=[ }"),
        (unclosed_bracket("]=]"), 3),
    ),
    Trap(
        "unclosed_long_comment",
        in_location(b"content_by_lua_block {\n --[[ }"),
        (unclosed_bracket("]]"), 2),
    ),
    Trap(
        "unclosed_braces", in_location(b"content_by_lua_block {\n {\n }\n {\n }"), (EOF_IN_BLOCK, 7)
    ),
    Trap(
        "unclosed",
        b"server { location / { content_by_lua_block {\n {\n }\n {\n",
        (EOF_IN_LUA, 4),
        end=b"}\n",
    ),
    Trap("name_as_key_of_a_map", b"map $uri $x { content_by_lua_block 1; } server { }", 1),
    Trap("name_as_argument", b"server { return 200 content_by_lua_block; }", 1),
    Trap("name_as_type", b"types { content_by_lua_block set_by_lua_block; } server { }", 1),
    Trap(
        "without_block",
        in_location(b"content_by_lua_block 'x'\n;"),
        ('directive "content_by_lua_block" has no opening "{"', 2),
    ),
    Trap("no_bytes_lost_after_it", in_location(b"content_by_lua_block {a}if ($uri) { }"), 3),
)

CODE = b"local abc = def\n"  # 16 bytes without a token of the Lua lexer

LUA_BUFFER = (
    Trap(
        "code_of_many_lines_with_braces",
        in_location(b"content_by_lua_block { " + b"f({})\n" * 3000 + b"}"),
        2,
    ),
    Trap(
        "code_without_tokens",
        in_location(b"include a;"),
        2,
        {"a": b"content_by_lua_block {" + CODE * 120 + b"}"},
    ),
    Trap(
        "code_without_tokens_too_long",
        in_location(b"include a;"),
        (LUA_TOO_LONG, 1, "a"),
        {"a": b"content_by_lua_block {" + CODE * 400 + b"}"},
    ),
    Trap(
        "lines_that_nginx_forgets",
        in_location(b"include a;"),
        ('unexpected "}"', 10, "a"),
        {"a": b"content_by_lua_block {" + b"{}" * 900 + CODE * 150 + b"}\n}"},
    ),
    Trap(
        "lines_that_nginx_forgets_before_an_include",
        in_location(b"include a;"),
        (f'open() "%/none{NO_FILE}', 10, "a"),
        {"a": b"content_by_lua_block {" + b"{}" * 900 + CODE * 150 + b"}\ninclude none;"},
    ),
    Trap(
        "long_string_crosses_the_buffer",
        in_location(b"include a;"),
        (unclosed_bracket("]]"), 1, "a"),
        {"a": b"content_by_lua_block { [[" + b"x" * 4090 + b"]] }"},
    ),
    Trap(
        "long_string_after_a_refill",
        in_location(b"include a;"),
        2,
        {"a": b"content_by_lua_block {" + b"{}" * 1100 + b"[[" + b"x" * 3900 + b"]] }"},
    ),
    Trap(
        "comment_crosses_the_buffer",
        in_location(b"include a;"),
        ('unexpected "}"', 2, "a"),
        {"a": b"content_by_lua_block {--" + b"x" * 4080 + b"}\n}"},
    ),
)

TOKENS = (
    Trap("variable_in_braces", b"server { return 200 ${uri}; location ~ ${uri} { } }", 2),
    Trap("dollar_brace_before_the_end", in_location(b"types { a${ b; } if ($uri) { }"), 3),
    Trap("dollar_and_many_braces", in_location(b"types { a${{{ b; } if ($uri) { }"), 3),
    Trap("dollar_backslash_brace", in_location(b"types { a$\\{ b; } if ($uri) { }"), 3),
    Trap(
        "dollar_eats_the_opening_brace",
        b"server { location $a${",
        (EOF_IN_BLOCK, 3),
        end=b" { }\n\n",
    ),
    Trap("dollar_then_quoted", b'server { set $a ${uri}"b"; } server { }', 2),
    Trap("dollar_then_comment", b"server { set $a ${uri}#b; } server { }", 2),
    Trap("escaped_dollar", b"types { \\${ a; } server { }", ('unexpected "{"', 1)),
    Trap("closing_brace_in_a_word", b"types { a}b c}; x} }y; } server { }", ('unexpected "}"', 1)),
    Trap("closing_brace_ends_a_word", b"types { a}b c}; x} y}; } server { }", 1),
    Trap("closing_brace_as_argument", b"server { return 204 } }", ('unexpected "}"', 1)),
    Trap("quote_inside_a_word", b"types { a\"b c'd; } server { }", 1),
    Trap("word_after_a_quote", b'types {\n "a"b c; }', ('unexpected "b"', 2)),
    Trap("comment_after_a_quote", b'types { "a"#b\n c; }', ('unexpected "#"', 1)),
    Trap("byte_after_a_quote", b'types { "a"\xff c; }', ('unexpected "\udcff"', 1)),
    Trap("parenthesis_after_a_quote", b'server { if ($uri = "a") { } }', 2),
    Trap("word_after_a_parenthesis", b'types { "a")b c; } server { }', 1),
    Trap(
        "brace_after_a_quote", b'upstream "a"{ server "127.0.0.1"; } server { location "/"{ } }', 2
    ),
    Trap("comment_inside_a_word", b"types { a#b c#; } server { }", 1),
    Trap("comments_between_all", b"server # {\n # }\n { # \"\n location # '\n / # ;\n { } }", 2),
    Trap("escaped_space", b"types { a\\ b c; } server { }", 1),
    Trap("escaped_semicolon", b"types { a\\;b c\\{; } server { }", 1),
    Trap("escaped_line_end", b"types { a\\\nb c; }\n}", ('unexpected "}"', 3), end=b"}"),
    Trap("escaped_quote", b"types { \"a\\\"}\" 'b\\'}'; } server { }", 1),
    Trap("backslashes_before_a_quote", b"types { 'a\\\\' b; } server { }", 1),
    Trap("two_line_string", b"types { 'a\n\nb' c; }\n;", ('unexpected ";"', 4)),
    Trap("form_feed", b"types { a\x0cb c\x0b; } server { }", 1),
    Trap(
        "next_line_and_no_break_space", b"types { a\xc2\x85b c\xc2\xa0\xe3\x80\x80; } server { }", 1
    ),
    Trap("bytes_that_are_not_utf_8", b"types { \xff\xfe \xc3; } server { }", 1),
    Trap("lone_return_in_a_comment", b"# server { }\rserver { }\n server { }", 1),
    Trap("lone_return_separates", b"types\r{\ra\rb;}\rserver\r{}", 1),
    Trap("returns_and_line_feeds", b"server {\r\n}\r\n;", ('unexpected ";"', 3)),
    Trap("empty_strings", b"types { '' \"\"; } server { }", 1),
    Trap("quoted_punctuation", b"types { '}' '{' ';'; ';' a; } server { }", 1),
    Trap("quoted_block_names", b"\"server\" { 'location' '/' { } }", 2),
    Trap("name_of_a_block_in_a_string", b"server { return 200 'server { location / { } }'; }", 1),
    Trap("unclosed_string", b"server {\n return 200 'a;\n}\n", (EOF_IN_DIRECTIVE, 5), end=b"\n"),
    Trap("file_ends_in_a_word", b"server { } serv", (EOF_IN_DIRECTIVE, 1), end=b""),
    Trap("file_ends_in_an_escape", b"server { } a\\", (EOF_IN_DIRECTIVE, 1), end=b""),
    Trap("file_ends_in_a_block", b"server {\n", (EOF_IN_BLOCK, 2), end=b""),
    Trap("file_ends_in_a_comment", b"server { } } #", 1, end=b""),
    Trap("one_brace_too_many", b"server { } }\n}", ('unexpected "}"', 2), end=b""),
    Trap("nothing_before_a_brace", b"server { { } }", ('unexpected "{"', 1)),
    Trap("nothing_before_a_semicolon", b"server { };", ('unexpected ";"', 1)),
    Trap("longest_word", b"include a;", 1, {"a": b"server { return 200 " + b"b" * 4095 + b"; }"}),
    Trap(
        "word_too_long",
        b"include a;",
        ('too long parameter "bbbbbbbbbb..." started', 1, "a"),
        {"a": b"types { a " + b"b" * 4096 + b"; }" + b"server{}"},
    ),
    Trap(
        "string_too_long",
        b"include a;",
        ('too long parameter, probably missing terminating "\'" character', 2, "a"),
        {"a": b"types {\n'" + b"b\n" * 2048 + b"' c; }" + b"server{}"},
    ),
    Trap(
        "string_ends_at_the_buffer_end",
        b"include a;",
        ('too long parameter "bbbbbbbbbb..." started', 1, "a"),
        {"a": b"types { '" + b"b" * 4094 + b"' c; }"},
    ),
    Trap(
        "wrong_byte_at_the_buffer_end",
        b"include a;",
        ('unexpected "c"', 1, "a"),
        {"a": b"types { '" + b"b" * 4094 + b"'c; }"},
    ),
    Trap(
        "comment_too_long",
        b"include a;",
        ('too long parameter "#bbbbbbbbb..." started', 2, "a"),
        {"a": b"\n#" + b"b" * 4096 + b"\n"},
    ),
    Trap("last_comment_may_be_long", b"include a; server { }", 1, {"a": b"#" + b"b" * 4095}),
    Trap("zero_byte", b"types { a\0b c; } server { }", 1),
)

INCLUDES = (
    Trap(
        "included_in_several_contexts",
        b"include a; server { include a; location / { include a; } }",
        2,
        {"a": b"add_header A b;"},
    ),
    Trap(
        "included_many_times",
        b"include a; include a; server { include b; include b; }",
        7,
        {"a": b"server { include b; }", "b": b"if ($uri) { }"},
    ),
    Trap(
        "in_if_and_limit_except",
        in_location(b"if ($uri) { include a; } limit_except GET { include a; }"),
        4,
        {"a": b"# nothing\n"},
    ),
    Trap(
        "blocks_in_an_if",
        in_location(b"if ($uri) { include a; }"),
        ('"location" directive is not allowed here', 2, "a"),
        {"a": b"\nlocation / { }"},
    ),
    Trap(
        "in_data_blocks",
        b"types { include a; } map $uri $x { include a; } geo $g { include a; } server { }",
        1,
        {"a": b"10.0.0.0/8 location;"},
    ),
    Trap(
        "braces_in_a_file_of_keys",
        b"map $uri $x { include a; } server { }",
        ('unexpected "{"', 1, "a"),
        {"a": b"server { }"},
    ),
    Trap(
        "same_file_as_keys_and_as_directives",
        b"types { include a; } include a;",
        ('directive "server" has no opening "{"', 1, "a"),
        {"a": b"server a;"},
    ),
    Trap(
        "globs_are_sorted_by_bytes",
        b"include d/*;",
        ('"if" directive is not allowed here', 1, "d/Z"),
        {"d/a": b"location / { }", "d/Z": b"if ($a) { }", "d/b": b"server { }"},
    ),
    Trap(
        "glob_not_a",
        b"include d/[^a].conf;",
        1,
        {"d/a.conf": b"}", "d/b.conf": b"server { }", "d/^.conf": b""},
    ),
    Trap("glob_class", b"include d/[[:alpha:]]*;", 1, {"d/a": b"server { }", "d/1": b"}"}),
    Trap("glob_escape", b"include d/\\*[a];", 1, {"d/*a": b"server { }", "d/ba": b"}"}),
    Trap("glob_unclosed", b"include d/a[b;", 0, {"d/ab": b"}"}),
    Trap("glob_unclosed_is_a_name", b"include d/a[b;", 1, {"d/a[b": b"server { }", "d/ab": b"}"}),
    Trap("glob_skips_dot_files", b"include d/*;", 1, {"d/a": b"server { }", "d/.b": b"}"}),
    Trap("glob_of_dot_files", b"include d/.b*;", 1, {"d/.b": b"server { }"}),
    Trap(
        "glob_in_a_directory_name",
        b"include */conf;",
        2,
        {"a/conf": b"server { }", "b/conf": b"server { }"},
    ),
    Trap("glob_without_match", b"include d/*; server { }", 1),
    Trap(
        "glob_in_a_geo_is_a_name",
        b"geo $g { include d/*; }",
        (f'open() "%/d/*{NO_FILE}', 1),
        {"d/a": b""},
    ),
    Trap("plain_name_missing", b"server {\ninclude\nd/a\n; }", (f'open() "%/d/a{NO_FILE}', 4)),
    Trap(
        "missing_after_a_good_one",
        b"include d/*;",
        ('unexpected "}"', 1, "d/a"),
        {"d/a": b"}"},
        {"d/b": "nowhere"},
    ),
    Trap(
        "dangling_link_in_a_glob",
        b"include d/*;",
        (f'open() "%/d/b{NO_FILE}', 1),
        {"d/a": b"server { }"},
        {"d/b": "nowhere"},
    ),
    Trap("link", b"include x*; include xa;", 2, {"d/a": b"server { }"}, {"xa": "d/a"}),
    Trap("link_to_a_directory", b"include l/*;", 1, {"d/a": b"server { }"}, {"l": "d"}),
    Trap(
        "link_to_itself",
        b"include l;",
        ('open() "%/l" failed (40: Too many levels of symbolic links)', 1),
        links={"l": "l"},
    ),
    Trap("escapes_in_a_path", b"include 'a\\\\b\\'.conf';", 1, {"a\\b'.conf": b"server { }"}),
    Trap("path_that_is_not_utf_8", b"include \xff.conf;", 1, {"\udcff.conf": b"server { }"}),
    Trap("zero_byte_ends_a_path", b"include a\0b;", 1, {"a": b"server { }"}),
    Trap(
        "relative_to_the_main_file",
        b"include d/a;",
        1,
        {"d/a": b"include d/b;", "d/b": b"server { }"},
    ),
    Trap(
        "not_to_the_including_file",
        b"include d/a;",
        (f'open() "%/b{NO_FILE}', 1, "d/a"),
        {"d/a": b"include b;", "d/b": b""},
    ),
    Trap("block_split_over_files", b"include a; }", (EOF_IN_BLOCK, 1, "a"), {"a": b"server {"}),
    Trap(
        "closing_brace_in_a_file", b"server { include a;", ('unexpected "}"', 1, "a"), {"a": b"}"}
    ),
    Trap(
        "two_arguments", b"include a b;", ('invalid number of arguments in "include" directive', 1)
    ),
    Trap("no_argument", b"include\n;", ('invalid number of arguments in "include" directive', 2)),
    Trap(
        "two_arguments_in_a_map",
        b"map $uri $x { include a b; }",
        ("invalid number of the map parameters", 1),
    ),
    Trap(
        "include_with_a_block",
        b"include a { }",
        ('directive "include" is not terminated by ";"', 1),
    ),
    Trap(
        "includes_itself",
        b"include a;",
        ('open() "%/a" failed (24: Too many open files)', 2, "a"),
        {"a": b"\ninclude a;"},
    ),
    Trap(
        "circle_ends_in_another_context",
        b"include a;",
        ('"server" directive is not allowed here', 1, "a"),
        {"a": b"server { include a; }"},
    ),
    Trap("error_before_an_include", b"include none1; }}", (f'open() "%/none1{NO_FILE}', 1)),
    Trap(
        "included_file_starts_with_a_mark",
        b"include a;",
        ('unknown directive "\ufeffserver"', 2, "a"),
        {"a": b"\xef\xbb\xbfserver\n{ }"},
    ),
    Trap(
        "mark_in_a_file_of_keys",
        b"types { include a; } server { }",
        1,
        {"a": b"\xef\xbb\xbfserver a;"},
    ),
)

STRUCTURE = (
    Trap(
        "names_of_blocks_in_a_map",
        b"map $uri $x { server 1; ~location 2; if 3; types 4; } server { }",
        1,
    ),
    Trap(
        "names_of_blocks_in_types",
        b"types { server a; location b; if c; limit_except d; } server { }",
        1,
    ),
    Trap("block_in_a_map", b"map $uri $x {\n location / { } }", ('unexpected "{"', 2)),
    Trap("block_in_types", b"types { a { } }", ('unexpected "{"', 1)),
    Trap("deep_nesting", b"server {" + b"location ~ a {" * 2500 + b"}" * 2501, 2501),
    Trap(
        "server_in_server", b"server { server\n{ } }", ('"server" directive is not allowed here', 2)
    ),
    Trap(
        "server_in_upstream",
        b"upstream a { server\nb { } }",
        ('directive "server" is not terminated by ";"', 2),
    ),
    Trap(
        "server_without_argument_in_upstream",
        b"upstream a { server; }",
        ('invalid number of arguments in "server" directive', 1),
    ),
    Trap("location_in_http", b"location / { }", ('"location" directive is not allowed here', 1)),
    Trap(
        "limit_except_in_server",
        b"server { limit_except GET { } }",
        ('"limit_except" directive is not allowed here', 1),
    ),
    Trap(
        "if_in_if",
        in_location(b"if ($uri) { if ($uri) { } }"),
        ('"if" directive is not allowed here', 1),
    ),
    Trap("events_in_http", b"events { }", ('"events" directive is not allowed here', 1)),
    Trap(
        "server_in_events",
        b"",
        ('"server" directive is not allowed here', 1),
        start=START.replace(b"worker_connections 64;", b"server { }"),
    ),
    Trap("server_without_block", b"server\n;", ('directive "server" has no opening "{"', 2)),
    Trap(
        "location_without_block",
        b"server { location /\n; }",
        ('directive "location" has no opening "{"', 2),
    ),
    Trap("if_without_block", b"server { if ($uri); }", ('directive "if" has no opening "{"', 1)),
    Trap(
        "location_without_block_in_http",
        b"location /;",
        ('"location" directive is not allowed here', 1),
    ),
    Trap(
        "server_with_an_argument",
        b"server a { }",
        ('invalid number of arguments in "server" directive', 1),
    ),
    Trap(
        "location_without_argument",
        b"server { location { } }",
        ('invalid number of arguments in "location" directive', 1),
    ),
    Trap(
        "location_with_three",
        b"server { location a b c { } }",
        ('invalid number of arguments in "location" directive', 1),
    ),
    Trap(
        "if_without_argument",
        b"server { if { } }",
        ('invalid number of arguments in "if" directive', 1),
    ),
    Trap(
        "types_with_an_argument",
        b"types a { }",
        ('invalid number of arguments in "types" directive', 1),
    ),
    Trap("map_with_one", b"map a { }", ('invalid number of arguments in "map" directive', 1)),
    Trap(
        "first_error_in_reading_order",
        b"server { location { } } server {",
        ('invalid number of arguments in "location" directive', 1),
    ),
)


def in_server(text: bytes) -> bytes:
    return b"server {\n" + text + b"\n}"


def if_in_location(condition: bytes) -> bytes:
    return in_location(b"if " + condition + b" { }")


def invalid(condition: str) -> tuple[str, int]:
    return f'invalid condition "{condition}"', 1


REJECTED = (
    Trap("second_http", b"}\nhttp\n{", ('"http" directive is duplicate', 3)),
    Trap("second_events", b"}\nevents { } stream { \n", ('"events" directive is duplicate', 2)),
    Trap("third_events", b"} events {\n} events {", ('"events" directive is duplicate', 1)),
    Trap("duplicate_prefix", in_server(b"location /a { } location\n/a\n{ }"), (DUPLICATE_A, 4)),
    Trap(
        "duplicate_with_modifier",
        in_server(b"location /a { }\nlocation ^~ /a { }"),
        (DUPLICATE_A, 3),
    ),
    Trap(
        "duplicate_without_space",
        in_server(b"location ^~/a { }\nlocation '/a' { }"),
        (DUPLICATE_A, 3),
    ),
    Trap(
        "duplicate_exact",
        in_server(b"location = /a { } location /a { }\nlocation =/a { }"),
        (DUPLICATE_A, 3),
    ),
    Trap(
        "duplicate_nested",
        in_server(b"location / { location /a { }\nlocation /a { } }"),
        (DUPLICATE_A, 3),
    ),
    Trap(
        "duplicate_by_an_include",
        in_server(b"location /a { }\ninclude a;"),
        (DUPLICATE_A, 2, "a"),
        files={"a": b"#\nlocation /a { }"},
    ),
    Trap("exact_and_prefix", in_server(b"location = /a { } location /a { }"), 3),
    Trap("regexes_twice", in_server(b"location ~ a { } location ~ a { } location ~*a { } "), 4),
    Trap("named_twice", in_server(b"location @a { } location @a { }"), 3),
    Trap("in_two_servers", b"server { location /a { } } server { location /a { } }", 4),
    Trap("in_two_locations", in_server(b"location / { location /a { } } location /a { }"), 4),
    Trap("slash_or_not", in_server(b"location /a { } location /a/ { } location /A { }"), 4),
    Trap(
        "outside",
        in_server(b"location /a {\nlocation\n/b\n{ } }"),
        ('location "/b" is outside location "/a"', 5),
    ),
    Trap(
        "outside_a_regex",
        in_server(b"location ~ ^/a {\nlocation /a/b { } }"),
        ('location "/a/b" is outside location "^/a"', 3),
    ),
    Trap("regex_anywhere", in_server(b"location /a { location ~ b { location ~ c { } } }"), 4),
    Trap("longer", in_server(b"location /a { location /ab { } location = /a/ { } }"), 4),
    Trap(
        "inside_exact",
        in_server(b"location = /a {\nlocation /a/b { } }"),
        ('location "/a/b" cannot be inside the exact location "/a"', 3),
    ),
    Trap(
        "inside_named",
        in_server(b"location @a {\nlocation /a/b { } }"),
        ('location "/a/b" cannot be inside the named location "@a"', 3),
    ),
    Trap(
        "named_inside",
        in_server(b"location / {\nlocation @b { } }"),
        ('named location "@b" can be on the server level only', 3),
    ),
    Trap("modifier", in_server(b"location ~~ /a { }"), ('invalid location modifier "~~"', 2)),
    Trap("modifier_case", in_server(b"location *~ /a { }"), ('invalid location modifier "*~"', 2)),
    Trap("modifier_named", in_server(b"location @ a { }"), ('invalid location modifier "@"', 2)),
    Trap("no_modifier", in_server(b"location ~~a { } location '' { } location = '' { }"), 4),
    Trap(
        "listen_block",
        in_server(b"listen\n80\n{\n}"),
        ('directive "listen" is not terminated by ";"', 4),
    ),
    Trap(
        "return_block",
        in_server(b"return 204 { }"),
        ('directive "return" is not terminated by ";"', 2),
    ),
    Trap("listen_block_outside", b"listen 80 {\n}", ('"listen" directive is not allowed here', 1)),
    Trap("greater", if_in_location(b"($uri > 5)"), ('unexpected ">" in condition', 1)),
    Trap("greater_without_space", if_in_location(b"($uri >5)"), invalid("$uri")),
    Trap("no_parentheses", if_in_location(b"$uri"), invalid("$uri")),
    Trap("no_variable", if_in_location(b"(uri)"), invalid("uri")),
    Trap("dollar", if_in_location(b"($)"), invalid("$")),
    Trap("nothing", if_in_location(b"()"), invalid(")")),
    Trap("nothing_apart", if_in_location(b"( )"), invalid(")")),
    Trap("opened", if_in_location(b"("), invalid("(")),
    Trap("not_closed", if_in_location(b"($uri = a"), invalid("a")),
    Trap("file_test", if_in_location(b"(-g $uri)"), invalid("-g")),
    Trap("not_file_test", if_in_location(b"(!-g $uri)"), invalid("!-g")),
    Trap("file_test_of_two", if_in_location(b"(-f $uri a)"), invalid("-f")),
    Trap("nothing_to_compare", if_in_location(b"($uri = )"), invalid("$uri")),
    Trap("quotes", if_in_location(b'("$uri")'), invalid('"$uri"')),
    Trap("and", if_in_location(b"($uri = a && $uri = b)"), invalid("$uri")),
    Trap(
        "conditions",
        in_location(
            b"if ($uri) { } if ( $uri ) { } if ($uri = a) { } if ( $uri != 'a b' ) { } "
            b'if ($uri ~ a) { } if ($uri ~* "(a;|$)") { } if ($uri !~ a) { } if ($uri !~* a ) { } '
            b"if (-f $uri) { } if (!-d $uri) { } if ( -e a) { } if (!-x '$uri') { } "
            b"if ($uri = '') { }"
        ),
        15,
    ),
)

TRAPS = {
    f"{group}-{trap.name}": trap
    for group, traps in {
        "lua": LUA,
        "lua_buffer": LUA_BUFFER,
        "tokens": TOKENS,
        "includes": INCLUDES,
        "rejected": REJECTED,
        "structure": STRUCTURE,
    }.items()
    for trap in traps
}


@pytest.mark.parametrize("name", TRAPS)
def test_memlint(name: str, tmp_path: Path) -> None:
    trap = TRAPS[name]
    conf = trap.case(b"").write(tmp_path)
    verdict = memlint_verdict(build(FileSystem({"/": "/"}, restricted=False), str(conf)))
    assert trap.expected(tmp_path) == verdict


@pytest.mark.parametrize("name", TRAPS)
def test_nginx(name: str, bookworm: Stack, tmp_path: Path) -> None:
    trap = TRAPS[name]
    directory = tmp_path / "p"
    comparison = compare(bookworm, trap.case(lua_preamble(bookworm)), directory)
    assert trap.expected(directory).matches(comparison.nginx)
