import pytest
from textual.app import ComposeResult
from textual.widgets import Input

from tui.app import TobanApp
from tui.console import Console
from tui.runtime.ordered_app import OrderedApp
from tui.runtime.runtime_app import RuntimeApp
from tui.terminal.terminal_app import TerminalApp

BASES = [TerminalApp, OrderedApp, RuntimeApp, Console]


def test_the_app_has_no_other_base():
    ours = [kind for kind in TobanApp.__mro__ if kind.__module__.startswith("tui.")]
    assert ours == [TobanApp, *reversed(BASES)]


@pytest.mark.parametrize("base", BASES)
async def test_a_base_runs_alone(base):
    class Smallest(base):  # type: ignore[misc, valid-type]
        def compose(self) -> ComposeResult:
            yield Input()

    app = Smallest()
    async with app.run_test() as pilot:
        await pilot.press(*"toban")
        assert app.query_one(Input).value == "toban"
        await app.action_quit()
        await pilot.pause()
    assert app.return_code == 0
