"""Where the harness keeps what is slow to make: the compiled shim, Debian roots, PEM bundles."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """Return the cache directory, created if missing (`MEMLINT_CACHE` overrides the default)."""
    named = os.environ.get("MEMLINT_CACHE")
    if named:
        path = Path(named)
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        path = Path(base) / "nginx-memlint-tests"
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()
