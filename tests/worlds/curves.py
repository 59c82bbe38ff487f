"""What CloudWatch has published of a world's metrics at a moment."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from tests.worlds.schema import Curve, World

BALANCER = "app/facility-prod-alb/50dc6c495c0c9188"
TARGET_GROUP = "targetgroup/facility-prod-staff-api-tg/73e2d6bc24d8a067"
CLUSTER, SERVICE, DATABASE = "facility-prod-cluster", "staff-api", "facility-prod-db"
ELB, ECS, RDS, WAF = "AWS/ApplicationELB", "AWS/ECS", "AWS/RDS", "AWS/WAFV2"
OWN: Mapping[str, Mapping[str, str]] = {
    ELB: {"LoadBalancer": BALANCER, "TargetGroup": TARGET_GROUP},
    ECS: {"ClusterName": CLUSTER, "ServiceName": SERVICE},
    RDS: {"DBInstanceIdentifier": DATABASE},
    WAF: {"Region": "ap-northeast-1", "Rule": "ALL", "WebACL": "facility-prod-acl"},
}
GIB = 1 << 30
_COUNTS = [
    "HTTPCode_ELB_5XX_Count",
    "HTTPCode_ELB_500_Count",
    "HTTPCode_ELB_502_Count",
    "HTTPCode_ELB_503_Count",
    "HTTPCode_ELB_504_Count",
    "HTTPCode_ELB_4XX_Count",
    "HTTPCode_Target_5XX_Count",
    "HTTPCode_Target_4XX_Count",
    "TargetConnectionErrorCount",
    "ClientTLSNegotiationErrorCount",
    "TargetTLSNegotiationErrorCount",
    "RejectedConnectionCount",
]
HEALTHY: dict[tuple[str, str, str], tuple[float, float]] = {
    **{(ELB, name, ""): (0.0, 0.05) for name in _COUNTS},
    (ELB, "RequestCount", ""): (240, 0.05),
    (ELB, "HTTPCode_Target_2XX_Count", ""): (240, 0.05),
    (ELB, "TargetResponseTime", ""): (0.12, 0.08),
    (ELB, "TargetResponseTime", "Average"): (0.05, 0.08),
    (ELB, "HealthyHostCount", ""): (2, 0),
    (ELB, "UnHealthyHostCount", ""): (0, 0),
    (ECS, "CPUUtilization", ""): (32, 0.05),
    (ECS, "CPUUtilization", "Maximum"): (40, 0.05),
    (ECS, "MemoryUtilization", ""): (48, 0.01),
    (RDS, "CPUUtilization", ""): (24, 0.05),
    (RDS, "CPUCreditBalance", ""): (500, 0.001),
    (RDS, "DatabaseConnections", ""): (28, 0.04),
    (RDS, "FreeStorageSpace", ""): (62 * GIB, 0.0005),
    (RDS, "TransactionLogsDiskUsage", ""): (GIB, 0.005),
    (RDS, "OldestReplicationSlotLag", ""): (0, 0),
    (RDS, "BurstBalance", ""): (100, 0),
    (RDS, "DBLoad", ""): (0.4, 0.1),
    (WAF, "BlockedRequests", ""): (2, 0.3),
}
"""(namespace, metric, statistic) → (level, relative scatter); "" for all other statistics."""
UNUSUAL = frozenset({"OldestReplicationSlotLag", "BurstBalance"})
"""Published only in a world with a curve of them: this database has no replication slot and no gp2 storage."""
SPARSE = frozenset(
    {*_COUNTS, "RequestCount", "HTTPCode_Target_2XX_Count", "TargetResponseTime", "BlockedRequests"}
)
"""Published only when they are not zero ("Reporting criteria: there is a nonzero value", Elastic Load Balancing and AWS
WAF guides)."""
WHOLE = frozenset({*SPARSE, "HealthyHostCount", "UnHealthyHostCount", "DatabaseConnections"}) - {
    "TargetResponseTime"
}
_PER_CENT = frozenset({"CPUUtilization", "MemoryUtilization", "BurstBalance", "EngineCPUUtilization"})
_LONG_AGO = -5 * 24 * 60.0  # Minutes before which a week ago is meant


@lru_cache(maxsize=1 << 16)
def share(*parts: object) -> float:
    """A number in [0, 1) that depends on nothing but the parts."""
    digest = blake2b("\n".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


@dataclass(frozen=True)
class Published:
    """The metrics of a world at a moment, some minutes late."""

    world: World
    now: datetime
    lag: float = 0  # Minutes until a minute that is over is published

    def points(
        self, namespace: str, name: str, stat: str, dimensions: Mapping[str, str], first: int, last: int
    ) -> Iterator[tuple[int, float]]:
        """(minute, value) of the minutes from the epoch in [first, last) that have a point."""
        level = measured(self.world, namespace, name, stat, dimensions)
        newest = int(self.now.timestamp() // 60 - self.lag)
        for minute in range(first, min(last, newest)):
            value = level(minute)
            if value is not None:
                yield minute, value

    def result(
        self, query: Mapping[str, Any], start: datetime, end: datetime, descending: bool
    ) -> dict[str, Any]:
        """One row of GetMetricData. Raises NotImplementedError for metric math, which no first wave sends."""
        if "MetricStat" not in query:
            if str(query.get("Expression", "")).startswith("SEARCH("):
                return {
                    "Id": query["Id"],
                    "Label": "",
                    "Timestamps": [],
                    "Values": [],
                    "StatusCode": "Complete",
                }
            raise NotImplementedError(f"cloudwatch:GetMetricData of {query.get('Expression')}")
        spec = query["MetricStat"]
        metric, period = spec["Metric"], max(1, int(spec["Period"]) // 60)
        dimensions = {item["Name"]: item["Value"] for item in metric.get("Dimensions", ())}
        first = int(start.timestamp()) // 60 // period * period
        periods: dict[int, list[float]] = {}
        for minute, value in self.points(
            metric["Namespace"],
            metric["MetricName"],
            spec["Stat"],
            dimensions,
            first,
            -(-int(end.timestamp()) // 60),
        ):
            periods.setdefault(minute // period * period, []).append(value)
        rows = sorted(periods.items(), reverse=descending)
        return {
            "Id": query["Id"],
            "Label": query.get("Label") or metric["MetricName"],
            "Timestamps": [datetime.fromtimestamp(minute * 60, UTC) for minute, _values in rows],
            "Values": [_joined(spec["Stat"], values) for _minute, values in rows],
            "StatusCode": "Complete",
        }


def _joined(stat: str, values: Sequence[float]) -> float:
    if stat in ("Sum", "SampleCount"):
        return float(sum(values))
    if stat == "Average":
        return sum(values) / len(values)
    return min(values) if stat == "Minimum" else max(values)


def measured(
    world: World, namespace: str, name: str, stat: str, dimensions: Mapping[str, str]
) -> Callable[[int], float | None]:
    """What AWS measures in a minute (from the epoch), published or not yet; None if it publishes nothing."""
    zero, curve_and_factor = world.zero.timestamp(), _curve(world, namespace, name, stat, dimensions)
    own = {**OWN.get(namespace, {}), **(world.alarm.dimensions if world.alarm.namespace == namespace else {})}
    healthy = _healthy(namespace, name, stat) if dimensions.items() <= own.items() else None
    if curve_and_factor is None and (healthy is None or name in UNUSUAL):
        return lambda _minute: None
    curve, factor = curve_and_factor or (Curve(metric=f"{namespace} {name}"), 1.0)
    usual = curve.usual if curve.usual is not None else healthy[0] / factor if healthy else math.nan
    noise = curve.noise if curve.noise is not None else healthy[1] if healthy else 0.05
    week_ago = curve.week_ago if curve.week_ago is not None else usual

    def level(minute: int) -> float | None:
        at = (minute * 60 - zero) / 60
        value = week_ago if at < _LONG_AGO else _stepped(curve, usual, at)
        if math.isnan(value):
            return None
        # One draw for all statistics of a metric, so that a maximum is never below the average.
        value *= factor * (1 + noise * (2 * share(world.id, namespace, name, minute) - 1))
        if name in WHOLE:
            value = float(round(value))
        if name in _PER_CENT:
            value = min(value, 100.0)
        return None if name in SPARSE and value == 0 else value

    return level


def _stepped(curve: Curve, usual: float, at: float) -> float:
    before = [step for step in curve.steps if step[0] <= at]
    if not before:
        return usual
    after = next((step for step in curve.steps if step[0] > at), None)
    minute, value = before[-1]
    if curve.ramp and after is not None:
        return value + (after[1] - value) * (at - minute) / (after[0] - minute)
    return value


def _healthy(namespace: str, name: str, stat: str) -> tuple[float, float] | None:
    return HEALTHY.get((namespace, name, stat)) or HEALTHY.get((namespace, name, ""))


def _curve(
    world: World, namespace: str, name: str, stat: str, dimensions: Mapping[str, str]
) -> tuple[Curve, float] | None:
    """The world's curve for a statistic and by what its levels are multiplied; a curve of another statistic moves this
    one by as much."""
    own = {**OWN.get(namespace, {}), **(world.alarm.dimensions if world.alarm.namespace == namespace else {})}
    curves = [
        curve
        for curve in world.curve
        if (curve.namespace, curve.name) == (namespace, name)
        and curve.dimensions.items() <= dimensions.items()
        and (dimensions.items() - curve.dimensions.items() <= own.items() or not own)
    ]
    curves.sort(key=lambda curve: -len(curve.dimensions))
    for wanted in (stat, ""):
        if exact := next((curve for curve in curves if curve.stat == wanted), None):
            return exact, 1.0
    if not curves:
        return None
    mine, theirs = _healthy(namespace, name, stat), _healthy(namespace, name, curves[0].stat)
    return curves[0], mine[0] / theirs[0] if mine and theirs and theirs[0] else 1.0


def known_metrics(world: World) -> list[dict[str, Any]]:
    rows = {
        (namespace, name, tuple(_published_dimensions(namespace, name))) for namespace, name, _stat in HEALTHY
    }
    for curve in world.curve:
        dimensions = curve.dimensions or dict(_published_dimensions(curve.namespace, curve.name))
        if not dimensions and curve.namespace == world.alarm.namespace:
            dimensions = world.alarm.dimensions
        rows.add((curve.namespace, curve.name, tuple(dimensions.items())))
    return [
        {
            "Namespace": row[0],
            "MetricName": row[1],
            "Dimensions": [{"Name": k, "Value": v} for k, v in row[2]],
        }
        for row in sorted(rows)
    ]


def _published_dimensions(namespace: str, name: str) -> Iterator[tuple[str, str]]:
    for key, value in OWN.get(namespace, {}).items():
        if key != "TargetGroup" or name.endswith("HostCount"):
            yield key, value
