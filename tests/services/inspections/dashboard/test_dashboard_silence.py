"""Requests that stop are compared with the same time on earlier days, on the embedded AWS; what is always published is not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from services.calendar.calendar import Calendar
from services.inspections.toolkit.silence import REACH
from services.models.verdict import Verdict
from tests.services.inspections.dashboard.test_dashboard_inspection import BOOK, measure
from tests.services.inspections.running_world import run_inspection
from tests.services.inspections.toolkit.test_silence_of_metrics import silent

V = Verdict
Comes = Callable[[datetime], bool]
CALENDAR = Calendar(BOOK)
HOURS = 5.0
CALLS = "cloudwatch.GetMetricData"


def jst(day, hour, minute=0):
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


def look(at):
    return pytest.mark.scenario("ordinary-day", origin=at, history=(HOURS + 0.2) * 3600)


def public(at):
    """Day and night, with breaks of up to ten minutes."""
    return int(at.timestamp()) // 300 * 7919 % 101 % 9 != 0


def waking(at):
    """From 7:00 to 22:00 JST, each day."""
    return public(at) and 7 <= (at.hour + 9) % 24 < 22


def office(at):
    return public(at) and CALENDAR.within_hours(at)


def without(comes, first, last):
    return lambda at: comes(at) and not first <= at < last


def let_come(embedded, comes):
    """The load balancer's requests since REACH before now."""
    store, now = embedded.world.metrics, embedded.clock.now()
    steps = range(0, int((REACH + timedelta(days=1)).total_seconds()), 300)
    times = [at for back in steps if comes(at := now - timedelta(seconds=300 + back))]
    with embedded.world.lock:
        for key in store.metrics():
            if key.namespace == "AWS/ApplicationELB" and key.name in ("RequestCount", "TargetResponseTime"):
                value = 60.0 if key.name == "RequestCount" else 0.1
                track = store._tracks[key]
                track.points = {int(at.timestamp()) // 60 * 60: value for at in reversed(times)}


async def look_now(embedded):
    before = embedded.counts().get(CALLS, 0)
    finding = await run_inspection(embedded, "dashboard", hours=HOURS)
    return finding, embedded.counts().get(CALLS, 0) - before


NIGHT, NOON, NEW_YEAR = jst(14, 22, 40), jst(14, 14), jst(2, 13)
STOPS = jst(14, 22)


@pytest.mark.parametrize(
    ("comes", "verdict", "text"),
    [
        pytest.param(
            without(public, STOPS, NIGHT), V.UNKNOWN, "no requests since 01-14(Wed) 22:00", marks=look(NIGHT)
        ),
        pytest.param(waking, V.NORMAL, "as at the same time before", marks=look(NIGHT)),
        pytest.param(
            without(public, NIGHT - REACH - timedelta(days=9), NIGHT - timedelta(hours=4)),
            V.NORMAL,
            "no requests 01-14(Wed) 17:40–18:40 JST (1h 0m) (too few",
            marks=look(NIGHT),
        ),
        pytest.param(
            lambda at: jst(14, 18) <= at < STOPS and public(at),
            V.UNKNOWN,
            "too few earlier days to compare with",
            marks=look(NIGHT),
        ),
        pytest.param(
            without(public, jst(14, 12), jst(14, 12, 30)),
            V.ATTENTION,
            "no requests 01-14(Wed) 12:00–12:30 JST",
            marks=look(NOON),
        ),
        pytest.param(office, V.NORMAL, "no requests since", marks=look(NEW_YEAR)),
        pytest.param(
            without(public, jst(2, 12), NEW_YEAR),
            V.UNKNOWN,
            "no requests since 01-02(Fri) 12:00",
            marks=look(NEW_YEAR),
        ),
    ],
    ids=["public", "waking", "new", "new-stops", "hole", "new-year", "new-year-stops"],
)
async def test_requests_that_stop_are_compared_with_earlier_days(embedded, comes, verdict, text):
    let_come(embedded, comes)
    finding, calls = await look_now(embedded)
    assert (finding.verdict, measure(finding, "ALB latency").verdict) == (verdict, verdict), finding.summary
    assert text in measure(finding, "ALB latency").note
    responses = measure(finding, "5xx").verdict
    assert responses in ((V.NORMAL, None) if verdict is V.NORMAL else (verdict,))
    assert calls == 3
    assert any(each.startswith("19 metrics requested") for each in finding.remarks)


@look(NIGHT)
async def test_a_healthy_run_reads_no_past_and_what_is_always_published_has_no_night(embedded):
    finding, calls = await look_now(embedded)
    assert (finding.verdict, calls) == (V.NORMAL, 2)
    assert any(each.startswith("18 metrics requested") for each in finding.remarks)
    for metric in (("AWS/ECS", "CPUUtilization"), ("AWS/RDS", "DatabaseConnections")):
        with silent(embedded, metric, began=NIGHT - timedelta(minutes=25), ended=NIGHT):
            finding, calls = await look_now(embedded)
        assert (finding.verdict, calls) == (V.UNKNOWN, 2)
        assert "no data since 01-14(Wed) 22:15 JST" in finding.summary
