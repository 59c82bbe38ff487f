import asyncio

import pytest

from services.journal.errors import AlreadyRecorded, JournalError
from tests.services.journal.book import Listener, filled, note, open_journal


async def test_every_listener_is_notified_of_every_entry(tmp_path):
    path = tmp_path / "j.db"
    async with open_journal(path) as ours, open_journal(path) as theirs:
        listeners = [Listener(journal) for journal in (ours, ours, ours, theirs, theirs)]
        for number in range(1, 4):
            for journal in (ours, theirs):
                seq = (await journal.append(note(str(number)))).seq
                for listener in listeners:
                    await listener.hears(lambda heard, seq=seq: heard[-1:] == [seq])
        assert [listener.heard for listener in listeners] == [[0, 1, 2, 3, 4, 5, 6]] * 5
    for listener in listeners:
        await listener.ends()


async def test_a_journal_that_had_entries_says_so_at_once(tmp_path):
    filled(tmp_path / "j.db", 7)
    async with open_journal(tmp_path / "j.db", poll=60) as journal:
        assert (journal.health.writable, journal.health.entries) == (True, 7)
        async for seq in journal.follow():
            assert seq == 7
            break


async def test_an_append_notifies_without_waiting_for_a_poll(tmp_path):
    async with open_journal(tmp_path / "j.db", poll=60) as journal:
        listener = Listener(journal)
        await journal.append(note())
        await listener.hears(lambda heard: heard[-1:] == [1])


async def test_cancelling_a_wait_loses_nothing(tmp_path):
    async with open_journal(tmp_path / "j.db", poll=60) as journal:
        listener = Listener(journal)
        for number in range(20):
            waiting = asyncio.create_task(journal.append(note(str(number), claim=str(number))))
            for _ in range(number % 4):
                await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        entry = await journal.append(note("last"))
        assert journal.health.entries == entry.seq
        await listener.hears(lambda heard: heard[-1:] == [entry.seq])
        texts = [each.text for each in await journal.entries()]
        assert texts == [*sorted(texts[:-1], key=int), "last"]
        for number in texts[:-1]:
            with pytest.raises(AlreadyRecorded):
                await journal.append(note(claim=number))


async def test_what_is_being_written_is_finished_before_the_end(tmp_path):
    async with open_journal(tmp_path / "j.db") as journal:
        waiting = [asyncio.create_task(journal.append(note(str(number)))) for number in range(5)]
        await asyncio.sleep(0)
    assert [task.result().seq for task in waiting] == [1, 2, 3, 4, 5]
    with pytest.raises(JournalError, match="closed"):
        await journal.append(note())
    with pytest.raises(JournalError, match="closed"):
        await journal.page()
