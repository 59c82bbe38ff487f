import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from services.clock import ManualClock
from services.inspections.allow_list import AllowList
from services.inspections.running.finding_records import FindingRecords
from services.journal.errors import JournalError
from services.journal.journal import BETWEEN, Journal
from services.models.journal import EntryKind, NewEntry
from services.models.problem import Problem, ProblemKind
from tests.services.inspections.running.scheduler_world import Script, Scripted, console
from tests.services.journal.book import NOON, open_journal

FEW = 60  # Sign-offs that the first start looks at here


@pytest.fixture(autouse=True)
def few_at_first(monkeypatch):
    monkeypatch.setattr(FindingRecords, "older", replace(FindingRecords.older, at_first=FEW))


@pytest.fixture
def derivations(monkeypatch):
    calls: list[object] = []
    ask_aside = Journal.ask_aside

    async def noted(self, work):
        calls.append(work)
        return await ask_aside(self, work)

    monkeypatch.setattr(Journal, "ask_aside", noted)
    return calls


def signed(inspection, until):
    finding = {"inspection": inspection, "verdict": "normal", "until": until.isoformat()}
    return NewEntry(kind=EntryKind.SIGN_OFF, subject=f"d@{until}", text="x", data={"findings": [finding]})


async def written(journal, clock):
    """Sign off `costs` once, then `alarms` more often than the first start looks at. Returns when the former was."""
    await journal.append(signed("costs", NOON))
    for _number in range(FEW + 5):
        clock.advance(3600)
        await journal.append(signed("alarms", clock.now()))
    return NOON


async def read(journal, clock):
    records = FindingRecords(journal, AllowList())
    await records.read(clock.now())
    return records


async def test_the_rest_is_read_for_the_inspection_that_may_be_in_it_alone(tmp_path, derivations):
    clock = ManualClock(NOON)
    async with open_journal(tmp_path / "j.db", clock=clock) as journal:
        at = await written(journal, clock)
        records = await read(journal, clock)
        await records.load_signed("alarms", clock.now())
        assert records.signed_until("alarms", clock.now()) == clock.now()
        assert derivations == []
        await records.load_signed("costs", clock.now())
        assert records.signed_until("costs", clock.now()) == at
        await records.load_signed("costs", clock.now())
        await records.load_signed("backups", clock.now())
        assert records.signed_until("backups", clock.now()) is None
        assert len(derivations) == 1
        again = await read(journal, clock)
        assert again.has_all_older
        assert again.signed_until("costs", clock.now()) == at
        assert len(derivations) == 1, "it was saved"


async def test_a_start_goes_on_where_the_first_one_looked(tmp_path, derivations, monkeypatch):
    monkeypatch.setattr("services.journal.derived.older.APART", 0)
    clock = ManualClock(NOON)
    async with open_journal(tmp_path / "j.db", clock=clock) as journal:
        at = await written(journal, clock)
        for _start in range(3):
            records = await read(journal, clock)
            assert not records.has_all_older
            clock.advance(60)
            await journal.append(signed("alarms", clock.now()))
        saved = await journal.ask(lambda reader: reader.query("SELECT name FROM derived"))
        assert ("findings-2-newest",) in saved
        assert ("findings-2",) not in saved
        assert derivations == []
        await records.load_signed("costs", clock.now())
        assert records.signed_until("costs", clock.now()) == at


async def test_the_daily_review_reads_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr("services.journal.journal.PAUSE", 0.0)
    clock = ManualClock(NOON)
    async with open_journal(tmp_path / "j.db", clock=clock) as journal:
        at = await written(journal, clock)
        records = await read(journal, clock)
        async with asyncio.timeout(60):
            while not records.has_all_older:
                clock.advance(BETWEEN)
                await asyncio.sleep(0)
        assert records.signed_until("costs", clock.now()) == at


async def test_an_inspection_covers_all_it_can_where_the_rest_cannot_be_read(tmp_path, monkeypatch):
    path, clock, script = tmp_path / "j.db", ManualClock(NOON), Script()
    async with open_journal(path, clock=clock) as journal:
        await written(journal, clock)
    async with console(path, script, monkeypatch, clock=clock) as one:
        await one.until(lambda: one.records.started)
        assert not one.records.has_all_older

        async def away(_work):
            raise JournalError(Problem(kind=ProblemKind.OTHER, summary="the disk is gone", at=NOON))

        monkeypatch.setattr(one.desk.journal, "ask_aside", away)
        recorded = await one.scheduler.runs.run_on_demand("costs")
        (request,) = script.windows("costs")
        assert request.until - request.since == Scripted.longest
        assert recorded.finding.inspection == "costs"
        await one.scheduler.runs.prepare(["costs"], clock.now())
        assert script.prepared == [], "its window would not be the run's"
        assert one.faults == []


@pytest.mark.parametrize("page", [500, 7])
async def test_what_was_signed_before_an_earlier_moment_is_found_however_much_was_since(
    tmp_path, derivations, monkeypatch, page
):
    monkeypatch.setattr("services.inspections.running.finding_records._PAGE", page)
    clock = ManualClock(NOON)
    async with open_journal(tmp_path / "j.db", clock=clock) as journal:
        await written(journal, clock)
        records = await read(journal, clock)
        # Half an hour after the third sign-off of `alarms`, and before the first.
        for hours, at in ((3.5, NOON + timedelta(hours=3)), (0.5, None)):
            then = NOON + timedelta(hours=hours)
            await records.load_signed("alarms", then)
            assert records.signed_until("alarms", then) == at
        assert records.signed_until("alarms", clock.now()) == clock.now()
