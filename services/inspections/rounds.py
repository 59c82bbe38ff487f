"""The looks of the duties: made by themselves when one comes due, once whoever has the console open.

Who looks claims it in the journal first; the other consoles wait for the findings, and take over where the
claimant has ended.
"""

import asyncio
import os
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress

from services.calendar import Calendar
from services.clock import Clock, real
from services.inspections import drafts
from services.inspections.inspector import Inspector
from services.inspections.looks import FRESH, Looks
from services.inspections.records import FindingRecords, abandoned
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.journal import Journal
from services.models.duties import DutyView, Occurrence, OccurrenceState, Slot
from services.models.findings import (
    DutyFindings,
    FindingsView,
)
from services.models.journal import Entry

SETTLE = 0.2
"""Seconds (of the machine) between two views: a look tells of its progress often."""
LEASE = 600.0
"""Seconds (of the machine) after which another console takes over looks that were claimed and did not come."""
PROMPT = 2.0
"""Seconds within which looks begin that were due before this console saw them."""


class Rounds:
    """The looks of one console. Everything that writes raises JournalError."""

    def __init__(
        self,
        inspector: Inspector,
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
        self.looks = Looks(inspector, records, journal, calendar, clock, nudge=self._nudge.set, looked=looked)
        self._duties = {str(duty.id): duty for duty in inspector.runbook.duties}
        self._slots: tuple[Slot, ...] = ()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    # ---- what is known

    async def states(self) -> AsyncIterator[FindingsView]:
        """At once, then whenever a look begins, goes on or is judged, here or in another console."""
        listener = asyncio.create_task(self._listen())
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
                await asyncio.sleep(SETTLE)
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    def of(self, slot: Slot) -> DutyFindings | None:
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

    def wanted(self, slot: Slot) -> tuple[str, ...]:
        """Ids of a slot's inspections, in the runbook's order."""
        duty = self._duties.get(slot.duty)
        return duty.inspections if duty is not None else ()

    def _view(self) -> FindingsView:
        found = (self.of(slot) for slot in self._slots)
        return FindingsView(
            duties=tuple(each for each in found if each is not None),
            by_hand=self._records.by_hand(),
            version=self._records.version,
        )

    # ---- by themselves

    def consider(self, view: DutyView) -> None:
        """The duties changed: make the looks of those that are open.

        A missed duty of an earlier day is left to a person: today's looks cover its time.
        """
        late = (each for each in view.carried if each.state is OccurrenceState.LATE)
        held = (*late, *view.running, *view.today.occurrences)
        self._slots = tuple(each.slot for each in held if self.wanted(each.slot))
        for occurrence in held:
            self._begin(occurrence)
        self._nudge.set()

    def _begin(self, occurrence: Occurrence) -> None:
        slot = occurrence.slot
        found = self.of(slot)
        if not occurrence.open or found is None or slot.key in self._tasks:
            return
        if found.complete:
            return
        task = asyncio.create_task(self._attend(slot), name=f"looks of {slot.key}")
        self._tasks[slot.key] = task
        task.add_done_callback(lambda _done: self._ended(slot, task))

    def _ended(self, slot: Slot, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(slot.key, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._inspector.fault(error)

    async def _attend(self, slot: Slot) -> None:
        just_due = (self._clock.now() - slot.due_at).total_seconds() < FRESH
        await self._clock.sleep(self._rng.uniform(0, self._jitter if just_due else min(PROMPT, self._jitter)))
        while True:
            await self._read()
            missing = self._missing(slot)
            if not missing:
                return
            owner = self._records.looking(slot.key)
            if owner is not None and not self._over(owner):
                await self._wait(owner)
            elif await self._claim(slot, owner):
                await self.looks.make(slot.key, missing)
                return

    def _missing(self, slot: Slot) -> tuple[str, ...]:
        wanted = self.wanted(slot)
        known = {each.finding.inspection for each in self._records.of(slot.key, wanted)}
        return tuple(id for id in wanted if id not in known)

    def _over(self, owner: Entry) -> bool:
        mine = owner.person.host == socket.gethostname() and owner.data.get("pid") == os.getpid()
        expired = self._clock.now() >= owner.at + real(self._clock, LEASE)
        return mine or expired or abandoned(owner, socket.gethostname())

    async def _claim(self, slot: Slot, before: Entry | None) -> bool:
        """Whether this console makes the looks; also where the journal takes nothing, for then each does its own."""
        turn = before.data.get("turn") if before else 0
        draft = drafts.looking(slot, (turn if isinstance(turn, int) else 0) + 1)
        try:
            self._records.absorb([await self._journal.append(draft)])
        except AlreadyRecorded as error:
            self._records.absorb([error.entry])
            return False
        except JournalError:
            pass
        return True

    async def _wait(self, owner: Entry) -> None:
        """Until there is news, or the claim may be over."""
        left = (owner.at + real(self._clock, LEASE) - self._clock.now()).total_seconds()
        sleep = asyncio.ensure_future(self._clock.sleep(min(left, real(self._clock, 5.0).total_seconds())))
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

    async def look_again(self, slot: Slot, only: Iterable[str] = (), *, consent: bool = False) -> None:
        """Make the looks of a slot now, whatever was found before; the newest findings count."""
        await self.looks.make(slot.key, tuple(only) or self.wanted(slot), consent=consent, anew=True)

    # ---- reading

    async def close(self) -> None:
        """Stop; looks under way are given up, and another console makes them."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.looks.close()

    async def _listen(self) -> None:
        async for _head in self._journal.follow():
            await self.looks.record_held()
            self._nudge.set()
            async with self._news:
                self._news.notify_all()

    async def _read(self) -> None:
        async with self._reading:
            with suppress(JournalError):
                await self._records.read(self._clock.now())
