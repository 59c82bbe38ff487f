"""Problems that no limit shows: a load balancer without a responding target, and exhausted CPU credits. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from services.i18n import _
from services.inspections.dashboard.reading import DashboardCurve, WindowSeries
from services.inspections.toolkit.checks import CheckRow
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
from services.inspections.toolkit.toolkit_wording import incomplete_words, length, number, stretch
from services.models.date_text import zoned_time
from services.models.findings import Measure
from services.models.metrics import Series, SeriesStatus
from services.models.verdict import Verdict, judgement

SHORT = 180  # Seconds; a shorter outage may be a single failed request
LOW = 0.2  # Credits below this share of the window's maximum are low
BURSTABLE = "db.t"  # Prefix of the instance classes that have CPU credits


def outages(
    refused: Series, requests: Series, healthy: Sequence[Series], start: int, end: int
) -> tuple[Stretch, ...]:
    """RequestCount excludes requests for which no target could be chosen, so in a total outage an error rate
    has nothing to divide by; the balancer's own 5xx show it."""
    with_requests = {time for time, value in zip(requests.times, requests.values, strict=True) if value > 0}
    without_targets = {
        time
        for series in healthy
        for time, value in zip(series.times, series.values, strict=True)
        if value <= 0
    }
    with_errors = {time for time, value in zip(refused.times, refused.values, strict=True) if value > 0}
    times = (with_errors - with_requests) | without_targets
    dead = sorted(time for time in times if start <= time < end)
    return tuple(stretches(dead, refused.period))


def balancer_checks(
    curves: Sequence[DashboardCurve], answer: WindowSeries, zone: tzinfo, own_group: str = ""
) -> Iterator[CheckRow]:
    unused = unused_groups(curves, answer, own_group)
    refused = [curve for curve in curves if curve.role == "refused"]
    for curve in refused:
        own = [other for other in curves if other.balancer == curve.balancer]
        balancer = _Balancer(
            refused=answer.of(curve),
            requests=next(answer.of(other) for other in own if other.role == "requests"),
            healthy=[
                (other.group, answer.of(other))
                for other in own
                if other.role == "healthy" and other not in unused
            ],
            # A response time proves that there were requests.
            answered=[answer.of(other) for other in own if other.query.metric == "TargetResponseTime"],
        )
        yield _balancer(answer, balancer, curve.balancer if len(refused) > 1 else "", zone)


def unused_groups(
    curves: Sequence[DashboardCurve], answer: WindowSeries, own_group: str
) -> list[DashboardCurve]:
    healthy = [curve for curve in curves if curve.role == "healthy"]
    with_data = {curve.balancer for curve in healthy if answer.of(curve).times}
    return [
        curve
        for curve in healthy
        if curve.balancer in with_data
        and curve.group != own_group
        and not answer.of(curve).times
        and answer.of(curve).status is SeriesStatus.COMPLETE
    ]


@dataclass(frozen=True, slots=True)
class _Balancer:
    refused: Series
    requests: Series
    healthy: Sequence[tuple[str, Series]]  # By target group
    answered: Sequence[Series]

    @property
    def relevant(self) -> tuple[Series, ...]:
        return self.refused, self.requests, *self.target_counts

    @property
    def target_counts(self) -> list[Series]:
        return [series for _group, series in self.healthy]


@dataclass(frozen=True, slots=True)
class _Doubt:
    verdict: Verdict
    text: str
    advice: str = ""


def _balancer(answer: WindowSeries, balancer: _Balancer, name: str, zone: tzinfo) -> CheckRow:
    times = outages(balancer.refused, balancer.requests, balancer.target_counts, answer.start, answer.end)
    doubts = tuple(_doubts(balancer, answer, zone))
    doubt_texts = tuple(dict.fromkeys(doubt.text for doubt in doubts))
    title = _("Load balancer without a healthy target")
    title = _("{title} ({label})", title=title, label=name) if name else title
    total = length(timedelta(seconds=sum(outage.seconds for outage in times)))
    measure = Measure(
        title=title,
        shown=total if times else "" if doubts else _("never"),
        allowed=_("never"),
        **judgement((_outage_verdict(times, answer), *(doubt.verdict for doubt in doubts))),
        at=times[-1].moments[0] if times else None,
        note=_("; ").join(doubt_texts),
    )
    longest = (stretch(*widest(times).moments, zone),) if times else ()
    text = _("An error rate can hide a total outage: check the number of 5xx and the healthy targets.")
    return CheckRow(
        measure=measure,
        sentence=_("{title}: {said}.", title=title, said=_(", ").join((*longest, *doubt_texts))),
        advice=(*((text,) if times else ()), *(doubt.advice for doubt in doubts if doubt.advice)),
        by_runbook=bool(times),
    )


def _outage_verdict(times: Sequence[Stretch], answer: WindowSeries) -> Verdict:
    grave = any(
        outage.seconds >= SHORT or (fresh(outage.ended, 60, answer.end) and answer.end - outage.ended < SHORT)
        for outage in times
    )
    return Verdict.ABNORMAL if grave else Verdict.ATTENTION if times else Verdict.NORMAL


def _doubts(balancer: _Balancer, answer: WindowSeries, zone: tzinfo) -> Iterator[_Doubt]:
    """AWS reports requests and errors only when there are any, but healthy targets every minute: without
    requests, only the latter prove that the load balancer was monitored."""
    incomplete = [series for series in balancer.relevant if series.status is not SeriesStatus.COMPLETE]
    if incomplete:
        yield _Doubt(Verdict.UNKNOWN, incomplete_words(incomplete[0]))
    elif not any(series.times for series in balancer.relevant):
        yield _Doubt(Verdict.UNKNOWN, _("no data in the window"))
    else:
        for group, series in balancer.healthy:
            metric = "HealthyHostCount"
            if len(balancer.healthy) > 1:
                metric = _("{title} ({label})", title=metric, label=group)
            yield from _missing(series, answer.start, answer.end, zone, metric)
        yield from _uncounted(balancer, answer, zone)


def _uncounted(balancer: _Balancer, answer: WindowSeries, zone: tzinfo) -> Iterator[_Doubt]:
    gaps_of_requests = silences(balancer.requests, answer.start, answer.end)
    silent = [gap for gap in gaps_of_requests if gap.seconds >= SUSTAINED]
    lost = [gap for gap in silent if any(active(series, gap) for series in balancer.answered)]
    if lost:
        text = _("{metric}: no data {stretch}, though there were requests")
        when = stretch(*widest(lost).moments, zone)
        yield _Doubt(Verdict.UNKNOWN, text.format(metric="RequestCount", stretch=when))
    elif silent and not balancer.healthy:
        text = _("no requests {stretch}, and healthy targets not read")
        advice = _("Set alb.target_group in the runbook so that healthy targets are read.")
        yield _Doubt(Verdict.UNKNOWN, text.format(stretch=stretch(*widest(silent).moments, zone)), advice)


def _missing(series: Series, start: int, end: int, zone: tzinfo, metric: str = "") -> Iterator[_Doubt]:
    text = _("{metric}: {said}") if metric else "{said}"
    holes = list(gaps(series, start))
    if not series.times:
        yield _Doubt(Verdict.UNKNOWN, text.format(metric=metric, said=_("no data in the window")))
    elif not fresh(_end(series), series.period, end):
        since = _("no data since {time}", time=zoned_time(at(_end(series)), zone))
        yield _Doubt(Verdict.UNKNOWN, text.format(metric=metric, said=since))
    if holes:
        when = _("no data {stretch}", stretch=stretch(*widest(holes).moments, zone))
        yield _Doubt(Verdict.ATTENTION, text.format(metric=metric, said=when))


def credit_checks(curves: Sequence[DashboardCurve], answer: WindowSeries, zone: tzinfo) -> Iterator[CheckRow]:
    burstable = answer.database is not None and answer.database.instance_class.startswith(BURSTABLE)
    for curve in curves:
        series = answer.of(curve)
        if curve.role != "credits":
            continue
        if series.values or burstable or series.status is not SeriesStatus.COMPLETE:
            yield _credits(series, answer.due(curve), answer.end, zone)


def _end(series: Series) -> int:
    return series.times[-1] + series.period


def _credits(series: Series, start: int, end: int, zone: tzinfo) -> CheckRow:
    title = _("CPU credits of the database")
    doubts = tuple(_missing(series, start, end, zone))
    if series.status is not SeriesStatus.COMPLETE:
        doubts = (_Doubt(Verdict.UNKNOWN, incomplete_words(series)),)
    least, most = min(series.values, default=0.0), max(series.values, default=0.0)
    low = bool(series.values) and (least < LOW * most or least < 1)
    doubt_texts = [doubt.text for doubt in doubts]
    notes = list(doubt_texts)
    if series.values:
        current = _("max {most}, now {now}") if fresh(_end(series), series.period, end) else _("max {most}")
        notes.insert(0, current.format(most=number(most), now=number(series.values[-1])))
    measure = Measure(
        title=title,
        shown=number(least) if series.values else "",
        allowed=_("≥ {percent} % of the most in the window", percent=round(LOW * 100)),
        **judgement((Verdict.ATTENTION if low else Verdict.NORMAL, *(doubt.verdict for doubt in doubts))),
        value=least if series.values else None,
        note=_("; ").join(notes),
    )
    spent = _("down to {value}; once used up, the CPU is throttled or charged extra")
    texts = [spent.format(value=number(least)), *doubt_texts] if low else doubt_texts
    return CheckRow(measure=measure, sentence=_("{title}: {said}.", title=title, said=_(", ").join(texts)))
