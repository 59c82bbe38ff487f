from dataclasses import replace
from datetime import UTC

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.color import Color

from services.models import dashboards as model
from services.models.alarms import AlarmState
from services.models.base import RawId
from services.models.feeds import FeedState
from tests.widgets import gallery_data as gallery
from tests.widgets.stage import at_rest, draw, press, running
from widgets.dashboards.panel import DashboardPanel
from widgets.dashboards.text_tiles import LogTile, MetricTile, UnknownTile, bar, tile_type
from widgets.dashboards.tile import Tile
from widgets.drawing.lines import plain


class DashboardApp(App[None]):
    def __init__(self, state: FeedState | None = None) -> None:
        super().__init__()
        self.first = state or gallery.fresh(gallery.VIEW)
        self.messages: list[LogTile.Follow] = []

    def compose(self) -> ComposeResult:
        yield DashboardPanel("Dashboard", now=gallery.now, zone=gallery.JST)

    def on_mount(self) -> None:
        self.query_one(DashboardPanel).state = self.first

    @on(LogTile.Follow)
    def keep(self, message: LogTile.Follow) -> None:
        self.messages.append(message)


def text(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def with_data(view: model.DashboardView, index: int, **more: object) -> model.DashboardView:
    data = list(view.data)
    data[index] = data[index].model_copy(update=more)
    return view.model_copy(update={"data": tuple(data)})


async def test_every_widget_has_a_tile_of_its_kind_in_its_place():
    async with running(DashboardApp(), (120, 60)) as (app, pilot):
        await pilot.pause()
        tiles = app.query_one(DashboardPanel).grid.tiles
        assert [tile.widget.key for tile in tiles] == [widget.key for widget, _data in gallery.WIDGETS]
        assert all(isinstance(tile, tile_type(tile.widget)) for tile in tiles)
        assert tiles[0].region.right < tiles[1].region.x
        assert tiles[0].region.y == tiles[1].region.y
        screen = text(app)
        for words in (
            "ECS CPU & Memory",
            "◆ abnormal",
            "limit < 70%",
            "AccessDenied",
            "type “explorer”",
            "never run automatically",
            "市役所",
            "▲ 未知の設定",
        ):
            assert words in screen


async def test_only_tiles_whose_data_changed_are_drawn():
    async with running(DashboardApp(), (120, 60)) as (app, pilot):
        await pilot.pause()
        panel = app.query_one(DashboardPanel)
        text(app)
        before = [tile._strips for tile in panel.grid.tiles]
        panel.state = gallery.fresh(with_data(gallery.VIEW, 2, series=(gallery.series("接続数", 70, 1),)), 1)
        await pilot.pause()
        text(app)
        after = [tile._strips for tile in panel.grid.tiles]
        assert [
            index for index, (one, two) in enumerate(zip(before, after, strict=True)) if one is not two
        ] == [2]


async def test_another_dashboard_is_laid_out_anew():
    async with running(DashboardApp(), (120, 60)) as (app, pilot):
        await pilot.pause()
        panel = app.query_one(DashboardPanel)
        dashboard = gallery.VIEW.dashboard.model_copy(update={"widgets": gallery.VIEW.dashboard.widgets[:3]})
        panel.state = gallery.fresh(
            gallery.VIEW.model_copy(update={"dashboard": dashboard, "data": gallery.VIEW.data[:3]})
        )
        await at_rest(pilot)
        assert len(panel.grid.tiles) == 3


async def test_arrows_go_to_the_neighbour_enter_enlarges_and_escape_restores():
    async with running(DashboardApp(), (120, 60)) as (app, pilot):
        await pilot.pause()
        panel = app.query_one(DashboardPanel)
        panel.focus_first()
        await pilot.press("right", "down", "left")
        tile = app.focused
        assert isinstance(tile, Tile)
        assert tile.widget.key in ("2", "3", "4")
        await press(pilot, "enter")
        assert tile.region.width >= 116
        assert tile.region.height >= 56
        assert [each for each in panel.grid.tiles if each.display] == [tile]
        await press(pilot, "escape")
        assert tile.region.width < 60
        assert all(tile.display for tile in panel.grid.tiles)


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 60), (30, 8), (1, 1)])
async def test_every_size_is_drawn(size):
    async with running(DashboardApp(), size) as (app, pilot):
        await at_rest(pilot)
        assert {len(line) > 0 for line in text(app).split("\n")} == {True}
        regions = [tile.virtual_region for tile in app.query_one(DashboardPanel).grid.tiles]
        assert not any(
            one.overlaps(two) for index, one in enumerate(regions) for two in regions[:index] if one and two
        )


async def test_a_log_query_never_runs_by_itself_and_leads_to_its_group():
    async with running(DashboardApp(), (120, 60)) as (app, pilot):
        await pilot.pause()
        tile = app.query_one(LogTile)
        assert app.messages == []
        tile.focus()
        await pilot.press("l")
        assert [each.group for each in app.messages] == ["/ecs/staff-api"]


async def test_a_firing_alarm_is_never_among_those_that_do_not_fit():
    quiet = [
        gallery.ALARMS[0].model_copy(update={"name": f"quiet-{n}", "state": AlarmState.OK}) for n in range(9)
    ]
    alarms = (*quiet, gallery.ALARMS[0])
    widget = model.AlarmWidget(key="a", x=0, y=0, width=12, height=3, alarm_ids=(RawId("a"),))
    tile = tile_type(widget)(widget, model.WidgetData(key="a", alarms=alarms), gallery.JST, gallery.now)
    assert "alb-5xx-error-rate" in plain(tile.body(60, 4))[0]
    assert "quiet-0" in plain(tile.body(60, 12))[0], "the dashboard's own order where all fit"
    assert plain(tile.body(28, 4))[0].rstrip() == "■ firing alb-5xx-error-rate"


async def test_the_builtin_dashboard_and_remarks_are_shown():
    dashboard = gallery.VIEW.dashboard.model_copy(update={"builtin": True, "remarks": ("変数は使えない",)})
    app = DashboardApp(gallery.fresh(gallery.VIEW.model_copy(update={"dashboard": dashboard})))
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.pause()
        screen = text(app)
        assert "AWS has no dashboard “facility-prod-main”" in screen
        assert "変数は使えない" in screen


async def test_an_empty_dashboard_is_not_fine():
    view = model.DashboardView(dashboard=model.Dashboard(name="空"))
    async with running(DashboardApp(gallery.fresh(view)), (100, 20)) as (app, pilot):
        await pilot.pause()
        assert "nothing is monitored" in text(app)


async def test_times_move_to_utc_on_every_tile():
    async with running(DashboardApp(), (120, 60)) as (app, pilot):
        await pilot.pause()
        assert "JST" in text(app)
        await draw(pilot, app.query_one(DashboardPanel), zone=UTC)
        assert "JST" not in text(app)
        assert "UTC" in text(app)


async def test_a_widget_without_data_says_that_it_was_not_read():
    app = DashboardApp(gallery.fresh(gallery.VIEW.model_copy(update={"data": ()})))
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.pause()
        assert "no data: not read yet" in text(app)


async def test_a_stale_dashboard_keeps_its_tiles():
    async with running(DashboardApp(), (120, 60)) as (app, pilot):
        await pilot.pause()
        panel = app.query_one(DashboardPanel)
        await draw(pilot, panel, state=replace(panel.state, problem=gallery.PROBLEM))
        assert "stale" in text(app)
        assert "ECS CPU & Memory" in text(app)


@pytest.mark.parametrize("view", list(model.View))
@pytest.mark.parametrize("size", [(1, 1), (12, 3), (40, 12), (100, 30)])
async def test_every_view_draws_every_size_within_it(view, size):
    app = DashboardApp()
    async with app.run_test(size=(120, 40)):
        widget, data = gallery.WIDGETS[0]
        tile = MetricTile(widget.model_copy(update={"view": view}), data, gallery.JST, gallery.now)
        await app.mount(tile)
        lines = tile.draw(*size)
        assert len(lines) <= max(size[1], 3)
        if size[0] >= 40:
            assert any("CPU" in line for line in plain(lines))


@pytest.mark.parametrize(("part", "cells"), [(-1, "    "), (0.5, "██  "), (0.28, "█▏  "), (2, "████")])
def test_a_bar_fills_to_an_eighth_of_a_cell(part, cells):
    assert bar(part, 4) == cells


def test_an_unknown_widget_gets_a_tile_that_names_it():
    assert tile_type(model.UnknownWidget(key="0", kind="custom")) is UnknownTile


async def test_a_colour_near_the_background_becomes_readable():
    async with running(DashboardApp(), (120, 40)) as (app, pilot):
        await pilot.pause()
        tile = app.query_one(DashboardPanel).grid.tiles[0]
        under = Color.from_rich_color(tile.line_styles.style("").bgcolor)
        for colour in ("#000000", "#1f77b4", "#ffffff"):
            front = Color.from_rich_color(tile.line_styles.style(colour).color)
            assert abs(front.brightness - under.brightness) >= 0.2
