"""AWS WAF: one web ACL on the load balancer, and its log, in S3 too: the blocked requests of every simulated
minute. A Firehose stream puts one object every five minutes into the runbook's bucket, under the day of its
arrival (UTC). An account without the runbook's system leaves WAF to moto, and so does any other bucket.
Source: AWS WAFV2 API reference, ListObjectsV2 (Amazon S3 API reference)."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import md5
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from services.demo import names
from services.demo.account import ACCOUNT, REGION, SYSTEM, answer_of
from services.demo.cloudwatch.store import MetricStore, metric_key
from services.demo.errors import AwsErrorResponse, ToMoto
from services.demo.load_balancers import LoadBalancers
from services.demo.paging import evenly, page_of
from services.demo.registry import Call, op
from services.demo.scenario import ScenarioRun
from services.demo.system.logs import firewall_lines
from services.demo.system.minute import simulate

BUCKET = f"{SYSTEM}-waf-logs-prod"
PREFIX = "waf/"
STREAM = names.WAF_LOG
EVERY = 300  # Seconds from one object to the next
_LATE = 20  # Seconds until an object arrives
_BYTES = 120  # Compressed size of one request in an object
_ALLOWED = metric_key("AWS/WAFV2", "AllowedRequests", names.WAF_DIMENSIONS)


class BlockedRequest(NamedTuple):
    at: int  # Epoch milliseconds
    address: str
    country: str
    uri: str
    method: str
    rule: str


class LogObject(NamedTuple):
    key: str
    size: int
    modified: datetime


class FirewallLog:
    """The log of one world, generated from its metrics when it is read; the order of reading makes no difference."""

    def __init__(self, run: ScenarioRun, metrics: MetricStore) -> None:
        self._run = run
        self._metrics = metrics
        self._until = 0
        self._blocked: list[BlockedRequest] = []
        self._requests: dict[int, int] = {}
        """Number of requests in each object, by its beginning (epoch seconds)."""
        self._keys: dict[int, str] = {}

    def blocked(self, start: int, end: int) -> Sequence[BlockedRequest]:
        """From `start` to before `end` (epoch milliseconds), oldest first."""
        self._update()
        return self._blocked[bisect_left(self._blocked, (start,)) : bisect_left(self._blocked, (end,))]

    def objects(self, prefix: str) -> list[LogObject]:
        self._update()
        now = self._run.now
        objects = (
            LogObject(
                key, 400 + self._requests[start] * _BYTES, datetime.fromtimestamp(start + EVERY + _LATE, UTC)
            )
            for start, key in self._keys.items()
            if key.startswith(prefix)
        )
        return sorted(item for item in objects if item.modified <= now)

    def size_of(self, days: Sequence[date]) -> int:
        return sum(item.size for day in days for item in self.objects(f"{PREFIX}{day:%Y/%m/%d}/"))

    def _update(self) -> None:
        now, began = int(self._run.now.timestamp()) // 60 * 60, self._run.began.timestamp()
        for bucket in self._metrics.buckets(_ALLOWED, self._until, now):
            minute = simulate(self._run.scenario, began, bucket.at, 1)
            self._blocked += sorted(_parsed(line.message) for line in firewall_lines(minute))
            slot = bucket.at // EVERY * EVERY
            self._requests[slot] = self._requests.get(slot, 0) + minute.requests + minute.blocked
            if slot not in self._keys:
                self._keys[slot] = _key(slot)
        self._until = now


def _parsed(message: str) -> BlockedRequest:
    record = orjson.loads(message)
    request = record["httpRequest"]
    return BlockedRequest(
        record["timestamp"],
        request["clientIp"],
        request["country"],
        request["uri"],
        request["httpMethod"],
        record["terminatingRuleId"],
    )


def _key(start: int) -> str:
    at = datetime.fromtimestamp(start, UTC)
    name = f"{STREAM}-1-{at:%Y-%m-%d-%H-%M-%S}-{UUID(int=Random(start).getrandbits(128))}.gz"
    return f"{PREFIX}{at:%Y/%m/%d/%H}/{name}"


ID = "8f2d1c3e-5a7b-4c1d-9e0f-3b6a2d4c8e71"
ARN = f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/{names.WEB_ACL}/{ID}"
DESTINATION = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/{STREAM}"
KEPT = timedelta(hours=3)  # How far back samples go
POPULATION = 5000  # Samples are drawn from the first so many requests of the time window
_LOCK = "1c7e5b90-2f6d-4a38-8b1e-6d0c9a4f7e25"


@op("wafv2", "GetWebACLForResource", of_system=True)
def get_web_acl_for_resource(call: Call) -> dict[str, Any]:
    """The ACL of the runbook's load balancer; other load balancers have none."""
    arn = call.params["ResourceArn"]
    if arn == names.BALANCER_ARN:
        return {"WebACL": answer_of("web-acl")}
    if arn in {balancer.arn for balancer in call.component(LoadBalancers)}:
        return {}
    raise _nonexistent()


@op("wafv2", "ListWebACLs", of_system=True)
def list_web_acls(call: Call) -> dict[str, Any]:
    """The ACLs of a scope; as on AWS, the last page has a marker, too."""
    if not _regional(call) or call.params.get("NextMarker"):
        return {"WebACLs": []}
    row = {"Name": names.WEB_ACL, "Id": ID, "LockToken": _LOCK, "ARN": ARN}
    return {"WebACLs": [row], "NextMarker": names.WEB_ACL}


@op("wafv2", "GetWebACL", of_system=True)
def get_web_acl(call: Call) -> dict[str, Any]:
    params = call.params
    if not _regional(call) or (params.get("Name"), params.get("Id")) != (names.WEB_ACL, ID):
        raise _nonexistent()
    return {"WebACL": answer_of("web-acl"), "LockToken": _LOCK}


@op("wafv2", "GetLoggingConfiguration", of_system=True)
def get_logging_configuration(call: Call) -> dict[str, Any]:
    """The ACL's log destination: Firehose, as WAF itself may not write to a bucket of this name."""
    if call.params["ResourceArn"] != ARN:
        raise _nonexistent()
    return {"LoggingConfiguration": {"ResourceArn": ARN, "LogDestinationConfigs": [DESTINATION]}}


@op("wafv2", "GetSampledRequests", of_system=True)
def get_sampled_requests(call: Call) -> dict[str, Any]:
    """Blocked requests of one rule within the last three hours; of many, an even selection."""
    params = call.params
    if not _regional(call) or params["WebAclArn"] != ARN:
        raise _nonexistent()
    now = call.now
    start, end = max(params["TimeWindow"]["StartTime"], now - KEPT), min(params["TimeWindow"]["EndTime"], now)
    if start >= end:
        raise AwsErrorResponse(
            "WAFInvalidParameterException", "Error reason: The parameter TimeWindow is not valid."
        )
    log = call.component(FirewallLog)
    requests = log.blocked(int(start.timestamp() * 1000), int(end.timestamp() * 1000))
    # Here, rules and their metrics have the same names.
    population = [request for request in requests if request.rule == params["RuleMetricName"]][:POPULATION]
    sample = evenly(population, params["MaxItems"])
    weight = len(population) // len(sample) if sample else 0
    return {
        "SampledRequests": [_describe(request, weight) for request in sample],
        "PopulationSize": len(population),
        "TimeWindow": {"StartTime": start, "EndTime": end},
    }


def _regional(call: Call) -> bool:
    scope = call.params.get("Scope")
    if scope == "CLOUDFRONT" and call.region != "us-east-1":
        message = "Error reason: The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT"
        raise AwsErrorResponse("WAFInvalidParameterException", message)
    return bool(scope == "REGIONAL" and call.region == REGION)


def _nonexistent() -> AwsErrorResponse:
    message = "AWS WAF couldn’t perform the operation because your resource doesn’t exist."
    return AwsErrorResponse("WAFNonexistentItemException", message)


def _describe(request: BlockedRequest, weight: int) -> dict[str, Any]:
    return {
        "Request": {
            "ClientIP": request.address,
            "Country": request.country,
            "URI": request.uri,
            "Method": request.method,
        },
        "Weight": weight,
        "Timestamp": datetime.fromtimestamp(request.at // 1000, UTC),
        "Action": "BLOCK",
    }


PAGE = 1000
_DAY = re.compile(r"(^|/)\d{4}/\d{2}/\d{2}/")


@op("s3", "ListObjectsV2", of_system=True)
def list_objects_v2(call: Call) -> dict[str, Any]:
    """The objects under a prefix, by key; the policy of the operators' role has a condition on `s3:prefix`."""
    params = call.params
    if params["Bucket"] != BUCKET:
        raise ToMoto
    prefix = params.get("Prefix") or ""
    if not _DAY.search(prefix):
        raise AwsErrorResponse("AccessDenied", "Access Denied", 403)
    size = min(params.get("MaxKeys") or PAGE, PAGE)
    objects = call.component(FirewallLog).objects(prefix)
    page, more = page_of(objects, lambda item: item.key, params, size, "ContinuationToken")
    token = {f"Next{key}": value for key, value in more.items()}
    rows = [
        {
            "Key": item.key,
            "LastModified": item.modified,
            "ETag": f'"{md5(item.key.encode(), usedforsecurity=False).hexdigest()}"',
            "Size": item.size,
            "StorageClass": "STANDARD",
        }
        for item in page
    ]
    result = {
        "Name": BUCKET,
        "Prefix": prefix,
        "MaxKeys": size,
        "KeyCount": len(rows),
        "IsTruncated": bool(more),
    }
    return result | ({"Contents": rows} if rows else {}) | token
