from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from services.aws.client.reader import Reader
from services.aws.cloudwatch.alarms.listeners import AT_ONCE
from services.aws.cloudwatch.alarms.reader import Alarms
from services.aws.cloudwatch.alarms.watch import AlarmWatch
from services.demo.cloudwatch.alarms.states import State
from services.demo.minor_services import CONFIRMED, PENDING, TopicStore
from services.models.alarms import Alarm, AlarmState, Hearing
from services.models.findings import Finding
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.conftest import ORIGIN, REGION, Embedded
from tests.services.inspections.running_world import context, run_inspection
from tui.cli.reads import is_complete, judge
from tui.exit_status import ExitStatus

SNS = "arn:aws:sns:ap-northeast-1:123456789012:ops-alerts"
STEP = "arn:aws:autoscaling:ap-northeast-1:123456789012:scalingPolicy:1:autoScalingGroupName/a:policyName/p"
BOOK = load_builtin("facility-prod")


def runbook(*names: str) -> Runbook:
    data = BOOK.model_dump(mode="json")
    data["alarms"] = [{"name": name, "title": f"T {name}"} for name in names]
    data["duties"] = []
    return Runbook.model_validate(data)


def put(
    embedded: Embedded, name: str, actions: Iterable[str] = (), state: State = State.OK, **more: Any
) -> None:
    """A metric alarm; it stays in its state, for its metric never comes."""
    settings = {
        "AlarmName": name, "AlarmActions": list(actions), "MetricName": name, "Namespace": "N", "Period": 60,
        "Statistic": "Average", "EvaluationPeriods": 1, "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore", **more,
    }  # fmt: skip
    world_alarms = embedded.world.alarms
    alarm = world_alarms.put("MetricAlarm", settings)
    if state is not alarm.state:
        world_alarms.set_state(alarm, state, "as the test wants it", at=ORIGIN - timedelta(days=2))


def combine(embedded: Embedded, name: str, rule: str, actions: Iterable[str] = (), **more: Any) -> None:
    world_alarms = embedded.world.alarms
    settings = {"AlarmName": name, "AlarmRule": rule, "AlarmActions": list(actions), **more}
    alarm = world_alarms.put("CompositeAlarm", settings)
    world_alarms.set_state(alarm, State.OK, "as the test wants it", at=ORIGIN - timedelta(days=2))


async def alarms_by_name(reader: Reader, embedded: Embedded, *names: str) -> dict[str, Alarm]:
    overview = await Alarms(reader, runbook(*names), clock=embedded.clock).overview()
    return {str(alarm.id): alarm for alarm in overview.alarms}


async def judged(embedded: Embedded, *names: str) -> Finding:
    return await run_inspection(embedded, "alarms", hours=1, runbook=runbook(*names))


async def status(embedded: Embedded, *names: str) -> int:
    async with context(embedded, runbook=runbook(*names)) as inspection_context:
        return judge(
            await Alarms(
                inspection_context.reader, inspection_context.runbook, clock=embedded.clock
            ).overview()
        )


async def test_an_alarm_without_an_action_asks_for_attention(empty_aws):
    put(empty_aws, "loud", [SNS])
    assert (await judged(empty_aws, "loud")).verdict is Verdict.NORMAL
    assert await status(empty_aws, "loud") == ExitStatus.NORMAL
    put(empty_aws, "quiet")
    put(empty_aws, "says only that it is fine", OKActions=[SNS])
    put(empty_aws, "only scales", [STEP])
    finding = await judged(empty_aws, "loud", "quiet", "says only that it is fine", "only scales")
    assert finding.verdict is Verdict.ATTENTION
    assert finding.summary == "Notifies nobody: T quiet, T says only that it is fine, T only scales."
    assert {each.verdict for each in finding.measures[:3]} == {Verdict.ATTENTION}
    assert "no action" in finding.measures[0].note
    assert "have an action added" in finding.advice[0]
    assert await status(empty_aws, "quiet") == ExitStatus.ATTENTION
    assert await status(empty_aws, "loud") == ExitStatus.NORMAL, (
        "what the runbook does not name may well have no action"
    )
    assert "cloudwatch.DescribeAlarms" in empty_aws.counts()


async def test_a_composite_with_an_action_counts_for_what_it_names_at_any_depth(empty_aws):
    for name in ("deep", "by arn", "alone"):
        put(empty_aws, name)
    combine(empty_aws, "low", "ALARM(deep) AND NOT OK(deep)")
    combine(
        empty_aws,
        "middle",
        'ALARM("low") OR ALARM("arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:by arn")',
    )
    combine(empty_aws, "top", "ALARM(middle)", [SNS])
    combine(empty_aws, "scaler", "ALARM(alone)", [STEP])
    async with context(empty_aws) as inspection_context:
        alarms = await alarms_by_name(inspection_context.reader, empty_aws, "deep", "by arn", "alone")
    assert {
        name: (alarm.hearing, alarm.heard_through) for name, alarm in alarms.items() if alarm.expected
    } == {
        "deep": (Hearing.COMPOSITE, ("top",)),
        "by arn": (Hearing.COMPOSITE, ("top",)),
        "alone": (Hearing.NOBODY, ()),
    }
    finding = await judged(empty_aws, "deep", "by arn", "alone")
    assert finding.summary == "Notifies nobody: T alone."


@pytest.mark.parametrize("silence", ["disabled", "muted", "no action"])
async def test_a_silent_composite_counts_for_no_alarm(empty_aws, silence):
    put(empty_aws, "child")
    combine(empty_aws, "loud", "ALARM(child)", [SNS])
    async with context(empty_aws) as inspection_context:
        reader = Alarms(inspection_context.reader, runbook("child"), clock=empty_aws.clock)
        before = {str(alarm.id): alarm for alarm in (await reader.overview()).alarms}
        assert before["child"].hearing is Hearing.COMPOSITE
        world_alarms = empty_aws.world.alarms
        if silence == "muted":
            schedule = {"Expression": "at(2026-01-14T00:30)", "Duration": "PT2H", "Timezone": "UTC"}
            settings = {"Name": "m", "Rule": {"Schedule": schedule}, "MuteTargets": {"AlarmNames": ["loud"]}}
            world_alarms.mutes.put(REGION, settings, ORIGIN)
        else:
            off = {"ActionsEnabled": False} if silence == "disabled" else {}
            combine(empty_aws, "loud", "ALARM(child)", [SNS] if off else [], **off)
        after = {str(alarm.id): alarm for alarm in (await reader.overview()).alarms}
        assert after["child"].hearing is Hearing.NOBODY


async def test_composites_take_no_request_and_follow_a_change_of_one(empty_aws):
    put(empty_aws, "child")
    combine(empty_aws, "loud", "ALARM(child)", [SNS])
    async with context(empty_aws) as inspection_context:
        reader = Alarms(inspection_context.reader, runbook("child"), clock=empty_aws.clock)
        for _time in range(2):
            overview = await reader.overview()
        assert overview.by_id["child"].hearing is Hearing.COMPOSITE
        put(empty_aws, "other", [SNS])
        combine(empty_aws, "loud", "ALARM(other)", [SNS])
        overview = await reader.overview()
        assert overview.by_id["child"].hearing is Hearing.NOBODY
        assert empty_aws.counts()["cloudwatch.DescribeAlarms"] == 3


async def test_thousands_of_silent_alarms_are_worked_out_bit_by_bit(empty_aws):
    names = [f"a{number:03d}" for number in range(AT_ONCE + 7)]
    for name in (*names, "named"):
        put(empty_aws, name)
    for number, first in enumerate(range(0, len(names), 90)):
        rule = " OR ".join(f"ALARM({name})" for name in (*names[first : first + 90], "named"))
        combine(empty_aws, f"loud{number}", rule, [SNS])
    async with context(empty_aws) as inspection_context:
        reader = Alarms(inspection_context.reader, runbook("named"), clock=empty_aws.clock)
        first_overview = await reader.overview()
        assert first_overview.by_id["named"].hearing is Hearing.COMPOSITE
        assert sum(alarm.hearing is Hearing.UNKNOWN for alarm in first_overview.alarms) == 7
        second = await reader.overview()
        assert not [alarm for alarm in second.alarms if alarm.hearing is Hearing.UNKNOWN]


@pytest.mark.parametrize(
    ("rule", "more", "hearing", "verdict", "text"),
    [
        ("ALARM(child)", {}, Hearing.COMPOSITE, Verdict.NORMAL, ""),
        ("ALARM(child) OR ALARM(b)", {}, Hearing.COMPOSITE, Verdict.NORMAL, "while loud is in ALARM already"),
        ("AT_LEAST(1, ALARM, (child, b))", {}, Hearing.COMPOSITE, Verdict.NORMAL, "nothing more is sent"),
        ("ALARM(child) AND ALARM(b)", {}, Hearing.TOGETHER, Verdict.ATTENTION, "only while b fires"),
        ("ALARM(child) AND OK(b)", {}, Hearing.TOGETHER, Verdict.ATTENTION, "only while b is OK"),
        ("AT_LEAST(2, ALARM, (child, b, c))", {}, Hearing.TOGETHER, Verdict.ATTENTION, "depends on b, c"),
        ("ALARM(child)", {"ActionsSuppressor": "b"}, Hearing.TOGETHER, Verdict.ATTENTION, "while b does not fire"),
        ("NOT ALARM(child)", {}, Hearing.NOBODY, Verdict.ATTENTION, "no composite alarm is certain to send"),
        ("OK(child)", {}, Hearing.NOBODY, Verdict.ATTENTION, "no composite alarm is certain to send"),
        ("INSUFFICIENT_DATA(child)", {}, Hearing.NOBODY, Verdict.ATTENTION, "no composite alarm is certain to send"),
        ("TRUE OR ALARM(child)", {}, Hearing.NOBODY, Verdict.ATTENTION, "no composite alarm is certain to send"),
        ("ALARM(child)", {"OKActions": [SNS], "AlarmActions": []}, Hearing.NOBODY, Verdict.ATTENTION, "no action"),
        ("ALARM(child) OR ALARM(gone)", {}, Hearing.UNKNOWN, Verdict.UNKNOWN, "AWS does not have"),
        ("ALARM(child) OR ALARM(loud)", {}, Hearing.UNKNOWN, Verdict.UNKNOWN, "depends on itself"),
    ],
)  # fmt: skip
async def test_what_a_rule_says_of_an_alarm_without_an_action(empty_aws, rule, more, hearing, verdict, text):
    put(empty_aws, "child")
    for name in ("b", "c"):
        put(empty_aws, name, [SNS])
    combine(empty_aws, "loud", rule, **{"AlarmActions": [SNS], **more})
    async with context(empty_aws) as inspection_context:
        alarm = (await alarms_by_name(inspection_context.reader, empty_aws, "child"))["child"]
    assert alarm.hearing is hearing
    finding = await judged(empty_aws, "child")
    assert (finding.verdict, text in finding.measures[0].note) == (verdict, True), finding.measures[0].note
    assert await status(empty_aws, "child") == {
        Verdict.NORMAL: ExitStatus.NORMAL, Verdict.ATTENTION: ExitStatus.ATTENTION, Verdict.UNKNOWN: ExitStatus.UNKNOWN
    }[verdict]  # fmt: skip


async def test_a_rule_that_cannot_be_read_leaves_its_alarms_unjudged(empty_aws):
    for name in ("child", "other"):
        put(empty_aws, name)
    combine(empty_aws, "loud", "ALARM(child)", [SNS])
    async with context(empty_aws) as inspection_context:
        reader = Alarms(Newer(inspection_context.reader), runbook("child", "other"), clock=empty_aws.clock)
        overview = await reader.overview()
    assert overview.by_id["child"].hearing is Hearing.UNKNOWN
    assert overview.by_id["child"].hearing_note == "the rule of loud cannot be read"
    assert overview.by_id["other"].hearing is Hearing.NOBODY, "its name is not in that text"
    assert (judge(overview), is_complete(overview)) == (ExitStatus.ATTENTION, False), (
        "what is known comes first"
    )


class Newer:
    """A session of an AWS whose rules have functions that nobody knows yet."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.read = reader.read

    async def pages(self, service: str, operation: str, /, **params: Any) -> Any:
        async for page in self._reader.pages(service, operation, **params):
            for row in page.get("CompositeAlarms", ()):
                row["AlarmRule"] = f"MOSTLY({row['AlarmRule']})"
            yield page


async def test_names_in_what_is_said_of_an_alarm_cannot_control_the_terminal(empty_aws):
    for name in ("child", "b\x1b[2J"):
        put(empty_aws, name)
    combine(empty_aws, "lo\x1b[2Jud", 'ALARM(child) AND ALARM("b\x1b[2J")', [SNS])
    combine(empty_aws, "q", "ALARM(child) AND ALARM(child)", [f"{SNS}\x1b[2J"], ActionsSuppressor="b\x1b[2J")
    async with context(empty_aws) as inspection_context:
        alarm = (await alarms_by_name(inspection_context.reader, empty_aws, "child"))["child"]
    texts = (*alarm.heard_through, *alarm.heard_with, alarm.hearing_note)
    assert texts
    assert "\x1b" not in "".join(texts)


# ── Subscriptions, and what the runbook declares ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("subscriptions", "verdict"),
    [
        ((CONFIRMED,), Verdict.NORMAL),
        ((PENDING, CONFIRMED), Verdict.NORMAL),
        ((PENDING,) * 150 + (CONFIRMED,), Verdict.NORMAL),
        ((PENDING, "Deleted"), Verdict.ATTENTION),
        ((), Verdict.ATTENTION),
        (None, Verdict.ATTENTION),
    ],
)
@pytest.mark.parametrize("through", [False, True])
async def test_a_topic_to_which_nobody_is_subscribed_reaches_nobody(
    empty_aws, subscriptions, verdict, through
):
    put(empty_aws, "child", [] if through else [SNS, STEP])
    combine(empty_aws, "loud", "ALARM(child)", [SNS] if through else [])
    empty_aws.world.component(TopicStore).subscriptions["ops-alerts"] = subscriptions
    finding = await judged(empty_aws, "child")
    assert finding.verdict is verdict
    assert not [remark for remark in finding.remarks if "subscribed" in remark]
    if verdict is Verdict.ATTENTION and not through:
        assert finding.measures[0].note == "nobody is subscribed to ops-alerts"
        assert "subscribe to its topic" in finding.advice[0]
    assert empty_aws.counts()["sns.ListSubscriptionsByTopic"] == (2 if len(subscriptions or ()) > 100 else 1)


async def test_a_topic_is_asked_about_once_a_day_and_the_screen_knows_it_too(empty_aws):
    put(empty_aws, "child", [SNS])
    empty_aws.world.component(TopicStore).subscriptions["ops-alerts"] = (PENDING,)
    async with context(empty_aws, runbook=runbook("child")) as one:
        watch = AlarmWatch(one.reader, one.runbook, empty_aws.clock)
        assert (await watch.read()).by_id["child"].hearing is Hearing.DIRECT, "nobody has asked"
        for _inspection in range(2):
            await Alarms(one.reader, one.runbook, clock=empty_aws.clock).overview(topics=True)
        assert (await watch.read()).by_id["child"].hearing is Hearing.NOBODY
        assert empty_aws.counts()["sns.ListSubscriptionsByTopic"] == 1
        empty_aws.clock.advance(86_400)
        await Alarms(one.reader, one.runbook, clock=empty_aws.clock).overview(topics=True)
        assert empty_aws.counts()["sns.ListSubscriptionsByTopic"] == 2


@pytest.mark.parametrize("preset", ["denied", "unavailable"])
async def test_unreadable_subscriptions_are_said_to_be_unknown(empty_aws, preset):
    put(empty_aws, "child", [SNS])
    fault = {"preset": "denied"} if preset == "denied" else {"status": 503, "code": "InternalError"}
    empty_aws.fault("sns", "ListSubscriptionsByTopic", **fault)
    finding = await judged(empty_aws, "child")
    # What is forbidden is said; what fails is not judged.
    assert finding.verdict is (Verdict.NORMAL if preset == "denied" else Verdict.UNKNOWN)
    assert finding.remarks[0].startswith("Whether anybody is subscribed to ops-alerts is not known: ")


@pytest.mark.parametrize("for_all", [False, True])
async def test_what_the_runbook_declares_is_heard(empty_aws, for_all):
    put(empty_aws, "child")
    book = runbook("child").model_dump(mode="json")
    (book if for_all else book["alarms"][0])["heard_by"] = "EventBridge rule alarms-to-pager"
    finding = await run_inspection(empty_aws, "alarms", hours=1, runbook=Runbook.model_validate(book))
    assert finding.verdict is Verdict.NORMAL
    assert finding.measures[0].note == "heard otherwise: EventBridge rule alarms-to-pager"


async def test_an_action_that_stops_an_instance_is_heard_by_nobody(empty_aws):
    put(empty_aws, "child", [f"arn:aws:automate:{REGION}:ec2:stop"])
    assert (await judged(empty_aws, "child")).verdict is Verdict.ATTENTION


async def test_the_shipped_system_needs_no_such_question(embedded):
    async with context(embedded) as inspection_context:
        overview = await Alarms(
            inspection_context.reader, inspection_context.runbook, clock=embedded.clock
        ).overview()
    assert {alarm.hearing for alarm in overview.watched} == {Hearing.DIRECT}
    assert embedded.counts()["cloudwatch.DescribeAlarms"] == 1


# ── Warm-up ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("state", [State.OK, State.ALARM, State.INSUFFICIENT])
async def test_an_alarm_that_warms_up_is_not_ok(empty_aws, state, whole):
    warm = {"WarmUpPeriodDurationInMinutes": 30, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": whole}
    put(empty_aws, "new", [SNS], state, WarmUpConfiguration=warm)
    finding = await judged(empty_aws, "new")
    assert finding.verdict is (Verdict.ABNORMAL if state is State.ALARM else Verdict.UNKNOWN)
    assert "warms up until 01-14(Wed) 10:30 JST" in finding.measures[0].note
    async with context(empty_aws) as inspection_context:
        alarm = (await alarms_by_name(inspection_context.reader, empty_aws, "new"))["new"]
    assert alarm.state is (AlarmState.ALARM if state is State.ALARM else AlarmState.INSUFFICIENT)
    assert await status(empty_aws, "new") == (
        ExitStatus.ABNORMAL if state is State.ALARM else ExitStatus.UNKNOWN
    )
    empty_aws.clock.advance(31 * 60)
    if state is State.OK:
        assert (await judged(empty_aws, "new")).verdict is Verdict.NORMAL


async def test_a_warm_up_ends_early_where_the_window_fills_early(empty_aws):
    for name, whole in (("early", False), ("late", True)):
        warm = {"WarmUpPeriodDurationInMinutes": 30, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": whole}
        put(empty_aws, name, [SNS], WarmUpConfiguration=warm, state=State.INSUFFICIENT)
        world_alarms = empty_aws.world.alarms
        alarm = world_alarms.get(name)
        assert alarm is not None
        world_alarms.set_state(alarm, State.OK, "evaluated", at=ORIGIN + timedelta(minutes=5))
    empty_aws.clock.advance(6 * 60)
    finding = await judged(empty_aws, "early", "late")
    assert {each.title: each.verdict for each in finding.measures[:2]} == {
        "T early": Verdict.NORMAL,
        "T late": Verdict.UNKNOWN,
    }


# ── Contributors ───────────────────────────────────────────────────────────────────────────────────


def log_alarm(embedded: Embedded, name: str) -> None:
    settings = {
        "AlarmName": name, "AlarmActions": [SNS], "QueryResultsToEvaluate": 1, "QueryResultsToAlarm": 1, "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold", "ScheduledQueryConfiguration": {"QueryString": "stats count() by path"},
    }  # fmt: skip
    world_alarms = embedded.world.alarms
    alarm = world_alarms.put("LogAlarm", settings)
    world_alarms.set_state(alarm, State.ALARM, "one group crossed", at=ORIGIN - timedelta(minutes=7))
    alarm.contributors = [
        {
            "ContributorId": f"c{number}",
            "ContributorAttributes": {"path": f"/api/v1/{path}", "method": "POST"},
            "StateReason": f"{number} > 1",
            "StateTransitionedTimestamp": ORIGIN - timedelta(minutes=number),
        }
        for number, path in ((7, "reservations"), (3, "repairs\x1b[2J"))
    ]


async def test_an_alarm_over_several_series_names_those_that_fire(empty_aws):
    log_alarm(empty_aws, "errors by path")
    put(empty_aws, "one series", [SNS], State.ALARM)
    finding = await judged(empty_aws, "errors by path", "one series")
    (table,) = [each for each in finding.evidence if each.title == "Firing series"]
    assert [row.cells[1:3] for row in table.rows] == [
        ("method=POST, path=/api/v1/repairs␛[2J", "01-14(Wed) 09:57:00"),
        ("method=POST, path=/api/v1/reservations", "01-14(Wed) 09:53:00"),
    ]
    assert table.rows[0].cells[0] == "errors by path (T errors by path)"
    assert empty_aws.counts()["cloudwatch.DescribeAlarmContributors"] == 1, "only of those with several"


async def test_series_that_cannot_be_read_cost_their_row_not_the_finding(empty_aws):
    log_alarm(empty_aws, "errors by path")
    empty_aws.fault("cloudwatch", "DescribeAlarmContributors", preset="denied")
    finding = await judged(empty_aws, "errors by path")
    assert finding.verdict is Verdict.ABNORMAL
    (table,) = [each for each in finding.evidence if each.title == "Firing series"]
    assert table.rows[0].verdict is Verdict.UNKNOWN
    assert "cloudwatch:DescribeAlarmContributors" in table.rows[0].cells[3]
