"""Metrics and logs of the weeks before a world begins, for comparisons with earlier weeks and monthly views."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from random import Random

from services.demo.account import REGION
from services.demo.cloudwatch.store import MetricStore
from services.demo.logs.store import LogStore, Past
from services.demo.system import names
from services.demo.system.app_log import app_lines
from services.demo.system.day import requests_per_minute
from services.demo.system.lines import Line
from services.demo.system.minute import LATENCY, Minute
from services.demo.system.other_logs import database_lines

WEEKS = 5
HOUR = 3600
_STEP = 600
_WRITTEN = 300
"""Seconds between two minutes with log lines."""
_SLOW = 25
"""One in so many of these minutes has a slow query."""
_TASK = f"ecs/{names.SERVICE}/5d1c0c7be2a94f0c8f6a3b9d7e214a68"
"""The log stream of a stopped task."""
_KEPT = 400 * 24 * HOUR
"""How much older than the first tasks such a log group is, in seconds."""


def publish_past(store: MetricStore, start: int) -> None:
    """Put one ordinary datapoint per hour before `start` (epoch seconds): the hour's sum or mean."""
    last = start // HOUR * HOUR
    for at in range(last - WEEKS * 7 * 24 * HOUR, last, HOUR):
        moments = range(at + _STEP // 2, at + HOUR, _STEP)
        requests = sum(map(requests_per_minute, moments)) / len(moments)
        rows = (
            ("AWS/ApplicationELB", "ProcessedBytes", names.ALB_DIMENSIONS, 60 * processed(requests), "Bytes"),
            ("AWS/RDS", "NetworkReceiveThroughput", names.RDS_DIMENSIONS, received(requests), "Bytes/Second"),
            ("AWS/RDS", "NetworkTransmitThroughput", names.RDS_DIMENSIONS, sent(requests), "Bytes/Second"),
        )
        for namespace, metric, dimensions, value, unit in rows:
            store.put(namespace, metric, dimensions, at, value=value, unit=unit)


def processed(requests: float) -> float:
    """Bytes that the load balancer processes in a minute with so many requests."""
    return requests * 18_400 + 4096


def received(requests: float) -> float:
    """Bytes per second that the database receives at so many requests per minute."""
    return 2_100 + requests * 1_350.0


def sent(requests: float) -> float:
    """Bytes per second that the database sends at so many requests per minute."""
    return 9_800 + requests * 5_200.0


_WRITERS: dict[str, tuple[str, Callable[[Minute], list[Line]]]] = {
    names.APP_LOG: (_TASK, partial(app_lines, streams=(_TASK,))),
    names.DATABASE_LOG: (f"{names.DATABASE}.0", database_lines),
}
"""By log group: its stream, and the writer of a minute's lines."""


def write_past(logs: LogStore, start: int, level_field: str) -> None:
    """Let log groups begin long before `start` (epoch seconds), with the lines of ordinary weeks."""
    start = start // _WRITTEN * _WRITTEN
    for name, (stream, _write) in _WRITERS.items():
        group = logs.groups[REGION, name]
        group.created -= _KEPT * 1000
        group.past = Past(start * 1000, stream, partial(_rows, name, start, level_field))


@lru_cache(maxsize=8)
def _rows(group: str, start: int, level_field: str) -> Sequence[tuple[int, str]]:
    """(Epoch milliseconds, message) of the weeks before `start`, in time order."""
    _stream, write = _WRITERS[group]
    minutes = range(start - WEEKS * 7 * 24 * HOUR, start, _WRITTEN)
    return sorted((line.at, line.message) for at in minutes for line in write(_quiet(at, level_field)))


def _quiet(start: int, level_field: str) -> Minute:
    return Minute(
        start=start,
        random=Random(start),
        requests=1,
        tasks=2,
        cpu=10.0,
        memory=40.0,
        latency=LATENCY,
        target_errors=0,
        balancer={},
        client_errors=0,
        slow_queries=int(start // _WRITTEN % _SLOW == 0),
        database_cpu=8.0,
        connections=18.0,
        unhealthy=0,
        cause="application",
        blocked=0,
        gib_filled=0.0,
        level_field=level_field,
    )
