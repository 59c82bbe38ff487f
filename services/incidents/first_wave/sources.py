"""What the first wave reads: each source with the AWS operations that it calls and what of the runbook it needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.i18n import N_, _
from services.incidents.first_wave.log_groups import application_group, database_group
from services.models.first_wave import Source
from services.models.runbook import Runbook

REQUESTS = 18
"""Most requests of a first wave of one service and one database, pages counted."""
Missing = Callable[[Runbook], str]
"""Why something is not read with a runbook, in words; "" if it is."""


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
    title: str
    """What it is, for people; English, translated when shown."""
    requests: int
    """Requests that are set aside for it."""
    fields: tuple[str, ...]
    """Those of IncidentEvidence that it fills."""
    calls: tuple[str, ...] = ()
    """`service:Operation` as botocore names them, in the order of the calls."""
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
