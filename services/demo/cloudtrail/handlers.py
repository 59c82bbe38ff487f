"""Source: CloudTrail API reference."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from services.demo.account import ACCOUNT, REGION, SYSTEM
from services.demo.cloudtrail.model import TrailStore
from services.demo.cloudtrail.records import Entry
from services.demo.errors import AwsErrorResponse
from services.demo.identifiers import hash_of
from services.demo.paging import decode, encode
from services.demo.registry import Call, op
from services.demo.scenario_facts import TrailStopped

PAGE = 50
TRAIL = f"{SYSTEM}-prod-trail"
TRAIL_ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{TRAIL}"
STOPPED = timedelta(days=5)
"""How long before the scenario's beginning logging of a stopped trail ended."""
_ATTRIBUTES: dict[str, Callable[[Entry], str]] = {
    "EventId": lambda entry: entry.id,
    "EventName": lambda entry: entry.name,
    "EventSource": lambda entry: entry.source,
    "Username": lambda entry: entry.username,
    "ReadOnly": lambda entry: "true" if entry.read_only else "false",
    "AccessKeyId": lambda entry: entry.access_key,
    "ResourceName": lambda entry: entry.resource,
    "ResourceType": lambda _entry: "",
}


@op("cloudtrail", "LookupEvents")
def lookup_events(call: Call) -> dict[str, Any]:
    """Events, newest first, 50 at most, by one attribute at most; a token is valid for the same request only.

    Calls by AWS's own services appear only in lookups without an attribute.
    """
    params = call.params
    attributes = params.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise AwsErrorResponse(
            "InvalidLookupAttributesException", "You can only specify one lookup attribute."
        )
    size = params.get("MaxResults", PAGE)
    if not 1 <= size <= PAGE:
        raise AwsErrorResponse("InvalidMaxResultsException", f"MaxResults must be between 1 and {PAGE}.")
    since, until = params.get("StartTime"), params.get("EndTime")
    if since and until and since > until:
        raise AwsErrorResponse("InvalidTimeRangeException", "The start time is after the end time.")
    store = call.component(TrailStore)
    entries = store.visible()
    if not attributes:
        entries = sorted(
            [*entries, *store.of_services(since, until)], key=lambda entry: (entry.at, entry.id), reverse=True
        )
    matches = [
        entry
        for entry in entries
        if entry.region == call.region
        and (since is None or entry.at >= since)
        and (until is None or entry.at <= until)
        and all(_ATTRIBUTES[item["AttributeKey"]](entry) == item["AttributeValue"] for item in attributes)
    ]
    return _page(matches, size, params)


def _page(entries: list[Entry], size: int, params: dict[str, Any]) -> dict[str, Any]:
    request = repr(sorted((key, repr(value)) for key, value in params.items() if key != "NextToken"))
    mark = str(hash_of(request))
    if "NextToken" in params:
        try:
            origin, _, after = decode(params["NextToken"]).partition(" ")
        except AwsErrorResponse:
            origin = after = ""
        if origin != mark:
            raise AwsErrorResponse("InvalidNextTokenException", "The token is not of this request.")
        entries = [entry for entry in entries if _cursor(entry) < after]
    page = entries[:size]
    more = {"NextToken": encode(f"{mark} {_cursor(page[-1])}")} if len(entries) > size else {}
    return {"Events": [entry.row() for entry in page]} | more


def _cursor(entry: Entry) -> str:
    return f"{entry.at.isoformat()} {entry.id}"


@op("cloudtrail", "DescribeTrails")
def describe_trails(call: Call) -> dict[str, Any]:
    """The only trail; other regions see it as a shadow trail."""
    params = call.params
    requested = params.get("trailNameList")
    shadow = params.get("includeShadowTrails", True)
    visible = not call.run.scenario.empty and (call.region == REGION or shadow)
    if not visible or (requested and not {TRAIL, TRAIL_ARN} & set(requested)):
        return {"trailList": []}
    trail = {
        "Name": TRAIL,
        "S3BucketName": f"{TRAIL}-logs",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "HomeRegion": REGION,
        "TrailARN": TRAIL_ARN,
        "LogFileValidationEnabled": True,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": False,
    }
    return {"trailList": [trail]}


@op("cloudtrail", "GetTrailStatus")
def get_trail_status(call: Call) -> dict[str, Any]:
    """Whether the trail logs; a shadow trail is found by its ARN only."""
    name, run = call.params["Name"], call.run
    if run.scenario.empty or name not in ((TRAIL, TRAIL_ARN) if call.region == REGION else (TRAIL_ARN,)):
        raise AwsErrorResponse(
            "TrailNotFoundException", f"Unknown trail: {name} for the user: {call.account}"
        )
    began = run.began.replace(microsecond=0)
    if run.scenario.facts_of(TrailStopped):
        stopped = began - STOPPED
        return {"IsLogging": False, "StopLoggingTime": stopped, "LatestDeliveryTime": stopped}
    started = began - timedelta(days=300)
    return {
        "IsLogging": True,
        "StartLoggingTime": started,
        "LatestDeliveryTime": call.component(TrailStore).delivered_at().replace(microsecond=0),
    }
