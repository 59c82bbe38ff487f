import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.calendar import Calendar
from services.changes.base import ChangeContext
from services.changes.ecs_scaling.facts import facts, remarks
from services.changes.ecs_scaling.state import ACTION, Load, ScalingState
from services.changes.registry import CHANGES
from services.changes.task_limit.parameters import proposed_at
from services.changes.task_limit.task_limit_change import TaskLimit, form
from services.clock import ManualClock
from services.models.base import RawId
from services.models.changes import Danger, Plan
from services.models.ecs import (
    ContainerService,
    Deployment,
    ScalableTarget,
    ScalingActivity,
    ScalingPolicy,
    ScheduledAction,
)
from services.runbook.loader import load_builtin

NOW = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)  # A Wednesday, 10:00 JST: the last days of the month
BOOK = load_builtin("facility-prod")
CALENDAR = Calendar(BOOK)
KIND = next(kind for kind in CHANGES if kind.id == "task-limit")


def task_limit(runbook=BOOK, now=NOW):
    nothing = None
    context = ChangeContext(
        runbook=runbook, calendar=CALENDAR, clock=ManualClock(now), region="ap-northeast-1",
        reader=nothing,
    )  # fmt: skip
    return TaskLimit(KIND, context)


CHANGE = task_limit()
(TARGET,) = CHANGE.targets()


CPU60 = ScalingPolicy(
    id=RawId("cpu60"), name="cpu60", kind="TargetTrackingScaling", target=60.0,
    metric="ECSServiceAverageCPUUtilization",
)  # fmt: skip


def service(desired=5, running=5, **more):
    return ContainerService(
        id=RawId("staff-api"), name="staff-api", cluster="facility-prod-cluster", status="ACTIVE",
        desired=desired, running=running, **more,
    )  # fmt: skip


def scaling_state(minimum=2, maximum=5, desired=5, *, suspended=False, **more):
    defaults: dict[str, Any] = {
        "at": NOW,
        "service": service(desired, desired),
        "target": ScalableTarget(minimum=minimum, maximum=maximum, suspended=suspended),
        "load": Load(cpu=80.0, connections=40.0),
    }
    return ScalingState(**(defaults | more))


def make_plan(state=None, change=CHANGE, **parameters):
    return change.plan_on(TARGET, parameters, state or scaling_state(), "01k0")


def texts(plan, *, grave=None):
    return "\n".join(each.text for each in plan.cautions if grave in (None, each.grave))


STATES = st.builds(
    scaling_state,
    st.integers(0, 20),
    st.integers(0, 60),
    st.integers(0, 60),
    suspended=st.booleans(),
    load=st.builds(Load, st.none() | st.floats(0, 100), st.none() | st.floats(0, 500)),
)
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "max": st.integers(-5, 1100).map(str) | st.text(max_size=8) | st.sampled_from(["10", "７", "5.0"]),
        "revert": st.sampled_from(["aws", "duty", "none"]) | st.text(max_size=5),
        "revert_at": st.sampled_from(
            ["2026-02-02 17:00", "2026-01-28 10:03", "2020-01-01 00:00", "2026-2-2 17:00"]
        )
        | st.text(max_size=20),
    },
)


@given(STATES, PARAMETERS)
def test_a_plan_sends_the_maximum_alone_or_nothing(state, parameters):
    plan = make_plan(state, **parameters)
    if plan.refusals:
        assert plan.steps == ()
        return
    register, *rest = plan.steps
    maximum = int(plan.wish["max"])
    assert json.loads(register.call.body) == {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/facility-prod-cluster/staff-api",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MaxCapacity": maximum,
    }
    assert register.before == str(state.target.maximum) != str(maximum)
    assert state.target.minimum <= maximum <= 1000
    stopped = max(0, state.desired - maximum)
    assert (plan.danger is Danger.DANGEROUS) == bool(stopped) == bool(plan.blast)
    assert plan.confirm == "staff-api"
    assert plan.expires_at - plan.made_at == timedelta(seconds=120)
    rows = {row.name: row for row in register.rows}
    assert (rows["Maximum"].before, rows["Maximum"].after) == (register.before, str(maximum))
    assert not rows["Minimum"].changes
    # AWS moves the count into the range at once.
    assert rows["Desired"].changes == (bool(stopped) or state.desired < state.target.minimum)
    check_way_back(plan, rest, register.before)
    stays = maximum > state.target.maximum or state.target.maximum == 5
    assert CHANGE.revert_parameters(plan) == {"max": register.before, "revert": "none" if stays else "aws"}


def check_way_back(plan, rest, before):
    way = plan.wish["revert"]
    assert (plan.revert is None) == (way == "none")
    assert len(rest) == (way == "aws")
    if plan.revert is not None:
        assert plan.revert.values["max"] == before
        assert plan.revert.at > NOW + timedelta(minutes=5)
    for step in rest:
        body = json.loads(step.call.body)
        assert plan.revert is not None
        assert body.pop("ScheduledActionName") == f"{ACTION}{plan.id}"
        assert body.pop("Schedule") == f"at({plan.wish['revert_at'].replace(' ', 'T')}:00)"
        assert body == {
            "ServiceNamespace": "ecs",
            "ResourceId": "service/facility-prod-cluster/staff-api",
            "ScalableDimension": "ecs:service:DesiredCount",
            "Timezone": "Asia/Tokyo",
            "ScalableTargetAction": {"MaxCapacity": int(before)},
        }


@given(STATES, PARAMETERS)
def test_a_plan_planned_again_from_its_own_parameters_is_the_same(state, parameters):
    plan = make_plan(state, **parameters)
    if not plan.refusals:
        again = make_plan(state, **plan.wish)
        assert (again.wish, again.steps[0]) == (plan.wish, plan.steps[0])
        assert Plan.model_validate_json(plan.model_dump_json()) == plan, "the journal gives it back whole"


def test_without_parameters_the_busy_maximum_is_planned_and_reverted_by_the_runbooks_duty():
    plan = make_plan()
    assert plan.wish == {"max": "10", "revert": "aws", "revert_at": "2026-02-02 17:00"}
    assert plan.title == "Maximum task count 5 → 10"
    assert plan.danger is Danger.CAREFUL
    assert not plan.steps[0].rows[2].changes, "Auto Scaling changes it later, or does not"
    assert plan.approval == "PM (project manager)"
    assert "the runbook does not name that person yet" in texts(plan, grave=True)
    assert "Only MaxCapacity is sent; the minimum stays 2." in texts(plan)
    assert "stops the tasks above 5 immediately" in texts(plan)
    assert plan.revert.at == datetime(2026, 2, 2, 8, 0, tzinfo=UTC)


def test_without_the_duty_it_is_reverted_on_the_first_business_day_of_next_month():
    runbook = BOOK.model_copy(update={"duties": ()})
    context = task_limit(runbook).context
    bare = TaskLimit(
        KIND,
        ChangeContext(
            **{**{name: getattr(context, name) for name in context.__slots__}, "calendar": Calendar(runbook)}
        ),
    )
    assert bare.plan_on(TARGET, {}, scaling_state(), "01k0").wish["revert_at"] == "2026-02-02 17:00"
    assert proposed_at(Calendar(runbook), NOW)[1] == "the first open day of next month"
    assert "Scale back down" in proposed_at(CALENDAR, NOW)[1]


def test_lowering_says_first_what_it_stops():
    plan = make_plan(scaling_state(maximum=10, desired=8), max="5")
    assert plan.blast == "now 3 tasks are stopped immediately"
    assert (
        make_plan(scaling_state(maximum=10, desired=6), max="5").blast == "now 1 task is stopped immediately"
    )
    assert plan.danger is Danger.DANGEROUS
    assert plan.wish == {"max": "5", "revert": "none"}
    assert plan.approval == ""
    assert "CPU would be about 128% (now 80%" in texts(plan)
    assert "immediately" not in texts(plan), "the impact says it"
    assert [row.after for row in plan.steps[0].rows if row.name == "Desired"] == ["5"]
    assert "While a deployment runs" not in texts(plan), "none runs"
    calm = make_plan(scaling_state(maximum=10, desired=3), max="5")
    assert (calm.blast, calm.danger) == ("", Danger.CAREFUL)


def action(name, maximum):
    schedule = RawId("at(2026-02-02T17:00:00)")
    return ScheduledAction(
        id=RawId(name), name=name, schedule=schedule, timezone="Asia/Tokyo", maximum=maximum
    )


@pytest.mark.parametrize(("at", "far"), [("2026-02-27 17:00", False), ("2026-12-02 17:00", True)])
def test_a_revert_months_ahead_is_taken_for_a_mistake(at, far):
    assert ("check the date" in texts(make_plan(max="10", revert_at=at), grave=True)) is far


def test_reverting_removes_the_scheduled_revert():
    there = (
        action("toban-revert-a", 5), action("toban-revert-b", 7), action("night", 5), action("toban-revert-c", 5),
    )  # fmt: skip
    plan = make_plan(scaling_state(maximum=10, desired=3, actions=there), max="5", revert="none")
    assert [step.id for step in plan.steps] == ["register", "cancel-revert", "cancel-revert-1"]
    assert [step.call.params.get("ScheduledActionName") for step in plan.steps] == [
        None, "toban-revert-a", "toban-revert-c",
    ]  # fmt: skip
    assert [step.id for step in make_plan(scaling_state(actions=there), max="7", revert="duty").steps] == [
        "register"
    ]
    assert "night" in texts(plan)
    assert "toban-revert-a" not in texts(plan), "what the plan removes needs no caution"


def test_a_scheduled_action_that_would_cut_a_raise_weighs():
    raised = make_plan(scaling_state(actions=(action("toban-revert-a", 5),)), max="10", revert="aws")
    assert "toban-revert-a" in texts(raised, grave=True)
    other = make_plan(scaling_state(actions=(action("up", 20),)), max="10", revert="aws")
    assert "up" in texts(other, grave=False)


def test_while_tasks_start_the_load_is_not_predicted():
    starting = scaling_state(maximum=10, service=service(desired=8, running=5))
    plan = make_plan(starting, max="5", revert="none")
    assert "CPU cannot be estimated" in texts(plan, grave=True)
    assert "CPU would be about" not in texts(plan)
    rows = {row.name: row.after for row in plan.steps[0].rows}
    assert rows["Running"] == "5", "none of those that run is stopped"


def test_the_scaling_target_raises_the_weight_of_the_revert():
    aim = (CPU60,)
    assert "target 60%" in texts(
        make_plan(scaling_state(maximum=10, desired=8, policies=aim), max="5"), grave=True
    )
    assert "reverted to 5 now, CPU would be about 80%" in texts(make_plan(scaling_state(policies=aim)))


@pytest.mark.parametrize(
    ("load", "grave", "text"),
    [
        (Load(80, 20), False, "20 now with 5 running, so 10 tasks would use about 40"),
        (Load(80, 40), True, "so 10 tasks would use about 80; they must stay below 80. That is too many."),
        (Load(80, None), True, "could not be measured: check that 10 tasks keep them below 80"),
    ],
)
def test_connections_are_checked_with_the_numbers(load, grave, text):
    assert text in texts(make_plan(scaling_state(load=load)), grave=grave)


def test_the_runbooks_pool_size_outweighs_what_is_measured():
    runbook = BOOK.model_copy(update={"ecs": BOOK.ecs.model_copy(update={"connections_per_task": 20})})
    plan = make_plan(change=task_limit(runbook))
    assert "20 per task according to the runbook, so 10 tasks would use about 200" in texts(plan, grave=True)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"max": "ten"}, "whole number"),
        ({"max": "10.5"}, "whole number"),
        ({"max": ""}, "whole number"),
        ({"max": "0"}, "from 1 to 1000"),
        ({"max": "1001"}, "from 1 to 1000"),
        ({"max": "1"}, "below the minimum, 2"),
        ({"max": "5"}, "Nothing to change"),
        ({"max": "10", "revert": "none"}, "needs a revert plan"),
        ({"max": "10", "revert": "later"}, "must be one of aws, duty, none"),
        ({"max": "10", "revert_at": "tomorrow"}, "must look like"),
        ({"max": "10", "revert_at": "2026-02-30 17:00"}, "must look like"),
        ({"max": "10", "revert_at": "2026-01-28 10:05"}, "more than 5 minutes from now"),
        ({"max": "10", "revert_at": "2025-12-01 17:00"}, "more than 5 minutes from now"),
        ({"maximum": "10"}, "no parameter maximum"),
        ({"max": "\x1b[31m10"}, "whole number"),
    ],
)
def test_wrong_parameters_are_refused_with_a_reason(parameters, text):
    plan = make_plan(**parameters)
    assert text in " ".join(plan.refusals)
    assert plan.steps == ()
    assert "\x1b" not in str(plan.model_dump().values())


def test_full_width_digits_are_digits():
    assert make_plan(max="１０").wish["max"] == "10"
    assert make_plan(max=" 10 ", revert_at="２０２６-02-03 17:00").wish["revert_at"] == "2026-02-03 17:00"


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (scaling_state(target=None), "not configured"),
        (scaling_state(service=None), "no such active service"),
        (
            scaling_state(service=service().model_copy(update={"status": "INACTIVE"})),
            "no such active service",
        ),
    ],
)
def test_what_cannot_be_changed_is_refused(state, text):
    plan = make_plan(state, max="10")
    assert text in " ".join(plan.refusals)
    assert plan.steps == ()
    assert any(text in each for each in remarks(state, UTC))


def test_a_suspended_target_is_reported():
    state = scaling_state(suspended=True)
    plan = make_plan(state)
    assert "Auto Scaling is at least partly suspended" in texts(plan, grave=True)
    assert "AWS does not revert it either" in texts(plan, grave=True)
    assert plan.steps[0].rows[2].after == "5"
    assert any("suspended" in each for each in remarks(state, UTC))


def test_a_refused_scaling_that_is_past_is_a_row_with_its_date():
    scaled = ScalingActivity(at=NOW, status="Successful", description="d")
    refused = ScalingActivity(
        at=NOW - timedelta(days=1),
        status="Unfulfilled",
        description="d",
        not_scaled=("AlreadyAtMaxCapacity",),
    )
    state = scaling_state(activities=(scaled, refused))
    rows = [(each.name, each.value, each.note) for each in facts(state, ACTION, UTC)]
    assert ("Last refused scaling", "already at the maximum", "01-27(Tue) 01:00 UTC") in rows
    assert "did not scale" not in " ".join(remarks(state, UTC))


def test_facts_name_every_value_and_whose_scheduled_actions_there_are():
    ours, other = RawId("toban-revert-x"), RawId("nightly")
    actions = (
        ScheduledAction(
            id=ours, name=ours, schedule=RawId("at(2026-02-02T17:00:00)"), timezone="Asia/Tokyo", maximum=5,
            at=datetime(2026, 2, 2, 8, tzinfo=UTC),
        ),
        ScheduledAction(id=other, name=other, schedule=RawId("cron(0 20 * * ? *)"), minimum=1),
    )  # fmt: skip
    stuck = ScalingActivity(
        at=NOW, status="Unfulfilled", description="d", not_scaled=("AlreadyAtMaxCapacity", "Odd")
    )
    deployments = (Deployment(id="a", status="PRIMARY"), Deployment(id="b", status="ACTIVE"))
    state = scaling_state(
        actions=actions, activities=(stuck,), service=service(deployments=deployments),
        policies=(CPU60,),
    )  # fmt: skip
    rows = [(each.name, each.value, each.note) for each in facts(state, ACTION, UTC)]
    assert ("Maximum", "5", "") in rows
    assert ("Desired", "5", "") in rows, "a remark says that it is the maximum"
    assert ("Scaling policy", "cpu60", "keeps CPU at 60%") in rows
    assert "Last refused scaling" not in [name for name, _value, _note in rows], "a remark tells it"
    notes = {name: note for _fact, name, note in rows}
    assert notes["toban-revert-x"] == "2026-02-02(Mon) 08:00 UTC: maximum 5, by this console"
    assert notes["nightly"] == "cron(0 20 * * ? *) UTC: minimum 1, by someone else"
    text = " ".join(remarks(state, UTC))
    assert "at its maximum: 5 desired, maximum 5" in text
    assert "deployment is in progress" in text
    assert "Auto Scaling did not scale at 01:00 UTC: already at the maximum, Odd." in text
    assert "nightly" in texts(make_plan(state))


@pytest.mark.parametrize(
    ("now", "at", "why"),
    [
        ("2026-12-02 00:54", "2026-12-02 17:15", "city hall closes"),
        ("2026-12-02 16:00", "2026-12-02 17:15", "city hall closes"),
        ("2026-12-02 16:30", "2026-12-03 08:30", "city hall opens"),
        ("2026-12-02 23:59", "2026-12-03 08:30", "city hall opens"),
        ("2026-12-04 20:00", "2026-12-07 08:30", "city hall opens"),
        ("2026-12-05 03:00", "2026-12-07 08:30", "city hall opens"),
    ],
)
async def test_a_limit_raised_in_an_incident_is_reverted_the_same_evening(now, at, why):
    moment = datetime.fromisoformat(now).replace(tzinfo=CALENDAR.zone).astimezone(UTC)
    change = task_limit(now=moment)
    parameters = change.in_incident(form(scaling_state(at=moment), BOOK, CALENDAR))
    proposed = next(each for each in parameters if each.id == "revert_at")
    assert proposed.default == at
    assert why in proposed.why
    assert [each.id for each in parameters] == ["max", "revert", "revert_at", "min"]
