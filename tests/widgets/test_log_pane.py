"""A reader at a log pane."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from services.models.logs import LogLine, Severity, TailStats
from services.models.problem import Problem, ProblemKind
from widgets.log_bar import LogBar, LogTitle, LogTrouble, Mode
from widgets.log_pane import LogPane
from widgets.log_rules import Gap

T0 = 1_764_028_800_000
"""2025-11-25 09:00 JST."""
NOW = datetime(2025, 11, 25, 0, 15, tzinfo=UTC)


def line(index: int, text: str = "", at: int | None = None, *, late: bool = False) -> LogLine:
    at = T0 + index * 1000 if at is None else at
    return LogLine(f"e{index}", at, at + 500, f"ecs/web/task{index % 2}", text or f"line {index}", late)


class PaneApp(App[None]):
    def __init__(self, **options: object) -> None:
        super().__init__()
        self.present = NOW
        self.pane = LogPane(now=lambda: self.present, zone=ZoneInfo("Asia/Tokyo"), fps=50, **options)  # type: ignore[arg-type]  # test helper
        self.messages: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        self.pane.focus()

    @on(LogPane.PatternChanged)
    @on(LogPane.CopyRequested)
    @on(LogPane.GroupRequested)
    @on(LogPane.TimeRequested)
    def keep(self, message: object) -> None:
        self.messages.append(message)


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    for _ in range(400):
        await pilot.pause()
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("never became true")


def rows(pane: LogPane) -> list[str]:
    """What the lines widget draws, without the time, trailing blanks off."""
    region = pane.lines.size.region
    return [strip.text[16:].rstrip() for strip in pane.lines.render_lines(region)]


def texts(pane: LogPane) -> list[str]:
    return [row for row in rows(pane) if row and "─" not in row]


async def filled(pilot: Pilot[None], count: int = 100) -> LogPane:
    app = pilot.app
    assert isinstance(app, PaneApp)
    app.pane.append([line(index) for index in range(count)])
    await until(pilot, lambda: app.pane.query_one(LogBar).facts.lines == count)
    return app.pane


def facts(pane: LogPane):  # type: ignore[no-untyped-def]  # short for a test
    return pane.query_one(LogBar).facts


async def test_it_follows_and_stays_put_when_the_reader_scrolls_up() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot)
        assert texts(pane)[-1] == "line 99"
        pane.append([line(100)])
        await until(pilot, lambda: texts(pane)[-1] == "line 100")
        await pilot.press("pageup")
        before = texts(pane)
        assert before[-1] == "line 79"
        pane.append([line(index) for index in range(101, 1335)])
        await until(pilot, lambda: facts(pane).new == 1234)
        assert texts(pane) == before
        assert facts(pane).mode is Mode.READING
        assert "1,234" in str(pane.query_one(LogBar).render())
        await pilot.press("end")
        await until(pilot, lambda: facts(pane).mode is Mode.FOLLOWING)
        assert texts(pane)[-1] == "line 1334"
        assert facts(pane).new == 0


async def test_scrolling_down_to_the_end_follows_again() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot)
        await pilot.press("pageup", "pageup")
        await pilot.press("pagedown", "pagedown")
        await until(pilot, lambda: facts(pane).mode is Mode.FOLLOWING)
        await pilot.press("up", "up")
        assert pane.lines.line_at_cursor().text == "line 98"  # type: ignore[union-attr]
        await pilot.press("down", "down", "down")
        await until(pilot, lambda: facts(pane).mode is Mode.FOLLOWING)
        assert pane.lines.cursor is None


async def test_late_lines_go_in_above_without_moving_the_reader() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot)
        await pilot.press("pageup", "up")
        before, cursor = texts(pane), pane.lines.line_at_cursor()
        pane.append([line(900 + n, f"late {n}", T0 + 10_500 + n, late=True) for n in range(30)])
        await until(pilot, lambda: facts(pane).lines == 130)
        assert texts(pane) == before
        assert pane.lines.line_at_cursor() == cursor
        await pilot.press("home")
        assert " late +500ms  late 0" in texts(pane)
        order = [pane.store.time_at(row) for row in range(pane.store.first, pane.store.end)]
        assert order == sorted(order)


async def test_late_lines_appear_while_following() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot)
        pane.append([line(900, "tardy", T0 + 95_500, late=True)])
        await until(pilot, lambda: facts(pane).lines == 101)
        assert texts(pane)[-5:-3] == [" late +500ms  tardy", "line 96"]
        assert texts(pane)[-1] == "line 99"


async def test_pausing_freezes_the_window_and_counts() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot)
        await pilot.press("p")
        before = texts(pane)
        pane.append([line(index) for index in range(100, 150)])
        await until(pilot, lambda: facts(pane).new == 50)
        assert facts(pane).mode is Mode.PAUSED
        assert texts(pane) == before
        await pilot.press("p")
        await until(pilot, lambda: facts(pane).mode is Mode.FOLLOWING)
        assert texts(pane)[-1] == "line 149"


async def search(pilot: Pilot[None], text: str, *keys: str) -> None:
    await pilot.press("slash")
    pilot.app.query_one(Input).value = text
    await pilot.press(*keys, "enter")
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def test_search_goes_through_the_matches_and_round() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot)
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


async def test_a_regular_expression_and_what_is_wrong_with_one() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot)
        await search(pilot, r"line [5-7]0", "ctrl+r")
        assert pane.lines.line_at_cursor().text == "line 70"  # type: ignore[union-attr]
        assert pane.view.found.count() == 3
        await search(pilot, "(")
        assert pane.prompt.display
        assert pane.query_one("#log-hint").has_class("-error")
        await pilot.press("escape")
        assert not pane.prompt.display
        assert pilot.app.focused is pane.lines
        assert pane.view.found.count() == 3


async def test_search_says_when_nothing_matches() -> None:
    async with PaneApp().run_test(size=(120, 24)) as pilot:
        pane = await filled(pilot)
        await search(pilot, "absent")
        await until(pilot, lambda: "no match" in facts(pane).search)
        await pilot.press("n", "N")
        assert facts(pane).mode is Mode.FOLLOWING


async def test_the_threshold_hides_lines_and_keeps_the_readers_place() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, PaneApp)
        pane = app.pane
        levels = ["INFO", "WARN", "INFO", "ERROR"]
        pane.append([line(n, f"{levels[n % 4]} number {n}") for n in range(200)])
        await until(pilot, lambda: facts(pane).lines == 200)
        await pilot.press("pageup", "pageup", "pageup", "up")
        top = texts(pane)[0]
        await pilot.press("E")
        await app.workers.wait_for_complete()
        await until(pilot, lambda: facts(pane).shown == 50)
        assert all(text.startswith("ERROR") for text in texts(pane))
        assert pane.threshold is Severity.ERROR
        first = int(texts(pane)[0].split()[-1])
        assert 0 <= first - int(top.split()[-1]) < 4
        pane.append([line(200, "ERROR number 200"), line(201, "INFO number 201")])
        await until(pilot, lambda: (facts(pane).shown, facts(pane).lines) == (51, 202))
        await pilot.press("E")
        await app.workers.wait_for_complete()
        await until(pilot, lambda: facts(pane).shown == 202)
        assert texts(pane)[0] == top


async def test_going_to_a_minute_marks_it_now_or_when_its_lines_come() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot, 600)
        pane.go_to(T0 + 5 * 60_000 + 12_345)
        await until(pilot, lambda: "line 300" in texts(pane))
        assert pane.lines.line_at_cursor().text == "line 300"  # type: ignore[union-attr]
        assert any(
            "▼ 09:05:00 JST" in strip.text for strip in pane.lines.render_lines(pane.lines.size.region)
        )
        assert "line 299" in texts(pane)
        pane.clear()
        pane.go_to(T0 + 5 * 60_000)
        await pilot.pause()
        assert [message.at for message in pilot.app.messages] == [T0 + 300_000]  # type: ignore[attr-defined]
        pane.append([line(n) for n in range(250)])
        pane.append([line(n) for n in range(250, 600)])
        await until(pilot, lambda: "line 300" in texts(pane))
        assert facts(pane).mode is Mode.READING


async def test_a_time_is_typed_in_the_panes_zone() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot, 600)
        await pilot.press("at")
        pilot.app.query_one(Input).value = "tomorrow"
        await pilot.press("enter")
        assert pane.prompt.display
        pilot.app.query_one(Input).value = "9:02"
        await pilot.press("enter")
        await until(pilot, lambda: "line 120" in texts(pane))
        assert not pane.prompt.display


async def test_json_is_readable_raw_on_demand_and_whole_in_the_detail() -> None:
    text = json.dumps(
        {"level": "ERROR", "message": "決済に失敗", "error": {"code": 402, "stack": "a\n  b\x1b[2J"}},
        ensure_ascii=False,
    )
    async with PaneApp().run_test(size=(100, 30)) as pilot:
        app = pilot.app
        assert isinstance(app, PaneApp)
        pane = app.pane
        pane.append([line(0, text), line(1, "plain")])
        await until(pilot, lambda: len(texts(pane)) == 2)
        assert texts(pane)[0].startswith("決済に失敗  error.code=402")
        await pilot.press("r")
        assert texts(pane)[0].startswith('{"level": "ERROR"')
        await pilot.press("r", "up", "up", "enter")
        await until(pilot, lambda: pane.detail.display)
        shown = str(pane.detail._body.render())
        assert "決済に失敗" in shown
        assert "stack" in shown
        assert "\u241b[2J" in shown
        await pilot.press("down")
        await until(pilot, lambda: "plain" in str(pane.detail._body.render()))
        await pilot.press("escape")
        assert not pane.detail.display


async def test_looks_can_be_toggled() -> None:
    async with PaneApp().run_test(size=(60, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, PaneApp)
        pane = app.pane
        pane.append([line(0, "x" * 70 + "END"), line(1, "short")])
        await until(pilot, lambda: len(texts(pane)) == 2)
        assert texts(pane)[0].endswith("\u203a")
        await pilot.press("right", "right")
        assert texts(pane)[0].endswith("END")
        await pilot.press("w")
        assert texts(pane)[1].endswith("END")
        await pilot.press("s")
        assert any("web/task0" in text for text in texts(pane))
        await pilot.press("t")
        stamps = [strip.text[:16] for strip in pane.lines.render_lines(pane.lines.size.region)]
        assert any("-0:15:00" in stamp for stamp in stamps)
        pane.zone = UTC
        await pilot.press("t")
        stamps = [strip.text[:16] for strip in pane.lines.render_lines(pane.lines.size.region)]
        assert any("00:00:00.000" in stamp for stamp in stamps)


async def test_marked_lines_are_asked_to_be_copied() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot)
        await pilot.press("up", "v", "up", "up")
        await until(pilot, lambda: facts(pane).marking == 3)
        await pilot.press("y")
        copied = pilot.app.messages[-1]  # type: ignore[attr-defined]
        assert isinstance(copied, LogPane.CopyRequested)
        assert copied.text.splitlines()[0] == "2025-11-25T09:01:37.000+09:00 line 97"
        assert len(copied.text.splitlines()) == 3


async def test_filter_and_group_are_asked_for() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot)
        await pilot.press("f")
        pilot.app.query_one(Input).value = '{ $.level = "ERROR" }'
        await pilot.press("enter", "g")
        await pilot.pause()
        first, second = pilot.app.messages  # type: ignore[attr-defined]
        assert isinstance(first, LogPane.PatternChanged)
        assert (first.pane, first.pattern) == (pane, '{ $.level = "ERROR" }')
        assert isinstance(second, LogPane.GroupRequested)
        pane.pattern = first.pattern
        await until(pilot, lambda: pane.query_one(LogTitle).facts.pattern == first.pattern)


async def test_what_was_dropped_is_said_and_the_window_survives() -> None:
    async with PaneApp(max_bytes=60_000).run_test(size=(120, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, PaneApp)
        pane = app.pane
        pane.store.chunk_bytes = 4096
        pane.append([line(n, f"line {n} " + "x" * 100) for n in range(100)])
        await until(pilot, lambda: facts(pane).lines == 100)
        await pilot.press("home")
        pane.append([line(n, f"line {n} " + "x" * 100) for n in range(100, 2000)])
        await until(pilot, lambda: facts(pane).dropped > 1000)
        assert f"older lines dropped: {facts(pane).dropped:,}" in str(pane.query_one(LogBar).render())
        assert texts(pane)[0].startswith(f"line {facts(pane).dropped} ")
        assert facts(pane).lines + facts(pane).dropped == 2000


async def test_trouble_and_silence_are_said() -> None:
    async with PaneApp(stale_after=0.05).run_test(size=(120, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, PaneApp)
        pane = app.pane
        await until(pilot, lambda: "first read" in pane.lines.message)
        pane.stats = TailStats(group="g", polls=3, lines=0, late=2, duplicates=7, lag=1.5)
        await until(pilot, lambda: "no new lines" in pane.lines.message)
        bar = str(pane.query_one(LogBar).render())
        for said in ("lag 1.5s", "late 2", "duplicates dropped 7", "polls 3", "read 09:15:00"):
            assert said in bar
        app.present = NOW + timedelta(seconds=60)
        await until(pilot, lambda: facts(pane).stale)
        assert "STALE" in str(pane.query_one(LogBar).render())
        problem = Problem(
            kind=ProblemKind.ACCESS_DENIED, summary="no permission", remedy="ask [/] the owner", at=NOW
        )
        pane.problem = problem
        trouble = pane.query_one(LogTrouble)
        await until(pilot, lambda: trouble.display and trouble.size.height > 0)
        assert "no permission — ask [/] the owner" in str(trouble.render())
        await until(pilot, lambda: "reading fails" in pane.lines.message)
        pane.problem = None
        await until(pilot, lambda: not trouble.display)


async def test_days_and_gaps_are_drawn_between_lines() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, PaneApp)
        pane = app.pane
        midnight = T0 + 15 * 3_600_000
        pane.append([line(0, "evening", midnight - 1000), line(1, "night", midnight + 1000)])
        pane.gaps = (Gap(midnight + 500, midnight + 900, "throttled"),)
        await until(pilot, lambda: len(texts(pane)) == 2)
        drawn = [strip.text.strip() for strip in pane.lines.render_lines(pane.lines.size.region)]
        assert drawn[0].startswith("── 2025-11-25 (Tue)")
        assert drawn[2].startswith("── 2025-11-26 (Wed)")
        assert "throttled" in drawn[3]
        assert drawn[4].endswith("night")


async def test_nothing_wakes_up_while_nothing_comes() -> None:
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        pane = await filled(pilot)
        await until(pilot, lambda: pane._frame is None)
        drawn = 0

        def count() -> None:
            nonlocal drawn
            drawn += 1

        pane._draw_frame = count  # type: ignore[method-assign]  # counts frames
        for _ in range(20):
            await pilot.pause(0.01)
        assert drawn == 0


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (17, 3), (20, 5), (200, 60)])
async def test_any_size_is_survived(size: tuple[int, int]) -> None:
    async with PaneApp().run_test(size=size) as pilot:
        pane = await filled(pilot, 50)
        await pilot.press("w", "up", "pageup", "enter", "slash", "escape", "home", "end")
        await pilot.resize_terminal(40, 12)
        await until(pilot, lambda: pane.lines.size.width == 39)
        await pilot.press("escape", "end")
        assert texts(pane)[-1] == "line 49"


async def test_foreign_text_cannot_act_or_crash() -> None:
    evil = "[@click=app.quit]x[/] [/] \x1b[2J \u202e"
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, PaneApp)
        pane = app.pane
        pane.title = pane.pattern = evil.replace("\x1b", "")
        pane.append(
            [
                LogLine("e", T0, T0, evil, evil),
                LogLine("f", T0, T0, evil, json.dumps({"m": evil, evil: evil})),
            ]
        )
        await until(pilot, lambda: len(texts(pane)) == 2)
        await pilot.press("s", "up", "enter", "up", "r", "w")
        await pilot.pause()
        svg = app.export_screenshot()
        assert "\x1b" not in svg
        assert "\u202e" not in svg.split("log")[-1]


async def test_a_large_batch_does_not_block_the_loop() -> None:
    batch = [line(n, json.dumps({"level": "INFO", "message": "予約", "n": n})) for n in range(10_000)]
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, PaneApp)
        loop = asyncio.get_running_loop()
        spent = []
        for _ in range(5):
            began = loop.time()
            app.pane.append(batch[:1] * 10_000)
            spent.append(loop.time() - began)
            await pilot.pause()
        assert min(spent) < 0.1
