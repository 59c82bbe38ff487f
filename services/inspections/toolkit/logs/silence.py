"""Where a log group was silent within a window: at its end, for a while before, or where it keeps nothing any more.

What is silent has no errors either. At night nobody asks anything and many a log is quiet by nature, so a silence is
compared with the same time on days before. FilterLogEvents, which is free of charge, answers all of it.
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
"""Events come at least so often; a shorter silence says nothing."""
EXACT = timedelta(minutes=5)
"""How exactly the beginning of a silence is told."""
PARTS = 24
"""The window is looked at in so many parts at most, with a request each."""


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
    """Events come so rarely that it says nothing."""
    holes: tuple[Hole, ...] = ()
    """Times without events, before the newest ones, that are not known to be usual."""
    quiet: tuple[Hole, ...] = ()
    """The same, but the log group was as silent at the same time before."""
    unread: str = ""
    """Why it is not known, in words."""

    @property
    def doubtful(self) -> bool:
        """Nobody can say that what was looked for did not happen."""
        return bool(self.unread) or self.ended or bool(self.holes)

    @property
    def ended(self) -> bool:
        """Events stopped coming, and that is not known to be usual."""
        return self.since is not None and self.likeness is not Likeness.USUAL and not self.tolerated


async def silence(queries: Queries, *, fresh: timedelta = FRESH, events: Iterable[TimeSpan] = ()) -> Silence:
    """Where the log group of a look is silent. A shorter silence than `fresh` is none. Never raises AwsError.

    `events` are spans in which events are known to have come, so that nobody asks again.
    """
    usual = Usual(queries)
    try:
        since = await _ended(queries)
        holes = await _holes(queries, since or queries.span.end, max(fresh, HOUR), list(events))
        judged = [Hole(hole, await usual.compare(hole)) for hole in holes]
        tolerated = since is not None and queries.span.end - since < fresh
        ended = TimeSpan(start=since + EXACT, end=queries.span.end) if since and not tolerated else None
        return Silence(
            since=since,
            likeness=await usual.compare(ended) if ended else Likeness.USUAL,
            tolerated=tolerated,
            holes=tuple(hole for hole in judged if hole.likeness is not Likeness.USUAL),
            quiet=tuple(hole for hole in judged if hole.likeness is Likeness.USUAL),
        )
    except AwsError as error:
        return Silence(unread=error.problem.summary)


async def _ended(queries: Queries) -> datetime | None:
    """From when on nothing came; None where something just came."""
    end = queries.span.end
    last = end - FRESH
    if await queries.came(TimeSpan(start=last, end=end)):
        return None
    first = min(queries.span.start, last)
    # Halving, for the newest event cannot be asked for. `first`, where nothing ever came.
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
    begun = queries.begun
    count = max(0, min(PARTS, int((until - begun) / least)))
    step = (until - begun) / count if count else least
    found: list[TimeSpan] = []
    for number in range(count):
        part = TimeSpan(start=begun + number * step, end=begun + (number + 1) * step)
        known = any(part.start <= each.start and each.end <= part.end for each in events)
        if known or await queries.came(part):
            continue
        if found and found[-1].end == part.start:
            part = TimeSpan(start=found.pop().start, end=part.end)
        found.append(part)
    return found


def silence_words(queries: Queries, found: Silence) -> str:
    """That events are missing, in a sentence; "" where they are not."""
    if found.unread:
        said = _("Could not read whether events still arrive: {why}").format(why=found.unread)
        return sentences(unkept_words(queries), said)
    return sentences(unkept_words(queries), _hole_words(queries, found), _end_words(queries, found))


def unkept_words(queries: Queries) -> str:
    """That the log group does not keep the whole window, or may not, in a sentence; "" where it does."""
    if queries.kept_since is None:
        return _("It is not known how far back {group} has events.").format(group=queries.group)
    if not queries.begins_late:
        return ""
    text = _("{group} has nothing from before {time}: what happened until then is not known.")
    return text.format(group=queries.group, time=moment(queries.begun, queries.zone))


def silence_advice(queries: Queries) -> tuple[str, ...]:
    """What to do where the log group does not keep the whole window."""
    if not queries.begins_late:
        return ()
    text = _(
        "Where {group} is retained for less than the time between two inspections, have its "
        "retention extended; where it was recreated, ask who did so and why."
    )
    return (text.format(group=queries.group),)


def _hole_words(queries: Queries, found: Silence) -> str:
    if not found.holes:
        return ""
    text = plural(
        "No events in {group} at least during {stretch}: what happened then is not known.",
        "No events in {group} {count} times, the longest at least {stretch}: what happened then is "
        "not known.",
        len(found.holes),
    )
    said = text.format(group=queries.group, count=len(found.holes), stretch=_longest(queries, found.holes))
    return sentences(said, _uncompared(_widest(found.holes).likeness))


def _end_words(queries: Queries, found: Silence) -> str:
    if found.since is None or found.tolerated:
        return ""
    at = moment(found.since, queries.zone)
    if not found.ended:
        return _("No events since {time}, as at the same time on previous days.").format(time=at)
    said = _("No events in {group} since {time}: what happened after that is not known.")
    return sentences(said.format(group=queries.group, time=at), _uncompared(found.likeness))


def _uncompared(likeness: Likeness) -> str:
    """Why nobody knows whether a silence is usual; "" where it is known."""
    if likeness is Likeness.NEW:
        return _("The log group does not have enough previous days to compare that with.")
    if likeness is Likeness.COSTLY:
        return _("Too many requests would be needed to compare that with previous days.")
    return ""


def silence_measures(queries: Queries, found: Silence) -> Iterator[Measure]:
    """How far the log reaches beside both ends of the window, and the longest silence; nothing where it is whole."""
    if words := unkept_words(queries):
        since = queries.begun if queries.begins_late else None
        yield Measure(
            title=_("Retained log events"),
            shown=_("from {time}").format(time=moment(since, queries.zone)) if since else "",
            allowed=_("from the beginning of the window"),
            verdict=Verdict.UNKNOWN,
            at=since,
            note=words,
        )
    if found.unread or found.since is not None:
        yield Measure(
            title=_("Log events"),
            shown=_("until {time}").format(time=moment(found.since, queries.zone)) if found.since else "",
            allowed=_("up to the end of the window"),
            # That a log is quiet by nature makes nothing normal.
            verdict=Verdict.UNKNOWN if found.unread or found.ended else None,
            at=found.since,
            note=silence_words(queries, found) if found.unread else _end_words(queries, found),
        )
    silent = found.holes or found.quiet
    if silent:
        yield Measure(
            title=_("Longest time without log events"),
            shown=_longest(queries, silent),
            allowed=_("as at the same time on previous days"),
            verdict=Verdict.UNKNOWN if found.holes else None,
            note=_hole_words(queries, found) or _("as quiet as at the same time on previous days"),
        )


def _widest(holes: Iterable[Hole]) -> Hole:
    return max(holes, key=lambda each: (each.span.end - each.span.start, each.span.start))


def _longest(queries: Queries, holes: Iterable[Hole]) -> str:
    longest = _widest(holes).span
    return stretch(longest.start, longest.end, queries.zone)
