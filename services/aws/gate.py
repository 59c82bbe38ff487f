"""The read-only gate: below every screen, on every client, before a request leaves the process.

The list is exact, never a prefix such as `Get*`: GetSecretValue and GetSessionToken are reads that leak.
`generate_presigned_url` makes no call and is therefore not seen here; nothing of ours uses it.
"""

from collections.abc import Iterable
from typing import Any

from services.aws.errors import Refused
from services.clock import Clock
from services.i18n import _
from services.models.problem import Problem, ProblemKind

_BY_SERVICE: dict[str, tuple[str, ...]] = {
    "cloudwatch": (
        "DescribeAlarmHistory",
        "DescribeAlarms",
        "DescribeAlarmsForMetric",
        "GetAlarmMuteRule",
        "GetDashboard",
        "GetMetricData",
        "GetMetricStatistics",
        "ListAlarmMuteRules",
        "ListDashboards",
        "ListMetrics",
    ),
    "logs": (
        "DescribeLogGroups",
        "DescribeLogStreams",
        "FilterLogEvents",
        "GetLogEvents",
        "StartLiveTail",
    ),
    "ecs": (
        "DescribeClusters",
        "DescribeServiceDeployments",
        "DescribeServices",
        "DescribeTaskDefinition",
        "DescribeTasks",
        "ListServiceDeployments",
        "ListServices",
        "ListTasks",
    ),
    "elbv2": (
        "DescribeListeners",
        "DescribeLoadBalancers",
        "DescribeTargetGroups",
        "DescribeTargetHealth",
    ),
    "application-autoscaling": (
        "DescribeScalableTargets",
        "DescribeScalingActivities",
        "DescribeScalingPolicies",
        "DescribeScheduledActions",
    ),
    "rds": (
        "DescribeDBInstances",
        "DescribeDBSnapshots",
        "DescribeEvents",
        "DescribePendingMaintenanceActions",
    ),
    # AssumeRole and the two below it only obtain the console's own credentials.
    "sts": ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"),
    "sso": ("GetRoleCredentials",),
    "sso-oidc": ("CreateToken",),
    "signin": ("CreateOAuth2Token",),
}

READS: frozenset[tuple[str, str]] = frozenset(
    (service, operation) for service, operations in _BY_SERVICE.items() for operation in operations
)
"""Every (service as botocore names it, API operation) that may leave the process."""


class Gate:
    """A `before-call` handler that raises Refused for anything not listed."""

    def __init__(self, clock: Clock, allowed: Iterable[tuple[str, str]] = READS) -> None:
        self._clock = clock
        self._allowed = frozenset(allowed)

    def __call__(self, model: Any, **_event: Any) -> None:
        """`model` is botocore's OperationModel."""
        service, operation = str(model.service_model.service_name), str(model.name)
        if (service, operation) not in self._allowed:
            raise Refused(
                Problem(
                    kind=ProblemKind.REFUSED,
                    summary=_("The console refused to send {call}: it is read-only.").format(
                        call=f"{service}:{operation}"
                    ),
                    service=service,
                    operation=operation,
                    at=self._clock.now(),
                )
            )
