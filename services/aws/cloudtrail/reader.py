"""Source: LookupEvents, DescribeTrails, GetTrailStatus (CloudTrail API reference)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from services.aws.client.errors import AwsError
from services.aws.client.pace import RequestPace
from services.aws.client.reader import Answer, Reader, incomplete, rows, when
from services.aws.cloudtrail.events import SIGN_IN_SOURCE, event_of
from services.clock import Clock, SystemClock
from services.i18n import _
from services.models.cloudtrail import Lookup, TrailEvent, TrailStatus
from services.models.text import clean

PACE = 0.5  # Seconds between requests: LookupEvents allows two per second, account and region
KEPT = timedelta(days=90)  # Retention of the event history
PAGE = 50  # Maximum events per page
PAGES = 400  # Maximum pages per lookup; at two per second, more than three minutes

__all__ = ["KEPT", "PACE", "SIGN_IN_SOURCE", "CloudTrailReader"]


class CloudTrailReader:
    """Reads the event history; requests to one region are `pace` seconds apart, regions run concurrently."""

    def __init__(self, session: Reader, *, pace: float = PACE, clock: Clock | None = None) -> None:
        self._session = session
        self._pace = pace
        self._pace_of: dict[str, RequestPace] = {}
        self._clock = clock or SystemClock()

    async def lookup(
        self,
        region: str,
        key: str,
        value: str,
        *,
        since: datetime,
        until: datetime,
        most: int | None = None,
        on_progress: Callable[[int], None] = lambda _events: None,
    ) -> Lookup:
        """The events of `region` whose attribute `key` (`EventName`, `Username`…) is `value`; all if `key` is
        "". Never raises AwsError: it is returned as `problem` together with the events read so far. `most`
        limits the pages. `on_progress` is called with the number of events after each page."""
        attributes = [{"AttributeKey": key, "AttributeValue": value}]
        query: dict[str, Any] = {"StartTime": since, "EndTime": until, "MaxResults": PAGE}
        query |= {"LookupAttributes": attributes} if key else {}
        events_by_id: dict[str, TrailEvent] = {}
        unreadable, requests, token = 0, 0, ""
        answer: Answer = {"Events": []}
        problem = None
        try:
            while requests < (most or PAGES):
                answer = await self._page(region, query, token)
                requests += 1
                unreadable += _add_events(answer, region, events_by_id)
                on_progress(len(events_by_id))
                token = _next(answer, token)
                if not token:
                    break
            if not token and len(answer["Events"]) >= PAGE and requests < (most or PAGES):
                requests += 1
                await self._confirm(region, query, events_by_id)
            if token and most is None:
                raise incomplete(_("More than {limit} pages.", limit=PAGES), "cloudtrail", "LookupEvents")
        except AwsError as error:
            problem = error.problem
        events = sorted(events_by_id.values(), key=lambda event: (event.at, event.id), reverse=True)
        return Lookup(
            region=region,
            value=value,
            events=tuple(events),
            requests=requests,
            unreadable=unreadable,
            more=bool(token),
            problem=problem,
        )

    async def trails(self, region: str) -> tuple[TrailStatus, ...]:
        """Every trail that records `region`, including those of other home regions. Raises AwsError."""
        answer = await self._session.read(
            "cloudtrail", "DescribeTrails", region=region, required=("trailList",), includeShadowTrails=True
        )
        return tuple([await self._status(row, region) for row in rows(answer, "trailList")])

    async def _confirm(self, region: str, query: dict[str, Any], events_by_id: dict[str, TrailEvent]) -> None:
        """After a full page without a token: raise AwsError if there are older events after all."""
        count = len(events_by_id)
        oldest = min((event.at for event in events_by_id.values()), default=query["EndTime"])
        _add_events(await self._page(region, query | {"EndTime": oldest}, ""), region, events_by_id)
        if len(events_by_id) > count:
            text = _("AWS returned a full page without a token, although there are older events.")
            raise incomplete(text, "cloudtrail", "LookupEvents")

    async def _page(self, region: str, query: dict[str, Any], token: str) -> Answer:
        await self._pace_of.setdefault(region, RequestPace(self._clock, 1, self._pace)).turn()
        # A token is valid only with an otherwise identical request.
        more: dict[str, Any] = {"NextToken": token} if token else {}
        return await self._session.read(
            "cloudtrail", "LookupEvents", region=region, required=("Events",), **query, **more
        )

    async def _status(self, row: Answer, region: str) -> TrailStatus:
        home = str(row.get("HomeRegion") or region)
        # A trail of another region is only addressable by its ARN.
        name = str(row.get("TrailARN") or row.get("Name") or "")
        answer = await self._session.read(
            "cloudtrail", "GetTrailStatus", region=home, required=("IsLogging",), Name=name
        )
        return TrailStatus(
            name=row.get("Name") or name,
            region=home,
            multi_region=bool(row.get("IsMultiRegionTrail")),
            logging=answer["IsLogging"] is True,
            started_at=when(answer.get("StartLoggingTime")),
            delivered_at=when(answer.get("LatestDeliveryTime")),
            every_event=row.get("HasCustomEventSelectors") is not True
            and row.get("IsOrganizationTrail") is not True,
            delivery_error=clean(answer.get("LatestDeliveryError")),
        )


def _add_events(answer: Answer, region: str, events_by_id: dict[str, TrailEvent]) -> int:
    """Add a page's events; returns how many of them cannot be interpreted."""
    events = [event_of(row, region) for row in rows(answer, "Events")]
    events_by_id |= {event.id: event for event in events if event is not None}
    return events.count(None)


def _next(answer: Answer, before: str) -> str:
    token = str(answer.get("NextToken") or "")
    if token and token == before:
        raise incomplete(_("AWS returned the same page token twice."), "cloudtrail", "LookupEvents")
    return token
