import asyncio
import json
import sys
from dataclasses import replace
from datetime import UTC, timedelta
from itertools import count

import pytest
from textual.widgets import Input

from services.models.logs import LateGap, LogLine, TailStats
from services.models.problem import Problem, ProblemKind
from tests.tools.painting import painting
from tests.widgets.logs.log_reader import (
    NOW,
    T0,
    PaneApp,
    facts,
    filled,
    filled_pane,
    line,
    log_pane,
    texts,
    until,
)
from tests.widgets.stage import press, running
from widgets.drawing.ticker import ticker_of
from widgets.logs.pane.bar import LogBar, LogTrouble
from widgets.logs.pane.pane import LogPane
from widgets.logs.pane.title import LogTitle


async def test_json_is_readable_raw_on_demand_and_whole_in_the_detail():
    text = json.dumps(
        {"level": "ERROR", "message": "決済に失敗", "error": {"code": 402, "stack": "a\n  b\x1b[2J"}},
        ensure_ascii=False,
    )
    async with log_pane(size=(100, 30)) as (_app, pilot, pane):
        pane.append([line(0, text), line(1, "plain")])
        await until(pilot, lambda: len(texts(pane)) == 2)
        assert texts(pane)[0].startswith("決済に失敗  402")
        await pilot.press("R")
        assert texts(pane)[0].startswith('{"level": "ERROR"')
        await pilot.press("R", "up", "up", "enter")
        await until(pilot, lambda: pane.detail.fields.has_focus)
        rows = pane.detail.fields.rows
        assert [row.name for row in rows][:4] == ["error", "code", "stack", ""]
        assert [row.text for row in rows][2:5] == ["a", "  b\u241b[2J", "決済に失敗"]
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: pane.detail.fields.rows[0].text == "plain")
        await pilot.press("escape")
        assert not pane.detail.display
        await until(pilot, lambda: pane.lines.has_focus)


async def test_the_detail_scrolls_folds_and_stays_on_its_field():
    texts = [
        json.dumps(
            {
                "message": f"m{n}",
                "requestId": f"r{n}",
                "error": {"type": "T", "stack": "\n".join("abcdefghij")},
            }
        )
        for n in range(3)
    ]
    async with log_pane() as (_app, pilot, pane):
        pane.append([line(n, text) for n, text in enumerate(texts)])
        await until(pilot, lambda: facts(pane).lines == 3)
        await pilot.press("up", "enter")
        fields = pane.detail.fields
        await until(pilot, lambda: fields.has_focus and len(fields.rows) > 14)
        await pilot.press("end")
        await until(pilot, lambda: fields.scroll_y > 0)
        await pilot.press("home", "left")
        await until(pilot, lambda: fields.rows[1].name == "message")
        assert (fields.row.name, fields.row.folds) == ("error", True)
        await pilot.press("down", "down", "left_square_bracket")
        await until(pilot, lambda: fields.rows[1].text == "m1")
        assert fields.row.name == "requestId"
        await pilot.press("home", "right")
        await until(pilot, lambda: len(fields.rows) > 14)


async def test_formats_can_be_toggled():
    async with log_pane(size=(60, 24)) as (_app, pilot, pane):
        pane.append([line(0, "x" * 70 + "END"), line(1, "short")])
        await until(pilot, lambda: len(texts(pane)) == 2)
        assert texts(pane)[0].endswith("\u203a")
        await pilot.press("right", "right")
        assert texts(pane)[0].endswith("END")
        await pilot.press("ctrl+w")
        assert texts(pane)[1].endswith("END")
        await pilot.press("T")
        stamps = [strip.text[:16] for strip in pane.lines.render_lines(pane.lines.size.region)]
        assert any("-0:15:00" in stamp for stamp in stamps)
        pane.zone = UTC
        await pilot.press("T")
        stamps = [strip.text[:16] for strip in pane.lines.render_lines(pane.lines.size.region)]
        assert any("00:00:00.000" in stamp for stamp in stamps)


async def test_marked_lines_are_asked_to_be_copied():
    async with filled_pane() as (pilot, pane):
        await pilot.press("up", "v", "up", "up")
        await until(pilot, lambda: facts(pane).marking == 3)
        await pilot.press("y")
        request = pilot.app.messages[-1]  # type: ignore[attr-defined]
        assert isinstance(request, LogPane.CopyRequested)
        assert request.text.splitlines()[0] == "2025-11-25T09:01:37.000+09:00 line 97"
        assert len(request.text.splitlines()) == 3


async def test_filter_and_group_are_asked_for():
    async with filled_pane() as (pilot, pane):
        await pilot.press("f")
        pilot.app.query_one(Input).value = '{ $.level = "ERROR" }'
        await press(pilot, "enter", "O", "L")
        first, second, third = pilot.app.messages  # type: ignore[attr-defined]
        assert isinstance(first, LogPane.PatternChanged)
        assert (first.pane, first.pattern) == (pane, '{ $.level = "ERROR" }')
        assert isinstance(second, LogPane.GroupRequested)
        assert isinstance(third, LogPane.LevelRequested)
        pane.pattern = first.pattern
        await until(pilot, lambda: pane.query_one(LogTitle).facts.pattern == first.pattern)


async def test_dropped_lines_are_reported_and_the_window_survives():
    async with log_pane(size=(120, 24), max_bytes=60_000) as (_app, pilot, pane):
        pane.store.chunk_bytes = 4096
        pane.append([line(n, f"line {n} " + "x" * 100) for n in range(100)])
        await until(pilot, lambda: facts(pane).lines == 100)
        await pilot.press("home")
        pane.append([line(n, f"line {n} " + "x" * 100) for n in range(100, 2000)])
        await until(pilot, lambda: facts(pane).dropped > 1000)
        assert f"older lines dropped: {facts(pane).dropped:,}" in str(pane.query_one(LogBar).render())
        assert texts(pane)[0].startswith(f"line {facts(pane).dropped} ")
        assert facts(pane).lines + facts(pane).dropped == 2000


async def test_problems_and_silence_are_shown():
    async with log_pane(size=(120, 24), stale_after=0.05) as (app, pilot, pane):
        await until(pilot, lambda: "first read" in pane.lines.message)
        pane.stats = TailStats(
            group="g",
            polls=3,
            late=2,
            duplicates=7,
            lag=64.2,
            rate=1250.4,
            throttled=3,
            complete_from=T0,
            complete_to=T0 + 800_000,
            lateness=6000.0,
        )
        await until(pilot, lambda: "no new lines" in pane.lines.message)
        bar = str(pane.query_one(LogBar).render())
        for words in (
            "complete from 09:00:00",
            "64 s behind",
            "late 2",
            "1,250/s",
            "throttled 3",
            "read 09:15:00",
        ):
            assert words in bar
        for word in ("duplicates", "polls", "lag"):
            assert word not in bar
        # What is read at once is not called behind; what the rate does not allow to look for is named.
        pane.stats = TailStats(
            group="g",
            lag=8.0,
            complete_from=T0,
            complete_to=T0 + 890_000,
            lateness=10.0,
            incomplete_from=T0 + 60_000,
        )
        await until(pilot, lambda: "behind" not in str(pane.query_one(LogBar).render()))
        bar = str(pane.query_one(LogBar).render())
        assert "lines over 10 s late not read since 09:01:00 (+)" in bar
        gap = LateGap(10.0, T0 - 3_600_000, T0 - 3_000_000)
        pane.stats = TailStats(group="g", complete_from=T0, complete_to=T0, lateness=6000.0, late_gap=gap)
        await until(
            pilot,
            lambda: "late lines of 08:00:00–08:10:00 not read (+)" in str(pane.query_one(LogBar).render()),
        )
        app.clock.advance(60)
        await until(pilot, lambda: facts(pane).stale)
        assert "STALE" in str(pane.query_one(LogBar).render())
        problem = Problem(
            kind=ProblemKind.ACCESS_DENIED, summary="no permission", remedy="ask [/] the owner", at=NOW
        )
        pane.problem = problem
        trouble = pane.query_one(LogTrouble)
        await until(pilot, lambda: trouble.display and trouble.size.height > 0)
        assert "no permission — ask [/] the owner" in str(trouble.render())
        await until(pilot, lambda: "reading failed" in pane.lines.message)
        pane.problem = None
        await until(pilot, lambda: not trouble.display)


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (17, 3), (20, 5), (200, 60)])
async def test_any_size_is_survived(size):
    async with PaneApp().run_test(size=size) as pilot:
        pane = await filled(pilot, 50)
        await pilot.press("ctrl+w", "up", "pageup", "enter", "slash", "escape", "home", "end")
        await pilot.resize_terminal(40, 12)
        await until(pilot, lambda: pane.lines.size.width == 39)
        await pilot.press("escape", "end")
        assert texts(pane)[-1] == "line 49"


async def test_foreign_text_cannot_act_or_crash():
    evil = "[@click=app.quit]x[/] [/] \x1b[2J \u202e"
    async with log_pane() as (app, pilot, pane):
        pane.title = pane.pattern = evil.replace("\x1b", "")
        pane.append(
            [
                LogLine("e", T0, T0, evil, evil),
                LogLine("f", T0, T0, evil, json.dumps({"m": evil, evil: evil})),
            ]
        )
        await until(pilot, lambda: len(texts(pane)) == 2)
        await pilot.press("up", "enter", "up", "R", "ctrl+w")
        await pilot.pause()
        svg = app.export_screenshot()
        assert "\x1b" not in svg
        assert "\u202e" not in svg.split("log")[-1]


async def test_a_large_batch_does_not_block_the_loop():
    batch = [line(n, json.dumps({"level": "INFO", "message": "予約", "n": n})) for n in range(10_000)]
    async with running(PaneApp(), (80, 24)) as (app, pilot):
        loop = asyncio.get_running_loop()
        durations = []
        for _ in range(5):
            began = loop.time()
            app.pane.append(batch[:1] * 10_000)
            durations.append(loop.time() - began)
            await pilot.pause()
        assert min(durations) < 0.1


async def test_a_failure_is_shown_from_its_first_minute_and_not_as_following():
    async with filled_pane(size=(120, 24)) as (pilot, pane):
        first = Problem(kind=ProblemKind.EXPIRED, summary="Your credentials have expired.", at=NOW)
        pane.problem = first
        pane.problem = first.model_copy(update={"at": NOW + timedelta(minutes=9)})
        trouble = pane.query_one(LogTrouble)
        await until(pilot, lambda: facts(pane).failing)
        assert "(since 09:15:00 JST" in str(trouble.render())
        pane.problem = first.model_copy(update={"at": NOW + timedelta(days=3)})
        assert "(since 11-25(Tue) 09:15:00 JST" in str(trouble.render())
        assert "reading failed" in str(pane.query_one(LogBar).render())
        pane.banner = first
        assert not trouble.display
        pane.banner = None
        assert trouble.display
        pane.problem = None
        assert not trouble.display


async def test_a_read_without_new_lines_paints_the_counters_alone():
    async with filled_pane() as (pilot, pane):
        with painting() as requests:
            pane.stats = TailStats(group="g", polls=3, lines=0, late=0, duplicates=0, lag=1.5)
            await until(pilot, lambda: facts(pane).stats is pane.stats)
        assert {each.kind for each in requests} == {"LogBar"}


async def test_while_lines_come_counters_follow_with_a_frame(monkeypatch):
    callers: list[str] = []
    say = LogPane.show_status

    def record_caller(pane: LogPane) -> None:
        callers.append(sys._getframe(1).f_code.co_name)
        say(pane)

    monkeypatch.setattr(LogPane, "show_status", record_caller)
    async with filled_pane() as (pilot, pane):
        refresh_changed, frames = pane.lines.refresh_changed, count(100)

        def refreshed_and_more_has_come() -> None:
            refresh_changed()
            pane.append([line(next(frames))])

        monkeypatch.setattr(pane.lines, "refresh_changed", refreshed_and_more_has_come)
        pane.mark_dirty()
        callers.clear()
        await until(pilot, lambda: len(callers) >= 3)
        assert set(callers) == {"_draw_frame"}


async def test_ages_that_read_the_same_are_not_painted():
    async with filled_pane() as (pilot, pane):
        app = pilot.app
        pane.lines.show(replace(pane.lines.format, relative=True))
        await pilot.pause()
        with painting() as requests:
            ticker_of(app).now()
            await pilot.pause()
            assert requests == []
            app.clock.advance(1)
            ticker_of(app).now()
            await pilot.pause()
        assert {each.kind for each in requests} == {"LogLines"}
        assert all(region.right <= 16 for each in requests for region in each.regions), "the lines' own text"
        pane.lines.show(replace(pane.lines.format, relative=False))


async def test_it_says_from_when_to_when_no_line_is_missing():
    async with log_pane(size=(140, 24)) as (_app, pilot, pane):
        stats = TailStats(group="g", polls=3, complete_from=T0, complete_to=T0 + 600_000)
        pane.append([line(n, f"line {n}") for n in range(100)])
        pane.stats = stats
        await until(pilot, lambda: facts(pane).complete)
        whole = facts(pane).complete
        assert whole in str(pane.query_one(LogBar).render())
        pane.missing_until = T0 + 5_000  # a batch that could not be taken in
        pane.show_status()
        shorter = facts(pane).complete
        assert shorter != whole
        assert shorter.endswith(whole[-8:])
        pane.stats = stats.model_copy(update={"complete_to": T0 + 1_000})
        pane.show_status()
        assert facts(pane).complete == "", "nothing is said of a span that is none"


async def test_what_the_memory_had_no_room_for_is_missing():
    async with log_pane(size=(140, 24), max_bytes=60_000) as (_app, pilot, pane):
        pane.stats = TailStats(group="g", polls=3, complete_from=T0, complete_to=T0 + 86_400_000)
        pane.append([line(n, "x") for n in range(10)])
        await until(pilot, lambda: facts(pane).complete)
        whole = facts(pane).complete
        pane.append([line(n, f"line {n} " + "x" * 100) for n in range(10, 3000)])
        await until(pilot, lambda: facts(pane).dropped > 1000)
        assert pane.store.oldest > T0
        assert facts(pane).complete != whole


HOURS = 3600.0


@pytest.mark.parametrize("slept", [0.0, 29.0, 31.0, 10 * HOURS])
@pytest.mark.parametrize("step", [0.0, -1.0, -10 * HOURS, -72 * HOURS, 24 * HOURS])
async def test_no_setting_of_the_clock_makes_an_old_tail_new(slept, step):
    async with running(PaneApp(), (120, 24)) as (app, pilot):
        app.pane.stats = TailStats(group="g", polls=3, lines=0, late=0, duplicates=0, lag=1.5)
        await until(pilot, lambda: facts(app.pane).read_at is not None)
        assert not app.pane.stale
        app.clock.suspend(slept)
        app.clock.step(step)
        # By whichever clock it is older; one that was read in the future is of another time.
        assert app.pane.stale == (max(slept, slept + step) > 30 or slept + step < 0)


async def test_a_machine_that_woke_up_says_soon_that_its_tail_is_old():
    async with running(PaneApp(), (120, 24)) as (app, pilot):
        app.pane.stats = TailStats(group="g", polls=3, lines=0, late=0, duplicates=0, lag=1.5)
        await until(pilot, lambda: facts(app.pane).read_at is not None)
        assert app.pane.watchdog._timer.when() - asyncio.get_running_loop().time() <= 5.0
        app.clock.suspend(10 * HOURS)
        app.clock.step(-10 * HOURS)
        app.pane.watchdog.check()
        await until(pilot, lambda: "STALE" in str(app.pane.query_one(LogBar).render()))
