"""CloudWatch metrics: curves for queries.

Source: GetMetricData (Amazon CloudWatch API reference). It is billed per metric asked for, not per
point, so a whole window is fetched at once.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import pairwise
from math import isfinite
from zoneinfo import ZoneInfo

from services.aws.metric_ids import packed
from services.aws.metric_once import as_asked, once
from services.aws.reader import Answer, Reader, epoch, rows
from services.models.metrics import MetricQuery, Series, SeriesStatus, TimeSpan

_JST = ZoneInfo("Asia/Tokyo")
QUERIES_PER_CALL = 500
"""GetMetricData's own bound."""

STATUS = {
    "Complete": SeriesStatus.COMPLETE,
    "PartialData": SeriesStatus.PARTIAL,
    "Forbidden": SeriesStatus.FORBIDDEN,
    "InternalError": SeriesStatus.ERROR,
}
FINAL = (SeriesStatus.FORBIDDEN, SeriesStatus.ERROR)


class Metrics:
    """Reads metric data of any region; times in labels are of `zone`."""

    def __init__(self, session: Reader, *, zone: tzinfo = _JST) -> None:
        self._session = session
        self._zone = zone

    async def fetch(
        self, queries: Sequence[MetricQuery], span: TimeSpan, *, region: str | None = None
    ) -> tuple[Series, ...]:
        """The curves of the visible queries, in their order; SEARCH gives several with one id.

        One GetMetricData per region (more only above 500 queries), each distinct metric once. A query without its own region is
        asked in `region`, or in the system's. An unanswered query gives an empty Series: no data.
        Ids must be unique. Raises AwsError; the first region's failure is everyone's.
        """
        calls: dict[str, list[MetricQuery]] = {}
        sent, answered_by = once(queries)
        for query in sent:
            calls.setdefault(query.region or region or "", []).append(query)
        answers = await asyncio.gather(
            *(
                self._ask(call, span, where or None)
                for where, asked in calls.items()
                for call in packed(asked, QUERIES_PER_CALL)
            )
        )
        found: dict[str, list[Series]] = {}
        for series in (each for answer in answers for each in answer):
            found.setdefault(series.id, []).append(series)
        return tuple(
            as_asked(each, query)
            for query in queries
            if query.visible
            for each in found.get(answered_by.get(query.id, query.id)) or (_nothing(query),)
        )

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
            # Labels may hold times (`${LAST_TIME}`...); CloudWatch takes an offset and no zone.
            LabelOptions={"Timezone": f"{span.end.astimezone(self._zone):%z}"},
        )
        async for page in pages:
            merged.take(page)
        return merged.series()


def request(query: MetricQuery) -> Answer:
    """A query as GetMetricData wants it."""
    asked: Answer = {"Id": query.id, "ReturnData": query.visible}
    if query.expression:
        asked |= {"Expression": query.expression, "Period": query.period}
    else:
        asked["MetricStat"] = {
            "Metric": {
                "Namespace": query.namespace,
                "MetricName": query.metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in query.dimensions],
            },
            "Period": query.period,
            "Stat": query.stat,
        }
    if query.label:
        asked["Label"] = query.label
    if query.account:
        asked["AccountId"] = query.account
    return asked


def _nothing(query: MetricQuery) -> Series:
    """The empty curve of a query that AWS did not answer, under the name the query gives itself."""
    written = query.label if "${" not in query.label else ""
    return Series(id=query.id, label=written or query.metric or query.expression, period=query.period)


@dataclass
class _Curve:
    """One result, put together from pages."""

    id: str
    label: str
    points: list[tuple[int, float]] = field(default_factory=list)
    status: SeriesStatus = SeriesStatus.COMPLETE
    message: str = ""

    def take(self, row: Answer) -> None:
        times, values = row.get("Timestamps") or (), row.get("Values") or ()
        # A NaN is no value: the gap is drawn, and equal answers stay equal.
        self.points += [
            (time, float(value))
            for time, value in zip(map(epoch, times), values, strict=False)
            if time is not None and isfinite(value)
        ]
        # PartialData only means "see the next page" until the last one; a refusal stays.
        if self.status not in FINAL:
            self.status = STATUS.get(str(row.get("StatusCode") or "Complete"), SeriesStatus.ERROR)
        if len(times) != len(values):
            # Which value is of which time is not known, and what is missing may be the worst.
            self.status = SeriesStatus.ERROR
        self.message = self.message or _messages(rows(row, "Messages"))


class _Merged:
    """The results of one call: pages of one curve are joined by id and label."""

    def __init__(self, queries: dict[str, MetricQuery]) -> None:
        self._queries = queries
        self._curves: dict[tuple[str, str, int], _Curve] = {}
        self._remark = ""
        self._searches = any(query.expression for query in queries.values())

    def take(self, page: Answer) -> None:
        """Add one page."""
        seen: dict[tuple[str, str], int] = {}
        for row in rows(page, "MetricDataResults"):
            name = (str(row.get("Id")), str(row.get("Label") or ""))
            # A SEARCH with a label of its own answers several curves with one id and one label.
            seen[name] = seen.get(name, -1) + 1
            key = (*name, seen[name])
            self._curves.setdefault(key, _Curve(*name)).take(row)
        self._remark = self._remark or _messages(rows(page, "Messages"))

    def series(self) -> list[Series]:
        """The curves of known ids, times ascending."""
        return [self._one(curve) for curve in self._curves.values() if curve.id in self._queries]

    def _one(self, curve: _Curve) -> Series:
        query = self._queries[curve.id]
        points = curve.points
        if any(later[0] <= earlier[0] for earlier, later in pairwise(points)):
            points = sorted(dict(points).items())
        message = curve.message
        status = curve.status
        if self._remark and not message and bool(query.expression) is self._searches:
            # The call's own remark ("maximum number of metrics exceeded") is about its searches, if any.
            message = self._remark
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


def _messages(found: Iterable[Answer]) -> str:
    return "; ".join(str(each.get("Value") or each.get("Code") or "") for each in found)
