"""How long ago an entry was written at least, whatever anybody set the clocks to: its age.

A step whose outcome is missing may be judged "not done" only when its console can no longer send it, so an age errs
on the young side. It is counted on the clock that nobody can set and that stands still in suspend, as a console that
is about to send does: from the entry's own mark where this machine has run on since, or from when this console first
saw the entry.
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
"""Seconds by which the wall clock may differ from what was counted before times that are shown move with it."""
SOON = timedelta(milliseconds=1)
"""Finer than an age is told."""


@cache
def machine() -> str:
    """What the seconds of `Clock.awake` are comparable within: one boot and one time namespace; "" where none tells."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/time').readlink()}"
    except (OSError, UnicodeError):
        return ""


def marked(draft: NewEntry, clock: Clock) -> NewEntry:
    """The draft with the moment it was made, as other consoles of this machine can count from."""
    where = machine()
    if not where or "awake" in draft.data:
        return draft
    return draft.model_copy(update={"data": {**draft.data, "machine": where, "awake": clock.awake()}})


class Aging(Protocol):
    """What runs go by."""

    def left(self, seq: int) -> timedelta:
        """For how much longer what the entry begins may be under way; 0 from then on."""
        ...

    def until(self, seq: int) -> datetime:
        """The end of that (UTC)."""
        ...

    def younger(self, one: int, other: int) -> int:
        """The one of two entries that was made last."""
        ...


class Recorded:
    """Ages at one moment by the times that entries bear: for what tells of that moment and decides nothing."""

    def __init__(self, entries: Iterable[Entry], moment: datetime, window: timedelta) -> None:
        self._moment = moment
        self._until = {entry.seq: entry.at + window for entry in entries}

    def left(self, seq: int) -> timedelta:
        """Up to the time of its entry and the window."""
        return max(timedelta(), self.until(seq) - self._moment)

    def until(self, seq: int) -> datetime:
        """The time of its entry and the window."""
        return self._until.get(seq, self._moment)

    def younger(self, one: int, other: int) -> int:
        """By those times."""
        return max(one, other, key=lambda seq: (seq in self._until, self.until(seq), seq))


class Ages:
    """Ages of the entries that this console has seen, by number."""

    def __init__(self, clock: Clock, window: timedelta) -> None:
        self.window = window
        self._clock = clock
        self._since: dict[int, float] = {}
        self._until: dict[int, datetime] = {}

    def add(self, entry: Entry) -> None:
        """The entry is there; the first call counts."""
        if entry.seq not in self._since:
            now = self._clock.awake()
            self._since[entry.seq] = _mark(entry, now)
            self._until[entry.seq] = entry.at + self.window

    def left(self, seq: int) -> timedelta:
        """For how much longer what the entry begins may be under way; 0 from then on."""
        since = self._since.get(seq)
        if since is None:
            return self.window
        left = self.window - timedelta(seconds=self._clock.awake() - since)
        return left if left > SOON else timedelta()

    def younger(self, one: int, other: int) -> int:
        """The one of two entries that was made last; an unknown one counts as oldest."""
        return max(one, other, key=lambda seq: (self._since.get(seq, -math.inf), seq))

    def until(self, seq: int) -> datetime:
        """The end of that as this machine's wall clock will show it (UTC); stays the same unless the clock is set."""
        due = self._clock.now() + self.left(seq)
        until = self._until.get(seq, due)
        if abs(until - due) > real(self._clock, STEP):
            self._until[seq] = until = due
        return until


def _mark(entry: Entry, now: float) -> float:
    """When the entry was made, by `Clock.awake` of this machine; `now` where it does not tell."""
    where, awake = machine(), entry.data.get("awake")
    if not where or entry.data.get("machine") != where or not isinstance(awake, float):
        return now
    return awake if 0 <= awake <= now else now
