from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from services.models.evidence import Evidence, EvidencePlace, Row
from services.models.findings import Finding
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.runbook.loader import loads
from tests.services.runbook.small import SYSTEM
from tests.tools.console import console, press, until
from tests.tui.screens.duties.test_finding_screen import MONDAY, opened
from tui.messages import OpenLogs
from tui.screens.duties.duty import DutyScreen
from tui.screens.duties.inspected_logs import logs_of
from tui.screens.logs.logs import LogsScreen

pytestmark = pytest.mark.usefixtures("at_once")

GROUP = '[[log_groups]]\nid = "/ecs/s"\ntitle = "t"\n'
AT = datetime(2026, 1, 14, 0, 30, tzinfo=UTC)


def runbook() -> Runbook:
    return loads(SYSTEM + GROUP + '[error_logs]\nlog_group = "/ecs/s"\n').runbook


def test_the_groups_of_the_evidence_come_first_at_its_time():
    place = EvidencePlace(kind="log", target="/db", at=AT)
    table = Evidence(title="t", columns=("c",), rows=(Row(cells=("1",), place=place), Row(cells=("2",))))
    finding = Finding(
        inspection="error-logs",
        title="t",
        verdict=Verdict.ATTENTION,
        summary="s",
        evidence=(table,),
        read_at=AT,
    )
    assert logs_of(runbook(), ["error-logs"], [finding]) == OpenLogs("/db", AT, ("/ecs/s",))


def test_without_a_finding_the_runbook_names_the_group_and_others_lead_nowhere():
    assert logs_of(runbook(), ["error-logs"], []) == OpenLogs("/ecs/s", None, ())
    assert logs_of(runbook(), ["alarms"], []) is None


BEFORE_NINE = pytest.mark.scenario("ordinary-day", history=600.0, origin=MONDAY - timedelta(minutes=10))


def groups_of(pilot: Pilot[Any]) -> list[str]:
    """The groups in the panes of the logs mode; empty elsewhere."""
    screen = pilot.app.screen
    return [tail.group for tail in screen.tails.values()] if isinstance(screen, LogsScreen) else []


async def open_duty(pilot: Pilot[Any], duty: str) -> DutyScreen:
    app = pilot.app
    await until(pilot, lambda: app.duties and app.duties.today.occurrences)
    occurrence = next(each for each in app.duties.today.occurrences if each.slot.duty == duty)
    screen = DutyScreen(occurrence)
    await app.push_screen(screen)
    await until(pilot, lambda: app.screen is screen and screen.is_mounted)
    return screen


@BEFORE_NINE
async def test_l_on_a_duty_opens_its_logs_in_place_of_the_dialog(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect") as pilot:
        screen = await open_duty(pilot, "daily-morning")
        await press(pilot, "l", then=lambda: groups_of(pilot) == ["/ecs/staff-api"])
        assert screen not in pilot.app.screen_stack


@BEFORE_NINE
async def test_l_is_not_offered_on_a_duty_that_reads_no_logs(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect") as pilot:
        screen = await open_duty(pilot, "weekly-backup")
        assert "logs" not in {binding.binding.action for binding in screen.active_bindings.values()}
        await pilot.press("l")
        assert pilot.app.screen is screen


@BEFORE_NINE
async def test_l_on_a_finding_opens_its_logs_at_its_time(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect") as pilot:
        screen = await opened(pilot, embedded, "error-logs")
        request = logs_of(screen.services.runbook, ["error-logs"], [screen.recorded.finding])
        assert request.at is not None
        await press(pilot, "l", then=lambda: groups_of(pilot) == ["/ecs/staff-api"])
        (pane,) = pilot.app.screen.tails
        await until(pilot, lambda: pane.lines.rules.marked_at == round(request.at.timestamp() * 1000))


async def select_duty(pilot: Pilot[Any], duty: str) -> None:
    screen = pilot.app.screen
    await until(pilot, lambda: pilot.app.duties and pilot.app.duties.today.occurrences)
    occurrences = pilot.app.duties.today.occurrences
    screen.list.select(next(each.key for each in occurrences if each.slot.duty == duty))
    await until(pilot, lambda: screen.chosen and screen.chosen.slot.duty == duty)


@BEFORE_NINE
async def test_l_in_the_list_of_duties_opens_the_logs_of_the_selected_one(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect") as pilot:
        await select_duty(pilot, "daily-morning")
        await press(pilot, "l", then=lambda: groups_of(pilot) == ["/ecs/staff-api"])


@BEFORE_NINE
async def test_l_in_the_list_says_that_a_duty_reads_no_logs(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect") as pilot:
        await select_duty(pilot, "weekly-backup")
        await press(pilot, "l", shows="read no log group")
        assert not groups_of(pilot)
