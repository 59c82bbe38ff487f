"""What was read of a log group shortly before a scheduled run is not asked again by the run, and by no other."""

from datetime import UTC, datetime, time, timedelta

import pytest

from services.aws.logs import insights
from services.inspections.base import InspectionRequest
from services.inspections.registry import make
from services.inspections.toolkit.logs.queries import SETTLED, VALID, ReadAhead
from services.inspections.toolkit.logs.silence import MOST, PARTS
from services.models.duties import PREPARED
from services.models.metrics import TimeSpan
from services.models.verdict import Verdict
from tests.services.inspections.insights_world import GROUP, fill, runbook
from tests.services.inspections.running_world import context

MONDAY = datetime(2026, 1, 19, 0, 0, tzinfo=UTC)  # 9:00 JST
JST = timedelta(hours=9)
A_SECOND = 5  # FilterLogEvents requests that AWS answers in the region of the shipped runbook
NEWEST = 8  # Requests about times that may still change, which the run itself makes
LEAD = timedelta(seconds=40)
WEEKEND = timedelta(hours=63.75)
BOOK = runbook(error_logs={"log_group": GROUP})


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(insights, "PAUSES", (0.01,))


def asked(embedded):
    return embedded.counts().get("logs.FilterLogEvents", 0)


@pytest.mark.scenario("empty", origin=MONDAY - LEAD, history=0)
@pytest.mark.parametrize("silent_from", [None, 60.0])
async def test_a_prepared_run_asks_nothing_again_and_judges_the_same(embedded, silent_from):
    # An event in each five minutes, or none for the last hour.
    event = {"level": "INFO", "message": "done", "statusCode": 200}
    minutes = range(1, 4 * 24 * 60, 5)
    fill(embedded, [(ago, event) for ago in minutes if silent_from is None or ago > silent_from], days=30)
    async with context(embedded, runbook=BOOK) as inspection_context:
        inspection = make(inspection_context, "error-logs")
        await inspection.prepare(InspectionRequest(since=MONDAY - WEEKEND, until=MONDAY))
        prepared = asked(embedded)
        assert prepared > 20
        embedded.advance(LEAD.total_seconds() + 0.4)
        at_nine = InspectionRequest(since=MONDAY - WEEKEND, until=embedded.clock.now())
        finding = await inspection.run(at_nine)
        run = asked(embedded) - prepared
        # Only that nothing came of late is asked again: it may have come meanwhile.
        assert run == 0 if silent_from is None else run < prepared / 2
        # Somebody who repeats it wants to know what is there now.
        again = await inspection.run(at_nine)
        assert asked(embedded) - prepared - run >= prepared - 1
        assert (again.verdict, again.summary) == (finding.verdict, finding.summary)
        assert (finding.verdict is Verdict.NORMAL) is (silent_from is None)


QUIET_BEGIN = MONDAY - PREPARED


@pytest.mark.scenario("empty", origin=QUIET_BEGIN, history=0)
@pytest.mark.parametrize("closed_days", [2, 3, 14], ids=["a-weekend", "three-days", "two-weeks"])
async def test_where_nights_are_quiet_all_comparisons_are_read_ahead(embedded, closed_days):
    # Nothing is logged outside business hours: each night and each closed day is compared with earlier ones.
    event = {"level": "INFO", "message": "done", "statusCode": 200}
    first_closed = (MONDAY + JST).date() - timedelta(days=closed_days)

    def is_logged(ago):
        local = QUIET_BEGIN + JST - timedelta(minutes=ago)
        is_closed = local.weekday() > 4 or local.date() >= first_closed
        return 9 <= local.hour < 17 and not is_closed

    fill(embedded, [(ago, event) for ago in range(1, 45 * 24 * 60, 5) if is_logged(ago)], days=60)
    since = datetime.combine(first_closed, time(8, 15), UTC) - timedelta(days=1)
    async with context(embedded, runbook=BOOK) as inspection_context:
        inspection = make(inspection_context, "error-logs")
        await inspection.prepare(InspectionRequest(since=since, until=MONDAY))
        prepared = asked(embedded)
        embedded.advance(PREPARED.total_seconds() + 0.4)
        await inspection.run(InspectionRequest(since=since, until=embedded.clock.now()))
        run = asked(embedded) - prepared
        # That nothing came of late is asked again.
        assert run <= NEWEST < prepared
        assert prepared + run <= PREPARED.total_seconds() * A_SECOND


def test_there_is_time_for_the_most_that_a_run_compares():
    assert PREPARED.total_seconds() * A_SECOND >= MOST + 2 * PARTS
    assert PREPARED.total_seconds() + 60 <= VALID


def test_an_answer_is_used_once_and_while_it_is_fresh():
    span = TimeSpan(start=MONDAY - timedelta(hours=3), end=MONDAY - timedelta(hours=2))
    other = TimeSpan(start=span.start, end=span.end + timedelta(minutes=1))
    answers = ReadAhead()
    answers.put(("", GROUP, span), True, 100.0)
    assert answers.take(("", GROUP, other), MONDAY, 101.0) is None
    assert answers.take(("us-east-1", GROUP, span), MONDAY, 101.0) is None
    assert answers.take(("", GROUP, span), MONDAY, 101.0) is True
    assert answers.take(("", GROUP, span), MONDAY, 102.0) is None
    answers.put(("", GROUP, span), True, 100.0)
    assert answers.take(("", GROUP, span), MONDAY, 100.5 + VALID) is None


def test_that_nothing_came_is_believed_of_what_is_long_past_alone():
    answers = ReadAhead()
    for age, answer in ((SETTLED, False), (SETTLED - timedelta(seconds=1), None)):
        span = TimeSpan(start=MONDAY - timedelta(hours=3), end=MONDAY - age)
        answers.put(("", GROUP, span), False, 100.0)
        # What matters is how old it was when it was read, not when the answer is used.
        used_at = MONDAY + timedelta(seconds=VALID)
        assert answers.take(("", GROUP, span), used_at, 100.0 + VALID) is answer
