import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from services.clock import ManualClock
from services.journal.errors import JournalError
from services.models.duties import Occurrence, OccurrenceState
from services.models.journal import Entry, NewEntry
from services.models.problem import Problem, ProblemKind
from tests.conftest import Embedded
from tests.services.duties.duty_world import desk
from tests.tools.console import console, expect, press, screen_text, until
from tui.screens.common.notice import NoticeScreen
from tui.screens.common.type_ahead_guard import TypeAheadGuard
from tui.screens.duties.inspect import InspectScreen
from tui.screens.duties.sign import SignScreen, SkipScreen

S = OccurrenceState
NINE = datetime(2026, 1, 14, 0, 2, tzinfo=UTC)  # A Wednesday, 9:02 JST
pytestmark = [
    pytest.mark.scenario("ordinary-day", history=600.0, origin=NINE),
    pytest.mark.usefixtures("at_once"),
]


def inspect(embedded: Embedded, **options: Any) -> Any:
    return console(embedded.url, embedded.clock, mode="inspect", notifications=True, **options)


def today(pilot: Pilot[Any], duty: str) -> Occurrence:
    return next(each for each in pilot.app.duties.today.occurrences if each.slot.duty == duty)


async def shown(pilot: Pilot[Any]) -> InspectScreen:
    await until(pilot, lambda: pilot.app.duties and pilot.app.screen.list.selected)
    screen = pilot.app.screen
    assert isinstance(screen, InspectScreen)
    return screen


async def ready(pilot: Pilot[Any], kind: type) -> Any:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind) and pilot.app.screen.focused)
    return pilot.app.screen


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_today_and_the_calendar_at_every_size(embedded, size):
    async with inspect(embedded, size=size) as pilot:
        screen = await shown(pilot)
        assert "Opening check" in screen_text(pilot)
        narrow = size[0] < 100
        assert screen.grid.is_on_screen is not narrow
        titles = [each.slot.title for each in pilot.app.duties.today.occurrences]
        assert all(title in screen_text(pilot) for title in titles), "titles are whole"
        assert screen.detail.is_on_screen, "the chosen duty is below the list"
        if narrow:
            assert "Tab Calendar" in screen_text(pilot)
        await press(pilot, "tab", then=lambda: screen.focused is screen.grid)
        await until(pilot, lambda: "Jan 2026" in screen_text(pilot))
        assert screen.list.is_on_screen is not narrow
        assert not screen.agenda.display, "there is no second list of today's duties"
        await press(pilot, "tab", then=lambda: screen.focused is screen.detail)
        await pilot.press("shift+tab", "shift+tab")
        await until(pilot, lambda: screen.focused is screen.list.table and screen.list.is_on_screen)


@pytest.mark.slow
async def test_a_duty_is_signed_with_a_note(embedded):
    async with inspect(embedded) as pilot:
        screen = await shown(pilot)
        assert screen.chosen.slot.duty == "daily-morning", "what is due comes first"
        await pilot.press("s")
        await ready(pilot, SignScreen)
        assert "09:00" in screen_text(pilot)
        assert "recorded as" not in screen_text(pilot), "in time"
        await press(pilot, *"quiet", "tab", *"index", "enter", shows="needs a day")
        await pilot.press("home", *"tomorrow ", "enter")
        await until(pilot, lambda: today(pilot, "daily-morning").state is S.DONE)
        assert today(pilot, "daily-morning").signed.note == "quiet"
        (follow_up,) = pilot.app.ready.incidents.follow_ups
        assert (follow_up.text, follow_up.subject) == ("index", today(pilot, "daily-morning").key)
        month = pilot.app.ready.duties.month(follow_up.due.year, follow_up.due.month)
        assert f"follow-up@{follow_up.id}" in [each.key for day in month.days for each in day.occurrences]
        await expect(pilot, at="InspectScreen", shows="quiet")
        await press(pilot, "s", shows="already recorded by")
        await pilot.press("4", "x")
        assert isinstance(pilot.app.screen, NoticeScreen), "a note that is typed already presses nothing"
        await press(pilot, "enter", at="InspectScreen")


@pytest.mark.slow
async def test_a_missed_one_says_both_times_before_it_is_signed(embedded):
    async with desk(Path(os.environ["HOME"]) / "journal.db", ManualClock(NINE), began="2026-01-13 08:00"):
        pass
    async with inspect(embedded) as pilot:
        await shown(pilot)
        embedded.advance(8 * 3600 + 180)
        await until(pilot, lambda: today(pilot, "daily-morning").state is S.MISSED)
        pilot.app.screen.list.select(today(pilot, "daily-morning").key)
        await pilot.press("s")
        await ready(pilot, SignScreen)
        assert "Due 09:00, signed off now 17:05 JST — recorded as signed off after missed" in screen_text(
            pilot
        )
        await press(pilot, "enter", then=lambda: today(pilot, "daily-morning").state is S.DONE)
        assert today(pilot, "daily-morning").signed.was is S.MISSED


async def test_one_from_before_the_journal_says_both_times_too(embedded):
    embedded.advance(3600)
    async with inspect(embedded) as pilot:
        await until(pilot, lambda: pilot.app.duties)
        assert today(pilot, "daily-morning").state is S.NO_RECORD
        pilot.app.screen.list.select(today(pilot, "daily-morning").key)
        await pilot.press("s")
        await ready(pilot, SignScreen)
        assert "Due 09:00, signed off now 10:02 JST — recorded as late" in screen_text(pilot)
        await press(pilot, "enter", then=lambda: today(pilot, "daily-morning").state is S.DONE)
        assert today(pilot, "daily-morning").signed.was is S.LATE


async def test_skipping_needs_a_reason(embedded):
    async with inspect(embedded) as pilot:
        await shown(pilot)
        await pilot.press("minus")
        await ready(pilot, SkipScreen)
        await press(pilot, "enter", shows="A reason is required")
        await press(pilot, *"power", "enter", then=lambda: today(pilot, "daily-morning").state is S.SKIPPED)


async def test_what_was_typed_before_the_dialog_was_seen_confirms_nothing(embedded, monkeypatch):
    monkeypatch.setattr(TypeAheadGuard, "seconds", 3600.0)
    async with inspect(embedded) as pilot:
        await shown(pilot)
        await press(pilot, "s", "s", "enter", "enter", at="SignScreen")
        await pilot.press("y", "enter")
        assert isinstance(pilot.app.screen, SignScreen)
        assert pilot.app.screen.field.text == "sy"
        assert today(pilot, "daily-morning").state is S.DUE
        await pilot.press("escape")
        await press(pilot, "escape", at="InspectScreen")


@pytest.mark.slow
async def test_the_dialog_keeps_the_duty_it_was_opened_for(embedded):
    async with inspect(embedded) as pilot:
        screen = await shown(pilot)
        await pilot.press("s")
        await ready(pilot, SignScreen)
        embedded.advance(5 * 3600)
        await until(pilot, lambda: today(pilot, "daily-afternoon").state is S.DUE)
        screen.list.select(today(pilot, "daily-afternoon").key)
        await press(pilot, "enter", then=lambda: today(pilot, "daily-morning").state is S.DONE)
        assert today(pilot, "daily-afternoon").state is S.DUE


async def test_the_second_signer_sees_who_was_first(embedded):
    journal = Path(os.environ["HOME"]) / "journal.db"
    async with inspect(embedded) as pilot, desk(journal, ManualClock(NINE), user="alice") as other:
        await shown(pilot)
        await pilot.press("s")
        await ready(pilot, SignScreen)
        await pilot.press(*"mine")
        await other.duties.sign(other.today("daily-morning"), "hers")
        await press(pilot, "enter", shows="already recorded by alice, 09:02")
        assert pilot.app.screen.field.text == "mine", "the words are not lost"
        await until(pilot, lambda: today(pilot, "daily-morning").signed.by == "alice")


async def test_a_signature_of_another_console_appears(embedded):
    journal = Path(os.environ["HOME"]) / "journal.db"
    async with inspect(embedded) as pilot, desk(journal, ManualClock(NINE), user="alice") as other:
        screen = await shown(pilot)
        await press(pilot, "enter", at="DutyScreen")
        assert "Number of errors in the log" in screen_text(pilot), "what the runbook asks"
        await other.duties.sign(other.today("daily-morning"), "from the other desk")
        await until(
            pilot, lambda: "alice" in screen_text(pilot) and "from the other desk" in screen_text(pilot)
        )
        await press(pilot, "s", shows="already recorded by alice")
        await press(pilot, "escape", "escape", then=lambda: pilot.app.screen is screen)


async def test_a_refusal_keeps_dialog_and_note(embedded, monkeypatch):
    async with inspect(embedded) as pilot:
        await shown(pilot)
        await pilot.press("s")
        dialog = await ready(pilot, SignScreen)
        await pilot.press(*"kept")
        journal = pilot.app.ready.journal
        working = journal.append

        async def full(draft: NewEntry) -> Entry:
            raise JournalError(Problem(kind=ProblemKind.OTHER, summary="The disk is full.", at=NINE))

        monkeypatch.setattr(journal, "append", full)
        await press(pilot, "enter", shows="The disk is full.")
        assert pilot.app.screen is dialog
        assert dialog.field.text == "kept"
        assert today(pilot, "daily-morning").state is S.DUE
        monkeypatch.setattr(journal, "append", working)
        await press(pilot, "enter", then=lambda: today(pilot, "daily-morning").state is S.DONE)


@pytest.mark.slow
async def test_the_calendar_goes_by_days_and_months_and_back(embedded):
    async with inspect(embedded) as pilot:
        screen = await shown(pilot)
        await press(pilot, "right_square_bracket", shows="Feb 2026")
        assert screen.agenda.month.month == 2
        assert screen.agenda.day == screen.grid.day == date(2026, 2, 14)
        await press(pilot, "left_square_bracket", "left_square_bracket", shows="Dec 2025")
        await press(pilot, "t", then=lambda: screen.grid.day == date(2026, 1, 14))
        await press(pilot, "tab", "right", "enter", then=lambda: screen.focused is screen.agenda.table)
        assert not screen.list.display, "another day has the month's list in the place of today's"
        assert screen.chosen.slot.day == date(2026, 1, 15), "the keys act on what the calendar shows"
        await press(pilot, "s", shows="it can be signed off from 01-15(Thu) 09:00 on")
        await press(pilot, "escape", then=lambda: pilot.app.screen is screen)
        await pilot.press("t")
        await until(pilot, lambda: screen.focused is screen.list.table and not screen.agenda.display)


async def test_on_the_month_no_duty_is_meant_until_one_is_chosen(embedded):
    async with inspect(embedded) as pilot:
        screen = await shown(pilot)
        await pilot.press("tab", "right")
        for key in ("s", "minus"):
            await press(pilot, key, shows="Choose one of the day")
            await press(pilot, "escape", then=lambda: screen.focused is screen.agenda.table)
            await press(pilot, "tab", then=lambda: screen.focused is screen.grid)


@pytest.mark.scenario("ordinary-day", history=600.0, origin=datetime(2026, 1, 13, 23, 55, tzinfo=UTC))
async def test_before_nine_the_cursor_waits_on_todays_first_duty(embedded):
    # Not on the drill, which is due all month: a signature meant for nine o'clock would fall on it.
    async with inspect(embedded) as pilot:
        screen = await shown(pilot)
        assert any(each.slot.duty == "dr-drill" for each in pilot.app.duties.running)
        assert screen.chosen.slot.duty == "daily-morning"


async def test_where_it_is_narrow_another_month_brings_the_calendar(embedded):
    async with inspect(embedded, size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await press(pilot, "right_square_bracket", shows="Feb 2026")
        assert screen.focused is screen.grid
        await pilot.press("t", "shift+tab")
        await until(pilot, lambda: screen.focused is screen.list.table and screen.list.is_on_screen)


@pytest.mark.slow
async def test_a_deploy_is_planned_and_the_plan_withdrawn(embedded):
    async with inspect(embedded) as pilot:
        screen = await shown(pilot)
        assert "@ Plan" not in screen_text(pilot), "most duties count without a plan"
        await pilot.press("tab", *["right"] * 4, "enter")
        await until(pilot, lambda: screen.chosen and screen.chosen.slot.duty == "weekly-deploy")
        await until(pilot, lambda: "@ Plan" in screen_text(pilot))
        await press(pilot, "s", shows="it is not planned")
        await press(pilot, "escape", "at", then=lambda: screen.chosen.planned)
        assert screen.chosen.state is S.UPCOMING
        await press(pilot, "enter", at="DutyScreen")
        await press(pilot, "at", at="ConfirmScreen")
        await until(pilot, lambda: "nobody is reminded of it" in " ".join(screen_text(pilot).split()))
        assert screen.chosen.planned, "the key alone takes nothing back"
        await press(pilot, "escape", at="DutyScreen")
        assert screen.chosen.planned
        await press(pilot, "at", at="ConfirmScreen", then=lambda: pilot.app.screen.guard.is_open)
        await press(pilot, "enter", at="DutyScreen")
        await until(pilot, lambda: pilot.app.screen.occurrence.state is S.UNPLANNED)
