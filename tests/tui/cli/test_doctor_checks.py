import os
import pty
import sqlite3
import sys
import termios
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from services.clock import ManualClock
from services.journal.store import Store
from services.models.journal import EntryKind, NewEntry
from services.models.verdict import Verdict
from tests.services.journal.book import ALICE, append, filled, note, tampered
from tests.tools.answering_terminal import answering_terminal
from tui.cli.doctor import disk, hashes, journal_file, machine, messengers, terminal
from tui.cli.doctor.examination import CheckOutcome, Examination, Skipped, examination
from tui.start_options import StartOptions

ZONE = ZoneInfo("Asia/Tokyo")
AT = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)


async def subject(*, journal: Path | None = None, **environment: str) -> Examination:
    options = StartOptions(journal=None if journal is None else str(journal))
    async with examination(options, ManualClock(AT), no_aws=True) as examined:
        examined.environment = environment
        return examined


# ---- terminal


@contextmanager
def terminal_with(reply: bytes) -> Iterator[int]:
    """A terminal that answers the first query with `reply`; b"" is silence."""

    def answer(master: int) -> None:
        if os.read(master, 16).endswith(b"\x1b[c") and reply:
            os.write(master, reply)

    with answering_terminal(answer) as end:
        yield end


@pytest.mark.parametrize(("reply", "answers"), [(b"\x1b[?62;4c", True), (b"", False), (b"typed", False)])
def test_a_terminal_is_asked_and_left_as_it_was(reply, answers):
    with terminal_with(reply) as slave:
        before = termios.tcgetattr(slave)
        seconds = terminal.answer_seconds(slave, slave, limit=30.0 if answers else 0.2)
        assert (seconds is not None) is answers
        assert termios.tcgetattr(slave) == before


def test_what_is_no_terminal_or_another_process_has_is_not_asked(tmp_path):
    with (tmp_path / "file").open("w") as file:
        assert not terminal.may_be_asked(file)
        assert terminal.answer_seconds(file.fileno(), file.fileno()) is None
    master, slave = pty.openpty()
    with open(slave) as shown, open(master, "wb"):
        assert not terminal.may_be_asked(shown)


async def shown_on(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], seconds: float | None, **environment: str
) -> CheckOutcome:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(terminal, "check_terminal", lambda: None)
    monkeypatch.setattr(terminal, "may_be_asked", lambda _stream: True)
    monkeypatch.setattr(terminal, "answer_seconds", lambda *_descriptors: seconds)
    monkeypatch.setattr(sys, "stdin", sys.stdout)
    monkeypatch.setattr(os, "get_terminal_size", lambda _descriptor: os.terminal_size(size))
    return await terminal.terminal(await subject(**environment))


async def test_a_terminal_as_it_should_be(monkeypatch):
    outcome = await shown_on(monkeypatch, (120, 40), 0.004, TERM="xterm-256color")
    assert (outcome.verdict, outcome.remedy) == (Verdict.NORMAL, "")
    assert outcome.text == "120×40, TERM=xterm-256color, 256 colours, answers in 4 ms"


@pytest.mark.parametrize(
    ("size", "seconds", "environment", "words"),
    [
        ((70, 24), 0.1, {"TERM": "xterm-256color"}, "80×24"),
        ((0, 0), 0.1, {"TERM": "xterm-256color"}, "stty size"),
        ((80, 24), None, {"TERM": "xterm-256color"}, "--link slow"),
        ((80, 24), 0.1, {"TERM": "xterm"}, "export TERM=xterm-256color"),
        ((80, 24), 0.1, {"TERM": "screen", "TMUX": "/tmp/x,1,0"}, "export TERM=tmux-256color"),
    ],
)
async def test_a_terminal_that_lacks_something(size, seconds, environment, words, monkeypatch):
    async def escape() -> int:
        return 10

    monkeypatch.setattr(terminal, "_tmux_escape", escape)
    outcome = await shown_on(monkeypatch, size, seconds, **environment)
    assert outcome.verdict is Verdict.ATTENTION
    assert words in outcome.remedy


async def test_tmux_that_waits_long_after_escape(monkeypatch):
    async def escape() -> int:
        return 500

    monkeypatch.setattr(terminal, "_tmux_escape", escape)
    outcome = await shown_on(monkeypatch, (80, 24), 0.1, TERM="tmux-256color", TMUX="/tmp/x,1,0")
    assert "escape-time 10" in outcome.remedy


async def test_a_terminal_that_cannot_show_the_console(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    outcome = await terminal.terminal(await subject())
    assert outcome.verdict is Verdict.ABNORMAL
    assert "export TERM" in outcome.text


async def test_redirected_output_is_no_terminal():
    with pytest.raises(Skipped):
        await terminal.terminal(await subject())


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({"TERM": "xterm-256color"}, 256),
        ({"TERM": "xterm"}, 16),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, 1 << 24),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, 0),
    ],
)
def test_colours_are_those_that_the_environment_promises(environment, colours):
    assert terminal.colours_of(environment) == colours


# ---- machine


async def test_the_locale_is_named():
    outcome = await machine.language(await subject(LANG="ja_JP.UTF-8"))
    assert (outcome.verdict, outcome.text) == (Verdict.NORMAL, "English, LANG=ja_JP.UTF-8, UTF-8")
    assert "no locale is set" in (await machine.language(await subject())).text


async def test_a_library_of_another_version(monkeypatch):
    assert (await machine.versions(await subject())).verdict is Verdict.NORMAL
    monkeypatch.setattr(
        machine, "requires", lambda _name: ["textual==0.1", 'moto==1; extra == "demo"', "rich>=14"]
    )
    outcome = await machine.versions(await subject())
    assert outcome.verdict is Verdict.ABNORMAL
    assert len(outcome.details) == 1
    assert "Toban needs 0.1" in outcome.details[0]


async def test_a_time_zone_without_data(monkeypatch):
    assert "2026-01-14(Wed) 10:00 JST" in (await machine.time_zone(await subject())).text

    def absent(name: str) -> ZoneInfo:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(machine, "ZoneInfo", absent)
    outcome = await machine.time_zone(await subject())
    assert outcome.verdict is Verdict.ABNORMAL
    assert "tzdata" in outcome.remedy


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(1 << 30, Verdict.NORMAL), (50 << 20, Verdict.ATTENTION), (1 << 20, Verdict.ABNORMAL)],
)
def test_a_full_disk(free, verdict, tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "free_bytes", lambda _folder: free)
    outcome = disk.room(tmp_path / "not" / "yet")
    assert outcome.verdict is verdict
    assert bool(outcome.remedy) is (verdict is not Verdict.NORMAL)
    assert not (tmp_path / "not").exists()


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_arguments: False)
    assert disk.room(tmp_path).verdict is Verdict.ABNORMAL


# ---- journal


def test_an_intact_journal_and_nothing_beside_it(tmp_path):
    path = tmp_path / "journal.db"
    with closing(Store(path)) as store:
        append(store, note("one"), at=AT, person=ALICE)
        opened = journal_file.examine(path, ZONE, AT)
        beside = sorted(each.name for each in tmp_path.iterdir())
    closed = journal_file.examine(path, ZONE, AT)
    for outcome in (opened, closed):
        assert outcome.verdict is Verdict.NORMAL
        assert outcome.numbers["entries"] == 1
    assert beside == ["journal.db", "journal.db-shm", "journal.db-wal"]
    assert [each.name for each in tmp_path.iterdir()] == ["journal.db"]


@pytest.mark.parametrize(
    ("statement", "words"),
    [("UPDATE entries SET text = 'two'", "toban journal verify"), ("DROP TABLE words", "stays as it is")],
)
async def test_a_journal_that_must_not_be_used(statement, words, tmp_path):
    path = tmp_path / "journal.db"
    filled(path, 2)
    with closing(sqlite3.connect(path)) as db:
        triggers = [row[0] for row in db.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")]
    tampered(path, statement, *(triggers if statement.startswith("UPDATE") else ()))
    outcome = await journal_file.journal_file(await subject(journal=path))
    assert outcome.verdict is Verdict.ABNORMAL
    assert words in outcome.remedy


async def test_a_journal_that_has_moved(tmp_path):
    path = tmp_path / "journal.db"
    with closing(Store(path)) as store:
        moved = NewEntry(kind=EntryKind.MOVED, text="moved", data={"to": "dynamodb://toban-journal"})
        append(store, moved, at=AT, person=ALICE)
    outcome = await journal_file.journal_file(await subject(journal=path))
    assert outcome.verdict is Verdict.ABNORMAL
    assert 'journal = "dynamodb://toban-journal"' in outcome.remedy


async def test_a_journal_that_cannot_be_written(tmp_path, monkeypatch):
    path = tmp_path / "journal.db"
    filled(path, 1)
    access = os.access
    monkeypatch.setattr(os, "access", lambda place, mode: place != path and access(place, mode))
    assert journal_file.examine(path, ZONE, AT).verdict is Verdict.ABNORMAL


# ---- hashes and messengers


async def test_a_machine_without_a_log(tmp_path, monkeypatch):
    monkeypatch.setattr(hashes, "DEV_LOG", tmp_path / "none")
    outcome = await hashes.hashes(await subject())
    assert outcome.verdict is Verdict.ATTENTION
    assert "journald" in outcome.remedy


async def test_settings_of_messengers():
    none = await subject()
    for check in (messengers.slack, messengers.github):
        with pytest.raises(Skipped):
            await check(none)
    good = await subject(TOBAN_SLACK_TOKEN="xoxb-secret", TOBAN_GITHUB_TOKEN="github-secret")
    texts = [(await check(good)).text for check in (messengers.slack, messengers.github)]
    assert texts == ["token, slack.com", "token, api.github.com"]
    bad = await subject(
        TOBAN_SLACK_TOKEN="x", TOBAN_SLACK_URL="http://relay.example", TOBAN_GITHUB_TOKEN="a b"
    )
    for check in (messengers.slack, messengers.github):
        assert (await check(bad)).verdict is Verdict.ATTENTION
