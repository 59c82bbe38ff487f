import asyncio
import json
import os
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.journal.anchors import external_hashes
from services.journal.anchors.checkpoints import Checkpoint, line_of
from services.journal.derived.verified import Verified
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.journal import EntryKind, NewEntry, Person
from tests.conftest import MonkeyPatch
from tests.services.journal.book import NOON, append, of_tomorrow, tampered
from tests.tui.printing import stderr_of, stdout_of
from tests.tui.seeding import client, make_group, put_lines
from tui.cli.main import PrintedOutput, run

START = datetime(2026, 1, 13, 14, 30, tzinfo=UTC)  # 23:30 in Japan


@pytest.fixture
def journal_path(tmp_path: Path, monkeypatch: MonkeyPatch) -> Path:
    """A journal of three entries on two days, named by the configuration; this machine's log is empty."""
    path = tmp_path / "journal.db"
    with closing(Store(path)) as store:
        for number, kind in enumerate((EntryKind.STARTED, EntryKind.SIGN_OFF, EntryKind.NOTE)):
            append(
                store,
                NewEntry(kind=kind, text=f"entry {number} 点検", target="staff-api"),
                at=START + timedelta(hours=number),
                person=Person(user="alice" if number else "bob", origin="ssh 10.0.0.5"),
            )
    monkeypatch.setenv("TOBAN_JOURNAL", str(path))
    monkeypatch.setenv("TOBAN_LANG", "en")
    monkeypatch.setattr(external_hashes, "_journald", lambda: ((), ()))
    monkeypatch.setattr(external_hashes, "SYSLOG_FILES", ())
    return path


def toban(*argv: str) -> int:
    return run(("journal", *argv), PrintedOutput(outline_drawn=False))


def syslog_copy(path: Path, to: Path) -> Path:
    with closing(JournalReader.open(path)) as reader:
        seq, head = reader.head()
        to.write_text(f"Jan 14 x toban: {line_of(Checkpoint(reader.id, seq, head, str(path)))}\n")
    return to


def test_an_intact_journal(journal_path, capsys):
    output = stdout_of(capsys, toban("verify"))
    assert str(journal_path) in output
    assert "3 entries" in output
    assert "cut-off end would go unnoticed" in output
    assert output.endswith("INTACT\n")


def test_what_was_not_read_is_not_called_intact(journal_path, capsys):
    with closing(Store(journal_path)) as store:
        store.remember("verified-1", Verified(2, store.hash_at(2), NOON).saved)
    tampered(journal_path, "UPDATE entries SET text = 'y' WHERE seq = 1")
    output = stdout_of(capsys, toban("verify"))
    assert "Entries up to 2 were not read" in output
    assert output.endswith("INTACT from entry 2 on\n")
    assert toban("verify", "--whole") == 2


def test_a_journal_that_was_tampered_with(journal_path, capsys):
    tampered(journal_path, "UPDATE entries SET text = 'y' WHERE seq = 2")
    output = stdout_of(capsys, toban("verify"), 2)
    assert "entry 2: altered: It differs from what was written: its hash does not match." in output
    assert output.endswith("TAMPERED WITH\n")


def test_a_truncated_end_is_found_with_syslog(journal_path, tmp_path, capsys):
    log = syslog_copy(journal_path, tmp_path / "syslog")
    assert toban("verify", "--anchors", str(log)) == 0
    assert "1 external hash was compared, the newest of entry 3" in capsys.readouterr().out
    tampered(journal_path, "DELETE FROM entries WHERE seq = 3", "DELETE FROM words WHERE seq = 3")
    assert "entry 3: cut off" in stdout_of(capsys, toban("verify", "--anchors", str(log)), 2)
    assert toban("verify") == 0


def test_a_truncated_end_is_found_with_the_log_stream_that_the_runbook_names(
    journal_path, tmp_path, monkeypatch, embedded, capsys
):
    line = syslog_copy(journal_path, tmp_path / "line").read_text()

    async def keep() -> None:
        async with client("logs", embedded.url) as logs:
            await make_group(logs, "/toban/journal", "bastion", "another")
            await put_lines(
                logs, "/toban/journal", "bastion", [(int(embedded.clock.now().timestamp() * 1000), line)]
            )

    asyncio.run(keep())
    runbook = tmp_path / "city.toml"
    builtin = Path("services/runbook/facility-prod.toml").read_text("utf-8")
    runbook.write_text(
        builtin + '\n[journal]\nlog_group = "/toban/journal"\nlog_stream = "bastion"\n', "utf-8"
    )
    monkeypatch.setenv("TOBAN_RUNBOOK", str(runbook))
    monkeypatch.setenv("TOBAN_ENDPOINT_URL", embedded.url)
    assert "1 external hash was compared, the newest of entry 3" in stdout_of(capsys, toban("verify"))
    tampered(journal_path, "DELETE FROM entries WHERE seq = 3", "DELETE FROM words WHERE seq = 3")
    assert "entry 3: cut off" in stdout_of(capsys, toban("verify"), 2)
    monkeypatch.setenv("TOBAN_ENDPOINT_URL", "http://127.0.0.1:9")
    assert toban("verify") == 0
    assert "cut-off end would go unnoticed: No log on this machine" in (output := capsys.readouterr().out)
    assert "CloudWatch Logs: " in output
    with closing(JournalReader.open(journal_path)) as reader:
        assert reader.head()[0] == 2, "a check writes nothing"


def test_what_cannot_be_checked(journal_path, tmp_path, capsys):
    assert toban("verify", "--file", str(tmp_path / "none")) == 3
    assert "There is no journal here." in capsys.readouterr().out
    assert "No such file" in stderr_of(capsys, toban("verify", "--anchors", str(tmp_path / "none")), 3)
    journal_path.write_bytes(b"x" * 5000)
    assert "damaged" in stdout_of(capsys, toban("verify"), 3)


def test_the_check_as_json(journal_path, capsys):
    tampered(journal_path, "DELETE FROM entries WHERE seq = 2")
    verification = json.loads(stdout_of(capsys, toban("verify", "--json"), 2))
    assert verification["faults"] == [{"kind": "dropped", "seq": 2, "text": "This entry is missing."}]
    assert (verification["entries"], verification["problem"]) == (2, None)


def test_entries_are_listed_by_day(journal_path, capsys):
    assert toban("list") == 0
    assert capsys.readouterr().out.splitlines() == [
        "2026-01-13(Tue) JST",
        "  23:30:00  #1      start          bob (ssh 10.0.0.5)       entry 0 点検  [staff-api]",
        "",
        "2026-01-14(Wed) JST",
        "  00:30:00  #2      sign-off       alice (ssh 10.0.0.5)     entry 1 点検  [staff-api]",
        "  01:30:00  #3      note           alice (ssh 10.0.0.5)     entry 2 点検  [staff-api]",
    ]


@pytest.mark.parametrize(
    ("filters", "seqs"),
    [
        ((), [1, 2, 3]),
        (("--since", "2026-01-14"), [2, 3]),
        (("--until", "2026-01-13"), [1]),
        (("--since", "2026-01-14", "--until", "2026-01-14", "--kind", "note"), [3]),
        (("--kind", "note", "--kind", "started"), [1, 3]),
        (("--person", "bob"), [1]),
        (("--target", "other"), []),
    ],
)
def test_entries_are_exported(journal_path, capsys, filters, seqs):
    assert toban("export", *filters) == 0
    assert [json.loads(line)["seq"] for line in capsys.readouterr().out.splitlines()] == seqs
    assert toban("list", *filters) == 0
    numbers = [line.split()[1] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert numbers == [f"#{seq}" for seq in seqs]


def test_kinds_of_a_later_version_are_named_found_and_verified(journal_path, capsys):
    of_tomorrow(
        journal_path, "co-signed", at=START + timedelta(hours=3), text="上限 8 を承認", target="staff-api"
    )
    of_tomorrow(journal_path, "\x1b[2Jx", at=START + timedelta(hours=4), text="y")
    assert toban("list", "--kind", "other") == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  02:30:00  #4      unknown kind (co-signed) alice (ssh 10.0.0.5)     上限 8 を承認  [staff-api]",
        "  03:30:00  #5      unknown kind (␛[2Jx) alice (ssh 10.0.0.5)     y",
    ]
    assert toban("export", "--kind", "other", "--kind", "note") == 0
    kinds = [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()]
    assert kinds == ["note", "co-signed", "\x1b[2Jx"]
    assert "5 entries" in stdout_of(capsys, toban("verify"))


def test_an_export_is_masked_on_request(journal_path, capsys):
    with closing(Store(journal_path)) as store:
        append(
            store, NewEntry(kind=EntryKind.NOTE, text="password=hunter2"), at=START, person=Person(user="bob")
        )
    assert toban("export", "--kind", "note", "--mask") == 0
    assert [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()][-1] == "password=***"


def test_an_export_goes_to_a_private_file(journal_path, tmp_path, capsys):
    to = tmp_path / "out.jsonl"
    assert "3 entries saved" in stdout_of(capsys, toban("export", "-o", str(to)))
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert len(to.read_text().splitlines()) == 3
    assert "File exists" in stderr_of(capsys, toban("export", "-o", str(to)), 69)
    assert toban("export", "-o", str(tmp_path / "no" / "out")) == 69


def test_a_wrong_day_and_a_wrong_kind_are_reported(journal_path, capsys):
    assert "2026-03-31" in stderr_of(capsys, toban("list", "--since", "yesterday"), 64)
    assert "note" in stderr_of(capsys, toban("list", "--kind", "notes"), 64)


@pytest.mark.usefixtures("journal_path")
def test_without_a_journal_there_is_nothing_to_list(tmp_path, capsys):
    for command in ("list", "export"):
        assert toban(command, "--file", str(tmp_path / "none")) == 69
        assert "There is no journal here." in capsys.readouterr().err


def test_it_reads_what_a_console_has_open(journal_path, capsys):
    with closing(Store(journal_path)) as store:
        append(store, NewEntry(kind=EntryKind.NOTE, text="new"), at=START, person=Person(user="bob"))
        assert toban("verify") == 0
        assert "new" in stdout_of(capsys, toban("list"))


def test_the_command_itself(journal_path):
    answer = subprocess.run(
        [sys.executable, "-m", "tui", "journal", "verify", "--json"],
        check=False,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "TOBAN_JOURNAL": str(journal_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["entries"] == 3
