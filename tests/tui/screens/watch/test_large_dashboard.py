import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.conftest import Embedded, MonkeyPatch
from tests.tools.console import console, expect, press, screen_text, until
from tests.tui.seeding import client
from tui.messages import OpenAlarm
from widgets.dashboards.text_tiles import MetricTile

pytestmark = [pytest.mark.slow, pytest.mark.scenario("ordinary-day", history=600.0)]
WIDGETS, METRICS, NAMESPACE = 200, 2, "City"
ROUND = 66.0  # Seconds in which the dashboard's feed reads once, with its jitter
NIGHT = datetime(2026, 1, 14, 13, 0, tzinfo=UTC)


async def put(aws: Embedded, namespace: str = NAMESPACE, metric: str = "M") -> None:
    """Put the dashboard, and two values of each of its metrics; the last widget's is the highest."""
    widgets = [
        {
            "type": "metric",
            **{"x": number % 4 * 6, "y": number // 4 * 6, "width": 6, "height": 6},
            "properties": {
                "title": f"装置 {number}",
                "region": "ap-northeast-1",
                "period": 60,
                "metrics": [[namespace, metric, "Id", f"{number}.{each}"] for each in range(METRICS)],
            },
        }
        for number in range(WIDGETS)
    ]
    ids = [f"{number}.{each}" for number in range(WIDGETS) for each in range(METRICS)]
    now = aws.clock.now().timestamp()
    async with client("cloudwatch", aws.url) as cloudwatch:
        await cloudwatch.put_dashboard(
            DashboardName="facility-prod-main", DashboardBody=json.dumps({"widgets": widgets})
        )
        for back in (120, 60):
            data = [
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": "Id", "Value": id}],
                    "Timestamp": now - back,
                    "Value": 90.0 if id.startswith("199.") else 7.0,
                }
                for id in ids
            ]
            await cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)


class Count:
    """Counts what is requested of the dashboard's metrics, and which tiles build their lines."""

    def __init__(self) -> None:
        self.requested: Counter[str] = Counter()
        self.drawn: Counter[str] = Counter()

    def taken(self) -> Counter[str]:
        requested, self.requested = self.requested, Counter()
        return requested

    def lines_taken(self) -> Counter[str]:
        drawn, self.drawn = self.drawn, Counter()
        return drawn


@contextmanager
def counted(monkeypatch: MonkeyPatch) -> Iterator[Count]:
    from services.aws.cloudwatch.metrics.reader import Metrics

    count = Count()
    fetch, draw = Metrics.fetch, MetricTile.draw

    async def counting(self: Metrics, queries: Any, span: Any, **where: Any) -> Any:
        count.requested.update(
            query.dimensions[0][1].partition(".")[0]
            for query in queries
            if query.dimensions and query.dimensions[0][0] == "Id"
        )
        return await fetch(self, queries, span, **where)

    def drawing(self: MetricTile, width: int, height: int) -> Any:
        count.drawn[self.widget.key] += 1
        return draw(self, width, height)

    monkeypatch.setattr(Metrics, "fetch", counting)
    monkeypatch.setattr(MetricTile, "draw", drawing)
    yield count


def in_view(pilot: Pilot[None]) -> set[str]:
    return {tile.widget.key for tile in pilot.app.screen.dashboard.grid.seen()}


def is_read(pilot: Pilot[None], keys: set[str]) -> bool:
    data = {each.key: each for each in pilot.app.view.value.data}
    return bool(keys) and all(not data[key].is_unread and data[key].as_of is None for key in keys)


async def minute(pilot: Pilot[None], aws: Embedded) -> None:
    before = pilot.app.view.fetched_at
    aws.advance(ROUND)
    await until(pilot, lambda: pilot.app.view.fetched_at > before)


async def shown(pilot: Pilot[None]) -> set[str]:
    await until(pilot, lambda: len(pilot.app.screen.dashboard.grid.tiles) == WIDGETS)
    await until(pilot, lambda: is_read(pilot, in_view(pilot)))
    return in_view(pilot)


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
async def test_only_what_is_in_view_is_requested_and_drawn(embedded, monkeypatch, size):
    await put(embedded)
    with counted(monkeypatch) as count:
        async with console(embedded.url, embedded.clock, size=size) as pilot:
            visible = await shown(pilot)
            assert 4 <= len(visible) <= 16
            assert set(count.taken()) == visible
            assert "400 metrics: about ¥" in screen_text(pilot)
            assert "¥315 if read whole each minute" in screen_text(pilot)
            count.lines_taken()
            await minute(pilot, embedded)
            assert count.taken() == dict.fromkeys(visible, METRICS)
            assert set(count.lines_taken()) <= visible

            pilot.app.screen.dashboard.grid.scroll_to(y=400, animate=False)
            await until(pilot, lambda: not in_view(pilot) & visible)
            further = await shown(pilot)
            assert count.taken() == dict.fromkeys(further, METRICS), "what was only passed is not requested"
            assert set(count.lines_taken()) <= further | visible

            await press(pilot, "2", then=lambda: pilot.app.current_mode == "inspect")
            for _minute in range(5):
                await minute(pilot, embedded)
            assert not count.taken()
            assert not count.lines_taken(), "nothing hidden is drawn"
            await pilot.press("1")
            await shown(pilot)
            assert count.taken() == dict.fromkeys(further, METRICS), "read at once, as it is visible again"

            pilot.app.screen.dashboard.grid.scroll_home(animate=False)
            await until(pilot, lambda: in_view(pilot) == visible)
            assert await shown(pilot) == visible


@pytest.mark.scenario("ordinary-day", history=600.0, origin=NIGHT)
async def test_at_night_nothing_is_requested_for_nobody(embedded, monkeypatch):
    await put(embedded)
    with counted(monkeypatch) as count:
        async with console(embedded.url, embedded.clock) as pilot:
            visible = await shown(pilot)
            for _minute in range(16):
                await minute(pilot, embedded)
            count.taken()
            for _minute in range(5):
                await minute(pilot, embedded)
            assert not count.taken()
            assert "any key resumes" in screen_text(pilot)
            assert "as of " in screen_text(pilot)
            assert "● normal" not in screen_text(pilot)
            await press(pilot, "a", then=lambda: is_read(pilot, visible))
            assert set(count.taken()) == visible
            assert "any key resumes" not in screen_text(pilot)
            assert "as of " not in screen_text(pilot)


async def test_the_price_is_the_one_of_watching_while_nobody_does(embedded):
    await put(embedded, "AWS/ECS", "CPUUtilization")
    async with console(embedded.url, embedded.clock) as pilot:
        await shown(pilot)
        await minute(pilot, embedded)
        price = pilot.app.view.value.price
        pilot.app.on_visibility(False)
        await minute(pilot, embedded)
        assert pilot.app.view.value.price == price
        pilot.app.on_visibility(True)
        await press(pilot, "2", then=lambda: pilot.app.current_mode == "inspect")
        await minute(pilot, embedded)
        assert pilot.app.view.value.price == price


async def test_what_a_zoomed_panel_hid_is_read_at_once(embedded, monkeypatch):
    await put(embedded)
    with counted(monkeypatch) as count:
        async with console(embedded.url, embedded.clock) as pilot:
            await pilot.press("a")
            visible = await shown(pilot)
            await press(pilot, "z", then=lambda: not pilot.app.screen.dashboard.display)
            for _minute in range(5):
                await minute(pilot, embedded)
            assert not is_read(pilot, visible)
            count.taken()
            await press(pilot, "z", then=lambda: is_read(pilot, visible))
            assert set(count.taken()) == visible


async def test_a_hidden_terminal_is_read_for_nobody(embedded, monkeypatch):
    await put(embedded)
    with counted(monkeypatch) as count:
        async with console(embedded.url, embedded.clock) as pilot:
            visible = await shown(pilot)
            pilot.app.on_visibility(False)
            count.taken()
            for _minute in range(5):
                await minute(pilot, embedded)
            assert not count.taken()
            pilot.app.on_visibility(True)
            await until(pilot, lambda: is_read(pilot, visible))
            assert set(count.taken()) == visible


async def test_a_screen_without_tiles_requests_none(embedded, monkeypatch):
    await put(embedded)
    with counted(monkeypatch) as count:
        async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
            for _minute in range(3):
                await minute(pilot, embedded)
            assert not count.taken()
            await pilot.press("d")
            visible = await shown(pilot)
            assert set(count.taken()) == visible


async def test_a_small_screen_shows_the_worst_value_wherever_it_is_and_the_price_once(embedded, monkeypatch):
    await put(embedded, "AWS/ECS", "CPUUtilization")
    with counted(monkeypatch) as count:
        async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
            await until(pilot, lambda: "ECS CPU 90% < 70%" in screen_text(pilot))
            everything = dict.fromkeys(map(str, range(WIDGETS)), METRICS)
            assert count.taken() == everything, "each is judged at the beginning"
            assert "400 metrics: about ¥" in screen_text(pilot)
            for _minute in range(3):
                await minute(pilot, embedded)
            assert count.taken() == {"199": 3 * METRICS}, "the value on screen is the present one"
            for _minute in range(int(30 * 60 / ROUND)):
                await minute(pilot, embedded)
                if set(count.taken()) > {"199"}:
                    break
            else:
                pytest.fail("the others are judged in time, too")


async def test_a_covered_alarm_reads_no_curve(embedded, monkeypatch):
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        alarm = app.alarms.value.alarms[0]
        app.post_message(OpenAlarm(alarm))
        await expect(pilot, at="AlarmScreen", then=lambda: app.screen.detail.curve.value)
        detail = app.screen.detail
        await press(pilot, "2", then=lambda: app.current_mode == "inspect")
        curve = detail.curve
        for _minute in range(3):
            before = app.alarms.fetched_at
            embedded.advance(ROUND)
            await until(pilot, lambda before=before: app.alarms.fetched_at > before)
        assert detail.curve is curve
        await press(pilot, "1", then=lambda: detail.curve.fetched_at > curve.fetched_at)
