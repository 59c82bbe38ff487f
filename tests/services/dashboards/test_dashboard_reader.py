from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aws.client.errors import Throttled
from services.dashboards.requests import MOST_POINTS, fitting_period
from services.models.base import RawId
from services.models.metrics import SeriesStatus
from services.models.problem import ProblemKind
from services.models.verdict import Verdict, worst
from tests.services.aws.canned import failure
from tests.services.dashboards.dashboard_world import ARN, NOW, data, reader, widget


async def test_all_widgets_of_a_region_in_one_request_with_their_ids_apart():
    world, dashboard = reader(
        widget(["N", "CPU", {"id": "m1"}], [{"expression": "m1*2", "id": "e1"}]),
        widget(["N", "MEM", {"id": "m1"}], [{"expression": "SUM(METRICS())", "id": "e1"}]),
        {"type": "text", "properties": {"markdown": "x"}},
    )
    first, second, text = await data(dashboard)
    ((queries, span, region),) = world.calls
    assert [(query.id, query.expression) for query in queries] == [
        ("w0_m1", ""),
        ("w0_e1", "w0_m1*2"),
        ("w1_m1", ""),
        ("w1_e1", "SUM([w1_m1])"),
    ]
    assert region == "ap-northeast-1", "a widget that names no region is the system's own"
    assert (span.start, span.end) == (NOW.replace(hour=0, second=0), NOW.replace(second=0))
    assert [series.id for series in first.series] == ["m1", "e1"], "ids as the widget writes them"
    assert [series.id for series in second.series] == ["m1", "e1"]
    assert (text.series, text.problem) == ((), "")


async def test_regions_are_asked_apart_and_one_failing_keeps_the_other():
    world, dashboard = reader(
        widget(["N", "CPU"], region="us-east-1"), widget(["N", "CPU"], region="ap-northeast-1")
    )
    world.broken["us-east-1"] = failure(ProblemKind.UNREACHABLE, "no connection")
    bad, good = await data(dashboard)
    assert {region for _queries, _span, region in world.calls} == {"us-east-1", "ap-northeast-1"}
    assert (bad.problem, bad.series) == ("no connection", ())
    assert (good.problem, bool(good.series)) == ("", True)


async def test_a_failed_widget_keeps_its_last_data_says_why_and_is_asked_again():
    world, dashboard = reader(widget(["N", "CPU"], region="us-east-1"), widget(["N", "CPU"]))
    before, _other = await data(dashboard)
    world.broken["us-east-1"] = failure(ProblemKind.THROTTLED, "slow down")
    world.clock.advance(60)
    after, _other = await data(dashboard)
    assert after.series == before.series
    assert after.problem == "slow down"
    del world.broken["us-east-1"]
    fresh, _other = await data(dashboard)
    assert fresh.problem == ""
    assert fresh.series != before.series


async def test_values_of_a_failed_widget_are_judged_no_more():
    # A permission that is taken away must not leave the last value green.
    world, dashboard = reader(widget(["N", "CPU"], region="us-east-1"), widget(["N", "CPU"]))
    before, _other = await data(dashboard)
    assert before.readings[0].limit is not None
    assert before.verdict not in (None, Verdict.UNKNOWN)
    for kind in (ProblemKind.ACCESS_DENIED, ProblemKind.THROTTLED):
        world.broken["us-east-1"] = failure(kind, "no")
        world.clock.advance(60)
        after, _other = await data(dashboard)
        assert after.is_outdated
        assert after.is_denied == (kind is ProblemKind.ACCESS_DENIED)
        assert [(reading.value, reading.verdict) for reading in after.readings] == [(None, Verdict.UNKNOWN)]
        assert after.verdict is Verdict.UNKNOWN
    del world.broken["us-east-1"]
    world.clock.advance(60)
    fresh, _other = await data(dashboard)
    assert not fresh.is_outdated
    assert fresh.verdict is before.verdict


async def test_a_read_that_failed_entirely_is_an_error_but_a_missing_permission_is_shown_in_place():
    world, dashboard = reader(widget(["N", "CPU"]))
    world.broken["ap-northeast-1"] = failure(ProblemKind.THROTTLED)
    with pytest.raises(Throttled):
        await dashboard.read()
    world.broken["ap-northeast-1"] = failure(ProblemKind.ACCESS_DENIED, "cloudwatch:GetMetricData is missing")
    (only,) = await data(dashboard)
    assert only.problem == "cloudwatch:GetMetricData is missing"


async def test_a_widget_is_asked_only_when_its_period_has_advanced():
    world, dashboard = reader(widget(["N", "CPU"]), widget(["N", "MEM"], period=300))
    await dashboard.read()
    metrics = []
    for _minute in range(10):
        world.clock.advance(60)
        world.calls.clear()
        widget_data = await data(dashboard)
        metrics.append(sorted(query.metric for queries, _span, _region in world.calls for query in queries))
        assert all(each.series for each in widget_data), "the rest shows what it had"
    assert metrics.count(["CPU", "MEM"]) == 2
    assert metrics.count(["CPU"]) == 8


async def test_nothing_is_asked_twice_within_a_minute():
    world, dashboard = reader(widget(["N", "CPU", {"period": 1}]))
    first = await dashboard.read()
    world.clock.advance(20)
    assert await dashboard.read() == first
    assert len(world.calls) == 1


async def test_a_bucket_still_filling_is_not_shown_and_the_end_is_aligned():
    _world, dashboard = reader(widget(["N", "CPU"], ["N", "MEM", {"period": 300}]))
    (widget_data,) = await data(dashboard)
    assert widget_data.end == int(NOW.replace(second=0).timestamp())
    cpu, memory = widget_data.series
    assert cpu.times[-1] == widget_data.end - 60
    assert memory.times[-1] + 300 <= widget_data.end
    assert memory.times[-1] % 300 == 0


async def test_a_longer_period_waits_until_its_last_points_have_come():
    _world, dashboard = reader(widget(["N", "CPU"], period=300))
    (widget_data,) = await data(dashboard)
    assert datetime.fromtimestamp(widget_data.end, UTC) == NOW.replace(minute=5, second=0)
    world, dashboard = reader(widget(["N", "CPU"], period=300))
    world.clock.step(-120)
    (widget_data,) = await data(dashboard)
    assert datetime.fromtimestamp(widget_data.end, UTC) == NOW.replace(minute=0, second=0)


@pytest.mark.parametrize(
    ("widget_start", "dashboard_start", "hours"),
    [(None, None, 3), (None, "-PT8H", 8), ("-PT1H", "-PT8H", 1), ("-P1D", None, 24)],
)
async def test_ranges(widget_start, dashboard_start, hours):
    properties = {"start": widget_start} if widget_start else {}
    _world, dashboard = reader(widget(["N", "CPU"], **properties), start=dashboard_start)
    (widget_data,) = await data(dashboard)
    assert widget_data.end - widget_data.start == hours * 3600


async def test_an_absolute_range_is_asked_once_and_within_what_is_kept():
    fixed = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-08T00:00:00Z"}
    world, dashboard = reader(widget(["N", "CPU"], **fixed))
    (widget_data,) = await data(dashboard)
    ((queries, span, _region),) = world.calls
    assert (span.start, span.end) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC))
    assert queries[0].period == 3600, "older than 63 days only hours are kept"
    assert widget_data.readings[0].value == 50.0
    world.clock.advance(600)
    await dashboard.read()
    assert len(world.calls) == 1


async def test_one_number_for_the_whole_range():
    world, dashboard = reader(
        widget(["N", "CPU"], setPeriodToTimeRange=True, view="singleValue", start="-PT2H")
    )
    (widget_data,) = await data(dashboard)
    ((queries, span, _region),) = world.calls
    assert queries[0].period == 7200
    assert span.end - span.start == timedelta(hours=2)
    assert widget_data.readings[0].value == 50.0


async def test_a_daily_metric_shows_its_last_full_day_in_a_range_of_hours():
    _world, dashboard = reader(widget(["N", "CPU"], period=86_400))
    (widget_data,) = await data(dashboard)
    assert [datetime.fromtimestamp(time, UTC).day for time in widget_data.series[0].times] == [31]
    assert widget_data.readings[0].value == 50.0


@settings(deadline=None)
@given(st.integers(1, 90_000), st.integers(60, 40_000_000), st.integers(0, 40_000_000))
def test_periods_are_legal_kept_and_few(period, length, extra):
    fitting = fitting_period(period, length, length + extra)
    assert fitting >= period
    assert fitting in (1, 5, 10, 20, 30) or fitting % 60 == 0
    assert length / fitting <= MOST_POINTS
    age = length + extra
    assert age <= 15 * 86_400 or fitting % 300 == 0
    assert age <= 63 * 86_400 or fitting % 3600 == 0


@pytest.mark.parametrize(
    ("value", "verdict"), [(50.0, Verdict.NORMAL), (65.0, Verdict.ATTENTION), (70.0, Verdict.ABNORMAL)]
)
async def test_the_newest_value_is_judged(value, verdict):
    _world, dashboard = reader(
        widget(["N", "CPU"], ["N", "OTHER"], ["N", "CPU", {"stat": "SampleCount"}]), value=value
    )
    (widget_data,) = await data(dashboard)
    assert [reading.verdict for reading in widget_data.readings] == [verdict, None, None]
    assert [reading.value for reading in widget_data.readings] == [value] * 3
    assert widget_data.verdict is verdict


async def test_no_data_is_written_out_and_never_fine():
    _world, dashboard = reader(widget(["N", "CPU"]), until=datetime(2020, 1, 1, tzinfo=UTC))
    (widget_data,) = await data(dashboard)
    assert widget_data.problem
    assert widget_data.verdict is Verdict.UNKNOWN
    assert widget_data.readings[0].value is None


async def test_a_curve_that_ended_has_no_value_now():
    _world, dashboard = reader(widget(["N", "CPU"]), until=NOW - timedelta(hours=1))
    (widget_data,) = await data(dashboard)
    assert widget_data.series[0].values, "what was is still drawn"
    assert (widget_data.readings[0].value, widget_data.verdict) == (None, Verdict.UNKNOWN)
    assert widget_data.readings[0].at is not None


@pytest.mark.parametrize("status", [SeriesStatus.FORBIDDEN, SeriesStatus.PARTIAL, SeriesStatus.ERROR])
async def test_trouble_of_a_metric_is_named(status):
    _world, dashboard = reader(widget(["N", "CPU"]), status=status)
    (widget_data,) = await data(dashboard)
    assert "CPU" in widget_data.problem


def test_what_is_near_its_limit_is_not_hidden_by_what_is_not_known():
    assert worst([Verdict.NORMAL, Verdict.UNKNOWN, Verdict.ATTENTION, None]) is Verdict.ATTENTION
    assert worst([Verdict.NORMAL, Verdict.UNKNOWN, None]) is Verdict.UNKNOWN
    assert worst([Verdict.UNKNOWN, Verdict.ABNORMAL]) is Verdict.ABNORMAL
    assert worst([None]) is None


async def test_the_body_is_read_again_after_an_hour_or_on_demand():
    world, dashboard = reader(widget(["N", "CPU"]))
    for _minute in range(59):
        await dashboard.read()
        world.clock.advance(60)
    assert world.bodies == 1
    world.widgets = [widget(["N", "MEM"]), widget(["N", "CPU"])]
    assert len(await data(dashboard, reload=True)) == 2
    assert world.bodies == 2
    world.clock.advance(3600)
    await dashboard.read()
    assert world.bodies == 3


async def test_a_changed_body_shows_no_data_of_the_widget_that_was_there_before():
    world, dashboard = reader(widget(["N", "CPU"]))
    await dashboard.read()
    world.widgets = [widget(["N", "MEM"])]
    (widget_data,) = await data(dashboard, reload=True)
    assert [series.label for series in widget_data.series] == ["MEM"]


async def test_a_missing_dashboard_is_replaced_by_the_built_in_one():
    _world, dashboard = reader(body_error=failure(ProblemKind.NOT_FOUND))
    view = await dashboard.read()
    assert view.dashboard.builtin
    assert view.dashboard.remarks


async def test_a_body_that_cannot_be_read_again_stays_with_a_remark():
    world, dashboard = reader(widget(["N", "CPU"]))
    await dashboard.read()
    world.clock.advance(3600)
    world.body_error = failure(ProblemKind.THROTTLED, "slow down")
    view = await dashboard.read()
    assert len(view.dashboard.widgets) == 1
    assert "slow down" in view.dashboard.remarks[0]


async def test_a_body_that_was_never_read_is_an_error():
    _world, dashboard = reader(body_error=failure(ProblemKind.THROTTLED))
    with pytest.raises(Throttled):
        await dashboard.read()


async def test_a_widget_without_anything_to_draw_says_so():
    _world, dashboard = reader(
        {"type": "metric", "properties": {}},
        {"type": "metric", "properties": {"annotations": {"alarms": [ARN]}}},
    )
    first, second = await data(dashboard)
    assert first.problem
    assert second.problem


async def test_equal_data_is_an_equal_view_so_nothing_is_drawn_twice():
    world, dashboard = reader(
        widget(["N", "CPU"], period=300), {"type": "alarm", "properties": {"alarms": [ARN]}}
    )
    first = await dashboard.read()
    world.clock.advance(30)
    second = await dashboard.read()
    assert first == second
    assert RawId(first.dashboard.name) == "main"
