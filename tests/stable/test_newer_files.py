"""What a newer version wrote is refused in words, stays as it is, and nothing that was recorded is lost."""

import json
from contextlib import closing

import pytest

from services.journal.linking.records import naming
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.logs.insights.history import OwnQuery, QueryHistory
from services.models.metrics import TimeSpan
from tests.services.journal.book import ALICE, NOON, append, filled, note, open_journal, tampered
from tests.services.journal.hosts import two_hosts
from tests.tools import config_file
from tests.tools.memory_ledger import MemoryLedger
from tests.tools.small_runbook import small_runbook
from tui.cli.main import run
from tui.cli.printing import PrintedOutput
from tui.screens.logs.memory import LogMemory

NEWER = "written by a newer version"
SPAN = TimeSpan(start=NOON, end=NOON)


def newer_journal(path):
    """A journal whose schema only a newer version knows; returns its bytes."""
    filled(path, 3)
    tampered(path, "PRAGMA user_version = 2", "ALTER TABLE words RENAME TO words_of_later")
    return path.read_bytes()


def printed(capfd, *argv):
    status = run(["--lang", "en", *argv], PrintedOutput(outline_drawn=False))
    captured = capfd.readouterr()
    return status, " ".join((captured.out + captured.err).split())


@pytest.mark.parametrize(
    "command",
    [
        ("journal", "verify", "--file", "{}"),
        ("journal", "list", "--file", "{}"),
        ("journal", "export", "--file", "{}"),
        ("journal", "copy", "--from", "{}", "--to", "{}.copy"),
        (
            "journal",
            "move",
            "--from",
            "{}",
            "--to",
            "dynamodb://t?region=ap-northeast-1&endpoint_url=http://127.0.0.1:9",
        ),
        ("report", "2026-01-14", "--file", "{}"),
        ("incident", "list", "--file", "{}"),
    ],
)
def test_a_command_names_a_newer_versions_journal(tmp_path, command, capfd):
    path = tmp_path / "j.db"
    before = newer_journal(path)
    status, words = printed(capfd, *(part.replace("{}", str(path)) for part in command))
    assert status not in (0, 70)
    assert NEWER in words
    assert "Start that version" in words
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.glob("*.copy")] == []


async def test_the_console_names_a_newer_versions_journal_and_writes_nothing(tmp_path):
    path = tmp_path / "j.db"
    before = newer_journal(path)
    async with open_journal(path) as journal:
        problem = journal.health.problem
        assert NEWER in problem.summary
        assert not journal.health.writable
    assert path.read_bytes() == before


def test_an_open_console_writes_nothing_after_a_newer_one_changed_the_schema(tmp_path):
    path = tmp_path / "j.db"
    filled(path, 3)
    with closing(Store(path)) as store:
        tampered(path, "PRAGMA user_version = 2")
        with pytest.raises(Exception, match=NEWER):
            append(store, note("too late"), at=NOON, person=ALICE)
    tampered(path, "PRAGMA user_version = 1")
    with closing(JournalReader.open(path)) as reader:
        assert reader.head()[0] == 3


@pytest.mark.parametrize("seq", [0, 2])
async def test_a_ledger_of_a_newer_version_takes_nothing_from_this_one(tmp_path, seq):
    ledger = MemoryLedger()
    one, two = two_hosts(ledger, tmp_path, NOON)
    async with one.open() as journal:
        await journal.append(note("of this version"))
        await journal.append(note("of a newer one"))
    record = json.loads(ledger.records[seq])
    ledger.records[seq] = json.dumps(record | {"version": 2, "shape": "unheard of"}).encode()
    before = dict(ledger.records)
    async with two.open() as journal:
        problem = journal.health.problem
        assert problem.summary == "The ledger was written by a newer version of this console."
        assert "Start that version" in problem.remedy
    assert ledger.records == before


async def test_a_copy_of_a_newer_version_is_not_written(tmp_path):
    ledger = MemoryLedger()
    one, _two = two_hosts(ledger, tmp_path, NOON)
    async with one.open() as journal:
        await journal.append(note("of this version"))
    tampered(one.copy, "PRAGMA user_version = 2")
    copy, records = one.copy.read_bytes(), dict(ledger.records)
    async with one.open() as journal:
        problem = journal.health.problem
        assert NEWER in problem.summary
    assert (one.copy.read_bytes(), ledger.records) == (copy, records)


def test_what_this_version_writes_names_the_version_that_it_knows():
    assert json.loads(naming("j"))["version"] == 1


@pytest.mark.parametrize(
    ("addition", "place"),
    [
        ("pager = 'less'\n", ":1: pager: unknown key"),
        ("\n[intervals]\ntraces = 60\n", ":3: intervals.traces: unknown key"),
    ],
)
def test_a_newer_versions_configuration_is_refused_with_what_to_do(tmp_path, addition, place, capfd):
    path = tmp_path / "config.toml"
    config_file.write(path, addition)
    status, words = printed(capfd, "config", "--config", str(path))
    assert status == 78
    assert f"{path}{place}" in words
    assert "If the file is for a newer version, install that one" in words
    assert path.read_text("utf-8") == addition


@pytest.mark.parametrize(
    ("then", "now", "message"),
    [
        ("version = 1", "version = 2", "version: unknown version: must be 1 (found 2)"),
        ("[system]", "[system]\nplanet = 'earth'", "system.planet: unknown key"),
    ],
)
@pytest.mark.parametrize("command", [("runbook", "check"), ("duties", "--runbook")])
def test_a_newer_versions_runbook_is_refused_with_what_to_do(tmp_path, then, now, message, command, capfd):
    path = tmp_path / "city.toml"
    path.write_text(small_runbook("city", "市").replace(then, now, 1), "utf-8")
    status, words = printed(capfd, *command, str(path))
    assert status == 65
    assert message in words
    assert f"{path}:" in words
    assert "If the file is for a newer version, install that one" in words


def test_a_mistake_that_no_version_explains_gets_no_such_hint(tmp_path, capfd):
    path = tmp_path / "config.toml"
    config_file.write(path, "bell = 3\n")
    status, words = printed(capfd, "config", "--config", str(path))
    assert status == 78
    assert "newer version" not in words


async def test_what_a_newer_version_remembers_of_the_logs_is_put_aside(tmp_path):
    path = tmp_path / "logs.json"
    newer = '{"version": 2, "layouts": {"夜間": []}}'
    path.write_text(newer, "utf-8")
    warnings: list[str] = []
    memory = LogMemory(path, warnings.append)
    memory.add_to_history("search", "timeout")
    await memory.written()
    assert "it is not of this version" in warnings[0]
    assert (tmp_path / "logs.unread.json").read_text("utf-8") == newer
    assert "timeout" in path.read_text("utf-8")


async def test_what_a_newer_version_remembers_of_queries_is_put_aside(tmp_path):
    path = tmp_path / "queries.json"
    newer = '{"version": 2, "queries": ["SELECT 1"]}'
    path.write_text(newer, "utf-8")
    history = QueryHistory(path)
    await history.load()
    assert (
        history.problem == f"{path} is not of this version; it is put aside before the next query is stored"
    )
    assert path.read_text("utf-8") == newer
    history.add(OwnQuery(at=NOON, text="limit 1", span=SPAN))
    await history.written()
    assert (tmp_path / "queries.unread.json").read_text("utf-8") == newer
    again = QueryHistory(path)
    await again.load()
    assert [query.text for query in again.queries] == ["limit 1"]
