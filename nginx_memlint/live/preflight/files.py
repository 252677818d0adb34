"""The files that a reload would read: whether they were changed, and what their text tells."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from contextlib import suppress

from nginx_memlint.live.preflight.need import HEAP_OF_TEXT
from nginx_memlint.memory.estimate import unit_bytes
from nginx_memlint.memory.parts.certificates import LISTS
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.tls.ca_bundle import pem_size

HEAP_MARGIN = 1.1
"""Times of what bundles were estimated to take that they may take: single certificates are within
5 % (docs/accuracy.md)."""


STEPS_MOST = 1_000
"""Names and links on the way to a file that are followed: Linux takes 40 links."""


def is_unchanged(situation: Situation, since: float) -> bool:
    """Whether no file of a configuration was changed since then, nor a directory of an include."""
    return changed_at(situation) < since


def changed_at(situation: Situation) -> float:
    """When the last file of a configuration was changed, or a directory of an include."""
    return max(map(_changed, places_of(situation)), default=math.inf)


def places_of(situation: Situation) -> set[str]:
    """The files of a configuration, what links of them lead to, and directories of includes."""
    source = situation.tree.source
    if not isinstance(source, FileSystem):
        return set()
    places = _shown(source, situation.tree.files)
    places |= {os.path.dirname(place) for place in places}
    return places | _shown(source, [*situation.bundles.read, *situation.files.paths])


def heap_of_text(situation: Situation, since: float) -> float:
    """The most bytes that CA certificates of a configuration take for one of their text.

    It is that of its bundles, if all that are loaded were read and none was changed since then.
    """
    bundles, costs, source = situation.bundles, situation.target.costs, situation.tree.source
    if costs.caches_certificates:
        return math.inf  # of many loads, the first alone reads the file
    all_read = {cause.path for cause in situation.causes} <= {*bundles.read}
    has_lists = any(part.name == LISTS for part in situation.parts)
    if has_lists or bundles.are_priced or not all_read or not isinstance(source, FileSystem):
        return HEAP_OF_TEXT
    if not are_older(_shown(source, bundles.read), since):
        return HEAP_OF_TEXT
    times = (
        unit_bytes(bundle, costs) / pem_size(bundle.certificates, bundle.der_bytes)
        for bundle in map(bundles.bundle, bundles.read)
        if bundle and bundle.certificates
    )
    return min(HEAP_OF_TEXT, HEAP_MARGIN * max(times, default=HEAP_OF_TEXT))


def _shown(source: FileSystem, paths: Iterable[str]) -> set[str]:
    return led_to(source.shown(path) for path in paths)


def led_to(places: Iterable[str]) -> set[str]:
    """These files, the links on the way to each, and where that ends."""
    ways: set[str] = set()
    for place in places:
        at, left = "/", os.path.join(os.getcwd(), place).split("/")[::-1]
        for _ in range(STEPS_MOST):
            if not left:
                break
            at = os.path.normpath(os.path.join(at, left.pop()))
            with suppress(OSError):
                target = os.readlink(at)
                ways.add(at)
                at = "/" if target.startswith("/") else os.path.dirname(at)
                left += target.split("/")[::-1]
        ways.add(at)
    return ways


def are_older(places: Iterable[str], since: float) -> bool:
    """Whether no file, directory or link was changed since then: what is in it, or its name."""
    return all(_changed(place) < since for place in places)


def _changed(place: str) -> float:
    try:
        info = os.lstat(place)
    except OSError:
        return math.inf
    return max(info.st_mtime, info.st_ctime)
