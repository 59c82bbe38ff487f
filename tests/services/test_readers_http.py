import json
from contextlib import asynccontextmanager
from datetime import timedelta

from aiobotocore.session import get_session

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.cloudwatch.alarms.reader import Alarms
from services.aws.cloudwatch.dashboards.reader import Dashboards
from services.aws.cloudwatch.metrics.reader import Metrics
from services.dashboards.reader import DashboardReader
from services.models.alarms import AlarmState
from services.models.metrics import MetricQuery, TimeSpan
from services.models.runbook import DashboardSpec, Environment, ExpectedAlarm, Runbook, System
from services.models.verdict import Limit, Verdict

RUNBOOK = Runbook(
    version=1,
    system=System(
        id="other",
        title="other",
        environment=Environment.TEST,
        account="123456789012",
        region="ap-northeast-1",
    ),
    dashboard=DashboardSpec(name="other-main"),
    alarms=(ExpectedAlarm(name="queue-long", title="queue"), ExpectedAlarm(name="gone", title="gone")),
    limits=(Limit(id="q", title="queue", namespace="Other", metric="Length", below=100),),
)
BODY = {
    "widgets": [
        {
            "type": "metric",
            "properties": {
                "region": "ap-northeast-1",
                "period": 60,
                "metrics": [
                    ["Other", "Length", "Queue", "a", {"id": "m1", "stat": "Maximum"}],
                    ["...", "b", {"id": "m2"}],
                    [{"expression": "m1 + m2", "label": "both", "id": "e1"}],
                ],
            },
        },
        {
            "type": "metric",
            "properties": {"period": 60, "metrics": [["Other", "Absent", "Queue", "a", {"id": "m1"}]]},
        },
        {"type": "explorer", "properties": {}},
    ]
}


@asynccontextmanager
async def connected(aws):
    session = AwsSession(AwsSettings(**aws.settings()), clock=aws.clock, meter=UsageMeter(aws.clock))
    async with get_session().create_client(
        "cloudwatch", region_name="ap-northeast-1", endpoint_url=aws.url
    ) as client:
        try:
            yield client, session
        finally:
            await session.close()


async def measure(aws, client, minutes, value):
    """Live `minutes`, in each of which both queues have a length."""
    for _minute in range(minutes):
        aws.advance(60)
        data = [
            {
                "MetricName": "Length",
                "Dimensions": [{"Name": "Queue", "Value": queue}],
                "Timestamp": aws.clock.now() - timedelta(seconds=60),
                "Value": value,
            }
            for queue in ("a", "b")
        ]
        await client.put_metric_data(Namespace="Other", MetricData=data)


async def test_metrics_with_math_in_one_request(empty_aws):
    async with connected(empty_aws) as (client, session):
        await measure(empty_aws, client, 5, 10.0)
        now = empty_aws.clock.now()
        queries = (
            MetricQuery(id="m1", namespace="Other", metric="Length", dimensions=(("Queue", "a"),), period=60),
            MetricQuery(id="m2", namespace="Other", metric="Length", dimensions=(("Queue", "b"),), period=60, visible=False),
            MetricQuery(id="e1", expression="SUM(METRICS())", label="both", period=60),
            MetricQuery(id="s1", expression="SEARCH('{Other,Queue} MetricName=\"Length\"', 'Maximum', 60)", period=60),
        )  # fmt: skip
        curves = await Metrics(session).fetch(queries, TimeSpan(start=now - timedelta(minutes=10), end=now))
        assert [series.id for series in curves] == ["m1", "e1", "s1", "s1"]
        assert curves[0].values == (10.0,) * 5
        assert curves[0].times == tuple(sorted(curves[0].times))
        assert curves[1].label == "both"
        assert curves[1].values == (20.0,) * 5
        assert empty_aws.counts()["cloudwatch.GetMetricData"] == 1


async def test_an_alarm_fires_and_clears_and_history_has_both(empty_aws):
    async with connected(empty_aws) as (client, session):
        began = empty_aws.clock.now()
        await client.put_metric_alarm(
            AlarmName="queue-long",
            Namespace="Other",
            MetricName="Length",
            Dimensions=[{"Name": "Queue", "Value": "a"}],
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=2,
            Threshold=100.0,
            ComparisonOperator="GreaterThanThreshold",
        )
        alarms = Alarms(session, RUNBOOK, clock=empty_aws.clock)
        states = []
        for minutes, value in ((5, 10.0), (5, 200.0), (8, 10.0)):
            await measure(empty_aws, client, minutes, value)
            empty_aws.advance(60)
            overview = await alarms.overview()
            by_id = {alarm.id: alarm for alarm in overview.alarms}
            states.append({name: alarm.state for name, alarm in by_id.items()})
            if value > 100:
                assert by_id["queue-long"].recent[-1] == 200.0
        assert [state["queue-long"] for state in states] == [AlarmState.OK, AlarmState.ALARM, AlarmState.OK]
        assert all(state["gone"] is AlarmState.MISSING for state in states)
        history = await alarms.history("queue-long", began)
        changes = [(entry.before, entry.after) for entry in history if entry.kind == "state"]
        assert changes[:2] == [(AlarmState.ALARM, AlarmState.OK), (AlarmState.OK, AlarmState.ALARM)]
        assert all(entry.reason for entry in history if entry.kind == "state")
        every = await alarms.history_all(began)
        assert {entry.id for entry in every} == {"queue-long"}


async def test_a_dashboard_of_another_system_is_read_drawn_and_judged(empty_aws):
    async with connected(empty_aws) as (client, session):
        reader = DashboardReader(
            Dashboards(session), Metrics(session), Alarms(session, RUNBOOK), RUNBOOK, empty_aws.clock
        )
        assert (await reader.read()).dashboard.builtin, "nobody made one yet"
        await client.put_dashboard(DashboardName="other-main", DashboardBody=json.dumps(BODY))
        await measure(empty_aws, client, 5, 150.0)
        view = await reader.read(reload=True)
        assert not view.dashboard.builtin
        first, absent, explorer = view.data
        assert [(reading.label, reading.value, reading.verdict) for reading in first.readings] == [
            (first.series[0].label, 150.0, Verdict.ABNORMAL),
            (first.series[1].label, 150.0, Verdict.ABNORMAL),
            ("both", 300.0, None),
        ]
        assert first.verdict is Verdict.ABNORMAL
        assert absent.problem, "no data is said in words"
        assert explorer.series == ()
        assert empty_aws.counts()["cloudwatch.GetMetricData"] == 1


async def test_a_missing_permission_is_named(empty_aws):
    async with connected(empty_aws) as (client, session):
        await client.put_dashboard(DashboardName="other-main", DashboardBody=json.dumps(BODY))
        empty_aws.fault("cloudwatch", "GetMetricData", preset="denied")
        reader = DashboardReader(
            Dashboards(session), Metrics(session), Alarms(session, RUNBOOK), RUNBOOK, empty_aws.clock
        )
        view = await reader.read()
        assert "cloudwatch:GetMetricData" in view.data[0].problem
