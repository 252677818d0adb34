"""The variables by which a job knows its host."""

from __future__ import annotations

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.forge.comment import put_comment
from nginx_memlint.forge.forges import FORGES, forge_of
from tests.forge.stub import Stub

GITHUB = Stub("http://127.0.0.1:1", github=True).environment


@pytest.mark.parametrize("name", ["MEMLINT_TOKEN", "GITHUB_API_URL", "GITHUB_REPOSITORY"])
def test_what_is_not_set_is_named(name: str) -> None:
    environment = {variable: value for variable, value in GITHUB.items() if variable != name}
    with pytest.raises(MemlintError, match=name):
        put_comment(forge_of(environment), b"x")


def test_a_path_holds_names_as_data() -> None:
    forge = forge_of(GITHUB | {"MEMLINT_PULL_REQUEST": "7?x=#"})
    assert forge.path(FORGES[0].comments) == "/repos/o/r/issues/7%3Fx%3D%23/comments"


@pytest.mark.parametrize("address", ["file:///etc", "ftp://127.0.0.1", "x"])
def test_no_other_address_is_asked(address: str) -> None:
    with pytest.raises(MemlintError):
        put_comment(forge_of(GITHUB | {"GITHUB_API_URL": address}), b"x")


def test_a_host_that_is_not_there() -> None:
    with pytest.raises(OSError, match="refused"):
        put_comment(forge_of(GITHUB), b"x")
