"""WAF ブロックログ: how many requests the firewall blocked, from which addresses and by which rules. Runbook: ログ調査
3. The written commands list the whole bucket and read all logs; here metric and samples are read first, then
one Athena query for the window's days, and S3 only under the days' prefixes. The written runbook has no
limit; those of `[waf]` are the console's own."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from operator import itemgetter

from services.aws.client.errors import AwsError, NotFound
from services.aws.waf import WafReader
from services.contacts import escalation, reachable
from services.i18n import _, plural
from services.inspections.base import Inspection, InspectionRequest, table
from services.inspections.toolkit.checks import undecided
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.logs.hourly_counts import Hours, local, zone_name
from services.inspections.toolkit.toolkit_wording import hours_words
from services.inspections.waf_blocks.athena import AthenaHistory, Counted, configured
from services.inspections.waf_blocks.log_files import ListedFiles, LogFiles, destination
from services.inspections.waf_blocks.metrics import Traffic, grouped, sampled, samples_cover_window, traffic
from services.inspections.waf_blocks.sql import days_of
from services.models.aws_cli import CliCommand
from services.models.evidence import Evidence, Row
from services.models.findings import Finding, Measure
from services.models.metrics import TimeSpan
from services.models.runbook_inspections import Firewall as Spec
from services.models.verdict import Verdict, judgement
from services.models.waf import BlockedGroup, Samples, WebAcl

NEWEST = 20


@dataclass(frozen=True, slots=True)
class BlockSources:
    groups: tuple[BlockedGroup, ...] = ()
    is_complete: bool = False  # They cover the whole window; otherwise only samples

    def addresses(self) -> list[tuple[str, str, int]]:
        """(address, countries, requests), most requests first."""
        counts: Counter[str] = Counter()
        countries: dict[str, set[str]] = {}
        for group in self.of("address"):
            counts[group.name] += group.count
            countries.setdefault(group.name, set()).add(group.country)
        return [(name, " ".join(sorted(countries[name])), count) for name, count in counts.most_common()]

    def of(self, kind: str) -> list[BlockedGroup]:
        return [group for group in self.groups if group.kind == kind]

    def tables(self, limit: int) -> Iterable[Evidence]:
        """Addresses, rules, URIs; URIs are external text, so they are private."""
        where = _("entire window") if self.is_complete else _("samples of the last 3 hours")
        rows = [
            Row(cells=(name, country, f"{count:,}"), verdict=Verdict.ATTENTION if count >= limit else None)
            for name, country, count in self.addresses()
        ]
        blocked = _("Blocked")
        title = _("{what} ({where})")
        yield table(
            title.format(what=_("Addresses"), where=where), (_("Address"), _("Country"), blocked), rows
        )
        for kind, what, column, private in (
            ("rule", _("Rules"), _("Rule"), False),
            ("uri", _("Requested paths"), _("Path"), True),
        ):
            cells = [(group.name, f"{group.count:,}") for group in self.of(kind)]
            yield table(title.format(what=what, where=where), (column, blocked), cells, private=private)


@dataclass(frozen=True, slots=True)
class FromOne:
    limit: int  # For all `days` together
    days: float
    total: int | None  # Number of requests blocked in the window, from the metrics; None: unknown
    sources: BlockSources
    enough: bool  # `sources` suffice to judge: they cover the whole window, or all that the runbook requires
    note: str = field(default="")

    def measure(self) -> Measure:
        title, allowed = _("From one address"), self._allowed()
        name, _countries, most = next(iter(self.sources.addresses()), ("", "", 0))
        value = (
            _("{what} ({where})", what=f"{most:,}", where=name)
            if name
            else "0"
            if self.enough or self.total == 0
            else ""
        )
        note = self.note if not self.sources.is_complete else ""
        verdict = Verdict.UNKNOWN
        if most >= self.limit:
            verdict = Verdict.ATTENTION
        elif self.enough:
            verdict = Verdict.NORMAL
        elif self.total is not None and self.total < self.limit:
            verdict, note = Verdict.NORMAL, _("fewer were blocked in total")
        return Measure(
            title=title,
            shown=value,
            allowed=allowed,
            verdict=verdict,
            partial=verdict is Verdict.ATTENTION and not self.enough,
            value=float(most) if value else None,
            note=note,
        )

    def _allowed(self) -> str:
        return _("< {count} in {hours}", count=f"{self.limit:,}", hours=hours_words(self.days * 24))


def newest(by_rule: Sequence[Samples], zone: tzinfo) -> Evidence:
    blocked = [
        (request.at, samples.rule, request)
        for samples in by_rule
        for request in samples.requests
        if request.blocked
    ]
    blocked.sort(key=itemgetter(0), reverse=True)
    return table(
        _("Newest blocked requests (samples)"),
        (_("Time ({zone})", zone=zone_name(zone)), _("Address"), _("Country"), _("Rule"), _("Path")),
        [
            (local(at, zone), request.address, request.country, rule, request.uri)
            for at, rule, request in blocked[:NEWEST]
        ],
        private=True,
    )


MONTH = timedelta(days=31)
COVERED = 0.5  # Minimum share of the metric's requests that the logs must contain to be representative


class WafBlocks(Inspection):
    def first_since(self, now: datetime) -> datetime:
        return now - MONTH

    async def run(self, request: InspectionRequest) -> Finding:
        builder = FindingBuilder(self, request)
        firewall = WafReader(self.context.reader, scope=self._spec.scope)
        acl, missing = await self._acl(firewall, builder)
        if missing:
            return self._unprotected(builder)
        counts = await self._traffic(firewall, acl, builder)
        samples = None
        if acl is not None:
            await destination(firewall, acl, self._spec, builder)
            samples = await sampled(firewall, acl, builder)
        # If nothing was blocked there is nothing to count.
        asks = configured(self._spec) and counts.blocked != 0
        since = (counts.cover and counts.cover.began) or request.since
        listed = await LogFiles(builder, self._spec, since, counts.blocked_at).under(
            days_of(request.span), every=asks
        )
        counted = Counted()
        if asks:
            counted = await AthenaHistory(builder, self._spec).count(listed.size, acl.arn if acl else "")
        whole = acl is not None and samples is not None and samples_cover_window(self.context, request, acl)
        days = self._days(request, counts, listed) if counted.answered else 1
        sources = self._sources(counts, samples, counted, builder, days=max(1, days), whole=whole)
        builder.remark(
            _("The written runbook has no limit for blocked requests; these come from the settings ([waf]).")
        )
        judged = builder.complete or builder.verdict is Verdict.ABNORMAL
        if judged:
            # Unreadable rows are remarked, but do not prevent the verdict.
            builder.problem = None
        return builder.finding(
            summary(builder, counts, sources),
            advice=self._advice(attacked(builder.measures)),
            estimate_yen=None if judged else counted.estimate_yen,
        )

    def cli_commands(self, span: TimeSpan) -> Iterable[CliCommand]:
        from services.inspections.waf_blocks.waf_blocks_cli_commands import commands_of

        return commands_of(self._spec, self._balancer(), self.context.region, span)

    @property
    def _spec(self) -> Spec:
        spec = self.context.runbook.waf
        assert spec is not None
        return spec

    def _balancer(self) -> str:
        """The load balancer's ARN; "" if the ACL is read by its name."""
        runbook = self.context.runbook
        if self._spec.scope != "regional" or runbook.alb is None or not runbook.alb.load_balancer:
            return ""
        place = f"{self.context.region}:{runbook.system.account}"
        return f"arn:aws:elasticloadbalancing:{place}:loadbalancer/{runbook.alb.load_balancer}"

    async def _acl(self, firewall: WafReader, builder: FindingBuilder) -> tuple[WebAcl | None, bool]:
        title, name, balancer = _("Web ACL"), self._spec.web_acl, self._balancer()
        try:
            acl = await (firewall.protecting(balancer) if balancer else firewall.named(name))
        except AwsError as error:
            if not name:
                raise
            builder.unread(error, f"{title}:")
            if isinstance(error, NotFound):
                builder.remark(
                    _("AWS WAF does not recognize the runbook's load balancer (alb.load_balancer).")
                )
            builder.unjudged(title)
            return None, False
        if acl is None:
            return None, True
        other = bool(name) and name not in (acl.name, acl.metric)
        idle = not acl.blocks_by_default and not any(rule.blocks for rule in acl.rules)
        row = Measure(title=title, shown="", allowed=name, verdict=Verdict.NORMAL)
        if not name:
            row = undecided(title, "waf.web_acl", self.context.runbook).measure
        judged = judgement((Verdict.ATTENTION if other or idle else None, row.verdict))
        builder.measure(row.model_copy(update={"shown": acl.name, **judged}))
        if idle:
            builder.remark(_("No rule of the web ACL blocks anything, so the number blocked means nothing."))
        if other:
            builder.remark(_("The load balancer is protected by a web ACL other than the runbook's."))
        if not balancer:
            builder.remark(_("Only whether the web ACL exists was checked, not whether anything uses it."))
        return acl, False

    async def _traffic(self, firewall: WafReader, acl: WebAcl | None, builder: FindingBuilder) -> Traffic:
        title, limit = _("Most blocked in one hour"), self._spec.blocked_per_hour
        metric = acl.metric if acl else self._spec.web_acl
        try:
            counts = await traffic(self.context, builder.request, firewall, metric)
        except AwsError as error:
            builder.unread(error, f"{title}:")
            counts = Traffic(unknown=error.problem.summary)
        else:
            builder.remark(counts.unknown)
        if acl is not None and not acl.measured:
            builder.remark(_("The web ACL publishes no metrics (CloudWatchMetricsEnabled)."))
        if counts.unknown:
            builder.unjudged(title)
            return counts
        at, most = counts.worst
        builder.measure(
            Measure(
                title=title,
                shown=f"{most:,}",
                allowed=f"< {limit:,}",
                verdict=self._busy(most),
                value=most,
                at=at,
            ),
            Measure(title=_("Blocked in total"), shown=f"{counts.blocked:,}", value=counts.blocked),
            Measure(title=_("Allowed in total"), shown=f"{counts.allowed:,}", value=counts.allowed),
        )
        zone = self.context.calendar.zone
        if counts.cover is not None:
            builder.measure(*counts.cover.measures(self.context.calendar))
            builder.remark(*counts.cover.remarks(self.context.calendar))
        builder.table(Hours(counts.hours).evidence(zone, self._busy))
        return counts

    def _busy(self, count: float) -> Verdict:
        return Verdict.ATTENTION if count >= self._spec.blocked_per_hour else Verdict.NORMAL

    def _days(self, request: InspectionRequest, counts: Traffic, listed: ListedFiles) -> float:
        time = counts.cover.counted if counts.cover else request.until - request.since
        return min(time / timedelta(days=1), listed.days_with_logs or math.inf)

    def _sources(
        self,
        counts: Traffic,
        samples: tuple[Samples, ...] | None,
        counted: Counted,
        builder: FindingBuilder,
        *,
        days: float,
        whole: bool,
    ) -> BlockSources:
        """The blocked sources, from Athena if it responded, otherwise from the samples; judges the top
        address. `days`: number of days that the counts cover; one address may reach the limit on each.
        `whole`: the samples cover all rules that may block, over the whole window."""
        enough, note = False, ""
        unread = sum(sample.unread for sample in samples or ())
        if unread:
            builder.remark(_("Unreadable sampled requests: {count}.", count=unread))
        if counted.answered:
            sources = BlockSources(counted.groups, is_complete=True)
            enough = self._covered(counts, counted, builder) and not counted.unread
        else:
            sources, note = BlockSources(grouped(samples or ())), _("from samples of the last 3 hours")
            if not configured(self._spec):
                enough = whole and not unread
                builder.remark(
                    _(
                        "The runbook does not configure Athena (waf.workgroup, waf.athena_database, "
                        "waf.athena_table): addresses are known from samples of the last 3 hours only."
                    )
                )
        limit = math.ceil(self._spec.blocked_from_one * days)
        builder.measure(FromOne(limit, days, counts.blocked, sources, enough, note).measure())
        zone = self.context.calendar.zone
        builder.table(*sources.tables(limit), newest(samples or (), zone), first=True)
        return sources

    def _covered(self, counts: Traffic, counted: Counted, builder: FindingBuilder) -> bool:
        """Whether the logs contain what the metric counted; an empty table would look like all-clear."""
        if counts.blocked is None or counted.total >= counts.blocked * 0.9:
            return True
        text = _("The logs contain {found} of the {count} blocked requests that the metric counts.")
        builder.remark(text.format(found=f"{counted.total:,}", count=f"{counts.blocked:,}"))
        return counted.total >= counts.blocked * COVERED

    def _unprotected(self, builder: FindingBuilder) -> Finding:
        name, balancer = self._spec.web_acl, self._balancer()
        builder.measure(Measure(title=_("Web ACL"), shown=_("none"), allowed=name, verdict=Verdict.ABNORMAL))
        advice = _(
            "Have the web ACL restored immediately; until then every request reaches the system unfiltered."
        )
        return builder.finding(
            _("No web ACL protects the load balancer: nothing is blocked.")
            if balancer
            else _("There is no web ACL {name}: nothing is blocked.", name=name),
            advice=(advice, *self._contacts()),
        )

    def _advice(self, attack: bool) -> Iterator[str]:
        if attack:
            yield _(
                "Signs of an attack: report it as a security incident, with the addresses and rules above."
            )
            yield _(
                "Check whether other requests from the same addresses got through, and whether anyone signed "
                "in."
            )
            yield from self._contacts()
        for procedure in self.context.runbook.procedures:
            if any(step.look == self.id for step in procedure.steps):
                steps = _("; ").join(step.text for step in procedure.steps)
                yield _("{title} ({section}): {steps}").format(
                    title=procedure.title, section=procedure.section, steps=steps
                )

    def _contacts(self) -> Iterator[str]:
        for contact in reachable(self.context.runbook):
            if contact.kind == "contact":
                words = escalation(self.context.runbook, contact.role)
                yield _("{scope}: {contact}", scope=contact.scope, contact=words) if contact.scope else words


def attacked(measures: Iterable[Measure]) -> bool:
    titles = {_("Most blocked in one hour"), _("From one address")}
    return any(measure.verdict is Verdict.ATTENTION for measure in measures if measure.title in titles)


def summary(builder: FindingBuilder, counts: Traffic, sources: BlockSources) -> str:
    parts = []
    hours = counts.cover.words() if counts.cover else hours_words(builder.request.hours)
    gaps = counts.cover.gaps(builder.context.calendar.zone) if counts.cover else ""
    if counts.unknown:
        parts.append(_("It is not known how many requests were blocked in {hours}", hours=hours))
    elif not counts.blocked:
        parts.append(_("Nothing was blocked in {hours}", hours=hours))
    else:
        text = plural(
            "{count} request blocked in {hours}",
            "{count} requests blocked in {hours}, at most {most} in one hour",
            counts.blocked,
        )
        most = f"{counts.worst[1]:,}"
        parts.append(text.format(count=f"{counts.blocked:,}", hours=hours, most=most))
    for name, country, count in sources.addresses()[:1]:
        text = _("most from {address} ({country}): {count}")
        parts.append(text.format(address=name, country=country, count=f"{count:,}"))
    if gaps:
        parts.append(_("no requests counted {times}", times=gaps))
    unjudged = [measure.title for measure in builder.measures if Verdict.UNKNOWN in measure.verdicts]
    if unjudged:
        parts.append(_("not judged: {titles}", titles=_(", ").join(unjudged)))
    text = _("; ").join(parts)
    return _("Signs of an attack: {what}", what=text) if attacked(builder.measures) else text
