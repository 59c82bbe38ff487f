"""WAF ブロックログ: how many requests the firewall blocked, who sent them, from where, by which rule.

Runbook: ログ調査 3. The written commands list the whole bucket and read all logs there are; here the metric and the
samples come first, then one Athena query over the window's days, and S3 only under the days' prefixes. The written
runbook has no limit; those of `[waf]` are the console's own.
"""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from services.aws.client.errors import AwsError, NotFound
from services.aws.waf import WafReader
from services.contacts import escalation, reachable
from services.i18n import _
from services.inspections.base import Inspection, InspectionRequest
from services.inspections.toolkit.logs.hourly_counts import Hours
from services.inspections.waf_blocks.athena import Counted, History, configured
from services.inspections.waf_blocks.collected import Notes
from services.inspections.waf_blocks.log_files import Listed, LogFiles, destination
from services.inspections.waf_blocks.metrics import Traffic, grouped, sampled, sampled_whole, traffic
from services.inspections.waf_blocks.sources import FromOne, Who, newest
from services.inspections.waf_blocks.sql import days_of
from services.inspections.waf_blocks.wording import attacked, summary
from services.models.findings import Finding, Measure, worst
from services.models.firewall import Samples, WebAcl
from services.models.runbook_looks import Firewall as Spec
from services.models.verdict import Verdict

MONTH = timedelta(days=31)
COVERED = 0.5
"""Logs that hold a smaller share of the requests that the metric counts say nothing of the rest."""


class WafBlocks(Inspection):
    """What the firewall blocked."""

    def first_since(self, now: datetime) -> datetime:
        """A month ago."""
        return now - MONTH

    async def run(self, request: InspectionRequest) -> Finding:
        """Metric, samples, logs, Athena; what cannot be read is remarked and not judged. Raises AwsError."""
        notes = Notes()
        firewall = WafReader(self.context.reader, scope=self._spec.scope)
        acl, missing = await self._acl(firewall, notes)
        if missing:
            return self._unprotected(request)
        seen = await self._traffic(request, firewall, acl, notes)
        samples = None
        if acl is not None:
            await destination(firewall, acl, self._spec, notes)
            samples = await sampled(self.context, request, firewall, acl, notes)
        # Where nothing was blocked there is nothing to count.
        asks = configured(self._spec) and seen.blocked != 0
        since = (seen.cover and seen.cover.began) or request.since
        files = LogFiles(self.context, request, self._spec, notes, since)
        listed = await files.under(days_of(request.span), every=asks)
        counted = await self._counted(request, acl, listed, notes) if asks else Counted()
        whole = acl is not None and samples is not None and sampled_whole(self.context, request, acl)
        days = min(_days(request, seen), listed.days_held or math.inf) if counted.answered else 1
        who = self._who(seen, samples, counted, notes, days=max(1, days), whole=whole)
        return self._finding(request, seen, who, counted, notes)

    @property
    def _spec(self) -> Spec:
        spec = self.context.runbook.waf
        assert spec is not None
        return spec

    def _balancer(self) -> str:
        """The load balancer's ARN; "" where the ACL is looked for by its name."""
        runbook = self.context.runbook
        if self._spec.scope != "regional" or runbook.alb is None or not runbook.alb.load_balancer:
            return ""
        place = f"{self.context.region}:{runbook.system.account}"
        return f"arn:aws:elasticloadbalancing:{place}:loadbalancer/{runbook.alb.load_balancer}"

    async def _acl(self, firewall: WafReader, notes: Notes) -> tuple[WebAcl | None, bool]:
        """The ACL, and whether it is certain that there is none."""
        title, name, balancer = _("Web ACL"), self._spec.web_acl, self._balancer()
        try:
            acl = await (firewall.protecting(balancer) if balancer else firewall.named(name))
        except AwsError as error:
            if not name:
                raise
            notes.unread(error, title)
            if isinstance(error, NotFound):
                notes.remarks.append(
                    _("AWS WAF does not recognize the runbook's load balancer (alb.load_balancer).")
                )
            notes.unjudged(title)
            return None, False
        if acl is None:
            return None, True
        other = bool(name) and name not in (acl.name, acl.metric)
        idle = not acl.blocks_by_default and not any(rule.blocks for rule in acl.rules)
        verdict = Verdict.ATTENTION if other or idle else Verdict.NORMAL
        notes.measures.append(Measure(title=title, shown=acl.name, allowed=name, verdict=verdict))
        if idle:
            notes.remarks.append(
                _("No rule of the web ACL blocks anything, so the number blocked means nothing.")
            )
        if other:
            notes.remarks.append(_("The load balancer is protected by a web ACL other than the runbook's."))
        if not balancer:
            notes.remarks.append(
                _("Only whether the web ACL exists was checked, not whether anything uses it.")
            )
        return acl, False

    async def _traffic(
        self, request: InspectionRequest, firewall: WafReader, acl: WebAcl | None, notes: Notes
    ) -> Traffic:
        title, limit = _("Most blocked in one hour"), self._spec.blocked_per_hour
        try:
            seen = await traffic(self.context, request, firewall, acl.metric if acl else self._spec.web_acl)
        except AwsError as error:
            notes.unread(error, title)
            seen = Traffic(unknown=error.problem.summary)
        else:
            if seen.unknown:
                notes.remarks.append(seen.unknown)
        if acl is not None and not acl.measured:
            notes.remarks.append(_("The web ACL publishes no metrics (CloudWatchMetricsEnabled)."))
        if seen.unknown:
            notes.unjudged(title)
            return seen
        at, most = seen.worst
        notes.measures += [
            Measure(
                title=title,
                shown=f"{most:,}",
                allowed=f"< {limit:,}",
                verdict=self._busy(most),
                value=most,
                at=at,
            ),
            Measure(title=_("Blocked in total"), shown=f"{seen.blocked:,}", value=seen.blocked),
            Measure(title=_("Allowed in total"), shown=f"{seen.allowed:,}", value=seen.allowed),
        ]
        if seen.cover is not None:
            zone = self.context.calendar.zone
            notes.measures += seen.cover.measures(zone)
            notes.remarks += seen.cover.remarks(zone)
        notes.table(Hours(seen.hours).evidence(self.context.calendar.zone, self._busy))
        return seen

    def _busy(self, count: float) -> Verdict:
        return Verdict.ATTENTION if count >= self._spec.blocked_per_hour else Verdict.NORMAL

    async def _counted(
        self, request: InspectionRequest, acl: WebAcl | None, listed: Listed, notes: Notes
    ) -> Counted:
        return await History(self.context, request, self._spec, notes).count(
            listed.size, acl.arn if acl else ""
        )

    def _who(
        self,
        seen: Traffic,
        samples: tuple[Samples, ...] | None,
        counted: Counted,
        notes: Notes,
        *,
        days: float,
        whole: bool,
    ) -> Who:
        """Who was blocked, by Athena where it answered, else by the samples; and whether one stands out.

        `days`: what the counts are of; one address may have the limit on each.
        `whole`: the samples are of all that may block, over the whole window.
        """
        enough, note = False, ""
        unread = sum(each.unread for each in samples or ())
        if unread:
            notes.remarks.append(_("Unreadable sampled requests: {count}.").format(count=unread))
        if counted.answered:
            who = Who(counted.groups, whole=True)
            enough = self._covered(seen, counted, notes) and not counted.unread
        else:
            who, note = Who(grouped(samples or ())), _("from samples of the last 3 hours")
            if not configured(self._spec):
                enough = whole and not unread
                notes.remarks.append(
                    _(
                        "The runbook does not configure Athena (waf.workgroup, waf.athena_database, "
                        "waf.athena_table): addresses are known from samples of the last 3 hours only."
                    )
                )
        limit = math.ceil(self._spec.blocked_from_one * days)
        notes.measures.append(FromOne(limit, days, seen.blocked, who, enough, note).measure())
        tables = (*who.tables(limit), newest(samples or (), self.context.calendar.zone))
        notes.evidence[:0] = [each for each in tables if each.rows]
        return who

    def _covered(self, seen: Traffic, counted: Counted, notes: Notes) -> bool:
        """Whether the logs hold what the metric counted; an empty table would look like peace."""
        if seen.blocked is None or counted.total >= seen.blocked * 0.9:
            return True
        text = _("The logs contain {found} of the {count} blocked requests that the metric counts.")
        notes.remarks.append(text.format(found=f"{counted.total:,}", count=f"{seen.blocked:,}"))
        return counted.total >= seen.blocked * COVERED

    def _finding(
        self, request: InspectionRequest, seen: Traffic, who: Who, counted: Counted, notes: Notes
    ) -> Finding:
        notes.remarks.append(
            _("The written runbook has no limit for blocked requests; these come from the settings ([waf]).")
        )
        verdict = worst(each.verdict for each in notes.measures) or Verdict.UNKNOWN
        waits = counted.estimate_yen if verdict is Verdict.UNKNOWN else None
        return self.found(
            request,
            verdict,
            summary(request, seen, who, notes, self.context.calendar.zone),
            measures=tuple(notes.measures),
            evidence=tuple(notes.evidence),
            remarks=tuple(notes.remarks),
            advice=self._advice(attacked(notes)),
            estimate_yen=waits,
            problem=notes.problem if verdict is Verdict.UNKNOWN else None,
        )

    def _unprotected(self, request: InspectionRequest) -> Finding:
        name, balancer = self._spec.web_acl, self._balancer()
        summary = (
            _("No web ACL protects the load balancer: nothing is blocked.")
            if balancer
            else _("There is no web ACL {name}: nothing is blocked.").format(name=name)
        )
        advice = _(
            "Have the web ACL restored immediately; until then every request reaches the system unfiltered."
        )
        return self.found(
            request,
            Verdict.ABNORMAL,
            summary,
            measures=(Measure(title=_("Web ACL"), shown=_("none"), allowed=name, verdict=Verdict.ABNORMAL),),
            advice=(advice, *self._contacts()),
        )

    def _advice(self, sign: bool) -> Iterator[str]:
        if sign:
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
        """Whom to call, each with what for; an undecided one says so."""
        for each in reachable(self.context.runbook):
            if each.kind == "contact":
                said = escalation(self.context.runbook, each.role)
                yield _("{scope}: {contact}").format(scope=each.scope, contact=said) if each.scope else said


def _days(request: InspectionRequest, seen: Traffic) -> float:
    """How many of the window's days were counted; all of them where that is not known."""
    time = seen.cover.counted if seen.cover else request.until - request.since
    return time / timedelta(days=1)
