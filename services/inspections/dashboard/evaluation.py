from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from services.calendar.calendar import Calendar
from services.i18n import _
from services.inspections.base import table
from services.inspections.dashboard.quiet_times import (
    Statements,
    counts_faults,
    depends_on_requests,
    joined,
    quiet_times,
    unmeasured,
)
from services.inspections.dashboard.reading import DashboardCurve, WindowSeries
from services.inspections.toolkit.checks import CheckRow, playbook_of
from services.inspections.toolkit.curves import (
    SUSTAINED,
    Course,
    Stretch,
    active,
    at,
    course_of,
    silences,
    widest,
)
from services.inspections.toolkit.toolkit_wording import (
    bound_words,
    incomplete_words,
    length,
    stretch,
    value_words,
)
from services.models.date_text import zoned_time
from services.models.evidence import Evidence, EvidencePlace, Row
from services.models.findings import Measure
from services.models.metrics import Series, SeriesStatus
from services.models.runbook import Runbook
from services.models.verdict import Limit, Verdict, judgement


class Limits:
    def __init__(
        self, curves: Sequence[DashboardCurve], answer: WindowSeries, runbook: Runbook, calendar: Calendar
    ) -> None:
        self._curves = [curve for curve in curves if curve.role == "limit"]
        self._requests = [curve for curve in curves if curve.role == "requests"]
        self._healthy = [curve for curve in curves if curve.role == "healthy"]
        self._answer = answer
        self._runbook = runbook
        self._calendar = calendar
        self._zone = calendar.zone
        self._courses = {
            curve.query.id: course_of(answer.of(curve), _limit(curve), answer.end, answer.due(curve))
            for curve in self._curves
        }

    def checks(self) -> Iterator[CheckRow]:
        for curve in self._curves:
            yield self._check(curve, self._courses[curve.query.id])

    def evidence(self) -> Evidence:
        rows: list[tuple[int, Row]] = []
        for curve in self._curves:
            for beyond in self._courses[curve.query.id].beyond:
                grave = beyond.seconds >= SUSTAINED
                row = Row(
                    cells=(
                        self._title(curve),
                        stretch(*beyond.moments, self._zone),
                        bound_words(_limit(curve)),
                    ),
                    verdict=Verdict.ABNORMAL if grave else Verdict.ATTENTION,
                    place=EvidencePlace(
                        kind="widget",
                        target=f"{curve.query.namespace}/{curve.query.metric}",
                        at=beyond.moments[0],
                    ),
                )
                rows.append((beyond.seconds, row))
        rows.sort(key=lambda pair: -pair[0])
        columns = (_("Value"), _("When"), _("Allowed"))
        return table(_("Time outside a limit"), columns, [row for _seconds, row in rows])

    def _check(self, curve: DashboardCurve, course: Course) -> CheckRow:
        limit, series = _limit(curve), self._answer.of(curve)
        statements = list(self._statements(curve, course, series))
        title = self._title(curve)
        notes = [text for _verdict, text in statements]
        if course.now is not None:
            notes.insert(0, _("now {value}", value=value_words(course.now, limit)))
        if course.worst_at is not None:
            text = _("lowest at {time}") if limit.above is not None else _("highest at {time}")
            notes.insert(0, text.format(time=zoned_time(at(course.worst_at), self._zone)))
        if not course.gaps and course.first is not None and course.first - self._answer.start >= SUSTAINED:
            notes.append(_("data since {time}", time=zoned_time(at(course.first), self._zone)))
        return CheckRow(
            measure=Measure(
                title=title,
                shown="" if course.worst is None else value_words(course.worst, limit),
                allowed=bound_words(limit),
                **judgement((Verdict.NORMAL, *(each for each, _text in statements))),
                value=None if course.worst is None else course.worst * limit.scale,
                unit=limit.unit,
                at=None if course.worst_at is None else at(course.worst_at),
                note=_("; ").join(notes),
                item=limit.id,
            ),
            sentence=_("{title}: {said}.", title=title, said=self._sentence(course, statements, limit)),
            advice=tuple(self._advice(curve, course, title)),
            by_runbook=any(each in (Verdict.ABNORMAL, Verdict.ATTENTION) for each, _text in statements),
        )

    def _advice(self, curve: DashboardCurve, course: Course, title: str) -> Iterator[str]:
        limit = _limit(curve)
        playbook = playbook_of(limit, self._runbook)
        if course.now is None and not curve.foreign:
            text = _("{title}: check that {metric} is still reported, and that what it measures is there.")
            yield text.format(title=title, metric=f"{limit.namespace} {limit.metric}")
        if playbook is not None and playbook.steps and (course.beyond or course.now is not None):
            steps = " → ".join(str(step.text) for step in playbook.steps)
            yield _("{alarm}: {playbook}: {steps}", alarm=title, playbook=playbook.title, steps=steps)

    def _sentence(self, course: Course, statements: Sequence[tuple[Verdict, str]], limit: Limit) -> str:
        texts = [text for verdict, text in statements if verdict is not Verdict.NORMAL]
        if course.worst is not None and course.worst_at is not None:
            text = (
                _("lowest {value} at {time}") if limit.above is not None else _("highest {value} at {time}")
            )
            when = zoned_time(at(course.worst_at), self._zone)
            texts.insert(0, text.format(value=value_words(course.worst, limit), time=when))
        return _(", ").join(texts)

    def since(self) -> datetime | None:
        courses = [self._courses[curve.query.id] for curve in self._curves if self._alive(curve) is None]
        firsts = [course.first for course in courses if course.first is not None]
        late = max(firsts, default=0)
        return at(late) if late - self._answer.start >= SUSTAINED else None

    def _title(self, curve: DashboardCurve) -> str:
        limit = _limit(curve)
        alone = sum(other.limit == limit for other in self._curves) == 1
        label = self._answer.of(curve).label
        return str(limit.title) if alone else _("{title} ({label})", title=limit.title, label=label)

    def _statements(self, curve: DashboardCurve, course: Course, series: Series) -> Statements:
        if series.status is not SeriesStatus.COMPLETE:
            yield Verdict.UNKNOWN, incomplete_words(series)
            if curve.foreign:
                return
        elif alive := self._alive(curve):
            yield from self._faults(curve, course, series, alive)
            return
        if course.now is not None:
            yield from _present(course.now, _limit(curve))
        yield from self._beyond(course)
        if depends_on_requests(curve):
            yield from self._sparse(curve, course)
            return
        if course.now is None:
            yield self._stale(course)
        if course.gaps:
            yield Verdict.ATTENTION, self._words(_("no data {stretch}"), course.gaps)

    def _beyond(self, course: Course) -> Statements:
        if course.beyond:
            lasted = course.longest >= SUSTAINED
            text = _("outside the limit for {length}")
            if len(course.beyond) > 1:
                text = _("outside the limit for {length} in total")
            yield (
                Verdict.ABNORMAL if lasted else Verdict.ATTENTION,
                text.format(length=length(timedelta(seconds=course.total))),
            )

    def _faults(self, curve: DashboardCurve, course: Course, series: Series, alive: Series) -> Statements:
        """For a count of errors: a missing value means zero while the load balancer reports other metrics."""
        start, end = self._answer.due(curve), self._answer.end
        silent = list(silences(series, start, end))
        lost = unmeasured(silent, alive, start, end)
        if course.now is not None:
            yield from _present(course.now, _limit(curve))
        yield from self._beyond(course)
        if lost and lost[-1].ended == end:
            since = zoned_time(at(lost[-1].began), self._zone)
            yield Verdict.UNKNOWN, _("no data since {time}", time=since)
        elif lost:
            yield Verdict.ATTENTION, self._words(_("no data {stretch}"), lost)
        elif course.worst is None:
            yield Verdict.NORMAL, _("none counted")
        elif silent:
            yield Verdict.NORMAL, self._words(_("none counted {stretch}"), silent)

    def _alive(self, curve: DashboardCurve) -> Series | None:
        """When a count's load balancer reported any metric; None: another kind of curve, or not requested."""
        if not counts_faults(curve.query) or _limit(curve).above is not None:
            return None
        others = (*self._requests, *self._healthy)
        reports = [self._answer.of(other) for other in others if other.balancer == curve.balancer]
        return joined(reports) if reports else None

    def _sparse(self, curve: DashboardCurve, course: Course) -> Statements:
        """For a metric that depends on requests: whether there were none in its gaps, and whether that is usual."""
        own = [other for other in self._requests if other.balancer == curve.balancer]
        requests = [self._answer.of(other) for other in own]
        lost = [gap for gap in course.gaps if any(active(series, gap) for series in requests)]
        if lost:
            yield Verdict.ATTENTION, self._words(_("no data {stretch}, though there were requests"), lost)
        statements = [
            each for source in own or [curve] for each in quiet_times(source, self._answer, self._calendar)
        ]
        later = any(_end(series) > (course.newest or 0) for series in requests)
        is_known = statements or (own and course.worst is not None)
        if course.now is None and (later or not is_known):
            yield self._stale(course)
        yield from statements

    def _words(self, text: str, gaps: Sequence[Stretch]) -> str:
        return text.format(stretch=stretch(*widest(gaps).moments, self._zone))

    def _stale(self, course: Course) -> tuple[Verdict, str]:
        if course.newest is None:
            return Verdict.UNKNOWN, _("no data in the window")
        since = zoned_time(at(course.newest), self._zone)
        return Verdict.UNKNOWN, _("no data since {time}", time=since)


def _end(series: Series) -> int:
    return series.times[-1] + series.period if series.times else 0


def _present(now: float, limit: Limit) -> Statements:
    verdict = limit.judge(now)
    if verdict is Verdict.ABNORMAL:
        yield verdict, _("outside the limit now")
    elif verdict is Verdict.ATTENTION:
        yield verdict, _("near the limit now")


def _limit(curve: DashboardCurve) -> Limit:
    assert curve.limit is not None
    return curve.limit
