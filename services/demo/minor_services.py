"""Services of which the console reads one thing: regions, a quota, Change Calendars, the subscriptions of a
topic. moto has no GetCalendarState, and knows quotas of VPC only. Source: ListRegions (Account Management API
reference), DescribeRegions (EC2), GetServiceQuota and "Amazon ECS service quotas", GetCalendarState (Systems
Manager), ListSubscriptionsByTopic (SNS)."""

from typing import Any, Literal

from services.demo.account import ACCOUNT, region_statuses
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op
from services.demo.scenario import RegionFact

PAGE = 50
_OPT_IN_STATUS = {
    "ENABLED": "opted-in",
    "ENABLED_BY_DEFAULT": "opt-in-not-required",
    "DISABLED": "not-opted-in",
}
"""EC2's word for each RegionOptStatus."""


def _statuses(call: Call) -> dict[str, str]:
    return region_statuses({fact.region for fact in call.run.scenario.facts_of(RegionFact)})


@op("account", "ListRegions")
def list_regions(call: Call) -> dict[str, Any]:
    statuses = call.params.get("RegionOptStatusContains")
    regions = [pair for pair in _statuses(call).items() if not statuses or pair[1] in statuses]
    size = call.params.get("MaxResults") or PAGE
    page, more = page_of(regions, lambda pair: pair[0], call.params, size)
    return {"Regions": [{"RegionName": name, "RegionOptStatus": status} for name, status in page]} | more


@op("ec2", "DescribeRegions")
def describe_regions(call: Call) -> dict[str, Any]:
    """Regions by name; disabled ones only with AllRegions."""
    every, names = call.params.get("AllRegions"), call.params.get("RegionNames")
    return {
        "Regions": [
            {
                "RegionName": name,
                "Endpoint": f"ec2.{name}.amazonaws.com",
                "OptInStatus": _OPT_IN_STATUS[status],
            }
            for name, status in _statuses(call).items()
            if (every or status != "DISABLED") and (not names or name in names)
        ]
    }


FARGATE, VCPUS = "fargate", "L-3032A538"
DEFAULT = 6.0  # vCPUs that a new account may use at once
APPLIED = 16.0  # vCPUs that this account may use


@op("service-quotas", "GetServiceQuota")
@op("service-quotas", "GetAWSDefaultServiceQuota")
def get_service_quota(call: Call) -> dict[str, Any]:
    if (call.params["ServiceCode"], call.params["QuotaCode"]) != (FARGATE, VCPUS):
        raise AwsErrorResponse(
            "NoSuchResourceException", "The request failed because there is no such quota."
        )
    quota = {
        "ServiceCode": FARGATE,
        "ServiceName": "AWS Fargate",
        "QuotaCode": VCPUS,
        "Value": APPLIED if call.operation == "GetServiceQuota" else DEFAULT,
        "Unit": "None",
    }
    return {"Quota": quota}


CONFIRMED, PENDING = "", "PendingConfirmation"


class TopicStore:
    """What each topic's subscriptions have in place of an ARN, by its name; None: it does not exist."""

    def __init__(self) -> None:
        self.subscriptions: dict[str, tuple[str, ...] | None] = {}


@op("sns", "ListSubscriptionsByTopic")
def list_subscriptions_by_topic(call: Call) -> dict[str, Any]:
    """Those of one topic; one of which nothing was said has a subscriber."""
    topic = call.params["TopicArn"]
    states = call.component(TopicStore).subscriptions.get(topic.rpartition(":")[2], (CONFIRMED,))
    if states is None:
        raise AwsErrorResponse("NotFound", "Topic does not exist", 404)
    every = {"Owner": ACCOUNT, "Protocol": "email", "TopicArn": topic}
    rows = [
        every
        | {"SubscriptionArn": state or f"{topic}:{number:036}", "Endpoint": f"duty-{number:03}@example.lg.jp"}
        for number, state in enumerate(states)
    ]
    page, more = page_of(rows, lambda row: row["Endpoint"], call.params, 100)
    return {"Subscriptions": page} | more


class ChangeCalendarStore:
    """The state of each calendar by name; a world begins without any."""

    def __init__(self) -> None:
        self.states: dict[str, Literal["OPEN", "CLOSED"]] = {}


@op("ssm", "GetCalendarState")
def get_calendar_state(call: Call) -> dict[str, Any]:
    states = call.component(ChangeCalendarStore).states
    names = [name.rpartition("/")[2] for name in call.params["CalendarNames"]]
    if any(name not in states for name in names):
        raise AwsErrorResponse("InvalidDocument", "Document with name does not exist.")
    is_open = all(states[name] == "OPEN" for name in names)
    at = call.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"State": "OPEN" if is_open else "CLOSED", "AtTime": at}
