"""A metric that is silent anywhere in the window is not taken for quiet, whichever it is and wherever the silence lies."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.cloudwatch.store import MetricKey
from services.inspections.base import InspectionRequest
from services.inspections.registry import make
from services.inspections.toolkit.curves import SUSTAINED, gaps
from services.models.metrics import Series, SeriesStatus
from services.models.verdict import Verdict
from tests.services.inspections.custom.test_custom_metric import runbook_with
from tests.services.inspections.dashboard.test_dashboard_inspection import judged, measure
from tests.services.inspections.running_world import context

V = Verdict
NINE = datetime(2026, 1, 14, 0, 0, tzinfo=UTC)  # 9:00 JST on a Wednesday
HOURS = 15.75
TOLD: list[tuple[str, str]] = [
    ("AWS/ECS", "CPUUtilization"),
    ("AWS/ECS", "MemoryUtilization"),
    ("AWS/RDS", "CPUUtilization"),
    ("AWS/RDS", "DatabaseConnections"),
    ("AWS/RDS", "CPUCreditBalance"),
    ("AWS/RDS", "NetworkReceiveThroughput"),
    ("AWS/ApplicationELB", "HealthyHostCount"),
    ("AWS/ApplicationELB", "RequestCount"),
    ("AWS/ApplicationELB", "TargetResponseTime"),
    ("AWS/ApplicationELB", "ProcessedBytes"),
]
"""Every metric that the shipped dashboard is judged by."""
PLACES = {"first": (0, 14), "middle": (3, 12), "short": (5, 7.2), "last": (10, 16), "whole": (0, 16)}
"""Hours of the window that are silent."""


@contextmanager
def silent(embedded, *metrics, began, ended):
    """These metrics have no data in this time, whatever their dimensions."""
    store = embedded.world.metrics
    with embedded.world.lock:
        tracks = [store._tracks[key] for key in store.metrics() if (key.namespace, key.name) in metrics]
        originals = [track.points for track in tracks]
        first, last = began.timestamp(), ended.timestamp()
        for track in tracks:
            track.points = {at: each for at, each in track.points.items() if not first <= at < last}
    yield
    with embedded.world.lock:
        for track, points in zip(tracks, originals, strict=True):
            track.points = points


async def again(inspection_context, hours=HOURS):
    until = inspection_context.clock.now()
    return await make(inspection_context, "dashboard").run(
        InspectionRequest(since=until - timedelta(hours=hours), until=until)
    )


@pytest.mark.scenario("ordinary-day", origin=NINE, history=16.2 * 3600)
@pytest.mark.slow
async def test_no_silence_of_any_metric_is_normal_anywhere_in_the_window(embedded):
    start = NINE - timedelta(hours=HOURS)
    green = []
    async with context(embedded) as inspection_context:
        assert (await again(inspection_context)).verdict is V.NORMAL
        for metric in TOLD:
            for place, (first, last) in PLACES.items():
                gap = {"began": start + timedelta(hours=first), "ended": start + timedelta(hours=last)}
                with silent(embedded, metric, **gap):
                    finding = await again(inspection_context)
                if finding.verdict is V.NORMAL:
                    green.append((metric, place))
        assert not green
        assert (await again(inspection_context)).verdict is V.NORMAL


@pytest.mark.scenario("ordinary-day", origin=NINE, history=16.2 * 3600)
async def test_a_past_outage_is_visible_from_any_start_of_the_window(embedded):
    out = {"began": NINE - timedelta(hours=10), "ended": NINE - timedelta(minutes=10)}
    async with context(embedded) as inspection_context:
        with silent(embedded, ("AWS/ECS", "CPUUtilization"), **out):
            for hours in (1, 9, 9.9, 10, 11.5, HOURS):
                finding = await again(inspection_context, hours)
                assert (hours, finding.verdict) == (hours, V.ATTENTION)
                assert "08:50 JST" in finding.summary


LIVELY = [("AWS/ApplicationELB", each) for each in ("RequestCount", "TargetResponseTime", "ProcessedBytes")]


@pytest.mark.scenario("ordinary-day", origin=NINE, history=26 * 3600)
async def test_a_load_balancer_without_requests_is_quiet_at_night_and_not_by_day(embedded):
    async with context(embedded) as inspection_context:
        with silent(embedded, *LIVELY, began=NINE - timedelta(hours=15), ended=NINE - timedelta(minutes=20)):
            finding = await again(inspection_context)
            assert finding.verdict is V.NORMAL
            assert "no requests 01-13(Tue) 18:00–01-14(Wed) 08:40 JST" in measure(finding, "ALB latency").note
        day = {"began": NINE - timedelta(hours=22), "ended": NINE - timedelta(hours=18)}
        with silent(embedded, *LIVELY, **day):
            finding = await again(inspection_context, hours=25)
            assert finding.verdict is V.ATTENTION
            assert "no requests 01-13(Tue) 11:00–15:00 JST (4h 0m)" in finding.summary


async def test_healthy_targets_that_are_not_read_prove_nothing():
    body: dict[str, Any] = {"widgets": []}
    bare = runbook_with().model_copy(
        update={"alb": runbook_with().alb.model_copy(update={"target_group": ""})}
    )
    quiet: Callable[[datetime], float | None] = lambda at: None if at < NINE - timedelta(hours=9) else 5  # noqa: E731
    finding = await judged(body=body, runbook=bare, RequestCount=quiet, TargetResponseTime=quiet)
    assert measure(finding, "Load balancer").verdict is V.UNKNOWN
    assert any("alb.target_group" in each for each in finding.advice)
    whole = await judged(body=body, runbook=bare)
    assert measure(whole, "Load balancer").verdict is V.NORMAL


async def test_a_database_created_within_the_window_has_no_earlier_data():
    born = NINE - timedelta(hours=5)
    curve: Callable[[datetime], float | None] = lambda at: None if at < born + timedelta(minutes=20) else 10  # noqa: E731
    where = ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", "facility-prod-db"]
    body = {"widgets": [{"type": "metric", "properties": {"region": "ap-northeast-1", "metrics": [where]}}]}
    old = await judged(body=body, DatabaseConnections=curve)
    assert measure(old, "RDS connections").verdict is V.ATTENTION
    young = await judged(body=body, DatabaseConnections=curve, database={"InstanceCreateTime": born})
    assert measure(young, "RDS connections").verdict is V.NORMAL
    assert "data since 01-14(Wed) 04:20 JST" in measure(young, "RDS connections").note
    unborn = await judged(body=body, DatabaseConnections=curve, database={"InstanceCreateTime": None})
    assert measure(unborn, "RDS connections").verdict is V.ATTENTION


async def test_a_burstable_database_reports_its_credits():
    # Others have none, and nothing is reported about them.
    finding = await judged(database={"DBInstanceClass": "db.t4g.medium"})
    credits_ = measure(finding, "CPU credits")
    assert (credits_.verdict, credits_.note) == (V.UNKNOWN, "no data in the window")


# ── Metrics of the runbook's own ───────────────────────────────────────────────────────────────────

KEY = MetricKey("City/App", "Failed", ())
SUM: dict[str, Any] = {
    "namespace": KEY.namespace,
    "metric": KEY.name,
    "dimensions": {},
    "stat": "Sum",
    "above": None,
    "below": 100,
    "unit": None,
    "scale": None,
}


def publish(embedded, comes, *, days=16):
    """One event in each five minutes in which it `comes`, until now."""
    now = embedded.clock.now()
    store = embedded.world.metrics
    with embedded.world.lock:
        store._retention = days * 86_400
        store._tracks.pop(KEY, None)
        for number in range(days * 288, 0, -1):
            at = now - timedelta(minutes=5 * number)
            if comes(at):
                store.put(KEY.namespace, KEY.name, KEY.dimensions, at.timestamp(), value=1.0)


async def own(inspection_context, hours=12, **changed):
    until = inspection_context.clock.now()
    inspection_context = replace(inspection_context, runbook=runbook_with(**(SUM | changed)))
    return await make(inspection_context, "memory").run(
        InspectionRequest(since=until - timedelta(hours=hours), until=until)
    )


MONDAY = datetime(2026, 1, 19, 0, 0, tzinfo=UTC)  # 9:00 JST


def office(at):
    """Within the hours in which people work, a little longer or shorter each day."""
    local = at + timedelta(hours=9)
    late = timedelta(minutes=7 * (local.day % 5))
    return local.weekday() < 5 and timedelta(hours=8, minutes=30) <= _time(local) - late < timedelta(hours=17)


def _time(local):
    return timedelta(hours=local.hour, minutes=local.minute)


@pytest.mark.scenario("empty", origin=MONDAY, history=0)
@pytest.mark.parametrize("stat", ["Sum", "SampleCount", "Maximum", "Minimum"])
async def test_a_metric_that_falls_silent_is_reported_or_not_judged_as_on_the_dashboard(embedded, stat):
    async with context(embedded) as inspection_context:
        publish(embedded, lambda _at: True)
        assert (await own(inspection_context, stat=stat)).verdict is V.NORMAL
        for first, last in ((0, 11.5), (4, 8), (2, 12), (4, 5)):
            hole = [MONDAY - timedelta(hours=12 - each) for each in (first, last)]
            publish(embedded, lambda at, hole=hole: not hole[0] <= at < hole[1])
            for limit in ({}, {"above": 0, "below": None}):
                finding = await own(inspection_context, stat=stat, **limit)
                # Not how things are, or only how they were.
                verdict = V.UNKNOWN if last == 12 else V.ATTENTION
                assert (first, last, limit, finding.verdict) == (first, last, limit, verdict)
                assert "no data" in finding.summary
                # Over the weekend, too: the days it is compared with come before the window.
                assert (await own(inspection_context, hours=63, stat=stat, **limit)).verdict is verdict


@pytest.mark.scenario("empty", origin=MONDAY, history=0)
async def test_a_count_that_is_quiet_by_nature_is_normal_on_mondays_and_says_since_when(embedded):
    async with context(embedded) as inspection_context:
        for comes in (
            office,
            lambda at: int(at.timestamp()) % 86_400 < 300,
            lambda at: int(at.timestamp()) // 300 * 7919 % 101 % 7 == 0,
        ):
            publish(embedded, comes)
            finding = await own(inspection_context, hours=64)
            assert finding.verdict is V.NORMAL
            assert "for a count, this may mean zero" in finding.measures[0].note
            # Where too few are bad, nothing is too few.
            finding = await own(inspection_context, hours=64, above=0, below=None)
            assert finding.verdict in (V.ATTENTION, V.UNKNOWN)
            assert not finding.complete


@given(st.sets(st.integers(0, 59)), st.sampled_from([60, 300, 900]), st.integers(0, 10))
def test_gaps_are_what_the_periods_leave_out(numbers, period, first):
    times = [number * period for number in sorted(numbers) if number >= first]
    start = first * period
    series = Series(
        id="x", label="x", period=period, status=SeriesStatus.COMPLETE, times=times, values=[1.0] * len(times)
    )
    spans = list(gaps(series, start))
    edges = [start - period, *times]
    expected = [(one + period, other) for one, other in pairwise(edges) if other - one - period >= SUSTAINED]
    assert [(each.began, each.ended) for each in spans] == expected
