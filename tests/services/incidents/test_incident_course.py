"""What becomes of an incident when entries contradict each other: late, twice, from several people, edited by hand."""

import json
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.clocks import clocks, overdue
from services.incidents.course import KINDS, incident_of, incidents_in
from services.incidents.entries import closed, joined
from services.incidents.joining import may_be_one
from services.incidents.timeline import timeline
from services.journal.errors import AlreadyRecorded
from services.models.alarms import AlarmState
from services.models.incidents import ClockState, IncidentState, StepMark, TurnKind
from services.models.journal import Entry, EntryKind, Person
from tests.services.incidents.incident_desk import ALARM, FIRED, NOW, RUNBOOK, alarm, desk

PLAYBOOK = RUNBOOK.playbook_for(ALARM)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def only(incidents):
    (incident,) = incidents.incidents
    return incident


# ---- over is over


async def test_whoever_takes_it_while_another_closes_it_does_not_open_it_again(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as two:
        await one.see(alarm())
        await two.incidents.load()
        late = only(two.incidents)
        await one.incidents.close(only(one.incidents), "artefact", "few requests")
        for record in (
            two.incidents.take(late),
            two.incidents.hand_over(late, "sato"),
            two.incidents.mark(late, 0, StepMark.DONE, "Read the log"),
            two.incidents.decide(late, "tasks-crash", "tasks crash"),
        ):
            with pytest.raises(AlreadyRecorded) as refusal:
                await record
            assert refusal.value.entry.kind is EntryKind.INCIDENT_CLOSED
        # Whoever was told was told.
        await two.incidents.contacted(late, "PM", "phone")
        await two.incidents.load()
        incident = only(two.incidents)
        assert (incident.state, incident.closed_by, incident.hand_over) == (
            IncidentState.CLOSED,
            "tanaka",
            None,
        )


async def test_a_closed_incident_stays_closed_while_its_alarm_still_fires_after_a_flap(tmp_path):
    async with desk(tmp_path / "journal.db") as console:
        await console.see(alarm())
        await console.see(alarm(AlarmState.OK, FIRED + MINUTE))
        again = alarm(AlarmState.ALARM, FIRED + 2 * MINUTE)
        await console.see(again)
        await console.incidents.close(only(console.incidents), "artefact", "few requests")
        await console.see(again)
        assert not only(console.incidents).is_open
        await console.see(alarm(since=FIRED + 9 * MINUTE))
        assert console.incidents.open_for(ALARM) is not None


# ---- turns


async def test_an_old_reading_of_a_console_that_was_stopped_is_no_turn(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as two:
        await one.see(alarm())
        await one.see(alarm(AlarmState.OK, FIRED + 3 * MINUTE))
        await two.see(alarm())
        assert [turn.kind for turn in only(two.incidents).turns] == [TurnKind.OK]
        assert not only(two.incidents).is_firing


async def test_an_alarm_that_is_deleted_is_said_once_by_all_consoles_and_may_return(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as two:
        missing_alarm = alarm(AlarmState.MISSING).model_copy(update={"since": None})
        for moment in (FIRED, FIRED + 30 * MINUTE):
            await one.see(alarm(since=moment))
            await two.incidents.load()
            before = only(two.incidents)
            await one.see(missing_alarm)
            one.clock.advance(60)
            two.clock.advance(67)
            # The other console had not read the journal yet when it saw the same.
            await two.incidents.turn(before, TurnKind.MISSING, two.clock.now())
        kinds = [turn.kind for turn in only(two.incidents).turns]
        assert kinds == [TurnKind.MISSING, TurnKind.ALARM, TurnKind.MISSING]
        # It is there again as it was: an answer was incomplete.
        await one.see(alarm(since=FIRED + 30 * MINUTE))
        await one.see(alarm(since=FIRED + 30 * MINUTE))
        assert only(one.incidents).is_firing
        assert len(only(one.incidents).turns) == 4


@pytest.mark.parametrize("skew", [-HOUR, timedelta(), HOUR])
async def test_clocks_start_anew_after_a_recovery_that_a_console_with_a_wrong_clock_judged(tmp_path, skew):
    async with desk(tmp_path / "journal.db") as console:
        await console.see(alarm())
        await console.see(alarm(AlarmState.OK, FIRED + 3 * MINUTE))
        await console.incidents.turn(only(console.incidents), TurnKind.RECOVERED, FIRED + 6 * MINUTE + skew)
        assert only(console.incidents).recovered_at is not None
        await console.see(alarm(since=FIRED + 20 * MINUTE))
        incident = only(console.incidents)
        assert incident.recovered_at is None
        assert incident.is_firing
        every = clocks(incident, PLAYBOOK, FIRED + 31 * MINUTE)
        assert [clock.due for clock in overdue(every)] == [FIRED + 25 * MINUTE, FIRED + 30 * MINUTE]


# ---- joined


async def pair(console):
    await console.see(alarm(), alarm(name="alb-latency-high"), alarm(name="ecs-cpu-high"))
    return console.incidents.incidents


def listed_ids(console):
    return {
        id
        for incident in console.incidents.incidents
        if not incident.joined_to
        for id in (incident.id, *incident.joined)
    }


async def test_two_people_who_join_each_into_the_other_hide_neither(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as two:
        first, second, third = await pair(one)
        await two.incidents.load()
        # Written at the same moment: neither had read the other's.
        await one.journal.append(joined(first, second))
        await two.journal.append(joined(second, first))
        await two.incidents.load()
        (whole,) = (each for each in two.incidents.incidents if not each.joined_to and each.joined)
        await two.incidents.join(third, whole)
        for console in (one, two):
            await console.incidents.load()
            assert listed_ids(console) == {first.id, second.id, third.id}
        assert one.incidents.incidents == two.incidents.incidents


async def test_what_is_over_or_part_of_another_takes_no_parts(tmp_path):
    async with desk(tmp_path / "journal.db") as console:
        first, second, third = await pair(console)
        await console.incidents.join(second, first)
        with pytest.raises(AlreadyRecorded):
            await console.incidents.join(third, second)
        await console.incidents.close(only_of(console, first), "artefact", "few requests")
        with pytest.raises(AlreadyRecorded):
            await console.incidents.join(third, first)
        assert third.id in {each.id for each in console.incidents.incidents if each.is_open}


def only_of(console, incident):
    whole = console.incidents.of(incident.id)
    assert whole is not None
    return whole


async def test_parts_of_parts_are_closed_with_the_whole(tmp_path):
    async with desk(tmp_path / "journal.db") as console:
        first, second, third = await pair(console)
        await console.incidents.join(third, second)
        await console.incidents.join(second, first)
        whole = only_of(console, first)
        assert set(whole.joined) == {second.id, third.id}
        await console.incidents.close(whole, "artefact", "few requests")
        assert not any(incident.is_open for incident in console.incidents.incidents)


async def test_an_open_part_of_a_closed_incident_stands_alone(tmp_path):
    # A console that was killed between the two entries, or an older version, leaves one.
    async with desk(tmp_path / "journal.db") as console:
        first, second, _third = await pair(console)
        await console.incidents.join(second, first)
        await console.journal.append(closed(only_of(console, first), "artefact", "few requests", ""))
        await console.incidents.load()
        part = only_of(console, second)
        assert (part.is_open, part.joined_to) == (True, "")
        assert listed_ids(console) >= {second.id}


async def test_a_part_may_be_closed_first(tmp_path):
    async with desk(tmp_path / "journal.db") as console:
        first, second, _third = await pair(console)
        await console.incidents.join(second, first)
        await console.incidents.close(only_of(console, second), "artefact", "few requests")
        assert only_of(console, first).is_open
        await console.incidents.close(only_of(console, first), "artefact", "few requests")
        assert not only_of(console, first).is_open


# ---- edited by hand, or written by another version


TEXTS = st.text(max_size=12)
TIMES = st.sampled_from(
    [
        "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59-12:00", "2026-01-14",
        "2026-01-14T01:00:00", "2026-01-14T01:00:00Z", "2026-01-14T10:00:00+09:00", "x", "",
    ]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | TEXTS | TIMES
    | st.sampled_from([each.value for each in TurnKind] + ["done", "skipped", "todo", "alarm", "finding", "b@d Slug"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "trigger", "title", "playbook", "since", "reason", "facts", "turn", "pid", "index", "mark", "note", "cause",
        "leader", "word", "scores", "role", "channel", "to", "scope", "open", "offer", "alone", "into", "state", "at",
        "detail", "cause_title", "summary", "id", "text", "due",
    ]
)  # fmt: skip
DATA = st.dictionaries(KEYS, VALUES, max_size=8)
BODIES = DATA.map(lambda data: json.dumps(data, ensure_ascii=True)) | st.sampled_from(
    ["[]", "", "null", "{", "1"]
)
OPENING = {"trigger": "alarm", "title": "t", "playbook": "alb-5xx", "since": FIRED.isoformat()}


def entry(seq, kind, body, subject="incident:a@b"):
    return Entry(
        seq=seq,
        at=NOW + seq * MINUTE,
        kind=kind,
        subject=subject,
        target=ALARM,
        text="x",
        person=Person(user="tanaka", host="bastion"),
        body=body,
        previous="0" * 64,
        hash="0" * 64,
    )


@given(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), BODIES), max_size=8), DATA)
def test_no_entry_is_too_odd_to_be_told(pairs, opening):
    # Whatever an edited journal holds: an incident or none, with clocks and a timeline, and nothing is raised.
    first = entry(1, EntryKind.INCIDENT_OPENED, json.dumps(OPENING | opening))
    entries = [first, *(entry(number + 2, kind, body) for number, (kind, body) in enumerate(pairs))]
    for incident in incidents_in(entries):
        assert incident.since.utcoffset() == timedelta()
        overdue(clocks(incident, PLAYBOOK, NOW))
        timeline(incident, entries)
        assert incident_of(entries) is not None


@given(st.dictionaries(st.integers(0, 5), st.integers(-1, 6), max_size=6), st.sets(st.integers(0, 5)))
def test_every_open_incident_is_listed_whatever_is_joined(into, over):
    ids = [f"incident:{number}@x" for number in range(6)]
    entries = [
        entry(number + 1, EntryKind.INCIDENT_OPENED, json.dumps(OPENING), ids[number]) for number in range(6)
    ]
    seq = len(entries)
    for number, other in into.items():
        seq += 1
        body = json.dumps({"into": ids[other] if 0 <= other < 6 else "incident:gone@x"})
        entries.append(entry(seq, EntryKind.INCIDENT_JOINED, body, ids[number]))
    for number in over:
        seq += 1
        entries.append(entry(seq, EntryKind.INCIDENT_CLOSED, "{}", ids[number]))
    every = {incident.id: incident for incident in incidents_in(entries)}
    for incident in every.values():
        if incident.joined_to:
            whole = every[incident.joined_to]
            assert not whole.joined_to
            assert incident.id in whole.joined
            assert whole.is_open or not incident.is_open
    assert every.keys() == set(ids)


def test_turns_that_arrive_in_any_order_tell_the_same_state():
    moments = [(TurnKind.OK, 1), (TurnKind.ALARM, 2), (TurnKind.INSUFFICIENT, 3), (TurnKind.OK, 4)]
    courses: set[tuple[tuple[TurnKind, datetime], ...]] = set()
    for order in permutations(moments):
        entries = [entry(1, EntryKind.INCIDENT_OPENED, json.dumps(OPENING))]
        for seq, (kind, minute) in enumerate(order, 2):
            body = json.dumps({"state": kind.value, "at": (FIRED + minute * MINUTE).isoformat()})
            entries.append(entry(seq, EntryKind.INCIDENT_TURNED, body))
        incident = incident_of(entries)
        assert not incident.is_firing
        courses.add(tuple((turn.kind, turn.at) for turn in incident.turns))
    assert len(courses) == 1


@pytest.mark.parametrize("wrong", [-10, -4, 4, 10])
async def test_who_was_told_by_a_console_with_a_wrong_clock_was_told(tmp_path, wrong):
    # The alarm bears AWS's time, the contact the console's, which may be before it.
    async with desk(tmp_path / "journal.db") as console:
        await console.see(alarm())
        console.clock.step(wrong * 60 - 60)
        now = FIRED + MINUTE
        current = await console.incidents.contacted(only(console.incidents), "開発チーム", "phone")
        (_recovery, escalation) = clocks(current, PLAYBOOK, now)
        assert escalation.state is ClockState.MET
        assert escalation.met_at is not None
        assert escalation.met_at >= FIRED
        # The next trouble wants its own.
        await console.incidents.turn(current, TurnKind.RECOVERED, FIRED + 20 * MINUTE)
        await console.see(alarm(AlarmState.OK, FIRED + 21 * MINUTE))
        await console.see(alarm(since=FIRED + 30 * MINUTE))
        again = only(console.incidents)
        assert clocks(again, PLAYBOOK, FIRED + 31 * MINUTE)[1].state is ClockState.RUNNING
        current = await console.incidents.contacted(again, "開発チーム", "phone")
        assert clocks(current, PLAYBOOK, FIRED + 45 * MINUTE)[1].state is ClockState.MET


def test_a_playbook_may_name_more_minutes_than_there_are_dates_for():
    incident = incident_of([entry(1, EntryKind.INCIDENT_OPENED, json.dumps(OPENING))])
    assert incident is not None
    patient = PLAYBOOK.model_copy(update={"wait_minutes": 10**18, "escalate_minutes": 10**30})
    assert overdue(clocks(incident, patient, NOW)) == ()


async def test_what_a_person_calls_two_incidents_is_not_proposed_as_one_again(tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as one, desk(path, "suzuki") as two:
        first, second, _third = await pair(one)
        assert may_be_one(first, second)
        await one.incidents.keep_apart(first, second)
        await two.incidents.load()
        for console in (one, two):
            current = {incident.id: incident for incident in console.incidents.incidents}
            assert not may_be_one(current[first.id], current[second.id])
            assert not may_be_one(current[second.id], current[first.id]), "whichever is asked"
            assert current[first.id].joined_to == "", "it is no part of anything"
        with pytest.raises(AlreadyRecorded):
            await two.incidents.keep_apart(first, second)
        joined_after_all = await two.incidents.join(first, second)
        assert joined_after_all.joined_to == second.id, "a person may think better of it"
