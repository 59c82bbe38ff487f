"""Makes and records looks: what a duty asks for, what a person asks for by hand, and what people say of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.background.detached import detached
from services.calendar.calendar import Calendar
from services.clock import Clock
from services.inspections.base import Look
from services.inspections.running import entries as drafts
from services.inspections.running.finding_records import BY_HAND, FindingRecords
from services.inspections.running.runner import InspectionRunner
from services.inspections.running.windows import window
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.findings import Finding, Progress, Recorded, RunningInspection, Unfamiliar
from services.models.journal import Entry

FRESH = 60.0
"""Seconds of the world in which two duties share one look."""
AT_ONCE = 4
"""Looks that run side by side."""


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """One look for one subject."""

    task: "asyncio.Task[Recorded]"
    consent: bool


class InspectionRuns:
    """The looks of one console. `nudge` is called when something is to be shown, `looked` after a duty's looks.

    A look that the journal does not take is shown all the same, and recorded when it takes entries again. A look
    that was begun goes on though nobody waits for it any more: AWS may charge for it already.
    """

    def __init__(
        self,
        inspector: InspectionRunner,
        records: FindingRecords,
        journal: Journal,
        calendar: Calendar,
        clock: Clock,
        *,
        nudge: Callable[[], None],
        looked: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.progress: dict[tuple[str, str], RunningInspection] = {}
        """Looks under way, by subject and inspection; those of no duty under BY_HAND."""
        self.unrecorded: dict[tuple[str, str], Recorded] = {}
        """Findings that the journal did not take."""
        self._inspector = inspector
        self._records = records
        self._journal = journal
        self._calendar = calendar
        self._clock = clock
        self._nudge = nudge
        self._looked = looked
        self._under_way: dict[tuple[str, str], _UnderWay] = {}
        self._shared: dict[str, tuple[Look, asyncio.Task[Finding]]] = {}
        self._few = asyncio.Semaphore(AT_ONCE)

    async def make(
        self, subject: str, ids: Iterable[str], *, consent: bool = False, anew: bool = False
    ) -> None:
        """Make these looks and record them; `anew`: not even one made a moment ago counts.

        One that is under way for the same subject is waited for, however often it is asked for.
        """
        tasks = [self._begin(subject, id, consent=consent, anew=anew) for id in dict.fromkeys(ids)]
        if tasks:
            await asyncio.wait(tasks)
        if self._looked is not None:
            await self._looked()
        for task in tasks:
            task.result()

    async def by_hand(self, id: str, *, consent: bool = False) -> Recorded:
        """One look that belongs to no duty. Raises LookupError for an inspection the runbook does not have."""
        task = self._begin(BY_HAND, id, consent=consent, anew=True)
        await asyncio.wait({task})
        return task.result()

    def _begin(self, subject: str, id: str, *, consent: bool, anew: bool) -> "asyncio.Task[Recorded]":
        key = (subject, id)
        before = self._under_way.get(key)
        if before is not None and (before.consent or not consent):
            return before.task
        after = before.task if before is not None else None
        task = detached(self._one(subject, id, consent=consent, anew=anew, after=after))
        begun = self._under_way[key] = _UnderWay(task, consent)

        def ended(done: "asyncio.Task[Recorded]") -> None:
            if self._under_way.get(key) is begun:
                del self._under_way[key]
                self.progress.pop(key, None)
            if not done.cancelled() and (error := done.exception()) is not None:
                self._inspector.fault(error)
            self._nudge()

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
    ) -> Recorded:
        inspection = self._inspector.inspection(id)
        began = self._clock.now()
        self.progress[subject, id] = RunningInspection(inspection=id, title=inspection.name, began=began)
        self._nudge()
        if after is not None:
            await asyncio.wait({after})
        # Who asks for one look does not wait until the month's looks are through.
        async with nullcontext() if subject == BY_HAND else self._few:
            finding = await self._share(id, consent=consent, anew=anew)
        return await self._record(_by_hand(began) if subject == BY_HAND else subject, finding)

    async def _share(self, id: str, *, consent: bool, anew: bool) -> Finding:
        """The look; the one under way, or just made, where it is of the same time."""
        since, gap = self._window(id)
        now = self._clock.now()
        before = self._shared.get(id)
        if before is not None and _same(before[0], since, now, consent) and not (anew and before[1].done()):
            return await asyncio.shield(before[1])
        look = Look(since=since, until=now, gap=gap, consent=consent, tell=lambda said: self._tell(id, said))
        task = asyncio.create_task(self._inspector.look(id, look))
        self._shared[id] = (look, task)
        return await asyncio.shield(task)

    def _tell(self, id: str, progress: Progress) -> None:
        """To everybody who waits for this inspection: they may share the look."""
        for key, looking in self.progress.items():
            if key[1] == id:
                self.progress[key] = looking.model_copy(update={"progress": progress})
        self._nudge()

    def _window(self, id: str) -> tuple[datetime, str]:
        now = self._clock.now()
        signed = self._records.signed_until(id, now)
        looked = self._records.first_look(id) if signed is None else None
        return window(self._inspector.inspection(id), signed, now, self._calendar, looked=looked)

    async def _record(self, subject: str, finding: Finding) -> Recorded:
        recorded = await self._append(subject, finding)
        if recorded is None:
            recorded = Recorded(seq=0, by="", finding=finding, subject=subject)
            self.unrecorded[subject, finding.inspection] = recorded
        else:
            self.unrecorded.pop((subject, finding.inspection), None)
        return recorded

    async def _append(self, subject: str, finding: Finding) -> Recorded | None:
        """The finding as it stands in the journal; None where it takes nothing."""
        try:
            entry = await self._journal.append(drafts.found(subject, finding))
        except JournalError:
            return None
        self._records.absorb([entry])
        return Recorded(seq=entry.seq, by=entry.person.name, finding=finding, subject=subject)

    async def record_held(self) -> None:
        """Record what the journal did not take, now that it may."""
        for key, held in tuple(self.unrecorded.items()):
            if not self._journal.health.writable or self.unrecorded.get(key) is not held:
                continue
            subject, id = key
            newer = self._records.of(subject, (id,))
            # What another console found since is not to be hidden by what was seen before it.
            late = bool(newer) and newer[0].finding.read_at >= held.finding.read_at
            taken = await self._append(_by_hand(held.finding.read_at) if late else subject, held.finding)
            if taken is not None and self.unrecorded.get(key) is held:
                del self.unrecorded[key]

    async def overrule(self, subject: str, recorded: Recorded, reason: str) -> None:
        """A person judges a finding otherwise. Raises AlreadyRecorded, JournalError, ValueError (no reason)."""
        if not reason.strip():
            raise ValueError("overruling needs a reason")
        self._records.absorb([await self._journal.append(drafts.overruled(subject, recorded, reason))])
        self._nudge()

    async def make_known(self, each: Unfamiliar) -> None:
        """A person or a network is known from now on. Raises JournalError."""
        self._records.absorb([await self._journal.append(drafts.known(each))])
        self._nudge()

    async def forget(self, entry: Entry) -> None:
        """What `entry` made known is a stranger again. Raises JournalError."""
        self._records.absorb([await self._journal.append(drafts.forgotten(entry))])
        self._nudge()

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = [each.task for each in self._under_way.values()]
        looks = [task for _look, task in self._shared.values()]
        for task in (*tasks, *looks):
            task.cancel()
        await asyncio.gather(*tasks, *looks, return_exceptions=True)


def _by_hand(at: datetime) -> str:
    return f"{BY_HAND}@{at.isoformat()}"


def _same(look: Look, since: datetime, now: datetime, consent: bool) -> bool:
    fresh = timedelta(0) <= now - look.until < timedelta(seconds=FRESH)
    return look.since == since and fresh and (look.consent or not consent)
