from datetime import UTC, datetime

import pytest

from services.aws.client.errors import Incomplete
from services.aws.cloudwatch.alarms.mute_rules import MuteRules
from services.models.problem import ProblemKind
from tests.services.aws.canned import Canned, failure

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
ARN = "arn:aws:cloudwatch:ap-northeast-1:1:alarm-mute-rule:"
RULE = {
    "Name": "toban-1",
    "Status": "SCHEDULED",
    "Description": "maintenance",
    "Rule": {
        "Schedule": {"Expression": "at(2026-04-01T13:00)", "Duration": "PT2H", "Timezone": "Asia/Tokyo"}
    },
    "MuteTargets": {"AlarmNames": ["rds-cpu-high", "alb-latency-high"]},
}


async def test_a_rule_with_its_end():
    rule = await MuteRules(Canned(GetAlarmMuteRule=RULE)).named("toban-1", NOW)
    assert (rule.id, rule.status, rule.description) == ("toban-1", "SCHEDULED", "maintenance")
    assert rule.alarms == ("alb-latency-high", "rds-cpu-high")
    assert rule.until == datetime(2026, 4, 1, 6, 0, tzinfo=UTC)


async def test_there_is_no_such_rule():
    canned = Canned(GetAlarmMuteRule=failure(ProblemKind.NOT_FOUND))
    assert await MuteRules(canned).named("toban-1", NOW) is None


@pytest.mark.parametrize("change", [{"Status": "SOON"}, {"Name": ""}, {"Name": "\ufffd"}])
async def test_a_rule_that_is_not_whole_is_none(change):
    with pytest.raises(Incomplete):
        await MuteRules(Canned(GetAlarmMuteRule=RULE | change)).named("toban-1", NOW)


async def test_the_rules_of_an_alarm_are_named_by_their_arn():
    summaries = [{"AlarmMuteRuleArn": f"{ARN}{name}"} for name in ("b", "a")]
    canned = Canned(
        ListAlarmMuteRules={"AlarmMuteRuleSummaries": summaries},
        GetAlarmMuteRule=lambda params: RULE | {"Name": params["AlarmMuteRuleName"]},
    )
    rules = await MuteRules(canned).targeting("rds-cpu-high", NOW)
    assert [rule.id for rule in rules] == ["a", "b"]
    (asked,) = canned.asked("ListAlarmMuteRules")
    assert asked == {"AlarmName": "rds-cpu-high", "Statuses": ["ACTIVE", "SCHEDULED"]}
    broken = Canned(ListAlarmMuteRules={"AlarmMuteRuleSummaries": [{"AlarmMuteRuleArn": ""}]})
    with pytest.raises(Incomplete):
        await MuteRules(broken).targeting("rds-cpu-high", NOW)
