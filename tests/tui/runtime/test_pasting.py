from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input

from services.models.text import UNSAFE, clean
from tests.tools.console import console, expect
from tests.tui.typed import KEYS, burst
from tui.modes import MODES
from tui.runtime.ordered_app import fit, one_line
from tui.screens.journal.note import NoteScreen
from tui.screens.logs.groups import GroupScreen

pytestmark = pytest.mark.slow

ESC = "\x1b"


def pasted(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


def value(pilot: Pilot[Any]) -> str:
    focused = pilot.app.focused
    assert isinstance(focused, Input), focused
    return focused.value


def told(pilot: Pilot[Any]) -> str:
    return " ".join(each.text for each in pilot.app.board.past)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo", "one two"),
        ("one\r\n   two\r\n", "one two"),
        ("\n\none", "one"),
        ("a  b\tc", "a  b c"),
        ("\r", ""),
        (" of\nthem ", " of them "),
        ("one\u2028two\x0bthree", "one two three"),
        ("一行目\n　二行目", "一行目 二行目"),
    ],
)
def test_breaks_become_blanks(text, line):
    assert one_line(text) == line


@given(st.text(max_size=60), st.integers(0, 30), st.integers(1, 20), st.sampled_from([None, r"\d{0,6}"]))
def test_a_field_takes_a_safe_line_of_its_length_or_says_why_not(text, taken, longest, restrict):
    line, words = fit(text, taken, longest, restrict)
    assert len(line.splitlines()) <= 1
    assert not UNSAFE.search(line)
    assert len(line) <= max(0, longest - taken)
    assert words or line == clean(one_line(text)) or (restrict and line.isdecimal())


def test_a_code_is_taken_as_it_is_printed():
    assert fit("123 456\n", 0, 6, r"\d{0,6}") == ("123456", "")
    line, words = fit("hello", 0, 6, r"\d{0,6}")
    assert line == ""
    assert words


async def test_finding_39_a_paste_with_breaks_is_one_line_in_every_prompt(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", notifications=True) as pilot:
        await expect(pilot, at="LogsScreen", then=lambda: pilot.app.screen.tails)
        for key in ("/", "f", "@", "O", "o", ":", KEYS["ctrl+p"]):
            await burst(pilot, key + pasted("9:12\n  staff\r\n"))
            assert value(pilot) == "9:12 staff", key
            await burst(pilot, ESC)
        for key in ("6/", "6D", "6f"):
            await burst(pilot, key + pasted("\nwho\nwhat"))
            assert value(pilot) == "who what", key
            await burst(pilot, ESC)
        assert told(pilot) == ""


async def test_a_long_paste_is_cut_and_the_rest_reported(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", notifications=True) as pilot:
        await expect(pilot, at="LogsScreen", then=lambda: pilot.app.screen.tails)
        await burst(pilot, "f" + pasted("w" * 600))
        assert value(pilot) == "w" * 600
        assert told(pilot) == ""
        await burst(pilot, pasted("x" * 600))
        assert value(pilot) == "w" * 600 + "x" * 424
        assert "takes 1,024 characters" in told(pilot)


async def test_a_note_takes_the_lines_as_they_are(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        await burst(pilot, KEYS["f8"] + pasted("one\n  two\n\nthree"))
        assert isinstance(pilot.app.screen, NoteScreen)
        assert pilot.app.screen.field.text == "one\n  two\n\nthree"


@pytest.mark.slow
async def test_a_paste_where_nothing_is_written_does_nothing(embedded):
    harm = pasted("gox/3\r\n:" + "".join(mode.key for mode in MODES) + "y\r\x1b" * 3)
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        for mode in MODES:
            await burst(pilot, mode.key)
            for opened in ("", "?", KEYS["f6"]):
                await burst(pilot, opened)
                before = app.current_mode, list(app.screen_stack), app.focused
                await burst(pilot, harm)
                assert (app.current_mode, list(app.screen_stack), app.focused) == before
                if opened:
                    await burst(pilot, ESC)
        assert not app.bugs
        assert not any(isinstance(screen, CommandPalette | GroupScreen) for screen in app.screen_stack)
