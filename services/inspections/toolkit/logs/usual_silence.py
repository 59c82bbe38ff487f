"""Whether a log group's silence is usual, judged by the same time on earlier days, with few free requests."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import Enum, auto

from services.inspections.toolkit.logs.queries import Queries
from services.inspections.toolkit.silence import (
    CHANCE,
    SILENT_BEFORE,
    WEEK,
    Likeness,
    comparable,
    moved,
    spans_by_day,
)
from services.models.metrics import TimeSpan

PIECE = timedelta(hours=3)
"""Minimum length of the parts into which a silence is divided if longer parts are inconclusive."""
SLOTS = 4
"""Number of parts of each earlier time that are asked for events."""
MOST = 600
"""Maximum number of requests; a morning after two weeks of holidays needs up to about 460."""


class _State(Enum):
    """The state of a log group at an earlier time."""

    SILENT = auto()
    MIXED = auto()
    ABSENT = auto()
    """The log group has no events from that time."""


class _Spent(Exception):
    """No requests remain."""


class Usual:
    """Compares the silences of one run; limits the number of requests."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._lived: datetime | None = None
        """The log group is known to have had events before this time."""
        self._remaining = MOST

    async def compare(self, hole: TimeSpan) -> Likeness:
        """Whether the log group was also silent at the same time on earlier days. Raises AwsError."""
        span = self._queries.span
        # The compared time must not be part of the same outage; a long window contains earlier days itself.
        before = min(span.start, hole.start) if span.end - span.start <= WEEK else hole.start
        try:
            return await self._all(spans_by_day(hole, self._queries.calendar), before)
        except _Spent:
            return Likeness.COSTLY

    async def _all(self, parts: Iterable[TimeSpan], before: datetime) -> Likeness:
        """USUAL if every part is; otherwise the result of the first part that is not."""
        for part in parts:
            likeness = await self._compare(part, before)
            if likeness is not Likeness.USUAL:
                return likeness
        return Likeness.USUAL

    async def _compare(self, piece: TimeSpan, before: datetime) -> Likeness:
        silent = absent = empty = 0
        backs = comparable(piece, before, self._queries.calendar)
        with_events: list[timedelta] = []
        for back in backs:
            state = await self._state(moved(piece, back))
            silent += state is _State.SILENT
            absent += state is _State.ABSENT
            if state is _State.MIXED:
                with_events.append(back)
            if silent == SILENT_BEFORE:
                return Likeness.USUAL
        if len(backs) - absent < SILENT_BEFORE or (silent and len(with_events) < SILENT_BEFORE):
            return Likeness.NEW
        # A single silent day may have been an outage.
        slots = SLOTS * len(with_events)
        for span in (slot for back in with_events for slot in _slots(moved(piece, back))):
            if _chance(slots, empty) > CHANCE:
                break
            empty += not await self._came(span)
        if _chance(slots, empty) <= CHANCE:
            return Likeness.UNUSUAL
        if piece.end - piece.start <= PIECE:
            return Likeness.USUAL
        # The log group may be silent in some hours of the piece and busy in others.
        middle = piece.start + (piece.end - piece.start) / 2
        halves = TimeSpan(start=piece.start, end=middle), TimeSpan(start=middle, end=piece.end)
        return await self._all(halves, before)

    async def _state(self, span: TimeSpan) -> "_State":
        kept_since = self._queries.kept_since
        if kept_since is not None and self._queries.created_later is None and span.start < kept_since:
            return _State.ABSENT
        if await self._came(span):
            return _State.MIXED
        # Before the first event a silence proves nothing.
        return _State.SILENT if await self._was_there(span.start) else _State.ABSENT

    async def _was_there(self, at: datetime) -> bool:
        if self._lived is None or at < self._lived:
            if not await self._came(TimeSpan(start=at - WEEK, end=at)):
                return False
            self._lived = at
        return True

    async def _came(self, span: TimeSpan) -> bool:
        if not self._remaining:
            raise _Spent
        self._remaining -= 1
        return await self._queries.came(span)


def _slots(span: TimeSpan) -> Iterator[TimeSpan]:
    """Its parts, from the end: evening events get fewer there, and morning events begin there."""
    step = (span.end - span.start) / SLOTS
    for number in reversed(range(SLOTS)):
        first = span.start + number * step
        yield TimeSpan(start=first, end=first + step)


def _chance(slots: int, empty: int) -> float:
    """The chance that as many parts as one day has are all empty, if so many of all are; one more is counted as empty."""
    return float(((empty + 1) / (slots + 1)) ** SLOTS)
