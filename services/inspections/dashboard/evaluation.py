"""The dashboard's values judged by the runbook's limits, over the whole window and now. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from services.aws.cloudwatch.alarms.parsing import eventful
from services.i18n import _
from services.inspections.base import table
from services.inspections.dashboard.fault_counts import counts_faults, joined, unseen
from services.inspections.dashboard.reading import Answer, Wanted
from services.inspections.toolkit.checks import CheckResult
from services.inspections.toolkit.curves import (
    STEP,
    SUSTAINED,
    Course,
    Stretch,
    active,
    at,
    course,
    fresh,
    silences,
    widest,
)
from services.inspections.toolkit.logs.queries import number
from services.inspections.toolkit.wording import length, moment, stretch
from services.models.findings import Evidence, Measure, Row, worst
from services.models.metrics import Series, SeriesStatus
from services.models.runbook import Playbook, Runbook
from services.models.verdict import Limit, Verdict

Say = Iterator[tuple[Verdict, str]]
IsOpen = Callable[[datetime], bool]
IDLE = 3600
"""Seconds without any request while the system is in use: not usual."""


class Limits:
    """Judges the rows with a limit of one answer. `is_open`: whether people use the system at a time."""

    def __init__(
        self, wanted: Sequence[Wanted], answer: Answer, runbook: Runbook, zone: tzinfo, is_open: IsOpen
    ) -> None:
        self._wanted = [each for each in wanted if each.role == "limit"]
        self._requests = [each for each in wanted if each.role == "requests"]
        self._healthy = [each for each in wanted if each.role == "healthy"]
        self._answer = answer
        self._runbook = runbook
        self._zone = zone
        self._is_open = is_open
        self._courses = {
            each.query.id: course(answer.of(each), _limit(each), answer.end, answer.due(each))
            for each in self._wanted
        }

    def points(self) -> Iterator[CheckResult]:
        """One for each row."""
        for each in self._wanted:
            yield self._point(each, self._courses[each.query.id])

    def evidence(self) -> Evidence:
        """Every time beyond a limit, the longest first."""
        zone, found = self._zone, []
        for each in self._wanted:
            for beyond in self._courses[each.query.id].beyond:
                began, ended = beyond.moments
                grave = beyond.seconds >= SUSTAINED
                row = Row(
                    cells=(
                        self._title(each),
                        stretch(began, ended, zone),
                        allowed(_limit(each)),
                    ),
                    verdict=Verdict.ABNORMAL if grave else Verdict.ATTENTION,
                )
                found.append((beyond.seconds, row))
        found.sort(key=lambda pair: -pair[0])
        columns = (_("Value"), _("When"), _("Allowed"))
        return table(_("Times beyond a limit"), columns, [row for _seconds, row in found])

    def _point(self, wanted: Wanted, seen: Course) -> CheckResult:
        limit, series = _limit(wanted), self._answer.of(wanted)
        said = list(self._said(wanted, seen, series))
        verdict = worst((Verdict.NORMAL, *(each for each, _text in said))) or Verdict.UNKNOWN
        title = self._title(wanted)
        notes = [text for _verdict, text in said]
        if seen.now is not None:
            notes.insert(0, _("now {value}").format(value=shown(seen.now, limit)))
        if seen.worst_at is not None:
            notes.insert(0, _("worst at {time}").format(time=moment(at(seen.worst_at), self._zone)))
        if not seen.gaps and seen.first is not None and seen.first - self._answer.start >= SUSTAINED:
            notes.append(_("data since {time}").format(time=moment(at(seen.first), self._zone)))
        return CheckResult(
            measure=Measure(
                title=title,
                shown="" if seen.worst is None else shown(seen.worst, limit),
                allowed=allowed(limit),
                verdict=verdict,
                value=None if seen.worst is None else seen.worst * limit.scale,
                unit=limit.unit,
                at=None if seen.worst_at is None else at(seen.worst_at),
                note=_("; ").join(notes),
            ),
            sentence=_("{title}: {said}.").format(title=title, said=self._sentence(seen, said, limit)),
            advice=tuple(self._advice(wanted, seen, title)),
            by_runbook=verdict in (Verdict.ABNORMAL, Verdict.ATTENTION),
        )

    def _advice(self, wanted: Wanted, seen: Course, title: str) -> Iterator[str]:
        limit = _limit(wanted)
        playbook = playbook_of(limit, self._runbook)
        if seen.now is None:
            text = _("{title}: check that {metric} is still reported, and that what it measures is there.")
            yield text.format(title=title, metric=f"{limit.namespace} {limit.metric}")
        if playbook is not None and playbook.steps and (seen.beyond or seen.now is not None):
            steps = " → ".join(str(step.text) for step in playbook.steps)
            text = _("{alarm}: {playbook}: {steps}")
            yield text.format(alarm=title, playbook=playbook.title, steps=steps)

    def _sentence(self, seen: Course, said: Sequence[tuple[Verdict, str]], limit: Limit) -> str:
        texts = [text for verdict, text in said if verdict is not Verdict.NORMAL]
        if seen.worst is not None and seen.worst_at is not None:
            text = _("at worst {value} at {time}")
            when = moment(at(seen.worst_at), self._zone)
            texts.insert(0, text.format(value=shown(seen.worst, limit), time=when))
        return _(", ").join(texts)

    def since(self) -> datetime | None:
        """From when on every row has data, where that is well after the window's beginning."""
        courses = [self._courses[each.query.id] for each in self._wanted if self._alive(each) is None]
        firsts = [each.first for each in courses if each.first is not None]
        late = max(firsts, default=0)
        return at(late) if late - self._answer.start >= SUSTAINED else None

    def _title(self, wanted: Wanted) -> str:
        """The limit's title, with the curve's own where there are several."""
        limit = _limit(wanted)
        alone = sum(each.limit == limit for each in self._wanted) == 1
        label = self._answer.of(wanted).label
        return str(limit.title) if alone else _("{title} ({label})").format(title=limit.title, label=label)

    def _said(self, wanted: Wanted, seen: Course, series: Series) -> Say:
        """Everything to be said of a row, with what it makes of it."""
        if series.status is not SeriesStatus.COMPLETE:
            yield Verdict.UNKNOWN, unanswered(series)
        elif alive := self._alive(wanted):
            yield from self._faults(wanted, seen, series, alive)
            return
        if seen.worst is None:
            yield Verdict.UNKNOWN, _("no data in the window")
            return
        if seen.now is None:
            yield self._stale(wanted, seen)
        else:
            yield from _present(seen.now, _limit(wanted))
        yield from self._beyond(seen)
        if seen.gaps and eventful(wanted.query.namespace, wanted.query.metric):
            yield self._sparse(wanted, seen.gaps)
        elif seen.gaps:
            yield Verdict.ATTENTION, self._words(_("no data {stretch}"), seen.gaps)

    def _beyond(self, seen: Course) -> Say:
        if seen.beyond:
            lasted = seen.longest >= SUSTAINED
            text = _("beyond the limit for {length}")
            if len(seen.beyond) > 1:
                text = _("beyond the limit for {length} in all")
            yield (
                Verdict.ABNORMAL if lasted else Verdict.ATTENTION,
                text.format(length=length(timedelta(seconds=seen.total))),
            )

    def _faults(self, wanted: Wanted, seen: Course, series: Series, alive: Series) -> Say:
        """Of what is counted only where something goes wrong: without a value there was none of it, as long as the
        load balancer tells something else."""
        start, end = self._answer.due(wanted), self._answer.end
        silent = list(silences(series, start, end))
        lost = unseen(silent, alive, start, end)
        if seen.now is not None:
            yield from _present(seen.now, _limit(wanted))
        yield from self._beyond(seen)
        if lost and lost[-1].ended == end:
            since = moment(at(lost[-1].began), self._zone)
            yield Verdict.UNKNOWN, _("no data since {time}").format(time=since)
        elif lost:
            yield Verdict.ATTENTION, self._words(_("no data {stretch}"), lost)
        elif seen.worst is None:
            yield Verdict.NORMAL, _("none counted")
        elif silent:
            yield Verdict.NORMAL, self._words(_("none counted {stretch}"), silent)

    def _alive(self, wanted: Wanted) -> Series | None:
        """When the load balancer of a count of faults told anything at all; None: of another kind, or nobody asked."""
        if not counts_faults(wanted.query) or _limit(wanted).above is not None:
            return None
        every = (*self._requests, *self._healthy)
        told = [self._answer.of(each) for each in every if each.balancer == wanted.balancer]
        return joined(told) if told else None

    def _sparse(self, wanted: Wanted, gaps: Sequence[Stretch]) -> tuple[Verdict, str]:
        """Of a metric that comes only while there are requests: whether there were none in its gaps."""
        if _limit(wanted).above is not None:
            # Too few is what is looked for.
            return Verdict.ATTENTION, self._words(_("no data {stretch}"), gaps)
        requests = self._counts(wanted)
        lost = [gap for gap in gaps if any(active(each, gap) for each in requests)]
        if lost:
            return Verdict.ATTENTION, self._words(_("no data {stretch}, though there were requests"), lost)
        if not requests:
            return Verdict.NORMAL, self._words(_("no data {stretch}: perhaps no requests"), gaps)
        idle = [gap for gap in gaps if self._opened(gap) >= IDLE]
        verdict = Verdict.ATTENTION if idle else Verdict.NORMAL
        return verdict, self._words(_("no requests {stretch}"), idle or gaps)

    def _opened(self, gap: Stretch) -> int:
        """Seconds of a gap in which people use the system."""
        return sum(STEP for time in range(gap.began, gap.ended, STEP) if self._is_open(at(time)))

    def _words(self, text: str, gaps: Sequence[Stretch]) -> str:
        return text.format(stretch=stretch(*widest(gaps).moments, self._zone))

    def _counts(self, wanted: Wanted) -> list[Series]:
        """The requests of the load balancer that a metric is of."""
        own = (each for each in self._requests if each.balancer == wanted.balancer)
        return [self._answer.of(each) for each in own]

    def _stale(self, wanted: Wanted, seen: Course) -> tuple[Verdict, str]:
        """No value now: an answer is missing, or there is nothing to answer."""
        since = moment(at(seen.newest or 0), self._zone)
        if _limit(wanted).above is not None or not self._idle(wanted, seen):
            return Verdict.UNKNOWN, _("no data since {time}").format(time=since)
        # CloudWatch reports these only while there are requests: at night that is usual, by day nobody gets in.
        end = self._answer.end
        used = self._is_open(at(end)) or self._opened(Stretch(seen.newest or end, end)) >= IDLE
        verdict = Verdict.ATTENTION if used else Verdict.NORMAL
        return verdict, _("no requests since {time}").format(time=since)

    def _idle(self, wanted: Wanted, seen: Course) -> bool:
        """Whether there are no requests to measure: none are counted either, while other values still come."""
        if not eventful(wanted.query.namespace, wanted.query.metric) or seen.newest is None:
            return False
        counts = self._counts(wanted)
        if not counts or any(_end(each) > seen.newest for each in counts):
            return False
        # An hourly value that came last says nothing of the last minutes.
        fine = (each for each in self._answer.series.values() if each.period <= STEP)
        return any(fresh(_end(each) or None, each.period, self._answer.end) for each in fine)


def _end(series: Series) -> int:
    return series.times[-1] + series.period if series.times else 0


def _present(now: float, limit: Limit) -> Say:
    verdict = limit.judge(now)
    if verdict is Verdict.ABNORMAL:
        yield verdict, _("beyond the limit now")
    elif verdict is Verdict.ATTENTION:
        yield verdict, _("near the limit now")


def _limit(wanted: Wanted) -> Limit:
    assert wanted.limit is not None
    return wanted.limit


def shown(value: float, limit: Limit) -> str:
    """`57.3 %`, `146 ms`: in the limit's unit."""
    return f"{number(value * limit.scale)} {limit.unit}".strip()


def allowed(limit: Limit) -> str:
    """`< 70 %`, `> 10 GiB`."""
    bound = limit.below if limit.below is not None else limit.above
    sign = "<" if limit.below is not None else ">"
    return "" if bound is None else f"{sign} {shown(bound, limit)}"


def unanswered(series: Series) -> str:
    """Why a curve is not whole."""
    if series.status is SeriesStatus.FORBIDDEN:
        return _("no permission for this metric")
    text = _("CloudWatch did not answer in full ({why})")
    return text.format(why=series.message or series.status.value)


def playbook_of(limit: Limit, runbook: Runbook) -> Playbook | None:
    """The playbook about a value: of the same id, or of the alarm of the same title."""
    found = next((book for book in runbook.playbooks if book.id == limit.id), None)
    names = [each.name for each in runbook.alarms if each.title == limit.title]
    return found or next(filter(None, map(runbook.playbook_for, names)), None)
