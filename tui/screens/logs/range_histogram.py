"""The histogram of any range in the ruler of a log pane: one charged query of Logs Insights, its price first."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from datetime import timedelta

from textual.content import Content

from services.aws.client.errors import AwsError
from services.i18n import _, plural
from services.logs.insights.histogram import LevelBar, LevelHistogram
from services.logs.insights.wording import group_price
from services.models.insights_queries import QueryEstimate
from services.models.logs import Severity
from services.models.metrics import TimeSpan
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.common.confirm import confirm
from widgets.logs.pane.pane import LogPane
from widgets.logs.reading.histogram import Counts, Scale
from widgets.logs.reading.ruler import RangeCounts
from widgets.logs.text.time import moment, range_text

HOURS = (1, 3, 6, 12, 24, 3 * 24, 7 * 24, 30 * 24)
"""Lengths of the ranges offered, up to now."""


def choose_range(app: Console, pane: LogPane, group: str, typed: tuple[int, int] | None) -> None:
    """Offer ranges with their prices, and count the chosen one, or the one that was typed (epoch milliseconds)."""
    if typed is not None:
        span = TimeSpan(start=moment(typed[0]), end=moment(typed[1]))
        pane.ruler.count_range(_ask_and_count(app, pane, group, span))
    else:
        pane.ruler.count_range(_offer(app, pane, group))


async def _offer(app: Console, pane: LogPane, group: str) -> None:
    now = app.aws_now()
    spans = {hours: TimeSpan(start=now - timedelta(hours=hours), end=now) for hours in HOURS}
    service = app.ready.insights
    try:
        estimates = await asyncio.gather(*(service.estimate([group], span) for span in spans.values()))
    except AwsError as error:
        app.inform(error.problem.message, severity="warning")
        return
    choices = [
        Choice(str(hours), _range_words(hours), group_price(estimate))
        for hours, estimate in zip(spans, estimates, strict=True)
    ]
    choices.append(Choice("other", _("another range…"), _("from and to are typed; the price is asked about")))

    def chosen(key: str | None) -> None:
        if key is None or not pane.is_attached:
            return
        if key == "other":
            pane.action_ask_range()
            return
        hours = int(key)
        estimate = estimates[HOURS.index(hours)]
        pane.ruler.count_range(_agreed(app, pane, group, spans[hours], estimate))

    title = _("Count lines by level over a range (Logs Insights, charged)")
    app.push_screen(ChooseScreen(title, choices), chosen)


async def _ask_and_count(app: Console, pane: LogPane, group: str, span: TimeSpan) -> None:
    try:
        estimate = await app.ready.insights.estimate([group], span)
    except AwsError as error:
        app.inform(error.problem.message, severity="warning")
        return
    start, end = (int(each.timestamp() * 1000) for each in (span.start, span.end))
    zone, today = pane.lines.format.zone, pane.lines.today()
    words = _("Count the lines of {range} by level with one query of Logs Insights: {price}.").format(
        range=range_text(start, end, zone, today), price=group_price(estimate)
    )
    confirm(
        app,
        _("Histogram of a range"),
        Content(words),
        _("counts"),
        lambda: pane.ruler.count_range(_count(app, pane, group, span)),
    )


async def _agreed(app: Console, pane: LogPane, group: str, span: TimeSpan, estimate: QueryEstimate) -> None:
    """Count at once: the price stood beside the chosen range; above the runbook's limit, or unknown, ask once more."""
    if estimate.unknown or estimate.yen > app.ready.insights.ask_above_yen:
        await _ask_and_count(app, pane, group, span)
    else:
        await _count(app, pane, group, span)


async def _count(app: Console, pane: LogPane, group: str, span: TimeSpan) -> None:
    first, last = (int(each.timestamp() * 1000) for each in (span.start, span.end))
    try:
        async with aclosing(app.ready.insights.histogram([group], span)) as states:
            async for state in states:
                pane.ruler.show_range(_range_counts(state, first, last))
    except AwsError as error:
        app.inform(error.problem.message, severity="warning")


def _range_counts(state: LevelHistogram, first: int, last: int) -> RangeCounts:
    scale = Scale(int(state.width.total_seconds() * 1000))
    bars = {scale.bar(int(bar.at.timestamp() * 1000)): _counts(bar) for bar in state.bars}
    return RangeCounts(first, last - 1, scale, bars, _("query") if state.complete else "…")


def _counts(bar: LevelBar) -> Counts:
    by_level: Mapping[Severity, int] = bar.counts
    errors = sum(count for level, count in by_level.items() if level >= Severity.ERROR)
    warnings = by_level.get(Severity.WARNING, 0)
    return Counts(bar.total - errors - warnings, warnings, errors)


def _range_words(hours: int) -> str:
    if hours < 24:
        return plural("last {count} hour", "last {count} hours", hours).format(count=hours)
    return plural("last {count} day", "last {count} days", hours // 24).format(count=hours // 24)
