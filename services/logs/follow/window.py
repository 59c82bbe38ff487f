"""Decides from where to read new lines, and which of the lines read are new; pure.

CloudWatch Logs shows an event seconds to hours after its own time, in no particular order, and cannot filter by
ingestion time: a reader that requests only events newer than the newest line loses events permanently. So every round
overlaps the previous one, sweeps (`services.logs.follow.sweeps`) read further back, and event ids identify new events.
All times are epoch milliseconds.
"""

from collections.abc import Iterable
from typing import NamedTuple

from services.logs.follow.event_ids import MOST_IDS, EventIds
from services.models.logs import LATEST, LateGap, LogLine

SECOND = 1_000
OVERLAP = 120_000  # How far before the newest event a round reads at most
LEAST_OVERLAP = 2_000  # The same at least, however busy the group is
FURTHEST = 900_000
"""A round begins at most this long before the one that was completed last: a group that has been quiet for hours is not
read for hours."""
KEPT = 86_400_000 + 600_000  # How long ids are kept, and so how far back sweeps may read: a day, and a little

LATENESS = (2_000, 10_000, 120_000, 420_000, 6_000_000, 43_200_000)
"""Milliseconds by which an event may become visible after its own time, for each of which completeness is known."""


class Span(NamedTuple):
    """A read of all events in `[start, end]` that were visible at `at`; `end` None: without end."""

    start: int
    end: int | None
    at: int


class FollowWindow:
    """The state of one follow loop. A round consists of `begin`, `accept` for every page, and `finish` after
    the last page; a failed round is started again and loses nothing. `start` is the earliest event wanted.
    `began` (the time of the first read) distinguishes an event that arrived late from one that is older than
    requested."""

    def __init__(self, start: int, began: int, *, most_ids: int = MOST_IDS) -> None:
        self._start = start
        self._began = began
        self._ids = EventIds(most_ids)
        self._newest = 0
        self._high: int | None = None
        """The newest event of completed rounds, never later than the current time."""
        self._finished: int | None = None
        self._reading = start  # Where the current round started reading
        self._refused = -1  # The newest event that was not delivered because it was older than the horizon
        self._last_round: Span | None = None  # The last completed round
        self._seconds: dict[int, int] = {}
        """Number of events by second, of the time that rounds may read again."""
        self._complete: dict[int, int] = {}
        """By lateness: the time up to which every event that was at most so late was delivered."""
        self.gap: LateGap | None = None
        """The times that no sweep can read any more although it should have, because ids were dropped."""
        self.ahead = 0  # Milliseconds by which an event was dated ahead of time, at most
        self.duplicates = 0  # Number of events read again and dropped so far

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def newest(self) -> int | None:
        return self._newest or None

    @property
    def start(self) -> int:
        return self._start

    @property
    def finished(self) -> int | None:
        """When the last completed round began; None before the first."""
        return self._finished

    @property
    def edge(self) -> int:
        """Where the last round began to read: sweeps end here, because every round reads what is newer."""
        return self._reading

    @property
    def horizon(self) -> int:
        """The ids of older events were dropped: nothing older is delivered any more."""
        return self._ids.horizon

    def complete_to(self, lateness: int) -> int | None:
        """Time up to which every event that became visible within `lateness` was delivered; None: not yet
        known. `lateness` is one of LATENESS. Those in `gap` are excepted."""
        return self._complete.get(lateness)

    def count(self, start: int, end: int) -> int:
        """Number of events that were read from the minute of `start` to that of `end`."""
        return self._ids.count(start, end)

    def begin(self, overlap: int = OVERLAP, most_lines: int | None = None) -> int:
        """Where this round starts reading; it has no end, because clients may log ahead of time. It overlaps
        the time that was read by `overlap`, or less if there are more than `most_lines` in it."""
        if self._finished is None:
            self._reading = self._start
            return self._start
        high = self._high if self._high is not None else self._start
        if high < self._finished - OVERLAP:
            # Nothing new has come for long: what is around the newest event need not be read again and again.
            start = high + 1
        else:
            start = high - overlap
            if most_lines is not None:
                start = max(start, self._start_of_last(most_lines, high))
        self._reading = max(start, self._finished - FURTHEST, self.horizon)
        return self._reading

    def _start_of_last(self, lines: int, high: int) -> int:
        """The first second from which on there are at most `lines` events up to `high`; `high` if it has more itself."""
        second, count = high // SECOND, 0
        while high - second * SECOND <= OVERLAP + SECOND:
            count += self._seconds.get(second, 0)
            if count > lines:
                return min(high, (second + 1) * SECOND)
            second -= 1
        return high - OVERLAP

    def accept(self, page: Iterable[LogLine], now: int) -> tuple[LogLine, ...]:
        return self.deliver(self.new_of(page), now)

    def new_of(self, part: Iterable[LogLine]) -> list[LogLine]:
        """The new lines of a part of a page; `deliver` must follow with those of all its parts."""
        return [line for line in part if self._is_new(line)]

    def deliver(self, fresh: list[LogLine], now: int) -> tuple[LogLine, ...]:
        if not fresh:
            return ()
        fresh.sort(key=lambda line: line.at)
        before = self._newest
        self.ahead = max(self.ahead, fresh[-1].at - now)
        # A line dated in the future must not make all following lines count as late.
        self._newest = max(before, min(fresh[-1].at, now))
        if fresh[0].at >= before:
            return tuple(fresh)
        return tuple(line._replace(late=True) if line.at < before else line for line in fresh)

    def finish(self, now: int) -> None:
        """Complete a round that began at `now`: its last page was read."""
        self._finished = max(now, self._finished or 0)
        self._last_round = Span(self._reading, None, self._finished)
        self._extend(self._last_round)
        if self._newest:
            self._high = min(self._newest, self._finished)
        self._ids.drop_before(self._finished - KEPT)
        oldest = (self._finished - FURTHEST) // SECOND
        if len(self._seconds) > 2 * FURTHEST // SECOND:
            self._seconds = {second: count for second, count in self._seconds.items() if second >= oldest}

    def cover(self, span: Span) -> None:
        """All events of a span were read by a sweep: what is complete extends if the span continues it."""
        self._extend(span)
        if self._last_round is not None:
            # The sweep may have closed what was missing before the round.
            self._extend(self._last_round)

    def _extend(self, span: Span) -> None:
        start = max(span.start, self._refused + 1)
        unreadable = max(self.horizon, span.at - KEPT)
        narrower = 0
        for lateness in LATENESS:
            complete = self._complete.get(lateness, self._start - 1)
            continues = start <= max(complete + 1, self._start)
            end = span.at - lateness if span.end is None else min(span.at - lateness, span.end)
            if lateness <= LATEST and not continues and start <= unreadable and end >= start:
                # What is older cannot be read any more: late lines are complete from here on.
                self.gap = LateGap(narrower / SECOND, complete + 1, start - 1).joined(self.gap)
                continues = True
            if continues:
                self._complete[lateness] = max(self._complete.get(lateness, end), end)
            narrower = lateness

    def _is_new(self, line: LogLine) -> bool:
        if line.at < self.horizon:
            self._refused = max(self._refused, line.at)
            return False
        if not self._ids.add(line.id, line.at):
            self.duplicates += 1
            return False
        second = line.at // SECOND
        self._seconds[second] = self._seconds.get(second, 0) + 1
        # What is older than wanted is counted all the same: it is what a sweep must read.
        return line.at >= self._start or line.ingested_at >= self._began
