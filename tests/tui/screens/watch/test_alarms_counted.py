"""The alarms that are judged are those the runbook names, whatever else they do: in the finding, now and at
night, on the command line, in the strip, in the firing count, in what rings."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aws.cloudwatch.alarms.reader import Alarms
from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.models.alarms import AlarmOverview, AlarmState
from services.models.findings import Finding
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.aws.canned import Canned
from tests.services.inspections.running_world import context
from tui.cli.reads import judge
from tui.exit_status import ExitStatus
from tui.notifications import changes
from widgets.alarms.acknowledgements import calling
from widgets.alarms.alarm_wording import state_spans
from widgets.alarms.strip import count_spans

NOW = datetime(2026, 1, 14, 0, 0, tzinfo=UTC)
CLOSED = NOW - timedelta(hours=15)
BOOK = load_builtin("facility-prod")
SNS = "arn:aws:sns:ap-northeast-1:123456789012:ops-alerts"
STEP = "arn:aws:autoscaling:ap-northeast-1:123456789012:scalingPolicy:1:autoScalingGroupName/a:policyName/p"
TRACKED = (
    "arn:aws:autoscaling:ap-northeast-1:123456789012:scalingPolicy:2:resource/ecs/service/c/s:policyName/t"
)
STOP = "arn:aws:automate:ap-northeast-1:ec2:stop"
ACTIONS = st.lists(st.sampled_from((SNS, STEP, TRACKED, STOP)), max_size=2)
LISTS = ("AlarmActions", "OKActions", "InsufficientDataActions")
NAMES = (
    "cpu",
    "scale-out",
    "TargetTracking-service/c/s-AlarmHigh-1",
    "TargetTracking-service/c/s-AlarmLow-2",
)
KINDS = ("MetricAlarms", "CompositeAlarms", "LogAlarms")


@dataclass(frozen=True)
class Case:
    name: str
    kind: str
    row: dict[str, Any]
    named: bool
    fired_at_night: bool

    @property
    def counts(self) -> bool:
        arns = [arn for key in LISTS for arn in self.row[key]]
        tracks = self.kind == "MetricAlarms" and self.name.startswith("TargetTracking-")
        return self.named or any("scalingPolicy" not in arn for arn in arns) or not (arns or tracks)


@st.composite
def cases(draw: st.DrawFn) -> list[Case]:
    chosen = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    alarm_cases = []
    for name in chosen:
        row = {
            "AlarmName": name,
            "StateValue": draw(st.sampled_from(("OK", "ALARM", "INSUFFICIENT_DATA"))),
            "StateTransitionedTimestamp": CLOSED - timedelta(days=1),
            "ActionsEnabled": draw(st.booleans()),
            **{key: draw(ACTIONS) for key in LISTS},
        }
        alarm_cases.append(
            Case(name, draw(st.sampled_from(KINDS)), row, draw(st.booleans()), draw(st.booleans()))
        )
    return alarm_cases


def runbook(names: list[str]) -> Runbook:
    data = BOOK.model_dump(mode="json")
    data["alarms"] = [{"name": name, "title": f"T {name}"} for name in names]
    data["duties"] = []
    return Runbook.model_validate(data)


def nightly(name: str, state: str) -> list[dict[str, Any]]:
    moves = ((90, state, "ALARM"), (60, "ALARM", state))
    return [
        {
            "AlarmName": name,
            "Timestamp": NOW - timedelta(minutes=minutes),
            "HistoryItemType": "StateUpdate",
            "HistoryData": json.dumps({"oldState": {"stateValue": old}, "newState": {"stateValue": new}}),
        }
        for minutes, old, new in moves
    ]


async def read(alarm_cases: list[Case], gone: bool = False) -> tuple[Runbook, AlarmOverview, Finding]:
    named_runbook = runbook([each.name for each in alarm_cases if each.named] + (["gone"] if gone else []))
    answer = {kind: [each.row for each in alarm_cases if each.kind == kind] for kind in KINDS}
    past = [
        item
        for each in alarm_cases
        if each.fired_at_night and each.row["StateValue"] != "ALARM"
        for item in nightly(each.name, each.row["StateValue"])
    ]
    canned = Canned(
        DescribeAlarms=lambda params: {"CompositeAlarms": []} if "ParentsOfAlarmName" in params else answer,
        DescribeAlarmHistory={"AlarmHistoryItems": past},
        DescribeAlarmContributors={"AlarmContributors": []},
        ListAlarmMuteRules={"AlarmMuteRuleSummaries": []},
    )
    clock = ManualClock(NOW)
    context = InspectionContext(
        runbook=named_runbook,
        calendar=Calendar(named_runbook),
        clock=clock,
        region="ap-northeast-1",
        reader=canned,
    )
    finding = await make(context, "alarms").run(InspectionRequest(since=CLOSED, until=NOW))
    return named_runbook, await Alarms(canned, named_runbook, clock=clock).overview(), finding


@pytest.mark.slow
@settings(max_examples=75 if settings.default.derandomize else settings.default.max_examples)
@given(alarm_cases=cases(), gone=st.booleans())
def test_the_number_judged_is_the_number_the_runbook_names(alarm_cases, gone):
    if not any(each.named for each in alarm_cases) and not gone:
        return
    named_runbook, overview, finding = asyncio.run(read(alarm_cases, gone))
    titles = {str(each.title) for each in named_runbook.alarms}
    assert {each.title for each in finding.measures} >= titles, "every alarm of the runbook is judged"

    counted = {each.name for each in alarm_cases if each.counts} | ({"gone"} if gone else set())
    firing = {each.name for each in alarm_cases if each.counts and each.row["StateValue"] == "ALARM"}
    fired = firing | {each.name for each in alarm_cases if each.counts and each.fired_at_night}
    assert {str(alarm.id) for alarm in overview.watched} == counted
    assert not any(alarm.scaling for alarm in overview.alarms if alarm.expected)

    # The finding, now and at night.
    assert {str(each.alarm) for each in finding.spells if each.state == "alarm"} == fired
    assert (finding.verdict is Verdict.ABNORMAL) == bool(firing or gone)
    fired_measure = next(each for each in finding.measures if each.title == "Fired since the last sign-off")
    assert fired_measure.value == len(fired)

    # The strip, the firing count, the command line, what asks for an acknowledgement, the bell.
    assert overview.count(AlarmState.ALARM) == len(firing)
    assert f"firing {len(firing)}" in count_spans(overview)[0][0]
    assert (judge(overview) is ExitStatus.ABNORMAL) == bool(firing or gone)
    assert calling(overview, {})[1] == len(firing) + gone
    assert (overview.newest_firing is not None) == bool(firing)
    calm = overview.model_copy(
        update={"alarms": tuple(each.model_copy(update={"state": AlarmState.OK}) for each in overview.alarms)}
    )
    assert {str(alarm.id) for alarm in changes(calm, overview) if alarm.state is AlarmState.ALARM} == firing
    for alarm in overview.watched:
        assert alarm.state is AlarmState.OK or state_spans(alarm)[0][1] in ("bad", "warn")


async def test_an_alarm_that_only_scaled_rings_once_it_counts():
    only = Case("scale-out", "MetricAlarms", {"AlarmName": "scale-out", "StateValue": "ALARM", "AlarmActions": [STEP], "OKActions": [], "InsufficientDataActions": []}, False, False)  # fmt: skip
    both = Case(**{**only.__dict__, "row": {**only.row, "AlarmActions": [STEP, SNS]}})
    _book, before, _finding = await read([only], gone=True)
    _book, after, _finding = await read([both], gone=True)
    assert [alarm.id for alarm in changes(before, after)] == ["scale-out"]
    assert changes(before, before) == ()


async def test_a_deleted_alarm_is_classified_by_name_unless_the_runbook_names_it():
    name = "TargetTracking-service/c/s-AlarmHigh-1"
    for named in (False, True):
        named_runbook = runbook([name] if named else ["cpu"])
        canned = Canned(
            DescribeAlarms={"MetricAlarms": []},
            DescribeAlarmHistory={"AlarmHistoryItems": nightly(name, "OK")},
            ListAlarmMuteRules={"AlarmMuteRuleSummaries": []},
        )
        context = InspectionContext(
            runbook=named_runbook,
            calendar=Calendar(named_runbook),
            clock=ManualClock(NOW),
            region="r",
            reader=canned,
        )
        finding = await make(context, "alarms").run(InspectionRequest(since=CLOSED, until=NOW))
        assert bool([each for each in finding.spells if each.alarm == name]) is named


@pytest.mark.scenario("ordinary-day", history=1200)
async def test_unknown_mutes_are_not_an_all_clear(embedded):
    async with context(embedded) as inspection_context:
        reader = Alarms(inspection_context.reader, inspection_context.runbook, clock=inspection_context.clock)
        assert judge(await reader.overview()) is ExitStatus.NORMAL
        embedded.fault("cloudwatch", "ListAlarmMuteRules", status=400, code="ValidationError")
        overview = await reader.overview()
        assert judge(overview) is ExitStatus.UNKNOWN
        assert count_spans(overview)[-1] == ("? mutes unknown", "warn")
        embedded.clear_faults()
        overview = await reader.overview()
        assert (judge(overview), count_spans(overview)[-1][1]) == (ExitStatus.NORMAL, "good")
        named = overview.alarms[0]
        actions_unknown = overview.model_copy(
            update={"alarms": (named.model_copy(update={"actions_enabled": None}), *overview.alarms[1:])}
        )
        assert judge(actions_unknown) is ExitStatus.UNKNOWN
