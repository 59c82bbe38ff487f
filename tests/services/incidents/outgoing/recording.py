"""What a console records of a history, through the services that the screens use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from services.changes.approval import entries as approval_entries
from services.clock import ManualClock
from services.incidents import findings, outages
from services.incidents.announcements import Announcements
from services.incidents.capture import captured
from services.incidents.evidence import unpacked
from services.incidents.live import LiveEvidence
from services.incidents.readings import Readings
from services.incidents.service import Incidents
from services.incidents.wiring import IncidentWatch
from services.journal.journal import Journal
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.base import RawId
from services.models.changes import ChangeTarget, Plan, Row
from services.models.ecs import ContainerService
from services.models.feeds import FeedState
from services.models.findings import Finding
from services.models.findings import Measure as Measured
from services.models.first_wave import (
    AlarmMoment,
    AskedQuestion,
    IncidentEvidence,
    LogEntry,
    LogSample,
    Measure,
    Source,
    SourceReading,
    Sure,
    TargetHealth,
)  # fmt: skip
from services.models.incidents import FollowUp, Incident, StepMark, TurnKind
from services.models.journal import EntryKind, NewEntry, Person
from services.models.metrics import Series, TimeSpan
from services.models.outages import Outage, OutageKind
from services.models.runbook import Runbook
from services.models.step_records import playbook_of
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.changes.test_runs import plan
from tests.services.incidents.outgoing.states import LEVELS, MINUTE, PM, Act, Begin, History, read_after

BUILTIN = load_builtin("facility-prod")
METRICS = {
    "ecs-cpu-high": (Measure.ECS_CPU, "AWS/ECS", "CPUUtilization"),
    "ecs-memory-high": (Measure.ECS_MEMORY, "AWS/ECS", "MemoryUtilization"),
    "rds-cpu-high": (Measure.DB_CPU, "AWS/RDS", "CPUUtilization"),
    "rds-connections-high": (Measure.DB_CONNECTIONS, "AWS/RDS", "DatabaseConnections"),
    "alb-latency-high": (Measure.LATENCY, "AWS/ApplicationELB", "TargetResponseTime"),
    "rds-storage-low": (Measure.DB_FREE, "AWS/RDS", "FreeStorageSpace"),
}
STATES = {"ok": AlarmState.OK, "alarm": AlarmState.ALARM, "insufficient": AlarmState.INSUFFICIENT}
OWN_STEPS = ("Check the addresses", "Report it as a security incident")


@dataclass(frozen=True)
class Text:
    surface: str
    at: datetime  # The moment that it speaks of
    text: str


@dataclass
class Recorded:
    """A history in a journal, and what the console without a screen announced."""

    history: History
    path: Path
    runbook: Runbook
    incident: Incident | None = None
    incidents: tuple[Incident, ...] = ()
    captured: IncidentEvidence | None = None
    announcements: list[Text] = field(default_factory=list)
    follow_ups: tuple[FollowUp, ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        book = playbook_of(self.incident, self.runbook.playbooks) if self.incident else None
        return tuple(str(step.text) for step in book.steps) if book else ()


def evidence_of(history: History, at: datetime) -> IncidentEvidence:
    """What AWS answers at a moment: the whole minutes of three hours."""
    last = at.replace(second=0, microsecond=0)
    first = min(history.since.replace(second=0, microsecond=0), last) - 180 * MINUTE
    minutes = [first + number * MINUTE for number in range(int((last - first) / MINUTE))]

    def curve(measure: Measure, values: Mapping[datetime, float]) -> Series:
        times = tuple(int(minute.timestamp()) for minute in values)
        return Series(
            id=measure, label=measure, times=times, values=tuple(map(float, values.values())), period=60
        )

    series = [curve(Measure.REQUESTS, {each: history.requests(each) for each in minutes})]
    errors = {each: count for each in minutes if (count := history.errors(each))}
    series.append(curve(Measure.TARGET_5XX, errors))
    own = METRICS.get(history.target)
    if own:
        series.append(curve(own[0], {each: history.value(each) for each in minutes}))
    if history.slots and history.counts_errors:
        series.append(curve(Measure.DB_CONNECTIONS, {each: history.value(each) for each in minutes}))
    is_bad = history.counts_errors and bool(minutes) and history.bad(minutes[-1])
    lines = [
        LogEntry(
            at=each,
            stream="s",
            text="FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute",
        )
        for each in minutes
        if history.slots and history.counts_errors and history.bad(each)
    ]
    answers = (
        AskedQuestion(
            title="Since when does it grow?", answer="see the chart", read="x", at=at, sure=Sure.CERTAIN
        ),
    )
    return IncidentEvidence(
        alarm=AlarmMoment(
            id=RawId(history.target), name=history.target, since=history.fired(at),
            namespace=RawId(own[1] if own else ""), metric=RawId(own[2] if own else ""),
            threshold=LEVELS[history.target][2] if history.target in LEVELS else 5.0,
        ),
        began=at, ended=at,
        readings=tuple(SourceReading(source=source, requests=1) for source in Source),
        service=ContainerService(id=RawId("s"), name="s", cluster="c", desired=2, running=2),
        targets=tuple(
            TargetHealth(id=RawId(id), name=id, state=state)
            for id, state in (("a", "healthy"), ("b", "unhealthy" if is_bad and history.unhealthy else "healthy"))
        ),
        series=tuple(series),
        database_lines=LogSample(
            group=RawId("/aws/rds/instance/facility-prod-db/postgresql"), pattern="?FATAL", span=TimeSpan(start=first, end=last),
            lines=tuple(lines),
        ),
        answers=answers if history.begin is Begin.ATTACK else (),
    )  # fmt: skip


def storage_plan(history: History) -> Plan:
    """The plan of the runbook's step: 100 to 200 GiB, ¥4,140 to ¥8,280 a month."""
    row, first = Row(name="Storage", before="100 GiB", after="200 GiB"), plan().steps[0]
    return plan().model_copy(
        update={
            "kind": "rds-storage", "title": "Extend the storage", "cost": "¥4,140 → ¥8,280", "approval": PM,
            "target": ChangeTarget(id=RawId("facility-prod-db"), title="facility-prod-db"),
            "steps": (first.model_copy(update={"rows": (row,)}),), "made_at": history.since,
        }
    )  # fmt: skip


class Console:
    """Records a history in the order in which it happened, through the services that the screens use."""

    def __init__(self, history: History, path: Path) -> None:
        self.history, self.clock = history, ManualClock(history.since - MINUTE)
        approved = "市長" if history.approved else ""
        self.runbook = BUILTIN.model_copy(update={"duties": (), "approved_by": approved})
        self.person = "tanaka"
        self.journal = Journal(
            path,
            clock=self.clock,
            person=lambda: Person(user=self.person, host="bastion"),
            poll=9.0,
            syslog=None,
        )
        self.incidents = Incidents(self.journal, self.clock)
        self.watch = IncidentWatch(self.incidents, self.runbook, self.clock)
        self.live = LiveEvidence(self._read, self.clock)
        self.readings = Readings(self.incidents, self.live, self.runbook)
        self.announcements = Announcements(self.incidents, self.runbook)
        self.world = Recorded(history, path, self.runbook)
        self.id = self.other = ""

    async def _read(self, _incident: Incident) -> IncidentEvidence:
        return evidence_of(self.history, self.clock.now())

    def incident(self, id: str = "") -> Incident:
        incident = self.incidents.of(id or self.id)
        assert incident is not None
        return incident

    async def run(self) -> Recorded:
        await self.journal.open()
        try:
            await self.journal.append(NewEntry(kind=EntryKind.STARTED, text="begin"))
            for act in self.history.acts:
                self._advance(act.at + read_after(act.kind))
                self.person = act.who or "tanaka"
                if self.id or act.kind in ("begin", "take"):
                    await getattr(self, f"_{act.kind}", self._turned)(act)
                await self._announce()
            self._advance(self.history.now)
            await self.incidents.load()
            self.world.incidents = self.incidents.incidents
            self.world.follow_ups = self.incidents.follow_ups
            self.world.incident = self.incidents.of(self.id)
            self.world.captured = await self._newest()
            return self.world
        finally:
            await self.journal.close()

    async def _newest(self) -> IncidentEvidence | None:
        incident = self.world.incident
        entry = await self.journal.entry(incident.evidence[-1]) if incident and incident.evidence else None
        return unpacked(entry.data) if entry is not None else None

    def _advance(self, to: datetime) -> None:
        self.clock.advance(max(0.0, (to - self.clock.now()).total_seconds()))

    async def _announce(self) -> None:
        now = self.clock.now()
        lines = await self.announcements.of_incidents(self.incidents.incidents)
        self.world.announcements += [Text("announcement", now, line) for line in lines]

    async def _see(self, state: AlarmState, since: datetime, *, other: bool = False) -> None:
        h = self.history
        name = h.other if other else h.target
        alarm = Alarm(id=RawId(name), name=name, state=state, since=since, expected=True)
        overview = FeedState(AlarmOverview(alarms=(alarm,)), self.clock.now())
        now = self.clock.now()
        self.world.announcements += [
            Text("announcement", now, line) for line in self.announcements.of_alarms(overview)
        ]
        self.watch.observe(overview)
        assert await self.watch.compare()

    async def _begin(self, act: Act) -> None:
        h = self.history
        if h.begin is Begin.ALARM:
            await self._see(AlarmState.ALARM, h.since)
        elif h.begin is not Begin.OUTAGE:
            finding = Finding(
                inspection=h.target, title=f"点検 {h.target}", verdict=Verdict.ABNORMAL, summary="1 件が基準の外です。",
                measures=(Measured(title="件数", shown="6 件", allowed="7 件", verdict=Verdict.ABNORMAL),),
                read_at=h.since, advice=OWN_STEPS,
            )  # fmt: skip
            await findings.begin(self.incidents, self.runbook, finding)
        opened = self.incidents.open_for(h.target)
        self.id = opened.id if opened else ""

    async def _capture(self, _act: Act) -> None:
        evidence = evidence_of(self.history, self.clock.now())
        self.incidents.absorb([await self.journal.append(captured(self.incident(), 1, evidence))])

    async def _look(self, _act: Act) -> None:
        await self.live.read(self.incident(), at_once=True)
        await self.readings.note(self.incident())

    async def _turned(self, act: Act) -> None:
        h = self.history
        if h.begin is Begin.OUTAGE:
            kind = {"ok": TurnKind.OK, "alarm": TurnKind.ALARM, "insufficient": None}[act.kind]
            if kind:
                await self.incidents.turn(self.incident(), kind, act.at)
        else:
            await self._see(STATES[act.kind], act.at)

    async def _recovered(self, act: Act) -> None:
        await self.incidents.turn(self.incident(), TurnKind.RECOVERED, act.at)

    async def _take(self, act: Act) -> None:
        h = self.history
        if h.begin is Begin.OUTAGE:
            outage = Outage(
                kind=OutageKind.TRAFFIC, title="Requests −96 %", measured="4 a minute (usual: 104)", since=h.since,
                seen_at=self.clock.now(),
            )  # fmt: skip
            opened = await outages.accept(self.incidents, self.runbook, outage)
            self.id = opened.id
        else:
            await self.incidents.take(self.incident())

    async def _mark(self, act: Act, mark: StepMark = StepMark.DONE) -> None:
        await self.incidents.mark(self.incident(), act.index, mark, f"step {act.index + 1}")

    async def _skip(self, act: Act) -> None:
        await self._mark(act, StepMark.SKIPPED)

    async def _decide(self, act: Act) -> None:
        await self.incidents.decide(self.incident(), act.text, act.text)

    async def _tell(self, act: Act) -> None:
        await self.incidents.contacted(self.incident(), act.text, "電話")

    async def _note(self, act: Act) -> None:
        await self.incidents.note(self.incident(), act.text)

    async def _offer(self, act: Act) -> None:
        await self.incidents.hand_over(self.incident(), act.text)

    async def _accept(self, _act: Act) -> None:
        await self.incidents.accept(self.incident())

    async def _ask(self, _act: Act) -> None:
        await self.journal.append(approval_entries.asked(storage_plan(self.history), ""))

    async def _part(self, act: Act, *, into: bool = False) -> None:
        await self._see(AlarmState.ALARM, act.at - MINUTE, other=True)
        other = self.incidents.open_for(self.history.other)
        assert other is not None
        pair = (self.incident(), other) if into else (other, self.incident())
        await self.incidents.join(*pair)

    async def _into(self, act: Act) -> None:
        await self._part(act, into=True)

    async def _close(self, act: Act) -> None:
        # As the closing dialog does.
        await self.readings.note(self.incident(), is_last=True)
        later = (
            [("見直し", (act.at + timedelta(days=7)).replace(hour=8, minute=0, second=0))]
            if act.index
            else []
        )
        await self.incidents.close(self.incident(), act.text, act.text, "まとめ", later)
