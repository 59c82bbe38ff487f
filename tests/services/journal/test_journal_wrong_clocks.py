"""Entries of clocks that were wrong: what is found by times and ends, once the clock is right."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from services.alarms.acknowledgements import Acknowledgements
from services.changes import entries as change_entries
from services.changes.past.older_runs import OLDER
from services.changes.runs import StepState
from services.clock import ManualClock
from services.duties.entries import claim_of
from services.inspections.allow_list import AllowList
from services.inspections.running.finding_records import FindingRecords
from services.journal.derived.lookup import last_before, surely_before
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.journal import EntryKind, NewEntry
from tests.services.changes.test_runs import plan as plan_of
from tests.services.journal.book import ALICE, NOON, append, filled, note, open_journal

K = EntryKind
LONG = timedelta(days=90)  # Longer than what a start reads by time


@pytest.fixture(autouse=True)
def save_at_once(monkeypatch):
    monkeypatch.setattr("services.journal.derived.older.APART", 0)


def append_notes(path, count, *, at):
    with closing(Store(path)) as store:
        return [append(store, note(), at=at, person=ALICE) for _number in range(count)]


def signed(until):
    finding = {"inspection": "alarms", "verdict": "normal", "until": until.isoformat()}
    return NewEntry(kind=K.SIGN_OFF, subject=f"d@{until}", text="x", data={"findings": [finding]})


@pytest.mark.parametrize("days", [1, 800])
async def test_what_was_signed_before_a_clock_went_ahead_counts_once_it_is_right(tmp_path, days):
    clock = ManualClock(NOON)
    async with open_journal(tmp_path / "j.db", clock=clock) as journal:
        await journal.append(signed(NOON))
        ahead = timedelta(days=days).total_seconds()
        clock.step(ahead)
        for _minute in range(9):
            clock.advance(60)
            await journal.append(signed(clock.now()))
            records = FindingRecords(journal, AllowList())
            await records.read(clock.now())
        clock.step(-ahead)
        for _start in range(2):
            clock.advance(3600)
            await journal.append(note())
            records = FindingRecords(journal, AllowList())
            await records.read(clock.now())
            assert records.signed_until("alarms", clock.now()) == NOON


async def test_the_newest_acknowledgements_are_the_same_whatever_clocks_were_wrong(tmp_path):
    clock = ManualClock(NOON)
    older = Acknowledgements.older
    whole = replace(older, since="0")
    async with open_journal(tmp_path / "j.db", clock=clock) as journal:
        for number, days in enumerate((0, 300, -500, 700, -900, 400, 400, -200, 20, 300, 20)):
            clock.step(timedelta(days=days).total_seconds())
            for alarm in ("a", "b"):
                subject = f"alarm:{alarm}@{number}"
                await journal.append(NewEntry(kind=K.ACKNOWLEDGED, subject=subject, target=alarm, text="x"))
            until = journal.health.entries
            seqs = await journal.ask(partial(older.at, until=until, signed=until))
            assert seqs
            assert seqs == await journal.ask(partial(whole.at, until=until, signed=until))
        (left_out,) = await journal.ask(
            partial(JournalReader.query, statement=older.since, values={"until": until})
        )
        assert left_out[0] > 0


def test_entries_of_wrong_clocks_are_not_taken_for_earlier_ones(tmp_path):
    path, day = tmp_path / "j.db", timedelta(days=1)
    filled(path, 3)
    append_notes(path, 2, at=NOON + day)
    append_notes(path, 2, at=NOON + 3 * day)
    with closing(JournalReader.open(path)) as book:
        assert surely_before(book, NOON + 2 * day) == 5 == last_before(book, NOON + 2 * day)
        append_notes(path, 1, at=NOON)
        assert surely_before(book, NOON + 2 * day) == 5, "one was written while the clock was set back"
        assert surely_before(book, NOON + 9 * day) == 8
        assert surely_before(book, NOON - day) == 0
        append_notes(path, 1, at=NOON + 99 * day)
        append_notes(path, 5, at=NOON + 4 * day)
        assert surely_before(book, NOON + 9 * day) == 8, "one was written while the clock was ahead"
        assert last_before(book, NOON + 9 * day) == 14


async def test_no_later_signature_hides_what_was_open_before_a_clock_was_set_back(tmp_path):
    clock = ManualClock(NOON)
    async with open_journal(tmp_path / "j.db", clock=clock) as journal:
        plan = plan_of("p1", way="duty")
        step = plan.steps[0]
        await journal.append(change_entries.confirmed(plan))
        await journal.append(change_entries.intent(plan, step))
        await journal.append(change_entries.outcome(plan, step, StepState.DONE, "done", verified=True))
        clock.advance(LONG.total_seconds())
        await journal.append(note())
        start = clock.now() + timedelta(hours=1)
        clock.advance(7200)
        key = "revert@p1"
        await journal.append(NewEntry(kind=K.SIGN_OFF, subject=key, text="x", claim=claim_of(key)))
        clock.step(-7200)
        await journal.append(note())
        last, signed = await journal.ask(
            lambda reader: (last_before(reader, start), surely_before(reader, start))
        )
        assert await journal.ask(lambda reader: OLDER.at(reader, last, signed)) == [1, 2, 3]


async def test_signatures_of_a_clock_that_was_ahead_do_not_hide_that_older_ones_were_not_read(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(FindingRecords, "older", replace(FindingRecords.older, at_first=30))
    clock = ManualClock(NOON)
    async with open_journal(tmp_path / "j.db", clock=clock) as journal:
        await journal.append(signed(NOON))
        clock.step(86_400)
        for _minute in range(40):
            clock.advance(60)
            await journal.append(signed(clock.now()))
        clock.step(-86_400)
        records = FindingRecords(journal, AllowList())
        await records.read(clock.now())
        assert not records.has_all_older
        await records.load_signed("alarms", clock.now())
        assert records.has_all_older
