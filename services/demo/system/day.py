"""An ordinary day at city hall: when it is open, and the requests per minute by the hour in Japan."""

from bisect import bisect_right

from services.calendar.business_days import BusinessCalendar
from services.models.runbook import Closures

OFFICE_DAYS = BusinessCalendar(Closures(yearly=("12-29", "12-30", "12-31", "01-01", "01-02", "01-03")))
JST = 9 * 3600
_WEEKEND = 0.12
_POINTS = (
    (0.0, 5.0),
    (5.5, 4.0),
    (7.5, 9.0),
    (8.5, 45.0),
    (9.25, 96.0),
    (10.5, 108.0),
    (11.75, 92.0),
    (12.25, 38.0),
    (12.75, 42.0),
    (13.25, 88.0),
    (15.0, 100.0),
    (16.75, 78.0),
    (17.5, 34.0),
    (19.0, 14.0),
    (22.0, 7.0),
    (24.0, 5.0),
)
_HOURS = [hour for hour, _ in _POINTS]


def requests_per_minute(at: float) -> float:
    """Requests per minute at `at` (epoch seconds): open 9 to 17, a dip at lunch, quiet weekends."""
    local = at + JST
    hour = local % 86_400 / 3600
    index = bisect_right(_HOURS, hour)
    (before, low), (after, high) = _POINTS[index - 1], _POINTS[min(index, len(_POINTS) - 1)]
    share = (hour - before) / (after - before) if after > before else 0.0
    # 1970-01-01 was a Thursday.
    weekday = (int(local // 86_400) + 3) % 7
    return (low + (high - low) * share) * (_WEEKEND if weekday >= 5 else 1.0)
