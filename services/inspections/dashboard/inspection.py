"""ダッシュボード: every value that has a limit, at its worst in the window and now; unusual growth of traffic.

Runbook: 日常監視 2. Source: GetDashboard, GetMetricData. A person sees only nine o'clock; the window covers the
night. An average hides peaks, so each row is judged with the statistic the dashboard gives it.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from services.aws.client.errors import NotFound
from services.aws.client.prices import USD_PER_METRIC, yen_per_dollar
from services.aws.cloudwatch.dashboards.default import builtin_dashboard
from services.aws.cloudwatch.dashboards.reader import Dashboards
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.rds.reader import RdsReader
from services.i18n import _, plural, sentences
from services.inspections.base import Inspection, InspectionRequest
from services.inspections.dashboard.evaluation import Limits
from services.inspections.dashboard.health import balancer_checks, credit_checks, unused_groups
from services.inspections.dashboard.quiet_times import silent_curves
from services.inspections.dashboard.reading import Curve, Curves, WindowSeries, answers, curves_of, earlier
from services.inspections.dashboard.responses import response_checks, target_checks
from services.inspections.dashboard.traffic_growth import Transfers, comparable
from services.inspections.toolkit.checks import CheckResult, about
from services.inspections.toolkit.curves import SUSTAINED
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.silence import moved
from services.inspections.toolkit.wording import bound_words, hours_words, yen_words
from services.models.aws_cli import CliCommand
from services.models.dashboards import Dashboard
from services.models.date_text import zoned_time
from services.models.findings import Finding, Measure
from services.models.metrics import SeriesStatus, TimeSpan
from services.models.runbook import LoadBalancer
from services.models.verdict import Limit, Verdict

_NAMED = 5
"""Maximum number of widgets named in one text."""


class DashboardValues(Inspection):
    """Compares the dashboard's values with the runbook's limits."""

    async def run(self, request: InspectionRequest) -> Finding:
        """Read the dashboard, one GetMetricData per region, and the compared times. Raises AwsError."""
        dashboard, builder = await self._dashboard(), FindingBuilder(self, request)
        curves = curves_of(dashboard, self.context.runbook, request.span)
        back, alike = comparable(self.context.calendar, request.span)
        metrics, now = Metrics(self.context.reader), self.context.clock.now()
        region = self.context.region
        answer, past = await asyncio.gather(
            answers(metrics, curves.items, request.span, now, region),
            self._past(metrics, curves.of("transfer"), back, builder),
        )
        answer = await self._with_database(curves.items, answer, builder)
        silent = silent_curves(curves.items, answer)
        answer = replace(answer, earlier=await earlier(metrics, silent, answer, region))
        transfers = Transfers(curves.items, answer, past, back, self.context.calendar.zone)
        compared = self._compared(request, back, alike)
        return self._finding(builder, dashboard, curves, answer, transfers, compared)

    def cli_commands(self, span: TimeSpan) -> Iterator[CliCommand]:
        """The dashboard, then the curve of each value with a limit, from the runbook's own targets."""
        from services.aws_cli.dashboards import dashboard_body
        from services.aws_cli.metrics import curve

        runbook = self.context.runbook
        if runbook.dashboard is not None:
            yield dashboard_body(runbook.dashboard.name)
        for item in curves_of(builtin_dashboard(runbook), runbook, span).of("limit"):
            if item.limit is None:
                continue
            text = _("{title} since the last sign-off. Normal: {allowed}.")
            purpose = text.format(title=item.limit.title, allowed=bound_words(item.limit))
            trap = _("TargetResponseTime is in seconds, and its Average hides slow requests: read p95 too.")
            traps = (trap,) if item.query.metric == "TargetResponseTime" else ()
            yield curve((item.query,), span, purpose=purpose, traps=traps)

    async def _dashboard(self) -> Dashboard:
        reader, spec = Dashboards(self.context.reader), self.context.runbook.dashboard
        if spec is None:
            return reader.builtin(self.context.runbook)
        try:
            return await reader.get(spec.name)
        except NotFound:
            return reader.builtin(self.context.runbook)

    async def _past(
        self, metrics: Metrics, curves: Sequence[Curve], back: timedelta, builder: FindingBuilder
    ) -> WindowSeries | None:
        if not curves:
            return None
        span, now = moved(builder.request.span, back), self.context.clock.now()
        reading = answers(metrics, curves, span, now, self.context.region)
        return await builder.readable(reading, _("The earlier data transfer cannot be read."))

    async def _with_database(
        self, curves: Sequence[Curve], answer: WindowSeries, builder: FindingBuilder
    ) -> WindowSeries:
        """Add the runbook's database if its age or class explains missing data."""
        rds = self.context.runbook.rds
        if rds is None or not any(
            _depends(curve, answer) for curve in curves if curve.is_of_database(rds.instance)
        ):
            return answer
        text = _("The database's creation time and whether it has CPU credits cannot be read.")
        database = await builder.readable(RdsReader(self.context.reader).database(rds.instance), text)
        if database is None:
            builder.check(
                CheckResult(Measure(title=_("Database"), shown="", verdict=Verdict.UNKNOWN), sentence=text)
            )
            return answer
        return replace(answer, database=database)

    def _finding(
        self,
        builder: FindingBuilder,
        dashboard: Dashboard,
        curves: Curves,
        answer: WindowSeries,
        transfers: Transfers,
        compared: str,
    ) -> Finding:
        calendar, alb = self.context.calendar, self.context.runbook.alb
        own_group = alb.target_group if alb else ""
        limits = Limits(curves.items, answer, self.context.runbook, calendar)
        builder.check(
            *_unreadable(dashboard),
            *limits.checks(),
            *map(_unshown, curves.unshown),
            *_unsupported(alb),
            *about("targets", *balancer_checks(curves.items, answer, calendar.zone, own_group)),
            *about("responses", *response_checks(curves.items, answer, calendar)),
            *about("targets", *target_checks(curves.items, answer, calendar.zone, self.context.runbook)),
            *about("credits", *credit_checks(curves.items, answer, calendar.zone)),
            *about("transfer", *transfers.checks()),
        )
        builder.table(limits.evidence(), transfers.evidence())
        builder.remark(
            *(dashboard.remarks if dashboard.builtin else ()),
            *_unused(unused_groups(curves.items, answer, own_group)),
            *self._remarks(curves, answer, transfers, compared),
        )
        return builder.finding_of_checks(self._normal(builder.request, curves, limits))

    def _normal(self, request: InspectionRequest, curves: Curves, limits: Limits) -> str:
        count, since = len(curves.of("limit")), limits.since()
        text = plural(
            "{count} value with a limit stayed within it for {hours}.",
            "{count} values with a limit stayed within it for {hours}.",
            count,
        )
        hours = (request.until - since) / timedelta(hours=1) if since else request.hours
        sentence = text.format(count=count, hours=hours_words(hours))
        if since is None:
            return sentence
        before = _("There is no data before {time}.")
        return f"{sentence} {before.format(time=zoned_time(since, self.context.calendar.zone))}"

    def _compared(self, request: InspectionRequest, back: timedelta, alike: bool) -> str:
        zone = self.context.calendar.zone
        text = _("Data transferred is compared with the period from {time}.")
        if not alike:
            text = _(
                "Data transferred is compared with the period from {time}, although its open and closed days "
                "differ."
            )
        return text.format(time=zoned_time(request.since - back, zone))

    def _remarks(
        self, curves: Curves, answer: WindowSeries, transfers: Transfers, compared: str
    ) -> Iterator[str]:
        if curves.from_targets:
            titles = _(", ").join(str(limit.title) for limit in curves.from_targets)
            yield _("The dashboard does not show {titles}: read from the runbook's targets.").format(
                titles=titles
            )
        without = transfers.without
        if not curves.of("transfer"):
            yield _(
                "The dashboard shows no data transfer, or less than a whole hour of it: growth was not judged."
            )
        elif without:
            text = _("Growth was not judged because there is nothing to compare with: {titles}.")
            yield text.format(titles=_(", ").join(without))
        else:
            yield compared
        costs = self.context.runbook.costs
        asked = [curve.role for curve in curves.items if not curve.foreign]
        count = len(asked) + asked.count("transfer") + len(answer.earlier)
        yen = count * USD_PER_METRIC * yen_per_dollar(costs)
        text = plural(
            "{count} metric requested from CloudWatch: {yen}.",
            "{count} metrics requested from CloudWatch: {yen}.",
            count,
        )
        yield text.format(count=count, yen=yen_words(yen))


def _unused(curves: Sequence[Curve]) -> Iterator[str]:
    if curves:
        text = _("Target groups without data, treated as unused: {names}.")
        yield text.format(names=_(", ").join(dict.fromkeys(curve.group for curve in curves)))


def _depends(curve: Curve, answer: WindowSeries) -> bool:
    """Whether a curve begins late, or exists only for some databases."""
    series = answer.of(curve)
    if not series.times:
        return curve.role == "credits" and series.status is SeriesStatus.COMPLETE
    return series.times[0] - answer.start >= SUSTAINED


def _unreadable(dashboard: Dashboard) -> Iterator[CheckResult]:
    """The parts of the dashboard that cannot be read; the runbook's own targets do not replace them."""
    titles = [str(widget.title) or f"#{widget.key}" for widget in dashboard.widgets if widget.unreadable]
    if dashboard.unreadable:
        text = sentences(*dashboard.remarks) or _("The dashboard cannot be read.")
    elif titles:
        text = plural(
            "{count} widget of the dashboard cannot be read in full: {titles}.",
            "{count} widgets of the dashboard cannot be read in full: {titles}.",
            len(titles),
        ).format(count=len(titles), titles=_(", ").join(titles[:_NAMED]))
    else:
        return
    measure = Measure(title=_("Dashboard"), shown="", verdict=Verdict.UNKNOWN, note=text)
    yield CheckResult(measure=measure, sentence=text, advice=(_("Check the dashboard in the AWS console."),))


def _unsupported(alb: LoadBalancer | None) -> Iterator[CheckResult]:
    if alb is not None and alb.unsupported:
        title, note = _("Load balancer"), alb.unsupported_words
        yield CheckResult(Measure(title=title, shown="", verdict=Verdict.UNKNOWN, note=note), note)


def _unshown(limit: Limit) -> CheckResult:
    """A limit whose metric neither the dashboard nor the runbook's targets contain."""
    note = _("neither on the dashboard nor among the runbook's targets")
    return CheckResult(
        measure=Measure(
            title=limit.title,
            shown="",
            allowed=bound_words(limit),
            verdict=Verdict.UNKNOWN,
            note=note,
            item=limit.id,
        ),
        sentence=_("{title}: {said}.").format(title=limit.title, said=note),
        advice=(_("Add {title} to the dashboard.").format(title=limit.title),),
    )
