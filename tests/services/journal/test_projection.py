import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.clock import ManualClock
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.journal.projection import Projection
from services.models.journal import Entry, EntryKind, JournalPage, NewEntry
from services.models.problem import Problem, ProblemKind
from tests.services.journal.book import ALICE, NOON

DAY = timedelta(days=1)
KINDS = {EntryKind.NOTE: None, EntryKind.REMARK: 40 * DAY}


class Numbers(Projection):
    """The numbers of the entries, in the order in which they were taken in first."""

    def __init__(self, journal, page=500):
        super().__init__(journal, KINDS, page=page)
        self.seqs: list[int] = []

    def apply(self, entry):
        if entry.seq in self.seqs:
            return False
        self.seqs.append(entry.seq)
        return True


@pytest.fixture
def clock():
    return ManualClock(NOON)


@pytest.fixture
async def journal(tmp_path, clock):
    opened = Journal(tmp_path / "j.db", clock=clock, person=lambda: ALICE, syslog=None)
    await opened.open()
    yield opened
    await opened.close()


async def write(journal, *kinds):
    return [await journal.append(NewEntry(kind=kind, text=kind.value)) for kind in kinds]


async def test_the_first_reading_takes_each_kind_as_far_back_as_it_says(journal, clock):
    await write(journal, EntryKind.REMARK, EntryKind.NOTE, EntryKind.ARMED)
    clock.advance((41 * DAY).total_seconds())
    await write(journal, EntryKind.REMARK, EntryKind.NOTE, EntryKind.ARMED)
    numbers = Numbers(journal)
    assert await numbers.read(clock.now())
    assert sorted(numbers.seqs) == [2, 4, 5]
    assert numbers.started
    assert (numbers.position, numbers.version) == (6, 3 + 1)


async def test_an_empty_journal_is_read_too(journal, clock):
    numbers = Numbers(journal)
    assert not await numbers.read(clock.now())
    assert (numbers.started, numbers.version, numbers.position) == (True, 1, 0)
    await write(journal, EntryKind.NOTE)
    assert await numbers.read(clock.now())
    assert not await numbers.read(clock.now())
    assert numbers.seqs == [1]


async def test_after_the_first_reading_age_does_not_matter(journal, clock):
    numbers = Numbers(journal)
    await numbers.read(clock.now())
    await write(journal, EntryKind.REMARK)
    clock.advance((50 * DAY).total_seconds())
    await numbers.read(clock.now())
    assert numbers.seqs == [1]


@pytest.mark.parametrize("page", [1, 2, 3, 7, 8])
async def test_pages_of_any_size_add_up_to_the_whole_in_order(journal, clock, page):
    numbers = Numbers(journal, page)
    await write(journal, *[EntryKind.NOTE] * 7)
    await numbers.read(clock.now())
    await write(journal, *[EntryKind.REMARK, EntryKind.NOTE] * 3)
    await numbers.read(clock.now())
    assert numbers.seqs == list(range(1, 14))
    assert numbers.position == 13


async def test_other_kinds_are_skipped_wherever_they_come_from(journal):
    numbers = Numbers(journal)
    numbers.absorb(await write(journal, EntryKind.ARMED, EntryKind.NOTE))
    assert (numbers.seqs, numbers.version) == ([2], 1)


async def test_entries_written_during_the_first_read_arrive_with_the_next(journal, clock):
    class Interrupted(Numbers):
        def absorb(self, entries):
            super().absorb(entries)
            # One kind has been read; the entry comes before the reading is over.
            self.writing = self.__dict__.get("writing") or asyncio.ensure_future(
                write(journal, EntryKind.NOTE)
            )

    numbers = Interrupted(journal)
    await numbers.read(clock.now())
    await numbers.writing
    await numbers.read(clock.now())
    assert numbers.seqs == [1]


class Failing:
    def __init__(self, journal, *questions):
        self.journal = journal
        self.questions = questions
        self.count = 0

    def _ask(self):
        self.count += 1
        if self.count in self.questions:
            raise JournalError(Problem(kind=ProblemKind.OTHER, summary="locked", at=NOON))

    async def page(self, *, limit):
        self._ask()
        return await self.journal.page(limit=limit)

    async def entries(self, query, *, limit, after_seq):
        self._ask()
        return await self.journal.entries(query, limit=limit, after_seq=after_seq)


@pytest.mark.parametrize("question", range(1, 9))
async def test_a_read_that_fails_anywhere_is_completed_by_the_next(journal, clock, question):
    await write(journal, *[EntryKind.NOTE, EntryKind.REMARK] * 3)
    failing = Failing(journal, question)
    numbers = Numbers(failing, page=2)
    failures = 0
    for _reading in range(3):
        try:
            await numbers.read(clock.now())
        except JournalError:
            failures += 1
        await write(journal, EntryKind.NOTE, EntryKind.NOTE, EntryKind.NOTE)
    assert failures == 1
    await numbers.read(clock.now())
    assert sorted(numbers.seqs) == list(range(1, 16))
    assert numbers.version == 15 + 1


async def test_concurrent_reads_wait_for_each_other(journal, clock):
    await write(journal, *[EntryKind.NOTE] * 5)
    numbers = Numbers(journal, page=2)
    assert await asyncio.gather(*(numbers.read(clock.now()) for _reader in range(3))) == [True, False, False]
    assert numbers.seqs == [1, 2, 3, 4, 5]


async def test_a_state_that_was_restored_reads_on_from_its_position(journal, clock):
    await write(journal, *[EntryKind.NOTE] * 5)
    numbers = Numbers(journal)
    numbers.position, numbers.started = 3, True
    await numbers.read(clock.now())
    assert numbers.seqs == [4, 5]


class Written:
    """What other consoles and this one have written, without a file."""

    def __init__(self):
        self.all: list[Entry] = []

    def add(self):
        seq = len(self.all) + 1
        entry = Entry(
            seq=seq, at=NOON, kind=EntryKind.NOTE, subject="", target="", text="", person=ALICE,
            body="{}", previous="", hash="h",
        )  # fmt: skip
        self.all.append(entry)
        return entry

    async def page(self, *, limit):
        return JournalPage(entries=tuple(self.all[::-1][:limit]), more=len(self.all) > limit)

    async def entries(self, query, *, limit, after_seq):
        matching = [entry for entry in self.all if entry.seq > after_seq and entry.kind in query.kinds]
        await asyncio.sleep(0)
        return tuple(matching[:limit])


@given(
    steps=st.lists(st.sampled_from(["other", "own", "read", "begin", "turn"]), max_size=40),
    page=st.integers(1, 5),
)
def test_nothing_is_skipped_in_any_order_of_writes_absorptions_and_reads(steps, page):
    async def check():
        journal = Written()
        numbers = Numbers(journal, page)
        readings = []
        for step in steps:
            if step == "other":
                journal.add()
            elif step == "own":
                numbers.absorb([journal.add()])
            elif step == "read":
                await numbers.read(NOON)
            elif step == "begin":
                readings.append(asyncio.ensure_future(numbers.read(NOON)))
            else:
                await asyncio.sleep(0)
        await asyncio.gather(*readings)
        await numbers.read(NOON)
        assert sorted(numbers.seqs) == [entry.seq for entry in journal.all]
        assert numbers.version == len(journal.all) + 1

    asyncio.run(check())
