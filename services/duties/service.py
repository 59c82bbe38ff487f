import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from services.background.companion import companion
from services.background.wake import Wake
from services.calendar.business_days import usable
from services.calendar.calendar import Calendar
from services.clock import Clock, until_tick
from services.duties.entries import ending_entry, planned_entry, signed_text, skipped_text
from services.duties.near import AHEAD, BACK, DAY, Near, is_carried
from services.duties.progress import in_language, is_proven, progress_entry
from services.duties.records import DutyRecords
from services.duties.slots import ScheduleCache, Slots, days, months
from services.duties.states import by_time, changes_after, occurrence_of, prepared_at
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.journal import Journal
from services.journal.reader import JournalReader
from services.models.duties import (
    BaseDate,
    Day,
    DutyView,
    Month,
    Occurrence,
    OccurrenceState,
    ProgressChange,
    ScheduledOccurrence,
)
from services.models.journal import Entry, EntryKind, NewEntry
from services.models.runbook import Duty, Runbook

# The occurrences of past days that follow no rule, of the months that are shown: as the journal dates them.
#
# The console's own dates are of what is to be done: a change that is to be reverted, a follow-up that is not done, a key
# that AWS has. What was done long ago, or is gone, is read from the journal when its month is shown.


DatesIn = Callable[[JournalReader, date, date, datetime], Slots]
"""The occurrences from the first to the last day, read from the journal as of a time (UTC); blocks. Raises sqlite3.Error."""
_MONTHS = 60  # Maximum number of months that are held


def no_dates(_reader: JournalReader, _first: date, _last: date, _now: datetime) -> Slots:
    return ()


class RecordedDates:
    def __init__(self, journal: Journal, dates_in: DatesIn) -> None:
        self._journal = journal
        self._dates_in = dates_in
        self._months: dict[tuple[int, int], Slots] = {}
        self.version = 0  # Incremented whenever a month's dates change

    def of(self, month: tuple[int, int]) -> Slots:
        return self._months.get(month, ())

    def between(self, first: date, last: date) -> Slots:
        return tuple(slot for month in months(first, last) for slot in self.of(month))

    async def load(self, first: date, last: date, now: datetime) -> None:
        """Read whole months, from their first to their last day (local). Raises JournalError."""
        slots = await self._journal.ask_aside(lambda reader: self._dates_in(reader, first, last, now))
        for month in months(first, last):
            of_month = tuple(slot for slot in slots if (slot.day.year, slot.day.month) == month)
            self.version += of_month != self._months.pop(month, ())
            self._months[month] = of_month
        while len(self._months) > _MONTHS:
            del self._months[next(iter(self._months))]


class MonthRecords:
    """The records of the month that was asked for last, and of its neighbours, so that a key to them shows them at once."""

    def __init__(self, near: Near, records: DutyRecords, dates: RecordedDates) -> None:
        self._near = near
        self._records = records
        self.dates = dates  # The occurrences of past days that follow no rule
        self._missing: set[str] = set()  # Keys that are missing in a month that was asked for
        self._month: tuple[int, int] | None = None  # The month that was asked for last
        self._as_of: object = None
        """The day on which it was asked for, and the console's own dates then: others are read anew."""
        self._around: object = None
        """The month of which the records, and those of its neighbours, were read last, and as of what."""

    @property
    def is_missing(self) -> bool:
        return bool(self._missing) or (self._month is not None and self._around != (self._month, self._as_of))

    def ask(self, month: tuple[int, int], keys: Iterable[str], now: datetime) -> bool:
        """Want the records of these occurrences of a month, and its neighbours'. Returns whether that is new.
        Not in years of which nothing is recorded: the months around them, or their moments, may not exist."""
        if usable(date(*month, 1)) is None:
            return False
        missing, as_of = self._records.unread(keys), self._near.basis(now)
        if missing <= self._missing and (self._month, self._as_of) == (month, as_of):
            return False
        self._missing |= missing
        self._month, self._as_of = month, as_of
        return True

    async def load(self, now: datetime) -> None:
        """Read what is missing, as of now. Raises JournalError."""
        month, keys, as_of = self._month, set(self._missing), self._as_of
        is_new = month is not None and self._around != (month, as_of)
        if month is not None and is_new:
            keys |= await asyncio.to_thread(self._near.around, *month)
        await self._records.load(keys)
        self._missing -= keys
        if month is not None and is_new:
            await self._load_dates(month, now)
            self._around = month, as_of

    async def _load_dates(self, month: tuple[int, int], now: datetime) -> None:
        first, last = self._near.months_around(*month)
        await self.dates.load(first, last, now)
        keys = {slot.key for slot in self.dates.between(first, last)}
        await self._records.load(keys)
        self._missing -= keys


RECHECK = 20.0
"""Seconds (of the world) between checks for new base dates and reverts, and for a clock that has jumped."""


class NotNow(Exception):
    """The occurrence cannot be signed off now: it is too early, or nobody has planned it. Nothing was recorded."""

    def __init__(self, occurrence: Occurrence) -> None:
        super().__init__(occurrence.key)
        self.occurrence = occurrence


class Duties:
    def __init__(
        self,
        runbook: Runbook,
        calendar: Calendar,
        journal: Journal,
        clock: Clock,
        *,
        anchors: Callable[[], tuple[BaseDate, ...]],
        dated: Callable[[], tuple[ScheduledOccurrence, ...]],
        recorded: DatesIn = no_dates,
    ) -> None:
        self._calendar = calendar
        self._clock = clock
        self._journal = journal
        self._duties = {str(duty.id): duty for duty in runbook.duties}
        self._records = DutyRecords(journal, clock.now())
        self._slot_cache = ScheduleCache(calendar, anchors, dated)
        self._near = Near(calendar, self._slot_cache, self._records)
        self._month_records = MonthRecords(self._near, self._records, RecordedDates(journal, recorded))
        self._bases = 0  # How often the basis of the slots (base dates, reverts) has changed
        self._wake = Wake()
        self._unread = True

    async def states(self) -> AsyncIterator[DutyView]:
        view, basis = None, self._slot_cache.basis()
        async with companion(self._listen(), self._wake.wake) as listener:
            while True:
                await self._read()
                if view is None or not self._near.is_whole or self._moved(view, basis):
                    new_basis, before = self._slot_cache.basis(), view
                    self._bases += new_basis != basis
                    basis = new_basis
                    await self._near.load(self._clock.now())
                    view = await asyncio.to_thread(self._view)
                    if before is None or view.model_copy(update={"at": before.at}) != before:
                        yield view
                await self._wait(view, basis, listener)

    def refresh(self) -> None:
        """Recompute the view now, because base dates or reverts may have changed."""
        self._wake.wake()

    def month(self, year: int, month: int) -> Month:
        """A month with its occurrences' states; what is not read yet follows with the next view. Does not block."""
        now = self._clock.now()
        by_day = self._slot_cache.month(year, month, self._month_records.dates.of((year, month)))
        keys = (slot.key for slots in by_day.values() for slot in slots)
        if self._month_records.ask((year, month), keys, now):
            self._wake.wake()
        of_days = (self._day(day, by_day.get(day, ()), now) for day in days(year, month))
        return Month(year=year, month=month, days=tuple(of_days))

    @property
    def is_reading(self) -> bool:
        return self._month_records.is_missing

    def duty(self, occurrence: Occurrence) -> Duty | None:
        return self._duties.get(occurrence.slot.duty)

    def now(self, slot: ScheduledOccurrence) -> Occurrence:
        return self._occurrence(slot, self._clock.now())

    async def dated_by_resource(self, duty: str) -> tuple[Occurrence, ...]:
        """A duty's occurrences that are dated by a resource of AWS, whatever their date. Raises JournalError."""
        every = (*self._slot_cache.dated(), *self._slot_cache.undated(self._today(self._clock.now())))
        slots = [slot for slot in every if slot.duty == duty]
        await self._records.load(slot.key for slot in slots)
        return tuple(map(self.now, slots))

    async def latest(self, duty: str, day: date) -> Occurrence | None:
        """On `day` or before it; None: there is none within a year. Raises JournalError."""
        slots = self._slot_cache.of_duty(duty, day - BACK, day)
        return await self._loaded(slots[-1]) if slots else None

    def signable(self, slot: ScheduledOccurrence) -> bool:
        """Whether it can be signed off now: its day has come, it is not signed, and it is planned if it must be."""
        now = self._clock.now()
        standing = self._occurrence(slot, now)
        early = standing.state is OccurrenceState.UPCOMING and self._today(now) < slot.day
        early = early and not is_proven(standing, self._duties.get(slot.duty))
        return standing.signed is None and not early and standing.state is not OccurrenceState.UNPLANNED

    async def sign(
        self, occurrence: Occurrence, note: str = "", *, more: Mapping[str, Any] | None = None
    ) -> Occurrence:
        """Sign it off now; `more` holds what was signed: findings, ticked lines, evidence (JSON values).
        Raises AlreadyRecorded (with the entry that came first), NotNow, JournalError."""
        slot = occurrence.slot
        standing = await self._loaded(slot)
        # If it has been signed, let the journal refuse and name the signer: its claim decides, not this state.
        if standing.signed is None and not self.signable(slot):
            raise NotNow(standing)
        was = by_time(slot, self._clock.now())
        text = signed_text(slot, was, note, self._now_here())
        return await self._append(slot, ending_entry(EntryKind.SIGN_OFF, slot, text, was, note, more))

    async def skip(self, occurrence: Occurrence, reason: str) -> Occurrence:
        """Skip it, with a reason. Raises AlreadyRecorded, JournalError, ValueError (no reason)."""
        if not reason.strip():
            raise ValueError("leaving a duty out needs a reason")
        slot = occurrence.slot
        was = by_time(slot, self._clock.now())
        text = skipped_text(slot, reason, self._now_here())
        return await self._append(slot, ending_entry(EntryKind.SKIPPED, slot, text, was, reason))

    async def record_progress(self, occurrence: Occurrence, change: ProgressChange) -> Occurrence:
        """Raises NotNow (it was signed off meanwhile, or cannot be yet), JournalError."""
        slot, standing = occurrence.slot, await self._loaded(occurrence.slot)
        # What is proven may be recorded before its day: a key may be replaced early.
        if standing.signed is not None if change.proofs else not self.signable(slot):
            raise NotNow(standing)
        duty = self.duty(occurrence)
        return await self._append(slot, progress_entry(standing, duty, change, self._now_here()))

    async def plan(self, occurrence: Occurrence, *, planned: bool) -> Occurrence:
        """Record that a duty that counts only when planned is planned, or no longer is. Raises JournalError."""
        slot = occurrence.slot
        return await self._append(slot, planned_entry(slot, planned, self._now_here()))

    def _now_here(self) -> datetime:
        return self._clock.now().astimezone(self._calendar.zone)

    async def _append(self, slot: ScheduledOccurrence, draft: NewEntry) -> Occurrence:
        try:
            self._show(await self._journal.append(draft))
        except AlreadyRecorded as error:
            self._show(error.entry)
            raise
        return self.now(slot)

    def _show(self, entry: Entry) -> None:
        self._records.absorb([entry])
        self._wake.wake()

    async def _listen(self) -> None:
        async for _head in self._journal.follow():
            self._unread = True
            self._wake.wake()

    async def _loaded(self, slot: ScheduledOccurrence) -> Occurrence:
        """The occurrence with its state now, after its record was read. Raises JournalError."""
        await self._records.load([slot.key])
        return self.now(slot)

    async def _read(self) -> None:
        if not self._unread and self._records.started and not self._month_records.is_missing:
            return
        self._unread = False
        try:
            await self._records.read(self._clock.now())
            await self._month_records.load(self._clock.now())
        except JournalError:
            # The state stays as it is; the journal's own health says what is wrong.
            self._unread = True

    async def _wait(self, view: DutyView, basis: object, listener: "asyncio.Task[None]") -> None:
        """Wait until something may have changed; never long, as the clock may jump and the machine may be suspended."""
        seconds = until_tick(self._clock, RECHECK)
        if view.next_turn is not None:
            seconds = min(seconds, (view.next_turn - self._clock.now()).total_seconds())
        # The basis may have changed while the view was computed.
        if not self._moved(view, basis):
            await self._wake.wait(self._clock, seconds)
        if listener.done():
            listener.result()

    @property
    def _version(self) -> int:
        return self._records.version + self._bases + self._month_records.dates.version

    def _moved(self, view: DutyView, basis: object) -> bool:
        now = self._clock.now()
        passed = view.next_turn is not None and now >= view.next_turn
        is_outdated = passed or self._version != view.records or now < view.at
        return is_outdated or self._slot_cache.basis() != basis

    def _view(self) -> DutyView:
        """The duties as they stand now; call it in a thread, because it may have to schedule months of occurrences."""
        now, version = self._clock.now(), self._version
        today = self._today(now)
        ancient = [slot for slot in self._slot_cache.dated() if slot.day < today - BACK]
        earlier = self._unsigned([*ancient, *self._near.unfinished(now)])
        still = [each for each in (self._occurrence(slot, now) for slot in earlier) if each.open]
        undated = self._unsigned(self._slot_cache.undated(today))
        of_today = self._day(today, [*undated, *self._slot_cache.between(today, today)], now)
        upcoming = self._next(today, now)
        midnight = datetime.combine(today + DAY, time(), self._calendar.zone).astimezone(UTC)
        turns = [
            changes_after(each, now)
            for each in (*still, *of_today.occurrences, *((upcoming,) if upcoming else ()))
        ]
        prepared = (prepared_at(each, self.duty(each), now) for each in of_today.occurrences)
        return DutyView(
            at=now,
            today=of_today,
            carried=tuple(each for each in still if each.slot.until < today and is_carried(each, today)),
            running=tuple(each for each in still if each.slot.until >= today),
            next=upcoming,
            next_change=min([midnight, *(turn for turn in turns if turn is not None)]),
            next_preparation=min((at for at in prepared if at is not None), default=None),
            records=version,
        )

    def _unsigned(self, slots: Iterable[ScheduledOccurrence]) -> Iterator[ScheduledOccurrence]:
        return (slot for slot in slots if not self._records.has_ended(slot.key))

    def _next(self, today: date, now: datetime) -> Occurrence | None:
        coming = self._unsigned(self._slot_cache.between(today, today + AHEAD))
        ahead = (self._occurrence(slot, now) for slot in coming)
        return next((each for each in ahead if each.state is OccurrenceState.UPCOMING), None)

    def _day(self, day: date, slots: Iterable[ScheduledOccurrence], now: datetime) -> Day:
        open_days = self._calendar.open_days
        return Day(
            day=day,
            is_open=open_days.is_open(day),
            closed_name=open_days.closed_name(day),
            holiday=bool(open_days.holiday(day)),
            occurrences=tuple(self._occurrence(slot, now) for slot in slots),
        )

    def _occurrence(self, slot: ScheduledOccurrence, now: datetime) -> Occurrence:
        duty = self._duties.get(slot.duty)
        # A key that AWS still has, or a limit that is still raised, is known without the journal.
        began = self._records.began if duty is not None and not duty.anchor else None
        record = self._records.of(slot.key)
        occurrence = occurrence_of(slot, record, now, began, read=self._records.is_read(slot.key))
        if record.progress is None:
            return occurrence
        return replace(occurrence, progress=in_language(record.progress, duty))

    def _today(self, now: datetime) -> date:
        return self._calendar.day_of(now)
