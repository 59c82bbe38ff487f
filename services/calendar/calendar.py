"""Computes scheduled occurrences from duties, closed days, adjustment policies and base dates. Pure: no I/O, no state."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.calendar.adjustment import Adjusted, BusinessDayAdjustment
from services.calendar.base_dates import DatedDuty, anchored
from services.calendar.business_days import WEEKDAYS, BusinessCalendar
from services.calendar.recurrence import EPOCH, HORIZON, LAST, Rule
from services.i18n import _, plural
from services.models.date_text import day_text
from services.models.duties import BaseDate, ScheduledOccurrence
from services.models.runbook import ClosedDay, Duty, Runbook, Within

_NAMED = 3  # Maximum number of closed days listed in one remark; the rest are only counted


def moved(adjusted: Adjusted, open_days: BusinessCalendar) -> str:
    """The closed days because of which an occurrence was moved; "" if it was not moved. Its own day, beside
    which this stands, needs no year."""
    own_day = adjusted.allowed_days.day
    if not adjusted.allowed_days.has_open_day:
        return _("There is no open day nearby: it stays on {day}", day=day_text(own_day, own_day))
    closed = [day for day in adjusted.nominal if day != own_day]
    if not closed:
        return ""
    days = [_closed(day, open_days.closed_name(day), own_day) for day in closed[-_NAMED:]]
    if more := len(closed) - len(days):
        days.append(plural("{count} more day", "{count} more days", more, count=more))
    text = plural("{days} is closed: moved to {held}", "{days} are closed: moved to {held}", len(closed))
    return text.format(days=_(", ").join(days), held=day_text(own_day, own_day))


def _closed(day: date, why: str, own_day: date) -> str:
    words = day_text(day, own_day)
    return words if why == _(WEEKDAYS[day.weekday()]) else _("{day} ({why})", day=words, why=why)


_SPANS = 32
"""Maximum number of spans whose dates a rule remembers: the duties that share it ask for the same in turn."""


class RuleDates:
    def __init__(self, open_days: BusinessCalendar, duty: Duty) -> None:
        self._rule = Rule(duty.rule)
        self._adjustment = BusinessDayAdjustment(
            open_days, duty.closed_day, duty.within, before=duty.open_days_before or 0
        )
        self._spans: dict[tuple[date, date], tuple[Adjusted, ...]] = {}

    def between(self, first: date, last: date) -> tuple[Adjusted, ...]:
        dates = self._spans.get((first, last))
        if dates is None:
            nominal = self._rule.between(*self._adjustment.nominal_range(first, last))
            adjusted = self._adjustment.adjusted(nominal)
            dates = tuple(each for each in adjusted if first <= each.allowed_days.day <= last)
            if len(self._spans) >= _SPANS:
                self._spans.clear()
            self._spans[first, last] = dates
        return dates

    def next_day(self, after: date) -> date | None:
        if after >= LAST:
            return None
        first = after + _DAY
        start = self._adjustment.nominal_range(first, first)[0]
        end = min(LAST, date(min(after.year + HORIZON, LAST.year), 12, 31))
        placed = (self._adjustment.allowed_days(nominal) for nominal in self._rule.between(start, end))
        return next((place.day for place in placed if place and place.day >= first), None)


class RuledDuty(NamedTuple):
    duty: Duty
    dates: RuleDates


def recurrence(duty: Duty) -> tuple[object, ...]:
    return duty.rule, duty.closed_day, duty.within, duty.open_days_before


_DAY = timedelta(days=1)


class Calendar:
    """The calendar of one runbook; it schedules occurrences from 1900 to 2999 only."""

    def __init__(self, runbook: Runbook) -> None:
        self.zone = ZoneInfo(runbook.system.timezone)
        self.open_days = BusinessCalendar(runbook.closures)
        self._hours = runbook.closures
        self._order = {duty.id: number for number, duty in enumerate(runbook.duties)}
        self._anchored = [duty for duty in runbook.duties if duty.anchor]
        dates: dict[tuple[object, ...], RuleDates] = {}
        self._ruled = {
            duty.id: RuledDuty(duty, dates.setdefault(recurrence(duty), RuleDates(self.open_days, duty)))
            for duty in runbook.duties
            if duty.rule
        }
        self._series: dict[str, list[RuledDuty]] = {}
        """Duties by series; in a series each occurrence is missed when the next is due. A duty without a series has its own."""
        for ruled in self._ruled.values():
            self._series.setdefault(_series(ruled.duty), []).append(ruled)

    # Slots

    def slots(
        self, first: date, last: date, anchors: Iterable[BaseDate] = ()
    ) -> tuple[ScheduledOccurrence, ...]:
        """Occurrences from `first` to `last` (local, inclusive), sorted by time, then in the runbook's order."""
        ruled = chain.from_iterable(self._followed(each, first, last) for each in self._series.values())
        dated = (slot for slot in self.anchored(anchors) if first <= slot.day <= last)
        return self._sorted([*ruled, *dated])

    def slots_of(self, duty_id: str, first: date, last: date) -> tuple[ScheduledOccurrence, ...]:
        ruled = self._ruled.get(duty_id)
        if ruled is None:
            return ()
        series = self._series[_series(ruled.duty)]
        return self._sorted([slot for slot in self._followed(series, first, last) if slot.duty == duty_id])

    def slots_without(
        self, duties: Collection[str], first: date, last: date
    ) -> tuple[ScheduledOccurrence, ...]:
        others = (
            series for series in self._series.values() if not any(ruled.duty.id in duties for ruled in series)
        )
        return self._sorted([slot for series in others for slot in self._followed(series, first, last)])

    def rank(self, slot: ScheduledOccurrence) -> tuple[int, str]:
        """Sort key for occurrences of the same time: the runbook's order, then the key; changes come last."""
        number = self._order.get(slot.duty)
        return (len(self._order), "") if number is None else (number, slot.key)

    def anchored(self, anchors: Iterable[BaseDate]) -> tuple[ScheduledOccurrence, ...]:
        occurrences = [slot for each in self._hanging(anchors) for slot in self._hung(each)]
        return self._sorted(occurrences)

    def undated(self, anchors: Iterable[BaseDate]) -> tuple[tuple[Duty, BaseDate], ...]:
        """Anchored duties, with their base date, that cannot be scheduled because its time is unknown."""
        return tuple((each.duty, each.anchor) for each in self._hanging(anchors) if each.nominal is None)

    def next_slot(self, duty_id: str, after: datetime) -> ScheduledOccurrence | None:
        ruled = self._ruled.get(duty_id)
        if ruled is None:
            return None
        series = self._series[_series(ruled.duty)]
        day = self.day_of(after)
        days = [day, *filter(None, [ruled.dates.next_day(day)])]
        slots = (slot for each in days for slot in self._followed(series, each, each))
        later = (slot for slot in slots if slot.duty == duty_id and slot.due_at > after)
        return min(later, key=lambda slot: slot.due_at, default=None)

    # Days and times

    def first_open(self, day: date) -> date:
        return self.open_days.next_open(day) or day

    def local(self, day: date, at: str = "00:00") -> datetime:
        """A local date and time of day (`HH:MM`) as UTC."""
        return _moment(day, at, self.zone)

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def closed_at(self, moment: datetime) -> datetime:
        """When city hall closed on the last open day before the day of `moment` (UTC)."""
        before = self.day_of(moment) - _DAY
        return self.local(self.open_days.previous_open(before) or before, self._hours.closes)

    def within_hours(self, moment: datetime) -> bool:
        local = moment.astimezone(self.zone)
        opens, closes = map(time.fromisoformat, (self._hours.opens, self._hours.closes))
        return self.open_days.is_open(local.date()) and opens <= local.time() < closes

    def hours_between(self, since: datetime, until: datetime) -> timedelta:
        first, last = self.day_of(since), self.day_of(until)
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        hours = (self.hours_of(day) for day in days if self.open_days.is_open(day))
        within = (min(closes, until) - max(opens, since) for opens, closes in hours)
        return sum((each for each in within if each > timedelta(0)), timedelta(0))

    def closed_between(self, since: datetime, until: datetime) -> int:
        first, last = self.day_of(since), self.day_of(until)
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return sum(not self.open_days.is_open(day) for day in days)

    def hours_of(self, day: date) -> tuple[datetime, datetime]:
        """When city hall opens and closes on an open day (UTC)."""
        return self.local(day, self._hours.opens), self.local(day, self._hours.closes)

    # Rules

    def _followed(
        self, series: Sequence[RuledDuty], first: date, last: date
    ) -> Iterator[ScheduledOccurrence]:
        first, last = max(first, EPOCH), min(last, LAST)
        instances = [
            (self._due(duty, adjusted, at), duty, adjusted, at)
            for duty, dates in series
            for adjusted in dates.between(first, last)
            for at in duty.at or ("",)
        ]
        if not instances:
            return
        dues = sorted({due for due, *_rest in instances})
        if beyond := self._beyond(series, last):
            dues.append(beyond)
        for due, duty, adjusted, at in instances:
            place = bisect_right(dues, due)
            missed = dues[place] if place < len(dues) else None
            if missed and duty.within is Within.MONTH:
                missed = max(missed, self.local(_next_month(adjusted.allowed_days.day)))
            remark = "" if _counted(duty, adjusted) else moved(adjusted, self.open_days)
            key = f"{duty.id}@{adjusted.own}"
            yield self._slot(duty, adjusted, at, key=key, missed_at=missed, remark=remark)

    def _beyond(self, series: Sequence[RuledDuty], last: date) -> datetime | None:
        """The due time (UTC) of the series' first occurrence after `last`; None if there is none."""
        following = ((duty, dates.next_day(last)) for duty, dates in series)
        return min(
            (self.local(day, min(duty.at, default="00:00")) for duty, day in following if day), default=None
        )

    # Anchors

    def _hanging(self, anchors: Iterable[BaseDate]) -> Iterator[DatedDuty]:
        base_dates = tuple(anchors)
        for duty in self._anchored:
            yield from anchored(duty, base_dates, self.zone)

    def _hung(self, dated: DatedDuty) -> Iterator[ScheduledOccurrence]:
        if dated.nominal is None:
            return
        duty = dated.duty
        # An anchored date occurs only once, so skipping it would lose the duty.
        policy = ClosedDay.NEXT if duty.closed_day is ClosedDay.SKIP else duty.closed_day
        for adjusted in BusinessDayAdjustment(self.open_days, policy, duty.within).adjusted([dated.nominal]):
            words = (dated.remark, moved(adjusted, self.open_days))
            remark = " · ".join(each for each in words if each)
            key = f"{duty.id}:{dated.anchor.id}@{adjusted.own}"
            for at in duty.at or ("",):
                slot = self._slot(duty, adjusted, at, key=key, missed_at=None, remark=remark)
                yield replace(slot, late_at=self._late(slot.late_at, dated.anchor.waits_until))

    def _late(self, late: datetime, waits_until: datetime | None) -> datetime:
        """`late`, or the end of the first open day on which the last step is possible."""
        if waits_until is None:
            return late
        return max(late, self.local(self.first_open(self.day_of(waits_until)) + _DAY))

    # One slot

    def _slot(
        self, duty: Duty, adjusted: Adjusted, at: str, *, key: str, missed_at: datetime | None, remark: str
    ) -> ScheduledOccurrence:
        place = adjusted.allowed_days
        if at:
            late = self.local(place.until, at) + timedelta(minutes=duty.late_after_minutes)
        else:
            late = self.local(place.until + _DAY)
        return ScheduledOccurrence(
            key=f"{key}T{at}" if at else key,
            duty=duty.id,
            title=duty.title,
            nominal=(place.day,) if _counted(duty, adjusted) else adjusted.nominal,
            day=place.day,
            until=place.until,
            due_at=self._due(duty, adjusted, at),
            late_at=late,
            missed_at=missed_at,
            timed=bool(at),
            if_planned=duty.only_when_planned,
            remark=remark,
        )

    def _due(self, duty: Duty, adjusted: Adjusted, at: str) -> datetime:
        return self.local(adjusted.allowed_days.day, at or "00:00")

    def _sorted(self, slots: list[ScheduledOccurrence]) -> tuple[ScheduledOccurrence, ...]:
        return tuple(sorted(slots, key=lambda slot: (slot.due_at, self._order[slot.duty], slot.key)))


def _counted(duty: Duty, adjusted: Adjusted) -> bool:
    return duty.open_days_before is not None and adjusted.allowed_days.has_open_day


@lru_cache(maxsize=8192)
def _moment(day: date, at: str, zone: ZoneInfo) -> datetime:
    """A local date and time of day (`HH:MM`) as UTC; many duties are due at the same times."""
    return datetime.combine(day, time.fromisoformat(at), zone).astimezone(UTC)


def _series(duty: Duty) -> str:
    return f"series {duty.series}" if duty.series else f"duty {duty.id}"


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
