"""Duties of the runbook on a journal in a file, with a clock that tests move; as many consoles as wanted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.duties.service import DatesIn, Duties, no_dates
from services.journal.journal import Journal
from services.models.duties import BaseDate, DutyView, Occurrence, ScheduledOccurrence
from services.models.journal import EntryKind, NewEntry, Person
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin

JST = ZoneInfo("Asia/Tokyo")


def jst(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


@dataclass
class Desk:
    duties: Duties
    journal: Journal
    clock: ManualClock
    base_dates: tuple[BaseDate, ...] = ()
    dated: tuple[ScheduledOccurrence, ...] = ()
    views: list[DutyView] = field(default_factory=list)

    @property
    def view(self) -> DutyView:
        return self.views[-1]

    async def listen(self) -> None:
        async for view in self.duties.states():
            self.views.append(view)

    def today(self, duty: str) -> Occurrence:
        return next(each for each in self.view.today.occurrences if each.slot.duty == duty)

    def advance(self, to: str) -> None:
        self.clock.advance((jst(to) - self.clock.now()).total_seconds())

    async def until(self, reached: Callable[[], object]) -> None:
        """Wait until `reached()`; says what the newest view is when it never comes."""
        try:
            async with asyncio.timeout(60):
                while not reached():  # noqa: ASYNC110  what is waited for has no event
                    await asyncio.sleep(0.002)
        except TimeoutError:
            raise AssertionError(f"never reached; the newest view is {self.views[-1:]}") from None


@asynccontextmanager
async def desk(
    path: Path,
    clock: ManualClock,
    *,
    user: str = "alice",
    host: str = "",
    began: str = "",
    runbook: Runbook | None = None,
    base_dates: tuple[BaseDate, ...] = (),
    dated: tuple[ScheduledOccurrence, ...] = (),
    recorded: DatesIn = no_dates,
    poll: float = 0.02,
    retry: float = 10.0,
    shared: Journal | None = None,
) -> AsyncIterator[Desk]:
    """A console that has seen its first view; `began` (JST) writes the journal's first entry then. `shared`:
    a journal in place of that in the file."""
    book = runbook or load_builtin("facility-prod")
    if began:
        early = Journal(path, clock=ManualClock(jst(began)), person=lambda: Person(user=user))
        await early.open()
        await early.append(NewEntry(kind=EntryKind.STARTED, text="begin"))
        await early.close()
    journal = shared or Journal(
        path, clock=clock, person=lambda: Person(user=user, host=host), poll=poll, retry=retry
    )
    await journal.open()
    desks: list[Desk] = []
    duties = Duties(
        book, Calendar(book), journal, clock,
        anchors=lambda: desks[0].base_dates if desks else base_dates,
        dated=lambda: desks[0].dated if desks else dated,
        recorded=recorded,
    )  # fmt: skip
    desks.append(Desk(duties, journal, clock, base_dates, dated))
    listener = asyncio.create_task(desks[0].listen())
    try:
        await desks[0].until(lambda: desks[0].views or listener.done())
        yield desks[0]
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
        await journal.close()
