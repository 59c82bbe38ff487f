"""CloudWatch charges per metric requested, so that only alarms are read whose value is on screen."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice

from services.aws.cloudwatch.metrics.math_ids import is_sql, prefixed, rename
from services.clock import Clock, Mark, mark, passed
from services.dashboards.sources import MetricSource
from services.models.alarm_readings import LATE, AlarmReadings, AlarmSeries
from services.models.alarms import Alarm, AlarmOverview
from services.models.curve_spans import watched_query
from services.models.dashboards import DashboardView, MetricWidget
from services.models.feeds import FeedState
from services.models.metrics import MetricQuery, Series, TimeSpan

HOUR = 3600
MOST = 100  # Alarms read at once; a screen has fewer rows
PERIODS = 3  # An alarm with long periods is read for this many of them
_BLANKS = re.compile(r"\s+")


class AlarmValues:
    def __init__(
        self,
        metrics: MetricSource,
        clock: Clock,
        region: str,
        alarms: Callable[[], FeedState[AlarmOverview]],
        view: Callable[[], FeedState[DashboardView]],
    ) -> None:
        """`region` is the system's; `alarms` and `view` return the newest states of their feeds."""
        self._metrics = metrics
        self._clock = clock
        self._region = region
        self._alarms = alarms
        self._view = view
        self.on_screen: Callable[[], frozenset[str]] | None = None
        """Ids of the alarms whose value can be seen now, as the screens say; None: there is no screen, and all count."""
        self._requested: frozenset[str] = frozenset()
        self._read: dict[str, tuple[Mark, AlarmSeries]] = {}
        """The newest series of each alarm and when it was read, while it may still be the present one (LATE)."""

    async def read(self) -> tuple[AlarmSeries, ...]:
        """The last hour of each of these alarms, and of others that were read a moment ago; nothing before
        alarms and dashboard were read. Raises AwsError."""
        alarms = self._unshown()
        self._requested = frozenset(alarm.id for alarm in alarms)
        queries: dict[str, Alarm] = {}
        sent: list[MetricQuery] = []
        for index, alarm in enumerate(alarms):
            own = prefixed(_only_watched(alarm), f"a{index}_")
            queries |= {query.id: alarm for query in own if query.visible}
            sent += own
        answered = await self._metrics.fetch(sent, self._span(alarms)) if sent else ()
        now = mark(self._clock)
        for series in answered:
            id = queries[series.id].id
            self._read[id] = now, AlarmSeries(alarm=id, series=series)
        self._read = {id: read for id, read in self._read.items() if passed(self._clock, read[0]) <= LATE}
        return tuple(series for _at, series in self._read.values())

    def is_due(self) -> bool:
        return not frozenset(alarm.id for alarm in self._unshown()) <= self._requested

    def readings(
        self, alarms: Sequence[Alarm], view: FeedState[DashboardView], own: FeedState[tuple[AlarmSeries, ...]]
    ) -> AlarmReadings:
        return AlarmReadings(
            drawn=drawn_series(alarms, view.value, self._region),
            read={each.alarm: each.series for each in own.value or ()},
            dashboard=view,
            own=own,
        )

    def _unshown(self) -> tuple[Alarm, ...]:
        """The alarms to read, of too many the first: those that fire come first."""
        overview, view = self._alarms(), self._view()
        if overview.value is None or (view.value is None and view.problem is None):
            return ()
        ids = self.on_screen() if self.on_screen is not None else None
        listed = (alarm for alarm in overview.value.alarms if ids is None or alarm.id in ids)
        measured = tuple(islice((alarm for alarm in listed if has_one_value(alarm)), MOST))
        drawn = drawn_series(measured, view.value, self._region)
        return tuple(alarm for alarm in measured if alarm.id not in drawn)

    def _span(self, alarms: Sequence[Alarm]) -> TimeSpan:
        longest = max(max(60, alarm.period) for alarm in alarms)
        now = int(self._clock.now().timestamp())
        # Buckets begin at StartTime; aligning it to the longest period aligns all of them.
        start = (now - max(HOUR, PERIODS * longest)) // longest * longest
        return TimeSpan(
            start=datetime.fromtimestamp(start, UTC), end=datetime.fromtimestamp(now // 60 * 60, UTC)
        )


def has_one_value(alarm: Alarm) -> bool:
    """Whether its metric is one series: composite and log alarms have none, others may have many."""
    return not alarm.several and watched_query(alarm.queries) is not None


def drawn_series(alarms: Sequence[Alarm], view: DashboardView | None, region: str) -> dict[str, Series]:
    if view is None:
        return {}
    shown = _shown(view, region)
    names = {
        trace.query.metric
        for widget in view.dashboard.widgets
        if isinstance(widget, MetricWidget)
        for trace in widget.traces
    }
    # What an alarm measures is compared as a long text; of most alarms the dashboard shows no metric of the name.
    possible = (
        alarm
        for alarm in alarms
        if any(query.metric in names for query in alarm.queries) and has_one_value(alarm)
    )
    pairs = ((alarm, shown.get((_alarm_key(alarm, region), alarm.period))) for alarm in possible)
    return {alarm.id: series for alarm, series in pairs if series is not None}


def widget_of(alarm: Alarm, view: DashboardView | None) -> str:
    """The key of the first widget that draws the alarm's metric, whatever its statistic; "" without one."""
    wanted = {_metric(query) for query in alarm.queries if query.metric}
    for widget in view.dashboard.widgets if view is not None else ():
        if isinstance(widget, MetricWidget) and wanted & {_metric(trace.query) for trace in widget.traces}:
            return widget.key
    return ""


def _metric(query: MetricQuery) -> tuple[object, ...]:
    return query.namespace, query.metric, tuple(sorted(query.dimensions))


def _shown(view: DashboardView, region: str) -> Mapping[tuple[str, int], Series]:
    shown: dict[tuple[str, int], Series] = {}
    # What a failed request left, or an old one, is not present: such an alarm's metric is read for itself.
    data = {each.key: each.series for each in view.data if not each.is_outdated and each.as_of is None}
    for widget in view.dashboard.widgets:
        if not isinstance(widget, MetricWidget) or widget.whole_range:
            continue
        queries = [trace.query for trace in widget.traces]
        names = _keys(queries, widget.region or region)
        counts: dict[str, int] = {}
        for series in data.get(widget.key, ()):
            counts[series.id] = counts.get(series.id, 0) + 1
        for series in data.get(widget.key, ()):
            # A search gives several series, none of which is the one that an alarm watches.
            if counts[series.id] == 1 and series.id in names:
                shown.setdefault((names[series.id], series.period), series)
    return shown


def _alarm_key(alarm: Alarm, region: str) -> str:
    query = watched_query(alarm.queries)
    return _keys(alarm.queries, region)[query.id] if query is not None else ""


def _only_watched(alarm: Alarm) -> list[MetricQuery]:
    watched = watched_query(alarm.queries)
    return [
        query.model_copy(update={"visible": watched is not None and query.id == watched.id, "label": ""})
        for query in alarm.queries
    ]


def _keys(queries: Sequence[MetricQuery], region: str) -> dict[str, str]:
    """What each query measures, by its id: equal texts measure the same, whatever ids an expression uses."""
    keys = {
        query.id: repr((*_metric(query), query.stat, query.region or region, query.account))
        for query in queries
        if query.metric
    }
    metrics = list(keys)
    # An expression may use another one, so that a later pass completes what an earlier one began.
    for _pass in queries:
        for query in queries:
            if query.expression:
                keys[query.id] = _expression_key(query, keys, metrics)
    return keys


def _expression_key(query: MetricQuery, keys: Mapping[str, str], metrics: Sequence[str]) -> str:
    text = str(query.expression)
    if not is_sql(text):
        text = rename(text, {name: f"<{key}>" for name, key in keys.items() if name != query.id}, metrics)
    return _BLANKS.sub("", text)
