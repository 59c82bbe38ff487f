"""Which metrics a resource publishes.

Source: ListMetrics (Amazon CloudWatch API reference): metrics with all of the given dimensions, and maybe others.
"""

from services.aws.client.reader import Reader, rows
from services.models.base import RawId

Dimensions = tuple[tuple[RawId, RawId], ...]


async def metric_names(session: Reader, namespace: str, dimensions: Dimensions) -> tuple[RawId, ...]:
    """The names of the metrics with just these dimensions that had data in the last three hours, of one page.

    Raises AwsError.
    """
    answer = await session.read(
        "cloudwatch",
        "ListMetrics",
        required=("Metrics",),
        Namespace=namespace,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions],
        RecentlyActive="PT3H",
    )
    names = (
        str(row.get("MetricName") or "")
        for row in rows(answer, "Metrics")
        if {(each.get("Name"), each.get("Value")) for each in rows(row, "Dimensions")} == set(dimensions)
    )
    return tuple(RawId(name) for name in sorted(set(names)) if name)
