"""Evaluates MetricDataQuery structures, for GetMetricData and math alarms: metrics, math, searches
(`search.lark`), labels. Source: GetMetricData, "Using metric math", "Using dynamic labels", "CloudWatch
search expression syntax" (Amazon CloudWatch)."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from services.demo import grammar
from services.demo.cloudwatch.math_expressions import (
    MathError,
    MathLine,
    MathScope,
    TimeGrid,
    Value,
    evaluate,
    parse,
)
from services.demo.cloudwatch.store import MetricKey, MetricStore, is_stat, metric_key

Test = Callable[[MetricKey], bool]

_GRAMMAR = Path(__file__).with_name("search.lark")


def _texts(metric: MetricKey, prop: str) -> list[str]:
    if prop == "MetricName":
        return [metric.name]
    if prop == "Namespace":
        return [metric.namespace]
    if prop:
        return [value for name, value in metric.dimensions if name == prop]
    return [metric.namespace, metric.name, *(text for pair in metric.dimensions for text in pair)]


class _Search(grammar.Conditions):
    deepest = 50

    def start(self, node: grammar.Node) -> Test:
        if not node.children:
            raise MathError("The search expression is empty")
        return self.both(node)

    def schema(self, node: grammar.Node) -> Test:
        namespace, *names = (str(name).strip(' "') for name in node.children)

        def fits(metric: MetricKey) -> bool:
            # Dimensions named in the schema are all of the metric's dimensions; a bare namespace takes any.
            return metric.namespace == namespace and (
                not names or set(names) == {name for name, _ in metric.dimensions}
            )

        return fits

    def term(self, node: grammar.Node) -> Test:
        *prop, text = node.children
        if text.type == "QUOTED":
            whole = re.sub(r"\\(.)", r"\1", text[1:-1])
            return lambda metric: whole in _texts(metric, "".join(prop))
        # AWS matches consecutive tokens of a name; here a part of it does, in any case.
        return lambda metric: any(text.lower() in name.lower() for name in _texts(metric, "".join(prop)))


@lru_cache(maxsize=256)
def compile_search(expression: str) -> Test:
    """A test of metrics by a search expression. Raises MathError where it cannot be read."""
    if len(expression) > 1024:
        raise MathError("The search expression is longer than 1024 characters")
    try:
        test: Test = _Search().visit(grammar.parse(_GRAMMAR, expression))
    except grammar.Unexpected as error:
        raise MathError(f"Invalid search expression: {error}") from None
    return test


Query = Mapping[str, Any]
SEARCH_LIMIT = 100  # Time series one SEARCH returns at most


def key_of(metric: Query) -> MetricKey:
    return metric_key(
        metric["Namespace"],
        metric["MetricName"],
        [(pair["Name"], pair["Value"]) for pair in metric.get("Dimensions") or ()],
    )


def read_line(store: MetricStore, key: MetricKey, stat: str, grid: TimeGrid, unit: str = "") -> MathLine:
    """The time series of a metric; a period without data has no point. Raises MathError for an unknown statistic."""
    if not is_stat(stat):
        raise MathError(f"The value {stat} for parameter Stat is not supported.")
    # A unit the metric was never published with matches nothing, as in AWS.
    has_unit = not unit or unit == store.unit(key)
    buckets = store.buckets(key, grid.start, grid.end, grid.period) if has_unit else ()
    return MathLine({bucket.at: bucket.stat(stat) for bucket in buckets}, grid, key.name, key)


class Batch:
    """The queries of one request over one range of time; each is evaluated once, on first use. `start` and
    `end` are epoch seconds; `start` is rounded down to the minute."""

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

    def lines(self, query_id: str) -> list[MathLine]:
        """The series one query answers with. Raises MathError, also where the result is a number."""
        value = self.value(query_id)
        if isinstance(value, MathLine):
            return [_finite(value)]
        if isinstance(value, list):
            return [_finite(line) for line in value]
        raise MathError("The result of an expression must be a time series, not a number")

    def _grid(self, period: int) -> TimeGrid:
        return TimeGrid(self._start, self._end, period)

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
        scope = MathScope(self.value, self._metrics, lambda *arguments: self._search(period, *arguments))
        try:
            return evaluate(parse(query["Expression"]), scope)
        except OverflowError as error:
            raise MathError("A value is too large") from error

    def _default_period(self) -> int:
        periods = [
            query["MetricStat"]["Period"] for query in self._queries.values() if query.get("MetricStat")
        ]
        return min(periods, default=300)

    def _metrics(self, part: str) -> list[MathLine]:
        lines = []
        for query_id, query in self._queries.items():
            if query.get("MetricStat") and part in query_id:
                value = self.value(query_id)
                if isinstance(value, MathLine):
                    # In an array a line is told apart by the label its own query gives it.
                    label = query.get("Label") or value.label
                    lines.append(replace(value, label=resolve(label, value)))
        return lines

    def _search(self, period: int, expression: str, stat: str, own: int | None) -> list[MathLine]:
        grid = self._grid(own or period)
        test = compile_search(expression)
        keys = [key for key in self._store.metrics() if test(key)][:SEARCH_LIMIT]
        lines = [read_line(self._store, key, stat, grid) for key in keys]
        return [replace(line, label=label) for line, label in zip(lines, distinguishing(lines), strict=True)]


def _finite(line: MathLine) -> MathLine:
    return line.map(lambda value: value if math.isfinite(value) else None)


_TOKEN = re.compile(r"\$\{([A-Z_]+)\}")

Points = Mapping[int, float]


def number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{value:g}"


_VALUES: dict[str, Callable[[Points], float]] = {
    "AVG": lambda points: sum(points.values()) / len(points),
    "FIRST": lambda points: points[min(points)],
    "LAST": lambda points: points[max(points)],
    "MAX": lambda points: max(points.values()),
    "MIN": lambda points: min(points.values()),
    "SUM": lambda points: sum(points.values()),
}


def is_dynamic(label: str) -> bool:
    return _TOKEN.search(label) is not None


def resolve(label: str, line: MathLine) -> str:
    """`label` with its tokens replaced; a token that the embedded AWS does not know stays as it is."""

    def replacement(match: re.Match[str]) -> str:
        if match[1] == "LABEL":
            return line.label
        if match[1] not in _VALUES:
            return match[0]
        return number(_VALUES[match[1]](line.points)) if line.points else "--"

    return _TOKEN.sub(replacement, label)


def distinguishing(lines: Sequence[MathLine]) -> list[str]:
    """Default labels for the results of a search: what differs among them, else the metric's name."""
    rows = [_parts(line) for line in lines]
    width = max(map(len, rows), default=0)
    rows = [row + [""] * (width - len(row)) for row in rows]
    varying = [column for column in range(width) if len({row[column] for row in rows}) > 1]
    return [
        " ".join(row[column] for column in varying if row[column]) or (row[1] if width else "")
        for row in rows
    ]


def _parts(line: MathLine) -> list[str]:
    if line.metric is None:
        return ["", line.label]
    return [line.metric.namespace, line.metric.name, *(value for _, value in line.metric.dimensions)]
