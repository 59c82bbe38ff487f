from datetime import timedelta

import pytest

from services.incidents.clocks import overdue, whole_clocks
from services.models.base import RawId
from services.models.incidents import ClockKind, ClockState, Contacted, IncidentState
from tests.services.incidents.incident_desk import FIRED, RUNBOOK
from tests.widgets.incident_data import incident

MINUTE = timedelta(minutes=1)
PART = incident(
    id="part", target=RawId("alb-5xx-error-rate"), playbook="alb-5xx", since=FIRED, state=IncidentState.TAKEN,
    contacted=(), turns=(), joined_to="whole",
)  # fmt: skip
WHOLE = incident(
    id="whole", target=RawId("alb-latency-high"), playbook="alb-latency", since=FIRED - 3 * MINUTE,
    contacted=(), turns=(), joined=("part",),
)  # fmt: skip


def of_whole(whole, *parts, after):
    every = whole_clocks(whole, (whole, *parts), RUNBOOK.playbooks, FIRED + after * MINUTE)
    return {clock.kind: clock.state for clock in every}


def test_the_limit_of_a_part_runs_out_for_the_whole():
    assert of_whole(WHOLE.model_copy(update={"joined": ()}), after=11) == {}, "its own playbook sets none"
    assert of_whole(WHOLE, PART, after=4)[ClockKind.ESCALATION] is ClockState.RUNNING
    late = whole_clocks(WHOLE, (WHOLE, PART), RUNBOOK.playbooks, FIRED + 11 * MINUTE)
    assert [clock.due for clock in overdue(late)] == [FIRED + 5 * MINUTE, FIRED + 10 * MINUTE]


def test_who_was_told_of_the_whole_was_told_of_its_parts():
    contact = Contacted(role="開発チーム", by="tanaka", at=FIRED - MINUTE)
    assert (
        of_whole(WHOLE.model_copy(update={"contacted": (contact,)}), PART, after=11)[ClockKind.ESCALATION]
        is ClockState.MET
    )


def test_a_part_that_is_closed_has_no_limit():
    closed = PART.model_copy(update={"state": IncidentState.CLOSED})
    assert of_whole(WHOLE, closed, after=11) == {}


def test_of_two_limits_of_one_kind_the_first_counts():
    other = PART.model_copy(update={"id": "other", "since": FIRED + 4 * MINUTE})
    both = WHOLE.model_copy(update={"joined": ("other", "part")})
    every = whole_clocks(both, (both, other, PART), RUNBOOK.playbooks, FIRED + MINUTE)
    assert [clock.due - FIRED for clock in every] == [5 * MINUTE, 10 * MINUTE]


def test_recovery_ends_the_limit_without_anybody_being_told():
    recovered = PART.model_copy(update={"recovered_at": FIRED + 3 * MINUTE})
    called = PART.model_copy(
        update={"contacted": (Contacted(role="開発チーム", by="tanaka", at=FIRED + MINUTE),)}
    )
    for one, is_told in ((recovered, False), (called, True)):
        (clock,) = (
            each for each in whole_clocks(one, (one,), RUNBOOK.playbooks, FIRED + 4 * MINUTE) if each.who
        )
        assert (clock.state, clock.is_told) == (ClockState.MET, is_told)


@pytest.mark.parametrize(
    ("role", "state"), [("開発チーム", ClockState.MET), ("運用担当者（当番）", ClockState.OVERDUE)]
)
def test_the_limit_is_met_by_telling_whom_it_names(role, state):
    contact = Contacted(role=role, by="tanaka", at=FIRED + MINUTE)
    one = PART.model_copy(update={"contacted": (contact,), "joined_to": ""})
    every = whole_clocks(one, (one,), RUNBOOK.playbooks, FIRED + 11 * MINUTE)
    assert [clock.state for clock in every if clock.kind is ClockKind.ESCALATION] == [state]


def test_the_role_may_be_recorded_in_the_other_language():
    contact = Contacted(role="Development team", by="tanaka", at=FIRED + MINUTE)
    one = PART.model_copy(update={"contacted": (contact,), "joined_to": ""})
    every = whole_clocks(one, (one,), RUNBOOK.playbooks, FIRED + 11 * MINUTE)
    assert [clock.state for clock in every if clock.kind is ClockKind.ESCALATION] == [ClockState.MET]
