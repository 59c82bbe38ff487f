"""The embedded AWS's firewall, its logs in S3 and Athena over them: shapes, and that they agree with one another."""

from datetime import timedelta
from typing import Any

import pytest

from services.demo import athena, names, waf
from services.inspections.waf_blocks.sql import blocked_query, groups_of
from services.models.metrics import TimeSpan
from services.runbook.loader import load_builtin
from tests.conftest import Embedded
from tests.services.demo.client import ask, refused, sums

RULE = "AWS-AWSManagedRulesCommonRuleSet"


async def metric(embedded: Embedded) -> int:
    now = embedded.clock.now()
    day = (now - timedelta(days=1), now, 86_400)
    values = await sums(embedded.url, "AWS/WAFV2", "BlockedRequests", names.WAF_DIMENSIONS, *day)
    return sum(map(round, values))


async def query(embedded: Embedded, text: str, **more: Any) -> tuple[dict[str, Any], list[list[str | None]]]:
    """(the execution as it ended, rows with their header)."""
    url = embedded.url
    started = await ask(
        url, "athena", "StartQueryExecution", QueryString=text, WorkGroup=athena.WORKGROUP, **more
    )
    id = started["QueryExecutionId"]
    states = [
        (await ask(url, "athena", "GetQueryExecution", QueryExecutionId=id))["QueryExecution"]
        for _look in range(3)
    ]
    assert states[0]["Status"]["State"] == "RUNNING"
    if states[-1]["Status"]["State"] != "SUCCEEDED":
        return states[-1], []
    rows: list[list[str | None]] = []
    token: dict[str, str] = {}
    while True:
        page = await ask(url, "athena", "GetQueryResults", QueryExecutionId=id, MaxResults=5, **token)
        rows += [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["ResultSet"]["Rows"]]
        if "NextToken" not in page:
            return states[-1], rows
        token = {"NextToken": page["NextToken"]}


@pytest.mark.scenario("attack", history=3600)
async def test_metric_samples_athena_and_s3_agree_on_the_requests(embedded):
    url, now = embedded.url, embedded.clock.now()
    spec = load_builtin("facility-prod").waf
    assert spec is not None
    blocked = await metric(embedded)
    span = TimeSpan(start=now - timedelta(days=2), end=now)
    text = blocked_query(spec, span, waf.ARN)
    reuse = {"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": True}}}
    ended, rows = await query(embedded, text, **reuse)
    header, *records = rows
    groups = groups_of(
        [{str(n): v for n, v in zip(header, row, strict=True) if v is not None} for row in records]
    )
    assert [each.count for each in groups if each.kind == "all"] == [blocked]
    assert blocked > 900
    assert sum(each.count for each in groups if each.kind == "uri") == blocked
    assert next(each for each in groups if each.kind == "address").name == "198.51.100.77"

    # What Athena read is what lies in S3.
    day = f"{waf.PREFIX}{now:%Y/%m/%d}/"
    listed = await ask(url, "s3", "ListObjectsV2", Bucket=waf.BUCKET, Prefix=day, MaxKeys=4)
    assert (listed["KeyCount"], listed["IsTruncated"]) == (4, True)
    more = await ask(
        url,
        "s3",
        "ListObjectsV2",
        Bucket=waf.BUCKET,
        Prefix=day,
        ContinuationToken=listed["NextContinuationToken"],
    )
    objects = [*listed["Contents"], *more["Contents"]]
    assert sum(each["Size"] for each in objects) == ended["Statistics"]["DataScannedInBytes"]
    assert all(each["LastModified"] <= now for each in objects)
    again, _rows = await query(embedded, text, **reuse)
    assert again["Statistics"]["ResultReuseInformation"] == {"ReusedPreviousResult": True}
    assert again["Statistics"]["DataScannedInBytes"] == 0

    # Samples: of many requests, some, which stand for all.
    asked = {
        "WebAclArn": waf.ARN,
        "Scope": "REGIONAL",
        "TimeWindow": {"StartTime": now - timedelta(hours=9), "EndTime": now},
    }
    few = await ask(url, "wafv2", "GetSampledRequests", RuleMetricName=RULE, MaxItems=100, **asked)
    assert (few["PopulationSize"], len(few["SampledRequests"])) == (blocked, 100)
    assert few["TimeWindow"]["StartTime"] == now - timedelta(hours=3)
    none = await ask(url, "wafv2", "GetSampledRequests", RuleMetricName="other", MaxItems=5, **asked)
    assert none["SampledRequests"] == []


@pytest.mark.scenario("ordinary-day", history=600)
async def test_the_acl_its_logs_and_what_is_refused(embedded):
    url = embedded.url
    of = await ask(url, "wafv2", "GetWebACLForResource", ResourceArn=names.BALANCER_ARN)
    assert (of["WebACL"]["Name"], of["WebACL"]["ARN"]) == (names.WEB_ACL, waf.ARN)
    listed = await ask(url, "wafv2", "ListWebACLs", Scope="REGIONAL")
    assert [each["Id"] for each in listed["WebACLs"]] == [waf.ID]
    rest = await ask(url, "wafv2", "ListWebACLs", Scope="REGIONAL", NextMarker=listed["NextMarker"])
    assert rest == {"WebACLs": []}
    named = await ask(url, "wafv2", "GetWebACL", Name=names.WEB_ACL, Scope="REGIONAL", Id=waf.ID)
    assert named["WebACL"] == of["WebACL"]
    logs = await ask(url, "wafv2", "GetLoggingConfiguration", ResourceArn=waf.ARN)
    assert logs["LoggingConfiguration"]["LogDestinationConfigs"] == [waf.DESTINATION]
    group = await ask(url, "athena", "GetWorkGroup", WorkGroup=athena.WORKGROUP)
    assert group["WorkGroup"]["Configuration"]["BytesScannedCutoffPerQuery"] == athena.CUTOFF

    other = names.BALANCER_ARN.replace("facility", "library")
    code, _status, _text = await refused(url, "wafv2", "GetWebACLForResource", ResourceArn=other)
    assert code == "WAFNonexistentItemException"
    code, _status, text = await refused(url, "wafv2", "ListWebACLs", Scope="CLOUDFRONT")
    assert (code, "CLOUDFRONT" in text) == ("WAFInvalidParameterException", True)
    code, status, _text = await refused(url, "s3", "ListObjectsV2", Bucket=waf.BUCKET)
    assert (code, status) == ("AccessDenied", 403)
    code, _status, text = await refused(url, "athena", "GetWorkGroup", WorkGroup="primary")
    assert (code, text) == ("InvalidRequestException", "WorkGroup primary is not found.")


@pytest.mark.scenario("ordinary-day", history=600)
async def test_athena_fails_on_unknown_queries_and_stops_on_request(embedded):
    url = embedded.url
    written = load_builtin("facility-prod").waf
    assert written is not None
    ended, _rows = await query(embedded, written.blocked_query)
    assert ended["Status"]["State"] == "FAILED"
    assert ended["Status"]["StateChangeReason"].startswith("NOT_SUPPORTED")
    token = {"ClientRequestToken": "t" * 32, "QueryString": "SELECT 1", "WorkGroup": athena.WORKGROUP}
    first = await ask(url, "athena", "StartQueryExecution", **token)
    assert await ask(url, "athena", "StartQueryExecution", **token) == first
    code, *_rest = await refused(url, "athena", "GetQueryResults", **first)
    assert code == "InvalidRequestException"
    await ask(url, "athena", "StopQueryExecution", **first)
    stopped = await ask(url, "athena", "GetQueryExecution", **first)
    assert stopped["QueryExecution"]["Status"]["State"] == "CANCELLED"
    changed = token | {"QueryString": "SELECT 2"}
    assert (await refused(url, "athena", "StartQueryExecution", **changed))[0] == "InvalidRequestException"
    assert (await refused(url, "athena", "GetQueryExecution", QueryExecutionId="no"))[0] == (
        "InvalidRequestException"
    )
