"""The body of the dashboard facility-prod-main: the runbook's four widgets and some more."""

import json
from typing import Any

from services.demo.account import ACCOUNT, REGION
from services.demo.system import names
from services.demo.system.english import in_language

_RED, _ORANGE = "#d62728", "#ff7f0e"


def _alarm(name: str) -> str:
    return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"


def _metric(box: tuple[int, int, int, int], title: str, rows: list[list[Any]], **more: Any) -> dict[str, Any]:
    x, y, width, height = box
    properties = {"title": title, "region": REGION, "metrics": rows, "period": 60, **more}
    return {"type": "metric", "x": x, "y": y, "width": width, "height": height, "properties": properties}


def _limit(value: float, label: str, **more: Any) -> dict[str, Any]:
    return {"value": value, "label": label, "color": _RED, **more}


_CLUSTER = ["ClusterName", names.CLUSTER, "ServiceName", names.SERVICE]
_ALB = ["LoadBalancer", names.BALANCER]
_DB = ["DBInstanceIdentifier", names.DATABASE]

_GUIDE = (
    "# 役所設備管理システム\n"
    "**始業時 9:00** に上から順に確認する。しきい値は手順書「日常監視 2」による。\n\n"
    "- 異常があれば Slack `#ops-alerts` に記録\n"
    "- [手順書](https://wiki.example.lg.jp/runbook)"
)
_WIDGETS: list[dict[str, Any]] = [
    {
        "type": "text",
        "x": 0,
        "y": 0,
        "width": 10,
        "height": 4,
        "properties": {"markdown": _GUIDE},
    },
    {
        "type": "alarm",
        "x": 10,
        "y": 0,
        "width": 14,
        "height": 4,
        "properties": {
            "title": "アラーム",
            "alarms": [
                _alarm(name)
                for name in (
                    "alb-5xx-error-rate",
                    "alb-latency-high",
                    "ecs-cpu-high",
                    "ecs-memory-high",
                    "rds-cpu-high",
                    "rds-connections-high",
                    "rds-storage-low",
                )
            ],
        },
    },
    _metric(
        (0, 4, 12, 6),
        "ECS CPU & Memory",
        [
            ["AWS/ECS", "CPUUtilization", *_CLUSTER, {"label": "CPU 平均", "color": "#1f77b4"}],
            ["...", {"label": "CPU 最大", "stat": "Maximum", "color": "#aec7e8"}],
            [".", "MemoryUtilization", ".", ".", ".", ".", {"label": "メモリ", "color": "#2ca02c"}],
        ],
        view="timeSeries",
        stat="Average",
        yAxis={"left": {"min": 0, "max": 100, "label": "%", "showUnits": False}},
        annotations={"horizontal": [_limit(70, "上限 70%", fill="above")]},
    ),
    _metric(
        (12, 4, 12, 6),
        "ALB Performance",
        [
            ["AWS/ApplicationELB", "RequestCount", *_ALB, {"label": "リクエスト数", "stat": "Sum"}],
            [".", "TargetResponseTime", ".", ".", {"label": "応答時間 p95", "stat": "p95", "yAxis": "right"}],
            ["...", {"label": "応答時間 平均", "stat": "Average", "yAxis": "right"}],
        ],
        view="timeSeries",
        yAxis={"left": {"min": 0, "label": "件/分"}, "right": {"min": 0, "label": "秒"}},
        annotations={"horizontal": [_limit(0.5, "上限 500ms", yAxis="right")]},
    ),
    _metric(
        (0, 10, 12, 6),
        "RDS Performance",
        [
            ["AWS/RDS", "CPUUtilization", *_DB, {"label": "CPU"}],
            [".", "DatabaseConnections", ".", ".", {"label": "接続数", "yAxis": "right"}],
        ],
        view="timeSeries",
        stat="Average",
        yAxis={"left": {"min": 0, "max": 100}, "right": {"min": 0, "max": 100}},
        annotations={
            "horizontal": [
                _limit(70, "CPU 上限 70%"),
                _limit(80, "接続数 上限 80", yAxis="right", color=_ORANGE),
            ]
        },
    ),
    _metric(
        (12, 10, 12, 6),
        "Network",
        [
            ["AWS/ApplicationELB", "ProcessedBytes", *_ALB, {"label": "ALB", "stat": "Sum"}],
            ["AWS/RDS", "NetworkReceiveThroughput", *_DB, {"label": "RDS 受信", "yAxis": "right"}],
            [".", "NetworkTransmitThroughput", ".", ".", {"label": "RDS 送信", "yAxis": "right"}],
        ],
        view="timeSeries",
        stacked=False,
        period=300,
    ),
    _metric(
        (0, 16, 12, 6),
        "5xx エラー率",
        [
            [
                {
                    "expression": "IF(FILL(req,0)+FILL(elb,0)>0, 100*(FILL(elb,0)+FILL(tgt,0))/(FILL(req,0)+FILL(elb,0)), 0)",
                    "id": "rate",
                    "label": "5xx エラー率 [最大 ${MAX}%]",
                    "color": _RED,
                }
            ],
            ["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", *_ALB, {"id": "elb", "visible": False}],
            [".", "HTTPCode_Target_5XX_Count", ".", ".", {"id": "tgt", "visible": False}],
            [".", "RequestCount", ".", ".", {"id": "req", "visible": False}],
        ],
        stat="Sum",
        view="timeSeries",
        yAxis={"left": {"min": 0}},
        annotations={"horizontal": [_limit(5, "アラーム 5%")]},
    ),
    _metric(
        (12, 16, 6, 3),
        "いまの値",
        [
            ["AWS/ECS", "CPUUtilization", *_CLUSTER, {"label": "ECS CPU"}],
            ["AWS/RDS", "DatabaseConnections", *_DB, {"label": "DB 接続数"}],
        ],
        view="singleValue",
        stat="Average",
        sparkline=True,
    ),
    _metric(
        (18, 16, 6, 3),
        "DB 空き容量",
        [
            [{"expression": "free/1073741824", "label": "空き容量 (GiB)", "id": "gib"}],
            ["AWS/RDS", "FreeStorageSpace", *_DB, {"id": "free", "visible": False, "stat": "Minimum"}],
        ],
        view="gauge",
        yAxis={"left": {"min": 0, "max": 100}},
        annotations={"horizontal": [{"value": 10, "label": "下限 10 GiB", "fill": "below", "color": _RED}]},
    ),
    _metric(
        (12, 19, 12, 3),
        "タスク数",
        [
            ["AWS/ECS", "CPUUtilization", *_CLUSTER, {"stat": "SampleCount", "label": "実行中"}],
            [
                "AWS/ApplicationELB",
                "HealthyHostCount",
                "TargetGroup",
                names.GROUP,
                *_ALB,
                {"stat": "Minimum", "label": "正常"},
            ],
            [".", "UnHealthyHostCount", ".", ".", ".", ".", {"stat": "Minimum", "label": "異常"}],
        ],
        view="singleValue",
    ),
    _metric(
        (0, 22, 8, 6),
        "応答の内訳",
        [
            ["AWS/ApplicationELB", "HTTPCode_Target_2XX_Count", *_ALB, {"label": "2xx"}],
            [".", "HTTPCode_Target_4XX_Count", ".", ".", {"label": "4xx"}],
            [".", "HTTPCode_Target_5XX_Count", ".", ".", {"label": "5xx"}],
            [".", "HTTPCode_ELB_5XX_Count", ".", ".", {"label": "ELB 5xx"}],
        ],
        view="bar",
        stat="Sum",
        period=300,
        setPeriodToTimeRange=True,
    ),
    _metric(
        (8, 22, 8, 6),
        "RDS ディスク",
        [
            [
                {
                    "expression": "SEARCH('{AWS/RDS,DBInstanceIdentifier} (MetricName=\"ReadIOPS\" OR MetricName=\"WriteIOPS\")', 'Average', 300)",
                    "id": "s1",
                    "label": "",
                }
            ]
        ],
        view="table",
        period=300,
    ),
    {
        "type": "metric",
        "x": 0,
        "y": 28,
        "width": 12,
        "height": 5,
        "properties": {
            "title": "DB 空き容量とアラーム",
            "region": REGION,
            "view": "timeSeries",
            "annotations": {"alarms": [_alarm("rds-storage-low")]},
        },
    },
    {
        "type": "log",
        "x": 16,
        "y": 22,
        "width": 8,
        "height": 6,
        "properties": {
            "title": "直近のエラー",
            "region": REGION,
            "view": "table",
            "query": f"SOURCE '{names.APP_LOG}' | fields @timestamp, level, message, statusCode\n"
            '| filter level = "ERROR"\n| sort @timestamp desc\n| limit 20',
        },
    },
]


def body(language: str = "ja") -> str:
    """The DashboardBody of PutDashboard, with texts in `language`."""
    widgets = in_language(_WIDGETS, language)
    return json.dumps({"start": "-PT3H", "periodOverride": "inherit", "widgets": widgets}, ensure_ascii=False)
