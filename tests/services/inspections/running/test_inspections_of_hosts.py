import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from services.inspections.running.entries import claim_entry
from services.inspections.running.scheduler import LEASE
from services.journal.errors import JournalError
from services.models.journal import EntryKind, EntryQuery, NewEntry
from tests.services.duties.duty_world import jst
from tests.services.inspections.running.scheduler_world import Console, Script, console
from tests.services.journal.hosts import two_hosts
from tests.tools.memory_ledger import MemoryLedger

EARLY = jst("2026-01-14 08:50")
DUTY = "daily-morning"


@pytest.fixture
def script():
    return Script()


class Scene:
    def __init__(self, hosts, ledger):
        self.hosts = hosts
        self.ledger = ledger
        self.consoles: list[list[Console]] = []

    async def until(self, reached, *, step=1.0):
        """Let time pass on both hosts until `reached()`."""
        try:
            async with asyncio.timeout(60):
                while not reached():
                    await asyncio.sleep(0.005)
                    self.advance(step)
        except TimeoutError:
            raise AssertionError([one.views[-1:] for host in self.consoles for one in host]) from None

    def advance(self, seconds):
        for host in self.hosts:
            host.clock.advance(seconds)

    def complete(self, host):
        return all(one.findings_of(DUTY).complete and not one.scheduler._tasks for one in self.consoles[host])

    def seqs(self, host):
        return [each.seq for each in self.consoles[host][0].findings_of(DUTY).recorded]


@asynccontextmanager
async def scene(tmp_path, script, monkeypatch, consoles=1):
    ledger = MemoryLedger()
    hosts = two_hosts(ledger, tmp_path, EARLY)
    this = Scene(hosts, ledger)
    async with AsyncExitStack() as stack:
        for host in hosts:
            this.consoles.append([])
            for _number in range(consoles):
                journal = host.journal()
                await journal.open()
                await journal.append(NewEntry(kind=EntryKind.STARTED, text="begin"))
                this.consoles[-1].append(
                    await stack.enter_async_context(
                        console(
                            host.copy, script, monkeypatch,
                            clock=host.clock, began="", duties=(DUTY,), shared=journal,
                        )
                    )
                )  # fmt: skip
        yield this


@pytest.mark.slow
async def test_four_consoles_on_two_hosts_inspect_once(tmp_path, script, monkeypatch):
    async with scene(tmp_path, script, monkeypatch, consoles=2) as two:
        await two.until(lambda: two.complete(0) and two.complete(1))
        one = two.consoles[1][1]
        ids = one.findings_of(DUTY).expected
        assert sorted(id for id, _request in script.runs) == sorted(ids)
        # By the other host's clock it is not nine yet, and then it is.
        two.advance(600)
        await two.until(lambda: two.complete(0) and two.complete(1))
        assert len(script.runs) == len(await one.entries(EntryKind.FINDING)) == len(ids)
        assert len(await one.entries(EntryKind.LOOKING)) == 1
        assert two.seqs(0) == two.seqs(1)


@pytest.mark.slow
async def test_inspections_of_a_host_that_died_are_taken_over_after_the_lease(tmp_path, script, monkeypatch):
    async with scene(tmp_path, script, monkeypatch) as two:
        (one,), (other,) = two.consoles
        slot = other.desk.today(DUTY).slot
        await other.desk.journal.append(claim_entry(slot, 1))
        # What the dead host's console would do is not done.
        await other.scheduler.close()
        await two.until(lambda: one.scheduler._tasks)
        began = two.hosts[0].clock.elapsed()
        await two.until(lambda: one.findings_of(DUTY).running)
        assert one.findings_of(DUTY).running[0].by == "bob@bastion-2"
        await two.until(lambda: two.complete(0), step=5)
        assert two.hosts[0].clock.elapsed() - began >= LEASE - 60
        assert len(script.runs) == len(one.findings_of(DUTY).expected)
        assert [entry.person.host for entry in await one.entries(EntryKind.LOOKING)] == [
            "bastion-2",
            "bastion-1",
        ]


@pytest.mark.slow
async def test_without_the_ledger_each_inspects_and_both_findings_are_there_in_the_end(
    tmp_path, script, monkeypatch
):
    async with scene(tmp_path, script, monkeypatch) as two:
        (one,), (other,) = two.consoles
        two.hosts[0].line.is_cut = True
        await two.until(lambda: two.complete(0))
        ids = one.findings_of(DUTY).expected
        assert two.seqs(0) == [0] * len(ids)
        assert one.desk.journal.health.late == len(ids)
        with pytest.raises(JournalError):
            await one.desk.duties.sign(one.desk.today(DUTY), "")
        await two.until(lambda: two.complete(1))
        assert len(script.runs) == 2 * len(ids)
        of_other = two.seqs(1)
        assert all(of_other)
        two.hosts[0].mend(two.ledger)
        await two.until(lambda: two.complete(0) and not one.desk.journal.health.late)
        await two.until(lambda: other.desk.journal.health.entries == one.desk.journal.health.entries)
        await two.until(lambda: two.seqs(0) == two.seqs(1), step=0)
        findings = await other.entries(EntryKind.FINDING)
        assert len(findings) == 2 * len(ids)
        assert {entry.seq: entry.is_late for entry in findings} == {
            entry.seq: entry.seq not in of_other for entry in findings
        }
        assert not await other.desk.journal.entries(EntryQuery(kinds=frozenset({EntryKind.SIGN_OFF})))
        # The later ones stand, though the earlier ones were recorded after them, in a console that starts now as well.
        newest = {entry.seq: entry.at for entry in findings}
        assert min(newest[seq] for seq in two.seqs(0)) >= max(
            at for seq, at in newest.items() if seq not in two.seqs(0)
        )
        # Nothing is inspected again.
        two.advance(60)
        await two.until(lambda: two.complete(0) and two.complete(1))
        assert len(script.runs) == 2 * len(ids)


@pytest.mark.slow
async def test_findings_of_a_host_that_is_cut_off_while_it_inspects_are_recorded_under_its_claim(
    tmp_path, script, monkeypatch
):
    async with scene(tmp_path, script, monkeypatch) as two:
        (_one,), (other,) = two.consoles
        script.gate.clear()
        await two.until(lambda: script.runs)
        two.hosts[0].line.is_cut = True
        script.gate.set()
        await two.until(lambda: two.complete(0), step=0)
        two.hosts[0].mend(two.ledger)
        await two.until(lambda: two.complete(1))
        ids = other.findings_of(DUTY).expected
        assert len(script.runs) == len(ids)
        assert all(entry.is_late for entry in await other.entries(EntryKind.FINDING))
        assert two.seqs(1) == two.seqs(0)
