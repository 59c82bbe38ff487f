from collections.abc import Iterator
from datetime import datetime, timedelta

from services.models import measures
from services.models.base import RawId
from services.models.first_wave import AlarmMoment, Measure
from services.models.metrics import MetricQuery, TimeSpan, last_whole
from services.models.runbook import Runbook

PERIOD = 60  # Seconds from point to point of a curve
BEFORE = timedelta(hours=3)  # How long before the alarm the curves begin
AFTER = timedelta(hours=12)
"""Time after the alarm beyond which no curve is read, however late the incident is opened."""
LOG_AFTER = timedelta(hours=1)  # The same for logs and CloudTrail, which tell most in the first minutes
HALF_HOUR = timedelta(minutes=30)
"""How long before the alarm logs are read, and on both sides of its time a week ago."""
TRAIL_BEFORE = timedelta(hours=1)  # How long before the alarm CloudTrail is read
WEEK = timedelta(days=7)

Dimensions = tuple[tuple[RawId, RawId], ...]


def queries(runbook: Runbook, service: str, target_group: str) -> Iterator[MetricQuery]:
    """One query for each curve that the runbook's system has; `target_group` is `targetgroup/<name>/<id>` or ""."""
    alb, ecs, rds, waf = runbook.alb, runbook.ecs, runbook.rds, runbook.waf
    if alb and alb.load_balancer:
        balancer: Dimensions = ((RawId("LoadBalancer"), alb.load_balancer),)
        yield from _of("AWS/ApplicationELB", balancer, measures.BALANCER_METRICS)
        if target_group:
            group = (*balancer, (RawId("TargetGroup"), RawId(target_group)))
            yield from _of("AWS/ApplicationELB", group, measures.TARGETS_METRICS)
    if ecs:
        names = ((RawId("ClusterName"), ecs.cluster), (RawId("ServiceName"), RawId(service)))
        yield from _of("AWS/ECS", names, measures.SERVICE_METRICS)
    if rds:
        yield from _of("AWS/RDS", ((RawId("DBInstanceIdentifier"), rds.instance),), measures.DATABASE_METRICS)
    # Metrics of a firewall of CloudFront are in another region, which would take a request of its own.
    if waf and waf.web_acl and waf.scope == "regional":
        firewall = (
            (RawId("Region"), RawId(runbook.system.region)),
            (RawId("Rule"), RawId("ALL")),
            (RawId("WebACL"), RawId(waf.web_acl)),
        )
        yield from _of("AWS/WAFV2", firewall, measures.FIREWALL_METRICS)


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
    end = last_whole(min(now, alarm.since + AFTER), PERIOD)
    start = min(last_whole(alarm.since - BEFORE, PERIOD), end - BEFORE)
    return TimeSpan(start=start, end=end)


def week_ago_span(alarm: AlarmMoment) -> TimeSpan:
    middle = last_whole(alarm.since - WEEK, PERIOD)
    return TimeSpan(start=middle - HALF_HOUR, end=middle + HALF_HOUR)


def log_span(alarm: AlarmMoment, now: datetime, before: timedelta = HALF_HOUR) -> TimeSpan:
    start, end = alarm.since - before, min(now, alarm.since + LOG_AFTER)
    # An alarm may be ahead of this machine's clock.
    return TimeSpan(start=start, end=max(end, start + timedelta(minutes=1)))
