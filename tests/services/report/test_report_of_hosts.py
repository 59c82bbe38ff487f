"""Reports from what two hosts have written, of which some waited for the ledger until the next day."""

import pytest

from services.host.processes import PID, SPACE
from services.models.journal import LATE, EntryKind
from services.models.report import DayReport
from services.models.verdict import Verdict
from tests.services.report.ledger import Ledger, finding

DAY, NEXT = "2026-01-06", "2026-01-07"
EVENING = f"daily-evening@{DAY}T17:00"


@pytest.fixture
def ledger(tmp_path):
    book = Ledger(tmp_path / "j.db")
    book.began(f"{DAY} 00:00")
    return book


def late_finding(ledger, at, verdict):
    data = {"finding": finding(at, verdict=verdict).model_dump(mode="json"), LATE: True}
    return ledger.entry(at, EntryKind.FINDING, subject=EVENING, target="alarms", data=data)


def day(ledger, of=DAY):
    report = ledger.report(of, f"{NEXT} 10:00")
    assert isinstance(report, DayReport)
    return report


def test_what_came_after_midnight_is_in_its_days_report_and_in_its_place(ledger):
    ledger.find(f"{DAY} 17:05", EVENING, finding(f"{DAY} 17:05", verdict=Verdict.ABNORMAL))
    ledger.entry(f"{DAY} 17:10", EntryKind.NOTE, "ten past five")
    ledger.entry(f"{NEXT} 00:10", EntryKind.NOTE, "next day")
    late_finding(ledger, f"{DAY} 17:01", Verdict.NORMAL)
    ledger.entry(f"{DAY} 17:08", EntryKind.NOTE, "eight past five", data={LATE: True})
    ledger.entry(f"{DAY} 17:09", EntryKind.ACKNOWLEDGED, "seen", target="a", data={LATE: True})
    report = day(ledger)
    assert [note.text for note in report.notes] == ["eight past five", "ten past five"]
    assert [(line.verdict, line.superseded) for line in report.findings] == [
        (Verdict.NORMAL, True),
        (Verdict.ABNORMAL, False),
    ]
    assert len(report.acknowledgements) == 1
    assert [note.text for note in day(ledger, NEXT).notes] == ["next day"]


def used(ledger, at, calls, boot, **more):
    data = {"day": DAY, "calls": calls, "yen": calls / 10, "worst_yen": 0.0, PID: 7, SPACE: f"{boot} pid:[1]"}
    ledger.entry(at, EntryKind.USAGE, data={**data, **more})


def test_consoles_of_two_hosts_that_look_alike_are_counted_both_and_once(ledger):
    # Containers of one image: one name, one user, process 7; only the boots differ.
    used(ledger, f"{DAY} 10:00", 10, "boot-1")
    used(ledger, f"{DAY} 10:00", 100, "boot-2")
    used(ledger, f"{DAY} 11:00", 20, "boot-1")
    used(ledger, f"{DAY} 11:00", 200, "boot-2")
    charges = day(ledger).charges
    assert (charges.calls, charges.consoles, round(charges.yen, 2)) == (220, 2, 22.0)


def test_a_total_that_waited_does_not_replace_a_newer_one(ledger):
    used(ledger, f"{DAY} 12:00", 30, "boot-1")
    # Its clock was set back meanwhile, and a host's own entries are in order by time only among those that waited.
    used(ledger, f"{DAY} 12:01", 10, "boot-1", late=True)
    assert day(ledger).charges.calls == 30


def test_a_process_that_got_the_number_of_another_is_counted_beside_it(ledger):
    for calls in (10, 30, 5, 8):
        used(ledger, f"{DAY} 12:00", calls, "boot-1")
    charges = day(ledger).charges
    assert (charges.calls, charges.consoles) == (38, 2)
