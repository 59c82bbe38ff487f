"""What the first wave reads: each source with the AWS operations that it calls and what of the runbook it needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.i18n import N_, _
from services.incidents.first_wave.log_groups import application_group, database_group
from services.models.first_wave import Source
from services.models.runbook import Runbook

Has = Callable[[Runbook], bool]

REQUESTS = 18
"""Most requests of a first wave of one service and one database, pages counted."""
NO_SERVICE = N_("The runbook names no ECS service ([ecs]).")
NO_DATABASE = N_("The runbook names no database ([rds]).")
NO_APPLICATION_LOG = N_("The runbook names no log group of the application.")
NO_DATABASE_LOG = N_("The runbook names no log group of the database.")


def _always(_runbook: Runbook) -> bool:
    return True


def _has_service(runbook: Runbook) -> bool:
    return runbook.ecs is not None


def _has_database(runbook: Runbook) -> bool:
    return runbook.rds is not None


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One source."""

    title: str
    """What it is, for people; English, translated when shown."""
    calls: tuple[str, ...]
    """`service:Operation` as botocore names them, in the order of the calls."""
    requests: int
    """Requests that are set aside for it."""
    has: Has = _always
    """Whether the runbook names what is read."""
    lacking: str = ""
    """What the runbook lacks otherwise; English, translated when shown."""

    def missing(self, runbook: Runbook) -> str:
        """Why it is not read with this runbook; "" if it is."""
        return "" if self.has(runbook) else _(self.lacking)


SOURCES: Mapping[Source, SourceSpec] = {
    Source.SERVICE: SourceSpec(N_("ECS service"), ("ecs:DescribeServices",), 1, _has_service, NO_SERVICE),
    Source.TARGETS: SourceSpec(
        N_("Targets of the load balancer"), ("elbv2:DescribeTargetHealth",), 1, _has_service, NO_SERVICE
    ),
    Source.TASKS: SourceSpec(
        N_("Tasks"), ("ecs:ListTasks", "ecs:DescribeTasks"), 3, _has_service, NO_SERVICE
    ),
    Source.DEPLOYMENTS: SourceSpec(
        N_("Deployments"),
        ("ecs:ListServiceDeployments", "ecs:DescribeServiceRevisions"),
        2,
        _has_service,
        NO_SERVICE,
    ),
    Source.SCALING: SourceSpec(
        N_("Scaling activities"),
        (
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingActivities",
            "application-autoscaling:DescribeScalingPolicies",
        ),
        2,
        _has_service,
        NO_SERVICE,
    ),
    Source.DATABASE: SourceSpec(N_("Database"), ("rds:DescribeDBInstances",), 1, _has_database, NO_DATABASE),
    Source.DATABASE_EVENTS: SourceSpec(
        N_("Events of the database"), ("rds:DescribeEvents",), 1, _has_database, NO_DATABASE
    ),
    Source.NETWORK: SourceSpec(
        N_("Security groups"),
        ("ec2:DescribeSecurityGroups",),
        1,
        lambda runbook: _has_service(runbook) and _has_database(runbook),
        N_("The runbook names no pair of an ECS service and a database."),
    ),
    Source.METRICS: SourceSpec(
        N_("Metrics"),
        ("cloudwatch:GetMetricData",),
        2,
        lambda runbook: bool(runbook.ecs or runbook.rds or runbook.alb or runbook.waf),
        N_("The runbook names nothing that publishes metrics."),
    ),
    Source.TRAIL: SourceSpec(N_("CloudTrail"), ("cloudtrail:LookupEvents",), 1),
    Source.TRAIL_GLOBAL: SourceSpec(N_("CloudTrail (us-east-1)"), ("cloudtrail:LookupEvents",), 1),
    Source.APPLICATION_LOG: SourceSpec(
        N_("Errors of the application"),
        ("logs:FilterLogEvents",),
        1,
        lambda runbook: bool(application_group(runbook)),
        NO_APPLICATION_LOG,
    ),
    Source.DATABASE_LOG: SourceSpec(
        N_("Messages of the database"),
        ("logs:FilterLogEvents",),
        1,
        lambda runbook: bool(database_group(runbook)),
        NO_DATABASE_LOG,
    ),
    Source.OWN_METRICS: SourceSpec(
        N_("Metrics of the alarm's own resource"),
        ("cloudwatch:ListMetrics", "cloudwatch:GetMetricData"),
        2,
    ),
    Source.OWN_LOG: SourceSpec(N_("Log of the alarm's own resource"), ("logs:FilterLogEvents",), 1),
    Source.ALARMS: SourceSpec(N_("Other alarms"), (), 0),
}
"""Every source, in the order in which people read them."""
