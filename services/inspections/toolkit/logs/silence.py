"""Finds silences of a log group within a window: at its end, in between, or where events are no longer kept.
A silent log has no errors either. Many logs are normally quiet at night, so a silence is compared with the
same time on earlier days, using FilterLogEvents, which is free of charge."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from services.aws.client.errors import AwsError
from services.i18n import _, plural, sentences
from services.inspections.toolkit.logs.queries import HOUR, Queries
from services.inspections.toolkit.silence import (
    CHANCE,
    LEAST,
    SILENT_BEFORE,
    WEEK,
    Likeness,
    comparable,
    days_like,
    moved,
    spans_by_day,
)
from services.inspections.toolkit.toolkit_wording import stretch
from services.models.date_text import zoned_time
from services.models.findings import Measure
from services.models.metrics import TimeSpan
from services.models.verdict import Verdict

PIECE = timedelta(hours=3)
"""Minimum length of the parts into which a silence is divided if longer parts are inconclusive."""
SLOTS = 4  # Number of parts of each earlier time that are asked for events
MOST = 600  # Maximum number of requests; a morning after two weeks of holidays needs up to about 460


class _State(Enum):
    SILENT = auto()
    MIXED = auto()
    ABSENT = auto()  # The log group has no events from that time


class _Spent(Exception):
    pass


class Usual:
    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._lived: datetime | None = None  # The log group is known to have had events before this time
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
    return float(((empty + 1) / (slots + 1)) ** SLOTS)


EXACT = timedelta(minutes=5)  # Precision of the beginning of a silence
PARTS = 24  # Maximum number of parts in which the window is checked, with one request each


@dataclass(frozen=True, slots=True)
class Hole:
    span: TimeSpan
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class LogSilence:
    since: datetime | None = None
    """Approximate time of the newest event; None: there are recent events, or it is unknown."""
    likeness: Likeness = Likeness.USUAL  # Comparison of the time since then with earlier days
    holes: tuple[Hole, ...] = ()
    """Times without events before the newest one, unless they are known to be usual."""
    usual: tuple[Hole, ...] = ()  # Such times for which the log group was equally silent on earlier days
    unread: str = ""  # Why the silences are unknown, in words

    @property
    def doubtful(self) -> bool:
        return bool(self.unread) or self.ended or bool(self.holes)

    @property
    def ended(self) -> bool:
        """Whether events have stopped, unless that is known to be usual."""
        return self.since is not None and self.likeness is not Likeness.USUAL


async def silence(queries: Queries, *, events: Iterable[TimeSpan] = ()) -> LogSilence:
    """The silences of the log group in the window, ignoring those shorter than LEAST. Raises no AwsError.
    `events`: times that are known to have events, which are not queried again."""
    usual = Usual(queries)
    try:
        since = await _ended(queries)
        holes = await _holes(queries, since or queries.settled_end, list(events))
        compared = [Hole(hole, await usual.compare(hole)) for hole in holes]
        ended = TimeSpan(start=since + EXACT, end=queries.settled_end) if since else None
        return LogSilence(
            since=since,
            likeness=await usual.compare(ended) if ended else Likeness.USUAL,
            holes=tuple(hole for hole in compared if hole.likeness is not Likeness.USUAL),
            usual=tuple(hole for hole in compared if hole.likeness is Likeness.USUAL),
        )
    except AwsError as error:
        return LogSilence(unread=error.problem.summary)


async def read_ahead(queries: Queries) -> None:
    """Ask what `silence` will ask in the run for which `queries` reads ahead. Raises no AwsError."""
    yen = await queries.estimate()
    if yen is None or queries.affordable(yen):
        await silence(queries)


async def _ended(queries: Queries) -> datetime | None:
    end = queries.settled_end
    last = end - LEAST
    if await queries.came(TimeSpan(start=last, end=end)):
        return None
    first = min(queries.span.start, last)
    # Bisect, because the newest event cannot be requested; ends at `first` if there are no events at all.
    while last - first > EXACT:
        middle = first + (last - first) / 2
        if await queries.came(TimeSpan(start=middle, end=end)):
            first = middle
        else:
            last = middle
    return first


async def _holes(queries: Queries, until: datetime, events: list[TimeSpan]) -> list[TimeSpan]:
    start = queries.start
    count = max(0, min(PARTS, int((until - start) / HOUR)))
    step = (until - start) / count if count else HOUR
    holes: list[TimeSpan] = []
    for number in range(count):
        part = TimeSpan(start=start + number * step, end=start + (number + 1) * step)
        has_events = any(part.start <= event.start and event.end <= part.end for event in events)
        if has_events or await queries.came(part):
            continue
        if holes and holes[-1].end == part.start:
            part = TimeSpan(start=holes.pop().start, end=part.end)
        holes.append(part)
    return holes


def silence_words(queries: Queries, silence: LogSilence) -> str:
    """Sentences about missing events; "" if none are missing."""
    if silence.unread:
        text = _("Could not read whether events still arrive: {why}", why=silence.unread)
        return sentences(unkept_words(queries), text)
    return sentences(unkept_words(queries), _hole_words(queries, silence), _end_words(queries, silence))


def unkept_words(queries: Queries) -> str:
    """That the log group does not, or may not, keep events of the whole window; "" if it does."""
    if queries.kept_since is None:
        return _("It is not known how far back {group} has events.", group=queries.group)
    if not queries.begins_late:
        return ""
    text = _("{group} has nothing from before {time}: what happened until then is not known.")
    created = queries.created_later
    if created is not None:
        text = _(
            "{group} was created at {created} according to AWS, but has events from {time} on: whether it has all "
            "of them, and older ones, is not known."
        )
    at = "" if created is None else zoned_time(created, queries.zone)
    return text.format(group=queries.group, created=at, time=zoned_time(queries.start, queries.zone))


def silence_advice(queries: Queries) -> tuple[str, ...]:
    if not queries.begins_late:
        return ()
    text = _(
        "Where {group} is retained for less than the time between two inspections, have its "
        "retention extended; where it was recreated, ask who did so and why."
    )
    return (text.format(group=queries.group),)


def _hole_words(queries: Queries, silence: LogSilence) -> str:
    if not silence.holes:
        return ""
    text = plural(
        "No events in {group} at least during {stretch}: what happened then is not known.",
        "No events in {group} {count} times, the longest at least {stretch}: what happened then is "
        "not known.",
        len(silence.holes),
    )
    longest = _longest(queries, silence.holes)
    sentence = text.format(group=queries.group, count=len(silence.holes), stretch=longest)
    widest = _widest(silence.holes)
    return sentences(sentence, _compared(queries, widest.likeness, widest.span.start))


def _end_words(queries: Queries, silence: LogSilence) -> str:
    if silence.since is None:
        return ""
    at = zoned_time(silence.since, queries.zone)
    if not silence.ended:
        return _("No events since {time}, as at the same time on previous days.", time=at)
    text = _("No events in {group} since {time}: what happened after that is not known.")
    compared = _compared(queries, silence.likeness, queries.settled_end)
    return sentences(text.format(group=queries.group, time=at), compared)


def _compared(queries: Queries, likeness: Likeness, at: datetime) -> str:
    if likeness is Likeness.UNUSUAL:
        return _("At the same time on {days} there are events.", days=days_like(at, queries.calendar))
    if likeness is Likeness.NEW:
        return _("The log group does not have enough previous days to compare that with.")
    if likeness is Likeness.COSTLY:
        return _("Too many requests would be needed to compare that with previous days.")
    return ""


def silence_measures(queries: Queries, silence: LogSilence) -> Iterator[Measure]:
    if words := unkept_words(queries):
        since = queries.start if queries.begins_late else None
        yield Measure(
            title=_("Retained log events"),
            shown=_("from {time}", time=zoned_time(since, queries.zone)) if since else "",
            allowed=_("from the beginning of the window"),
            verdict=Verdict.UNKNOWN,
            at=since,
            note=words,
        )
    if silence.unread or silence.since is not None:
        yield Measure(
            title=_("Log events"),
            shown=_("until {time}", time=zoned_time(silence.since, queries.zone)) if silence.since else "",
            allowed=_("up to the end of the window"),
            # A usual silence is for information and has no verdict.
            verdict=Verdict.UNKNOWN if silence.unread or silence.ended else None,
            at=silence.since,
            note=silence_words(queries, silence) if silence.unread else _end_words(queries, silence),
        )
    holes = silence.holes or silence.usual
    if holes:
        yield Measure(
            title=_("Longest time without log events"),
            shown=_longest(queries, holes),
            allowed=_("as at the same time on previous days"),
            verdict=Verdict.UNKNOWN if silence.holes else None,
            note=_hole_words(queries, silence) or _("as quiet as at the same time on previous days"),
        )


def _widest(holes: Iterable[Hole]) -> Hole:
    return max(holes, key=lambda hole: (hole.span.end - hole.span.start, hole.span.start))


def _longest(queries: Queries, holes: Iterable[Hole]) -> str:
    longest = _widest(holes).span
    return stretch(longest.start, longest.end, queries.zone)
