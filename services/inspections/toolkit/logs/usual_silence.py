"""Whether a log group's silence is usual, judged by the same time on earlier days, with few free requests."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum, auto

from services.inspections.toolkit.logs.queries import Queries
from services.inspections.toolkit.silence_references import SILENT_BEFORE, WEEK, references, spans_by_day
from services.models.metrics import TimeSpan

PIECE = timedelta(hours=3)
"""Minimum length of the parts into which a silence is divided if longer parts are inconclusive."""
SLOTS = 4
"""A log group with events in this many slots is busy; in fewer they are chance, or the end of a working day."""
MOST = 600
"""Maximum number of requests; a morning after two weeks of holidays needs up to about 460."""


class Likeness(Enum):
    """The result of comparing a silence with earlier days."""

    USUAL = auto()
    """The log group was equally silent before."""
    NEW = auto()
    """The log group does not reach back enough days."""
    COSTLY = auto()
    """The comparison would need more requests than remain."""
    UNUSUAL = auto()


class _State(Enum):
    """The state of a log group at an earlier time."""

    SILENT = auto()
    MIXED = auto()
    BUSY = auto()
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
        silent = busy = absent = 0
        backs = references(piece, before, self._queries.calendar)
        for back in backs:
            state = await self._state(moved(piece, back))
            silent += state is _State.SILENT
            busy += state is _State.BUSY
            absent += state is _State.ABSENT
            if silent == SILENT_BEFORE:
                return Likeness.USUAL
            if len(backs) - busy < SILENT_BEFORE:
                return Likeness.UNUSUAL
        if len(backs) - busy - absent < SILENT_BEFORE:
            return Likeness.NEW
        if piece.end - piece.start <= PIECE:
            return Likeness.USUAL
        # The log group may be silent in some hours of the piece and busy in others.
        middle = piece.start + (piece.end - piece.start) / 2
        halves = TimeSpan(start=piece.start, end=middle), TimeSpan(start=middle, end=piece.end)
        return await self._all(halves, before)

    async def _state(self, span: TimeSpan) -> "_State":
        kept_since = self._queries.kept_since
        if kept_since is not None and span.start < kept_since:
            return _State.ABSENT
        if not await self._came(span):
            # Before the first event a silence proves nothing.
            return _State.SILENT if await self._was_there(span.start) else _State.ABSENT
        step = (span.end - span.start) / SLOTS
        # From the end: evening events get fewer there, and morning events begin there.
        for number in reversed(range(SLOTS)):
            first = span.start + number * step
            if not await self._came(TimeSpan(start=first, end=first + step)):
                return _State.MIXED
        return _State.BUSY

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


def moved(span: TimeSpan, back: timedelta) -> TimeSpan:
    """The time range, moved back."""
    return TimeSpan(start=span.start - back, end=span.end - back)
