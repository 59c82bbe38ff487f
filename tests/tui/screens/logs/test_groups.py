"""The dialog that chooses a log group."""

from textual.content import Content
from textual.widgets import OptionList, Static

from services.i18n import _
from tests.conftest import Embedded
from tests.tools.console import console, until
from tests.tui.typed import KEYS, burst
from tui.screens.logs.groups import GroupScreen
from tui.screens.logs.logs import LogsScreen


async def test_the_highlight_stays_when_the_groups_of_the_account_arrive(embedded: Embedded) -> None:
    async with console(embedded.url, embedded.clock, mode="logs") as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, LogsScreen) and pilot.app.screen.tails)
        await burst(pilot, "o", KEYS["down"])
        dialog = pilot.app.screen
        assert isinstance(dialog, GroupScreen)
        options = dialog.query_one(OptionList)
        await until(pilot, lambda: dialog.query_one(Static).content != Content(_("Reading the list…")))
        options.highlighted = 1

        await dialog.read_groups().wait()

        assert options.highlighted == 1
