"""A window that comes to the front while tmux is asked is not taken for hidden."""

import asyncio

import pytest

from tui.terminal import visibility
from tui.terminal.terminal_app import HIDDEN_TICK, TerminalApp
from tui.terminal.visibility import Visibility
from widgets.drawing.ticker import Ticker


@pytest.fixture
def question(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[bool]:
    """What tmux answers, when the test lets it."""
    answers: asyncio.Queue[bool] = asyncio.Queue()

    async def is_visible(_pane: str) -> bool:
        return await answers.get()

    monkeypatch.setattr(visibility, "is_visible", is_visible)
    return answers


async def turns() -> None:
    for _turn in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("happens", ["check_soon", "user_acted"])
async def test_what_happens_meanwhile_is_newer_than_the_answer(
    question: asyncio.Queue[bool], happens: str
) -> None:
    reports: list[bool] = []
    watching = Visibility("%0", reports.append)
    following = asyncio.create_task(watching.follow())
    await turns()
    getattr(watching, happens)()
    question.put_nowait(False)
    await turns()
    assert reports == []
    if happens == "user_acted":
        watching.check_soon()  # else it asks again by itself
        await turns()
    question.put_nowait(False)
    await turns()
    assert reports == [False]
    watching.user_acted()
    assert reports == [False, True]
    following.cancel()


async def test_without_tmux_it_counts_as_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visibility, "program", lambda _name: None)
    assert await visibility.is_visible("%0")


def test_the_pane_is_known_inside_tmux_alone() -> None:
    assert visibility.pane({"TMUX": "/tmp/tmux,1,0", "TMUX_PANE": "%3"}) == "%3"
    assert visibility.pane({"TMUX_PANE": "%3"}) == ""


async def test_a_hidden_console_ticks_less_often_and_one_that_is_seen_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[int] = []
    monkeypatch.setattr(Ticker, "tick_every", lambda _ticker, seconds: steps.append(seconds))
    app = TerminalApp()
    async with app.run_test():
        app.on_visibility(False)
        app.on_visibility(True)
    assert steps == [HIDDEN_TICK, 1]
