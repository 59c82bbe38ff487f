"""A CloudWatch dashboard: tiles on its grid or stacked, each redrawn only when its data changed."""

from collections.abc import Iterable
from datetime import tzinfo

from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from services.i18n import _
from services.models import dashboards as model
from services.models.alarm_readings import Doubt
from services.models.alarms import AlarmOverview
from services.models.feeds import FeedState, Freshness
from services.models.verdict import Verdict
from widgets.dashboards.remarks import Remarks, price_words
from widgets.dashboards.text_tiles import tile_type
from widgets.dashboards.tile_grid import TileGrid
from widgets.dashboards.value_lines import ValueLines, judged_values, oldest_of, problem_of
from widgets.drawing.format import stamp
from widgets.drawing.lines import Span
from widgets.drawing.state_styles import VERDICT_STYLES
from widgets.frame.panel import Panel


class DashboardPanel(Panel[model.DashboardView]):
    DEFAULT_CSS = """
    DashboardPanel { min-height: 4; }
    DashboardPanel ValueLines { display: none; }
    DashboardPanel.-brief { min-height: 1; }
    DashboardPanel.-brief ValueLines { display: block; }
    DashboardPanel.-brief TileGrid, DashboardPanel.-brief Remarks { display: none; }
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
        """Remarks, then the tiles; or the values alone."""
        self.remarks = Remarks()
        self.grid = TileGrid()
        self.values = ValueLines()
        yield self.remarks
        yield self.grid
        yield self.values

    def watch_brief(self) -> None:
        """Show the tiles, or the values alone."""
        self.set_class(self.brief, "-brief")
        self.refresh(layout=True)
        self.call_after_refresh(self.grid.moved)

    def seen(self) -> frozenset[str]:
        """Keys of the widgets that can be seen while the panel can: of tiles, or of the values in their place."""
        if self.brief:
            return frozenset(value.widget for value in self.values.values)
        return frozenset(tile.widget.key for tile in self.grid.seen())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Where the values stand alone, as many rows as they need."""
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
        """Update the tiles' freshness too, even if the value is the same."""
        super().watch_state()
        self.watch_overview()

    def watch_overview(self) -> None:
        """Update which tiles are stale: the alarms were read, or could not be."""
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
        return _("The dashboard “{name}” has no widgets: nothing is monitored here.").format(
            name=value.dashboard.name
        )

    def focus_first(self) -> None:
        """Put the focus on the first tile."""
        tiles = [tile for tile in self.grid.tiles if tile.size.height > 1 or self.brief] or self.grid.tiles
        if tiles:
            tiles[0].focus()


def _frame(widget: model.Widget) -> tuple[int, int, int, int]:
    return widget.x, widget.y, widget.width, widget.height


def _data_by_widget(view: model.DashboardView) -> list[model.WidgetData]:
    """The data of each widget, in the order of the widgets; missing data is reported as its problem."""
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
