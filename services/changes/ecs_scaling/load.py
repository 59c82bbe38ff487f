"""What a service's last hour is drawn from: its metrics, and the values they are read against. Pure.

Source: CPUUtilization (Amazon ECS CloudWatch metrics): every running task sends one sample a minute, so their number is
the number of tasks. RunningTaskCount would need Container Insights, which AWS charges for.
"""

from collections.abc import Iterator

from services.changes.ecs_scaling.state import ScalingState
from services.changes.rds.load import bounds as limit_bounds
from services.i18n import _
from services.models.base import RawId
from services.models.metrics import Bound, MetricQuery
from services.models.runbook import Runbook

TASKS, CPU = "tasks", "cpu"
"""Ids of the curves."""
_NAMESPACE, _METRIC = RawId("AWS/ECS"), RawId("CPUUtilization")
MINUTE = 60
"""Seconds of a point."""


def load_queries(cluster: str, service: str) -> tuple[MetricQuery, ...]:
    """Running tasks, and the mean CPU over them, by the minute."""
    return (
        cpu_query(TASKS, cluster, service, "SampleCount", _("Running tasks")),
        cpu_query(CPU, cluster, service, "Average", _("CPU, mean")),
    )


def cpu_query(id: str, cluster: str, service: str, stat: str, label: str = "") -> MetricQuery:
    """A statistic of the CPU of the service's tasks, by the minute."""
    return MetricQuery(
        id=id,
        namespace=_NAMESPACE,
        metric=_METRIC,
        dimensions=((RawId("ClusterName"), RawId(cluster)), (RawId("ServiceName"), RawId(service))),
        stat=stat,
        period=MINUTE,
        label=RawId(label),
    )


def bounds(state: ScalingState, runbook: Runbook) -> tuple[Bound, ...]:
    """The maximum and the desired count; the CPU that Auto Scaling aims at, and the runbook's limit on it."""
    return (*_task_bounds(state), *_cpu_bounds(state, runbook))


def _task_bounds(state: ScalingState) -> Iterator[Bound]:
    desired, maximum = state.desired, state.target.maximum if state.target is not None else None
    if maximum is not None:
        text = _("desired = maximum {count}") if maximum == desired else _("maximum {count}")
        yield Bound(curve=TASKS, value=maximum, label=text.format(count=maximum))
    if state.service is not None and desired != maximum:
        yield Bound(curve=TASKS, value=desired, label=_("desired {count}").format(count=desired))


def _cpu_bounds(state: ScalingState, runbook: Runbook) -> Iterator[Bound]:
    if state.aim is not None:
        label = _("Scaling target {target}%").format(target=f"{state.aim:g}")
        yield Bound(curve=CPU, value=state.aim, label=label)
    yield from limit_bounds(runbook, _NAMESPACE)
