from datetime import UTC, datetime, timedelta

import pytest

from services.changes.rds_maintenance.rds_maintenance_change import maintenance_progress, observed_opt_in
from services.models.changes import Danger, Place, Plan
from services.models.rds import OptIn
from services.models.watches import WatchState
from tests.services.changes.rds_states import ARN, CALENDAR, NOW, change, patch, read_state, rows, texts

CHANGE = change("rds-maintenance")
SNAPSHOT = change("rds-snapshot")
(TARGET,) = CHANGE.targets()
UPDATE = patch(auto_after=NOW + timedelta(days=30))
REQUESTED = patch(opt_in=OptIn.NEXT_WINDOW, current=datetime(2026, 1, 31, 17, 0, tzinfo=UTC))


def state(*actions, **more):
    return read_state(actions=actions or (UPDATE,), **more)


def plan(current=None, **parameters):
    return CHANGE.plan_on(TARGET, parameters, current or state(), "0plan")


@pytest.mark.parametrize(
    ("timing", "actions", "opt_in", "back"),
    [
        ("window", (UPDATE,), "next-maintenance", "undo"),
        ("undo", (REQUESTED,), "undo-opt-in", "window"),
        ("now", (UPDATE,), "immediate", None),
    ],
)
def test_what_is_sent_and_its_way_back(timing, actions, opt_in, back):
    result = plan(state(*actions), timing=timing)
    (step,) = result.steps
    assert step.call.params == {
        "ResourceIdentifier": ARN, "ApplyAction": "system-update", "OptInType": opt_in,
    }  # fmt: skip
    assert result.approval == ""
    assert (result.danger is Danger.DANGEROUS) == (timing == "now")
    assert ("irreversible" in result.title) == (timing == "now")
    assert (result.watch is None) == (timing == "undo")
    expected = {"action": "system-update", "timing": back} if back else {}
    assert CHANGE.revert_parameters(result) == expected
    assert plan(state(*actions), **result.wish).steps == result.steps


def test_the_first_to_be_applied_is_proposed_and_a_request_is_withdrawn():
    late = patch("db-upgrade", auto_after=NOW + timedelta(days=60))
    assert plan(state(late, UPDATE)).wish == {"action": "system-update", "timing": "window"}
    assert plan(state(REQUESTED)).wish["timing"] == "undo"


@pytest.mark.parametrize(
    ("parameters", "current", "refusal"),
    [
        ({}, read_state(), "No maintenance is pending"),
        ({}, read_state(actions=None), "could not be read"),
        ({"action": "os-upgrade"}, state(), "pending are system-update"),
        ({"timing": "soon"}, state(), "choose one of window, undo, now"),
        ({"timing": "undo"}, state(), "nothing to withdraw"),
        ({"timing": "window"}, state(REQUESTED), "already"),
        ({"timing": "undo"}, state(patch(opt_in=OptIn.IMMEDIATE)), "cannot be undone"),
        ({"timing": "now"}, state(status="modifying", state="busy"), "wait until it is available"),
        ({"when": "now"}, state(), "no parameter when"),
    ],
)
def test_refusals(parameters, current, refusal):
    result = plan(current, **parameters)
    assert result.steps == ()
    assert refusal in " ".join(result.refusals)


def test_reading_proves_it_done_or_not_done():
    zone = CALENDAR.zone
    (step,) = plan(timing="window").steps
    before = observed_opt_in(step, state(), zone)
    assert (before.place, before.digest) == (Place.BEFORE, step.expects)
    assert observed_opt_in(step, state(REQUESTED), zone).place is Place.AFTER
    assert observed_opt_in(step, read_state(), zone).place is Place.ELSEWHERE
    moved = observed_opt_in(step, state(maintenance_window="sun:17:00-sun:18:00"), zone)
    assert moved.digest != step.expects
    (now,) = plan(timing="now").steps
    assert observed_opt_in(now, read_state(), zone).place is Place.AFTER
    assert observed_opt_in(now, state(patch(opt_in=OptIn.IMMEDIATE)), zone).place is Place.AFTER


@pytest.mark.parametrize(
    ("current", "outcome"),
    [
        (read_state(), WatchState.DONE),
        (read_state(status="maintenance", state="busy"), WatchState.RUNNING),
        (state(REQUESTED), WatchState.RUNNING),
        (state(REQUESTED, status="maintenance", state="busy"), WatchState.RUNNING),
        (state(), WatchState.WITHDRAWN),
    ],
)
def test_now_ends_when_the_action_is_gone_and_the_database_available(current, outcome):
    (step,) = plan(timing="now").steps
    assert maintenance_progress(step, current, CALENDAR.zone, is_settled=True).state is outcome
    assert maintenance_progress(step, state(), CALENDAR.zone, is_settled=False).state is WatchState.RUNNING


def test_a_snapshot_is_named_after_its_plan():
    result: Plan = SNAPSHOT.plan_on(TARGET, {}, read_state(multi_az=False), "01KF251YM0")
    name = "facility-prod-db-toban-01kf251ym0"
    assert rows(result)["Snapshot"] == ("none", name)
    assert result.steps[0].call.params["DBSnapshotIdentifier"] == name
    assert (result.danger, result.confirm) == (Danger.ROUTINE, "")
    assert "I/O may pause" in texts(result)
    refused: Plan = SNAPSHOT.plan_on(TARGET, {"name": "x"}, read_state(status="stopped", state="broken"), "0")
    assert [len(refused.steps), len(refused.refusals)] == [0, 2]
