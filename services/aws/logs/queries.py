"""Logs Insights for a person: single requests of queries in all three languages, saved queries, and who ran
what. Source: StartQuery, GetQueryResults, StopQuery, GetLogRecord, DescribeQueries, DescribeQueryDefinitions,
DescribeFieldIndexes (Amazon CloudWatch Logs API reference). `services.logs.insights` runs queries with
these."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from services.aws.client.reader import Answer, Reader, finite, incomplete, is_readable, rows, when, whole
from services.aws.logs.group_names import identifier
from services.aws.logs.insights import query_counts
from services.i18n import _
from services.models.base import RawId
from services.models.insights_queries import (
    FieldIndex,
    InsightsQuery,
    PastQuery,
    QueryLanguage,
    QueryParameter,
    QueryProgress,
    QueryRows,
    SavedQuery,
)
from services.models.text import LINE_LIMIT, clean, clean_line

PAGE = 5_000  # Rows of a page; AWS allows 10,000, which may be more than the console reads of one response
PEEK = 1_000  # Rows read of a query that still runs
MANY = 500  # Rows from which a page is parsed in a thread
PAST = 1_000  # Queries of the account read at most; AWS keeps far fewer
INDEXED_GROUPS = 100  # Log groups in one DescribeFieldIndexes
POINTER = "@ptr"


class InsightsQueries:
    """The requests; every method raises AwsError."""

    def __init__(self, session: Reader, *, region: str = "") -> None:
        self._session = session
        self._region = region or None

    async def start(self, query: InsightsQuery, text: str) -> str:
        """Start a query with `text` in place of its own, and return its id; the bytes it scans are charged."""
        groups = [identifier(group) for group in query.groups]
        named: dict[str, Any] = {"logGroupIdentifiers": groups} if groups else {}
        language: dict[str, Any] = (
            {} if query.language is QueryLanguage.LOGSQL else {"queryLanguage": str(query.language)}
        )
        answer = await self._session.read(
            "logs",
            "StartQuery",
            region=self._region,
            required=("queryId",),
            startTime=int(query.span.start.timestamp()),
            endTime=int(query.span.end.timestamp()),
            queryString=text,
            limit=min(query.limit, query.language.most_rows),
            **named,
            **language,
        )
        return str(answer["queryId"])

    async def page(self, id: str, token: str = "", most: int = PAGE) -> tuple[QueryProgress, str]:
        """The state of a query with one page of its rows, and the token of the next page; "": there is none."""
        more: dict[str, Any] = {"nextToken": token} if token else {}
        answer = await self._session.read(
            "logs",
            "GetQueryResults",
            region=self._region,
            required=("status", "results"),
            queryId=id,
            maxItems=most,
            **more,
        )
        # A page of 5,000 rows would hold up the event loop for several frames.
        many = len(answer["results"]) > MANY
        progress = await asyncio.to_thread(_progress, answer) if many else _progress(answer)
        return progress, str(answer.get("nextToken") or "")

    async def stop(self, id: str) -> None:
        await self._session.read("logs", "StopQuery", region=self._region, timeout=5.0, queryId=id)

    async def record(self, pointer: str) -> tuple[tuple[str, str], ...]:
        answer = await self._session.read(
            "logs", "GetLogRecord", region=self._region, required=("logRecord",), logRecordPointer=pointer
        )
        return tuple(
            (clean(name), clean(value, LINE_LIMIT)) for name, value in answer["logRecord"].items() if name
        )

    async def past(self) -> tuple[PastQuery, ...]:
        queries: list[PastQuery] = []
        async for page in self._session.pages(
            "logs", "DescribeQueries", region=self._region, required=("queries",), maxResults=100
        ):
            queries += [_past(row) for row in rows(page, "queries")]
            if len(queries) >= PAST:
                break
        return tuple(sorted(queries, key=lambda query: (_seconds(query), query.id), reverse=True))

    async def definitions(self) -> tuple[SavedQuery, ...]:
        saved: list[SavedQuery] = []
        async for page in self._session.pages(
            "logs", "DescribeQueryDefinitions", region=self._region, required=("queryDefinitions",)
        ):
            saved += [_saved(row) for row in rows(page, "queryDefinitions")]
        return tuple(sorted(saved, key=lambda query: (query.title, query.id)))

    async def indexes(self, groups: Sequence[str]) -> tuple[FieldIndex, ...]:
        indexes: list[FieldIndex] = []
        for some in _batches([identifier(group) for group in groups], INDEXED_GROUPS):
            async for page in self._session.pages(
                "logs",
                "DescribeFieldIndexes",
                region=self._region,
                required=("fieldIndexes",),
                logGroupIdentifiers=some,
            ):
                indexes += [_index(row) for row in rows(page, "fieldIndexes")]
        return tuple(indexes)


def one_table(pages: Iterable[QueryRows]) -> QueryRows:
    """Several pages as one table: the columns of all of them, in order of their first appearance."""
    pages = [page for page in pages if page.rows]
    if len(pages) == 1:
        return pages[0]
    columns = tuple(dict.fromkeys(name for page in pages for name in page.columns))
    table: list[tuple[str | None, ...]] = []
    pointers: list[str] = []
    for page in pages:
        pointers += page.pointers
        if page.columns == columns:
            table += page.rows
            continue
        places = [page.column(name) for name in columns]
        table += [tuple(None if place is None else row[place] for place in places) for row in page.rows]
    return QueryRows(columns, tuple(table), tuple(pointers))


def _batches(names: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield list(names[start : start + size])


def _progress(answer: Answer) -> QueryProgress:
    state, matched, scanned, size = query_counts(answer)
    statistics = answer.get("statistics") or {}
    table = table_of(answer["results"])
    return QueryProgress(
        state=state,
        rows=table,
        matched=matched,
        scanned=scanned,
        bytes=size,
        skipped=whole(statistics.get("estimatedBytesSkipped"), 0),
        groups=whole(statistics.get("logGroupsScanned"), 0),
        count=max(whole(statistics.get("resultCount"), 0), len(table.rows)),
    )


def table_of(results: Sequence[Sequence[dict[str, Any]]]) -> QueryRows:
    names: dict[str, str] = {}  # Cleaned names by AWS's own, in order
    rows_of: list[dict[str, str]] = []
    pointers: list[str] = []
    for cells in results:
        row: dict[str, str] = {}
        pointer = ""
        for cell in cells:
            name, value = cell.get("field"), cell.get("value")
            if not name or value is None or not is_readable(name):
                # A missing value must not look like a field that the event lacks.
                raise incomplete(
                    _("Logs Insights returned a field without a value."), "logs", "GetQueryResults"
                )
            if name == POINTER:
                pointer = value
                continue
            if name not in names:
                names[name] = clean(name)
            row[name] = clean_line(str(value))
        rows_of.append(row)
        pointers.append(pointer)
    return QueryRows(
        tuple(names.values()),
        tuple(tuple(row.get(name) for name in names) for row in rows_of),
        tuple(pointers),
    )


def _seconds(query: PastQuery) -> float:
    return query.created_at.timestamp() if query.created_at else 0.0


def _language(row: Answer) -> QueryLanguage:
    name = str(row.get("queryLanguage") or QueryLanguage.LOGSQL)
    return QueryLanguage(name) if name in set(QueryLanguage) else QueryLanguage.LOGSQL


def _moment(row: Answer, key: str) -> Any:
    milliseconds = finite(row.get(key))
    return None if milliseconds is None else when(milliseconds / 1000)


def _past(row: Answer) -> PastQuery:
    duration = finite(row.get("queryDuration"))
    return PastQuery(
        id=RawId(row.get("queryId") or ""),
        # AWS puts the groups before the query: `SOURCE "…" START=… END=… | …`.
        text=str(row.get("queryString") or ""),
        language=_language(row),
        state=clean(row.get("status")),
        created_at=_moment(row, "createTime"),
        group=row.get("logGroupName") or "",
        seconds=None if duration is None or duration < 0 else duration / 1000,
        bytes=whole(row.get("bytesScanned")),
        user=row.get("userIdentity") or "",
    )


def _saved(row: Answer) -> SavedQuery:
    id, name, text = (row.get(key) for key in ("queryDefinitionId", "name", "queryString"))
    if not id or not name or not text:
        raise incomplete(
            _("AWS returned a saved query without its name or text."), "logs", "DescribeQueryDefinitions"
        )
    return SavedQuery(
        id=RawId(id),
        title=name,
        text=text,
        language=_language(row),
        groups=tuple(RawId(group) for group in row.get("logGroupNames") or ()),
        parameters=tuple(
            QueryParameter(
                name=each.get("name") or "",
                default=each.get("defaultValue") or "",
                description=each.get("description") or "",
            )
            for each in row.get("parameters") or ()
        ),
    )


def _index(row: Answer) -> FieldIndex:
    name = row.get("fieldIndexName")
    if not name:
        raise incomplete(
            _("AWS returned a field index without the name of the field."), "logs", "DescribeFieldIndexes"
        )
    return FieldIndex(
        group=RawId(row.get("logGroupIdentifier") or ""),
        field=str(name),
        since=_moment(row, "firstEventTime"),
        until=_moment(row, "lastEventTime"),
    )
