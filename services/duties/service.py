"""The duties' states: what the calendar places and what the journal says of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from services.calendar.calendar import Calendar
from services.clock import Clock
from services.duties.entries import planned_text, signed_text, skipped_text
from services.duties.records import DutyRecords, claim_of
from services.duties.slots import ScheduleCache, days
from services.duties.states import by_time, changes_after, occurrence_of
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.journal import Journal
from services.models.duties import (
    BaseDate,
    Day,
    DutyView,
    Month,
    Occurrence,
    OccurrenceState,
    ScheduledOccurrence,
)
from services.models.journal import Entry, EntryKind, NewEntry
from services.models.runbook import Duty, Runbook

DAY = timedelta(days=1)
BACK = timedelta(days=400)
"""How far back an occurrence that is still late is carried."""
MISSED_BACK = timedelta(days=14)
AHEAD = timedelta(days=400)
"""How far ahead the next occurrence is looked for."""
LOOK = 20.0
"""Seconds (of the world) between looks at anchors, ways back, and a clock that may have jumped."""


class NotNow(Exception):
    """It cannot be signed now: its day has not come, or nobody has planned it. Nothing was recorded."""

    def __init__(self, occurrence: Occurrence) -> None:
        super().__init__(occurrence.key)
        self.occurrence = occurrence


class Duties:
    """Today, any month, and the signing of duties."""

    def __init__(
        self,
        runbook: Runbook,
        calendar: Calendar,
        journal: Journal,
        clock: Clock,
        *,
        anchors: Callable[[], tuple[BaseDate, ...]],
        dated: Callable[[], tuple[ScheduledOccurrence, ...]],
    ) -> None:
        self._calendar = calendar
        self._clock = clock
        self._journal = journal
        self._duties = {str(duty.id): duty for duty in runbook.duties}
        self._records = DutyRecords(journal, clock.now())
        self._book = ScheduleCache(calendar, anchors, dated)
        self._bases = 0
        """How often what the slots hang on (anchors, ways back) has changed."""
        self._nudge = asyncio.Event()
        self._unread = True

    async def states(self) -> AsyncIterator[DutyView]:
        """The view now, then whenever a state changes by time, by a signature here or in another console.

        One listener at a time.
        """
        listener = asyncio.create_task(self._listen())
        view, basis = None, self._book.basis()
        try:
            while True:
                await self._read()
                if view is None or self._moved(view, basis):
                    found, before = self._book.basis(), view
                    self._bases += found != basis
                    basis = found
                    view = await asyncio.to_thread(self._view)
                    if before is None or view.model_copy(update={"at": before.at}) != before:
                        yield view
                await self._wait(view, basis, listener)
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    def refresh(self) -> None:
        """Something that the duties hang on has changed: look now."""
        self._nudge.set()

    def month(self, year: int, month: int) -> Month:
        """A month with the states of its occurrences, by what is known now. Does not block."""
        now = self._clock.now()
        held: dict[date, list[ScheduledOccurrence]] = {}
        for slot in self._book.month(year, month):
            held.setdefault(slot.day, []).append(slot)
        return Month(
            year=year,
            month=month,
            days=tuple(self._day(day, held.get(day, []), now) for day in days(year, month)),
        )

    def duty(self, occurrence: Occurrence) -> Duty | None:
        """What the runbook says of it; None for a change's way back."""
        return self._duties.get(occurrence.slot.duty)

    def now(self, slot: ScheduledOccurrence) -> Occurrence:
        """The slot as it stands now, by what is known of the journal."""
        return self._occurrence(slot, self._clock.now())

    def signable(self, slot: ScheduledOccurrence) -> bool:
        """Whether it can be signed off now: not signed yet, its day has come, planned where it must be."""
        now = self._clock.now()
        standing = self._occurrence(slot, now)
        early = standing.state is OccurrenceState.UPCOMING and self._today(now) < slot.day
        return standing.signed is None and not early and standing.state is not OccurrenceState.UNPLANNED

    async def sign(
        self, occurrence: Occurrence, note: str = "", *, more: Mapping[str, Any] | None = None
    ) -> Occurrence:
        """Sign it off now; `more` is what was signed: findings, ticked lines, evidence (JSON values).

        Raises AlreadyRecorded (who was first), NotNow, JournalError.
        """
        slot = occurrence.slot
        standing = self.now(slot)
        # Whoever signed meanwhile is for the journal to name: its claim decides, not what is known here.
        if standing.signed is None and not self.signable(slot):
            raise NotNow(standing)
        was = by_time(slot, self._clock.now())
        text = signed_text(slot, was, note, self._calendar.zone)
        return await self._record(EntryKind.SIGN_OFF, slot, text, was=was, note=note, more=more)

    async def skip(self, occurrence: Occurrence, reason: str) -> Occurrence:
        """Leave it out, with a reason. Raises AlreadyRecorded, JournalError, ValueError (no reason)."""
        if not reason.strip():
            raise ValueError("leaving a duty out needs a reason")
        slot = occurrence.slot
        was = by_time(slot, self._clock.now())
        text = skipped_text(slot, reason, self._calendar.zone)
        return await self._record(EntryKind.SKIPPED, slot, text, was=was, note=reason)

    async def plan(self, occurrence: Occurrence, *, planned: bool) -> Occurrence:
        """Say that a duty that only counts when planned is, or is not. Raises JournalError."""
        slot = occurrence.slot
        draft = NewEntry(
            kind=EntryKind.PLANNED if planned else EntryKind.UNPLANNED,
            subject=slot.key,
            target=slot.duty,
            text=planned_text(slot, planned, self._calendar.zone),
            data={"title": slot.title, "due_at": slot.due_at.isoformat()},
        )
        return await self._append(slot, draft)

    async def _record(
        self,
        kind: EntryKind,
        slot: ScheduledOccurrence,
        text: str,
        *,
        was: OccurrenceState,
        note: str,
        more: Mapping[str, Any] | None = None,
    ) -> Occurrence:
        data = {
            **(more or {}),
            "title": slot.title,
            "due_at": slot.due_at.isoformat(),
            "late_at": slot.late_at.isoformat(),
            "was": was.value,
            "note": note,
        }
        draft = NewEntry(
            kind=kind, subject=slot.key, target=slot.duty, text=text, data=data, claim=claim_of(slot.key)
        )
        return await self._append(slot, draft)

    async def _append(self, slot: ScheduledOccurrence, draft: NewEntry) -> Occurrence:
        try:
            self._taken(await self._journal.append(draft))
        except AlreadyRecorded as error:
            self._taken(error.entry)
            raise
        return self.now(slot)

    def _taken(self, entry: Entry) -> None:
        """Show an entry at once, without waiting until the journal is read again."""
        self._records.absorb([entry])
        self._nudge.set()

    async def _listen(self) -> None:
        async for _head in self._journal.follow():
            self._unread = True
            self._nudge.set()

    async def _read(self) -> None:
        """Read on in the journal where it has grown."""
        if not self._unread and self._records.started:
            return
        self._unread = False
        try:
            await self._records.read(self._clock.now())
        except JournalError:
            # What is known stays; the journal itself says what is wrong with it.
            self._unread = True

    async def _wait(self, view: DutyView, basis: object, listener: "asyncio.Task[None]") -> None:
        """Until something may have changed; never long, for the clock may jump and the machine may sleep."""
        left = LOOK
        if view.next_change is not None:
            left = min(left, (view.next_change - self._clock.now()).total_seconds())
        sleep = asyncio.ensure_future(self._clock.sleep(left))
        nudge = asyncio.ensure_future(self._nudge.wait())
        running = () if listener.done() else (listener,)
        try:
            # First lie down, then look once more: the time may have come in between.
            await asyncio.sleep(0)
            if not self._moved(view, basis):
                await asyncio.wait({sleep, nudge, *running}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            nudge.cancel()
        self._nudge.clear()
        if listener.done():
            listener.result()

    @property
    def _version(self) -> int:
        return self._records.version + self._bases

    def _moved(self, view: DutyView, basis: object) -> bool:
        now = self._clock.now()
        passed = view.next_change is not None and now >= view.next_change
        news = self._version != view.records
        return passed or news or now < view.at or self._book.basis() != basis

    def _view(self) -> DutyView:
        """The duties as they stand now; runs in a thread, for a year of slots may have to be placed first."""
        now, known = self._clock.now(), self._version
        today = self._today(now)
        ancient = [slot for slot in self._book.dated() if slot.day < today - BACK]
        earlier = self._unsigned([*ancient, *self._book.between(today - BACK, today - DAY)])
        still = [each for each in (self._occurrence(slot, now) for slot in earlier) if each.open]
        undated = self._unsigned(self._book.undated(today))
        held = self._day(today, [*undated, *self._book.between(today, today)], now)
        upcoming = self._next(today, now)
        midnight = datetime.combine(today + DAY, time(), self._calendar.zone).astimezone(UTC)
        turns = [
            changes_after(each, now)
            for each in (*still, *held.occurrences, *((upcoming,) if upcoming else ()))
        ]
        return DutyView(
            at=now,
            today=held,
            carried=tuple(each for each in still if each.slot.until < today and _carried(each, today)),
            running=tuple(each for each in still if each.slot.until >= today),
            next=upcoming,
            next_change=min([midnight, *(turn for turn in turns if turn is not None)]),
            records=known,
        )

    def _unsigned(self, slots: Iterable[ScheduledOccurrence]) -> Iterator[ScheduledOccurrence]:
        return (slot for slot in slots if self._records.of(slot.key).signed is None)

    def _next(self, today: date, now: datetime) -> Occurrence | None:
        coming = self._unsigned(self._book.between(today, today + AHEAD))
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
        # A key that AWS still has, or a limit that is still raised, speaks for itself: no journal is needed.
        began = self._records.began if duty is not None and not duty.anchor else None
        return occurrence_of(slot, self._records.of(slot.key), now, began, read=self._records.started)

    def _today(self, now: datetime) -> date:
        return now.astimezone(self._calendar.zone).date()


def _carried(occurrence: Occurrence, today: date) -> bool:
    return occurrence.state is not OccurrenceState.MISSED or occurrence.slot.until >= today - MISSED_BACK
