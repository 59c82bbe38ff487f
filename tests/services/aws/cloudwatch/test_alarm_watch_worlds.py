"""What the watch tells is never better than a whole reading would tell; rare reads count as of their time."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.alarms.parsing import ORDER
from services.aws.cloudwatch.alarms.reader import Alarms
from services.aws.cloudwatch.alarms.watch import AlarmWatch
from services.clock import ManualClock
from services.models.alarms import AlarmOverview, AlarmState
from services.models.problem import ProblemKind
from tests.services.aws.canned import Canned, failure
from tests.services.aws.cloudwatch.test_alarms import book, metric
from tui.cli.reads import judge
from tui.exit_status import ExitStatus

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
SNS = "arn:aws:sns:ap-northeast-1:123456789012:ops"
STEP = "arn:aws:autoscaling:ap-northeast-1:123456789012:scalingPolicy:1:autoScalingGroupName/a:policyName/p"
OWN = ("own-a", "own-b")
SOME = tuple(f"{letter}-{number}" for letter in "abc" for number in range(4))
PADDING = tuple(f"{letter}-padding-{number:03}" for letter in "abc" for number in range(30))
STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")
WORSE = [AlarmState.OK, AlarmState.INSUFFICIENT, AlarmState.ALARM]

NAMES = st.sampled_from((*OWN, *SOME))
ROW = st.fixed_dictionaries(
    {
        "StateValue": st.sampled_from(STATES),
        "ActionsEnabled": st.sampled_from((True, True, True, False)),
        "AlarmActions": st.sampled_from(([SNS], [SNS], [], [STEP])),
    }
)
EVENTS = st.one_of(
    st.tuples(st.just("set"), NAMES, ROW),
    st.tuples(st.just("delete"), NAMES, st.none()),
    st.tuples(st.just("mute"), st.frozensets(NAMES, max_size=3), st.none()),
    st.tuples(
        st.just("fault"),
        st.sampled_from(("AlarmNamePrefix", "NextToken", "StateValue", "AlarmNames", "")),
        st.none(),
    ),
    st.tuples(st.just("minutes"), st.integers(1, 25), st.none()),
    st.tuples(st.just("refresh"), st.none(), st.none()),
)


@dataclass
class World:
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    muted: frozenset[str] = frozenset()
    fault: str = ""

    def describe(self, params):
        if self.fault and self.fault in params:
            return failure(ProblemKind.UNAVAILABLE)
        names, prefix, state = (params.get(key) for key in ("AlarmNames", "AlarmNamePrefix", "StateValue"))
        if "ParentsOfAlarmName" in params or params.get("AlarmTypes") == ["CompositeAlarm"]:
            return {"MetricAlarms": []}
        chosen = [
            self.rows[name]
            for name in sorted(self.rows)
            if (names is None or name in names)
            and name.startswith(prefix or "")
            and state in (None, self.rows[name]["StateValue"])
        ]
        begin = int(params.get("NextToken", 0))
        end = begin + params["MaxRecords"]
        return {"MetricAlarms": chosen[begin:end]} | ({"NextToken": str(end)} if end < len(chosen) else {})

    def mutes(self, _params):
        arn = "arn:aws:cloudwatch:ap-northeast-1:1:alarm-mute-rule:night"
        summary = {"AlarmMuteRuleArn": arn, "Status": "ACTIVE"}
        return {"AlarmMuteRuleSummaries": [summary] if self.muted else []}

    def rule(self, _params):
        return {"Name": "night", "MuteTargets": {"AlarmNames": sorted(self.muted)}, "Rule": {}}


class Console:
    def __init__(self):
        self.world, self.clock = World(), ManualClock(NOW)
        for name in (*OWN, *SOME, *PADDING):
            self.world.rows[name] = metric(name, "OK", AlarmActions=[SNS])
        canned = Canned(
            DescribeAlarms=self.world.describe,
            ListAlarmMuteRules=self.world.mutes,
            GetAlarmMuteRule=self.world.rule,
        )
        self.canned = canned
        self.watch = AlarmWatch(canned, book(*OWN), self.clock)
        self.watch.read_on = self._read_on
        self._goes_on = False
        self._truth: tuple[object, AlarmOverview] | None = None  # What was read last, and of which world

    def _read_on(self):
        self._goes_on = True

    async def read(self):
        try:
            self._goes_on = True
            overview = None
            while self._goes_on:
                self._goes_on = False
                overview = await self.watch.read()
                await self.check(overview)
        except AwsError:
            return None
        return overview

    async def truth(self):
        world = self.clock.now(), self.world.muted, dict(self.world.rows)
        if self._truth is None or self._truth[0] != world:
            fault, self.world.fault = self.world.fault, ""
            try:
                self._truth = world, await Alarms(self.canned, book(*OWN), clock=self.clock).overview()
            finally:
                self.world.fault = fault
        return self._truth[1]

    async def check(self, overview):
        truth = await self.truth()
        for alarm in overview.alarms:
            real = truth.by_id.get(alarm.id)
            assert real is None or ORDER.index(alarm.state) <= ORDER.index(real.state), (alarm, real)
            if alarm.expected or alarm.state is not AlarmState.OK:
                unmuted = {"muted_by": "", "muted_until": None, "sends": ""}
                assert alarm.model_copy(update=unmuted) == real.model_copy(update=unmuted), "as it is now"
        # The runbook's alarms, and whatever fires or has no data, are complete.
        urgent = {alarm.id for alarm in truth.alarms if alarm.expected or alarm.state is not AlarmState.OK}
        assert urgent <= {alarm.id for alarm in overview.alarms}
        assert {alarm.id for alarm in overview.watched if alarm.expected} == set(OWN)
        assert overview.count(AlarmState.ALARM) == truth.count(AlarmState.ALARM)
        assert not {alarm.id for alarm in overview.alarms} & {alarm.id for alarm in overview.outdated}
        if not overview.is_whole:
            assert judge(overview) in (ExitStatus.UNKNOWN, ExitStatus.ABNORMAL)


async def live(events):
    console = Console()
    await console.read()
    world = console.world
    for kind, what, row in events:
        if kind == "set":
            world.rows[what] = metric(what, "OK", **row)
        elif kind == "delete":
            world.rows.pop(what, None)
        elif kind == "mute":
            world.muted = what
        elif kind == "fault":
            world.fault = what
        elif kind == "refresh":
            console.watch.refresh()
        else:
            for _minute in range(what):
                console.clock.advance(60)
                await console.read()
    world.fault = ""
    console.watch.refresh()
    overview = await console.read()
    truth = await console.truth()
    assert overview.is_whole
    readable = {"sends": ""}
    assert [alarm.model_copy(update=readable) for alarm in overview.alarms] == [
        alarm.model_copy(update=readable) for alarm in truth.alarms
    ]
    assert judge(overview) is judge(truth)


@pytest.mark.slow
@given(st.lists(EVENTS, max_size=12))
def test_a_watch_tells_nothing_better_than_it_is_and_the_same_after_a_whole_reading(events):
    # More than a page is a large account here.
    with patch("services.aws.cloudwatch.alarms.watch.FEW", 1):
        asyncio.run(live(events))
