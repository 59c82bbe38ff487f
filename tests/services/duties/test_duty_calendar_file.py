from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from services.duties.icalendar_file import calendar_file
from services.models.duties import OccurrenceState
from services.models.journal import EntryKind
from services.report.agenda import agenda
from services.runbook.loader import load_builtin
from tests.services.duties.duty_world import jst
from tests.services.report.ledger import Ledger

RUNBOOK = load_builtin("facility-prod")
NOW = jst("2026-01-05 08:00")
YEAR = (date(2026, 1, 5), date(2027, 1, 4))
SPRING = (date(2026, 1, 5), date(2026, 4, 10))


@pytest.fixture
def ledger(tmp_path):
    new_ledger = Ledger(tmp_path / "j.db")
    new_ledger.began("2026-01-04 09:00")
    return new_ledger


def exported(ledger, runbook=RUNBOOK, now=NOW, days=SPRING):
    return calendar_file(runbook, agenda(runbook, ledger.path, *days, now).occurrences)


def test_twelve_months_as_a_calendar_reads_them(ledger):
    written = exported(ledger, days=YEAR)
    assert all(len(line.encode()) <= 75 for line in written.split("\r\n"))
    assert "\n" not in written.replace("\r\n", "")
    file = Calendar.from_ical(written)
    events = {str(each["uid"]): each for each in file.walk("VEVENT")}
    morning = events["daily-morning@2026-01-05T09:00@facility-prod"]
    assert morning.decoded("dtstart") == jst("2026-01-05 09:00")
    assert morning["dtstart"].params["TZID"] == "Asia/Tokyo"
    assert morning.decoded("dtend") - morning.decoded("dtstart") == timedelta(minutes=30)
    assert "Number of errors in the log (normal: below 10 an hour)" in str(morning["description"])
    (alarm,) = morning.walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(minutes=-5)
    drill = events["dr-drill@2026-04-01@facility-prod"]
    assert (drill.decoded("dtstart"), drill.decoded("dtend")) == (date(2026, 4, 1), date(2026, 5, 1))
    assert drill.walk("VALARM")[0].decoded("trigger") == timedelta(hours=8, minutes=30)
    (zone,) = file.walk("VTIMEZONE")
    assert str(zone["tzid"]) == "Asia/Tokyo"
    # A Monday that is a holiday moves to Tuesday, and keeps the name of its Monday.
    moved = events["weekly-backup@2026-01-12T09:00@facility-prod"]
    assert moved.decoded("dtstart") == jst("2026-01-13 09:00")
    assert len(events) == len(file.walk("VEVENT")) > 700


def test_the_same_export_is_the_same_bytes_at_any_time(ledger):
    first = exported(ledger)
    ledger.sign("2026-01-05 09:05", "daily-morning@2026-01-05T09:00")
    assert exported(ledger, now=jst("2026-01-05 16:00")) == first
    assert {each.decoded("dtstamp") for each in Calendar.from_ical(first).walk("VEVENT")} == {
        datetime(2025, 10, 25, tzinfo=UTC)
    }
    undated = RUNBOOK.model_copy(update={"document_date": None, "document_updated": None})
    assert exported(ledger, undated) == exported(ledger, undated)


def test_an_agenda_has_only_planned_and_journaled_events(ledger):
    assert "weekly-deploy" not in exported(ledger)
    ledger.entry("2026-01-05 07:00", EntryKind.PLANNED, subject="weekly-deploy@2026-01-11T02:00")
    key = "key-rotation:AKIAX@2026-04-01"
    assert "key-rotation" not in exported(ledger)
    ledger.entry("2026-01-05 07:00", EntryKind.LOOKING, subject=key, target="key-rotation")
    written = exported(ledger)
    assert written.count("UID:weekly-deploy@") == 1
    assert f"UID:{key}@facility-prod" in written


def test_an_empty_runbook_is_an_empty_calendar(ledger):
    file = Calendar.from_ical(exported(ledger, RUNBOOK.model_copy(update={"duties": ()})))
    assert file.walk("VEVENT") == []


def test_an_agenda_says_what_it_does_not_know(ledger, tmp_path):
    ledger.sign("2026-01-05 09:05", "daily-morning@2026-01-05T09:00")
    journal_agenda = agenda(RUNBOOK, ledger.path, *YEAR, jst("2026-01-05 12:00"))
    states = {each.slot.duty: each.state for each in journal_agenda.days[0].occurrences}
    assert (states["daily-morning"], states["weekly-cost"]) == (OccurrenceState.DONE, OccurrenceState.LATE)
    assert [remark.partition(":")[0] for remark in journal_agenda.remarks] == [
        "Request the RDS patch (last window in time)", "Rotate the IAM access key", "Delete the old access key"
    ]  # fmt: skip
    blind = agenda(RUNBOOK, tmp_path / "none.db", *YEAR, jst("2026-01-05 12:00"))
    assert not blind.journal_read
    assert {each.state for each in blind.days[0].occurrences if each.slot.due_at <= blind.made_at} == {
        OccurrenceState.NO_RECORD
    }
    assert len(blind.remarks) == 4
    assert [each.slot for each in blind.occurrences] == [each.slot for each in journal_agenda.occurrences]


def test_a_month_long_past_is_shown_as_it_is_now(ledger):
    ledger.sign("2026-02-20 09:00", "daily-morning@2026-01-06T09:00", "missed")
    past_agenda = agenda(RUNBOOK, ledger.path, date(2026, 1, 6), date(2026, 1, 6), jst("2026-03-01 09:00"))
    assert past_agenda.occurrences[0].state is OccurrenceState.DONE
