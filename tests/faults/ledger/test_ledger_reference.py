import asyncio
import random
from collections.abc import Mapping

import pytest

from services.clock import ManualClock
from services.journal.shared.journal import SharedJournal
from services.models.journal import Person
from tests.faults.ledger.checking import check, everything
from tests.faults.ledger.faulty_ledger import INJECTED, Fault, FaultyLedger
from tests.faults.ledger.figures import note
from tests.faults.ledger.race import Race, Result
from tests.faults.ledger.workload import Acks, Work
from tests.services.journal.book import NOON
from tests.tools.memory_ledger import MemoryLedger

OF_EACH = dict.fromkeys(INJECTED, 0.05)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr("services.journal.appending.FIRST", 0.0)
    monkeypatch.setattr("services.journal.appending.LONGEST", 0.0)


def journal_of(ledger, copy, name):
    person = Person(user=name)
    return SharedJournal(
        copy, ledger, clock=ManualClock(NOON), person=lambda: person, poll=0.01, syslog=None, patience=0.2
    )


async def written(ledger, race, folder):
    async def write(name):
        rng = random.Random(f"{race.seed} {name}")
        faulty = FaultyLedger(ledger, rng, race.shares)
        journal = journal_of(faulty, folder / f"{name}.db", name)
        await journal.open()
        is_usable = await Work(journal, name, Acks(folder / f"{name}.acks"), rng).run(
            lambda step: step >= race.steps
        )
        faulty.is_faulty = False
        await journal.close()
        return is_usable

    names = [f"w{number}" for number in range(race.writers)]
    usable = await asyncio.gather(*map(write, names))
    copies = [folder / f"{name}.db" for name in (*names, *names, "new")]
    for copy in copies if all(usable) else []:
        journal = journal_of(ledger, copy, copy.stem)
        health = await journal.open()
        await journal.close()
        assert not health.late
    acks = [ack for name in names for ack in Acks(folder / f"{name}.acks")]
    return check(await everything(ledger), acks, copies if all(usable) else []), all(usable)


@pytest.mark.parametrize("fault", [*INJECTED, None])
async def test_nothing_is_lost_or_doubled_under_a_fault(fault, tmp_path, record_property):
    shares: Mapping[Fault, float] = OF_EACH if fault is None else {fault: 0.2}
    race = Race("memory", writers=3, steps=12, shares=shares)
    findings, is_usable = await written(MemoryLedger(), race, tmp_path)
    note(record_property, "memory", fault or "all", race, Result(findings, 0, 0.0, ()))
    assert findings.counts == (0, 0, 0, 0), findings
    assert is_usable
    assert findings.acknowledged


@pytest.mark.slow
@pytest.mark.data
async def test_the_harness_sees_a_put_without_the_condition(tmp_path):
    race = Race("memory", writers=6, steps=30)
    findings, is_usable = await written(MemoryLedger(is_conditional=False), race, tmp_path)
    assert any(findings.counts) or not is_usable
