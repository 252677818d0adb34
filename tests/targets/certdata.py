"""Count what distributions take of Mozilla's list of CA certificates: those for TLS servers.

    python -m tests.targets.certdata DIR NSS_3_114_RTM NSS_3_121_RTM

DIR is a git directory of github.com/nss-dev/nss. The list of NSS 3.110 gives the 150 certificates
and 159,591 bytes that Debian 11's package has as files.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

LIST = "lib/ckfw/builtins/certdata.txt"
TRUST = ("CKA_TRUST_SERVER_AUTH", "CKT_NSS_TRUSTED_DELEGATOR")
KEYS = ("CKA_ISSUER", "CKA_SERIAL_NUMBER")

Entry = dict[str, str | bytes]
"""The attributes of an object; those in octal as bytes."""


def entries(text: str) -> Iterator[Entry]:
    """The objects of a list, each of which begins with its class."""
    entry: Entry = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, _, rest = line.partition(" ")
        if not name.startswith("CKA_"):
            continue
        if name == "CKA_CLASS" and entry:
            yield entry
            entry = {}
        kind, _, value = rest.partition(" ")
        entry[name] = value
        if kind == "MULTILINE_OCTAL":
            octal = "".join(iter(lambda: next(lines), "END"))
            entry[name] = bytes(int(digits, 8) for digits in octal.split("\\")[1:])
    yield entry


def for_servers(text: str) -> tuple[int, int]:
    """The number of certificates with which servers are verified, and their bytes of DER."""
    certificates, trusted = {}, set()
    for entry in entries(text):
        key = tuple(entry.get(name) for name in KEYS)
        if entry.get("CKA_CLASS") == "CKO_CERTIFICATE":
            certificates[key] = len(entry["CKA_VALUE"])
        elif entry.get(TRUST[0]) == TRUST[1]:
            trusted.add(key)
    sizes = [size for key, size in certificates.items() if key in trusted]
    return len(sizes), sum(sizes)


def main() -> int:
    """Count the lists of some tags."""
    directory, *tags = sys.argv[1:]
    for tag in tags:
        command = ["git", "-C", directory, "show", f"{tag}:{LIST}"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        print(tag, *for_servers(run.stdout))
    return 0


if __name__ == "__main__":
    sys.exit(main())
