"""The calendar of an old month has what the reports of its days have, of every kind of duty, read by query."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, timedelta
from functools import partial

import pytest

from services import i18n
from services.calendar.calendar import Calendar
from services.changes import entries as change_entries
from services.changes.history import RECENT, ChangeHistory
from services.changes.reverts import reverts
from services.clock import ManualClock
from services.duties.entries import claim_of
from services.duties.slots import days
from services.incidents import entries as incident_entries
from services.incidents.follow_ups import follow_up_slots
from services.incidents.service import Incidents
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.change_runs import StepState
from services.models.changes import Plan
from services.models.duties import Day, OccurrenceState
from services.models.journal import EntryKind, NewEntry, Person
from services.report.collecting.dated_slots import recorded_dates
from services.report.collecting.duty_states import DutyStatesAt
from services.report.collecting.source import ReportSource
from services.report.periods import of_day
from tests.services.changes.test_runs import plan as plan_of
from tests.services.duties.duty_world import desk, jst
from tests.services.journal.book import append
from tests.services.report.ledger import RUNBOOK

S = OccurrenceState
CALENDAR = Calendar(RUNBOOK)
MONTHS = ((2026, 2), (2026, 3), (2026, 4))
NOWS = ("2026-04-21 10:00", "2026-09-10 10:00", "2028-01-12 10:00")
"""Of some of the months in their last days, then longer ago than what a start reads, then than a report looks back."""


class Book:
    def __init__(self, store):
        self._store = store

    def write(self, at, draft):
        moment = jst(at) if isinstance(at, str) else at
        append(self._store, draft, at=moment, person=Person(user="yamada"))

    def sign(self, at, key, kind=EntryKind.SIGN_OFF):
        target = key.partition("@")[0].partition(":")[0]
        draft = NewEntry(kind=kind, subject=key, target=target, text="x", data={}, claim=claim_of(key))
        self.write(at, draft)

    def change(self, at, id, back, *, before="5", maximum="10"):
        """A limit that is set, and is to be set back at a time."""
        plan: Plan = plan_of(id, maximum=maximum, before=before, way="duty" if back else "none")
        if plan.revert is not None and back:
            revert = plan.revert.model_copy(update={"at": jst(back).astimezone(UTC)})
            plan = plan.model_copy(update={"revert": revert})
        self.write(at, change_entries.confirmed(plan))
        self.write(at, change_entries.intent(plan, plan.steps[0]))
        self.write(at, change_entries.outcome(plan, plan.steps[0], StepState.DONE, "done", verified=True))

    def follow_up(self, at, id, due, subject):
        self.write(at, incident_entries.follow_up(id, subject, "a", f"do {id}", jst(due)))


def rules(book):
    """What rules date: signed off in time and late, skipped, begun, planned, and most of it missed."""
    every = [slot for month in MONTHS for slot in of_rules(*month)]
    for number, slot in enumerate(every[::9]):
        kind = (EntryKind.SIGN_OFF, EntryKind.SKIPPED, EntryKind.PROGRESS, EntryKind.PLANNED)[number % 4]
        if kind in (EntryKind.SIGN_OFF, EntryKind.SKIPPED):
            book.sign(f"{slot.until + timedelta(days=number % 3)} 18:00", slot.key, kind)
        else:
            draft = NewEntry(kind=kind, subject=slot.key, target=slot.duty, text="x", data={"ticked": ["x"]})
            book.write(f"{slot.day} 08:00", draft)


def of_rules(year, month):
    every = tuple(days(year, month))
    return CALENDAR.slots(every[0], every[-1])


def changes(book):
    # Signed off, and the next one began from the same limit.
    book.change("2026-02-27 17:00", "signed", "2026-03-02 17:00")
    book.sign("2026-03-02 17:10", "revert@signed")
    # Reverted on the day before by a change of this console; nothing is left to be done.
    book.change("2026-03-04 09:00", "in-time", "2026-03-06 17:00")
    book.change("2026-03-05 09:00", "back", None, before="10", maximum="5")
    # Nobody did anything on its day; reverted two days later.
    book.change("2026-03-09 09:00", "too-late", "2026-03-10 17:00", before="6")
    book.change("2026-03-12 09:00", "back-late", None, before="10", maximum="5")
    # Left out, with a reason.
    book.change("2026-03-13 09:00", "skipped", "2026-03-17 17:00", before="7")
    book.sign("2026-03-17 18:00", "revert@skipped", EntryKind.SKIPPED)
    # Signed off, and on the same day it was raised again.
    book.change("2026-03-18 09:00", "twice", "2026-03-19 17:00", before="8")
    book.sign("2026-03-19 17:20", "revert@twice")
    book.change("2026-03-19 20:00", "twice-again", None, before="8")
    # Of the end of a month, reverted in the next one; of a year, signed off early in the next month.
    book.change("2026-03-30 09:00", "month-end", "2026-03-31 17:00", before="9")
    book.change("2026-04-02 09:00", "back-in-april", None, before="9")
    book.change("2026-03-31 09:00", "april", "2026-04-03 17:00", before="11")
    book.sign("2026-04-03 17:05", "revert@april")
    # Still to be reverted, whenever that is.
    book.change("2026-03-24 09:00", "open", "2026-03-25 17:00", before="12", maximum="13")


def follow_ups(book):
    book.follow_up("2026-02-10 10:00", "f-incident", "2026-02-20 17:00", "incident:1")
    book.sign("2026-02-20 12:00", "follow-up@f-incident")
    book.follow_up("2026-02-10 10:00", "f-sign-off", "2026-03-03 17:00", "daily-morning@2026-02-10T09:00")
    book.sign("2026-03-05 12:00", "follow-up@f-sign-off")
    offer = incident_entries.day_handed_over("2026-03-05", "sato", "the rest", ["x"])
    book.write("2026-03-05 17:00", offer)
    book.follow_up("2026-03-05 17:01", "f-hand-over", "2026-03-06 17:00", offer.subject)
    book.sign("2026-03-06 12:00", "follow-up@f-hand-over", EntryKind.SKIPPED)
    book.follow_up("2026-03-06 10:00", "f-early", "2026-04-10 17:00", "incident:1")
    book.sign("2026-03-07 12:00", "follow-up@f-early")
    book.follow_up("2026-03-06 10:00", "f-open", "2026-03-16 17:00", "incident:1")


def of_resources(book):
    """A key that was rotated and is gone, and a maintenance of the same name that came twice."""
    book.sign("2026-03-04 12:00", "key-rotation:AKIAGONE@2026-03-04")
    book.sign("2026-03-15 03:00", f"{MAINTENANCE}:system-update@2026-03-15")
    book.sign("2026-04-13 03:00", f"{MAINTENANCE}:system-update@2026-04-12")
    progress = {"ticked": ["x"], "unticked": [], "evidence": {}, "note": ""}
    begun = f"{MAINTENANCE}:db-upgrade@2026-02-22"
    book.write("2026-02-22 02:00", NewEntry(kind=EntryKind.PROGRESS, subject=begun, text="x", data=progress))


MAINTENANCE = next(str(duty.id) for duty in RUNBOOK.duties if duty.anchor.startswith("rds-maintenance:"))
STORIES = {"rules": rules, "changes": changes, "follow-ups": follow_ups, "resources": of_resources}
SHOWN = {
    "changes": {"signed", "too-late", "skipped", "twice", "month-end", "april", "open"},
    "follow-ups": {"f-incident", "f-sign-off", "f-hand-over", "f-early", "f-open"},
    "resources": {"AKIAGONE", "system-update@2026-03-15", "system-update@2026-04-12", "db-upgrade"},
}
"""What the calendar has of each story, besides what rules date."""


@pytest.fixture(params=sorted(STORIES))
def story(request, tmp_path):
    with closing(Store(tmp_path / "j.db")) as store:
        book = Book(store)
        book.write("2026-01-05 08:00", NewEntry(kind=EntryKind.STARTED, text="begin"))
        STORIES[request.param](book)
        yield request.param, tmp_path / "j.db"


async def own_dates(of):
    history, incidents = (
        ChangeHistory(of.journal, of.clock, timedelta(seconds=60)),
        Incidents(of.journal, of.clock),
    )
    await history.load()
    await incidents.load()
    zone = CALENDAR.zone
    return (*reverts(history.runs(), zone), *follow_up_slots(incidents.follow_ups, zone))


async def shown_months(path, now):
    """The months in a console that starts at a time, in the order of their days."""
    async with desk(
        path, ManualClock(jst(now)), runbook=RUNBOOK, recorded=partial(recorded_dates, RUNBOOK, CALENDAR)
    ) as console:
        console.dated = await own_dates(console)
        console.duties.refresh()
        shown: list[Day] = []
        for month in MONTHS:
            console.duties.month(*month)
            await console.until(lambda: not console.duties.is_reading)
            shown += console.duties.month(*month).days
        return shown


def reported(path, day, now):
    with closing(JournalReader.open(path)) as reader:
        return DutyStatesAt(ReportSource(reader, RUNBOOK, CALENDAR, of_day(day), jst(now))).between(day, day)


@pytest.mark.parametrize("now", NOWS)
async def test_an_old_month_is_what_the_reports_of_its_days_say(story, now):
    name, path = story
    shown = await shown_months(path, now)
    past = [day for day in shown if day.day < jst(now).date()]
    assert past
    for day in past:
        lines = reported(path, day.day, now)
        assert [each.key for each in day.occurrences] == [line.key for line in lines], day.day
        for occurrence, line in zip(day.occurrences, lines, strict=True):
            assert now_or_then(occurrence, line), (occurrence, line)
    keys = " ".join(each.key for day in shown for each in day.occurrences)
    assert {each for each in SHOWN.get(name, ()) if each not in keys} == set()
    assert "in-time" not in keys


def now_or_then(occurrence, line):
    """Whether the calendar says what the report said, or what became of it after the day."""
    if occurrence.signed != line.signed:
        after = jst(f"{line.slot.day + timedelta(days=1)} 00:00")
        return line.signed is None and occurrence.signed is not None and occurrence.signed.at >= after
    was_open = line.state in (S.DUE, S.LATE, S.UPCOMING)
    return occurrence.state is line.state or (was_open and occurrence.state in (S.LATE, S.MISSED))


async def test_a_revert_that_a_later_change_made_is_not_shown_as_one_to_be_made(tmp_path):
    i18n.use("en")
    path = tmp_path / "j.db"
    with closing(Store(path)) as store:
        changes(Book(store))
    by_key = {each.key: each for day in await shown_months(path, NOWS[1]) for each in day.occurrences}
    for id in ("too-late", "month-end"):
        assert by_key[f"revert@{id}"].state is S.MISSED
        assert "a later change has reverted it" in by_key[f"revert@{id}"].slot.remark
    assert by_key["revert@open"].state is S.LATE


async def test_an_old_month_is_read_when_it_is_shown_and_once(story):
    _name, path = story
    spans: list[tuple[date, date]] = []

    def recorded(reader, first, last, now):
        spans.append((first, last))
        return recorded_dates(RUNBOOK, CALENDAR, reader, first, last, now)

    async with desk(path, ManualClock(jst(NOWS[1])), runbook=RUNBOOK, recorded=recorded) as console:
        console.dated = await own_dates(console)
        assert not spans, "nothing is read at a start"
        for _times in range(3):
            console.duties.month(2026, 3)
            await console.until(lambda: not console.duties.is_reading)
        assert spans == [(date(2026, 2, 1), date(2026, 4, 30))]
        assert jst(NOWS[1]) - jst("2026-04-30 23:59") > RECENT
        # Another date of its own, such as that of a change that was just made, is reason to read again.
        console.dated = (*console.dated, replace(of_rules(2026, 9)[0], key="revert@new"))
        console.duties.month(2026, 3)
        await console.until(lambda: len(spans) == 2)


@pytest.mark.parametrize("month", [(1, 1), (1, 12), (2, 3), (9999, 11), (9999, 12)])
async def test_leafing_to_the_ends_of_time_stops_no_view(month, tmp_path):
    dates = partial(recorded_dates, RUNBOOK, CALENDAR)
    async with desk(
        tmp_path / "j.db", ManualClock(jst("2026-03-05 10:00")), runbook=RUNBOOK, recorded=dates
    ) as console:
        assert len(console.duties.month(*month).days) in (30, 31)
        console.duties.refresh()
        console.duties.month(2026, 2)
        await console.until(lambda: not console.duties.is_reading)
        console.duties.month(*month)
        console.advance("2026-03-06 10:00")
        await console.until(lambda: console.view.today.day.day == 6)


def test_a_key_with_an_impossible_date_hides_no_other(tmp_path):
    # A journal may be edited by hand; its dates of other resources are shown all the same.
    with closing(Store(tmp_path / "j.db")) as store:
        book = Book(store)
        for day in ("0001-01-05", "9999-12-31", "2026-03-04"):
            book.sign("2026-03-04 12:00", f"key-rotation:AKIA{day}@{day}")
    with closing(JournalReader.open(tmp_path / "j.db")) as reader:
        march = date(2026, 3, 1), date(2026, 3, 31)
        slots = recorded_dates(RUNBOOK, CALENDAR, reader, *march, jst("2026-04-01 10:00"))
    assert [slot.day for slot in slots] == [date(2026, 3, 4)]
