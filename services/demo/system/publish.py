"""Publishes a Minute as AWS metrics."""

from collections.abc import Callable, Sequence
from typing import Any

from services.demo.cloudwatch.store import Dimensions, MetricStore
from services.demo.system import names
from services.demo.system.backfill import processed, received, sent
from services.demo.system.minute import GIB, Minute

Put = Callable[..., None]
"""The signature of MetricStore.put."""
_SPREAD = (0.35, 0.6, 0.85, 1.15, 2.05)
"""Latencies of a minute relative to their mean; their own mean is 1."""


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
