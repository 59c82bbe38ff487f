"""Whether each region's event history reaches the end of the window: if it stops earlier, later events are missing.

An account in use constantly records events in its home region: every management call counts, including reads, so that
this console's own reads of alarms are events. They and those of the global region, where root signs in, are read; of
every other region the events in hand are its past. All are judged by the one rule of `toolkit.silence`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from services.aws.cloudtrail.reader import PAGE, CloudTrailReader
from services.calendar.calendar import Calendar
from services.i18n import _
from services.inspections.toolkit.silence import (
    DAY,
    LAGS,
    LEAST,
    REACH,
    SILENT_BEFORE,
    Likeness,
    Silence,
    SourceKind,
    comparable,
    events,
    judge_silence,
    spans_by_day,
)
from services.models.cloudtrail import Lookup, TrailStatus
from services.models.date_text import zoned_time
from services.models.findings import Measure
from services.models.metrics import TimeSpan
from services.models.verdict import Verdict

QUIET = LAGS[SourceKind.TRAIL] + LEAST
"""Age from which an event must be in the history and in a trail's files."""
AHEAD = timedelta(hours=3)
"""How much later than the newest event a trail's file may be: some events arrive hours late."""
SPARSE = 8  # Fewer events in a region's whole past show nothing about how often there are some
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SignInHistory:
    newest: Lookup = field(default_factory=lambda: Lookup(region="", value=""))
    """The newest events of any kind."""
    since: datetime | None = None
    """In another region than home all events since then are in `newest`, and before the first there may have been none."""
    earlier: tuple[tuple[datetime, Lookup], ...] = ()
    """The newest events before certain times of earlier days; only read if `newest` does not explain a silence."""
    older: Lookup | None = None
    """The newest events that a trail must have delivered by now; only read if a trail is late."""

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        older = (self.older,) if self.older is not None else ()
        return (self.newest, *(lookup for _moment, lookup in self.earlier), *older)

    @property
    def requests(self) -> int:
        return sum(lookup.requests for lookup in self.lookups)

    @property
    def unread(self) -> bool:
        return any(lookup.problem is not None or lookup.unreadable for lookup in self.lookups)

    @property
    def last(self) -> datetime | None:
        return max((event.at for event in self.newest.events), default=None)

    def judged(self, until: datetime, calendar: Calendar) -> Silence:
        answers = [(until, self.newest), *self.earlier]
        complete = [
            TimeSpan(start=min(event.at for event in lookup.events), end=moment)
            for moment, lookup in answers
            if lookup.events
        ]
        if self.since is not None:
            complete.append(TimeSpan(start=self.since, end=until))
        times = (event.at for _moment, lookup in answers for event in lookup.events)
        return judge_silence(SourceKind.TRAIL, events(times, complete), until, calendar)


# Reading


async def read_newest(reader: CloudTrailReader, region: str, until: datetime) -> Lookup:
    return await reader.lookup(region, "", "", since=until - REACH, until=until, most=1)


async def read_history(
    reader: CloudTrailReader,
    region: str,
    until: datetime,
    trails: Iterable[TrailStatus],
    calendar: Calendar,
    *,
    is_home: bool = True,
) -> SignInHistory:
    """One look-up, and more if its page does not explain a silence, or a trail is late. Raises no AwsError."""
    newest = await read_newest(reader, region, until)
    whole = not newest.more and len(newest.events) < PAGE
    history = SignInHistory(newest, since=until - REACH if whole and not is_home else None)
    if history.unread or history.last is None:
        return history
    if history.judged(until, calendar).verdict is not Verdict.NORMAL:
        if whole:
            return history
        # Look-ups at the same time of day on days before the last event, so that the silence itself is
        # excluded.
        lookups: list[tuple[datetime, Lookup]] = []
        for moment in _moments(until - LAGS[SourceKind.TRAIL], history.last, calendar):
            lookup = await read_newest(reader, region, moment)
            lookups.append((moment, lookup))
            if lookup.problem is not None:
                break
        return replace(history, earlier=tuple(lookups))
    late = any(_covers(trail, region) and _delivered(trail) < until - QUIET for trail in trails)
    if late and not any(event.at <= until - QUIET for event in newest.events):
        return replace(history, older=await read_newest(reader, region, until - QUIET))
    return history


def _moments(until: datetime, last: datetime, calendar: Calendar) -> tuple[datetime, ...]:
    """The times before the silence whose newest events are read; of closed days also when the next day opened."""
    *_others, today = spans_by_day(TimeSpan(start=last, end=until), calendar)
    backs, is_open = comparable(today, last, calendar), calendar.open_days.is_open
    day = calendar.day_of(today.start)
    if is_open(day):
        return tuple(until - back for back in backs)
    alike = [until - back for back in backs if not is_open(day - back)]
    days = (calendar.day_of(last) - number * DAY for number in range(REACH // DAY))
    opened = [calendar.hours_of(each)[0] for each in days if is_open(each) and not is_open(each - DAY)]
    return (*alike, *[moment for moment in opened if moment <= last][:SILENT_BEFORE])


# Judging


def _covers(trail: TrailStatus, region: str) -> bool:
    """Whether the trail must contain everything in this region's history; its status covers only its home region."""
    return trail.logging and trail.every_event and trail.region == region


def _delivered(trail: TrailStatus) -> datetime:
    return trail.delivered_at or trail.started_at or _NEVER


def is_behind(trail: TrailStatus, histories: Mapping[str, SignInHistory], until: datetime) -> bool:
    """Whether an event that must have been delivered is missing from the bucket of a trail that records every event."""
    history = histories.get(trail.region)
    if history is None or not _covers(trail, trail.region):
        return False
    read = (*history.newest.events, *(history.older.events if history.older is not None else ()))
    return any(_delivered(trail) < event.at <= until - QUIET for event in read)


def _ahead(trails: Iterable[TrailStatus], history: SignInHistory, until: datetime) -> TrailStatus | None:
    """A trail with files from a part of the window for which the event history has no events. A trail reports
    only its newest file, and a file from after the window proves nothing about the window."""
    last, region = history.last, history.newest.region
    if last is None:
        return None
    times = ((trail, trail.delivered_at) for trail in trails if _covers(trail, region))
    return next((trail for trail, at in times if at is not None and last + AHEAD < at <= until), None)


def history_measure(
    history: SignInHistory, trails: Iterable[TrailStatus], until: datetime, calendar: Calendar
) -> Measure:
    """Normal if the region's newest events reach the end of the window; otherwise not judged."""
    zone, last = calendar.zone, history.last
    title, note = _("Event history of {region}", region=history.newest.region), ""
    if history.unread:
        reach, note = _("not read"), _("not known whether it continues")
    elif last is None:
        since = zoned_time(until - REACH, zone)
        reach, note = _("empty"), _("no events since {time}, so nothing is known", time=since)
    elif ahead := _ahead(trails, history, until):
        reach = _("stops at {time}", time=zoned_time(last, zone))
        note = _("the trail {name} has files of later events; their content is not known", name=ahead.name)
    elif (silence := history.judged(until, calendar)).verdict is not Verdict.NORMAL:
        reach = _("stops at {time}", time=zoned_time(last, zone))
        note = silence.words(title, calendar)
    else:
        reach = _("up to {time}", time=zoned_time(last, zone))
    return Measure(
        title=title,
        shown=reach,
        allowed=_("continues to the end of the window"),
        verdict=Verdict.UNKNOWN if note else Verdict.NORMAL,
        note=note,
        at=last,
    )


def stopped_elsewhere(
    home: str,
    histories: Mapping[str, SignInHistory],
    trails: Iterable[TrailStatus],
    until: datetime,
    calendar: Calendar,
) -> Iterator[Measure]:
    trails = tuple(trails)
    for region, history in histories.items():
        if region == home or history.unread or _is_scarce(history, until, calendar):
            continue
        measure = history_measure(history, trails, until, calendar)
        if measure.verdict is not Verdict.NORMAL:
            yield measure


def _is_scarce(history: SignInHistory, until: datetime, calendar: Calendar) -> bool:
    few = len(history.newest.events) < SPARSE
    return few or history.judged(until, calendar).likeness is Likeness.NEW


def silence_remark(measure: Measure) -> str:
    """The measure as a sentence; "" if the history continues."""
    if measure.verdict is Verdict.NORMAL:
        return ""
    return _("{title}: {shown} ({note}).", title=measure.title, shown=measure.shown, note=measure.note)


def watched_remark(
    home: str, histories: Mapping[str, SignInHistory], until: datetime, calendar: Calendar
) -> str:
    """In which regions the continuation of the history cannot be checked, because there is too little of it."""
    scarce = [
        region
        for region, history in histories.items()
        if region != home and not history.unread and _is_scarce(history, until, calendar)
    ]
    text = _("Whether the event history continues is checked in every region that was read, by its own past.")
    if scarce:
        text = _(
            "Whether the event history continues is checked in every region that was read, by its own past. There were "
            "too few events to tell a history that stopped from a region that nobody uses in {regions}."
        )
    return text.format(regions=_(", ").join(scarce))
