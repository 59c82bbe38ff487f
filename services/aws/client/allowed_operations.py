"""The read-only gate: checks every request of every client before it leaves the process. The list is exact,
never a prefix such as `Get*`: GetSecretValue and GetSessionToken are reads that leak.
`generate_presigned_url` makes no call and therefore bypasses the gate; the console does not use it."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.aws.client.errors import Refused
from services.aws.client.write_grants import NOWHERE, AppendTarget, WriteGrant, permit_in_force
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
        "DescribeFieldIndexes",
        "DescribeLogGroups",
        "DescribeLogStreams",
        "DescribeQueries",
        "DescribeQueryDefinitions",
        "FilterLogEvents",
        "GetLogEvents",
        "GetLogGroupFields",
        # Never with `unmask`: masked data stays masked.
        "GetLogRecord",
        "GetQueryResults",
        "StartLiveTail",
        # A query only reads; StopQuery only ends queries that the console started.
        "StartQuery",
        "StopQuery",
        # Tries a pattern on messages that the request itself holds; nothing is created.
        "TestMetricFilter",
    ),
    "ecs": (
        "DescribeClusters",
        "DescribeServiceDeployments",
        "DescribeServiceRevisions",
        "DescribeServices",
        "DescribeTaskDefinition",
        "DescribeTasks",
        "ListServiceDeployments",
        "ListServices",
        "ListTaskDefinitions",
        "ListTasks",
    ),
    "elbv2": ("DescribeListeners", "DescribeLoadBalancers", "DescribeTargetGroups", "DescribeTargetHealth"),
    "application-autoscaling": (
        "DescribeScalableTargets",
        "DescribeScalingActivities",
        "DescribeScalingPolicies",
        "DescribeScheduledActions",
    ),
    "rds": (
        "DescribeDBInstanceAutomatedBackups",
        "DescribeDBInstances",
        "DescribeDBParameterGroups",
        "DescribeDBSnapshots",
        "DescribeDBSubnetGroups",
        "DescribeEvents",
        "DescribeOrderableDBInstanceOptions",
        "DescribePendingMaintenanceActions",
        "DescribeValidDBInstanceModifications",
    ),
    "acm": ("DescribeCertificate",),
    "pricing": ("GetProducts",),
    "iam": ("GetAccessKeyLastUsed", "GetAccountSummary", "ListAccessKeys", "ListUsers"),
    "service-quotas": ("GetAWSDefaultServiceQuota", "GetServiceQuota"),
    # Which regions are enabled; EC2 is the fallback where ListRegions is denied.
    "account": ("ListRegions",),
    "ec2": (
        "DescribeNetworkAcls",
        "DescribeRegions",
        "DescribeRouteTables",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcEndpoints",
    ),
    "ce": ("GetCostAndUsage", "GetCostForecast"),
    "budgets": ("DescribeBudgets",),
    "cloudfront": ("GetDistribution", "GetInvalidation", "ListInvalidations"),
    "cloudtrail": ("DescribeTrails", "GetTrailStatus", "LookupEvents"),
    "wafv2": (
        "GetLoggingConfiguration",
        "GetSampledRequests",
        "GetWebACL",
        "GetWebACLForResource",
        "ListWebACLs",
    ),
    # Athena writes results to the workgroup's own location; the table it reads is not modified.
    "athena": (
        "GetQueryExecution",
        "GetQueryResults",
        "GetWorkGroup",
        "StartQueryExecution",
        "StopQueryExecution",
    ),
    "s3": ("ListObjectsV2",),
    "sns": ("ListSubscriptionsByTopic",),
    "ssm": ("GetCalendarState",),
    # AssumeRole and the operations below only obtain the console's own credentials.
    "sts": ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"),
    "sso": ("GetRoleCredentials",),
    "sso-oidc": ("CreateToken",),
    "signin": ("CreateOAuth2Token",),
}

READS: frozenset[tuple[str, str]] = frozenset(
    (service, operation) for service, operations in _BY_SERVICE.items() for operation in operations
)
"""Every allowed read: (botocore's service name, API operation)."""

_PARAMS, _PERMIT = "toban_params", "toban_permit"  # Keys of the SDK's request context


class Gate:
    """SDK event handlers that raise Refused for anything but listed reads, granted writes and journal
    appends. A granted request is compared before and after serialization, so that nothing the SDK adds on the
    way (an idempotency token, for example) is sent without having been confirmed."""

    def __init__(
        self, clock: Clock, allowed: Iterable[tuple[str, str]] = READS, journal: AppendTarget = NOWHERE
    ) -> None:
        self._clock = clock
        self._allowed = frozenset(allowed)
        self._journal = journal

    def attach(self, session: Any) -> None:
        """Register on all of the session's clients, after the SDK's own handlers."""
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
        if (service, operation) in self._allowed or self._journal.accepts(service, operation, parameters):
            return
        permit = permit_in_force()
        if permit is None:
            raise self._refused(service, operation, _("The console refused to send {call}: it is read-only."))
        if not permit.matches(service, operation, parameters) or not _same(params, model, permit.call.params):
            raise self._refused(
                service, operation, _("The console refused to send {call}: it is not what was confirmed.")
            )
        permit.used = True
        context[_PERMIT] = permit

    def _leaving(self, request: Any, **_event: Any) -> None:
        """Runs before every attempt, once the request is signed: some of the SDK's retries (S3 redirects) cannot be
        disabled, and a process that was stopped while it signed must not send what another console has given up."""
        permit: WriteGrant | None = (request.context or {}).get(_PERMIT)
        if permit is None:
            return
        if permit.sent:
            raise SentBefore("the request was sent once already")
        if permit.is_overdue:
            call = permit.call
            raise self._refused(call.service, call.operation, too_late())
        if permit.mark:
            # First, because CloudTrail cuts a long user agent at its end. SigV4 signs this header in no request.
            agent = request.headers.get("User-Agent") or b""
            agent = agent.decode() if isinstance(agent, bytes) else agent
            request.headers["User-Agent"] = f"{permit.mark} {agent}".strip()
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


def too_late() -> str:
    return _("The request was not sent: too much time passed since it was confirmed; plan it again.")


class SentBefore(ConnectionError):
    """The SDK tried to send a granted request a second time; the outcome of the first attempt is unknown."""


def _same(request: Mapping[str, Any], model: Any, params: dict[str, Any]) -> bool:
    # Imported here because this module is loaded before the SDK; only writes need it.
    from botocore.serialize import create_serializer

    serializer = create_serializer(model.service_model.resolved_protocol, include_validation=False)
    expected = serializer.serialize_to_request(params, model)
    return all(
        request.get(part) == expected.get(part) for part in ("method", "url_path", "query_string", "body")
    )
