from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from services.models.alarms import Alarm, AlarmOverview, AlarmState
from tests.conftest import assert_in
from tests.widgets import gallery_data
from tests.widgets.alarms.test_alarm_panel import AlarmApp, lines
from tests.widgets.stage import at_rest, draw, press, running
from widgets.alarms import row_source
from widgets.alarms.alarm_wording import since_text
from widgets.alarms.panel import AlarmPanel
from widgets.alarms.strip import AlarmStrip
from widgets.drawing.ticker import ticker_of

COUNT = 5_000
ROOM = 40


def overview(firing: int = 3, count: int = COUNT, **more: object) -> AlarmOverview:
    alarms = [gallery_data.alarm(f"fires-{number}", AlarmState.ALARM, number) for number in range(firing)]
    alarms += [
        gallery_data.alarm(f"ok-{number:05}", AlarmState.OK, 10 + number) for number in range(count - firing)
    ]
    return AlarmOverview(alarms=tuple(alarms), **more)


@contextmanager
def rows_made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    names: list[str] = []
    make = row_source.alarm_row

    def noting(alarm: Alarm, *args: object, **options: object) -> object:
        names.append(str(alarm.name))
        return make(alarm, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(row_source, "alarm_row", noting)
        yield names


async def test_each_second_only_the_rows_on_screen_are_made(monkeypatch):
    async with running(AlarmApp(), (120, ROOM), AlarmPanel) as (app, pilot, panel):
        panel.list_normal()
        with rows_made(monkeypatch) as names:
            await draw(pilot, panel, state=gallery_data.fresh(overview()))
        assert 0 < len(names) < 400
        assert "fires-0" in lines(app)[3], "the first are shown"
        for key in ("", "end", "pageup", "home", "pagedown", "j"):
            panel.table.focus()
            with rows_made(monkeypatch) as names:
                await press(pilot, *([key] if key else []))
            assert len(set(names)) <= 2 * ROOM, key
            with rows_made(monkeypatch) as names:
                ticker_of(app).now(1)
                await pilot.pause()
            assert 0 < len(set(names)) <= ROOM, key


async def test_folding_and_scrolling_reach_every_alarm(monkeypatch):
    async with running(AlarmApp(), (120, ROOM), AlarmPanel) as (app, pilot, panel):
        await draw(pilot, panel, room=12, state=gallery_data.fresh(overview()))
        assert panel.table.row_count < ROOM
        assert any("4997 alarms" in line or "4,997 alarms" in line for line in lines(app))
        panel.table.focus()
        await press(pilot, "end", "enter")
        assert panel.table.row_count > COUNT
        assert panel.table.cursor_key == "fold:normal", "the line is now at the end"
        await press(pilot, "k", "enter")
        assert [event.alarm.name for event in app.seen] == ["ok-04996"]
        await press(pilot, "end", "enter")
        assert panel.table.row_count < ROOM


async def test_the_cursor_stays_on_its_alarm_when_the_order_changes():
    async with running(AlarmApp(), (120, ROOM), AlarmPanel) as (app, pilot, panel):
        panel.list_normal()
        before = overview()
        await draw(pilot, panel, state=gallery_data.fresh(before))
        panel.table.focus()
        await pilot.press("end", "k")
        name = panel.chosen.name
        fires = before.by_id[name].model_copy(
            update={"state": AlarmState.ALARM, "since": gallery_data.NOW - timedelta(minutes=1)}
        )
        others = [alarm for alarm in before.alarms if alarm.name != name]
        await draw(pilot, panel, state=gallery_data.fresh(AlarmOverview(alarms=(fires, *others))))
        assert panel.chosen == fires
        assert any(name in line and "firing" in line for line in lines(app)[2:5])


async def test_an_alarm_that_is_folded_under_the_cursor_is_not_said_to_be_gone():
    async with running(AlarmApp(), (120, ROOM), AlarmPanel) as (app, pilot, panel):
        panel.room = 8
        before = overview(firing=2, count=40)
        await draw(pilot, panel, state=gallery_data.fresh(before))
        panel.table.focus()
        await pilot.press("j")
        fires = panel.chosen
        ok = fires.model_copy(update={"state": AlarmState.OK})
        others = tuple(alarm for alarm in before.alarms if alarm.id != fires.id)
        for after, alarm in (
            (AlarmOverview(alarms=(*others, ok)), ok),
            (AlarmOverview(alarms=others, outdated=(ok,)), ok),
            (AlarmOverview(alarms=others), None),
        ):
            await draw(pilot, panel, state=gallery_data.fresh(before))
            assert panel.table.move_to(str(fires.id))
            app.seen.clear()
            await draw(pilot, panel, state=gallery_data.fresh(after))
            (lost,) = app.seen
            assert (lost.name, lost.alarm) == (fires.name, alarm)
            assert panel.chosen is None


async def test_a_storm_of_five_thousand_firing_alarms_is_shown(monkeypatch):
    async with running(AlarmApp(), (80, 24), AlarmPanel) as (app, pilot, panel):
        with rows_made(monkeypatch) as names:
            panel.state = app.query_one(AlarmStrip).state = gallery_data.fresh(overview(firing=COUNT))
            await pilot.pause()
        assert len(names) < 800
        await pilot.pause()
        assert "firing 5000" in lines(app)[0]
        panel.table.focus()
        await pilot.press("end", "enter")
        assert [event.alarm.name for event in app.seen] == ["fires-4999"]


async def test_columns_widen_for_wider_rows_that_come_on_screen():
    async with running(AlarmApp(), (120, 24), AlarmPanel) as (app, pilot, panel):
        value = overview()
        panel.list_normal()
        await draw(pilot, panel, state=gallery_data.fresh(value))
        since = [column.title for column in panel.table.columns].index("Since")
        before = panel.table.column_widths[since]
        panel.table.move_to("ok-04000")
        await at_rest(pilot)
        assert panel.table.column_widths[since] > before
        row = next(line for line in lines(app) if "ok-04000" in line)
        assert since_text(value.by_id["ok-04000"], gallery_data.JST, gallery_data.NOW) in row


async def test_what_was_not_read_again_is_not_ok_and_the_others_say_how_old_they_are():
    app = AlarmApp()
    before = overview(firing=0, count=30)
    value = AlarmOverview(
        alarms=before.alarms[:20],
        outdated=before.alarms[20:],
        listed_at=gallery_data.NOW - timedelta(minutes=9),
        unlisted="The list of all alarms could not be read: refused",
    )
    async with app.run_test(size=(120, ROOM)) as pilot:
        panel = app.query_one(AlarmPanel)
        panel.room = 8
        panel.state = app.query_one(AlarmStrip).state = gallery_data.fresh(value)
        await pilot.pause()
        text = "\n".join(lines(app))
        assert_in(text, "● ok 20", "? not read again 10  ? list incomplete", "could not be read: refused")
        assert "those beyond the runbook’s as of 09:03" in text
        assert "alarms are ok" not in text, "not all"
        panel.table.focus()
        await press(pilot, "home", "enter")
        listed = [line for line in lines(app) if "ok-00025" in line]
        assert len(listed) == 1
        assert "●" not in listed[0]
        await pilot.press("j", "enter")
        assert [event.alarm.name for event in app.seen] == ["ok-00020"], "its detail can be opened"


async def test_the_first_reading_is_laid_out_for_the_width_that_the_list_gets_by_it():
    async with running(AlarmApp(), (120, ROOM), AlarmPanel) as (_app, pilot, panel):
        assert panel.has_class("-no-body"), "the table has no width yet"
        with pytest.MonkeyPatch.context() as patch:
            # No second passes.
            patch.setattr(panel.__class__, "_tick", lambda _self: None)
            await draw(pilot, panel, state=gallery_data.fresh(gallery_data.BOARD))
        assert sum(row.key.startswith("note:0:") for row in panel.table.rows) == sum(
            row.key.startswith("note:") for row in panel.table.rows
        ), "each sentence is one line"
