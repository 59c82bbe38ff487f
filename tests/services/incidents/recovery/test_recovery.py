"""Recovery is judged by what the system does: not while it is bad, not while the alarm fires, and once for all consoles."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from services.aws.cloudwatch.alarms.reader import Alarms
from services.incidents.facts import Facts
from services.incidents.first_wave.parts import moment_of
from services.incidents.live import EVERY, LiveEvidence
from services.incidents.recovery.checks import has_recovered, recovery_checks
from services.incidents.service import Incidents
from services.incidents.wiring import OTHERS, IncidentWatch, RecoveryWatch
from services.journal.journal import Journal
from services.models.alarms import AlarmState
from services.models.feeds import FeedState
from services.models.incidents import TurnKind
from services.models.journal import Person
from tests.services.incidents.incident_desk import FIRED, RUNBOOK, alarm, desk
from tests.services.incidents.waves import ALARM, wave
from tests.services.inspections.running_world import context

LONG = 40 * 60


async def overview(console):
    return await Alarms(console.reader, RUNBOOK, clock=console.clock).overview()


async def alarm_now(console):
    return next(alarm for alarm in (await overview(console)).alarms if alarm.name == ALARM)


@pytest.mark.scenario("alb-5xx", history=3 * 3600)
async def test_a_bad_system_has_not_recovered_and_a_good_one_has(embedded):
    async with context(embedded) as console:
        for _minute in range(6):
            embedded.advance(60)
        fired = moment_of(await alarm_now(console), console.clock.now())
        during = Facts(await wave(console, fired), RUNBOOK)
        assert not has_recovered(during)
        assert any(check.is_met is False for check in recovery_checks(during))
        for _minute in range(20):
            embedded.advance(60)
        after = Facts(await wave(console, fired), RUNBOOK)
        assert [check.is_met for check in recovery_checks(after)] == [True, True, True]


@pytest.mark.scenario("alb-5xx", history=3 * 3600)
async def test_what_cannot_be_read_is_not_recovered(embedded):
    async with context(embedded) as console:
        for _minute in range(26):
            embedded.advance(60)
        fired = moment_of(await alarm_now(console), console.clock.now())
        for service, operation in (
            ("ecs", "DescribeServices"),
            ("elbv2", "DescribeTargetHealth"),
            ("cloudwatch", "GetMetricData"),
        ):
            embedded.clear_faults()
            embedded.fault(service, operation, preset="denied")
            facts = Facts(await wave(console, fired), RUNBOOK)
            assert not has_recovered(facts)
            assert any(check.is_met is None for check in recovery_checks(facts))


@asynccontextmanager
async def response(path, console):
    person = Person(user="tanaka", host="bastion")
    journal = Journal(path, clock=console.clock, person=lambda: person, poll=0.02, syslog=None)
    await journal.open()
    incidents = Incidents(journal, console.clock)

    async def read(incident):
        alarm = await alarm_now(console)
        return await wave(
            console, moment_of(alarm, console.clock.now()).model_copy(update={"since": incident.firing_since})
        )

    live = LiveEvidence(read, console.clock)
    watch = RecoveryWatch(incidents, live, RUNBOOK, console.clock, lambda: person)
    try:
        yield incidents, watch, IncidentWatch(incidents, RUNBOOK, console.clock)
    finally:
        await journal.close()


@pytest.mark.scenario("alb-5xx", history=3 * 3600)
async def test_the_recovery_is_recorded_once_the_alarm_is_ok(embedded, tmp_path):
    async with (
        context(embedded) as console,
        response(tmp_path / "journal.db", console) as (incidents, watch, opener),
    ):

        async def see():
            opener.observe(FeedState(await overview(console), console.clock.now()))
            await opener.compare()
            return (await alarm_now(console)).state

        while await see() is not AlarmState.ALARM:
            embedded.advance(60)
        (incident,) = [each for each in incidents.incidents if each.target == ALARM]
        incident = await incidents.take(incident)
        assert tuple(watch.watched()) == (), "while it fires nothing has recovered"
        while await see() is AlarmState.ALARM:
            embedded.advance(60)
        for _minute in range(15):
            if any(turn.kind is TurnKind.RECOVERED for turn in incidents.of(incident.id).turns):
                break
            for open_incident in watch.watched():
                await watch.judge(open_incident)
            embedded.advance(EVERY)
        incident_after = incidents.of(incident.id)
        assert incident_after.recovered_at is not None
        assert [turn.kind for turn in incident_after.turns] == [TurnKind.OK, TurnKind.RECOVERED]
        assert tuple(watch.watched()) == ()


@asynccontextmanager
async def quiet(path):
    async with desk(path) as console:
        await console.see(alarm())
        await console.incidents.take(console.incidents.incidents[0])
        await console.see(alarm(AlarmState.OK, FIRED + timedelta(minutes=2)))
        yield console, console.incidents.incidents[0]


async def never(_incident):
    raise AssertionError


async def test_another_console_judges_when_the_one_whose_turn_it_is_is_closed(tmp_path):
    async with quiet(tmp_path / "journal.db") as (console, incident):
        people = {name: Person(user=name, host="bastion") for name in ("tanaka", "suzuki")}
        live = LiveEvidence(never, console.clock)
        holder, other = (
            RecoveryWatch(console.incidents, live, RUNBOOK, console.clock, lambda person=person: person)
            for person in people.values()
        )
        assert [each.id for each in holder.watched()] == [incident.id]
        assert tuple(other.watched()) == ()
        # The wall clock may be set meanwhile.
        console.clock.step(-3600)
        console.clock.advance(OTHERS)
        assert [each.id for each in other.watched()] == [incident.id]
        # It counts anew for the next quiet after the alarm has fired again.
        await console.see(alarm(since=FIRED + timedelta(minutes=9)))
        assert tuple(other.watched()) == ()
        await console.see(alarm(AlarmState.OK, FIRED + timedelta(minutes=10)))
        assert tuple(other.watched()) == ()
