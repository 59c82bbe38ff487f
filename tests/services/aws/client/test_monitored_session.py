from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from services.aws.client.errors import AwsError, NotFound
from services.aws.client.meter import UsageMeter
from services.aws.client.monitored_session import MonitoredSession, session_of
from services.aws.client.settings import AwsSettings, MonitoringAccount
from services.aws.client.write_grants import JournalLogStream
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.logs.events import Logs
from services.demo.sts import SessionStore
from services.inspections import wiring
from services.journal.place import JournalPlace
from services.models.base import RawId
from services.models.metrics import MetricQuery, TimeSpan
from services.runbook.loader import load_builtin
from tests.conftest import REGION
from tui.config import ConsoleConfig
from tui.startup.sources import sources_of

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

OWN = "arn:aws:iam::123456789012:role/Watch"
WATCHER = "arn:aws:iam::999988887777:role/Monitoring"
GROUP = "/ecs/staff-api"
CPU = MetricQuery(
    id=RawId("cpu"),
    namespace=RawId("AWS/ECS"),
    metric=RawId("CPUUtilization"),
    dimensions=(("ClusterName", "facility-prod-cluster"), ("ServiceName", "staff-api")),
    stat="Average",
    period=60,
)


@dataclass
class Received:
    operation: str
    signer: str  # The account and role; "" for the keys of the environment
    params: dict[str, Any]


@pytest.fixture
def received(embedded):
    requests: list[Received] = []
    front = embedded.server.front
    answer = front._answer

    def record(request, environ, body):
        if request.scope.service != "sts":
            session = embedded.world.component(SessionStore).sessions.get(request.scope.access_key)
            account, role = (session.arn.split(":")[4], session.arn.split("/")[1]) if session else ("", "")
            requests.append(Received(request.operation, f"{account} {role}".strip(), dict(request.params)))
        return answer(request, environ, body)

    front._answer = record
    return requests


@asynccontextmanager
async def monitored(embedded, **further):
    settings = AwsSettings(
        region=REGION,
        endpoint_url=embedded.url,
        role_arn=OWN,
        monitoring=MonitoringAccount("123456789012", role_arn=WATCHER),
    )
    session = session_of(settings, clock=embedded.clock, meter=UsageMeter(embedded.clock), **further)
    assert isinstance(session, MonitoredSession)
    try:
        yield session
    finally:
        await session.close()


def hour(embedded):
    return TimeSpan(start=embedded.clock.now() - timedelta(hours=1), end=embedded.clock.now())


def milliseconds(embedded):
    end = int(embedded.clock.now().timestamp() * 1000)
    return end - 300_000, end


IN_MONITORING, IN_OWN = "999988887777 Monitoring", "123456789012 Watch"


async def test_metrics_are_read_in_the_monitoring_account_with_the_systems_account_id(embedded, received):
    half = MetricQuery(id=RawId("half"), expression=RawId("cpu / 2"), period=60)
    async with monitored(embedded) as session:
        series = await Metrics(session).fetch((CPU, half), hour(embedded))
    assert [each.id for each in series] == ["cpu", "half"]
    (request,) = received
    assert (request.operation, request.signer) == ("GetMetricData", IN_MONITORING)
    metric, math = request.params["MetricDataQueries"]
    assert metric["AccountId"] == "123456789012"
    assert "AccountId" not in math, "its metrics have it"


async def test_a_widgets_own_account_stays(embedded, received):
    async with monitored(embedded) as session:
        await Metrics(session).fetch((CPU.model_copy(update={"account": "111122223333"}),), hour(embedded))
    ((query,),) = (request.params["MetricDataQueries"] for request in received)
    assert query["AccountId"] == "111122223333"


@pytest.mark.parametrize(
    "expression",
    [
        "SEARCH('{AWS/ECS,ClusterName,ServiceName} CPUUtilization', 'Average', 60)",
        "sum(search('{AWS/ECS,ClusterName,ServiceName} CPUUtilization', 'Average', 60))",
        'SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/ECS", ClusterName)',
        "ANOMALY_DETECTION_BAND(cpu, 2)",
    ],
)
async def test_what_chooses_its_metrics_itself_is_read_in_the_systems_account(expression, embedded, received):
    query = MetricQuery(id=RawId("all"), expression=RawId(expression), period=60)
    async with monitored(embedded) as session:
        # The embedded AWS does not know all of them.
        with suppress(AwsError):
            await Metrics(session).fetch((CPU, query), hour(embedded))
    assert {request.signer for request in received} == {IN_OWN}
    assert not any("AccountId" in query for each in received for query in each.params["MetricDataQueries"])


async def test_another_region_is_read_in_the_systems_account(embedded, received):
    async with monitored(embedded) as session:
        await Metrics(session).fetch((CPU,), hour(embedded), region="us-east-1")
    assert [request.signer for request in received] == [IN_OWN]


async def test_log_events_are_read_in_the_monitoring_account_by_the_groups_arn(embedded, received):
    arn = f"arn:aws:logs:{REGION}:123456789012:log-group:{GROUP}"
    async with monitored(embedded) as session:
        logs = Logs(session)
        by_name, _token = await logs.page(GROUP, *milliseconds(embedded))
        by_arn, _token = await logs.page(f"{arn}:*", *milliseconds(embedded))
        sample, _whole = await logs.sample(GROUP, "", *milliseconds(embedded))
    assert by_name
    assert by_name == by_arn == sample
    assert {(each.operation, each.signer) for each in received} == {("FilterLogEvents", IN_MONITORING)}
    assert {each.params["logGroupIdentifier"] for each in received} == {arn}
    assert not any("logGroupName" in each.params for each in received)


async def test_a_group_that_is_not_shared_is_read_in_the_systems_account_from_then_on(embedded, received):
    embedded.fault("logs", "FilterLogEvents", code="ResourceNotFoundException", times=1)
    async with monitored(embedded) as session:
        logs = Logs(session)
        for _ in range(2):
            lines, _token = await logs.page(GROUP, *milliseconds(embedded))
            assert lines
        # One that nobody has is an error as it ever was.
        with pytest.raises(NotFound):
            await logs.page("/nowhere", *milliseconds(embedded))
    asked = [(each.signer, "logGroupName" in each.params) for each in received]
    assert asked[:3] == [(IN_MONITORING, False), (IN_OWN, True), (IN_OWN, True)]


async def test_the_journals_own_stream_is_read_in_the_systems_account(embedded, received):
    async with monitored(embedded, journal=JournalLogStream(GROUP, "toban"), journal_group=GROUP) as session:
        await Logs(session).page(GROUP, *milliseconds(embedded))
    assert [each.signer for each in received] == [IN_OWN]


async def test_alarms_and_everything_else_are_read_in_the_systems_account(embedded, received, tmp_path):
    config = ConsoleConfig(endpoint_url=embedded.url, role_arn=OWN, monitoring_role_arn=WATCHER)
    sources = sources_of(config)
    services = wiring.connect(
        load_builtin("facility-prod"),
        sources.settings,
        embedded.clock,
        journal=JournalPlace("facility-prod", tmp_path / "j.db"),
    )
    try:
        await services.alarms.overview()
        await services.session.read("logs", "DescribeLogGroups")
        await services.session.read("rds", "DescribeDBInstances")
        assert (await services.session.identity()).account == "123456789012"
    finally:
        await services.close()
    assert {each.operation for each in received} >= {
        "DescribeAlarms",
        "ListAlarmMuteRules",
        "DescribeLogGroups",
    }
    assert {each.signer for each in received} == {IN_OWN}


async def test_a_failure_of_the_monitoring_account_is_reported(embedded, received):
    embedded.fault("cloudwatch", "GetMetricData", preset="denied")
    async with monitored(embedded) as session:
        with pytest.raises(AwsError) as caught:
            await Metrics(session).fetch((CPU,), hour(embedded))
    assert caught.value.problem.permission == "cloudwatch:GetMetricData"
    assert [each.signer for each in received] == [IN_MONITORING]


def test_the_limit_of_log_requests_is_that_of_the_account_that_is_asked():
    of_role = MonitoringAccount("123456789012", role_arn=WATCHER)
    of_profile = MonitoringAccount("123456789012", profile="watch")
    assert AwsSettings().logs_account("123456789012") == "123456789012"
    assert AwsSettings(monitoring=of_role).logs_account("123456789012") == "999988887777"
    assert AwsSettings(monitoring=of_profile).logs_account("123456789012") == "watch"
