"""What was recorded late: it waits without a number, comes once, and does not pass for newer than it is."""

import asyncio
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alarms.acknowledgements import Acknowledgements, change_of
from services.inspections.allow_list import AllowList
from services.inspections.running.finding_records import FindingRecords
from services.journal.chain import linked
from services.journal.derived.late import Newest, in_order
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.journal.projection import GroupedProjection, Projection
from services.models.alarms import Alarm, AlarmState
from services.models.base import RawId
from services.models.journal import LATE, EntryKind, NewEntry
from tests.services.journal.book import ALICE, NOON, Listener, note
from tests.services.journal.hosts import two_hosts
from tests.tools.memory_ledger import MemoryLedger


@pytest.fixture
def ledger():
    return MemoryLedger()


def written(seq, minutes, *, late=False, **fields):
    draft = NewEntry(
        **{"kind": EntryKind.FINDING, "text": str(seq), "data": {LATE: True} if late else {}, **fields}
    )
    return linked("j", draft, seq=seq, at=NOON + timedelta(minutes=minutes), person=ALICE, previous="p")


async def test_what_waits_leaves_the_journal_unwritable(ledger, tmp_path):
    one, _two = two_hosts(ledger, tmp_path, NOON)
    async with one.open() as journal:
        await journal.append(note("before"))
        one.line.is_cut = True
        waiting = await journal.append(note("meanwhile"))
        assert waiting.waits
        assert not journal.health.writable
        assert journal.health.late == 1
        since = journal.health.problem.at
        one.clock.advance(60)
        with pytest.raises(JournalError):
            await journal.append(NewEntry(kind=EntryKind.SIGN_OFF, text="x"))
        assert journal.health.problem.at == since
        listener = Listener(journal)
        one.mend(ledger)
        await listener.hears(lambda _heard: journal.health.writable and not journal.health.late)
        assert [each.text for each in await journal.entries()] == ["before", "meanwhile"]


async def test_a_refusal_asks_an_unreachable_ledger_once(ledger, tmp_path):
    # Nine o'clock has a claim for every duty, and a person who signs waits behind them all.
    one, _two = two_hosts(ledger, tmp_path, NOON)
    async with one.open(patience=3600.0) as journal:
        await journal.append(note("before"))
        one.line.is_cut = True
        with pytest.raises(JournalError):
            await journal.catch_up()
        one.line.requests.clear()
        drafts = [NewEntry(kind=EntryKind.LOOKING, text="x", claim=str(number)) for number in range(10)]
        async with asyncio.timeout(60):
            refused = await asyncio.gather(*map(journal.append, drafts), return_exceptions=True)
        assert all(isinstance(each, JournalError) for each in refused)
        assert one.line.requests.total() <= len(drafts)


async def test_what_waits_hides_nothing_and_comes_once(ledger, tmp_path):
    # Another host's entry gets the number that the waiting one would have had.
    one, two = two_hosts(ledger, tmp_path, NOON)

    def draft(text):
        return NewEntry(kind=EntryKind.POST, subject="post:y", text=text)

    class Everything(GroupedProjection):
        def rebuild(self, subjects):
            pass

    async with one.open() as here, two.open() as there:
        everything = Everything(here, {EntryKind.POST: None, EntryKind.NOTE: None})
        await everything.read(NOON)
        one.line.is_cut = True
        waiting = await here.append(note("of alice", subject="post:x"))
        everything.absorb([waiting])
        await there.append(draft("of bob"))
        one.mend(ledger)
        listener = Listener(here)
        await listener.hears(lambda _heard: here.health.entries == 2 and not here.health.late)
        await everything.read(NOON)
        assert [each.text for each in everything.recorded("post:x")] == ["of alice"]
        assert [each.text for each in everything.recorded("post:y")] == ["of bob"]


# ---- the newest, and the order


def newest_of(entries):
    newest: Newest[str] = Newest()
    for entry in entries:
        newest.add(entry, entry.text)
    return newest.value


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ((written(1, 0), written(2, -5)), "2"),  # a clock that is behind
        ((written(1, 10), written(2, 0, late=True)), "1"),
        ((written(1, 0), written(2, 10, late=True)), "2"),
        ((written(1, 0), written(2, 10, late=True), written(3, 5)), "3"),
        ((written(1, 10, late=True), written(2, 0, late=True)), "1"),
    ],
)  # fmt: skip
def test_the_newest_is_the_same_in_any_order_and_repeated(entries, text):
    for shuffled in permutations(entries):
        assert newest_of((*shuffled, *shuffled)) == text
    assert in_order(entries)[-1].text == text


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=12))
def test_the_order_loses_nothing_and_keeps_what_is_not_late_by_number(kinds):
    entries = [written(seq, minutes, late=late) for seq, (minutes, late) in enumerate(kinds, 1)]
    ordered = in_order(entries)
    assert sorted(each.seq for each in ordered) == [each.seq for each in entries]
    on_time = [each.seq for each in ordered if not each.is_late]
    assert on_time == sorted(on_time)
    late = [each for each in ordered if each.is_late]
    for entry in late:
        after = ordered[ordered.index(entry) + 1 :]
        # What was recorded after it happened after it.
        assert {each.seq for each in entries if each.seq > entry.seq and not each.is_late} <= {
            each.seq for each in after
        }


@given(data=st.data())
def test_findings_and_acknowledgements_are_the_same_in_any_order(data):
    drawn = data.draw(st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(0, 3)), max_size=9))
    entries = [
        written(seq, minutes, late=late, kind=kind, subject=f"alarm:a@{state}", target="a")
        for kind in (EntryKind.FINDING, EntryKind.ACKNOWLEDGED)
        for seq, (minutes, late, state) in enumerate(drawn, 1)
    ]
    shuffled = data.draw(st.permutations(entries))

    def shown(*pieces):
        journal: Journal = None  # type: ignore[assignment]  not used to absorb
        findings, acks = FindingRecords(journal, AllowList()), Acknowledgements(journal)
        for piece in pieces:
            for projection in (findings, acks):
                Projection.absorb(projection, piece)
        return [
            {
                subject: {id: newest.value.seq for id, newest in of_one.items()}
                for subject, of_one in each.items()
            }
            for each in (findings._findings, acks._newest)
        ]

    assert shown(shuffled, shuffled) == shown(entries)


# ---- acknowledgements


async def test_acknowledgements_of_older_states_that_come_late_leave_the_present_one(ledger, tmp_path):
    one, two = two_hosts(ledger, tmp_path, NOON)

    def seen(state):
        return NewEntry(kind=EntryKind.ACKNOWLEDGED, subject=f"alarm:a@{state}", target="a", text=str(state))

    async with one.open() as here, two.open() as there:
        await there.append(seen(0))
        await here.catch_up()
        one.line.is_cut = True
        for state in range(1, 7):
            await here.append(seen(state))
            two.clock.advance(60)
        two.clock.advance(600)
        await there.append(seen(6))
        one.mend(ledger)
        sender, listener = Listener(here), Listener(there)
        await sender.hears(lambda _heard: not here.health.late)
        await listener.hears(lambda _heard: there.health.entries == 8)
        acks = Acknowledgements(there)
        async for states in acks.states():
            assert states["alarm:a@6"].by == "bob"
            break
        # And in a console that starts later, with what was saved.
        again = Acknowledgements(there)
        async for states in again.states():
            assert states["alarm:a@6"].by == "bob"
            break


async def test_an_acknowledgement_that_waits_is_shown_where_it_was_made(ledger, tmp_path):
    one, two = two_hosts(ledger, tmp_path, NOON)
    alarm = Alarm(id=RawId("a"), name="a", state=AlarmState.ALARM, since=NOON, expected=True)
    async with one.open() as here, two.open() as there:
        await here.append(note("before"))
        acks = Acknowledgements(here)
        states = acks.states()
        assert await anext(states) == {}
        one.line.is_cut = True
        waiting = await acks.acknowledge(alarm, "seen")
        async with asyncio.timeout(60):
            assert await anext(states) == {change_of(alarm): waiting}
            await there.append(note("meanwhile"))
            one.mend(ledger)
            recorded = (await anext(states))[change_of(alarm)]
        assert (recorded.seq, recorded.note) == (3, "seen")
