import asyncio
import gc

import pytest
from textual import work
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.pilot import Pilot
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from tui.console import Console
from tui.screens.common.dialog import Dialog


class Part(Vertical):
    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield Static("?", id="row")

    @work
    async def look(self) -> None:
        self.begun.set()
        while self.query("#row"):  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0)
        self.query_one("#row")


class Question(Dialog[None]):
    def compose(self) -> ComposeResult:
        with Vertical(id="window"):
            yield Part()


async def looking(pilot: Pilot[None]) -> tuple[Part, Worker[None]]:
    question = Question()
    await pilot.app.push_screen(question)
    part = question.query_one(Part)
    worker = part.look()
    await part.begun.wait()
    return part, worker


async def test_a_part_that_is_removed_leaves_no_worker():
    async with Console().run_test() as pilot:
        part, worker = await looking(pilot)
        await part.remove()
        await pilot.pause()
        assert worker.state is WorkerState.CANCELLED


async def test_a_screen_that_is_closed_leaves_no_worker():
    async with Console().run_test() as pilot:
        part, worker = await looking(pilot)
        await part.screen.dismiss()
        await pilot.pause()
        assert worker.state is WorkerState.CANCELLED


async def test_the_end_of_the_console_leaves_no_worker():
    app: App[None] = Console()
    async with app.run_test() as pilot:
        _part, worker = await looking(pilot)
    assert worker.state is WorkerState.CANCELLED
    assert not app.return_code


@pytest.mark.slow
async def test_work_cancelled_before_it_begins_warns_of_nothing(recwarn):
    async with Console().run_test() as pilot:
        begun = []

        async def work(number: int) -> None:
            begun.append(number)

        for number in range(3):
            pilot.app.run_worker(work(number), group="one", exclusive=True)
        await pilot.pause()
        gc.collect()
        assert begun == [2]
        assert [str(each.message) for each in recwarn if "never awaited" in str(each.message)] == []
