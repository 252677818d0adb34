"""A change as edits of bytes: layout kept, nothing else touched, the same tree as promised."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from nginx_memlint.fix.edits import edits, spliced
from nginx_memlint.sources.main_file import Lookup, open_entry
from nginx_memlint.targets.targets import Target, find_target
from nginx_memlint.tls.contexts import contexts
from nginx_memlint.tree.build import build
from nginx_memlint.tree.changes import TreeChange, changed
from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.tree import Tree
from tests.helpers import write
from tests.nginx.random_trees import random_site
from tests.nginx.recorded import imaginary_site

TRUSTED = "lua_ssl_trusted_certificate"


def tree_of(conf: Path) -> Tree:
    entry = open_entry(str(conf), Lookup())
    return build(entry.source, entry.path, (), entry.directory)


def moved(text: bytes, directory: Path) -> bytes:
    """Delete each directive ``gone``; put the one ``put`` into each location."""
    tree = tree_of(write(directory, {"nginx.conf": text}))
    assert tree.problems == []
    gone = tuple(setting for block in tree.all_blocks for setting in block.settings("gone"))
    [http] = tree.blocks("http")
    put = tuple(
        (block, setting) for setting in http.settings("put") for block in tree.blocks("location")
    )
    edits_by_file = edits(TreeChange(gone, put))
    return spliced(text, edits_by_file[str(directory / "nginx.conf")])


DELETIONS = [
    ("    gone 1;\n", ""),
    ("\tgone 1;\r\n", ""),
    ("    gone 1;   \n", ""),
    ("    gone 1; # why\n", "    # why\n"),
    ("    gone 1; # why\r\n", "    # why\r\n"),
    ("    a; gone 1; b;\n", "    a; b;\n"),
    ("    a;gone 1;b;\n", "    a;b;\n"),
    ("    a; gone 1;\n", "    a;\n"),
    ("    a;  gone 1;\r\n", "    a;\r\n"),
    ("    gone 1; b;\n", "    b;\n"),
    ("    gone 1; gone 2;\n", ""),
    ("    a; gone 1; gone 2;\n", "    a;\n"),
    ("    gone 1; gone 2; # why\n", "    # why\n"),
    ("    gone\n        1\n    ;\n", ""),
    ("    gone # why\n        1;\n", "    # why\n"),
    ("    gone # why\n    # and how\n        1;\n", "    # why\n    # and how\n"),
    ("    gone # why\r\n        1; b;\n", "    # why\r\n    b;\n"),
    ("    a; gone # why\n        1; b;\n", "    a; # why\nb;\n"),
    ('    gone "a;b} # c" \'{\' x\\;y;\n', ""),
    ("    gone é\xa0;\n    # ü\n", "    # ü\n"),
    ("    # gone 1;\n    gone 1;\n", "    # gone 1;\n"),
    ('    x_by_lua_block { gone = "} gone 1;" }\n    gone 1;\n',
     '    x_by_lua_block { gone = "} gone 1;" }\n'),
    ("    server { gone 1; }\n", "    server { }\n"),
    ("    server {gone 1;}\n", "    server {}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), DELETIONS)
def test_deleted(before: str, after: str, tmp_path: Path) -> None:
    around = "# é\nevents {}\nhttp {\n%s    last;\n}\n"
    result = moved((around % before).encode(), tmp_path)
    assert result.decode() == around % after


INSERTIONS = [
    ("    location / {\n        a;\n    }\n", "    location / {\n        PUT\n        a;\n    }\n"),
    ("\tlocation / {\n\t\ta;\n\t}\n", "\tlocation / {\n\t\tPUT\n\t\ta;\n\t}\n"),
    ("  location / {\r\n      a;\r\n  }\r\n", "  location / {\r\n      PUT\r\n      a;\r\n  }\r\n"),
    ("    location / { return 200; }\n", "    location / { PUT return 200; }\n"),
    ("    location / {return 200;}\n", "    location / { PUT return 200;}\n"),
    ("    location / {}\n", "    location / { PUT }\n"),
    ("    location / { }\n", "    location / { PUT }\n"),
    ("    location / {\n    }\n", "    location / {\n        PUT\n    }\n"),
    ("    location / { # why\n  a;\n    }\n", "    location / { # why\n  PUT\n  a;\n    }\n"),
    ("    location / {\n\n  # why\n   a; }\n", "    location / {\n   PUT\n\n  # why\n   a; }\n"),
    ("    location / { a;\n     b;\n    }\n", "    location / { PUT a;\n     b;\n    }\n"),
    ('    location "/{ x" {\n  b;\n    }\n', '    location "/{ x" {\n  PUT\n  b;\n    }\n'),
    ("    location /\n    {\n  a;\n    }\n", "    location /\n    {\n  PUT\n  a;\n    }\n"),
    ("    location / { gone 1; }\n", "    location / { PUT }\n"),
    ("    location / {\n        gone 1;\n    }\n", "    location / {\n        PUT\n    }\n"),
    ("    location / { gone 1;\n a;\n    }\n", "    location / {\n        PUT\n a;\n    }\n"),
    ("    location / { x_by_lua_block { } }\n", "    location / { PUT x_by_lua_block { } }\n"),
    ("    location / { location /a { } }\n", "    location / { PUT location /a { PUT } }\n"),
]  # fmt: skip


@pytest.mark.parametrize("put", ["put 1;", "put  \"a;b {}\" 'é'\t;", "put # why\n  1;"])
@pytest.mark.parametrize(("before", "after"), INSERTIONS)
def test_inserted(before: str, after: str, put: str, tmp_path: Path) -> None:
    around = f"events {{}}\nhttp {{\n    {put}\n    server {{\n%s    }}\n}}"
    result = moved((around % before).encode(), tmp_path)
    assert result.decode() == around % after.replace("PUT", put)


MOVES = [
    ("    put 1; # why\n", "location / {\n    }\n", "location / {\n        put 1; # why\n    }\n"),
    ("    put 1;  # why \r\n", "location / { a; }\n",
     "location / {\r\n        put 1; # why\r\n        a; }\n"),
    ("    put # how\n    1; # why\n", "location / {\n    }\n",
     "location / {\n        put # how\n    1; # why\n    }\n"),
    ("    a; put 1; # why\n", "location / {\n    }\n",
     "location / {\n        put 1;\n    }\n"),
    ("    put 1; b; # why\n", "location / {\n    }\n",
     "location / {\n        put 1;\n    }\n"),
]  # fmt: skip
LEFT = ["", "", "", "    a; # why\n", "    b; # why\n"]


@pytest.mark.parametrize(
    ("put", "before", "after", "left"),
    [(*move, left) for move, left in zip(MOVES, LEFT, strict=True)],
)
def test_a_comment_behind_a_directive_moves_with_it(
    put: str, before: str, after: str, left: str, tmp_path: Path
) -> None:
    """Unless something else stands on its line, which it may be about."""
    around = "events {}\nhttp {\n%sserver {\n%s}\n}"
    text = (around % (put, "    " + before)).encode()
    tree = tree_of(write(tmp_path, {"nginx.conf": text}))
    [http] = tree.blocks("http")
    moving = http.settings("put")
    change = TreeChange(tuple(moving), tuple((b, moving[0]) for b in tree.blocks("location")))
    result = spliced(text, edits(change)[str(tmp_path / "nginx.conf")])
    assert result.decode() == around % (left, "    " + after)


def test_the_last_line_may_lack_its_end(tmp_path: Path) -> None:
    assert moved(b"events {}\nhttp {}\ngone 1;", tmp_path) == b"events {}\nhttp {}\n"
    assert moved(b"events {} http {} gone 1;", tmp_path) == b"events {} http {}"


def test_a_line_of_many_edits(tmp_path: Path) -> None:
    """Time is linear in them."""
    many = b"".join(b"location /a%d { gone 1; a; } " % number for number in range(5_000))
    result = moved(b"events {} http { put 1; server { %b} }" % many, tmp_path)
    assert result.count(b"{ put 1; a; }") == 5_000
    assert b"gone" not in result


SPACES = [" ", "\n", "\r\n", "\t", "\n\n    ", " # } why\n", " # why\r\n  "]


def scattered(text: str, choose: random.Random) -> str:
    """A configuration with other white space and comments between its directives."""
    return re.sub(r"(?<=;) |(?<=server \{) ", lambda _: choose.choice(SPACES), text)


def random_change(tree: Tree, choose: random.Random) -> TreeChange:
    settings = [setting for block in tree.all_blocks for setting in block.settings(TRUSTED)]
    blocks: list[Block] = list(tree.blocks("server", "location"))
    deleted = [setting for setting in settings if choose.random() < 0.5]
    put = [
        (block, choose.choice(settings)) for block in blocks if settings and choose.random() < 0.3
    ]
    return TreeChange(tuple(deleted), tuple(put))


@pytest.mark.parametrize("version", ["debian-12", "debian-13"])
def test_random_changes_give_the_promised_contexts(version: str, tmp_path: Path) -> None:
    """Of bytes written and read again, and of the tree changed in memory; shared files too."""
    target = find_target(version)
    seed = random.SystemRandom().randrange(1 << 32)
    made = 0
    for number in range(seed, seed + 60):
        choose = random.Random(number)
        site = random_site(number, imaginary_site())
        files = {name: scattered(text, choose) for name, text in site.files.items()}
        inside = scattered(site.http, choose)
        conf = write(tmp_path, {"nginx.conf": f"events {{}}\nhttp {{\n{inside}\n}}\n", **files})
        tree = tree_of(conf)
        change = random_change(tree, choose)
        promised = changed(tree, change)
        lost = 0  # comments
        for path, file_edits in edits(change).items():
            data = tree.files[path].tokens.data
            Path(path).write_bytes(spliced(data, file_edits))
            after = Path(path).read_bytes()
            assert others(after) == others(data), f"seed {number}"
            lost += data.count(b"#") - after.count(b"#")
            made += len(file_edits)
        assert lost <= 0, f"seed {number}"
        again = tree_of(conf)
        assert again.problems == tree.problems == [], f"seed {number}"
        assert seen(again) == seen(promised), f"seed {number}"
        assert built(again, target) == built(promised, target), f"seed {number}"
    assert made > 100


def others(data: bytes) -> bytes:
    """The text without white space, comments, and the directive that is moved."""
    data = re.sub(rb"#[^\n]*", b"", data)
    return re.sub(rb"[ \t\r\n]", b"", re.sub(rb"%b [^;]*;" % TRUSTED.encode(), b"", data))


def seen(tree: Tree) -> list[object]:
    return [
        (block.label, [setting.directive.args for setting in block.settings(TRUSTED)])
        for block in tree.all_blocks
    ]


def built(tree: Tree, target: Target) -> list[object]:
    return [
        (block.label, [bundle.directive.args for bundle in group.loads.bundles])
        for group in contexts(tree, target)
        for block in group.blocks
    ]
