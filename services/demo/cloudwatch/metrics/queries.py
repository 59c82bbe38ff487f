"""Source: GetMetricData, "Using metric math" (Amazon CloudWatch)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.demo.cloudwatch.math.evaluation import Scope, evaluate
from services.demo.cloudwatch.math.parsing import MathError, parse
from services.demo.cloudwatch.math.series import Grid, Line, Value
from services.demo.cloudwatch.metrics import labels
from services.demo.cloudwatch.metrics.search import compile_search
from services.demo.cloudwatch.statistics import is_stat
from services.demo.cloudwatch.store import MetricKey, MetricStore, metric_key

Query = Mapping[str, Any]
SEARCH_LIMIT = 100
"""Time series one SEARCH returns at most."""


def key_of(metric: Query) -> MetricKey:
    return metric_key(
        metric["Namespace"],
        metric["MetricName"],
        [(pair["Name"], pair["Value"]) for pair in metric.get("Dimensions") or ()],
    )


def read_line(store: MetricStore, key: MetricKey, stat: str, grid: Grid, unit: str = "") -> Line:
    points: dict[int, float] = {}
    # A unit the metric was never published with matches nothing, as in AWS.
    if not unit or unit == store.unit(key):
        for bucket in store.buckets(key, grid.start, grid.end, grid.period):
            value = bucket.stat(stat)
            if value is not None:
                points[bucket.at] = value
    return Line(points, grid, key.name, key, stat)


class Batch:
    """The queries of one request over one range of time; each is evaluated once, on first use.

    `start` and `end` are epoch seconds; `start` is rounded down to the minute.
    """

    def __init__(self, store: MetricStore, queries: Sequence[Query], start: int, end: int) -> None:
        self._store = store
        self._queries = {query["Id"]: query for query in queries}
        self._start = start // 60 * 60
        self._end = end
        self._values: dict[str, Value] = {}
        self._open: list[str] = []

    def value(self, query_id: str) -> Value:
        """The value of one query: a line, several lines, or a scalar. Raises MathError."""
        if query_id not in self._values:
            if query_id not in self._queries:
                raise MathError(f"Unknown metric or expression id '{query_id}'")
            if query_id in self._open:
                raise MathError(f"The expression refers to itself through '{query_id}'")
            self._open.append(query_id)
            try:
                self._values[query_id] = self._evaluate(self._queries[query_id])
            finally:
                self._open.pop()
        return self._values[query_id]

    def lines(self, query_id: str) -> list[Line]:
        """The series one query answers with. Raises MathError, also where the result is a number."""
        value = self.value(query_id)
        if isinstance(value, Line):
            return [_finite(value)]
        if isinstance(value, list):
            return [_finite(line) for line in value]
        raise MathError("The result of an expression must be a time series, not a number")

    def _grid(self, period: int) -> Grid:
        return Grid(self._start, self._end, period)

    def _evaluate(self, query: Query) -> Value:
        if stat := query.get("MetricStat"):
            return read_line(
                self._store,
                key_of(stat["Metric"]),
                stat["Stat"],
                self._grid(stat["Period"]),
                stat.get("Unit", ""),
            )
        period = query.get("Period") or self._default_period()
        scope = Scope(
            self._grid(period), self.value, self._metrics, lambda *arguments: self._search(period, *arguments)
        )
        try:
            return evaluate(parse(query["Expression"]), scope)
        except OverflowError as error:
            raise MathError("A value is too large") from error

    def _default_period(self) -> int:
        periods = [
            query["MetricStat"]["Period"] for query in self._queries.values() if query.get("MetricStat")
        ]
        return min(periods, default=300)

    def _metrics(self, part: str) -> list[Line]:
        lines = []
        for query_id, query in self._queries.items():
            if query.get("MetricStat") and part in query_id:
                value = self.value(query_id)
                if isinstance(value, Line):
                    # In an array a line is told apart by the label its own query gives it.
                    label = query.get("Label") or value.label
                    lines.append(replace(value, label=labels.resolve(label, value, {})))
        return lines

    def _search(self, period: int, expression: str, stat: str, own: int | None) -> list[Line]:
        if not is_stat(stat):
            raise MathError(f"Invalid statistic '{stat}' in SEARCH")
        grid = self._grid(own or period)
        test = compile_search(expression)
        keys = [key for key in self._store.metrics() if test(key)][:SEARCH_LIMIT]
        lines = [read_line(self._store, key, stat, grid) for key in keys]
        return [
            replace(line, label=label)
            for line, label in zip(lines, labels.distinguishing(lines), strict=True)
        ]


def _finite(line: Line) -> Line:
    return line.map(lambda value: value if math.isfinite(value) else None)
