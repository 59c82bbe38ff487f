import os
from pathlib import Path

import pytest

from services.models.alarms import AlarmState
from services.models.journal import EntryKind
from tests.tools.console import console, press, screen_text, until
from tests.tui.journal_tools import other_console
from tests.tui.screens.changes.test_change_keys import burst
from tui.messages import OpenAlarm
from tui.screens.common.type_ahead_guard import TypeAheadGuard
from tui.screens.watch.acknowledge import AcknowledgeScreen
from tui.screens.watch.alarm import AlarmScreen

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)
NAME = "alb-5xx-error-rate"


@pytest.fixture(autouse=True)
def quick_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TypeAheadGuard, "seconds", 0.05)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.mark.slow
@pytest.mark.scenario("alb-5xx", history=600.0)
async def test_an_acknowledgement_is_visible_to_the_next_operator_and_ends_with_the_state(embedded, path):
    async with (
        console(embedded.url, embedded.clock, journal=path, size=(140, 40)) as mine,
        console(embedded.url, embedded.clock, journal=path, size=(140, 56)) as theirs,
    ):
        state = lambda pilot: next(each for each in pilot.app.alarms.value.alarms if each.name == NAME)  # noqa: E731
        for pilot in (mine, theirs):
            await until(
                pilot, lambda pilot=pilot: state(pilot).state is AlarmState.ALARM or embedded.advance(20)
            )
        strip = lambda pilot: screen_text(pilot).splitlines()[1]  # noqa: E731
        assert "acknowledged" not in strip(mine)
        mine.app.screen.alarms.table.move_to(NAME)
        await mine.press("c")
        await until(
            mine, lambda: isinstance(mine.app.screen, AcknowledgeScreen) and mine.app.screen.guard.is_open
        )
        assert NAME in screen_text(mine)
        mine.app.screen.field.text = "業者へ連絡済み [@click=app.quit]"
        await mine.press("enter")
        for pilot in (mine, theirs):
            await until(pilot, lambda pilot=pilot: "業者へ連絡済み [@click" in screen_text(pilot))
            assert "✓ 1 of" in strip(pilot)
            assert "firing" in strip(pilot), "it is still counted"

        theirs.app.post_message(OpenAlarm(state(theirs)))
        await until(
            theirs,
            lambda: isinstance(theirs.app.screen, AlarmScreen) and theirs.app.screen.detail.acknowledgements,
        )
        await until(theirs, lambda: screen_text(theirs).count("業者へ連絡済み") == 2)
        assert "acknowledged by" in screen_text(theirs)
        await until(theirs, lambda: state(theirs).state is AlarmState.OK or embedded.advance(60))
        await until(theirs, lambda: screen_text(theirs).count("業者へ連絡済み") == 1)
        assert theirs.app.screen.detail.acknowledged is None, "the new state was seen by nobody yet"
        assert theirs.app.screen.detail.acknowledgements, "the old one stays in its history"
        assert theirs.app.filter_hits == 0


async def test_enter_typed_ahead_acknowledges_nothing(embedded, path, monkeypatch):
    monkeypatch.setattr(TypeAheadGuard, "seconds", 60.0)
    async with console(embedded.url, embedded.clock, journal=path) as pilot:
        await press(pilot, "a", "home", "c", "enter", "enter", at="AcknowledgeScreen")
        await press(pilot, "enter", "escape", left="AcknowledgeScreen")
        kinds = [entry.kind for entry in await pilot.app.ready.journal.entries()]
        assert EntryKind.ACKNOWLEDGED not in kinds


async def test_the_key_is_for_the_alarms_alone(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        assert "Acknowledge" in screen_text(pilot)
        await press(pilot, "d", then=lambda: "Acknowledge" not in screen_text(pilot))


async def test_a_note_of_several_lines_about_what_is_selected(embedded, path):
    async with console(embedded.url, embedded.clock, journal=path) as pilot:
        await pilot.press("a")
        pilot.app.screen.alarms.table.move_to("ecs-cpu-high")
        await press(pilot, "f8", at="NoteScreen", shows="about ecs-cpu-high")
        await press(pilot, "enter", shows="Nothing has been written yet")
        assert "[ ] about" in screen_text(pilot), "the cursor merely stands there"
        await burst(pilot, "ctrl+t", *"one", "ctrl+j", *"two")
        await press(pilot, "enter", left="NoteScreen")
        await press(pilot, "f8", at="NoteScreen", then=lambda: pilot.app.focused is pilot.app.screen.field)
        await burst(pilot, *"of nothing")
        await press(pilot, "enter", left="NoteScreen")
        entries = await pilot.app.ready.journal.entries()
        notes = [entry for entry in entries if entry.kind is EntryKind.NOTE]
        assert [(entry.target, entry.text) for entry in notes] == [
            ("ecs-cpu-high", "one two"),
            ("", "of nothing"),
        ]
        assert notes[0].data == {"note": "one\ntwo"}


@pytest.mark.slow
async def test_neither_one_key_nor_a_gone_journal_loses_a_note(embedded, path):
    async with console(embedded.url, embedded.clock, journal=path) as pilot:
        await press(pilot, "f8", *"kept", at="NoteScreen", then=lambda: pilot.app.screen.field.text == "kept")
        await press(pilot, "escape", shows="Esc again to discard")
        os.rename(path, f"{path}.away")
        await press(pilot, "enter", shows="Nothing was recorded")
        assert pilot.app.screen.field.text == "kept"
        os.rename(f"{path}.away", path)
        await press(pilot, "enter", left="NoteScreen")
        async with other_console(path, embedded.clock) as other:
            assert (await other.page()).entries[0].text == "kept"
