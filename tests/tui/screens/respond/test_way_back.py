import pytest

from tests.tools.console import press, screen_text, until
from tests.tui.screens.respond.test_respond import ALARM, _storm, open_log_of_evidence, responding, shows
from tui.modes import MODES
from tui.screens.changes.change_screen import ChangeScreen
from tui.screens.logs.logs import LogsScreen
from tui.screens.watch.watch import WatchScreen

pytestmark = [
    pytest.mark.scenario("alb-5xx", history=300.0),
    pytest.mark.usefixtures("at_once"),
    pytest.mark.slow,
]
__all__ = ["_storm"]
MODE_OF_KEY = {mode.key: mode.id for mode in MODES}


async def test_one_key_returns_from_a_log_a_state_or_a_dashboard(embedded):
    async with responding(embedded) as pilot:
        for number, kind in (("1", LogsScreen), ("2", ChangeScreen), ("3", WatchScreen)):
            await pilot.press("full_stop", number)
            await shows(pilot, kind)
            await until(pilot, lambda: "Esc Back" in screen_text(pilot).splitlines()[-1])
            await press(pilot, "escape", at="IncidentScreen")
            assert pilot.app.screen.first.target == ALARM


async def test_a_line_marked_in_logs_opened_from_an_incident_is_for_its_timeline(embedded):
    async with responding(embedded) as pilot:
        incident = pilot.app.screen.id_of_incident
        assert all(not each.holder for each in pilot.app.incidents), "nobody has taken it"
        screen = await press(pilot, "l", at="LogsScreen")
        await until(pilot, lambda: pilot.app.way_back is not None and screen.pane and len(screen.pane.store))
        await press(pilot, "up", "m", shows="[x] into the timeline of")
        assert pilot.app.screen.subject.subject == incident
        await press(pilot, "escape", then=lambda: pilot.app.screen is screen)
        await press(pilot, "1", at="WatchScreen")
        await press(pilot, "3", at="LogsScreen")
        assert screen.note_subject() is None, "the reader came from elsewhere"


async def test_a_row_of_the_evidence_is_left_by_the_same_key(embedded):
    async with responding(embedded) as pilot:
        await open_log_of_evidence(pilot)
        await until(pilot, lambda: pilot.app.screen.tails and pilot.app.way_back is not None)
        await press(pilot, "escape", at="IncidentScreen")


async def test_what_the_reader_opened_there_closes_first(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "full_stop", "1", at="LogsScreen", then=lambda: pilot.app.way_back is not None)
        await press(pilot, "slash", "x", "escape", at="LogsScreen")
        await press(pilot, "escape", at="IncidentScreen")


async def test_a_plan_is_left_for_the_changes_and_then_for_the_incident(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "full_stop", "7", at="PlanScreen")
        await press(pilot, "escape", at="ChangeScreen")
        await press(pilot, "escape", at="IncidentScreen")


async def test_who_went_another_way_is_not_led_back(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "full_stop", "1", at="LogsScreen")
        await press(pilot, "1", at="WatchScreen")
        await press(pilot, "3", at="LogsScreen")
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, LogsScreen)
        assert not pilot.app.screen.leads_back()


async def test_without_a_way_back_no_mode_offers_it(embedded):
    async with responding(embedded, (200, 60)) as pilot:
        for mode in "12346":
            await press(pilot, mode, then=lambda mode=mode: pilot.app.current_mode == MODE_OF_KEY[mode])
            offered = [
                each.binding.action for each in pilot.app.screen.active_bindings.values() if each.enabled
            ]
            assert "back_to_incident" not in offered, mode
            assert "leave_zoom" not in offered, mode
