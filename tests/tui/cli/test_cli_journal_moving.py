import asyncio
import errno
import sqlite3
from pathlib import Path
from typing import NoReturn

import pytest

from services.clock import ManualClock
from services.journal import place
from services.journal.moving.file_target import FileTarget
from services.journal.shared.journal import SharedJournal
from services.models.journal import EntryKind, NewEntry
from tests.conftest import MonkeyPatch
from tests.services.journal.book import ALICE, NOON, filled
from tests.tools.memory_ledger import MemoryLedger
from tests.tui.printing import stderr_of
from tui.cli.main import PrintedOutput, run

AGAIN = "run the same command again"


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: MonkeyPatch) -> Path:
    path = tmp_path / "journal.db"
    filled(path, 3)
    monkeypatch.setenv("TOBAN_JOURNAL", str(path))
    return path


def toban(*argv: str, lang: str = "en") -> int:
    return run(("--lang", lang, *argv), PrintedOutput(outline_drawn=False))


def full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


@pytest.mark.parametrize("error", [full(), OSError(errno.ENOSPC, "No space left on device")])
def test_a_full_disk_is_said_in_words(error, journal, tmp_path, monkeypatch, capsys):
    def put(_target: FileTarget, _seq: int, _record: bytes) -> NoReturn:
        raise error

    monkeypatch.setattr(FileTarget, "_put", put)
    backup = tmp_path / "backup.db"
    assert toban("journal", "copy", "--to", str(backup)) == 73
    assert f"{backup}: The disk is full" in (printed := capsys.readouterr().err)
    assert AGAIN in printed
    printed = stderr_of(capsys, toban("journal", "copy", "--to", str(backup), lang="ja"), 73)
    assert "ディスク" in printed
    assert "No space" not in printed
    assert "database or disk" not in printed


def test_a_journal_that_has_moved_is_not_to_be_moved_from_there_again(tmp_path, monkeypatch, capsys):
    ledger = MemoryLedger()
    asyncio.run(_leave(ledger, tmp_path / "copy.db"))
    monkeypatch.setattr(place, "open_ledger", lambda *_arguments: ledger)
    monkeypatch.setenv("TOBAN_JOURNAL", "postgresql://toban@127.0.0.1:1/journals")
    printed = stderr_of(capsys, toban("journal", "copy", "--to", str(tmp_path / "backup.db")), 69)
    assert "has moved to s3://city-journals" in printed
    assert AGAIN not in printed.lower()


async def _leave(ledger: MemoryLedger, copy: Path) -> None:
    journal = SharedJournal(copy, ledger, clock=ManualClock(NOON), person=lambda: ALICE, syslog=None)
    await journal.open()
    await journal.append(NewEntry(kind=EntryKind.MOVED, text="moved", data={"to": "s3://city-journals"}))
    await journal.close()


def test_a_target_that_does_not_answer_is_tried_again(journal, capsys):
    assert toban("journal", "move", "--to", "postgresql://toban@127.0.0.1:1/journals") == 69
    assert "Run the same command again" in capsys.readouterr().err
