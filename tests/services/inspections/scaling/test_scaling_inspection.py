from datetime import UTC, timedelta

import pytest

from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.inspections.scaling.scaling_inspection import Timeline
from services.models.problem import ProblemKind
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.aws.canned import Canned, failure
from tests.services.duties.duty_world import jst
from tests.services.inspections.running_world import missing_setting, run_inspection

BOOK = load_builtin("facility-prod")
V = Verdict
MAXIMUM = "Maximum number of tasks"


def verdicts(finding):
    """Those that are not normal."""
    return {each.title: each.verdict for each in finding.measures if each.verdict is not V.NORMAL}


@pytest.mark.scenario("ecs-cpu", history=3600)
async def test_a_service_at_its_maximum_is_reported_with_whom_to_call(embedded):
    finding = await run_inspection(embedded, "scaling")
    assert verdicts(finding) == {"Desired tasks": V.ATTENTION, "Scaling activities": V.ATTENTION}
    assert finding.summary.startswith("staff-api is at its maximum: 5 desired, maximum 5. ")
    assert (
        "could not (refused 5 times in 24 hours, last at 01-14(Wed) 10:00 JST: already at the maximum)"
        in finding.summary
    )
    assert (
        "The number of tasks is at its maximum: Report to the PM; raise the maximum for a time"
        in finding.advice
    )
    assert finding.advice[-1].startswith("PM (project manager) (UNDECIDED")
    assert finding.window is None


def target(maximum=5, minimum=2, *, suspended=False):
    state = {
        "DynamicScalingInSuspended": suspended,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }
    row = {"MinCapacity": minimum, "MaxCapacity": maximum, "SuspendedState": state}
    return {"ScalableTargets": [row]}


POLICY_ARN = "arn:aws:autoscaling:r:1:scalingPolicy:0a1b:resource/ecs/service/facility-prod-cluster/staff-api:policyName/cpu60"
HIGH, LOW = (
    f"TargetTracking-service/facility-prod-cluster/staff-api-Alarm{way}-0a1b" for way in ("High", "Low")
)
POLICY = {
    "PolicyARN": POLICY_ARN,
    "PolicyName": "cpu60",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60.0},
    "Alarms": [
        {"AlarmName": name, "AlarmARN": f"arn:aws:cloudwatch:r:1:alarm:{name}"} for name in (HIGH, LOW)
    ],
}


def alarm_row(name, comparison, **more):
    return {
        "AlarmName": name,
        "StateValue": "OK",
        "StateTransitionedTimestamp": jst("2026-01-10 09:00"),
        "ActionsEnabled": True,
        "AlarmActions": [f"{POLICY_ARN}:createdBy/5c4d"],
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "ComparisonOperator": comparison,
        **more,
    }


HIGH_ROW, LOW_ROW = alarm_row(HIGH, "GreaterThanThreshold"), alarm_row(LOW, "LessThanThreshold")


def service(desired=2, running=2, **more):
    deployment = {
        "id": "ecs-svc/1",
        "status": "PRIMARY",
        "rolloutState": "COMPLETED",
        "rolloutStateReason": "ECS deployment ecs-svc/1 completed.",
        "desiredCount": desired,
        "runningCount": running,
        "pendingCount": 0,
        "failedTasks": 0,
        "taskDefinition": "arn:aws:ecs:r:1:task-definition/staff-api:42",
        "createdAt": jst("2026-01-01 09:00"),
    }
    row = {
        "serviceName": "staff-api",
        "status": "ACTIVE",
        "desiredCount": desired,
        "runningCount": running,
        "pendingCount": 0,
        "deployments": [deployment],
        "events": [],
    }
    return row | more


ACTION = {
    "ScheduledActionName": "toban-revert-1",
    "Schedule": "at(2026-02-02T17:00:00)",
    "Timezone": "Asia/Tokyo",
    "ScalableTargetAction": {"MaxCapacity": 5},
}


async def judged(at, targets, runbook=BOOK, memory=None, **more):
    answers = {
        "DescribeScalableTargets": targets,
        "DescribeServices": {"services": [service()]},
        "DescribeScheduledActions": {"ScheduledActions": [ACTION]},
        "DescribeScalingPolicies": {"ScalingPolicies": [POLICY]},
        "DescribeScalingActivities": {"ScalingActivities": []},
        "DescribeAlarms": {"MetricAlarms": [HIGH_ROW, LOW_ROW]},
        "ListAlarmMuteRules": {"AlarmMuteRuleSummaries": []},
    }
    context = InspectionContext(
        runbook=runbook,
        calendar=Calendar(runbook),
        clock=ManualClock(at.astimezone(UTC)),
        region="ap-northeast-1",
        reader=Canned(**answers | more),
        memory={} if memory is None else memory,
    )
    until = at.astimezone(UTC)
    return await make(context, "scaling").run(
        InspectionRequest(since=until - timedelta(hours=16), until=until)
    )


@pytest.mark.parametrize(
    ("at", "maximum", "verdict"),
    [
        ("2026-01-14 09:00", 5, V.NORMAL),
        ("2026-01-14 09:00", 10, V.ATTENTION),
        ("2026-01-28 08:59", 5, V.NORMAL),
        ("2026-01-28 09:00", 5, V.ATTENTION),  # the third last open day of the month
        ("2026-01-30 14:00", 10, V.NORMAL),
        ("2026-02-02 16:59", 10, V.NORMAL),
        ("2026-02-02 17:00", 10, V.ATTENTION),  # the first open day of the next
        ("2026-02-02 17:00", 5, V.NORMAL),
        ("2026-03-31 12:00", 10, V.NORMAL),
    ],
)  # fmt: skip
async def test_what_is_expected_follows_the_runbooks_calendar(at, maximum, verdict):
    finding = await judged(jst(at), target(maximum))
    assert finding.verdict is verdict
    assert verdicts(finding) == ({} if verdict is V.NORMAL else {MAXIMUM: verdict})


async def test_it_says_which_change_to_make_and_what_aws_will_do_by_itself():
    finding = await judged(jst("2026-01-28 09:00"), target(5))
    assert finding.summary == "staff-api: the maximum task count is 5, but the runbook requires 10 now."
    assert "toban change task-limit --max 10 --plan" in finding.advice[0]
    assert any("limit of connections" in each for each in finding.advice)
    assert finding.evidence[0].rows[0].cells == (
        "staff-api", "toban-revert-1", "02-02(Mon) 17:00 JST: maximum 5",
    )  # fmt: skip
    assert finding.remarks[-1].startswith("Next change per the runbook: 02-02(Mon) 17:00 JST")


async def test_not_registered_is_abnormal_and_suspended_asks_for_attention():
    at = jst("2026-01-14 09:00")
    finding = await judged(at, {"ScalableTargets": []})
    assert (finding.verdict, verdicts(finding)) == (V.ABNORMAL, {MAXIMUM: V.ABNORMAL})
    finding = await judged(at, target(suspended=True))
    assert verdicts(finding) == {"Auto Scaling": V.ATTENTION}
    finding = await judged(at, target(minimum=1))
    assert verdicts(finding) == {"Minimum number of tasks": V.ATTENTION}


async def test_a_part_that_cannot_be_read_is_unknown_and_the_rest_is_judged():
    at = jst("2026-01-14 09:00")
    refused = failure(ProblemKind.ACCESS_DENIED, "no DescribeScheduledActions")
    finding = await judged(at, target(), DescribeScheduledActions=refused)
    assert (finding.verdict, verdicts(finding)) == (V.UNKNOWN, {"Scheduled actions": V.UNKNOWN})
    assert "no DescribeScheduledActions" in finding.remarks[0]
    assert "Scheduled actions: not judged" in finding.summary
    data = BOOK.model_dump(mode="json")
    data["ecs"]["services"] = ["staff-api", "batch"]

    def one_refused(params):
        return target() if params["ResourceIds"][0].endswith("staff-api") else refused

    finding = await judged(at, one_refused, Runbook.model_validate(data))
    assert (finding.verdict, verdicts(finding)) == (V.UNKNOWN, {f"{MAXIMUM} (batch)": V.UNKNOWN})
    assert f"{MAXIMUM} (staff-api)" in {each.title for each in finding.measures}


async def test_a_runbook_without_such_duties_always_expects_the_usual_maximum():
    data = BOOK.model_dump(mode="json") | {"duties": []}
    runbook = Runbook.model_validate(data)
    at = jst("2026-01-28 09:00")
    assert Timeline(Calendar(runbook), runbook, "scaling", at, at).slot_at(at) is None
    assert (await judged(jst("2026-01-28 09:00"), target(5), runbook)).verdict is V.NORMAL
    up = [each for each in BOOK.model_dump(mode="json")["duties"] if each["id"] == "month-end-scale-up"]
    runbook = Runbook.model_validate(data | {"duties": up})
    for maximum in (5, 10):
        finding = await judged(jst("2026-01-14 09:00"), target(maximum), runbook)
        assert finding.verdict is V.NORMAL
        assert "no duty scale-down" in finding.remarks[-1]


def test_what_it_lacks():
    assert missing_setting("scaling", BOOK) == ""
    assert missing_setting("scaling", BOOK.model_copy(update={"ecs": None})) == "ecs"
    ecs = BOOK.ecs.model_copy(update={"usual_max": None})
    assert missing_setting("scaling", BOOK.model_copy(update={"ecs": ecs})) == "ecs.usual_max"
