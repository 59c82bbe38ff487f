from datetime import UTC, datetime
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.conftest import Embedded
from tests.services.inspections.costs.cost_answers import BOOK
from tests.tools.console import console, expect, press, screen_text, settled, until
from tui.screens.duties.duty_actions import SignAllScreen
from tui.screens.duties.finding import FindingScreen
from tui.screens.duties.inspect import InspectScreen
from tui.screens.duties.sign import SignScreen
from tui.screens.logs.groups import GroupScreen
from tui.screens.logs.logs import LogsScreen
from tui.screens.watch.alarm import AlarmScreen

MONDAY = datetime(2026, 1, 19, 0, 0, tzinfo=UTC)  # 9:00 JST
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("at_once")]


class Keys:
    def __init__(self, pilot: Pilot[Any]) -> None:
        self.pilot = pilot
        self.count = 0

    async def press(self, key: str, kind: type) -> Any:
        """Press a key; returns the screen once it is of this kind and accepts keys."""
        self.count += 1
        await self.pilot.press(key)
        app = self.pilot.app

        def ready() -> bool:
            screen = app.screen
            guard = getattr(screen, "guard", None)
            return isinstance(screen, kind) and screen.focused is not None and (not guard or guard.is_open)

        await until(self.pilot, ready)
        return app.screen


async def inspected(pilot: Pilot[Any], embedded: Embedded) -> None:

    def complete() -> bool:
        embedded.clock.advance(0.1)
        app = pilot.app
        due = [each for each in app.duties.today.occurrences if each.open] if app.duties else []
        findings = [app.ready.scheduler.of(each.slot) for each in due]
        return bool(due) and all(each is None or each.complete for each in findings)

    await until(pilot, complete)


@pytest.mark.scenario("monday-faults", history=72 * 3600.0, origin=MONDAY)
@pytest.mark.slow
async def test_a_bad_monday_is_read_and_signed_in_under_twenty_keys(embedded):
    async with console(embedded.url, embedded.clock, size=(120, 40)) as pilot:
        keys = Keys(pilot)
        inspect = await keys.press("2", InspectScreen)
        await inspected(pilot, embedded)
        app = pilot.app
        due = [each for each in app.duties.today.occurrences if each.open]
        assert len(due) == 4
        while inspect.chosen.key != due[0].key:
            await keys.press("down", InspectScreen)
        await keys.press("enter", object)
        await until(pilot, lambda: app.screen.query("FindingList") and app.screen.focused)
        screen = await keys.press("enter", FindingScreen)
        read = []
        for duty in due:
            await until(pilot, lambda duty=duty: screen.slot is not None and screen.slot.key == duty.key)
            findings = app.ready.scheduler.of(duty.slot)
            read.append(screen.recorded.finding.inspection)
            for _finding in findings.recorded[1:]:
                await keys.press("right_square_bracket", FindingScreen)
                read.append(screen.recorded.finding.inspection)
            await keys.press("s", SignScreen)
            keys.count += 1
            await pilot.press("enter")
            await until(pilot, lambda duty=duty: app.ready.duties.now(duty.slot).signed is not None)
            await expect(pilot, left="SignScreen")
        assert read == ["alarms", "dashboard", "error-logs", "backups", "costs", "maintenance"]
        await expect(pilot, at="InspectScreen")
        assert keys.count < 20, "34 before"


@pytest.mark.scenario("ordinary-day", history=72 * 3600.0, origin=MONDAY)
async def test_a_quiet_monday_takes_three_keys(embedded):
    async with console(embedded.url, embedded.clock, size=(120, 40), runbook=BOOK) as pilot:
        keys = Keys(pilot)
        await keys.press("2", InspectScreen)
        await inspected(pilot, embedded)
        app = pilot.app
        due = [each.slot for each in app.duties.today.occurrences if each.open]
        await until(pilot, lambda: all(app.findings.of(slot.key).all_normal for slot in due))
        await keys.press("S", SignAllScreen)
        keys.count += 1
        await press(pilot, "enter", then=lambda: all(app.ready.duties.now(slot).signed for slot in due))
        assert len(due) == 4
        assert keys.count == 3


@pytest.mark.scenario("alb-5xx", history=600.0)
async def test_the_cause_of_an_alarm_in_another_log_takes_nine_keys_at_most(embedded):
    async with console(embedded.url, embedded.clock, size=(120, 40)) as pilot:
        app, keys = pilot.app, Keys(pilot)
        embedded.advance(420)
        await until(pilot, lambda: app.alarms.value and app.alarms.value.newest_firing)
        await until(pilot, lambda: "firing" in screen_text(pilot))
        await keys.press("enter", AlarmScreen)
        await until(pilot, lambda: any(app.screen.detail.places))
        logs = await keys.press("enter", LogsScreen)
        (staff,) = logs.tails
        await until(pilot, lambda: len(staff.store))
        assert staff.problem is None, "the alarm's minute is in the pane, or is read, without a mistake"
        await keys.press("o", GroupScreen)
        await keys.press("down", GroupScreen)
        logs = await keys.press("enter", LogsScreen)
        await until(pilot, lambda: len(logs.tails) == 2 and all(len(pane.store) for pane in logs.tails))
        for _press in range(9):
            if "connection slots are reserved" in screen_text(pilot):
                break
            await keys.press("right", LogsScreen)
            await settled(pilot)
        assert "connection slots are reserved" in screen_text(pilot)
        assert keys.count <= 9
        assert [pane.problem for pane in logs.tails] == [None, None]
