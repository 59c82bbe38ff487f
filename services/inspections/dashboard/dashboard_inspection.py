"""ダッシュボード: every value that has a limit, at its worst in the window and now; unusual growth of traffic.
Runbook: 日常監視 2. Source: GetDashboard, GetMetricData. A person sees only nine o'clock; the window covers the
night. An average hides peaks, so each row is judged with the statistic the dashboard gives it."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo

from services.aws.client.errors import NotFound
from services.aws.client.prices import USD_PER_METRIC, yen_per_dollar
from services.aws.cloudwatch.dashboards.default import builtin_dashboard
from services.aws.cloudwatch.dashboards.reader import Dashboards
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.rds.reader import RdsReader
from services.calendar.calendar import Calendar
from services.i18n import _, plural, sentences
from services.inspections.base import Inspection, InspectionRequest
from services.inspections.dashboard.evaluation import Limits
from services.inspections.dashboard.health import balancer_checks, credit_checks, unused_groups
from services.inspections.dashboard.quiet_times import quiet_times, silent_curves
from services.inspections.dashboard.reading import (
    DashboardCurve,
    DashboardCurves,
    WindowSeries,
    answers,
    curves_of,
    earlier,
)
from services.inspections.dashboard.traffic_growth import Transfers, comparable
from services.inspections.toolkit.checks import CheckRow, about, undecided
from services.inspections.toolkit.curves import STEP, SUSTAINED, Stretch, at, stretches, widest
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.silence import moved
from services.inspections.toolkit.toolkit_wording import (
    bound_words,
    hours_words,
    incomplete_words,
    length,
    number,
    stretch,
    yen_words,
)
from services.models.aws_cli import CliCommand
from services.models.dashboards import Dashboard
from services.models.date_text import zoned_time
from services.models.findings import Finding, Measure
from services.models.metrics import Series, SeriesStatus, TimeSpan
from services.models.runbook import LoadBalancer, Runbook
from services.models.verdict import Limit, Verdict, judgement

# The share of 5xx among a load balancer's responses, and the number of its healthy targets. Pure.
#
# A mean over hours hides both: every five minutes of the window are judged, the night too.


SHARE = 0.05  # Share of 5xx among all responses that is too much
FEWEST = 3
"""Fewer 5xx within SUSTAINED seconds are not judged: at night a single one may be half of all responses."""


@dataclass(frozen=True, slots=True)
class Failing:
    """The worst share of 5xx within SUSTAINED seconds, and every time with too many."""

    share: float = 0.0
    stretches: tuple[Stretch, ...] = ()
    sustained: bool = False
    """Whether each part of such a time had errors; otherwise they may have been one short burst."""


def failing(refused: Series, failed: Series, requests: Series) -> Failing:
    """`refused`: the balancer's own 5xx, which RequestCount excludes; `failed`: those of targets."""
    errors, responses = _by_step(refused, failed), _by_step(refused, requests)
    share, sustained, bad = 0.0, False, set()
    for begin in sorted({step - back for step in errors for back in range(0, SUSTAINED, STEP)}):
        steps = [begin + offset for offset in range(0, SUSTAINED, STEP)]
        counts = [errors.get(step, 0.0) for step in steps]
        part = sum(counts) / max(sum(counts), sum(responses.get(step, 0.0) for step in steps))
        if sum(counts) >= FEWEST and part >= SHARE:
            share, sustained = max(share, part), sustained or all(counts)
            bad |= {step for step, count in zip(steps, counts, strict=True) if count}
    return Failing(share, tuple(stretches(sorted(bad), STEP)), sustained)


def _by_step(*counts: Series) -> dict[int, float]:
    total: dict[int, float] = {}
    for series in counts:
        for time, value in zip(series.times, series.values, strict=True):
            if value > 0:
                step = time // STEP * STEP
                total[step] = total.get(step, 0.0) + value
    return total


def response_checks(
    curves: Sequence[DashboardCurve], answer: WindowSeries, calendar: Calendar
) -> Iterator[CheckRow]:
    refused = [curve for curve in curves if curve.role == "refused"]
    for curve in refused:
        own = {other.role: other for other in curves if other.balancer == curve.balancer}
        three = [answer.of(own[role]) for role in ("refused", "failed", "requests")]
        quiet = [
            each for each in quiet_times(own["requests"], answer, calendar) if each[0] is not Verdict.NORMAL
        ]
        title = _("5xx among all responses")
        if len(refused) > 1:
            title = _("{title} ({label})", title=title, label=curve.balancer)
        allowed = _("< {percent} % in any {minutes} min", percent=round(SHARE * 100), minutes=SUSTAINED // 60)
        unread = next((each for each in three if each.status is not SeriesStatus.COMPLETE), None)
        times = failing(three[0], three[1], three[2])
        verdicts = [
            Verdict.UNKNOWN if unread else Verdict.NORMAL if three[2].times else None,
            *(verdict for verdict, _text in quiet),
            *([Verdict.ABNORMAL if times.sustained else Verdict.ATTENTION] if times.stretches else []),
        ]
        words = [*([] if unread is None else [incomplete_words(unread)]), *(text for _verdict, text in quiet)]
        if times.stretches:
            text = _("{percent} % of the responses were 5xx, {stretch}")
            when = stretch(*widest(times.stretches).moments, calendar.zone)
            words.insert(0, text.format(percent=number(times.share * 100), stretch=when))
        judged = judgement(verdicts)
        measure = Measure(
            title=title,
            shown=_("{percent} %", percent=number(times.share * 100)) if times.stretches else "",
            allowed=allowed,
            verdict=judged["verdict"] if any(verdicts) else None,
            partial=judged["partial"],
            value=times.share * 100 if times.stretches else None,
            unit="%",
            at=at(times.stretches[-1].began) if times.stretches else None,
            note=_("; ").join(words) or _("never as much"),
        )
        tip = _("Find the failing requests in the load balancer's and the application's log.")
        yield CheckRow(
            measure=measure,
            sentence=_("{title}: {said}.", title=title, said=_(", ").join(words)),
            advice=(tip,) if times.stretches else (),
            by_runbook=bool(times.stretches),
        )


def target_checks(
    curves: Sequence[DashboardCurve], answer: WindowSeries, zone: tzinfo, runbook: Runbook
) -> Iterator[CheckRow]:
    """The number of healthy targets of each group; the fewest tasks are the limit of the runbook's group.
    Only that is a limit: another group may have one target by intention."""
    alb, ecs = runbook.alb, runbook.ecs
    own_group, least = alb.target_group if alb else "", ecs.usual_min if ecs else None
    missing = "" if own_group and least else "ecs.usual_min" if own_group else "alb.target_group"
    open_key = missing if ecs else ""
    healthy = [curve for curve in curves if curve.role == "healthy" and answer.of(curve).times]
    if open_key and alb and not healthy:
        yield undecided(_("Healthy targets"), open_key, runbook)
    for curve in healthy:
        series, fewest = answer.of(curve), least if curve.group == own_group else None
        title = _("Healthy targets")
        if len(healthy) > 1:
            title = _("{title} ({label})", title=title, label=curve.group)
        if open_key and own_group in ("", curve.group):
            yield undecided(title, open_key, runbook)
            continue
        points = zip(series.times, series.values, strict=True)
        # A target that is replaced is missing for some minutes.
        short = [
            each
            for each in stretches([time for time, value in points if value < (fewest or 0)], series.period)
            if each.seconds >= SUSTAINED
        ]
        text = _("fewer than {count} {stretch}")
        when = stretch(*widest(short).moments, zone) if short else ""
        note = text.format(count=fewest, stretch=when) if short else ""
        measure = Measure(
            title=title,
            shown=_("{least} to {most}", least=number(min(series.values)), most=number(max(series.values))),
            allowed=_("{count} or more", count=fewest) if fewest else "",
            verdict=Verdict.ATTENTION if short else Verdict.NORMAL if fewest else None,
            value=min(series.values),
            at=at(short[-1].began) if short else None,
            note=note,
        )
        total = length(timedelta(seconds=sum(each.seconds for each in short)))
        sentence = _("{title}: {said}, {length} in total.", title=title, said=note, length=total)
        tip = _("Find out why a task is missing or unhealthy: the service's events and stopped tasks.")
        yield CheckRow(measure, sentence, (tip,) if short else (), by_runbook=bool(short))


_NAMED = 5  # Maximum number of widgets named in one text


class DashboardValues(Inspection):
    async def run(self, request: InspectionRequest) -> Finding:
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
        zone = self.context.calendar.zone
        text = _("Data transferred is compared with the period from {time}.")
        if not alike:
            text = _(
                "Data transferred is compared with the period from {time}, although its open and closed days "
                "differ."
            )
        compared = text.format(time=zoned_time(request.since - back, zone))
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

    def cli_commands(self, span: TimeSpan) -> Iterator[CliCommand]:
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
        self, metrics: Metrics, curves: Sequence[DashboardCurve], back: timedelta, builder: FindingBuilder
    ) -> WindowSeries | None:
        if not curves:
            return None
        span, now = moved(builder.request.span, back), self.context.clock.now()
        reading = answers(metrics, curves, span, now, self.context.region)
        return await builder.readable(reading, _("The earlier data transfer cannot be read."))

    async def _with_database(
        self, curves: Sequence[DashboardCurve], answer: WindowSeries, builder: FindingBuilder
    ) -> WindowSeries:
        rds = self.context.runbook.rds
        if rds is None or not any(
            _depends(curve, answer) for curve in curves if curve.is_of_database(rds.instance)
        ):
            return answer
        text = _("The database's creation time and whether it has CPU credits cannot be read.")
        database = await builder.readable(RdsReader(self.context.reader).database(rds.instance), text)
        if database is None:
            builder.check(
                CheckRow(Measure(title=_("Database"), shown="", verdict=Verdict.UNKNOWN), sentence=text)
            )
            return answer
        return replace(answer, database=database)

    def _normal(self, request: InspectionRequest, curves: DashboardCurves, limits: Limits) -> str:
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

    def _remarks(
        self, curves: DashboardCurves, answer: WindowSeries, transfers: Transfers, compared: str
    ) -> Iterator[str]:
        if curves.from_targets:
            titles = _(", ").join(str(limit.title) for limit in curves.from_targets)
            yield _("The dashboard does not show {titles}: read from the runbook's targets.", titles=titles)
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


def _unused(curves: Sequence[DashboardCurve]) -> Iterator[str]:
    if curves:
        text = _("Target groups without data, treated as unused: {names}.")
        yield text.format(names=_(", ").join(dict.fromkeys(curve.group for curve in curves)))


def _depends(curve: DashboardCurve, answer: WindowSeries) -> bool:
    series = answer.of(curve)
    if not series.times:
        return curve.role == "credits" and series.status is SeriesStatus.COMPLETE
    return series.times[0] - answer.start >= SUSTAINED


def _unreadable(dashboard: Dashboard) -> Iterator[CheckRow]:
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
    yield CheckRow(measure=measure, sentence=text, advice=(_("Check the dashboard in the AWS console."),))


def _unsupported(alb: LoadBalancer | None) -> Iterator[CheckRow]:
    if alb is not None and alb.unsupported:
        title, note = _("Load balancer"), alb.unsupported_words
        yield CheckRow(Measure(title=title, shown="", verdict=Verdict.UNKNOWN, note=note), note)


def _unshown(limit: Limit) -> CheckRow:
    note = _("neither on the dashboard nor among the runbook's targets")
    return CheckRow(
        measure=Measure(
            title=limit.title,
            shown="",
            allowed=bound_words(limit),
            verdict=Verdict.UNKNOWN,
            note=note,
            item=limit.id,
        ),
        sentence=_("{title}: {said}.", title=limit.title, said=note),
        advice=(_("Add {title} to the dashboard.", title=limit.title),),
    )
