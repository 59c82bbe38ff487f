"""Whether the alarms of the scaling policies can set them off: on the embedded AWS, and on damaged answers."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.cloudwatch.alarms.states import State
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from tests.services.aws.canned import failure
from tests.services.duties.duty_world import jst
from tests.services.inspections.running_world import run_inspection
from tests.services.inspections.scaling.test_scaling_inspection import (
    HIGH,
    HIGH_ROW,
    LOW,
    LOW_ROW,
    POLICY,
    alarm_row,
    judged,
    service,
    target,
    verdicts,
)
from tests.services.inspections.scaling.test_scaling_service import damaged, no_better, row, verdict_of

V = Verdict
TITLE = "Alarms of the scaling policies"
NAME = "staff-api-cpu60"
WORLD = pytest.mark.scenario("ordinary-day", history=1200)
AGAIN = f"Have the scaling policy {NAME} registered again from the system's definition: AWS then recreates its alarms."


def alarm(embedded, way):
    (scaling_alarm,) = [each for each in embedded.world.alarms.alarms.values() if f"-{way}-" in each.name]
    return scaling_alarm


def deleted(embedded, scaling_alarm):
    embedded.world.alarms.delete(scaling_alarm)


def disabled(embedded, scaling_alarm):
    embedded.world.alarms.enable_actions(scaling_alarm, False)


def unwired(_embedded, scaling_alarm):
    scaling_alarm.settings["AlarmActions"] = ["arn:aws:sns:ap-northeast-1:123456789012:ops-alerts"]


def wired_elsewhere(_embedded, scaling_alarm):
    scaling_alarm.settings["AlarmActions"] = [
        arn.replace("scalingPolicy:", "scalingPolicy:f") for arn in scaling_alarm.settings["AlarmActions"]
    ]


def muted(embedded, scaling_alarm):
    schedule = {"Expression": "at(2026-01-14T00:30)", "Duration": "P1D", "Timezone": "UTC"}
    settings = {
        "Name": "work",
        "Rule": {"Schedule": schedule},
        "MuteTargets": {"AlarmNames": [scaling_alarm.name]},
    }
    began = embedded.clock.now() - timedelta(hours=1)
    embedded.world.alarms.mutes.put(scaling_alarm.region, settings, began)


def stuck(embedded, scaling_alarm):
    scaling_alarm.state, scaling_alarm.transitioned = (
        State.INSUFFICIENT,
        embedded.clock.now() - timedelta(minutes=16),
    )


def just_made(embedded, scaling_alarm):
    scaling_alarm.state, scaling_alarm.transitioned = (
        State.INSUFFICIENT,
        embedded.clock.now() - timedelta(minutes=14),
    )


def quiet(embedded, scaling_alarm):
    """Scaling by requests, of which there are none at night."""
    stuck(embedded, scaling_alarm)
    scaling_alarm.settings |= {"Namespace": "AWS/ApplicationELB", "MetricName": "RequestCountPerTarget"}


def said(finding):
    return next((part for part in finding.summary.split(". ") if "scaling policy" in part), "")


@WORLD
async def test_alarms_that_work_are_all_right(embedded):
    finding = await run_inspection(embedded, "scaling")
    assert row(finding, TITLE) == ("2 of 2 can trigger them", V.NORMAL, "")


@WORLD
@pytest.mark.parametrize(
    ("fault", "ways", "verdict", "text", "advice"),
    [
        (deleted, ("High", "Low"), V.ABNORMAL, "its alarm AlarmHigh does not exist; its alarm AlarmLow does not exist", AGAIN),
        (deleted, ("High",), V.ABNORMAL, "its alarm AlarmHigh does not exist", AGAIN),
        # It still starts tasks, and takes none back.
        (deleted, ("Low",), V.ATTENTION, "its alarm AlarmLow does not exist", AGAIN),
        (disabled, ("High", "Low"), V.ABNORMAL, "the actions of its alarm AlarmHigh are disabled", "Ask who disabled the actions of TargetTracking-"),
        (disabled, ("Low",), V.ATTENTION, "the actions of its alarm AlarmLow are disabled", "Ask who disabled the actions of TargetTracking-"),
        (unwired, ("High",), V.ABNORMAL, "its alarm AlarmHigh does not trigger it", AGAIN),
        (wired_elsewhere, ("High",), V.ABNORMAL, "its alarm AlarmHigh does not trigger it", AGAIN),
        (muted, ("High",), V.ATTENTION, "its alarm AlarmHigh is muted by work until 01-15(Thu) 09:30 JST", "Ask who muted TargetTracking-"),
        (stuck, ("High", "Low"), V.ATTENTION, "its alarm AlarmHigh has had no data since 01-14(Wed) 09:44 JST", "reports CPUUtilization"),
        (just_made, ("High", "Low"), V.NORMAL, "", ""),
        (quiet, ("High", "Low"), V.NORMAL, "", ""),
    ],
)  # fmt: skip
async def test_scaling_that_cannot_work_is_reported(embedded, fault, ways, verdict, text, advice):
    with embedded.world.lock:
        for way in ways:
            fault(embedded, alarm(embedded, f"Alarm{way}"))
    finding = await run_inspection(embedded, "scaling")
    assert finding.verdict is verdict, finding.summary
    assert row(finding, TITLE)[1] is verdict
    assert text in row(finding, TITLE)[2]
    if text:
        assert said(finding).startswith(f"staff-api: scaling policy {NAME}: {text}")
        assert any(advice in each for each in finding.advice), finding.advice
    # Where nothing starts tasks, the runbook's own words on a high load stand there, too.
    advises_manual_tasks = any("Add tasks by hand" in each for each in finding.advice)
    assert advises_manual_tasks == (verdict is V.ABNORMAL)


@WORLD
async def test_a_mute_that_cannot_be_read_is_not_none_and_costs_two_requests(embedded):
    muted(embedded, alarm(embedded, "AlarmHigh"))
    before = embedded.counts()
    assert row(await run_inspection(embedded, "scaling"), TITLE)[1] is V.ATTENTION
    after = embedded.counts()
    asked = {name: after[name] - before.get(name, 0) for name in after if name.startswith("cloudwatch.")}
    assert {name: count for name, count in asked.items() if count} == {
        "cloudwatch.DescribeAlarms": 1,
        "cloudwatch.ListAlarmMuteRules": 1,
        "cloudwatch.GetAlarmMuteRule": 1,
    }
    for operation in ("ListAlarmMuteRules", "GetAlarmMuteRule"):
        embedded.fault("cloudwatch", operation, status=400, code="ValidationError")
        finding = await run_inspection(embedded, "scaling")
        assert (finding.verdict, verdicts(finding)) == (V.UNKNOWN, {TITLE: V.UNKNOWN})
        assert "not known which alarms are muted" in finding.summary
        assert any("Mute rules could not be read" in each for each in finding.remarks)
        embedded.clear_faults()
    embedded.fault("cloudwatch", "DescribeAlarms", preset="denied")
    finding = await run_inspection(embedded, "scaling")
    assert (finding.verdict, verdicts(finding)) == (V.UNKNOWN, {TITLE: V.UNKNOWN})
    assert any("cloudwatch:DescribeAlarms" in each for each in finding.remarks)


# ── On canned answers ────────────────────────────────────────────────────────────────────────────────────────

NOON = jst("2026-01-14 12:00")


async def alarms_judged(*rows, policies=(POLICY,), **more):
    finding = await judged(
        NOON,
        target(),
        DescribeAlarms={"MetricAlarms": list(rows)},
        DescribeScalingPolicies={"ScalingPolicies": list(policies)},
        **more,
    )
    measures = [each for each in finding.measures if each.title == TITLE]
    return (measures[0].verdict or V.NORMAL, str(measures[0].note)) if measures else (V.NORMAL, "no row")


def step(name, *alarms, id="5e6f"):
    arn = POLICY["PolicyARN"].replace("0a1b", id)
    return {
        "PolicyARN": arn,
        "PolicyName": name,
        "PolicyType": "StepScaling",
        "Alarms": [
            {"AlarmName": each, "AlarmARN": f"arn:aws:cloudwatch:r:1:alarm:{each}"} for each in alarms
        ],
    }


def runs(policy, name, **more):
    return alarm_row(name, "LessThanThreshold", AlarmActions=[policy["PolicyARN"]], **more)


async def test_a_second_policy_that_works_makes_a_broken_one_less_grave():
    other = step("memory", "memory-free-low")
    works, off = runs(other, "memory-free-low"), runs(other, "memory-free-low", ActionsEnabled=False)
    both = (POLICY, other)
    assert await alarms_judged(HIGH_ROW, LOW_ROW, works, policies=both) == (V.NORMAL, "")
    verdict, note = await alarms_judged(works, policies=both)
    assert verdict is V.ATTENTION
    assert note.count("does not exist") == 2
    assert (await alarms_judged(off, policies=both))[0] is V.ABNORMAL
    assert (await alarms_judged(HIGH_ROW, LOW_ROW, off, policies=both))[0] is V.ATTENTION
    forecast = {
        "PolicyARN": POLICY["PolicyARN"],
        "PolicyName": "forecast",
        "PolicyType": "PredictiveScaling",
        "PredictiveScalingPolicyConfiguration": {"MetricSpecifications": [], "Mode": "ForecastAndScale"},
    }
    assert (await alarms_judged(policies=(POLICY, forecast)))[0] is V.ATTENTION
    assert await alarms_judged(policies=(forecast,)) == (V.NORMAL, "no row")


async def test_a_service_that_wants_no_task_has_no_cpu_to_measure():
    blind = {"StateValue": "INSUFFICIENT_DATA", "StateTransitionedTimestamp": NOON - timedelta(hours=10)}
    rows = (HIGH_ROW | blind, LOW_ROW | blind)
    night, day = ({"DescribeServices": {"services": [service(each, each)]}} for each in (0, 2))
    assert await alarms_judged(*rows, **night) == (V.NORMAL, "")
    verdict, note = await alarms_judged(*rows, **day)
    assert (verdict, note.count("has had no data since")) == (V.ATTENTION, 2)
    # A queue is measured without tasks, and disabled actions are no matter of data.
    queue = [each | {"Namespace": "AWS/SQS", "MetricName": "QueueDepth"} for each in rows]
    assert (await alarms_judged(*queue, **night))[0] is V.ATTENTION
    assert (await alarms_judged(*(each | {"ActionsEnabled": False} for each in rows), **night))[
        0
    ] is V.ABNORMAL
    unread = {"DescribeServices": failure(ProblemKind.INCOMPLETE)}
    assert (await alarms_judged(*rows, **unread))[0] is V.ATTENTION


async def test_a_policy_that_does_not_scale_in_has_no_alarm_for_it():
    high = [each for each in POLICY["Alarms"] if each["AlarmName"] != LOW]
    alone = POLICY | {"Alarms": high}
    assert (await alarms_judged(HIGH_ROW, policies=(alone,)))[0] is V.UNKNOWN
    tracking = {"TargetValue": 60.0, "DisableScaleIn": True}
    alone |= {"TargetTrackingScalingPolicyConfiguration": tracking}
    assert await alarms_judged(HIGH_ROW, policies=(alone,)) == (V.NORMAL, "")


@given(
    low_minutes=st.integers(0, 40),
    enabled=st.sampled_from([True, False, None]),
    state=st.sampled_from(["OK", "ALARM", "INSUFFICIENT_DATA", "?"]),
    wired=st.booleans(),
    there=st.booleans(),
)
async def test_it_is_normal_only_if_everything_that_scaling_needs_was_read(
    low_minutes, enabled, state, wired, there
):
    more: dict[str, Any] = {"ActionsEnabled": enabled, "StateValue": state}
    more["StateTransitionedTimestamp"] = NOON - timedelta(minutes=low_minutes)
    if not wired:
        more["AlarmActions"] = []
    verdict, _note = await alarms_judged(*([HIGH_ROW | more] if there else []), LOW_ROW)
    blind = state not in ("OK", "ALARM") and low_minutes >= 15
    fine = there and wired and enabled is True and not blind
    assert (verdict is V.NORMAL) == fine
    assert (verdict is V.ABNORMAL) == (not there or enabled is False or not wired)


def troubles():
    off = {"MetricAlarms": [HIGH_ROW | {"ActionsEnabled": False}, LOW_ROW]}
    low_off = {"MetricAlarms": [HIGH_ROW, LOW_ROW | {"ActionsEnabled": False}]}
    gone = {"MetricAlarms": [LOW_ROW]}
    since = {"StateValue": "INSUFFICIENT_DATA", "StateTransitionedTimestamp": NOON - timedelta(hours=1)}
    blind = {"MetricAlarms": [HIGH_ROW | since, LOW_ROW | since]}
    silent = {
        "ListAlarmMuteRules": {
            "AlarmMuteRuleSummaries": [{"AlarmMuteRuleArn": "arn:aws:cloudwatch:r:1:alarm-mute-rule:x"}]
        },
        "GetAlarmMuteRule": {"Name": "x", "MuteTargets": {"AlarmNames": [LOW]}},
    }
    policies = {"ScalingPolicies": [POLICY]}
    return {
        "nothing": {
            "DescribeAlarms": {"MetricAlarms": [HIGH_ROW, LOW_ROW]},
            "DescribeScalingPolicies": policies,
        },
        "off": {"DescribeAlarms": off, "DescribeScalingPolicies": policies},
        "low off": {"DescribeAlarms": low_off, "DescribeScalingPolicies": policies},
        "gone": {"DescribeAlarms": gone, "DescribeScalingPolicies": policies},
        "blind": {"DescribeAlarms": blind, "DescribeScalingPolicies": policies},
        "muted": silent | {"DescribeAlarms": {"MetricAlarms": [HIGH_ROW, LOW_ROW]}},
    }


@pytest.mark.parametrize("trouble", list(troubles()))
async def test_damaged_alarms_and_mutes_are_never_judged_better(trouble):
    whole = {"DescribeScalableTargets": target()} | troubles()[trouble]
    before = await verdict_of(NOON, whole)
    assert (before is V.NORMAL) is (trouble == "nothing")
    tried = 0
    for operation, answer in troubles()[trouble].items():
        for reply in damaged(answer):
            if operation != "GetAlarmMuteRule" and next(iter(answer)) not in reply:
                reply = failure(ProblemKind.INCOMPLETE)  # the session refuses it before any reader sees it
            after = await verdict_of(NOON, whole | {operation: reply})
            tried += 1
            assert no_better(after, before), (operation, reply)
    assert tried > 5


async def test_a_refusal_is_shown_beside_a_decision_without_its_time():
    def decided(at, **more):
        time = {"StartTime": at} if at else {}
        return {"StatusCode": "Successful", "Description": "Setting desired count to 3.", **time, **more}

    refused = decided(
        NOON - timedelta(minutes=5),
        StatusCode="Unfulfilled",
        NotScaledReasons=[{"Code": "AlreadyAtMaxCapacity"}],
    )
    for undated in (decided(None), decided(None, StatusCode="Failed")):
        for activities in ([refused, undated], [undated, refused]):
            finding = await judged(
                NOON, target(), DescribeScalingActivities={"ScalingActivities": activities}
            )
            _shown, verdict, note = row(finding, "Scaling activities")
            assert verdict is V.UNKNOWN
            assert note.startswith("AWS returned activities without a time; refused once in 24 hours")


@pytest.mark.parametrize("name", ["", "another", HIGH + "\ufffd", None])
async def test_an_alarm_that_was_not_asked_for_may_be_one_that_was(name):
    for rows in (
        (HIGH_ROW, LOW_ROW | {"AlarmName": name}),
        (HIGH_ROW, LOW_ROW, LOW_ROW | {"AlarmName": name}),
    ):
        assert (await alarms_judged(*rows))[0] is V.UNKNOWN
