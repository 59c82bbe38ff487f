"""The free or cheap sources: CloudWatch's counts of blocked requests, and samples of requests."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.waf import WafReader
from services.i18n import _
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.silence import LAGS, LEAST, REACH, SourceKind, judge_silence, unusual_gaps
from services.inspections.toolkit.silence import with_data as activity_of
from services.inspections.waf_blocks.coverage import Cover, cover, starts_late
from services.logs import waf_blocks
from services.logs.waf_blocks import Kind
from services.models.base import RawId
from services.models.metrics import MetricQuery, Series, SeriesStatus, TimeSpan
from services.models.waf import BlockedGroup, Samples, WebAcl

HOUR = 3600
FINE = 300  # Period in which silences are judged
KEPT_FINE = timedelta(days=63)  # How long CloudWatch keeps it
DAILY = 86400
KEPT = timedelta(hours=3)  # AWS WAF's retention of samples
EARLIER = timedelta(days=400)
"""How far before a window earlier counts are searched; CloudWatch keeps hourly values for 455 days."""
MOST_RULES = 30  # Maximum number of rules whose samples are read


@dataclass(frozen=True, slots=True)
class Traffic:
    hours: dict[datetime, int] = field(default_factory=dict)
    """Blocked requests per hour; an hour without any is absent."""
    allowed: int = 0
    cover: Cover | None = None  # The counted part of the window; None: unknown
    blocked_at: datetime | None = None
    """When a request was blocked last, of those whose log file must have arrived; None: unknown."""
    unknown: str = ""  # Why the counts are unknown, in words; "" if `hours` is reliable

    @property
    def blocked(self) -> int | None:
        return None if self.unknown else sum(self.hours.values())

    @property
    def worst(self) -> tuple[datetime | None, int]:
        """The hour with most blocked requests, the newest of several; (None, 0) without any."""
        return max(self.hours.items(), key=lambda item: (item[1], item[0]), default=(None, 0))


async def traffic(
    context: InspectionContext, request: InspectionRequest, firewall: WafReader, metric: RawId
) -> Traffic:
    """Blocked and allowed requests of a web ACL per hour, from the full hour before the window. Raises AwsError."""
    start = request.since.replace(minute=0, second=0, microsecond=0)
    span = TimeSpan(start=start, end=max(request.until, start + timedelta(minutes=1)))
    blocked, allowed = await _counts(context, firewall, metric, span, HOUR)
    unknown = _unknown(blocked, allowed)
    if unknown:
        return Traffic(unknown=unknown)
    counted = sorted(_active(blocked) | _active(allowed))
    whole = (request.until - REACH).replace(minute=0, second=0, microsecond=0)
    past = TimeSpan(start=whole, end=span.end)
    period = FINE if context.clock.now() - past.start < KEPT_FINE else HOUR
    fine = await _counts(context, firewall, metric, past, period)
    unknown, activity, calendar = _unfinished(*fine), activity_of(*fine, positive=True), context.calendar
    inside = TimeSpan(start=max(request.since, past.start), end=request.until)
    coarse = unusual_gaps(activity_of(blocked, allowed, positive=True), request.span, calendar)
    gaps = [*(gap for gap in coarse if gap.start < past.start), *unusual_gaps(activity, inside, calendar)]
    earlier = any(at < request.since.timestamp() for at in activity.times)
    if not unknown and not earlier and starts_late(counted, request.span):
        daily = await _counts(context, firewall, metric, TimeSpan(start=start - EARLIER, end=start), DAILY)
        unknown = _unfinished(*daily)
        earlier = any(at < start for series in daily for at in _active(series))
        gaps = [TimeSpan(start=request.since, end=counted[0]), *gaps] if earlier else gaps
    silence = judge_silence(SourceKind.FIREWALL, activity, request.until, calendar)
    due = request.until - LAGS[SourceKind.FILES] - LEAST - timedelta(seconds=period)
    return Traffic(
        hours={
            datetime.fromtimestamp(at, UTC): round(value)
            for at, value in zip(blocked.times, blocked.values, strict=True)
            if value > 0
        },
        allowed=round(sum(allowed.values)),
        cover=None if unknown else cover(counted, request.span, before=earlier, gaps=gaps, silence=silence),
        blocked_at=max((at for at in _active(fine[0]) if at <= due), default=request.since),
        unknown=unknown,
    )


async def _counts(
    context: InspectionContext, firewall: WafReader, metric: RawId, span: TimeSpan, period: int
) -> tuple[Series, Series]:
    region = context.region if firewall.region is None else ""
    queries = [counts_query(metric, name, region, period) for name in ("Blocked", "Allowed")]
    blocked, allowed = await Metrics(context.reader).fetch(queries, span, region=firewall.region)
    return blocked, allowed


def counts_query(metric: RawId, name: str, region: str, period: int) -> MetricQuery:
    """The requests of one outcome (`Blocked`, `Allowed`) of a web ACL; `region` is "" for CloudFront's."""
    # Metrics of CloudFront's ACLs have no dimension `Region`.
    place = ((RawId("Region"), RawId(region)),) if region else ()
    return MetricQuery(
        id=name.lower(),
        namespace=RawId("AWS/WAFV2"),
        metric=RawId(f"{name}Requests"),
        dimensions=(*place, (RawId("Rule"), RawId("ALL")), (RawId("WebACL"), metric)),
        stat="Sum",
        period=period,
    )


def _active(series: Series) -> set[datetime]:
    return {
        datetime.fromtimestamp(at, UTC)
        for at, value in zip(series.times, series.values, strict=True)
        if value > 0
    }


def _unfinished(*parts: Series) -> str:
    for series in parts:
        if series.status is not SeriesStatus.COMPLETE:
            return _("CloudWatch's response is incomplete ({why}).", why=series.message or series.status)
    return ""


def _unknown(blocked: Series, allowed: Series) -> str:
    if unfinished := _unfinished(blocked, allowed):
        return unfinished
    # AWS publishes both only if there is something to count, so having neither proves nothing.
    if not blocked.times and not allowed.times:
        return _("CloudWatch has neither allowed nor blocked requests for the web ACL.")
    return ""


async def sampled(firewall: WafReader, acl: WebAcl, builder: FindingBuilder) -> tuple[Samples, ...] | None:
    """Samples of the rules that may block, over the last three hours of the window; None if there are none."""
    request = builder.request
    start = max(request.since, builder.context.clock.now() - KEPT)
    if start >= request.until:
        builder.remark(_("AWS WAF keeps samples for 3 hours; there are none for this window."))
        return None
    rules = [rule for rule in acl.rules if rule.blocks and rule.sampled]
    unsampled = [rule.name for rule in acl.rules if rule.blocks and not rule.sampled]
    if unsampled:
        builder.remark(_("Not sampled: {rules}.", rules=", ".join(unsampled)))
    if acl.blocks_by_default:
        builder.remark(_("What no rule allows is blocked by default; there are no samples of that."))
    try:
        span = TimeSpan(start=start, end=request.until)
        return tuple([await firewall.samples(acl, rule, span) for rule in rules[:MOST_RULES]])
    except AwsError as error:
        title = _("Sampled requests")
        builder.unread(error, f"{title}:")
        return None


def samples_cover_window(context: InspectionContext, request: InspectionRequest, acl: WebAcl) -> bool:
    blocking = [rule for rule in acl.rules if rule.blocks]
    every = (
        len(blocking) <= MOST_RULES and all(rule.sampled for rule in blocking) and not acl.blocks_by_default
    )
    return every and request.since >= context.clock.now() - KEPT


def grouped(by_rule: Iterable[Samples]) -> tuple[BlockedGroup, ...]:
    """The requests represented by the samples, estimated from their weights, the largest group first."""
    blocks = [block for samples in by_rule for block in _blocks(samples)]
    kinds: tuple[Kind, ...] = ("address", "rule", "uri")
    groups = [group for kind in kinds for group in waf_blocks.grouped(blocks, kind)]
    if blocks:
        groups.append(BlockedGroup(kind="all", count=round(sum(block.weight for block in blocks))))
    return tuple(sorted(groups, key=lambda group: (-group.count, group.kind, group.name, group.country)))


def _blocks(samples: Samples) -> Iterable[waf_blocks.WafBlock]:
    weights = sum(request.weight for request in samples.requests)
    scale = samples.population / weights if weights else 0.0
    for request in samples.requests:
        if request.blocked:
            yield waf_blocks.WafBlock(
                request.at,
                samples.rule,
                request.address,
                request.country,
                request.uri,
                request.weight * scale,
            )
