"""What an alarm is about: the runbook's own system, or another resource, which the causes of the system say nothing about.

Source: "Services that publish CloudWatch metrics" (Amazon CloudWatch user guide); the names of log groups and of event
sources: each service's own guide.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.models.base import RawId
from services.models.cloudtrail import TrailEvent
from services.models.first_wave import AlarmMoment
from services.models.metrics import MetricQuery
from services.models.runbook import Runbook

_LOGS = {
    "AWS/Lambda": ("FunctionName", "/aws/lambda/{name}"),
    "AWS/RDS": ("DBInstanceIdentifier", "/aws/rds/instance/{name}/postgresql"),
    "AWS/CodeBuild": ("ProjectName", "/aws/codebuild/{name}"),
    "AWS/Glue": ("JobName", "/aws-glue/jobs/error"),
}
"""The dimension that names a resource with a log, and its log group."""
_EVENT_SOURCES = {
    "ApplicationELB": "elasticloadbalancing",
    "NetworkELB": "elasticloadbalancing",
    "GatewayELB": "elasticloadbalancing",
    "ELB": "elasticloadbalancing",
    "DocDB": "rds",
    "Neptune": "rds",
    "EBS": "ec2",
    "NATGateway": "ec2",
    "EFS": "elasticfilesystem",
}
"""The event source of a namespace's service, where it is not the namespace's own name."""
_SERVICES = ("AWS/ECS", "ECS/ContainerInsights")
"""The namespaces with metrics of ECS services."""
_SHARED = frozenset({"AvailabilityZone", "Region", "Resource", "Rule", "Stage", "Role", "ClientId"})
"""Dimensions that name no resource."""
_SCALING = "application-autoscaling"
_NODE = re.compile(r"(?:-\d{4})?-\d{3}$")
"""What a node of ElastiCache adds to the name of its group, which is what people change."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The resource that an alarm watches."""

    namespace: str
    dimensions: tuple[tuple[RawId, RawId], ...] = ()

    @property
    def title(self) -> str:
        """`AWS/ElastiCache facility-cache-001`"""
        return " ".join((self.namespace, *(value for _name, value in self.dimensions)))

    @property
    def names(self) -> frozenset[str]:
        """What requests call it, and the group that it belongs to."""
        values = {
            str(value) for name, value in self.dimensions if name not in _SHARED and not value.isdigit()
        }
        parts = {value.split("/")[1] for value in values if value.count("/") == 2}
        groups = {_NODE.sub("", value) for value in values if self.namespace == "AWS/ElastiCache"}
        return frozenset(values | parts | groups)

    @property
    def log_group(self) -> str:
        """The log group that its service writes; "" if there is none, or its name cannot be told."""
        dimension, group = _LOGS.get(self.namespace, ("", ""))
        name = dict(self.dimensions).get(RawId(dimension), "")
        return group.format(name=name) if name else ""

    def is_touched_by(self, event: TrailEvent) -> bool:
        """Whether a write names it."""
        service = self.namespace.rpartition("/")[2]
        source = event.source.partition(".")[0]
        if source not in (_EVENT_SOURCES.get(service, service.lower()), _SCALING):
            return False
        ids = (*event.resources, *getattr(event, "touched", ()))
        return any(
            id == name or re.search(rf"[/:]{re.escape(name)}$", id) for id in ids for name in self.names
        )


def subject_of(alarm: AlarmMoment) -> Subject | None:
    """The resource of the first metric that an alarm watches; None for a composite alarm, one on a log or a search."""
    return next((Subject(query.namespace, query.dimensions) for query in _metrics(alarm)), None)


def stranger_of(alarm: AlarmMoment, runbook: Runbook) -> Subject | None:
    """The resource that an alarm watches, if it is none of the runbook's; None if it is, or cannot be told."""
    subjects = [Subject(query.namespace, query.dimensions) for query in _metrics(alarm)]
    if not subjects or any(_is_own(subject, alarm, runbook) for subject in subjects):
        return None
    return subjects[0]


def _metrics(alarm: AlarmMoment) -> Iterator[MetricQuery]:
    yield from (query for query in alarm.queries if query.metric)
    if not alarm.queries and alarm.namespace:
        yield MetricQuery(
            id="own", namespace=alarm.namespace, metric=alarm.metric, dimensions=alarm.dimensions
        )


def _is_own(subject: Subject, alarm: AlarmMoment, runbook: Runbook) -> bool:
    """Whether the runbook has such a resource, and no dimension names another one."""
    own = _own_names(runbook)
    names = own.get(subject.namespace)
    if names is None:
        # Metrics of the application's own are the system's where the runbook names their alarm.
        is_of_aws = subject.namespace.startswith("AWS/") or subject.namespace in _SERVICES
        return not is_of_aws and any(each.name == alarm.id for each in runbook.alarms)
    return all(value in names[name] for name, value in subject.dimensions if names.get(name))


def _own_names(runbook: Runbook) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """By namespace, the names that each dimension has for what the runbook names; () for one that it leaves open."""
    own: dict[str, Mapping[str, tuple[str, ...]]] = {}
    alb, ecs, rds, cdn, waf = runbook.alb, runbook.ecs, runbook.rds, runbook.cdn, runbook.waf
    if alb:
        own["AWS/ApplicationELB"] = {
            "LoadBalancer": tuple(filter(None, (alb.load_balancer,))),
            "TargetGroup": tuple(filter(None, (alb.target_group,))),
        }
    if ecs:
        names = {"ClusterName": (ecs.cluster,), "ServiceName": tuple(map(str, ecs.services))}
        own |= dict.fromkeys(_SERVICES, names)
    if rds:
        is_cluster = rds.engine.startswith("aurora")
        own["AWS/RDS"] = {
            "DBInstanceIdentifier": (rds.instance,),
            "DBClusterIdentifier": () if is_cluster else (rds.instance,),
        }
    if cdn:
        own["AWS/CloudFront"] = {"DistributionId": (cdn.distribution,)}
    if waf:
        own["AWS/WAFV2"] = {"WebACL": tuple(filter(None, (waf.web_acl,)))}
    return own


def namespaces_of(alarm: AlarmMoment) -> set[str]:
    """The namespaces of the metrics that an alarm watches."""
    return {str(query.namespace) for query in _metrics(alarm)}
