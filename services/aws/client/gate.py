"""The read-only gate: below every screen, on every client, before a request leaves the process.

The list is exact, never a prefix such as `Get*`: GetSecretValue and GetSessionToken are reads that leak.
`generate_presigned_url` makes no call and is therefore not seen here; nothing of ours uses it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from services.aws.client.errors import Refused
from services.aws.client.permits import NOWHERE, JournalLogStream, WriteGrant, permit_in_force
from services.clock import Clock
from services.i18n import _
from services.models.problem import Problem, ProblemKind

_BY_SERVICE: dict[str, tuple[str, ...]] = {
    "cloudwatch": (
        "DescribeAlarmContributors",
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
        "GetLogGroupFields",
        "GetQueryResults",
        "StartLiveTail",
        # A query reads; stopping one only ends what the console began.
        "StartQuery",
        "StopQuery",
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
    "iam": ("GetAccessKeyLastUsed", "GetAccountSummary", "ListAccessKeys", "ListUsers"),
    # Which regions are enabled; the second where the first is not allowed.
    "account": ("ListRegions",),
    "ec2": ("DescribeRegions",),
    "ce": ("GetCostAndUsage", "GetCostForecast"),
    "budgets": ("DescribeBudgets",),
    "cloudtrail": ("DescribeTrails", "GetTrailStatus", "LookupEvents"),
    "wafv2": (
        "GetLoggingConfiguration",
        "GetSampledRequests",
        "GetWebACL",
        "GetWebACLForResource",
        "ListWebACLs",
    ),
    # Athena writes what it finds to the workgroup's own place; the table it reads is not touched.
    "athena": (
        "GetQueryExecution",
        "GetQueryResults",
        "GetWorkGroup",
        "StartQueryExecution",
        "StopQueryExecution",
    ),
    "s3": ("ListObjectsV2",),
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


APPEND = ("logs", "PutLogEvents")
"""The one write that needs no permit: the journal's newest hash, to the stream that the runbook names."""

_PARAMS, _PERMIT = "toban_params", "toban_permit"
"""Keys of the SDK's request context."""


class Gate:
    """Handlers on the SDK's events that raise Refused for anything not listed, permitted or appended.

    A permitted request is compared as it is about to be serialized and again as it was serialized, so that
    nothing the SDK adds on the way (an idempotency token, say) leaves without having been confirmed.
    """

    def __init__(
        self,
        clock: Clock,
        allowed: Iterable[tuple[str, str]] = READS,
        journal: JournalLogStream = NOWHERE,
    ) -> None:
        self._clock = clock
        self._allowed = frozenset(allowed)
        self._journal = journal

    def attach(self, session: Any) -> None:
        """Listen on all of the session's clients, after the SDK's own handlers."""
        events = session.get_component("event_emitter")
        events.register_last("before-parameter-build", self._asked)
        events.register_last("before-call", self._judge)
        events.register_last("before-send", self._leaving)

    def _asked(self, params: Any, context: dict[str, Any], **_event: Any) -> None:
        context[_PARAMS] = params

    def _judge(self, model: Any, params: dict[str, Any], context: dict[str, Any], **_event: Any) -> None:
        """`model` is botocore's OperationModel, `params` the serialized request."""
        service, operation = str(model.service_model.service_name), str(model.name)
        parameters = context.get(_PARAMS)
        if (service, operation) in self._allowed or self._appends(service, operation, parameters):
            return
        permit = permit_in_force()
        if permit is None:
            raise self._refused(service, operation, _("The console refused to send {call}: it is read-only."))
        if not permit.fits(service, operation, parameters) or not _same(params, model, permit.call.params):
            raise self._refused(
                service, operation, _("The console refused to send {call}: it is not what was confirmed.")
            )
        permit.used = True
        context[_PERMIT] = permit

    def _appends(self, service: str, operation: str, params: object) -> bool:
        return (service, operation) == APPEND and self._journal.takes(params)

    def _leaving(self, request: Any, **_event: Any) -> None:
        """At every attempt; the SDK has retries of its own (S3's redirects) that no setting turns off."""
        permit: WriteGrant | None = (request.context or {}).get(_PERMIT)
        if permit is None:
            return
        if permit.sent:
            raise SentBefore("the request was sent once already")
        permit.sent = True

    def _refused(self, service: str, operation: str, text: str) -> Refused:
        return Refused(
            Problem(
                kind=ProblemKind.REFUSED,
                summary=text.format(call=f"{service}:{operation}"),
                service=service,
                operation=operation,
                at=self._clock.now(),
            )
        )


class SentBefore(ConnectionError):
    """The SDK wanted to send a permitted request a second time; what the first one did is not known."""


def _same(request: Mapping[str, Any], model: Any, params: dict[str, Any]) -> bool:
    """Whether `request`, as serialized, is what these parameters serialize to."""
    # Only where something is written: this module is loaded before the SDK is.
    from botocore.serialize import create_serializer

    serializer = create_serializer(model.service_model.resolved_protocol, include_validation=False)
    expected = serializer.serialize_to_request(params, model)
    return all(
        request.get(part) == expected.get(part) for part in ("method", "url_path", "query_string", "body")
    )
