import sys
from types import FrameType
from typing import Any

import pytest
from textual.pilot import Pilot

from services import i18n
from tests.tools.console import console, press, screen_text, until
from tui.key_meanings import reserved_key_warnings
from tui.moved_keys import MOVED
from tui.screens.common.help import HelpScreen
from tui.startup.key_checks import kept_keys, key_mistakes

pytestmark = [pytest.mark.slow, pytest.mark.scenario("ordinary-day", history=600.0)]


def said(pilot: Pilot[Any]) -> list[str]:
    return [each.text for each in pilot.app.board.past]


async def test_an_old_key_does_what_it_did_and_says_its_new_key_once(embedded):
    async with console(embedded.url, embedded.clock, notifications=True) as pilot:
        zones = [pilot.app.zone]
        for _time in range(2):
            await press(pilot, "u", then=lambda: pilot.app.zone is not zones[-1])
            zones.append(pilot.app.zone)
        assert zones[0] is zones[2]
        words = "The key for “JST/UTC” is U; u stops working in the next version."
        assert said(pilot).count(words) == 1


async def test_a_key_that_is_gone_does_what_it_did_and_says_that_the_palette_has_it(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", notifications=True) as pilot:
        await until(pilot, lambda: pilot.app.screen.tails)
        pilot.app.screen.pane.focus()
        await pilot.press("semicolon", "f6")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "OutboxScreen")
        assert "“Slack outbox” is in the palette (^p); F6 stops working in the next version." in said(pilot)
        words = "“Keep highlighted” is in the palette (^p); ; stops working in the next version."
        assert words in said(pilot)


async def test_the_palette_has_what_a_focused_panel_does_without_a_key(embedded):
    async with console(embedded.url, embedded.clock, mode="logs") as pilot:
        await until(pilot, lambda: pilot.app.screen.tails)
        logs = pilot.app.screen
        logs.pane.focus()
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        listed = [text for _title, rows in pilot.app.screen.sections for _key, text in rows]
        assert not [text for text in listed if text.startswith(("Count any range", "Choose, order"))]
        await pilot.press("escape", "ctrl+p", *"histogram of")
        await until(pilot, lambda: "Count any range by level" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "Count lines by level over a range" in screen_text(pilot))


async def test_it_speaks_japanese(embedded):
    i18n.use("ja")
    async with console(embedded.url, embedded.clock, notifications=True, size=(200, 50)) as pilot:
        await press(pilot, "u", then=lambda: said(pilot))
        words = "「JST/UTC」のキーは U に変わりました（u は次の版で使えなくなります）"
        assert said(pilot)[0].replace(" ", "") == words.replace(" ", "")


async def test_the_new_meaning_wins_and_says_where_the_old_one_went(embedded):
    async with console(embedded.url, embedded.clock, mode="change", notifications=True) as pilot:
        zone = pilot.app.zone
        await press(pilot, "r", then=lambda: "No change has an unknown outcome." in said(pilot))
        assert "The key for “Revert” is u; r is “Check”." in said(pilot)
        await press(pilot, "u", then=lambda: "There is no change to revert." in said(pilot))
        assert "The key for “JST/UTC” is U; u is “Revert”." in said(pilot)
        assert pilot.app.zone is zone


@pytest.mark.usefixtures("at_once")
async def test_old_keys_work_in_a_mode_in_a_pane_and_with_another_action(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", notifications=True) as pilot:
        await until(pilot, lambda: pilot.app.screen.tails)
        pane = pilot.app.screen.pane
        await press(pilot, "p", then=lambda: pane.paused)
        await press(pilot, "D", then=lambda: pane.threshold.name == "DEBUG")
        assert "The key for “Pause” is P; p stops working in the next version." in said(pilot)
        assert "The key for “Level” is L; D stops working in the next version." in said(pilot)
        await press(pilot, "2", then=lambda: type(pilot.app.screen).__name__ == "InspectScreen")
        await until(pilot, lambda: pilot.app.screen.chosen is not None)
        await press(pilot, "x", at="SkipScreen")


async def test_a_text_field_gets_every_letter_and_its_own_editing_keys(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", notifications=True) as pilot:
        await until(pilot, lambda: pilot.app.screen.tails)
        pane = pilot.app.screen.pane
        await press(pilot, "slash", *"pure tugs", "ctrl+w", then=lambda: pane.prompt.entry.value == "pure ")
        assert not pane.lines.format.wrap
        assert not pane.paused
        assert said(pilot) == []


async def test_a_key_that_its_user_has_set_is_left_alone(embedded):
    async with console(
        embedded.url, embedded.clock, keys={"zone": "f7", "outbox": "9"}, notifications=True
    ) as pilot:
        zone = pilot.app.zone
        await pilot.press("u")
        await pilot.pause()
        assert pilot.app.zone is zone
        await press(pilot, "9", then=lambda: type(pilot.app.screen).__name__ == "OutboxScreen")
        assert [each for each in said(pilot) if "The key for" in each] == []
        assert "[keys] outbox: 9 is reserved for the overview of several systems." in said(pilot)


async def test_a_key_that_moved_on_another_screen_alone_looks_nothing_up(embedded):
    # `k` moves the cursor, and is an old key of findings: it must not cost what a key of this screen costs.
    async with console(embedded.url, embedded.clock) as pilot:
        looked_up = []

        def watch(frame: FrameType, event: str, _argument: object) -> None:
            if event == "call" and frame.f_code.co_name == "active_bindings":
                looked_up.append(frame)

        for key, is_old in (("k", False), ("u", True)):
            sys.setprofile(watch)
            try:
                await pilot.app.moved_keys.pressed(key)
            finally:
                sys.setprofile(None)
            assert bool(looked_up) == is_old, key


async def test_levels_are_chosen_from_a_list_that_marks_the_present_one(embedded):
    async with console(embedded.url, embedded.clock, mode="logs") as pilot:
        await until(pilot, lambda: pilot.app.screen.tails)
        logs = pilot.app.screen
        pane = logs.pane
        for keys, level in ((["end", "up"], "ERROR"), (["up"], "WARNING"), (["home"], "PLAIN")):
            before = pane.threshold
            await press(pilot, "L", then=lambda: pilot.app.screen is not logs and pilot.app.screen.focused)
            assert pilot.app.screen.table.cursor_key == str(int(before))
            await press(pilot, *keys, "enter", then=lambda level=level: pane.threshold.name == level)
            await until(pilot, lambda: pilot.app.screen is logs)


@pytest.mark.usefixtures("at_once")
async def test_a_pane_with_a_search_is_closed_only_after_a_question(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 40), mode="logs") as pilot:
        logs: Any = pilot.app.screen
        await until(pilot, lambda: len(logs.tails) == 1)
        await logs.add_pane("/aws/rds/instance/facility-prod-db/postgresql")
        await until(pilot, lambda: all(len(pane.store) for pane in logs.tails))
        await press(pilot, "P", "x", then=lambda: pilot.app.screen is not logs and pilot.app.screen.focused)
        await press(pilot, "escape", then=lambda: pilot.app.screen is logs)
        assert len(logs.tails) == 2
        await press(pilot, "x", then=lambda: pilot.app.screen is not logs and pilot.app.screen.focused)
        await press(pilot, "enter", then=lambda: len(logs.tails) == 1)


def test_settings_that_were_right_stay_right():
    assert kept_keys({}) == {}
    assert kept_keys({"outbox": "f5"}) == {"refresh": "ctrl+r"}
    assert kept_keys({"theme": "U"}) == {"zone": "u", "change-revert": "r", "change-resolve": "c"}
    assert kept_keys({"theme": "P"}) == {"log.pause": "p"}
    assert kept_keys({"zoom": "minus"}) == {}, "another mode's"
    for keys in ({"outbox": "f5"}, {"theme": "U"}, {"report": "-"}, {"theme": "@"}):
        assert list(key_mistakes(keys)) == []


def test_keys_of_later_versions_are_warned_about():
    words = "[keys] {}: {} is reserved for the overview of several systems."
    assert reserved_key_warnings({"theme": "9,f7", "zoom": "9", "quit": "W"}) == [
        words.format("theme", "9"),
        words.format("zoom", "9"),
    ]
    assert reserved_key_warnings({"theme": "f7"}) == []


def test_the_old_keys_are_named_once():
    assert len(set(MOVED)) == len(MOVED)
