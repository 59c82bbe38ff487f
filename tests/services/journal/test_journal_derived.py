"""What is derived from the journal and saved: as good as reading all of it, and discarded where it does not fit."""

import asyncio
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.alarms.acknowledgements import Acknowledgements
from services.changes import entries as change_entries
from services.changes.history import ChangeHistory
from services.changes.past.older_runs import LASTING
from services.changes.reverts import reverts
from services.changes.runs import runs_from
from services.clock import ManualClock
from services.duties.entries import claim_of
from services.incidents.course import incidents_in
from services.incidents.service import Incidents
from services.journal.derived.saved import Saved, recall
from services.journal.derived.verified import Verified, VerifiedProgress, last_verified, verify_slice
from services.journal.errors import AlreadyRecorded
from services.journal.journal import Journal
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.change_runs import StepState
from services.models.journal import EntryKind, NewEntry
from services.models.verification import ChainFaultKind
from tests.services.changes.test_runs import plan as plan_of
from tests.services.journal.book import ALICE, NOON, checked, filled, note, tampered

K = EntryKind
DAY = timedelta(days=1)
STEPS = (
    "plan",
    "send",
    "done",
    "restore",
    "signed",
    "open",
    "close",
    "follow-up",
    "followed",
    "acknowledge",
    "note",
)


class Work:
    def __init__(self):
        self.plans: list[Any] = []
        self.incidents: list[str] = []
        self.follow_ups: list[str] = []

    def drafts(self, step, number):
        if step in ("plan", "send", "done", "restore"):
            before, maximum = ("10", "5") if step == "restore" else ("5", "10")
            plan = plan_of(
                f"p{number}", before=before, maximum=maximum, way="none" if step == "restore" else "duty"
            )
            self.plans.append(plan)
            yield change_entries.confirmed(plan)
            if step != "plan":
                yield change_entries.intent(plan, plan.steps[0]).model_copy(update={"holds": ""})
            if step in ("done", "restore"):
                yield change_entries.outcome(plan, plan.steps[0], StepState.DONE, "done", verified=True)
        elif step == "signed" and self.plans:
            key = f"revert@{self.plans[number % len(self.plans)].id}"
            yield NewEntry(kind=K.SIGN_OFF, subject=key, text="signed", claim=claim_of(key))
        elif step == "open":
            id = f"incident:{number}"
            self.incidents.append(id)
            data = {"schema": 1, "trigger": "alarm", "title": "t", "since": NOON.isoformat()}
            yield NewEntry(kind=K.INCIDENT_OPENED, subject=id, target="a", text="x", data=data)
        elif step == "close" and self.incidents:
            id = self.incidents[number % len(self.incidents)]
            yield NewEntry(
                kind=K.INCIDENT_CLOSED, subject=id, text="x", data={"cause": "c"}, claim=f"closed:{id}"
            )
        elif step == "follow-up" and self.incidents:
            id, follow_up = self.incidents[number % len(self.incidents)], f"f{number}"
            self.follow_ups.append(follow_up)
            data = {"id": follow_up, "text": "t", "due": NOON.isoformat()}
            yield NewEntry(kind=K.FOLLOW_UP, subject=id, text="x", data=data, claim=f"follow-up:{follow_up}")
        elif step == "followed" and self.follow_ups:
            key = f"follow-up@{self.follow_ups[number % len(self.follow_ups)]}"
            yield NewEntry(kind=K.SIGN_OFF, subject=key, text="signed", claim=claim_of(key))
        elif step == "acknowledge":
            yield NewEntry(
                kind=K.ACKNOWLEDGED,
                subject=f"alarm:a{number % 3}@{number}",
                target=f"a{number % 3}",
                text="x",
            )
        else:
            yield NewEntry(kind=K.NOTE, text="x")


async def _open_things(journal, clock):
    """What the projections say of what is open, after they were read."""
    history, incidents = ChangeHistory(journal, clock, timedelta(seconds=60)), Incidents(journal, clock)
    acks = Acknowledgements(journal)
    await history.load()
    await incidents.load()
    by_change = await anext(acks.states())
    runs, signed = history.runs(), await _signed(journal)
    return {
        "in flight": {run.id for run in runs if run.in_flight},
        "reverts": {each.key for each in reverts(runs, UTC)} - signed,
        "open": {each.id for each in incidents.incidents if each.is_open},
        "follow-ups": {str(each.id) for each in incidents.follow_ups if f"follow-up@{each.id}" not in signed},
        "acknowledged": dict(by_change),
    }


async def _signed(journal):
    entries = await journal.entries()
    return {entry.subject for entry in entries if entry.kind is K.SIGN_OFF}


def _by_hand(entries):
    signed = {entry.subject for entry in entries if entry.kind is K.SIGN_OFF}
    incidents = incidents_in(entries)
    return {
        "reverts": {each.key for each in reverts(runs_from(entries), UTC)} - signed,
        "open": {each.id for each in incidents if each.is_open},
        "follow-ups": {
            str(each.id)
            for one in incidents
            for each in one.follow_ups
            if f"follow-up@{each.id}" not in signed
        },
    }


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9), st.integers(0, 40)), max_size=25),
    saves=st.sets(st.integers(0, 25)),
)
def test_saved_anywhere_and_read_on_is_as_good_as_all(tmp_path_factory, steps, saves):
    async def check():
        clock, path = ManualClock(NOON), tmp_path_factory.mktemp("saved") / "j.db"
        journal = Journal(path, clock=clock, person=lambda: ALICE, syslog=None)
        await journal.open()
        try:
            work = Work()
            for number, (step, choice, days) in enumerate(steps):
                for draft in work.drafts(step, 10 * number + choice):
                    with suppress(AlreadyRecorded):
                        await journal.append(draft)
                clock.advance((days * DAY).total_seconds())
                if number in saves:
                    await _open_things(journal, clock)
            after = await _open_things(journal, clock)
            fresh = path.with_name("fresh.db")
            with closing(sqlite3.connect(path)) as db:
                db.execute("VACUUM INTO ?", (str(fresh),))
            with closing(sqlite3.connect(fresh)) as db:
                db.execute("DROP TABLE IF EXISTS derived")
            whole = Journal(fresh, clock=clock, person=lambda: ALICE, syslog=None)
            await whole.open()
            assert await _open_things(whole, clock) == after
            by_hand = _by_hand(await whole.entries())
            assert {name: after[name] for name in by_hand} == by_hand
            await whole.close()
        finally:
            await journal.close()

    # Saved anew at once, as a console saves it after a thousand entries.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.journal.derived.older.APART", 0)
        asyncio.run(check())


@pytest.fixture
def path(tmp_path):
    filled(tmp_path / "j.db", 8)
    return tmp_path / "j.db"


def _save(path, seq, content=(1, 2)):
    with closing(Store(path)) as store:
        return store.remember(
            "x", Saved(seq, store.hash_at(seq), list(content) if isinstance(content, tuple) else content)
        )


def _recalled(path):
    with closing(JournalReader.open(path)) as book:
        return recall(book, "x")


def test_what_was_saved_is_recalled_and_the_newer_stays(path):
    assert _recalled(path) is None
    assert _save(path, 4)
    assert not _save(path, 3, (9,)), "another console is further on"
    stored = _recalled(path)
    assert (stored.seq, stored.content) == (4, [1, 2])
    assert _save(path, 5, (3,))
    assert checked(path).intact


def test_it_is_not_saved_for_a_hash_that_the_chain_does_not_have(path):
    with closing(Store(path)) as store:
        assert not store.remember("x", Saved(4, "0" * 64, [1]))
    assert _recalled(path) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE derived SET hash = (SELECT hash FROM entries WHERE seq = 3)",
        "UPDATE derived SET seq = 5",
        "UPDATE derived SET content = '[1]'",
        "UPDATE derived SET content = '{'",
        "UPDATE derived SET content = x'ff00', digest = 5",
        "UPDATE entries SET hash = substr(hash, 2) || 'x' WHERE seq = 4",
        "DELETE FROM entries WHERE seq >= 4",
        "DROP TABLE derived",
        "ALTER TABLE derived RENAME COLUMN content TO contents",
    ],
)
def test_what_does_not_fit_the_chain_is_derived_anew(path, statement):
    _save(path, 4)
    tampered(path, statement)
    assert _recalled(path) is None


def test_reading_a_journal_saves_nothing(path):
    before = path.read_bytes()
    with closing(JournalReader.open(path)) as book:
        assert recall(book, "x") is None
        assert last_verified(book) is None
    checked(path)
    assert path.read_bytes() == before


def test_the_kinds_of_changes_that_say_what_exists_are_those_of_the_drills():
    from services.changes.drills.instances import DELETE, RESTORE
    from services.changes.key_rotation.records import KIND

    assert {KIND, RESTORE, DELETE} == LASTING


# ---- verification


def _verify(path, **more):
    from services.journal.anchors.external_hashes import ExternalHashes
    from services.journal.verify import verify

    return verify(path, at=NOON, external_hashes=more.pop("held", ExternalHashes()), whole=False, **more)


def _verified(path, seq):
    with closing(Store(path)) as store:
        store.remember("verified-1", Verified(seq, store.hash_at(seq), NOON).saved)


def test_only_what_came_after_the_last_verified_entry_is_read(path, monkeypatch):
    _verified(path, 5)
    firsts = []
    every_row = JournalReader.every_row
    monkeypatch.setattr(
        JournalReader, "every_row", lambda self, first=0: (firsts.append(first), every_row(self, first))[1]
    )
    verification = _verify(path)
    assert verification.intact
    assert (verification.entries, verification.verified_before, verification.verified_at) == (8, 5, NOON)
    assert firsts == [6]


def test_without_anything_verified_all_is_read(path):
    verification = _verify(path)
    assert verification.intact
    assert (verification.verified_before, verification.verified_at) == (0, None)
    tampered(path, "UPDATE entries SET text = 'x' WHERE seq = 2")
    assert [fault.seq for fault in _verify(path).faults] == [2]


@pytest.mark.parametrize("seq", [5, 6, 7, 8])
def test_what_was_altered_from_the_last_verified_entry_on_is_found(path, seq):
    _verified(path, 5)
    tampered(path, f"UPDATE entries SET text = 'x' WHERE seq = {seq}")
    assert seq in {fault.seq for fault in _verify(path).faults}


@pytest.mark.parametrize("seq", [1, 2, 5])
def test_an_entry_missing_before_it_is_found_by_the_number(path, seq):
    _verified(path, 5)
    tampered(path, f"DELETE FROM entries WHERE seq = {seq}")
    assert _verify(path).faults


def test_external_hashes_of_earlier_entries_are_compared(path):
    from services.journal.anchors.checkpoints import Checkpoint
    from services.journal.anchors.external_hashes import ExternalHashes

    _verified(path, 5)
    with closing(JournalReader.open(path)) as book:
        own = Checkpoint(book.id, 3, book.hash_at(3), "")
    assert _verify(path, held=ExternalHashes((own,))).intact
    other = own._replace(head="f" * 64)
    (fault,) = _verify(path, held=ExternalHashes((other,))).faults
    assert (fault.seq, fault.kind) == (3, ChainFaultKind.ALTERED)
    tampered(path, "UPDATE entries SET text = 'x' WHERE seq = 3")
    assert [fault.seq for fault in _verify(path, held=ExternalHashes((own,))).faults] == [3]


def test_a_whole_verification_finds_what_the_saved_one_hides(path):
    _verified(path, 5)
    tampered(path, "UPDATE entries SET text = 'x' WHERE seq = 2")
    assert _verify(path).intact, "it says that it did not read that entry"
    assert [fault.seq for fault in checked(path).faults] == [2]


def test_a_slow_verification_reads_all_in_slices(path, monkeypatch):
    monkeypatch.setattr("services.journal.derived.verified.SLICE", 3)
    with closing(JournalReader.open(path)) as book:
        steps = [VerifiedProgress()]
        while len(steps) < 2 or steps[-1] != steps[-2]:
            steps.append(verify_slice(book, steps[-1]))
        assert [step.seq for step in steps] == [0, 3, 6, 8, 8]
        assert steps[-1].hash == book.hash_at(8)


async def test_a_console_verifies_all_once_a_day_and_says_what_it_finds(tmp_path, monkeypatch):
    monkeypatch.setattr("services.journal.journal.PAUSE", 0.0)
    path, clock = tmp_path / "j.db", ManualClock(NOON)
    # Longer than what a start checks.
    filled(path, 2100)
    journal = Journal(path, clock=clock, person=lambda: ALICE, syslog=None, poll=0.02)
    await journal.open()
    try:
        async with asyncio.timeout(60):
            while (before := await journal.ask(last_verified)) is None:
                clock.advance(600)
                await asyncio.sleep(0)
        assert before.seq == 2100
        shutil.copy(path, tmp_path / "intact.db")
        tampered(path, "UPDATE entries SET text = 'x' WHERE seq = 20")
        async with asyncio.timeout(60):
            while journal.health.writable:
                clock.advance(DAY.total_seconds())
                await asyncio.sleep(0)
        assert journal.health.problem is not None
        with pytest.raises(Exception, match="differ"):
            await journal.append(note("after"))
    finally:
        await journal.close()
