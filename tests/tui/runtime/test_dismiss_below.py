from typing import Any

from textual import work
from textual.app import ComposeResult
from textual.widgets import Static

from tui.console import Console
from tui.screens.common.dialog import Dialog


class Question(Dialog[str]):
    def compose(self) -> ComposeResult:
        yield Static("?", id="window")


class Asking(Console):
    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Any] = []

    @work
    async def ask(self, question: Question) -> None:
        self.answers.append(await self.push_screen_wait(question))


async def test_an_answer_that_arrives_under_another_dialog_closes_its_own_dialog():
    async with Asking().run_test() as pilot:
        app = pilot.app
        first, second = Question(), Question()
        app.ask(first)
        await pilot.pause()
        app.ask(second)
        await pilot.pause()
        assert app.screen_stack[1:] == [first, second]
        first.dismiss("first")
        await pilot.pause()
        assert app.screen_stack[1:] == [second]
        assert app.answers == ["first"]
        # A repeated dismissal closes nothing else.
        first.dismiss("again")
        await pilot.pause()
        assert app.screen_stack[1:] == [second]
        second.dismiss("second")
        await pilot.pause()
        assert app.answers == ["first", "second"]
        assert len(app.screen_stack) == 1
