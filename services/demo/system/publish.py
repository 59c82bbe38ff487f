from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from random import Random
from typing import Any

from services.demo import names
from services.demo.account import REGION
from services.demo.cloudwatch.store import Dimensions, MetricStore
from services.demo.logs.store import DemoLogStore, Past
from services.demo.scenario import ScenarioRun
from services.demo.system.logs import WrittenLine, app_lines, database_lines
from services.demo.system.minute import GIB, LATENCY, Minute, requests_per_minute, simulate

CREDITS = 576.0  # CPU credits of the database at most, and at the beginning
Put = Callable[..., None]  # The signature of MetricStore.put
_SPREAD = (0.35, 0.6, 0.85, 1.15, 2.05)  # Latencies of a minute relative to their mean; their own mean is 1


def publish(store: MetricStore, minute: Minute, free_gib: float, credits: float) -> None:
    put = _without(store.put, minute.silent) if minute.silent else store.put
    _ecs(put, minute)
    _alb(put, minute)
    _rds(put, minute, free_gib, credits)
    for metric, requests in (("AllowedRequests", minute.requests), ("BlockedRequests", minute.blocked)):
        if requests or metric == "AllowedRequests":
            where = names.WAF_DIMENSIONS
            put("AWS/WAFV2", metric, where, minute.start, value=float(requests), unit="Count")


def _without(put: Put, silent: frozenset[tuple[str, str]]) -> Put:
    def some(namespace: str, metric: str, *where: Any, **what: Any) -> None:
        if (namespace, metric) not in silent:
            put(namespace, metric, *where, **what)

    return some


def _ecs(put: Put, minute: Minute) -> None:
    if not minute.tasks:
        return
    at, dimensions = minute.start, names.ECS_DIMENSIONS
    # One sample per task: SampleCount is the number of tasks, as on AWS.
    put("AWS/ECS", "CPUUtilization", dimensions, at, values=minute.task_cpu, unit="Percent")
    memory = [min(100.0, minute.memory + index * 0.4) for index in range(minute.tasks)]
    put("AWS/ECS", "MemoryUtilization", dimensions, at, values=memory, unit="Percent")


def _alb(put: Put, minute: Minute) -> None:
    at = minute.start
    both = (names.ALB_DIMENSIONS, names.GROUP_DIMENSIONS)

    def count(metric: str, value: float, where: Sequence[Dimensions] = both[:1], unit: str = "Count") -> None:
        # ALB publishes a count only if it is not zero.
        if value:
            for dimensions in where:
                put("AWS/ApplicationELB", metric, dimensions, at, value=float(value), unit=unit)

    count("RequestCount", minute.routed, both)
    count("HTTPCode_Target_5XX_Count", minute.target_errors, both)
    count("HTTPCode_ELB_5XX_Count", minute.balancer_errors)
    for code, errors in minute.balancer.items():
        count(f"HTTPCode_ELB_{code}_Count", errors)
    count("TargetConnectionErrorCount", minute.refused)
    count("ClientTLSNegotiationErrorCount", minute.tls_errors)
    count("HTTPCode_Target_4XX_Count", minute.client_errors)
    count("HTTPCode_Target_2XX_Count", max(0, minute.requests - minute.errors - minute.client_errors))
    count("ActiveConnectionCount", round(minute.requests * 1.6))
    count("NewConnectionCount", round(minute.requests * 0.7))
    count("ProcessedBytes", processed(minute.requests), unit="Bytes")
    if minute.routed:
        share = max(1, minute.routed // len(_SPREAD))
        put(
            "AWS/ApplicationELB",
            "TargetResponseTime",
            names.ALB_DIMENSIONS,
            at,
            values=[round(minute.latency * factor, 4) for factor in _SPREAD],
            counts=[float(share)] * len(_SPREAD),
            unit="Seconds",
        )
    healthy = max(0, minute.reachable - minute.unhealthy)
    for metric, hosts in (("HealthyHostCount", healthy), ("UnHealthyHostCount", minute.unhealthy)):
        put("AWS/ApplicationELB", metric, names.GROUP_DIMENSIONS, at, value=float(hosts), unit="Count")


def _rds(put: Put, minute: Minute, free_gib: float, credits: float) -> None:
    requests = minute.requests
    rows: tuple[tuple[str, float, str], ...] = (
        ("CPUUtilization", minute.database_cpu, "Percent"),
        ("DatabaseConnections", minute.connections, "Count"),
        ("FreeStorageSpace", max(0.0, free_gib) * GIB, "Bytes"),
        ("FreeableMemory", (1.42 - requests * 0.0012) * GIB, "Bytes"),
        ("CPUCreditBalance", credits, "Count"),
        ("ReadIOPS", 3 + requests * 0.9, "Count/Second"),
        ("WriteIOPS", 5 + requests * 0.5, "Count/Second"),
        ("ReadLatency", 0.0006 + minute.database_cpu * 0.00002, "Seconds"),
        ("WriteLatency", 0.0011 + minute.database_cpu * 0.00003, "Seconds"),
        ("TransactionLogsDiskUsage", minute.wal_gib * GIB, "Bytes"),
        ("DiskQueueDepth", minute.database_cpu * 0.004, "Count"),
        ("NetworkReceiveThroughput", received(requests), "Bytes/Second"),
        ("NetworkTransmitThroughput", sent(requests), "Bytes/Second"),
    )
    if minute.slot_gib is not None:
        rows += (("OldestReplicationSlotLag", minute.slot_gib * GIB, "Bytes"),)
    for metric, value, unit in rows:
        put("AWS/RDS", metric, names.RDS_DIMENSIONS, minute.start, value=value, unit=unit)


WEEKS = 5
HOUR = 3600
_STEP = 600
_WRITTEN = 300  # Seconds between two minutes with log lines
_SLOW = 25  # One in so many of these minutes has a slow query
_TASK = f"ecs/{names.SERVICE}/5d1c0c7be2a94f0c8f6a3b9d7e214a68"  # The log stream of a stopped task
_KEPT = 400 * 24 * HOUR  # How much older than the first tasks such a log group is, in seconds


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


_WRITERS: dict[str, tuple[str, Callable[[Minute], list[WrittenLine]]]] = {
    names.APP_LOG: (_TASK, partial(app_lines, streams=(_TASK,))),
    names.DATABASE_LOG: (f"{names.DATABASE}.0", database_lines),
}
"""By log group: its stream, and the writer of a minute's lines."""


def write_past(logs: DemoLogStore, start: int, level_field: str) -> None:
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


_SHORT = 3 * HOUR  # The longest range for which minutes are published
_NEWEST, _OLDEST = 2 * 24 * HOUR, 14 * 24 * HOUR  # How long before the first minute they are, in seconds
_HOURLY = frozenset(
    {
        ("AWS/ApplicationELB", "ProcessedBytes"),
        ("AWS/RDS", "NetworkReceiveThroughput"),
        ("AWS/RDS", "NetworkTransmitThroughput"),
    }
)
"""(namespace, metric) of what `publish_past` puts."""


class EarlierMinutes:
    """Minutes of days before `first` (epoch seconds), without incidents; published when an hour or two are
    read. A dashboard of a week does not need them, and thousands of them at the start would take seconds."""

    def __init__(self, store: MetricStore, run: ScenarioRun, first: int) -> None:
        self._store = store
        self._scenario = run.scenario.model_copy(update={"effects": ()})
        self._first = first
        self._published: set[int] = set()

    def __call__(self, start: int, end: int) -> None:
        if end - start > _SHORT or not self._first - _OLDEST <= start < end <= self._first - _NEWEST:
            return
        for hour in range(start // HOUR * HOUR, end, HOUR):
            if hour not in self._published:
                self._published.add(hour)
                for at in range(hour, hour + HOUR, 60):
                    self._publish(at)

    def _publish(self, at: int) -> None:
        minute = simulate(self._scenario, 0.0, at, 2)
        minute.silent = _HOURLY
        publish(self._store, minute, self._scenario.free_storage_gib, CREDITS)
