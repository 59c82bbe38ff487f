import asyncio
from pathlib import Path

import pytest

from tui.terminal import visibility
from tui.terminal.terminal_app import HIDDEN_TICK, TerminalApp
from tui.terminal.visibility import Visibility
from widgets.drawing.ticker import Ticker


@pytest.fixture
def question(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[bool]:
    answers: asyncio.Queue[bool] = asyncio.Queue()

    async def is_visible(_pane: str) -> bool:
        return await answers.get()

    monkeypatch.setattr(visibility, "is_visible", is_visible)
    return answers


async def turns() -> None:
    for _turn in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("happens", ["check_soon", "user_acted"])
async def test_what_happens_meanwhile_is_newer(question, happens):
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


async def test_without_tmux_it_counts_as_seen(monkeypatch):
    monkeypatch.setattr(visibility, "program", lambda _name: None)
    assert await visibility.is_visible("%0")


def test_the_pane_is_known_inside_tmux_alone():
    assert visibility.pane({"TMUX": "/tmp/tmux,1,0", "TMUX_PANE": "%3"}) == "%3"
    assert visibility.pane({"TMUX_PANE": "%3"}) == ""


async def test_a_hidden_console_ticks_less_until_it_is_seen_again(monkeypatch):
    steps: list[int] = []
    monkeypatch.setattr(Ticker, "tick_every", lambda _ticker, seconds: steps.append(seconds))
    app = TerminalApp()
    async with app.run_test():
        app.on_visibility(False)
        app.on_visibility(True)
    assert steps == [HIDDEN_TICK, 1]


# ---- a client that comes or goes


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    path = tmp_path / "default"
    path.touch(0o600)
    return path


def clients(socket: Path, *, attached: bool) -> None:
    """As tmux does when the first client comes or the last one goes (server_update_socket)."""
    socket.chmod(0o700 if attached else 0o600)


async def test_a_client_that_comes_is_noticed_without_a_poll(question, socket, monkeypatch):
    monkeypatch.setattr(visibility, "EVERY", 3600.0)
    reports: asyncio.Queue[bool] = asyncio.Queue()
    watching = Visibility("%0", reports.put_nowait, socket)
    following = asyncio.create_task(watching.follow())
    question.put_nowait(False)
    assert not await reports.get(), "detached"
    question.put_nowait(True)
    await turns()
    assert reports.empty(), "nothing has happened"
    clients(socket, attached=True)
    assert await reports.get()
    question.put_nowait(False)
    clients(socket, attached=False)
    assert not await reports.get()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


@pytest.mark.parametrize(("attached", "pause"), [(False, visibility.EVERY), (True, visibility.HIDDEN_EVERY)])
async def test_only_a_window_behind_another_one_is_checked_every_two_seconds(socket, attached, pause):
    clients(socket, attached=attached)
    watching = Visibility("%0", lambda _visible: None, socket)
    assert watching._pause() == visibility.EVERY, "it is seen"
    watching._set(False)
    assert watching._pause() == pause


def test_the_socket_is_known_inside_tmux_alone():
    assert visibility.socket_of({"TMUX": "/tmp/tmux-0/default,1,0"}) == Path("/tmp/tmux-0/default")
    assert visibility.socket_of({"TMUX": "/tmp/a,b/default,1,0"}) == Path("/tmp/a,b/default")
    assert visibility.socket_of({}) is None
    assert not visibility.has_clients(None)
    assert not visibility.has_clients(Path("/nowhere/socket"))
