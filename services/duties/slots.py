"""Scheduled occurrences by month, cached until a date that they depend on changes."""

from calendar import monthrange
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta

from services import i18n
from services.calendar.business_days import REACH
from services.calendar.calendar import Calendar
from services.models.duties import BaseDate, ScheduledOccurrence

_MONTHS = 60
"""Maximum number of cached months; the duties of today need about three, the rest are months that were opened."""
_DAY = timedelta(days=1)
_NEAR = timedelta(days=REACH)  # How far from the rule's date, which is in its key, an occurrence may be
_USUAL = timedelta(days=7)  # How far nearly all occurrences are at the most: a weekend, some holidays

Slots = tuple[ScheduledOccurrence, ...]


class ScheduleCache:
    """Occurrences by the month of their day, including those dated by a base date or a change. Those of rules
    are expanded once for each month and language (of their remarks), whatever the base dates are."""

    def __init__(
        self, calendar: Calendar, anchors: Callable[[], tuple[BaseDate, ...]], dated: Callable[[], Slots]
    ) -> None:
        self._calendar = calendar
        self._base_dates = anchors
        self._dated = dated
        # Replaced as a whole: a thread that still computes in another language fills only what it began with.
        self._ruled = _Ruled(calendar)
        self._anchored: tuple[object, Slots] = (None, ())

    def basis(self) -> object:
        return self._base_dates(), self._dated(), i18n.language()

    def dated(self) -> Slots:
        basis = self._base_dates(), i18n.language()
        before, slots = self._anchored
        if basis != before:
            slots = self._calendar.anchored(basis[0])
            self._anchored = basis, slots
        return (*slots, *self._dated())

    def undated(self, today: date) -> Iterator[ScheduledOccurrence]:
        for duty, anchor in self._calendar.undated(self._base_dates()):
            yield ScheduledOccurrence(
                key=f"{duty.id}:{anchor.id}@",
                duty=duty.id,
                title=duty.title,
                nominal=(),
                day=today,
                until=today,
                due_at=self._calendar.local(today, "00:00"),
                late_at=self._calendar.local(today + timedelta(days=1), "00:00"),
                missed_at=None,
                timed=False,
                remark=anchor.remark,
            )

    def month(self, year: int, month: int, recorded: Slots = ()) -> dict[date, Slots]:
        """The occurrences of a month by day, without the days that have none; within a day in their order.
        `recorded` are others of past days, as far as they have other keys."""
        ruled = self._of_rules().month(year, month)
        own = self.dated()
        keys = {slot.key for slot in own} if recorded else set()
        dated: dict[date, list[ScheduledOccurrence]] = {}
        for slot in (*own, *(slot for slot in recorded if slot.key not in keys)):
            if (slot.day.year, slot.day.month) == (year, month):
                dated.setdefault(slot.day, []).append(slot)
        if not dated:
            return dict(ruled)
        merged = {day: self._in_order((*ruled.get(day, ()), *slots)) for day, slots in dated.items()}
        return dict(sorted({**ruled, **merged}.items()))

    def between(self, first: date, last: date) -> Iterator[ScheduledOccurrence]:
        """The occurrences from `first` to `last` (local, inclusive): by day, then time, then the runbook's order."""
        for year, month in months(first, last):
            for day, slots in self.month(year, month).items():
                if first <= day <= last:
                    yield from slots

    def of_duty(self, duty: str, first: date, last: date) -> Slots:
        dated = (slot for slot in self.dated() if slot.duty == duty and first <= slot.day <= last)
        return self._in_order((*self._calendar.slots_of(duty, first, last), *dated))

    def unfinished(
        self, first: date, today: date, now: datetime, *, missed_since: date, begun: Collection[str]
    ) -> Iterator[ScheduledOccurrence]:
        """The occurrences from `first` to the day before `today` that may still have to be done, in order.
        Those that were missed are left out if their last day is before `missed_since`, except those of the
        keys in `begun`. Only two months are scheduled for the few that are not missed."""
        rules = self._of_rules()
        recent = (today.replace(day=1) - _DAY).replace(day=1)
        duties: set[str] = set()
        slots: dict[str, ScheduledOccurrence] = {}
        for slot in self.between(max(first, recent), today - _DAY):
            duties.add(slot.duty)
            if not _is_over(slot, now, missed_since):
                slots[slot.key] = slot
        if first < recent:
            older = rules.without(duties, first, recent - _DAY)
            dated = (slot for slot in self.dated() if first <= slot.day < recent)
            slots |= {each.key: each for each in (*older, *dated) if not _is_over(each, now, missed_since)}
        for key in begun:
            slot_of_key = slots.get(key) or (rules.by_key(key) if _may_be_since(key, first) else None)
            if slot_of_key is not None and first <= slot_of_key.day < today:
                slots[key] = slot_of_key
        yield from self._in_order(tuple(slots.values()))

    def _of_rules(self) -> "_Ruled":
        if self._ruled.language != i18n.language():
            self._ruled = _Ruled(self._calendar)
        return self._ruled

    def _in_order(self, slots: Slots) -> Slots:
        return tuple(sorted(slots, key=lambda slot: (*order(slot), *self._calendar.rank(slot))))


class _Ruled:
    """The occurrences of rules, with remarks in the language in which this was created."""

    def __init__(self, calendar: Calendar) -> None:
        self.language = i18n.language()
        self._calendar = calendar
        self._months: dict[tuple[int, int], Mapping[date, Slots]] = {}
        self._older: tuple[object, Slots] = (None, ())
        self._by_key: dict[str, ScheduledOccurrence | None] = {}

    def month(self, year: int, month: int) -> Mapping[date, Slots]:
        by_day = self._months.get((year, month))
        if by_day is None:
            last = date(year, month, monthrange(year, month)[1])
            # Slots, sorted by time, by their day in order; those without a time of day first on their day.
            days: dict[date, list[ScheduledOccurrence]] = {}
            for slot in self._calendar.slots(last.replace(day=1), last):
                days.setdefault(slot.day, []).append(slot)
            by_day = {day: tuple(sorted(days[day], key=order)) for day in sorted(days)}
            while len(self._months) >= _MONTHS:
                # Another thread may do the same.
                self._months.pop(next(iter(tuple(self._months))), None)
            self._months[year, month] = by_day
        return by_day

    def without(self, duties: Collection[str], first: date, last: date) -> Slots:
        """The occurrences of the duties in whose series none of `duties` is."""
        query = (frozenset(duties), first, last)
        before, slots = self._older
        if query != before:
            slots = self._calendar.slots_without(duties, first, last)
            self._older = query, slots
        return slots

    def by_key(self, key: str) -> ScheduledOccurrence | None:
        if key not in self._by_key:
            self._by_key[key] = next((slot for slot in self._around(key) if slot.key == key), None)
        return self._by_key[key]

    def _around(self, key: str) -> Iterator[ScheduledOccurrence]:
        """The occurrences of a key's duty that may have it, first those near its date, where nearly all have theirs."""
        duty = key.partition("@")[0]
        with suppress(ValueError, OverflowError):
            day = _date_in(key)
            for reach in (_USUAL, _NEAR):
                yield from self._calendar.slots_of(duty, day - reach, day + reach)


def _may_be_since(key: str, first: date) -> bool:
    try:
        return _date_in(key) + _NEAR >= first
    except (ValueError, OverflowError):
        return False


def _date_in(key: str) -> date:
    """The rule's date in the key of an occurrence. Raises ValueError if there is none."""
    return date.fromisoformat(key.partition("@")[2].partition("T")[0])


def _is_over(slot: ScheduledOccurrence, now: datetime, missed_since: date) -> bool:
    return slot.missed_at is not None and slot.missed_at <= now and slot.until < missed_since


def order(slot: ScheduledOccurrence) -> tuple[object, ...]:
    """Sort key: by day, those without a time of day first, then by time; the runbook's order within the same time."""
    return slot.day, slot.timed, slot.due_at


def months(first: date, last: date) -> Iterator[tuple[int, int]]:
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        yield year, month
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def days(year: int, month: int) -> Iterator[date]:
    first = date(year, month, 1)
    return (first + timedelta(days=n) for n in range(monthrange(year, month)[1]))
