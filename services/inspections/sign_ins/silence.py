"""Whether the event history reaches the end of the window: if it stops earlier, later events are missing.

An account in use constantly records events in its home region: every management call counts, including reads, so that
this console's own reads of alarms are events. Only the home region is checked, because others may be quiet for months.

The possible length of a silence is not documented, so it is compared with the silences at the same time of day on
earlier days. If there are no events outside working hours, only opening hours count: then a silence over a weekend or
the New Year is normal, and one on a working morning is not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from services.aws.cloudtrail.reader import CloudTrailReader
from services.calendar.calendar import Calendar
from services.i18n import _
from services.models.cloudtrail import Lookup, TrailEvent, TrailStatus
from services.models.date_text import zoned_time
from services.models.findings import Measure
from services.models.verdict import Verdict

BEFORE = timedelta(days=14)
"""How far before the end of the window events are searched."""
QUIET = timedelta(hours=3)
"""A silence up to this long is ignored: some events arrive hours late."""
AT_WORK = timedelta(hours=4)
"""The same in opening hours, if there are no events outside them: about half a working day."""
TIMES = 3
"""A silence is unusual if it is more than this many times as long as the longest usual one."""
RESTED = 0.75
"""Share of a closed time that a silence must fill to show that there are no events while closed."""
_DAY = timedelta(days=1)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Silence:
    """A time without any event."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """Wall-clock duration."""
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class SignInHistory:
    """The events read from one region to see whether its event history continues."""

    newest: Lookup = field(default_factory=lambda: Lookup(region="", value=""))
    """The newest events of any kind."""
    earlier: tuple[tuple[datetime, Lookup], ...] = ()
    """The newest events before certain times of earlier days; not read if the newest event is recent."""
    older: Lookup | None = None
    """The newest events that a trail must have delivered by now; only read if a trail is late."""

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """All look-ups."""
        older = (self.older,) if self.older is not None else ()
        return (self.newest, *(lookup for _moment, lookup in self.earlier), *older)

    @property
    def requests(self) -> int:
        """Number of requests sent."""
        return sum(lookup.requests for lookup in self.lookups)

    @property
    def unread(self) -> bool:
        """Whether a result is missing, or contains an event that cannot be interpreted."""
        return any(lookup.problem is not None or lookup.unreadable for lookup in self.lookups)

    @property
    def last(self) -> datetime | None:
        """The time of the newest event."""
        return last_of(self.newest)

    def silences(self) -> Iterator[Silence]:
        """The silences between events, and before the times of earlier days; an empty result shows none."""
        for until, lookup in ((None, self.newest), *self.earlier):
            times = sorted((event.at for event in lookup.events), reverse=True)
            if until is not None and times:
                yield Silence(times[0], until)
            for later, earlier in pairwise(times):
                yield Silence(earlier, later)


def last_of(lookup: Lookup) -> datetime | None:
    """The time of the newest event of a look-up."""
    return max((event.at for event in lookup.events), default=None)


# Reading


async def read_history(
    reader: CloudTrailReader, region: str, until: datetime, trails: Iterable[TrailStatus]
) -> SignInHistory:
    """One look-up, and more if the newest event, or a trail's newest file, is not recent. Raises no AwsError."""
    newest = await _before(reader, region, until)
    last = last_of(newest)
    if newest.problem is not None or newest.unreadable or last is None:
        return SignInHistory(newest)
    if until - last > QUIET:
        return SignInHistory(newest, await _earlier(reader, region, until, last))
    late = any(_covers(trail, region) and _delivered(trail) < until - QUIET for trail in trails)
    return SignInHistory(newest, older=await _before(reader, region, until - QUIET) if late else None)


async def _before(reader: CloudTrailReader, region: str, until: datetime) -> Lookup:
    return await reader.lookup(region, "", "", since=until - BEFORE, until=until, most=1)


async def _earlier(
    reader: CloudTrailReader, region: str, until: datetime, last: datetime
) -> tuple[tuple[datetime, Lookup], ...]:
    """Look-ups at the same time of day on days before the last event, so that the silence itself is excluded."""
    first = (until - last) // _DAY + 1
    moments = [until - _DAY * number for number in range(first, first + BEFORE // _DAY)]
    lookups: list[tuple[datetime, Lookup]] = []
    for at in moments:
        lookup = await _before(reader, region, at)
        lookups.append((at, lookup))
        if lookup.problem is not None:
            break
    return tuple(lookups)


# Judging


def is_silent(history: SignInHistory, until: datetime, calendar: Calendar) -> bool:
    """Whether the time since the newest event is longer than any usual silence."""
    if history.last is None:
        return True
    now = Silence(history.last, until)
    if now.length <= QUIET:
        return False
    usual = list(history.silences())
    if any(_rested(silence, calendar) for silence in usual):
        longest = max(_at_work(silence, calendar) for silence in usual)
        return _at_work(now, calendar) > max(AT_WORK, TIMES * longest)
    return now.length > max([QUIET, *(TIMES * silence.length for silence in usual)])


def _at_work(silence: Silence, calendar: Calendar) -> timedelta:
    return calendar.hours_between(silence.since, silence.until)


def _rested(silence: Silence, calendar: Calendar) -> bool:
    """Whether the silence fills a closed time, such as a night."""
    for since, until in calendar.closed_times(silence.since, silence.until):
        filled = min(until, silence.until) - max(since, silence.since)
        if filled >= RESTED * (until - since):
            return True
    return False


def _covers(trail: TrailStatus, region: str) -> bool:
    """Whether the trail must contain everything in this region's history; its status covers only its home region."""
    return trail.logging and trail.every_event and trail.region == region


def _delivered(trail: TrailStatus) -> datetime:
    return trail.delivered_at or trail.started_at or _NEVER


def is_behind(trail: TrailStatus, history: SignInHistory) -> bool:
    """Whether an event that is hours old is missing from the bucket of a trail that records every event."""
    if not _covers(trail, history.newest.region):
        return False
    old: Iterable[TrailEvent] = history.older.events if history.older is not None else ()
    return any(event.at > _delivered(trail) for event in old)


def _ahead(trails: Iterable[TrailStatus], history: SignInHistory, until: datetime) -> TrailStatus | None:
    """A trail with files from a part of the window for which the event history has no events.

    A trail reports only its newest file, and a file from after the window proves nothing about the window.
    """
    last, region = history.last, history.newest.region
    if last is None:
        return None
    times = ((trail, trail.delivered_at) for trail in trails if _covers(trail, region))
    return next((trail for trail, at in times if at is not None and last + QUIET < at <= until), None)


def history_measure(
    history: SignInHistory, trails: Iterable[TrailStatus], until: datetime, calendar: Calendar
) -> Measure:
    """Normal if the home region's newest events reach the end of the window; otherwise not judged."""
    zone, last = calendar.zone, history.last
    note = ""
    if history.unread:
        reach, note = _("not read"), _("not known whether it continues")
    elif last is None:
        since = zoned_time(until - BEFORE, zone)
        reach, note = _("empty"), _("no events since {time}, so nothing is known").format(time=since)
    elif ahead := _ahead(trails, history, until):
        reach = _("stops at {time}").format(time=zoned_time(last, zone))
        note = _("the trail {name} has files of later events; their content is not known").format(
            name=ahead.name
        )
    elif is_silent(history, until, calendar):
        reach = _("stops at {time}").format(time=zoned_time(last, zone))
        note = _("what happened after that is not known")
    else:
        reach = _("up to {time}").format(time=zoned_time(last, zone))
    return Measure(
        title=_("Event history of {region}").format(region=history.newest.region),
        shown=reach,
        allowed=_("continues to the end of the window"),
        verdict=Verdict.UNKNOWN if note else Verdict.NORMAL,
        note=note,
        at=last,
    )


def silence_remark(measure: Measure) -> str:
    """The measure as a sentence; "" if the history continues."""
    if measure.verdict is Verdict.NORMAL:
        return ""
    return _("{title}: {shown} ({note}).").format(title=measure.title, shown=measure.shown, note=measure.note)


def watched_remark(region: str) -> str:
    """In which regions the continuation of the history is checked, and in which not."""
    text = _(
        "Whether the event history continues is checked in {region} only, against the gaps that are "
        "usual there; in other regions a history that stopped cannot be told from a region that "
        "nobody uses."
    )
    return text.format(region=region)
