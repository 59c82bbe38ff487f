"""One first wave for all consoles, on the embedded AWS; a console that is killed after its claim loses nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest

from services.aws.client.account_proof import AccountProof
from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession, AwsSettings
from services.incidents.capture import MOST_TURNS, IncidentCapture, capturing
from services.incidents.evidence import unpacked
from services.incidents.first_wave.reading import FirstWaveReader
from services.incidents.readings import Weighing
from services.incidents.service import Incidents
from services.journal.journal import Journal
from services.models.alarms import AlarmOverview
from services.models.incidents import TriggerKind
from services.models.journal import EntryKind, EntryQuery, Person
from services.runbook.loader import load_builtin
from tests.services.incidents.waves import ALARM, live

pytestmark = pytest.mark.scenario("alb-5xx", history=5400.0)

SINCE = datetime(2026, 1, 14, 1, 2, tzinfo=UTC)
LEASE = 10.0


class Console:
    """One console on a shared journal, without a screen."""

    def __init__(self, embedded, path, name):
        runbook, clock = load_builtin("facility-prod"), embedded.clock
        settings = AwsSettings(region=runbook.system.region, endpoint_url=embedded.url)
        self.session = AwsSession(settings, clock=clock, meter=UsageMeter(clock))
        self.journal = Journal(
            path, clock=clock, person=lambda: Person(user=name, host=name), syslog=None, poll=0.05, retry=0.05
        )
        self.faults: list[BaseException] = []
        self.incidents = Incidents(self.journal, clock)
        waves = FirstWaveReader(
            runbook, self.session, clock, str(runbook.system.region), AlarmOverview, self.faults.append
        )
        self.capture = IncidentCapture(
            self.incidents, waves.of, clock, self.faults.append, self.session.is_elsewhere
        )
        self.task: asyncio.Task[None] | None = None

    def start(self):
        self.task = asyncio.create_task(self.capture.keep())

    async def stop(self):
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task

    async def entries(self, *kinds):
        return await self.journal.entries(EntryQuery(kinds=frozenset(kinds)))


Open = Callable[[str], Awaitable[Console]]


@pytest.fixture
async def open_console(embedded, tmp_path):
    live(embedded)
    consoles: list[Console] = []

    async def make(name):
        console = Console(embedded, tmp_path / "journal.db", name)
        consoles.append(console)
        await console.journal.open()
        return console

    yield make
    for console in consoles:
        await console.stop()
        await console.journal.close()
        await console.session.close()
        assert console.faults == []


async def open_incident(console):
    incident = await console.incidents.begin(
        ALARM, "ALB 5xx", SINCE, trigger=TriggerKind.ALARM, playbook="alb-5xx"
    )
    assert incident is not None
    return incident


@asynccontextmanager
async def moving(embedded):
    """Let the world's time pass, a second a turn."""

    async def move():
        while True:
            embedded.clock.advance(1.0)
            await asyncio.sleep(0.01)

    task = asyncio.create_task(move())
    yield
    task.cancel()


async def until(condition, seconds=60.0):
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  a condition of the journal, which several consoles write
            await asyncio.sleep(0.02)


async def captured(console):
    return bool(await console.entries(EntryKind.EVIDENCE))


async def test_a_console_that_is_signed_in_elsewhere_leaves_the_evidence_to_others(embedded, open_console):
    console = await open_console("one")
    console.session.proof = AccountProof("210987654321", "ap-northeast-1", embedded.clock)
    console.start()
    incident = await open_incident(console)
    async with moving(embedded):
        await until(lambda: _is_asked(embedded))
        assert not await console.entries(EntryKind.INCIDENT_CAPTURING, EntryKind.EVIDENCE)
        other = await open_console("two")
        other.start()
        await until(lambda: captured(other))
    (entry,) = await other.entries(EntryKind.EVIDENCE)
    assert (entry.subject, entry.person.user) == (incident.id, "two")


async def _is_asked(embedded):
    return embedded.counts().get("sts.GetCallerIdentity", 0) > 0


async def whole(console):
    (entry,) = await console.entries(EntryKind.EVIDENCE)
    full_entry = await console.journal.entry(entry.seq)
    return unpacked(full_entry.data)


async def test_the_evidence_of_an_incident_is_recorded_by_itself(embedded, open_console):
    console = await open_console("one")
    console.start()
    incident = await open_incident(console)
    await until(lambda: captured(console))
    evidence = await whole(console)
    assert evidence.alarm.since == incident.since == SINCE
    assert all(reading.problem is None for reading in evidence.readings)
    claim, entry = await console.entries(EntryKind.INCIDENT_CAPTURING, EntryKind.EVIDENCE)
    assert (claim.claim, claim.subject, entry.subject) == (
        f"first-wave:{incident.id}:1",
        incident.id,
        incident.id,
    )
    now = console.incidents.of(incident.id)
    assert now
    assert (now.evidence, now.capturing_at) == ((entry.seq,), None)


async def test_many_consoles_read_one_wave(embedded, open_console):
    consoles = [await open_console(name) for name in ("one", "two", "three")]
    for console in consoles:
        console.start()
    before = embedded.counts().get("ecs.ListServiceDeployments", 0)
    await open_incident(consoles[0])
    for console in consoles:
        await until(lambda console=console: captured(console))
    await asyncio.sleep(0.3)
    assert embedded.counts()["ecs.ListServiceDeployments"] - before == 1
    assert len(await consoles[0].entries(EntryKind.INCIDENT_CAPTURING)) == 1
    await whole(consoles[0])


async def test_a_console_killed_after_its_claim_is_replaced(embedded, open_console):
    killed, other = await open_console("killed"), await open_console("other")
    incident = await open_incident(killed)
    await killed.journal.append(capturing(incident, 1))
    other.start()
    await until(lambda: is_waiting(embedded))
    embedded.clock.advance(LEASE - 1)
    await asyncio.sleep(0.3)
    assert not await captured(other)
    async with moving(embedded):
        await until(lambda: captured(other))
    claims = await other.entries(EntryKind.INCIDENT_CAPTURING)
    assert [claim.claim.rpartition(":")[2] for claim in claims] == ["1", "2"]
    (entry,) = await other.entries(EntryKind.EVIDENCE)
    assert entry.person.user == "other"


async def is_waiting(embedded):
    return embedded.clock.sleepers > 0


@pytest.mark.slow
async def test_a_console_cancelled_while_it_reads_is_replaced(embedded, open_console):
    embedded.fault("ecs", "DescribeServices", mode="hang", times=1)
    killed, other = await open_console("killed"), await open_console("other")
    await open_incident(killed)
    killed.start()

    async def claimed():
        return bool(await other.entries(EntryKind.INCIDENT_CAPTURING))

    await until(claimed)
    await killed.stop()
    other.start()
    async with moving(embedded):
        await until(lambda: captured(other))
    (entry,) = await other.entries(EntryKind.EVIDENCE)
    assert entry.person.user == "other"


async def test_evidence_that_never_comes_is_not_claimed_for_ever(embedded, open_console):
    console = await open_console("one")
    incident = await open_incident(console)
    for turn in range(1, MOST_TURNS + 1):
        await console.journal.append(capturing(incident, turn))
    before = embedded.counts()
    console.start()
    async with moving(embedded):
        await asyncio.sleep(0.5)
    assert embedded.counts() == before
    assert len(await console.entries(EntryKind.INCIDENT_CAPTURING)) == MOST_TURNS


async def test_evidence_that_comes_late_says_so(embedded, open_console):
    # All consoles were closed for an hour; what AWS forgets is gone.
    embedded.advance(65 * 60)
    console = await open_console("one")
    console.start()
    await open_incident(console)
    await until(lambda: captured(console))
    (entry,) = await console.entries(EntryKind.EVIDENCE)
    late = embedded.clock.now() - SINCE
    assert f"{int(late.total_seconds() // 60)} minutes after the alarm" in entry.text


async def test_an_incident_from_a_finding_has_answers_in_place_of_causes(embedded, open_console):
    console = await open_console("one")
    console.start()
    incident = await console.incidents.begin("cloudtrail", "CloudTrail", SINCE, trigger=TriggerKind.FINDING)
    assert incident is not None
    await until(lambda: captured(console))
    evidence = await whole(console)
    assert len(evidence.answers) >= 3
    assert evidence.requests <= 18
    assert Weighing(load_builtin("facility-prod")).of(incident, evidence) is None
