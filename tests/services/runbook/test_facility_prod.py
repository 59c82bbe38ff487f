"""The shipped runbook holds every value of the written one (sections in the names)."""

from datetime import date

import pytest

from services.models.runbook import ClosedDay, Duty, Runbook, Within
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin


@pytest.fixture(scope="module")
def book() -> Runbook:
    return load_builtin("facility-prod")


def duty(book: Runbook, name: str) -> Duty:
    return next(each for each in book.duties if each.id == name)


def test_the_document(book: Runbook) -> None:
    assert (book.document, book.document_version) == ("運用手順書: 役所設備管理システム", "1.0")
    assert (book.document_date, book.document_updated) == (date(2025, 10, 25), date(2025, 10, 25))
    assert book.readers == ("運用担当者", "SRE")
    assert book.approved_by == ""


def test_the_targets(book: Runbook) -> None:
    assert (book.system.account, book.system.region) == ("123456789012", "ap-northeast-1")
    assert book.system.timezone == "Asia/Tokyo"
    assert book.ecs is not None
    assert (book.ecs.cluster, book.ecs.services) == ("facility-prod-cluster", ("staff-api",))
    assert (book.ecs.usual_min, book.ecs.usual_max, book.ecs.busy_max) == (2, 5, 10)
    assert book.rds is not None
    assert (book.rds.instance, book.rds.larger_class) == ("facility-prod-db", "db.t4g.large")
    assert (book.rds.larger_storage_gib, book.rds.retention_days, book.rds.patch_lead_days) == (200, 7, 7)
    assert (book.rds.window, book.rds.window_utc) == ("日曜日 2:00-3:00", "sat:17:00-sat:18:00")
    assert book.alb is not None
    assert book.alb.target_group.startswith("targetgroup/facility-prod-staff-api-tg/")
    assert book.cdn is not None
    assert (book.cdn.distribution, book.cdn.free_paths_per_month) == ("E1234567890ABC", 1000)
    assert book.waf is not None
    assert (book.waf.log_bucket, book.waf.athena_table) == ("facility-waf-logs-prod", "waf_logs")
    assert book.dashboard is not None
    assert book.dashboard.name == "facility-prod-main"
    assert book.slack is not None
    assert book.slack.channel == "#ops-alerts"
    assert [group.id for group in book.log_groups] == [
        "/ecs/staff-api",
        "/aws/rds/instance/facility-prod-db/postgresql",
    ]


def test_daily_1_the_alarms(book: Runbook) -> None:
    assert {alarm.name: alarm.title for alarm in book.alarms} == {
        "ecs-cpu-high": "ECS CPU使用率",
        "ecs-memory-high": "ECS メモリ使用率",
        "rds-cpu-high": "RDS CPU使用率",
        "rds-connections-high": "RDS 接続数",
        "alb-5xx-error-rate": "ALB 5xxエラー率",
        "alb-latency-high": "ALB レイテンシ",
        "rds-storage-low": "RDS ストレージ空き容量",
    }
    assert all(book.playbook_for(alarm.name) for alarm in book.alarms)


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
def test_daily_2_the_limits(book: Runbook, namespace: str, metric: str, fine: float, too_much: float) -> None:
    limit = book.limit_for(namespace, metric)
    assert limit is not None
    assert limit.judge(fine) is Verdict.NORMAL
    assert limit.judge(too_much) is Verdict.ABNORMAL


def test_daily_3_error_logs(book: Runbook) -> None:
    assert book.error_logs is not None
    assert book.error_logs.per_hour == 10
    assert 'filter level = "ERROR"' in book.error_logs.query
    assert "limit 100" in book.error_logs.query


def test_daily_4_costs(book: Runbook) -> None:
    assert book.costs is not None
    assert {each.title: each.monthly_yen for each in book.costs.services} == {
        "ECS Fargate": 30_000,
        "RDS": 25_000,
        "ALB": 20_000,
        "CloudWatch": 10_000,
    }
    assert (book.costs.total_yen, book.costs.growth_percent, book.costs.budget_percent) == (100_000, 50, 80)


def test_maintenance_2_and_3(book: Runbook) -> None:
    assert book.trail is not None
    assert book.trail.days == 30
    assert book.access_keys is not None
    assert (book.access_keys.users, book.access_keys.max_age_days, book.access_keys.delete_after_days) == (
        ("ci-cd-user",),
        90,
        7,
    )


def test_alerts(book: Runbook) -> None:
    storm = book.playbook_for("alb-5xx-error-rate")
    assert storm is not None
    assert (storm.wait_minutes, storm.escalate_minutes, storm.escalate_to) == (5, 10, "開発チーム")
    assert [cause.cause for cause in storm.causes] == [
        "ECS タスククラッシュ",
        "アプリケーションエラー",
        "DB接続エラー",
    ]
    cpu = book.playbook_for("ecs-cpu-high")
    assert cpu is not None
    assert (cpu.wait_minutes, len(cpu.steps), len(cpu.causes)) == (5, 2, 3)
    storage = book.playbook_for("rds-storage-low")
    assert storage is not None
    assert storage.approval == "PM（プロジェクトマネージャー）"
    assert any("200" in step.text for step in storage.steps)
    assert any("縮小できない" in line for line in storage.caution)


def test_log_searches(book: Runbook) -> None:
    assert book.slow_queries is not None
    assert book.slow_queries.over_ms == 1000
    assert "filter duration > 1000\n" in book.slow_queries.query
    assert r"(?<duration>\d+\.\d+) ms" in book.slow_queries.query
    sections = {procedure.section for procedure in book.procedures}
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
def test_the_calendar(
    book: Runbook, name: str, rule: str, at: str, closed: ClosedDay, inspections: tuple[str, ...]
) -> None:
    entry = duty(book, name)
    assert (entry.rule, entry.at, entry.closed_day, entry.inspections) == (rule, (at,), closed, inspections)


def test_the_calendar_beyond_fixed_dates(book: Runbook) -> None:
    assert duty(book, "weekly-deploy").only_when_planned
    assert duty(book, "key-rotation").anchor == "access-key:ci-cd-user+90d"
    assert duty(book, "key-rotation").closed_day is ClosedDay.PREVIOUS
    assert duty(book, "key-deletion").anchor == "access-key-disabled:ci-cd-user+7d"
    for name, months in (("dr-drill", "4,7,10,1"), ("failover-drill", "4"), ("region-drill", "10")):
        assert f"BYMONTH={months};" in duty(book, name).rule
        assert duty(book, name).within is Within.MONTH
    assert "BYMONTH=3;" in duty(book, "year-end-scale-up").rule
    assert duty(book, "month-end-scale-up").closed_day is ClosedDay.PREVIOUS


def test_contacts_and_closures(book: Runbook) -> None:
    assert [(each.role, each.undecided) for each in book.contacts] == [
        ("運用担当者（当番）", True),
        ("システム管理者", True),
        ("開発チーム", True),
        ("AWSサポート", False),
    ]
    assert [each.undecided for each in book.approvers] == [True]
    assert book.closures.weekdays == (5, 6)
    assert book.closures.yearly == ("12-29", "12-30", "12-31", "01-01", "01-02", "01-03")
