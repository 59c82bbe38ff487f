"""What no limit tells: a load balancer that answers with errors while no target can, and spent CPU credits. Pure."""

from collections.abc import Iterator, Sequence
from datetime import timedelta, tzinfo

from services.i18n import _
from services.inspections.dashboard_ask import Answer, Wanted
from services.inspections.dashboard_course import Stretch, at, fresh, stretches
from services.inspections.dashboard_limits import unanswered
from services.inspections.database_points import Point, length
from services.inspections.insights_queries import number
from services.inspections.times import moment, stretch
from services.models.findings import Measure
from services.models.metrics import Series, SeriesStatus
from services.models.verdict import Verdict

SHORT = 180
"""Seconds: a shorter outage may be one failed request among none."""
LOW = 0.2
"""Of the most credits seen."""


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


def balancer_points(wanted: Sequence[Wanted], answer: Answer, zone: tzinfo) -> Iterator[Point]:
    """One for each load balancer."""
    refused = [each for each in wanted if each.role == "refused"]
    for each in refused:
        own = [other for other in wanted if other.balancer == each.balancer]
        requests = next(answer.of(other) for other in own if other.role == "requests")
        healthy = [answer.of(other) for other in own if other.role == "healthy"]
        name = each.balancer if len(refused) > 1 else ""
        yield _balancer(answer, answer.of(each), requests, healthy, name, zone)


def _balancer(
    answer: Answer,
    refused: Series,
    requests: Series,
    healthy: Sequence[Series],
    name: str,
    zone: tzinfo,
) -> Point:
    found = outages(refused, requests, healthy, answer.start, answer.end)
    title = _("Load balancer without a target that answers")
    title = _("{title} ({label})").format(title=title, label=name) if name else title
    total = length(timedelta(seconds=sum(each.seconds for each in found)))
    incomplete = [each for each in (refused, requests, *healthy) if each.status is not SeriesStatus.COMPLETE]
    # AWS counts requests and errors only where there are any: silence alone proves nothing.
    silent = not any(each.times for each in (refused, requests, *healthy))
    # Healthy targets are counted every minute, also where nobody asks.
    ended = [each for each in healthy if each.times and not fresh(_end(each), each.period, answer.end)]
    measure = Measure(
        title=title,
        shown="" if silent and not found else total if found else _("never"),
        allowed=_("never"),
        verdict=_verdict(found, answer, unknown=bool(incomplete or ended) or silent),
        at=found[-1].moments[0] if found else None,
        note=unanswered(incomplete[0])
        if incomplete
        else _("no data in the window")
        if silent
        else _("no data since {time}").format(time=moment(at(_end(ended[0])), zone))
        if ended
        else "",
    )
    if found:
        when = stretch(*max(found, key=lambda each: each.seconds).moments, zone)
        said = _("{title}: {said}.").format(title=title, said=when)
    else:
        said = _("{title}: {said}.").format(title=title, said=measure.note)
    text = _("A rate of errors hides a total outage: look at the number of 5xx and at the healthy targets.")
    return Point(measure=measure, said=said, advice=(text,) if found else (), by_runbook=bool(found))


def _verdict(found: Sequence[Stretch], answer: Answer, *, unknown: bool) -> Verdict:
    grave = any(
        each.seconds >= SHORT or (fresh(each.ended, 60, answer.end) and answer.end - each.ended < SHORT)
        for each in found
    )
    if grave:
        return Verdict.ABNORMAL
    if unknown:
        return Verdict.UNKNOWN
    return Verdict.ATTENTION if found else Verdict.NORMAL


def credit_points(wanted: Sequence[Wanted], answer: Answer, zone: tzinfo) -> Iterator[Point]:
    """CPU credits of a burstable database; others have none, and nothing is said."""
    for each in wanted:
        series = answer.of(each)
        if each.role != "credits" or (series.status is SeriesStatus.COMPLETE and not series.values):
            continue
        yield _credits(series, answer.end, zone)


def _end(series: Series) -> int:
    return series.times[-1] + series.period


def _credits(series: Series, end: int, zone: tzinfo) -> Point:
    title = _("CPU credits of the database")
    ended = bool(series.times) and not fresh(_end(series), series.period, end)
    unread = series.status is not SeriesStatus.COMPLETE or ended
    least, most = min(series.values, default=0.0), max(series.values, default=0.0)
    low = least < LOW * most or (bool(series.values) and least < 1)
    verdict = Verdict.UNKNOWN if unread else Verdict.ATTENTION if low else Verdict.NORMAL
    measure = Measure(
        title=title,
        shown=number(least) if series.values else "",
        allowed=_("≥ {percent} % of the most in the window").format(percent=round(LOW * 100)),
        verdict=verdict,
        value=least if series.values else None,
        note=unanswered(series)
        if series.status is not SeriesStatus.COMPLETE
        else _("no data since {time}").format(time=moment(at(_end(series)), zone))
        if ended
        else _("most {most}, now {now}").format(most=number(most), now=number(series.values[-1])),
    )
    text = _("{title}: {said}.")
    said = _("down to {value}; the CPU is held back, or charged, where they are spent")
    words = measure.note if unread else said.format(value=number(least))
    return Point(measure=measure, said=text.format(title=title, said=words))
