"""Reads what shows an outage that no alarm tells of, with the requests that the console sends anyway. The
queries join the dashboard's GetMetricData; nobody looking at it, one request of their own is sent every two
minutes. A firewall of CloudFront publishes in us-east-1, which is one request a minute more. The certificate
and the same hour a week ago are read once an hour."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from services.aws.certificates import CertificateReader
from services.aws.client.errors import AwsError
from services.aws.regions import REGION as GLOBAL_REGION
from services.background.boundaries import on_error
from services.clock import Clock, Mark, mark, passed
from services.dashboards.sources import MetricSource
from services.models.base import RawId
from services.models.metrics import MetricQuery, Series, TimeSpan, last_whole
from services.models.outages import Certificate, Outage
from services.models.runbook import Runbook
from services.outages.judging import MINUTE, OutageCurves, judged

PAST = timedelta(hours=3)
KEPT = timedelta(hours=4)
LATE = timedelta(minutes=15)  # How much of what was read before is read again: minutes are published late
WIDEST = timedelta(hours=6)
"""The longest range of a dashboard that the queries join: a longer one has too many points."""
OWN = 110.0  # Seconds without a request of the dashboard after which one of its own is sent
HOUR = 3600
WEEK = timedelta(days=7)
_ID = "outage_"


def queries_of(runbook: Runbook, region: str) -> Iterator[MetricQuery]:
    alb, waf = runbook.alb, runbook.waf
    if alb is not None and alb.load_balancer and not alb.unsupported:
        balancer = ((RawId("LoadBalancer"), alb.load_balancer),)
        yield _query("requests", "AWS/ApplicationELB", "RequestCount", balancer, region)
        if alb.target_group:
            group = (*balancer, (RawId("TargetGroup"), alb.target_group))
            yield _query("healthy", "AWS/ApplicationELB", "HealthyHostCount", group, region)
    if waf is not None and waf.web_acl:
        is_global = waf.scope == "cloudfront"
        place = () if is_global else ((RawId("Region"), RawId(region)),)
        acl = (*place, (RawId("Rule"), RawId("ALL")), (RawId("WebACL"), waf.web_acl))
        where = GLOBAL_REGION if is_global else region
        yield _query("blocked", "AWS/WAFV2", "BlockedRequests", acl, where)
        yield _query("allowed", "AWS/WAFV2", "AllowedRequests", acl, where)


def _query(
    name: str, namespace: str, metric: str, dimensions: tuple[tuple[RawId, RawId], ...], region: str
) -> MetricQuery:
    stat = "Maximum" if name == "healthy" else "Sum"
    # With a label of its own it shares a curve that the dashboard draws with one.
    return MetricQuery(
        id=_ID + name, label=name, namespace=RawId(namespace), metric=RawId(metric), dimensions=dimensions,
        stat=stat, period=MINUTE, region=region,
    )  # fmt: skip


class OutageWatch:
    """The outages of one system. As a source of metrics (`fetch`) it adds its queries to the dashboard's."""

    def __init__(
        self, runbook: Runbook, metrics: MetricSource, reader: CertificateReader, clock: Clock, region: str
    ) -> None:
        self._runbook = runbook
        self._metrics = metrics
        self._reader = reader
        self._clock = clock
        self._region = region
        queries = tuple(queries_of(runbook, region))
        self._here = tuple(query for query in queries if query.region == region)
        self._elsewhere = tuple(query for query in queries if query.region != region)
        self._minutes: dict[str, dict[int, float]] = {}
        self._week: dict[str, Sequence[float]] = {}
        self._read_at: Mark | None = None
        """When this region was asked; None before the first time, which reads the hours before."""
        self._hourly_at: Mark | None = None
        self._certificates: tuple[Certificate, ...] = ()
        self._outages: tuple[Outage, ...] = ()

    async def fetch(
        self, queries: Sequence[MetricQuery], span: TimeSpan, *, region: str | None = None
    ) -> tuple[Series, ...]:
        """The curves of the visible queries, as those of `Metrics`; the watch's own ride along. Raises AwsError."""
        before = self._read_at
        # The span has the newest minutes and those since the request before, and not too many.
        joins = (
            before is not None
            and (region or self._region) == self._region
            and self._clock.now() - span.end < timedelta(minutes=2)
            and span.end - WIDEST <= span.start <= before.at - LATE
            and passed(self._clock, before) >= MINUTE / 2
        )
        self._read_at = mark(self._clock) if joins else before
        with on_error(partial(setattr, self, "_read_at", before)):
            answered = await self._metrics.fetch(
                [*queries, *(self._here if joins else ())], span, region=region
            )
        own = {query.id for query in self._here}
        self._take(series for series in answered if series.id in own)
        return tuple(series for series in answered if series.id not in own)

    async def read(self) -> tuple[Outage, ...]:
        """The outages now. Raises AwsError."""
        now = self._clock.now()
        if self._here and (self._read_at is None or passed(self._clock, self._read_at) >= OWN):
            asked_at = mark(self._clock)
            # From a while before the newest answer, so that no minute is missed.
            since = now - PAST if self._read_at is None else max(now - PAST, self._read_at.at - LATE)
            self._take(await self._metrics.fetch(self._here, _minutes(since, now), region=self._region))
            self._read_at = asked_at
        with suppress(AwsError):
            if self._elsewhere:
                span = _minutes(now - PAST, now)
                self._take(await self._metrics.fetch(self._elsewhere, span, region=GLOBAL_REGION))
        if self._hourly_at is None or passed(self._clock, self._hourly_at) >= HOUR:
            self._hourly_at = mark(self._clock)
            await self._read_hourly(now)
        waf = self._runbook.waf
        limit = waf.blocked_per_hour / 60 if waf is not None else 0.0
        curves = OutageCurves(now.timestamp(), self._minutes, self._week, limit)
        self._outages = tuple(judged(curves, self._outages, self._certificates))
        return self._outages

    async def _read_hourly(self, now: datetime) -> None:
        """The same hours a week ago, and the certificate; what cannot be read is not judged."""
        hour = last_whole(now - WEEK, HOUR)
        span = TimeSpan(start=hour - timedelta(hours=1), end=hour + timedelta(hours=3))
        self._week, self._certificates = {}, ()
        for queries, region in ((self._here, self._region), (self._elsewhere, GLOBAL_REGION)):
            asked = [query.model_copy(update={"period": HOUR}) for query in queries]
            with suppress(AwsError):
                for series in await self._metrics.fetch(asked, span, region=region) if asked else ():
                    self._week |= _means(series, span)
        alb = self._runbook.alb
        if alb is not None and alb.load_balancer and not alb.unsupported:
            place = f"arn:aws:elasticloadbalancing:{self._region}:{self._runbook.system.account}"
            with suppress(AwsError):
                arn = f"{place}:loadbalancer/{alb.load_balancer}"
                self._certificates = await self._reader.of_balancer(arn)

    def _take(self, answered: Iterable[Series]) -> None:
        oldest = (self._clock.now() - KEPT).timestamp()
        for series in answered:
            name = series.id.removeprefix(_ID)
            minutes = self._minutes.get(name, {}) | dict(zip(series.times, series.values, strict=True))
            self._minutes[name] = {at: value for at, value in minutes.items() if at >= oldest}


def _minutes(since: datetime, until: datetime) -> TimeSpan:
    return TimeSpan(start=last_whole(since, MINUTE), end=last_whole(until, MINUTE))


def _means(series: Series, span: TimeSpan) -> dict[str, Sequence[float]]:
    """A minute's mean in each hour of the span; nothing of a curve without any point."""
    name, values = series.id.removeprefix(_ID), dict(zip(series.times, series.values, strict=True))
    hours = range(int(span.start.timestamp()), int(span.end.timestamp()), HOUR)
    share = 1 if name == "healthy" else HOUR // MINUTE
    return {name: [values.get(hour, 0.0) / share for hour in hours]} if values else {}
