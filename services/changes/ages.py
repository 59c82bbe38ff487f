"""Computes an entry's minimum age: how long ago it was written at least, even if a clock was set since.

A step without a recorded outcome may be judged "not done" only once its console can no longer send the request, so ages
are never overestimated. They are never measured with the wall clock, which may be set ahead, nor from the time in the
entry, which another machine's clock has written:

- An entry of this machine since its start counts from the mark in it, with the clock that stops during suspend: the
  console about to send was suspended, too, and goes on when this one does.
- Any other entry counts from when this console first read it, which is later than when it was written. If it names
  another machine, the clock goes on during suspend: that machine was awake meanwhile, and what it sends is refused by
  itself after `INTENT_SECONDS` and by AWS once the signature has expired, whoever slept. If it names none, it may be
  this machine's, and the clock stops.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

from services.changes.guarantees import SIGNATURE_SECONDS
from services.clock import Clock, real
from services.host.processes import boot
from services.models.journal import Entry, NewEntry

STEP = 5.0
"""Difference in seconds between wall clock and measured time from which displayed times are recomputed."""
APART = timedelta(seconds=2 * SIGNATURE_SECONDS)
"""How far the clocks of two machines may be apart: AWS accepts a difference of half of that to its own. Where nothing but
another machine's time bounds an entry's age, because this console has just started, it counts with this leeway."""
SOON = timedelta(milliseconds=1)  # Shorter remaining times count as zero; below the precision of an age


@cache
def machine() -> str:
    """Identifies one boot and time namespace, within which `Clock.awake` is comparable; "" if unknown."""
    try:
        return f"{boot()} {Path('/proc/self/ns/time').readlink()}" if boot() else ""
    except OSError:
        return ""


def marked(draft: NewEntry, clock: Clock) -> NewEntry:
    where = machine()
    if not where or "awake" in draft.data:
        return draft
    return draft.model_copy(update={"data": {**draft.data, "machine": where, "awake": clock.awake()}})


class Aging(Protocol):
    """The source of ages from which the states of runs are computed."""

    def remaining(self, seq: int) -> timedelta: ...

    def until(self, seq: int) -> datetime:
        """When `remaining` reaches 0 (UTC)."""
        ...

    def younger(self, one: int, other: int) -> int: ...


class Recorded:
    """Ages at one moment, computed from the times in the entries: for reports, never for decisions."""

    def __init__(self, entries: Iterable[Entry], moment: datetime, window: timedelta) -> None:
        self._moment = moment
        self._until = {entry.seq: entry.at + window for entry in entries}

    def remaining(self, seq: int) -> timedelta:
        return max(timedelta(), self.until(seq) - self._moment)

    def until(self, seq: int) -> datetime:
        """The end of the entry's window (UTC)."""
        return self._until.get(seq, self._moment)

    def younger(self, one: int, other: int) -> int:
        return max(one, other, key=lambda seq: (seq in self._until, self.until(seq), seq))


class _Start(NamedTuple):
    """From when an entry's age counts, by one of this machine's clocks."""

    at: float
    sleeps: bool  # By `Clock.awake`; otherwise by `Clock.elapsed`: of another machine's entry


class Ages:
    """Ages of the entries that this console has read, by sequence number."""

    def __init__(self, clock: Clock, window: timedelta) -> None:
        self.window = window
        self._clock = clock
        self._since: dict[int, _Start] = {}
        self._until: dict[tuple[int, float], datetime] = {}

    def add(self, entry: Entry) -> None:
        if entry.seq not in self._since:
            self._since[entry.seq] = _start(entry, self._clock)
            self._until[entry.seq, 0.0] = entry.at + self.window

    def remaining(self, seq: int) -> timedelta:
        return self.left(seq, 0.0)

    def left(self, seq: int, seconds: float) -> timedelta:
        """Time until the entry is older than the window and these seconds together; 0 afterwards."""
        after = self.window + timedelta(seconds=seconds)
        age = self.age(seq)
        remaining = after if age is None else after - timedelta(seconds=age)
        return remaining if remaining > SOON else timedelta()

    def age(self, seq: int) -> float | None:
        """How many seconds ago the entry was written at least; None if this console has not read it."""
        since = self._since.get(seq)
        if since is None:
            return None
        return (self._clock.awake() if since.sleeps else self._clock.elapsed()) - since.at

    def is_of_another_machine(self, seq: int) -> bool:
        """Whether the entry says that another machine has written it, so that its time is by another clock."""
        since = self._since.get(seq)
        return since is not None and not since.sleeps

    def younger(self, one: int, other: int) -> int:
        return max(
            one, other, key=lambda seq: (-(age if (age := self.age(seq)) is not None else math.inf), seq)
        )

    def until(self, seq: int) -> datetime:
        """When `remaining` reaches 0, by this machine's wall clock (UTC); constant unless the clock is set."""
        return self.final(seq, 0.0)

    def final(self, seq: int, seconds: float) -> datetime:
        """When `left` reaches 0, by this machine's wall clock (UTC); constant unless the clock is set."""
        due = self._clock.now() + self.left(seq, seconds)
        until = self._until.setdefault((seq, seconds), due)
        if abs(until - due) > real(self._clock, STEP):
            self._until[seq, seconds] = until = due
        return until


def _start(entry: Entry, clock: Clock) -> _Start:
    here, where, awake, now = machine(), entry.data.get("machine"), entry.data.get("awake"), clock.awake()
    if here and where == here and isinstance(awake, float) and 0 <= awake <= now:
        return _Start(awake, sleeps=True)
    if here and isinstance(where, str) and where and _boot(where) != _boot(here):
        return _Start(clock.elapsed(), sleeps=False)
    return _Start(now, sleeps=True)


def _boot(machine: str) -> str:
    """The boot alone: what else runs on the machine is suspended with it."""
    return machine.partition(" ")[0]
