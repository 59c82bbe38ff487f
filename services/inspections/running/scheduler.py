"""The looks of the duties: made by themselves when one comes due, once whoever has the console open.

Who looks claims it in the journal first; the other consoles wait for the findings, and take over where the
claimant has ended.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from services.background.faults import AGAIN
from services.calendar.calendar import Calendar
from services.clock import Clock, real
from services.inspections.running.claims import Claims
from services.inspections.running.executions import FRESH, InspectionRuns
from services.inspections.running.finding_records import FindingRecords
from services.inspections.running.runner import InspectionRunner
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.duties import DutyView, Occurrence, OccurrenceState, ScheduledOccurrence
from services.models.findings import DutyFindings, Finding, FindingsView, Recorded
from services.models.journal import Entry
from services.models.problem import ProblemKind

SETTLE = 0.2
"""Seconds (of the machine) between two views: a look tells of its progress often."""
PROMPT = 2.0
"""Seconds within which looks begin that were due before this console saw them."""
WAIT = 5.0
"""Seconds (of the machine) between looks at whether a claim is over."""
EARLY = timedelta(hours=2)
"""A look counts for its duty though a clock that was wrong made it so much too early."""
_AWAY = frozenset({ProblemKind.EXPIRED, ProblemKind.NO_CREDENTIALS, ProblemKind.UNREACHABLE})
"""What says nothing of the system: AWS could not be asked."""


class InspectionScheduler:
    """The looks of one console. Everything that writes raises JournalError."""

    def __init__(
        self,
        inspector: InspectionRunner,
        records: FindingRecords,
        journal: Journal,
        calendar: Calendar,
        clock: Clock,
        *,
        jitter: float,
        rng: random.Random | None = None,
        looked: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._nudge = asyncio.Event()
        self._news = asyncio.Condition()
        self._reading = asyncio.Lock()
        self._inspector = inspector
        self._records = records
        self._journal = journal
        self._clock = clock
        self._jitter = jitter
        self._rng = rng or random.Random()
        self.looks = InspectionRuns(
            inspector, records, journal, calendar, clock, nudge=self._nudge.set, looked=looked
        )
        self._claims = Claims(records, journal, clock)
        self._duties = {str(duty.id): duty for duty in inspector.runbook.duties}
        self._held: tuple[Occurrence, ...] = ()
        """Shown, in the order of the duties' view."""
        self._open: dict[str, ScheduledOccurrence] = {}
        """To be looked at, by key."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._recovered: datetime | None = None
        self._ahead: dict[int, datetime] = {}
        """Findings dated in the future, by their entry: when that was noticed. The clock was set back after them."""
        self._closed = False

    # ---- what is known

    async def states(self) -> AsyncIterator[FindingsView]:
        """At once, then whenever a look begins, goes on or is judged, here or in another console."""
        listener = asyncio.create_task(self._listen())
        listener.add_done_callback(lambda _done: self._nudge.set())
        view: FindingsView | None = None
        try:
            while True:
                await self._read()
                found = self._view()
                if found != view:
                    view = found
                    yield view
                await self._nudge.wait()
                self._nudge.clear()
                if listener.done():
                    # Nothing would be heard of other consoles any more.
                    listener.result()
                    return
                await asyncio.sleep(SETTLE)
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    def of(self, slot: ScheduledOccurrence) -> DutyFindings | None:
        """What was found for a slot so far; None for a duty that looks at nothing."""
        wanted = self.wanted(slot)
        if not wanted:
            return None
        found = {each.finding.inspection: each for each in self._records.of(slot.key, wanted)}
        for id in wanted:
            if id not in found and (slot.key, id) in self.looks.unrecorded:
                found[id] = self.looks.unrecorded[slot.key, id]
        return DutyFindings(
            key=slot.key,
            expected=wanted,
            recorded=tuple(found[id] for id in wanted if id in found),
            looking=tuple(
                self.looks.progress[slot.key, id] for id in wanted if (slot.key, id) in self.looks.progress
            ),
        )

    def wanted(self, slot: ScheduledOccurrence) -> tuple[str, ...]:
        """Ids of a slot's inspections, in the runbook's order."""
        duty = self._duties.get(slot.duty)
        return duty.inspections if duty is not None else ()

    def shown(self, slot: ScheduledOccurrence) -> DutyFindings | None:
        """As `of`, but None where the findings are so old that only the journal has them: "none yet" would be false."""
        found = self.of(slot)
        known = found is not None and (found.recorded or found.looking)
        near = slot.key in self._open or self._records.at_hand(slot.due_at, self._clock.now())
        return found if known or near else None

    def _view(self) -> FindingsView:
        found = tuple(each for each in (self.of(held.slot) for held in self._held) if each is not None)
        keys = {each.key for each in found}
        return FindingsView(
            duties=found,
            by_hand=self._records.by_hand(),
            looking=tuple(each for (key, _id), each in self.looks.progress.items() if key not in keys),
            version=self._records.version,
        )

    # ---- by themselves

    def consider(self, view: DutyView) -> None:
        """The duties changed: make the looks of those that are open.

        A missed duty of an earlier day is left to a person: today's looks cover its time.
        """
        for seq in self._records.dated_after(view.at + timedelta(seconds=FRESH)):
            self._ahead.setdefault(seq, view.at)
        every = (*view.carried, *view.running, *view.today.occurrences)
        self._held = tuple(each for each in every if self.wanted(each.slot))
        missed = {each.key for each in view.carried if each.state is OccurrenceState.MISSED}
        self._open = {
            each.key: each.slot
            for each in self._held
            if each.key not in missed and (each.open or self._unheard_of(each, view))
        }
        self._begin()

    def recovered(self) -> None:
        """AWS can be asked again: what could not be asked before is, where nobody has signed yet."""
        self._recovered = self._clock.now()
        self._begin()

    def _unheard_of(self, occurrence: Occurrence, view: DutyView) -> bool:
        """Whether it is due and the journal, which cannot be read, may know of it: nobody else looks for us."""
        unknown = occurrence.state is OccurrenceState.NO_RECORD and not self._records.started
        return unknown and not self._journal.health.writable and occurrence.slot.due_at <= view.at

    def _begin(self) -> None:
        for slot in () if self._closed else self._open.values():
            if slot.key not in self._tasks and self._missing(slot):
                task = asyncio.create_task(self._attend(slot), name=f"looks of {slot.key}")
                self._tasks[slot.key] = task
                task.add_done_callback(partial(self._ended, slot))
        self._nudge.set()

    def _ended(self, slot: ScheduledOccurrence, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(slot.key, None)
        self._claims.forget(slot)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._inspector.fault(error)
            # What a fault stopped is tried again, also where the duties do not change meanwhile.
            asyncio.get_running_loop().call_later(AGAIN, self._begin)

    async def _attend(self, slot: ScheduledOccurrence) -> None:
        just_due = (self._clock.now() - slot.due_at).total_seconds() < FRESH
        await self._clock.sleep(self._rng.uniform(0, self._jitter if just_due else min(PROMPT, self._jitter)))
        while True:
            await self._read()
            missing = self._missing(slot)
            # Signed or left out meanwhile: nobody waits for it any more.
            if not missing or slot.key not in self._open:
                return
            if not self._records.started and self._journal.health.writable:
                await self._clock.sleep(real(self._clock, WAIT).total_seconds())
            elif (holder := self._claims.holder(slot)) is not None:
                await self._wait(holder)
            elif await self._claims.take(slot):
                await self._make(slot, missing)
                return

    async def _make(self, slot: ScheduledOccurrence, ids: tuple[str, ...]) -> None:
        renewing = asyncio.create_task(self._claims.renew(slot))
        try:
            await self.looks.make(slot.key, ids)
        finally:
            renewing.cancel()
            (ended,) = await asyncio.gather(renewing, return_exceptions=True)
            if isinstance(ended, Exception):
                self._inspector.fault(ended)

    def _missing(self, slot: ScheduledOccurrence) -> tuple[str, ...]:
        """What is to be looked at yet; what was looked at before it was due does not count."""
        found = self.of(slot)
        since = slot.due_at - timedelta(seconds=FRESH)
        made = {
            each.finding.inspection
            for each in (found.recorded if found is not None else ())
            if self._made_at(each) >= since and not self._could_not_ask(each.finding)
        }
        return tuple(id for id in self.wanted(slot) if id not in made)

    def _made_at(self, recorded: Recorded) -> datetime:
        """When a look was made; where the clock was set back after it by long, when that was noticed.

        One that was made a little early by a clock that has been corrected since is not made twice.
        """
        noticed = self._ahead.get(recorded.seq)
        read_at = recorded.finding.read_at
        return read_at if noticed is None else min(read_at, noticed + EARLY)

    def _could_not_ask(self, finding: Finding) -> bool:
        away = finding.problem is not None and finding.problem.kind in _AWAY
        return away and self._recovered is not None and finding.read_at <= self._recovered

    async def _wait(self, holder: Entry) -> None:
        """Until there is news, or the claim may be over."""
        longest = real(self._clock, WAIT).total_seconds()
        sleep = asyncio.ensure_future(self._clock.sleep(min(self._claims.left(holder), longest)))
        news = asyncio.ensure_future(self._heard())
        try:
            await asyncio.wait({sleep, news}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            news.cancel()
            await asyncio.gather(sleep, news, return_exceptions=True)

    async def _heard(self) -> None:
        async with self._news:
            await self._news.wait()

    # ---- by a person

    async def look_again(
        self, slot: ScheduledOccurrence, only: Iterable[str] = (), *, consent: bool = False
    ) -> None:
        """Make the looks of a slot now, whatever was found before; the newest findings count."""
        await self.looks.make(slot.key, tuple(only) or self.wanted(slot), consent=consent, anew=True)

    # ---- reading

    async def close(self) -> None:
        """Stop; looks under way are given up, and another console makes them."""
        self._closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.looks.close()

    async def _listen(self) -> None:
        async for _head in self._journal.follow():
            if self.looks.unrecorded and self._journal.health.writable:
                await self._read()
                await self.looks.record_held()
            self._nudge.set()
            async with self._news:
                self._news.notify_all()

    async def _read(self) -> None:
        async with self._reading:
            with suppress(JournalError):
                await self._records.read(self._clock.now())
