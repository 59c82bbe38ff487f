"""CloudTrail: the event history of each region, of an ordinary office and the scenario's own events; and the
trail. Source: CloudTrail API reference."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from services.demo.account import ACCOUNT, REGION, SYSTEM, hash_of
from services.demo.errors import AwsErrorResponse
from services.demo.paging import decode, encode
from services.demo.registry import Call, op
from services.demo.scenario import TOKYO, AccessFact, ScenarioRun, SignInFact, TrailFact, TrailStopped
from services.demo.trail_records import (
    TrailEntry,
    access,
    assumed,
    at_work,
    change,
    entries_of,
    recorded,
    sign_in,
)

KEPT = timedelta(days=90)
RECENT = timedelta(days=15)  # Age of the events among which the newest delivery is searched
HOUR = timedelta(hours=1)
DELIVERY = timedelta(minutes=5)  # How long after it happened an event can be looked up


class TrailStore:
    """Every region's events of the last 90 days; each day is generated when it is first read."""

    def __init__(self, run: ScenarioRun) -> None:
        self._run = run
        self._days: dict[date, list[TrailEntry]] = {}
        self.ends: datetime | None = None  # No later event is recorded; None: recording continues
        self.delivered: datetime | None = None
        """When the trail's newest file was delivered; None: files keep up with the history."""
        self.reads: deque[tuple[str, datetime]] = deque(maxlen=24)
        """Where and when consoles have lately read something, once in some minutes."""
        self.sleeps = False  # Tasks run in opening hours only
        self.scenario_entries = [] if run.scenario.empty else _scenario_entries(run)
        """Events beside the ordinary ones."""

    def visible(self) -> list[TrailEntry]:
        """Events that can be looked up now, newest first."""
        now = self._run.now
        oldest, newest = now - KEPT, min(now - DELIVERY, self.ends or now)
        entries = (*self._ordinary(oldest, newest), *self.scenario_entries)
        visible = [entry for entry in entries if oldest <= entry.at <= newest]
        return sorted(visible, key=lambda entry: (entry.at, entry.id), reverse=True)

    def of_services(self, since: datetime | None, until: datetime | None) -> list[TrailEntry]:
        """Calls by AWS's own services, newest first: tasks assume their role every hour; and some of what was
        read lately. With `sleeps`, tasks do so only in opening hours."""
        now = self._run.now
        newest = min(now - DELIVERY, self.ends or now, until or now)
        oldest = max(now - KEPT, since or now - KEPT)
        reads = [
            assumed(at, region, "GetCallerIdentity") for region, at in self.reads if oldest <= at <= newest
        ]
        if self._run.scenario.empty:
            return reads
        hour = newest.replace(minute=0, second=0, microsecond=0)
        count = max(0, (hour - oldest) // HOUR + 1)
        hours = (hour - HOUR * number for number in range(count))
        return [*reads, *(assumed(at) for at in hours if not self.sleeps or at_work(at))]

    def delivered_at(self) -> datetime:
        """When the trail's newest file was delivered: minutes after the events in it."""
        if self.delivered is not None:
            return self.delivered
        now = self._run.now
        events = [*self.of_services(now - RECENT, None), *self.visible()]
        times = (entry.at for entry in events if entry.region == REGION)
        return min(now, max(times, default=self._run.began) + DELIVERY)

    def last_sign_in(self, user: str) -> datetime | None:
        return next(
            (
                entry.at
                for entry in self.visible()
                if entry.name == "ConsoleLogin" and entry.username == user and '"Success"' in entry.record
            ),
            None,
        )

    def last_release(self, before: float) -> datetime:
        """When a release was last deployed before `before` (epoch seconds)."""
        newest = datetime.fromtimestamp(before, UTC)
        events = self._ordinary(newest - RECENT, newest)
        times = [entry.at for entry in events if entry.name == "UpdateService" and entry.at < newest]
        return max(times, default=newest)

    def _ordinary(self, oldest: datetime, newest: datetime) -> list[TrailEntry]:
        if self._run.scenario.empty:
            return []
        first, last = oldest.astimezone(TOKYO).date(), newest.astimezone(TOKYO).date()
        entries = []
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if day not in self._days:
                self._days[day] = entries_of(self._run.scenario.seed, day)
            entries += self._days[day]
        return entries


def _scenario_entries(run: ScenarioRun) -> list[TrailEntry]:
    random = Random(f"{run.scenario.seed} told")
    makers: tuple[tuple[type[Any], Callable[..., TrailEntry]], ...] = (
        (SignInFact, sign_in),
        (AccessFact, access),
        (TrailFact, change),
    )
    return [
        make(random, run.time_of(fact.at), **fact.model_dump(exclude={"kind", "at"}))
        for kind, make in makers
        for fact in run.scenario.facts_of(kind)
        if not isinstance(fact, TrailFact) or recorded(fact.event, fact.source)
    ]


PAGE = 50
TRAIL = f"{SYSTEM}-prod-trail"
TRAIL_ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{TRAIL}"
STOPPED = timedelta(days=5)  # How long before the scenario's beginning logging of a stopped trail ended
_ATTRIBUTES: dict[str, Callable[[TrailEntry], str]] = {
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
    Calls by AWS's own services appear only in lookups without an attribute."""
    params = call.params
    attributes = params.get("LookupAttributes") or []
    size = params.get("MaxResults", PAGE)
    since, until = params.get("StartTime"), params.get("EndTime")
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


def _page(entries: list[TrailEntry], size: int, params: dict[str, Any]) -> dict[str, Any]:
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


def _cursor(entry: TrailEntry) -> str:
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
        "IsMultiRegionTrail": True,
        "HomeRegion": REGION,
        "TrailARN": TRAIL_ARN,
        "HasCustomEventSelectors": False,
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
