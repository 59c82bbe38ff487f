import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.clock import ManualClock
from services.journal import place
from services.journal.chain import COLUMNS
from services.journal.ledger import GIB, LIMIT, LedgerUnavailable, Rejected
from services.journal.linking.records import naming, packed, unpacked
from services.journal.problems import UnusableJournal
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.journal import EntryKind, NewEntry
from services.models.problem import Problem, ProblemKind
from services.models.verdict import Verdict
from tests.services.journal.book import ALICE, append, filled, tampered
from tui.cli.doctor import ledger as check
from tui.cli.doctor.examination import CheckOutcome, Skipped, examination
from tui.cli.doctor.ledger import NO_COPY, Copy
from tui.start_options import StartOptions

AT = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
ADDRESS = "postgresql://console@db.example/journals"


class RecordsAlone:
    """A ledger that has these records, and answers after `seconds` of the clock, or not at all."""

    address = ADDRESS
    largest = GIB

    def __init__(
        self, records: dict[int, bytes], *, seconds: float = 0.0, error: LedgerUnavailable | None = None
    ) -> None:
        self.records = records
        self.clock = ManualClock(AT)
        self.reads = 0
        self.is_closed = False
        self._seconds = seconds
        self._error = error

    async def put(self, seq: int, record: bytes) -> bytes | None:
        raise AssertionError("the doctor writes nothing")

    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        self.reads += 1
        self.clock.advance(self._seconds)
        if self._error is not None:
            raise self._error
        return [(seq, self.records[seq]) for seq in sorted(self.records) if seq > after][:limit]

    async def news(self) -> AsyncIterator[None]:
        yield

    async def close(self) -> None:
        self.is_closed = True


def of(path: Path, count: int) -> tuple[dict[int, bytes], Copy]:
    """The records of a journal of `count` entries, and a copy that has all of them."""
    filled(path, count)
    return _records_of(path)


def _records_of(path: Path) -> tuple[dict[int, bytes], Copy]:
    with closing(JournalReader.open(path)) as reader:
        rows = reader.query(f"SELECT {', '.join(COLUMNS)} FROM entries ORDER BY seq")
        records = {row[0]: packed(row) for row in rows}
    return {0: naming(reader.id), **records}, check.copy_at(path)


async def test_a_copy_that_is_up_to_date(tmp_path):
    records, copy = of(tmp_path / "journal.db", 3)
    opened = RecordsAlone(records)
    outcome = await check.examine(opened, copy, opened.clock)
    assert outcome.verdict is Verdict.NORMAL
    assert outcome.text == f"{ADDRESS}: 3 entries, answers in 0 ms; the copy here has all of them"
    assert outcome.numbers["entries"] == outcome.numbers["copy_entries"] == 3


async def test_a_copy_that_is_behind_and_none_at_all(tmp_path):
    records, copy = of(tmp_path / "journal.db", 5)
    opened = RecordsAlone(records)
    behind = Copy(copy.journal, 2, _hash(records, 2), 0)
    for older, missing in ((behind, 3), (NO_COPY, 5)):
        outcome = await check.examine(opened, older, opened.clock)
        assert outcome.verdict is Verdict.NORMAL
        assert f"lacks {missing}" in outcome.text
        assert outcome.numbers["entries"] == 5


def _hash(records: dict[int, bytes], seq: int) -> str:
    return str(unpacked(seq, records[seq]).row[-1])


async def test_a_long_ledger_is_not_read_whole():
    records = {0: naming("id"), **dict.fromkeys(range(1, 30001), b"{}")}
    opened = RecordsAlone(records)
    outcome = await check.examine(opened, NO_COPY, opened.clock)
    assert "20,000+ entries" in outcome.text
    assert opened.reads == check.MOST_PAGES + 2


async def test_an_entry_that_is_another_in_the_ledger(tmp_path):
    records, copy = of(tmp_path / "journal.db", 3)
    opened = RecordsAlone(records)
    with pytest.raises(UnusableJournal, match="does not continue"):
        await check.examine(opened, copy._replace(hash="0" * 64), opened.clock)


async def test_a_ledger_that_lacks_what_the_copy_has(tmp_path):
    # It was emptied or restored: the console writes nothing to it, so it is not normal.
    records, copy = of(tmp_path / "journal.db", 3)
    for fewer, words in (
        ({}, "The ledger is empty, but this host has a copy"),
        (_first(records, 3), "lacks entry 3"),
    ):
        opened = RecordsAlone(fewer)
        with pytest.raises(UnusableJournal, match=words) as raised:
            await check.examine(opened, copy, opened.clock)
        assert "--from {path} --to" in raised.value.remedy


def _first(records: dict[int, bytes], count: int) -> dict[int, bytes]:
    return {seq: records[seq] for seq in sorted(records)[:count]}


async def test_a_ledger_that_the_journal_has_left_or_not_reached_yet(tmp_path):
    # Also where no copy says so: a host that is being set up has none.
    filled(tmp_path / "journal.db", 3)
    with closing(Store(tmp_path / "journal.db")) as store:
        moved = NewEntry(kind=EntryKind.MOVED, text="moved", data={"to": "s3://city-journals"})
        append(store, moved, at=AT, person=ALICE)
    records, copy = _records_of(tmp_path / "journal.db")
    assert copy.place == "s3://city-journals"
    for older in (NO_COPY, Copy(copy.journal, 2, _hash(records, 2), 0), copy):
        opened = RecordsAlone(records)
        with pytest.raises(UnusableJournal, match="moved to s3://city-journals"):
            await check.examine(opened, older, opened.clock)
    copied = {**_first(records, 3), 0: naming(copy.journal, is_copied=True)}
    opened = RecordsAlone(copied)
    with pytest.raises(UnusableJournal, match="a copy of a journal"):
        await check.examine(opened, NO_COPY, opened.clock)


async def test_a_ledger_that_keeps_silent(monkeypatch):
    # The disk of the copy has nothing to do with it.
    monkeypatch.setattr(check, "SECONDS", 0.0)
    opened = Silent({})
    monkeypatch.setattr(place, "open_ledger", lambda *_arguments: opened)
    outcome = await outcome_of(ADDRESS)
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.text == f"The ledger did not answer within 0 seconds: {ADDRESS}"
    assert outcome.remedy == "Check the network to the ledger."


class Silent(RecordsAlone):
    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        await asyncio.Event().wait()
        return []


async def test_another_journal_than_the_copy(tmp_path):
    records, copy = of(tmp_path / "journal.db", 1)
    opened = RecordsAlone(records)
    with pytest.raises(UnusableJournal, match="another journal than the ledger's") as raised:
        await check.examine(opened, copy._replace(journal="other"), opened.clock)
    assert "move {path} aside" in raised.value.remedy, "the file is named"


async def test_an_empty_ledger():
    opened = RecordsAlone({})
    outcome = await check.examine(opened, NO_COPY, opened.clock)
    assert outcome.verdict is Verdict.NORMAL
    assert "is empty" in outcome.text


async def test_a_slow_ledger_and_entries_that_wait(tmp_path):
    records, copy = of(tmp_path / "journal.db", 1)
    slow = RecordsAlone(records, seconds=3.0)
    assert (await check.examine(slow, copy, slow.clock)).verdict is Verdict.ATTENTION
    quick = RecordsAlone(records)
    outcome = await check.examine(quick, copy._replace(waiting=2), quick.clock)
    assert outcome.verdict is Verdict.ATTENTION
    assert "2 entries wait to be sent" in outcome.text


# ---- as the command runs it


async def outcome_of(setting: str, *, no_aws: bool = False) -> CheckOutcome:
    options = StartOptions(journal=setting)
    async with examination(options, ManualClock(AT), no_aws=no_aws) as subject:
        return await check.ledger(subject)


@pytest.mark.parametrize(
    ("kind", "verdict"), [(LedgerUnavailable, Verdict.UNKNOWN), (Rejected, Verdict.ABNORMAL)]
)
async def test_a_ledger_that_does_not_answer_or_refuses(kind, verdict, monkeypatch):
    problem = Problem(kind=ProblemKind.UNREACHABLE, summary="No answer.", remedy="Check the network.", at=AT)
    opened = RecordsAlone({}, error=kind(problem))
    monkeypatch.setattr(place, "open_ledger", lambda *_arguments: opened)
    outcome = await outcome_of(ADDRESS)
    assert (outcome.verdict, outcome.text, outcome.remedy) == (verdict, "No answer.", "Check the network.")
    assert opened.is_closed


async def test_a_file_has_no_ledger_and_no_aws_means_none_of_awss(tmp_path):
    with pytest.raises(Skipped, match="a file of this host"):
        await outcome_of(str(tmp_path / "journal.db"))
    for address in ("dynamodb://toban-journal", "s3://city-journals"):
        with pytest.raises(Skipped, match="--no-aws"):
            await outcome_of(address, no_aws=True)


def test_entries_that_wait_in_the_copy_are_counted(tmp_path):
    path = tmp_path / "copy.db"
    assert check.copy_at(path) == NO_COPY
    filled(path, 2)
    assert check.copy_at(path).waiting == 0
    tampered(path, "CREATE TABLE late (number INTEGER PRIMARY KEY)", "INSERT INTO late VALUES (1)")
    copy = check.copy_at(path)
    assert (copy.seq, copy.waiting) == (2, 1)
