"""Makes and records looks: what a duty asks for, what a person asks for by hand, and what people say of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

from services.calendar import Calendar
from services.clock import Clock
from services.inspections import drafts
from services.inspections.base import Look
from services.inspections.inspector import Inspector
from services.inspections.records import BY_HAND, FindingRecords
from services.inspections.windows import window
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.findings import Finding, Looking, Progress, Recorded, Unfamiliar

FRESH = 60.0
"""Seconds of the world in which two duties share one look."""
AT_ONCE = 4
"""Looks that run side by side."""


class Looks:
    """The looks of one console. `nudge` is called when something is to be shown, `looked` after a duty's looks.

    A look that the journal does not take is shown all the same, and recorded when it takes entries again.
    """

    def __init__(
        self,
        inspector: Inspector,
        records: FindingRecords,
        journal: Journal,
        calendar: Calendar,
        clock: Clock,
        *,
        nudge: Callable[[], None],
        looked: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.progress: dict[tuple[str, str], Looking] = {}
        """Looks under way, by subject and inspection."""
        self.unrecorded: dict[tuple[str, str], Recorded] = {}
        """Findings that the journal did not take."""
        self._inspector = inspector
        self._records = records
        self._journal = journal
        self._calendar = calendar
        self._clock = clock
        self._nudge = nudge
        self._looked = looked
        self._shared: dict[str, tuple[Look, asyncio.Task[Finding]]] = {}
        self._few = asyncio.Semaphore(AT_ONCE)

    async def make(
        self, subject: str, ids: Iterable[str], *, consent: bool = False, anew: bool = False
    ) -> None:
        """Make these looks and record them; `anew`: not even one made a moment ago counts."""
        wanted = tuple(ids)
        if anew:
            for id in wanted:
                self._shared.pop(id, None)
        await asyncio.gather(*(self._one(subject, id, consent) for id in wanted))
        if self._looked is not None:
            await self._looked()

    async def _one(self, subject: str, id: str, consent: bool) -> None:
        inspection = self._inspector.inspection(id)
        looking = Looking(inspection=id, title=inspection.name, began=self._clock.now())
        self.progress[subject, id] = looking
        self._nudge()

        def tell(progress: Progress) -> None:
            self.progress[subject, id] = looking.model_copy(update={"progress": progress})
            self._nudge()

        try:
            async with self._few:
                finding = await self._share(id, consent, tell)
            await self._record(subject, finding)
        finally:
            self.progress.pop((subject, id), None)
            self._nudge()

    async def _share(self, id: str, consent: bool, tell: Callable[[Progress], None]) -> Finding:
        """The look; the one under way, or just made, where it is of the same time."""
        since, gap = self._window(id)
        now = self._clock.now()
        before = self._shared.get(id)
        if before is not None and not consent and _same(before[0], since, now) and not before[1].cancelled():
            return await asyncio.shield(before[1])
        look = Look(since=since, until=now, gap=gap, consent=consent, tell=tell)
        task = asyncio.create_task(self._inspector.look(id, look))
        self._shared[id] = (look, task)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.cancel()
            raise

    def _window(self, id: str) -> tuple[datetime, str]:
        signed = self._records.signed_until(id)
        return window(self._inspector.inspection(id), signed, self._clock.now(), self._calendar)

    async def _record(self, subject: str, finding: Finding) -> Recorded:
        try:
            entry = await self._journal.append(drafts.found(subject, finding))
        except JournalError:
            shown = Recorded(seq=0, by="", finding=finding)
            self.unrecorded[subject, finding.inspection] = shown
            return shown
        self.unrecorded.pop((subject, finding.inspection), None)
        self._records.absorb([entry])
        return Recorded(seq=entry.seq, by=entry.person.name, finding=finding)

    async def record_held(self) -> None:
        """Record what the journal did not take, now that it may."""
        if self._journal.health.writable:
            for (subject, _id), held in tuple(self.unrecorded.items()):
                await self._record(subject, held.finding)

    async def by_hand(self, id: str, *, since: datetime | None = None, consent: bool = False) -> Recorded:
        """One look that belongs to no duty. Raises LookupError for an inspection the runbook does not have."""
        begin, gap = self._window(id)
        now = self._clock.now()
        look = Look(since=since or begin, until=now, gap="" if since else gap, consent=consent)
        finding = await self._inspector.look(id, look)
        recorded = await self._record(f"{BY_HAND}@{now.isoformat()}", finding)
        self._nudge()
        return recorded

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

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = [task for _look, task in self._shared.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _same(look: Look, since: datetime, now: datetime) -> bool:
    return look.since == since and now - look.until < timedelta(seconds=FRESH) and not look.consent
