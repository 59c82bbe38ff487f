"""CloudWatch metrics: reads the series of metric queries. Source: GetMetricData, ListMetrics (Amazon
CloudWatch API reference). The former is billed per metric, so a whole window is fetched at once."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

from services.aws.client.reader import Answer, Reader, epoch, finite, incomplete, rows
from services.aws.cloudwatch.metrics.math_ids import is_sql, packed, rename
from services.background.turns import next_turn
from services.i18n import _, plural
from services.models.base import RawId
from services.models.metrics import MetricQuery, Series, SeriesStatus, TimeSpan
from services.models.text import clean

# Requests a metric that several curves share only once: AWS charges per metric requested.
#
# Source: "GetMetricData" pricing (Amazon CloudWatch); labels as in "Using dynamic labels".


_HIDDEN = "hidden"
Key = tuple[object, ...]


def without_duplicates(queries: Sequence[MetricQuery]) -> tuple[list[MetricQuery], dict[str, str]]:
    """(queries to send, the sent query's id by each duplicate's id); expressions refer to sent ids."""
    sent: list[MetricQuery] = []
    positions: dict[Key, int] = {}
    answered_by: dict[str, str] = {}
    for query in queries:
        base = _base(query)
        at = None if base is None else _index_of(positions, base, query, sent)
        if at is not None:
            answered_by[query.id] = sent[at].id
            continue
        if base is not None:
            positions[*base, _kind(query)] = len(sent)
        sent.append(query)
    return _renamed(sent, queries, answered_by), answered_by


def as_queried(series: Series, query: MetricQuery) -> Series:
    if series.id == query.id:
        return series
    label = clean(query.label) if query.label else series.label
    return series.model_copy(update={"id": query.id, "label": label})


def _base(query: MetricQuery) -> Key | None:
    if query.expression or "${" in query.label:
        return None
    dimensions = tuple(sorted(query.dimensions))
    return query.region, query.account, query.namespace, query.metric, dimensions, query.stat, query.period


def _kind(query: MetricQuery) -> object:
    """Whether it is drawn, and with its own label; AWS's default label is known only from the response."""
    return bool(query.label) if query.visible else _HIDDEN


def _index_of(
    positions: dict[Key, int], base: Key, query: MetricQuery, sent: list[MetricQuery]
) -> int | None:
    """Index in `sent` of an equal query; a hidden one becomes visible if `query` is drawn."""
    kinds = (_kind(query),) if query.visible else (True, False, _HIDDEN)
    for kind in kinds:
        if (*base, kind) in positions:
            return positions[*base, kind]
    if query.visible and (*base, _HIDDEN) in positions:
        at = positions[*base, _kind(query)] = positions.pop((*base, _HIDDEN))
        sent[at] = sent[at].model_copy(update={"visible": True, "label": query.label})
        return at
    return None


def _renamed(
    sent: Sequence[MetricQuery], queries: Sequence[MetricQuery], answered_by: dict[str, str]
) -> list[MetricQuery]:
    if not answered_by:
        return list(sent)
    names = {query.id: answered_by.get(query.id, query.id) for query in queries}
    metrics = [query.id for query in queries if query.metric]
    return [
        query.model_copy(update={"expression": RawId(rename(query.expression, names, metrics))})
        if query.expression and not is_sql(query.expression)
        else query
        for query in sent
    ]


_JST = ZoneInfo("Asia/Tokyo")
QUERIES_PER_CALL = 500  # GetMetricData's limit on queries
POINTS_PER_CALL = 18_000
"""Datapoints that a response may have, so that decoding one does not keep the event loop: 100 curves of three hours. AWS
charges by the metric, not by the call, and allows 100,800."""
CURVES_PER_TURN = 20  # Curves read from a response before other work has its turn

STATUS = {
    "Complete": SeriesStatus.COMPLETE,
    "PartialData": SeriesStatus.PARTIAL,
    "Forbidden": SeriesStatus.FORBIDDEN,
    "InternalError": SeriesStatus.ERROR,
}
FINAL = (SeriesStatus.FORBIDDEN, SeriesStatus.ERROR)
_COUNTED = "AWS/"  # Prefix of the namespaces of AWS's own metrics


class Metrics:
    def __init__(self, session: Reader, *, zone: tzinfo = _JST) -> None:
        self._session = session
        self._zone = zone

    async def fetch(
        self, queries: Sequence[MetricQuery], span: TimeSpan, *, region: str | None = None
    ) -> tuple[Series, ...]:
        """The series of the visible queries, in their order; SEARCH returns several with one id. Sends one
        GetMetricData per region, or a few for many datapoints, each distinct metric once. A query without a
        region is read in `region`, or in the system's. A query without a result yields an empty Series. Ids
        must be unique. Raises AwsError if any region fails."""
        calls: dict[str, list[MetricQuery]] = {}
        sent, answered_by = without_duplicates(queries)
        for query in sent:
            calls.setdefault(query.region or region or "", []).append(query)
        answers = await asyncio.gather(
            *(
                self._ask(call, span, where or None)
                for where, region_queries in calls.items()
                for call in packed(region_queries, queries_per_call(region_queries, span))
            )
        )
        curves: dict[str, list[Series]] = {}
        for series in (each for answer in answers for each in answer):
            curves.setdefault(series.id, []).append(series)
        return tuple(
            as_queried(each, query)
            for query in queries
            if query.visible
            for each in curves.get(answered_by.get(query.id, query.id)) or (_nothing(query),)
        )

    async def names(self, of: MetricQuery) -> tuple[RawId, ...]:
        """The metrics with just the dimensions of another that had data in the last three hours. Raises AwsError."""
        answer = await self._session.read(
            "cloudwatch",
            "ListMetrics",
            required=("Metrics",),
            Namespace=of.namespace,
            Dimensions=[{"Name": name, "Value": value} for name, value in of.dimensions],
            RecentlyActive="PT3H",
        )
        # Each has all of these dimensions, and maybe others.
        count = len(of.dimensions)
        same = (row for row in rows(answer, "Metrics") if len(rows(row, "Dimensions")) == count)
        return tuple(map(RawId, sorted({str(row.get("MetricName") or "") for row in same} - {""})))

    async def _ask(self, queries: Sequence[MetricQuery], span: TimeSpan, region: str | None) -> list[Series]:
        merged = _Merged({query.id: query for query in queries})
        pages = self._session.pages(
            "cloudwatch",
            "GetMetricData",
            region=region,
            required=("MetricDataResults",),
            MetricDataQueries=[request(query) for query in queries],
            StartTime=span.start,
            EndTime=span.end,
            ScanBy="TimestampAscending",
            # Labels may contain times (`${LAST_TIME}`...); CloudWatch accepts a UTC offset, not a zone name.
            LabelOptions={"Timezone": f"{span.end.astimezone(self._zone):%z}"},
        )
        async for page in pages:
            await merged.add(page)
        return await merged.series()


def queries_per_call(queries: Sequence[MetricQuery], span: TimeSpan) -> int:
    """How many of the queries one call may have, so that its response is not too large."""
    seconds = (span.end - span.start).total_seconds()
    points = max((seconds / query.period for query in queries), default=1.0)
    return max(1, min(QUERIES_PER_CALL, int(POINTS_PER_CALL / max(1.0, points))))


def request(query: MetricQuery) -> Answer:
    fields: Answer = {"Id": query.id, "ReturnData": query.visible}
    if query.expression:
        fields |= {"Expression": query.expression, "Period": query.period}
    else:
        fields["MetricStat"] = {
            "Metric": {
                "Namespace": query.namespace,
                "MetricName": query.metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in query.dimensions],
            },
            "Period": query.period,
            "Stat": query.stat,
        }
    if query.label:
        fields["Label"] = query.label
    if query.account:
        fields["AccountId"] = query.account
    return fields


def _nothing(query: MetricQuery) -> Series:
    """Valid for an expression, since a search may match nothing; for a metric, AWS would return an empty result."""
    written = query.label if "${" not in query.label else ""
    untold = not query.expression
    return Series(
        id=query.id,
        label=written or query.metric or query.expression,
        period=query.period,
        status=SeriesStatus.PARTIAL if untold else SeriesStatus.COMPLETE,
        message=_("no response") if untold else "",
    )


@dataclass
class _Curve:
    id: str
    label: str
    counted: bool = False  # An AWS metric (counts, sizes, ratios, times); a negative value means "unknown"
    points: list[tuple[int, float]] = field(default_factory=list)
    status: SeriesStatus = SeriesStatus.COMPLETE
    message: str = ""
    unreadable: int = 0  # Datapoints without a time or without a value

    def add(self, row: Answer) -> None:
        times, values = row.get("Timestamps") or (), row.get("Values") or ()
        # An unreadable value becomes a gap and makes the curve partial.
        points = [
            (time, float(value))
            for time, value in zip(map(epoch, times), map(finite, values), strict=False)
            if time is not None and value is not None and not (self.counted and value < 0)
        ]
        self.points += points
        self.unreadable += min(len(times), len(values)) - len(points)
        # PartialData on any but the last page only means that more pages follow; errors are final.
        if self.status not in FINAL:
            self.status = STATUS.get(str(row.get("StatusCode")), SeriesStatus.ERROR)
        if len(times) != len(values):
            # Values cannot be matched to times, and the missing ones may be the worst.
            self.status = SeriesStatus.ERROR
        self.message = self.message or _messages(rows(row, "Messages"))


class _Merged:
    """The results of one call; pages of one curve are merged by id and label."""

    def __init__(self, queries: dict[str, MetricQuery]) -> None:
        self._queries = queries
        self._curves: dict[tuple[str, str, int], _Curve] = {}
        self._remark = ""
        self._searches = any(query.expression for query in queries.values())

    async def add(self, page: Answer) -> None:
        repeats: dict[tuple[str, str], int] = {}
        for number, row in enumerate(rows(page, "MetricDataResults"), 1):
            name = (str(row.get("Id")), str(row.get("Label") or ""))
            # A SEARCH with a fixed label returns several curves with the same id and label.
            repeats[name] = repeats.get(name, -1) + 1
            key = (*name, repeats[name])
            query = self._queries.get(name[0])
            if query is None:
                # A result with an unknown id is the damaged result of a query that would then seem to have none.
                raise incomplete(
                    _("CloudWatch returned something that was not requested."), "cloudwatch", "GetMetricData"
                )
            counted = query.namespace.startswith(_COUNTED) and not query.expression
            self._curves.setdefault(key, _Curve(*name, counted=counted)).add(row)
            if number % CURVES_PER_TURN == 0:
                await next_turn()
        self._remark = self._remark or _messages(rows(page, "Messages"))

    async def series(self) -> list[Series]:
        built: list[Series] = []
        for curve in self._curves.values():
            built.append(self._one(curve))
            if len(built) % CURVES_PER_TURN == 0:
                await next_turn()
        return built

    def _one(self, curve: _Curve) -> Series:
        query = self._queries[curve.id]
        points = curve.points
        if any(later[0] <= earlier[0] for earlier, later in pairwise(points)):
            points = sorted(dict(points).items())
        message = curve.message
        status = curve.status
        if self._remark and not message and bool(query.expression) is self._searches:
            # A message on the whole call ("maximum number of metrics exceeded") concerns its searches, if any.
            message = self._remark
            status = SeriesStatus.PARTIAL if status is SeriesStatus.COMPLETE else status
        if curve.unreadable:
            text = plural(
                "{count} datapoint cannot be read", "{count} datapoints cannot be read", curve.unreadable
            )
            message = message or text.format(count=f"{curve.unreadable:,}")
            status = SeriesStatus.PARTIAL if status is SeriesStatus.COMPLETE else status
        return Series(
            id=curve.id,
            label=curve.label or query.metric or query.expression,
            times=tuple(time for time, _ in points),
            values=tuple(value for _, value in points),
            period=query.period,
            status=status,
            message=message,
        )


def _messages(entries: Iterable[Answer]) -> str:
    return "; ".join(str(each.get("Value") or each.get("Code") or "") for each in entries)
