"""A log group that was silent for a while has no errors of that time either; one that is quiet by nature is no alarm."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.logs import insights
from services.calendar.calendar import Calendar
from services.demo import names
from services.inspections.toolkit.logs import silence as log_silence_usual
from services.inspections.toolkit.logs.silence import MOST
from services.inspections.toolkit.silence import WEEK, comparable, spans_by_day
from services.models.metrics import TimeSpan
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.conftest import REGION
from tests.services.inspections.insights_world import GROUP, again, fill, measure, runbook
from tests.services.inspections.running_world import context

V = Verdict
MONDAY = datetime(2026, 1, 19, 0, 0, tzinfo=UTC)  # 9:00 JST; the Monday before was a holiday
TUESDAY = datetime(2026, 1, 13, 0, 0, tzinfo=UTC)
"""9:00 JST, after that holiday: the last run was on Friday evening."""
BOOK = runbook(error_logs={"log_group": GROUP})
TITLE = "Longest time without log events"
Comes = Callable[[datetime], bool]  # Whether an event came in the five minutes before a time (JST)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(insights, "PAUSES", (0.01,))


def write(embedded, comes, *, days=24, keeps=30):
    """One event in each five minutes in which it `comes`, until now, for so many days."""
    now = embedded.clock.now() + timedelta(hours=9)
    minutes = (5 * number + 2 for number in range(days * 288))
    event = {"level": "INFO", "message": "done", "statusCode": 200}
    fill(
        embedded,
        [(ago, event) for ago in minutes if comes((now - timedelta(minutes=ago)).replace(tzinfo=None))],
        days=keeps,
    )


def always(_at):
    return True


def clock(at):
    return at.hour + at.minute / 60


def is_open(at):
    return at.weekday() < 5 and at.date() != date(2026, 1, 12)


def office(at):
    """People work from about half past eight until about six, some days longer."""
    return is_open(at) and 8.4 + at.day % 3 / 6 <= clock(at) < 17.4 + at.day % 4 / 3


def batch(at):
    return office(at) or (at.weekday() == 6 and 2 <= clock(at) < 4)


def visitors(at):
    return 7 <= clock(at) < 21 or hash((at.day, at.hour, at.minute // 5)) % 11 == 0


def without(comes, began, ended):
    first, last = datetime.fromisoformat(began), datetime.fromisoformat(ended)
    return lambda at: comes(at) and not first <= at < last


async def errors(embedded, hours):
    async with context(embedded, runbook=BOOK) as inspection_context:
        return await again(inspection_context, "error-logs", hours=hours)


@pytest.mark.scenario("empty", origin=MONDAY, history=0)
@pytest.mark.parametrize("comes", [always, office, batch, visitors])
@pytest.mark.parametrize(
    "hours", [63.75, *(pytest.param(hours, marks=pytest.mark.slow) for hours in (15.75, 7 * 24))]
)
async def test_a_log_that_is_quiet_by_nature_is_normal(embedded, comes, hours):
    write(embedded, comes)
    finding = await errors(embedded, hours)
    assert finding.verdict is V.NORMAL, finding.summary
    assert "No events" not in finding.summary
    verdicts = [each.verdict for each in finding.measures if each.title == TITLE]
    assert verdicts == [None] or (comes in (always, visitors) and not verdicts)
    assert embedded.counts()["logs.FilterLogEvents"] <= MOST + 40


@pytest.mark.scenario("empty", origin=TUESDAY, history=0)
@pytest.mark.parametrize("comes", [always, office, batch, visitors])
async def test_after_a_holiday_it_is_normal_too(embedded, comes):
    write(embedded, comes)
    assert (await errors(embedded, 4 * 24 - 8.25)).verdict is V.NORMAL


CALENDAR = Calendar(BOOK)
NEW_YEAR = datetime(2027, 1, 3, 23, 55, tzinfo=UTC)  # 8:55 JST, the first open day since 28 December
GOLDEN_WEEK = datetime(2026, 5, 6, 23, 55, tzinfo=UTC)  # 8:55 JST, the first open day since 1 May


def seldom(seed):
    """Three events an hour by day, one in ten hours at night and on closed days."""
    chance = Random(seed)

    def comes(at):
        busy = CALENDAR.open_days.is_open(at.date()) and 8.5 <= clock(at) < 17.25
        return chance.random() < (3 if busy else 0.1) / 12

    return comes


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 4))])
@pytest.mark.parametrize(
    "hours",
    [
        pytest.param(
            6 * 24 + 15.75, marks=pytest.mark.scenario("empty", origin=NEW_YEAR, history=0), id="new year"
        ),
        pytest.param(
            5 * 24 + 15.75, marks=pytest.mark.scenario("empty", origin=GOLDEN_WEEK, history=0), id="may"
        ),
    ],
)
async def test_a_log_with_few_events_is_normal_after_long_holidays(embedded, hours, seed):
    write(embedded, seldom(seed), days=40, keeps=60)
    finding = await errors(embedded, hours)
    assert finding.verdict is V.NORMAL, finding.summary
    assert embedded.counts()["logs.FilterLogEvents"] <= MOST + 40


@pytest.mark.scenario("empty", origin=MONDAY, history=0)
async def test_a_silence_that_cannot_be_compared_is_not_called_unusual(embedded, monkeypatch):
    costly = "Too many requests would be needed to compare that"
    young = "The log group does not have enough previous days to compare that with"
    write(embedded, without(always, "2026-01-17T02:00", "2026-01-19T04:00"))
    assert costly not in (await errors(embedded, 63.75)).summary
    assert young not in (await errors(embedded, 63.75)).summary
    with monkeypatch.context() as patch:
        patch.setattr(log_silence_usual, "MOST", 0)
        finding = await errors(embedded, 63.75)
        assert (finding.verdict, costly in finding.summary) == (V.UNKNOWN, True)
        assert costly in measure(finding, TITLE).note
        write(embedded, without(always, "2026-01-17T02:00", "2026-01-19T09:00"))
        assert costly in measure(await errors(embedded, 63.75), "Log events").note
    for days, keeps in ((24, 3), (3, 30)):
        write(embedded, office, days=days, keeps=keeps)
        finding = await errors(embedded, 63.75)
        assert (finding.verdict, young in finding.summary) == (V.UNKNOWN, True)
        assert young in measure(finding, TITLE).note
        assert costly not in finding.summary


HOLES = [
    (always, 63.75, "2026-01-16T18:00", "2026-01-19T08:40"),
    (always, 63.75, "2026-01-17T02:00", "2026-01-19T04:00"),
    (always, 63.75, "2026-01-16T16:00", "2026-01-19T08:55"),
    (always, 15.75, "2026-01-19T00:00", "2026-01-19T02:00"),
    (always, 15.75, "2026-01-18T17:00", "2026-01-18T19:30"),
    (visitors, 63.75, "2026-01-17T07:00", "2026-01-17T21:00"),
    (visitors, 63.75, "2026-01-18T10:00", "2026-01-18T16:00"),
    (office, 7 * 24, "2026-01-15T08:00", "2026-01-15T18:00"),
    (office, 7 * 24, "2026-01-14T17:00", "2026-01-16T08:00"),
    (batch, 7 * 24, "2026-01-13T12:00", "2026-01-14T12:00"),
]  # fmt: skip


@pytest.mark.scenario("empty", origin=MONDAY, history=0)
@pytest.mark.parametrize(("comes", "hours", "began", "ended"), HOLES)
async def test_an_unusual_silence_is_not_judged_anywhere_in_the_window(embedded, comes, hours, began, ended):
    write(embedded, without(comes, began, ended))
    finding = await errors(embedded, hours)
    assert finding.verdict is V.UNKNOWN
    assert measure(finding, TITLE).verdict is V.UNKNOWN
    assert "No events in /app/library" in finding.summary
    assert embedded.counts()["logs.FilterLogEvents"] <= MOST + 40


@pytest.mark.scenario("empty", origin=MONDAY, history=0)
async def test_one_event_is_not_a_night_of_them(embedded):
    write(embedded, without(always, "2026-01-16T17:00", "2026-01-19T08:52"))
    finding = await errors(embedded, 63.75)
    assert finding.verdict is V.UNKNOWN
    assert "No errors in 2.7 days" in finding.summary
    # Younger than the window: there is nothing of before.
    with embedded.world.lock:
        created_at = int((MONDAY - timedelta(hours=2)).timestamp() * 1000)
        embedded.world.logs.groups[REGION, GROUP].created = created_at
    young = await errors(embedded, 63.75)
    assert "has nothing from before 01-19(Mon) 07:00" in young.summary
    assert measure(young, "Retained log events").verdict is V.UNKNOWN


@pytest.mark.scenario("empty", origin=MONDAY, history=0)
async def test_events_in_hand_are_older_than_the_creation_time(embedded):
    # Events may be put into a log group up to two weeks late, and a group is made anew before they are.
    bad = {"level": "ERROR", "message": "no luck", "statusCode": 200}
    fill(embedded, [(n, bad) for n in range(2, 448)])
    with embedded.world.lock:
        created_at = int((MONDAY - timedelta(minutes=2)).timestamp() * 1000)
        embedded.world.logs.groups[REGION, GROUP].created = created_at
    finding = await errors(embedded, 15.75)
    assert "446 errors in the 7.4 h that have logs" in finding.summary
    assert (
        "was created at 01-19(Mon) 08:58 JST according to AWS, but has events from 01-19(Mon) 01:"
        in finding.summary
    )
    assert measure(finding, "Errors per hour").shown == "60"
    assert measure(finding, "Retained log events").verdict is V.UNKNOWN


@pytest.mark.scenario("empty", origin=MONDAY, history=0)
async def test_expired_log_events_are_not_an_all_clear(embedded):
    bad = {"level": "ERROR", "message": "no luck", "statusCode": 200}
    good = {"level": "INFO", "message": "done", "statusCode": 200}
    lines = [(5.0 * number + 2, good) for number in range(10 * 288)]
    for hours, keeps, covers in ((72.0, 1, False), (72.0, 3, True), (72.0, 30, True), (23.0, 1, True)):
        fill(embedded, lines, days=keeps)
        finding = await errors(embedded, hours)
        assert (finding.verdict is V.NORMAL) is covers, (hours, keeps)
        titles = {str(each.title) for each in finding.measures}
        assert ("Retained log events" in titles) is not covers
        assert ("has nothing from before 01-18(Sun) 09:00 JST" in finding.summary) is not covers
        assert any("retention extended" in each for each in finding.advice) is not covers
    # One span in the whole result, and what is bad is not hidden.
    fill(embedded, [*lines, *((5.0 * number + 3, bad) for number in range(22))], days=1)
    finding = await errors(embedded, 72.0)
    assert finding.verdict is not V.NORMAL
    assert "22 errors in the 24 h that have logs" in finding.summary
    assert measure(finding, "Errors per hour").shown == "0.9"


@pytest.mark.scenario("empty", origin=MONDAY, history=0)
async def test_errors_that_were_found_are_not_asked_for_again(embedded):
    bad = {"level": "ERROR", "message": "no luck", "statusCode": 500}
    fill(embedded, [(2 + 20 * number, bad) for number in range(24 * 3)])
    await errors(embedded, 15.75)
    assert embedded.counts()["logs.FilterLogEvents"] <= 3
    # Where AWS does not say, the log group may have stopped.
    embedded.fault("logs", "FilterLogEvents", preset="denied")
    finding = await errors(embedded, 15.75)
    assert "Could not read whether events still arrive" in finding.summary


@pytest.mark.scenario("ordinary-day", origin=MONDAY, history=60.0)
async def test_the_databases_log_is_known_up_to_its_newest_event(embedded):
    async with context(embedded) as inspection_context:
        lines = [(60.0 * number, "LOG:  checkpoint complete") for number in range(1, 24 * 60)]
        slow = [
            (60.0 * 24 * number + 700, "LOG:  duration: 1500.1 ms  statement: SELECT 1")
            for number in range(5)
        ]
        fill(embedded, [*lines, *slow], group=names.DATABASE_LOG, days=90)
        finding = await again(inspection_context, "slow-queries", hours=31 * 24)
        assert finding.verdict is V.NORMAL
        assert measure(finding, "Log events").shown.startswith("until 01-19(Mon) 07:5")
        # Every hour, but not in the last five.
        fill(embedded, [*lines[4:], *slow], group=names.DATABASE_LOG, days=90)
        finding = await again(inspection_context, "slow-queries", hours=31 * 24)
        assert finding.verdict is V.UNKNOWN
        assert "At the same time on open days there are events." in measure(finding, "Log events").note
        # Three days of the month without any.
        hole = [each for each in lines if not 10 * 24 * 60 <= each[0] < 13 * 24 * 60]
        fill(embedded, [*hole, *slow], group=names.DATABASE_LOG, days=90)
        finding = await again(inspection_context, "slow-queries", hours=31 * 24)
        assert finding.verdict is V.UNKNOWN
        assert "at least during 01-0" in finding.summary


# ── What a silence is compared with ────────────────────────────────────────────────────────────────

SHIPPED: Runbook = load_builtin("facility-prod")
MOMENTS = st.integers(0, 90 * 1440).map(
    lambda minutes: datetime(2025, 12, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(MOMENTS, st.floats(0.01, 24 * 35))
def test_pieces_are_the_whole_and_lie_on_one_day(began, hours):
    calendar = Calendar(SHIPPED)
    span = TimeSpan(start=began, end=began + timedelta(hours=hours))
    spans = list(spans_by_day(span, calendar))
    assert [piece.end for piece in spans[:-1]] == [piece.start for piece in spans[1:]]
    assert (spans[0].start, spans[-1].end) == (span.start, span.end)
    for piece in spans:
        assert calendar.day_of(piece.start) == calendar.day_of(piece.end - timedelta(microseconds=1))


@given(MOMENTS, st.floats(0, 24 * 30), st.floats(0.1, 24))
def test_references_are_over_before_the_silence_and_on_like_days(began, later, hours):
    calendar = Calendar(SHIPPED)
    start = began + timedelta(hours=later)
    piece = TimeSpan(start=start, end=start + timedelta(hours=hours))
    offsets = comparable(piece, began, calendar)
    assert len(set(offsets)) == len(offsets) >= 2
    day = calendar.day_of(piece.start)
    for back in offsets:
        assert piece.end - back <= began, "nothing of the same silence"
        assert piece.end - back > began - 2 * WEEK - WEEK
        assert not back % timedelta(days=1), "the same time of the day"
        same = calendar.open_days.is_open(day - back) is calendar.open_days.is_open(day)
        assert same or not back % WEEK


def test_the_days_that_a_monday_holiday_is_compared_with():
    calendar = Calendar(SHIPPED)
    friday = datetime(2026, 1, 9, 8, 15, tzinfo=UTC)
    holiday = datetime(2026, 1, 12, 0, 0, tzinfo=UTC)
    noon: dict[str, Any] = {"start": holiday + timedelta(hours=3), "end": holiday + timedelta(hours=5)}
    days = [
        calendar.day_of(noon["start"] - back).isoformat()
        for back in comparable(TimeSpan(**noon), friday, calendar)
    ]
    assert days == ["2026-01-04", "2026-01-05", "2026-01-03", "2025-12-29"]
