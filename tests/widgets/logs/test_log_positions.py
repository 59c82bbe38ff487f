from textual.pilot import Pilot

from tests.tools.painted import painted
from tests.widgets.logs.log_reader import T0, PaneApp, filled, filled_pane, line, rule_texts, texts, until
from tests.widgets.stage import running
from widgets.logs.drawing.separators import MARK
from widgets.logs.pane.pane import LogPane
from widgets.logs.reading.marks import LineMark


def moves(pilot: Pilot[None]) -> list[int]:
    app = pilot.app
    times = [each.at for each in app.moves if isinstance(each, LogPane.Moved)]
    return [at for index, at in enumerate(times) if times[index - 1 : index] != [at]]


async def test_a_move_is_reported_with_the_time_of_the_line():
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        await filled(pilot)
        await pilot.press("up", "up")
        await until(pilot, lambda: moves(pilot)[-1:] == [T0 + 98_000])
        await pilot.press("home")
        await until(pilot, lambda: moves(pilot)[-1:] == [T0])


async def test_moving_along_with_another_pane_reports_nothing():
    async with filled_pane() as (pilot, pane):
        pilot.app.screen.set_focus(None)
        await pilot.pause()
        reported = moves(pilot)
        pane.go_to(T0 + 40_000)
        await until(pilot, lambda: "line 40" in texts(pane))
        await until(pilot, lambda: pane._frames._next is None)
        assert moves(pilot) == reported


async def test_earlier_lines_are_requested_above_the_oldest_only():
    async with running(PaneApp(), (80, 24)) as (app, pilot):
        await filled(pilot)
        await pilot.press("up", "home")
        assert not any(isinstance(each, LogPane.EarlierRequested) for each in app.moves)
        for key in ("pageup", "up"):
            app.moves.clear()
            await pilot.press("home", key)
            await until(pilot, lambda: any(isinstance(each, LogPane.EarlierRequested) for each in app.moves))


async def test_going_to_a_time_is_exact():
    async with filled_pane() as (pilot, pane):
        pane.append([line(200, "between", T0 + 40_250)])
        pane.go_to(T0 + 40_120)
        await until(pilot, lambda: pane.lines.line_at_cursor() is not None)
        assert pane.lines.line_at_cursor().text == "between"  # type: ignore[union-attr]
        assert "↓ 09:00:40.120 JST" in rule_texts(pane)


async def test_the_time_of_another_panes_cursor_is_drawn_between_the_lines():
    async with filled_pane() as (_pilot, pane):
        pane.set_time_mark(T0 + 95_500)
        assert rule_texts(pane) == ["⌖ 09:01:35.500 JST"]
        pane.set_time_mark(T0 + 97_000)
        assert rule_texts(pane) == ["⌖ 09:01:37 JST"]
        pane.set_time_mark(None)
        assert rule_texts(pane) == []


async def test_marks_stay_with_their_lines():
    async with filled_pane() as (pilot, pane):
        first, second = pane.store.first + 95, pane.store.first + 97
        pane.marks.put(first, "began [here]")
        pane.marks.toggle(second)
        assert rule_texts(pane) == [f"{MARK} began [here]"]
        gutters = [strip.text[0] for strip in pane.lines.render_lines(pane.lines.size.region)]
        assert gutters.count(MARK) == 2
        pane.append([line(200, "late", T0 + 500, late=True)])
        assert pane.marks.rows() == [first + 1, second + 1]
        assert pane.marks.after(first + 1) == second + 1
        assert pane.marks.after(second + 1) == first + 1
        assert pane.marks.before(first + 1) == second + 1
        marks = pane.marks.all
        assert marks[0] == LineMark(T0 + 95_000, "ecs/web/task1", "line 95", "began [here]")
        pane.clear()
        assert pane.marks.rows() == []
        await filled(pilot)
        await until(pilot, lambda: len(pane.marks.rows()) == 2)
        assert pane.marks.all == marks
        pane.marks.toggle(pane.marks.rows()[1])
        assert len(pane.marks) == 1


async def test_the_gauge_follows_the_size_of_the_window():
    async with filled_pane() as (pilot, pane):
        gauge = pane.lines.gauge
        for height in (12, 30):
            await pilot.resize_terminal(80, height)
            await painted(pilot)
            start, size = gauge.thumb
            assert size > 0
            assert start + size == gauge.size.height, "the newest lines are in the window"


async def test_the_line_at_the_cursor_stays_on_the_screen_when_the_window_shrinks():
    async with filled_pane() as (pilot, pane):
        await pilot.press("up", "up")
        await until(pilot, lambda: "line 97" in texts(pane))
        await pilot.press("enter")
        await until(pilot, lambda: bool(pane.detail.display) and pane.lines.size.height < 14)
        await painted(pilot)
        assert "line 97" in texts(pane), "the detail shows the line that it is about"
        await pilot.press("escape")
        for height in (10, 24):
            await pilot.resize_terminal(80, height)
            await painted(pilot)
            assert "line 97" in texts(pane)


async def test_a_window_that_shrinks_does_not_go_to_a_line_that_the_reader_has_left():
    async with filled_pane() as (pilot, pane):
        await pilot.press("up")
        pane.lines.scroll_rows(-50)
        await painted(pilot)
        top = texts(pane)[0]
        await pilot.resize_terminal(80, 12)
        await painted(pilot)
        assert texts(pane)[0] == top
