import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore import auth
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError
from botocore.parsers import ResponseParserError

from tests.services.demo.client import ask, client, refused

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


class TestProtocols:
    async def test_json_with_query_errors(self, empty_aws):
        await ask(empty_aws.url, "cloudwatch", "DescribeAlarms")
        code, status, _ = await refused(empty_aws.url, "cloudwatch", "GetDashboard", DashboardName="x")
        assert (code, status) == ("ResourceNotFound", 404)

    def test_an_older_client_speaks_query(self, empty_aws):
        scope = "AKIA/20260114/ap-northeast-1/monitoring/aws4_request"
        request = Request(
            empty_aws.url,
            data=b"Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=a",
            headers={
                "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
            },
        )
        with urlopen(request, timeout=60) as answer:
            assert b"<DescribeAlarmsResult>" in answer.read()

    @pytest.mark.parametrize(
        ("service", "operation", "params"),
        [
            ("sqs", "ListQueues", {}),  # json
            ("rds", "DescribeDBInstances", {}),  # query
            ("ec2", "DescribeVpcs", {}),  # ec2
            ("s3", "ListBuckets", {}),  # rest-xml
            ("batch", "DescribeComputeEnvironments", {}),  # rest-json
        ],
    )
    async def test_moto_answers_the_rest(self, empty_aws, service, operation, params):
        await ask(empty_aws.url, service, operation, **params)

    @pytest.mark.parametrize(
        ("service", "operation", "params"),
        [
            ("cloudwatch", "GetMetricStream", {"Name": "x"}),
            ("rds", "DescribeAccountAttributes", {}),
            ("cloudfront", "ListAnycastIpLists", {}),
            ("batch", "ListServiceJobs", {"jobQueue": "x"}),
            ("health", "DescribeEvents", {}),
            (
                "pi",
                "GetDimensionKeyDetails",
                {"ServiceType": "RDS", "Identifier": "x", "Group": "x", "GroupIdentifier": "x"},
            ),
        ],
    )
    async def test_unhandled_operations_are_not_implemented(self, empty_aws, service, operation, params):
        code, status, message = await refused(empty_aws.url, service, operation, **params)
        assert (code, status) == ("NotImplemented", 501)
        assert f"{service}:{operation}" in message

    async def test_a_packed_body_is_unpacked(self, empty_aws):
        data = [
            {"MetricName": f"m{n}", "Value": 1.0, "Dimensions": [{"Name": "d" * 200, "Value": "v" * 200}]}
            for n in range(50)
        ]
        await ask(empty_aws.url, "cloudwatch", "PutMetricData", Namespace="N", MetricData=data)
        answer = await ask(empty_aws.url, "cloudwatch", "ListMetrics", Namespace="N")
        assert len(answer["Metrics"]) == 50


class TestPresets:
    @pytest.mark.parametrize(
        ("service", "operation", "params", "preset", "code", "status"),
        [
            ("logs", "DescribeLogGroups", {}, "throttled", "ThrottlingException", 400),
            ("rds", "DescribeDBInstances", {}, "throttled", "Throttling", 400),
            ("logs", "DescribeLogGroups", {}, "expired", "ExpiredTokenException", 400),
            ("elbv2", "DescribeLoadBalancers", {}, "expired", "ExpiredToken", 403),
            ("cloudwatch", "DescribeAlarms", {}, "denied", "AccessDeniedException", 400),
            ("sts", "GetCallerIdentity", {}, "denied", "AccessDenied", 403),
        ],
    )
    async def test_in_the_services_own_words(
        self, empty_aws, service, operation, params, preset, code, status
    ):
        empty_aws.fault(service, operation, preset=preset)
        refusal = await refused(empty_aws.url, service, operation, **params)
        assert refusal[:2] == (code, status)
        if preset == "denied":
            name = "cloudwatch" if service == "cloudwatch" else service
            assert f"is not authorized to perform: {name}:{operation}" in refusal[2]

    async def test_times_and_clearing(self, empty_aws):
        empty_aws.fault("cloudwatch", preset="throttled", times=2)
        for _ in range(2):
            await refused(empty_aws.url, "cloudwatch", "DescribeAlarms")
        await ask(empty_aws.url, "cloudwatch", "DescribeAlarms")
        empty_aws.fault(preset="expired")
        await refused(empty_aws.url, "cloudwatch", "DescribeAlarms")
        empty_aws.clear_faults()
        await ask(empty_aws.url, "cloudwatch", "DescribeAlarms")
        assert empty_aws.counts() == {"cloudwatch.DescribeAlarms": 5}


class TestBrokenWires:
    @pytest.mark.parametrize("mode", ["reset-before", "reset-after", "truncated"])
    async def test_the_connection_breaks(self, empty_aws, mode):
        empty_aws.fault("cloudwatch", "PutDashboard", mode=mode)
        with pytest.raises((HTTPClientError, EndpointConnectionError)):
            await ask(
                empty_aws.url, "cloudwatch", "PutDashboard", DashboardName="d", DashboardBody='{"widgets":[]}'
            )
        assert ("d" in empty_aws.world.dashboards) is (mode != "reset-before")

    async def test_a_proxys_page(self, empty_aws):
        empty_aws.fault("rds", mode="html")
        with pytest.raises(ResponseParserError):
            await ask(empty_aws.url, "rds", "DescribeDBInstances")

    async def test_an_empty_answer(self, empty_aws):
        empty_aws.fault("cloudwatch", mode="empty")
        assert await ask(empty_aws.url, "cloudwatch", "DescribeAlarms") == {}

    async def test_a_hang_ends_with_the_server(self, empty_aws):
        empty_aws.fault("cloudwatch", mode="hang")
        async with client(empty_aws.url, "cloudwatch", read_timeout=0.1) as hanging:
            with pytest.raises(HTTPClientError):
                await hanging.describe_alarms()


class TestControl:
    @pytest.fixture
    def send(self, embedded: Any) -> Any:
        def call(method: str, path: str, body: bytes | None = None) -> Any:
            request = Request(f"{embedded.url}/_toban/{path}", data=body, method=method)
            with urlopen(request, timeout=60) as answer:
                return json.load(answer)

        return call

    async def test_clock_counts_faults_and_reset(self, embedded, send):
        assert send("GET", "ready")["scenario"] == "ordinary-day"
        before = embedded.clock.now()
        send("POST", "clock", b'{"advance": 90}')
        assert (embedded.clock.now() - before).total_seconds() == 90
        send("POST", "faults", b'{"service": "cloudwatch", "preset": "throttled"}')
        assert (await refused(embedded.url, "cloudwatch", "DescribeAlarms"))[0].startswith("Throttling")
        assert send("GET", "counts") == {"cloudwatch.DescribeAlarms": 1}
        send("DELETE", "faults")
        await ask(embedded.url, "cloudwatch", "DeleteDashboards", DashboardNames=["facility-prod-main"])
        send("POST", "reset")
        assert send("GET", "counts") == {}
        await ask(embedded.url, "cloudwatch", "GetDashboard", DashboardName="facility-prod-main")

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [("POST", "faults", b'{"mode": "nonsense"}'), ("POST", "clock", b"{}"), ("GET", "nothing", None)],
    )
    def test_nonsense_is_refused(self, send, method, path, body):
        with pytest.raises(HTTPError) as caught:
            send(method, path, body)
        assert caught.value.code in (400, 404)
        caught.value.close()


@pytest.mark.parametrize(
    ("service", "operation", "params", "code", "status"),
    [
        ("ecs", "DescribeClusters", {}, "InvalidSignatureException", 400),  # json
        ("cloudwatch", "DescribeAlarms", {}, "InvalidSignatureException", 400),  # json or cbor
        ("rds", "DescribeDBInstances", {}, "SignatureDoesNotMatch", 403),  # query
        (
            "cloudfront",
            "ListInvalidations",
            {"DistributionId": "x"},
            "SignatureDoesNotMatch",
            403,
        ),  # rest-xml
        ("s3", "ListBuckets", {}, "RequestTimeTooSkewed", 403),
    ],
)
async def test_a_signature_lasts_five_minutes_and_fifteen_in_s3(
    empty_aws, monkeypatch, service, operation, params, code, status
):
    limit, front = timedelta(minutes=15 if service == "s3" else 5), empty_aws.server.front
    signed_at = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
    monkeypatch.setattr(auth, "get_current_datetime", lambda: signed_at.replace(tzinfo=None))
    for sign in (1, -1):
        front.wall = lambda at=signed_at + sign * limit: at
        with suppress(ClientError):
            await ask(empty_aws.url, service, operation, **params)
        carried_out = dict(front.carried_out)
        front.wall = lambda at=signed_at + sign * (limit + timedelta(seconds=1)): at
        got = await refused(empty_aws.url, service, operation, **params)
        assert got[:2] == (code, status)
        if service != "s3":
            words = "Signature expired" if sign > 0 else "Signature not yet current"
            assert got[2].startswith(f"{words}: 20260114T010000Z is ")
        assert dict(front.carried_out) == carried_out
