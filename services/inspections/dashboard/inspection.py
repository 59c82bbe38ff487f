"""ダッシュボード: every value that has a limit, at its worst since the last look and now; unusual growth of traffic.

Runbook: 日常監視 2. Source: GetDashboard, GetMetricData. A look at nine shows nine o'clock; this one looks over
the night. An average hides peaks, so each row is judged with the statistic the dashboard gives it.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from services.aws.client.errors import AwsError, NotFound
from services.aws.client.prices import USD_PER_METRIC
from services.aws.cloudwatch.dashboards.default import builtin_dashboard
from services.aws.cloudwatch.dashboards.reader import Dashboards
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.rds.reader import RdsReader
from services.i18n import N_, _, plural, sentences
from services.inspections.base import Inspection, Look
from services.inspections.dashboard.evaluation import Limits, allowed
from services.inspections.dashboard.health import balancer_points, credit_points, unused_groups
from services.inspections.dashboard.reading import Answer, Wanted, Wishes, answers, wishes
from services.inspections.dashboard.traffic_growth import Transfers, comparable, moved
from services.inspections.toolkit.curves import SUSTAINED
from services.inspections.toolkit.logs.queries import hours_words, yen_words
from services.inspections.toolkit.points import Point, Unread, advice, summary
from services.inspections.toolkit.wording import moment
from services.models.dashboards import Dashboard
from services.models.findings import Finding, Measure, worst
from services.models.metrics import SeriesStatus
from services.models.runbook import Runbook
from services.models.verdict import Limit, Verdict

_NAMED = 5
"""Widgets that are named where there may be many."""
YEN = 150.0
"""Yen for a dollar where the runbook says nothing of costs."""


class DashboardValues(Inspection):
    """The values of the dashboard against the runbook's limits."""

    id = "dashboard"
    title = N_("Dashboard")
    words = "だっしゅぼーど dasshuboodo cloudwatch dashboard metrics cpu"

    @classmethod
    def lacks(cls, runbook: Runbook) -> str:
        """Limits, and something that is looked at."""
        if not runbook.limits:
            return "limits"
        return "" if runbook.dashboard or builtin_dashboard(runbook).widgets else "dashboard"

    async def look(self, look: Look) -> Finding:
        """The dashboard's body, one GetMetricData a region, and one for the time it is compared with. Raises AwsError."""
        dashboard = await self._dashboard()
        asked, unread = wishes(dashboard, self.context.runbook, look.span), Unread()
        back, alike = comparable(self.context.calendar, look.span)
        metrics, now = Metrics(self.context.reader), self.context.clock.now()
        region = self.context.region
        answer, past = await asyncio.gather(
            answers(metrics, asked.wanted, look.span, now, region),
            self._past(metrics, asked.of("transfer"), look, back, unread),
        )
        answer = await self._with_database(asked.wanted, answer, unread)
        zone = self.context.calendar.zone
        transfers = Transfers(asked.wanted, answer, past, back, zone)
        return self._judged(
            look, dashboard, asked, answer, transfers, unread, self._compared(look, back, alike)
        )

    async def _dashboard(self) -> Dashboard:
        reader, spec = Dashboards(self.context.reader), self.context.runbook.dashboard
        if spec is None:
            return reader.builtin(self.context.runbook)
        try:
            return await reader.get(spec.name)
        except NotFound:
            return reader.builtin(self.context.runbook)

    async def _past(
        self, metrics: Metrics, wanted: Sequence[Wanted], look: Look, back: timedelta, unread: Unread
    ) -> Answer | None:
        if not wanted:
            return None
        now = self.context.clock.now()
        try:
            return await answers(metrics, wanted, moved(look.span, back), now, self.context.region)
        except AwsError as error:
            unread.add(_("What was transferred before cannot be read."), error.problem)
            return None

    async def _with_database(self, wanted: Sequence[Wanted], answer: Answer, unread: Unread) -> Answer:
        """With the runbook's database, where its age or its kind says whether data is missing."""
        rds = self.context.runbook.rds
        if rds is None or not any(_depends(each, answer) for each in wanted if _of(each, rds.instance)):
            return answer
        try:
            database = await RdsReader(self.context.reader).database(rds.instance)
        except AwsError as error:
            unread.add(
                _("How old the database is, and whether it has CPU credits, cannot be read."), error.problem
            )
            return answer
        return replace(answer, database=database)

    def _judged(
        self,
        look: Look,
        dashboard: Dashboard,
        asked: Wishes,
        answer: Answer,
        transfers: Transfers,
        unread: Unread,
        compared: str,
    ) -> Finding:
        calendar, alb = self.context.calendar, self.context.runbook.alb
        own_group = alb.target_group if alb else ""
        unused = unused_groups(asked.wanted, answer, own_group)
        limits = Limits(
            asked.wanted,
            answer,
            self.context.runbook,
            calendar.zone,
            calendar.within_hours,
        )
        points = [
            *_unreadable(dashboard),
            *limits.points(),
            *map(_unshown, asked.unshown),
            *balancer_points(asked.wanted, answer, calendar.zone, own_group),
            *credit_points(asked.wanted, answer, calendar.zone),
            *transfers.points(),
        ]
        verdict = worst(each.measure.verdict for each in points) or Verdict.UNKNOWN
        return self.found(
            look,
            verdict,
            summary(points, self._normal(look, asked, limits)),
            measures=tuple(each.measure for each in points),
            evidence=tuple(each for each in (limits.evidence(), transfers.evidence()) if each.rows),
            advice=advice(points, self.context.runbook, self.id),
            remarks=(
                *unread.remarks,
                *(dashboard.remarks if dashboard.builtin else ()),
                *_unused(unused),
                *self._remarks(asked, transfers, compared),
            ),
            problem=unread.problems[0] if unread.problems else None,
        )

    def _normal(self, look: Look, asked: Wishes, limits: Limits) -> str:
        count, since = len(asked.of("limit")), limits.since()
        text = plural(
            "{count} value with a limit stayed within it for {hours}.",
            "{count} values with a limit stayed within it for {hours}.",
            count,
        )
        seen = (look.until - since) / timedelta(hours=1) if since else look.hours
        said = text.format(count=count, hours=hours_words(seen))
        if since is None:
            return said
        before = _("There is no data of before {time}.")
        return f"{said} {before.format(time=moment(since, self.context.calendar.zone))}"

    def _compared(self, look: Look, back: timedelta, alike: bool) -> str:
        zone = self.context.calendar.zone
        text = _("Data transferred is compared with the time from {time}.")
        if not alike:
            text = _(
                "Data transferred is compared with the time from {time}, though its open and closed days differ."
            )
        return text.format(time=moment(look.since - back, zone))

    def _remarks(self, asked: Wishes, transfers: Transfers, compared: str) -> Iterator[str]:
        if asked.added:
            titles = _(", ").join(str(limit.title) for limit in asked.added)
            yield _("The dashboard does not show {titles}: read from the runbook's targets.").format(
                titles=titles
            )
        without = transfers.without
        if not asked.of("transfer"):
            yield _(
                "No data transferred is shown by the dashboard, or not over a whole hour: growth is not judged."
            )
        elif without:
            text = _("Growth is not judged, for there is nothing to compare with: {titles}.")
            yield text.format(titles=_(", ").join(without))
        else:
            yield compared
        costs = self.context.runbook.costs
        count = len(asked.wanted) + len(asked.of("transfer"))
        yen = count * USD_PER_METRIC * (costs.usd_jpy if costs else YEN)
        text = plural(
            "{count} metric asked of CloudWatch: {yen}.", "{count} metrics asked of CloudWatch: {yen}.", count
        )
        yield text.format(count=count, yen=yen_words(yen))


def _unused(groups: Sequence[Wanted]) -> Iterator[str]:
    if groups:
        text = _("Target groups without data, taken for unused: {names}.")
        yield text.format(names=_(", ").join(dict.fromkeys(each.group for each in groups)))


def _of(wanted: Wanted, instance: str) -> bool:
    return ("DBInstanceIdentifier", instance) in wanted.query.dimensions


def _depends(wanted: Wanted, answer: Answer) -> bool:
    """Whether a curve begins late, or is one that only some databases have."""
    series = answer.of(wanted)
    if not series.times:
        return wanted.role == "credits" and series.status is SeriesStatus.COMPLETE
    return series.times[0] - answer.start >= SUSTAINED


def _unreadable(dashboard: Dashboard) -> Iterator[Point]:
    """What of the dashboard nobody could look at; the runbook's own targets do not stand for it."""
    titles = [str(each.title) or f"#{each.key}" for each in dashboard.widgets if each.unreadable]
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
    yield Point(measure=measure, said=text, advice=(_("Look at the dashboard in the AWS console."),))


def _unshown(limit: Limit) -> Point:
    """A limit for whose metric nobody says where it is."""
    note = _("neither on the dashboard nor among the runbook's targets")
    return Point(
        measure=Measure(
            title=limit.title, shown="", allowed=allowed(limit), verdict=Verdict.UNKNOWN, note=note
        ),
        said=_("{title}: {said}.").format(title=limit.title, said=note),
        advice=(_("Add {title} to the dashboard.").format(title=limit.title),),
    )
