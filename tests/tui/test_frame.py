from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from rich.segment import Segment
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets._toast import ToastRack

from services import i18n
from services.models.alarms import AlarmState
from services.models.text import UNSAFE
from tests.tools.console import console, press, screen_text, until
from tests.tui.screen_visits import OPENERS, Things, close_screens, open_screen, things
from tui.modes import MODES
from tui.screens.common.dimmed import FRAME_ROWS, Dimmed
from tui.screens.watch.watch import WatchScreen
from widgets.frame.message_line import LOW, LineMessage, MessageLine
from widgets.frame.parts import PanelHead

pytestmark = [pytest.mark.usefixtures("at_once"), pytest.mark.scenario("ordinary-day", history=600.0)]

SIZES = [(80, 24), (120, 40)]
TEXT = "運用報告書を保存しました"


def rows(pilot: Pilot[Any]) -> list[str]:
    return screen_text(pilot).split("\n")


def frame(pilot: Pilot[Any]) -> list[str]:
    """Header and strip without the seconds of the clock."""
    header, strip = rows(pilot)[:FRAME_ROWS]
    return [header[:-13], strip]


def styles_of(pilot: Pilot[Any], y: int) -> set[str]:
    strip = pilot.app.screen._compositor.render_strips()[y]
    return {str(segment.style.color) for segment in strip if segment.style and segment.text.strip()}


def window_rows(pilot: Pilot[Any]) -> Iterator[int]:
    """Every row in which the top screen draws something of its own, apart from the message line."""
    for widget, (region, clip) in pilot.app.screen._compositor.visible_widgets.items():
        if widget is not pilot.app.screen and not isinstance(widget, MessageLine):
            yield from region.intersection(clip).line_range


async def visit(pilot: Pilot[Any], it: Things) -> None:
    app = it.app
    name = type(app.screen).__name__
    assert not list(app.screen.query(ToastRack)), name
    header, strip = rows(pilot)[:FRAME_ROWS]
    assert "PROD" in header, name
    assert header.endswith("JST"), name
    assert "ok" in strip, name
    if isinstance(app.screen, Dimmed):
        assert min(window_rows(pilot), default=FRAME_ROWS) >= FRAME_ROWS, name
    height = app.size.height
    place = height - 1 if height <= LOW else height - 2
    app.tell(LineMessage(TEXT, matter="a test"))
    await until(pilot, lambda: TEXT in rows(pilot)[place])
    if isinstance(app.screen, Dimmed) and height <= LOW:
        assert max(window_rows(pilot), default=0) <= place, name
    app.settled("a test")
    await until(pilot, lambda: TEXT not in rows(pilot)[place])


@pytest.mark.parametrize(
    ("size", "step"),
    [(SIZES[0], 8), (SIZES[1], 16), *(pytest.param(size, 1, marks=pytest.mark.slow) for size in SIZES[:2])],
)
async def test_every_screen_has_the_frame_and_the_message_line(embedded, size, step):
    # Every `step`-th screen at every run, and all in `make faults`.
    async with console(embedded.url, embedded.clock, size=size, notifications=True) as pilot:
        it = await things(pilot)
        for mode in MODES:
            await press(pilot, mode.key, then=lambda mode=mode: it.app.current_mode == mode.id)
            await visit(pilot, it)
        ways = [(kind, opener) for kind, openers in OPENERS.items() for opener in openers]
        for kind, opener in ways[::step]:
            await open_screen(pilot, kind, opener, it)
            await visit(pilot, it)
            await close_screens(pilot)


@pytest.mark.parametrize("theme", ["dark", "light", "16"])
async def test_behind_a_dialog_the_frame_lives_and_the_rest_is_grey(embedded, theme):
    async with console(embedded.url, embedded.clock, theme=theme) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.alarms and app.alarms.value)
        before, colours = frame(pilot), styles_of(pilot, 0)
        body = rows(pilot)[6]
        await press(pilot, "f8", at="NoteScreen")
        await pilot.pause()
        assert frame(pilot) == before
        assert styles_of(pilot, 0) == colours
        assert rows(pilot)[6][:8] == body[:8], "what is behind is still to be read"
        [grey] = {style for y in (3, 4) for style in styles_of(pilot, y)}
        assert grey not in colours or theme == "16"


@pytest.mark.parametrize("theme", ["dark", "16"])
@pytest.mark.slow
async def test_behind_two_dialogs_the_frame_keeps_time_and_size(embedded, theme):
    async with console(embedded.url, embedded.clock, theme=theme) as pilot:
        app = pilot.app
        app.action_keys_help()
        app.action_show_messages()
        await until(pilot, lambda: len(app.screen_stack) == 3)
        embedded.clock.advance(125)
        time = app.now().astimezone(app.zone).strftime("%H:%M:%S JST")
        await until(pilot, lambda: rows(pilot)[0].endswith(time))
        await pilot.resize_terminal(80, 30)
        await until(pilot, lambda: rows(pilot)[0].endswith(time) and len(rows(pilot)[0]) <= 80)
        assert app.screen_stack[0].size.width == 80


HOSTILE = (
    "",
    "\x1b[31mred\x07\x00\r\n\tx \u202ertl\u200b [b]bold[/b] [/]",
    "あ" * 10_000,
    "\ud800👨\u200d👩\u200d👧 e\u0301",
)


@pytest.mark.parametrize("severity", ["information", "error"])
async def test_of_a_message_only_its_words_are_shown(embedded, severity):
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        for text in HOSTILE:
            for matter in ("", "a test"):
                app.inform(text, severity=severity, matter=matter)
                await pilot.pause()
                assert UNSAFE.search(app.message.text.replace("\n", "")) is None
        app.inform("[b]bold[/b]", severity=severity)
        await until(pilot, lambda: "[b]bold[/b]" in screen_text(pilot))
        assert not app.bugs, "no unsafe text came as far as the screen"


async def test_control_c_says_in_the_readers_language_which_key_quits(embedded):
    i18n.use("ja")
    async with console(embedded.url, embedded.clock) as pilot:
        await press(pilot, "ctrl+c", shows="^q でコンソールを終了します。")


@pytest.mark.parametrize("seconds", [0.05, 1000.0])
async def test_what_changes_behind_a_dialog_is_painted_seldom_and_its_frame_at_once(
    embedded, monkeypatch, seconds
):
    # A log that runs behind a note would cost more than in view: rows with a dialog in them cannot be scrolled.
    monkeypatch.setattr("tui.screens.common.dimmed.UPDATE_EVERY", seconds)
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        watch = app.screen
        assert isinstance(watch, WatchScreen)
        await press(pilot, "f8", at="NoteScreen")
        before = rows(pilot)
        for widget in (watch.header._line, *watch.query(PanelHead)):
            monkeypatch.setattr(
                type(widget), "render_line", lambda _widget, _y: Strip([Segment("changed" * 30)])
            )
            widget._styles_cache.clear()
            widget.refresh()
        await until(pilot, lambda: rows(pilot)[0].startswith("changed"))
        heads = [y for y, row in enumerate(before) if row.startswith(("━ ", "─ "))]
        assert heads
        if seconds < 1:
            await until(pilot, lambda: all(rows(pilot)[y].startswith("changed") for y in heads))
        else:
            assert [rows(pilot)[y] for y in heads] == [before[y] for y in heads]


async def test_a_new_alarm_is_seen_while_a_note_is_written(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.alarms and app.alarms.value)
        await press(pilot, "f8", at="NoteScreen")
        # A dialog between the top one and the mode's screen must not keep the old rows.
        app.action_keys_help()
        await until(pilot, lambda: len(app.screen_stack) == 3)
        before, state = frame(pilot), app.alarms
        first, *others = state.value.alarms
        firing = first.model_copy(update={"state": AlarmState.ALARM})
        app.alarms = replace(state, value=state.value.model_copy(update={"alarms": (firing, *others)}))
        await until(pilot, lambda: frame(pilot) != before and "firing 1" in frame(pilot)[1])
