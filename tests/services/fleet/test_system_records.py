"""The summary of a journal's file: what it counts, and that it is read only when there is something new."""

from contextlib import closing
from datetime import timedelta

from services.calendar.calendar import Calendar
from services.fleet.records import RecordsReader
from services.incidents.entries import opened
from services.inspections.running.entries import finding_entry
from services.journal.store import Store
from services.models.findings import Finding
from services.models.incidents import TriggerKind
from services.models.journal import EntryKind, NewEntry
from services.models.verdict import Verdict
from tests.conftest import ORIGIN
from tests.services.journal.book import ALICE, append, tampered
from tests.tools.systems import runbook

BOOK = runbook("facility")
NINE = Calendar(BOOK).local(Calendar(BOOK).day_of(ORIGIN), "09:00")


def write(path, *drafts, at=ORIGIN):
    with closing(Store(path)) as store:
        for draft in drafts:
            append(store, draft, at=at, person=ALICE)


def held(target):
    return NewEntry(kind=EntryKind.INTENT, subject="change-1", target=target, text="sent", holds=target)


def test_what_waits_is_counted(tmp_path):
    path = tmp_path / "journal.db"
    write(path, NewEntry(kind=EntryKind.STARTED, text="started"), at=NINE - timedelta(hours=2))
    finding = Finding(
        inspection="alarms", title="Alarms", verdict=Verdict.ABNORMAL, summary="2 fire", read_at=ORIGIN
    )
    incident = opened("alb-5xx", "ALB 5xx", ORIGIN, trigger=TriggerKind.ALARM, playbook="alb-5xx", after="")
    write(path, held("db"), held("ecs"), finding_entry("daily@2026-01-14T09:00", finding), incident)
    write(
        path, NewEntry(kind=EntryKind.OUTCOME, subject="change-1", target="ecs", text="done", releases="ecs")
    )
    records = RecordsReader(BOOK, path).read(ORIGIN + timedelta(minutes=1))
    assert (records.holds, records.incidents, records.verdict) == (1, 1, Verdict.ABNORMAL)
    assert (records.head, records.head_at) == (6, ORIGIN)
    assert records.due + records.late >= 1
    assert records.problem is None


def test_the_file_is_read_only_if_it_or_the_hour_has_changed(tmp_path):
    path = tmp_path / "journal.db"
    write(path, NewEntry(kind=EntryKind.STARTED, text="started"), at=NINE - timedelta(hours=2))
    reader = RecordsReader(BOOK, path)
    early = NINE - timedelta(hours=1)
    before = reader.read(early)
    for minute in range(10):
        assert reader.read(early + timedelta(minutes=minute)) == before
    assert reader.reads == 1
    write(path, held("db"))
    assert reader.read(early).holds == 1
    assert reader.reads == 2
    # A duty becomes due although nobody has written anything.
    assert reader.read(NINE).due > before.due
    assert reader.reads == 3


def test_an_entry_of_a_host_whose_clock_is_ahead_counts_once_its_time_has_come(tmp_path):
    path = tmp_path / "journal.db"
    finding = Finding(
        inspection="alarms", title="Alarms", verdict=Verdict.ABNORMAL, summary="2 fire", read_at=ORIGIN
    )
    write(path, NewEntry(kind=EntryKind.STARTED, text="started"), at=ORIGIN)
    write(path, finding_entry("daily@2026-01-14T09:00", finding), at=ORIGIN + timedelta(seconds=90))
    reader = RecordsReader(BOOK, path)
    reader.read(ORIGIN + timedelta(seconds=1))
    assert reader.read(ORIGIN + timedelta(seconds=91)).verdict is Verdict.ABNORMAL


def test_without_a_journal_nothing_is_known_and_nothing_is_created(tmp_path):
    path = tmp_path / "journal.db"
    reader = RecordsReader(BOOK, path)
    assert reader.read(ORIGIN).exists is False
    assert reader.read(ORIGIN).exists is False
    assert reader.reads == 1
    assert list(tmp_path.iterdir()) == []
    write(path, NewEntry(kind=EntryKind.STARTED, text="started"))
    assert reader.read(ORIGIN).exists is True


def test_a_damaged_journal_is_a_problem_and_is_tried_again(tmp_path):
    path = tmp_path / "journal.db"
    write(path, NewEntry(kind=EntryKind.STARTED, text="started"), held("db"))
    reader = RecordsReader(BOOK, path)
    assert reader.read(ORIGIN).problem is None
    tampered(path, "DROP TABLE entries")
    records = reader.read(ORIGIN)
    assert records.problem is not None
    assert records.holds == 1, "as it was read last"
    assert reader.read(ORIGIN).problem is not None
    assert reader.reads == 3
