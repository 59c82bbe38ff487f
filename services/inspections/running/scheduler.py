"""Runs the inspections of duties automatically when they are due, in only one of the open consoles. That
console claims them in the journal first; the others wait for the findings, and take over if it ends. The
console that began first claims at once; the others give it some time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from services.background.boundaries import Fault
from services.background.companion import companion
from services.background.detached import detached
from services.background.faults import AGAIN
from services.background.leases import FirstReads
from services.background.wake import Wake, Wakes
from services.calendar.calendar import Calendar
from services.clock import Clock, real
from services.host.processes import abandoned, is_own
from services.inspections.running import entries
from services.inspections.running.consoles import OpenConsoles
from services.inspections.running.executions import FRESH, InspectionRuns
from services.inspections.running.finding_records import FindingRecords
from services.inspections.running.runner import InspectionRunner
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.journal import Journal
from services.models.asks import unanswered
from services.models.duties import PREPARED, DutyView, Occurrence, OccurrenceState, ScheduledOccurrence
from services.models.findings import DutyFindings, Finding, FindingsView, Recorded, RunningInspection
from services.models.journal import Entry
from services.models.problem import ProblemKind

LEASE = 600.0  # Seconds (of real time) after which another console takes over inspections without findings
_DIGITS = 10


class Claims:
    def __init__(self, records: FindingRecords, journal: Journal, clock: Clock) -> None:
        self._records = records
        self._journal = journal
        self._clock = clock
        self._own: dict[str, int] = {}  # By slot: the sequence number of this console's newest claim
        self._reads = FirstReads(clock)  # Of the newest claim of each slot

    def holder(self, slot: ScheduledOccurrence) -> Entry | None:
        owner = self._records.claim(slot.key)
        if owner is None or self._mine(owner) or abandoned(owner) or self.seconds_left(owner) <= 0:
            return None
        return owner

    def seconds_left(self, owner: Entry) -> float:
        """Seconds (of `Clock` time) until a claim expires."""
        return real(self._clock, LEASE).total_seconds() - self._reads.age(owner.subject, owner.seq)

    async def acquire(self, slot: ScheduledOccurrence) -> bool:
        """Try to claim a slot's inspections; also True if the journal cannot be written."""
        before = self._records.claim(slot.key)
        try:
            entry = await self._journal.append(entries.claim_entry(slot, _turn(before) + 1))
        except AlreadyRecorded as error:
            self._records.absorb([error.entry])
            return False
        except JournalError:
            return True
        self._own[slot.key] = entry.seq
        self._records.absorb([entry])
        return True

    async def renew(self, slot: ScheduledOccurrence) -> None:
        while True:
            await self._clock.sleep(real(self._clock, LEASE / 2).total_seconds())
            owner = self._records.claim(slot.key)
            if (owner is not None and not self._mine(owner)) or not await self.acquire(slot):
                return

    def forget(self, slot: ScheduledOccurrence) -> None:
        self._own.pop(slot.key, None)
        self._reads.forget(slot.key)

    def _mine(self, owner: Entry) -> bool:
        return is_own(owner) or self._own.get(owner.subject) == owner.seq


def _turn(owner: Entry | None) -> int:
    number = owner.claim.rpartition("#")[2] if owner is not None else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < _DIGITS else 0


EARLY = timedelta(hours=2)  # A finding counts for its duty even if a wrong clock dated it this much too early
_AWAY = frozenset(
    {ProblemKind.EXPIRED, ProblemKind.NO_CREDENTIALS, ProblemKind.UNREACHABLE, ProblemKind.REFUSED}
)
"""Kinds of problems that say nothing about the system, because AWS could not be reached."""


class MissingRuns:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recovered: datetime | None = None
        self._ahead: dict[int, datetime] = {}
        """By sequence number: when a finding dated in the future was noticed, i.e. the clock was set back after it."""

    def recovered(self) -> None:
        """AWS can be reached again: findings that failed because it could not be no longer count."""
        self._recovered = self._clock.now()

    def noticed(self, ahead: Iterable[int], at: datetime) -> None:
        for seq in ahead:
            self._ahead.setdefault(seq, at)

    def of(
        self, slot: ScheduledOccurrence, ids: Iterable[str], recorded: Iterable[Recorded]
    ) -> tuple[str, ...]:
        since = slot.due_at - timedelta(seconds=FRESH)
        done = {
            each.finding.inspection
            for each in recorded
            if self._read_at(each) >= since and not self._was_away(each.finding)
        }
        return tuple(id for id in ids if id not in done)

    def _read_at(self, recorded: Recorded) -> datetime:
        """When a finding was made; if it is dated in the future, at most EARLY after that was noticed. So a
        finding made slightly early by a clock that has since been corrected is not repeated."""
        noticed = self._ahead.get(recorded.seq)
        read_at = recorded.finding.read_at
        return read_at if noticed is None else min(read_at, noticed + EARLY)

    def _was_away(self, finding: Finding) -> bool:
        away = finding.problem is not None and finding.problem.kind in _AWAY
        return away and self._recovered is not None and finding.read_at <= self._recovered


class Preparations:
    """The reading ahead of one console; only the console that inspects first reads ahead."""

    def __init__(self, runs: InspectionRuns, consoles: OpenConsoles, fault: Fault) -> None:
        self._runs = runs
        self._consoles = consoles
        self._fault = fault
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """By slot; kept until it is due, so that each is read once."""

    def begin(self, occurrences: Iterable[tuple[Occurrence, tuple[str, ...]]], now: datetime) -> None:
        soon = {
            each.key: (each.slot, ids)
            for each, ids in occurrences
            if each.state is OccurrenceState.UPCOMING and timedelta(0) < each.slot.due_at - now <= PREPARED
        }
        self._tasks = {key: task for key, task in self._tasks.items() if key in soon or not task.done()}
        for key, (slot, ids) in soon.items():
            if key not in self._tasks:
                task = detached(self._prepare(slot, ids), name=f"preparation of {key}")
                task.add_done_callback(self._ended)
                self._tasks[key] = task

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _prepare(self, slot: ScheduledOccurrence, ids: tuple[str, ...]) -> None:
        if await self._consoles.is_first():
            await self._runs.prepare(ids, slot.due_at)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fault(error)


SETTLE = 0.2  # Minimum seconds (of real time) between two views, as inspections report progress often
WAIT = 5.0  # Seconds (of real time) between checks whether a claim has expired


class InspectionScheduler:
    """Schedules the inspections of one console. Methods that write to the journal raise JournalError."""

    def __init__(
        self,
        runner: InspectionRunner,
        records: FindingRecords,
        journal: Journal,
        calendar: Calendar,
        clock: Clock,
        consoles: OpenConsoles,
        *,
        on_batch_end: Callable[[], Awaitable[None]] | None = None,
        is_elsewhere: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """`is_elsewhere`: whether AWS would answer for another account, which leaves the inspections to other consoles."""
        self._is_elsewhere = is_elsewhere
        self._wake = Wake()
        self._entries_came = Wakes()
        self._runner = runner
        self._records = records
        self._journal = journal
        self._clock = clock
        self.runs = InspectionRuns(
            runner, records, journal, calendar, clock, wake=self._wake.wake, on_batch_end=on_batch_end
        )
        self._claims = Claims(records, journal, clock)
        self._consoles = consoles
        self._duties = {str(duty.id): duty for duty in runner.runbook.duties}
        judging = [duty for duty in self._duties.values() if not duty.is_manual]
        self._judged_by_others = frozenset(id for duty in judging for id in duty.inspections)
        self._listed: tuple[Occurrence, ...] = ()
        """Occurrences that have inspections, in the order of the duty view."""
        self._open: dict[str, ScheduledOccurrence] = {}  # Slots to be inspected, by key
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._gaps = MissingRuns(clock)
        self._preparations = Preparations(self.runs, consoles, runner.fault)
        self._closed = False

    # ---- findings

    async def states(self) -> AsyncIterator[FindingsView]:
        view: FindingsView | None = None
        async with companion(self._listen(), self._wake.wake) as listener:
            while True:
                await self._read()
                current = self._view()
                if current != view:
                    view = current
                    yield view
                await self._wake.until_woken()
                if listener.done():
                    # Without it, entries of other consoles would go unnoticed.
                    listener.result()
                    return
                await asyncio.sleep(SETTLE)

    def of(self, slot: ScheduledOccurrence) -> DutyFindings | None:
        ids = self.inspections_of(slot)
        if not ids:
            return None
        recorded = self.runs.shown(slot.key, ids)
        running = tuple(
            self.runs.progress[slot.key, id] for id in ids if (slot.key, id) in self.runs.progress
        )
        duty = self._duties.get(slot.duty)
        material = duty is not None and duty.is_manual
        missing = self._missing(slot, recorded) if not running and slot.key in self._tasks else ()
        elsewhere = self._elsewhere(slot, missing)
        return DutyFindings(
            key=slot.key,
            expected=ids,
            recorded=recorded,
            running=running or elsewhere,
            queued=() if elsewhere else missing,
            material=material,
            unanswered=unanswered(self._duties[slot.duty], recorded),
            for_reference=material and self._judged_by_others.issuperset(ids),
        )

    def _elsewhere(
        self, slot: ScheduledOccurrence, missing: tuple[str, ...]
    ) -> tuple[RunningInspection, ...]:
        holder = self._claims.holder(slot) if missing else None
        if holder is None:
            return ()
        names = {id: self._runner.inspection(id).name for id in missing}
        by = holder.person.name_beside(self._journal.shared_host)
        return tuple(
            RunningInspection(inspection=id, title=name, by=by, began=holder.at) for id, name in names.items()
        )

    def inspections_of(self, slot: ScheduledOccurrence) -> tuple[str, ...]:
        duty = self._duties.get(slot.duty)
        return duty.inspections if duty is not None else ()

    def shown(self, slot: ScheduledOccurrence) -> DutyFindings | None:
        """Like `of`, but None if findings would be too old to be in memory, as "none yet" would be wrong."""
        findings = self.of(slot)
        has_some = findings is not None and (findings.recorded or findings.running)
        near = slot.key in self._open or self._records.in_memory(slot.due_at, self._clock.now())
        return findings if has_some or near else None

    def _view(self) -> FindingsView:
        duties = tuple(
            each for each in (self.of(occurrence.slot) for occurrence in self._listed) if each is not None
        )
        keys = {each.key for each in duties}
        return FindingsView(
            duties=duties,
            on_demand=self._records.on_demand(),
            running=tuple(each for (key, _id), each in self.runs.progress.items() if key not in keys),
            version=self._records.version,
        )

    # ---- automatic runs

    def schedule(self, view: DutyView) -> None:
        """Update from a new duty view: run the inspections of the duties that are open. Missed duties of
        earlier days are not inspected automatically: today's inspections cover their time."""
        self._gaps.noticed(self._records.dated_after(view.at + timedelta(seconds=FRESH)), view.at)
        every = (*view.carried, *view.running, *view.today.occurrences)
        self._listed = tuple(each for each in every if self.inspections_of(each.slot))
        missed = {each.key for each in view.carried if each.state is OccurrenceState.MISSED}
        self._open = {
            each.key: each.slot
            for each in self._listed
            if each.key not in missed and (each.open or self._is_unreadable(each, view))
        }
        self._preparations.begin(((each, self.inspections_of(each.slot)) for each in self._listed), view.at)
        self._begin()

    def recovered(self) -> None:
        """Repeat the unsigned inspections that failed because AWS could not be reached; called when it can be again."""
        self._gaps.recovered()
        self._begin()

    def _is_unreadable(self, occurrence: Occurrence, view: DutyView) -> bool:
        """Whether the occurrence is due but the journal is unreadable, so that nobody can tell whether it was done."""
        unknown = occurrence.state is OccurrenceState.NO_RECORD and not self._records.started
        return unknown and not self._journal.health.writable and occurrence.slot.due_at <= view.at

    def _begin(self) -> None:
        for slot in () if self._closed else self._by_urgency():
            if slot.key not in self._tasks and self._still_missing(slot):
                task = asyncio.create_task(self._run_when_due(slot), name=f"inspections of {slot.key}")
                self._tasks[slot.key] = task
                task.add_done_callback(partial(self._ended, slot))
        self._wake.wake()

    def _by_urgency(self) -> list[ScheduledOccurrence]:
        now = self._clock.now()
        return sorted(self._open.values(), key=lambda slot: (slot.late_at <= now, slot.late_at))

    def _ended(self, slot: ScheduledOccurrence, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(slot.key, None)
        self._claims.forget(slot)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._runner.fault(error)
            # Try again after an internal error, even if the duties do not change meanwhile.
            asyncio.get_running_loop().call_later(AGAIN, self._begin)

    async def _run_when_due(self, slot: ScheduledOccurrence) -> None:
        just_due = (self._clock.now() - slot.due_at).total_seconds() < FRESH
        await self._clock.sleep(await self._consoles.head_start(just_due=just_due))
        pause = real(self._clock, WAIT).total_seconds()
        with self._entries_came.listen() as news:
            while True:
                await self._read()
                missing = self._still_missing(slot)
                # The duty may have been signed off or skipped meanwhile.
                if not missing or slot.key not in self._open:
                    return
                if not self._records.started and self._journal.health.writable:
                    await self._clock.sleep(pause)
                elif (holder := self._claims.holder(slot)) is not None:
                    await news.wait(self._clock, min(self._claims.seconds_left(holder), pause))
                elif self._is_elsewhere is not None and await self._is_elsewhere():
                    await self._clock.sleep(pause)
                elif await self._claims.acquire(slot):
                    await self._run_claimed(slot)
                    return

    async def _run_claimed(self, slot: ScheduledOccurrence) -> None:
        renewing = asyncio.create_task(self._claims.renew(slot))
        try:
            # The holder of an earlier claim may have recorded findings and ended just before this claim.
            await self._read()
            await self.runs.run(slot.key, self._still_missing(slot))
        finally:
            renewing.cancel()
            (ended,) = await asyncio.gather(renewing, return_exceptions=True)
            if isinstance(ended, Exception):
                self._runner.fault(ended)

    def _still_missing(self, slot: ScheduledOccurrence) -> tuple[str, ...]:
        findings = self.of(slot)
        return self._missing(slot, findings.recorded if findings is not None else ())

    def _missing(self, slot: ScheduledOccurrence, recorded: tuple[Recorded, ...]) -> tuple[str, ...]:
        return self._gaps.of(slot, self.inspections_of(slot), recorded)

    # ---- runs on demand

    async def rerun(
        self, slot: ScheduledOccurrence, only: Iterable[str] = (), *, consent: bool = False
    ) -> None:
        await self.runs.run(slot.key, tuple(only) or self.inspections_of(slot), consent=consent, anew=True)

    # ---- journal and shutdown

    async def close(self) -> None:
        """Stop; inspections in progress are cancelled, and another console may take them over."""
        self._closed = True
        await self._preparations.close()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.runs.close()

    async def _listen(self) -> None:
        async for _head in self._journal.follow():
            if self.runs.unrecorded and self._journal.health.writable:
                await self._read()
                await self.runs.record_pending()
            self._wake.wake()
            self._entries_came.wake()

    async def _read(self) -> None:
        with suppress(JournalError):
            await self._records.read(self._clock.now())
