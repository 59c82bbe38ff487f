import asyncio
import re
import sqlite3
import time
from collections import Counter
from contextlib import closing

import pytest

from services.clock import SystemClock
from services.journal.journal import Journal
from services.models.journal import EntryKind, Person
from tests.tools.demo import demo_command
from tests.tui.pty_console import PtyConsole

pytestmark = [pytest.mark.slow, pytest.mark.data, pytest.mark.xdist_group("inspection-kill")]
MORNING = ("alarms", "dashboard", "error-logs")
KEY = "daily-morning@2026-01-14T09:00"


def toban(journal, minute):
    options = ("--mode", "inspect", "--speed", "20", "--journal", str(journal))
    return PtyConsole(demo_command(*options, at=f"2026-01-14 09:{minute:02d}"), size=(40, 120))


def count(journal, kind):
    try:
        with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True, timeout=0.2)) as file:
            return int(
                file.execute("SELECT count(*) FROM entries WHERE kind = ?", (kind.value,)).fetchone()[0]
            )
    except sqlite3.Error:
        return 0


def until(console, reached, limit=60.0):
    end = time.monotonic() + limit
    while not reached():
        console.read()
        assert time.monotonic() < end, console.text
        assert console.process.poll() is None, console.text


def read(journal):
    async def entries():
        book = Journal(journal, clock=SystemClock(), person=Person, syslog=None)
        await book.open()
        try:
            return await book.entries()
        finally:
            await book.close()

    return asyncio.run(entries())


def test_a_console_killed_while_it_inspects_and_as_it_signs(tmp_path):
    journal = tmp_path / "j.db"
    # Killed as soon as the runs are claimed, and again after each finding.
    for turn, (kind, count_due) in enumerate(
        [(EntryKind.LOOKING, 1), (EntryKind.FINDING, 1), (EntryKind.FINDING, 2), (EntryKind.FINDING, 3)]
    ):
        with toban(journal, 1 + turn) as console:
            until(console, lambda kind=kind, count_due=count_due: count(journal, kind) >= count_due)
            console.process.kill()
            console.process.wait()
    with toban(journal, 8) as console:
        until(console, lambda: count(journal, EntryKind.FINDING) >= len(MORNING))
        until(console, lambda: re.search("Opening check.*● normal", console.text))
        console.send("S")
        console.wait_text("Note for all")
        # Enter counts once the dialog was shown long enough; it is pressed until the sign-off is recorded.
        until(console, lambda: console.send("\r") or count(journal, EntryKind.SIGN_OFF) >= 1)
        console.process.kill()
        console.process.wait()
    with toban(journal, 20) as console:
        until(console, lambda: re.search("Opening check.*done", console.text))
    entries = read(journal)
    signed = Counter(entry.subject for entry in entries if entry.kind is EntryKind.SIGN_OFF)
    assert signed[KEY] == 1
    inspections = {
        entry.target for entry in entries if entry.kind is EntryKind.FINDING and entry.subject == KEY
    }
    assert inspections == set(MORNING)
    # Each claim is taken once, however often the runs were started.
    claims = Counter(entry.claim for entry in entries if entry.claim)
    assert set(claims.values()) == {1}
