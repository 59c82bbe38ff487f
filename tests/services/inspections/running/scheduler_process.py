"""A console in a process of its own that inspects what is due: `python -m … JOURNAL RAN GATE`. Each
inspection writes a line to RAN when it begins, and ends once GATE exists. The process ends when all are
recorded."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from services.aws.client.meter import UsageMeter
from services.calendar.calendar import Calendar
from services.clock import SystemClock
from services.inspections import registry
from services.inspections.allow_list import AllowList
from services.inspections.base import InspectionRequest
from services.inspections.running.consoles import OpenConsoles
from services.inspections.running.finding_records import FindingRecords
from services.inspections.running.runner import InspectionRunner
from services.inspections.running.scheduler import InspectionScheduler
from services.journal.journal import Journal
from services.journal.origin import person
from services.models.duties import Day, DutyView, Occurrence, OccurrenceState, ScheduledOccurrence
from services.models.journal import EntryKind, NewEntry
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin
from tests.services.aws.canned import Canned
from tests.services.inspections.running.scheduler_world import Script, scripted

DUTY = "daily-morning"


class _Gate(Script):
    def __init__(self, ran: Path, gate: Path) -> None:
        super().__init__()
        self._ran = ran
        self._file = gate

    async def began(self, id: str, request: InspectionRequest) -> None:
        await super().began(id, request)
        with self._ran.open("a") as file:
            file.write(f"{os.getpid()} {id}\n")
        while not self._file.exists():  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.02)


async def main(runbook: Runbook, path: Path) -> None:
    clock = SystemClock()
    calendar = Calendar(runbook)
    journal = Journal(path, clock=clock, person=lambda: person(None), poll=0.02, syslog=None)
    await journal.open()
    await journal.append(NewEntry(kind=EntryKind.STARTED, text="began", data={"pid": os.getpid()}))
    records = FindingRecords(journal, AllowList())
    runner = InspectionRunner(
        runbook, calendar, Canned(), clock, UsageMeter(clock), region=runbook.system.region
    )
    consoles = OpenConsoles(journal, clock, longest=0.2)
    scheduler = InspectionScheduler(runner, records, journal, calendar, clock, consoles)
    now = clock.now()
    # The same slot in every process.
    slot = ScheduledOccurrence(
        key=f"{DUTY}@2026-01-14T09:00", duty=DUTY, title="morning", nominal=(now.date(),), day=now.date(),
        until=now.date(), due_at=now - timedelta(hours=1), late_at=now + timedelta(hours=1), missed_at=None,
        timed=True,
    )  # fmt: skip
    today = Day(day=now.date(), is_open=True, occurrences=(Occurrence(slot=slot, state=OccurrenceState.DUE),))
    scheduler.schedule(DutyView(at=now, today=today))

    async def follow() -> None:
        async for _view in scheduler.states():
            pass

    following = asyncio.create_task(follow())
    while (findings := scheduler.of(slot)) is None or not findings.complete or scheduler._tasks:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await scheduler.close()
    await journal.close()


if __name__ == "__main__":
    journal, ran, gate = map(Path, sys.argv[1:])
    script = _Gate(ran, gate)
    # Checked with the inspections that there are, not with those of the script.
    runbook = load_builtin("facility-prod")
    with pytest.MonkeyPatch.context() as patch:
        every = ("alarms", "dashboard", "error-logs")
        patch.setattr(registry, "INSPECTIONS", tuple(scripted(script, id) for id in every))
        asyncio.run(main(runbook, journal))
