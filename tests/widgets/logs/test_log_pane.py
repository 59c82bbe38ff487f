import asyncio
from typing import ClassVar

import pytest
from textual.binding import BindingType
from textual.widgets import Input

from services.models.logs import Severity
from tests.widgets.logs.log_reader import (
    T0,
    PaneApp,
    facts,
    filled,
    filled_pane,
    line,
    log_pane,
    rule_texts,
    search,
    texts,
    until,
)
from tests.widgets.stage import running
from widgets.logs.drawing.separators import Gap
from widgets.logs.pane.bar import LogBar, PaneMode


async def test_it_follows_and_stays_put_when_the_reader_scrolls_up():
    async with filled_pane() as (pilot, pane):
        assert texts(pane)[-1] == "line 99"
        pane.append([line(100)])
        await until(pilot, lambda: texts(pane)[-1] == "line 100")
        await pilot.press("pageup")
        before = texts(pane)
        assert before[-1] == "line 79"
        pane.append([line(index) for index in range(101, 1335)])
        await until(pilot, lambda: facts(pane).new == 1234)
        assert texts(pane) == before
        assert facts(pane).mode is PaneMode.READING
        assert "1,234" in str(pane.query_one(LogBar).render())
        await pilot.press("end")
        await until(pilot, lambda: facts(pane).mode is PaneMode.FOLLOWING)
        assert texts(pane)[-1] == "line 1334"
        assert facts(pane).new == 0


@pytest.mark.parametrize("count", [4, pytest.param(40, marks=pytest.mark.slow)])
async def test_timer_callbacks_during_the_panes_removal_are_harmless(count):
    for turns in range(count):
        async with filled_pane() as (_pilot, pane):
            going = pane.remove()
            for _turn in range(turns):
                await asyncio.sleep(0)
            pane.show_status()
            pane.mark_dirty()
            pane._frames._draw_frame()
            await going
            pane.show_status()
            pane._frames._draw_frame()


async def test_scrolling_down_to_the_end_follows_again():
    async with filled_pane() as (pilot, pane):
        await pilot.press("pageup", "pageup")
        await pilot.press("pagedown", "pagedown")
        await until(pilot, lambda: facts(pane).mode is PaneMode.FOLLOWING)
        await pilot.press("up", "up")
        assert pane.lines.line_at_cursor().text == "line 98"  # type: ignore[union-attr]
        await pilot.press("down", "down", "down")
        await until(pilot, lambda: facts(pane).mode is PaneMode.FOLLOWING)
        assert pane.lines.cursor is None


async def test_late_lines_go_in_above_without_moving_the_reader():
    async with filled_pane() as (pilot, pane):
        await pilot.press("pageup", "up")
        before, cursor = texts(pane), pane.lines.line_at_cursor()
        pane.append([line(900 + n, f"late {n}", T0 + 10_500 + n, late=True) for n in range(30)])
        await until(pilot, lambda: facts(pane).lines == 130)
        assert texts(pane) == before
        assert pane.lines.line_at_cursor() == cursor
        await pilot.press("home")
        assert "late 0" in texts(pane)
        order = [pane.store.time_at(row) for row in range(pane.store.first, pane.store.end)]
        assert order == sorted(order)


async def test_late_lines_appear_while_following():
    async with filled_pane() as (pilot, pane):
        pane.append([line(900, "tardy", T0 + 95_500, late=True)])
        await until(pilot, lambda: facts(pane).lines == 101)
        assert texts(pane)[-5:-3] == ["tardy", "line 96"]
        assert texts(pane)[-1] == "line 99"


async def test_pausing_freezes_the_window_and_counts():
    async with filled_pane() as (pilot, pane):
        await pilot.press("P")
        before = texts(pane)
        pane.append([line(index) for index in range(100, 150)])
        await until(pilot, lambda: facts(pane).new == 50)
        assert facts(pane).mode is PaneMode.PAUSED
        assert texts(pane) == before
        await pilot.press("P")
        await until(pilot, lambda: facts(pane).mode is PaneMode.FOLLOWING)
        assert texts(pane)[-1] == "line 149"


async def test_search_steps_through_the_matches_and_wraps_around():
    async with filled_pane() as (pilot, pane):
        await search(pilot, "line 1")
        assert pane.lines.line_at_cursor().text == "line 19"  # type: ignore[union-attr]
        await until(pilot, lambda: "11 of 11" in facts(pane).search)
        await pilot.press("N")
        assert pane.lines.line_at_cursor().text == "line 18"  # type: ignore[union-attr]
        assert "line 17" in texts(pane)
        assert "line 20" in texts(pane)
        await pilot.press("n", "n")
        assert pane.lines.line_at_cursor().text == "line 1"  # type: ignore[union-attr]
        await pilot.press("N")
        assert pane.lines.line_at_cursor().text == "line 19"  # type: ignore[union-attr]
        pane.append([line(200, "LINE 1 again")])
        await until(pilot, lambda: "11 of 12" in facts(pane).search)
        await pilot.press("escape")
        await pilot.app.workers.wait_for_complete()
        await until(pilot, lambda: facts(pane).search == "")
        assert len(texts(pane)) > 10


async def test_a_regular_expression_and_what_is_wrong_with_one():
    async with filled_pane() as (pilot, pane):
        await search(pilot, r"line [5-7]0", "ctrl+t")
        assert pane.lines.line_at_cursor().text == "line 70"  # type: ignore[union-attr]
        assert pane.view.matches.count() == 3
        await search(pilot, "(")
        assert pane.prompt.display
        assert pane.query_one(".hint").has_class("-error")
        await pilot.press("escape")
        assert not pane.prompt.display
        assert pilot.app.focused is pane.lines
        assert pane.view.matches.count() == 3


async def test_search_says_when_nothing_matches():
    async with filled_pane(size=(120, 24)) as (pilot, pane):
        await search(pilot, "absent")
        await until(pilot, lambda: "no match" in facts(pane).search)
        await pilot.press("n", "N")
        assert facts(pane).mode is PaneMode.FOLLOWING


async def test_the_threshold_hides_lines_and_keeps_the_readers_place():
    async with log_pane() as (app, pilot, pane):
        levels = ["INFO", "WARN", "INFO", "ERROR"]
        pane.append([line(n, f"{levels[n % 4]} number {n}") for n in range(200)])
        await until(pilot, lambda: facts(pane).lines == 200)
        await pilot.press(*["pageup"] * 6, "up")
        top = texts(pane)[0]
        pane.show_from(Severity.ERROR)
        await app.workers.wait_for_complete()
        await until(pilot, lambda: facts(pane).visible == 50)
        assert all(text.startswith("ERROR") for text in texts(pane))
        assert pane.threshold is Severity.ERROR
        first = int(texts(pane)[0].split()[-1])
        assert 0 <= first - int(top.split()[-1]) < 4
        pane.append([line(200, "ERROR number 200"), line(201, "INFO number 201")])
        await until(pilot, lambda: (facts(pane).visible, facts(pane).lines) == (51, 202))
        pane.show_from(Severity.PLAIN)
        await app.workers.wait_for_complete()
        await until(pilot, lambda: facts(pane).visible == 202)
        assert texts(pane)[0] == top


async def test_what_a_threshold_leaves_fills_the_pane():
    async with log_pane() as (app, pilot, pane):
        pane.append([line(n, f"{'ERROR' if n % 4 == 3 else 'INFO'} number {n}") for n in range(200)])
        await until(pilot, lambda: facts(pane).lines == 200)
        await pilot.press("up", "up")
        before = texts(pane)
        pane.show_from(Severity.ERROR)
        await app.workers.wait_for_complete()
        await until(pilot, lambda: facts(pane).visible == 50)
        assert len(texts(pane)) == len(before)
        assert texts(pane)[-1] == "ERROR number 199"
        pane.show_from(Severity.PLAIN)
        await app.workers.wait_for_complete()
        await until(pilot, lambda: facts(pane).visible == 200)
        assert texts(pane) == before


async def test_going_to_a_minute_marks_it_now_or_when_its_lines_arrive():
    async with filled_pane(600) as (pilot, pane):
        pane.go_to(T0 + 5 * 60_000 + 12_345, minute=True)
        await until(pilot, lambda: "line 300" in texts(pane))
        assert pane.lines.line_at_cursor().text == "line 300"  # type: ignore[union-attr]
        assert any(
            "↓ 09:05:00 JST" in strip.text for strip in pane.lines.render_lines(pane.lines.size.region)
        )
        assert "line 299" in texts(pane)
        pane.clear()
        pane.go_to(T0 + 5 * 60_000)
        await pilot.pause()
        assert [message.at for message in pilot.app.messages] == [T0 + 300_000]  # type: ignore[attr-defined]
        pane.clear()
        pane.append([line(n) for n in range(250)])
        pane.append([line(n) for n in range(250, 600)])
        await until(pilot, lambda: "line 300" in texts(pane))
        assert facts(pane).mode is PaneMode.READING


async def test_a_time_is_typed_in_the_panes_zone():
    async with filled_pane(600) as (pilot, pane):
        await pilot.press("at")
        pilot.app.query_one(Input).value = "tomorrow"
        await pilot.press("enter")
        assert pane.prompt.display
        pilot.app.query_one(Input).value = "9:02"
        await pilot.press("enter")
        await until(pilot, lambda: "line 120" in texts(pane))
        assert not pane.prompt.display


async def test_days_and_gaps_are_drawn_between_lines():
    async with log_pane() as (_app, pilot, pane):
        midnight = T0 + 15 * 3_600_000
        pane.append([line(0, "evening", midnight - 1000), line(1, "night", midnight + 1000)])
        pane.gaps = (Gap(midnight + 500, midnight + 900, "throttled"),)
        await until(pilot, lambda: len(texts(pane)) == 2)
        rows = [strip.text.strip() for strip in pane.lines.render_lines(pane.lines.size.region)]
        assert rows[0].startswith("── 11-25(Tue) ")
        assert rows[2].startswith("── 11-26(Wed) ")
        assert "throttled" in rows[3]
        assert rows[4].endswith("night")


async def test_a_gap_of_several_days_tells_them_and_goes_with_the_group():
    async with running(PaneApp(), (110, 24)) as (app, pilot):
        pane, day = app.pane, 86_400_000
        pane.append([line(0, "old", T0 - 3 * day), line(1, "new", T0)])
        pane.gaps = (Gap(T0 - 3 * day + 1, T0 - day, "not read"),)
        gap = "lines may be missing 11-22(Sat) 09:00:00–11-24(Mon) 09:00:00: not read"
        await until(pilot, lambda: gap in rule_texts(pane))
        pane.clear()
        pane.append([line(0, "old", T0 - 3 * day), line(1, "new", T0)])
        await until(pilot, lambda: len(texts(pane)) == 2)
        assert pane.gaps == ()
        assert gap not in rule_texts(pane)


async def test_nothing_wakes_up_while_no_lines_arrive():
    async with filled_pane() as (pilot, pane):
        await until(pilot, lambda: pane._frames._next is None)
        frames = 0

        def count() -> None:
            nonlocal frames
            frames += 1

        pane._frames._draw = count
        for _ in range(20):
            await pilot.pause(0.01)
        assert frames == 0


async def test_escape_closes_one_thing_after_another_and_then_belongs_to_the_screen():
    class Outer(PaneApp):
        BINDINGS: ClassVar[list[BindingType]] = [("escape", "outer", "")]

        def action_outer(self) -> None:
            self.messages.append("outer")

    async with Outer().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot)
        await search(pilot, "line 1")
        await pilot.press("v", "enter")
        for still in (
            lambda: pane.lines.ranging and not pane.detail.display,
            lambda: pane.view.query is not None and not pane.lines.ranging,
            lambda: pane.view.query is None and pane.lines.cursor is not None,
            lambda: pane.lines.cursor is None and not pilot.app.messages,  # type: ignore[attr-defined]
            lambda: pilot.app.messages == ["outer"],  # type: ignore[attr-defined]
        ):
            await pilot.press("escape")
            await pilot.app.workers.wait_for_complete()
            await until(pilot, still)


async def test_a_pane_that_was_removed_can_be_drawn_once_more():
    async with filled_pane() as (_pilot, pane):
        region = pane.lines.size.region
        await pane.remove()
        pane.lines.painter.forget()
        assert pane.lines.render_lines(region) == [], "no place is left, and nothing fails"
