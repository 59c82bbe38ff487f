"""What the first wave of an incident reads from AWS: the evidence, as it is recorded in the journal. Source:
DescribeTargetHealth (Elastic Load Balancing v2), DescribeTasks (Amazon ECS), DescribeSecurityGroups (Amazon
EC2), FilterLogEvents (CloudWatch Logs), GetMetricData (CloudWatch), DescribeEvents (AWS Health) API
references."""

from datetime import datetime
from enum import StrEnum

from services.i18n import _
from services.models.base import Clean, CleanLine, Model, RawId
from services.models.belongings import Belongings
from services.models.cloudtrail import TRAIL_DELAY, TrailEvent
from services.models.ecs import ContainerService, ScalableTarget, ScalingActivity, ScalingPolicy
from services.models.ecs_deployments import ServiceDeployment, ServiceRevision
from services.models.metrics import MetricQuery, Series, TimeSpan
from services.models.problem import Problem
from services.models.rds import Database, DatabaseEvent


class Source(StrEnum):
    """What is read, each by one request or a few."""

    SERVICE = "service"
    TARGETS = "targets"
    TASKS = "tasks"  # Stopped tasks and, if tasks of several deployments may run, running ones
    DEPLOYMENTS = "deployments"  # With the newest two revisions
    SCALING = "scaling"  # With the policies if a request is left
    DATABASE = "database"
    DATABASE_EVENTS = "database-events"
    NETWORK = "network"
    METRICS = "metrics"  # Those of the last hours and of the same hour a week ago
    TRAIL = "trail"  # Writes in the home region
    TRAIL_GLOBAL = "trail-global"  # Writes in us-east-1, where global services are recorded
    APPLICATION_LOG = "application-log"
    DATABASE_LOG = "database-log"
    OWN_METRICS = "own-metrics"  # Those of the resource that the alarm watches, if it is none of the system's
    OWN_LOG = "own-log"
    ALARMS = "alarms"  # The newest reading of the alarms, without a request


class Measure(StrEnum):
    """The curves of the first wave, one-minute periods; the value is the id of the metric query."""

    REQUESTS = "requests"
    ELB_5XX = "elb_5xx"
    """Errors that the load balancer made."""
    ELB_500 = "elb_500"
    ELB_502 = "elb_502"
    ELB_503 = "elb_503"
    ELB_504 = "elb_504"
    TARGET_5XX = "target_5xx"
    """Errors that the application answered."""
    LATENCY = "latency"
    CONNECTION_ERRORS = "connection_errors"
    TLS_ERRORS = "tls_errors"
    TARGET_TLS_ERRORS = "target_tls_errors"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    ECS_CPU = "ecs_cpu"
    ECS_CPU_MAX = "ecs_cpu_max"
    """The hottest task."""
    ECS_MEMORY = "ecs_memory"
    DB_CPU = "db_cpu"
    DB_CREDITS = "db_credits"
    DB_CONNECTIONS = "db_connections"
    DB_FREE = "db_free"
    DB_WAL = "db_wal"
    DB_SLOT_LAG = "db_slot_lag"
    DB_LOAD = "db_load"
    """Published only where Performance Insights is enabled."""
    DB_BURST = "db_burst"
    """Published only for gp2 and st1/sc1 volumes."""
    WAF_BLOCKED = "waf_blocked"


class SourceReading(Model):
    """How the read of one source went."""

    source: Source
    requests: int = 0
    """Requests sent, pages counted."""
    problem: Problem | None = None
    """Why it could not be read; None if it was."""
    omitted: Clean = ""
    """Why it was not asked, e.g. because the runbook names no database; "" if it was asked."""
    cut: Clean = ""
    """What of it is not here: further pages, or rows left out so that the evidence stays small; "" if it is whole."""
    as_of: datetime | None = None
    """When its answer was read, where later readings failed and it stands for them; None: with the rest (UTC)."""

    @property
    def is_read(self) -> bool:
        return self.problem is None and not self.omitted


STATES = frozenset({Source.SERVICE, Source.TARGETS, Source.SCALING, Source.DATABASE, Source.NETWORK})
"""Sources that tell how things are now, not what has happened."""


class TargetHealth(Model):
    id: RawId
    """IP address or instance id."""
    name: Clean
    port: int | None = None
    state: str
    """As the API spells it: initial, healthy, unhealthy, unhealthy.draining, unused, draining, unavailable."""
    reason: str = ""
    """Reason code, e.g. Target.FailedHealthChecks; "" if healthy."""
    description: Clean = ""
    zone: str = ""
    """Availability zone; "": not reported."""
    override: str = ""
    """State of an administrative override, which a zonal shift sets; "" if there is none."""


class StoppedContainer(Model):
    name: Clean
    exit_code: int | None = None
    """None: it never ran, or ECS did not see its end."""
    reason: Clean = ""
    """ECS's words, e.g. `OutOfMemoryError: Container killed due to memory usage`."""


class StoppedTask(Model):
    """A task that ECS can describe for about an hour after its end."""

    id: Clean
    """Last part of its ARN; in an awslogs stream name, too."""
    code: str = ""
    """stopCode: TaskFailedToStart, EssentialContainerExited, UserInitiated, ServiceSchedulerInitiated,
    SpotInterruption, TerminationNotice or InfrastructureHealth."""
    reason: Clean = ""
    containers: tuple[StoppedContainer, ...] = ()
    started_by: Clean = ""
    """Id of the deployment that started it."""
    definition: Clean = ""
    """`family:revision`"""
    zone: str = ""
    created: datetime | None = None
    started: datetime | None = None
    stopping: datetime | None = None
    """When it began to stop."""
    stopped: datetime | None = None

    @property
    def ended(self) -> datetime | None:
        """When it began to stop, or was stopped; None: not reported."""
        return self.stopping or self.stopped


class RunningTask(Model):
    """A task that runs, by which an error's log stream is told apart."""

    id: Clean
    """Last part of its ARN; in an awslogs stream name, too."""
    started_by: Clean = ""
    """Id of the deployment that started it."""
    definition: Clean = ""
    """`family:revision`"""


class ServiceTasks(Model):
    stopped: tuple[StoppedTask, ...] = ()
    """Newest first."""
    running: tuple[RunningTask, ...] = ()
    more: bool = False
    """Whether there are others, which were not read."""


class NetworkPath(Model):
    """Whether the tasks' security groups let them out to the database, and its groups let them in; from the rules."""

    allowed: bool
    rule: Clean = ""
    """The rule that lets them in; "" if none does."""
    is_kept_in: bool = False
    """Whether the tasks' own groups let nothing out to the database's port."""
    port: int
    database_groups: tuple[Clean, ...] = ()
    task_groups: tuple[Clean, ...] = ()


class LogEntry(Model):
    at: datetime
    stream: Clean
    text: CleanLine


class LogSample(Model):
    """Lines of one log group that matched a filter."""

    group: RawId
    pattern: Clean
    """The filter pattern as it was sent."""
    span: TimeSpan
    lines: tuple[LogEntry, ...] = ()
    """Oldest first."""
    is_whole: bool = True
    """Whether all matching lines are here; otherwise later ones were not read, or rows were left out."""
    is_from_start: bool = True
    """Whether the lines begin with the span; otherwise older ones were left out, so that what is new is not known."""


class AlarmMoment(Model):
    """The alarm as the first wave saw it."""

    id: RawId
    name: Clean
    since: datetime
    """StateTransitionedTimestamp, or when the console first saw it firing if AWS reports none."""
    fires: bool = True
    """Whether it fires, or fired when its incident began; one that does not is judged by the present."""
    reason: Clean = ""
    namespace: RawId = RawId("")
    metric: RawId = RawId("")
    """"" for an alarm on an expression."""
    threshold: float | None = None
    dimensions: tuple[tuple[RawId, RawId], ...] = ()
    """Of its metric, by which the service that it is about is found; () for an alarm on an expression or on a log."""
    comparison: str = ""
    """As of `Alarm`; "" where it was not recorded."""
    queries: tuple[MetricQuery, ...] = ()
    """Its metrics and expressions; () for a composite alarm or one on a log, and where they were not recorded."""


class Sure(StrEnum):
    CERTAIN = "certain"
    PARTLY = "partly"  # Estimated, or not all was read
    UNSEEN = "unseen"  # It cannot be known from what was read


class AskedQuestion(Model):
    title: Clean
    answer: Clean
    read: Clean = ""
    """What was read for it."""
    at: datetime
    sure: Sure = Sure.CERTAIN


class IncidentEvidence(Model):
    """The answers of the first wave; None or () where a source was not read, which `readings` tells apart."""

    alarm: AlarmMoment
    began: datetime
    """When the first request was sent (UTC)."""
    ended: datetime
    """When the last answer was there (UTC)."""
    readings: tuple[SourceReading, ...]
    """One for each source."""
    service: ContainerService | None = None
    targets: tuple[TargetHealth, ...] = ()
    stopped_tasks: tuple[StoppedTask, ...] = ()
    """Newest first."""
    running_tasks: tuple[RunningTask, ...] = ()
    """() also while tasks of one deployment alone can run."""
    deployments: tuple[ServiceDeployment, ...] = ()
    """Newest first."""
    revisions: tuple[ServiceRevision, ...] = ()
    scaling: ScalableTarget | None = None
    """None: not read, or not registered."""
    policies: tuple[ScalingPolicy, ...] = ()
    policies_read: bool = True
    """Whether `policies` were read: they are the last to get a request."""
    activities: tuple[ScalingActivity, ...] = ()
    """Newest first."""
    database: Database | None = None
    database_events: tuple[DatabaseEvent, ...] = ()
    """Newest first."""
    network: NetworkPath | None = None
    series: tuple[Series, ...] = ()
    """The last three hours, by the ids of Measure; a metric without data has no points."""
    week_ago: tuple[Series, ...] = ()
    """The alarm's own hour a week ago, by the same ids; times as they were then."""
    own_series: tuple[Series, ...] = ()
    """Curves of the resource that the alarm watches, if it is none of the system's: the alarm's own first, then those that
    left what is usual for them, the farthest first."""
    own_log: LogSample | None = None
    together: tuple[AlarmMoment, ...] = ()
    """The other alarms that began to fire within a quarter of an hour of this one; empty also if alarms were not read."""
    writes: tuple[TrailEvent, ...] = ()
    """Writes that CloudTrail recorded in both regions, newest first."""
    application_errors: LogSample | None = None
    database_lines: LogSample | None = None
    belongings: Belongings | None = None
    """What belongs to the system, by which `writes` are told from others'; None: not read."""
    answers: tuple[AskedQuestion, ...] = ()
    """Of an incident that began with a finding."""

    def reading(self, source: Source) -> SourceReading | None:
        return next((reading for reading in self.readings if reading.source is source), None)

    def curve(self, measure: Measure) -> Series | None:
        return next((series for series in self.series if series.id == measure), None)

    def curve_week_ago(self, measure: Measure) -> Series | None:
        return next((series for series in self.week_ago if series.id == measure), None)

    @property
    def trail_until(self) -> datetime | None:
        """Up to when CloudTrail shows all writes in the home region; None: not read, or not whole."""
        reading = self.reading(Source.TRAIL)
        is_whole = reading is not None and reading.is_read and not reading.cut
        return self.ended - TRAIL_DELAY if is_whole else None

    @property
    def answers_text(self) -> str:
        """A finding's questions with their answers, on one line; "" for an alarm."""
        return _("; ").join(f"{each.title} {each.answer}" for each in self.answers)

    @property
    def answered(self) -> datetime | None:
        asked = (each for each in self.readings if each.is_read and each.source is not Source.ALARMS)
        times = [each.as_of or self.ended for each in asked]
        return max([*times, *(each.at for each in self.answers if each.read)], default=None)

    @property
    def requests(self) -> int:
        return sum(reading.requests for reading in self.readings)
