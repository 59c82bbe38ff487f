import asyncio
import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from services.clock import ManualClock
from services.host.state_files import state_folder
from services.journal.anchors import external_hashes
from services.journal.place import place_of
from services.journal.shared.journal import SharedJournal
from services.models.journal import Person
from services.runbook.loader import load_named
from tests.conftest import MonkeyPatch
from tests.services.journal.book import NOON, note
from tests.tools.memory_ledger import MemoryLedger
from tests.tui.printing import stderr_of, stdout_of
from tui.cli.main import PrintedOutput, run

SECRET = "s3cret"
DEAD = f"postgresql://toban:{SECRET}@127.0.0.1:1/toban"  # Nothing listens there


@pytest.fixture
def copy(monkeypatch: MonkeyPatch) -> Path:
    """This host's copy of three entries; the ledger does not answer any more."""
    monkeypatch.setenv("TOBAN_JOURNAL", DEAD)
    monkeypatch.setenv("TOBAN_LANG", "en")
    monkeypatch.setattr(external_hashes, "_journald", lambda: ((), ()))
    monkeypatch.setattr(external_hashes, "SYSLOG_FILES", ())
    system = str(load_named("facility-prod").system.id)
    path = place_of(DEAD, system, state_folder("journals")).path
    asyncio.run(_fill(path))
    return path


async def _fill(path: Path, person: Person | None = None) -> None:
    who = person or Person()
    journal = SharedJournal(path, MemoryLedger(), clock=ManualClock(NOON), person=lambda: who, syslog=None)
    await journal.open()
    for number in range(3):
        await journal.append(note(f"entry {number}"))
    await journal.close()


def toban(*argv: str) -> int:
    return run(argv, PrintedOutput(outline_drawn=False))


def test_a_copy_that_may_lack_entries_is_not_called_intact(copy, capsys):
    assert toban("journal", "verify") == 3
    printed = capsys.readouterr()
    assert "may lack newer entries" in printed.out
    assert "INTACT" not in printed.out
    (doubt,) = json.loads(stdout_of(capsys, toban("journal", "verify", "--json"), 3))["doubts"]
    assert "may lack newer entries" in doubt
    # As a file it is what it is.
    assert toban("journal", "verify", "--file", str(copy)) == 0


def test_one_reason_is_given_once(copy, capsys):
    # Neither the copy nor the comparison could be brought to an end, both because the ledger does not answer.
    printed = stdout_of(capsys, toban("journal", "verify", "--whole"), 3)
    assert printed.count("does not answer") == 1
    assert "run it again" in printed


@pytest.mark.parametrize("command", ["verify", "list", "export"])
def test_without_a_copy_the_ledger_is_what_is_missing(copy, capsys, command):
    copy.unlink()
    assert toban("journal", command) == 3
    printed = capsys.readouterr()
    assert not printed.out
    assert "does not answer" in printed.err
    assert "right file" not in printed.err


def test_who_wrote_on_another_host_is_listed_with_it(monkeypatch, capsys):
    # Two hosts have the same accounts, and terminals of the same names.
    here, there = socket.gethostname(), "bastion-2"
    monkeypatch.setenv("TOBAN_JOURNAL", DEAD)
    monkeypatch.setenv("TOBAN_LANG", "en")
    path = place_of(DEAD, "facility-prod", state_folder("journals")).path
    asyncio.run(_fill(path, Person(user="alice", origin="pts/0", host=here)))
    toban("journal", "list")
    assert "alice (pts/0)" in capsys.readouterr().out
    path.unlink()
    asyncio.run(_fill(path, Person(user="alice", origin="pts/0", host=there)))
    toban("journal", "list")
    assert f"alice@{there} (pts/0)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "status"),
    [(("journal", "list"), 3), (("journal", "export"), 3), (("report", "2026-01-14"), 1)],
    ids=["list", "export", "report"],
)
def test_what_is_read_from_it_is_printed_and_the_status_is_never_normal(copy, capsys, command, status):
    # What is bad in the copy is known; nothing good is.
    assert toban(*command) == status
    printed = capsys.readouterr()
    assert printed.out
    assert "may lack newer entries" in printed.err


@pytest.mark.usefixtures("copy")
@pytest.mark.parametrize("when", ["2026-01-14", "2026-01"])
@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_a_report_that_is_made_from_it_says_so_itself(capsys, form, when):
    # It is handed on without what was printed beside it.
    assert toban("report", when, "--format", form) == 1, "duties were missed, as far as the copy knows"
    document = capsys.readouterr().out
    assert "may lack newer entries" in document
    if form == "json":
        head = json.loads(document)
        assert (head["verdict"], head["has_unjudged"]) == ("attention", True)


@pytest.mark.parametrize(
    "command",
    [
        ("journal", "list", "--file", f"{DEAD}?nonsense=1"),
        ("journal", "list", "--file", f"postgresql://toban:{SECRET}@db"),
        ("journal", "copy", "--to", f"postgresql://toban:{SECRET}@db"),
        ("journal", "copy", "--from", f"postgresql://toban:{SECRET}@db", "--to", "x"),
        ("journal", "copy", "--to", f"{DEAD}?poll=3"),
        ("journal", "move", "--to", f"{DEAD}?poll=3", "--from", "none.db"),
        ("journal", "table", "--print", f"postgresql://toban:{SECRET}@db"),
        ("journal", "verify"),
    ],
    ids=lambda command: " ".join(command[:3]),
)
def test_a_password_is_in_no_message(copy, capsys, command):
    assert toban(*command) != 0
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    assert printed.out + printed.err


def test_no_message_of_the_disk_has_a_password(copy, capsys, monkeypatch):
    def fail(*_args: object, **_options: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr("services.journal.moving.copying._check", fail)
    assert SECRET not in stderr_of(capsys, toban("journal", "copy", "--from", str(copy), "--to", DEAD), 73)
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT count(*) FROM entries").fetchone() == (3,)
