from collections import Counter
from datetime import timedelta, timezone

import pytest

from services.models import dashboards as model
from tests.widgets import gallery_data as gallery
from tests.widgets.dashboards.test_dashboard import DashboardApp, text, with_data
from tests.widgets.stage import draw, running
from widgets.dashboards.panel import DashboardPanel, price_words
from widgets.dashboards.text_tiles import MetricTile
from widgets.dashboards.tile_grid import TileGrid

COUNT = 80


def large(value: float = 0.0) -> model.DashboardView:
    """Four tiles in a row, the first widget of the gallery again and again."""
    first, data = gallery.WIDGETS[0]
    frames = [{"key": str(n), "x": n % 4 * 6, "y": n // 4 * 6, "width": 6, "height": 6} for n in range(COUNT)]
    return model.DashboardView(
        dashboard=model.Dashboard(
            name="large", widgets=tuple(first.model_copy(update=frame) for frame in frames)
        ),
        data=tuple(
            data.model_copy(update={"key": str(n), "end": data.end + int(value)}) for n in range(COUNT)
        ),
    )


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    counts: Counter[str] = Counter()
    draw = MetricTile.draw

    def counted(self: MetricTile, width: int, height: int):  # type: ignore[no-untyped-def]  # as MetricTile.draw
        counts[self.widget.key] += 1
        return draw(self, width, height)

    monkeypatch.setattr(MetricTile, "draw", counted)
    return counts


async def test_only_tiles_in_view_are_drawn_however_often_new_data_comes(drawn):
    async with running(DashboardApp(gallery.fresh(large())), (120, 40)) as (app, pilot):
        panel = app.query_one(DashboardPanel)
        while len(panel.grid.tiles) < COUNT:
            await pilot.pause()
        await pilot.pause()
        in_view = {tile.widget.key for tile in panel.grid.seen()}
        assert 4 <= len(in_view) <= 20
        assert in_view == set(panel.seen())
        assert set(drawn) == in_view
        panel.grid.scroll_to(y=200, animate=False)
        await pilot.pause()
        further = panel.seen()
        assert not further & in_view
        drawn.clear()
        await draw(pilot, panel, state=gallery.fresh(large(60.0)))
        assert set(drawn) == further, "those that were drawn before are not drawn again"
        drawn.clear()
        panel.grid.scroll_home(animate=False)
        await pilot.pause()
        assert set(drawn) == in_view, "their data is new"


async def test_a_rest_tells_which_tiles_came_into_view(monkeypatch):
    monkeypatch.setattr("widgets.drawing.rest.MOMENT", 3600.0)
    messages: list[frozenset[str]] = []

    class Listening(DashboardApp):
        def on_tile_grid_seen_changed(self, _event: TileGrid.SeenChanged) -> None:
            messages.append(self.query_one(DashboardPanel).seen())

    async with running(Listening(gallery.fresh(large())), (120, 40), DashboardPanel) as (_app, pilot, panel):
        while len(panel.grid.tiles) < COUNT:
            await pilot.pause()
        await pilot.pause()
        panel.grid._rest.settle()
        await pilot.pause()
        messages.clear()
        for y in (10, 60, 120, 200):
            panel.grid.scroll_to(y=y, animate=False)
            await pilot.pause()
        assert messages == []
        panel.grid._rest.settle()
        await pilot.pause()
        assert messages == [panel.seen()]
        panel.grid._rest.settle()
        await pilot.pause()
        assert len(messages) == 1


async def test_old_data_says_from_when_it_is_and_is_not_drawn_as_normal():
    as_of = gallery.NOW - timedelta(minutes=9)
    app = DashboardApp(gallery.fresh(with_data(gallery.VIEW, 1, as_of=as_of)))
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.pause()
        tile = app.query_one(DashboardPanel).grid.tiles[1]
        lines = "\n".join(strip.text for strip in tile._lines(*tile.size))
        assert "as of 09:03" in lines
        assert "●" not in lines


async def test_the_summary_of_all_widgets_says_from_when_the_oldest_of_its_values_is():
    # What is not itself shown is read seldomer, but a summary speaks of it, too.
    older = with_data(gallery.VIEW, 1, as_of=gallery.NOW - timedelta(minutes=9))
    oldest = with_data(older, 0, as_of=gallery.NOW - timedelta(minutes=4))
    limits = [{each.limit.id for each in data.readings if each.limit} for data in older.data]
    assert limits[0], "it has a limit, as what is seldom read does"
    assert limits[1]
    for view, words in (
        (gallery.VIEW, ""),
        (older, "the oldest of all values is from 09:03"),
        (oldest, "the oldest of all values is from 09:03"),
    ):
        async with running(DashboardApp(gallery.fresh(view)), (80, 24)) as (app, pilot):
            panel = app.query_one(DashboardPanel)
            await draw(pilot, panel, brief=True)
            shown = " ".join(strip.text for strip in panel.values._lines(*panel.values.size))
            assert ("the oldest" in shown) is bool(words)
            assert words in shown
            if words:
                await draw(pilot, panel, zone=timezone(timedelta(hours=3)))
                shown = " ".join(strip.text for strip in panel.values._lines(*panel.values.size))
                assert "the oldest of all values is from 03:03" in shown


async def test_a_tile_that_was_not_read_does_not_say_that_there_is_no_data():
    app = DashboardApp(gallery.fresh(with_data(gallery.VIEW, 0, series=(), readings=(), is_unread=True)))
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.pause()
        tile = app.query_one(DashboardPanel).grid.tiles[0]
        lines = "\n".join(strip.text for strip in tile._lines(*tile.size))
        assert "not read yet" in lines
        assert "no data" not in lines


async def test_the_price_of_an_expensive_dashboard_stands_above_it_but_not_in_place_of_its_values():
    price = model.DashboardPrice(
        metrics=500, shown_yen=24.4, full_yen=393.75, is_over=True, judged_seconds=1800
    )
    view = gallery.VIEW.model_copy(update={"price": price})
    async with running(DashboardApp(gallery.fresh(view)), (120, 60)) as (app, pilot):
        await pilot.pause()
        assert "500 metrics: about ¥24 a business day as read here, ¥394 if read whole each minute." in text(
            app
        )
        panel = app.query_one(DashboardPanel)
        await draw(pilot, panel, brief=True)
        assert "500 metrics" not in text(app)
        assert "ECS CPU" in text(app)
    assert "every 30 min" in price_words(price)
    assert "every 30 min" not in price_words(price.model_copy(update={"judged_seconds": None}))
