"""Whether a missing count may be zero, judged by earlier values at the same time of day. Pure.

CloudWatch has no value if nothing was counted, so a metric that stopped and a count of zero look the same.
"""

from collections.abc import Iterator
from datetime import timedelta
from math import log

from services.calendar.calendar import Calendar
from services.inspections.toolkit.curves import Stretch
from services.inspections.toolkit.silence_references import SILENT_BEFORE, references, spans_by_day
from services.models.metrics import Series, TimeSpan

PIECE = timedelta(hours=3)
"""The part of the day over which earlier values are counted."""
CHANCE = 0.01
"""A silence is unusual if it would occur by chance in a smaller share of windows than this."""


def unusual(hole: Stretch, window: Stretch, past: Series, calendar: Calendar) -> bool:
    """Whether earlier values at the same time were so regular that the silence cannot be chance.

    `past`: the values before the window, as far back as references reach.
    """
    began, ended = hole.moments
    periods = max(1, window.seconds // past.period)
    surprise = 0.0
    for piece in spans_by_day(TimeSpan(start=began, end=ended), calendar, PIECE):
        count = (piece.end - piece.start).total_seconds() / past.period
        surprise -= count * log(1 - _share(piece, window, past, calendar))
    return surprise > log(periods / CHANCE)


def _share(piece: TimeSpan, window: Stretch, past: Series, calendar: Calendar) -> float:
    """The share of periods with a value at the same time of day, reached on all but one of the compared days."""
    around = (PIECE - (piece.end - piece.start)) / 2
    shares = sorted(_shares(piece, around, window, past, calendar))
    return shares[SILENT_BEFORE - 1] if len(shares) >= SILENT_BEFORE else 0.0


def _shares(
    piece: TimeSpan, around: timedelta, window: Stretch, past: Series, calendar: Calendar
) -> Iterator[float]:
    opened = window.moments[0]
    for back in references(piece, opened, calendar):
        first = int((piece.start - around - back).timestamp())
        last = int((piece.end + around - back).timestamp())
        periods = max(1, (last - first) // past.period)
        with_value = sum(first <= time < last for time in past.times)
        # Counted as if one more period had no value: a few values do not prove regularity.
        yield min(with_value, periods) / (periods + 1)
