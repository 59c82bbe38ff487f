"""Decides which log events to read again, and which of the events read are new; pure.

CloudWatch Logs shows an event seconds to minutes after its own time, in no particular order, and cannot filter by
ingestion time: a reader that requests only events newer than the newest line loses events permanently. So every read
overlaps the previous one, an occasional wide sweep reads further back, and event ids identify new events. All times are
epoch milliseconds.
"""

from collections.abc import Iterable

from services.models.logs import LogLine

OVERLAP = 120_000
"""How far before the newest event each round reads again."""
QUIET_OVERLAP = 30_000
"""The same while the newest event is older than OVERLAP: events of the same time have long been visible."""
SWEEP = 900_000
"""How far back a wide sweep reads. An event that is at most SWEEP - SWEEP_EVERY late is never lost."""
SWEEP_EVERY = 300_000
BUCKET = 60_000


class FollowWindow:
    """The state of one follow loop.

    A round consists of `begin`, `accept` for every page, and `finish` after the last page; a failed round is started
    again and loses nothing. `start` is the earliest event wanted. `began` (the time of the first read) distinguishes an
    event that arrived late from one that is older than requested.
    """

    def __init__(
        self,
        start: int,
        began: int,
        *,
        overlap: int = OVERLAP,
        quiet_overlap: int = QUIET_OVERLAP,
        sweep: int = SWEEP,
        sweep_every: int = SWEEP_EVERY,
    ) -> None:
        self._start = start
        self._began = began
        self._overlap = overlap
        self._quiet_overlap = quiet_overlap
        self._sweep = sweep
        self._sweep_every = sweep_every
        self._ids: dict[int, set[str]] = {}
        """Event ids by the minute of their event, so that old ones can be dropped cheaply."""
        self._newest = 0
        self._high: int | None = None
        """The newest event of completed rounds, never later than the current time."""
        self._finished: int | None = None
        self._swept: int | None = None
        self._sweeping = False
        self._reading = start
        """Where the current round started reading."""
        self._complete: int | None = None
        self.duplicates = 0
        """Number of events read again and dropped so far."""

    def __len__(self) -> int:
        """Number of stored event ids."""
        return sum(map(len, self._ids.values()))

    @property
    def newest(self) -> int | None:
        """The newest event delivered, or the current time if events are dated in the future."""
        return self._newest or None

    @property
    def complete_to(self) -> int | None:
        """Time up to which every event that became visible within OVERLAP was delivered; None: not yet known."""
        return self._complete

    def begin(self, now: int) -> int:
        """Where this round starts reading; it has no end, because clients may log ahead of time."""
        self._reading = self._begin(now)
        return self._reading

    def _begin(self, now: int) -> int:
        if self._finished is None or self._swept is None:
            return self._start
        high = self._high if self._high is not None else self._start
        quiet = now - high > self._overlap
        start = high - (self._quiet_overlap if quiet else self._overlap)
        # A group that has been quiet for hours is not read for hours in every round.
        start = max(start, self._finished - self._sweep)
        self._sweeping = now - self._swept >= self._sweep_every
        return min(start, now - self._sweep, self._finished - self._sweep) if self._sweeping else start

    def accept(self, page: Iterable[LogLine], now: int) -> tuple[LogLine, ...]:
        """The new lines of a page, oldest first, late ones marked."""
        fresh = [line for line in page if self._is_new(line)]
        if not fresh:
            return ()
        fresh.sort(key=lambda line: line.at)
        before = self._newest
        # A line dated in the future must not make all following lines count as late.
        self._newest = max(before, min(fresh[-1].at, now))
        if fresh[0].at >= before:
            return tuple(fresh)
        return tuple(line._replace(late=True) if line.at < before else line for line in fresh)

    def finish(self, now: int) -> None:
        """Complete a round that began at `now`: its last page was read."""
        if self._sweeping or self._swept is None:
            self._swept = now
        self._sweeping = False
        self._finished = max(now, self._finished or 0)
        # A round that began later leaves a gap, until a wide sweep reads it.
        if self._complete is None or self._reading <= self._complete:
            self._complete = self._finished - self._overlap
        if self._newest:
            self._high = min(self._newest, self._finished)
        self._prune(self._finished - 2 * self._sweep)

    def _is_new(self, line: LogLine) -> bool:
        if line.at < self._start and line.ingested_at < self._began:
            return False
        ids = self._ids.setdefault(line.at // BUCKET, set())
        if line.id in ids:
            self.duplicates += 1
            return False
        ids.add(line.id)
        return True

    def _prune(self, oldest: int) -> None:
        """Drop ids that no later round can read, because none starts before the last completed round minus SWEEP."""
        for bucket in [bucket for bucket in self._ids if (bucket + 1) * BUCKET <= oldest]:
            del self._ids[bucket]
