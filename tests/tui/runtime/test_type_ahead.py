import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.app import ComposeResult
from textual.command import CommandList, CommandPalette
from textual.containers import Vertical
from textual.events import Key, MouseDown, MouseUp
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from services.models.journal import EntryKind
from tests.conftest import Embedded
from tests.tools.console import console, until
from tests.tui.typed import KEYS, at_rest, burst, type_in
from tui.runtime import type_ahead
from tui.runtime.runtime_app import RuntimeApp
from tui.screens.changes.plan import PlanScreen
from tui.screens.common.command_palette import ConsolePalette
from tui.screens.common.help import HelpScreen
from tui.screens.journal.filter import JournalFilterScreen
from tui.screens.journal.journal import JournalScreen
from tui.screens.journal.note import NoteScreen
from tui.screens.logs.groups import GroupScreen
from tui.screens.logs.logs import LogsScreen
from tui.screens.watch.acknowledge import AcknowledgeScreen
from tui.screens.watch.watch import WatchScreen

pytestmark = [pytest.mark.slow, pytest.mark.scenario("ordinary-day", history=600.0)]

ESC, ENTER = "\x1b", "\r"


@asynccontextmanager
async def logs(embedded: Embedded, panes: int = 1) -> AsyncIterator[Pilot[Any]]:
    """The console as at work, where faults are contained, in the logs mode."""
    async with console(embedded.url, embedded.clock, mode="logs") as pilot:
        pilot.app.fail_fast = False
        await until(pilot, lambda: isinstance(pilot.app.screen, LogsScreen) and pilot.app.screen.tails)
        for _pane in range(panes - 1):
            await burst(pilot, "o", KEYS["down"], ENTER)
        assert len(pilot.app.screen.tails) == panes
        yield pilot
        assert pilot.app._running
        assert not pilot.app.bugs, [bug.text for bug in pilot.app.bugs.values()]


def field(pilot: Pilot[Any]) -> str:
    focused = pilot.app.focused
    assert isinstance(focused, Input), focused
    return focused.value


# -- findings 1 and 5 of the trial, and their kind


@pytest.mark.parametrize("panes", [1, 2])
async def test_three_letters_open_one_dialog_and_are_typed_into_it(embedded, panes):
    async with logs(embedded, panes) as pilot:
        below = pilot.app.screen
        for keys in ("gox", "go", "oxg"):
            await burst(pilot, keys)
            assert [type(screen) for screen in pilot.app.screen_stack] == [LogsScreen, GroupScreen]
            assert field(pilot) == keys[1:]
            await burst(pilot, ESC)
            assert pilot.app.screen is below
            assert len(below.tails) == panes


async def test_finding_5_a_prompt_takes_what_follows_the_key_that_opened_it(embedded):
    async with logs(embedded, 2) as pilot:
        pane = pilot.app.screen.pane
        for keys in ("gox", "goxpD", "goxpJDBC", "JDBC", "xJ", "123:?"):
            await burst(pilot, f"/{keys}")
            assert len(pilot.app.screen_stack) == 1
            assert field(pilot) == keys
            assert len(pilot.app.screen.tails) == 2
            assert not pane.paused
            await burst(pilot, ENTER)
            assert pane.view.query.text == keys
            await burst(pilot, ESC)


async def test_finding_5_a_filter_is_typed_and_entered_in_one_go(embedded):
    async with logs(embedded, 2) as pilot:
        screen = pilot.app.screen
        groups = [tail.group for tail in screen.tails.values()]
        await burst(pilot, f"fg{ENTER}")
        await until(pilot, lambda: screen.pane.pattern == "g")
        assert [tail.group for tail in screen.tails.values()] == groups


@pytest.mark.parametrize("cut", [False, True], ids=["one read", "two reads"])
async def test_escape_followed_at_once_by_a_key_is_both_keys(embedded, cut):
    async with logs(embedded) as pilot:
        app = pilot.app
        await burst(pilot, "/abc")
        await burst(pilot, *([ESC, "2"] if cut else [f"{ESC}2"]))
        assert app.current_mode == "inspect"
        for mode, key in (("journal", "6"), ("change", "4"), ("watch", "1")):
            await burst(pilot, f"?{ESC}{key}")
            assert app.current_mode == mode
            assert len(app.screen_stack) == 1, "the help was closed"
        await burst(pilot, f"{ESC}:")
        assert isinstance(app.screen, CommandPalette)
        await burst(pilot, f"{ESC}3{ESC}f")
        assert app.current_mode == "logs"
        assert field(pilot) == ""


async def test_escape_and_enter_at_once_close_and_confirm_nothing_in_between(embedded):
    async with logs(embedded) as pilot:
        await burst(pilot, f"/nothing{ESC}{ENTER}")
        pane = pilot.app.screen.pane
        assert pane.view.query is None
        assert pane.detail.display, "enter came to the lines"


async def test_a_key_after_escape_is_the_fields_only_in_one_read(embedded):
    async with logs(embedded) as pilot:
        for key in "fbd":
            await burst(pilot, "/abc")
            await burst(pilot, ESC, key)
            focused = pilot.app.focused
            assert not isinstance(focused, Input) or focused.value == "", "escape has closed the prompt"
            await burst(pilot, ESC)


@pytest.mark.slow
async def test_a_page_key_before_a_list_is_laid_out_is_no_fault(embedded):
    async with logs(embedded) as pilot:
        for opening in (KEYS["ctrl+p"], ":", "o", "6f"):
            for page in ("pageup", "pagedown", "home", "end"):
                await burst(pilot, f"3{opening}{KEYS[page]}a{KEYS[page]}\x7f{KEYS[page]}")
                await burst(pilot, ESC)
            assert not pilot.app.bugs, (opening, [bug.text for bug in pilot.app.bugs.values()])
        palette = ConsolePalette()
        pilot.app.push_screen(palette)
        await until(pilot, lambda: palette.is_mounted)
        commands = palette.query_one(CommandList)
        commands.clear_options()
        commands.add_options(["one", "two"])
        commands._index_to_line.clear()
        commands._lines.clear()
        palette._action_command_list("page_up")
        await burst(pilot, ESC)


@pytest.mark.slow
async def test_escape_and_tab_leave_a_dialog_and_move_nothing_in_it(embedded):
    async with logs(embedded) as pilot:
        below = pilot.app.screen
        await burst(pilot, "g", f"{ESC}\t")
        assert pilot.app.screen is below
        await burst(pilot, f"{KEYS['f8']}text{ESC}{ESC}\t")
        assert pilot.app.screen is below


async def test_keys_of_a_field_that_a_terminal_sends_with_escape_still_work_there(embedded):
    async with logs(embedded) as pilot:
        await burst(pilot, "/one two")
        await burst(pilot, "\x1bb", "X")
        assert field(pilot) == "one Xtwo", "alt+b: a word back"
        await burst(pilot, "\x1b\x7f")
        assert field(pilot) == "one two", "alt+backspace: a word less"


# -- every prompt, dialog and mode


async def test_the_keys_after_a_mode_s_key_are_the_mode_s(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        await burst(pilot, "3/JDBC")
        assert isinstance(app.screen, LogsScreen)
        assert field(pilot) == "JDBC"
        await burst(pilot, f"{ESC}6/who")
        assert isinstance(app.screen, JournalScreen)
        assert field(pilot) == "who"
        await burst(pilot, f"{ESC}?{ESC}fNote")
        assert isinstance(app.screen, JournalFilterScreen)
        assert field(pilot) == "Note"
        await burst(pilot, f"{ESC}1/{KEYS['f1']}")
        assert [type(screen) for screen in app.screen_stack] == [WatchScreen, HelpScreen]


@pytest.mark.parametrize(
    ("keys", "dialog"), [(KEYS["f8"], NoteScreen), (f"a{KEYS['home']}c", AcknowledgeScreen)]
)
async def test_text_typed_ahead_is_in_the_note_and_enter_typed_ahead_records_nothing(embedded, keys, dialog):
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        await burst(pilot, f"{keys}quiet 3 gox")
        assert isinstance(app.screen, dialog)
        assert app.screen.field.text == "quiet 3 gox"
        assert app.current_mode == "watch"
        await burst(pilot, f"{ESC}{ESC}")
        assert isinstance(app.screen, WatchScreen)


async def test_enter_typed_ahead_of_an_acknowledgement_records_nothing(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        await burst(pilot, f"a{KEYS['home']}cseen{ENTER}")
        assert isinstance(pilot.app.screen, AcknowledgeScreen)
        assert pilot.app.screen.field.text == "seen"
        kinds = [entry.kind for entry in await pilot.app.ready.journal.entries()]
        assert EntryKind.ACKNOWLEDGED not in kinds


async def test_a_jump_typed_in_one_go_goes_where_its_words_lead(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        await burst(pilot, f":2026-05-04{ENTER}")
        await until(pilot, lambda: app.current_mode == "inspect")
        await until(pilot, lambda: str(app.screen.grid.day) == "2026-05-04")
        await burst(pilot, f":staff-api{KEYS['down']}")
        assert isinstance(app.screen, CommandPalette)


async def test_enter_for_an_unseen_plan_is_for_neither_list_nor_plan(embedded):
    async with console(embedded.url, embedded.clock, mode="change") as pilot:
        app = pilot.app
        await until(pilot, lambda: app.screen.live.state.value is not None)
        await burst(pilot, f"{ENTER}staff-api{ENTER}{ENTER}")
        assert [type(screen) for screen in app.screen_stack][1:] == [PlanScreen]
        assert app.screen.bar.question().value == ""
        assert not app.runs


@pytest.mark.slow
async def test_keys_typed_while_the_screens_are_rebuilt_go_to_the_new_ones(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        app.fail_fast = False
        await burst(pilot, f"{KEYS['ctrl+p']}nihongo{ENTER}3/JDBC")
        await until(pilot, lambda: isinstance(app.screen, LogsScreen))
        await at_rest(pilot)
        assert field(pilot) == "JDBC"
        assert not app.bugs


@pytest.mark.slow
async def test_a_plan_closed_while_its_questions_are_read_leaves_no_fault(embedded):
    async with console(embedded.url, embedded.clock, mode="change") as pilot:
        app = pilot.app
        app.fail_fast = False
        await until(pilot, lambda: app.screen.live.state.value is not None)
        for typed in (f"{ENTER}{ESC}", f"{ENTER}{ESC}{ENTER}{ESC}{ENTER}{ESC}"):
            await burst(pilot, typed)
            await until(pilot, lambda: not app.workers._workers or not app.screen_stack[1:])
        await pilot.pause()
        assert not app.bugs, [bug.text for bug in app.bugs.values()]


@pytest.mark.slow
async def test_a_plan_requested_again_starts_over(embedded):
    async with console(embedded.url, embedded.clock, mode="change") as pilot:
        app = pilot.app
        app.fail_fast = False
        await until(pilot, lambda: app.screen.live.state.value is not None)
        await burst(pilot, ENTER)
        screen = app.screen
        await until(pilot, lambda: screen.plan is not None)
        asking = asyncio.create_task(screen.form.ask(screen.form.parameters, {}))
        await asyncio.sleep(0)
        screen.action_replan()
        asking.cancel()
        await until(pilot, lambda: screen.plan is not None)
        assert not app.bugs, [bug.text for bug in app.bugs.values()]


# -- the mechanism, on the smallest console


class Late(ModalScreen[str]):
    BINDINGS = [("escape", "dismiss", "")]  # noqa: RUF012  as Textual declares it

    def compose(self) -> ComposeResult:
        yield Input()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class Below(RuntimeApp):
    BINDINGS = [("o", "open", ""), ("w", "ask", ""), ("h", "hang", "")]  # noqa: RUF012  as Textual declares it

    def __init__(self) -> None:
        super().__init__()
        self.fail_fast = False
        self.keys: list[str] = []
        self.hung = asyncio.Event()
        self.asking: Any = None
        self.answers: list[str] = []

    def compose(self) -> ComposeResult:
        yield Vertical(Static("below"), id="box")

    def on_key(self, event: Key) -> None:
        if not isinstance(self.screen, Late):
            self.keys.append(event.key)

    def action_open(self) -> None:
        self.push_screen(Late())

    async def action_hang(self) -> None:
        await self.hung.wait()

    def action_ask(self) -> None:
        self.asking = self.run_worker(self.push_screen_wait(Late()), exclusive=True, group="ask")


@pytest.mark.parametrize("opens", ["o", "w"])
async def test_a_dialog_receives_all_following_keys_in_order(opens):
    async with Below().run_test() as pilot:
        await burst(pilot, f"ab{opens}{'x' * 300} 日本 {opens}q")
        assert pilot.app.keys == ["a", "b", opens]
        assert field(pilot) == f"{'x' * 300} 日本 {opens}q"


async def test_a_cancelled_question_closes_its_dialog():
    async with Below().run_test() as pilot:
        app = pilot.app
        await burst(pilot, "w")
        assert isinstance(app.screen, Late)
        app.asking.cancel()
        await until(pilot, lambda: not isinstance(app.screen, Late))
        await burst(pilot, "w")
        first = app.screen
        app.push_screen(Late())
        await until(pilot, lambda: len(app.screen_stack) == 3)
        app.asking.cancel()
        await until(pilot, lambda: first not in app.screen_stack)
        assert len(app.screen_stack) == 2
        assert app._running


async def test_a_wait_for_removed_widgets_may_be_cancelled_and_ends_nothing():
    async with Below().run_test() as pilot:
        app = pilot.app

        async def remove() -> None:
            await app.query_one("#box").remove()

        removing, cancelled = asyncio.create_task(remove()), asyncio.create_task(remove())
        await asyncio.sleep(0)
        cancelled.cancel()
        await removing
        await pilot.pause()
        assert app._running
        assert not app.query("#box")
        assert not app.bugs


async def test_a_cancellation_that_is_not_the_console_s_own_is_a_bug_and_not_its_end():
    async with Below().run_test() as pilot:
        app = pilot.app
        lost = asyncio.get_running_loop().create_future()
        app.call_later(lambda: lost)
        app.query_one("#box").call_later(lambda: lost)
        await asyncio.sleep(0)
        lost.cancel()
        await until(pilot, lambda: len(app.bugs) or not app._running)
        await burst(pilot, "a")
        assert app.keys == ["a"]
        assert {bug.summary.partition(":")[0] for bug in app.bugs.values()} == {"StrayCancellation"}
        assert sum(bug.count for bug in app.bugs.values()) == 2


async def test_a_dialog_that_opens_by_itself_ignores_keys_typed_before_it_was_painted():
    async with Below().run_test() as pilot:
        app = pilot.app
        before = Key("x", "x")
        app.push_screen(Late())
        await until(pilot, lambda: isinstance(app.focused, Input))
        app.post_message(before)
        await at_rest(pilot)
        await burst(pilot, "y")
        assert field(pilot) == "y"
        assert app.keys == []


async def test_a_dialog_that_opens_by_itself_ignores_queued_keys():
    async with Below().run_test() as pilot:
        app = pilot.app
        time_has_come, opened = asyncio.Event(), asyncio.Event()

        async def in_the_background() -> None:
            await time_has_come.wait()
            opened.set()
            app.run_worker(app.push_screen_wait(Late()), group="by itself")

        app.run_worker(in_the_background())
        await burst(pilot, "k")
        app.query_one("#box").call_later(opened.wait)
        type_in(app, "abc", ESC, "de")
        for _turn in range(10):
            await asyncio.sleep(0)
        assert app.type_ahead.is_settling
        time_has_come.set()
        await at_rest(pilot)
        assert field(pilot) == "", "and escape has not closed it"
        await burst(pilot, "fg")
        assert field(pilot) == "fg"
        await burst(pilot, ESC)
        assert not isinstance(app.screen, Late)


async def test_a_dialog_opened_from_a_requested_one_receives_the_following_keys():
    async with Below().run_test() as pilot:
        app = pilot.app

        async def ask_twice() -> None:
            app.answers = [await app.push_screen_wait(Late()) for _time in range(2)]

        app.run_worker(ask_twice())
        await burst(pilot, ENTER)
        await burst(pilot, f"one{ENTER}two")
        assert field(pilot) == "two"
        await burst(pilot, f"{ENTER}z")
        assert app.answers == ["one", "two"]
        assert app.keys == ["z"]


async def test_dialogs_that_open_by_themselves_on_each_other_receive_keys_once_painted():
    async with Below().run_test() as pilot:
        app = pilot.app
        first, second = Late(), Late()
        app.push_screen(first)
        app.push_screen(second)
        await asyncio.sleep(0)
        second.dismiss("")
        await until(pilot, lambda: app.screen is first and first.focused is not None)
        await pilot.pause()
        await burst(pilot, "y")
        assert field(pilot) == "y"


async def test_a_mode_that_opens_by_itself_ignores_keys_typed_before_it_was_painted():
    async with Below().run_test() as pilot:
        app = pilot.app
        app.add_mode("first", Late)
        await burst(pilot, "k")
        before = Key("x", "x")
        await app.switch_mode("first")
        await until(pilot, lambda: isinstance(app.focused, Input))
        app.post_message(before)
        await at_rest(pilot)
        app.switch_mode("first")
        await burst(pilot, "y")
        assert field(pilot) == "y"
        assert app.keys == ["k"]


async def test_keys_typed_into_a_dialog_that_closed_by_itself_are_dropped():
    async with Below().run_test() as pilot:
        app = pilot.app
        await burst(pilot, "o")
        before = Key("x", "x")
        app.screen.dismiss("")
        app.post_message(before)
        await at_rest(pilot)
        await until(pilot, lambda: not isinstance(app.screen, Late))
        await pilot.pause()
        await burst(pilot, "y")
        assert app.keys == ["o", "y"]


async def test_a_click_meant_for_what_stood_there_before_presses_nothing_of_a_dialog():
    class Sure(ModalScreen[str]):
        def compose(self) -> ComposeResult:
            yield Button("yes")

        def on_button_pressed(self) -> None:
            self.dismiss("yes")

    async with Below().run_test() as pilot:
        app = pilot.app
        before = MouseDown(None, 3, 1, 0, 0, 1, False, False, False)
        app.push_screen(dialog := Sure(), app.answers.append)
        await until(pilot, lambda: isinstance(app.focused, Button))
        await pilot.pause()
        app.post_message(before)
        app.post_message(MouseUp(None, 3, 1, 0, 0, 1, False, False, False))
        await at_rest(pilot)
        assert app.screen is dialog
        app.post_message(MouseDown(None, 3, 1, 0, 0, 1, False, False, False))
        app.post_message(MouseUp(None, 3, 1, 0, 0, 1, False, False, False))
        await at_rest(pilot)
        assert app.answers == ["yes"]


async def test_keys_stay_in_order_while_the_console_itself_hangs(monkeypatch):
    monkeypatch.setattr(type_ahead, "PATIENCE", 20)
    monkeypatch.setattr(type_ahead, "IMPATIENCE", 10)
    async with Below().run_test() as pilot:
        app = pilot.app
        type_in(app, "habcdefg")
        async with asyncio.timeout(60):
            while len(app.type_ahead._waiting) != 4:  # noqa: ASYNC110  the widgets cannot be waited for
                await asyncio.sleep(0)
        app.hung.set()
        await until(pilot, lambda: len(app.keys) == 8)
        assert app.keys == [*"habcdefg"]


async def test_a_key_on_its_way_up_runs_nothing_of_a_screen_that_came_meanwhile():
    async with Below().run_test() as pilot:
        app = pilot.app
        app.post_message(key := Key("escape", None))
        app.call_later(lambda: app.push_screen(Late()))
        await until(pilot, lambda: isinstance(app.screen, Late))
        await at_rest(pilot)
        assert app.type_ahead.is_for_another(key)
        assert isinstance(app.screen, Late), "it was not closed by a key for the screen below"
        assert not app.bugs


async def test_keys_at_the_end_are_dropped():
    async with Below().run_test() as pilot:
        app = pilot.app
        app.exit()
        type_in(app, "abc")
    type_in(app, "abc")
    assert not app.bugs


async def test_a_widget_that_hangs_does_not_block_the_keyboard(monkeypatch):
    monkeypatch.setattr(type_ahead, "PATIENCE", 150)
    async with Below().run_test() as pilot:
        app = pilot.app
        app.query_one("#box").call_later(app.hung.wait)
        type_in(app, "abc")
        async with asyncio.timeout(60):
            while app.keys != ["a", "b", "c"]:  # noqa: ASYNC110  the widgets cannot be waited for
                await asyncio.sleep(0.01)
        app.hung.set()
        await burst(pilot, "d")
        assert app.keys == ["a", "b", "c", "d"]


async def test_what_waits_is_bounded(monkeypatch):
    monkeypatch.setattr(type_ahead, "LIMIT", 10)
    async with Below().run_test() as pilot:
        await burst(pilot, "a" * 50)
        assert 10 <= len(pilot.app.keys) <= 12
