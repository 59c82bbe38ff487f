"""Runbook: `[[inspections]]` with `kind = "metric"`. Source: GetMetricData."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.metrics.reader import Metrics
from services.dashboards.requests import fitting_period
from services.i18n import _
from services.inspections.base import InspectionRequest, OwnInspection, table
from services.inspections.toolkit.curves import SUSTAINED, Course, Stretch, at, course_of, silences, widest
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.silence import (
    FINE,
    REACH,
    Likeness,
    SourceKind,
    judge_silence,
    unusual_gaps,
    with_data,
)
from services.inspections.toolkit.toolkit_wording import (
    bound_words,
    hours_words,
    incomplete_words,
    length,
    stretch,
    value_words,
)
from services.models.aws_cli import CliCommand
from services.models.date_text import zoned_time
from services.models.evidence import Evidence, Row
from services.models.findings import Finding, Measure
from services.models.metrics import MetricQuery, Series, SeriesStatus, TimeSpan
from services.models.verdict import Limit, Verdict, judgement

COUNTED = ("Sum", "SampleCount")  # Statistics that count events: a time without any may be usual


@dataclass(frozen=True, slots=True)
class MetricSilence:
    hole: Stretch
    verdict: Verdict  # The finding's verdict because of this silence
    why: str = ""


class CustomMetric(OwnInspection):
    async def run(self, request: InspectionRequest) -> Finding:
        series, span = await self._read(request.since, request.until)
        start, end = (int(at.timestamp()) for at in (span.start, span.end))
        course = course_of(series, self.limit, end, start)
        holes = tuple(silences(series, start, end)) if series.times else (Stretch(start, end),)
        silent = await self._silences(series, span, holes)
        return self._finding(FindingBuilder(self, request), series, course, silent)

    def cli_commands(self, span: TimeSpan) -> Iterable[CliCommand]:
        from services.aws_cli.metrics import curve

        text = _("{title} in the window. Normal: {allowed}.")
        purpose = text.format(title=self.limit.title, allowed=bound_words(self.limit))
        return (curve((self._query(self.spec.period),), span, purpose=purpose),)

    async def _read(
        self, since: datetime, until: datetime, period: int | None = None
    ) -> tuple[Series, TimeSpan]:
        """The metric and the range of whole periods that was read; at least one, even for a shorter window."""
        if period is None:
            age = int((self.context.clock.now() - since).total_seconds())
            period = fitting_period(self.spec.period, int((until - since).total_seconds()), age)
        last = int(until.timestamp()) // period * period
        first = min(int(since.timestamp()) // period * period, last - period)
        span = TimeSpan(start=at(first), end=at(last))
        (series,) = await Metrics(self.context.reader).fetch([self._query(period)], span)
        return series, span

    def _query(self, period: int) -> MetricQuery:
        return MetricQuery(
            id="value",
            namespace=self.spec.namespace,
            metric=self.spec.metric,
            dimensions=tuple(self.spec.dimensions.items()),
            stat=self.spec.stat,
            period=period,
            region=self.spec.region,
        )

    async def _silences(
        self, series: Series, span: TimeSpan, holes: Sequence[Stretch]
    ) -> Sequence[MetricSilence]:
        if not holes or series.status is not SeriesStatus.COMPLETE:
            return ()
        counted = self.spec.stat in COUNTED
        if counted and self.spec.above is not None:
            # With a lower limit, the inspection looks for times without events.
            return self._gaps(holes, span)
        try:
            past, _span = await self._read(span.start - REACH, span.start, max(series.period, FINE))
        except AwsError as error:
            return (MetricSilence(widest(holes), Verdict.UNKNOWN, error.problem.summary),)
        if past.status is not SeriesStatus.COMPLETE:
            return (MetricSilence(widest(holes), Verdict.UNKNOWN, incomplete_words(past)),)
        activity, calendar = with_data(past, series), self.context.calendar
        if not activity.times:
            # A count of zero is indistinguishable from a metric or dimension that does not exist.
            return (MetricSilence(widest(holes), Verdict.UNKNOWN),)
        now = judge_silence(SourceKind.METRIC, activity, span.end, calendar)
        odd = [
            Stretch(*map(_seconds, (gap.start, gap.end))) for gap in unusual_gaps(activity, span, calendar)
        ]
        if now.since is not None and (
            now.likeness is Likeness.UNUSUAL or (now.likeness is Likeness.NEW and not counted)
        ):
            odd.append(Stretch(max(_seconds(now.since), _seconds(span.start)), _seconds(span.end)))
        if odd:
            why = _("there were values at the same time before")
            return self._gaps(odd, span, why if now.likeness is not Likeness.NEW else "")
        # CloudWatch has no value if nothing was counted, so missing values may be zeros, if usual at that time.
        why = _("for a count, this may mean zero") if counted else _("as at the same time before")
        return (MetricSilence(widest(holes), Verdict.NORMAL, why),)

    @staticmethod
    def _gaps(holes: Sequence[Stretch], span: TimeSpan, why: str = "") -> Sequence[MetricSilence]:
        end = int(span.end.timestamp())
        return tuple(
            MetricSilence(hole, Verdict.UNKNOWN if hole.ended == end else Verdict.ATTENTION, why)
            for hole in dict.fromkeys((widest(holes), holes[-1]))
        )

    def _finding(
        self, builder: FindingBuilder, series: Series, course: Course, silences: Sequence[MetricSilence]
    ) -> Finding:
        limit, until = self.limit, builder.request.until
        doubts = list(dict.fromkeys(self._words(silence, course) for silence in silences))
        verdicts = [silence.verdict for silence in silences]
        if series.status is not SeriesStatus.COMPLETE:
            doubts.insert(0, incomplete_words(series))
            verdicts.append(Verdict.UNKNOWN)
        if course.worst is not None:
            verdicts.append(limit.judge(course.worst))
        now = () if course.now is None else (_("now {value}", value=value_words(course.now, limit)),)
        builder.measure(
            Measure(
                title=self.spec.title,
                shown="" if course.worst is None else value_words(course.worst, limit),
                allowed=bound_words(limit),
                **judgement(verdicts),
                value=None if course.worst is None else course.worst * limit.scale,
                unit=limit.unit,
                at=None if course.worst_at is None else at(course.worst_at),
                note=_("; ").join((*doubts, *now)),
            )
        )
        builder.table(self._beyond(course, limit))
        builder.remark(
            _("{namespace} {metric}, {stat} of {period} s, read until {time}.").format(
                namespace=self.spec.namespace,
                metric=self.spec.metric,
                stat=self.spec.stat,
                period=series.period,
                time=zoned_time(until, self.context.calendar.zone),
            )
        )
        if self.spec.source:
            builder.remark(_("Runbook: {section}", section=self.spec.source))
        return builder.finding(self._summary(builder.request, course, doubts), advice=self.spec.advice)

    def _words(self, silence: MetricSilence, course: Course) -> str:
        zone = self.context.calendar.zone
        text = _("no data {stretch}", stretch=stretch(*silence.hole.moments, zone))
        if course.newest is None:
            text = _("no data in the window")
        elif silence.hole.began == course.newest:
            text = _("no data since {time}", time=zoned_time(at(course.newest), zone))
        return _("{said} ({why})", said=text, why=silence.why) if silence.why else text

    def _summary(self, request: InspectionRequest, course: Course, doubts: Sequence[str]) -> str:
        if course.worst is None or course.worst_at is None:
            return _("{title}: {said}.", title=self.spec.title, said=_(", ").join(doubts))
        limit, zone = self.limit, self.context.calendar.zone
        lowest = limit.above is not None
        if course.beyond:
            text = (
                _("{title}: lowest {value} in {hours} (allowed {allowed}), outside it for {length} in total")
                if lowest
                else _(
                    "{title}: highest {value} in {hours} (allowed {allowed}), outside it for {length} in total"
                )
            )
        else:
            text = (
                _("{title}: lowest {value} in {hours} (allowed {allowed})")
                if lowest
                else _("{title}: highest {value} in {hours} (allowed {allowed})")
            )
        first = text.format(
            title=limit.title,
            value=value_words(course.worst, limit),
            hours=hours_words(request.hours),
            allowed=bound_words(limit),
            length=length(timedelta(seconds=course.total)),
        )
        when = zoned_time(at(course.worst_at), zone)
        return _("{parts}.", parts=_(", ").join((first, _("at {time}", time=when), *doubts)))

    def _beyond(self, course: Course, limit: Limit) -> Evidence:
        ordered = sorted(course.beyond, key=lambda beyond: -beyond.seconds)
        rows = [
            Row(
                cells=(stretch(*beyond.moments, self.context.calendar.zone), bound_words(limit)),
                verdict=Verdict.ABNORMAL if beyond.seconds >= SUSTAINED else Verdict.ATTENTION,
            )
            for beyond in ordered
        ]
        return table(_("Time outside the limit"), (_("When"), _("Allowed")), rows)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
