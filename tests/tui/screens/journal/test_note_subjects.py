from datetime import timedelta
from typing import Any

import pytest

from services.models.incidents import TriggerKind
from services.models.journal import EntryKind, EntryQuery
from tests.tools.console import console, press, screen_text, until

pytestmark = [
    pytest.mark.scenario("ordinary-day", history=600.0),
    pytest.mark.usefixtures("at_once"),
    pytest.mark.slow,
]
NOTES = EntryQuery(kinds=frozenset({EntryKind.NOTE}))


async def take(pilot: Any, name: str) -> Any:
    incidents = pilot.app.ready.incidents
    incident = await incidents.begin(
        name, name, pilot.app.now() - timedelta(minutes=1), trigger=TriggerKind.ALARM
    )
    await incidents.take(incident)
    pilot.app.incidents = incidents.incidents
    return incident


async def note(pilot: Any, *keys: str) -> str:
    """Write a note from the log screen; the subject it has in the journal."""
    journal = pilot.app.ready.journal
    before = len(await journal.entries(NOTES))
    await press(pilot, "f8", at="NoteScreen", then=lambda: pilot.app.screen.focused)
    await press(pilot, *keys, "x", "enter", left="NoteScreen")
    entries = await journal.entries(NOTES)
    assert len(entries) == before + 1
    return str(entries[-1].subject)


async def test_the_only_incident_is_the_default_and_one_of_several_is_chosen(embedded):
    async with console(embedded.url, embedded.clock, mode="change", size=(80, 24)) as pilot:
        await until(pilot, lambda: pilot.app.ready.journal.health.writable)
        assert await note(pilot) == ""
        first = await take(pilot, "alb-5xx-error-rate")
        assert await note(pilot) == first.id
        timeline = await pilot.app.ready.incidents.entries(first)
        assert timeline[-1].text == "x"
        second = await take(pilot, "ecs-cpu-high")
        assert await note(pilot) == "", "which of the two is not known"
        # Newest first, as they are listed; then the other.
        assert {await note(pilot, "ctrl+t"), await note(pilot, "ctrl+t", "ctrl+t")} == {first.id, second.id}


async def test_the_incident_under_the_cursor_is_offered_once(embedded):
    async with console(embedded.url, embedded.clock, mode="respond", size=(80, 24)) as pilot:
        await until(pilot, lambda: pilot.app.ready.journal.health.writable)
        incident = await take(pilot, "alb-5xx-error-rate")
        await until(pilot, lambda: pilot.app.screen.incident_at_hand() is not None)
        await press(pilot, "f8", at="NoteScreen")
        assert [place and place.subject for place in pilot.app.screen.subjects] == [incident.id, None]
        await until(pilot, lambda: "[x] about alb-5xx-error-rate" in screen_text(pilot))
