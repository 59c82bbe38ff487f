"""What an alarm is about: the runbook's own system, or another resource, of which the system's causes say
nothing. Source: "Services that publish CloudWatch metrics" (Amazon CloudWatch user guide); each service's own
guide for the names of log groups and event sources."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.models.base import RawId
from services.models.cloudtrail import TrailEvent
from services.models.first_wave import AlarmMoment
from services.models.metrics import MetricQuery
from services.models.runbook import Runbook

_LOGS = {
    "AWS/Lambda": ("FunctionName", "/aws/lambda/{name}"),
    "AWS/RDS": ("DBInstanceIdentifier", "/aws/rds/instance/{name}/postgresql"),
}
"""The dimension that names a resource with a log, and its log group."""
_EVENT_SOURCES = {
    **dict.fromkeys(("ApplicationELB", "NetworkELB", "GatewayELB", "ELB"), "elasticloadbalancing"),
    **dict.fromkeys(("EBS", "NATGateway"), "ec2"),
    **dict.fromkeys(("DocDB", "Neptune"), "rds"),
    "EFS": "elasticfilesystem",
}
"""The event source of a namespace's service, where it is not the namespace's own name."""
_NODE = re.compile(r"(?:-\d{4})?-\d{3}$")
"""What a node of ElastiCache adds to the name of its group, which is what people change."""
_PLACES = ("AvailabilityZone", "Region", "Stage", "Role", "ClientId")  # Dimensions that name no resource
_SERVICES = ("AWS/ECS", "ECS/ContainerInsights")


@dataclass(frozen=True, slots=True)
class Subject:
    """The resource that an alarm watches: that of its first metric."""

    queries: tuple[MetricQuery, ...]  # The alarm's own; the first one has a metric

    @property
    def first(self) -> MetricQuery:
        return self.queries[0]

    @property
    def title(self) -> str:
        """`AWS/ElastiCache facility-cache-001`"""
        return " ".join((self.first.namespace, *(value for _name, value in self.first.dimensions)))

    @property
    def names(self) -> frozenset[str]:
        values = {
            str(value) for name, value in self.first.dimensions if name not in _PLACES and not value.isdigit()
        }
        parts = {value.split("/")[1] for value in values if value.count("/") == 2}
        groups = {_NODE.sub("", value) for value in values if self.first.namespace == "AWS/ElastiCache"}
        return frozenset(values | parts | groups)

    def log_group(self, alarm: AlarmMoment, runbook: Runbook) -> str:
        """The log group that the runbook names for its alarm, or else the one that its service writes; "" for none."""
        if named := next((str(each.log_group) for each in runbook.alarms if each.name == alarm.id), ""):
            return named
        dimension, group = _LOGS.get(self.first.namespace, ("", ""))
        name = dict(self.first.dimensions).get(RawId(dimension), "")
        return group.format(name=name) if name else ""

    def is_touched_by(self, event: TrailEvent) -> bool:
        service = self.first.namespace.rpartition("/")[2]
        sources = (_EVENT_SOURCES.get(service, service.lower()), "application-autoscaling")
        ids = (*event.resources, *event.touched)
        # A listener's ARN goes on after its load balancer's name, which has slashes itself.
        is_named = any(
            id == name or id.endswith((f"/{name}", f":{name}")) or ("/" in name and f"/{name}/" in id)
            for id in ids
            for name in self.names
        )
        return is_named and event.source.partition(".")[0] in sources


def queries_of(alarm: AlarmMoment) -> tuple[MetricQuery, ...]:
    queries = alarm.queries
    if not queries and alarm.metric:
        queries = (
            MetricQuery(id="m1", namespace=alarm.namespace, metric=alarm.metric, dimensions=alarm.dimensions),
        )
    ordered = tuple(sorted(queries, key=lambda query: not query.metric))
    return ordered if ordered and ordered[0].metric else ()


def stranger_of(alarm: AlarmMoment, runbook: Runbook) -> Subject | None:
    queries = queries_of(alarm)
    is_own = any(_is_own(query, alarm, runbook) for query in queries if query.metric)
    return Subject(queries) if queries and not is_own else None


def _is_own(query: MetricQuery, alarm: AlarmMoment, runbook: Runbook) -> bool:
    names = _own_names(runbook).get(str(query.namespace))
    if names is not None:
        return all(value in names[name] for name, value in query.dimensions if any(names.get(name, ())))
    # Metrics of the application's own are the system's where the runbook names their alarm.
    is_of_aws = query.namespace.startswith("AWS/") or query.namespace in _SERVICES
    return not is_of_aws and any(each.name == alarm.id for each in runbook.alarms)


def _own_names(runbook: Runbook) -> Mapping[str, Mapping[str, tuple[str, ...]] | None]:
    """By namespace, what each dimension says of the runbook's own resources; "" where the runbook leaves it open."""
    alb, ecs, rds, cdn, waf = runbook.alb, runbook.ecs, runbook.rds, runbook.cdn, runbook.waf
    service = {"ClusterName": (ecs.cluster,), "ServiceName": tuple(map(str, ecs.services))} if ecs else None
    cluster = rds.instance if rds and not rds.engine.startswith("aurora") else ""
    return {
        **dict.fromkeys(_SERVICES, service),
        "AWS/ApplicationELB": {"LoadBalancer": (alb.load_balancer,), "TargetGroup": (alb.target_group,)} if alb else None,
        "AWS/RDS": {"DBInstanceIdentifier": (rds.instance,), "DBClusterIdentifier": (cluster,)} if rds else None,
        "AWS/CloudFront": {"DistributionId": (cdn.distribution,)} if cdn else None,
        "AWS/WAFV2": {"WebACL": (str(waf.web_acl),)} if waf else None,
    }  # fmt: skip
