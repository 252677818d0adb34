"""The highest memory of a server since its start: by its control group, else of samples."""

from __future__ import annotations

from nginx_memlint.live.limit import Limit
from nginx_memlint.live.process import Reload, Server

BY_GROUP = "peaks are those of the control group"
BY_SAMPLES = "peaks are the most of samples: one of milliseconds may be missed"


class PeakMeter:
    """The peaks of a server under a limit; made when it has started, and its memory is at rest."""

    def __init__(self, server: Server, limit: Limit) -> None:
        self._server = server
        self._limit = limit
        self.start = server.settled().anonymous_and_shared
        """Bytes at a start."""
        used = limit.used()
        # files and the kernel's own, which the group counts as well
        self._beside = None if used is None else used[0] - self.start

    @property
    def said(self) -> str:
        """How peaks are measured, in words."""
        return BY_SAMPLES if self._beside is None else BY_GROUP

    def reload(self, *, held: bool = False) -> Reload:
        """Reload the server; the peak is the highest of all reloads so far if a group tells it.

        ``held``: old workers end when all of them have come to their exit.
        """
        done = self._server.reload(sampled=self._beside is None, held=held)
        used = self._limit.used()
        most = 0 if self._beside is None or used is None else used[1] - self._beside
        return Reload(max(done.peak, most), done.after)
