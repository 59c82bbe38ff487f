from dataclasses import replace
from datetime import timedelta

import pytest

from services.models.alarms import AlarmOverview, AlarmState
from tests.tools.console import console, expect, press, screen_text, settled, until
from tui.messages import OpenAlarm
from tui.panel_registry import PANELS
from tui.screens.watch.alarm import AlarmScreen

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_every_panel_shows_live_data_at_every_size(embedded, size):
    async with console(embedded.url, embedded.clock, size=size) as pilot:
        for panel in PANELS:
            await pilot.app.run_action(f"screen.focus_panel('{panel.id}')")
            await until(pilot, lambda panel=panel: pilot.app.screen.query_one(f"#{panel.id}").display)
        watch = pilot.app.screen
        await until(pilot, lambda: len(watch.tail.store) > 50)
        overview = pilot.app.alarms.value
        assert overview.count(AlarmState.MISSING) == 0
        assert {"ecs-cpu-high", "rds-storage-low"} <= {alarm.name for alarm in overview.alarms}
        view = pilot.app.view.value
        assert not view.dashboard.builtin
        assert any(data.series for data in view.data)
        await settled(pilot)
        assert "read-only" in screen_text(pilot)


async def test_a_small_screen_is_brief_and_keys_show_one_panel_alone(embedded):
    async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
        shown = lambda: [panel.id for panel in PANELS if pilot.app.screen.query_one(f"#{panel.id}").display]  # noqa: E731
        assert shown() == ["alarms", "dashboard", "tail"]
        await until(pilot, lambda: len(pilot.app.screen.tail.store) > 50)
        await settled(pilot)
        rows = screen_text(pilot).splitlines()
        assert sum("alarms are ok" in row for row in rows) == 1, "all green is one line"
        assert all(row.strip() for row in rows), "no row is empty"
        values = [row for row in rows if "< 70%" in row or "< 80" in row]
        assert 1 <= len(values) <= 2
        assert all(words in "".join(values) for words in ("ECS CPU", "RDS CPU", "< 500 ms"))
        for key, panel in (("d", "dashboard"), ("l", "tail"), ("a", "alarms")):
            await press(pilot, key, then=lambda panel=panel: shown() == [panel])
        assert "ecs-cpu-high" in screen_text(pilot), "alone there is room for the list"
        await press(pilot, "escape", then=lambda: len(shown()) == 3)


@pytest.mark.scenario("alb-5xx", history=300)
async def test_the_whole_morning_check_is_above_the_fold(embedded):
    async with console(embedded.url, embedded.clock, size=(120, 40)) as pilot:
        watch = pilot.app.screen
        for size in ((120, 40), (200, 60)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: watch.size == size)
            await settled(pilot)
            grid = watch.dashboard.grid
            tiles = {tile.widget.title: tile for tile in grid.tiles}
            for title in ("ECS CPU & Memory", "ALB Performance", "RDS Performance", "Network"):
                region = tiles[title].region
                assert region.height >= 7
                assert grid.region.contains_region(region), title
            assert watch.tail.size.height >= 6
            text = screen_text(pilot)
            assert "CPU 最大" in text, "each curve has its name at its end"
            assert "接続数" in text


async def test_zoom_maximizes_one_panel_and_restores_the_layout(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        shown = lambda: [panel.id for panel in PANELS if pilot.app.screen.query_one(f"#{panel.id}").display]  # noqa: E731
        await press(pilot, "d", "z", then=lambda: shown() == ["dashboard"])
        await press(pilot, "z", then=lambda: len(shown()) == 3)


async def test_an_alarm_opens_with_its_curve_history_and_the_runbooks_words(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        await pilot.press("a")
        overview = pilot.app.alarms.value
        pilot.app.post_message(
            OpenAlarm(next(alarm for alarm in overview.alarms if alarm.name == "ecs-cpu-high"))
        )
        screen = await expect(pilot, at="AlarmScreen")
        await until(pilot, lambda: screen.detail.curve.value and screen.detail.history.value is not None)
        text = screen_text(pilot)
        assert "ecs-cpu-high" in text
        assert "Auto Scaling" in text, "what the runbook says to do"
        await press(pilot, "escape", left="AlarmScreen")


async def test_one_key_leads_from_an_alarm_to_its_logs_at_that_minute(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        alarm = next(each for each in pilot.app.alarms.value.alarms if each.name == "alb-5xx-error-rate")
        pilot.app.post_message(OpenAlarm(alarm))
        await expect(pilot, at="AlarmScreen")
        await press(pilot, "enter", at="LogsScreen", then=lambda: pilot.app.screen.tails)
        tail = next(iter(pilot.app.screen.tails.values()))
        assert tail.group == "/ecs/staff-api"
        minute = int(alarm.since.timestamp() * 1000) // 60_000 * 60_000
        await until(pilot, lambda: tail.pane.lines.rules.marked_at == minute)


async def test_a_minute_costs_one_call_for_alarms_and_two_for_metrics(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        before = embedded.counts()
        states = pilot.app.view
        embedded.advance(67)
        await until(pilot, lambda: pilot.app.view is not states)
        await settled(pilot)
        after = embedded.counts()
        # One for the curves, one for the widget whose single number spans its whole range.
        assert after["cloudwatch.GetMetricData"] - before["cloudwatch.GetMetricData"] <= 2
        assert after["cloudwatch.DescribeAlarms"] - before["cloudwatch.DescribeAlarms"] == 1
        assert after.get("cloudwatch.GetDashboard") == before.get("cloudwatch.GetDashboard") == 1


async def test_watching_never_writes(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        await pilot.press("a", "enter", "escape", "d", "enter", "escape", "l", "3", "1")
        await settled(pilot)
        verbs = {name.partition(".")[2] for name in embedded.counts()}
        assert all(verb.startswith(("Describe", "Get", "List", "Filter")) for verb in verbs), verbs


async def test_times_switch_between_jst_and_utc_everywhere(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        assert "10:00:00 JST" in screen_text(pilot)
        await press(pilot, "U", shows="01:00:00 UTC")
        await until(pilot, lambda: "JST" not in screen_text(pilot).replace("JST/UTC", ""))


async def test_two_panes_side_by_side_and_one_closed_again(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 40), mode="logs") as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: len(screen.tails) == 1)
        await screen.add_pane("/aws/rds/instance/facility-prod-db/postgresql")
        await until(pilot, lambda: all(len(pane.store) for pane in screen.tails))
        assert len(pilot.app.services.tails.open) == 2
        await press(pilot, "x", then=lambda: len(screen.tails) == 1)
        await until(pilot, lambda: len(pilot.app.services.tails.open) == 1)


async def test_the_group_dialog_narrows_and_opens(embedded):
    async with console(embedded.url, embedded.clock, size=(120, 40), mode="logs") as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: screen.tails)
        await press(pilot, "o", shows="Log group")
        await press(pilot, *"postgres", "enter", then=lambda: len(screen.tails) == 2)
        assert {tail.group for tail in screen.tails.values()} == {
            "/ecs/staff-api",
            "/aws/rds/instance/facility-prod-db/postgresql",
        }


@pytest.mark.slow
async def test_one_key_opens_the_newest_firing_alarm_from_any_screen(embedded):
    async with console(embedded.url, embedded.clock, size=(120, 40), notifications=True) as pilot:
        app = pilot.app
        await press(pilot, "exclamation_mark", shows="No alarm is firing.")
        assert not isinstance(app.screen, AlarmScreen)
        state = app.alarms
        fires = tuple(
            alarm.model_copy(
                update={"state": AlarmState.ALARM, "since": app.now() - timedelta(minutes=index)}
            )
            if alarm.name in ("ecs-cpu-high", "rds-cpu-high", "facility-prod-critical")
            else alarm
            for index, alarm in enumerate(state.value.alarms)
        )
        app.alarms = replace(state, value=AlarmOverview(alarms=fires))
        newest = min(
            (
                alarm
                for alarm in fires
                if alarm.state is AlarmState.ALARM and alarm.name != "facility-prod-critical"
            ),
            key=lambda alarm: app.now() - alarm.since,
        )
        for mode in "3462":
            await press(pilot, mode, "exclamation_mark", at="AlarmScreen")
            assert app.screen.first.id == newest.id, "not the composite alarm, which fires because of it"
            await press(pilot, "exclamation_mark", "escape", left="AlarmScreen")


@pytest.mark.slow
@pytest.mark.scenario("alb-5xx", history=300)
async def test_steps_lead_to_their_places_and_back_to_the_alarm(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        app = pilot.app
        alarm = next(each for each in app.alarms.value.alarms if each.name == "alb-5xx-error-rate")
        app.post_message(OpenAlarm(alarm))
        detail = await expect(pilot, at="AlarmScreen", then=lambda: any(app.screen.detail.places))
        await press(pilot, "full_stop", shows="Step:")
        await press(pilot, "escape", then=lambda: "Step:" not in screen_text(pilot))
        assert app.screen is detail
        await press(pilot, "full_stop", "1", at="LogsScreen", then=lambda: app.screen.tails)
        assert next(iter(app.screen.tails.values())).group == "/ecs/staff-api"
        await press(pilot, "1", then=lambda: app.screen is detail)
        await press(pilot, "full_stop", "2", at="ChangeScreen")
        assert "staff-api" in str(app.screen.changes.table.cursor_key)
        await press(pilot, "1", then=lambda: app.screen is detail)
        await press(pilot, "full_stop", "3", at="WatchScreen")
        tile = app.focused
        assert any(trace.query.metric == "UnHealthyHostCount" for trace in tile.widget.traces)


async def test_without_steps_digits_stay_the_modes(embedded):
    async with console(embedded.url, embedded.clock, size=(120, 40)) as pilot:
        app = pilot.app
        alarm = next(each for each in app.alarms.value.alarms if each.name == "rds-storage-low")
        app.post_message(OpenAlarm(alarm))
        await expect(pilot, at="AlarmScreen", then=lambda: any(app.screen.detail.places))
        await press(pilot, "3", at="LogsScreen")


@pytest.mark.scenario("alb-5xx", history=300)
async def test_a_composite_alarm_leads_to_the_alarms_it_fires_by(embedded):
    async with console(embedded.url, embedded.clock, size=(120, 40)) as pilot:
        app = pilot.app
        alarm = next(each for each in app.alarms.value.alarms if each.name == "facility-prod-critical")
        app.post_message(OpenAlarm(alarm))
        await expect(pilot, at="AlarmScreen", then=lambda: any(app.screen.detail.places))
        await pilot.press("enter")
        await until(pilot, lambda: getattr(app.screen, "first", alarm).name == "alb-5xx-error-rate")
        await press(pilot, "escape", at="WatchScreen")


@pytest.mark.scenario("ordinary-day", history=7200.0)
async def test_the_hour_that_the_runbook_asks_for_is_two_keys_away(embedded):
    async with console(embedded.url, embedded.clock, size=(120, 40)) as pilot:
        app = pilot.app
        alarm = next(each for each in app.alarms.value.alarms if each.name == "ecs-cpu-high")
        app.post_message(OpenAlarm(alarm))
        await expect(pilot, at="AlarmScreen", then=lambda: app.screen.detail.curve.value)
        detail = app.screen.detail
        assert detail.curve.value[0].period == 60
        await pilot.press("left_square_bracket", "left_square_bracket")
        await until(pilot, lambda: detail.curve.value and detail.curve.value[0].period == 300)
        (series,) = detail.curve.value
        assert len(series.times) == 12
        assert "▸1h mean" in screen_text(pilot)
