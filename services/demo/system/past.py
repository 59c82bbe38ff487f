"""What the network carried in the weeks before a world begins, by the hour: for those who compare with last week."""

from services.demo.cloudwatch.store import MetricStore
from services.demo.system import names
from services.demo.system.day import requests_per_minute

WEEKS = 5
HOUR = 3600
_STEP = 600


def publish_past(store: MetricStore, start: int) -> None:
    """One point an hour before `start` (epoch seconds), as ordinary days bring it: an hour's sum, or its mean."""
    last = start // HOUR * HOUR
    for at in range(last - WEEKS * 7 * 24 * HOUR, last, HOUR):
        moments = range(at + _STEP // 2, at + HOUR, _STEP)
        requests = sum(map(requests_per_minute, moments)) / len(moments)
        rows = (
            ("AWS/ApplicationELB", "ProcessedBytes", names.ALB_DIMENSIONS, 60 * carried(requests), "Bytes"),
            ("AWS/RDS", "NetworkReceiveThroughput", names.RDS_DIMENSIONS, received(requests), "Bytes/Second"),
            ("AWS/RDS", "NetworkTransmitThroughput", names.RDS_DIMENSIONS, sent(requests), "Bytes/Second"),
        )
        for namespace, metric, dimensions, value, unit in rows:
            store.put(namespace, metric, dimensions, at, value=value, unit=unit)


def carried(requests: float) -> float:
    """Bytes that the load balancer processes in a minute of so many requests."""
    return requests * 18_400 + 4096


def received(requests: float) -> float:
    """Bytes a second that the database receives at so many requests a minute."""
    return 2_100 + requests * 1_350.0


def sent(requests: float) -> float:
    """Bytes a second that the database sends at so many requests a minute."""
    return 9_800 + requests * 5_200.0
