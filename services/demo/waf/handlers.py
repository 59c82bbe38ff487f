"""AWS WAF: one web ACL on the load balancer, its log destination, samples of what it blocked.

Source: AWS WAFV2 API reference. A world without the runbook's system leaves everything to moto.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.demo.faults import ACCOUNT
from services.demo.registry import Call, Fault, ToMoto, op
from services.demo.system import names
from services.demo.waf.log import STREAM, Blocked, FirewallLog

ID = "8f2d1c3e-5a7b-4c1d-9e0f-3b6a2d4c8e71"
ARN = f"arn:aws:wafv2:{names.REGION}:{ACCOUNT}:regional/webacl/{names.WEB_ACL}/{ID}"
DESTINATION = f"arn:aws:firehose:{names.REGION}:{ACCOUNT}:deliverystream/{STREAM}"
KEPT = timedelta(hours=3)
POPULATION = 5000
"""Samples are taken among so many requests, the first of the time asked for."""
GROUPS = ("AWSManagedRulesCommonRuleSet", "AWSManagedRulesSQLiRuleSet")
COUNTED = "count-long-queries"
_LOCK = "1c7e5b90-2f6d-4a38-8b1e-6d0c9a4f7e25"


@op("wafv2", "GetWebACLForResource")
def get_web_acl_for_resource(call: Call) -> dict[str, Any]:
    """The ACL of the runbook's load balancer; other balancers have none."""
    _own(call)
    arn = call.params["ResourceArn"]
    if arn == names.BALANCER_ARN:
        return {"WebACL": _acl()}
    if arn in {each.arn for each in call.world.balancers}:
        return {}
    raise _nonexistent()


@op("wafv2", "ListWebACLs")
def list_web_acls(call: Call) -> dict[str, Any]:
    """The ACLs of a scope; a marker comes with the last page as well, as AWS's does."""
    _own(call)
    if not _regional(call) or call.params.get("NextMarker"):
        return {"WebACLs": []}
    row = {"Name": names.WEB_ACL, "Id": ID, "LockToken": _LOCK, "ARN": ARN}
    return {"WebACLs": [row], "NextMarker": names.WEB_ACL}


@op("wafv2", "GetWebACL")
def get_web_acl(call: Call) -> dict[str, Any]:
    """One ACL by name, scope and id."""
    _own(call)
    params = call.params
    if not _regional(call) or (params.get("Name"), params.get("Id")) != (names.WEB_ACL, ID):
        raise _nonexistent()
    return {"WebACL": _acl(), "LockToken": _LOCK}


@op("wafv2", "GetLoggingConfiguration")
def get_logging_configuration(call: Call) -> dict[str, Any]:
    """Where the ACL's logs go: to Firehose, for the bucket's name is none that WAF itself may write to."""
    _own(call)
    if call.params["ResourceArn"] != ARN:
        raise _nonexistent()
    return {
        "LoggingConfiguration": {
            "ResourceArn": ARN,
            "LogDestinationConfigs": [DESTINATION],
            "ManagedByFirewallManager": False,
        }
    }


@op("wafv2", "GetSampledRequests")
def get_sampled_requests(call: Call) -> dict[str, Any]:
    """Blocked requests of one rule, of the last three hours at most; of many, evenly chosen ones."""
    _own(call)
    params = call.params
    if not _regional(call) or params["WebAclArn"] != ARN:
        raise _nonexistent()
    now = call.world.clock.now()
    start, end = max(params["TimeWindow"]["StartTime"], now - KEPT), min(params["TimeWindow"]["EndTime"], now)
    if start >= end:
        raise Fault("WAFInvalidParameterException", "Error reason: The parameter TimeWindow is not valid.")
    log = call.world.part(FirewallLog)
    every = log.blocked(int(start.timestamp() * 1000), int(end.timestamp() * 1000))
    # Rules and their metrics have the same names here.
    matched = [each for each in every if each.rule == params["RuleMetricName"]][:POPULATION]
    chosen = _chosen(matched, params["MaxItems"])
    weight = len(matched) // len(chosen) if chosen else 0
    return {
        "SampledRequests": [_sampled(each, weight) for each in chosen],
        "PopulationSize": len(matched),
        "TimeWindow": {"StartTime": start, "EndTime": end},
    }


def _own(call: Call) -> None:
    if call.world.facility is None:
        raise ToMoto


def _regional(call: Call) -> bool:
    scope = call.params.get("Scope")
    if scope == "CLOUDFRONT" and call.region != "us-east-1":
        message = "Error reason: The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT"
        raise Fault("WAFInvalidParameterException", message)
    return bool(scope == "REGIONAL" and call.region == names.REGION)


def _nonexistent() -> Fault:
    message = "AWS WAF couldn’t perform the operation because your resource doesn’t exist."
    return Fault("WAFNonexistentItemException", message)


def _acl() -> dict[str, Any]:
    groups = [
        {
            "Name": f"AWS-{name}",
            "Priority": priority,
            "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name}},
            "OverrideAction": {"None": {}},
            "VisibilityConfig": _visible(f"AWS-{name}"),
        }
        for priority, name in enumerate(GROUPS)
    ]
    counted = {
        "Name": COUNTED,
        "Priority": len(GROUPS),
        "Statement": {
            "SizeConstraintStatement": {
                "FieldToMatch": {"QueryString": {}},
                "ComparisonOperator": "GT",
                "Size": 2048,
                "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
            }
        },
        "Action": {"Count": {}},
        "VisibilityConfig": _visible(COUNTED),
    }
    return {
        "Name": names.WEB_ACL,
        "Id": ID,
        "ARN": ARN,
        "DefaultAction": {"Allow": {}},
        "Rules": [*groups, counted],
        "VisibilityConfig": _visible(names.WEB_ACL),
        "Capacity": 903,
        "ManagedByFirewallManager": False,
        "LabelNamespace": f"awswaf:{ACCOUNT}:webacl:{names.WEB_ACL}:",
    }


def _visible(metric: str) -> dict[str, Any]:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": metric}


def _chosen(found: Sequence[Blocked], most: int) -> list[Blocked]:
    if len(found) <= most:
        return list(found)
    return [found[number * len(found) // most] for number in range(most)]


def _sampled(each: Blocked, weight: int) -> dict[str, Any]:
    return {
        "Request": {
            "ClientIP": each.address,
            "Country": each.country,
            "URI": each.uri,
            "Method": each.method,
            "HTTPVersion": "HTTP/1.1",
            "Headers": [{"Name": "Host", "Value": "facility.example.jp"}],
        },
        "Weight": weight,
        "Timestamp": datetime.fromtimestamp(each.at // 1000, UTC),
        "Action": "BLOCK",
    }
