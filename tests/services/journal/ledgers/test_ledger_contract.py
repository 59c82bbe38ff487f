import asyncio
import json
from collections import Counter

import pytest

from services.journal.ledger import LedgerUnavailable, Rejected

WRITERS, NUMBERS = 8, 50
LARGE = 300_000  # Bytes; DynamoDB's items have 400 KB at most
LIMIT = 60.0


def record(**content):
    return json.dumps(content, ensure_ascii=False).encode()


async def test_a_number_is_taken_once_by_racing_writers(place):
    name = place.new_name()
    writers = [place.ledger(name) for _ in range(WRITERS)]
    start = asyncio.Barrier(WRITERS)

    async def write(writer):
        answers = []
        for seq in range(NUMBERS):
            await start.wait()
            mine = record(writer=writer, seq=seq)
            answers.append((seq, mine, await writers[writer].put(seq, mine)))
        return answers

    async with asyncio.timeout(4 * LIMIT):
        all_answers = [
            answer for each in await asyncio.gather(*map(write, range(WRITERS))) for answer in each
        ]
    standing = dict(await writers[0].read(-1))
    assert list(standing) == list(range(NUMBERS))
    assert Counter(seq for seq, _mine, other in all_answers if other is None) == Counter(range(NUMBERS))
    for seq, mine, other in all_answers:
        assert standing[seq] == (mine if other is None else other)
    await close(*writers)


async def test_the_loser_gets_the_winners_bytes(place):
    ledger, other = place.ledger(name := place.new_name()), place.ledger(name)
    first = record(text="当番 ①〜－ \u0000 \U0001f525 '\"\\", at="2026-01-14T01:00:00Z")
    assert await ledger.put(0, first) is None
    assert await other.put(0, record(text="later")) == first
    assert await other.put(0, first) == first
    assert await ledger.read(-1) == [(0, first)]
    await close(ledger, other)


async def test_every_ledger_has_numbers_of_its_own(place):
    one, other = place.ledger(), place.ledger()
    assert await one.put(0, record(of="one")) is None
    assert await other.put(0, record(of="other")) is None
    assert await one.read(-1) == [(0, record(of="one"))]
    await close(one, other)


async def test_what_was_put_is_read_at_once_by_another_console(place):
    writer, reader = place.ledger(name := place.new_name()), place.ledger(name)
    for seq in range(30):
        assert await writer.put(seq, record(seq=seq)) is None
        assert await reader.read(seq - 1) == [(seq, record(seq=seq))]
    assert await reader.read(29) == []
    await close(writer, reader)


async def test_reads_come_in_pages(place):
    ledger = place.ledger()
    assert await ledger.read(-1) == []
    for seq in range(25):
        await ledger.put(seq, record(seq=seq))
    assert [seq for seq, _record in await ledger.read(-1, 10)] == list(range(10))
    assert [seq for seq, _record in await ledger.read(9, 10)] == list(range(10, 20))
    assert [seq for seq, _record in await ledger.read(19, 10)] == list(range(20, 25))
    await close(ledger)


async def test_large_records_come_back_whole(place):
    # Six of them are more than one answer of DynamoDB's (1 MB).
    ledger = place.ledger()
    large = [record(seq=seq, text="記" * (LARGE // 3)) for seq in range(6)]
    for seq, content in enumerate(large):
        assert await ledger.put(seq, content) is None
    assert await ledger.put(0, record(text="small")) == large[0]
    assert [each for _seq, each in await ledger.read(-1)] == large
    await close(ledger)


async def test_many_calls_at_once(place):
    ledger = place.ledger()
    async with asyncio.timeout(LIMIT):
        answers = await asyncio.gather(*(ledger.put(seq, record(seq=seq)) for seq in range(40)))
        assert answers == [None] * 40
        pages = await asyncio.gather(*(ledger.read(seq - 1, 1) for seq in range(40)))
    assert [page[0][0] for page in pages] == list(range(40))
    await close(ledger)


async def test_news_of_another_console_arrives(place):
    writer, reader = place.ledger(name := place.new_name()), place.ledger(name)
    news = reader.news()
    async with asyncio.timeout(LIMIT):
        await anext(news)
        await writer.put(0, record(seq=0))
        while not await reader.read(-1):
            await anext(news)
        # Needlessly, but always again.
        await anext(news)
    await close(writer, reader)
    async with asyncio.timeout(LIMIT):
        assert [each async for each in news] == []


async def test_a_server_that_is_not_there(place):
    ledger = place.ledger(address=place.unreachable + ("&" if "?" in place.unreachable else "?") + "poll=0.1")
    for call in (lambda: ledger.put(0, record(seq=0)), lambda: ledger.read(-1)):
        with pytest.raises(LedgerUnavailable) as caught:
            await call()
        assert not isinstance(caught.value, Rejected)
        assert caught.value.problem.remedy
    async with asyncio.timeout(LIMIT):
        news = ledger.news()
        await anext(news)
        await anext(news)
    await close(ledger)


async def test_a_place_that_nobody_created(place):
    ledger = place.ledger(address=place.missing)
    for call in (lambda: ledger.put(0, record(seq=0)), lambda: ledger.read(-1)):
        with pytest.raises(Rejected) as caught:
            await call()
        assert "toban journal table --print" in caught.value.problem.remedy
    await close(ledger)


async def test_a_closed_ledger_answers_nothing(place):
    ledger = place.ledger()
    await ledger.put(0, record(seq=0))
    await close(ledger)
    for call in (lambda: ledger.put(1, record(seq=1)), lambda: ledger.read(-1)):
        with pytest.raises(LedgerUnavailable):
            await call()
    await close(ledger)


async def test_a_cancelled_caller_leaves_a_usable_ledger(place):
    ledger = place.ledger()
    await ledger.read(-1)
    for seq in range(20):
        task = asyncio.ensure_future(ledger.put(seq, record(seq=seq)))
        for _ in range(seq):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait((task,))
    async with asyncio.timeout(LIMIT):
        for seq in range(20):
            assert await ledger.put(seq, record(seq=seq)) in (None, record(seq=seq))
        assert [seq for seq, _record in await ledger.read(-1)] == list(range(20))
    await close(ledger)


async def close(*ledgers):
    for ledger in ledgers:
        await ledger.close()
