import asyncio
from datetime import timedelta

import pytest

from services.incidents.clocks import clocks, overdue
from services.incidents.course import incident_of
from services.journal.errors import AlreadyRecorded
from services.models.alarms import AlarmState
from services.models.incidents import ClockKind, ClockState, IncidentState, StepMark, TurnKind
from services.models.journal import RESTRAINS_CHANGES, EntryKind
from tests.services.incidents.incident_desk import ALARM, FIRED, NOW, RUNBOOK, alarm, desk

PLAYBOOK = RUNBOOK.playbook_for(ALARM)
MINUTE = timedelta(minutes=1)


async def test_an_expected_alarm_that_fires_opens_one_incident(tmp_path):
    async with desk(tmp_path / "journal.db") as console:
        await console.see(alarm(), alarm(name="AlarmHigh", expected=False))
        await console.see(alarm())
        (incident,) = console.incidents.incidents
        assert (incident.target, incident.state, incident.since) == (ALARM, IncidentState.OPEN, FIRED)
        assert incident.title == "ALB 5xx error rate"
        assert incident.playbook == "alb-5xx"
        (entry,) = (await console.journal.page()).entries
        assert entry.data[RESTRAINS_CHANGES] is False


async def test_consoles_that_see_it_at_once_open_one(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as other:
        await asyncio.gather(one.see(alarm()), other.see(alarm()))
        entries = await one.journal.entries()
        assert [entry.kind for entry in entries] == [EntryKind.INCIDENT_OPENED]
        await one.incidents.load()
        await other.incidents.load()
        assert one.incidents.incidents == other.incidents.incidents


async def test_a_flapping_alarm_opens_no_second_one_and_its_turns_are_kept_once(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as other:
        for number in range(5):
            moment = FIRED + number * MINUTE
            state = AlarmState.OK if number % 2 else AlarmState.ALARM
            await asyncio.gather(one.see(alarm(state, moment)), other.see(alarm(state, moment)))
        await one.incidents.load()
        (incident,) = one.incidents.incidents
        kinds = [turn.kind for turn in incident.turns]
        assert kinds == [TurnKind.OK, TurnKind.ALARM, TurnKind.OK, TurnKind.ALARM]
        assert incident.firing_since == FIRED + 4 * MINUTE


async def test_the_next_firing_after_its_end_opens_another(tmp_path):
    async with desk(tmp_path / "journal.db") as console:
        for number in range(3):
            moment = FIRED + number * 10 * MINUTE
            await console.see(alarm(since=moment))
            incident = console.incidents.open_for(ALARM)
            assert incident is not None
            await console.incidents.close(incident, "artefact", "few requests")
            # The same transition, seen again, opens nothing.
            await console.see(alarm(since=moment))
            assert console.incidents.open_for(ALARM) is None
        assert len(console.incidents.incidents) == 3


async def test_an_old_incident_that_is_no_longer_read_does_not_keep_a_new_one_from_opening(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as console:
        await console.see(alarm())
        incident = console.incidents.open_for(ALARM)
        assert incident is not None
        await console.incidents.close(incident, "artefact", "few requests")
    async with desk(path) as later:
        later.clock.advance(500 * 86_400)
        await later.see(alarm(since=later.clock.now()))
        assert later.incidents.open_for(ALARM) is not None


async def test_the_course_of_a_response(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as other:
        await one.see(alarm())
        (incident,) = one.incidents.incidents
        incident = await one.incidents.take(incident)
        assert (incident.holder, incident.state, incident.taken_at) == ("tanaka", IncidentState.TAKEN, NOW)
        incident = await one.incidents.mark(incident, 0, StepMark.DONE, "Read the log")
        incident = await one.incidents.mark(incident, 0, StepMark.TODO, "Read the log")
        incident = await one.incidents.mark(incident, 1, StepMark.SKIPPED, "Check the tasks", "not needed")
        assert [(step.index, step.mark) for step in incident.steps] == [
            (0, StepMark.TODO),
            (1, StepMark.SKIPPED),
        ]
        incident = await one.incidents.decide(incident, "database-saturated", "The database is saturated")
        assert incident.decision.by == "tanaka"
        incident = await one.incidents.contacted(incident, "開発チーム", "phone", "田中さん")
        incident = await one.incidents.hand_over(incident, "suzuki", "夜間をお願いします")
        assert incident.hand_over is not None
        await other.incidents.load()
        (theirs,) = other.incidents.incidents
        theirs = await other.incidents.accept(theirs)
        assert (theirs.holder, theirs.hand_over) == ("suzuki", None)
        due = NOW + timedelta(days=7)
        incident_after = await other.incidents.close(
            theirs, "database-saturated", "The database is saturated", "接続数が上限", [("Add an index", due)]
        )
        assert (incident_after.state, incident_after.closed_by, incident_after.cause) == (
            IncidentState.CLOSED, "suzuki", "The database is saturated",
        )  # fmt: skip
        (follow_up,) = other.incidents.follow_ups
        assert (follow_up.text, follow_up.due) == ("Add an index", due)
        with pytest.raises(AlreadyRecorded):
            await one.incidents.close(incident, "x", "x")
    async with desk(path) as again:
        await again.incidents.load()
        assert again.incidents.incidents == (await _rebuilt(path))


async def _rebuilt(path):
    async with desk(path) as console:
        await console.incidents.load()
        return console.incidents.incidents


async def test_two_accept_a_hand_over_and_one_gets_it(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as two, desk(path, "sato") as three:
        await one.see(alarm())
        await one.incidents.hand_over(one.incidents.incidents[0], "")
        for console in (two, three):
            await console.incidents.load()
        results = await asyncio.gather(
            *(console.incidents.accept(console.incidents.incidents[0]) for console in (two, three)),
            return_exceptions=True,
        )
        assert sorted(isinstance(result, AlreadyRecorded) for result in results) == [False, True]


async def test_a_joined_incident_is_closed_with_the_other(tmp_path):
    async with desk(tmp_path / "journal.db") as console:
        await console.see(alarm(), alarm(name="alb-latency-high"))
        first, second = console.incidents.incidents
        await console.incidents.join(second, first)
        whole = console.incidents.of(first.id)
        assert whole is not None
        assert next(each for each in console.incidents.incidents if each.id == first.id).joined == (
            second.id,
        )
        await console.incidents.close(whole, "database-saturated", "The database is saturated")
        assert [incident.is_open for incident in console.incidents.incidents] == [False, False]


@pytest.mark.parametrize("late", [0, 3, 9, 45])
async def test_clocks_are_right_whenever_the_incident_is_opened(tmp_path, late):
    # They count from the alarm's own transition: a console that opens late shows the same time as one that did not.
    async with desk(tmp_path / "journal.db") as console:
        console.clock.advance(late * 60)
        await console.see(alarm())
        (incident,) = console.incidents.incidents
        recovery, escalation = clocks(incident, PLAYBOOK, console.clock.now())
        assert (recovery.kind, recovery.due) == (ClockKind.RECOVERY, FIRED + 5 * MINUTE)
        assert (escalation.kind, escalation.due) == (ClockKind.ESCALATION, FIRED + 10 * MINUTE)
        assert (recovery.state is ClockState.OVERDUE) == (late >= 3)
        assert (escalation.state is ClockState.OVERDUE) == (late >= 9)


async def test_clocks_while_it_flaps_and_after_it_has_recovered(tmp_path):
    async with desk(tmp_path / "journal.db") as console:
        await console.see(alarm())
        await console.see(alarm(AlarmState.OK, FIRED + 3 * MINUTE))
        await console.see(alarm(AlarmState.ALARM, FIRED + 4 * MINUTE))
        (incident,) = console.incidents.incidents
        # A short return gives no new minutes.
        assert clocks(incident, PLAYBOOK, NOW)[0].due == FIRED + 5 * MINUTE
        await console.incidents.turn(incident, TurnKind.RECOVERED, FIRED + 8 * MINUTE)
        (incident,) = console.incidents.incidents
        assert {clock.state for clock in clocks(incident, PLAYBOOK, NOW + 30 * MINUTE)} == {ClockState.MET}
        await console.see(alarm(AlarmState.ALARM, FIRED + 20 * MINUTE))
        (incident,) = console.incidents.incidents
        assert incident.recovered_at is None
        recovery, escalation = clocks(incident, PLAYBOOK, FIRED + 31 * MINUTE)
        assert recovery.due == FIRED + 25 * MINUTE
        assert overdue((recovery, escalation)) == (recovery, escalation)
        console.clock.advance(40 * 60)
        incident = await console.incidents.contacted(incident, "開発チーム", "phone")
        assert clocks(incident, PLAYBOOK, console.clock.now())[1].state is ClockState.MET


@pytest.mark.parametrize(
    "data", ['{"index": "x"}', '{"mark": "done"}', "[]", '{"index": 1e9, "mark": "done"}']
)
async def test_an_entry_that_cannot_be_read_changes_nothing(tmp_path, data):
    async with desk(tmp_path / "journal.db") as console:
        await console.see(alarm())
        (incident,) = console.incidents.incidents
        await console.incidents.mark(incident, 0, StepMark.DONE, "x")
        opening, step = await console.journal.entries()
        broken = step.model_copy(update={"body": data})
        assert incident_of([opening, broken]) == incident_of([opening])
        assert incident_of([broken]) is None
