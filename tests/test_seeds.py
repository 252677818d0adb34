"""Outputs do not depend on PYTHONHASHSEED, which orders sets of texts."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.helpers import BUNDLE, memlint_here
from tests.nginx.facts_rows import Site
from tests.nginx.random_families import Abilities, random_families
from tests.rules.test_examples import examples

CONFIGURATIONS = 12
SEEDS = ("0", "1", "2")
TIMEOUT = 600
FILES = ("json", "markdown", "sarif")

MODULES = "".join(
    f"load_module modules/{name}.so;\n"
    for name in (
        "ndk_http_module",
        "ngx_http_lua_module",
        "ngx_stream_module",
        "ngx_http_js_module",
        "ngx_stream_js_module",
        "ngx_mail_module",
    )
)
ZONES = (
    "limit_req_zone $a zone={name}:{size} rate=1r/s;",
    "limit_conn_zone $a zone={name}:{size};",
    "proxy_cache_path /a keys_zone={name}:{size};",
    "fastcgi_cache_path /b keys_zone={name}:{size};",
    "ssl_session_cache shared:{name}:{size};",
    "lua_shared_dict {name} {size};",
    "vhost_traffic_status_zone shared:{name}:{size};",
    "upstream u{name} {{ zone {name} {size}; server 127.0.0.1; }}",
)
WRONG = (
    "proxy_ssl_trusted_certficate a.pem;",
    "lua_ssl_trusted_certificate {missing};",
    "include missing/*.conf;",
    "include nothing.conf;",
    "ssl_trusted_certificate {missing};",
    "ssl_client_certificate {missing};",
    "# memlint: ignore[ML10] no such rule",
    "# memlint: ignore[ML101, ML201, ML102, ML305] unused",
    "if ($a) {{ }}",
    "location /a {{ location /b {{ }} }}",
)


def configuration(seed: int, directory: Path) -> str:
    """All families and some zones; every other one has mistakes, and zones that disagree."""
    choose = random.Random(seed)
    wrong = seed % 2
    site = Site(directory, BUNDLE, directory / "a.crt", directory / "a.key")
    families = random_families(seed, site, Abilities(True, True, True))
    sizes = ["1m", "2m", "x"] if wrong else ["1m"]
    zones = [
        line.format(name=choose.choice("abcd"), size=choose.choice(sizes))
        for line in choose.sample(ZONES, k=len(ZONES))
    ]
    mistakes = [
        line.format(missing=f"/missing/{choose.choice('abcd')}.pem")
        for line in choose.sample(WRONG, k=wrong * 3)
    ]
    inside = "\n".join([*zones, *mistakes, families.http])
    return f"{MODULES}events {{}}\nhttp {{\n{inside}\n}}\nstream {{\n{families.stream}\n}}\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for seed in range(CONFIGURATIONS):
        place = tmp_path / f"random-{seed:03}"
        place.mkdir()
        (place / "nginx.conf").write_text(configuration(seed, place))
    for number, (code, section, _, conf) in enumerate(examples()):
        place = tmp_path / f"{number:03}-{code}-{section}"
        place.mkdir()
        (place / "nginx.conf").write_text(conf)
    return tmp_path


def outputs(directory: Path) -> dict[str, str]:
    """The outputs of some commands, each by the command's words."""
    printed = {}
    roots = sorted(directory.iterdir())
    with tempfile.TemporaryDirectory() as kept:
        formats = [word for name in FILES for word in ("--format", f"{name}:{kept}/{name}")]
        for root, other in zip(roots, [*roots[1:], roots[0]], strict=True):
            is_random = root.name.startswith("random")
            for target in ("debian-12", "debian-13")[: 1 + is_random]:
                words = ["check", "--target", target, "--max-memory", "1MiB", *formats, "--format"]
                done = memlint_here(*words, "text", root)
                printed[f"{root.name} {target}"] = f"{done.code}\n{done.out}{done.err}"
                for name in FILES:
                    if done.code != 2:
                        printed[f"{root.name} {target} {name}"] = Path(kept, name).read_text()
            others: list[tuple[str | Path, ...]] = [
                ("check", "--show-fix", root),
                ("diff", root, other),
            ]
            for command in others if is_random else []:
                done = memlint_here(*command, "--target", "debian-12")
                printed[" ".join(map(str, command))] = f"{done.code}\n{done.out}{done.err}"
    return printed


def test_output_does_not_depend_on_the_seed_of_hashes(directory: Path) -> None:
    made = []
    for seed in SEEDS:
        done = subprocess.run(
            [sys.executable, "-m", "tests.test_seeds", str(directory)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        made.append(json.loads(done.stdout))
    first, *others = made
    assert len(first) > 100
    for other in others:
        assert other.keys() == first.keys()
        for name, text in first.items():
            assert other[name].splitlines() == text.splitlines(), name


if __name__ == "__main__":
    print(json.dumps(outputs(Path(sys.argv[1]))))
