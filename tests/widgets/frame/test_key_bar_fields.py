from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tests.widgets.stage import running
from widgets.frame.key_bar import KeyBar


class Page(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "bell", "close", show=True),
        Binding("f6", "bell()", "outbox", show=True),
        Binding("dollar_sign", "app.bell", "commands", show=True, priority=True),
    ]

    def compose(self) -> ComposeResult:
        yield Static("a")
        yield Input()
        yield KeyBar()


def words(app: Page) -> list[str]:
    return [each.words for each in app.query_one(KeyBar).keys]


async def test_a_field_hides_the_keys_that_it_takes_as_text():
    async with running(Page()) as (app, pilot):
        app.set_focus(None)
        await pilot.pause()
        assert {"close", "outbox", "commands"} <= set(words(app))
        app.query_one(Input).focus()
        await pilot.pause()
        assert "close" not in words(app)
        assert "commands" not in words(app), "a field takes even the keys of bindings with priority"
        assert "outbox" in words(app)


async def test_below_a_dialog_no_key_is_offered_and_afterwards_all_are():
    async with running(Page()) as (app, pilot):
        app.set_focus(None)
        await pilot.pause()
        bar = app.query_one(KeyBar)
        await app.push_screen(ModalScreen())
        below = app.screen_stack[0]
        below.refresh_bindings()
        await pilot.pause()
        assert bar.keys == ()
        app.pop_screen()
        below.refresh_bindings()
        await pilot.pause()
        assert "outbox" in [each.words for each in bar.keys]
