import json
from datetime import timedelta
from pathlib import Path

import pytest

from services.clock import ManualClock
from services.journal.entry_window import EntryWindow
from services.models.base import RawId
from services.models.journal import EntryKind, EntryQuery
from services.models.runbook import JournalSpec, Runbook
from services.runbook.loader import load_builtin
from tests.conftest import Embedded
from tests.services.journal.book import of_tomorrow, tampered
from tests.tools.console import console, expect, flat_text, press, screen_text, settled, until
from tests.tui.journal_tools import other_console, record
from tests.tui.seeding import client, make_group
from tui.screens.journal.filter import JournalFilterScreen
from tui.screens.journal.journal import JournalScreen

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

HOSTILE = "[/ecs/web] [@click=app.quit]x[/] \x1b[2J\u202e"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def idle() -> Runbook:
    """A runbook without duties, whose inspections would write into the journal."""
    return load_builtin("facility-prod").model_copy(update={"duties": ()})


def yesterday(embedded: Embedded) -> ManualClock:
    return ManualClock(embedded.clock.now() - timedelta(days=1))


async def test_the_newest_are_on_top_and_do_not_move_the_cursor(embedded, path):
    async with other_console(path, yesterday(embedded)) as other:
        await record(other, "the day before")
    async with other_console(path, embedded.clock) as other:
        first = await record(other, "this morning")
        async with console(embedded.url, embedded.clock, journal=path, mode="journal") as pilot:
            screen = pilot.app.screen
            assert isinstance(screen, JournalScreen)
            table = screen.panel.table
            await until(pilot, lambda: "this morning" in screen_text(pilot))
            lines = screen_text(pilot).splitlines()
            at = [
                next(y for y, line in enumerate(lines) if words in line)
                for words in ("Today", "this morning", "Yesterday", "the day before")
            ]
            assert at == sorted(at)
            await until(pilot, lambda: table.cursor_key is not None)
            table.move_to(str(first))
            await record(other, f"from elsewhere {HOSTILE}")
            await until(pilot, lambda: "from elsewhere" in screen_text(pilot))
            assert table.cursor_key == str(first)
            assert "[@click=app.quit]" in screen_text(pilot)
            assert pilot.app.filter_hits == 0
            assert not pilot.app.bugs


@pytest.mark.slow
async def test_it_pages_to_the_first_entry_and_back(embedded, path):
    async with other_console(path, embedded.clock) as other:
        for number in range(1, 401):
            await record(other, f"note {number}")
        async with console(embedded.url, embedded.clock, journal=path, mode="journal") as pilot:
            screen = pilot.app.screen
            assert isinstance(screen, JournalScreen)
            table, view = screen.panel.table, lambda: screen.panel.state.value
            await until(pilot, lambda: view() and view().entries)
            newest = view().entries[0].seq
            screen.window = EntryWindow(screen.services.journal, EntryQuery(), page=80, most=240)
            await press(pilot, "end", then=lambda: table.cursor_key == "1")
            await expect(pilot, shows=("note 1", "newer entries above"))
            await record(other, "meanwhile")
            while view().newer:
                before = table.cursor_key
                await press(pilot, *["pageup"] * 4, then=lambda before=before: table.cursor_key != before)
                assert len(view().entries) <= 240
                row = next(i for i, each in enumerate(table.rows) if each.key == table.cursor_key)
                assert 0 <= row - table.scroll_offset.y < table.size.height, "the cursor is in view"
            await press(pilot, "home", then=lambda: int(table.cursor_key) > newest)
            # A reader further down is notified of new entries, and is not moved.
            await pilot.press(*["pagedown"] * 3)
            await settled(pilot)
            shown = [line for line in screen_text(pilot).splitlines() if "note 1" in line]
            assert "above" not in screen_text(pilot)
            await record(other, "one more")
            await until(pilot, lambda: "newer entries above" in screen_text(pilot))
            assert [line for line in screen_text(pilot).splitlines() if "note 1" in line] == shown


@pytest.mark.slow
async def test_filters_are_visible_and_one_key_drops_them(embedded, path):
    async with other_console(path, yesterday(embedded), "suzuki") as other:
        await record(other, "yesterday's", target="alb-5xx")
    async with other_console(path, embedded.clock, "suzuki") as other:
        await record(other, "ＤＢの保守 tomorrow", target="rds")
        await record(other, "signed", EntryKind.SIGN_OFF, target="daily-0900")
        async with console(
            embedded.url, embedded.clock, journal=path, runbook=idle(), mode="journal"
        ) as pilot:
            screen = pilot.app.screen
            assert isinstance(screen, JournalScreen)

            def texts() -> list[str]:
                return [
                    entry.text
                    for entry in screen.panel.state.value.entries
                    if entry.kind is not EntryKind.STARTED
                ]

            everything = ["signed", "ＤＢの保守 tomorrow", "yesterday's"]
            await until(pilot, lambda: screen.panel.state.value and texts() == everything)

            await press(pilot, "slash", *"db", "enter", then=lambda: texts() == ["ＤＢの保守 tomorrow"])
            assert "“db”" in screen_text(pilot)
            assert "1 found" in screen_text(pilot)
            await press(pilot, "escape", then=lambda: texts() == everything)
            await until(pilot, lambda: "shows all" not in screen_text(pilot))

            await press(pilot, "D", *"-1", "enter", then=lambda: texts() == ["yesterday's"])
            await press(pilot, "right_square_bracket", then=lambda: texts() == everything[:2])
            await press(pilot, "D", *"nonsense", "enter", shows="no such day")
            await press(pilot, "escape", "escape", then=lambda: texts() == everything)

            await pilot.press("f")
            await until(
                pilot,
                lambda: (
                    isinstance(pilot.app.screen, JournalFilterScreen) and len(pilot.app.screen.choices) > 16
                ),
            )
            await pilot.press(*"alb", "enter", *["backspace"] * 3, *"suzuki", "enter", "escape")
            await until(pilot, lambda: texts() == ["yesterday's"])
            assert screen.window.query == EntryQuery(person="suzuki", target="alb-5xx")
            assert "alb-5xx" in screen_text(pilot)
            await press(pilot, "f", at="JournalFilterScreen")
            await press(pilot, *"sign-off", "enter", "escape", shows="No entry matches the filter")
            await press(pilot, "escape", then=lambda: texts() == everything)
            assert screen.focused is screen.panel.table


async def test_kinds_of_a_later_version_are_filtered_by_name(embedded, path):
    async with other_console(path, embedded.clock, "suzuki") as other:
        await record(other, "a note")
    now = embedded.clock.now()
    approved = of_tomorrow(
        path, "co-signed", at=now, text="limit 8 is fine", data={"restrains_changes": "0.2"}
    )
    of_tomorrow(path, "[b]x[/]", at=now, text="frozen", data={"restrains_changes": False})
    async with console(embedded.url, embedded.clock, journal=path, mode="journal") as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, JournalScreen)

        def texts() -> list[str]:
            return [entry.text for entry in screen.panel.state.value.entries]

        await expect(pilot, shows=("unknown kind (co-signed)", "unknown kind ([b]x[/])"))
        await pilot.press("f")
        await until(
            pilot,
            lambda: (
                isinstance(pilot.app.screen, JournalFilterScreen)
                and any(choice.unknown for choice in pilot.app.screen.choices)
            ),
        )
        await press(pilot, *"co-sig", "enter", shows="✓ ? unknown kind (co-signed)")
        await press(pilot, "escape", then=lambda: texts() == ["limit 8 is fine"])
        assert screen.window.query == EntryQuery(unknown_kinds=frozenset({"co-signed"}))
        await until(pilot, lambda: "kind unknown kind (co-signed)" in flat_text(pilot))
        screen.panel.table.move_to(str(approved.seq))
        await press(pilot, "enter", at="EntryScreen", then=lambda: pilot.app.screen.detail.link)
        await settled(pilot)
        for words in ("? unknown kind (co-signed)", "limit 8 is fine", "restrains changes: 0.2", "as it was"):
            assert words in screen_text(pilot)
        assert not pilot.app.bugs


async def test_an_entry_opens_whole_and_leads_through_its_story(embedded, path):
    async with other_console(path, embedded.clock) as other:
        plan = await record(
            other,
            "limit 4 → 8",
            EntryKind.PLAN,
            subject="plan-1",
            target="svc",
            data={"plan": {"warnings": [HOSTILE]}},
        )
        await record(other, "something else")
        outcome = await record(
            other, "it is 8", EntryKind.OUTCOME, subject="plan-1", target="svc", data={"state": "done"}
        )
        async with console(embedded.url, embedded.clock, journal=path, mode="journal") as pilot:
            screen = pilot.app.screen
            assert isinstance(screen, JournalScreen)
            await until(pilot, lambda: screen.panel.table.move_to(str(outcome)))
            await pilot.press("enter")
            await expect(pilot, at="EntryScreen", then=lambda: len(pilot.app.screen.detail.story) == 2)
            detail = pilot.app.screen.detail
            await until(pilot, lambda: detail.link and detail.link.is_intact)
            await settled(pilot)
            text = screen_text(pilot)
            for words in (
                "it is 8",
                "limit 4 → 8",
                "sato",
                "10.0.0.9",
                "bastion",
                "as it was written",
                detail.entry.hash[:30],
            ):
                assert words in text
            await press(pilot, "left", then=lambda: detail.entry.seq == plan)
            await settled(pilot)
            assert "[@click=app.quit]" in screen_text(pilot)
            await pilot.press("left")
            assert detail.entry.seq == plan, "none before it"
            await record(other, "and further", EntryKind.RESOLVED, subject="plan-1")
            await until(pilot, lambda: "and further" in screen_text(pilot))
            await press(pilot, "escape", then=lambda: pilot.app.screen is screen)
            assert pilot.app.filter_hits == 0


def keeping(stream: str) -> Runbook:
    spec = JournalSpec(log_group=RawId("/toban/journal"), log_stream=RawId(stream))
    return idle().model_copy(update={"journal": spec})


async def test_the_stream_of_the_runbook_reveals_a_truncated_end(embedded, path):
    async with client("logs", embedded.url) as logs:
        await make_group(logs, "/toban/journal", "bastion")
    with_stream = {"journal": path, "runbook": keeping("bastion"), "mode": "journal"}
    async with console(embedded.url, embedded.clock, **with_stream) as pilot:
        for text in ("first", "second"):
            await record(pilot.app.screen.services.journal, text)
        await pilot.pause()
    tampered(path, "DELETE FROM entries WHERE seq > 1", "DELETE FROM words WHERE seq > 1")
    async with console(embedded.url, embedded.clock, **with_stream) as pilot:
        await press(pilot, "V", shows="Entries 2 to 5 are missing at the end")


async def test_a_hash_that_cannot_be_stored_outside_is_reported(embedded, path):
    runbook = keeping("none")
    async with console(embedded.url, embedded.clock, journal=path, runbook=runbook, mode="journal") as pilot:
        await until(
            pilot,
            lambda: "No hash is kept externally: CloudWatch Logs: There is no stream" in screen_text(pilot),
        )
        await press(pilot, "V", shows=("cannot be determined", "There is no stream none"))
    async with console(embedded.url, embedded.clock, journal=path, mode="journal") as pilot:
        assert not pilot.app.screen.checkpoint_line.display


async def test_verify_explains_what_was_altered(embedded, path):
    async with other_console(path, embedded.clock) as other:
        for number in range(5):
            await record(other, f"note {number}")
    async with console(embedded.url, embedded.clock, journal=path, mode="journal") as pilot:
        await press(pilot, "V", at="JournalVerifyScreen", then=lambda: pilot.app.screen.verification)
        await until(pilot, lambda: "entries were checked" in screen_text(pilot))
        await pilot.press("escape")
        import sqlite3

        with sqlite3.connect(path) as db:
            db.executescript("DROP TRIGGER entries_stay; UPDATE entries SET user = 'nobody' WHERE seq = 3")
        db.close()
        await press(pilot, "V", shows=("differs from what was written", "#3"))


async def test_what_is_shown_is_exported_for_this_user_alone(embedded, path):
    async with other_console(path, embedded.clock) as other:
        for number in range(3):
            await record(other, f"note {number}")
        await record(other, "wanted", target="svc")
        async with console(
            embedded.url, embedded.clock, journal=path, mode="journal", notifications=True
        ) as pilot:
            screen = pilot.app.screen
            assert isinstance(screen, JournalScreen)
            screen.show(EntryQuery(target="svc"))
            await until(pilot, lambda: len(screen.panel.state.value.entries) == 1)
            await press(pilot, "ctrl+s", shows="was saved to")
            (file,) = (Path.home() / ".local/state/toban/exports").glob("journal-*.jsonl")
            assert file.stat().st_mode & 0o777 == 0o600
            (line,) = file.read_text().splitlines()
            assert json.loads(line)["text"] == "wanted"
