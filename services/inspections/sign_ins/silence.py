"""Whether the event history reaches to the end of the window: where it stops, what came after was not seen.

An account in use records something in its home region all the time: every management call counts, reads too, so that
this console's own reads of alarms are events. Only the home region is watched, for others may be quiet for months.

How long a silence may be is not documented, so it is compared with the silences at the same time of day on earlier
days. Where nothing happens outside working hours, only opening hours count: a weekend or the New Year is no silence,
a morning at work is one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from services.aws.cloudtrail.reader import CloudTrailReader
from services.calendar.calendar import Calendar
from services.i18n import _
from services.inspections.toolkit.wording import moment
from services.models.cloudtrail import Lookup, TrailEvent, TrailStatus
from services.models.findings import Measure
from services.models.verdict import Verdict

BEFORE = timedelta(days=14)
"""How long before the end of the window events are looked for."""
QUIET = timedelta(hours=3)
"""A silence up to this long says nothing: some events arrive hours late."""
AT_WORK = timedelta(hours=4)
"""The same in opening hours, where nothing happens outside them: about half a day of work."""
TIMES = 3
"""A silence more than this many times as long as the longest usual one is not usual."""
RESTED = 0.75
"""The share of a closed time that a silence must fill to show that nothing happens while closed."""
_DAY = timedelta(days=1)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Silence:
    """A time without any event."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """By the wall clock."""
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class SignInHistory:
    """What was read of one region to see whether its event history continues."""

    newest: Lookup = field(default_factory=lambda: Lookup(region="", value=""))
    """The newest events of all, whatever they are."""
    earlier: tuple[tuple[datetime, Lookup], ...] = ()
    """The newest events before moments of earlier days; not read where the newest event is recent."""
    older: Lookup | None = None
    """The newest events old enough that files with them must have been delivered; read where a trail is late."""

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """All that were asked."""
        older = (self.older,) if self.older is not None else ()
        return (self.newest, *(lookup for _moment, lookup in self.earlier), *older)

    @property
    def requests(self) -> int:
        """Sent for it."""
        return sum(lookup.requests for lookup in self.lookups)

    @property
    def unread(self) -> bool:
        """An answer is missing, or holds an event that cannot be understood."""
        return any(lookup.problem is not None or lookup.unreadable for lookup in self.lookups)

    @property
    def last(self) -> datetime | None:
        """When the newest event was."""
        return last_of(self.newest)

    def silences(self) -> Iterator[Silence]:
        """The silences between events, and before the moments of earlier days; an empty answer shows none."""
        for until, lookup in ((None, self.newest), *self.earlier):
            times = sorted((event.at for event in lookup.events), reverse=True)
            if until is not None and times:
                yield Silence(times[0], until)
            for later, earlier in pairwise(times):
                yield Silence(earlier, later)


def last_of(lookup: Lookup) -> datetime | None:
    """When the newest of its events was."""
    return max((event.at for event in lookup.events), default=None)


# Reading


async def read_history(
    reader: CloudTrailReader, region: str, until: datetime, trails: Iterable[TrailStatus]
) -> SignInHistory:
    """One answer; some more where the newest event is not recent, or a trail's files are not. Raises no AwsError."""
    newest = await _before(reader, region, until)
    last = last_of(newest)
    if newest.problem is not None or newest.unreadable or last is None:
        return SignInHistory(newest)
    if until - last > QUIET:
        return SignInHistory(newest, await _earlier(reader, region, until, last))
    late = any(_witness(trail, region) and _delivered(trail) < until - QUIET for trail in trails)
    return SignInHistory(newest, older=await _before(reader, region, until - QUIET) if late else None)


async def _before(reader: CloudTrailReader, region: str, until: datetime) -> Lookup:
    return await reader.lookup(region, "", "", since=until - BEFORE, until=until, most=1)


async def _earlier(
    reader: CloudTrailReader, region: str, until: datetime, last: datetime
) -> tuple[tuple[datetime, Lookup], ...]:
    """At the same time of day on the days before the last event: the silence itself is no measure of what is usual."""
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
    """Whether the time since the newest event is longer than any silence that is usual."""
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
    """Whether it fills a time in which the office is closed, a night or longer."""
    for since, until in calendar.closed_times(silence.since, silence.until):
        filled = min(until, silence.until) - max(since, silence.since)
        if filled >= RESTED * (until - since):
            return True
    return False


def _witness(trail: TrailStatus, region: str) -> bool:
    """Whether the trail must have whatever this region's event history has; its status is that of its home only."""
    return trail.logging and trail.every_event and trail.region == region


def _delivered(trail: TrailStatus) -> datetime:
    return trail.delivered_at or trail.started_at or _NEVER


def is_behind(trail: TrailStatus, history: SignInHistory) -> bool:
    """Whether an event that is hours old has not reached the bucket of a trail that takes every event."""
    if not _witness(trail, history.newest.region):
        return False
    old: Iterable[TrailEvent] = history.older.events if history.older is not None else ()
    return any(event.at > _delivered(trail) for event in old)


def _ahead(trails: Iterable[TrailStatus], history: SignInHistory, until: datetime) -> TrailStatus | None:
    """A trail with files from a time in the window of which the event history has nothing.

    A trail reports only its newest file: one from after the window proves nothing about the window.
    """
    last, region = history.last, history.newest.region
    if last is None:
        return None
    times = ((trail, trail.delivered_at) for trail in trails if _witness(trail, region))
    return next((trail for trail, at in times if at is not None and last + QUIET < at <= until), None)


def history_measure(
    history: SignInHistory, trails: Iterable[TrailStatus], until: datetime, calendar: Calendar
) -> Measure:
    """Normal where the newest events of the home region reach to the end of the window; otherwise not judged."""
    zone, last = calendar.zone, history.last
    note = ""
    if history.unread:
        reach, note = _("not read"), _("not known whether it continues")
    elif last is None:
        since = moment(until - BEFORE, zone)
        reach, note = _("empty"), _("no events since {time}, so nothing is known").format(time=since)
    elif ahead := _ahead(trails, history, until):
        reach = _("stops at {time}").format(time=moment(last, zone))
        note = _("the trail {name} has files of later events; their content is not known").format(
            name=ahead.name
        )
    elif is_silent(history, until, calendar):
        reach = _("stops at {time}").format(time=moment(last, zone))
        note = _("what happened after that is not known")
    else:
        reach = _("up to {time}").format(time=moment(last, zone))
    return Measure(
        title=_("Event history of {region}").format(region=history.newest.region),
        shown=reach,
        allowed=_("continues to the end of the window"),
        verdict=Verdict.UNKNOWN if note else Verdict.NORMAL,
        note=note,
        at=last,
    )


def silence_remark(measure: Measure) -> str:
    """The same as a sentence; "" where the history continues."""
    if measure.verdict is Verdict.NORMAL:
        return ""
    return _("{title}: {shown} ({note}).").format(title=measure.title, shown=measure.shown, note=measure.note)


def watched_remark(region: str) -> str:
    """In which regions it is checked whether the history continues, and in which not."""
    text = _(
        "Whether the event history continues is checked in {region} only, against the gaps that are "
        "usual there; in other regions a history that stopped cannot be told from a region that "
        "nobody uses."
    )
    return text.format(region=region)
