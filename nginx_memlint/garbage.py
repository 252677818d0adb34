"""When the search for cyclic garbage is worth its time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_cyclic_gc() -> Iterator[None]:
    """Reading makes many small objects and no garbage: collecting meanwhile only costs time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def importing() -> Iterator[None]:
    """What is imported stays: it is old at once, and not looked through before it is."""
    with no_cyclic_gc():
        yield
        if not gc.get_freeze_count():  # else they are not ours to unfreeze
            gc.freeze()
            gc.unfreeze()
