import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.getters import app as app_getter

from services.aws.client.errors import AwsError
from services.i18n import N_, _, plural
from services.logs.insights.histogram import LevelBar, LevelHistogram
from services.logs.insights.insights_wording import group_price
from services.models.insights_queries import QueryEstimate
from services.models.logs import Severity
from services.models.metrics import TimeSpan
from services.models.text import clean
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.common.confirm import confirm
from tui.screens.common.dialog import Dialog, window
from widgets.drawing.columns import Column
from widgets.drawing.lines import Line
from widgets.drawing.table import KeyedTable, Row
from widgets.drawing.whole_row import WholeRowTable
from widgets.logs.pane.pane import LogPane
from widgets.logs.pane.status import filter_text
from widgets.logs.reading.histogram import BarScale, LevelCounts
from widgets.logs.reading.patterns import LinePattern, PatternQuery, newest_first
from widgets.logs.reading.ruler import RangeCounts
from widgets.logs.text.severity import LETTERS
from widgets.logs.text.time import moment, range_text, second_text

MOST = 1000  # Patterns listed at most
_STYLES = {"F": "bad", "E": "bad", "W": "warn"}


class PatternsScreen(Dialog[PatternQuery | None]):
    """Returns what selects the lines of the chosen pattern, None if it was closed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "switch_order", N_("Switch"))]
    DEFAULT_CSS = """
    PatternsScreen > #window {
        width: 100%; max-width: 190; height: 90%;
        & KeyedTable { height: 1fr; }
    }
    """

    app = app_getter(Console)

    def __init__(self, pane: LogPane) -> None:
        super().__init__()
        self.pane = pane
        self.patterns: Sequence[LinePattern] = ()  # The most frequent first; empty until they are counted
        self.newest_first = False
        self.table = KeyedTable(
            (
                Column(_("Lines"), min_width=5, align="right"),
                Column("%", min_width=4, align="right", rank=2),
                Column("", min_width=1, max_width=1),
                Column("", min_width=0, max_width=3, rank=1),
                Column(_("Pattern"), flex=1, min_width=20),
                Column(_("First"), max_width=19, rank=3),
                Column(_("Last"), max_width=19, rank=4),
            )
        )
        self.rows = WholeRowTable(self.table)

    def compose(self) -> ComposeResult:
        with window(_("Patterns")):
            yield self.rows

    def on_mount(self) -> None:
        self.table.focus()
        self.count()

    @work(group="patterns", exclusive=True)
    async def count(self) -> None:
        self.patterns = await self.pane.reading.patterns.count(self._show_progress)
        self._fill()

    def _show_progress(self, share: float) -> None:
        if self.is_attached:
            self.show_below(self.query_one("#window"), _("counting… {share}", share=f"{share:.0%}"))

    def action_switch_order(self) -> None:
        self.newest_first = not self.newest_first
        self._fill()

    @property
    def began(self) -> int | None:
        """The newest T0 on the pane's ruler, epoch milliseconds; None if no line before it is held."""
        starts = [at for at, label in self.pane.ruler.moments if label == "T0"]
        return max((at for at in starts if at > self.pane.store.oldest), default=None)

    def _fill(self) -> None:
        ordered = newest_first(self.patterns) if self.newest_first else self.patterns
        total = max(1, sum(each.tally.count for each in self.patterns))
        self.table.set_rows([Row(each.text, self._cells(each, total)) for each in ordered[:MOST]])
        self.rows.fit()
        window = self.query_one("#window")
        count = plural("{count} pattern", "{count} patterns", len(self.patterns))
        order = _("newest first") if self.newest_first else _("most frequent first")
        window.border_title = Content(f"{count.format(count=f'{len(self.patterns):,}')} · {order}")
        hint = _("⏎ filters · ^t other order · Esc closes")
        self.show_below(window, f"{_('+ new since T0')} · {hint}" if self.began is not None else hint)

    def _cells(self, pattern: LinePattern, total: int) -> tuple[Line, ...]:
        tally, format = pattern.tally, self.pane.lines.format
        letter, today = LETTERS[tally.level], self.pane.lines.today()
        style = _STYLES.get(letter, "")
        is_new = self.began is not None and tally.first >= self.began
        share = tally.count / total
        return (
            [(f"{tally.count:,}", "strong")],
            [(f"{share:.0%}" if share >= 0.01 else "<1%", "muted")],
            [(letter, style or "muted")],
            [("+", "bad") if is_new else ("", "")],
            [(clean(pattern.text), style)],
            [(second_text(tally.first, format.zone, today), "muted")],
            [(second_text(tally.last, format.zone, today), "muted")],
        )

    @on(KeyedTable.Selected)
    def _chosen(self, event: KeyedTable.Selected) -> None:
        event.stop()
        pattern = next((each for each in self.patterns if each.text == event.key), None)
        if pattern is not None:
            self.dismiss(self.pane.reading.patterns.query(pattern))


HOURS = (1, 3, 6, 12, 24, 3 * 24, 7 * 24, 30 * 24)  # Lengths of the ranges offered, up to now


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
    scale = BarScale(int(state.width.total_seconds() * 1000))
    bars = {scale.bar(int(bar.at.timestamp() * 1000)): _counts(bar) for bar in state.bars}
    return RangeCounts(first, last - 1, scale, bars, _("query") if state.complete else "…")


def _counts(bar: LevelBar) -> LevelCounts:
    by_level: Mapping[Severity, int] = bar.counts
    errors = sum(count for level, count in by_level.items() if level >= Severity.ERROR)
    warnings = by_level.get(Severity.WARNING, 0)
    return LevelCounts(bar.total - errors - warnings, warnings, errors)


def _range_words(hours: int) -> str:
    if hours < 24:
        return plural("last {count} hour", "last {count} hours", hours, count=hours)
    return plural("last {count} day", "last {count} days", hours // 24, count=hours // 24)


def open_tool(app: Console, request: LogPane.ToolRequested, group: str) -> None:
    pane, tool = request.pane, request.tool
    if tool == "filters":
        _choose_filter(app, pane)
    elif tool == "patterns":
        _show_patterns(app, pane)
    elif not group:
        app.inform(_("This pane shows several log groups; choose the range in the pane of one."))
    else:
        choose_range(app, pane, group, request.range)


def _show_patterns(app: Console, pane: LogPane) -> None:
    def chosen(query: PatternQuery | None) -> None:
        if query is not None and pane.is_attached:
            pane.filters.add(query, hides=False)

    app.push_screen(PatternsScreen(pane), chosen)


def _choose_filter(app: Console, pane: LogPane) -> None:
    """List the local filters and what stays highlighted; the chosen one is switched, or highlighted no longer."""
    filters, terms = pane.filters.wanted.filters, pane.highlights.terms
    choices = [
        Choice(f"filter-{index}", filter_text(each), _("on") if each.is_on else _("off"))
        for index, each in enumerate(filters)
    ]
    choices += [
        Choice(f"term-{index}", query.text, _("highlighted")) for index, (query, _style) in enumerate(terms)
    ]
    if not choices:
        app.inform(
            _("no filter here and nothing highlighted: f filters, Keep highlighted (^p) keeps a search")
        )
        return

    def chosen(key: str | None) -> None:
        kind, _dash, index = (key or "").partition("-")
        if not pane.is_attached:
            return
        if kind == "filter" and filters == pane.filters.wanted.filters:
            pane.filters.toggle(int(index))
        elif kind == "term":
            pane.highlights.remove(terms[int(index)][0])

    app.push_screen(ChooseScreen(_("Filters and highlights: ⏎ switches"), choices, harmless=True), chosen)
