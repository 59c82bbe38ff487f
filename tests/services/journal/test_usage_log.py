import asyncio

from services.aws.client.meter import UsageMeter
from services.clock import ManualClock
from services.journal.usage import UsageLog
from services.models.journal import EntryKind, EntryQuery
from tests.services.journal.book import NOON, open_journal


async def test_a_total_is_recorded_once(tmp_path):
    async with open_journal(tmp_path / "j.db") as journal:
        meter = UsageMeter(ManualClock(NOON))
        log = UsageLog(journal, meter)
        totals = []
        for _batch in range(3):
            meter.count("cloudwatch", "DescribeAlarms")
            totals.append(meter.calls_today)
            await asyncio.gather(*(log.record() for _inspection in range(5)))
        entries = await journal.entries(EntryQuery(kinds=frozenset({EntryKind.USAGE})))
        assert sorted(entry.data["calls"] for entry in entries) == totals


async def test_a_total_that_could_not_be_recorded_is_recorded_later(tmp_path):
    meter = UsageMeter(ManualClock(NOON))
    async with open_journal(tmp_path / "j.db") as journal:
        log = UsageLog(journal, meter)
        meter.count("cloudwatch", "DescribeAlarms")
    await log.record()  # the journal is closed: the failure is its health's matter
    async with open_journal(tmp_path / "j.db") as journal:
        log._journal = journal
        await log.record()
        (entry,) = await journal.entries(EntryQuery(kinds=frozenset({EntryKind.USAGE})))
        assert entry.data["calls"] == 1
