"""Where a log group was silent within a window: at its end, for a while before, or where its events are not kept.

A silent log has no errors either. Many a log is quiet at night by nature, so a silence is compared with the same time
on earlier days. FilterLogEvents, which is free of charge, answers all of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.aws.client.errors import AwsError
from services.i18n import _, plural, sentences
from services.inspections.toolkit.logs.queries import HOUR, Queries
from services.inspections.toolkit.logs.usual_silence import Likeness, Usual
from services.inspections.toolkit.wording import moment, stretch
from services.models.findings import Measure
from services.models.metrics import TimeSpan
from services.models.verdict import Verdict

FRESH = timedelta(minutes=15)
"""A shorter silence says nothing."""
EXACT = timedelta(minutes=5)
"""How exactly the beginning of a silence is determined."""
PARTS = 24
"""The window is checked in so many parts at most, with a request each."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A time without events, and how it compares with the same time before."""

    span: TimeSpan
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Silence:
    """Where the events of a log group are missing."""

    since: datetime | None = None
    """About when the newest event came; None: there are fresh ones, or it is not known."""
    likeness: Likeness = Likeness.USUAL
    """Of the silence since then with the same time before."""
    tolerated: bool = False
    """Events are so rare that the silence says nothing."""
    holes: tuple[Hole, ...] = ()
    """Times without events, before the newest ones, that are not known to be usual."""
    usual: tuple[Hole, ...] = ()
    """The same, but the log group was as silent at the same time before."""
    unread: str = ""
    """Why it is not known, in words."""

    @property
    def doubtful(self) -> bool:
        """Whether something may have happened that the log does not show."""
        return bool(self.unread) or self.ended or bool(self.holes)

    @property
    def ended(self) -> bool:
        """Whether events stopped, and that is not known to be usual."""
        return self.since is not None and self.likeness is not Likeness.USUAL and not self.tolerated


async def silence(queries: Queries, *, fresh: timedelta = FRESH, events: Iterable[TimeSpan] = ()) -> Silence:
    """Where the log group is silent in the window. A silence shorter than `fresh` does not count. Raises no AwsError.

    `events`: spans that are known to have events, which need not be asked for again.
    """
    usual = Usual(queries)
    try:
        since = await _ended(queries)
        holes = await _holes(queries, since or queries.span.end, max(fresh, HOUR), list(events))
        compared = [Hole(hole, await usual.compare(hole)) for hole in holes]
        tolerated = since is not None and queries.span.end - since < fresh
        ended = TimeSpan(start=since + EXACT, end=queries.span.end) if since and not tolerated else None
        return Silence(
            since=since,
            likeness=await usual.compare(ended) if ended else Likeness.USUAL,
            tolerated=tolerated,
            holes=tuple(hole for hole in compared if hole.likeness is not Likeness.USUAL),
            usual=tuple(hole for hole in compared if hole.likeness is Likeness.USUAL),
        )
    except AwsError as error:
        return Silence(unread=error.problem.summary)


async def _ended(queries: Queries) -> datetime | None:
    """Since when there are no events; None where there are recent ones."""
    end = queries.span.end
    last = end - FRESH
    if await queries.came(TimeSpan(start=last, end=end)):
        return None
    first = min(queries.span.start, last)
    # Bisect, for the newest event cannot be asked for; ends at `first` where there are no events at all.
    while last - first > EXACT:
        middle = first + (last - first) / 2
        if await queries.came(TimeSpan(start=middle, end=end)):
            first = middle
        else:
            last = middle
    return first


async def _holes(
    queries: Queries, until: datetime, least: timedelta, events: list[TimeSpan]
) -> list[TimeSpan]:
    """The parts of the window without events, joined; each part is as long as `least` or longer."""
    start = queries.start
    count = max(0, min(PARTS, int((until - start) / least)))
    step = (until - start) / count if count else least
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


def silence_words(queries: Queries, silence: Silence) -> str:
    """That events are missing, in sentences; "" where none are."""
    if silence.unread:
        text = _("Could not read whether events still arrive: {why}").format(why=silence.unread)
        return sentences(unkept_words(queries), text)
    return sentences(unkept_words(queries), _hole_words(queries, silence), _end_words(queries, silence))


def unkept_words(queries: Queries) -> str:
    """That the log group does not, or may not, keep events of the whole window; "" where it does."""
    if queries.kept_since is None:
        return _("It is not known how far back {group} has events.").format(group=queries.group)
    if not queries.begins_late:
        return ""
    text = _("{group} has nothing from before {time}: what happened until then is not known.")
    return text.format(group=queries.group, time=moment(queries.start, queries.zone))


def silence_advice(queries: Queries) -> tuple[str, ...]:
    """What to do where the log group does not keep the whole window."""
    if not queries.begins_late:
        return ()
    text = _(
        "Where {group} is retained for less than the time between two inspections, have its "
        "retention extended; where it was recreated, ask who did so and why."
    )
    return (text.format(group=queries.group),)


def _hole_words(queries: Queries, silence: Silence) -> str:
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
    return sentences(sentence, _uncompared(_widest(silence.holes).likeness))


def _end_words(queries: Queries, silence: Silence) -> str:
    if silence.since is None or silence.tolerated:
        return ""
    at = moment(silence.since, queries.zone)
    if not silence.ended:
        return _("No events since {time}, as at the same time on previous days.").format(time=at)
    text = _("No events in {group} since {time}: what happened after that is not known.")
    return sentences(text.format(group=queries.group, time=at), _uncompared(silence.likeness))


def _uncompared(likeness: Likeness) -> str:
    """Why it is not known whether a silence is usual; "" where it is known."""
    if likeness is Likeness.NEW:
        return _("The log group does not have enough previous days to compare that with.")
    if likeness is Likeness.COSTLY:
        return _("Too many requests would be needed to compare that with previous days.")
    return ""


def silence_measures(queries: Queries, silence: Silence) -> Iterator[Measure]:
    """How far the log covers both ends of the window, and the longest silence; none where nothing is missing."""
    if words := unkept_words(queries):
        since = queries.start if queries.begins_late else None
        yield Measure(
            title=_("Retained log events"),
            shown=_("from {time}").format(time=moment(since, queries.zone)) if since else "",
            allowed=_("from the beginning of the window"),
            verdict=Verdict.UNKNOWN,
            at=since,
            note=words,
        )
    if silence.unread or silence.since is not None:
        yield Measure(
            title=_("Log events"),
            shown=_("until {time}").format(time=moment(silence.since, queries.zone)) if silence.since else "",
            allowed=_("up to the end of the window"),
            # A usual silence is for information: it makes nothing normal.
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
