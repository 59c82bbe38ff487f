import asyncio
import random
from contextlib import asynccontextmanager
from functools import partial

import pytest

from services.clock import ManualClock
from services.journal.errors import AlreadyRecorded, HeldByAnother, JournalError
from services.journal.reader import JournalReader
from services.journal.shared.journal import SharedJournal
from services.models.journal import EntryKind, NewEntry, Person
from tests.faults.ledger.amounts import amount
from tests.faults.ledger.faulty_ledger import INJECTED, FaultyLedger
from tests.faults.ledger.linearizability import (
    FREE,
    RELEASE,
    TAKE,
    UNKNOWN,
    History,
    Operation,
    is_linearizable,
)
from tests.services.journal.book import NOON
from tests.tools.memory_ledger import MemoryLedger

HOSTS, CALLS = 4, 3  # Twelve operations a history
SHARES = dict.fromkeys(INJECTED, 0.06)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr("services.journal.appending.FIRST", 0.0)
    monkeypatch.setattr("services.journal.appending.LONGEST", 0.0)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([Operation(TAKE, "a", "a", 0, 1), Operation(TAKE, "b", "a", 2, 3)], True),
        ([Operation(TAKE, "a", "a", 0, 3), Operation(TAKE, "b", "a", 1, 2)], True),
        ([Operation(TAKE, "a", "a", 2, 3), Operation(TAKE, "b", "a", 0, 1)], False),
        ([Operation(TAKE, "a", "a", 0, 2), Operation(TAKE, "b", "b", 1, 3)], False),
        ([Operation(TAKE, "a", UNKNOWN, 0, 9), Operation(TAKE, "b", "a", 1, 3)], True),
        ([Operation(TAKE, "a", UNKNOWN, 0, 9), Operation(TAKE, "b", "b", 1, 3)], True),
        (
            [
                Operation(TAKE, "a", "a", 0, 1),
                Operation(RELEASE, "a", FREE, 2, 3),
                Operation(TAKE, "b", "a", 4, 5),
            ],
            False,
        ),
        (
            [
                Operation(TAKE, "a", "a", 0, 1),
                Operation(RELEASE, "a", FREE, 2, 5),
                Operation(TAKE, "b", "a", 3, 4),
            ],
            True,
        ),
    ],
)
def test_a_history_is_judged(history, expected):
    assert is_linearizable(history) == expected


async def test_a_register_that_asks_first_and_writes_then_is_seen_through():
    holder = FREE
    history = History()

    async def take(by):
        nonlocal holder
        standing = holder
        await asyncio.sleep(0)
        holder = standing or by
        return holder

    async def host(name):
        await history.call(TAKE, name, partial(take, name))

    await asyncio.gather(*(host(name) for name in "abcd"))
    assert not is_linearizable(history.operations)


async def test_claims_and_holds_are_linearizable(tmp_path):
    assert not await broken_histories(tmp_path, rounds=6)


async def test_a_hold_that_was_released_is_free_whoever_has_read_it(tmp_path):
    ledger = MemoryLedger()
    one, two = (journal_of(ledger, tmp_path, name) for name in ("one", "two"))
    await one.append(NewEntry(kind=EntryKind.INTENT, text="a", holds="h"))
    await two.catch_up()
    catch_up = two._appender.catch_up

    async def after_somebody_else():
        # What follows the ledger takes the release over, after it was decided without it.
        await catch_up()
        await catch_up()

    two._appender.catch_up = after_somebody_else
    released = await one.append(NewEntry(kind=EntryKind.RESOLVED, text="a", releases="h"))
    assert (await two.append(NewEntry(kind=EntryKind.INTENT, text="b", holds="h"))).seq == released.seq + 1
    await one.close()
    await two.close()


@pytest.mark.slow
@pytest.mark.data
async def test_claims_and_holds_are_linearizable_in_many_histories(tmp_path):
    assert not await broken_histories(tmp_path, rounds=amount(150, 3000))


async def test_holds_that_nobody_checks_are_seen_through(tmp_path, monkeypatch):
    monkeypatch.setattr(JournalReader, "holder", lambda _reader, _hold: None)
    assert await broken_histories(tmp_path, rounds=6)


async def broken_histories(folder, rounds):
    broken = []
    async with hosts(folder) as journals:
        for number in range(rounds):
            for play in (claims, holds):
                history = History()
                await asyncio.gather(
                    *(
                        play(journal, f"{number}", random.Random(f"{number} {name}"), history, name)
                        for name, journal in journals.items()
                    )
                )
                if not is_linearizable(history.operations):
                    broken.append(history)
    return broken


async def claims(journal, number, rng, history, name):
    for call in range(CALLS):
        by = f"{name} {number} {call}"
        await _turns(rng)
        await history.call(
            TAKE, by, partial(_append, journal, by, EntryKind.SIGN_OFF, claim=f"claim {number}")
        )


async def holds(journal, number, rng, history, name):
    hold = f"hold {number}"
    holds_it = False
    for call in range(CALLS):
        by = f"{name} {number} {call}, hold"
        await _turns(rng)
        if holds_it:
            released = await history.call(
                RELEASE, by, partial(_append, journal, by, EntryKind.RESOLVED, releases=hold)
            )
            holds_it = released != FREE
        else:
            holder = await history.call(TAKE, by, partial(_append, journal, by, EntryKind.INTENT, holds=hold))
            holds_it = holder == by


async def _append(journal, by, kind, **fields):
    try:
        await journal.append(NewEntry.model_validate({"kind": kind, "text": by, **fields}))
    except (AlreadyRecorded, HeldByAnother) as error:
        return error.entry.text
    except JournalError:
        return UNKNOWN
    return FREE if "releases" in fields else by


async def _turns(rng):
    for _turn in range(rng.randint(0, 40)):
        await asyncio.sleep(0)


def journal_of(ledger, folder, name):
    person = Person(user=name)
    return SharedJournal(
        folder / f"{name}.db",
        ledger,
        clock=ManualClock(NOON),
        person=lambda: person,
        syslog=None,
        patience=0.1,
    )


@asynccontextmanager
async def hosts(folder):
    ledger = MemoryLedger()
    journals: dict[str, SharedJournal] = {}
    followers = []
    for number in range(HOSTS):
        name = f"host-{number}"
        line = FaultyLedger(ledger, random.Random(name), SHARES)
        line.is_faulty = False
        journal = journal_of(line, folder, name)
        await journal.open()
        line.is_faulty = True
        followers.append(asyncio.create_task(_follow(journal)))
        journals[name] = journal
    try:
        yield journals
    finally:
        for journal in journals.values():
            await journal.close()
        await asyncio.gather(*followers)


async def _follow(journal):
    async for _news in journal.follow():
        pass
