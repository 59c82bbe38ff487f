"""Reads what shows an outage that no alarm tells of, with the requests that the console sends anyway.

The queries join the dashboard's GetMetricData; nobody looking at it, one request of their own is sent every two minutes.
A firewall of CloudFront publishes in us-east-1, which is one request a minute more. Certificates and the same hour a week
ago are read once an hour.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from services.aws.certificates import CertificateReader
from services.aws.client.errors import AwsError
from services.aws.regions import REGION as GLOBAL_REGION
from services.clock import Clock, Mark, mark, passed
from services.dashboards.sources import MetricSource
from services.models.base import RawId
from services.models.metrics import MetricQuery, Series, TimeSpan, last_whole
from services.models.outages import Certificate, Outage
from services.models.runbook import Runbook
from services.outages.judging import MINUTE, Curves, judged

PAST = timedelta(hours=3)
KEPT = timedelta(hours=4)
LATE = timedelta(minutes=15)
"""How much of what was read before is read again: minutes are published late."""
WIDEST = timedelta(hours=6)
"""The longest range of a dashboard that the queries join: a longer one has too many points."""
OWN = 110.0
"""Seconds without a request of the dashboard after which one of its own is sent."""
HOURLY = 3600.0
HOUR = 3600
WEEK = timedelta(days=7)
_ID = "outage_"
_METRICS = {
    "requests": ("RequestCount", "Sum"),
    "tls": ("ClientTLSNegotiationErrorCount", "Sum"),
    "healthy": ("HealthyHostCount", "Maximum"),
    "blocked": ("BlockedRequests", "Sum"),
    "allowed": ("AllowedRequests", "Sum"),
}
_WEEKLY = frozenset({"requests", "healthy", "blocked"})


def queries_of(runbook: Runbook, region: str) -> tuple[MetricQuery, ...]:
    """What is read of the runbook's load balancer and firewall; () if it names neither."""
    return tuple(_queries(runbook, region))


def _queries(runbook: Runbook, region: str) -> Iterator[MetricQuery]:
    alb, waf = runbook.alb, runbook.waf
    if alb is not None and alb.load_balancer and not alb.unsupported:
        balancer = ((RawId("LoadBalancer"), alb.load_balancer),)
        for name in ("requests", "tls"):
            yield _query(name, "AWS/ApplicationELB", balancer, region)
        if alb.target_group:
            group = (*balancer, (RawId("TargetGroup"), alb.target_group))
            yield _query("healthy", "AWS/ApplicationELB", group, region)
    if waf is not None and waf.web_acl:
        is_global = waf.scope == "cloudfront"
        place = () if is_global else ((RawId("Region"), RawId(region)),)
        acl = (*place, (RawId("Rule"), RawId("ALL")), (RawId("WebACL"), waf.web_acl))
        for name in ("blocked", "allowed"):
            yield _query(name, "AWS/WAFV2", acl, GLOBAL_REGION if is_global else region)


def _query(
    name: str, namespace: str, dimensions: tuple[tuple[RawId, RawId], ...], region: str
) -> MetricQuery:
    metric, stat = _METRICS[name]
    return MetricQuery(
        id=f"{_ID}{name}",
        namespace=RawId(namespace),
        metric=RawId(metric),
        dimensions=dimensions,
        stat=stat,
        period=MINUTE,
        region=region,
    )


class OutageWatch:
    """The outages of one system. As a source of metrics (`fetch`) it adds its queries to the dashboard's."""

    def __init__(
        self,
        runbook: Runbook,
        metrics: MetricSource,
        certificates: CertificateReader,
        clock: Clock,
        region: str,
    ) -> None:
        self._runbook = runbook
        self._metrics = metrics
        self._reader = certificates
        self._clock = clock
        self._region = region
        queries = queries_of(runbook, region)
        self._here = tuple(query for query in queries if query.region == region)
        self._elsewhere = tuple(query for query in queries if query.region != region)
        self._minutes: dict[str, dict[int, float]] = {}
        self._week: Mapping[str, Sequence[float]] = {}
        self._read_at: Mark | None = None
        """When the newest answer of this region was asked for; None before the first, which reads the hours before."""
        self._hourly_at: Mark | None = None
        self._certificates: tuple[Certificate, ...] = ()
        self._outages: tuple[Outage, ...] = ()
        self._is_joined = False
        """A request with the queries is on its way."""

    async def fetch(
        self, queries: Sequence[MetricQuery], span: TimeSpan, *, region: str | None = None
    ) -> tuple[Series, ...]:
        """The curves of the visible queries, as those of `Metrics`; the watch's own ride along. Raises AwsError."""
        if not self._joins(span, region):
            return await self._metrics.fetch(queries, span, region=region)
        self._is_joined, asked_at = True, mark(self._clock)
        try:
            answered = await self._metrics.fetch([*queries, *self._here], span, region=region)
        finally:
            self._is_joined = False
        self._read_at = asked_at
        own = {query.id for query in self._here}
        self._take(series for series in answered if series.id in own)
        return tuple(series for series in answered if series.id not in own)

    def _joins(self, span: TimeSpan, region: str | None) -> bool:
        now = self._clock.now()
        return (
            bool(self._here)
            and not self._is_joined
            and self._read_at is not None
            and (region or self._region) == self._region
            and now - span.end < timedelta(minutes=2)
            and span.end - span.start <= WIDEST
            and span.start <= self._read_at.at - LATE
            and passed(self._clock, self._read_at) >= MINUTE / 2
        )

    async def read(self) -> tuple[Outage, ...]:
        """The outages now. Raises AwsError."""
        now = self._clock.now()
        if self._here and (self._read_at is None or passed(self._clock, self._read_at) >= OWN):
            asked_at, span = mark(self._clock), self._span(now)
            self._take(await self._metrics.fetch(self._here, span, region=self._region))
            self._read_at = asked_at
        if self._elsewhere:
            span = TimeSpan(start=now - PAST, end=last_whole(now, MINUTE))
            with suppress(AwsError):
                self._take(await self._metrics.fetch(self._elsewhere, span, region=GLOBAL_REGION))
        if self._hourly_at is None or passed(self._clock, self._hourly_at) >= HOURLY:
            self._hourly_at = mark(self._clock)
            await self._read_hourly(now)
        self._outages = tuple(judged(self._curves(now), self._outages, self._certificates))
        return self._outages

    def _span(self, now: datetime) -> TimeSpan:
        """From a while before the newest answer, so that no minute is missed."""
        since = max(now - PAST, self._read_at.at - LATE) if self._read_at is not None else now - PAST
        return TimeSpan(start=last_whole(since, MINUTE), end=last_whole(now, MINUTE))

    async def _read_hourly(self, now: datetime) -> None:
        """The same hours a week ago, and the certificates; what cannot be read is not judged."""
        hour = last_whole(now - WEEK, HOUR)
        span = TimeSpan(start=hour - timedelta(hours=1), end=hour + timedelta(hours=3))
        week: dict[str, Sequence[float]] = {}
        for queries, region in ((self._here, self._region), (self._elsewhere, GLOBAL_REGION)):
            asked = [
                query.model_copy(update={"period": HOUR})
                for query in queries
                if query.id.removeprefix(_ID) in _WEEKLY
            ]
            if asked:
                with suppress(AwsError):
                    week |= _means(await self._metrics.fetch(asked, span, region=region), span)
        self._week = week
        alb, cdn, system = self._runbook.alb, self._runbook.cdn, self._runbook.system
        read: list[Certificate] = []
        if alb is not None and alb.load_balancer and not alb.unsupported:
            place = f"arn:aws:elasticloadbalancing:{self._region}:{system.account}"
            with suppress(AwsError):
                read += await self._reader.of_balancer(f"{place}:loadbalancer/{alb.load_balancer}")
        if cdn is not None:
            with suppress(AwsError):
                read += await self._reader.of_distribution(str(cdn.distribution))
        self._certificates = tuple(read)

    def _take(self, answered: Iterable[Series]) -> None:
        oldest = (self._clock.now() - KEPT).timestamp()
        for series in answered:
            name = series.id.removeprefix(_ID)
            minutes = self._minutes.get(name, {}) | dict(zip(series.times, series.values, strict=True))
            self._minutes[name] = {at: value for at, value in minutes.items() if at >= oldest}

    def _curves(self, now: datetime) -> Curves:
        waf = self._runbook.waf
        limit = waf.blocked_per_hour / 60 if waf is not None else 0.0
        return Curves(now.timestamp(), self._minutes, self._week, limit)


def _means(answered: Iterable[Series], span: TimeSpan) -> dict[str, Sequence[float]]:
    """A minute's mean in each hour of the span, by curve; nothing of a curve without any point."""
    hours = range(int(span.start.timestamp()), int(span.end.timestamp()), HOUR)
    means: dict[str, Sequence[float]] = {}
    for series in answered:
        name, values = series.id.removeprefix(_ID), dict(zip(series.times, series.values, strict=True))
        share = 1 if name == "healthy" else HOUR // MINUTE
        if values:
            means[name] = [values.get(hour, 0.0) / share for hour in hours]
    return means
