"""An incident on two hosts whose clocks are three minutes apart: opened once, one first wave, the same time limits."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from services.incidents.capture import IncidentCapture
from services.incidents.clocks import clocks
from services.models.first_wave import AlarmMoment, IncidentEvidence
from services.models.incidents import ClockKind, ClockState, TurnKind
from services.models.journal import EntryKind, EntryQuery
from tests.services.incidents.incident_desk import ALARM, FIRED, NOW, RUNBOOK, alarm, desk
from tests.services.journal.hosts import two_hosts
from tests.tools.memory_ledger import MemoryLedger

PLAYBOOK = next(book for book in RUNBOOK.playbooks if book.wait_minutes and book.escalate_to)


class Scene:
    def __init__(self, ledger, hosts, one, two):
        self.ledger, self.hosts, self.one, self.two = ledger, hosts, one, two

    async def load(self):
        for console in (self.one, self.two):
            await console.journal.catch_up()
            await console.incidents.load()

    async def count(self, kind):
        await self.load()
        return len(await self.two.journal.entries(EntryQuery(kinds=frozenset({kind}))))


@pytest.fixture
async def scene(tmp_path):
    ledger = MemoryLedger()
    hosts = two_hosts(ledger, tmp_path, NOW)
    journals = [host.journal() for host in hosts]
    for journal in journals:
        await journal.open()
    async with (
        desk(hosts[0].copy, clock=hosts[0].clock, shared=journals[0]) as one,
        desk(hosts[1].copy, clock=hosts[1].clock, shared=journals[1]) as two,
    ):
        yield Scene(ledger, hosts, one, two)


def of(console):
    return next(each for each in console.incidents.incidents if each.target == ALARM)


async def test_both_open_it_and_it_is_one(scene):
    await asyncio.gather(scene.one.see(alarm()), scene.two.see(alarm()))
    assert await scene.count(EntryKind.INCIDENT_OPENED) == 1
    assert scene.one.incidents.incidents == scene.two.incidents.incidents


async def test_the_time_limits_end_at_the_same_moment_on_both(scene):
    await scene.one.see(alarm())
    await scene.load()
    await scene.two.incidents.take(of(scene.two))
    await scene.load()
    assert of(scene.one).holder == "bob"

    def ends(now):
        return [
            [
                (each.kind, each.starts, each.due)
                for each in clocks(of(console), PLAYBOOK, console.clock.now() + now)
            ]
            for console in (scene.one, scene.two)
        ]

    for now in (timedelta(), timedelta(hours=1)):
        one, two = ends(now)
        assert one == two
    assert {each.starts for each in clocks(of(scene.one), PLAYBOOK, NOW)} == {FIRED}
    role = next(iter(PLAYBOOK.versions("escalate_to")))
    await scene.one.incidents.contacted(of(scene.one), str(role), "phone")
    await scene.load()
    for console in (scene.one, scene.two):
        (clock,) = [each for each in clocks(of(console), PLAYBOOK, NOW) if each.kind is ClockKind.ESCALATION]
        assert clock.state is ClockState.MET


async def test_recovery_is_judged_once(scene):
    await scene.one.see(alarm())
    await scene.load()
    await asyncio.gather(
        *(
            console.incidents.turn(of(console), TurnKind.RECOVERED, console.clock.now())
            for console in (scene.one, scene.two)
        )
    )
    assert await scene.count(EntryKind.INCIDENT_TURNED) == 1
    assert of(scene.one).recovered_at == of(scene.two).recovered_at is not None


async def test_the_first_wave_is_recorded_once_though_its_reader_is_cut_off_meanwhile(scene):
    reads: list[str] = []

    @asynccontextmanager
    async def capturing(console, name):
        async def read(incident):
            reads.append(name)
            if name == "one":
                scene.hosts[0].line.is_cut = True
            moment = AlarmMoment(id=incident.target, name=ALARM, since=incident.since)
            now = console.clock.now()
            return IncidentEvidence(alarm=moment, began=now, ended=now, readings=())

        faults: list[BaseException] = []
        capture = IncidentCapture(console.incidents, read, console.clock, faults.append)
        task = asyncio.create_task(capture.keep())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert not faults

    async def until(reached):
        async with asyncio.timeout(60):
            while not reached():
                await asyncio.sleep(0.005)
                for host in scene.hosts:
                    host.clock.advance(0.5)

    await scene.one.see(alarm())
    await scene.load()
    async with capturing(scene.one, "one"):
        await until(lambda: reads)
        async with capturing(scene.two, "two"):
            await until(lambda: of(scene.two).evidence)
            assert reads == ["one", "two"]
            # It offers what it read again before it reads what happened meanwhile.
            scene.hosts[0].line.is_cut = False
            await until(lambda: of(scene.one).evidence)
            for _second in range(30):
                await until(lambda: True)
                for host in scene.hosts:
                    host.clock.advance(1)
                await scene.load()
    assert await scene.count(EntryKind.EVIDENCE) == 1
    assert len(of(scene.one).evidence) == 1
