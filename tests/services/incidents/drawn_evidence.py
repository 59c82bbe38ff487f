"""Strategies for the evidence of a first wave: any that the models allow, near the moment that matters."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.models.base import RawId
from services.models.cloudtrail import Actor, ActorKind, TrailEvent
from services.models.ecs import ContainerService, Deployment, ScalableTarget, ScalingActivity, ServiceEvent
from services.models.ecs_deployments import ContainerImage, ServiceDeployment, ServiceRevision
from services.models.first_wave import (
    AlarmMoment,
    IncidentEvidence,
    LogEntry,
    LogSample,
    Measure,
    NetworkPath,
    RunningTask,
    Source,
    SourceReading,
    StoppedContainer,
    StoppedTask,
    TargetHealth,
)
from services.models.metrics import Series, SeriesStatus, TimeSpan
from services.models.problem import Problem, ProblemKind
from services.models.rds import Database, DatabaseEvent, DatabaseState

SINCE = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
FIELDS: dict[Source, tuple[str, ...]] = {
    Source.SERVICE: ("service",),
    Source.TARGETS: ("targets",),
    Source.TASKS: ("stopped_tasks", "running_tasks"),
    Source.DEPLOYMENTS: ("deployments", "revisions"),
    Source.SCALING: ("scaling", "policies", "activities"),
    Source.DATABASE: ("database",),
    Source.DATABASE_EVENTS: ("database_events",),
    Source.NETWORK: ("network",),
    Source.METRICS: ("series", "week_ago"),
    Source.TRAIL: ("writes",),
    Source.TRAIL_GLOBAL: ("writes",),
    Source.APPLICATION_LOG: ("application_errors",),
    Source.DATABASE_LOG: ("database_lines",),
    Source.OWN_METRICS: ("own_series",),
    Source.OWN_LOG: ("own_log",),
    Source.ALARMS: ("together",),
}
"""The fields of the evidence that each source fills."""
GLOBAL = "us-east-1"


def moments(before: int, after: int) -> st.SearchStrategy[datetime]:
    """Whole seconds around the alarm, between so many minutes before it and after it."""
    return st.integers(-before * 60, after * 60).map(lambda seconds: SINCE + timedelta(seconds=seconds))


NEAR = moments(40, 10)
ANY = moments(26 * 60, 10)
NAMES = st.sampled_from(["app:41", "app:42", "app:x", "app", "", ":"])
IDS = st.sampled_from(["t1", "t2", "t3", "", "[/red]"])
PHRASES = st.sampled_from(
    [
        "ERROR remaining connection slots are reserved",
        "FATAL: too many clients already",
        "terminating connection due to administrator command",
        "could not extend file: No space left on device",
        "QueuePool limit of size 5 reached",
        "connect ECONNREFUSED 10.0.0.4:5432",
        "ETIMEDOUT pay.example.jp",
        "temporary file: path base/pgsql_tmp",
        '{"level": "error", "message": "boom", "stack": ["a", {"b": 1}]}',
        '{"message": {"detail": null}}',
        "{",
        "ERROR \x1b[31m[bold]x[/bold]\u202e",
        "ERROR KeyError: 'id'",
        "",
    ]
)
LINES = st.builds(LogEntry, at=NEAR, stream=IDS.map(lambda id: f"ecs/app/{id}"), text=PHRASES)
SPAN = TimeSpan(start=SINCE - timedelta(minutes=30), end=SINCE + timedelta(minutes=10))
SAMPLES = st.builds(
    LogSample,
    group=st.just(RawId("/ecs/app")),
    pattern=st.just("?ERROR"),
    span=st.just(SPAN),
    lines=st.lists(LINES, max_size=12).map(lambda lines: tuple(sorted(lines, key=lambda line: line.at))),
    is_whole=st.booleans(),
)


@st.composite
def curves(draw: st.DrawFn, measure: Measure) -> Series:
    """A curve of three hours: usual until a minute, then another level; with gaps, short, or empty."""
    levels = st.sampled_from([0.0, 0.05, 1.0, 3.0, 20.0, 50.0, 96.0, 500.0, 2e10, -1.0, 1e300])
    usual, bad, spread = draw(levels), draw(levels), draw(st.sampled_from([0.0, 0.1]))
    change, step = draw(st.integers(-20, 5)), draw(st.sampled_from([1, 1, 1, 7, 60, 500]))
    minutes = range(-180, draw(st.integers(-1, 10)), step)
    first = int(SINCE.timestamp()) // 60 * 60
    values = [(usual if minute < change else bad) * (1 + spread * (minute % 3)) for minute in minutes]
    return Series(
        id=measure,
        label=measure,
        times=tuple(first + 60 * minute for minute in minutes),
        values=tuple(values),
        period=60,
        status=draw(st.sampled_from([SeriesStatus.COMPLETE, SeriesStatus.COMPLETE, *SeriesStatus])),
    )


@st.composite
def several(draw: st.DrawFn) -> tuple[Series, ...]:
    measures = draw(st.lists(st.sampled_from(Measure), unique=True, max_size=12))
    return tuple(draw(curves(measure)) for measure in measures)


TARGETS = st.builds(
    TargetHealth,
    id=IDS.map(RawId),
    name=IDS,
    state=st.sampled_from(["healthy", "unhealthy", "unhealthy.draining", "draining", "unused", "initial", "new"]),
    reason=st.sampled_from(
        ["", "Target.FailedHealthChecks", "Target.Timeout", "Target.ResponseCodeMismatch", "Target.New"]
    ),
    zone=st.sampled_from(["", "a", "c"]),
    override=st.sampled_from(["", "zonal_shift_active"]),
)  # fmt: skip
CONTAINERS = st.builds(
    StoppedContainer,
    name=st.just("app"),
    exit_code=st.none() | st.sampled_from([0, 1, 137, 143, -1]),
    reason=st.sampled_from(["", "OutOfMemoryError: Container killed due to memory usage"]),
)
TASKS = st.builds(
    StoppedTask,
    id=IDS,
    code=st.sampled_from(["", "EssentialContainerExited", "TaskFailedToStart", "InfrastructureHealth", "New"]),
    reason=st.sampled_from(["", "Scaling activity x", "Task failed ELB health checks", "CannotPullContainerError"]),
    containers=st.lists(CONTAINERS, max_size=2).map(tuple),
    definition=NAMES,
    stopping=st.none() | NEAR,
    stopped=st.none() | NEAR,
)  # fmt: skip
RUNNING = st.builds(RunningTask, id=IDS, definition=NAMES)
ROLLOUTS = st.builds(
    Deployment,
    id=IDS,
    status=st.sampled_from(["PRIMARY", "ACTIVE"]),
    rollout=st.sampled_from(["", "FAILED", "COMPLETED"]),
    created=st.none() | ANY,
    task_definition=NAMES,
)
SERVICES = st.builds(
    ContainerService,
    id=st.just(RawId("app")),
    name=st.just("app"),
    cluster=st.just("prod"),
    desired=st.integers(0, 8),
    running=st.integers(0, 8),
    deployments=st.lists(ROLLOUTS, max_size=2).map(tuple),
    events=st.lists(
        st.builds(ServiceEvent, at=NEAR, message=st.sampled_from(["unable to place a task", "steady"])), max_size=2
    ).map(tuple),
)  # fmt: skip
DEPLOYMENTS = st.builds(
    ServiceDeployment,
    id=IDS.map(RawId),
    status=st.sampled_from(["SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED", "IN_PROGRESS"]),
    target=IDS.map(RawId),
    created=st.none() | ANY,
    breaker=st.sampled_from(["", "TRIGGERED"]),
)
REVISIONS = st.builds(
    ServiceRevision,
    id=IDS.map(RawId),
    task_definition=NAMES.map(RawId),
    images=st.lists(st.builds(ContainerImage, container=IDS, image=NAMES), max_size=1).map(tuple),
    created=st.none() | ANY,
)
ACTIVITIES = st.builds(
    ScalingActivity,
    at=NEAR,
    status=st.sampled_from(["Successful", "Failed", "InProgress", "New"]),
    description=st.just("Setting desired count"),
    not_scaled=st.lists(st.sampled_from(["AlreadyAtMaxCapacity", "Cooldown"]), max_size=1).map(tuple),
)
DATABASES = st.builds(
    Database,
    id=st.just(RawId("db")),
    name=st.just("db"),
    arn=st.just(RawId("arn")),
    status=st.sampled_from(["available", "storage-full", "rebooting", "new"]),
    state=st.sampled_from(DatabaseState),
    storage_gib=st.none() | st.sampled_from([0, 20, 100]),
)
EVENTS = st.builds(
    DatabaseEvent,
    at=NEAR,
    message=st.sampled_from(["Multi-AZ instance failover started", "DB instance restarted", "Backing up", "[/x]"]),
)  # fmt: skip
PATHS = st.builds(
    NetworkPath, allowed=st.booleans(), rule=st.just("r"), is_kept_in=st.booleans(), port=st.just(5432)
)
WRITES = st.builds(
    TrailEvent,
    id=IDS.map(RawId),
    name=st.sampled_from(
        ["RevokeSecurityGroupIngress", "AuthorizeSecurityGroupIngress", "PutSecretValue", "ModifyListener", "Tag"]
    ),
    source=st.just("ec2.amazonaws.com"),
    at=NEAR,
    region=st.sampled_from(["ap-northeast-1"]),
    actor=st.builds(Actor, kind=st.sampled_from(ActorKind), name=st.just("[b]x\u202e")),
    error=st.sampled_from(["", "AccessDenied"]),
    read_only=st.booleans(),
)  # fmt: skip
METRICS = st.sampled_from(
    [
        ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"), ("AWS/ApplicationELB", "TargetResponseTime"),
        ("AWS/ECS", "CPUUtilization"), ("AWS/RDS", "FreeStorageSpace"), ("AWS/RDS", "DatabaseConnections"), ("", ""),
    ]
)  # fmt: skip
ALARMS = st.builds(
    lambda name, metric, threshold: AlarmMoment(
        id=RawId(name),
        name=name,
        since=SINCE,
        namespace=RawId(metric[0]),
        metric=RawId(metric[1]),
        threshold=threshold,
    ),
    st.sampled_from(["alb-5xx-error-rate", "ecs-cpu-high", "rds-storage-low", "unknown"]),
    METRICS,
    st.none() | st.sampled_from([0.0, 80.0]),
)


def problem(text: str) -> Problem:
    """A source that could not be read."""
    return Problem(kind=ProblemKind.ACCESS_DENIED, summary=text, at=SINCE)


@st.composite
def evidence(draw: st.DrawFn) -> IncidentEvidence:
    """Any evidence; what is not read has no data."""

    def rows(strategy: st.SearchStrategy[Any], most: int = 4) -> Any:
        return tuple(draw(st.lists(strategy, max_size=most)))

    whole = IncidentEvidence(
        alarm=draw(ALARMS),
        began=SINCE,
        ended=SINCE + timedelta(minutes=draw(st.integers(0, 180))),
        readings=tuple(SourceReading(source=source, requests=1) for source in Source),
        service=draw(st.none() | SERVICES),
        targets=rows(TARGETS),
        stopped_tasks=rows(TASKS),
        running_tasks=rows(RUNNING),
        deployments=rows(DEPLOYMENTS, 2),
        revisions=rows(REVISIONS, 2),
        scaling=draw(st.none() | st.builds(ScalableTarget, minimum=st.just(2), maximum=st.integers(2, 8))),
        policies_read=draw(st.booleans()),
        activities=rows(ACTIVITIES),
        database=draw(st.none() | DATABASES),
        database_events=rows(EVENTS),
        network=draw(st.none() | PATHS),
        series=draw(several()),
        week_ago=draw(several()),
        writes=rows(WRITES),
        application_errors=draw(st.none() | SAMPLES),
        database_lines=draw(st.none() | SAMPLES),
    )
    return without(whole, *draw(st.sets(st.sampled_from(Source), max_size=3)))


def without(whole: IncidentEvidence, *sources: Source) -> IncidentEvidence:
    """The same evidence as if these sources had been denied."""
    update: dict[str, Any] = {}
    for source in sources:
        for name in FIELDS[source]:
            update[name] = () if isinstance(getattr(whole, name), tuple) else None
    update["writes"] = tuple(
        write
        for write in whole.writes
        if (Source.TRAIL_GLOBAL if write.region == GLOBAL else Source.TRAIL) not in sources
    )
    update["readings"] = tuple(
        reading.model_copy(update={"problem": problem(f"denied: {reading.source}")})
        if reading.source in sources
        else reading
        for reading in whole.readings
    )
    return whole.model_copy(update=update)
