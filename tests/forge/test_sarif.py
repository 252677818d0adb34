"""A SARIF file as GitHub takes it."""

from __future__ import annotations

import base64
import gzip

from nginx_memlint.forge.forges import forge_of
from nginx_memlint.forge.sarif import put_sarif
from tests.forge.stub import stub


def test_it_is_sent_for_the_commit_of_the_job() -> None:
    with stub() as host:
        put_sarif(forge_of(host.environment), b'{"version": "2.1.0"}')
        [sent] = host.analyses
        assert (sent["commit_sha"], sent["ref"]) == ("0" * 40, "refs/pull/7/merge")
        assert gzip.decompress(base64.b64decode(sent["sarif"])) == b'{"version": "2.1.0"}'
