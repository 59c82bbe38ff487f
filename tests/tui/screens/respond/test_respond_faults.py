import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from services.incidents.service import Incidents
from services.models.incidents import Incident, IncidentState
from tests.faults.small_disks import fill, small_disk
from tests.services.incidents.incident_desk import desk
from tests.services.journal.book import note
from tests.tools.console import console, press, screen_text, until
from tests.tui.screens.respond.test_respond import ALARM, _storm, choose_first_cause, incident, responding

pytestmark = [
    pytest.mark.scenario("alb-5xx", history=300.0),
    pytest.mark.usefixtures("at_once"),
    pytest.mark.slow,
]
__all__ = ["_storm", "small_disk"]


def fill_disk(monkeypatch: pytest.MonkeyPatch, pilot: Pilot[Any]) -> None:

    def full(*_arguments: Any, **_named: Any) -> Any:
        raise OSError(28, "No space left on device")

    writer = pilot.app.ready.journal._writer
    monkeypatch.setattr(writer, "put", full)
    monkeypatch.setattr(writer, "try_out", full)


@asynccontextmanager
async def other_operator(pilot: Pilot[Any]) -> AsyncIterator[tuple[Incidents, Incident]]:
    """suzuki's incidents, and the one on this screen as suzuki's console has it."""
    async with desk(pilot.app.ready.journal.path, "suzuki") as other:
        await other.incidents.load()
        theirs = other.incidents.of(incident(pilot).id)
        assert theirs is not None
        yield other.incidents, theirs


def seconds_left(pilot: Pilot[Any], clock: str) -> int:
    """What a clock of the incident shows, in seconds; -1 where it is not on the screen."""
    shown = re.search(rf"{clock}: (?:(\d+)m)? ?(?:(\d+)s)? ?left", screen_text(pilot))
    return -1 if shown is None else 60 * int(shown[1] or 0) + int(shown[2] or 0)


def dialog_says(pilot: Pilot[Any]) -> str:
    return str(pilot.app.screen.message_line.content)


def bugs(pilot: Pilot[Any]) -> int:
    return len(pilot.app.bugs)


async def test_what_a_full_disk_refused_is_said_and_done_by_the_next_key(embedded, monkeypatch):
    async with responding(embedded) as pilot:
        await until(pilot, lambda: incident(pilot).evidence)
        with monkeypatch.context() as patch:
            fill_disk(patch, pilot)
            await press(pilot, "c", shows="The disk is full")
            assert not incident(pilot).holder
            await press(pilot, "m", at="ToldScreen")
            await press(pilot, *"on it", "enter", then=lambda: "Nothing was recorded" in dialog_says(pilot))
            await press(pilot, "escape", "escape", at="IncidentScreen")
            await press(pilot, "x", at="CloseScreen")
            await pilot.press(*"pool raised", "enter")
            await until(pilot, lambda: "It is not closed; your text is still here" in dialog_says(pilot))
            assert incident(pilot).is_open
        await press(pilot, "enter", then=lambda: not incident(pilot).is_open)
        await until(pilot, lambda: "closed by" in screen_text(pilot))
        assert bugs(pilot) == 0


async def test_who_closes_second_is_told_and_keeps_the_text(embedded):
    async with responding(embedded) as pilot:
        await press(pilot, "x", at="CloseScreen")
        await pilot.press(*"pool raised")
        async with other_operator(pilot) as (incidents, theirs):
            await incidents.close(theirs, "artefact", "few requests")
        await press(pilot, "enter", then=lambda: "suzuki was faster" in dialog_says(pilot))
        assert pilot.app.screen.field.text == "pool raised"
        await until(pilot, lambda: incident(pilot).state is IncidentState.CLOSED)
        assert (incident(pilot).closed_by, bugs(pilot)) == ("suzuki", 0)


async def test_who_decides_second_is_told(embedded):
    async with responding(embedded) as pilot:
        await choose_first_cause(pilot)
        async with other_operator(pilot) as (incidents, theirs):
            await incidents.decide(theirs, "artefact", "few requests")
        await press(pilot, "enter", then=lambda: "suzuki was faster" in dialog_says(pilot))
        await until(pilot, lambda: incident(pilot).decision is not None)
        assert (incident(pilot).decision.by, bugs(pilot)) == ("suzuki", 0)


async def test_an_alarm_that_fires_on_a_full_disk_has_its_incident_once_there_is_room(embedded, small_disk):
    journal = small_disk / "journal.db"
    async with desk(journal) as other:
        await other.journal.append(note())
    fill(small_disk / "other")
    async with console(embedded.url, embedded.clock, size=(80, 24), journal=journal) as pilot:
        app = pilot.app
        await until(pilot, lambda: "no journal" in screen_text(pilot).splitlines()[0])
        await until(pilot, lambda: "firing 2" in screen_text(pilot))
        assert app.incidents == ()
        (small_disk / "other").unlink()
        await until(pilot, lambda: app.ready.journal.health.writable)
        embedded.advance(15)
        await until(pilot, lambda: any(each.evidence for each in app.incidents))
        await until(pilot, lambda: "no journal" not in screen_text(pilot).splitlines()[0])
        assert bugs(pilot) == 0


@pytest.mark.parametrize("minutes", [-4, 4])
async def test_on_a_machine_with_a_wrong_clock_incidents_are_timed_by_aws(embedded, monkeypatch, minutes):
    # The alarm fired at 10:02 and it is 10:06; the machine says something else, as the header warns.

    wrong = timedelta(minutes=minutes)
    embedded.server.front.wall = lambda: datetime.now(UTC)
    monkeypatch.setattr("services.clock.SystemClock.now", lambda _self: datetime.now(UTC) + wrong)

    class Wrong:
        elapsed, awake = embedded.clock.elapsed, embedded.clock.awake
        sleep = embedded.clock.sleep

        def now(self) -> datetime:
            return embedded.clock.now() + wrong

    async with console(embedded.url, Wrong(), size=(200, 60)) as pilot:
        app = pilot.app
        await until(pilot, lambda: any(each.target == ALARM and each.evidence for each in app.incidents))
        await press(pilot, "exclamation_mark", at="IncidentScreen")
        # The two clocks are compared to the second, and an answer takes its time.
        await until(pilot, lambda: 40 <= seconds_left(pilot, "recovery by itself") <= 80)
        await until(pilot, lambda: 340 <= seconds_left(pilot, "tell Development team") <= 380)
        assert "stale" not in screen_text(pilot).splitlines()[1]
        assert "clock" in screen_text(pilot).splitlines()[0]
        evidence = await app.ready.response.live.read(incident(pilot))
        assert abs(evidence.began - embedded.clock.now()) < timedelta(seconds=5)
