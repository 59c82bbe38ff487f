from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import AwsError, Incomplete, NotFound
from services.aws.waf import WafReader
from services.models.metrics import TimeSpan
from services.models.problem import Problem, ProblemKind
from tests.services.aws.canned import Canned, failure

ARN = (
    "arn:aws:wafv2:ap-northeast-1:123456789012:regional/webacl/city-acl/8f2d1c3e-5a7b-4c1d-9e0f-3b6a2d4c8e71"
)
BALANCER = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:loadbalancer/app/city/0123456789abcdef"
NOW = datetime(2026, 1, 14, 1, tzinfo=UTC)


def visible(metric, *, sampled=True):
    return {"SampledRequestsEnabled": sampled, "CloudWatchMetricsEnabled": True, "MetricName": metric}


def rule(name, priority, **more):
    return {
        "Name": name,
        "Priority": priority,
        "Statement": {},
        "VisibilityConfig": visible(f"m-{name}"),
    } | more


RULES = [
    rule("counted-group", 2, OverrideAction={"Count": {}}),
    rule("group", 1, OverrideAction={"None": {}}),
    rule("own", 0, Action={"Block": {}}, VisibilityConfig=visible("m-own", sampled=False)),
    rule("puzzle", 3, Action={"Captcha": {}}),
]


def acl(**more):
    return {
        "Name": "city-acl",
        "Id": "8f2d1c3e-5a7b-4c1d-9e0f-3b6a2d4c8e71",
        "ARN": ARN,
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": visible("cityMetric"),
        "Rules": RULES,
    } | more


def nonexistent():
    detail = "WAFNonexistentItemException: AWS WAF couldn’t perform the operation."
    return AwsError(
        Problem(kind=ProblemKind.INVALID, summary="refused", service="wafv2", detail=detail, at=NOW)
    )


async def read_acl():
    web_acl = await WafReader(Canned(GetWebACLForResource={"WebACL": acl()})).protecting(BALANCER)
    assert web_acl is not None
    return web_acl


async def test_the_acl_of_a_load_balancer_and_which_of_its_rules_may_block():
    web_acl = await read_acl()
    assert (web_acl.name, web_acl.arn, web_acl.metric) == ("city-acl", ARN, "cityMetric")
    assert web_acl.measured
    assert not web_acl.blocks_by_default
    assert [(each.name, each.blocks, each.sampled) for each in web_acl.rules] == [
        ("own", True, False),
        ("group", True, True),
        ("counted-group", False, True),
        ("puzzle", False, True),
    ]


async def test_no_acl_is_none_and_no_load_balancer_is_not_found():
    assert await WafReader(Canned(GetWebACLForResource={})).protecting(BALANCER) is None
    with pytest.raises(NotFound):
        await WafReader(Canned(GetWebACLForResource=nonexistent())).protecting(BALANCER)


async def test_a_web_acl_without_its_default_action_is_no_answer():
    broken = {key: value for key, value in acl().items() if key != "DefaultAction"}
    with pytest.raises(Incomplete):
        await WafReader(Canned(GetWebACLForResource={"WebACL": broken})).protecting(BALANCER)


async def test_cloudfront_is_asked_in_us_east_1_page_by_page():
    def pages(params):
        if "NextMarker" not in params:
            return {"WebACLs": [{"Name": "other", "Id": "1", "ARN": ARN}], "NextMarker": "other"}
        return {"WebACLs": [{"Name": "city-acl", "Id": "2", "ARN": ARN}], "NextMarker": "city-acl"}

    canned = Canned(ListWebACLs=pages, GetWebACL={"WebACL": acl(DefaultAction={"Block": {}})})
    web_acl = await WafReader(canned, scope="cloudfront").named("city-acl")
    assert web_acl.blocks_by_default
    assert {region for _operation, _params, region in canned.calls} == {"us-east-1"}
    assert canned.asked("GetWebACL") == [{"Name": "city-acl", "Scope": "CLOUDFRONT", "Id": "2"}]


async def test_a_marker_with_the_last_page_does_not_lead_on_for_ever():
    answers = iter([{"WebACLs": [{"Name": "a", "Id": "1"}], "NextMarker": "a"}, {"WebACLs": []}])
    assert await WafReader(Canned(ListWebACLs=lambda _params: next(answers))).named("b") is None
    endless = Canned(ListWebACLs={"WebACLs": [{"Name": "a", "Id": "1"}], "NextMarker": "a"})
    with pytest.raises(Incomplete):
        await WafReader(endless).named("b")


@pytest.mark.parametrize(
    ("arn", "kind", "name"),
    [
        ("arn:aws:firehose:ap-northeast-1:1:deliverystream/aws-waf-logs-x", "firehose", "aws-waf-logs-x"),
        ("arn:aws:s3:::aws-waf-logs-x/some/prefix", "s3", "aws-waf-logs-x"),
        ("arn:aws:logs:ap-northeast-1:1:log-group:aws-waf-logs-x:*", "logs", "aws-waf-logs-x"),
        ("something else", "other", "something else"),
    ],
)
async def test_trap_21_where_the_logs_really_go(arn, kind, name):
    configuration = {"LoggingConfiguration": {"ResourceArn": ARN, "LogDestinationConfigs": [arn]}}
    destination = await WafReader(Canned(GetLoggingConfiguration=configuration)).destination(await read_acl())
    assert (destination.kind, destination.name) == (kind, name)


async def test_no_logging_is_none_and_no_permission_is_an_error():
    assert (
        await WafReader(Canned(GetLoggingConfiguration=nonexistent())).destination(await read_acl()) is None
    )
    denied = Canned(GetLoggingConfiguration=failure(ProblemKind.ACCESS_DENIED))
    with pytest.raises(AwsError):
        await WafReader(denied).destination(await read_acl())


async def test_samples_are_cleaned_and_say_what_they_cover():
    row = {
        "Request": {"ClientIP": "192.0.2.1", "Country": "NL", "URI": "/\x1b[2J"},
        "Weight": 3,
        "Timestamp": NOW,
        "Action": "BLOCK",
    }
    covered = {"StartTime": NOW - timedelta(minutes=20), "EndTime": NOW - timedelta(minutes=10)}
    canned = Canned(
        GetSampledRequests={"SampledRequests": [row], "PopulationSize": 90, "TimeWindow": covered}
    )
    web_acl = await read_acl()
    span = TimeSpan(start=NOW - timedelta(hours=3), end=NOW)
    samples = await WafReader(canned).samples(web_acl, web_acl.rules[1], span)
    assert (samples.population, samples.span.end) == (90, covered["EndTime"])
    assert samples.requests[0].uri == "/␛[2J"
    assert samples.requests[0].blocked
    (request,) = canned.asked("GetSampledRequests")
    assert request["MaxItems"] == 500
    assert request["RuleMetricName"] == "m-group"
    # An unreadable one is counted, and a sample of unknown size is not trusted.
    odd = (
        row | {"Timestamp": None},
        row | {"Weight": -1},
        row | {"Weight": None},
        row | {"Action": "no such word"},
        row | {"Action": None},
        row | {"Request": {"ClientIP": "192.0.2.\ufffd"}},
        row | {"Request": None},
    )
    listed = {"SampledRequests": [row, *odd], "PopulationSize": 90}
    samples = await WafReader(Canned(GetSampledRequests=listed)).samples(web_acl, web_acl.rules[1], span)
    assert (len(samples.requests), samples.unread) == (1, len(odd))
    for population in (None, -90):
        listed = {"SampledRequests": [row], "PopulationSize": population}
        with pytest.raises(Incomplete):
            await WafReader(Canned(GetSampledRequests=listed)).samples(web_acl, web_acl.rules[1], span)


async def test_a_rule_whose_metric_is_named_by_damage_is_not_sampled():
    for name, sampled in (("m-own", True), ("m-\ufffd", False), ("", False)):
        rules = [rule("own", 0, Action={"Block": {}}, VisibilityConfig=visible(name))]
        answer = {"WebACL": acl(Rules=rules)}
        web_acl = await WafReader(Canned(GetWebACLForResource=answer)).protecting(BALANCER)
        assert [each.sampled for each in web_acl.rules] == [sampled]
