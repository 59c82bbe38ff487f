"""Computes an entry's minimum age: how long ago it was written at least, even if a clock was set since.

A step without a recorded outcome may be judged "not done" only once its console can no longer send the request, so ages
are never overestimated. They are measured with a clock that cannot be set and that stops during suspend, as a console
about to send does: from the mark in the entry if this machine has not been restarted since, else from when this console
first read the entry.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Protocol

from services.clock import Clock, real
from services.models.journal import Entry, NewEntry

STEP = 5.0
"""Difference in seconds between wall clock and measured time from which displayed times are recomputed."""
SOON = timedelta(milliseconds=1)
"""Shorter remaining times count as zero; below the precision of an age."""


@cache
def machine() -> str:
    """Identifies one boot and time namespace, within which `Clock.awake` is comparable; "" if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/time').readlink()}"
    except (OSError, UnicodeError):
        return ""


def marked(draft: NewEntry, clock: Clock) -> NewEntry:
    """The draft plus its creation time by `Clock.awake`, from which consoles on this machine compute its age."""
    where = machine()
    if not where or "awake" in draft.data:
        return draft
    return draft.model_copy(update={"data": {**draft.data, "machine": where, "awake": clock.awake()}})


class Aging(Protocol):
    """The source of ages from which the states of runs are computed."""

    def remaining(self, seq: int) -> timedelta:
        """For how long the step that the entry belongs to may still be in progress; 0 afterwards."""
        ...

    def until(self, seq: int) -> datetime:
        """When `remaining` reaches 0 (UTC)."""
        ...

    def younger(self, one: int, other: int) -> int:
        """The later of two entries."""
        ...


class Recorded:
    """Ages at one moment, computed from the times in the entries: for reports, never for decisions."""

    def __init__(self, entries: Iterable[Entry], moment: datetime, window: timedelta) -> None:
        self._moment = moment
        self._until = {entry.seq: entry.at + window for entry in entries}

    def remaining(self, seq: int) -> timedelta:
        """The time from the moment to the end of the entry's window."""
        return max(timedelta(), self.until(seq) - self._moment)

    def until(self, seq: int) -> datetime:
        """The end of the entry's window (UTC)."""
        return self._until.get(seq, self._moment)

    def younger(self, one: int, other: int) -> int:
        """The entry whose window ends later."""
        return max(one, other, key=lambda seq: (seq in self._until, self.until(seq), seq))


class Ages:
    """Ages of the entries that this console has read, by sequence number."""

    def __init__(self, clock: Clock, window: timedelta) -> None:
        self.window = window
        self._clock = clock
        self._since: dict[int, float] = {}
        self._until: dict[int, datetime] = {}

    def add(self, entry: Entry) -> None:
        """Start measuring the age of `entry`; further calls for the same entry have no effect."""
        if entry.seq not in self._since:
            now = self._clock.awake()
            self._since[entry.seq] = _mark(entry, now)
            self._until[entry.seq] = entry.at + self.window

    def remaining(self, seq: int) -> timedelta:
        """For how long the step that the entry belongs to may still be in progress; 0 afterwards."""
        since = self._since.get(seq)
        if since is None:
            return self.window
        remaining = self.window - timedelta(seconds=self._clock.awake() - since)
        return remaining if remaining > SOON else timedelta()

    def is_older(self, seq: int, seconds: float) -> bool:
        """Whether the entry is older than the window and these seconds together."""
        since = self._since.get(seq)
        return since is not None and self._clock.awake() - since >= self.window.total_seconds() + seconds

    def younger(self, one: int, other: int) -> int:
        """The later of two entries; an unknown entry counts as the oldest."""
        return max(one, other, key=lambda seq: (self._since.get(seq, -math.inf), seq))

    def until(self, seq: int) -> datetime:
        """When `remaining` reaches 0, by this machine's wall clock (UTC); constant unless the clock is set."""
        due = self._clock.now() + self.remaining(seq)
        until = self._until.get(seq, due)
        if abs(until - due) > real(self._clock, STEP):
            self._until[seq] = until = due
        return until


def _mark(entry: Entry, now: float) -> float:
    """When the entry was created, by this machine's `Clock.awake`; `now` if the entry does not contain it."""
    where, awake = machine(), entry.data.get("awake")
    if not where or entry.data.get("machine") != where or not isinstance(awake, float):
        return now
    return awake if 0 <= awake <= now else now
