"""Cheap real reads that show which of a runbook's reads are allowed: free of charge, small, and of every
service. What has no entry here is not tried: AWS charges for it (`ce`, `s3`, GetMetricData, queries), or it
needs the id of something that only another read gives. IAM's own simulator would need permissions that no
console has."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.aws.client.prices import is_charged
from services.models.runbook import Runbook
from services.policy.arns import Arns
from services.policy.declared import Operation

Params = dict[str, Any]
GROUPS = 3
"""Log groups of which events are read: an account may send five such requests a second, which all consoles share."""
_MINUTES = 5
GLOBAL = "us-east-1"  # The region of services that have one alone, and of what concerns CloudFront


@dataclass(frozen=True, slots=True)
class Probe:
    service: str  # As botocore names it
    operation: str
    params: Params = field(default_factory=dict)
    region: str | None = None  # None: the console's own


@dataclass(frozen=True, slots=True)
class _Scope:
    runbook: Runbook
    arns: Arns
    now: datetime


Sets = Callable[[_Scope], Iterable[Params]]


def _always(**params: Any) -> Sets:
    return lambda _scope: (params,)


def _cluster(scope: _Scope) -> Iterable[Params]:
    ecs = scope.runbook.ecs
    return () if ecs is None else ({"cluster": str(ecs.cluster)},)


def _services(scope: _Scope) -> Iterable[Params]:
    ecs = scope.runbook.ecs
    if ecs is not None and ecs.services:
        yield {"cluster": str(ecs.cluster), "services": [str(name) for name in ecs.services[:10]]}


def _first_service(scope: _Scope) -> Iterable[Params]:
    ecs = scope.runbook.ecs
    if ecs is not None and ecs.services:
        yield {"cluster": str(ecs.cluster), "service": str(ecs.services[0])}


def _instance(scope: _Scope) -> Iterable[Params]:
    rds = scope.runbook.rds
    return () if rds is None else ({"DBInstanceIdentifier": str(rds.instance)},)


def _events_of_instance(scope: _Scope) -> Iterable[Params]:
    rds = scope.runbook.rds
    if rds is not None:
        yield {"SourceType": "db-instance", "SourceIdentifier": str(rds.instance), "MaxRecords": 20}


def _distribution(key: str) -> Sets:
    def params(scope: _Scope) -> Iterable[Params]:
        cdn = scope.runbook.cdn
        return () if cdn is None else ({key: str(cdn.distribution)},)

    return params


def _dashboard(scope: _Scope) -> Iterable[Params]:
    dashboard = scope.runbook.dashboard
    return () if dashboard is None else ({"DashboardName": str(dashboard.name)},)


def _groups(scope: _Scope) -> list[str]:
    return [str(group.id) for group in scope.runbook.log_groups]


def _first_group(scope: _Scope) -> Iterable[Params]:
    return ({"logGroupName": name, "limit": 1} for name in _groups(scope)[:1])


def _events(scope: _Scope) -> Iterable[Params]:
    start = int((scope.now - timedelta(minutes=_MINUTES)).timestamp() * 1000)
    return ({"logGroupName": name, "startTime": start, "limit": 1} for name in _groups(scope)[:GROUPS])


def _users(scope: _Scope) -> Iterable[Params]:
    keys = scope.runbook.access_keys
    return ({"UserName": str(name), "MaxItems": 1} for name in (keys.users[:1] if keys else ()))


def _workgroup(scope: _Scope) -> Iterable[Params]:
    waf = scope.runbook.waf
    return ({"WorkGroup": str(waf.workgroup)},) if waf and waf.workgroup else ()


def _web_acls(scope: _Scope) -> Iterable[Params]:
    waf = scope.runbook.waf
    return () if waf is None else ({"Scope": waf.scope.upper(), "Limit": 1},)


def _calendar(scope: _Scope) -> Iterable[Params]:
    calendar = scope.runbook.change_calendar
    return () if calendar is None else ({"CalendarNames": [str(calendar.name)]},)


_ECS = {"ServiceNamespace": "ecs", "MaxResults": 1}
_EC2 = ("NetworkAcls", "RouteTables", "SecurityGroups", "Subnets", "VpcEndpoints")
READS: Mapping[Operation, Sets] = {
    ("account", "ListRegions"): _always(MaxResults=1),
    ("application-autoscaling", "DescribeScalableTargets"): _always(**_ECS),
    ("application-autoscaling", "DescribeScalingActivities"): _always(**_ECS),
    ("application-autoscaling", "DescribeScalingPolicies"): _always(**_ECS),
    ("application-autoscaling", "DescribeScheduledActions"): _always(**_ECS),
    ("athena", "GetWorkGroup"): _workgroup,
    ("budgets", "DescribeBudgets"): lambda scope: ({"AccountId": scope.arns.account, "MaxResults": 1},),
    ("cloudfront", "GetDistribution"): _distribution("Id"),
    ("cloudfront", "ListInvalidations"): _distribution("DistributionId"),
    ("cloudtrail", "DescribeTrails"): _always(),
    ("cloudtrail", "LookupEvents"): _always(MaxResults=1),
    ("cloudwatch", "DescribeAlarmHistory"): _always(MaxRecords=1),
    ("cloudwatch", "DescribeAlarms"): _always(MaxRecords=100),
    ("cloudwatch", "GetDashboard"): _dashboard,
    ("cloudwatch", "ListAlarmMuteRules"): _always(MaxRecords=1),
    ("ec2", "DescribeRegions"): _always(),
    **{("ec2", f"Describe{name}"): _always(MaxResults=5) for name in _EC2},
    ("ecs", "DescribeServices"): _services,
    ("ecs", "ListServiceDeployments"): _first_service,
    ("ecs", "ListTasks"): _cluster,
    ("elbv2", "DescribeListeners"): lambda scope: (
        (
            {
                "LoadBalancerArn": scope.arns.arn(
                    "elasticloadbalancing", f"loadbalancer/{scope.runbook.alb.load_balancer}"
                )
            },
        )
        if scope.runbook.alb and scope.runbook.alb.load_balancer
        else ()
    ),
    ("elbv2", "DescribeTargetHealth"): lambda scope: (
        ({"TargetGroupArn": scope.arns.arn("elasticloadbalancing", str(scope.runbook.alb.target_group))},)
        if scope.runbook.alb and scope.runbook.alb.target_group
        else ()
    ),
    ("iam", "GetAccountSummary"): _always(),
    ("iam", "ListAccessKeys"): _users,
    ("iam", "ListUsers"): _always(MaxItems=1),
    ("logs", "DescribeLogGroups"): _always(limit=1),
    ("logs", "DescribeLogStreams"): _first_group,
    ("logs", "DescribeQueryDefinitions"): _always(maxResults=1),
    ("logs", "FilterLogEvents"): _events,
    ("pricing", "GetProducts"): _always(ServiceCode="AmazonRDS", MaxResults=1),
    ("rds", "DescribeDBInstanceAutomatedBackups"): _instance,
    ("rds", "DescribeDBInstances"): _instance,
    ("rds", "DescribeDBSnapshots"): _instance,
    ("rds", "DescribeEvents"): _events_of_instance,
    ("rds", "DescribePendingMaintenanceActions"): _always(),
    ("service-quotas", "GetServiceQuota"): _always(ServiceCode="fargate", QuotaCode="L-3032A538"),
    ("ssm", "GetCalendarState"): _calendar,
    ("wafv2", "ListWebACLs"): _web_acls,
}
"""The parameters of each read: none where the runbook names nothing to read, several where each names something else."""
_GLOBAL = frozenset({"account", "budgets", "pricing"})
NONE_FREE = frozenset({"ce", "s3"})  # Services of which every read is charged


def probes(calls: Iterable[Operation], runbook: Runbook, region: str, now: datetime) -> tuple[Probe, ...]:
    """The reads to try out of those that the runbook needs, ordered by service; never one that AWS charges for."""
    scope = _Scope(runbook, Arns(runbook, region), now)
    return tuple(
        Probe(service, operation, params, region_of(service, params))
        for service, operation in sorted(calls)
        if (service, operation) in READS and not is_charged(service, operation)
        for params in READS[service, operation](scope)
    )


def region_of(service: str, params: Params) -> str | None:
    return GLOBAL if service in _GLOBAL or params.get("Scope") == "CLOUDFRONT" else None
