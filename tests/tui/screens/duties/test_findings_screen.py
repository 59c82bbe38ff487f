import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from services.models.duties import ProgressChange
from services.models.journal import Entry, EntryKind, EntryQuery
from tests.conftest import Embedded
from tests.tools.console import console, expect, press, screen_text, until
from tui.messages import RunInspection
from tui.screens.common.type_ahead_guard import TypeAheadGuard
from tui.screens.duties.duty import DutyScreen
from tui.subscriptions import USAGE_EVERY

NINE = datetime(2026, 1, 14, 0, 0, tzinfo=UTC)  # A Wednesday, 9:00 JST
pytestmark = [
    pytest.mark.usefixtures("at_once"),
    pytest.mark.scenario("ordinary-day", history=600.0, origin=NINE),
]


def inspect(embedded: Embedded, **options: Any) -> Any:
    return console(embedded.url, embedded.clock, mode="inspect", **options)


async def inspected(pilot: Pilot[Any], embedded: Embedded, duty: str) -> None:
    """Wait until the runs of today's duty are complete; their jitter is the world's time."""

    def complete() -> bool:
        embedded.clock.advance(0.1)
        app = pilot.app
        if app.duties is None:
            return False
        slot = next((each.slot for each in app.duties.today.occurrences if each.slot.duty == duty), None)
        duty_findings = app.ready.scheduler.of(slot) if slot is not None else None
        return duty_findings is not None and duty_findings.complete and not duty_findings.running

    await until(pilot, complete)


async def entries(pilot: Pilot[Any], *kinds: EntryKind) -> tuple[Entry, ...]:
    matches: tuple[Entry, ...] = await pilot.app.ready.journal.entries(EntryQuery(kinds=frozenset(kinds)))
    return matches


@pytest.mark.scenario("ordinary-day", history=20 * 3600.0, origin=NINE)
async def test_the_nine_oclock_duty_turns_green_and_is_signed_with_few_keys(embedded):
    async with console(embedded.url, embedded.clock, size=(120, 40)) as pilot:
        presses = ["2"]
        await pilot.press("2")
        await inspected(pilot, embedded, "daily-morning")
        await until(pilot, lambda: "● normal" in screen_text(pilot))
        for key in ("S", "enter"):
            presses.append(key)
            await pilot.press(key)
            if key == "S":
                await expect(pilot, at="SignAllScreen", then=lambda: pilot.app.screen.focused)
                assert "Opening check" in screen_text(pilot)
        await expect(pilot, left="SignAllScreen")
        assert len(presses) < 10
        signed = [
            entry for entry in await entries(pilot, EntryKind.SIGN_OFF) if entry.target == "daily-morning"
        ]
        assert len(signed) == 1
        findings = signed[0].data["findings"]
        assert [(each["inspection"], each["verdict"], each["decision"]) for each in findings] == [
            ("alarms", "normal", "accepted"),
            ("dashboard", "normal", "accepted"),
            ("error-logs", "normal", "accepted"),
        ]


@pytest.mark.scenario("alb-5xx", history=16 * 3600.0, origin=NINE)
@pytest.mark.slow
async def test_a_finding_is_read_overridden_and_accepted(embedded):
    embedded.advance(900)
    async with inspect(embedded, size=(120, 40)) as pilot:
        await inspected(pilot, embedded, "daily-morning")
        await until(pilot, lambda: "◆ abnormal" in screen_text(pilot))
        await press(pilot, "enter", then=lambda: pilot.app.screen.query("FindingList"))
        first = await press(pilot, "enter", at="FindingScreen")
        await until(
            pilot, lambda: "alb-5xx-error-rate" in screen_text(pilot) or "ALB 5xx" in screen_text(pilot)
        )
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: first.recorded.finding.inspection == "dashboard")
        await pilot.press("left_square_bracket")
        await press(pilot, "equals_sign", at="OverrideScreen")
        await press(pilot, "enter", shows="A reason is required")
        await press(pilot, *"load test", "enter", at="FindingScreen", shows=("Overridden by", "load test"))
        # It is overridden once; the key is no longer offered.
        assert first.check_action("override", ()) is False
        await pilot.press("escape")
        await press(pilot, "s", at="SignScreen", then=lambda: pilot.app.screen.focused)
        assert "not normal" in screen_text(pilot)
        await press(pilot, "enter", left="SignScreen")
        (signed,) = await entries(pilot, EntryKind.SIGN_OFF)
        decisions = {each["inspection"]: each["decision"] for each in signed.data["findings"]}
        assert decisions["alarms"] == "overruled"
        assert decisions["error-logs"] == "accepted"


@pytest.mark.slow
async def test_one_inspection_on_demand(embedded):
    async with inspect(embedded) as pilot:
        await until(pilot, lambda: pilot.app.duties)
        await press(pilot, "i", at="InspectNowScreen", then=lambda: pilot.app.screen.focused)
        names = [row.key for row in pilot.app.screen.table.rows]
        await press(pilot, *["down"] * names.index("backups"), "enter", at="FindingScreen", shows="RDS")
        on_demand = [
            entry for entry in await entries(pilot, EntryKind.FINDING) if entry.subject.startswith("hand@")
        ]
        assert [entry.target for entry in on_demand] == ["backups"]
        # From the palette, by its reading.
        await pilot.press("escape", "ctrl+p")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "ConsolePalette")
        await press(pilot, *"mentenansu", shows="Inspect now: RDS maintenance")
        await press(pilot, "enter", at="FindingScreen")
        assert pilot.app.screen.recorded.finding.inspection == "maintenance"


@pytest.mark.scenario("ordinary-day", history=600.0, origin=datetime(2026, 1, 6, 0, 2, tzinfo=UTC))
@pytest.mark.slow
async def test_a_drill_is_a_checklist_with_evidence(embedded):
    async with inspect(embedded) as pilot:
        await until(pilot, lambda: pilot.app.duties and pilot.app.screen.list.shown)
        drill = next(key for key in pilot.app.screen.list.shown if key.startswith("dr-drill"))
        pilot.app.screen.list.select(drill)
        dialog = await press(pilot, "s", at="SignScreen", then=lambda: pilot.app.screen.focused)
        checklist, meant = dialog.checklist, dialog.occurrence
        dialog.field.focus()
        await press(pilot, "enter", shows="Nothing is ticked yet")
        checklist.boxes[0].focus()
        await pilot.press("down", *"rds:x", "enter", *"abc", "enter", *"count", "down", "down")
        assert dialog.focused is dialog.field, "arrows move between lines, fields and the note"
        await press(pilot, "enter", shows="Must be a number: Time to restore (minutes)")
        checklist.inputs["minutes"].value = "４２"
        await until(
            pilot, lambda: "1 line open: ⏎ in the note records the duty as under way" in screen_text(pilot)
        )
        checklist.boxes[0].focus()
        await press(pilot, "space", shows="All done: ⏎ in the note signs the duty off")
        dialog.field.focus()
        await press(pilot, "enter", left="SignScreen")
        (signed,) = await entries(pilot, EntryKind.SIGN_OFF)
        assert signed.data["checked"] == ["Was a backup restored successfully?"]
        assert signed.data["evidence"] == {"snapshot": "rds:x", "minutes": "42", "confirmed": "count"}
        # And the duty's own window shows them again.
        pilot.app.push_screen(DutyScreen(pilot.app.ready.duties.now(meant.slot)))
        await expect(pilot, shows=("Snapshot that was restored", "rds:x"))
        assert "✓ 1 Was a backup restored successfully?" in screen_text(pilot)


@pytest.mark.scenario("ordinary-day", history=600.0, origin=datetime(2026, 1, 18, 23, 50, tzinfo=UTC))
async def test_signing_before_the_run_warns_what_that_means(embedded):
    async with inspect(embedded, notifications=True) as pilot:
        await until(pilot, lambda: pilot.app.duties and pilot.app.screen.list.shown)
        key = next(key for key in pilot.app.screen.list.shown if key.startswith("weekly-backup"))
        pilot.app.screen.list.select(key)
        await press(pilot, "s", at="SignScreen", then=lambda: pilot.app.screen.focused)
        assert "it will not be run" in " ".join(screen_text(pilot).split())
        await press(pilot, "escape", "enter", then=lambda: pilot.app.screen.query("FindingList"))
        await press(pilot, "enter", shows="Not inspected yet.")


@pytest.mark.scenario("stranger", history=300.0)
@pytest.mark.slow
async def test_an_unknown_identity_becomes_known_and_unknown_again(embedded):
    async with inspect(embedded, size=(120, 40)) as pilot:
        await until(pilot, lambda: pilot.app.duties)
        pilot.app.post_message(RunInspection("sign-ins"))
        await expect(pilot, at="FindingScreen")
        records = pilot.app.ready.records
        for people in (("temp-admin",), ()):
            await press(pilot, "A", at="ChooseScreen", then=lambda: pilot.app.screen.focused)
            if not people:
                assert "known; remove" in screen_text(pilot)
                await pilot.press("down")
            await pilot.press("enter")
            await until(
                pilot, lambda people=people: tuple(e.target for e in records.allowed_by_operators) == people
            )
        texts = [entry.text for entry in await entries(pilot, EntryKind.KNOWN)]
        assert texts == ["Marked as known: user temp-admin", "No longer known: user temp-admin"]


@pytest.mark.slow
async def test_requests_to_aws_are_recorded_from_time_to_time(embedded):
    async with inspect(embedded) as pilot:
        await inspected(pilot, embedded, "daily-morning")
        before = len(await entries(pilot, EntryKind.USAGE))
        while len(usage_entries := await entries(pilot, EntryKind.USAGE)) == before:
            embedded.clock.advance(USAGE_EVERY / 4)
            await pilot.pause(0.01)
        assert usage_entries[-1].data["calls"] > usage_entries[-2].data["calls"]


@pytest.mark.scenario("ordinary-day", history=600.0, origin=datetime(2026, 1, 14, 8, 1, tzinfo=UTC))
async def test_the_evening_duty_opens_the_report_for_review(embedded):
    async with inspect(embedded, size=(120, 40)) as pilot:
        await until(pilot, lambda: pilot.app.duties and pilot.app.screen.list.shown)
        evening = next(key for key in pilot.app.screen.list.shown if key.startswith("daily-evening"))
        pilot.app.screen.list.select(evening)
        meter = pilot.app.services.meter
        for _request in range(40):
            meter.count("cloudwatch", "DescribeAlarms")
        calls = meter.calls_today
        await press(pilot, "s", at="ReportScreen", then=lambda: pilot.app.screen.report)
        assert "2026" in screen_text(pilot)
        # What AWS was asked so far is in it, and not only what is recorded every quarter of an hour or after a run.
        embedded.advance(1)
        pilot.app.screen.make()
        await until(pilot, lambda: pilot.app.screen.report.charges.calls >= calls)
        await press(pilot, "f8", at="RemarkScreen")
        report = await press(pilot, *"quiet", "enter", at="ReportScreen")
        await until(pilot, lambda: any(each.text == "quiet" for each in report.report.remarks))
        await press(pilot, "ctrl+s", at="ChooseScreen")
        await pilot.press("enter")
        saved = Path(os.environ["HOME"]) / ".local/state/toban/reports/facility-prod-2026-01-14.html"
        await until(pilot, saved.is_file)
        assert saved.stat().st_mode & 0o777 == 0o600
        await press(pilot, "M", then=lambda: report.report and report.period.name == "2026-01")
        await press(pilot, "D", then=lambda: report.report and report.period.name == "2026-01-14")
        await press(pilot, "s", at="SignScreen", then=lambda: pilot.app.screen.focused)
        await press(pilot, "enter", at="ReportScreen")
        signed = await entries(pilot, EntryKind.SIGN_OFF)
        assert [entry.target for entry in signed] == ["daily-evening"]


@pytest.mark.slow
@pytest.mark.scenario("old-key", history=600.0, origin=datetime(2026, 1, 19, 0, 20, tzinfo=UTC))
async def test_a_duty_of_several_days_is_ticked_bit_by_bit(embedded):
    # Signing with ticks missing records how far it is; the ticks stand when the dialog opens again.
    async with inspect(embedded, size=(120, 40)) as pilot:
        await until(pilot, lambda: pilot.app.duties and pilot.app.duties.carried)
        screen = pilot.app.screen
        rotation = pilot.app.duties.carried[0].key
        screen.list.select(rotation)
        dialog = await press(pilot, "s", at="SignScreen", then=lambda: pilot.app.screen.focused)
        await pilot.press("space", "down", "space", "up", "space", "space")
        assert [box.value for box in dialog.checklist.boxes] == [True, True, False, False, False]
        await pilot.press(*"created")
        assert dialog.focused is dialog.field
        assert dialog.field.text == "created", "letters typed on a line are meant for the note"
        await until(
            pilot, lambda: "3 lines open: ⏎ in the note records the duty as under way" in screen_text(pilot)
        )
        await press(pilot, "enter", then=lambda: pilot.app.screen is screen and "◐" in screen_text(pilot))
        assert not await entries(pilot, EntryKind.SIGN_OFF)
        assert pilot.app.duties.carried[0].underway
        await until(pilot, lambda: "2 of 5 ticked" in screen_text(pilot))

        dialog = await press(pilot, "s", at="SignScreen", then=lambda: pilot.app.screen.focused)
        assert [box.value for box in dialog.checklist.boxes] == [True, True, False, False, False]
        assert dialog.focused is dialog.checklist.boxes[2], "the first open line"
        await press(pilot, "down", "down", "down", "space", *"no deploy today", shows="3 lines stay undone")
        await press(pilot, "enter", then=lambda: pilot.app.screen is screen and not pilot.app.duties.carried)
        (signed,) = await entries(pilot, EntryKind.SIGN_OFF)
        assert signed.data["checked"] == [box.text for box in dialog.checklist.boxes[:2]]
        assert signed.data["note"] == "no deploy today"


@pytest.mark.slow
@pytest.mark.scenario("old-key", history=600.0, origin=datetime(2026, 1, 19, 0, 20, tzinfo=UTC))
async def test_the_dialog_takes_in_what_another_console_ticked(embedded):
    async with inspect(embedded, size=(120, 40)) as pilot:
        await until(pilot, lambda: pilot.app.duties and pilot.app.duties.carried)
        rotation = pilot.app.duties.carried[0]
        pilot.app.screen.list.select(rotation.key)
        await press(pilot, "s", at="SignScreen", then=lambda: pilot.app.screen.focused)
        boxes = pilot.app.screen.checklist.boxes
        await pilot.press("space")
        change = ProgressChange(ticked=(boxes[1].text,))
        await pilot.app.ready.duties.record_progress(rotation, change)
        await until(pilot, lambda: boxes[1].value)
        assert [box.value for box in boxes] == [True, True, False, False, False]
        assert pilot.app.screen.checklist.change.ticked == (boxes[0].text,)


@pytest.mark.slow
@pytest.mark.scenario("old-key", history=600.0, origin=datetime(2026, 1, 19, 0, 20, tzinfo=UTC))
async def test_a_tick_of_another_console_does_not_turn_enter_into_a_sign_off(embedded, monkeypatch):
    async with inspect(embedded, size=(120, 40)) as pilot:
        await until(pilot, lambda: pilot.app.duties and pilot.app.duties.carried)
        rotation = pilot.app.duties.carried[0]
        pilot.app.screen.list.select(rotation.key)
        dialog = await press(pilot, "s", at="SignScreen", then=lambda: pilot.app.screen.focused)
        boxes = dialog.checklist.boxes
        await pilot.press("space", "down", "space", "down", "space", "down", "space", *"waits")
        await until(
            pilot, lambda: "1 line open: ⏎ in the note records the duty as under way" in screen_text(pilot)
        )
        monkeypatch.setattr(TypeAheadGuard, "seconds", 3600.0)
        await pilot.app.ready.duties.record_progress(rotation, ProgressChange(ticked=(boxes[4].text,)))
        await until(pilot, lambda: boxes[4].value)
        await pilot.press("enter")
        assert dialog.field.text == "waits"
        assert pilot.app.screen is dialog
        assert dialog.focused is dialog.field
        assert not await entries(pilot, EntryKind.SIGN_OFF)


@pytest.mark.slow
async def test_the_span_of_an_inspection_is_asked_for(embedded):
    async with inspect(embedded) as pilot:
        await until(pilot, lambda: pilot.app.duties)
        await press(pilot, "i", at="InspectNowScreen", then=lambda: pilot.app.screen.focused)
        await until(pilot, lambda: "since the last sign-off" in screen_text(pilot))
        await press(pilot, "right", shows="the last hour")
        await press(pilot, "tab", *"later", "enter", shows="“later” is no time")
        await press(pilot, "ctrl+u", *"-2h", "enter", at="FindingScreen")
        window = pilot.app.screen.recorded.finding.window
        assert window.end - window.start == timedelta(hours=2)


@pytest.mark.slow
@pytest.mark.scenario("ordinary-day", history=20 * 3600.0, origin=NINE)
async def test_enter_right_after_opening_signs_nothing_and_says_why(embedded, monkeypatch):
    monkeypatch.setattr(TypeAheadGuard, "seconds", 3600.0)
    async with inspect(embedded) as pilot:
        await inspected(pilot, embedded, "daily-morning")
        await press(pilot, "S", at="SignAllScreen")
        await press(pilot, "enter", shows="press ⏎ again")
        assert await entries(pilot, EntryKind.SIGN_OFF) == ()
