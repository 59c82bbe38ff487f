import asyncio
from contextlib import asynccontextmanager

import pytest

from services.inspections.allow_list import AllowList
from services.inspections.running.finding_records import FindingRecords
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.findings import Finding
from services.models.journal import EntryKind, EntryQuery, NewEntry
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from tests.services.journal.book import NOON, Listener
from tests.services.journal.hosts import two_hosts
from tests.services.journal.ledgers.places import PostgresqlPlace
from tests.tools.memory_ledger import MemoryLedger

pytestmark = pytest.mark.xdist_group("ledger-postgresql")


@pytest.fixture
def place(started):
    place = started("postgresql")
    assert isinstance(place, PostgresqlPlace)
    return place


@pytest.fixture
async def hosts(place, tmp_path):
    hosts, name = two_hosts(MemoryLedger(), tmp_path, NOON), place.new_name()
    for host in hosts:
        host.ledger = place.ledger(name)
        host.__post_init__()
    yield hosts
    for host in hosts:
        await host.ledger.close()


@asynccontextmanager
async def consoles(hosts):
    async with hosts[0].open(patience=2.0) as one, hosts[1].open(patience=2.0) as two:
        yield one, two


def finding(minutes, verdict):
    result = Finding(inspection="alarms", title="Alarms", verdict=verdict, summary=str(minutes), read_at=NOON)
    data = {"finding": result.model_dump(mode="json")}
    return NewEntry(kind=EntryKind.FINDING, subject="slot", target="alarms", text="x", data=data)


async def test_of_two_hosts_one_has_the_claim(hosts):
    async with consoles(hosts) as (one, two):
        drafts = [NewEntry(kind=EntryKind.LOOKING, text="x", claim=f"look:{number}") for number in range(20)]
        results = await asyncio.gather(
            *(journal.append(draft) for draft in drafts for journal in (one, two)), return_exceptions=True
        )
        assert sum(isinstance(result, AlreadyRecorded) for result in results) == len(drafts)
        await one.catch_up()
        await two.catch_up()
        assert [entry.hash for entry in await one.entries()] == [entry.hash for entry in await two.entries()]
        assert len(await one.entries()) == len(drafts)


@pytest.mark.slow
@pytest.mark.data
async def test_findings_of_a_stopped_server_come_once_and_older_than_what_followed(place, hosts):
    async with consoles(hosts) as (one, two):
        await one.append(finding(0, Verdict.NORMAL))
        here, there = Listener(one), Listener(two)
        with place.server.stopped():
            waiting = await one.append(finding(1, Verdict.ATTENTION))
            assert waiting.waits
            assert not one.health.writable
            assert one.health.queues
            assert one.health.problem.kind is ProblemKind.UNREACHABLE
            with pytest.raises(JournalError):
                await two.append(NewEntry(kind=EntryKind.SIGN_OFF, text="x", claim="s"))
        # Whichever console is back first: by the clocks the other host's finding is later.
        hosts[1].clock.advance(600)
        await there.hears(lambda _heard: two.health.writable)
        await two.append(finding(10, Verdict.ABNORMAL))
        await here.hears(lambda _heard: one.health.writable and not one.health.late)
        await two.catch_up()
        for journal in (one, two):
            await journal.catch_up()
            records = FindingRecords(journal, AllowList())
            await records.read(NOON)
            (newest,) = records.of("slot", ("alarms",))
            assert newest.finding.verdict is Verdict.ABNORMAL
            assert len(await journal.entries(EntryQuery(kinds=frozenset({EntryKind.FINDING})))) == 3
        assert not await two.entries(EntryQuery(kinds=frozenset({EntryKind.SIGN_OFF})))
