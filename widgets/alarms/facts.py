from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from rich.cells import cell_len

from services.i18n import _
from services.models.alarm_readings import AlarmReadings
from services.models.alarms import Alarm, AlarmOverview, AlarmState, Contributor
from services.models.date_text import time_text
from services.models.depletion import RECENT, Depletion, depletion
from services.models.feeds import FeedState, Freshness
from services.models.units import alarm_unit, number
from widgets.alarms.alarm_wording import asides, how_long, packed, state_spans, warnings
from widgets.alarms.values import breaches, calls, limit_text, now_spans
from widgets.drawing.format import NOTHING, duration, stamp, wrap
from widgets.drawing.lines import Line, Span, fit, spread, width_of
from widgets.drawing.state_styles import ALARM_STYLES, unsure

_STOCKS = ("FreeStorageSpace", "FreeLocalStorage", "FreeableMemory")
"""Metrics of what is used up: the time until nothing is left is worth knowing."""
_SOON = 24 * 3600  # Seconds until the end of a stock from which it is red


@dataclass(frozen=True, slots=True)
class FactContext:
    zone: tzinfo
    now: datetime
    readings: AlarmReadings = field(default_factory=AlarmReadings)
    title: str = ""  # What the runbook calls the alarm
    is_stale: bool = False  # The state is outdated


def is_outdated(alarm: Alarm, overview: FeedState[AlarmOverview], now: datetime) -> bool:
    """Whether the alarm may have another state by now: it could not be read again, or no longer exists."""
    is_current = overview.value is None or overview.value.has_current(alarm.id)
    return not is_current or overview.freshness(now) is Freshness.STALE


def fact_lines(alarm: Alarm, context: FactContext, width: int) -> list[Line]:
    zone, now = context.zone, context.now
    lines = [*state_lines(alarm, context, width)]
    lines += packed([*warnings(alarm, zone, now), *asides(alarm, zone, now)], width)
    if alarm.threshold is not None:
        lines += value_lines(alarm, context, width)
        lines += _points(alarm, width)
    lines += labelled(_("Notified"), alarm.hearing_note, width)
    if alarm.rule:
        lines += labelled(_("Rule"), alarm.rule, width)
    lines += labelled(_("Description"), alarm.description, width)
    return lines


def state_lines(alarm: Alarm, context: FactContext, width: int) -> list[Line]:
    is_band = calls(alarm) and not context.is_stale
    state = unsure(state_spans(alarm)) if context.is_stale else state_spans(alarm)
    ages: list[Span] = [(_("for {time}", time=how_long(alarm, context.now)), "")]
    if alarm.since is not None:
        since = stamp(alarm.since, context.zone, context.now)
        ages = [(_("since {time}", time=since), "muted"), ("  ", ""), *ages]
    left: list[Span] = [(" ", ""), *state, ("  ", ""), (alarm.name, "strong")]
    if context.title:
        left += [("  ", ""), (context.title, "")]
    if width_of(left) + width_of(ages) + 2 <= width:
        lines: list[Line] = [spread(left, [*ages, (" ", "")], width)]
    else:
        lines = [fit(left, width), fit([(" ", ""), *ages], width)]
    return [[(text, "alert") for text, _role in line] for line in lines] if is_band else lines


def value_lines(alarm: Alarm, context: FactContext, width: int) -> list[Line]:
    """`Now 34.8 (09:06)   Threshold ≥ 5 in 2 of 2 periods of 1m`, and when a stock is used up."""
    now: list[Span] = [(_("Now") + " ", "head"), *now_spans(alarm, context.readings, context.now, "strong")]
    at = context.readings.now(alarm, context.now).at
    if at is not None:
        clock = time_text(datetime.fromtimestamp(at, UTC), context.zone, context.now)
        now.append((_(" ({note})", note=clock), "muted"))
    limit: list[Span] = [(_("Threshold") + " ", "head"), (limit_text(alarm), "limit")]
    rule: list[Span] = [(condition(alarm), "muted")]
    return [*_side_by_side([now, limit, rule], width), *_stock_lines(alarm, context, width)]


def _stock_lines(alarm: Alarm, context: FactContext, width: int) -> list[Line]:
    series = context.readings.series(alarm)
    is_stock = alarm.comparison.startswith("<") and any(query.metric in _STOCKS for query in alarm.queries)
    if not is_stock or series is None or context.readings.now(alarm, context.now).value is None:
        return []
    text, role = stock_words(alarm, depletion(series.times, series.values))
    return [[(line, role)] for line in wrap(text, width)]


def stock_words(alarm: Alarm, end: Depletion | None) -> tuple[str, str]:
    """(when a stock is used up, and how fast it falls; the role of the words)."""
    if end is None:
        return _("Not falling steadily: when it will be used up cannot be computed."), "muted"
    words = (
        _("At the rate of the last 10 minutes, 0 in about {time} ({rate} per hour)")
        if end.span == RECENT
        else _("At the rate of the last hour, 0 in about {time} ({rate} per hour)")
    )
    rate = "−" + number(-end.per_hour, alarm_unit(alarm))
    return words.format(time=about(end.left), rate=rate), "bad" if end.left < _SOON else "warn"


def about(seconds: float) -> str:
    """A duration in its largest unit, as a forecast deserves: `7m`, `6h`, `12d`."""
    for size, words in ((86400, _("{days}d")), (3600, _("{hours}h")), (60, _("{minutes}m"))):
        # Below two of a unit the next smaller one says more.
        if seconds >= 2 * size or size == 60:
            count = max(1, round(seconds / size))
            return words.format(days=count, hours=count, minutes=count)
    return NOTHING


def series_lines(series: Sequence[Contributor], zone: tzinfo, now: datetime, width: int) -> list[Line]:
    if not series:
        return [[(text, "muted")] for text in wrap(_("None of its series is firing."), width)]
    lines: list[Line] = []
    for contributor in series:
        style = ALARM_STYLES[AlarmState.ALARM]
        pieces = wrap(contributor.name, max(8, width - 2))
        lines += [
            [(f"{style.mark} " if at == 0 else "  ", style.role), (text, "strong")]
            for at, text in enumerate(pieces)
        ]
        if contributor.since is not None:
            lines.append([("  " + _("since {time}", time=stamp(contributor.since, zone, now)), "muted")])
        lines += [[("  " + text, "muted")] for text in wrap(contributor.reason, max(8, width - 2)) if text]
    return lines


def condition(alarm: Alarm) -> str:
    """`in 3 of 5 periods of 1m; missing data: notBreaching`: how often the limit must be passed."""
    return _(
        "in {hits} of {periods} periods of {period}; missing data: {missing}",
        hits=alarm.datapoints_to_alarm,
        periods=alarm.evaluation_periods,
        period=duration(alarm.period),
        missing=alarm.treat_missing,
    )


def _points(alarm: Alarm, width: int) -> list[Line]:
    """The datapoints that decided the state, oldest first; those beyond the threshold are marked."""
    if not alarm.recent:
        return []
    unit = alarm_unit(alarm)
    lines: list[list[Span]] = [[(_("Decided by"), "head")]]
    for value in alarm.recent[-12:]:
        hit = breaches(alarm, value)
        text = number(value, unit) if value is not None else NOTHING
        if width_of(lines[-1]) + 2 + cell_len(text) > width:
            lines.append([])
        lines[-1] += [("  ", ""), (text, "bad" if hit else "muted")]
    return list(lines)


def _side_by_side(parts: Sequence[Sequence[Span]], width: int) -> list[Line]:
    lines: list[list[Span]] = []
    for part in parts:
        if lines and width_of(lines[-1]) + 3 + width_of(part) <= width:
            lines[-1] += [("   ", ""), *part]
        elif width_of(part) <= width:
            lines.append([*part])
        else:
            lines += [[(line, part[-1][1])] for line in wrap("".join(text for text, _role in part), width)]
    return list(lines)


def labelled(label: str, text: str, width: int) -> list[Line]:
    if not text:
        return []
    return [
        [(label + "  ", "head") if row == 0 else ("  ", ""), (line, "muted")]
        for row, line in enumerate(_wrap_after(text, label, width))
    ]


def _wrap_after(text: str, label: str, width: int) -> Iterable[str]:
    first, *rest = wrap(text, max(8, width - cell_len(label) - 2))
    yield first
    if rest:
        yield from wrap(text[len(first) :].lstrip(), width - 2)
