"""Metrics by the minute of the days before a world begins, such as the same hour a week ago."""

from services.demo.cloudwatch.store import MetricStore
from services.demo.scenario import ScenarioRun
from services.demo.system.backfill import HOUR
from services.demo.system.minute import simulate
from services.demo.system.publish import publish
from services.demo.system.simulation import CREDITS

_SHORT = 3 * HOUR
"""The longest range for which minutes are published."""
_NEWEST, _OLDEST = 2 * 24 * HOUR, 14 * 24 * HOUR
"""How long before the first minute they are, in seconds."""
_HOURLY = frozenset(
    {
        ("AWS/ApplicationELB", "ProcessedBytes"),
        ("AWS/RDS", "NetworkReceiveThroughput"),
        ("AWS/RDS", "NetworkTransmitThroughput"),
    }
)
"""(namespace, metric) of what `publish_past` puts."""


class EarlierMinutes:
    """Minutes of days before `first` (epoch seconds), without incidents; published when an hour or two are read.

    A dashboard of a week does not need them, and thousands of them at the start would take seconds.
    """

    def __init__(self, store: MetricStore, run: ScenarioRun, first: int) -> None:
        self._store = store
        self._scenario = run.scenario.model_copy(update={"effects": ()})
        self._first = first
        self._published: set[int] = set()

    def __call__(self, start: int, end: int) -> None:
        if end - start > _SHORT or not self._first - _OLDEST <= start < end <= self._first - _NEWEST:
            return
        for hour in range(start // HOUR * HOUR, end, HOUR):
            if hour not in self._published:
                self._published.add(hour)
                for at in range(hour, hour + HOUR, 60):
                    self._publish(at)

    def _publish(self, at: int) -> None:
        minute = simulate(self._scenario, 0.0, at, 2)
        minute.silent = _HOURLY
        publish(self._store, minute, self._scenario.free_storage_gib, CREDITS)
