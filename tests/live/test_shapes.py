"""Configurations that calibrate measures, as texts; the real nginx runs them in tests/nginx."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.live.certificates import BundlePair
from nginx_memlint.live.shapes import Amounts, Method, Shapes
from nginx_memlint.live.site import Site
from nginx_memlint.targets.banner import Nginx

BY_LUA = Method("load_module lua.so;\n", "0.10.23")
BY_PROXY = Method("", None)
WITHOUT_PROXY = ("--without-http_proxy_module",)
FEW = Amounts(reload_stores=(2, 5), reload_hosts=(3, 7), reload_locations=4)


def shapes(
    directory: Path, method: Method, arguments: tuple[str, ...] = (), *, has_pair: bool = True
) -> Shapes:
    """The shapes for an nginx, with certificates that no nginx would take."""
    files = [directory / name for name in ("small.pem", "large.pem", "own.pem", "own.key")]
    for file in files:
        file.write_text(file.name)
    small, large, certificate, key = files
    pair = BundlePair(small, large, certificate, key, "made")
    if not has_pair:
        pair = BundlePair(small, large, None, None, "made")
    nginx = Nginx("/nginx", "nginx", "1.22.1", None, None, arguments)
    return Shapes(Site(nginx, directory), method, pair)


def test_locations_load_one_bundle_or_copies(tmp_path: Path) -> None:
    made = shapes(tmp_path, BY_PROXY)
    assert made.trusting(3, made.bundles.small, copies=False).count("/small.pem;") == 3
    copied = made.trusting(3, made.bundles.small, copies=True)
    for number in range(3):
        assert copied.count(f"/small-{number}.pem;") == 1
        assert (tmp_path / f"small-{number}.pem").read_text() == "small.pem"


@pytest.mark.parametrize(
    ("method", "arguments", "has_pair", "kinds"),
    [
        (BY_PROXY, (), True, {"", "heap", "contexts", "pool"}),
        (BY_LUA, (), True, {"", "heap", "contexts", "pool"}),
        (BY_LUA, WITHOUT_PROXY, True, {"", "heap", "contexts"}),
        (BY_PROXY, (), False, {"", "heap", "pool"}),
    ],
)
def test_reloads_are_of_more_of_one_kind(
    tmp_path: Path, method: Method, arguments: tuple[str, ...], has_pair: bool, kinds: set[str]
) -> None:
    load, configurations = shapes(tmp_path, method, arguments, has_pair=has_pair).of_reloads(FEW)
    assert configurations.keys() == kinds
    assert load == (method.load if arguments else "")
    assert "lua_" in configurations[""] if arguments else "lua_" not in configurations[""]
    counts = {
        kind: tuple(text.count(word) for word in ("location /s", "server_name", "location /p"))
        for kind, text in configurations.items()
    }
    hosts, more = (1 + 3, 1 + 7) if has_pair else (1, 1)
    expected = {"": (2, hosts, 0), "heap": (5, hosts, 0)}
    expected |= {"contexts": (2, more, 0), "pool": (2, hosts, 4)}
    assert counts == {kind: expected[kind] for kind in kinds}
