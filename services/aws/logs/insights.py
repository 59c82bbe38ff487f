"""Logs Insights: runs queries; reads a log group's fields and its size. Source: StartQuery, GetQueryResults,
StopQuery, GetLogGroupFields, DescribeLogGroups, FilterLogEvents (Amazon CloudWatch Logs API reference).
Queries are charged by bytes scanned, so one that nobody waits for is stopped."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Any

from services.aws.client.errors import AwsError, Throttled
from services.aws.client.reader import Answer, Reader, incomplete, is_readable, rows, when, whole
from services.aws.logs.group_names import group_name, group_parameter, identifier
from services.aws.logs.query_text import commands, joined
from services.i18n import _
from services.models.insights import GroupSize, QueryResult, QueryState, StoredGroup
from services.models.metrics import TimeSpan
from services.models.text import clean

PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds between polls of a running query; the last value repeats. AWS allows 10 such calls a second."""
HOUSE_FULL = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0)
"""Seconds between attempts while the account is at its limit of concurrent queries; then the error is raised."""
LONGEST = 300.0  # Seconds that a query may run (AWS itself allows an hour)
ANSWERS = 5.0
"""Seconds that a cancelled run waits for the id of the query that it has just started, to stop it."""
ROWS = 1000  # Default row limit; AWS's maximum is 100,000
AROUND = timedelta(minutes=8)  # GetLogGroupFields samples events this far before and after its `time`

Sleep = Callable[[float], Awaitable[None]]
OnProgress = Callable[[QueryResult], None]


def _ignore_progress(_result: QueryResult) -> None:
    pass


class Insights:
    """Runs Logs Insights queries. Groups are given by name or ARN; `sleep` waits on this machine's clock."""

    def __init__(self, session: Reader, *, region: str = "", sleep: Sleep = asyncio.sleep) -> None:
        self._session = session
        self._region = region or None
        self._sleep = sleep

    async def run(
        self,
        group: str,
        query: str,
        span: TimeSpan,
        *,
        limit: int = ROWS,
        longest: float = LONGEST,
        on_progress: OnProgress = _ignore_progress,
    ) -> QueryResult:
        """Run `query` over `span`; comments are removed. `on_progress` is called with every polled state. A
        result that is not `complete` is partial: the query failed, was cancelled, or ran longer than
        `longest` seconds and was stopped. Raises AwsError (Throttled: too many concurrent queries; Invalid: a
        malformed query; NotFound: no such group)."""
        id = await self._start(
            logGroupIdentifiers=[identifier(group)],
            startTime=int(span.start.timestamp()),
            endTime=int(span.end.timestamp()),
            queryString=joined(commands(query)),
            limit=limit,
        )
        going = True
        try:
            result = await self._outcome(id, longest, on_progress)
            # A query in state "Unknown" may still be running.
            going = result.going or result.state is QueryState.UNKNOWN
            return result
        finally:
            # Also on cancellation: a query that keeps running is charged.
            if going:
                await self._stop(id)

    async def fields_of(self, group: str, until: datetime) -> dict[str, int]:
        """The percentage of events that have each field, in the quarter of an hour before `until`. {} if
        there were no events. Raises AwsError."""
        answer = await self._session.read(
            "logs",
            "GetLogGroupFields",
            region=self._region,
            required=("logGroupFields",),
            logGroupIdentifier=identifier(group),
            time=int((until - AROUND).timestamp()),
        )
        shares = ((clean(row.get("name")), row.get("percent")) for row in rows(answer, "logGroupFields"))
        return {name: percent for name, percent in shares if name and isinstance(percent, int)}

    async def size_of(self, group: str, span: TimeSpan, now: datetime) -> GroupSize | None:
        """An estimate of the bytes a query over `span` scans; None if the group does not exist. Raises AwsError."""
        stored = await self.stored(group)
        return None if stored is None else stored.scanned(span, now)

    async def stored(self, group: str) -> StoredGroup | None:
        """How much a log group stores; None if it does not exist. Raises AwsError."""
        name = group_name(group)
        pages = self._session.pages(
            "logs", "DescribeLogGroups", region=self._region, required=("logGroups",), logGroupNamePrefix=name
        )
        async for page in pages:
            for row in rows(page, "logGroups"):
                if not row.get("logGroupName"):
                    raise incomplete(
                        _("AWS returned a log group without a name."), "logs", "DescribeLogGroups"
                    )
                if row["logGroupName"] == name:
                    return _stored(row)
        return None

    async def has_events(self, group: str, span: TimeSpan) -> bool:
        """Whether the log group has any event in `span`, its end included; free of charge. Raises AwsError."""
        pages = self._session.pages(
            "logs",
            "FilterLogEvents",
            region=self._region,
            required=("events",),
            startTime=max(0, int(span.start.timestamp() * 1000)),
            endTime=max(0, int(span.end.timestamp() * 1000)),
            limit=1,
            **group_parameter(group),
        )
        async for page in pages:
            if page["events"]:
                return True
        return False

    async def _start(self, **params: Any) -> str:
        for pause in HOUSE_FULL:
            # LimitExceededException: too many concurrent queries; the SDK's retries give up after seconds.
            try:
                return await self._try(params)
            except Throttled:
                await self._sleep(pause)
        return await self._try(params)

    async def _try(self, params: dict[str, Any]) -> str:
        request = asyncio.ensure_future(
            self._session.read("logs", "StartQuery", region=self._region, required=("queryId",), **params)
        )
        try:
            answer = await asyncio.shield(request)
        except asyncio.CancelledError:
            # AWS may start the query all the same.
            await asyncio.wait([request], timeout=ANSWERS)
            if request.done() and request.exception() is None:
                await self._stop(str(request.result()["queryId"]))
            request.cancel()
            raise
        return str(answer["queryId"])

    async def _outcome(self, id: str, longest: float, on_state: OnProgress) -> QueryResult:
        waited = 0.0
        refused: Throttled | None = None
        result = QueryResult(state=QueryState.SCHEDULED)
        for pause in pauses():
            await self._sleep(pause)
            waited += pause
            try:
                result, refused = await self._results(id), None
            except Throttled as error:
                refused = error
            else:
                on_state(result)
            if not result.going or waited >= longest:
                break
        if refused:
            raise refused
        return result

    async def _results(self, id: str) -> QueryResult:
        answer = await self._session.read(
            "logs", "GetQueryResults", region=self._region, required=("status", "results"), queryId=id
        )
        return _result(answer)

    async def _stop(self, id: str) -> None:
        # Best effort: AWS returns an error if the query has ended meanwhile.
        with suppress(AwsError):
            await self._session.read("logs", "StopQuery", region=self._region, timeout=5.0, queryId=id)


def pauses() -> Iterator[float]:
    return chain(PAUSES, repeat(PAUSES[-1]))


def _result(answer: Answer) -> QueryResult:
    state, matched, scanned, size = query_counts(answer)
    rows = tuple(_row(cells) for cells in answer["results"])
    return QueryResult(state=state, rows=rows, matched=matched, scanned=scanned, bytes=size)


def query_counts(answer: Answer) -> tuple[QueryState, int, int, int]:
    """(state, events matched, events scanned, bytes scanned) of a query. Raises Incomplete."""
    status = str(answer["status"])
    # An unknown status means neither success nor failure, so polling continues.
    state = QueryState(status) if status in set(QueryState) else QueryState.RUNNING
    statistics = answer.get("statistics") or {}
    names = ("recordsMatched", "recordsScanned", "bytesScanned")
    matched, scanned, size = (whole(statistics.get(name)) for name in names)
    if state is QueryState.COMPLETE and None in (matched, scanned, size):
        # Without statistics, "no matches" and "nothing scanned" would be indistinguishable, and the price unknown.
        raise incomplete(
            _("Logs Insights did not report how many log events it scanned."), "logs", "GetQueryResults"
        )
    return state, matched or 0, scanned or 0, size or 0


def _row(cells: list[dict[str, Any]]) -> dict[str, Any]:
    pairs = [(cell.get("field"), cell.get("value")) for cell in cells]
    if not pairs or not all(name and is_readable(str(name)) and text is not None for name, text in pairs):
        # A missing value must not look like a field that the event lacks, which is absent from the row.
        raise incomplete(_("Logs Insights returned a field without a value."), "logs", "GetQueryResults")
    return {str(name): text for name, text in pairs if name != "@ptr"}


def _stored(row: Answer) -> StoredGroup:
    # Without the stored size, a query would seem free of charge.
    stored = whole(row.get("storedBytes"))
    if stored is None:
        raise incomplete(
            _("AWS did not return the stored size of the log group."), "logs", "DescribeLogGroups"
        )
    creation = whole(row.get("creationTime"))
    return StoredGroup(
        bytes=stored,
        retention_days=whole(row.get("retentionInDays")),
        created_at=when(creation / 1000) if creation is not None else None,
    )
