import pytest

from services.aws.client.allowed_operations import READS
from services.aws.client.errors import AwsError, Incomplete
from services.aws.client.meter import UsageMeter
from services.aws.client.prices import is_charged
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.clock import SystemClock
from services.models.problem import ProblemKind
from tests.faults.server import FAULTS, Reply, answer, fault_server
from tests.services.aws.least import least_params

TOKEN = "session-token-of-this-console"
MOVED = (301, 302, 303, 307, 308)


@pytest.fixture
async def evil():
    async with fault_server() as server:
        server.always(answer({"MetricAlarms": [], "CompositeAlarms": [], "Account": "123456789012"}))
        yield server


@pytest.fixture(autouse=True)
def token(aws_home, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)


def session_on(url):
    meter = UsageMeter(SystemClock())
    return AwsSession(
        AwsSettings("", "ap-northeast-1", endpoint_url=url), clock=SystemClock(), meter=meter
    ), meter


@pytest.fixture
async def session(server):
    session, _meter = session_on(server.url)
    yield session
    await session.close()


def elsewhere(evil, status):
    headers = {"Location": f"{evil.url}/console", "x-amz-bucket-region": "us-west-2"}
    return Reply(b"", status, headers=headers)


SERVICES = sorted({service for service, _operation in READS})


@pytest.mark.parametrize("service", SERVICES)
async def test_no_read_of_any_service_follows(service, session, server, evil):
    operations = sorted(operation for each, operation in READS if each == service)
    server.always(elsewhere(evil, 307))
    for operation in operations:
        before = len(server.seen)
        with pytest.raises(AwsError) as caught:
            await session.read(service, operation, **least_params(service, operation))
        problem = caught.value.problem
        assert len(server.seen) == before + 1, (operation, problem)
        assert problem.kind is ProblemKind.INCOMPLETE, (operation, problem)
        assert "127.0.0.1" in problem.summary, (operation, problem)
    assert evil.connections == 0


@pytest.mark.parametrize("status", MOVED)
async def test_no_status_is_followed(status, session, server, evil):
    server.always(elsewhere(evil, status))
    for ask in (
        session.identity(),
        session.read("cloudwatch", "DescribeAlarms"),
        session.read("s3", "ListObjectsV2", Bucket="waf-logs"),
    ):
        with pytest.raises(Incomplete):
            await ask
    assert len(server.seen) == 3
    assert evil.connections == 0


@pytest.mark.parametrize(
    "location",
    ["", "//[", "/portal", "http://\x1b]52;c;aGk=\x07/", "http://evil.example/" + "x" * 4000],
    ids=["none", "broken", "relative", "hostile", "long"],
)
async def test_the_target_is_shown_and_sanitized(location, session, server):
    server.always(Reply(b"", 302, headers={"Location": location}))
    with pytest.raises(Incomplete) as caught:
        await session.read("cloudwatch", "DescribeAlarms")
    assert "the redirect was not followed" in caught.value.problem.summary
    assert "\x1b" not in caught.value.problem.message
    assert len(caught.value.problem.summary) < 300


async def test_a_role_is_not_assumed_elsewhere(server, evil):
    settings = AwsSettings(
        "", "ap-northeast-1", endpoint_url=server.url, role_arn="arn:aws:iam::123456789012:role/operator"
    )
    session = AwsSession(settings, clock=SystemClock(), meter=UsageMeter(SystemClock()))
    server.always(elsewhere(evil, 307))
    with pytest.raises(AwsError):
        await session.identity()
    assert server.counts["AssumeRole"] == 1
    assert evil.connections == 0
    await session.close()


async def test_a_web_identity_is_not_given_elsewhere(server, evil, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "token").write_text("web-identity-token")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/operator")
    session, _meter = session_on(server.url)
    server.always(elsewhere(evil, 308))
    with pytest.raises(AwsError):
        await session.identity()
    assert server.counts["AssumeRoleWithWebIdentity"] == 1
    assert evil.connections == 0
    await session.close()


@pytest.mark.parametrize("source", ["container", "machine"])
async def test_the_token_of_a_container_or_a_machine_goes_nowhere_else(source, server, evil, monkeypatch):
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_EC2_METADATA_DISABLED",
    ):
        monkeypatch.delenv(name, raising=False)
    if source == "container":
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/credentials")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", TOKEN)
    else:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url)
    session, _meter = session_on(server.url)
    server.always(elsewhere(evil, 307))
    with pytest.raises(AwsError):
        await session.identity()
    assert server.seen
    assert evil.connections == 0
    await session.close()


# ---- what AWS charges for


FREE_SERVICES = frozenset(
    {
        "account",
        "acm",
        "application-autoscaling",
        "budgets",
        "cloudfront",
        "cloudtrail",
        "ec2",
        "ecs",
        "elbv2",
        "iam",
        "pricing",
        "rds",
        "service-quotas",
        "signin",
        "ssm",
        "sso",
        "sso-oidc",
        "sts",
        "wafv2",
    }
)
FREE = frozenset(
    {
        # A million of these a month are free, many times what a console asks.
        ("cloudwatch", "DescribeAlarmContributors"),
        ("cloudwatch", "DescribeAlarmHistory"),
        ("cloudwatch", "DescribeAlarms"),
        ("cloudwatch", "DescribeAlarmsForMetric"),
        ("cloudwatch", "GetAlarmMuteRule"),
        ("cloudwatch", "GetDashboard"),
        ("cloudwatch", "GetMetricStatistics"),
        ("cloudwatch", "ListAlarmMuteRules"),
        ("cloudwatch", "ListDashboards"),
        ("cloudwatch", "ListMetrics"),
        ("logs", "DescribeFieldIndexes"),
        ("logs", "DescribeLogGroups"),
        ("logs", "DescribeLogStreams"),
        ("logs", "DescribeQueries"),
        ("logs", "DescribeQueryDefinitions"),
        ("logs", "FilterLogEvents"),
        ("logs", "GetLogEvents"),
        ("logs", "GetLogGroupFields"),
        ("logs", "GetLogRecord"),
        ("logs", "GetQueryResults"),
        ("logs", "StopQuery"),
        ("logs", "TestMetricFilter"),
        ("athena", "GetQueryExecution"),
        # Athena fetches it from S3, whose price for that is a hundredth of what asking the query again would cost.
        ("athena", "GetQueryResults"),
        ("athena", "GetWorkGroup"),
        ("athena", "StopQueryExecution"),
        # Half a dollar for a million, beyond the million of each month that costs nothing.
        ("sns", "ListSubscriptionsByTopic"),
    }
)
"""What may be sent again after a fault, of the services that charge for some requests."""
CHARGED = sorted(each for each in READS if is_charged(*each))


def test_what_is_charged_for_is_known():
    assert ("cloudwatch", "GetMetricData") in CHARGED
    assert {service for service, _operation in CHARGED} == {"cloudwatch", "ce", "logs", "athena", "s3"}


@pytest.mark.parametrize(("service", "operation"), sorted(READS))
def test_every_read_is_classified_as_charged_or_free(service, operation):
    # A read that is added needs a check of AWS's prices: until then it is neither.
    is_free = service in FREE_SERVICES or (service, operation) in FREE
    assert is_charged(service, operation) is not is_free


@pytest.mark.parametrize(
    # The answer of a live tail is a stream: nothing of it is read here.
    ("service", "operation"),
    [each for each in CHARGED if each[1] != "StartLiveTail"],
)
@pytest.mark.parametrize("fault", ["reset", "close", "500", "throttled", "429", "truncated"])
async def test_what_is_charged_for_is_sent_once_and_counted_when_sent(service, operation, fault, server):
    session, meter = session_on(server.url)
    server.always(FAULTS[fault])
    params = least_params(service, operation)
    if operation == "GetMetricData":
        stat = {"Metric": {"Namespace": "AWS/ECS", "MetricName": "CPU"}, "Period": 60, "Stat": "Average"}
        params["MetricDataQueries"] = [{"Id": f"m{number}", "MetricStat": stat} for number in range(10)]
    with pytest.raises(AwsError):
        await session.read(service, operation, **params)
    assert len(server.seen) == 1
    assert meter.calls_today == 1
    if operation == "GetMetricData" or service in ("ce", "s3"):
        assert meter.yen_today > 0
    await session.close()


@pytest.mark.parametrize(
    ("service", "operation"), [("cloudwatch", "DescribeAlarms"), ("athena", "GetQueryResults")]
)
async def test_every_try_of_a_free_read_is_counted(service, operation, server):
    session, meter = session_on(server.url)
    server.always(FAULTS["reset"])
    with pytest.raises(AwsError):
        await session.read(service, operation, **least_params(service, operation))
    assert len(server.seen) == meter.calls_today == 3
    await session.close()
