"""Source: CPUUtilization, FreeStorageSpace (Amazon RDS CloudWatch metrics)."""

from collections.abc import Iterator

from services.i18n import _
from services.models.base import RawId
from services.models.metrics import Bound, MetricQuery
from services.models.runbook import Runbook

CPU, FREE = "cpu", "free"  # Ids of the curves
NAMESPACE, CPU_METRIC, FREE_METRIC = RawId("AWS/RDS"), RawId("CPUUtilization"), RawId("FreeStorageSpace")
MINUTE = 60  # Seconds of a point


def load_queries(database: str) -> tuple[MetricQuery, ...]:
    return (
        database_query(CPU, database, CPU_METRIC, "Average", label=_("CPU")),
        database_query(FREE, database, FREE_METRIC, "Minimum", label=_("Free storage")),
    )


def database_query(
    id: str, database: str, metric: RawId, stat: str, *, period: int = MINUTE, label: str = ""
) -> MetricQuery:
    return MetricQuery(
        id=id,
        namespace=NAMESPACE,
        metric=metric,
        dimensions=((RawId("DBInstanceIdentifier"), RawId(database)),),
        stat=stat,
        period=period,
        label=RawId(label),
    )


def bounds(runbook: Runbook, namespace: RawId = NAMESPACE) -> Iterator[Bound]:
    limit = runbook.limit_for(namespace, CPU_METRIC)
    if limit is not None and limit.below is not None:
        label = _("limit < {value}", value=f"{limit.below:g}%")
        yield Bound(curve=CPU, value=limit.below, label=label, is_limit=True)
