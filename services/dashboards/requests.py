"""Builds the CloudWatch requests of a dashboard's widgets for one moment; pure. CloudWatch keeps one-minute
points for 15 days, five-minute points for 63, hourly ones for 15 months, and charges per metric requested. So
a widget is requested only when its period has advanced, and then for its whole range."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.aws.cloudwatch.metrics.math_ids import prefixed
from services.aws.cloudwatch.metrics.time_range import resolve
from services.models.dashboards import Dashboard, MetricWidget, Trace
from services.models.metrics import MetricQuery, Series, TimeSpan

USUAL_RANGE = timedelta(hours=3)  # Range of a widget without a usable one of its own
FASTEST = 60  # Shortest request interval in seconds; metrics of AWS services arrive once a minute
SETTLE = 60
"""Seconds to wait before requesting a bucket longer than FASTEST: its last points arrive late, and the response is
kept until the next period."""
MOST_POINTS = 1_440  # Maximum number of points of a curve; no terminal is wider
RETENTION = ((63 * 86_400, 3_600), (15 * 86_400, 300), (3 * 3_600, 60))
"""(age, shortest period that CloudWatch keeps beyond that age), both in seconds."""
BELOW_A_MINUTE = (1, 5, 10, 20, 30)  # Periods below a minute that CloudWatch accepts, in seconds


@dataclass(frozen=True, slots=True)
class WidgetRequest:
    key: str  # Key of the widget
    traces: tuple[Trace, ...]  # The widget's traces with prefixed query ids and resolved regions and periods
    start: int  # First second drawn (epoch seconds)
    end: int  # End of the range, exclusive (epoch seconds); every bucket before it is complete
    is_single_value: bool  # Whether one value is requested for the whole range
    fixed: bool  # Whether the range is absolute, i.e. the same at every read.

    @property
    def stamp(self) -> tuple[int, int]:
        return self.start, self.end

    @property
    def queries(self) -> tuple[MetricQuery, ...]:
        return tuple(trace.query for trace in self.traces)

    def own_id(self, identity: str) -> str:
        return identity.removeprefix(_prefix(self.key))

    def trimmed(self, series: Series) -> Series:
        """The part of a curve that this widget draws: within its range, without an incomplete bucket."""
        if self.is_single_value:
            return series
        times = series.times
        first = bisect_right(times, self.start - series.period)
        last = bisect_right(times, self.end - series.period)
        if (first, last) == (0, len(times)):
            return series
        return series.model_copy(update={"times": times[first:last], "values": series.values[first:last]})


@dataclass(frozen=True, slots=True)
class RequestBatch:
    """Queries sent in one call: same region, same length of range."""

    region: str
    span: TimeSpan
    queries: tuple[MetricQuery, ...]


def widget_request(
    widget: MetricWidget, dashboard: Dashboard, now: datetime, *, region: str = ""
) -> WidgetRequest:
    """The request of a widget at `now`, aligned to its period; `region` is the default region."""
    start_text, end_text = (widget.start, widget.end) if widget.start else (dashboard.start, dashboard.end)
    last = min(resolve(end_text, now) or now, now)
    first = resolve(start_text, now)
    if first is None or first >= last:
        first = last - USUAL_RANGE
    length = -(-int((last - first).total_seconds()) // 60) * 60
    age = int((now - first).total_seconds())
    resolved = _resolved(widget, widget.region or region, length, age)
    periods = [trace.query.period for trace in resolved] or [widget.period]
    step = max(FASTEST, widget.period if widget.whole_range else min(periods))
    settled = now - timedelta(seconds=SETTLE if step > FASTEST else 0)
    end = _floor(int(min(last, settled).timestamp()), step)
    start = end - length
    if not widget.whole_range:
        # At least one complete bucket of the longest period, even if the range is shorter.
        start = min(_floor(start, step), _floor(end, max(periods)) - max(periods))
    return WidgetRequest(
        key=widget.key,
        traces=resolved,
        start=start,
        end=end,
        is_single_value=widget.whole_range,
        fixed=bool(start_text) and not start_text.startswith("-"),
    )


def _resolved(widget: MetricWidget, region: str, length: int, age: int) -> tuple[Trace, ...]:
    queries = [
        trace.query.model_copy(
            update={
                "period": length if widget.whole_range else fitting_period(trace.query.period, length, age),
                "region": trace.query.region or region,
            }
        )
        for trace in widget.traces
    ]
    named = prefixed(queries, _prefix(widget.key))
    return tuple(
        trace.model_copy(update={"query": query}) for trace, query in zip(widget.traces, named, strict=True)
    )


def fitting_period(period: int, length: int, age: int) -> int:
    """The shortest period, at least `period`, that CloudWatch still keeps and that fits on a screen. `length`
    is the range and `age` how far back it begins; all in seconds."""
    finest = next((resolution for older, resolution in RETENTION if age > older), 1)
    shortest = max(period, finest, -(-length // MOST_POINTS))
    for short in BELOW_A_MINUTE:
        if shortest <= short:
            return short
    unit = max(60, finest)
    multiple = period if period % unit == 0 else unit
    return -(-shortest // multiple) * multiple


def calls(asks: Iterable[WidgetRequest]) -> list[RequestBatch]:
    groups: dict[tuple[str, int, bool, int], list[tuple[WidgetRequest, MetricQuery]]] = {}
    for request in asks:
        for query in request.queries:
            key = (
                query.region,
                request.end - request.start,
                request.is_single_value,
                request.end if request.fixed else 0,
            )
            groups.setdefault(key, []).append((request, query))
    batches = []
    for (region, _length, whole, _fixed), members in groups.items():
        start = min(request.start for request, _query in members)
        end = max(request.end for request, _query in members)
        # Buckets begin at StartTime; aligning it to the longest period aligns all of them.
        unit = 1 if whole else max(query.period for _each, query in members)
        batches.append(
            RequestBatch(
                region=region,
                span=TimeSpan(start=_moment(_floor(start, unit)), end=_moment(end)),
                queries=tuple(query for _each, query in members),
            )
        )
    return batches


def _prefix(key: str) -> str:
    return f"w{key}_"


def _floor(value: int, unit: int) -> int:
    return value - value % unit


def _moment(value: int) -> datetime:
    return datetime.fromtimestamp(value, UTC)
