"""What the history of the alarms lacks: a change that is lost, damaged, or under another name."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.cloudwatch.alarms.parsing import transition
from services.inspections.alarms.alarm_inspection import doubts, without_history
from services.models.alarms import Alarm, AlarmState
from services.models.base import RawId
from services.models.metrics import TimeSpan
from services.models.verdict import Verdict, worst
from tests.services.inspections.alarms.test_alarms_inspection import (
    CLOSED,
    NINE,
    change,
    judged,
    row,
    runbook_with,
    verdicts,
)
from tests.services.inspections.running_world import run_inspection

V = Verdict
FIRED = "Fired since the last sign-off"
SPAN = TimeSpan(start=CLOSED, end=NINE)
STATES = {"OK": AlarmState.OK, "ALARM": AlarmState.ALARM, "INSUFFICIENT_DATA": AlarmState.INSUFFICIENT}


@pytest.mark.scenario("alarm-at-night", origin=NINE, history=16.2 * 3600)
async def test_a_change_under_another_name_leaves_its_alarm_not_judged(embedded):
    items = embedded.world.alarms.history.items
    own = [
        at
        for at, item in enumerate(items)
        if (item.name, item.type) == ("rds-cpu-high", "StateUpdate") and item.at > CLOSED
    ]
    assert len(own) == 2, "it fired and recovered"
    for renamed in ([own[0]], [own[1]], own):
        whole = {at: items[at] for at in renamed}
        for at in renamed:
            items[at] = replace(items[at], name="no such word")
        finding = await run_inspection(embedded, "alarms", since=CLOSED)
        for at, item in whole.items():
            items[at] = item
        # That it recovered means that it fired, though not when.
        verdict = V.ATTENTION if renamed == [own[0]] else V.UNKNOWN
        assert (finding.verdict, finding.complete) == (V.ATTENTION, renamed == [own[0]])
        assert verdicts(finding)["RDS CPU"] is verdict
        assert any(item.alarm == "no such word" for item in finding.spells)


DAMAGE: list[dict[str, Any]] = [
    {"AlarmName": ""},
    {"AlarmName": "a\ufffd"},
    {"Timestamp": None},
    {"HistoryItemType": "Surprise"},
    {"HistoryData": "{"},
    {"HistoryData": '{"newState": {"stateValue": "OK"}}'},
    {"HistoryData": '{"oldState": {"stateValue": "FINE"}, "newState": {"stateValue": "OK"}}'},
    {"HistoryData": '{"oldState": {"stateValue": "ALARM"}, "newState": {}}'},
]


@pytest.mark.parametrize("damage", DAMAGE, ids=str)
async def test_an_unreadable_entry_is_reported_and_not_judged(damage):
    history = [change("a", 30, "ALARM", "OK"), change("a", 40, "OK", "ALARM")]
    runbook = runbook_with("a")
    whole = await judged(row("a", minutes=30), runbook=runbook, history=history)
    assert verdicts(whole) == {"T a": V.ATTENTION, FIRED: V.ATTENTION}
    finding = await judged(row("a", minutes=30), runbook=runbook, history=[history[0] | damage, history[1]])
    assert (finding.verdict, finding.complete) == (worst(verdicts(finding).values()), False)
    assert verdicts(finding)["T a"] is V.UNKNOWN
    assert "1 entry of the alarm history cannot be read." in finding.summary
    assert "Not known whether it fired: T a" in finding.summary
    assert any("check its history in CloudWatch" in each for each in finding.advice)


def moved(minutes, before, after):
    return transition(change("a", minutes, before, after), CLOSED)


@st.composite
def lives(draw):
    """What an alarm did in the window, newest first, and how it stands."""
    states = draw(st.lists(st.sampled_from(sorted(STATES)), min_size=1, max_size=8))
    states = [state for at, state in enumerate(states) if at == 0 or state != states[at - 1]]
    changes = [moved(900 - 60 * at, states[at - 1], states[at]) for at in range(1, len(states))]
    return changes[::-1], STATES[states[-1]]


@given(lives(), st.data())
def test_a_complete_alarm_history_is_certain_and_one_that_lacks_a_change_is_not(life, data):
    changes, state = life
    since = changes[0].at if changes else CLOSED - timedelta(days=1)
    alarm = Alarm(id=RawId("a"), name="a", state=state, since=since)
    assert list(doubts([alarm], changes, SPAN)) == []
    assert without_history([alarm], changes, SPAN) == frozenset()
    if not changes:
        return
    at = data.draw(st.integers(0, len(changes) - 1))
    lost = changes[at]
    renamed = [*changes[:at], lost.model_copy(update={"id": RawId("b")}), *changes[at + 1 :]]
    # Its first change may be lost unseen, and so may one after which it began without data: it may have been made anew.
    later = changes[at - 1] if at else None
    earliest = at == len(changes) - 1 and at > 0
    anew = later is not None and later.before is AlarmState.INSUFFICIENT
    blind = later is None and state is AlarmState.INSUFFICIENT
    if not (earliest or anew or blind):
        assert without_history([alarm], renamed, SPAN) == {"a"}
        assert "a" in " ".join(doubts([alarm], renamed, SPAN))


def test_an_alarm_recreated_under_its_name_is_certain():
    changes = [moved(30, "INSUFFICIENT_DATA", "OK"), moved(60, "OK", "ALARM")]
    alarm = Alarm(id=RawId("a"), name="a", state=AlarmState.OK, since=changes[0].at)
    assert without_history([alarm], changes, SPAN) == frozenset()
