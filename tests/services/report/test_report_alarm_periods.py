from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.findings import AlarmPeriod
from services.models.journal import EntryKind
from services.models.report import DayReport
from services.models.verdict import Verdict
from services.report.collecting.alarm_periods import _merged, _sighting
from tests.services.report.ledger import Ledger, alarm_period, finding, moment

MORNING, NOON, EVENING = (f"daily-{each}@2026-01-06T{at}" for each, at in
                          (("morning", "09:00"), ("afternoon", "14:00"), ("evening", "17:00")))  # fmt: skip


def record_finding(ledger, at, key, since, *alarm_periods):
    verdict = Verdict.ATTENTION if alarm_periods else Verdict.NORMAL
    ledger.find(at, key, finding(at, verdict=verdict, since=since, spells=alarm_periods))


def day(ledger, now="2026-01-08 10:00", of="2026-01-06"):
    report = ledger.report(of, now)
    assert isinstance(report, DayReport)
    return report


def test_one_alarm_period_seen_by_three_runs_is_one(tmp_path):
    ledger = Ledger(tmp_path / "j.db")
    # Nobody had signed the morning, so the afternoon's window covers it again.
    record_finding(
        ledger, "2026-01-06 09:00", MORNING, "2026-01-05 17:00", alarm_period("2026-01-06 03:10", None)
    )
    ledger.entry(
        "2026-01-06 09:20", EntryKind.ACKNOWLEDGED, target="ecs-cpu-high",
        subject="alarm:ecs-cpu-high@x", data={"state": "alarm", "note": "見ている"},
    )  # fmt: skip
    record_finding(
        ledger,
        "2026-01-06 14:00",
        NOON,
        "2026-01-05 17:00",
        alarm_period("2026-01-06 03:10", "2026-01-06 10:40"),
    )
    record_finding(
        ledger, "2026-01-06 17:00", EVENING, "2026-01-06 09:30", alarm_period(None, "2026-01-06 10:40")
    )
    report = day(ledger)
    (line,) = report.alarms
    assert (line.began, line.ended) == (moment("2026-01-06 03:10"), moment("2026-01-06 10:40"))
    assert (line.seconds, line.at_least) == (7.5 * 3600, False)
    assert [(ack.by, ack.note) for ack in line.acknowledged] == [("yamada", "見ている")]
    assert report.acknowledgements == ()
    assert line.title == "ECS CPU"


def test_alarm_periods_that_cross_the_window_say_so(tmp_path):
    ledger = Ledger(tmp_path / "j.db")
    record_finding(
        ledger, "2026-01-06 09:00", MORNING, "2026-01-05 17:00",
        alarm_period(None, "2026-01-05 18:00"), alarm_period("2026-01-06 08:00", None, "alb-latency-high"),
    )  # fmt: skip
    before, still = day(ledger).alarms
    assert (before.began, before.since, before.at_least) == (None, moment("2026-01-05 17:00"), True)
    assert (still.ended, still.last_seen, still.at_least) == (None, moment("2026-01-06 09:00"), True)
    assert still.seconds == 3600


def test_a_report_created_again_has_what_the_next_morning_found(tmp_path):
    ledger = Ledger(tmp_path / "j.db")
    record_finding(ledger, "2026-01-06 17:00", EVENING, "2026-01-06 09:00")
    assert day(ledger, "2026-01-06 17:10").alarms == ()
    record_finding(
        ledger, "2026-01-07 09:00", "daily-morning@2026-01-07T09:00", "2026-01-06 17:00",
        alarm_period("2026-01-06 20:00", "2026-01-06 20:30"), alarm_period("2026-01-07 03:00", "2026-01-07 03:05"),
    )  # fmt: skip
    (line,) = day(ledger).alarms
    assert (line.began, line.seen_later) == (moment("2026-01-06 20:00"), True)
    assert len(day(ledger, of="2026-01-07").alarms) == 2


T0 = datetime(2026, 1, 5)  # noqa: DTZ001  only differences matter


@st.composite
def histories(draw):
    """True alarm periods in minutes, disjoint, and runs whose windows leave no gap."""
    edges = sorted(draw(st.sets(st.integers(1, 999), min_size=2, max_size=12)))
    alarm_periods = list(zip(edges[::2], edges[1::2], strict=False))
    ends = [*sorted(draw(st.sets(st.integers(1, 999), max_size=5))), 1000]
    windows, before = [], 0
    for end in ends:
        # A window begins where the last one ended, or earlier without a sign-off.
        windows.append((draw(st.integers(0, before)), end))
        before = end
    return alarm_periods, windows


@given(history=histories())
def test_any_runs_without_gaps_give_the_true_alarm_periods(history):
    alarm_periods, windows = history
    at = lambda minute: moment("2026-01-05 00:00") + timedelta(minutes=minute)  # noqa: E731
    sightings = []
    for start, end in windows:
        partial = finding("2026-01-05 00:00", since="2026-01-05 00:00").model_copy(
            update={"read_at": at(end)}
        )
        window = partial.window.model_copy(update={"start": at(start), "end": at(end)})
        partial = partial.model_copy(update={"window": window})
        for first, last in alarm_periods:
            if first < end and last > start:
                one = AlarmPeriod(
                    alarm="a", state="alarm",
                    began=at(first) if first >= start else None, ended=at(last) if last <= end else None,
                )  # fmt: skip
                sightings.append(_sighting(one, partial, later=False))
    merged = [(each.start, each.end, each.begun, each.over) for each in _merged(sightings)]
    assert merged == [(at(first), at(last), True, True) for first, last in alarm_periods]


@pytest.mark.parametrize("state", ["ok", "insufficient"])
def test_an_acknowledgement_of_another_state_is_listed_separately(tmp_path, state):
    ledger = Ledger(tmp_path / "j.db")
    record_finding(
        ledger,
        "2026-01-06 14:00",
        NOON,
        "2026-01-06 09:00",
        alarm_period("2026-01-06 10:00", "2026-01-06 11:00"),
    )
    ledger.entry("2026-01-06 10:30", EntryKind.ACKNOWLEDGED, target="ecs-cpu-high", data={"state": state})
    report = day(ledger)
    assert report.alarms[0].acknowledged == ()
    assert [ack.state for ack in report.acknowledgements] == [state]
