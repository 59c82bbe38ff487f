"""The one rule for silence; its power and its false alarms are measured in `test_silence_by_another_hand`."""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services import i18n
from services.calendar.calendar import Calendar
from services.inspections.toolkit.silence import (
    LAGS,
    REACH,
    Activity,
    Likeness,
    SourceKind,
    events,
    judge_silence,
    unusual_gaps,
)
from services.models.metrics import TimeSpan
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin

PAGES = Path(__file__).parents[4] / "docs" / "site"
CALENDAR = Calendar(load_builtin("facility-prod"))
BEGAN = datetime(2025, 11, 1, tzinfo=UTC)
YEAR = timedelta(days=430)
SLOT = 300
KINDS = {
    "metric": SourceKind.METRIC,
    "office": SourceKind.LOG,
    "public": SourceKind.FIREWALL,
    "rare": SourceKind.TRAIL,
    "hourly": SourceKind.TRAIL,
    "batch": SourceKind.LOG,
    "month end": SourceKind.LOG,
}


def per_hour(name, at):
    local = at.astimezone(CALENDAR.zone)
    working, hour = CALENDAR.within_hours(at), local.hour + local.minute / 60
    if name == "office":
        return 60.0 if working else 0.0
    if name == "month end":
        is_last = not any(
            CALENDAR.open_days.is_open(local.date() + timedelta(days=number))
            and (local.date() + timedelta(days=number)).month == local.month
            for number in range(1, 8)
        )
        return (120.0 if is_last else 30.0) if working else 1.0
    if name == "public":
        return 120.0 if working else 60.0 if 7 <= hour < 23 else 12.0
    return 3.0


@cache
def source(name):
    """The times of its events over more than a year."""
    random, first, last = Random(name), BEGAN.timestamp(), (BEGAN + YEAR).timestamp()
    if name == "metric":
        return tuple(range(int(first), int(last), SLOT))
    if name == "hourly":
        return tuple(range(int(first), int(last), 3600))
    if name == "batch":
        days = (CALENDAR.local(CALENDAR.day_of(BEGAN) + timedelta(days=n), "02:00") for n in range(1, 430))
        return tuple(at.timestamp() + random.uniform(0, 200) + n for at in days for n in range(0, 400, 40))
    times: list[float] = []
    for slot in range(int(first), int(last), SLOT):
        rate = per_hour(name, datetime.fromtimestamp(slot, UTC)) / 3600
        at = slot + random.expovariate(rate) if rate else last
        while at < slot + SLOT:
            times.append(at)
            at += random.expovariate(rate)
    return tuple(times)


def activity(name, until, *, stops=None, born=None):
    times = sorted(source(name))
    since = max(until - REACH, born or BEGAN).timestamp()
    ends = min(until, stops or until).timestamp()
    inside = times[bisect_left(times, since) : bisect_left(times, ends)]
    return Activity(inside, SLOT if name == "metric" else 0)


WITHIN = st.integers(31 * 1440, 420 * 1440).map(lambda minutes: BEGAN + timedelta(minutes=minutes))
NAMES = st.sampled_from(sorted(KINDS))


@settings(max_examples=50, deadline=None)
@given(NAMES, WITHIN)
def test_a_new_source_that_is_silent_has_no_past(name, born):
    until = born + timedelta(hours=20)
    history = activity(name, until, born=born, stops=born + timedelta(hours=2))
    assume(history.times)
    silence = judge_silence(KINDS[name], history, until, CALENDAR)
    assert silence.likeness is Likeness.NEW
    assert "There are too few earlier" in silence.words("It", CALENDAR)


def test_gaps_are_judged_like_the_end():
    until = datetime(2026, 1, 23, 8, 0, tzinfo=UTC)
    hole = TimeSpan(
        start=datetime(2026, 1, 22, 1, 0, tzinfo=UTC), end=datetime(2026, 1, 22, 2, 0, tzinfo=UTC)
    )
    history = activity("public", until)
    window = TimeSpan(start=until - timedelta(days=7), end=until)
    assert not unusual_gaps(history, window, CALENDAR)
    first, last = hole.start.timestamp(), hole.end.timestamp()
    holed = Activity([at for at in history.times if not first <= at < last])
    (gap,) = unusual_gaps(holed, window, CALENDAR)
    assert abs(gap.start - hole.start) < timedelta(minutes=5) > abs(gap.end - hole.end)


def test_a_cost_line_is_compared_with_days_of_its_kind():
    # Daily values, two days late at most; the third missing one is told, and weekends of a batch are not.
    day = timedelta(days=1)
    first, until = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 2, 13, 1, 0, tzinfo=UTC)
    days = [(first + number * day).timestamp() for number in range(39)]
    for missing, likeness in ((2, Likeness.USUAL), (5, Likeness.UNUSUAL)):
        history = Activity(days[: 39 - missing], day.total_seconds())
        assert judge_silence(SourceKind.COST, history, until, CALENDAR).likeness is likeness
    worked = [at for at in days if CALENDAR.open_days.is_open(datetime.fromtimestamp(at, UTC).date())]
    history = Activity(
        [at for at in worked if at < datetime(2026, 2, 7, tzinfo=UTC).timestamp()], day.total_seconds()
    )
    assert (
        judge_silence(SourceKind.COST, history, datetime(2026, 2, 10, 1, tzinfo=UTC), CALENDAR).likeness
        is Likeness.USUAL
    )


def test_a_rare_source_is_judged_by_its_own_gaps():
    until = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
    times = [until - timedelta(days=3 * number + 20) for number in range(12)]
    history = [TimeSpan(start=until - timedelta(days=90), end=until)]
    assert (
        judge_silence(SourceKind.TRAIL, events(times, history), until, CALENDAR).likeness is Likeness.UNUSUAL
    )
    recent = [at + timedelta(days=15) for at in times]
    assert (
        judge_silence(SourceKind.TRAIL, events(recent, history), until, CALENDAR).likeness is Likeness.USUAL
    )


def test_the_sentences():
    until = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
    stopped = judge_silence(
        SourceKind.FIREWALL, activity("public", until, stops=until - timedelta(hours=1)), until, CALENDAR
    )
    assert stopped.words("It", CALENDAR).startswith(
        "It: no data since 01-14(Wed) 08:59 JST; what happened after that is not known. "
        "Usual at this time on open days: 1"
    )
    i18n.use("ja")
    try:
        assert "開庁日" in stopped.words("件数", CALENDAR)
    finally:
        i18n.use("en")
    never = judge_silence(SourceKind.LOG, Activity([]), until, CALENDAR)
    assert (never.verdict, never.words("It", CALENDAR)) == (
        Verdict.UNKNOWN,
        "It: no data at all, so nothing is known.",
    )


@pytest.mark.parametrize(
    ("language", "minutes", "hours"), [("en", "{} min", "{} h"), ("ja", "{}分", "{}時間")]
)
def test_the_published_table_has_every_lag(language, minutes, hours):
    page = (PAGES / language / "inspections.md").read_text(encoding="utf-8")
    lags = [row.split("|")[2].strip() for row in page.splitlines() if row.count("|") == 4][2:]
    expected = [
        hours.format(lag // timedelta(hours=1))
        if lag >= timedelta(hours=1)
        else minutes.format(lag // timedelta(minutes=1))
        for lag in LAGS.values()
    ]
    assert lags[: len(expected)] == expected
