"""The built-in dashboard for accounts without one, generated from the runbook's targets. Metric names,
dimensions and units: "CloudWatch metrics" pages of Amazon ECS, Elastic Load Balancing and Amazon RDS."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.i18n import _
from services.models.base import RawId
from services.models.dashboards import Axis, Dashboard, MetricWidget, Trace
from services.models.metrics import MetricQuery
from services.models.runbook import Ecs, LoadBalancer, Rds, Runbook

PERIOD = 300
FREE = Axis()
FROM_ZERO = Axis(min=0)
Dimensions = tuple[tuple[RawId, RawId], ...]


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    traces: tuple[Trace, ...]
    left: Axis = FROM_ZERO
    right: Axis = FREE


def builtin_dashboard(runbook: Runbook) -> Dashboard:
    panels = [*_ecs(runbook.ecs), *_alb(runbook.alb), *_rds(runbook.rds), *_network(runbook)]
    widgets = tuple(
        MetricWidget(
            key=str(index),
            x=12 * (index % 2),
            y=6 * (index // 2),
            width=12,
            height=6,
            title=panel.title,
            traces=panel.traces,
            period=PERIOD,
            left=panel.left,
            right=panel.right,
        )
        for index, panel in enumerate(panels)
    )
    remark = _("The account has no such dashboard; this one is built from the runbook's targets.")
    return Dashboard(
        name=runbook.dashboard.name if runbook.dashboard else runbook.system.title,
        builtin=True,
        widgets=widgets,
        remarks=(remark,),
    )


def _ecs(ecs: Ecs | None) -> Iterator[_Panel]:
    if ecs is None:
        return
    curves = []
    for number, service in enumerate(ecs.services, 1):
        at = _at(ClusterName=ecs.cluster, ServiceName=service)
        curves += [
            _metric(f"cpu{number}", "AWS/ECS", "CPUUtilization", at, label=f"{service} CPU"),
            _metric(f"memory{number}", "AWS/ECS", "MemoryUtilization", at, label=f"{service} Memory"),
        ]
    yield _Panel("ECS CPU & Memory", tuple(curves), Axis(min=0, max=100, label="%"))


def _alb(alb: LoadBalancer | None) -> Iterator[_Panel]:
    if alb is None or not alb.load_balancer:
        return
    at = _at(LoadBalancer=alb.load_balancer)

    def count(name: str, metric: str) -> Trace:
        return _metric(name, "AWS/ApplicationELB", metric, at, stat="Sum", visible=False)

    # Error counts are reported only when non-zero, and RequestCount excludes requests for which no target could
    # be chosen, so a plain ratio would hide a total outage.
    yield _Panel(
        "ALB 5xx",
        (
            count("elb", "HTTPCode_ELB_5XX_Count"),
            count("target", "HTTPCode_Target_5XX_Count"),
            count("requests", "RequestCount"),
            _math("failed", "FILL(elb, 0) + FILL(target, 0)", visible=False),
            _math("all", "FILL(requests, 0) + FILL(elb, 0)", visible=False),
            _math("rate", "IF(all > 0, 100 * failed / all, 0)", label="5xx %"),
            _math("shown", "FILL(requests, 0)", label="RequestCount", right=True),
        ),
        Axis(min=0, label="%"),
        FROM_ZERO,
    )
    yield _Panel(
        "ALB Performance",
        (
            _metric("p95", "AWS/ApplicationELB", "TargetResponseTime", at, stat="p95", label="latency p95"),
            _metric("mean", "AWS/ApplicationELB", "TargetResponseTime", at, label="latency"),
        ),
        Axis(min=0, label="s"),
    )


def _rds(rds: Rds | None) -> Iterator[_Panel]:
    if rds is None:
        return
    at = _at(DBInstanceIdentifier=rds.instance)
    yield _Panel(
        "RDS Performance",
        (
            _metric("cpu", "AWS/RDS", "CPUUtilization", at, label="CPU %"),
            _metric("connections", "AWS/RDS", "DatabaseConnections", at, label="connections", right=True),
        ),
        Axis(min=0, max=100, label="%"),
        FROM_ZERO,
    )
    yield _Panel(
        "RDS FreeStorageSpace",
        (_metric("free", "AWS/RDS", "FreeStorageSpace", at, stat="Minimum", label="free storage"),),
        Axis(min=0, label="bytes"),
    )


def _network(runbook: Runbook) -> Iterator[_Panel]:
    curves: list[Trace] = []
    if runbook.alb is not None and runbook.alb.load_balancer:
        at = _at(LoadBalancer=runbook.alb.load_balancer)
        curves.append(
            _metric("alb", "AWS/ApplicationELB", "ProcessedBytes", at, stat="Sum", label="ALB bytes")
        )
    if runbook.rds is not None:
        at = _at(DBInstanceIdentifier=runbook.rds.instance)
        for name, metric in (("received", "NetworkReceiveThroughput"), ("sent", "NetworkTransmitThroughput")):
            curves.append(_metric(name, "AWS/RDS", metric, at, label=f"RDS {name} bytes/s", right=True))
    if curves:
        yield _Panel("Network", tuple(curves), Axis(min=0, label="bytes"), Axis(min=0, label="bytes/s"))


def _at(**dimensions: str) -> Dimensions:
    return tuple((RawId(name), RawId(value)) for name, value in dimensions.items())


def _metric(
    name: str,
    namespace: str,
    metric: str,
    dimensions: Dimensions,
    *,
    stat: str = "Average",
    label: str = "",
    visible: bool = True,
    right: bool = False,
) -> Trace:
    query = MetricQuery(
        id=name,
        namespace=RawId(namespace),
        metric=RawId(metric),
        dimensions=dimensions,
        stat=stat,
        period=PERIOD,
        label=RawId(label),
        visible=visible,
    )
    return Trace(query=query, right=right)


def _math(name: str, expression: str, *, label: str = "", visible: bool = True, right: bool = False) -> Trace:
    query = MetricQuery(
        id=name, expression=RawId(expression), period=PERIOD, label=RawId(label), visible=visible
    )
    return Trace(query=query, right=right)
