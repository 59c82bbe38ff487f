from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services import i18n
from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make, offered
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.aws.canned import Canned
from tests.services.inspections.running_world import run_inspection

NINE = datetime(2026, 1, 14, 0, 0, tzinfo=UTC)
V = Verdict
SPEC: dict[str, Any] = {
    "id": "memory",
    "title": "DB の空きメモリ",
    "kind": "metric",
    "namespace": "AWS/RDS",
    "metric": "FreeableMemory",
    "dimensions": {"DBInstanceIdentifier": "facility-prod-db"},
    "stat": "Minimum",
    "above": 536870912,
    "unit": "MiB",
    "scale": 1 / 2**20,
    "advice": ["DBA に連絡する"],
    "source": "独自",
}


def runbook_with(**changed):
    data = load_builtin("facility-prod").model_dump(mode="json")
    spec = {key: value for key, value in (SPEC | changed).items() if value is not None}
    return Runbook.model_validate(data | {"inspections": [spec]})


@pytest.mark.scenario("ordinary-day", history=7200)
async def test_it_runs_on_the_embedded_aws(embedded):
    finding = await run_inspection(embedded, "memory", runbook=runbook_with())
    assert finding.verdict is V.NORMAL
    assert finding.summary.startswith("DB の空きメモリ: lowest 1,3")
    assert "(allowed > 512 MiB)" in finding.summary
    unknown = await run_inspection(
        embedded, "memory", runbook=runbook_with(dimensions={"DBInstanceIdentifier": "typo"})
    )
    assert (unknown.verdict, unknown.summary) == (V.UNKNOWN, "DB の空きメモリ: no data in the window.")
    assert unknown.advice == ("DBA に連絡する",)


async def judged(
    values, *, status="Complete", since=None, usual=lambda _at: False, past="Complete", **changed
):
    """Values of the periods before nine, the newest last. `usual`: when values came before the window."""
    if since is None:
        since = 5 * len(values) or 60
    begun = NINE - timedelta(minutes=since)
    runbook = runbook_with(**changed)
    period = runbook.inspections[0].period
    points = [
        (NINE - timedelta(seconds=period * (len(values) - index)), value)
        for index, value in enumerate(values)
        if value is not None
    ]
    result = {
        "Id": "value",
        "Label": "x",
        "Timestamps": [time for time, _value in points],
        "Values": [value for _time, value in points],
        "StatusCode": status,
    }
    before = [(at, 1.0) for back in range(1, 5_000) if usual(at := begun - timedelta(seconds=period * back))]

    def answer(params):
        if params["EndTime"] > begun:
            return {"MetricDataResults": [result]}
        points = [each for each in before if params["StartTime"] <= each[0] < params["EndTime"]]
        times, counts = [time for time, _value in points], [value for _time, value in points]
        return {"MetricDataResults": [result | {"Timestamps": times, "Values": counts, "StatusCode": past}]}

    canned = Canned(GetMetricData=answer)
    context = InspectionContext(
        runbook=runbook, calendar=Calendar(runbook), clock=ManualClock(NINE), region="r", reader=canned
    )
    finding = await make(context, "memory").run(
        InspectionRequest(since=NINE - timedelta(minutes=since), until=NINE)
    )
    asked = canned.asked("GetMetricData")[0]
    return finding, asked


async def test_the_value_nearest_the_limit_is_the_lowest_or_the_highest():
    lower, _request = await judged([1e9, 1e9])
    upper, _request = await judged([2, 3], above=None, below=5, unit=None, scale=None)
    assert "lowest 954" in lower.summary
    assert "highest 3 " in upper.summary
    i18n.use("ja")
    try:
        lower, _request = await judged([1e9, 1e9])
        upper, _request = await judged([2, 3], above=None, below=5, unit=None, scale=None)
    finally:
        i18n.use("en")
    assert "最小 954" in lower.summary
    assert "最大 3" in upper.summary


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([1e9, 1e9], V.NORMAL),
        ([1e9, 5e8, 1e9], V.ABNORMAL),
        ([1e9, 536870912, 1e9], V.ABNORMAL),
        ([1e9, 5.5e8, 1e9], V.ATTENTION),
        ([], V.UNKNOWN),
        ([1e9, *[None] * 5], V.UNKNOWN),
        (
            [1e9, *[None] * 4],
            V.NORMAL,
        ),  # ten minutes are the metric's lag, and less than a quarter of an hour is left
        ([5e8, *[None] * 5], V.ABNORMAL),
    ],
)
async def test_the_worst_value_of_the_window_is_judged(values, verdict):
    finding, _asked = await judged(values)
    assert finding.verdict is verdict
    assert finding.advice == (() if verdict is V.NORMAL else ("DBA に連絡する",))
    assert len(finding.evidence) == (verdict is V.ABNORMAL)


async def test_it_may_have_an_upper_limit_and_events_may_be_rare():
    upper = {"above": None, "below": 5, "stat": "Sum", "unit": None, "scale": None}
    finding, _asked = await judged([1, *[None] * 5], **upper)
    assert (finding.verdict, finding.measures[0].allowed) == (V.NORMAL, "< 5")
    # The note says since when, and that it may mean either.
    assert finding.measures[0].note == "no data since 01-14(Wed) 08:35 JST (for a count, this may mean zero)"
    finding, _asked = await judged([1, *[None] * 5], usual=lambda _at: True, **upper)
    assert (finding.verdict, "there were values at the same time before" in finding.summary) == (
        V.UNKNOWN,
        True,
    )
    finding, _asked = await judged([1, *[None] * 5], past="InternalError", **upper)
    assert finding.verdict is V.UNKNOWN, "nobody knows what is usual"
    finding, _asked = await judged([1, 7, 8, 2], **upper)
    assert finding.verdict is V.ABNORMAL
    assert "outside it for 10m in total, at 01-14(Wed) 08:50 JST." in finding.summary


async def test_a_count_that_never_rose_differs_from_one_that_does_not_exist():
    upper = {"above": None, "below": 5, "stat": "Sum", "unit": None, "scale": None}
    finding, _asked = await judged([None] * 5, usual=lambda at: at.hour == 3, **upper)
    assert finding.verdict is V.NORMAL
    assert finding.summary == "DB の空きメモリ: no data in the window (for a count, this may mean zero)."
    finding, _asked = await judged([None] * 5, **upper)
    assert (finding.verdict, finding.summary) == (V.UNKNOWN, "DB の空きメモリ: no data in the window.")
    finding, _asked = await judged([None] * 5, usual=lambda _at: True, **upper)
    assert finding.verdict is V.UNKNOWN, "it came all the time before"
    finding, _asked = await judged([None] * 5, usual=lambda at: at.hour == 3, past="PartialData", **upper)
    assert finding.verdict is V.UNKNOWN
    finding, _asked = await judged([None] * 5, usual=lambda at: at.hour == 3, **(upper | {"above": 1}))
    assert finding.verdict is V.UNKNOWN, "here it must come"


async def test_a_gauge_that_is_silent_every_night_is_normal():
    # Its values are compared with the same time before, like those of a count.
    finding, _asked = await judged([1e9, *[None] * 12], usual=lambda at: 1 <= at.hour < 9)
    assert (finding.verdict, "(as at the same time before)" in finding.measures[0].note) == (V.NORMAL, True)
    finding, _asked = await judged([1e9, *[None] * 12], usual=lambda at: at.hour < 9 or at.hour == 23)
    assert (finding.verdict, "there were values at the same time before" in finding.summary) == (
        V.UNKNOWN,
        True,
    )


@pytest.mark.parametrize("status", ["PartialData", "Forbidden"])
async def test_an_answer_that_is_not_whole_is_never_green(status):
    finding, _asked = await judged([1e9, 1e9], status=status)
    assert finding.verdict is V.UNKNOWN


async def test_the_period_grows_with_the_window_and_stays_on_its_grid():
    _finding, asked = await judged([1e9], since=60 * 24 * 20)
    (query,) = asked["MetricDataQueries"]
    period = query["MetricStat"]["Period"]
    assert period == 1200
    assert (asked["EndTime"] - asked["StartTime"]).total_seconds() / period <= 1_441
    assert asked["StartTime"].timestamp() % period == 0
    _finding, asked = await judged([1e9], since=2)
    assert asked["EndTime"] - asked["StartTime"] == timedelta(seconds=300), "a whole period at least"


def test_it_is_offered():
    assert "memory" in {each.id for each in offered(runbook_with())}
