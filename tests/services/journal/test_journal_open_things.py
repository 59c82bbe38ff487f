"""What is open and older than what a start reads: seen whatever was saved, by whichever version, or written by hand."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from services.changes import entries as change_entries
from services.changes.ages import marked
from services.changes.history import ChangeHistory
from services.changes.runs import StepState
from services.clock import ManualClock
from services.incidents.service import Incidents
from services.journal.derived.saved import Saved, recall
from services.journal.derived.verified import last_verified
from services.journal.errors import JournalError
from services.journal.journal import BETWEEN
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.journal import EntryKind, EntryQuery, NewEntry
from services.models.posts import Proposal
from services.slack import entries as post_entries
from services.slack.records import PostRecords
from services.slack.sending import SlackSent
from tests.services.changes.test_runs import plan as plan_of
from tests.services.journal.book import ALICE, NOON, append, filled, note, open_journal

K = EntryKind
LONG = timedelta(days=90)  # Longer than what a start reads by time


@pytest.fixture(autouse=True)
def save_at_once(monkeypatch):
    monkeypatch.setattr("services.journal.derived.older.APART", 0)


def opened(id, **data):
    fields = {"schema": 1, "trigger": "alarm", "title": "t", "since": NOON.isoformat(), **data}
    return NewEntry(kind=K.INCIDENT_OPENED, subject=id, target="a", text="x", data=fields)


async def runs_of(journal, clock):
    history = ChangeHistory(journal, clock, timedelta(seconds=60))
    await history.load()
    return {run.id: run for run in history.runs()}


async def open_incidents(journal, clock):
    incidents = Incidents(journal, clock)
    await incidents.load()
    return {str(each.id) for each in incidents.incidents if each.is_open}


async def saved_seqs(journal, name):
    saved = await journal.ask(lambda reader: recall(reader, name))
    return list(saved.content)


# ---- what another version saved


async def test_what_this_version_cannot_read_is_saved_for_the_one_that_can(tmp_path):
    clock = ManualClock(NOON)
    async with open_journal(tmp_path / "j.db", clock=clock) as journal:
        plan = plan_of("p1")
        newer = {"plan": {**plan.model_dump(mode="json"), "steps": "of tomorrow"}}
        confirmed = await journal.append(change_entries.confirmed(plan).model_copy(update={"data": newer}))
        intent = await journal.append(change_entries.intent(plan, plan.steps[0]))
        incident = await journal.append(opened("incident:1", since="of tomorrow", trigger="of tomorrow"))
        left = NewEntry(
            kind=K.FOLLOW_UP, subject="incident:1", text="x", data={"id": 7}, claim="follow-up:f1"
        )
        follow_up = await journal.append(left)
        clock.advance(LONG.total_seconds())
        assert await runs_of(journal, clock) == {}
        await open_incidents(journal, clock)
        assert {confirmed.seq, intent.seq} <= set(await saved_seqs(journal, "changes-2"))
        assert {incident.seq, follow_up.seq} <= set(await saved_seqs(journal, "incidents-1"))


async def test_an_intent_of_a_console_that_slept_is_seen_though_its_plan_was_over(tmp_path):
    clock = ManualClock(NOON)
    async with open_journal(tmp_path / "j.db", clock=clock) as journal:
        plan = plan_of("p1")
        await journal.append(marked(change_entries.confirmed(plan), clock))
        await journal.append(note())
        clock.advance(timedelta(days=1).total_seconds())
        (run,) = (await runs_of(journal, clock)).values()
        assert not run.is_open, "nothing was sent in its time"
        clock.advance(LONG.total_seconds())
        await journal.append(note())
        assert await runs_of(journal, clock) == {}, "saved without it"
        # A console that was suspended since the confirmation goes on, and is killed.
        await journal.append(change_entries.intent(plan, plan.steps[0]))
        clock.advance(LONG.total_seconds())
        assert (await runs_of(journal, clock))["p1"].in_flight


async def test_an_answer_that_came_late_begins_the_watch_of_its_change(tmp_path):
    clock = ManualClock(NOON)
    async with open_journal(tmp_path / "j.db", clock=clock) as journal:
        plan = plan_of("p1", way="duty")
        step = plan.steps[0]
        await journal.append(change_entries.confirmed(plan))
        await journal.append(change_entries.intent(plan, step))
        await journal.append(change_entries.resolved(plan, step, done=False, text="", how="said"))
        clock.advance(LONG.total_seconds())
        await runs_of(journal, clock)
        await journal.append(note())
        assert await runs_of(journal, clock) == {}, "saved without it"
        done = change_entries.outcome(plan, step, StepState.DONE, "done", verified=True)
        await journal.append(change_entries.later(done))
        clock.advance(LONG.total_seconds())
        assert (await runs_of(journal, clock))["p1"].state is StepState.DONE, "its revert is a duty"


# ---- posts


async def test_a_post_that_was_never_sent_is_seen_until_somebody_discards_it(tmp_path):
    clock = ManualClock(NOON)
    async with open_journal(tmp_path / "j.db", clock=clock) as journal:
        about = Proposal(title="t", text="x")
        for id in ("sent", "waiting", "discarded"):
            await journal.append(post_entries.release(id, "#ops", "text", about))
        records = PostRecords(journal)
        await records.read(clock.now())
        sent, discarded = records.of("sent"), records.of("discarded")
        assert sent is not None
        assert discarded is not None
        await journal.append(post_entries.posted(sent, SlackSent(ts="1", channel_id="C"), "", "x"))
        await journal.append(post_entries.dropped(discarded, "no longer true"))
        for _start in range(3):
            clock.advance(LONG.total_seconds())
            await journal.append(note())
            records = PostRecords(journal)
            await records.read(clock.now())
            assert [each.id for each in records.posts if each.unsent] == ["waiting"]


# ---- what somebody wrote by hand


@pytest.mark.parametrize(
    ("seq", "own"),
    [
        ("'abc'", "''"),
        ("99", "''"),
        ("-1", "''"),
        ("NULL", "''"),
        ("1.5", "''"),
        ("x'00'", "''"),
        ("0", "'0'"),
    ],
)
async def test_a_place_that_the_chain_does_not_have_is_no_place(tmp_path, seq, own):
    path = tmp_path / "j.db"
    filled(path, 8)
    forge(path, "x", seq, own, "[1]")
    with closing(JournalReader.open(path)) as book:
        assert recall(book, "x") is None
        assert last_verified(book) is None


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW derived AS SELECT 1 AS name",
        "CREATE TABLE derived (name TEXT)",
        "CREATE TABLE derived (name, seq, hash, content, digest, UNIQUE (name), CHECK (seq < 0))",
    ],
)
async def test_a_table_of_another_makes_nothing_unwritable(tmp_path, statement):
    path = tmp_path / "j.db"
    filled(path, 8)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement)
    async with open_journal(path) as journal:
        entry = await journal.append(note())
        await journal.remember("x", Saved(entry.seq, entry.hash, [1]))
        assert journal.health.writable


def forge(path, name, seq, own, content, *, anew=True):
    """Write what is saved by hand, with its digest: `seq` and `own` (the hash) as SQL."""
    from services.journal.derived.saved import _digest

    with closing(sqlite3.connect(path)) as db, db:
        if anew:
            db.execute("DROP TABLE IF EXISTS derived")
        db.execute(
            "CREATE TABLE IF NOT EXISTS derived (name TEXT PRIMARY KEY, seq INTEGER, hash TEXT, content TEXT, digest TEXT)"
        )
        db.execute(f"INSERT INTO derived VALUES (?, {seq}, {own}, ?, '')", (name, content))
        ((stored, hash_),) = db.execute("SELECT seq, hash FROM derived WHERE name = ?", (name,))
        ((journal,),) = db.execute("SELECT value FROM journal WHERE key = 'id'")
        db.execute(
            "UPDATE derived SET digest = ? WHERE name = ?",
            (_digest(journal, name, stored, hash_, content), name),
        )


# ---- a backup


def test_a_backup_put_back_into_the_file_is_read_by_its_own_times(tmp_path):
    path, backup = tmp_path / "j.db", tmp_path / "backup.db"
    filled(path, 20)
    with closing(sqlite3.connect(path)) as db:
        db.execute("VACUUM INTO ?", (str(backup),))
    append_notes(path, 30, at=NOON + timedelta(days=1, hours=-1))
    append_notes(path, 40, at=NOON + timedelta(days=2))
    day = EntryQuery(since=NOON + timedelta(days=1), before=NOON + timedelta(days=3))
    with closing(JournalReader.open(path)) as book:
        assert len(book.find(day, limit=100)) == 40
        with closing(sqlite3.connect(backup)) as old, closing(sqlite3.connect(path)) as db:
            old.backup(db)
        append_notes(path, 10, at=NOON + timedelta(days=2))
        assert len(book.find(day, limit=100)) == 10, "fewer entries than before"
        append_notes(path, 50, at=NOON + timedelta(days=2))
        assert len(book.find(day, limit=100)) == 60, "more entries than before"


def append_notes(path, count, *, at):
    with closing(Store(path)) as store:
        return [append(store, note(), at=at, person=ALICE) for _number in range(count)]


# ---- what was saved is reviewed


@pytest.mark.slow
async def test_what_was_hidden_by_hand_is_found_again_and_saved(tmp_path):
    path, clock = tmp_path / "j.db", ManualClock(NOON)
    async with open_journal(path, clock=clock) as journal:
        await journal.append(opened("incident:1"))
        plan = plan_of("p1")
        await journal.append(change_entries.confirmed(plan))
        await journal.append(change_entries.intent(plan, plan.steps[0]))
        clock.advance(LONG.total_seconds())
        await journal.append(note())
    for name in ("incidents-1", "changes-2"):
        forge(path, name, "4", "(SELECT hash FROM entries WHERE seq = 4)", "[]", anew=name == "incidents-1")
    async with open_journal(path, clock=clock) as journal:
        incidents, history = Incidents(journal, clock), ChangeHistory(journal, clock, timedelta(seconds=60))
        await incidents.load()
        await history.load()
        assert (incidents.incidents, history.runs()) == ((), ()), "the forger had digests"
        async with asyncio.timeout(60):
            while not (incidents.incidents and history.runs()):
                clock.advance(BETWEEN)
                await asyncio.sleep(0)
            while not await saved_seqs(journal, "changes-2"):
                clock.advance(BETWEEN)
        assert await saved_seqs(journal, "incidents-1") == [1]
        assert await saved_seqs(journal, "changes-2") == [2, 3]
        assert await open_incidents(journal, clock) == {"incident:1"}, "the next start has it"


async def test_a_review_goes_on_when_the_file_could_not_be_read(tmp_path, monkeypatch):
    async with open_journal(tmp_path / "j.db") as journal:

        def away(_reader):
            raise OSError(5, "the disk was away")

        with pytest.raises(JournalError):
            await journal.ask_aside(away)
        assert journal.health.writable
