"""A look of the runbook's own: a metric, and what it may be at any time.

Runbook: `[[inspections]]` with `kind = "metric"`. Source: GetMetricData.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.metrics.reader import Metrics
from services.dashboards.requests import fitting_period
from services.i18n import _
from services.inspections.base import InspectionRequest, OwnInspection, table
from services.inspections.custom.silence import unusual
from services.inspections.dashboard.evaluation import allowed, shown, unanswered
from services.inspections.toolkit.curves import SUSTAINED, Course, Stretch, at, course_of, silences, widest
from services.inspections.toolkit.logs.queries import hours_words
from services.inspections.toolkit.silence_references import REACH
from services.inspections.toolkit.wording import length, moment, stretch
from services.models.findings import Evidence, Finding, Measure, Row, worst
from services.models.metrics import MetricQuery, Series, SeriesStatus, TimeSpan
from services.models.verdict import Limit, Verdict

COUNTED = ("Sum", "SampleCount")
"""Statistics of events: a time without any may be usual."""
KEPT = 300
"""Seconds: CloudWatch keeps shorter periods only for days."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A time without data."""

    hole: Stretch
    verdict: Verdict
    """What it makes of the look."""
    why: str = ""


class CustomMetric(OwnInspection):
    """One metric with one limit."""

    async def run(self, request: InspectionRequest) -> Finding:
        """One metric, and where events stop the time before. Raises AwsError."""
        # Periods are counted from the start, so that a whole one is seen even where the window is shorter.
        series, span = await self._read(request.since, request.until)
        start, end = (int(each.timestamp()) for each in (span.start, span.end))
        seen = course_of(series, self.limit, end, start)
        holes = tuple(silences(series, start, end)) if series.times else (Stretch(start, end),)
        return self._judged(request, series, seen, await self._silences(series, span, holes))

    async def _read(
        self, since: datetime, until: datetime, period: int | None = None
    ) -> tuple[Series, TimeSpan]:
        """The metric, and the span of whole periods that it was asked for; as few as a window has."""
        if period is None:
            age = int((self.context.clock.now() - since).total_seconds())
            period = fitting_period(self.spec.period, int((until - since).total_seconds()), age)
        last = int(until.timestamp()) // period * period
        first = min(int(since.timestamp()) // period * period, last - period)
        span = TimeSpan(start=at(first), end=at(last))
        query = MetricQuery(
            id="value",
            namespace=self.spec.namespace,
            metric=self.spec.metric,
            dimensions=tuple(self.spec.dimensions.items()),
            stat=self.spec.stat,
            period=period,
            region=self.spec.region,
        )
        (series,) = await Metrics(self.context.reader).fetch([query], span)
        return series, span

    async def _silences(self, series: Series, span: TimeSpan, holes: Sequence[Stretch]) -> Sequence[Silence]:
        """The longest silence and the one that lasts, and what they mean; of events one that is not usual, first."""
        if not holes or series.status is not SeriesStatus.COMPLETE:
            return ()
        if self.spec.stat not in COUNTED or self.spec.above is not None:
            # Where events must come, a time without any is what is looked for.
            return self._told(holes, span)
        # CloudWatch has nothing where nothing happened, so a silence may be none: it depends on what is usual.
        window = Stretch(*(int(each.timestamp()) for each in (span.start, span.end)))
        try:
            before = span.start - timedelta(days=REACH + 1)
            past, _span = await self._read(before, span.start, max(series.period, KEPT))
        except AwsError as error:
            return (Silence(widest(holes), Verdict.UNKNOWN, error.problem.summary),)
        if past.status is not SeriesStatus.COMPLETE:
            return (Silence(widest(holes), Verdict.UNKNOWN, unanswered(past)),)
        if not series.times and not past.times:
            # Nothing tells a count of nothing from a metric, or a dimension, that does not exist.
            return (Silence(widest(holes), Verdict.UNKNOWN),)
        odd = [each for each in holes if unusual(each, window, past, self.context.calendar)]
        if odd:
            why = _("there were values at the same time before")
            return self._told(odd, span, why)
        return (Silence(widest(holes), Verdict.NORMAL, _("for a count, this may mean zero")),)

    @staticmethod
    def _told(holes: Sequence[Stretch], span: TimeSpan, why: str = "") -> Sequence[Silence]:
        """The longest and the last; one that lasts to the end leaves open how things are, one that is over does not."""
        end = int(span.end.timestamp())
        return tuple(
            Silence(each, Verdict.UNKNOWN if each.ended == end else Verdict.ATTENTION, why)
            for each in dict.fromkeys((widest(holes), holes[-1]))
        )

    def _judged(
        self, request: InspectionRequest, series: Series, seen: Course, silences: Sequence[Silence]
    ) -> Finding:
        limit, zone = self.limit, self.context.calendar.zone
        lacking = () if series.status is SeriesStatus.COMPLETE else (unanswered(series),)
        told = list(dict.fromkeys(self._words(each, seen) for each in silences))
        doubts = [each.verdict for each in silences] + [Verdict.UNKNOWN for _text in lacking]
        judged = [] if seen.worst is None else [limit.judge(seen.worst)]
        verdict = worst((*judged, *doubts)) or Verdict.UNKNOWN
        said = [*lacking, *told]
        notes = list(said)
        if seen.now is not None:
            notes.append(_("now {value}").format(value=shown(seen.now, limit)))
        measure = Measure(
            title=self.spec.title,
            shown="" if seen.worst is None else shown(seen.worst, limit),
            allowed=allowed(limit),
            verdict=verdict,
            value=None if seen.worst is None else seen.worst * limit.scale,
            unit=limit.unit,
            at=None if seen.worst_at is None else at(seen.worst_at),
            note=_("; ").join(notes),
        )
        beyond = self._beyond(seen, limit)
        return self.found(
            request,
            verdict,
            self._summary(request, seen, said),
            measures=(measure,),
            evidence=(beyond,) if beyond.rows else (),
            advice=self.spec.advice,
            remarks=(
                _("{namespace} {metric}, {stat} of {period} s, read until {time}.").format(
                    namespace=self.spec.namespace,
                    metric=self.spec.metric,
                    stat=self.spec.stat,
                    period=series.period,
                    time=moment(request.until, zone),
                ),
                *((_("Runbook: {section}").format(section=self.spec.source),) if self.spec.source else ()),
            ),
        )

    def _words(self, silence: Silence, seen: Course) -> str:
        zone = self.context.calendar.zone
        if seen.newest is None:
            text = _("no data in the window")
            return _("{said} ({why})").format(said=text, why=silence.why) if silence.why else text
        text = _("no data {stretch}").format(stretch=stretch(*silence.hole.moments, zone))
        if silence.hole.began == seen.newest:
            text = _("no data since {time}").format(time=moment(at(seen.newest), zone))
        return _("{said} ({why})").format(said=text, why=silence.why) if silence.why else text

    def _summary(self, request: InspectionRequest, seen: Course, said: Sequence[str]) -> str:
        if seen.worst is None or seen.worst_at is None:
            return _("{title}: {said}.").format(title=self.spec.title, said=_(", ").join(said))
        limit, zone = self.limit, self.context.calendar.zone
        text = _("{title}: worst {value} in {hours} (allowed {allowed})")
        if seen.beyond:
            text = _(
                "{title}: worst {value} in {hours} (allowed {allowed}), outside it for {length} in total"
            )
        first = text.format(
            title=limit.title,
            value=shown(seen.worst, limit),
            hours=hours_words(request.hours),
            allowed=allowed(limit),
            length=length(timedelta(seconds=seen.total)),
        )
        when = moment(at(seen.worst_at), zone)
        return _("{parts}.").format(parts=_(", ").join((first, _("at {time}").format(time=when), *said)))

    def _beyond(self, seen: Course, limit: Limit) -> Evidence:
        ordered = sorted(seen.beyond, key=lambda each: -each.seconds)
        rows = [
            Row(
                cells=(stretch(*each.moments, self.context.calendar.zone), allowed(limit)),
                verdict=Verdict.ABNORMAL if each.seconds >= SUSTAINED else Verdict.ATTENTION,
            )
            for each in ordered
        ]
        return table(_("Time outside the limit"), (_("When"), _("Allowed")), rows)
