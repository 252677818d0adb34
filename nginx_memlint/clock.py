"""The present, for what depends on it: it stands still during a check, which says what it asked.

Moments are texts as in certificates (GeneralizedTime of RFC 5280: "20261231235959Z"), which sort
as they follow each other: ``datetime`` takes longer to import than comparing a bundle's dates.
"""

from __future__ import annotations

import time

from nginx_memlint.annotations import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_FORMAT = "%Y%m%d%H%M%SZ"


def moment_of(time_of_day: datetime) -> str:
    """The moment of an aware datetime."""
    from datetime import UTC  # noqa: PLC0415

    return time_of_day.astimezone(UTC).strftime(_FORMAT)


class Clock:
    """A time, by default that of the first question; what was asked tells how long it holds."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = "" if now is None else moment_of(now)
        self.latest_past: str | None = None
        """The latest moment that was found to be past; None: none was."""
        self.earliest_future: str | None = None
        """The earliest that was found not to be."""

    @property
    def now(self) -> str:
        """The time."""
        self._now = self._now or time.strftime(_FORMAT, time.gmtime())
        return self._now

    def is_past(self, moment: str) -> bool:
        """Whether a moment lies before the time, or is the same second (``X509_cmp_time()``)."""
        if moment <= self.now:
            self.latest_past = max(moment, self.latest_past or moment)
            return True
        self.earliest_future = min(moment, self.earliest_future or moment)
        return False

    def agrees(self, latest_past: str | None, earliest_future: str | None) -> bool:
        """Whether a clock that has found these would find the same now."""
        return (latest_past is None or latest_past <= self.now) and (
            earliest_future is None or self.now < earliest_future
        )
