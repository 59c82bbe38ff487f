"""What the first wave reads: each source with the AWS operations that it calls and what of the runbook it needs."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.i18n import N_, _
from services.models.alarms import AlarmOverview
from services.models.base import RawId
from services.models.first_wave import AlarmMoment, IncidentEvidence, Source, SourceReading
from services.models.incidents import Incident
from services.models.problem import Problem
from services.models.runbook import Runbook

ERRORS = (
    "?ERROR ?FATAL ?CRITICAL ?Error ?error ?Exception ?exception ?Traceback ?Timeout ?timed ?refused ?SSL"
)
"""Lines that application frameworks mark as errors."""
PHRASES = (
    "remaining connection slots",
    "too many clients",
    "too many connections",
    "Too many connections",
    "terminating connection",
    "could not extend file",
    "No space left",
    "system is shutting down",
    "system is starting up",
    "in recovery mode",
    "deadlock detected",
    "Deadlock found",
    "canceling statement",
    "still waiting for",
    "password authentication failed",
    "no pg_hba.conf entry",
    "terminated by signal",
    "server processes",
    "Lock wait timeout",
    "out of memory",
    "could not write to file",
    "PANIC",
    "temporary file",
)
"""What PostgreSQL and MySQL write when they refuse, end or fail; from their error messages (PostgreSQL error codes
28P01, 53100, 53200, 53300, 57014, 57P01, 57P03, 40P01; MySQL 1040, 1205, 1213)."""
DATABASE_PATTERN = " ".join(f'?"{phrase}"' for phrase in PHRASES)


def application_group(runbook: Runbook) -> RawId:
    """The application's log group; "" if the runbook names none."""
    group = runbook.error_logs.log_group if runbook.error_logs else RawId("")
    return group or next((each.id for each in runbook.log_groups if each.kind == "application"), RawId(""))


def application_pattern(runbook: Runbook) -> str:
    """The filter pattern for errors of the application: the runbook's, and beside a single word of it the usual ones."""
    errors = runbook.error_logs
    own = errors.tail_pattern if errors and errors.log_group == application_group(runbook) else ""
    if own.isalnum():
        return " ".join(dict.fromkeys([f"?{own}", *ERRORS.split()]))
    return own or ERRORS


def database_group(runbook: Runbook) -> RawId:
    """The database's log group; "" if the runbook names none."""
    own = next((each.id for each in runbook.log_groups if each.kind == "database"), RawId(""))
    return own or (runbook.slow_queries.log_group if runbook.slow_queries else RawId(""))


REQUESTS = 18  # Most requests of a first wave of one service and one database, pages counted
Missing = Callable[[Runbook], str]  # Why something is not read with a runbook, in words; "" if it is


def _without(has: Callable[[Runbook], object], text: str) -> Missing:
    return lambda runbook: "" if has(runbook) else _(text)


_SERVICE = _without(lambda runbook: runbook.ecs, N_("The runbook names no ECS service ([ecs])."))
_DATABASE = _without(lambda runbook: runbook.rds, N_("The runbook names no database ([rds])."))
_PAIR = _without(
    lambda runbook: runbook.ecs and runbook.rds,
    N_("The runbook names no pair of an ECS service and a database."),
)
_METRICS = _without(
    lambda runbook: runbook.ecs or runbook.rds or runbook.alb or runbook.waf,
    N_("The runbook names nothing that publishes metrics."),
)
_APPLICATION_LOG = _without(application_group, N_("The runbook names no log group of the application."))
_DATABASE_LOG = _without(database_group, N_("The runbook names no log group of the database."))


@dataclass(frozen=True, slots=True)
class SourceSpec:
    title: str  # What it is, for people; English, translated when shown
    requests: int  # Requests that are set aside for it
    fields: tuple[str, ...]  # Those of IncidentEvidence that it fills
    calls: tuple[str, ...] = ()  # `service:Operation` as botocore names them, in the order of the calls
    missing: Missing = lambda _runbook: ""


SOURCES: Mapping[Source, SourceSpec] = {
    Source.SERVICE: SourceSpec(N_("ECS service"), 1, ("service",), ("ecs:DescribeServices",), _SERVICE),
    Source.TARGETS: SourceSpec(
        N_("Targets of the load balancer"), 1, ("targets",), ("elbv2:DescribeTargetHealth",), _SERVICE
    ),
    Source.TASKS: SourceSpec(
        N_("Tasks"), 3, ("stopped_tasks", "running_tasks"), ("ecs:ListTasks", "ecs:DescribeTasks"), _SERVICE
    ),
    Source.DEPLOYMENTS: SourceSpec(
        N_("Deployments"),
        2,
        ("deployments", "revisions"),
        ("ecs:ListServiceDeployments", "ecs:DescribeServiceRevisions"),
        _SERVICE,
    ),
    Source.SCALING: SourceSpec(
        N_("Scaling activities"),
        2,
        ("scaling", "policies", "policies_read", "activities"),
        (
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingActivities",
            "application-autoscaling:DescribeScalingPolicies",
        ),
        _SERVICE,
    ),
    Source.DATABASE: SourceSpec(N_("Database"), 1, ("database",), ("rds:DescribeDBInstances",), _DATABASE),
    Source.DATABASE_EVENTS: SourceSpec(
        N_("Events of the database"), 1, ("database_events",), ("rds:DescribeEvents",), _DATABASE
    ),
    Source.NETWORK: SourceSpec(
        N_("Security groups"), 1, ("network",), ("ec2:DescribeSecurityGroups",), _PAIR
    ),
    Source.METRICS: SourceSpec(
        N_("Metrics"), 2, ("series", "week_ago"), ("cloudwatch:GetMetricData",), _METRICS
    ),
    Source.TRAIL: SourceSpec(N_("CloudTrail"), 1, ("writes",), ("cloudtrail:LookupEvents",)),
    Source.TRAIL_GLOBAL: SourceSpec(
        N_("CloudTrail (us-east-1)"), 1, ("writes",), ("cloudtrail:LookupEvents",)
    ),
    Source.APPLICATION_LOG: SourceSpec(
        N_("Errors of the application"),
        1,
        ("application_errors",),
        ("logs:FilterLogEvents",),
        _APPLICATION_LOG,
    ),
    Source.DATABASE_LOG: SourceSpec(
        N_("Messages of the database"), 1, ("database_lines",), ("logs:FilterLogEvents",), _DATABASE_LOG
    ),
    Source.OWN_METRICS: SourceSpec(
        N_("Metrics of the alarm's own resource"),
        2,
        ("own_series",),
        ("cloudwatch:ListMetrics", "cloudwatch:GetMetricData"),
    ),
    Source.OWN_LOG: SourceSpec(
        N_("Log of the alarm's own resource"), 1, ("own_log",), ("logs:FilterLogEvents",)
    ),
    Source.ALARMS: SourceSpec(N_("Other alarms"), 0, ("together",)),
}
"""Every source, in the order in which people read them."""


Fields = Mapping[str, Any]
ReadWave = Callable[[Incident], Awaitable[IncidentEvidence]]
"""Reads the first wave about an incident; raises nothing but cancellation."""


@dataclass(frozen=True, slots=True)
class Answered:
    fields: Fields = field(default_factory=dict)
    cut: str = ""  # What of it was not read; "" if it is whole


@dataclass(frozen=True, slots=True)
class Outcome:
    reading: SourceReading
    fields: Fields = field(default_factory=dict)


class Unanswered(Exception):
    """A source was not asked, or cannot tell, and why; `problem` is that of another on which it depends."""

    def __init__(self, why: str, problem: Problem | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Wave:
    alarm: AlarmMoment
    runbook: Runbook
    region: str  # The region that the session reads
    service_name: str  # The ECS service that the alarm is about; "" if the runbook names none
    began: datetime
    outcome: Callable[[Source], Awaitable[Outcome]]  # The outcome of another source, once it is there
    alarms: AlarmOverview | None = None  # The newest reading of the alarms; None if there is none

    @property
    def service_names(self) -> tuple[str, str]:
        """(cluster, service)"""
        assert self.runbook.ecs is not None
        return self.runbook.ecs.cluster, self.service_name

    @property
    def instance(self) -> str:
        assert self.runbook.rds is not None
        return self.runbook.rds.instance
