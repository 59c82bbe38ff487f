import pytest

from services.fleet.watched import WatchedSystem
from services.system import Services
from tests.tools.console import until
from tests.tools.systems import TITLES, three_systems
from tests.tui.fleet.test_systems_screen import app_of, shows, switch_of
from tui import messages
from tui.config import ConsoleConfig

pytestmark = pytest.mark.slow


async def test_an_error_that_keeps_a_system_from_being_shown_does_not_end_the_console(embedded, monkeypatch):
    async with three_systems(embedded) as (pilot, _):
        app, switch = app_of(pilot), switch_of(pilot)
        connects = switch._connect

        async def wrong(_system: WatchedSystem) -> tuple[Services, ConsoleConfig]:
            raise OSError("disk")

        monkeypatch.setattr(switch, "_connect", wrong)
        app.post_message(messages.ShowSystem("library"))
        await until(
            pilot, lambda: any(TITLES["library"] in m.text and "error" in m.text for m in app.board.past)
        )
        await until(pilot, lambda: not switch._switching)
        assert app.ready.runbook.system.id == "facility"
        assert len(app.bugs) == 1
        monkeypatch.setattr(switch, "_connect", connects)
        app.post_message(messages.ShowSystem("library"))
        await shows(pilot, "library")


async def test_the_ledger_of_the_system_on_screen_alone_is_looked_at_often(embedded, monkeypatch):
    shown: dict[str, bool] = {}

    def show(services: Services, *, is_on_screen: bool) -> None:
        shown[str(services.runbook.system.id)] = is_on_screen

    monkeypatch.setattr(Services, "show", show)
    async with three_systems(embedded) as (pilot, _):
        await pilot.press("backslash")
        await shows(pilot, "library")
        assert shown == {"facility": False, "library": True}
        await pilot.press("underscore")
        await shows(pilot, "facility")
        assert shown == {"facility": True, "library": False}
