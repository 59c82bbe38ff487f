"""A start, and a report of a day, read as much of ten years as of two; what they ask uses an index."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from services.aws.client.settings import AwsSettings
from services.clock import ManualClock
from services.journal import export, reader, store
from services.journal.derived import lookup, saved
from services.journal.reader import JournalReader
from services.models.duties import DutyView
from services.report.collecting import source
from services.report.make import make
from services.report.periods import read_period
from services.slack.settings import SlackSettings
from services.system import Services
from tests.services.journal.decade import BOOK, NOW, written

# One process writes the journals.
pytestmark = [pytest.mark.xdist_group("ten-years"), pytest.mark.slow]

YEAR, PER_DAY = 365, 12
FEW, MANY = 2, 10  # Years; a report looks back for at most 430 days
_NAMES = ("entries", "e", "p", "l", "i", "s", "o", "f", "r", "w", "c")
"""Of the table of entries in statements."""


@pytest.fixture(scope="module")
def journals(tmp_path_factory):
    """Journals of a few years and of many, with as many entries each day."""
    folder = tmp_path_factory.mktemp("decade")
    one, ten = folder / "one.db", folder / "ten.db"
    few, many = (
        written(path, days=days, per_day=PER_DAY) for path, days in ((one, FEW * YEAR), (ten, MANY * YEAR))
    )
    assert many > 4 * few
    return one, ten


class Counts:
    def __init__(self):
        self.decoded = 0
        self.statements: dict[str, Any] = {}
        self.work = 0  # Thousands of instructions that SQLite has carried out


@pytest.fixture
def counts(monkeypatch):
    counting, entry_of, query = Counts(), reader.entry_of, JournalReader.query
    open_file = reader.connect

    def working():
        counting.work += 1
        return 0

    def connecting(path, options):
        db = open_file(path, options)
        db.set_progress_handler(working, 1000)
        return db

    def decoding(row):
        counting.decoded += 1
        return entry_of(row)

    def asking(self, statement, values=()):
        if statement.lstrip().startswith(("SELECT", "WITH")):
            counting.statements[statement] = values
        return query(self, statement, values)

    for module in (reader, lookup, source):
        monkeypatch.setattr(module, "entry_of", decoding)
    monkeypatch.setattr(JournalReader, "query", asking)
    monkeypatch.setattr(reader, "connect", connecting)
    monkeypatch.setattr(store, "connect", connecting)
    return counting


async def _first(states):
    try:
        return await anext(states)
    finally:
        await states.aclose()


async def _start(path, work=None):
    services = Services(
        BOOK, AwsSettings(endpoint_url="http://127.0.0.1:9"), ManualClock(NOW), journal=path, seed=1,
        slack=SlackSettings(why="none"),
    )  # fmt: skip
    try:
        await services.open_journal()
        followed = (
            services.scheduler, services.engine, services.acknowledgements, services.outbox, services.incidents,
            services.duties,
        )  # fmt: skip
        for console_part in followed:
            view = await _first(console_part.states())
        assert isinstance(view, DutyView)
        return await work(services) if work else view
    finally:
        await services.close()


def _plans(path, statements):
    """(statement, step of its plan) of all statements."""
    with closing(sqlite3.connect(path)) as db:
        for statement, values in statements.items():
            for *_numbers, step in db.execute(f"EXPLAIN QUERY PLAN {statement}", values):
                yield statement, step


def _scans(path, statements):
    """The statements that go through all entries: their plans scan the table, or an index from end to end."""
    return [
        (statement, step)
        for statement, step in _plans(path, statements)
        if step.startswith("SCAN ") and step.split()[1] in _NAMES and "VIRTUAL TABLE" not in step
    ]


def test_a_start_reads_as_much_of_ten_years_as_of_two(journals, counts):
    decoded, work = [], []
    for path in journals:
        for _start_number in range(2):
            before = counts.decoded, counts.work
            asyncio.run(_start(path))
            decoded.append(counts.decoded - before[0])
            work.append(counts.work - before[1])
    few, few_again, many, many_again = decoded
    # The journals differ by chance in what happened in their last weeks, not by their length.
    assert 0 < many_again <= 1.2 * few_again + 50
    assert many <= 1.2 * few + 50
    # The first start derives what is open from all plans, incidents and posts, the others begin where that was saved.
    assert 0 < work[2] <= MANY / FEW * work[0]
    assert 0 < work[3] <= 1.2 * work[1] + 50


def test_no_query_of_a_start_goes_through_all_entries(journals, counts):
    asyncio.run(_start(journals[1]))
    newest_first = {
        text: values
        for text, values in counts.statements.items()
        if "ORDER BY" in text and text.rstrip().endswith(("LIMIT ?", "LIMIT 1"))
    }
    rest = {text: values for text, values in counts.statements.items() if text not in newest_first}
    assert len(rest) > 10
    assert _scans(journals[1], {text: values for text, values in rest.items() if "LIMIT 0" not in text}) == []
    # These stop after the first entries, because the scan is in their order.
    assert not [
        step for _text, step in _plans(journals[1], newest_first) if "USE TEMP B-TREE FOR ORDER BY" in step
    ]


@pytest.mark.parametrize("day", ["2026-01-13", "2025-08-04"])
def test_a_report_of_a_day_reads_as_much_of_ten_years_as_of_two(journals, counts, day):
    period = read_period(day)
    assert period is not None
    decoded = []
    for path in journals:
        before = counts.decoded
        make(path, BOOK, period, NOW)
        decoded.append(counts.decoded - before)
    assert 0 < decoded[1] <= 1.2 * decoded[0] + 50
    assert _scans(journals[1], {t: v for t, v in counts.statements.items() if "LIMIT" not in t}) == []


def test_a_note_rebuilds_nothing_older(journals, counts):
    async def note(services):
        from services.models.journal import EntryKind, NewEntry

        before = counts.decoded
        await services.journal.append(NewEntry(kind=EntryKind.NOTE, text="x"))
        await services.incidents.load()
        await services.engine.load()
        return counts.decoded - before

    assert asyncio.run(_start(journals[1], note)) <= 5


def test_a_month_of_long_ago_is_read_when_it_is_opened(journals):
    async def open_month(services):
        states = services.duties.states()
        await anext(states)
        first = services.duties.month(2019, 6)
        assert not any(each.signed for day in first for each in day.occurrences)
        async with asyncio.timeout(60):
            await anext(states)
        month = services.duties.month(2019, 6)
        assert any(each.signed for day in month for each in day.occurrences)
        await states.aclose()

    asyncio.run(_start(journals[1], open_month))


def test_what_is_saved_is_no_part_of_the_chain(journals):
    asyncio.run(_start(journals[0]))
    with closing(JournalReader.open(journals[0])) as book:
        head = book.head()
        names = [name for (name,) in book.query("SELECT name FROM derived ORDER BY name")]
        assert [saved.recall(book, name) for name in names]
        exported = list(export.lines(book, reader.EntryQuery(words="derived")))
    assert {name.partition("-")[0] for name in names} >= {"changes", "incidents", "findings", "duties"}
    assert exported == []
    assert head[0] > 0
