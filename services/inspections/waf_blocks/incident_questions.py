"""What an incident that began with blocked requests asks. No price but one metric's: the samples and logs are free."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import fmean

from services.aws.client.errors import AwsError
from services.aws.client.prices import USD_PER_METRIC, yen_per_dollar
from services.aws.cloudtrail.reader import CloudTrailReader
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.logs.events import Logs
from services.aws.waf import WafReader
from services.i18n import N_, _
from services.inspections.base import InspectionContext
from services.inspections.waf_blocks.metrics import DAILY, KEPT, counts_query, grouped
from services.models.cloudtrail import TRAIL_DELAY, TrailEvent
from services.models.date_text import time_text
from services.models.first_wave import AskedQuestion, Measure, Sure
from services.models.logs import LogLine
from services.models.metrics import Series, TimeSpan, last_whole
from services.models.waf import BlockedGroup
from services.outages.judging import CALM, FIREWALL, begins

DAY = timedelta(days=1)
NAMES, LINES = 3, 100
SAMPLED = 8
"""Rules whose samples are read: it is asked again each minute, in no more requests than a first wave."""

Told = tuple[str, str, Sure]  # The answer, what was read for it, and how sure it is


class FirewallQuestions:
    def __init__(self, context: InspectionContext, since: datetime) -> None:
        assert context.runbook.waf is not None, "an inspection of the firewall needs one"
        self._spec = context.runbook.waf
        self._context = context
        self._now = context.clock.now()
        self._firewall = WafReader(context.reader, scope=self._spec.scope)
        self._sampled: tuple[BlockedGroup, ...] | None = None
        self.began = since
        self.series: tuple[Series, ...] = ()  # The curve of blocked requests, once asked

    async def answers(self) -> tuple[AskedQuestion, ...]:
        given: list[AskedQuestion] = []
        for title, ask in (
            (N_("Since when does it grow?"), self._growth),
            (N_("Which rule blocks how much, from where?"), self._rules),
            (N_("Did other requests of these addresses get through?"), partial(self._of, self._through)),
            (N_("Did anyone sign in to AWS from these addresses?"), partial(self._of, self._signed_in)),
        ):
            try:
                text, read, sure = await ask()
            except AwsError as error:
                text, read, sure = str(error.problem.summary), "", Sure.UNSEEN
            at = self._context.clock.now()
            given.append(AskedQuestion(title=_(title), answer=text, read=read, at=at, sure=sure))
        return tuple(given)

    async def _of(self, ask: Callable[[list[str]], Awaitable[Told]]) -> Told:
        addresses = list(dict.fromkeys(str(group.name) for group in await self._groups("address")))
        if addresses:
            return await ask(addresses)
        return _("no address is known"), _("samples of the last 3 hours"), Sure.UNSEEN

    def _time(self, at: datetime) -> str:
        return time_text(at, self._context.calendar.zone, self._now)

    async def _groups(self, kind: str) -> list[BlockedGroup]:
        """The blocked requests of the last three hours by address or rule, from AWS WAF's samples, the most first."""
        if self._sampled is None:
            acl = await self._firewall.named(str(self._spec.web_acl))
            span = TimeSpan(start=self._now - KEPT, end=self._now)
            rules = [each for each in acl.rules if each.blocks and each.sampled][:SAMPLED] if acl else []
            samples = [await self._firewall.samples(acl, rule, span) for rule in rules] if acl else []
            self._sampled = grouped(samples)
        return [each for each in self._sampled if each.kind == kind and each.name][:NAMES]

    async def _growth(self) -> Told:
        end = last_whole(self._now, 60)
        span = TimeSpan(start=end - timedelta(seconds=DAILY), end=end)
        place = self._context.region if self._firewall.region is None else ""
        query = counts_query(self._spec.web_acl, "Blocked", place, 60)
        (curve,) = await Metrics(self._context.reader).fetch([query], span, region=self._firewall.region)
        self.series = (curve.model_copy(update={"id": Measure.WAF_BLOCKED.value}),)
        yen = USD_PER_METRIC * yen_per_dollar(self._context.runbook.costs)
        read = _("BlockedRequests of 24 hours by minute (¥{yen})", yen=f"{yen:.4f}")
        published, first = dict(zip(curve.times, curve.values, strict=True)), int(span.start.timestamp())
        values = [published.get(at, 0.0) for at in range(first, max(published, default=first) + 1, 60)]
        least = max(FIREWALL.floor, self._spec.blocked_per_hour / 60)
        start = begins(values, lambda value: value >= least, FIREWALL.minutes, CALM)
        if not start:
            return _("it does not grow now"), read, Sure.CERTAIN
        self.began = datetime.fromtimestamp(first + 60 * start, UTC)
        text = _("since {time}: {now} a minute, {before} before").format(
            time=self._time(self.began),
            now=f"{fmean(values[start:]):,.0f}",
            before=f"{fmean(values[:start]):,.1f}",
        )
        return text, read, Sure.CERTAIN

    async def _rules(self) -> Told:
        groups = [*await self._groups("rule"), *await self._groups("address")]
        parts = [f"{group.name} {group.count:,}" for group in groups]
        read = _("samples of the last 3 hours, estimated by their weights")
        return _("; ").join(parts) or _("nothing in the samples"), read, Sure.PARTLY

    async def _through(self, addresses: list[str]) -> Told:
        """Lines of the application's logs that name the addresses; that none does proves nothing."""
        groups = [spec.id for spec in self._context.runbook.log_groups if spec.kind == "application"][:2]
        pattern = " ".join(f'?"{address}"' for address in addresses)
        ends = (int((self._now - KEPT).timestamp() * 1000), int(self._now.timestamp() * 1000))
        lines: list[LogLine] = []
        for group in groups:
            lines += (await Logs(self._context.reader).sample(group, pattern, *ends, limit=LINES))[0]
        read = _("{groups}, the last 3 hours, by {addresses}").format(
            groups=", ".join(map(str, groups)) or "—", addresses=", ".join(addresses)
        )
        if lines:
            at = self._time(datetime.fromtimestamp(lines[-1].at / 1000, UTC))
            text = _("yes: {count} lines, the newest at {time}", count=len(lines), time=at)
            return text, read, Sure.CERTAIN
        why = _("not known: no line names them, and these logs need not name who sends a request")
        return why, read, Sure.UNSEEN

    async def _signed_in(self, addresses: list[str]) -> Told:
        reader, trail = CloudTrailReader(self._context.reader), self._context.runbook.trail
        regions = trail.sign_in_regions if trail is not None else (self._context.region,)
        since, events, sure = self.began - DAY, list[TrailEvent](), Sure.CERTAIN
        for region in regions:
            lookup = await reader.lookup(
                region, "EventName", "ConsoleLogin", since=since, until=self._now, most=2
            )
            events += lookup.events
            if lookup.problem is not None or lookup.more or lookup.unreadable:
                sure = Sure.PARTLY
        read = _("CloudTrail {value} since {since}, known up to {until} ({regions})").format(
            value="ConsoleLogin",
            since=self._time(since),
            until=self._time(self._now - TRAIL_DELAY),
            regions=", ".join(regions),
        )
        own = sorted((event for event in events if event.address in addresses), key=lambda event: event.at)
        if not own:
            return _("none of {count} sign-ins", count=len(events)), read, sure
        rows = (f"{self._time(event.at)} {event.actor.name or '?'} {event.address}" for event in own[-NAMES:])
        return _("{count}: {rows}", count=len(own), rows=_("; ").join(rows)), read, sure
