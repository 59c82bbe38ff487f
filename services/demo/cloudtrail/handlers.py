"""CloudTrail: LookupEvents per region, DescribeTrails, GetTrailStatus.

Source: CloudTrail API reference.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from services.demo.autoscaling.records import hash_of
from services.demo.cloudtrail.model import TrailBook
from services.demo.cloudtrail.records import Entry
from services.demo.cloudwatch.paging import decode, encode
from services.demo.facts import TrailStopped
from services.demo.faults import ACCOUNT
from services.demo.registry import Call, Fault, op
from services.demo.system import names

PAGE = 50
TRAIL = "facility-prod-trail"
TRAIL_ARN = f"arn:aws:cloudtrail:{names.REGION}:{ACCOUNT}:trail/{TRAIL}"
STOPPED = timedelta(days=5)
"""How long before the scenario's beginning a stopped trail stopped."""
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
    """Newest first, at most 50; by one attribute; a token is good only for the request it came from.

    What AWS's own services do is listed only among all events: nobody asks for it by name.
    """
    params = call.params
    attributes = params.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise Fault("InvalidLookupAttributesException", "You can only specify one lookup attribute.")
    size = params.get("MaxResults", PAGE)
    if not 1 <= size <= PAGE:
        raise Fault("InvalidMaxResultsException", f"MaxResults must be between 1 and {PAGE}.")
    since, until = params.get("StartTime"), params.get("EndTime")
    if since and until and since > until:
        raise Fault("InvalidTimeRangeException", "The start time is after the end time.")
    book = call.world.part(TrailBook)
    entries = book.visible()
    if not attributes:
        entries = sorted(
            [*entries, *book.of_services(since, until)], key=lambda entry: (entry.at, entry.id), reverse=True
        )
    found = [
        entry
        for entry in entries
        if entry.region == call.region
        and (since is None or entry.at >= since)
        and (until is None or entry.at <= until)
        and all(_ATTRIBUTES[each["AttributeKey"]](entry) == each["AttributeValue"] for each in attributes)
    ]
    return _paged(found, size, params)


def _paged(found: list[Entry], size: int, params: dict[str, Any]) -> dict[str, Any]:
    asked = (
        f"{hash_of(repr(sorted((key, repr(value)) for key, value in params.items() if key != 'NextToken')))}"
    )
    if "NextToken" in params:
        try:
            same, _, after = decode(params["NextToken"]).partition(" ")
        except Fault:
            same = after = ""
        if same != asked:
            raise Fault("InvalidNextTokenException", "The token is not of this request.")
        found = [entry for entry in found if _cursor(entry) < after]
    page = found[:size]
    more = {"NextToken": encode(f"{asked} {_cursor(page[-1])}")} if len(found) > size else {}
    return {"Events": [entry.row() for entry in page]} | more


def _cursor(entry: Entry) -> str:
    return f"{entry.at.isoformat()} {entry.id}"


@op("cloudtrail", "DescribeTrails")
def describe_trails(call: Call) -> dict[str, Any]:
    """The system's one trail, which every region sees as its own or as a shadow."""
    params = call.params
    wanted = params.get("trailNameList")
    shadow = params.get("includeShadowTrails", True)
    seen = call.world.facility is not None and (call.region == names.REGION or shadow)
    if not seen or (wanted and not {TRAIL, TRAIL_ARN} & set(wanted)):
        return {"trailList": []}
    trail = {
        "Name": TRAIL,
        "S3BucketName": "facility-prod-trail-logs",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "HomeRegion": names.REGION,
        "TrailARN": TRAIL_ARN,
        "LogFileValidationEnabled": True,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": False,
    }
    return {"trailList": [trail]}


@op("cloudtrail", "GetTrailStatus")
def get_trail_status(call: Call) -> dict[str, Any]:
    """Whether it records; a shadow answers to its ARN alone."""
    name, world = call.params["Name"], call.world
    if world.facility is None or name not in (
        (TRAIL, TRAIL_ARN) if call.region == names.REGION else (TRAIL_ARN,)
    ):
        raise Fault("TrailNotFoundException", f"Unknown trail: {name} for the user: {call.account}")
    began = world.began.replace(microsecond=0)
    if world.scenario.facts_of(TrailStopped):
        stopped = began - STOPPED
        return {"IsLogging": False, "StopLoggingTime": stopped, "LatestDeliveryTime": stopped}
    started = began - timedelta(days=300)
    return {
        "IsLogging": True,
        "StartLoggingTime": started,
        "LatestDeliveryTime": world.part(TrailBook).delivered_at().replace(microsecond=0),
    }
