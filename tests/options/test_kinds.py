"""Values as people write them, and what is said of wrong ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nginx_memlint import check
from nginx_memlint.options.kinds import BUNDLES
from nginx_memlint.report import schemas
from tests.helpers import BUNDLE, http, memlint, write
from tests.rules.bundles import pem

LUA = "lua_ssl_trusted_certificate %s; server { location / { access_by_lua_file a; } }"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["/ca.pem=150"], {"/ca.pem": (150, 225_000)}),
        (["/ca.pem=150,220KiB", "a=b.pem=1"], {"/ca.pem": (150, 225_280), "a=b.pem": (1, 1_500)}),
        ({"ca.pem": {"certificates": 3, "bytes": 4000}}, {"ca.pem": (3, 4000)}),
        ({"ca.pem": {"certificates": 3, "bytes": "4000"}}, {"ca.pem": (3, 4000)}),
        ({"ca.pem": 3}, {"ca.pem": (3, 4_500)}),
    ],
)
def test_bundles(value: Any, expected: Any) -> None:
    assert BUNDLES.read(value) == expected
    jsonschema.validate(value, BUNDLES.schema())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("ca.pem=3", "must be a table of CA files, e.g. {"),
        (["ca.pem"], '"ca.pem" is not PATH=CERTIFICATES, e.g. ca.pem=150'),
        (["=3"], "is empty"),
        (["ca.pem=0"], '"ca.pem": give 1 to 100,000 certificates, not 0'),
        (["ca.pem=-1"], '"-1" is not a whole number'),
        (["ca.pem=12,100"], "12 certificates have more than 100 bytes of PEM"),
        (["ca.pem=12,few"], '"few" is not a size like'),
        ({"ca.pem": {"bytes": 5000}}, '"ca.pem" has no size like {certificates = 150,'),
        ({"ca.pem": {"certificates": 1, "size": 5000}}, '"ca.pem" has no size like'),
        ({"ca.pem": 1.5}, "must be a whole number"),
        ({"ca.pem": True}, "must be a whole number"),
    ],
)
def test_wrong_bundles(value: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        BUNDLES.read(value)


def test_a_stated_bundle_is_counted_whatever_is_there(tmp_path: Path) -> None:
    """The file of the runner, another one, none, and one that is no bundle: always the same."""
    conf = write(tmp_path, {"nginx.conf": http(LUA % "ca.pem")})
    stated = {"target": "debian-12", "bundles": {"ca.pem": {"certificates": 150, "bytes": 225_352}}}
    ca = tmp_path / "ca.pem"
    sizes = set()
    said = {}
    small = BUNDLE.read_text("ascii").partition("-----END CERTIFICATE-----\n")
    for name, text in {
        "none": None,
        "equal": BUNDLE.read_bytes(),
        "small": "".join(small[:2]).encode(),
        "larger": BUNDLE.read_bytes() + pem(1).encode(),
        "none of PEM": b"x",
    }.items():
        if text is None:
            ca.unlink(missing_ok=True)
        else:
            ca.write_bytes(text)
        report = check(conf, **stated)
        assert (report.complete, report.findings) == (True, [])
        sizes.add(report.memory.loads_bytes)
        said[name] = [text for text in report.assumptions if text.startswith("ca.pem: ")]
    assert len(sizes) == 1
    ca.write_bytes(BUNDLE.read_bytes())
    exact = check(conf, target="debian-12").memory.loads_bytes
    assert exact <= sizes.pop() <= 1.005 * exact
    plain = "ca.pem: 150 certificates, as given"
    more = f"{plain}; the file that is there has 151 and takes more"
    assert said == {name: [more if name == "larger" else plain] for name in said}


def test_stated_by_any_name_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, {"etc/nginx.conf": http(LUA % "../ca.pem")})
    for name in ("../ca.pem", str(tmp_path / "ca.pem"), str(tmp_path / "etc/../ca.pem")):
        report = check(tmp_path / "etc/nginx.conf", target="debian-12", bundles={name: 5})
        assert [finding.rule for finding in report.findings] == [], name
    report = check(tmp_path / "etc/nginx.conf", target="debian-12", bundles={"ca.pem": 5})
    assert [finding.rule for finding in report.findings] == ["ML303"]


def test_a_stated_bundle_goes_before_the_cost_of_a_load(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http(LUA % "ca.pem")})
    report = check(conf, target="debian-12", unit_cost="64MiB", bundles={"ca.pem": 5})
    assert report.memory.loads_bytes < 1 << 20


def test_bundles_in_settings(tmp_path: Path) -> None:
    """Those of a root are beside those of all; each is told, as it may lower a figure."""
    settings = """\
        target = "debian-12"
        bundles = { "/ca.pem" = 150, "ca.pem" = 7 }
        [[roots]]
        path = "nginx.conf"
        bundles = { "ca.pem" = { certificates = 3, bytes = "5KiB" } }
    """
    inside = (
        "lua_ssl_trusted_certificate ca.pem; server { location / { access_by_lua_file a; } "
        "location /b { lua_ssl_trusted_certificate /ca.pem; access_by_lua_file a; } }"
    )
    write(tmp_path, {"nginx.conf": http(inside), "memlint.toml": settings})
    done = memlint("check", "--format=json", cwd=tmp_path)
    [config] = done.json["configs"]
    said = [text for text in config["assumptions"] if "certificates, as given" in text]
    assert said == ["ca.pem: 3 certificates, as given", "/ca.pem: 150 certificates, as given"][::-1]
    told = {item["what"]: (item["line"], item["of"]) for item in config["lowered"]}
    assert told["bundles is /ca.pem=150,225000,ca.pem=3,5120"] == (5, "figures")
    shown = memlint("config", "--format=json", cwd=tmp_path).json["roots"][0]["values"]["bundles"]
    assert shown["value"] == {"/ca.pem": "150,225000", "ca.pem": "3,5120"}
    assert memlint("check", "--no-config", "nginx.conf", cwd=tmp_path).out.count("as given") == 0


def test_the_schema_of_settings_has_bundles() -> None:
    schema = schemas.schema("memlint")
    jsonschema.validate({"bundles": {"a": 1, "b": {"certificates": 2}}}, schema)
    for wrong in ({"a": "x"}, {"a": {"bytes": 1}}, {"a": 0}, 5):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"bundles": wrong}, schema)
