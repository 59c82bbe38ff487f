"""The words beside an alarm's curve: which spans there are, which one is drawn, by which statistic. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from services.i18n import N_, _
from services.models.alarms import Alarm
from services.models.curve_spans import SPANS, CurveSpan, Statistic, drawn_stat, draws_own, period_of
from services.models.metrics import Series
from widgets.drawing.format import duration, wrap
from widgets.drawing.lines import Line, Span

_STATISTICS = {
    "Average": N_("mean"),
    "Maximum": N_("maximum"),
    "Minimum": N_("minimum"),
    "Sum": N_("sum"),
    "SampleCount": N_("count"),
}
_SHORT = {Statistic.MEAN: N_("mean"), Statistic.WORST: N_("worst"), Statistic.OWN: ""}


def chip_spans(chosen: int) -> Sequence[Span]:
    """`1h mean  1h worst  3h  24h  [ ]`, the chosen one standing out."""
    spans: list[Span] = []
    for index, span in enumerate(SPANS):
        role = "key" if index == chosen else "muted"
        spans += [(f"▸{_chip(span)}" if index == chosen else f" {_chip(span)}", role), (" ", "")]
    return [*spans, ("[ ]", "key")]


def _chip(span: CurveSpan) -> str:
    word = _SHORT[span.statistic]
    return length(span.length) + (f" {_(word)}" if word else "")


def length(span: timedelta) -> str:
    """`3h`."""
    return _("{hours}h").format(hours=int(span.total_seconds() // 3600))


def curve_note(alarm: Alarm, series: Sequence[Series], chosen: int, width: int) -> list[Line]:
    """What the curve draws, and what one point of it is."""
    text = statistic_text(alarm, chosen)
    if len(series) == 1:
        text = _("{metric}, {statistic}").format(metric=series[0].label, statistic=text)
    return [[(line, "muted")] for line in wrap(text, width)]


def other_statistic(alarm: Alarm, chosen: int) -> str:
    """What one point of the curve is if it is not what the alarm evaluates; else ""."""
    return "" if draws_own(SPANS[chosen], alarm) else statistic_text(alarm, chosen)


def statistic_text(alarm: Alarm, chosen: int) -> str:
    """`mean of every 5m`; for metric math only its period."""
    span = SPANS[chosen]
    stat, period = drawn_stat(span, alarm), duration(period_of(span, alarm))
    if not stat:
        return _("every {period}").format(period=period)
    words = _STATISTICS.get(stat)
    return _("{statistic} of every {period}").format(statistic=_(words) if words else stat, period=period)
