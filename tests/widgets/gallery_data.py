"""A made-up morning of facility-prod for the gallery and the tests; nothing random, nothing real."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.models import dashboards as model
from services.models.alarm_readings import AlarmReadings
from services.models.alarms import Alarm, AlarmKind, AlarmOverview, AlarmState, AlarmTransition
from services.models.base import RawId
from services.models.feeds import FeedState
from services.models.metrics import MetricQuery, Series
from services.models.problem import Problem, ProblemKind
from services.models.runbook_playbooks import Cause, Playbook, Step
from services.models.verdict import Limit

JST = ZoneInfo("Asia/Tokyo")
NOW = datetime(2025, 11, 25, 0, 12, 30, tzinfo=UTC)
END = int(NOW.timestamp()) // 60 * 60
START = END - 3 * 3600
HOSTILE = "[/ecs/web] [@click=app.quit]\x1b[2J\u202e全て正常"


def now() -> datetime:
    return NOW


def query(namespace: str, metric: str, *, id: str = "m1", stat: str = "Average") -> MetricQuery:
    return MetricQuery(id=id, namespace=RawId(namespace), metric=RawId(metric), stat=stat, period=60)


def alarm(name: str, state: AlarmState, minutes: float = 300, **more: object) -> Alarm:
    since = None if state is AlarmState.MISSING else NOW - timedelta(minutes=minutes)
    return Alarm(id=RawId(name), name=name, state=state, since=since, **{"has_actions": True, **more})


ALARMS = (
    alarm(
        "alb-5xx-error-rate",
        AlarmState.ALARM,
        7.4,
        reason="Threshold Crossed: 3 out of the last 5 datapoints [7.2 (25/11/25 00:10:00)] were greater than the threshold (5.0).",
        description="ALBの5xxエラー率が5%を超えた状態が3分続いた",
        queries=(query("", "", id="rate").model_copy(update={"expression": RawId("100*e/r")}),),
        comparison=">",
        threshold=5.0,
        recent=(0.4, 2.1, 6.3, 6.9, 7.2),
        evaluation_periods=5,
        datapoints_to_alarm=3,
        treat_missing="notBreaching",
        expected=True,
    ),
    alarm("rds-storage-low", AlarmState.MISSING, expected=True),
    alarm(
        "alb-latency-high",
        AlarmState.INSUFFICIENT,
        62,
        queries=(query("AWS/ApplicationELB", "TargetResponseTime"),),
        comparison=">",
        threshold=0.5,
        expected=True,
    ),
    alarm(
        "ecs-cpu-high",
        AlarmState.OK,
        1500,
        queries=(query("AWS/ECS", "CPUUtilization"),),
        comparison=">",
        threshold=70.0,
        recent=(61.5, 63.25),
        expected=True,
        muted_by="夜間バッチ",
        muted_until=NOW + timedelta(hours=3),
    ),
    alarm(
        "ecs-memory-high",
        AlarmState.OK,
        9000,
        queries=(query("AWS/ECS", "MemoryUtilization"),),
        comparison=">",
        threshold=70.0,
        recent=(48.9,),
        expected=True,
    ),
    alarm(
        "rds-connections-high",
        AlarmState.OK,
        90000,
        queries=(query("AWS/RDS", "DatabaseConnections"),),
        comparison=">",
        threshold=80.0,
        recent=(41.0,),
        actions_enabled=False,
    ),
    alarm("市民窓口システム総合", AlarmState.OK, 9000, kind=AlarmKind.COMPOSITE, rule="ALARM(a) OR ALARM(b)"),
    alarm(HOSTILE, AlarmState.OK, 12, evaluation="PARTIAL_DATA", comparison="<", threshold=10 * 2.0**30, recent=(45.3 * 2**30,), queries=(query("AWS/RDS", "FreeStorageSpace"),)),
    alarm(
        "TargetTracking-service/facility-prod-cluster/staff-api-AlarmLow-9f0c",
        AlarmState.ALARM,
        400,
        scaling=True,
        queries=(query("AWS/ECS", "CPUUtilization"),),
        comparison="<",
        threshold=54.0,
        recent=(41.0,),
    ),
    alarm("TargetTracking-service/facility-prod-cluster/staff-api-AlarmHigh-11aa", AlarmState.OK, 400, scaling=True),
)  # fmt: skip
BOARD = AlarmOverview(alarms=ALARMS)


def readings(**values: float) -> AlarmReadings:
    """What the metrics of these alarms (`_` for `-`) were in each minute of the last hour."""
    times = tuple(range(END - 3600, END, 60))
    series = {
        name.replace("_", "-"): Series(id="m1", label=name, times=times, values=(value,) * 60, period=60)
        for name, value in values.items()
    }
    return AlarmReadings(read=series, own=FeedState(value=(), fetched_at=NOW))


READINGS = readings(
    alb_5xx_error_rate=8.4, ecs_cpu_high=41.5, ecs_memory_high=48.9, rds_connections_high=38.0
)

PROBLEM = Problem(
    kind=ProblemKind.ACCESS_DENIED,
    summary="読み取り権限がありません: CloudWatch DescribeAlarms",
    remedy="管理者に cloudwatch:DescribeAlarms の付与を依頼してください",
    service="cloudwatch",
    operation="DescribeAlarms",
    permission="cloudwatch:DescribeAlarms",
    at=NOW,
)


def fresh(value: object, seconds: float = 12) -> FeedState:
    return FeedState(value=value, fetched_at=NOW - timedelta(seconds=seconds))


def stale(value: object) -> FeedState:
    return FeedState(value=value, fetched_at=NOW - timedelta(minutes=4), problem=PROBLEM, failures=3)


def series(
    label: str, base: float, swing: float, *, id: str = "m1", gap: bool = False, rise: float = 0.0
) -> Series:
    times = [at for at in range(START, END, 60) if not (gap and START + 4000 < at < START + 5400)]
    values = [
        max(0.0, base + swing * math.sin(at / 1100) + swing * 0.25 * math.sin(at / 97) + rise * max(0, at - END + 1500) / 1500)
        for at in times
    ]  # fmt: skip
    return Series(id=id, label=label, times=tuple(times), values=tuple(values), period=60)


CPU = Limit(
    id="ecs-cpu",
    title="ECS CPU",
    namespace=RawId("AWS/ECS"),
    metric=RawId("CPUUtilization"),
    below=70,
    unit="%",
)
MEMORY = Limit(
    id="ecs-mem",
    title="ECS メモリ",
    namespace=RawId("AWS/ECS"),
    metric=RawId("MemoryUtilization"),
    below=70,
    unit="%",
)
LATENCY = Limit(
    id="latency",
    title="レイテンシ",
    namespace=RawId("AWS/ApplicationELB"),
    metric=RawId("TargetResponseTime"),
    below=0.5,
    unit="ms",
    scale=1000,
)
CONNECTIONS = Limit(
    id="conn", title="接続数", namespace=RawId("AWS/RDS"), metric=RawId("DatabaseConnections"), below=80
)


def metric(
    key: str,
    title: str,
    x: int,
    y: int,
    width: int,
    height: int,
    traces: tuple[tuple[str, str, bool], ...],
    **more: object,
) -> model.MetricWidget:
    rows = tuple(
        model.Trace(query=query(namespace, name, id=f"m{index}"), right=right)
        for index, (namespace, name, right) in enumerate(traces, 1)
    )
    return model.MetricWidget(key=key, title=title, x=x, y=y, width=width, height=height, traces=rows, **more)


def data(key: str, *shown: tuple[Series, Limit | None], **more: object) -> model.WidgetData:
    readings = tuple(
        model.Reading(
            label=each.label,
            value=each.last,
            at=END - 60,
            limit=limit,
            verdict=limit.judge(each.last) if limit else None,
        )
        for each, limit in shown
    )
    return model.WidgetData(
        key=key, series=tuple(each for each, _limit in shown), readings=readings, start=START, end=END, **more
    )


MARKDOWN = """# 市役所設備管理システム
**当番**は毎朝9:00に *全ウィジェット* を確認する。詳細は [手順書](https://example.invalid/runbook) を参照。
1. アラーム
2. ダッシュボード
- `facility-prod-main`
"""

WIDGETS: tuple[tuple[object, model.WidgetData], ...] = (
    (
        metric("0", "ECS CPU & Memory", 0, 0, 12, 6, (("AWS/ECS", "CPUUtilization", False), ("AWS/ECS", "MemoryUtilization", False))),
        data("0", (series("CPU 使用率 staff-api", 52, 8, rise=12), CPU), (series("メモリ", 47, 2, id="m2", gap=True), MEMORY)),
    ),
    (
        metric("1", "ALB Performance", 12, 0, 12, 6, (("AWS/ApplicationELB", "TargetResponseTime", False), ("AWS/ApplicationELB", "RequestCount", True))),
        data("1", (series("レイテンシ p95", 0.21, 0.05, rise=0.5), LATENCY), (series("リクエスト数", 1800, 500, id="m2"), None)),
    ),
    (
        metric("2", "RDS Performance", 0, 6, 8, 6, (("AWS/RDS", "DatabaseConnections", False),), marks=(model.Mark(at=datetime.fromtimestamp(START + 5000, UTC), label="デプロイ"),)),
        data("2", (series("接続数", 40, 12), CONNECTIONS)),
    ),
    (
        metric("3", "Network", 8, 6, 8, 6, (("AWS/ApplicationELB", "ProcessedBytes", False), ("AWS/RDS", "NetworkReceiveThroughput", False)), stacked=True),
        data("3", (series("送信", 5e7, 1e7), None), (series("受信", 3e7, 4e6, id="m2"), None)),
    ),
    (
        metric("4", "タスク数", 16, 6, 4, 3, (("ECS/ContainerInsights", "RunningTaskCount", False),), view=model.View.SINGLE_VALUE),
        data("4", (series("稼働タスク", 3, 0), None)),
    ),
    (
        metric("5", "空き容量", 20, 6, 4, 3, (("AWS/RDS", "FreeStorageSpace", False),), view=model.View.SINGLE_VALUE),
        data("5", (series("FreeStorageSpace", 45.3 * 2**30, 2e8), None)),
    ),
    (
        metric("6", "CPU ゲージ", 16, 9, 8, 3, (("AWS/ECS", "CPUUtilization", False),), view=model.View.GAUGE, left=model.Axis(min=0, max=100)),
        data("6", (series("CPU", 63, 0), CPU)),
    ),
    (
        metric("7", "エラー内訳", 0, 12, 8, 5, tuple(("AWS/ApplicationELB", f"HTTPCode_Target_{n}XX_Count", False) for n in (2, 4, 5)), view=model.View.PIE),
        data("7", (series("2xx", 900, 0), None), (series("4xx", 70, 0, id="m2"), None), (series("5xx", 30, 0, id="m3"), None)),
    ),
    (
        metric("8", "API別", 8, 12, 8, 5, tuple(("App", f"m{n}", False) for n in (1, 2, 3)), view=model.View.BAR),
        data("8", (series("/予約", 900, 0), None), (series("/窓口/空き状況", 410, 0, id="m2"), None), (series(HOSTILE, 30, 0, id="m3"), None)),
    ),
    (
        metric("9", "表", 16, 12, 8, 5, (("AWS/ECS", "CPUUtilization", False), ("AWS/ECS", "MemoryUtilization", False)), view=model.View.TABLE),
        data("9", (series("CPU 使用率", 52, 8), CPU), (series("メモリ", 47, 2, id="m2"), MEMORY)),
    ),
    (model.TextWidget(key="10", x=0, y=17, width=12, height=4, markdown=MARKDOWN), data("10")),
    (model.AlarmWidget(key="11", x=12, y=17, width=12, height=4, alarm_ids=(RawId("a"),)), data("11", alarms=ALARMS[:5])),
    (model.LogWidget(key="12", x=0, y=21, width=8, height=5, title="エラーログ", query="SOURCE '/ecs/staff-api' | fields @timestamp, level, message\n| filter level = \"ERROR\"\n| sort @timestamp desc"), data("12")),
    (model.UnknownWidget(key="13", x=8, y=21, width=8, height=5, title=HOSTILE, kind="explorer"), data("13")),
    (
        metric("14", "止まったメトリクス", 16, 21, 8, 5, (("AWS/RDS", "CPUUtilization", False),), remarks=("未知の設定 “liveData” は無視した",)),
        data("14", problem="CloudWatch がデータを返さない（AccessDenied: cloudwatch:GetMetricData）"),
    ),
)  # fmt: skip

VIEW = model.DashboardView(
    dashboard=model.Dashboard(name="facility-prod-main", widgets=tuple(widget for widget, _data in WIDGETS)),
    data=tuple(each for _widget, each in WIDGETS),
)

PLAYBOOK = Playbook(
    id="alb-5xx",
    title="ALB 5XX エラー発生時の対応",
    steps=(Step(text="エラーログ確認", note="/ecs/staff-api の直近10分"), Step(text="ECS タスクの状態確認"), Step(text="ヘルスチェック失敗の確認")),
    causes=(
        Cause(cause="ECS タスククラッシュ", action="ECS Service が自動復旧（5分待機）"),
        Cause(cause="アプリケーションエラー", action="ログから原因特定、必要に応じてロールバック"),
        Cause(cause="DB接続エラー", action="RDS状態確認、Security Group確認"),
    ),
    wait_minutes=5,
    escalate_minutes=10,
    escalate_to="開発チーム",
)  # fmt: skip

HISTORY = (
    AlarmTransition(id=RawId("2"), name="alb-5xx-error-rate", at=NOW - timedelta(minutes=7), kind="state", before=AlarmState.OK, after=AlarmState.ALARM, reason="Threshold Crossed: 3 datapoints"),
    AlarmTransition(id=RawId("1"), name="alb-5xx-error-rate", at=NOW - timedelta(days=3), kind="state", before=AlarmState.ALARM, after=AlarmState.OK, reason="back to normal"),
    AlarmTransition(id=RawId("0"), name="alb-5xx-error-rate", at=NOW - timedelta(days=9), kind="configuration", summary="threshold 3 → 5"),
)  # fmt: skip
CURVE = (series("5xx rate (%)", 0.6, 0.4, id="rate", rise=6.6),)
