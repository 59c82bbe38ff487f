import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import AccessDenied
from services.aws.cloudwatch.dashboards.reader import parse_body
from services.aws.cloudwatch.metrics.reader import POINTS_PER_CALL
from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.inspections.toolkit.silence import REACH
from services.models.problem import ProblemKind
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.aws.canned import Canned, failure
from tests.services.dashboards.test_dashboard_http import services
from tests.services.inspections.running_world import missing_setting, run_inspection

NINE = datetime(2026, 1, 14, 0, 0, tzinfo=UTC)  # 9:00 JST on a Wednesday
CLOSED = NINE - timedelta(hours=15, minutes=45)
BOOK = load_builtin("facility-prod")
V = Verdict


def measure(finding, title):
    return next(each for each in finding.measures if each.title.startswith(title))


def verdicts(finding):
    """Those that are not normal."""
    return {each.title: each.verdict for each in finding.measures if each.verdict is not V.NORMAL}


# ── On the embedded AWS ────────────────────────────────────────────────────────────────────────────


@pytest.mark.scenario("alarm-at-night", origin=NINE, history=16.2 * 3600)
async def test_trap_10_a_peak_at_night_is_found_at_nine(embedded):
    finding = await run_inspection(embedded, "dashboard", since=CLOSED)
    assert (finding.verdict, verdicts(finding)) == (V.ATTENTION, {"RDS CPU": V.ATTENTION})
    assert finding.summary == ("RDS CPU: highest 85.7 % at 01-14(Wed) 01:15 JST, outside the limit for 5m.")
    cpu = measure(finding, "RDS CPU")
    assert (cpu.allowed, cpu.at) == ("< 70 %", datetime(2026, 1, 13, 16, 15, tzinfo=UTC))
    assert finding.evidence[0].rows[0].cells == ("RDS CPU", "01-14(Wed) 01:15–01:20 JST (5m)", "< 70 %")
    assert finding.advice[0].startswith("RDS CPU: RDS CPU high: Check the CPU curve")
    # Trap 29: the limit is 500 ms, the metric's unit is seconds.
    latency = measure(finding, "ALB latency (応答時間 p95)")
    assert (latency.allowed, latency.unit) == ("< 500 ms", "ms")
    assert latency.value is not None
    assert 100 < latency.value < 200
    assert finding.remarks[-1] == "18 metrics requested from CloudWatch: < ¥0.1."
    counts = embedded.counts()
    assert counts["cloudwatch.GetMetricData"] == 2, "one for the window, one for the week before"
    # The night is over: an inspection of the last hours finds nothing.
    assert (await run_inspection(embedded, "dashboard", hours=3)).verdict is V.NORMAL
    embedded.fault("cloudwatch", "GetDashboard", preset="denied")
    with pytest.raises(AccessDenied):
        await run_inspection(embedded, "dashboard", hours=3)
    embedded.clear_faults()
    with embedded.world.lock:
        embedded.world.dashboards.clear()
    finding = await run_inspection(embedded, "dashboard", hours=3)
    assert finding.verdict is V.NORMAL
    assert "The account has no such dashboard" in finding.remarks[0]


@pytest.mark.slow
@pytest.mark.scenario("traffic-growth", origin=NINE, history=16.2 * 3600)
async def test_much_data_at_night_is_unusual_though_every_limit_is_kept(embedded):
    finding = await run_inspection(embedded, "dashboard", since=CLOSED)
    assert finding.verdict is V.ATTENTION
    assert set(verdicts(finding)) == {
        f"Data transferred ({each})" for each in ("ALB", "RDS 受信", "RDS 送信")
    }
    assert (
        "times as much as in the same hours before, 01-13(Tue) 23:00–01-14(Wed) 05:00 JST (6h 0m)"
        in finding.summary
    )
    assert "Data transferred is compared with the period from 01-06(Tue) 17:15 JST." in finding.remarks
    assert finding.evidence[-1].rows[0].verdict is V.ATTENTION
    assert (await run_inspection(embedded, "alarms", since=CLOSED)).verdict is V.NORMAL


@pytest.mark.scenario("no-data", origin=NINE, history=7200)
async def test_a_value_that_stopped_coming_cannot_be_judged(embedded):
    finding = await run_inspection(embedded, "dashboard", hours=1.8)
    assert (finding.verdict, verdicts(finding)) == (V.UNKNOWN, {"RDS connections": V.UNKNOWN})
    assert "no data since 01-14(Wed) 08:00 JST" in finding.summary
    assert "check that AWS/RDS DatabaseConnections is still reported" in finding.advice[0]
    embedded.advance(3600)
    finding = await run_inspection(embedded, "dashboard", hours=1)
    assert measure(finding, "RDS connections").note == "no data in the window"
    assert measure(finding, "RDS connections").shown == ""


# ── On canned answers ────────────────────────────────────────────────────────────────────────────────────────

Curve = Callable[[datetime], float | None]  # The value at a time; None: no data
METRICS: dict[str, Curve] = {
    "CPUUtilization": lambda _at: 20,
    "MemoryUtilization": lambda _at: 30,
    "DatabaseConnections": lambda _at: 10,
    "TargetResponseTime": lambda _at: 0.1,
    "RequestCount": lambda _at: 100,
    "HealthyHostCount": lambda _at: 2,
    "ProcessedBytes": lambda _at: 20e6,
}
DATABASE = {
    "DBInstanceIdentifier": "facility-prod-db",
    "DBInstanceArn": "arn:aws:rds:ap-northeast-1:1:db:facility-prod-db",
    "DBInstanceStatus": "available",
    "DBInstanceClass": "db.m6g.large",
    "InstanceCreateTime": NINE - timedelta(days=400),
}
ALB = ("LoadBalancer", "app/facility-prod-alb/50dc6c495c0c9188")
BODY = {
    "widgets": [
        {
            "type": "metric",
            "properties": {
                "region": "ap-northeast-1",
                "metrics": [
                    ["AWS/ECS", "CPUUtilization", "ClusterName", "c", "ServiceName", "s", {"label": "cpu"}],
                    ["AWS/ECS", "MemoryUtilization", "ClusterName", "c", "ServiceName", "s"],
                    ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", "d"],
                    ["AWS/ApplicationELB", "TargetResponseTime", *ALB],
                    ["AWS/ApplicationELB", "ProcessedBytes", *ALB, {"stat": "Sum"}],
                ],
            },
        }
    ]
}


def data(curves, status):
    def answer(params):
        results = []
        for query in params["MetricDataQueries"]:
            stat = query["MetricStat"]
            metric = stat["Metric"]
            curve = curves.get(metric["MetricName"], lambda _at: None)
            for dimension in metric["Dimensions"]:
                if dimension["Name"] == "TargetGroup":
                    name = dimension["Value"].split("/")[1].replace("-", "_")
                    curve = curves.get(f"{metric['MetricName']}_{name}", curve)
            step = timedelta(seconds=stat["Period"])
            times, values, at = [], [], params["StartTime"]
            while at < params["EndTime"]:
                if (value := curve(at)) is not None:
                    times.append(at)
                    values.append(float(value))
                at += step
            name = stat["Metric"]["MetricName"]
            results.append(
                {
                    "Id": query["Id"],
                    "Label": query.get("Label", name),
                    "Timestamps": times,
                    "Values": values,
                    "StatusCode": status.get(name, "Complete"),
                }
            )
        return {"MetricDataResults": results}

    return answer


async def judged(*, runbook=BOOK, now=NINE, since=None, body=BODY, status=None, database=None, **changed):
    canned = Canned(
        DescribeDBInstances={"DBInstances": [DATABASE | (database or {})]},
        GetDashboard={"DashboardBody": json.dumps(body)},
        GetMetricData=data(METRICS | changed, status or {}),
    )
    context = InspectionContext(
        runbook=runbook,
        calendar=Calendar(runbook),
        clock=ManualClock(now),
        region=runbook.system.region,
        reader=canned,
    )
    finding = await make(context, "dashboard").run(
        InspectionRequest(since=since or now - timedelta(hours=15.75), until=now)
    )
    for asked in canned.asked("GetMetricData"):
        hours = (asked["EndTime"] - asked["StartTime"]) / timedelta(hours=1)
        for query in asked["MetricDataQueries"]:
            points = hours * 3600 / query["MetricStat"]["Period"]
            if asked["EndTime"] - asked["StartTime"] == REACH:
                points *= len(asked["MetricDataQueries"]) * 1_600 / POINTS_PER_CALL
            assert points <= 1_600, (
                "no more points than a day's worth, or one call of what a silence is compared with"
            )
    return finding


def between(first, last, value, usual=20):
    """`value` from so many minutes before nine until so many, `usual` else."""
    return lambda at: (
        value if NINE - timedelta(minutes=first) <= at < NINE - timedelta(minutes=last) else usual
    )


@pytest.mark.parametrize(
    ("curve", "verdict", "text"),
    [
        (between(300, 295, 71), V.ATTENTION, "outside the limit for 5m"),
        (between(300, 290, 70), V.ATTENTION, "outside the limit for 10m"),
        (between(300, 285, 71), V.ABNORMAL, "outside the limit for 15m"),
        (between(5, 0, 71), V.ABNORMAL, "outside the limit now"),
        (between(5, 0, 63), V.ATTENTION, "near the limit now"),
        (between(300, 295, 69), V.NORMAL, ""),
    ],
)  # fmt: skip
async def test_one_point_beyond_asks_for_attention_and_a_quarter_of_an_hour_is_abnormal(curve, verdict, text):
    finding = await judged(CPUUtilization=curve)
    assert measure(finding, "ECS CPU").verdict is verdict
    assert text in measure(finding, "ECS CPU").note
    assert finding.verdict is verdict


async def test_two_points_apart_do_not_make_a_quarter_of_an_hour():
    peaks = {NINE - timedelta(minutes=minutes) for minutes in (300, 295, 200, 195)}
    finding = await judged(CPUUtilization=lambda at: 90 if at in peaks else 20)
    assert measure(finding, "ECS CPU").verdict is V.ATTENTION
    assert "outside the limit for 20m in total" in finding.summary


async def test_a_gap_in_the_night_is_reported_and_one_of_a_sparse_metric_is_usual():
    hole = between(300, 200, 1, usual=0)
    finding = await judged(DatabaseConnections=lambda at: None if hole(at) else 10)
    assert verdicts(finding) == {"RDS connections": V.ATTENTION}
    assert "no data 01-14(Wed) 04:00–05:40 JST (1h 40m)" in finding.summary
    outage = await judged(
        TargetResponseTime=lambda at: None if hole(at) else 0.1,
        RequestCount=lambda at: None if hole(at) else 3,
    )
    assert verdicts(outage) == {"ALB latency": V.ATTENTION, "5xx among all responses": V.ATTENTION}
    assert "no requests 01-14(Wed) 04:00–05:40 JST (1h 40m) (there were values" in outage.summary
    quiet = await judged(TargetResponseTime=nightly(4, 5.5, 0.1), RequestCount=nightly(4, 5.5, 3))
    assert quiet.verdict is V.NORMAL
    note = measure(quiet, "ALB latency").note
    assert "no requests 01-14(Wed) 04:00–05:30 JST (1h 30m) (as at the same time before)" in note


def nightly(first, last, value):
    """Nothing between these hours of each day, JST."""
    return lambda at: None if first <= (at.hour + 9 + at.minute / 60) % 24 < last else value


NIGHT = datetime(2026, 1, 13, 19, 0, tzinfo=UTC)  # 4:00 JST


async def test_no_requests_are_usual_where_there_were_none_at_the_same_time_before():
    def until(end, value):
        return lambda at: value if at < end - timedelta(hours=1) else None

    usual = await judged(
        now=NIGHT, TargetResponseTime=nightly(3, 4, 0.1), RequestCount=nightly(3, 4, 3), since=CLOSED
    )
    assert usual.verdict is V.NORMAL
    assert "no requests since 01-14(Wed) 03:00 JST (as at" in measure(usual, "ALB latency").note
    whole = await judged(
        now=NIGHT,
        since=NIGHT - timedelta(minutes=50),
        TargetResponseTime=nightly(3, 4, 0.1),
        RequestCount=nightly(3, 4, 3),
    )
    assert measure(whole, "ALB latency").verdict is V.NORMAL
    # Whatever the opening hours: what went on all night and by day has stopped.
    for now in (NIGHT, NINE):
        stopped = await judged(now=now, TargetResponseTime=until(now, 0.1), RequestCount=until(now, 3))
        assert verdicts(stopped) == {"ALB latency": V.UNKNOWN, "5xx among all responses": V.UNKNOWN}
    # With requests the latency is missing; and where nothing comes at all, CloudWatch itself is silent.
    missing = await judged(now=NIGHT, TargetResponseTime=until(NIGHT, 0.1))
    assert verdicts(missing) == {"ALB latency": V.UNKNOWN}
    silent = await judged(now=NIGHT, **{name: until(NIGHT, 2 if "Host" in name else 0.1) for name in METRICS})
    assert measure(silent, "ALB latency").verdict is V.UNKNOWN
    assert not silent.complete


async def test_a_past_that_cannot_be_read_leaves_a_silence_unknown():
    stops: Curve = lambda at: None if at >= NINE - timedelta(hours=1) else 3  # noqa: E731
    whole = data(METRICS | {"RequestCount": stops, "TargetResponseTime": stops}, {})

    def short(params):
        reach = params["EndTime"] - params["StartTime"]
        return failure(ProblemKind.THROTTLED, "slow down") if reach == REACH else whole(params)

    canned = Canned(
        GetDashboard={"DashboardBody": json.dumps(BODY)},
        GetMetricData=short,
        DescribeDBInstances={"DBInstances": [DATABASE]},
    )
    context = InspectionContext(
        runbook=BOOK, calendar=Calendar(BOOK), clock=ManualClock(NINE), region="ap-northeast-1", reader=canned
    )
    finding = await make(context, "dashboard").run(InspectionRequest(since=CLOSED, until=NINE))
    assert measure(finding, "5xx").verdict is V.UNKNOWN
    assert "slow down" in measure(finding, "5xx").note


async def test_trap_25_a_total_outage_shows_although_no_request_is_counted():
    out = between(300, 290, 1, usual=0)
    finding = await judged(
        RequestCount=lambda at: None if out(at) else 100,
        HTTPCode_ELB_5XX_Count=lambda at: 8 if out(at) else None,
        TargetResponseTime=lambda at: None if out(at) else 0.1,
    )
    assert verdicts(finding) == {
        "Load balancer without a healthy target": V.ABNORMAL,
        "5xx among all responses": V.ATTENTION,
    }
    assert measure(finding, "Load balancer").shown == "10m"
    assert "04:00–04:10 JST" in finding.summary
    assert any("An error rate can hide a total outage" in each for each in finding.advice)
    unhealthy = await judged(HealthyHostCount=lambda at: 0 if out(at) else 2)
    assert measure(unhealthy, "Load balancer").verdict is V.ABNORMAL
    minute = between(300, 299, 1, usual=0)
    once = await judged(
        RequestCount=lambda at: None if minute(at) else 100,
        HTTPCode_ELB_5XX_Count=lambda at: 1 if minute(at) else None,
    )
    assert measure(once, "Load balancer").verdict is V.ATTENTION
    usual = await judged(HTTPCode_ELB_5XX_Count=lambda _at: 2)
    assert usual.verdict is V.NORMAL, "with requests, errors are a share of them, here of 2 %"
    nothing = await judged(RequestCount=lambda _at: None, HealthyHostCount=lambda _at: None)
    assert measure(nothing, "Load balancer").verdict is V.UNKNOWN


@pytest.mark.parametrize(
    ("metric", "share"), [("HTTPCode_ELB_5XX_Count", "9.1"), ("HTTPCode_Target_5XX_Count", "10")]
)
async def test_errors_of_some_minutes_at_night_show_in_no_mean_and_are_judged(metric, share):
    # At 60 requests a minute, and at 3; RequestCount includes the targets' errors, not the balancer's own.
    long, short = between(300, 280, 6, usual=0), between(300, 295, 6, usual=0)
    finding = await judged(RequestCount=lambda _at: 60, **{metric: long})
    assert verdicts(finding) == {"5xx among all responses": V.ABNORMAL}
    assert f"{share} % of the responses were 5xx, 01-14(Wed) 04:00–04:20 JST" in finding.summary
    burst = await judged(RequestCount=lambda _at: 20, **{metric: short})
    assert verdicts(burst) == {"5xx among all responses": V.ATTENTION}
    few = await judged(
        RequestCount=lambda _at: 3, **{metric: lambda at: 1 if long(at) and at.minute % 5 == 0 else None}
    )
    assert verdicts(few) == {"5xx among all responses": V.ABNORMAL}
    alone = await judged(
        RequestCount=lambda at: 1 if at.minute % 20 == 0 else None,
        **{metric: lambda at: 1 if at.minute == 7 else None},
    )
    assert measure(alone, "5xx").verdict is V.NORMAL, "one error, though it is half of all responses"
    unread = await judged(status={metric: "Forbidden"})
    assert measure(unread, "5xx").verdict is V.UNKNOWN


async def test_a_healthy_target_that_is_missing_for_hours_is_judged_though_one_is_left():
    finding = await judged(HealthyHostCount=between(400, 220, 1, usual=2))
    assert verdicts(finding) == {"Healthy targets": V.ATTENTION}
    assert "fewer than 2 01-14(Wed) 02:20–05:20 JST (3h 0m)" in finding.summary
    assert (await judged(HealthyHostCount=between(400, 390, 1, usual=2))).verdict is V.NORMAL, "replaced"


async def test_a_load_balancer_of_another_type_is_not_judged_in_words():
    alb = BOOK.alb and BOOK.alb.model_copy(update={"load_balancer": "net/a/1"})
    finding = await judged(runbook=BOOK.model_copy(update={"alb": alb}))
    assert measure(finding, "Load balancer").verdict is V.UNKNOWN
    assert "the requests, errors and targets of a network load balancer are not judged" in finding.summary


async def test_trap_29_spent_cpu_credits_are_reported_where_there_are_any():
    finding = await judged(CPUCreditBalance=between(300, 60, 30, usual=288))
    assert verdicts(finding) == {"CPU credits of the database": V.ATTENTION}
    assert "down to 30" in finding.summary
    assert (await judged(CPUCreditBalance=lambda _at: 288)).verdict is V.NORMAL
    assert measure(await judged(CPUCreditBalance=lambda _at: 0), "CPU credits").verdict is V.ATTENTION
    assert not [each for each in (await judged()).measures if each.title.startswith("CPU credits")]


@pytest.mark.parametrize("code", ["Forbidden", "InternalError", "PartialData"])
async def test_an_answer_that_is_not_whole_is_never_green(code):
    finding = await judged(status={"DatabaseConnections": code})
    assert verdicts(finding) == {"RDS connections": V.UNKNOWN}
    worse = await judged(status={"DatabaseConnections": "PartialData"}, DatabaseConnections=lambda _at: 90)
    assert worse.verdict is V.ABNORMAL
    assert (await judged(status={"RequestCount": code})).verdict is V.UNKNOWN
    assert (await judged(status={"ProcessedBytes": code})).verdict is V.UNKNOWN


async def test_a_limit_whose_metric_is_not_on_the_dashboard_is_read_from_the_runbooks_targets():
    body = {"widgets": [{"type": "text", "properties": {"markdown": "x"}}]}
    finding = await judged(body=body)
    assert finding.verdict is V.NORMAL
    assert "The dashboard does not show ECS CPU" in finding.remarks[0]
    data = BOOK.model_dump(mode="json") | {"ecs": None, "duties": []}
    finding = await judged(body=body, runbook=Runbook.model_validate(data))
    # Without ecs.usual_min the number of healthy targets has no limit.
    assert verdicts(finding) == {"ECS CPU": V.UNKNOWN, "ECS memory": V.UNKNOWN, "Healthy targets": None}
    assert "Add ECS CPU to the dashboard." in finding.advice


@pytest.mark.parametrize(
    ("section", "key", "empty"),
    [("ecs", "usual_min", None), ("ecs", "usual_min", 0), ("alb", "target_group", "")],
)
async def test_healthy_targets_without_a_decided_limit_are_not_judged(section, key, empty):
    data = BOOK.model_dump(mode="json")
    data[section][key] = empty
    finding = await judged(runbook=Runbook.model_validate(data))
    assert (finding.verdict, finding.complete) == (V.UNKNOWN, False)
    row = measure(finding, "Healthy targets")
    assert (row.verdict, row.item) == (V.UNKNOWN, "targets")
    assert f"{section}.{key}" in row.note
    assert f"{section}.{key}" in finding.summary


async def test_growth_is_not_judged_without_anything_to_compare_with():
    finding = await judged(ProcessedBytes=lambda at: 90e6 if at > CLOSED - timedelta(hours=1) else None)
    assert (finding.verdict, measure(finding, "Data transferred").verdict) == (V.NORMAL, None)
    assert any(
        "nothing to compare with: AWS/ApplicationELB ProcessedBytes" in each for each in finding.remarks
    )


async def test_growth_after_a_holiday_is_compared_with_a_week_that_had_one_too():
    # Tuesday after the Monday holiday of 12 January: only 3 November was such a Monday, too far back.
    tuesday = datetime(2026, 1, 13, 0, 0, tzinfo=UTC)
    finding = await judged(now=tuesday, since=tuesday - timedelta(days=3))
    assert any("though its open and closed days differ" in each for each in finding.remarks)
    finding = await judged()
    assert any("from 01-06(Tue) 17:15 JST." in each for each in finding.remarks)


async def test_what_cannot_be_read_of_the_week_before_leaves_growth_unknown():
    whole = data(METRICS, {})

    def only_now(params):
        return whole(params) if params["EndTime"] == NINE else failure(ProblemKind.THROTTLED, "slow down")

    canned = Canned(
        GetDashboard={"DashboardBody": json.dumps(BODY)},
        GetMetricData=only_now,
        DescribeDBInstances={"DBInstances": [DATABASE]},
    )
    context = InspectionContext(
        runbook=BOOK, calendar=Calendar(BOOK), clock=ManualClock(NINE), region="ap-northeast-1", reader=canned
    )
    finding = await make(context, "dashboard").run(InspectionRequest(since=CLOSED, until=NINE))
    assert [each.partition(" (")[0] for each in verdicts(finding)] == ["Data transferred"]
    assert finding.verdict is V.UNKNOWN
    assert "slow down" in finding.remarks[0]


def test_what_it_lacks():
    assert missing_setting("dashboard", BOOK) == ""
    assert missing_setting("dashboard", BOOK.model_copy(update={"limits": ()})) == "limits"
    bare = {"dashboard": None, "ecs": None, "alb": None, "rds": None}
    assert missing_setting("dashboard", BOOK.model_copy(update=bare)) == "dashboard"
    assert missing_setting("dashboard", BOOK.model_copy(update={"dashboard": None})) == ""


def without(*path):
    """The dashboard's body, with something else where `path` leads."""
    body = json.loads(json.dumps(BODY))
    holder = body
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = 7
    return dict(body)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("widgets",), "dashboard.widgets has an unrecognized value"),
        (("widgets", 0), "1 widget of the dashboard cannot be read in full: #0"),
        (("widgets", 0, "type"), "1 widget of the dashboard cannot be read in full"),
        (("widgets", 0, "properties"), "1 widget of the dashboard cannot be read in full"),
        (("widgets", 0, "properties", "metrics"), "1 widget of the dashboard cannot be read in full"),
        (("widgets", 0, "properties", "metrics", 2), "1 widget of the dashboard cannot be read in full"),
        (("widgets", 0, "properties", "metrics", 2, 1), "1 widget of the dashboard cannot be read in full"),
    ],
)
async def test_a_dashboard_that_cannot_be_read_in_full_is_not_judged(path, text):
    # Its values are read from the runbook's targets, which do not stand for what the dashboard shows.
    finding = await judged(body=without(*path))
    assert finding.verdict is Verdict.UNKNOWN
    assert measure(finding, "Dashboard").verdict is Verdict.UNKNOWN
    assert text in finding.summary


def test_a_body_that_is_no_json_is_unreadable_and_one_drawn_oddly_is_not():
    dashboard = parse_body("main", '{"widgets": [')
    assert dashboard.unreadable
    assert not parse_body("main", '{"widgets": []}').unreadable
    # How it is drawn says nothing of the values.
    drawn = (
        '{"widgets": [{"type": "metric", "properties": {"metrics": [["A", "b"]], "view": 7, "stacked": 3}}]}'
    )
    (widget,) = parse_body("main", drawn).widgets
    assert widget.remarks
    assert not widget.unreadable
    explorer = parse_body("main", '{"widgets": [{"type": "explorer", "properties": {"aggregateBy": 7}}]}')
    assert not explorer.widgets[0].unreadable


async def test_trap_targets_that_are_no_longer_counted_say_nothing_of_an_outage():
    finding = await judged(HealthyHostCount=lambda at: 2 if at < NINE - timedelta(hours=2) else None)
    healthy = measure(finding, "Load balancer without a healthy target")
    assert healthy.verdict is Verdict.UNKNOWN
    assert healthy.note == "HealthyHostCount: no data since 01-14(Wed) 07:00 JST"
    assert finding.verdict is Verdict.UNKNOWN


def of_faults(metric, stat="Sum", **limit):
    """A dashboard with a metric that counts faults, and the runbook with a limit on it."""
    drawn = {
        "type": "metric",
        "properties": {"metrics": [["AWS/ApplicationELB", metric, *ALB, {"stat": stat}]]},
    }
    data = BOOK.model_dump(mode="json")
    data["limits"].append(
        {"id": "faults", "title": "5xx", "namespace": "AWS/ApplicationELB", "metric": metric} | limit
    )
    return {"widgets": [*BODY["widgets"], drawn]}, Runbook.model_validate(data)


@pytest.mark.parametrize(
    "metric",
    [
        "HTTPCode_Target_5XX_Count",
        "HTTPCode_ELB_4XX_Count",
        "HTTPCode_ELB_502_Count",
        "RejectedConnectionCount",
        "TargetConnectionErrorCount",
    ],
)
async def test_a_fault_count_without_data_is_zero_only_if_the_load_balancer_agrees(metric):
    body, limited_runbook = of_faults(metric, below=50)

    def at_night(at):
        return 1 if NINE - timedelta(hours=5) <= at < NINE - timedelta(hours=4, minutes=55) else None

    two = await judged(body=body, runbook=limited_runbook, **{metric: at_night})
    assert (two.verdict, measure(two, "5xx").verdict) == (V.NORMAL, V.NORMAL), two.summary
    assert "none counted 01-13(Tue) 17:15–01-14(Wed) 04:00 JST" in measure(two, "5xx").note
    assert "no data before" not in two.summary
    none = await judged(body=body, runbook=limited_runbook)
    assert (measure(none, "5xx").verdict, measure(none, "5xx").note) == (V.NORMAL, "none counted")
    many = await judged(body=body, runbook=limited_runbook, **{metric: lambda at: at_night(at) and 60})
    assert measure(many, "5xx").verdict is V.ATTENTION
    # Healthy targets alone prove it, and so do requests; where both are missing, nothing does.
    idle = await judged(
        body=body, runbook=limited_runbook, RequestCount=lambda _at: None, **{metric: at_night}
    )
    assert measure(idle, "5xx").verdict is V.NORMAL
    for gap, verdict in (
        (between(300, 200, 1, usual=0), V.ATTENTION),
        (between(300, -1, 1, usual=0), V.UNKNOWN),
    ):
        both = {
            name: lambda at, gap=gap: None if gap(at) else 9 for name in ("RequestCount", "HealthyHostCount")
        }
        blind = await judged(body=body, runbook=limited_runbook, **both)
        assert measure(blind, "5xx").verdict is verdict
        assert "no data" in measure(blind, "5xx").note
    partly = await judged(body=body, runbook=limited_runbook, status={metric: "PartialData"})
    assert measure(partly, "5xx").verdict is V.UNKNOWN


async def test_only_a_sum_with_an_upper_limit_may_be_none():
    metric = "HTTPCode_Target_5XX_Count"
    for stat, limit in (("Average", {"below": 50}), ("Sum", {"above": 1})):
        body, limited_runbook = of_faults(metric, stat, **limit)
        assert measure(await judged(body=body, runbook=limited_runbook), "5xx").verdict is V.UNKNOWN


async def test_what_must_not_be_too_few_asks_for_attention_in_a_gap_as_any_other():
    body, limited_runbook = of_faults("NewConnectionCount", above=1)
    for minutes, verdict in ((200, V.ATTENTION), (-1, V.UNKNOWN)):
        hole = between(300, minutes, 1, usual=0)
        finding = await judged(
            body=body,
            runbook=limited_runbook,
            NewConnectionCount=lambda at, hole=hole: None if hole(at) else 9,
        )
        assert measure(finding, "5xx").verdict is verdict


async def test_the_note_tells_when_the_value_was_lowest_or_highest():
    metric = "NewConnectionCount"
    for limit, word in (({"above": 1}, "lowest at"), ({"below": 50}, "highest at")):
        body, limited_runbook = of_faults(metric, **limit)
        finding = await judged(body=body, runbook=limited_runbook, NewConnectionCount=lambda _at: 9)
        assert word in measure(finding, "5xx").note


GROUPS = {
    "blue": "targetgroup/facility-blue/1111111111111111",
    "green": "targetgroup/facility-green/2222222222222222",
}


async def of_two_groups(blue, green, *, named=""):
    """A dashboard with both; the runbook names one of them, or none."""
    metrics = [
        ["AWS/ApplicationELB", "HealthyHostCount", "TargetGroup", group, *ALB] for group in GROUPS.values()
    ]
    body = {"widgets": [*BODY["widgets"], {"type": "metric", "properties": {"metrics": metrics}}]}
    alb = BOOK.alb
    group = GROUPS.get(named, "")
    limited_runbook = BOOK.model_copy(update={"alb": alb.model_copy(update={"target_group": group})})
    return await judged(
        runbook=limited_runbook,
        body=body,
        HealthyHostCount_facility_blue=blue,
        HealthyHostCount_facility_green=green,
    )


async def test_a_second_target_group_that_is_not_in_use_says_nothing():
    title, remark = "Load balancer without a healthy target", "treated as unused"
    for named in ("", "blue"):
        finding = await of_two_groups(lambda _at: 2, lambda _at: None, named=named)
        # Which group's targets have the limit is undecided where the runbook names none.
        expected = V.NORMAL if named else V.UNKNOWN
        assert (finding.verdict, measure(finding, title).verdict) == (expected, V.NORMAL)
        (group_remark,) = [each for each in finding.remarks if remark in each]
        assert (GROUPS["green"] in group_remark, GROUPS["blue"] in group_remark) == (True, False)
    # Where the runbook names it, or no other has data, it is missing.
    ours = await of_two_groups(lambda _at: 2, lambda _at: None, named="green")
    assert measure(ours, title).note == f"HealthyHostCount ({GROUPS['green']}): no data in the window"
    assert measure(ours, title).verdict is V.UNKNOWN
    none = await of_two_groups(lambda _at: None, lambda _at: None)
    assert measure(none, title).verdict is V.UNKNOWN
    assert not any(remark in each for finding in (ours, none) for each in finding.remarks)
    # One that has data and stops is recognized by its name.
    ended = await of_two_groups(lambda at: 2 if at < NINE - timedelta(hours=2) else None, lambda _at: 2)
    assert measure(ended, title).verdict is V.UNKNOWN
    assert measure(ended, title).note.startswith(f"HealthyHostCount ({GROUPS['blue']}): no data since")


async def test_trap_credits_that_are_no_longer_reported_are_not_enough():
    finding = await judged(CPUCreditBalance=lambda at: 500 if at < NINE - timedelta(hours=2) else None)
    credits_ = measure(finding, "CPU credits of the database")
    assert credits_.verdict is Verdict.UNKNOWN
    assert credits_.note == "max 500; no data since 01-14(Wed) 07:00 JST"


FOREIGN = {
    "an account": ({"accountId": "999988887777"}, "metrics of account 999988887777, not of the runbook's 123456789012"),
    "a region": ({"region": "us-west-2"}, "metrics of region us-west-2, not of the runbook's ap-northeast-1"),
    "the region of global services": (
        {"region": "us-east-1"}, "metrics of region us-east-1, not of the runbook's ap-northeast-1"),
    "the runbook's own": ({"accountId": "123456789012"}, ""),
}  # fmt: skip


@pytest.mark.parametrize("in_rows", [False, True], ids=["widget", "rows"])
@pytest.mark.parametrize(("place", "words"), FOREIGN.values(), ids=FOREIGN)
async def test_what_another_account_or_region_measures_is_not_judged(place, words, in_rows, embedded):
    def moved(properties):
        if not in_rows:
            return properties | place
        rows = properties.get("metrics", [])
        return properties | {
            "metrics": [
                [*row[:-1], row[-1] | place] if isinstance(row[-1], dict) else [*row, place] for row in rows
            ]
        }

    dashboards = embedded.world.dashboards
    with embedded.world.lock:
        body = json.loads(dashboards["facility-prod-main"].body)
        for widget in body["widgets"]:
            if widget["type"] == "metric":
                widget["properties"] = moved(widget["properties"])
        dashboards["facility-prod-main"] = replace(dashboards["facility-prod-main"], body=json.dumps(body))
    finding = await run_inspection(embedded, "dashboard", hours=0.4)
    limits = [each for each in finding.measures if each.item in {limit.id for limit in BOOK.limits}]
    console = services(embedded)
    try:
        data = (await console.dashboard.read()).data
    finally:
        await console.close()
    shown = [each for each in data if any(reading.limit for reading in each.readings)]
    assert limits
    assert shown
    if not words:
        assert all(each.verdict is V.NORMAL for each in (*limits, *shown)), (limits, shown)
        return
    assert (finding.verdict, {measure.verdict for measure in limits}) == (V.UNKNOWN, {V.UNKNOWN})
    for measure in limits:
        assert measure.note == f"{words}: not judged"
    for measure in shown:
        assert measure.verdict is V.UNKNOWN
        assert words in measure.problem
