"""Whether a log group still gets events at the end of a window: one that stopped has no errors either.

At night nobody asks anything and many a log is quiet by nature, so a silence is compared with the same time a day and
a week before. FilterLogEvents, which is free of charge, answers all of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.aws.errors import AwsError
from services.i18n import _
from services.inspections.insights_queries import Queries
from services.inspections.times import moment
from services.models.findings import Measure
from services.models.metrics import TimeSpan
from services.models.verdict import Verdict

FRESH = timedelta(minutes=15)
"""Events come at least so often; a shorter silence says nothing."""
EXACT = timedelta(minutes=5)
"""How exactly the beginning of a silence is told."""
BACK = (timedelta(days=1), timedelta(days=7))
"""Where a silence is compared with what came at the same time."""


@dataclass(frozen=True, slots=True)
class Silence:
    """How far the events of a log group reach."""

    since: datetime | None = None
    """About when the newest event came; None: there are fresh ones, or it is not known."""
    usual: bool = False
    """The log group was as silent a day and a week before."""
    unread: str = ""
    """Why it is not known, in words."""

    @property
    def doubtful(self) -> bool:
        """Nobody can say that what was looked for did not happen."""
        return bool(self.unread) or (self.since is not None and not self.usual)


async def silence(queries: Queries, *, fresh: timedelta = FRESH) -> Silence:
    """How far the log group of a look reaches. A shorter silence than `fresh` is none. Never raises AwsError."""
    end = queries.span.end
    reaches = queries.insights.has_events
    try:
        if await reaches(queries.group, TimeSpan(start=end - fresh, end=end)):
            return Silence()
        begun = await _begun(queries, min(queries.span.start, end - fresh), end - fresh)
        stretch = TimeSpan(start=begun + EXACT, end=end)
        past = [await _quiet(queries, stretch, back) for back in BACK]
    except AwsError as error:
        return Silence(unread=error.problem.summary)
    return Silence(since=begun, usual=all(past))


async def _begun(queries: Queries, first: datetime, last: datetime) -> datetime:
    """From when on nothing came: halving, for the newest event cannot be asked for. `first`, where nothing ever did."""
    while last - first > EXACT:
        middle = first + (last - first) / 2
        if await queries.insights.has_events(queries.group, TimeSpan(start=middle, end=queries.span.end)):
            first = middle
        else:
            last = middle
    return first


async def _quiet(queries: Queries, stretch: TimeSpan, back: timedelta) -> bool:
    """The log group lived so long before, and was silent then, too."""
    start, end = stretch.start - back, stretch.end - back
    before = TimeSpan(start=start - back, end=start)
    has_events = queries.insights.has_events
    return await has_events(queries.group, before) and not await has_events(
        queries.group, TimeSpan(start=start, end=end)
    )


def silence_words(queries: Queries, found: Silence) -> str:
    """That events stopped, in a sentence; "" where they did not."""
    if found.unread:
        return _("Whether events still come cannot be read: {why}").format(why=found.unread)
    if found.since is None:
        return ""
    at = moment(found.since, queries.zone)
    if found.usual:
        text = _("No events since {time}, as at the same time a day and a week before.")
        return text.format(time=at)
    return _("No events in {group} since {time}: what came after is not known.").format(
        group=queries.group, time=at
    )


def silence_measures(queries: Queries, found: Silence) -> Iterator[Measure]:
    """The end of the log beside the end of the window; nothing where they are the same."""
    if not found.unread and found.since is None:
        return
    yield Measure(
        title=_("Log events"),
        shown=_("until {time}").format(time=moment(found.since, queries.zone)) if found.since else "",
        allowed=_("up to the end of the window"),
        # That a log is quiet by nature makes nothing normal.
        verdict=Verdict.UNKNOWN if found.doubtful else None,
        at=found.since,
        note=silence_words(queries, found),
    )
