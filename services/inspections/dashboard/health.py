"""What no limit tells: a load balancer that answers with errors while no target can, and spent CPU credits. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from services.i18n import _
from services.inspections.dashboard.evaluation import unanswered
from services.inspections.dashboard.reading import Answer, Wanted
from services.inspections.toolkit.checks import CheckResult
from services.inspections.toolkit.curves import (
    SUSTAINED,
    Stretch,
    active,
    at,
    fresh,
    gaps,
    silences,
    stretches,
    widest,
)
from services.inspections.toolkit.logs.queries import number
from services.inspections.toolkit.wording import length, moment, stretch
from services.models.findings import Measure, worst
from services.models.metrics import Series, SeriesStatus
from services.models.verdict import Verdict

SHORT = 180
"""Seconds: a shorter outage may be one failed request among none."""
LOW = 0.2
"""Of the most credits seen."""
BURSTABLE = "db.t"
"""How classes of databases begin that have CPU credits."""


def outages(
    refused: Series, requests: Series, healthy: Sequence[Series], start: int, end: int
) -> tuple[Stretch, ...]:
    """When no target could answer. RequestCount leaves out requests for which no target could be chosen, so that
    in a total outage a rate of errors has nothing to divide by; the balancer's own 5xx tell of it."""
    asked = {time for time, value in zip(requests.times, requests.values, strict=True) if value > 0}
    none = {
        time for each in healthy for time, value in zip(each.times, each.values, strict=True) if value <= 0
    }
    errors = {time for time, value in zip(refused.times, refused.values, strict=True) if value > 0}
    dead = sorted(time for time in (errors - asked) | none if start <= time < end)
    return tuple(stretches(dead, refused.period))


def balancer_points(
    wanted: Sequence[Wanted], answer: Answer, zone: tzinfo, own_group: str = ""
) -> Iterator[CheckResult]:
    """One for each load balancer. `own_group`: the target group that the runbook names."""
    unused = unused_groups(wanted, answer, own_group)
    refused = [each for each in wanted if each.role == "refused"]
    for each in refused:
        own = [other for other in wanted if other.balancer == each.balancer]
        balancer = _Balancer(
            refused=answer.of(each),
            requests=next(answer.of(other) for other in own if other.role == "requests"),
            healthy=[
                (other.group, answer.of(other))
                for other in own
                if other.role == "healthy" and other not in unused
            ],
            # What is measured of requests proves that there were some.
            answered=[answer.of(other) for other in own if other.query.metric == "TargetResponseTime"],
        )
        yield _balancer(answer, balancer, each.balancer if len(refused) > 1 else "", zone)


def unused_groups(wanted: Sequence[Wanted], answer: Answer, own_group: str) -> list[Wanted]:
    """Target groups that the dashboard alone names and that have no data, where another of their load balancer has."""
    healthy = [each for each in wanted if each.role == "healthy"]
    used = {each.balancer for each in healthy if answer.of(each).times}
    return [
        each
        for each in healthy
        if each.balancer in used
        and each.group != own_group
        and not answer.of(each).times
        and answer.of(each).status is SeriesStatus.COMPLETE
    ]


@dataclass(frozen=True, slots=True)
class _Balancer:
    """The curves of one load balancer."""

    refused: Series
    requests: Series
    healthy: Sequence[tuple[str, Series]]
    """By target group."""
    answered: Sequence[Series]

    @property
    def asked(self) -> tuple[Series, ...]:
        """Those that an outage is told from."""
        return self.refused, self.requests, *self.counted

    @property
    def counted(self) -> list[Series]:
        """Of healthy targets."""
        return [series for _group, series in self.healthy]


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Why an outage may have passed unseen."""

    verdict: Verdict
    said: str
    advice: str = ""


def _balancer(answer: Answer, balancer: _Balancer, name: str, zone: tzinfo) -> CheckResult:
    found = outages(balancer.refused, balancer.requests, balancer.counted, answer.start, answer.end)
    doubts = tuple(_doubts(balancer, answer, zone))
    title = _("Load balancer without a target that answers")
    title = _("{title} ({label})").format(title=title, label=name) if name else title
    total = length(timedelta(seconds=sum(each.seconds for each in found)))
    measure = Measure(
        title=title,
        shown=total if found else "" if doubts else _("never"),
        allowed=_("never"),
        verdict=worst((_outage_verdict(found, answer), *(each.verdict for each in doubts))),
        at=found[-1].moments[0] if found else None,
        note=_("; ").join(dict.fromkeys(each.said for each in doubts)),
    )
    when = (stretch(*widest(found).moments, zone),) if found else ()
    said = _(", ").join((*when, *dict.fromkeys(each.said for each in doubts)))
    text = _("A rate of errors hides a total outage: look at the number of 5xx and at the healthy targets.")
    return CheckResult(
        measure=measure,
        sentence=_("{title}: {said}.").format(title=title, said=said),
        advice=(*((text,) if found else ()), *(each.advice for each in doubts if each.advice)),
        by_runbook=bool(found),
    )


def _outage_verdict(found: Sequence[Stretch], answer: Answer) -> Verdict:
    grave = any(
        each.seconds >= SHORT or (fresh(each.ended, 60, answer.end) and answer.end - each.ended < SHORT)
        for each in found
    )
    return Verdict.ABNORMAL if grave else Verdict.ATTENTION if found else Verdict.NORMAL


def _doubts(balancer: _Balancer, answer: Answer, zone: tzinfo) -> Iterator[_Doubt]:
    """AWS counts requests and errors only where there are any, healthy targets every minute: only these prove that
    the load balancer was watched where nobody asked anything."""
    incomplete = [each for each in balancer.asked if each.status is not SeriesStatus.COMPLETE]
    if incomplete:
        yield _Doubt(Verdict.UNKNOWN, unanswered(incomplete[0]))
    elif not any(each.times for each in balancer.asked):
        yield _Doubt(Verdict.UNKNOWN, _("no data in the window"))
    else:
        for group, each in balancer.healthy:
            metric = "HealthyHostCount"
            if len(balancer.healthy) > 1:
                metric = _("{title} ({label})").format(title=metric, label=group)
            yield from _missing(each, answer.start, answer.end, zone, metric)
        yield from _uncounted(balancer, answer, zone)


def _uncounted(balancer: _Balancer, answer: Answer, zone: tzinfo) -> Iterator[_Doubt]:
    """Where no request was counted, though there were some, or nothing tells whether the load balancer was there."""
    found = silences(balancer.requests, answer.start, answer.end)
    silent = [each for each in found if each.seconds >= SUSTAINED]
    lost = [gap for gap in silent if any(active(each, gap) for each in balancer.answered)]
    if lost:
        text = _("{metric}: no data {stretch}, though there were requests")
        said = text.format(metric="RequestCount", stretch=stretch(*widest(lost).moments, zone))
        yield _Doubt(Verdict.UNKNOWN, said)
    elif silent and not balancer.healthy:
        text = _("no requests {stretch}, and healthy targets are not read")
        advice = _("Write alb.target_group into the runbook, so that healthy targets are read.")
        yield _Doubt(Verdict.UNKNOWN, text.format(stretch=stretch(*widest(silent).moments, zone)), advice)


def _missing(series: Series, start: int, end: int, zone: tzinfo, metric: str = "") -> Iterator[_Doubt]:
    """Of a metric that comes all the time."""
    text, found = _("{metric}: {said}") if metric else "{said}", list(gaps(series, start))
    if not series.times:
        yield _Doubt(Verdict.UNKNOWN, text.format(metric=metric, said=_("no data in the window")))
    elif not fresh(_end(series), series.period, end):
        said = _("no data since {time}").format(time=moment(at(_end(series)), zone))
        yield _Doubt(Verdict.UNKNOWN, text.format(metric=metric, said=said))
    if found:
        said = _("no data {stretch}").format(stretch=stretch(*widest(found).moments, zone))
        yield _Doubt(Verdict.ATTENTION, text.format(metric=metric, said=said))


def credit_points(wanted: Sequence[Wanted], answer: Answer, zone: tzinfo) -> Iterator[CheckResult]:
    """CPU credits of a burstable database; others have none, and nothing is said."""
    burstable = answer.database is not None and answer.database.instance_class.startswith(BURSTABLE)
    for each in wanted:
        series = answer.of(each)
        if each.role != "credits":
            continue
        if series.values or burstable or series.status is not SeriesStatus.COMPLETE:
            yield _credits(series, answer.due(each), answer.end, zone)


def _end(series: Series) -> int:
    return series.times[-1] + series.period


def _credits(series: Series, start: int, end: int, zone: tzinfo) -> CheckResult:
    title = _("CPU credits of the database")
    doubts = tuple(_missing(series, start, end, zone))
    if series.status is not SeriesStatus.COMPLETE:
        doubts = (_Doubt(Verdict.UNKNOWN, unanswered(series)),)
    least, most = min(series.values, default=0.0), max(series.values, default=0.0)
    low = bool(series.values) and (least < LOW * most or least < 1)
    notes = [each.said for each in doubts]
    if series.values:
        current = _("most {most}, now {now}") if fresh(_end(series), series.period, end) else _("most {most}")
        notes.insert(0, current.format(most=number(most), now=number(series.values[-1])))
    measure = Measure(
        title=title,
        shown=number(least) if series.values else "",
        allowed=_("≥ {percent} % of the most in the window").format(percent=round(LOW * 100)),
        verdict=worst((Verdict.ATTENTION if low else Verdict.NORMAL, *(each.verdict for each in doubts))),
        value=least if series.values else None,
        note=_("; ").join(notes),
    )
    spent = _("down to {value}; the CPU is held back, or charged, where they are spent")
    told = ((spent.format(value=number(least)),) if low else ()) + tuple(each.said for each in doubts)
    return CheckResult(
        measure=measure, sentence=_("{title}: {said}.").format(title=title, said=_(", ").join(told))
    )
