"""AWS's request prices in US dollars.

Sources: aws.amazon.com/cloudwatch/pricing (GetMetricData is always charged per metric; the first million other
requests a month are free), the Cost Explorer FAQ ($0.01 per paginated request), aws.amazon.com/athena/pricing
(10 MB minimum), aws.amazon.com/s3/pricing (Tokyo: $0.0047 per 1,000 LIST or PUT requests, $0.00037 per 1,000 GET
requests), aws.amazon.com/dynamodb/pricing (Tokyo, on demand: $0.715 per million write request units of 1 KB, $0.143 per
million read request units of 4 KB), aws.amazon.com/cloudfront/pricing (invalidation paths). Reading logs, containers, scaling, load balancers, databases, identity, CloudFront, CloudTrail,
quotas, change calendars and the price list is free. The scan prices of Logs Insights and Athena differ by region and are set in the runbook (`[inspecting]`).
"""

from math import ceil
from typing import Any

from services.models.runbook_inspections import Costs

_USD_JPY = 150.0
USD_PER_METRIC = 0.01 / 1000
USD_PER_CLOUDWATCH_CALL = 0.01 / 1000  # Price beyond the free million requests a month
USD_PER_COST_CALL = 0.01
USD_PER_LIVE_TAIL_MINUTE = 0.01
USD_PER_S3_LIST = 0.0047 / 1000
USD_PER_S3_PUT = 0.0047 / 1000
USD_PER_S3_GET = 0.00037 / 1000
USD_PER_DYNAMODB_WRITE = 0.715 / 1e6
"""Price of a write request unit: a put of up to 1 KB, be it refused by its condition."""
USD_PER_DYNAMODB_READ = 0.143 / 1e6  # Price of a read request unit: a consistent read of up to 4 KB
USD_PER_INVALIDATION_PATH = 0.005  # Price of an invalidation path beyond the free ones of the month
COST_EXPLORER = frozenset({"GetCostAndUsage", "GetCostForecast", "GetDimensionValues", "GetAnomalies"})
_CHARGED = frozenset(
    {
        ("cloudwatch", "GetMetricData"),
        ("logs", "StartQuery"),
        ("logs", "StartLiveTail"),
        ("athena", "StartQueryExecution"),
        ("s3", "ListObjectsV2"),
        *(("ce", operation) for operation in COST_EXPLORER),
    }
)
_USD_PER_CALL = {
    ("s3", "ListObjectsV2"): USD_PER_S3_LIST,
    ("s3", "PutObject"): USD_PER_S3_PUT,
    ("s3", "GetObject"): USD_PER_S3_GET,
    ("dynamodb", "Query"): USD_PER_DYNAMODB_READ,
    **{("ce", operation): USD_PER_COST_CALL for operation in COST_EXPLORER},
}
GB = 10**9  # Bytes per gigabyte in AWS's prices for scanned data
ATHENA_LEAST = 10 * 10**6  # Minimum number of bytes that Athena charges for


def is_charged(service: str, operation: str) -> bool:
    """Whether AWS charges for every such request, or for the work it starts; such requests are never retried."""
    return (service, operation) in _CHARGED


def usd_of_call(service: str, operation: str, params: dict[str, Any]) -> float:
    if (service, operation) == ("cloudwatch", "GetMetricData"):
        metrics = sum("MetricStat" in query for query in params.get("MetricDataQueries") or ())
        return metrics * USD_PER_METRIC
    if (service, operation) == ("dynamodb", "PutItem"):
        return USD_PER_DYNAMODB_WRITE * max(1, ceil(_item_size(params.get("Item")) / 1024))
    return _USD_PER_CALL.get((service, operation), 0.0)


def _item_size(item: object) -> int:
    """Bytes of an item of numbers and strings as AWS counts them: those of its names and values."""
    attributes = item.items() if isinstance(item, dict) else ()
    return sum(
        len(str(text).encode(errors="replace"))
        for name, value in attributes
        for text in (name, *(value.values() if isinstance(value, dict) else ()))
    )


def usd_of_insights(size: int, usd_per_gb: float) -> float:
    """Logs Insights' charge for scanning `size` bytes."""
    return size / GB * usd_per_gb


def usd_of_athena(size: int, usd_per_tb: float) -> float:
    """Athena's charge for scanning `size` bytes; a query that scans nothing is free."""
    return max(size, ATHENA_LEAST) / (1000 * GB) * usd_per_tb if size else 0.0


def yen_per_dollar(costs: Costs | None) -> float:
    return costs.usd_jpy if costs is not None else _USD_JPY
