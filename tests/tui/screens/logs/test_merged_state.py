import asyncio
from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from services.demo.logs import handlers as embedded_live
from services.models.problem import Problem, ProblemKind
from tests.tools.console import expect, press, screen_text, until, until_later
from tests.tui.screens.logs.panes_open import APPLICATION, logs
from tests.tui.screens.logs.test_one_time import EVEN, ODD, at_cursor, start
from tests.tui.seeding import client, put_lines
from tests.tui.typed import KEYS, burst
from tui.messages import OpenLogs
from tui.screens.logs.covers import merged
from widgets.logs.drawing.separators import Gap
from widgets.logs.pane.pane import LogPane

__all__ = ["start"]


async def two_merged(pilot: Pilot[object]) -> tuple[LogPane, LogPane, LogPane]:
    screen = pilot.app.screen
    first, even, odd = screen.tails
    await screen.remove_pane(first)
    await until(pilot, lambda: len(even.store) == len(odd.store) == 30)
    await burst(pilot, "&")
    await until(pilot, lambda: screen.cover is not None and len(screen.cover.pane.store) == 60)
    pane = screen.cover.pane
    await until(pilot, lambda: "line 59" in screen_text(pilot))
    return even, odd, pane


async def asked(pilot: Pilot[object], key: str, words: str) -> None:
    """Press a key that asks first, wait for the question's words and close it."""
    screen = pilot.app.screen
    await press(pilot, key, then=lambda: pilot.app.screen is not screen and words in screen_text(pilot))
    await until(pilot, lambda: pilot.app.screen.guard.is_open)
    await press(pilot, "escape", then=lambda: pilot.app.screen is screen)


async def test_a_filter_of_a_pane_is_in_the_merged_title(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        screen = pilot.app.screen
        first, even, odd = screen.tails
        await screen.remove_pane(first)
        screen.follow(odd, ODD, "line")
        await until(pilot, lambda: len(even.store) == len(odd.store) == 30)
        await burst(pilot, "&")
        await until(pilot, lambda: screen.cover is not None and "line 59" in screen_text(pilot))
        assert screen.cover.pane.pattern == "B line"


@pytest.mark.slow
@pytest.mark.parametrize(("lines_up", "group"), [(1, ODD), (2, EVEN)])
async def test_live_tail_and_late_lines_are_those_of_the_line_at_the_cursor(embedded, start, lines_up, group):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        even, odd, pane = await two_merged(pilot)
        for key in ("f4", "plus"):
            await press(pilot, key, shows="Choose a line first")
        await burst(pilot, KEYS["up"] * lines_up)
        await until(pilot, lambda: at_cursor(pane) == f"line {60 - lines_up}")
        await asked(pilot, "f4", f"shows lines of {group} about a second")
        chosen = odd if group == ODD else even
        since = int(embedded.clock.now().timestamp() * 1000) - 3_600_000
        chosen.stats = chosen.stats.model_copy(update={"lateness": 120.0, "incomplete_from": since})
        await asked(pilot, "plus", f"for lines of {group} that arrived")


@pytest.mark.slow
async def test_the_price_of_a_running_live_tail_stays_on_the_screen(embedded, start, monkeypatch):
    monkeypatch.setattr(embedded_live, "LIVE_UPDATE", 0.02)
    async with logs(embedded, APPLICATION, EVEN, ODD, size=(80, 24)) as pilot:
        screen = pilot.app.screen
        _even, odd, pane = await two_merged(pilot)
        await burst(pilot, KEYS["up"])
        await pilot.press("f4")
        await until(pilot, lambda: pilot.app.screen is not screen and pilot.app.screen.guard.is_open)
        await press(pilot, "enter", shows="B LIVE 1 min ¥1.50")
        async with client("logs", embedded.url) as aws:
            await put_lines(aws, ODD, "stream", [(start + 60_000, "a live one")])
        await until(pilot, lambda: len(pane.store) == 61)
        await press(pilot, "end", then=lambda: pane.lines.cursor is None)
        await press(pilot, "f4", then=lambda: "LIVE" not in screen_text(pilot) and not odd.live)


async def test_the_state_of_quiet_panes_is_shown(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        _even, odd, pane = await two_merged(pilot)

        async def turns(shown: Callable[[], bool]) -> None:
            await until_later(pilot, embedded, shown)

        polls = pane.stats.polls
        await turns(lambda: pane.stats.polls > polls)
        odd.note = "reading older lines…"
        await until(pilot, lambda: "B reading older lines…" in screen_text(pilot))
        odd.note = ""
        await until(pilot, lambda: "reading older lines" not in screen_text(pilot))
        odd.problem = Problem(
            kind=ProblemKind.UNAVAILABLE, summary="no answer today", at=embedded.clock.now()
        )
        await until(pilot, lambda: "no answer today" in screen_text(pilot))


async def test_a_group_in_two_panes_has_each_line_once(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD, ODD) as pilot:
        screen = pilot.app.screen
        first, *others = screen.tails
        await screen.remove_pane(first)
        await until(pilot, lambda: [len(each.store) for each in others] == [30] * 3)
        await burst(pilot, "&")
        await until(pilot, lambda: screen.cover is not None and "line 59" in screen_text(pilot))
        store = screen.cover.pane.store
        texts = [store.line(row).text for row in range(store.first, store.end)]
        assert texts == [f"line {second}" for second in range(60)]


async def test_keys_without_effect_on_lines_that_are_not_followed_say_so(embedded):
    async with logs(embedded, APPLICATION) as pilot:
        screen = pilot.app.screen
        pilot.app.post_message(OpenLogs(APPLICATION, embedded.clock.now(), task="another"))
        await until(pilot, lambda: screen.cover is not None)
        for key, words in (("f4", "not followed"), ("plus", "not followed"), ("%", "in a single log pane")):
            await press(pilot, key, shows=words)
        await press(pilot, "escape", then=lambda: screen.cover is None)


async def test_what_a_pane_lacks_is_missing_in_the_merged_one(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        even, odd, pane = await two_merged(pilot)
        odd.gaps = (Gap(start + 50_001, start + 50_900, "not read"),)
        await expect(pilot, shows=("lines may be missing", "B not read"))
        even.missing_until = start + 20_000
        even.stats = even.stats
        await until(pilot, lambda: pane.stats.complete_from == start + 20_001)


async def test_another_filter_pattern_ends_the_merging_of_the_lines_held(embedded, start, monkeypatch):
    monkeypatch.setattr(merged, "_STEP", 1)
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        screen = pilot.app.screen
        first, even, odd = screen.tails
        await screen.remove_pane(first)
        await until(pilot, lambda: len(even.store) == len(odd.store) == 30)
        screen.action_merge()
        for _turn in range(100_000):
            if screen.cover is not None and len(screen.cover.pane.store):
                break
            await asyncio.sleep(0)
        pane = screen.cover.pane
        assert 0 < len(pane.store) < 60
        screen.cover.change_pattern('"line 7"')
        await until(pilot, lambda: len(even.store) == 0 and len(odd.store) == len(pane.store) == 1)
        assert pane.title == "Merged"


@pytest.mark.slow
async def test_another_pattern_makes_twins_of_two_panes(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD, ODD) as pilot:
        screen = pilot.app.screen
        first, _even, odd, other = screen.tails
        await screen.remove_pane(first)
        screen.follow(other, ODD, "line")
        await until(pilot, lambda: screen.tails[other].pattern == "line" and len(other.store) == 30)
        await until(pilot, lambda: len(odd.store) == 30)
        await burst(pilot, "&")
        await until(pilot, lambda: screen.cover is not None and len(screen.cover.pane.store) == 90)
        pane = screen.cover.pane
        pane.post_message(LogPane.PatternChanged(pane, "line -59"))
        await until(pilot, lambda: {tail.pattern for tail in screen.tails.values()} == {"line -59"})
        await until(pilot, lambda: len(other.store) == len(odd.store) == 29)
        await until(pilot, lambda: len(pane.store) >= 59)
        store = pane.store
        texts = [store.line(row).text for row in range(store.first, store.end)]
        assert texts == [f"line {second}" for second in range(59)]


async def test_the_groups_of_a_line_and_of_all_panes_are_queried(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        await two_merged(pilot)
        await burst(pilot, KEYS["up"])
        await press(pilot, "Q", at="InsightsScreen")
        assert pilot.app.screen.draft.groups == (ODD, EVEN)
