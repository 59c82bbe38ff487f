import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from services.models.duties import Occurrence, OccurrenceState
from tests.conftest import Embedded
from tests.services.duties.duty_world import JST, desk, jst
from tests.tools.console import console, expect, press, screen_text, until

pytestmark = pytest.mark.usefixtures("at_once")

S = OccurrenceState
TUESDAY = datetime(2026, 1, 12, 23, 55, tzinfo=UTC)
"""8:55 JST on the day after Coming of Age Day, a Monday on which city hall was closed."""


def waiting(pilot: Pilot[Any]) -> dict[str, OccurrenceState]:
    """The state of everything that is on the list, by `<duty> <day it is held>`."""
    view = pilot.app.duties
    every = (*view.carried, *view.running, *view.today.occurrences)
    return {f"{each.slot.duty} {each.slot.day.day}": each.state for each in every}


def listed(pilot: Pilot[Any], name: str) -> Occurrence:
    view = pilot.app.duties
    every = (*view.carried, *view.running, *view.today.occurrences)
    return next(each for each in every if f"{each.slot.duty} {each.slot.day.day}" == name)


async def at(pilot: Pilot[Any], embedded: Embedded, time: str, **expected: OccurrenceState) -> None:
    """Move the world to a time (JST) and wait until the console says what is expected."""
    embedded.advance((jst(time) - embedded.clock.now()).total_seconds())
    names = {name.replace("_", "-"): state for name, state in expected.items()}
    day = embedded.clock.now().astimezone(JST).day
    wanted = {name if " " in name else f"{name} {day}": state for name, state in names.items()}
    await until(pilot, lambda: wanted.items() <= waiting(pilot).items())


async def sign(pilot: Pilot[Any], name: str, note: str) -> None:
    assert pilot.app.screen.list.select(listed(pilot, name).key)
    await pilot.press("s")
    if name.startswith("daily-evening"):
        # Who signs for the day's report has it before his eyes.
        await expect(pilot, at="ReportScreen", then=lambda: pilot.app.screen.report)
        await pilot.press("s")
    await expect(pilot, at="SignScreen", then=lambda: pilot.app.screen.focused)
    await press(pilot, *note, "enter", left="SignScreen")
    if name.startswith("daily-evening"):
        await pilot.press("escape")
    await expect(pilot, at="InspectScreen")


@pytest.mark.slow
@pytest.mark.scenario("ordinary-day", history=600.0, origin=TUESDAY)
async def test_from_morning_to_the_next(embedded, monkeypatch):
    journal = Path(os.environ["HOME"]) / "journal.db"
    async with (
        desk(journal, embedded.clock, user="bob", began="2026-01-13 08:50") as bob,
        console(embedded.url, embedded.clock, size=(120, 40), mode="inspect") as pilot,
    ):
        rung: list[str] = []
        monkeypatch.setattr(pilot.app, "ring", rung.append)
        await until(pilot, lambda: pilot.app.duties)
        assert rung == [], "nothing is new at the start"

        monday, tuesday = pilot.app.ready.duties.month(2026, 1).days[11:13]
        assert not monday.occurrences
        assert {"weekly-backup", "weekly-cost"} <= {each.slot.duty for each in tuesday.occurrences}

        await at(pilot, embedded, "2026-01-13 09:00", daily_morning=S.DUE, weekly_backup=S.DUE)
        assert len(rung) == 1
        assert "due: " in rung[0]
        await until(pilot, lambda: "2 Inspect(5)" in screen_text(pilot))
        await sign(pilot, "daily-morning 13", "quiet night")
        await until(pilot, lambda: waiting(pilot)["daily-morning 13"] is S.DONE)
        await bob.until(lambda: bob.today("daily-morning").state is S.DONE)
        await bob.duties.sign(bob.today("weekly-backup"), "seven snapshots")
        await until(pilot, lambda: waiting(pilot)["weekly-backup 13"] is S.DONE)
        assert listed(pilot, "weekly-backup 13").signed.by == "bob"
        await bob.duties.skip(bob.today("weekly-patches"), "looked at yesterday")
        await until(pilot, lambda: waiting(pilot)["weekly-patches 13"] is S.SKIPPED)

        await at(pilot, embedded, "2026-01-13 09:30", weekly_cost=S.LATE)
        assert len(rung) == 2
        assert rung[1] == "late: Costs in Cost Explorer"
        await at(pilot, embedded, "2026-01-13 14:00", daily_afternoon=S.DUE)
        await at(pilot, embedded, "2026-01-13 14:30", daily_afternoon=S.LATE)
        await at(pilot, embedded, "2026-01-13 17:00", daily_afternoon=S.MISSED, daily_evening=S.DUE)
        await at(pilot, embedded, "2026-01-13 17:05", daily_evening=S.DUE)
        await sign(pilot, "daily-afternoon 13", "was in a meeting")
        await until(pilot, lambda: waiting(pilot)["daily-afternoon 13"] is S.DONE)
        signed = listed(pilot, "daily-afternoon 13").signed
        assert (signed.was, signed.at) == (S.MISSED, jst("2026-01-13 17:05"))

        await at(pilot, embedded, "2026-01-14 08:55", daily_morning=S.UPCOMING)
        assert pilot.app.screen.chosen.slot.duty == "weekly-cost", (
            "yesterday's is signed: what waits comes first"
        )
        carried = {each.slot.duty: each.state for each in pilot.app.duties.carried}
        assert carried == {"daily-evening": S.LATE, "weekly-cost": S.LATE}
        assert pilot.app.screen.grid.day == date(2026, 1, 14), (
            "the calendar's cursor was on today and still is"
        )
        await until(pilot, lambda: "Left over from earlier days" in screen_text(pilot))
        await at(pilot, embedded, "2026-01-14 09:00", daily_morning=S.DUE)
        assert waiting(pilot)["daily-evening 13"] is S.MISSED
        await sign(pilot, "daily-evening 13", "")
        await until(pilot, lambda: "daily-evening 13" not in waiting(pilot))
        assert pilot.app.ready.duties.month(2026, 1).days[12].occurrences[-1].state is S.DONE


@pytest.mark.scenario("ordinary-day", history=600.0, origin=TUESDAY)
async def test_a_duty_of_sunday_the_first_is_listed_on_the_second(embedded):
    async with console(embedded.url, embedded.clock, size=(120, 40), mode="inspect") as pilot:
        await until(pilot, lambda: pilot.app.duties)
        await pilot.press("right_square_bracket", "tab", "home")
        await until(pilot, lambda: pilot.app.screen.grid.day == date(2026, 2, 1))
        await until(pilot, lambda: "02-01(Sun) Sunday (closed)" in screen_text(pilot))
        await pilot.press("right", "enter")
        await until(
            pilot, lambda: pilot.app.screen.chosen and pilot.app.screen.chosen.slot.day == date(2026, 2, 2)
        )
        duties = {each.slot.duty for each in pilot.app.screen.agenda.month.days[1].occurrences}
        assert {"monthly-trail", "monthly-patches", "monthly-review", "weekly-backup"} <= duties
        assert "CloudTrail log" in screen_text(pilot)
