import asyncio
from typing import Any

import pytest

from services.aws.client.account_proof import AGAIN, AccountProof, _region_of
from services.aws.client.errors import AccessDenied, AwsError, Incomplete, Invalid, WrongAccount
from services.aws.client.meter import UsageMeter
from services.aws.client.monitored_session import session_of
from services.aws.client.settings import AwsSettings, MonitoringAccount
from services.models.problem import ProblemKind
from tests.faults.server import HTML, Manner, Reply, answer, failure, fault_server, xml

OURS, THEIRS = "123456789012", "210987654321"
REGION = "ap-northeast-1"
ALARM = f"arn:aws:cloudwatch:{REGION}:{OURS}:alarm:a"
METRICS: dict[str, Any] = {"MetricDataQueries": [], "StartTime": 0, "EndTime": 60}


def identity(account):
    inner = (
        f"<Arn>arn:aws:sts::{account}:assumed-role/r/s</Arn><UserId>A:s</UserId><Account>{account}</Account>"
    )
    return xml("GetCallerIdentity", inner)


def alarms(*arns):
    return answer(
        {"MetricAlarms": [{"AlarmName": "a", "AlarmArn": arn} for arn in arns], "CompositeAlarms": []}
    )


class Aws:
    def __init__(self, server):
        self.server = server
        self.accounts: dict[str, str] = {}  # By access key; all others are OURS
        self.alarms = alarms()
        self.sts: Reply | None = None
        server.respond = self.respond

    def respond(self, request):
        match request.operation:
            case "GetCallerIdentity":
                return self.sts or identity(self.accounts.get(request.access_key, OURS))
            case "DescribeAlarms":
                return self.alarms
            case "GetMetricData":
                return answer({"MetricDataResults": []})
        return answer({"DashboardEntries": [], "Metrics": [], "events": []})

    @property
    def asked(self):
        return self.server.counts["GetCallerIdentity"]


@pytest.fixture
def aws(server):
    return Aws(server)


@pytest.fixture
def proven(session, clock):
    session.proof = AccountProof(OURS, REGION, clock)
    return session


def sign_in(home, key):
    text = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = x{key}\n"
    (home / "credentials").write_text(text)


@pytest.mark.parametrize(
    ("arns", "asked"),
    [
        ((ALARM,), 0),
        ((ALARM, f"{ALARM}b"), 0),
        ((), 1),
        (("arn:aws:s3:::bucket",), 1),
        (("",), 1),
        (("not an arn",), 1),
        (("arn:aws:cloudwatch:ap-northeast-1::alarm:a",), 1),
    ],
)
async def test_an_arn_proves_the_account_and_sts_is_asked_only_without(aws, proven, arns, asked):
    aws.alarms = alarms(*arns)
    for _time in range(3):
        await proven.read("cloudwatch", "DescribeAlarms")
    await proven.read("cloudwatch", "ListMetrics")
    await proven.read("cloudwatch", "GetMetricData", **METRICS)
    assert aws.asked == asked


@pytest.mark.parametrize(
    ("arn", "numbers"),
    [
        (ALARM.replace(OURS, THEIRS), (THEIRS, OURS)),
        (ALARM.replace("arn:aws:", "arn:aws-cn:").replace(REGION, "cn-north-1"), ("cn-north-1", REGION)),
        (ALARM.replace("arn:aws:", "arn:aws-us-gov:").replace(OURS, THEIRS), (THEIRS, OURS)),
        (ALARM.replace(REGION, "ap-northeast-3"), ("ap-northeast-3", REGION)),
    ],
)
async def test_an_arn_of_another_account_or_region_refuses_the_answer(aws, proven, arn, numbers):
    aws.alarms = alarms(ALARM, arn)
    with pytest.raises(WrongAccount) as caught:
        await proven.read("cloudwatch", "DescribeAlarms")
    assert caught.value.problem.kind is ProblemKind.REFUSED
    for number in numbers:
        assert number in caught.value.problem.summary


async def test_reads_that_begin_together_ask_once_and_wait_for_an_arn(aws, proven):
    calls = ("ListMetrics", "ListDashboards", "ListMetrics", "ListDashboards")
    await asyncio.gather(*(proven.read("cloudwatch", name) for name in calls))
    assert aws.asked == 1


async def test_what_has_no_arn_waits_for_what_has(aws, proven):
    aws.alarms = alarms(ALARM)
    await asyncio.gather(
        proven.read("cloudwatch", "DescribeAlarms"),
        *(proven.read("cloudwatch", "ListMetrics") for _time in range(3)),
        proven.read("cloudwatch", "GetMetricData", **METRICS),
    )
    assert aws.asked == 0


async def test_what_hangs_delays_nothing_else(aws, proven, monkeypatch):
    monkeypatch.setattr("services.aws.client.account_proof.PATIENCE", 0.01)
    aws.alarms = Reply(manner=Manner.HANG)
    hanging = asyncio.create_task(proven.read("cloudwatch", "DescribeAlarms"))
    async with asyncio.timeout(60):
        while not aws.server.counts["DescribeAlarms"]:  # noqa: ASYNC110  a count of another task's
            await asyncio.sleep(0.01)
        await proven.read("cloudwatch", "ListMetrics")
    assert aws.asked == 1
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)


async def test_each_access_key_is_asked_for_once_whenever_it_changes(aws, proven, aws_home, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(aws_home / "credentials"))
    aws.accounts = {"AKIASTAGING": THEIRS}
    for key, refused, asked in (
        ("AKIAOURS", False, 1),
        ("AKIAOURS2", False, 2),
        ("AKIASTAGING", True, 3),
        ("AKIAOURS", False, 3),
        ("AKIASTAGING", True, 3),
    ):
        sign_in(aws_home, key)
        proven.renew()
        for _time in range(2):
            if refused:
                with pytest.raises(WrongAccount, match=THEIRS):
                    await proven.read("cloudwatch", "ListMetrics")
            else:
                await proven.read("cloudwatch", "ListMetrics")
        assert aws.asked == asked, key
    aws.server.seen.clear()
    with pytest.raises(WrongAccount):
        await proven.read("cloudwatch", "GetMetricData", **METRICS)
    assert aws.server.counts == {}, "nothing that costs is sent to somebody else's account"


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>", 403), AccessDenied,
         "sts:GetCallerIdentity"),
        (Reply(b"<ErrorResponse><Error><Code>UnknownOperationException</Code></Error></ErrorResponse>", 400),
         AwsError, "no sts"),
        (Reply(HTML, type="text/html"), Incomplete, "not what AWS sends"),
        (identity("root"), Incomplete, "not what AWS sends"),
    ],
)  # fmt: skip
async def test_an_account_that_sts_does_not_tell_is_not_proven(aws, proven, clock, reply, kind, words):
    aws.sts = reply
    for _time in range(3):
        with pytest.raises(kind, match="could not be identified") as caught:
            await proven.read("cloudwatch", "ListMetrics")
        assert words in caught.value.problem.summary
        assert caught.value.problem.advice
        assert not isinstance(caught.value, WrongAccount)
    assert aws.asked == 1, "STS is not asked by each read that lacks a proof"
    aws.alarms = alarms(ALARM)
    await proven.read("cloudwatch", "DescribeAlarms")
    await proven.read("cloudwatch", "ListMetrics")
    aws.sts, proven.proof = None, AccountProof(OURS, REGION, clock)
    clock.advance(AGAIN * 30)
    await proven.read("cloudwatch", "ListMetrics")


async def test_sts_at_another_endpoint_proves_nothing(aws, proven, monkeypatch):
    async with fault_server() as elsewhere:
        there = Aws(elsewhere)
        proven.settings = AwsSettings(region=REGION)
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.server.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", elsewhere.url)
        if proven._login is not None:
            proven._login.settings = proven.settings
        with pytest.raises(Invalid, match="another endpoint"):
            await proven.read("cloudwatch", "ListMetrics")
        assert there.asked == 1
        aws.alarms = alarms(ALARM)
        await proven.read("cloudwatch", "DescribeAlarms")
        await proven.read("cloudwatch", "ListMetrics")


@pytest.mark.parametrize(
    ("url", "region", "actual"),
    [
        ("", "us-east-1", "us-east-1"),
        ("https://monitoring.us-east-1.amazonaws.com", REGION, "us-east-1"),
        ("https://vpce-0a1b-c2d3.monitoring.ap-northeast-3.vpce.amazonaws.com", REGION, "ap-northeast-3"),
        ("https://monitoring.cn-north-1.amazonaws.com.cn", REGION, "cn-north-1"),
    ],
)
async def test_another_region_is_refused_before_anything_is_sent(
    open_session, aws, clock, url, region, actual
):
    session = open_session(region=region, endpoint_url=url or aws.server.url)
    session.proof = AccountProof(OURS, REGION, clock)
    with pytest.raises(WrongAccount, match=f"{actual}.*{REGION}"):
        await session.read("cloudwatch", "DescribeAlarms")
    assert aws.server.seen == []


async def test_what_is_no_address_is_the_sdks_to_refuse(open_session, clock):
    session = open_session(endpoint_url="http://[::1")
    session.proof = AccountProof(OURS, REGION, clock)
    with pytest.raises(Invalid):
        await session.read("cloudwatch", "DescribeAlarms")


async def test_a_host_of_another_region_that_only_the_sdk_knows_is_not_asked(
    open_session, clock, monkeypatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", "https://monitoring.us-east-1.amazonaws.com")
    session = open_session(endpoint_url="")
    session.proof = AccountProof(OURS, REGION, clock)
    with pytest.raises(WrongAccount, match=f"us-east-1.*{REGION}"):
        await session.read("cloudwatch", "DescribeAlarms")


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("monitoring.ap-northeast-1.amazonaws.com", "ap-northeast-1"),
        ("monitoring.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("monitoring.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("monitoring.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        ("us-data-1.s3.amazonaws.com", ""),
        ("sts.amazonaws.com", ""),
        ("us-east-1.example.com", ""),
        ("monitoring.us-east-1.amazonaws.com.example.com", ""),
    ],
)
def test_the_region_of_a_host(host, region):
    assert _region_of(host) == region


async def test_other_regions_are_read_on_purpose(aws, proven):
    aws.alarms = alarms(ALARM.replace(REGION, "us-east-1"))
    await proven.read("cloudwatch", "DescribeAlarms", region="us-east-1")
    with pytest.raises(WrongAccount):
        await proven.read("cloudwatch", "DescribeAlarms", region="us-west-2")


async def test_the_identity_itself_is_read_whosever_it_is(aws, proven):
    aws.sts = identity(THEIRS)
    assert (await proven.identity()).account == THEIRS
    with pytest.raises(WrongAccount):
        await proven.read("cloudwatch", "ListMetrics")
    with pytest.raises(WrongAccount):
        await proven.prove()
    assert aws.asked == 1


async def test_unreachable_is_not_another_account(proven, aws, monkeypatch):
    aws.sts = failure("InternalFailure", status=500)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    refusals: list[WrongAccount] = []
    proven.proof.on_refusal = refusals.append
    with pytest.raises(AwsError):
        await proven.read("cloudwatch", "ListMetrics")
    assert refusals == []


async def test_what_is_read_through_a_monitoring_account_names_the_runbooks(server, clock, aws_home):
    aws = Aws(server)
    text = "[profile central]\naws_access_key_id = AKIACENTRAL\naws_secret_access_key = x\n"
    (aws_home / "config").write_text(text)
    aws.accounts = {"AKIACENTRAL": THEIRS}
    settings = AwsSettings(
        region=REGION, endpoint_url=server.url, monitoring=MonitoringAccount(OURS, profile="central")
    )
    proof = AccountProof(OURS, REGION, clock)
    session = session_of(settings, clock=clock, meter=UsageMeter(clock), proof=proof)
    query = {
        "Id": "a",
        "MetricStat": {"Metric": {"MetricName": "m", "Namespace": "n"}, "Period": 60, "Stat": "Sum"},
    }
    try:
        await session.read("cloudwatch", "GetMetricData", **METRICS | {"MetricDataQueries": [query]})
        await session.read("cloudwatch", "ListMetrics")
    finally:
        await session.close()
    signers = {request.operation: request.access_key for request in server.seen}
    assert signers["GetMetricData"] == "AKIACENTRAL"
    assert signers["ListMetrics"] != "AKIACENTRAL"


async def test_after_an_arn_of_another_account_nothing_is_taken_until_one_of_the_own_says_so(aws, proven):
    aws.alarms = alarms(ALARM)
    await proven.read("cloudwatch", "DescribeAlarms")
    await proven.read("cloudwatch", "GetMetricData", **METRICS)
    aws.alarms = alarms(ALARM.replace(OURS, THEIRS))
    for operation, params in (("DescribeAlarms", {}), ("GetMetricData", METRICS), ("ListMetrics", {})):
        with pytest.raises(WrongAccount, match=f"{THEIRS}.*{OURS}"):
            await proven.read("cloudwatch", operation, **params)
    assert aws.server.counts["GetMetricData"] == 1
    aws.alarms = alarms(ALARM)
    await proven.read("cloudwatch", "DescribeAlarms")
    await proven.read("cloudwatch", "GetMetricData", **METRICS)
