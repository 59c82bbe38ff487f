"""What a report says is still open is what all occurrences of the last 400 days say, though few are scheduled for it."""

from contextlib import closing
from datetime import date, timedelta

import pytest

from services.calendar.calendar import Calendar
from services.duties.entries import claim_of
from services.duties.near import BACK, is_carried
from services.duties.slots import ScheduleCache
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.journal import EntryKind, NewEntry, Person
from services.report.collecting.duty_states import DutyStatesAt
from services.report.collecting.source import DAY, ReportSource
from services.report.periods import of_day
from tests.services.duties.duty_world import jst
from tests.services.journal.book import append
from tests.services.report.ledger import RUNBOOK, Ledger

CALENDAR = Calendar(RUNBOOK)
DAYS = (date(2026, 1, 5), date(2026, 4, 1), date(2026, 11, 3))
ENDS = (EntryKind.SIGN_OFF, EntryKind.SKIPPED)
NOWS = ("2026-12-24 12:00", "2026-11-03 10:15")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """More than a year in which some occurrences were signed off, some skipped, and some only begun."""
    path = tmp_path_factory.mktemp("year") / "journal.db"
    Ledger(path).began("2025-06-01 08:00")
    every = ScheduleCache(CALENDAR, tuple, tuple).between(date(2025, 6, 2), date(2026, 11, 3))
    with closing(Store(path)) as store:
        for number, slot in enumerate(
            slot for slot in every if len(slot.key) % 5 == 0 or slot.day.day % 9 == 0
        ):
            kind = EntryKind.PROGRESS if number % 20 == 1 else ENDS[number % 2]
            claim = "" if kind is EntryKind.PROGRESS else claim_of(slot.key)
            draft = NewEntry(
                kind=kind, subject=slot.key, target=slot.duty, text="x", data={"ticked": ["x"]}, claim=claim
            )
            append(store, draft, at=jst(f"{slot.until} 18:00"), person=Person(user="yamada"))
    return path


@pytest.fixture
def reader(path):
    with closing(JournalReader.open(path)) as reader:
        yield reader


def among_all(states, day):
    every = states.between(day - BACK, day - DAY)
    return [each for each in every if each.open and each.slot.until < day and is_carried(each, day)]


@pytest.mark.parametrize("now", NOWS)
def test_what_is_still_open_is_chosen_from_all_that_took_place(reader, now):
    for day in DAYS:
        source = ReportSource(reader, RUNBOOK, CALENDAR, of_day(day), jst(now))
        expected = among_all(DutyStatesAt(source), day)
        assert DutyStatesAt(source).still_open(day) == expected
        assert expected


def test_only_the_months_around_the_day_are_scheduled(reader, monkeypatch):
    scheduled: list[timedelta] = []
    slots = Calendar.slots

    def counted(self, first, last):
        scheduled.append(last - first)
        return slots(self, first, last)

    monkeypatch.setattr(Calendar, "slots", counted)
    day = date(2026, 7, 15)
    source = ReportSource(reader, RUNBOOK, CALENDAR, of_day(day), jst("2026-12-24 12:00"))
    DutyStatesAt(source).still_open(day)
    assert len(scheduled) == 2, "the month of the day and the one before it"
    assert max(scheduled) <= timedelta(days=31)
