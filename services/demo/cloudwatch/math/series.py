from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from services.demo.cloudwatch.store import MetricKey


@dataclass(frozen=True, slots=True)
class Grid:
    """Where points may lie: `start` + n × `period`, before `end` (epoch seconds)."""

    start: int
    end: int
    period: int

    def times(self) -> range:
        return range(self.start, self.end, self.period)


@dataclass(frozen=True, slots=True)
class Line:
    """One time series: period start (epoch seconds) -> value, times ascending."""

    points: Mapping[int, float]
    grid: Grid
    label: str = ""
    metric: MetricKey | None = field(default=None)
    """The metric, if the line is measured and not computed."""
    stat: str = ""

    def with_points(self, points: Mapping[int, float]) -> "Line":
        return replace(self, points=points)

    def map(self, function: Callable[[float], float | None]) -> "Line":
        pairs = ((at, function(value)) for at, value in self.points.items())
        return self.with_points({at: value for at, value in pairs if value is not None})


Value = float | Line | list[Line]
