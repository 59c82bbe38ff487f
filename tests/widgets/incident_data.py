"""An incident of the load balancer whose cause is the database's connections, as models: for tests and pictures."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.models.base import RawId
from services.models.causes import (
    Assessment,
    CauseSpec,
    NextLook,
    Onset,
    OnsetBasis,
    Signal,
    SignalState,
    WeighedCause,
    WeighedSignal,
    Word,
)
from services.models.cloudtrail import Actor, ActorKind, TrailEvent
from services.models.ecs import ContainerService, Deployment, ScalableTarget, ScalingActivity, ServiceEvent
from services.models.first_wave import (
    AlarmMoment,
    IncidentEvidence,
    LogEntry,
    LogSample,
    Measure,
    NetworkPath,
    Source,
    SourceReading,
    TargetHealth,
)
from services.models.incidents import (
    ClockKind,
    ClockState,
    Incident,
    IncidentClock,
    IncidentState,
    StepKind,
    StepMark,
    StepRecord,
    TimelineKind,
    TimelineRow,
    TriggerKind,
)
from services.models.metrics import Series, TimeSpan
from services.models.problem import Problem, ProblemKind
from services.models.rds import Database, DatabaseEvent, DatabaseState
from services.runbook.loader import load_builtin
from widgets.incidents.evidence.context import EvidenceContext
from widgets.incidents.view import IncidentView

JST = ZoneInfo("Asia/Tokyo")
T0 = datetime(2026, 1, 13, 18, 4, tzinfo=UTC)
ALARM = T0 + timedelta(minutes=3)
NOW = ALARM + timedelta(minutes=7, seconds=40)
RUNBOOK = load_builtin("facility-prod")
PLAYBOOK = next(each for each in RUNBOOK.playbooks if each.id == "alb-5xx")


def minutes(count: float) -> datetime:
    return T0 + timedelta(minutes=count)


def curve(measure: Measure, before: float, since: float, *, hours: int = 3) -> Series:
    start = int((T0 - timedelta(hours=hours)).timestamp())
    end = int(NOW.timestamp()) // 60 * 60
    times = tuple(range(start, end, 60))
    values = tuple((before if at < T0.timestamp() else since) * (1 + (at // 60 % 5) / 100) for at in times)
    return Series(id=measure, label=str(measure), times=times, values=values, period=60)


def incident(**fields: object) -> Incident:
    values = {
        "id": "incident:alb-5xx-error-rate@2026-01-13T18:07:00+00:00",
        "trigger": TriggerKind.ALARM,
        "target": RawId("alb-5xx-error-rate"),
        "title": "ALB 5XX エラー率",
        "playbook": "alb-5xx",
        "since": ALARM,
        "opened_at": ALARM + timedelta(seconds=4),
        "seq": 12,
        "state": IncidentState.TAKEN,
        "holder": "tanaka",
        "taken_at": ALARM + timedelta(seconds=50),
        "evidence": (14,),
        "steps": (
            StepRecord(index=0, mark=StepMark.DONE, at=minutes(6), by="tanaka", note="接続枠が尽きている"),
        ),
    }
    return Incident.model_validate({**values, **fields})


def clocks(*, overdue: bool = False) -> tuple[IncidentClock, ...]:
    late = timedelta(minutes=6) if overdue else timedelta()
    return (
        IncidentClock(kind=ClockKind.RECOVERY, starts=ALARM, due=ALARM + timedelta(minutes=5), state=ClockState.OVERDUE),
        IncidentClock(
            kind=ClockKind.ESCALATION,
            starts=ALARM,
            due=ALARM + timedelta(minutes=10) - late,
            state=ClockState.RUNNING,
            who="開発チーム",
        ),
    )  # fmt: skip


def signal(id: str, title: str, source: Source, **fields: object) -> Signal:
    return Signal.model_validate(
        {"id": id, "title": title, "state": SignalState.PRESENT, "source": source, **fields}
    )


SLOTS = signal(
    "db-text", "DB の文言: remaining connection slots are reserved", Source.DATABASE_LOG, value="18 件", at=T0, direct_for=("database-saturated",), group="dbtext",
)  # fmt: skip
CONNECTIONS = signal("db-connections", "DB 接続数", Source.METRICS, value="97", limit="≥ 80", at=minutes(-1))
LATENCY = signal(
    "latency", "応答時間 p95 が平常の 3 倍", Source.METRICS, value="2.4 s", limit="≥ 0.9 s", at=T0
)
DEPLOYED = signal("deployed", "24 時間以内にデプロイ", Source.DEPLOYMENTS, state=SignalState.ABSENT)
STACK = signal("new-error", "新しい種類のエラー", Source.APPLICATION_LOG, value="62%", at=minutes(1))
EXITS = signal(
    "task-exit", "異常終了したタスク", Source.TASKS, state=SignalState.UNSEEN, why="ecs:DescribeTasks の権限がありません"
)  # fmt: skip


def weighed_signal(signal: Signal, weight: int) -> WeighedSignal:
    return WeighedSignal(signal=signal, weight=weight, counts=weight, is_direct=bool(signal.direct_for))


CAUSES = (
    WeighedCause(
        id="database-saturated", score=31, prior=4,
        supporting=(weighed_signal(SLOTS, 15), weighed_signal(CONNECTIONS, 8), weighed_signal(LATENCY, 5)),
        opposing=(weighed_signal(DEPLOYED, -1),), effects=("target-slow", "application-error"), onset=minutes(-1),
    ),
    WeighedCause(
        id="application-error", score=13, prior=4, supporting=(weighed_signal(STACK, 10),), is_root=False,
        opposing=(weighed_signal(LATENCY, -1),),
    ),
    WeighedCause(id="target-slow", score=12, prior=2, supporting=(weighed_signal(LATENCY, 8),), is_root=False),
    WeighedCause(id="task-crash", score=3, prior=3, unseen=(weighed_signal(EXITS, 15),)),
    WeighedCause(id="bad-deployment", score=-6, prior=6, opposing=(weighed_signal(DEPLOYED, -12),)),
    WeighedCause(id="no-target", score=0, prior=0, impossible="正常なターゲットが 2 台登録されています"),
)  # fmt: skip
SPECS = {
    id: CauseSpec(id=id, title=title, action="接続を占める処理を止める")
    for id, title in (
        ("database-saturated", "DB の飽和（接続・CPU・ロック）"),
        ("application-error", "アプリケーションのエラー"),
        ("target-slow", "ターゲットの応答が遅い"),
        ("task-crash", "タスクの異常終了"),
        ("bad-deployment", "デプロイの不具合"),
        ("no-target", "登録されたターゲットがない"),
    )
}


def assessment(word: Word = Word.STRONG) -> Assessment:
    look = NextLook(signal="task-exit", title="停止したタスクの終了コード", difference=15, look="ecs")
    return Assessment(
        onset=Onset(at=T0, basis=OnsetBasis.BASELINE, measure="target_5xx", baseline=3.0),
        word=word,
        causes=CAUSES,
        signals=(SLOTS, CONNECTIONS, LATENCY, DEPLOYED, STACK, EXITS),
        why="" if word is Word.STRONG else "停止したタスクを読めないため、タスクの異常終了を除けません。",
        next_look=None if word is Word.STRONG else look,
    )


def log(count: int, text: str, *, every: float = 15, begin: float = 0) -> tuple[LogEntry, ...]:
    return tuple(
        LogEntry(at=minutes(begin) + timedelta(seconds=every * number), stream="staff-api/0a1b", text=text.replace("{n}", str(number)))
        for number in range(count)
    )  # fmt: skip


def evidence(**fields: object) -> IncidentEvidence:
    problem = Problem(
        kind=ProblemKind.ACCESS_DENIED,
        summary="ecs:DescribeTasks の権限がありません。",
        remedy="管理者に許可を依頼してください。",
        at=NOW,
    )
    span = TimeSpan(start=minutes(-30), end=minutes(4))
    postgres = "2026-01-13 18:04:{n} UTC:10.0.12.135(32196):app@facility:[812]:FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute"
    values = {
        "alarm": AlarmMoment(id=RawId("alb-5xx-error-rate"), name="alb-5xx-error-rate", since=ALARM),
        "began": ALARM + timedelta(seconds=5),
        "ended": ALARM + timedelta(seconds=8),
        "readings": tuple(
            SourceReading(source=source, requests=1, problem=problem if source is Source.TASKS else None)
            for source in Source
        ),
        "service": ContainerService(
            id=RawId("staff-api"), name="staff-api", cluster="facility-prod-cluster", desired=4, running=3, pending=1,
            deployments=(
                Deployment(id="ecs-svc/1", status="PRIMARY", rollout="COMPLETED", desired=4, running=3, task_definition="staff-api:42", created=minutes(-3000)),
            ),
            events=(ServiceEvent(at=minutes(2), message="(service staff-api) has started 1 tasks: (task 0a1b)."),),
        ),
        "targets": (
            TargetHealth(id=RawId("10.0.11.4"), name="10.0.11.4", port=8080, state="healthy", zone="ap-northeast-1a"),
            TargetHealth(id=RawId("10.0.12.9"), name="10.0.12.9", port=8080, state="unhealthy", reason="Target.Timeout", zone="ap-northeast-1c"),
        ),
        "stopped_tasks": (),
        "scaling": ScalableTarget(minimum=2, maximum=4),
        "activities": (
            ScalingActivity(at=minutes(2), status="Failed", description="…", not_scaled=("AlreadyAtMaxCapacity",)),
        ),
        "database": Database(
            id=RawId("facility-prod-db"), name="facility-prod-db", arn=RawId("arn"), status="available", state=DatabaseState.AVAILABLE,
            engine="postgres", engine_version="16.4", instance_class="db.t4g.medium", storage_gib=100,
        ),
        "database_events": (DatabaseEvent(at=minutes(-600), message="Finished DB Instance backup"),),
        "network": NetworkPath(allowed=True, rule="sg-0db ← sg-0app tcp/5432", port=5432, database_groups=("sg-0db",), task_groups=("sg-0app",)),
        "series": (
            curve(Measure.ELB_5XX, 0.2, 9), curve(Measure.TARGET_5XX, 1, 84), curve(Measure.REQUESTS, 900, 870),
            curve(Measure.LATENCY, 0.3, 2.4), curve(Measure.HEALTHY, 4, 3), curve(Measure.UNHEALTHY, 0, 1),
            curve(Measure.DB_CONNECTIONS, 42, 97), curve(Measure.DB_CPU, 35, 71), curve(Measure.ECS_CPU, 41, 38),
            curve(Measure.ECS_MEMORY, 55, 56), falling(),
        ),
        "writes": (
            TrailEvent(id=RawId("e1"), name="UpdateService", source="ecs.amazonaws.com", at=minutes(-12), region="ap-northeast-1", actor=Actor(kind=ActorKind.ROLE, name="ci", role="deploy"), resources=("staff-api",)),
        ),
        "application_errors": LogSample(
            group=RawId("/ecs/staff-api"), pattern="ERROR", span=span,
            lines=(
                *log(1, '{"level":"ERROR","message":"slow request","requestId":"a81f"}', begin=-4),
                *log(14, '{"level":"ERROR","message":"request failed","requestId":"{n}","error":{"type":"PSQLException","message":"FATAL: remaining connection slots are reserved"}}'),
            ),
        ),
        "database_lines": LogSample(group=RawId("/aws/rds/instance/facility-prod-db/postgresql"), pattern="FATAL", span=span, lines=log(18, postgres), is_whole=False),
    }  # fmt: skip
    return IncidentEvidence.model_validate({**values, **fields})


def falling() -> Series:
    start = int((NOW - timedelta(hours=3)).timestamp()) // 60 * 60
    times = tuple(start + 60 * number for number in range(180))
    values = tuple((8.9 - number / 60) * 2**30 for number in range(180))
    return Series(id=Measure.DB_FREE, label="free", times=times, values=values, period=60)


TIMELINE = (
    TimelineRow(at=minutes(-12), kind=TimelineKind.JUST_BEFORE, text="UpdateService staff-api", by="deploy/ci", late=True),
    TimelineRow(at=ALARM, kind=TimelineKind.ALARM, text="alb-5xx-error-rate が発報"),
    TimelineRow(at=ALARM + timedelta(seconds=8), kind=TimelineKind.EVIDENCE, text="AWS から 16 回の要求で証拠を保存", seq=14),
    TimelineRow(at=ALARM + timedelta(seconds=50), kind=TimelineKind.PERSON, text="担当した", by="tanaka", seq=15),
)  # fmt: skip


def view(**fields: object) -> IncidentView:
    values: dict[str, object] = {
        "incident": incident(),
        "playbook": PLAYBOOK,
        "kinds": (StepKind.LOOK,) * 3,
        "places": (
            "ログ",
            "変更操作: 最大タスク数",
            "ダッシュボード",
            "",
            "変更操作: デプロイの巻き戻し",
            "点検: RDS",
        ),
        "clocks": clocks(),
        "evidence": evidence(),
        "assessment": assessment(),
        "specs": SPECS,
        "timeline": TIMELINE,
        "undecided": ("開発チーム",),
        "zone": JST,
    }
    return IncidentView(**{**values, **fields})  # type: ignore[arg-type]


def context(**fields: object) -> EvidenceContext:
    read = evidence(**fields)
    return EvidenceContext(view(evidence=read), read, NOW)
