"""A look of the runbook's own: a metric, and what it may be at any time.

Runbook: `[[inspections]]` with `kind = "metric"`. Source: GetMetricData.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from services.aws.metrics import Metrics
from services.board_plan import fitting_period
from services.i18n import _
from services.inspections.base import Look, OwnInspection, table
from services.inspections.dashboard_course import SUSTAINED, Course, at, course
from services.inspections.dashboard_limits import allowed, shown, unanswered
from services.inspections.database_points import length
from services.inspections.insights_queries import hours_words
from services.inspections.times import moment, stretch
from services.models.findings import Evidence, Finding, Measure, Row, worst
from services.models.metrics import MetricQuery, Series, SeriesStatus, TimeSpan
from services.models.verdict import Limit, Verdict

COUNTED = ("Sum", "SampleCount")
"""Statistics of events: a time without any is usual."""


class CustomMetric(OwnInspection):
    """One metric with one limit."""

    async def look(self, look: Look) -> Finding:
        """One metric. Raises AwsError."""
        age = int((self.context.clock.now() - look.since).total_seconds())
        period = fitting_period(self.spec.period, int(look.hours * 3600), age)
        # Periods are counted from the start, so that a whole one is seen even where the window is shorter.
        end = int(look.until.timestamp())
        last = end // period * period
        first = min(int(look.since.timestamp()) // period * period, last - period)
        query = MetricQuery(
            id="value",
            namespace=self.spec.namespace,
            metric=self.spec.metric,
            dimensions=tuple(self.spec.dimensions.items()),
            stat=self.spec.stat,
            period=period,
            region=self.spec.region,
        )
        (series,) = await Metrics(self.context.reader).fetch([query], TimeSpan(start=at(first), end=at(last)))
        return self._judged(look, series, course(series, self.limit, last))

    def _judged(self, look: Look, series: Series, seen: Course) -> Finding:
        limit, zone = self.limit, self.context.calendar.zone
        said = list(self._said(series, seen))
        verdict = worst((limit.judge(seen.worst), *(Verdict.UNKNOWN for _text in said))) or Verdict.UNKNOWN
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
            look,
            verdict,
            self._summary(look, seen, said),
            measures=(measure,),
            evidence=(beyond,) if beyond.rows else (),
            advice=self.spec.advice,
            remarks=(
                _("{namespace} {metric}, {stat} of {period} s, read until {time}.").format(
                    namespace=self.spec.namespace,
                    metric=self.spec.metric,
                    stat=self.spec.stat,
                    period=series.period,
                    time=moment(look.until, zone),
                ),
                *((_("Runbook: {section}").format(section=self.spec.source),) if self.spec.source else ()),
            ),
        )

    def _said(self, series: Series, seen: Course) -> Iterator[str]:
        """Why it cannot be judged in full."""
        if series.status is not SeriesStatus.COMPLETE:
            yield unanswered(series)
        if seen.worst is None:
            yield _("no data in the window")
        elif self.spec.stat not in COUNTED or self.spec.above is not None:
            # Where events must come, a time without any is what is looked for.
            yield from self._silent(seen)

    def _silent(self, seen: Course) -> Iterator[str]:
        zone = self.context.calendar.zone
        if seen.now is None:
            yield _("no data since {time}").format(time=moment(at(seen.newest or 0), zone))
        if seen.gaps:
            widest = max(seen.gaps, key=lambda gap: gap.seconds)
            yield _("no data {stretch}").format(stretch=stretch(*widest.moments, zone))

    def _summary(self, look: Look, seen: Course, said: Sequence[str]) -> str:
        if seen.worst is None or seen.worst_at is None:
            return _("{title}: {said}.").format(title=self.spec.title, said=_(", ").join(said))
        limit, zone = self.limit, self.context.calendar.zone
        text = _("{title}: at worst {value} in {hours} (allowed {allowed})")
        if seen.beyond:
            text = _(
                "{title}: at worst {value} in {hours} (allowed {allowed}), beyond it for {length} in all"
            )
        first = text.format(
            title=limit.title,
            value=shown(seen.worst, limit),
            hours=hours_words(look.hours),
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
        return table(_("Times beyond the limit"), (_("When"), _("Allowed")), rows)
