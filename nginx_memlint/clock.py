"""The present, for what depends on it: it stands still during a check, which says what it asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Clock:
    """A time, by default that of the first question; what was asked tells how long it holds."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now
        self.latest_past: float | None = None
        """The latest moment that was found to be past, in seconds since 1970; None: none was."""
        self.earliest_future: float | None = None
        """The earliest that was found not to be."""

    @property
    def now(self) -> datetime:
        """The time."""
        if self._now is None:
            from datetime import UTC, datetime  # noqa: PLC0415

            self._now = datetime.now(UTC)
        return self._now

    def is_past(self, moment: datetime) -> bool:
        """Whether a moment lies before the time."""
        seconds = moment.timestamp()
        if moment < self.now:
            self.latest_past = max(seconds, self.latest_past or seconds)
            return True
        self.earliest_future = min(seconds, self.earliest_future or seconds)
        return False

    def agrees(self, latest_past: float | None, earliest_future: float | None) -> bool:
        """Whether a clock that has found these would find the same now."""
        if latest_past is None and earliest_future is None:
            return True
        seconds = self.now.timestamp()
        return (latest_past is None or latest_past < seconds) and (
            earliest_future is None or seconds <= earliest_future
        )
