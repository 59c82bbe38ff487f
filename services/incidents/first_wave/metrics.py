"""The metrics of a first wave, as GetMetricData queries, and the spans that are read.

Source: "CloudWatch metrics for your Application Load Balancer", "Amazon ECS CloudWatch metrics", "Amazon CloudWatch
metrics for Amazon RDS", "AWS WAF core metrics and dimensions" (the services' guides).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.models.base import RawId
from services.models.first_wave import AlarmMoment, Measure
from services.models.metrics import MetricQuery, TimeSpan, last_whole
from services.models.runbook import Runbook

PERIOD = 60
"""Seconds from point to point of a curve."""
BEFORE = timedelta(hours=3)
"""How long before the alarm the curves begin."""
AFTER = timedelta(hours=12)
"""Time after the alarm beyond which no curve is read, however late the incident is opened."""
LOG_AFTER = timedelta(hours=1)
"""The same for logs and CloudTrail, which tell most in the first minutes."""
HALF_HOUR = timedelta(minutes=30)
"""How long before the alarm logs are read, and on both sides of its time a week ago."""
TRAIL_BEFORE = timedelta(hours=1)
"""How long before the alarm CloudTrail is read."""
WEEK = timedelta(days=7)

Dimensions = tuple[tuple[RawId, RawId], ...]
_BALANCER = {
    Measure.REQUESTS: ("RequestCount", "Sum"),
    Measure.ELB_5XX: ("HTTPCode_ELB_5XX_Count", "Sum"),
    Measure.ELB_500: ("HTTPCode_ELB_500_Count", "Sum"),
    Measure.ELB_502: ("HTTPCode_ELB_502_Count", "Sum"),
    Measure.ELB_503: ("HTTPCode_ELB_503_Count", "Sum"),
    Measure.ELB_504: ("HTTPCode_ELB_504_Count", "Sum"),
    Measure.TARGET_5XX: ("HTTPCode_Target_5XX_Count", "Sum"),
    Measure.LATENCY: ("TargetResponseTime", "p95"),
    Measure.CONNECTION_ERRORS: ("TargetConnectionErrorCount", "Sum"),
    Measure.TLS_ERRORS: ("ClientTLSNegotiationErrorCount", "Sum"),
    Measure.TARGET_TLS_ERRORS: ("TargetTLSNegotiationErrorCount", "Sum"),
}
_TARGETS = {
    Measure.HEALTHY: ("HealthyHostCount", "Minimum"),
    Measure.UNHEALTHY: ("UnHealthyHostCount", "Maximum"),
}
_SERVICE = {
    Measure.ECS_CPU: ("CPUUtilization", "Average"),
    Measure.ECS_CPU_MAX: ("CPUUtilization", "Maximum"),
    Measure.ECS_MEMORY: ("MemoryUtilization", "Maximum"),
}
_DATABASE = {
    Measure.DB_CPU: ("CPUUtilization", "Average"),
    Measure.DB_CREDITS: ("CPUCreditBalance", "Minimum"),
    Measure.DB_CONNECTIONS: ("DatabaseConnections", "Maximum"),
    Measure.DB_FREE: ("FreeStorageSpace", "Minimum"),
    Measure.DB_WAL: ("TransactionLogsDiskUsage", "Maximum"),
    Measure.DB_SLOT_LAG: ("OldestReplicationSlotLag", "Maximum"),
    Measure.DB_LOAD: ("DBLoad", "Average"),
    Measure.DB_BURST: ("BurstBalance", "Minimum"),
}
_FIREWALL = {Measure.WAF_BLOCKED: ("BlockedRequests", "Sum")}
ZERO = frozenset(measure for measure, (_metric, stat) in {**_BALANCER, **_FIREWALL}.items() if stat == "Sum")
"""Counts that AWS publishes only when they are not zero."""


def queries(runbook: Runbook, service: str, target_group: str) -> Iterator[MetricQuery]:
    """One query for each curve that the runbook's system has; `target_group` is `targetgroup/<name>/<id>` or ""."""
    alb, ecs, rds, waf = runbook.alb, runbook.ecs, runbook.rds, runbook.waf
    if alb and alb.load_balancer:
        balancer: Dimensions = ((RawId("LoadBalancer"), alb.load_balancer),)
        yield from _of("AWS/ApplicationELB", balancer, _BALANCER)
        if target_group:
            group = (*balancer, (RawId("TargetGroup"), RawId(target_group)))
            yield from _of("AWS/ApplicationELB", group, _TARGETS)
    if ecs:
        names = ((RawId("ClusterName"), ecs.cluster), (RawId("ServiceName"), RawId(service)))
        yield from _of("AWS/ECS", names, _SERVICE)
    if rds:
        yield from _of("AWS/RDS", ((RawId("DBInstanceIdentifier"), rds.instance),), _DATABASE)
    # Metrics of a firewall of CloudFront are in another region, which would take a request of its own.
    if waf and waf.web_acl and waf.scope == "regional":
        firewall = (
            (RawId("Region"), RawId(runbook.system.region)),
            (RawId("Rule"), RawId("ALL")),
            (RawId("WebACL"), RawId(waf.web_acl)),
        )
        yield from _of("AWS/WAFV2", firewall, _FIREWALL)


def _of(
    namespace: str, dimensions: Dimensions, metrics: dict[Measure, tuple[str, str]]
) -> Iterator[MetricQuery]:
    for measure, (metric, stat) in metrics.items():
        yield MetricQuery(
            id=measure,
            namespace=RawId(namespace),
            metric=RawId(metric),
            dimensions=dimensions,
            stat=stat,
            period=PERIOD,
        )


def metric_span(alarm: AlarmMoment, now: datetime) -> TimeSpan:
    """From three hours before the alarm until the last whole minute, at most AFTER later than the alarm."""
    end = last_whole(min(now, alarm.since + AFTER), PERIOD)
    start = min(last_whole(alarm.since - BEFORE, PERIOD), end - BEFORE)
    return TimeSpan(start=start, end=end)


def week_ago_span(alarm: AlarmMoment) -> TimeSpan:
    """The hour around the alarm's time a week before."""
    middle = last_whole(alarm.since - WEEK, PERIOD)
    return TimeSpan(start=middle - HALF_HOUR, end=middle + HALF_HOUR)


def log_span(alarm: AlarmMoment, now: datetime, before: timedelta = HALF_HOUR) -> TimeSpan:
    """From so long before the alarm until now, at most LOG_AFTER later than the alarm."""
    start, end = alarm.since - before, min(now, alarm.since + LOG_AFTER)
    # An alarm may be ahead of this machine's clock.
    return TimeSpan(start=start, end=max(end, start + timedelta(minutes=1)))
