"""Handlers for AWS WAF: one web ACL on the load balancer, its log destination, samples of blocked requests.

Source: AWS WAFV2 API reference. An account without the runbook's system leaves everything to moto.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.demo.account import ACCOUNT, REGION
from services.demo.elb.model import LoadBalancers
from services.demo.errors import AwsErrorResponse
from services.demo.paging import evenly
from services.demo.registry import Call, op
from services.demo.system import names
from services.demo.waf.log import STREAM, BlockedRequest, FirewallLog

ID = "8f2d1c3e-5a7b-4c1d-9e0f-3b6a2d4c8e71"
ARN = f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/{names.WEB_ACL}/{ID}"
DESTINATION = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/{STREAM}"
KEPT = timedelta(hours=3)
"""How far back samples go."""
POPULATION = 5000
"""Samples are drawn from the first so many requests of the time window."""
GROUPS = ("AWSManagedRulesCommonRuleSet", "AWSManagedRulesSQLiRuleSet")
COUNTED = "count-long-queries"
_LOCK = "1c7e5b90-2f6d-4a38-8b1e-6d0c9a4f7e25"


@op("wafv2", "GetWebACLForResource", of_system=True)
def get_web_acl_for_resource(call: Call) -> dict[str, Any]:
    arn = call.params["ResourceArn"]
    if arn == names.BALANCER_ARN:
        return {"WebACL": _acl()}
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
    return {"WebACL": _acl(), "LockToken": _LOCK}


@op("wafv2", "GetLoggingConfiguration", of_system=True)
def get_logging_configuration(call: Call) -> dict[str, Any]:
    """The ACL's log destination: Firehose, as WAF itself may not write to a bucket of this name."""
    if call.params["ResourceArn"] != ARN:
        raise _nonexistent()
    return {
        "LoggingConfiguration": {
            "ResourceArn": ARN,
            "LogDestinationConfigs": [DESTINATION],
            "ManagedByFirewallManager": False,
        }
    }


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


def _acl() -> dict[str, Any]:
    groups = [
        {
            "Name": f"AWS-{name}",
            "Priority": priority,
            "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name}},
            "OverrideAction": {"None": {}},
            "VisibilityConfig": _visibility(f"AWS-{name}"),
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
        "VisibilityConfig": _visibility(COUNTED),
    }
    return {
        "Name": names.WEB_ACL,
        "Id": ID,
        "ARN": ARN,
        "DefaultAction": {"Allow": {}},
        "Rules": [*groups, counted],
        "VisibilityConfig": _visibility(names.WEB_ACL),
        "Capacity": 903,
        "ManagedByFirewallManager": False,
        "LabelNamespace": f"awswaf:{ACCOUNT}:webacl:{names.WEB_ACL}:",
    }


def _visibility(metric: str) -> dict[str, Any]:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": metric}


def _describe(request: BlockedRequest, weight: int) -> dict[str, Any]:
    return {
        "Request": {
            "ClientIP": request.address,
            "Country": request.country,
            "URI": request.uri,
            "Method": request.method,
            "HTTPVersion": "HTTP/1.1",
            "Headers": [{"Name": "Host", "Value": "facility.example.jp"}],
        },
        "Weight": weight,
        "Timestamp": datetime.fromtimestamp(request.at // 1000, UTC),
        "Action": "BLOCK",
    }
