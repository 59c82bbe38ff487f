"""The inspection of scaling: whether the service is there, runs what it should, can grow, and what will be cut."""

import re
from datetime import timedelta
from typing import Any

import pytest

from services.aws.client.errors import AccessDenied, AwsError
from services.demo.autoscaling import DemoActivity
from services.demo.ecs.records import Fate
from services.models.runbook import Runbook
from services.models.verdict import DISPLAY_ORDER, Verdict
from tests.services.aws.canned import failure
from tests.services.demo.client import ask
from tests.services.duties.duty_world import jst
from tests.services.inspections.running_world import run_inspection
from tests.services.inspections.scaling.test_scaling_inspection import (
    ACTION,
    BOOK,
    POLICY,
    ProblemKind,
    judged,
    service,
    target,
    verdicts,
)

V = Verdict
KEY = ("facility-prod-cluster", "staff-api")
RESOURCE = "service/facility-prod-cluster/staff-api"
QUIET = pytest.mark.scenario("ordinary-day", history=1200)
"""Long enough for every alarm to have the datapoints that it judges by."""


def staff_api(embedded):
    return embedded.world.clusters.services[KEY]


def now(embedded):
    return embedded.clock.now().timestamp()


def row(finding, title):
    (measure,) = [each for each in finding.measures if each.title == title]
    return str(measure.shown), measure.verdict, str(measure.note)


@QUIET
async def test_an_ordinary_service_has_a_row_for_everything_that_is_judged(embedded):
    finding = await run_inspection(embedded, "scaling")
    assert finding.verdict is V.NORMAL
    assert [each.title for each in finding.measures] == [
        "Service",
        "Tasks running",
        "Tasks that could not be started",
        "Consecutive failed tasks",
        "Deployment",
        "Maximum number of tasks",
        "Minimum number of tasks",
        "Desired tasks",
        "Auto Scaling",
        "Scaling policies",
        "Alarms of the scaling policies",
        "Scheduled actions",
        "Scaling activities",
    ]


@pytest.mark.parametrize(
    ("minutes", "steady", "verdict"),
    [
        ((5, 12, 20), None, V.ABNORMAL),
        ((5, 12, 20), 2, V.ATTENTION),
        ((5, 70), None, V.ATTENTION),
        ((1500, 1510, 1520), 2, V.NORMAL),
    ],
)
async def test_tasks_that_ecs_could_not_start_are_judged_though_enough_are_running(minutes, steady, verdict):
    texts = [(at, "(service staff-api) was unable to place a task. Reason: no capacity.") for at in minutes]
    texts += [(steady, "(service staff-api) has reached a steady state.")] if steady is not None else []
    at = jst("2026-01-14 09:00")
    rows = [
        {"id": str(ago), "createdAt": at - timedelta(minutes=ago), "message": text}
        for ago, text in sorted(texts)
    ]
    finding = await judged(at, target(5), DescribeServices={"services": [service(events=rows)]})
    assert row(finding, "Tasks that could not be started")[1] is verdict
    assert ("a task cannot be placed: Reason: no capacity" in finding.summary) is (verdict is not V.NORMAL)


@QUIET
async def test_fewer_tasks_than_wanted_are_judged_by_how_long_they_are(embedded):
    staff = staff_api(embedded)
    staff.fates.append(Fate.crash(staff.definition, now(embedded)))
    with embedded.world.lock:
        staff.stop(staff.tasks[0], now(embedded), "gone")
    embedded.advance(40)
    finding = await run_inspection(embedded, "scaling")
    assert row(finding, "Tasks running") == ("1", V.NORMAL, "for under 1m")
    embedded.advance(200)
    finding = await run_inspection(embedded, "scaling")
    assert row(finding, "Tasks running")[1] is V.ATTENTION
    embedded.advance(120)
    finding = await run_inspection(embedded, "scaling")
    assert row(finding, "Tasks running") == ("1", V.ABNORMAL, "for 6m")
    assert re.search(r"staff-api: 1 of \d tasks are running \(for 6m\)\.", finding.summary)
    assert "An ECS task crashed: The ECS service recovers by itself (wait 5 minutes)" in finding.advice
    assert any(
        each.startswith("Not recovered within 10 minutes? Call Development team") for each in finding.advice
    )
    # One that is healthy is enough for AWS to count none as failed.
    assert row(finding, "Consecutive failed tasks")[:2] == ("0", V.NORMAL)
    assert "Newest ECS events" in {each.title for each in finding.evidence}
    # Nobody is served at all: no grace.
    with embedded.world.lock:
        for task in staff.alive(now(embedded)):
            staff.stop(task, now(embedded) - 60, "gone")
    assert row(await run_inspection(embedded, "scaling"), "Tasks running")[:2] == ("0", V.ABNORMAL)


@QUIET
async def test_a_count_that_was_raised_a_moment_ago_is_no_fault(embedded):
    with embedded.world.lock:
        scaling = embedded.world.scaling
        scaling._set(scaling.targets[RESOURCE], staff_api(embedded), 4, now(embedded), "monitor alarm")
    embedded.advance(20)
    finding = await run_inspection(embedded, "scaling")
    assert (finding.verdict, row(finding, "Tasks running")) == (V.NORMAL, ("2", V.NORMAL, "for under 1m"))
    embedded.advance(120)
    assert row(await run_inspection(embedded, "scaling"), "Tasks running") == ("4", V.NORMAL, "")


async def test_a_task_shortage_of_unknown_start_is_not_judged_before_a_second_run():
    steady = {"createdAt": jst("2026-01-14 08:00"), "message": "(service s) has reached a steady state."}
    memory: dict[str, Any] = {}

    async def running_row(minutes, running, *events):
        answer = {"services": [service(2, running, events=[steady, *events])]}
        at = jst("2026-01-14 09:00") + timedelta(minutes=minutes)
        return row(await judged(at, target(), memory=memory, DescribeServices=answer), "Tasks running")

    shown, verdict, note = await running_row(0, 1)
    assert (shown, verdict, note.partition(";")[0]) == ("1", V.UNKNOWN, "since when is not known")
    assert await running_row(2, 1) == ("1", V.NORMAL, "for 2m")
    assert await running_row(6, 1) == ("1", V.ABNORMAL, "for 6m")
    # Enough in between, or a steady state that was written: it begins anew.
    assert (await running_row(7, 2))[1] is V.NORMAL
    assert (await running_row(8, 1))[1] is V.UNKNOWN
    again = {"createdAt": jst("2026-01-14 09:20"), "message": "(service s) has reached a steady state."}
    assert (await running_row(22, 1, again))[1:] == (V.NORMAL, "for 2m")
    assert (await running_row(24, 1, again))[1:] == (V.NORMAL, "for 2m")
    assert (await running_row(25, 1, again))[1:] == (V.ATTENTION, "for 3m")


@pytest.mark.scenario("rollout-failed", history=600)
async def test_a_rollout_that_fails_and_is_rolled_back(embedded):
    for _minute in range(2):
        embedded.advance(60)
    finding = await run_inspection(embedded, "scaling")
    assert row(finding, "Deployment")[:2] == ("in progress", V.NORMAL)
    staff = staff_api(embedded)
    while not staff.primary.back_to:
        embedded.advance(20)
    finding = await run_inspection(embedded, "scaling")
    shown, verdict, note = row(finding, "Deployment")
    assert (shown, verdict) == ("failed", V.ABNORMAL)
    assert "circuit breaker" in note
    assert (
        "the deployment of facility-prod-staff-api:43 failed: ECS deployment circuit breaker"
        in finding.summary
    )
    assert "Application error: Find the cause in the log; roll back if necessary" in finding.advice
    # Its failed tasks are reported as long as it is listed.
    assert row(finding, "Consecutive failed tasks")[1] is V.ABNORMAL
    while not staff.primary.completed:
        embedded.advance(60)
    finding = await run_inspection(embedded, "scaling")
    assert row(finding, "Deployment")[:2] == ("rolled back", V.ATTENTION)
    # A later deployment that comes through is well again.
    embedded.advance(300)
    with embedded.world.lock:
        staff.deploy("facility-prod-staff-api:44", now(embedded))
    while not staff.primary.completed:
        embedded.advance(60)
    assert row(await run_inspection(embedded, "scaling"), "Deployment") == ("completed", V.NORMAL, "")


async def deployed(minutes, running, event_minutes, **more):
    """At 9:00, with a deployment begun so many minutes ago whose newest event is so old."""
    at = jst("2026-01-14 09:00")
    began = service()["deployments"][0] | {
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": "ECS deployment ecs-svc/1 in progress.",
        "runningCount": running,
        "createdAt": at - timedelta(minutes=minutes),
    }
    event = {
        "createdAt": at - timedelta(minutes=event_minutes),
        "message": "(service s) has started 1 tasks.",
    }
    answer = {"services": [service(deployments=[began | more], events=[event])]}
    return await judged(at, target(), DescribeServices=answer)


@pytest.mark.parametrize(
    ("minutes", "running", "event_minutes", "verdict"),
    [
        (0.5, 0, 0.5, V.NORMAL),
        (4, 1, 2, V.NORMAL),
        (6, 1, 6, V.ABNORMAL),  # tasks are missing, and nothing comes forward
        (12, 2, 10, V.NORMAL),  # all run, the old ones are drained
        (20, 2, 16, V.ATTENTION),
        (31, 1, 1, V.ATTENTION),
    ],
)
async def test_a_deployment_is_judged_by_its_progress(minutes, running, event_minutes, verdict):
    finding = await deployed(minutes, running, event_minutes)
    assert row(finding, "Deployment")[:2] == ("in progress", verdict)


async def test_a_deployment_without_its_counts_is_not_judged():
    finding = await deployed(6, 1, 6, desiredCount=None)
    assert row(finding, "Deployment")[:2] == ("in progress", V.UNKNOWN)


@QUIET
async def test_a_service_that_is_not_there(embedded):
    clusters = embedded.world.clusters
    for status in ("DRAINING", "INACTIVE"):
        staff_api(embedded).status = status
        finding = await run_inspection(embedded, "scaling")
        assert (finding.verdict, row(finding, "Service")[:2]) == (V.ABNORMAL, (status, V.ABNORMAL))
    del clusters.services[KEY]
    finding = await run_inspection(embedded, "scaling")
    assert row(finding, "Service") == ("missing", V.ABNORMAL, "MISSING")
    assert finding.summary == "ECS has no service staff-api in cluster facility-prod-cluster."
    assert "Check the cluster and service names in the runbook." in finding.advice
    clusters.clusters.clear()
    finding = await run_inspection(embedded, "scaling")
    assert (finding.verdict, verdicts(finding)) == (V.ABNORMAL, {"Service": V.ABNORMAL})


@QUIET
async def test_a_count_outside_the_bounds(embedded):
    staff = staff_api(embedded)
    for desired, verdict, text in (
        (1, V.ATTENTION, "the desired count of 1 is below the minimum of 2"),
        (7, V.ATTENTION, "the desired count of 7 is above the maximum of 5"),
        (0, V.ABNORMAL, "the desired count is 0"),
    ):
        with embedded.world.lock:
            staff.set_desired(desired, now(embedded))
        finding = await run_inspection(embedded, "scaling")
        assert verdicts(finding)["Desired tasks"] is verdict
        assert text in finding.summary


@pytest.mark.scenario("night-cut", history=600)
async def test_no_policy_and_a_cut_tonight_with_when_and_from_what_to_what(embedded):
    finding = await run_inspection(embedded, "scaling")
    assert verdicts(finding) == {"Scaling policies": V.ABNORMAL, "Scheduled action night-saving": V.ATTENTION}
    (cut,) = [each for each in finding.measures if each.title == "Scheduled action night-saving"]
    assert (cut.shown, cut.at) == ("maximum 5 → 1, minimum 2 → 1", jst("2026-01-14 22:00"))
    assert (
        "at 01-14(Wed) 22:00 JST the scheduled action night-saving reduces: maximum 5 → 1" in finding.summary
    )
    assert "stops 1 of the 2 desired tasks immediately" in finding.summary
    assert "there is no scaling policy" in finding.summary
    assert "Auto Scaling does not work: Add tasks by hand (desired count 5)" in finding.advice


def action(name, schedule, **bounds):
    return ACTION | {"ScheduledActionName": name, "Schedule": schedule, "ScalableTargetAction": bounds}


@pytest.mark.parametrize(
    ("at", "maximum", "desired", "planned", "verdict", "text"),
    [
        # As the runbook reverts it, at the time of its next run: that run is about it.
        ("2026-01-30 14:00", 10, 4, action("a", "at(2026-02-02T17:00:00)", MaxCapacity=5), V.NORMAL, ""),
        ("2026-01-30 14:00", 10, 4, action("a", "at(2026-02-02T16:00:00)", MaxCapacity=5), V.ATTENTION,
         "the runbook requires a maximum of 10 then"),
        # On the day itself, though it is the runbook's own: tasks stop.
        ("2026-02-02 14:00", 10, 8, action("a", "at(2026-02-02T17:00:00)", MaxCapacity=5), V.ATTENTION,
         "stops 3 of the 8 desired tasks immediately"),
        ("2026-02-02 14:00", 10, 4, action("a", "at(2026-02-02T17:00:00)", MaxCapacity=5), V.NORMAL, ""),
        ("2026-01-14 09:00", 5, 2, action("a", "cron(0 22 * * ? *)", MinCapacity=1), V.ATTENTION,
         "minimum 2 → 1"),
        ("2026-01-14 09:00", 5, 2, action("a", "cron(0 22 * * ? *)", MinCapacity=3), V.NORMAL, ""),
        ("2026-01-14 09:00", 5, 2, action("a", "at(2026-01-14T22:00:00)", MaxCapacity=1), V.ATTENTION,
         "AWS will reject it"),
        ("2026-01-14 09:00", 5, 2, action("a", "cron(0 22 15W * ? *)", MaxCapacity=1), V.UNKNOWN,
         "cannot be determined from cron(0 22 15W * ? *)"),
        # Months ahead, and after other runs.
        ("2026-01-14 09:00", 5, 2, action("a", "at(2026-05-01T17:00:00)", MaxCapacity=1), V.NORMAL, ""),
    ],
)  # fmt: skip
async def test_what_scheduled_actions_will_do_before_the_next_run(
    at, maximum, desired, planned, verdict, text
):
    finding = await judged(
        jst(at),
        target(maximum),
        DescribeServices={"services": [service(desired, desired)]},
        DescribeScheduledActions={"ScheduledActions": [planned]},
    )
    assert (finding.verdict, text in finding.summary) == (verdict, True), finding.summary


@pytest.mark.parametrize("undecided", [None, 0])
async def test_where_the_runbook_says_nothing_of_a_minimum_only_none_at_all_is_a_cut(undecided):
    data = BOOK.model_dump(mode="json")
    data["ecs"]["usual_min"] = undecided

    async def planned(night):
        actions = [
            action("day", "cron(0 8 * * ? *)", MinCapacity=4),
            action("night", "cron(0 22 * * ? *)", MinCapacity=night),
        ]
        return await judged(
            jst("2026-01-14 09:00"),
            target(minimum=4),
            Runbook.model_validate(data),
            DescribeServices={"services": [service(4, 4)]},
            DescribeScheduledActions={"ScheduledActions": actions},
        )

    usual = await planned(2)
    assert usual.verdict is V.UNKNOWN
    assert "ecs.usual_min" in usual.summary
    without_tasks = await planned(0)
    assert without_tasks.verdict is V.ATTENTION
    assert "minimum 4 → 0 (no task needs to run from then on)" in without_tasks.summary


@QUIET
async def test_a_suspended_schedule_cuts_nothing_and_is_reported(embedded):
    scaled = embedded.world.scaling.targets[RESOURCE]
    await ask(
        embedded.url, "application-autoscaling", "PutScheduledAction", ServiceNamespace="ecs", ResourceId=RESOURCE,
        ScalableDimension="ecs:service:DesiredCount", ScheduledActionName="night", Schedule="cron(0 22 * * ? *)",
        Timezone="Asia/Tokyo", ScalableTargetAction={"MinCapacity": 1},
    )  # fmt: skip
    scaled.suspended["ScheduledScalingSuspended"] = True
    finding = await run_inspection(embedded, "scaling")
    assert verdicts(finding) == {"Auto Scaling": V.ATTENTION}
    assert row(finding, "Auto Scaling")[2] == "scheduled actions"
    scaled.suspended = {"DynamicScalingOutSuspended": True}
    finding = await run_inspection(embedded, "scaling")
    assert row(finding, "Auto Scaling")[2] == "scale-out"
    assert "Scheduled action night" in verdicts(finding)


@QUIET
async def test_where_scaling_was_refused(embedded):
    scaled = embedded.world.scaling.targets[RESOURCE]

    def decided(minutes, *codes, status="Successful"):
        at = now(embedded) - minutes * 60
        reasons = tuple({"Code": code} for code in codes)
        text = "Setting desired count to 3."
        scaled.activities.append(DemoActivity(f"{minutes}", at, text, "", status, reasons=reasons))

    async def told():
        return row(await run_inspection(embedded, "scaling"), "Scaling activities")

    decided(60, "AlreadyAtMinCapacity", status="Unfulfilled")
    assert await told() == ("not refused", V.NORMAL, "")
    decided(50, "TargetServicePutResourceAsUnscalable", status="Unfulfilled")
    assert await told() == (
        "scaling refused", V.ATTENTION, "refused once in 24 hours, at 01-14(Wed) 09:10 JST: ECS does not allow it to be scaled",
    )  # fmt: skip
    decided(40)
    assert (await told())[:2] == ("not refused", V.NORMAL)
    decided(30, status="Failed")
    shown, verdict, note = await told()
    assert (shown, verdict, note) == (
        "scaling refused", V.ATTENTION, "refused 2 times in 24 hours, last at 01-14(Wed) 09:30 JST: Failed",
    )  # fmt: skip


UNREAD = {
    "DescribeServices": "Service",
    "DescribeScalableTargets": "Maximum number of tasks",
    "DescribeScalingPolicies": "Scaling policies",
    "DescribeScheduledActions": "Scheduled actions",
    "DescribeScalingActivities": "Scaling activities",
}


@QUIET
async def test_what_cannot_be_read_is_not_judged_and_hides_nothing_worse(embedded):
    def denied(operation=""):
        for name in ("ecs", "application-autoscaling"):
            embedded.fault(name, operation, preset="denied")

    for operation, title in UNREAD.items():
        denied(operation)
        finding = await run_inspection(embedded, "scaling")
        assert (finding.verdict, verdicts(finding)) == (V.UNKNOWN, {title: V.UNKNOWN})
        assert f":{operation}" in " ".join(finding.remarks)
        embedded.clear_faults()
    embedded.world.scaling.targets[RESOURCE].policies.clear()
    for operation in UNREAD:
        denied(operation)
        finding = await run_inspection(embedded, "scaling")
        hidden = operation == "DescribeScalingPolicies"
        assert finding.verdict is (V.UNKNOWN if hidden else V.ABNORMAL)
        embedded.clear_faults()
    denied()
    with pytest.raises(AccessDenied):
        await run_inspection(embedded, "scaling")


def no_better(after, before):
    """Not judged is never an all-clear, whatever the whole answer says."""
    return after is V.UNKNOWN or DISPLAY_ORDER.index(after) <= DISPLAY_ORDER.index(before)


NOON = jst("2026-01-14 12:00")


def troubles():
    """Complete answers, each with one thing wrong; and one with nothing."""
    at = NOON
    events = [
        {"createdAt": at - timedelta(minutes=minutes), "message": f"(service staff-api) {text}"}
        for minutes, text in ((1, "has started 1 tasks: (task a)."), (9, "has stopped 1 running tasks."))
    ]
    good = service(events=[{"createdAt": at, "message": "(service staff-api) has reached a steady state."}])
    primary = good["deployments"][0]

    def answers(row, **more):
        return {"DescribeServices": {"services": [row]}, "DescribeScalableTargets": target()} | more

    refusal = {
        "StartTime": at - timedelta(minutes=3),
        "StatusCode": "Unfulfilled",
        "Description": "Attempting to scale",
        "NotScaledReasons": [{"Code": "AlreadyAtMaxCapacity"}],
    }
    failed = primary | {"rolloutState": "FAILED", "failedTasks": 3, "rolloutStateReason": "gave up"}
    cut = action("cut", "at(2026-01-14T22:00:00)", MaxCapacity=1, MinCapacity=1)
    return {
        "nothing": answers(good),
        "short": answers(service(2, 1, events=events)),
        "failed tasks": answers(good | {"deployments": [primary | {"failedTasks": 1}]}),
        "failed rollout": answers(good | {"deployments": [failed]}),
        "draining": answers(good | {"status": "DRAINING"}),
        "refused": answers(good, DescribeScalingActivities={"ScalingActivities": [refusal]}),
        "no policy": answers(good, DescribeScalingPolicies={"ScalingPolicies": []}),
        "idle policy": answers(good, DescribeScalingPolicies={"ScalingPolicies": [POLICY | {"Alarms": []}]}),
        "cut": answers(good, DescribeScheduledActions={"ScheduledActions": [cut]}),
    }


def damaged(answer):
    """The answer without one of its keys or rows, one after another, at every depth."""
    if isinstance(answer, dict):
        lost = [{key: value for key, value in answer.items() if key != name} for name in answer]
        return lost + [answer | {key: each} for key, value in answer.items() for each in damaged(value)]
    if isinstance(answer, list):
        return [
            [*answer[:place], each, *answer[place + 1 :]]
            for place, value in enumerate(answer)
            for each in damaged(value)
        ]
    return []


async def verdict_of(at, answers):
    """The verdict; unknown for a finding of which not all was judged, unless it is abnormal."""
    answers = dict(answers)
    try:
        finding = await judged(at, answers.pop("DescribeScalableTargets"), **answers)
        is_sure = finding.complete or finding.verdict is V.ABNORMAL
        return finding.verdict if is_sure else V.UNKNOWN
    except AwsError:
        return V.UNKNOWN


@pytest.mark.parametrize("trouble", list(troubles()))
async def test_an_answer_that_lacks_something_is_never_judged_better(trouble):
    whole = troubles()[trouble]
    before = await verdict_of(NOON, whole)
    assert (before is V.NORMAL) is (trouble == "nothing")
    tried = 0
    for operation, answer in whole.items():
        for reply in damaged(answer):
            if next(iter(answer)) not in reply:
                reply = failure(ProblemKind.INCOMPLETE)  # the session refuses it before any reader sees it
            after = await verdict_of(NOON, whole | {operation: reply})
            tried += 1
            assert no_better(after, before), (operation, reply)
    assert tried > 10
