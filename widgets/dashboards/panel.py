"""A CloudWatch dashboard: tiles on its grid or stacked, each redrawn only when its data changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from services.i18n import _, plural, sentences
from services.models import dashboards as model
from services.models import glyphs
from services.models.alarm_readings import Doubt, doubt_of
from services.models.alarms import AlarmOverview
from services.models.dashboards import DashboardPrice, DashboardView, Reading, WidgetData
from services.models.feeds import FeedState, Freshness
from services.models.glyphs import NOT_JUDGED
from services.models.units import number, unit_of
from services.models.verdict import DISPLAY_ORDER, Limit, Verdict
from widgets.dashboards.text_tiles import tile_type
from widgets.dashboards.tile_grid import TileGrid
from widgets.drawing.doubts import doubt_text
from widgets.drawing.format import NOTHING, stamp, wrap
from widgets.drawing.lines import Line, LineWidget, Span, width_of
from widgets.drawing.state_styles import VERDICT_STYLES
from widgets.frame.panel import Panel

_GAP = 2
_PROBLEM_ROWS = 3


@dataclass(frozen=True, slots=True)
class JudgedValue:
    reading: Reading
    doubt: Doubt | None = None  # Why it has no value; None if it has one, or AWS has none
    widget: str = ""  # Key of its widget


def judged_values(view: DashboardView) -> tuple[JudgedValue, ...]:
    worst: dict[str, JudgedValue] = {}
    for data in view.data:
        for index, reading in enumerate(data.readings):
            if reading.limit is None or reading.verdict is None:
                continue
            before = worst.get(reading.limit.id)
            if before is None or _rank(reading) < _rank(before.reading):
                worst[reading.limit.id] = JudgedValue(reading, _doubt(data, index), data.key)
    return tuple(worst.values())


def oldest_of(view: DashboardView) -> datetime | None:
    """When the oldest of the values was read from which the worst ones are chosen; None if all are the
    present ones. What has a limit and is not itself shown is read seldomer (`services.dashboards.pacing`)."""
    judged = (data for data in view.data if any(reading.limit is not None for reading in data.readings))
    return min((data.as_of for data in judged if data.as_of is not None), default=None)


def _doubt(data: WidgetData, index: int) -> Doubt | None:
    if data.as_of is not None and not data.problem:
        return Doubt.OVERDUE
    if data.is_outdated:
        return Doubt.DENIED if data.is_denied else Doubt.FAILED
    has_none = data.readings[index].value is None and index < len(data.series)
    return doubt_of(data.series[index].status) if has_none else None


def _rank(reading: Reading) -> int:
    return DISPLAY_ORDER.index(reading.verdict or Verdict.UNKNOWN)


def value_spans(value: JudgedValue, *, is_doubtful: bool = False) -> list[Span]:
    """`ECS CPU 38.7% < 70%`: name, value and limit; what is not normal has its mark, what has no value its
    reason. With `is_doubtful` a dash stands for each value: the reason stands once before all of them."""
    reading, limit = value.reading, value.reading.limit
    if limit is None:
        return []
    style = VERDICT_STYLES[reading.verdict or Verdict.UNKNOWN]
    end: Span = (f" {_limit_text(limit)}", "muted")
    if is_doubtful:
        return [(limit.title, "muted"), (f" {NOTHING}", "warn"), end]
    if reading.value is None or value.doubt is not None:
        why = doubt_text(value.doubt) if value.doubt is not None else f"{style.mark} {_('no value')}"
        return [(limit.title, ""), (f" {why}", style.role), end]
    shown = number(reading.value, unit_of(None, limit))
    if reading.verdict is Verdict.NORMAL:
        return [(limit.title, "muted"), (f" {shown}", "strong"), end]
    return [(f"{style.mark} ", style.role), (limit.title, ""), (f" {shown}", style.role), end]


def _limit_text(limit: Limit) -> str:
    unit = unit_of(None, limit)
    below = f"< {number(limit.below, unit)}" if limit.below is not None else ""
    above = f"> {number(limit.above, unit)}" if limit.above is not None else ""
    return " ".join(text for text in (above, below) if text)


def problem_of(view: DashboardView) -> str:
    """Why the dashboard's widgets have no data, in words; "" if they have."""
    problem = next((data.problem for data in view.data if data.problem and not data.readings), "")
    return problem or (_("not read yet") if any(data.is_unread for data in view.data) else "")


def value_lines(
    values: Sequence[JudgedValue],
    width: int,
    *,
    doubt: Doubt | None = None,
    problem: str = "",
    oldest: str = "",
) -> list[Line]:
    """The values, as many on a line as fit; with `doubt`, or one that all share, why none of them is the
    present one. `problem`: why there are none. `oldest`: the time of the oldest of those that they were
    chosen from, if that is past."""
    if not values and problem:
        text = f"{NOT_JUDGED} " + _("no data: {why}", why=problem)
        return [[(line, "warn")] for line in wrap(text, width)[:_PROBLEM_ROWS]]
    if not values:
        return [[(_("The dashboard has no value with a limit."), "muted")]]
    shared = {value.doubt for value in values}
    if doubt is None and len(values) > 1 and len(shared) == 1:
        doubt = shared.pop()
    parts = [value_spans(value, is_doubtful=doubt is not None) for value in values]
    if doubt is not None:
        parts.insert(0, [(doubt_text(doubt), "warn")])
    elif oldest:
        parts.append([(_("the oldest of all values is from {time}", time=oldest), "warn")])
    lines: list[list[Span]] = [[]]
    for spans in parts:
        if lines[-1] and width_of(lines[-1]) + _GAP + width_of(spans) > width:
            lines.append([])
        lines[-1] += [(" " * _GAP, ""), *spans] if lines[-1] else spans
    return list(lines)


class ValueLines(LineWidget):
    DEFAULT_CSS = """
    ValueLines { height: 1fr; padding: 0 1; }
    """

    doubt: reactive[Doubt | None] = reactive(None, repaint=False, init=False)
    """Why the values are not the present ones; None if they are."""

    def __init__(self) -> None:
        super().__init__()
        self.values: tuple[JudgedValue, ...] = ()
        self.problem = ""
        self.oldest = ""

    def feed(self, values: tuple[JudgedValue, ...], problem: str, oldest: str = "") -> bool:
        if (values, problem, oldest) == (self.values, self.problem, self.oldest):
            return False
        self.values, self.problem, self.oldest = values, problem, oldest
        self.redraw()
        return True

    watch_doubt = LineWidget.redraw

    def rows(self, width: int) -> int:
        return len(self.draw(max(1, width - 2), 0))

    def draw(self, width: int, height: int) -> list[Line]:
        return value_lines(self.values, width, doubt=self.doubt, problem=self.problem, oldest=self.oldest)


class DashboardRemarks(LineWidget):
    DEFAULT_CSS = """
    DashboardRemarks { height: auto; max-height: 4; padding: 0 1; display: none; }
    DashboardRemarks.-some { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.words: tuple[str, ...] = ()

    def show(self, words: tuple[str, ...]) -> None:
        if words != self.words:
            self.words = words
            # By a class, so that the panel's own rules can still hide it.
            self.set_class(bool(words), "-some")
            self._strips = None
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.draw(width, 0))

    def draw(self, width: int, height: int) -> list[Line]:
        return [
            [(f"{glyphs.ATTENTION} " if row == 0 else "  ", "warn"), (text, "muted")]
            for words in self.words
            for row, text in enumerate(wrap(words, width - 2))
        ]


def price_words(price: DashboardPrice) -> str:
    """What the dashboard costs, as it is read and in full: `500 metrics: about ¥36 a day as read here, …`."""
    cost = plural(
        "{count} metric: about ¥{shown:,.0f} a business day as read here, ¥{full:,.0f} if read whole each minute.",
        "{count} metrics: about ¥{shown:,.0f} a business day as read here, ¥{full:,.0f} if read whole each minute.",
        price.metrics,
    ).format(count=f"{price.metrics:,}", shown=price.shown_yen, full=price.full_yen)
    visible = _("On screen: every {minutes} min.", minutes=price.screen_seconds // 60)
    if price.judged_seconds is None:
        return sentences(cost, visible)
    text = _("Elsewhere, what has a limit: every {minutes} min.")
    return sentences(cost, visible, text.format(minutes=price.judged_seconds // 60))


class DashboardPanel(Panel[model.DashboardView]):
    DEFAULT_CSS = """
    DashboardPanel { min-height: 4; }
    DashboardPanel ValueLines { display: none; }
    DashboardPanel.-brief { min-height: 1; }
    DashboardPanel.-brief ValueLines { display: block; }
    DashboardPanel.-brief TileGrid, DashboardPanel.-brief DashboardRemarks { display: none; }
    """

    overview: reactive[FeedState[AlarmOverview]] = reactive(
        FeedState, repaint=False, always_update=True, init=False
    )
    """The alarm overview that the tiles' alarms come from, and its freshness."""

    _width = 80
    _doubts: tuple[bool, bool, AlarmOverview | None] | None = None
    """What the tiles were last told: whether they are stale, whether their alarms are, and the alarms."""
    brief: reactive[bool] = reactive(False, repaint=False, init=False)
    """Only the judged values are shown, in a line or two."""

    def compose_body(self) -> Iterable[Widget]:
        self.remarks = DashboardRemarks()
        self.grid = TileGrid()
        self.values = ValueLines()
        yield self.remarks
        yield self.grid
        yield self.values

    def watch_brief(self) -> None:
        self.set_class(self.brief, "-brief")
        self.refresh(layout=True)
        self.call_after_refresh(self.grid.moved)

    def seen(self) -> frozenset[str]:
        """Keys of the widgets that can be seen while the panel can: of tiles, or of the values in their place."""
        if self.brief:
            return frozenset(value.widget for value in self.values.values)
        return frozenset(tile.widget.key for tile in self.grid.seen())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._width = width
        return super().get_content_height(container, viewport, width)

    def natural_height(self) -> int:
        return self.values.rows(self._width) if self.brief else super().natural_height()

    def show(self, value: model.DashboardView) -> None:
        self.remarks.show(_remarks(value))
        self._show_values(value)
        if not self._has_tiles_of(value):
            self.call_later(self._rebuild, value)
            return
        has_moved = False
        for tile, widget, data in zip(
            self.grid.tiles, value.dashboard.widgets, _data_by_widget(value), strict=True
        ):
            before = _frame(tile.widget)
            tile.feed(widget, data)
            has_moved = has_moved or before != _frame(widget)
        if has_moved:
            self.grid.refresh(layout=True)

    def _show_values(self, value: model.DashboardView) -> None:
        at = oldest_of(value)
        oldest = stamp(at, self.zone, self.now(), name=False) if at is not None else ""
        if self.values.feed(judged_values(value), problem_of(value), oldest) and self.brief:
            self.refresh(layout=True)

    def _has_tiles_of(self, value: model.DashboardView) -> bool:
        present = [(type(tile.widget), tile.widget.key) for tile in self.grid.tiles]
        return present == [(type(widget), widget.key) for widget in value.dashboard.widgets]

    async def _rebuild(self, value: model.DashboardView) -> None:
        if value is not self.state.value or self._has_tiles_of(value):
            return
        self.grid.action_restore()
        tiles = [
            tile_type(widget)(widget, data, self.zone, self.now)
            for widget, data in zip(value.dashboard.widgets, _data_by_widget(value), strict=True)
        ]
        await self.grid.put(tiles)
        self._doubts = None
        newest = self.state.value
        if newest is not None and newest is not value:
            self.show(newest)
        self.tick()

    def tick(self) -> None:
        stale = self.freshness is Freshness.STALE
        alarms_stale = stale or self.overview.freshness(self.now()) is Freshness.STALE
        doubt = (Doubt.FAILED if self.state.problem else Doubt.OVERDUE) if stale else None
        if doubt is not self.values.doubt:
            self.values.doubt = doubt
            self.refresh(layout=self.brief)
        doubts = (stale, alarms_stale, self.overview.value)
        if self._doubts is not None and all(
            now is before for now, before in zip(doubts, self._doubts, strict=True)
        ):
            return
        self._doubts = doubts
        overview = self.overview.value
        listed = overview.arns if overview is not None else frozenset()
        for tile in self.grid.tiles:
            tile.listed = listed
            tile.stale = alarms_stale if isinstance(tile.widget, model.AlarmWidget) else stale

    def watch_state(self) -> None:
        super().watch_state()
        self.watch_overview()

    def watch_overview(self) -> None:
        if self.is_mounted:
            self.tick()

    def watch_zone(self, zone: tzinfo) -> None:
        if self.is_mounted:
            for tile in self.grid.tiles:
                tile.zone = zone
            if self.state.value is not None:
                self._show_values(self.state.value)

    def facts(self, value: model.DashboardView) -> list[Span]:
        # The reason first, because a narrow head is cut at its end.
        facts: list[Span] = [(value.pause, "warn"), ("  ", "")] if value.pause else []
        facts.append((value.dashboard.name, "muted"))
        for verdict in (Verdict.ABNORMAL, Verdict.ATTENTION, Verdict.UNKNOWN):
            count = sum(reading.verdict is verdict for data in value.data for reading in data.readings)
            if count:
                style = VERDICT_STYLES[verdict]
                facts += [("  ", ""), (f"{style.text} {count}", style.role)]
        return facts

    def _age(self, freshness: Freshness) -> list[Span]:
        """As every panel's; none while nothing is requested, because the values are older than the last look at them."""
        value = self.state.value
        is_paused = freshness is Freshness.FRESH and value is not None and bool(value.pause)
        return [] if is_paused else super()._age(freshness)

    def empty(self, value: model.DashboardView) -> str:
        """Words for a dashboard without widgets, else ""."""
        if value.dashboard.widgets:
            return ""
        return _(
            "The dashboard “{name}” has no widgets: nothing is monitored here.", name=value.dashboard.name
        )

    def focus_first(self) -> None:
        tiles = [tile for tile in self.grid.tiles if tile.size.height > 1 or self.brief] or self.grid.tiles
        if tiles:
            tiles[0].focus()


def _frame(widget: model.Widget) -> tuple[int, int, int, int]:
    return widget.x, widget.y, widget.width, widget.height


def _data_by_widget(view: model.DashboardView) -> list[model.WidgetData]:
    by_key = {data.key: data for data in view.data}
    missing = _("not read yet")
    return [
        by_key.get(widget.key)
        or model.WidgetData(key=widget.key, problem=missing if isinstance(widget, model.MetricWidget) else "")
        for widget in view.dashboard.widgets
    ]


def _remarks(view: model.DashboardView) -> tuple[str, ...]:
    remarks: list[str] = [*view.dashboard.remarks]
    if view.price.is_over:
        remarks.insert(0, price_words(view.price))
    if view.dashboard.builtin:
        words = _("AWS has no dashboard “{name}”; showing the console's built-in one.")
        remarks.insert(0, words.format(name=view.dashboard.name))
    return tuple(remarks)
