from datetime import date

import pytest

from services import i18n
from services.models.runbook import ClosedDay, Within
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin


@pytest.fixture(autouse=True)
def japanese(english):
    i18n.use("ja")


@pytest.fixture(scope="module")
def runbook():
    return load_builtin("facility-prod")


def duty(runbook, name):
    return next(each for each in runbook.duties if each.id == name)


def test_the_document(runbook):
    assert (runbook.document, runbook.document_version) == ("運用手順書: 役所設備管理システム", "1.0")
    assert (runbook.document_date, runbook.document_updated) == (date(2025, 10, 25), date(2025, 10, 25))
    assert runbook.readers == ("運用担当者", "SRE")
    assert runbook.approved_by == ""


def test_the_targets(runbook):
    assert (runbook.system.account, runbook.system.region) == ("123456789012", "ap-northeast-1")
    assert runbook.system.timezone == "Asia/Tokyo"
    assert (runbook.ecs.cluster, runbook.ecs.services) == ("facility-prod-cluster", ("staff-api",))
    assert (runbook.ecs.usual_min, runbook.ecs.usual_max, runbook.ecs.busy_max) == (2, 5, 10)
    assert (runbook.rds.instance, runbook.rds.larger_class) == ("facility-prod-db", "db.t4g.large")
    assert (runbook.rds.larger_storage_gib, runbook.rds.retention_days, runbook.rds.patch_lead_days) == (
        200,
        7,
        7,
    )
    assert (runbook.rds.window, runbook.rds.window_utc) == ("日曜日 2:00-3:00", "sat:17:00-sat:18:00")
    assert runbook.alb.target_group.startswith("targetgroup/facility-prod-staff-api-tg/")
    assert (runbook.cdn.distribution, runbook.cdn.free_paths_per_month) == ("E1234567890ABC", 1000)
    assert (runbook.waf.log_bucket, runbook.waf.athena_table) == ("facility-waf-logs-prod", "waf_logs")
    assert runbook.dashboard.name == "facility-prod-main"
    assert runbook.slack.channel == "#ops-alerts"
    assert [group.id for group in runbook.log_groups] == [
        "/ecs/staff-api",
        "/aws/rds/instance/facility-prod-db/postgresql",
    ]


def test_daily_1_the_alarms(runbook):
    assert {alarm.name: alarm.title for alarm in runbook.alarms} == {
        "ecs-cpu-high": "ECS CPU使用率",
        "ecs-memory-high": "ECS メモリ使用率",
        "rds-cpu-high": "RDS CPU使用率",
        "rds-connections-high": "RDS 接続数",
        "alb-5xx-error-rate": "ALB 5xxエラー率",
        "alb-latency-high": "ALB レイテンシ",
        "rds-storage-low": "RDS ストレージ空き容量",
    }
    assert all(runbook.playbook_for(alarm.name) for alarm in runbook.alarms)


@pytest.mark.parametrize(
    ("namespace", "metric", "fine", "too_much"),
    [
        ("AWS/ECS", "CPUUtilization", 60, 70),
        ("AWS/ECS", "MemoryUtilization", 60, 70),
        ("AWS/RDS", "CPUUtilization", 60, 70),
        ("AWS/RDS", "DatabaseConnections", 70, 80),
        ("AWS/ApplicationELB", "TargetResponseTime", 0.4, 0.5),
    ],
)
def test_daily_2_the_limits(runbook, namespace, metric, fine, too_much):
    limit = runbook.limit_for(namespace, metric)
    assert limit.judge(fine) is Verdict.NORMAL
    assert limit.judge(too_much) is Verdict.ABNORMAL


def test_daily_3_error_logs(runbook):
    assert runbook.error_logs.per_hour == 10
    assert 'filter level = "ERROR"' in runbook.error_logs.query
    assert "limit 100" in runbook.error_logs.query


def test_daily_4_costs(runbook):
    assert {each.title: each.monthly_yen for each in runbook.costs.services} == {
        "ECS Fargate": 30_000,
        "RDS": 25_000,
        "ALB": 20_000,
        "CloudWatch": 10_000,
    }
    assert (runbook.costs.total_yen, runbook.costs.growth_percent, runbook.costs.budget_percent) == (
        100_000,
        50,
        80,
    )


def test_maintenance_2_and_3(runbook):
    assert runbook.trail.days == 30
    assert (
        runbook.access_keys.users,
        runbook.access_keys.max_age_days,
        runbook.access_keys.delete_after_days,
    ) == (("ci-cd-user",), 90, 7)


def test_alerts(runbook):
    storm = runbook.playbook_for("alb-5xx-error-rate")
    assert (storm.wait_minutes, storm.escalate_minutes, storm.escalate_to) == (5, 10, "開発チーム")
    assert [cause.cause for cause in storm.causes] == [
        "ECS タスククラッシュ",
        "アプリケーションエラー",
        "DB接続エラー",
    ]
    cpu = runbook.playbook_for("ecs-cpu-high")
    assert (cpu.wait_minutes, len(cpu.steps), len(cpu.causes)) == (5, 5, 3)
    storage = runbook.playbook_for("rds-storage-low")
    assert storage.approval == "PM（プロジェクトマネージャー）"
    assert any("200" in step.text for step in storage.steps)
    assert any("縮小できない" in line for line in storage.caution)


def test_log_searches(runbook):
    assert runbook.slow_queries.over_ms == 1000
    assert "filter duration > 1000\n" in runbook.slow_queries.query
    assert r"(?<duration>\d+\.\d+) ms" in runbook.slow_queries.query
    sections = {procedure.section for procedure in runbook.procedures}
    assert sections >= {f"スケール操作 {n}" for n in (1, 2, 3)} | {f"ログ調査 {n}" for n in (1, 2, 3)}


@pytest.mark.parametrize(
    ("name", "rule", "at", "closed", "inspections"),
    [
        ("daily-morning", "FREQ=DAILY", "09:00", ClosedDay.SKIP, ("alarms", "dashboard", "error-logs")),
        ("daily-afternoon", "FREQ=DAILY", "14:00", ClosedDay.SKIP, ("alarms",)),
        ("daily-evening", "FREQ=DAILY", "17:00", ClosedDay.SKIP, ("alarms",)),
        ("weekly-backup", "FREQ=WEEKLY;BYDAY=MO", "09:00", ClosedDay.NEXT, ("backups",)),
        ("weekly-cost", "FREQ=WEEKLY;BYDAY=MO", "09:00", ClosedDay.NEXT, ("costs",)),
        ("weekly-deploy", "FREQ=WEEKLY;BYDAY=SU", "02:00", ClosedDay.KEEP, ("maintenance",)),
        ("monthly-trail", "FREQ=MONTHLY;BYMONTHDAY=1", "09:00", ClosedDay.NEXT, ("sign-ins",)),
        ("monthly-patches", "FREQ=MONTHLY;BYMONTHDAY=1", "09:00", ClosedDay.NEXT, ("maintenance",)),
    ],
)
def test_the_calendar(runbook, name, rule, at, closed, inspections):
    entry = duty(runbook, name)
    assert (entry.rule, entry.at, entry.closed_day, entry.inspections) == (rule, (at,), closed, inspections)


def test_the_calendar_beyond_fixed_dates(runbook):
    assert duty(runbook, "weekly-deploy").only_when_planned
    assert duty(runbook, "key-rotation").anchor == "access-key:ci-cd-user+90d"
    assert duty(runbook, "key-rotation").closed_day is ClosedDay.PREVIOUS
    assert duty(runbook, "key-deletion").anchor == "access-key-disabled:ci-cd-user+7d"
    for name, months in (("dr-drill", "4,7,10,1"), ("failover-drill", "4"), ("region-drill", "10")):
        assert f"BYMONTH={months};" in duty(runbook, name).rule
        assert duty(runbook, name).within is Within.MONTH
    assert "BYMONTH=3;" in duty(runbook, "year-end-scale-up").rule
    assert duty(runbook, "month-end-scale-up").closed_day is ClosedDay.PREVIOUS


def test_contacts_and_closures(runbook):
    assert [(each.role, each.undecided) for each in runbook.contacts] == [
        ("運用担当者（当番）", True),
        ("システム管理者", True),
        ("開発チーム", True),
        ("AWSサポート", False),
    ]
    assert [each.undecided for each in runbook.approvers] == [True]
    assert runbook.closures.weekdays == (5, 6)
    assert runbook.closures.yearly == ("12-29", "12-30", "12-31", "01-01", "01-02", "01-03")
