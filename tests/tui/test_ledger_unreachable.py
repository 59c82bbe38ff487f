from pathlib import Path

import pytest

from services import i18n
from services.journal.ledgers.registry import parse
from services.journal.place import JournalPlace
from services.models.journal import EntryKind, NewEntry
from tests.conftest import Embedded
from tests.services.journal.hosts import Host, two_hosts
from tests.services.journal.ledgers.places import PostgresqlPlace
from tests.tools.console import console, expect, flat_text, press, screen_text, until, until_later
from tests.tools.memory_ledger import MemoryLedger
from tui.screens.common.type_ahead_guard import TypeAheadGuard
from tui.screens.duties.duty_actions import report

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TypeAheadGuard, "seconds", 0.05)


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def hosts(embedded: Embedded, ledger: MemoryLedger, tmp_path: Path) -> tuple[Host, Host]:
    return two_hosts(ledger, tmp_path, embedded.clock.now())


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_banner_says_what_waits_and_what_is_refused(embedded, ledger, hosts, size):
    here = hosts[0]
    async with console(
        embedded.url, embedded.clock, journal=here.place, person=here.person, size=size
    ) as pilot:
        app = pilot.app
        assert not app.screen.journal_banner.display
        here.line.is_cut = True
        await press(pilot, "f8", at="NoteScreen")
        # The line was cut since the console last looked, so the note is the first to find out.
        app.screen.field.text = "kept for later"
        await until(pilot, lambda: app.screen.guard.is_open)
        await press(pilot, "enter", left="NoteScreen")
        await until(pilot, lambda: app.screen.journal_banner.display and app.ready.journal.health.late == 1)
        await until(pilot, lambda: "(1 so far)" in flat_text(pilot))
        text = flat_text(pilot)
        assert ": The ledger does not answer." in text
        assert "Signing off, approvals and changes are refused." in text
        await press(pilot, "f8", at="NoteScreen", shows="this is recorded once it does")
        await press(pilot, "escape", left="NoteScreen")
        report(app)
        await expect(pilot, at="ReportScreen", shows="may lack newer entries")
        await pilot.press("escape")
        here.mend(ledger)
        await until(pilot, lambda: app.ready.journal.health.writable and not app.ready.journal.health.late)
        await until(pilot, lambda: not app.screen.journal_banner.display)
        notes = [entry for entry in await app.ready.journal.entries() if entry.kind is EntryKind.NOTE]
        assert [(entry.text, entry.is_late) for entry in notes] == [("kept for later", True)]
        assert not app.bugs


async def test_names_say_the_host_where_it_is_another(embedded, hosts):
    here, there = hosts
    async with (
        there.open() as other,
        console(
            embedded.url, embedded.clock, journal=here.place, person=here.person, mode="journal"
        ) as pilot,
    ):
        await other.append(NewEntry(kind=EntryKind.NOTE, text="from the other host"))
        await expect(pilot, at="JournalScreen", shows="from the other host")
        text = screen_text(pilot)
        assert "bob@bastion-2" in text
        assert "alice@" not in text


@pytest.mark.xdist_group("ledger-postgresql")
@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ja"])
async def test_a_database_that_was_stopped_is_named(embedded, tmp_path, language, request):
    database = PostgresqlPlace()
    request.addfinalizer(database.stack.close)
    address = parse(database.address)
    place = JournalPlace("facility-prod", tmp_path / "copy.db", address)
    i18n.use(language)
    async with console(embedded.url, embedded.clock, journal=place, size=(80, 24)) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.ready.journal.health.writable)
        with database.server.stopped():
            await until_later(pilot, embedded, lambda: app.screen.journal_banner.display, step=1.0)
            text = flat_text(pilot)
            assert address.place in text
            assert ("Since 10:" if language == "en" else "10:") in text
            # All of it is on the screen, at the least size.
            words = app.screen.journal_banner.problem.remedy
            assert "".join(words.split()) in "".join(text.split())
        await until_later(pilot, embedded, lambda: not app.screen.journal_banner.display, step=1.0)
        assert app.ready.journal.health.writable
        assert not app.bugs
