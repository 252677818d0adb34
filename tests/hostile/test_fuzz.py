"""The fuzz targets, which atheris runs for hours: a second with Hypothesis, and the corpus."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import targets
from fuzz.run import CORPUS, HERE, SHARES
from fuzz.world import MAIN, ROOT, World
from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.options.record import Options
from tests.helpers import LUA, SAMPLES
from tests.hostile.limited import SLOW, slow

SEEDS = sorted(path for path in CORPUS.rglob("*") if path.is_file())
WORDS = [
    word.encode().decode("unicode_escape").encode("latin-1")
    for word in re.findall(r'^"(.*)"$', (HERE / "nginx.dict").read_text(), re.MULTILINE)
]

EXAMPLES = settings(
    max_examples=50 if SLOW else 5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=False,
)


@st.composite
def inputs(draw: st.DrawFn, target: str) -> bytes:
    """Words of the dictionary, parts of the target's corpus, anything."""
    seeds = [path.read_bytes() for path in SEEDS if path.parent.name == target]
    seed = draw(st.sampled_from(seeds))
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(seed))] * 2)))
    pieces = st.one_of(
        st.sampled_from(WORDS), st.binary(max_size=5), st.sampled_from([b" ", b"\n"])
    )
    return seed[:start] + b"".join(draw(st.lists(pieces, max_size=8))) + seed[end:]


def test_every_target_has_a_corpus_and_a_share() -> None:
    assert {path.parent.name for path in SEEDS} == targets.FUNCTIONS.keys() == SHARES.keys()
    assert len(WORDS) > 50


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_corpus(path: Path) -> None:
    targets.FUNCTIONS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.conf")), ids=lambda path: path.parent.name)
def test_samples(path: Path) -> None:
    data = path.read_bytes()
    if len(data) < 20_000:
        targets.lexer(data)
        targets.config(data)


@pytest.mark.parametrize("target", SHARES)
def test_anything(target: str) -> None:
    @EXAMPLES
    @given(inputs(target))
    def hold(data: bytes) -> None:
        targets.FUNCTIONS[target](data)

    hold()


PARTS = (
    "server { listen 443 ssl; ssl_certificate c; ssl_certificate_key k; location / { } }",
    "server { lua_ssl_trusted_certificate /ca; location / { access_by_lua_file a; } }",
    "server { location /a { proxy_pass https://a; } location /b { if ($arg_b) { return 204; } } }",
    "lua_shared_dict d 1m;",
    "map $arg_a $b { default 1; }",
    "upstream u { server a; zone z 1m; }",
    "server { location / { limit_except GET { deny all; } } }\n" * 2,
    "# nothing",
)


@EXAMPLES
@given(st.lists(st.sampled_from(PARTS), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_includes_does_not_matter(parts: list[str], rng: random.Random) -> None:
    """Nor whether what is included stands in one file or in several."""

    def counts(included: list[str], *, separate: bool) -> tuple[object, ...]:
        names = [f"part{number}" for number in range(len(included))]
        inside = (
            "".join(f"include {name};\n" for name in names) if separate else "\n".join(included)
        )
        world = f"{LUA}events {{}}\nhttp {{\n{inside}\n}}\n"
        if separate:
            files = (f"@file {name}\n{text}\n" for name, text in zip(names, included, strict=True))
            world += "".join(files)
        options = Options(sysroot=ROOT, target=targets.TARGETS[0])
        report = examine(Job(MAIN, options, World(world.encode(), allowed=ROOT))).report
        kept_from_it = [p for p in report.problems if not p.complete]
        assert [p for p in kept_from_it if "duplicate" not in p.message] == []
        return targets.counts(report)[:-2]

    unique = list(dict.fromkeys(parts))  # a zone is declared once
    expected = counts(unique, separate=False)
    assert counts(unique, separate=True) == expected
    rng.shuffle(unique)
    assert counts(unique, separate=True) == expected


def test_what_is_outside_is_noticed() -> None:
    """The world that is fuzzed in can tell: otherwise it would prove nothing."""
    world = World(b"events {}\n@link out /etc/passwd\n", allowed=ROOT)
    with pytest.raises(AssertionError):
        world.read("/secret.conf", None, 1000)
    with pytest.raises(OSError, match="No such file"):
        world.read(f"{ROOT}/etc/nginx/out", None, 1000)
    assert world.readlink(f"{ROOT}/etc/nginx/out", ROOT) == "/etc/passwd"


needs_atheris = pytest.mark.skipif(find_spec("atheris") is None, reason="needs atheris")


@slow
@needs_atheris
def test_fuzzing_for_some_seconds(tmp_path: Path) -> None:
    """All targets, coverage-guided; the long run is in docs/fuzzing.md."""
    command = [sys.executable, "-m", "fuzz.run", "--seconds", "20"]
    done = subprocess.run(
        command,
        cwd=HERE.parent,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    executions = re.findall(r"^\| (\w+) \| \d+ \| ([\d,]+) ", done.stdout, re.MULTILINE)
    assert {name for name, _ in executions} == {*SHARES, "all"}
    assert all(int(count.replace(",", "")) > 0 for _, count in executions)
    assert list(tmp_path.iterdir()) == []
