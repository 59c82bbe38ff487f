import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from services.models.duties import Occurrence
from services.models.findings import Recorded
from services.models.verdict import Verdict
from tests.conftest import Embedded
from tests.tools.console import console, expect, press, screen_text, until
from tui.screens.duties.duty import DutyScreen
from tui.screens.duties.finding import FindingScreen
from tui.screens.duties.sign import SignScreen
from widgets.findings.evidence import FOLDED, EvidenceTable

MONDAY = datetime(2026, 1, 19, 0, 0, tzinfo=UTC)
"""9:00 JST: duties fall due, and are inspected; until then nothing runs that is not asked for."""
pytestmark = [
    pytest.mark.usefixtures("at_once"),
    pytest.mark.scenario("monday-faults", history=24 * 3600.0, origin=MONDAY - timedelta(minutes=10)),
    pytest.mark.slow,
]


async def opened(pilot: Pilot[Any], embedded: Embedded, id: str) -> FindingScreen:
    app = pilot.app
    await until(pilot, lambda: app.duties)
    recorded: Recorded = await app.ready.scheduler.runs.run_on_demand(id)
    screen = FindingScreen(recorded.subject, recorded)
    await app.push_screen(screen)
    await until(pilot, lambda: screen.view.tables and screen.focused)
    return screen


async def test_evidence_is_folded_and_its_rows_lead_to_their_minute(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect", size=(120, 40)) as pilot:
        screen = await opened(pilot, embedded, "slow-queries")
        table = screen.view.tables[0]
        rows = table.evidence.rows if table.evidence else ()
        assert len(rows) > FOLDED
        await until(pilot, lambda: f"{len(rows) - FOLDED} more rows" in screen_text(pilot))
        await press(pilot, "tab", then=lambda: screen.focused is table)
        await pilot.press("enter")
        assert table.unfolded
        await pilot.press("down", "up", "down")
        assert table.cursor == 1
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(screen.focused, EvidenceTable) and screen.focused is not table)
        await press(pilot, "shift+tab", "enter", at="LogsScreen")


async def test_a_table_unfolds_when_the_cursor_leaves_its_last_row(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect", size=(80, 24)) as pilot:
        screen = await opened(pilot, embedded, "slow-queries")
        table = screen.view.tables[0]
        await pilot.press("tab", *["down"] * (FOLDED + 1))
        assert (table.unfolded, table.cursor) == (True, FOLDED)
        assert table.region.y < 24


async def test_an_alarm_of_the_evidence_opens(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect", size=(120, 40)) as pilot:
        screen = await opened(pilot, embedded, "alarms")
        assert screen.recorded.finding.leading is Verdict.ATTENTION
        await until(pilot, lambda: "▲ attention 2 ? not judged 1" in screen_text(pilot))
        await press(pilot, "tab", "down", "enter", at="AlarmScreen")


@pytest.mark.scenario("monday-faults", history=24 * 3600.0, origin=MONDAY)
async def test_both_ways_through_a_dutys_findings_stand_in_the_footer(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect", size=(80, 24)) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.duties and app.duties.today.occurrences)
        slot = next(each.slot for each in app.duties.today.occurrences if each.slot.duty == "daily-morning")

        def complete() -> bool:
            embedded.clock.advance(0.1)
            findings = app.ready.scheduler.of(slot)
            return findings is not None and findings.complete and not findings.running

        await until(pilot, complete)
        screen = FindingScreen(slot.key, app.ready.scheduler.of(slot).recorded[1], slot)
        await app.push_screen(screen)
        for size in ((80, 24), (120, 40), (200, 60)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda width=size[0]: app.screen.size.width == width)  # type: ignore[misc]
            await until(pilot, lambda: "Dashboard  2/3" in screen_text(pilot))
            await until(pilot, lambda: "[ Previous  ] Next" in screen_text(pilot).splitlines()[-1])


async def inspected(pilot: Pilot[Any], embedded: Embedded, duty: str) -> Occurrence:
    """The open occurrence of a duty, once its inspections have run."""
    app: Any = pilot.app

    def occurrence() -> Occurrence | None:
        return (
            next((each for each in app.duties.open if each.slot.duty == duty), None) if app.duties else None
        )

    def complete() -> bool:
        embedded.clock.advance(0.1)
        one = occurrence()
        findings = app.ready.scheduler.of(one.slot) if one else None
        return findings is not None and findings.complete and not findings.running

    await until(pilot, complete)
    due = occurrence()
    assert due is not None
    return due


@pytest.mark.scenario("missing-snapshot", history=24 * 3600.0, origin=MONDAY)
async def test_a_drill_has_no_verdict_on_any_screen(embedded):
    # The missing snapshot is judged by the duty of the backups: it says nothing about a drill that nobody has held.
    async with console(embedded.url, embedded.clock, mode="inspect", size=(120, 40)) as pilot:
        app = pilot.app
        occurrence = await inspected(pilot, embedded, "dr-drill")
        (one,) = app.ready.scheduler.of(occurrence.slot).recorded
        assert one.finding.verdict is Verdict.ABNORMAL

        def rows(words: str) -> list[str]:
            return [row for row in screen_text(pilot).splitlines() if words in row]

        await until(pilot, lambda: any("○ for reference" in row for row in rows("DR drill")))
        summary = one.finding.summary[:20]
        for screen in (
            DutyScreen(occurrence),
            FindingScreen(occurrence.key, one, occurrence.slot),
            SignScreen(occurrence),
        ):
            await app.push_screen(screen)
            await until(pilot, lambda: rows(summary))
            assert not any(glyph in row for row in rows(summary) for glyph in "◆▲■"), rows(summary)
            assert "◆" not in screen_text(pilot) or not isinstance(screen, FindingScreen)
            assert "not normal" not in screen_text(pilot)
            app.pop_screen()
            await expect(pilot, at="InspectScreen")


@pytest.mark.scenario("old-key", history=24 * 3600.0, origin=MONDAY)
async def test_what_no_other_duty_judges_keeps_its_verdict(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect", size=(120, 40)) as pilot:
        await inspected(pilot, embedded, "key-rotation")
        await until(pilot, lambda: re.search("late +◆ abnormal", screen_text(pilot)))


@pytest.mark.scenario("monday-faults", history=24 * 3600.0, origin=MONDAY)
async def test_position_and_signing_go_on_to_the_next_duty(embedded):
    async with AsyncExitStack() as stack:
        with embedded.held("logs", "FilterLogEvents"):
            pilot = await stack.enter_async_context(
                console(embedded.url, embedded.clock, mode="inspect", size=(120, 40))
            )
            app = pilot.app
            await until(pilot, lambda: app.duties and len(app.duties.today.occurrences) == 6)

            def is_shown_running() -> bool:
                embedded.clock.advance(0.1)
                return "▶ inspecting" in screen_text(pilot)

            # The list says what runs, from its start.
            await until(pilot, is_shown_running)

        def complete() -> bool:
            embedded.clock.advance(0.1)
            open_now = [each for each in app.duties.today.occurrences if each.open]
            findings = [app.ready.scheduler.of(each.slot) for each in open_now]
            return all(each is None or each.complete for each in findings)

        await until(pilot, complete)
        first, second = [each for each in app.duties.today.occurrences if each.open][:2]
        findings = app.ready.scheduler.of(first.slot)
        screen = FindingScreen(first.key, findings.recorded[0], first.slot)
        await app.push_screen(screen)
        await until(pilot, lambda: "Alarms  1/3" in screen_text(pilot))
        await press(pilot, "right_square_bracket", shows="Dashboard  2/3")
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: "Alarms  1/3" in screen_text(pilot) and screen.guard.is_open)
        await press(pilot, "s", at="SignScreen", then=lambda: app.screen.focused)
        await press(pilot, "escape", then=lambda: app.screen is screen)
        assert screen.slot == first.slot, "nothing was signed"
        await press(pilot, "s", at="SignScreen", then=lambda: app.screen.focused)
        await press(pilot, "enter", then=lambda: app.screen is screen and screen.slot == second.slot)
        await until(pilot, lambda: "1/1" in screen_text(pilot))
        await press(pilot, "escape", at="InspectScreen")


async def test_a_finding_leaves_what_the_runbook_suggests_and_its_duty_is_signed(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect", size=(120, 40)) as pilot:
        screen = await opened(pilot, embedded, "slow-queries")
        await until(pilot, lambda: screen.guard.is_open)
        await press(pilot, "at", at="FollowUpScreen", shows="Consider adding an index")
        await press(pilot, *"today", "enter", then=lambda: pilot.app.screen is screen)
        (follow_up,) = pilot.app.ready.incidents.follow_ups
        assert (follow_up.text, follow_up.subject) == ("Consider adding an index", screen.subject)
        key = f"follow-up@{follow_up.id}"
        await until(pilot, lambda: key in [each.key for each in pilot.app.duties.today.occurrences])
        duty = next(each for each in pilot.app.duties.today.occurrences if each.key == key)
        await pilot.app.ready.duties.sign(duty, "")
        await until(pilot, lambda: key not in [each.key for each in pilot.app.duties.open])
