import pytest

from services.models.journal import EntryKind
from services.models.report import PeriodReport
from services.models.verdict import Verdict
from services.report.rendering.markdown import to_markdown
from tests.services.report.ledger import MEASURE, Ledger, alarm_period, finding

HOUR = 3600


@pytest.fixture
def ledger(tmp_path):
    """January 2026: one morning in time, one late, one left out; a drill; costs; an alarm over two months."""
    book = Ledger(tmp_path / "j.db")
    book.began("2025-12-01 09:00")
    book.sign("2026-01-05 09:05", "daily-morning@2026-01-05T09:00")
    book.sign("2026-01-06 10:00", "daily-morning@2026-01-06T09:00", "late")
    book.sign("2026-01-07 09:00", "daily-morning@2026-01-07T09:00", skip=True, note="停電")
    book.sign("2026-01-08 15:00", "daily-morning@2026-01-08T09:00", "missed")
    book.sign("2026-01-20 15:00", "dr-drill@2026-01-01", evidence={"snapshot": "rds:facility-prod-db-2026"})
    for day, amount, verdict in (("13", "¥20,000", Verdict.NORMAL), ("19", "¥31,000", Verdict.ATTENTION)):
        measure = MEASURE.model_copy(update={"title": "total", "shown": amount})
        recorded = finding(f"2026-01-{day} 09:01", "costs", verdict, f"month {amount}", measures=(measure,))
        book.find(f"2026-01-{day} 09:01", f"weekly-cost@2026-01-{day}T09:00", recorded)
    sightings = (
        ("2026-01-15 09:00", "2026-01-14 17:00", alarm_period("2026-01-15 01:00", "2026-01-15 03:00")),
        ("2026-01-15 14:00", "2026-01-14 17:00", alarm_period("2026-01-15 01:00", "2026-01-15 03:00")),
        ("2026-02-02 09:00", "2026-01-30 17:00", alarm_period("2026-01-31 23:00", "2026-02-01 02:00")),
    )
    for at, since, one in sightings:
        recorded = finding(at, "alarms", Verdict.ATTENTION, since=since, spells=(one,))
        book.find(at, f"daily-x@{at.replace(' ', 'T')}", recorded)
    for day, yen in (("2026-01-05", 3.0), ("2026-01-06", 21.5), ("2026-02-02", 2.0)):
        data = {"day": day, "calls": 100, "yen": yen, "worst_yen": yen, "pid": 1}
        book.entry(f"{day} 17:00", EntryKind.USAGE, data=data)
    book.entry("2026-01-06 17:00", EntryKind.REMARK, "日の所見", subject="report@2026-01-06")
    book.entry("2026-02-03 09:00", EntryKind.REMARK, "第一", subject="report@2026-01", data={"text": "第一"})
    return book


def summary(ledger, when, now="2026-04-20 10:00"):
    report = ledger.report(when, now)
    assert isinstance(report, PeriodReport)
    return report


def test_a_month(ledger):
    report = summary(ledger, "2026-01")
    morning = next(count for count in report.duties if count.duty == "daily-morning")
    assert (morning.in_time, morning.late, morning.after_missed, morning.skipped) == (1, 1, 1, 1)
    assert morning.total == report.open_days == 19
    assert morning.missed == 15
    assert report.total.total == sum(count.total for count in report.duties)
    assert "停電" in [line.signed.note for line in report.exceptions if line.signed]
    counts = {count.inspection: count for count in report.inspections}
    assert (counts["costs"].normal, counts["costs"].attention, counts["alarms"].attention) == (1, 1, 2)
    # The second alarm period reaches into February: only the hour of January counts.
    (alarm,) = report.alarm_counts
    assert (alarm.count, alarm.seconds, alarm.longest_seconds) == (2, 3 * HOUR, 2 * HOUR)
    assert [line.summary for line in report.costs] == ["month ¥20,000", "month ¥31,000"]
    assert [written.text for line in report.drills for written in line.written] == [
        "rds:facility-prod-db-2026"
    ]
    charges = report.charges
    assert (charges.days, charges.yen, str(charges.dearest_day)) == (2, 24.5, "2026-01-06")
    assert [line.text for line in report.remarks] == ["日の所見", "第一"]
    text = to_markdown(report)
    assert "¥20,000 | ¥31,000" in text, "the weeks stand side by side"


def test_a_fiscal_year_is_the_sum_of_its_months(ledger):
    year = summary(ledger, "FY2025")
    months = [summary(ledger, f"{when}") for when in ("2025-12", "2026-01", "2026-02", "2026-03")]
    assert year.kind == "fiscal-year"
    # Before December there was no journal.
    assert year.total.in_time == sum(month.total.in_time for month in months) == 2
    assert year.total.no_record > 0
    assert sum(count.seconds for count in year.alarm_counts) == 5 * HOUR
    assert [line.summary for line in year.costs] == ["month ¥31,000"], "each month's last"
    assert [each.month for each in year.months] == ["2026-01", "2026-02"]
    assert {line.subject for line in year.remarks} == {"report@2026-01", "report@2026-01-06"}


def test_a_month_that_is_not_over_is_reported_as_it_is_now(ledger):
    report = summary(ledger, "2026-01", "2026-01-06 12:00")
    assert not report.complete
    assert report.total.upcoming > 0
    assert report.alarm_counts == ()


def test_before_the_journal_began_nothing_is_claimed(ledger):
    report = summary(ledger, "2025-06")
    assert report.verdict is Verdict.UNKNOWN
    assert report.total.no_record == report.total.total
