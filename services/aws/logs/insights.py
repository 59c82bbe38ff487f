"""Logs Insights: runs a query and reads what it found; which fields a group's events hold; how much it stores.

Source: StartQuery, GetQueryResults, StopQuery, GetLogGroupFields, DescribeLogGroups, FilterLogEvents (Amazon CloudWatch Logs API
reference). A query costs by the bytes it scans, so one that nobody waits for is stopped.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Any

from services.aws.client.errors import AwsError, Throttled
from services.aws.client.reader import Answer, Reader, incomplete, is_readable, rows, when, whole
from services.aws.logs.query_text import commands, joined
from services.i18n import _
from services.models.insights import GroupSize, QueryResult, QueryState
from services.models.metrics import TimeSpan
from services.models.text import clean

PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds before each look at a running query; the last for ever. AWS allows 10 such calls a second."""
HOUSE_FULL = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0)
"""Seconds between attempts while too many queries run in the account; then it is given up."""
LONGEST = 300.0
"""Seconds that a query may run (AWS itself allows an hour)."""
LONGEST_KEPT = 3653
"""Days: the longest retention of a log group that AWS offers."""
ROWS = 1000
"""Rows asked for unless somebody wants more; AWS sends at most 10,000 at once."""
AROUND = timedelta(minutes=8)
"""GetLogGroupFields looks so far to both sides of its time."""

Sleep = Callable[[float], Awaitable[None]]
Seen = Callable[[QueryResult], None]


def _unseen(_result: QueryResult) -> None:
    pass


class Insights:
    """Asks Logs Insights. Groups are given by name or by ARN; `sleep` waits on this machine's clock."""

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
        seen: Seen = _unseen,
    ) -> QueryResult:
        """Run `query` over `span`; comments in it are taken out.

        `seen` is told of every state on the way. A result that is not `complete` is partial: the query failed,
        was cancelled, or ran longer than `longest` seconds and was stopped. Raises AwsError (Throttled: too many
        queries run; Invalid: AWS does not understand the query; NotFound: no such group).
        """
        id = await self._start(
            logGroupIdentifiers=[_identifier(group)],
            startTime=int(span.start.timestamp()),
            endTime=int(span.end.timestamp()),
            queryString=joined(commands(query)),
            limit=limit,
        )
        going = True
        try:
            result = await self._outcome(id, longest, seen)
            # AWS does not know how one in "Unknown" stands, so it may go on as well.
            going = result.going or result.state is QueryState.UNKNOWN
            return result
        finally:
            # Also where the look is cancelled: what goes on is paid for.
            if going:
                await self._stop(id)

    async def fields_of(self, group: str, until: datetime) -> dict[str, int]:
        """Share of events, in per cent, that hold each field, in the quarter of an hour before `until`.

        {} where there were no events. Raises AwsError.
        """
        answer = await self._session.read(
            "logs",
            "GetLogGroupFields",
            region=self._region,
            required=("logGroupFields",),
            logGroupIdentifier=_identifier(group),
            time=int((until - AROUND).timestamp()),
        )
        shares = ((clean(row.get("name")), row.get("percent")) for row in rows(answer, "logGroupFields"))
        return {name: percent for name, percent in shares if name and isinstance(percent, int)}

    async def size_of(self, group: str, span: TimeSpan, now: datetime) -> GroupSize | None:
        """About what a query over `span` would read; None where AWS does not list the group. Raises AwsError."""
        name = group.rsplit(":log-group:", 1)[-1].removesuffix(":*")
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
                    return _size(row, span, now)
        return None

    async def has_events(self, group: str, span: TimeSpan) -> bool:
        """Whether the log group has any event in `span`, its end included; free of charge. Raises AwsError."""
        name = _identifier(group)
        target: dict[str, Any] = {"logGroupIdentifier" if name.startswith("arn:") else "logGroupName": name}
        pages = self._session.pages(
            "logs",
            "FilterLogEvents",
            region=self._region,
            required=("events",),
            startTime=max(0, int(span.start.timestamp() * 1000)),
            endTime=max(0, int(span.end.timestamp() * 1000)),
            limit=1,
            **target,
        )
        async for page in pages:
            if page["events"]:
                return True
        return False

    async def _start(self, **params: Any) -> str:
        for pause in HOUSE_FULL:
            # AWS says LimitExceededException while too many queries run; the SDK gives up after seconds.
            try:
                return await self._try(params)
            except Throttled:
                await self._sleep(pause)
        return await self._try(params)

    async def _try(self, params: dict[str, Any]) -> str:
        answer = await self._session.read(
            "logs", "StartQuery", region=self._region, required=("queryId",), **params
        )
        return str(answer["queryId"])

    async def _outcome(self, id: str, longest: float, on_state: Seen) -> QueryResult:
        waited = 0.0
        refused: Throttled | None = None
        result = QueryResult(state=QueryState.SCHEDULED)
        for pause in _pauses():
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
        # It may have ended meanwhile, which AWS calls an error; nothing is lost where this fails.
        with suppress(AwsError):
            await self._session.read("logs", "StopQuery", region=self._region, timeout=5.0, queryId=id)


def _pauses() -> Iterator[float]:
    return chain(PAUSES, repeat(PAUSES[-1]))


def _identifier(group: str) -> str:
    return group.removesuffix(":*")


def _result(answer: Answer) -> QueryResult:
    status = str(answer["status"])
    # A word that is not known here says neither that the query ended nor that it failed: it is waited for.
    state = QueryState(status) if status in set(QueryState) else QueryState.RUNNING
    statistics = answer.get("statistics") or {}
    numbers = {
        key: whole(statistics.get(key)) for key in ("recordsMatched", "recordsScanned", "bytesScanned")
    }
    if state is QueryState.COMPLETE and None in numbers.values():
        # Without them no errors and nothing read would look the same.
        raise incomplete(
            _("Logs Insights did not return how many log events it scanned."), "logs", "GetQueryResults"
        )
    return QueryResult(
        state=state,
        rows=tuple(_row(cells) for cells in answer["results"]),
        matched=numbers["recordsMatched"] or 0,
        scanned=numbers["recordsScanned"] or 0,
        bytes=numbers["bytesScanned"] or 0,
    )


def _row(cells: list[dict[str, Any]]) -> dict[str, Any]:
    pairs = [(cell.get("field"), cell.get("value")) for cell in cells]
    if not pairs or not all(name and is_readable(str(name)) and text is not None for name, text in pairs):
        # A field that an event lacks is absent; one without its value, or a row without fields, would look the same.
        raise incomplete(_("Logs Insights returned a field without a value."), "logs", "GetQueryResults")
    return {str(name): text for name, text in pairs if name != "@ptr"}


def _size(row: Answer, span: TimeSpan, now: datetime) -> GroupSize:
    # A new group has none yet; without the number a query would look free of charge.
    stored = whole(row.get("storedBytes"))
    if stored is None:
        raise incomplete(
            _("AWS did not return the stored size of the log group."), "logs", "DescribeLogGroups"
        )
    retention, creation = whole(row.get("retentionInDays")), whole(row.get("creationTime"))
    since = [now - timedelta(days=retention)] if retention and retention <= LONGEST_KEPT else []
    created = when(creation / 1000) if creation is not None else None
    if created is not None:
        since.append(created)
    if not since:
        # All that is stored may lie within the span.
        return GroupSize(bytes=stored)
    oldest = max(since)
    stored_seconds = max(1.0, (now - oldest).total_seconds())
    span_seconds = (min(span.end, now) - max(span.start, oldest)).total_seconds()
    # Every log group has a time of its making: without one nobody knows how far it reaches back.
    return GroupSize(
        bytes=int(stored * min(1.0, max(0.0, span_seconds / stored_seconds))),
        since=oldest if created is not None else None,
    )
