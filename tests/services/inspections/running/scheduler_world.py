"""Consoles on one journal that run inspections by themselves; what they read of AWS is a script."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.aws.client.meter import UsageMeter
from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections import registry
from services.inspections.allow_list import AllowList
from services.inspections.base import Inspection, InspectionContext, InspectionRequest
from services.inspections.registry import InspectionEntry
from services.inspections.running.consoles import OpenConsoles
from services.inspections.running.finding_records import FindingRecords
from services.inspections.running.runner import InspectionRunner
from services.inspections.running.scheduler import InspectionScheduler
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.journal.journal import Journal
from services.models.findings import DutyFindings, Finding, FindingsView, InspectionInfo, Measure
from services.models.journal import Entry, EntryKind, EntryQuery, NewEntry, Person
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.aws.canned import Canned
from tests.services.duties.duty_world import Desk, desk, jst


@dataclass
class Script:
    """What the runs do, by inspection; counts them."""

    runs: list[tuple[str, InspectionRequest]] = field(default_factory=list)
    answers: dict[str, Callable[[Inspection, InspectionRequest], Finding]] = field(default_factory=dict)
    prepared: list[tuple[str, InspectionRequest]] = field(default_factory=list)  # What was read ahead
    gate: asyncio.Event = field(default_factory=asyncio.Event)  # Looks wait for it

    def __post_init__(self) -> None:
        self.gate.set()

    async def began(self, id: str, request: InspectionRequest) -> None:
        """Called when an inspection begins; it goes on when this returns."""
        self.runs.append((id, request))
        await self.gate.wait()

    def windows(self, id: str) -> list[InspectionRequest]:
        return [inspection_request for of, inspection_request in self.runs if of == id]


class Scripted(Inspection):
    def __init__(self, context: InspectionContext, info: InspectionInfo, script: Script) -> None:
        super().__init__(context, info)
        self.script = script

    async def prepare(self, request: InspectionRequest) -> None:
        self.script.prepared.append((self.id, request))
        if (answer := self.script.answers.get(f"prepare {self.id}")) is not None:
            answer(self, request)

    async def run(self, request: InspectionRequest) -> Finding:
        await self.script.began(self.id, request)
        answer = self.script.answers.get(self.id)
        return answer(self, request) if answer else judged(self, request)


def judged(
    inspection: Inspection,
    request: InspectionRequest,
    verdict: Verdict = Verdict.NORMAL,
    summary: str = "all well",
    advice: tuple[str, ...] = (),
) -> Finding:
    """A finding with this verdict on everything that lines of the runbook's duties name."""
    builder = FindingBuilder(inspection, request)
    sources = (source for duty in inspection.context.runbook.duties for source in duty.judged_by)
    named = [source.partition(":")[2] for source in sources if source.startswith(f"{inspection.id}:")]
    for item in {item for items in named for item in items.split(",")} or {""}:
        builder.measure(Measure(title="m", shown="", verdict=verdict, item=item))
    return builder.finding(summary, advice=advice)


@dataclass(frozen=True, slots=True)
class ScriptedEntry(InspectionEntry):
    """A line of the registry whose class need not be imported."""

    script: Script = field(default_factory=Script)

    def create(self, context: InspectionContext) -> Inspection:
        return Scripted(context, self.info, self.script)


def scripted(script: Script, id: str) -> InspectionEntry:
    return ScriptedEntry(id, f"Look at {id}", "", script=script)


@dataclass
class Console:
    scheduler: InspectionScheduler
    desk: Desk
    records: FindingRecords
    consoles: OpenConsoles
    faults: list[BaseException]
    views: list[FindingsView] = field(default_factory=list)

    def findings_of(self, duty: str) -> DutyFindings:
        duty_findings = self.scheduler.of(self.desk.today(duty).slot)
        assert duty_findings is not None
        return duty_findings

    async def entries(self, *kinds: EntryKind) -> tuple[Entry, ...]:
        return await self.desk.journal.entries(EntryQuery(kinds=frozenset(kinds)))

    async def until(self, reached: Callable[[], object], *, step: float = 1.0) -> None:
        """Let the world go on until `reached()`."""
        try:
            async with asyncio.timeout(60):
                while not reached():
                    await asyncio.sleep(0.005)
                    self.desk.clock.advance(step)
        except TimeoutError:
            raise AssertionError(f"never reached: {self.views[-1:]} {self.faults}") from None


async def began_at(
    path: Path, at: str, *, pid: int | None, host: str = "", kind: EntryKind = EntryKind.STARTED
) -> None:
    """Record that a console began, or ended, at a time (JST)."""
    journal = Journal(path, clock=ManualClock(jst(at)), person=lambda: Person(user="op", host=host))
    await journal.open()
    await journal.append(NewEntry(kind=kind, text="console", data={} if pid is None else {"pid": pid}))
    await journal.close()


@asynccontextmanager
async def console(
    path: Path,
    script: Script,
    monkeypatch: pytest.MonkeyPatch,
    *,
    clock: ManualClock,
    user: str = "alice",
    began: str = "2026-01-14 08:00",
    jitter: float = 0.0,
    pid: int | None = None,
    host: str = "",
    duties: tuple[str, ...] = ("daily-morning", "daily-afternoon", "daily-evening"),
    late_after: Mapping[str, int] | None = None,
    shared: Journal | None = None,
) -> AsyncIterator[Console]:
    """A console whose duties and inspections run; `late_after`: minutes, by duty; `shared`: its journal, not in the file."""
    # Checked with the inspections that there are, not with those of the script.
    whole = load_builtin("facility-prod")
    monkeypatch.setattr(
        registry,
        "INSPECTIONS",
        tuple(scripted(script, id) for id in ("alarms", "dashboard", "error-logs", "backups", "costs", "maintenance", "sign-ins", "slow-queries", "waf-blocks", "scaling", "access-keys")),
    )  # fmt: skip
    by_id = {duty.id: duty for duty in whole.duties}
    book_duties = tuple(
        by_id[id].model_copy(update={"late_after_minutes": (late_after or {}).get(id, 30)}) for id in duties
    )
    book = whole.model_copy(update={"duties": book_duties})
    async with desk(
        path, clock, user=user, host=host, began=began, runbook=book, retry=0.05, shared=shared
    ) as duty_desk:
        faults: list[BaseException] = []
        calendar = Calendar(book)
        records = FindingRecords(duty_desk.journal, AllowList())
        runner = InspectionRunner(
            book,
            calendar,
            Canned(),
            duty_desk.clock,
            UsageMeter(duty_desk.clock),
            region="ap-northeast-1",
            allow_list=lambda: records.allow_list,
            fault=faults.append,
        )
        consoles = OpenConsoles(
            duty_desk.journal, duty_desk.clock, longest=jitter, rng=random.Random(1), pid=pid
        )
        scheduler = InspectionScheduler(
            runner, records, duty_desk.journal, calendar, duty_desk.clock, consoles
        )
        this = Console(scheduler, duty_desk, records, consoles, faults)

        async def follow_duties() -> None:
            view = None
            while True:
                if duty_desk.view is not view:
                    view = duty_desk.view
                    scheduler.schedule(view)
                await asyncio.sleep(0.005)

        async def follow_findings() -> None:
            async for view in scheduler.states():
                this.views.append(view)

        tasks = [asyncio.create_task(follow_duties()), asyncio.create_task(follow_findings())]
        try:
            await duty_desk.until(lambda: this.views)
            yield this
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await scheduler.close()
