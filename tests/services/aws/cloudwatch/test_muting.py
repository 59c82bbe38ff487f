from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.codes import UNKNOWN_OPERATION
from services.aws.client.errors import AwsError
from services.aws.cloudwatch.alarms.mute_rules import MuteRules, mute_of
from services.clock import ManualClock
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from tests.services.aws.canned import Canned, failure
from tests.services.aws.cloudwatch.test_alarms import book, metric
from tests.services.inspections.running_world import context, run_inspection
from tests.tools.recorded import recording

V = Verdict
NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
ARN = "arn:aws:cloudwatch:ap-northeast-1:1:alarm-mute-rule:night work"
SUMMARY = {"AlarmMuteRuleArn": ARN, "Status": "ACTIVE", "LastUpdatedTimestamp": NOW}
LISTED = {"AlarmMuteRuleSummaries": [SUMMARY]}
SCHEDULE = {"Expression": "at(2026-04-01T11:30)", "Duration": "PT1H", "Timezone": "Asia/Tokyo"}


def rule(targets):
    return {"Name": "night work", "Rule": {"Schedule": SCHEDULE}, "MuteTargets": targets}


# ── On the embedded AWS, where a rule mutes one alarm and another alarm's actions are off ─────────────


MUTED = pytest.mark.scenario("alarm-missing", history=3600)


def muted(finding):
    return any("muted by maintenance-work" in each.note for each in finding.measures)


def unknown(finding):
    (measure,) = [each for each in finding.measures if each.title == "Mute rules"]
    assert measure.verdict is V.UNKNOWN
    return "It is not known which alarms are muted." in finding.summary


@MUTED
@pytest.mark.parametrize("operation", ["ListAlarmMuteRules", "GetAlarmMuteRule"])
@pytest.mark.parametrize(
    "answer",
    [
        {"status": 400, "code": "ValidationError"},
        {"status": 400, "code": "InvalidParameterValue"},
        {"status": 400, "code": "SomethingNew"},
        {"status": 404, "code": "ResourceNotFoundException"},
        {"status": 404, "code": "404"},
        {"status": 500, "code": "InternalFailure"},
        {"preset": "denied"},
        {"mode": "empty"},
        {"mode": "truncated"},
    ],
    ids=str,
)
async def test_no_refusal_and_no_empty_answer_says_that_nothing_is_muted(embedded, operation, answer):
    assert muted(await run_inspection(embedded, "alarms", hours=0.5))
    embedded.fault("cloudwatch", operation, **answer)
    assert unknown(await run_inspection(embedded, "alarms", hours=0.5))


@MUTED
@pytest.mark.parametrize("code", sorted(UNKNOWN_OPERATION))
async def test_an_endpoint_without_mute_rules_says_so_and_mutes_nothing(embedded, code):
    embedded.fault("cloudwatch", "ListAlarmMuteRules", status=400, code=code)
    finding = await run_inspection(embedded, "alarms", hours=0.5)
    assert not muted(finding)
    assert "Mute rules" not in {each.title for each in finding.measures}
    assert "This endpoint has no mute rules; no alarm is treated as muted." in finding.remarks
    # It lists rules and cannot show one: then it has some.
    embedded.clear_faults()
    embedded.fault("cloudwatch", "GetAlarmMuteRule", status=400, code=code)
    assert unknown(await run_inspection(embedded, "alarms", hours=0.5))


@MUTED
async def test_a_rule_that_names_an_alarm_which_is_not_there_costs_a_remark(embedded):
    settings = next(iter(embedded.world.alarms.mutes.rules.values())).settings
    text = "The mute rule maintenance-work names alarms that AWS does not have: {name}. Those names mute nothing."
    before = await run_inspection(embedded, "scaling")
    for names, gone in ((["alb-latency-high", "gone"], "gone"), (["of-another-team"], "of-another-team")):
        settings["MuteTargets"] = {"AlarmNames": names}
        finding = await run_inspection(embedded, "alarms", hours=0.5)
        assert text.format(name=gone) in finding.remarks
        assert "Mute rules" not in {each.title for each in finding.measures}
        assert "It is not known which alarms are muted." not in finding.summary
        assert muted(finding) == ("alb-latency-high" in names), "what it names and AWS has is muted"
        scaling = await run_inspection(embedded, "scaling")
        assert (scaling.verdict, scaling.measures) == (before.verdict, before.measures)
        assert text.format(name=gone) in scaling.remarks
    settings["MuteTargets"] = {"AlarmNames": ["alb-latency-high", "mem\ufffd"]}
    assert unknown(await run_inspection(embedded, "alarms", hours=0.5)), (
        "a name that cannot be read may be any alarm's"
    )


@MUTED
async def test_whether_actions_run_is_not_guessed(embedded):
    alarm = embedded.world.alarms.get("rds-cpu-high")
    assert alarm is not None
    del alarm.settings["ActionsEnabled"]
    finding = await run_inspection(embedded, "alarms", hours=0.5)
    (measure,) = [each for each in finding.measures if each.title == "RDS CPU"]
    assert (measure.verdict, measure.note) == (
        V.UNKNOWN,
        "AWS did not report whether its actions are enabled",
    )
    assert "not known whether anyone is notified: RDS CPU" in finding.summary


# ── On canned answers ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "targets",
    [
        None, "x", [], {}, {"AlarmNames": None}, {"AlarmNames": []}, {"AlarmNames": "cpu"}, {"AlarmNames": [""]},
        {"AlarmNames": ["cpu", None]}, {"AlarmNames": ["cpu", "mem\ufffd"]}, {"AlarmNames": ["cpu", 7]},
    ],
    ids=str,
)  # fmt: skip
async def test_a_rule_whose_alarms_cannot_be_read_is_not_one_that_mutes_nothing(targets):
    canned = Canned(ListAlarmMuteRules=LISTED, GetAlarmMuteRule=rule(targets))
    mutes = MuteRules(canned)
    for _time in range(2):
        muting = await mutes.read(NOW)
        assert not muting.is_complete
        assert muting.remarks == ("AWS did not report which alarms the mute rule night work mutes.",)
    assert len(canned.asked("GetAlarmMuteRule")) == 2, "a damaged answer is not remembered"
    canned.answers["GetAlarmMuteRule"] = rule({"AlarmNames": ["cpu"]})
    assert (await mutes.read(NOW)).is_complete


@given(
    names=st.lists(st.text(min_size=1, max_size=5), max_size=4),
    damage=st.sampled_from([None, 7, "", "a\ufffd", {"a": 1}]),
    at=st.integers(0, 4),
)
def test_one_name_that_cannot_be_read_is_enough(names, damage, at):
    whole = mute_of(rule({"AlarmNames": names}), ARN, NOW)
    readable = [name for name in names if "\ufffd" not in name]
    assert whole.is_complete == (bool(names) and len(readable) == len(names))
    assert whole.alarms == set(readable)
    broken = mute_of(rule({"AlarmNames": [*names[:at], damage, *names[at:]]}), ARN, NOW)
    assert not broken.is_complete
    assert broken.alarms == set(readable)


@MUTED
async def test_an_answer_without_the_list_is_one_of_no_active_rule(embedded):
    # AWS's model marks the list optional; an answer with an empty body is damaged all the same.
    async with recording() as answers, context(embedded) as started:
        mutes = MuteRules(started.reader)
        assert (await mutes.read(NOW)).names == {"alb-latency-high"}
        key = "AlarmMuteRuleSummaries"
        (lost,) = (
            each for each in answers.all_mutations() if (each.steps[-1:], each.kind) == ((key,), "missing")
        )
        answers.begin(lost)
        muting = await mutes.read(NOW)
        assert answers.touched
        assert (muting.mutes, muting.remarks, muting.is_complete) == ((), (), True)


async def test_a_rule_without_its_name_is_asked_for_by_no_other():
    canned = Canned(ListAlarmMuteRules={"AlarmMuteRuleSummaries": [{"Status": "ACTIVE"}]})
    assert not (await MuteRules(canned).read(NOW)).is_complete
    assert canned.asked("GetAlarmMuteRule") == []


@pytest.mark.parametrize(
    ("error", "remembered"),
    [(kind, kind in (ProblemKind.ACCESS_DENIED, ProblemKind.REFUSED)) for kind in ProblemKind if kind in (
        ProblemKind.ACCESS_DENIED, ProblemKind.REFUSED, ProblemKind.INVALID, ProblemKind.INCOMPLETE,
        ProblemKind.NOT_FOUND, ProblemKind.THROTTLED, ProblemKind.UNAVAILABLE, ProblemKind.UNREACHABLE,
    )],
)  # fmt: skip
async def test_only_a_refusal_that_lasts_is_remembered_and_for_an_hour(error, remembered):
    canned, clock = Canned(ListAlarmMuteRules=failure(error)), ManualClock(NOW)
    mutes = MuteRules(canned)
    for _time in range(3):
        muting = await mutes.read(clock.now())
        assert not muting.is_complete
        assert muting.remarks == ("Mute rules could not be read: refused",)
    assert len(canned.asked("ListAlarmMuteRules")) == (1 if remembered else 3)
    canned.answers["ListAlarmMuteRules"] = {"AlarmMuteRuleSummaries": []}
    for step in (timedelta(hours=1), -timedelta(days=3)):
        assert (await mutes.read(NOW + step)).is_complete, "a clock set back makes the hour no longer"


async def test_alarms_by_name_are_asked_for_with_those_that_rules_name_a_hundred_at_a_time():
    from services.aws.cloudwatch.alarms.reader import Alarms

    names = [f"a{number:03}" for number in range(150)]
    targets = ["a001", *(f"m{number:02}" for number in range(80))]
    canned = Canned(
        DescribeAlarms=lambda params: {"MetricAlarms": [metric(name) for name in params["AlarmNames"]]},
        ListAlarmMuteRules=LISTED,
        GetAlarmMuteRule=rule({"AlarmNames": targets}),
    )
    reader = Alarms(canned, book(), clock=ManualClock(NOW))
    overview = await reader.named(names)
    assert [alarm.id for alarm in overview.alarms] == names
    assert [alarm.id for alarm in overview.alarms if alarm.muted_by] == ["a001"]
    assert overview.mutes_read
    assert [len(request["AlarmNames"]) for request in canned.asked("DescribeAlarms")] == [100, 100, 30]
    canned.calls.clear()
    assert (await reader.named([])).alarms == ()
    assert canned.calls == [], "no name is not every alarm"


def test_a_suppressed_composite_counts_as_muted():
    from services.aws.cloudwatch.alarms.parsing import composite_alarm

    row = {"AlarmName": "all", "StateValue": "ALARM", "ActionsSuppressedBy": "Alarm"}
    assert composite_alarm(row).muted_by == "another alarm"


async def test_a_request_refused_for_another_reason_does_not_end_the_reading_of_log_alarms():
    from services.aws.cloudwatch.alarms.reader import Alarms

    canned = Canned(DescribeAlarms=failure(ProblemKind.INVALID, detail="ValidationError: no"))
    reader = Alarms(canned, book(), clock=ManualClock(NOW))
    with pytest.raises(AwsError):
        await reader.overview()
    canned.answers |= {
        "DescribeAlarms": {"MetricAlarms": [metric("a")]},
        "ListAlarmMuteRules": {"AlarmMuteRuleSummaries": []},
    }
    assert (await reader.overview()).remarks == ()
    assert all("LogAlarm" in request["AlarmTypes"] for request in canned.asked("DescribeAlarms"))
