"""Which log events to read again, and which of those read are new; pure.

CloudWatch Logs shows an event seconds to minutes after its own time, in no order, and has no filter by
ingestion: whoever asks only for what is newer than the newest line loses events for ever. So every read
overlaps the one before, a wide sweep now and then looks further back, and event ids tell what is new.
All times are epoch milliseconds.
"""

from collections.abc import Iterable

from services.models.logs import LogLine

OVERLAP = 120_000
"""Read again before the newest event."""
QUIET_OVERLAP = 30_000
"""The same while the newest event is older than OVERLAP: what came with it has long been visible."""
SWEEP = 900_000
"""How far a wide sweep looks back. An event no later than SWEEP - SWEEP_EVERY is never lost."""
SWEEP_EVERY = 300_000
BUCKET = 60_000


class FollowWindow:
    """The memory of one follow loop.

    A round is `begin`, `accept` for every page, and `finish` after the last; a round that fails is simply
    begun again, and loses nothing. `start` is where the reader wants to begin, `began` (the present at the
    first read) tells an event that came late from one that was merely too old to be wanted.
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
        """Event ids by the minute of their event, so that old ones are forgotten at no cost."""
        self._newest = 0
        self._high: int | None = None
        """The newest event of finished rounds, never beyond the present."""
        self._finished: int | None = None
        self._swept: int | None = None
        self._sweeping = False
        self._reading = start
        """Where the round under way began to read."""
        self._complete: int | None = None
        self.duplicates = 0
        """Events read again and dropped, so far."""

    def __len__(self) -> int:
        """How many event ids are remembered."""
        return sum(map(len, self._ids.values()))

    @property
    def newest(self) -> int | None:
        """The newest event delivered, or the present where events are stamped in the future."""
        return self._newest or None

    @property
    def complete_to(self) -> int | None:
        """Up to where every event was delivered that became visible within OVERLAP of its time; None: not yet."""
        return self._complete

    def begin(self, now: int) -> int:
        """Where this round's reading starts; it has no end, because clients may log ahead of time."""
        self._reading = self._begin(now)
        return self._reading

    def _begin(self, now: int) -> int:
        if self._finished is None or self._swept is None:
            return self._start
        high = self._high if self._high is not None else self._start
        quiet = now - high > self._overlap
        start = high - (self._quiet_overlap if quiet else self._overlap)
        # A group that is quiet for hours is not read for hours again and again.
        start = max(start, self._finished - self._sweep)
        self._sweeping = now - self._swept >= self._sweep_every
        return min(start, now - self._sweep, self._finished - self._sweep) if self._sweeping else start

    def accept(self, page: Iterable[LogLine], now: int) -> tuple[LogLine, ...]:
        """The lines of a page not delivered before, oldest first, late ones marked."""
        fresh = [line for line in page if self._is_new(line)]
        if not fresh:
            return ()
        fresh.sort(key=lambda line: line.at)
        before = self._newest
        # A line dated in the future must not make all later ones count as late.
        self._newest = max(before, min(fresh[-1].at, now))
        if fresh[0].at >= before:
            return tuple(fresh)
        return tuple(line._replace(late=True) if line.at < before else line for line in fresh)

    def finish(self, now: int) -> None:
        """The last page of a round begun at `now` was read."""
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
        """Forget ids that no later round can read: none starts before `finished` - sweep."""
        for bucket in [bucket for bucket in self._ids if (bucket + 1) * BUCKET <= oldest]:
            del self._ids[bucket]
