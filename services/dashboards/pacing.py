"""How often a dashboard's metrics are requested, and what that costs: what is on screen first. Pure.
CloudWatch charges for each metric of each request (GetMetricData, aws.amazon.com/cloudwatch/pricing), so 500
metrics each minute are ¥394 in a business day. What is on screen is requested each minute, and what only the
runbook's limits need as often as a day's budget allows; the rest is requested when it comes into view."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.aws.client.prices import USD_PER_METRIC
from services.dashboards.evaluation import limit_of
from services.models.dashboards import Dashboard, DashboardPrice, MetricWidget
from services.models.metrics import MetricQuery
from services.models.runbook import Closures, Runbook

DAY_YEN = 30.0  # Yen of a business day up to which a dashboard is requested more often than every half hour
MINUTE = 60
SEEN_STEPS = (60, 120, 180, 300, 600, 900)
"""Seconds between requests of what is on screen; the shortest that the budget allows."""
JUDGED_STEPS = (60, 300, 600, 900, 1800)
"""The same for what is not on screen but has a limit. The runbook itself has the dashboard checked once a day, by an
inspection that reads for itself."""
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class OnScreen:
    widgets: frozenset[str] | None = None
    """Keys of the widgets on screen; None: no screen says, and each widget counts as seen."""
    pause: str = ""  # Why nobody sees any of it, in words; "" if somebody may

    def has(self, key: str) -> bool:
        return not self.pause and (self.widgets is None or key in self.widgets)


@dataclass(frozen=True, slots=True)
class WidgetNeed:
    key: str
    metrics: frozenset[Key]  # What AWS charges for; a metric that two widgets draw is requested once
    step: int  # Seconds between two new points
    is_judged: bool  # Whether the runbook has a limit for one of its metrics


@dataclass(frozen=True, slots=True)
class Pace:
    on_screen: int  # Of what is on screen
    judged: int  # Of what is not, but has a limit

    def of(self, need: WidgetNeed, on_screen: OnScreen) -> int | None:
        """Seconds between two requests of a widget; None: it is not requested."""
        if on_screen.pause:
            return None
        if on_screen.has(need.key):
            return max(self.on_screen, need.step)
        return max(self.judged, need.step) if need.is_judged else None


def needs_of(dashboard: Dashboard, runbook: Runbook) -> tuple[WidgetNeed, ...]:
    return tuple(
        _need(widget, runbook)
        for widget in dashboard.widgets
        if isinstance(widget, MetricWidget) and widget.traces
    )


def _need(widget: MetricWidget, runbook: Runbook) -> WidgetNeed:
    queries = [trace.query for trace in widget.traces]
    period = widget.period if widget.whole_range else min(query.period for query in queries)
    return WidgetNeed(
        widget.key,
        frozenset(_charged(query, widget) for query in queries if query.metric),
        max(MINUTE, period),
        any(limit_of(query, runbook) is not None for query in queries if query.visible),
    )


def _charged(query: MetricQuery, widget: MetricWidget) -> Key:
    region = query.region or widget.region
    dimensions = tuple(sorted(query.dimensions))
    return region, query.account, query.namespace, query.metric, dimensions, query.stat, query.period


class DayBudget:
    def __init__(self, closures: Closures, usd_jpy: float, yen: float = DAY_YEN) -> None:
        self._seconds = open_seconds(closures)
        self._usd_jpy = usd_jpy
        self.yen = yen

    def pace(self, needs: Iterable[WidgetNeed], on_screen: OnScreen) -> Pace:
        """The shortest steps that the budget allows: first for what is on screen, then for what has a limit."""
        needs = tuple(needs)
        slowest = JUDGED_STEPS[-1]
        fits = (step for step in SEEN_STEPS if self.of_day(needs, on_screen, Pace(step, slowest)) <= self.yen)
        shortest = next(fits, SEEN_STEPS[-1])
        paces = (Pace(shortest, max(shortest, judged)) for judged in JUDGED_STEPS)
        return next(
            (pace for pace in paces if self.of_day(needs, on_screen, pace) <= self.yen),
            Pace(shortest, slowest),
        )

    def of_day(self, needs: Iterable[WidgetNeed], on_screen: OnScreen, pace: Pace) -> float:
        """Yen of a business day at this pace."""
        return self._yen(needs, lambda need: pace.of(need, on_screen))

    def price(self, needs: Iterable[WidgetNeed], on_screen: OnScreen, pace: Pace) -> DashboardPrice:
        needs = tuple(needs)
        return DashboardPrice(
            metrics=len(frozenset().union(*(need.metrics for need in needs))),
            shown_yen=self.of_day(needs, on_screen, pace),
            full_yen=self._yen(needs, lambda need: need.step),
            is_over=self._yen(needs, lambda need: need.step) > self.yen,
            screen_seconds=pace.on_screen,
            judged_seconds=pace.judged if any(need.is_judged for need in needs) else None,
        )

    def _yen(self, needs: Iterable[WidgetNeed], every: Callable[[WidgetNeed], int | None]) -> float:
        shortest: dict[Key, int] = {}
        for need in needs:
            if (seconds := every(need)) is not None:
                for key in need.metrics:
                    shortest[key] = min(seconds, shortest.get(key, seconds))
        requests = sum(self._seconds / seconds for seconds in shortest.values())
        return requests * USD_PER_METRIC * self._usd_jpy


def open_seconds(closures: Closures) -> int:
    return _seconds(closures.closes) - _seconds(closures.opens)


def _seconds(clock_time: str) -> int:
    hours, minutes = clock_time.split(":")
    return 3600 * int(hours) + 60 * int(minutes)
