"""Which metrics a resource publishes.

Source: ListMetrics (Amazon CloudWatch API reference): metrics with all of the given dimensions, and maybe others.
"""

from services.aws.client.reader import Reader, rows
from services.models.base import RawId
from services.models.metrics import MetricQuery


async def metric_names(session: Reader, of: MetricQuery) -> tuple[RawId, ...]:
    """The metrics with just the dimensions of another that had data in the last three hours. Raises AwsError."""
    answer = await session.read(
        "cloudwatch",
        "ListMetrics",
        required=("Metrics",),
        Namespace=of.namespace,
        Dimensions=[{"Name": name, "Value": value} for name, value in of.dimensions],
        RecentlyActive="PT3H",
    )
    published = {
        str(row.get("MetricName") or "")
        for row in rows(answer, "Metrics")
        if {(each.get("Name"), each.get("Value")) for each in rows(row, "Dimensions")} == set(of.dimensions)
    }
    return tuple(RawId(name) for name in sorted(published - {""}))
