import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.background.detached import detached
from services.calendar.calendar import Calendar
from services.clock import Clock
from services.inspections.base import InspectionRequest
from services.inspections.running import entries
from services.inspections.running.finding_records import ON_DEMAND, FindingRecords
from services.inspections.running.runner import InspectionRunner
from services.inspections.running.windows import reached, widest, window
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.findings import Finding, Progress, Recorded, RunningInspection, UnknownIdentity
from services.models.journal import Entry

FRESH = 60.0  # Seconds (of `Clock` time) within which two duties share one run of an inspection
AT_ONCE = 4  # Maximum number of duty inspections that run at the same time


@dataclass(frozen=True, slots=True)
class _UnderWay:
    task: "asyncio.Task[Recorded]"
    consent: bool
    since: datetime | None = None  # The beginning of its window if a person chose it; None: the usual window


class InspectionRuns:
    """The inspections of one console. `wake` is called when there is something to show, `on_batch_end` after
    each batch. A finding that the journal cannot take is still shown, and is recorded once the journal is
    writable again, be it by the journal itself. A started inspection runs to its end even if nobody waits for
    it any more, because AWS may already have charged for it."""

    def __init__(
        self,
        runner: InspectionRunner,
        records: FindingRecords,
        journal: Journal,
        calendar: Calendar,
        clock: Clock,
        *,
        wake: Callable[[], None],
        on_batch_end: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.progress: dict[tuple[str, str], RunningInspection] = {}
        """Inspections in progress, by subject and inspection; the subject of runs on demand is ON_DEMAND."""
        self.unrecorded: dict[tuple[str, str], Recorded] = {}  # Findings not yet written to the journal
        self._waiting: dict[tuple[str, str], Recorded] = {}
        """Those that the journal writes by itself once its ledger can be reached."""
        self._runner = runner
        self._records = records
        self._journal = journal
        self._calendar = calendar
        self._clock = clock
        self._wake = wake
        self._on_batch_end = on_batch_end
        self._under_way: dict[tuple[str, str], _UnderWay] = {}
        self._shared: dict[str, tuple[InspectionRequest, asyncio.Task[Finding]]] = {}
        self._few = asyncio.Semaphore(AT_ONCE)

    async def run(
        self, subject: str, ids: Iterable[str], *, consent: bool = False, anew: bool = False
    ) -> None:
        """Run these inspections and record the findings; `anew` ignores even a finding made a moment ago. An
        inspection already in progress for the same subject is awaited instead of being started again."""
        tasks = [self._begin(subject, id, consent=consent, anew=anew) for id in dict.fromkeys(ids)]
        if tasks:
            await asyncio.wait(tasks)
        if self._on_batch_end is not None:
            await self._on_batch_end()
        for task in tasks:
            task.result()

    async def prepare(self, ids: Iterable[str], due_at: datetime) -> None:
        """Let inspections read beforehand what their run at `due_at` would wait for. Nothing where the
        journal cannot be read: the run's window then begins when the run does."""
        for id in dict.fromkeys(ids):
            if await self._knows_signed(id):
                since, gap = self._window(id, None, self._clock.now(), knows_signed=True)
                await self._runner.prepare(id, InspectionRequest(since=since, until=due_at, gap=gap))

    async def run_on_demand(
        self, id: str, *, consent: bool = False, since: datetime | None = None
    ) -> Recorded:
        """`since` begins another window than the usual one. Raises LookupError if the runbook does not have it."""
        task = self._begin(ON_DEMAND, id, consent=consent, anew=True, since=since)
        await asyncio.wait({task})
        return task.result()

    def _begin(
        self, subject: str, id: str, *, consent: bool, anew: bool, since: datetime | None = None
    ) -> "asyncio.Task[Recorded]":
        key = (subject, id)
        before = self._under_way.get(key)
        if before is not None and before.since == since and (before.consent or not consent):
            return before.task
        after = before.task if before is not None else None
        task = detached(self._one(subject, id, consent=consent, anew=anew, after=after, since=since))
        begun = self._under_way[key] = _UnderWay(task, consent, since)

        def ended(done: "asyncio.Task[Recorded]") -> None:
            if self._under_way.get(key) is begun:
                del self._under_way[key]
                self.progress.pop(key, None)
            if not done.cancelled() and (error := done.exception()) is not None:
                self._runner.fault(error)
            self._wake()

        task.add_done_callback(ended)
        return task

    async def _one(
        self,
        subject: str,
        id: str,
        *,
        consent: bool,
        anew: bool,
        after: "asyncio.Task[Recorded] | None",
        since: datetime | None,
    ) -> Recorded:
        inspection = self._runner.inspection(id)
        began = self._clock.now()
        self.progress[subject, id] = RunningInspection(inspection=id, title=inspection.name, began=began)
        self._wake()
        if after is not None:
            await asyncio.wait({after})
        # One inspection on demand does not wait for a month's duties.
        async with nullcontext() if subject == ON_DEMAND else self._few:
            finding = await self._share(id, consent=consent, anew=anew, chosen=since)
        return await self._record(_on_demand_subject(began) if subject == ON_DEMAND else subject, finding)

    async def _share(self, id: str, *, consent: bool, anew: bool, chosen: datetime | None) -> Finding:
        """The finding of a run in progress or just finished that covers the same time, otherwise of a new run."""
        # The journal is read first, so that the window begins and ends by one moment.
        knows_signed = chosen is not None or await self._knows_signed(id)
        now = self._clock.now()
        since, gap = self._window(id, chosen, now, knows_signed=knows_signed)
        before = self._shared.get(id)
        if before is not None and _same(before[0], since, now, consent) and not (anew and before[1].done()):
            return await asyncio.shield(before[1])
        request = InspectionRequest(
            since=since,
            until=now,
            gap=gap,
            consent=consent,
            on_progress=lambda progress: self._report(id, progress),
        )
        task = asyncio.create_task(self._runner.run(id, request))
        self._shared[id] = (request, task)
        return await asyncio.shield(task)

    def _report(self, id: str, progress: Progress) -> None:
        for key, running in self.progress.items():
            if key[1] == id:
                self.progress[key] = running.model_copy(update={"progress": progress})
        self._wake()

    def _window(
        self, id: str, chosen: datetime | None, now: datetime, *, knows_signed: bool
    ) -> tuple[datetime, str]:
        inspection = self._runner.inspection(id)
        if chosen is not None:
            return reached(inspection, min(chosen, now), now, self._calendar)
        if not knows_signed:
            return widest(inspection, now, self._calendar)
        signed = self._records.signed_until(id, now)
        covered_from = self._records.earliest_window(id) if signed is None else None
        return window(inspection, signed, now, self._calendar, covered_from=covered_from)

    async def _knows_signed(self, id: str) -> bool:
        try:
            await self._records.load_signed(id, self._clock.now())
        except JournalError:
            return False
        return True

    async def _record(self, subject: str, finding: Finding) -> Recorded:
        recorded = await self._append(subject, finding)
        if recorded is None:
            recorded = Recorded(seq=0, by="", finding=finding, subject=subject)
            self.unrecorded[subject, finding.inspection] = recorded
        else:
            self.unrecorded.pop((subject, finding.inspection), None)
        return recorded

    async def _append(self, subject: str, finding: Finding) -> Recorded | None:
        """Record the finding, at the latest once the ledger can be reached; None if the journal cannot take it."""
        try:
            entry = await self._journal.append(entries.finding_entry(subject, finding))
        except JournalError:
            return None
        if entry.waits:
            recorded = Recorded(seq=0, by=entry.person.name, finding=finding, subject=subject)
            self._waiting[subject, finding.inspection] = recorded
            return recorded
        self._records.absorb([entry])
        return Recorded(seq=entry.seq, by=entry.person.name, finding=finding, subject=subject)

    def shown(self, subject: str, ids: Iterable[str]) -> tuple[Recorded, ...]:
        in_journal = {each.finding.inspection: each for each in self._records.of(subject, ids)}
        findings = (self._shown(subject, id, in_journal.get(id)) for id in ids)
        return tuple(finding for finding in findings if finding is not None)

    def _shown(self, subject: str, id: str, in_journal: Recorded | None) -> Recorded | None:
        key = (subject, id)
        waiting = self._waiting.get(key)
        if waiting is not None and in_journal is not None:
            if in_journal.finding.read_at >= waiting.finding.read_at:
                # It is recorded by now, or another console has inspected later.
                del self._waiting[key]
            else:
                return waiting
        return in_journal or waiting or self.unrecorded.get(key)

    async def record_pending(self) -> None:
        for key, recorded in tuple(self.unrecorded.items()):
            if not self._journal.health.writable or self.unrecorded.get(key) is not recorded:
                continue
            subject, id = key
            newer = self._records.of(subject, (id,))
            # A newer finding of another console must not be hidden by this older one.
            late = bool(newer) and newer[0].finding.read_at >= recorded.finding.read_at
            written = await self._append(
                _on_demand_subject(recorded.finding.read_at) if late else subject, recorded.finding
            )
            if written is not None and self.unrecorded.get(key) is recorded:
                del self.unrecorded[key]

    async def override(self, subject: str, recorded: Recorded, reason: str) -> None:
        """Record that a person overrides a finding. Raises AlreadyRecorded, JournalError, ValueError (no reason)."""
        if not reason.strip():
            raise ValueError("overruling needs a reason")
        self._records.absorb([await self._journal.append(entries.override_entry(subject, recorded, reason))])
        self._wake()

    async def allow(self, identity: UnknownIdentity) -> None:
        """Add a person or a network to the allow list. Raises JournalError."""
        self._records.absorb([await self._journal.append(entries.allow_entry(identity))])
        self._wake()

    async def forget(self, entry: Entry) -> None:
        """Remove from the allow list what `entry` had added. Raises JournalError."""
        self._records.absorb([await self._journal.append(entries.forget_entry(entry))])
        self._wake()

    async def close(self) -> None:
        tasks = [each.task for each in self._under_way.values()]
        runs = [task for _request, task in self._shared.values()]
        for task in (*tasks, *runs):
            task.cancel()
        await asyncio.gather(*tasks, *runs, return_exceptions=True)


def _on_demand_subject(at: datetime) -> str:
    return f"{ON_DEMAND}@{at.isoformat()}"


def _same(request: InspectionRequest, since: datetime, now: datetime, consent: bool) -> bool:
    fresh = timedelta(0) <= now - request.until < timedelta(seconds=FRESH)
    return request.since == since and fresh and (request.consent or not consent)
