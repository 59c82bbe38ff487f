"""The share of 5xx among a load balancer's responses, and the number of its healthy targets. Pure.

A mean over hours hides both: every five minutes of the window are judged, the night too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from services.calendar.calendar import Calendar
from services.i18n import _
from services.inspections.dashboard.quiet_times import quiet_times
from services.inspections.dashboard.reading import Curve, WindowSeries
from services.inspections.toolkit.checks import CheckResult, undecided
from services.inspections.toolkit.curves import STEP, SUSTAINED, Stretch, at, stretches, widest
from services.inspections.toolkit.wording import incomplete_words, length, number, stretch
from services.models.findings import Measure
from services.models.metrics import Series, SeriesStatus
from services.models.runbook import Runbook
from services.models.verdict import Verdict, judgement

SHARE = 0.05
"""Share of 5xx among all responses that is too much."""
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
    curves: Sequence[Curve], answer: WindowSeries, calendar: Calendar
) -> Iterator[CheckResult]:
    """The share of 5xx of each load balancer; without requests that there usually are, it says little."""
    refused = [curve for curve in curves if curve.role == "refused"]
    for curve in refused:
        own = {other.role: other for other in curves if other.balancer == curve.balancer}
        three = [answer.of(own[role]) for role in ("refused", "failed", "requests")]
        quiet = [
            each for each in quiet_times(own["requests"], answer, calendar) if each[0] is not Verdict.NORMAL
        ]
        title = _("5xx among all responses")
        if len(refused) > 1:
            title = _("{title} ({label})").format(title=title, label=curve.balancer)
        allowed = _("< {percent} % in any {minutes} min").format(
            percent=round(SHARE * 100), minutes=SUSTAINED // 60
        )
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
            shown=_("{percent} %").format(percent=number(times.share * 100)) if times.stretches else "",
            allowed=allowed,
            verdict=judged["verdict"] if any(verdicts) else None,
            partial=judged["partial"],
            value=times.share * 100 if times.stretches else None,
            unit="%",
            at=at(times.stretches[-1].began) if times.stretches else None,
            note=_("; ").join(words) or _("never as much"),
        )
        tip = _("Find the failing requests in the load balancer's and the application's log.")
        yield CheckResult(
            measure=measure,
            sentence=_("{title}: {said}.").format(title=title, said=_(", ").join(words)),
            advice=(tip,) if times.stretches else (),
            by_runbook=bool(times.stretches),
        )


def target_checks(
    curves: Sequence[Curve], answer: WindowSeries, zone: tzinfo, runbook: Runbook
) -> Iterator[CheckResult]:
    """The number of healthy targets of each group; the fewest tasks are the limit of the runbook's group.

    Only that is a limit: another group may have one target by intention. That none is left is another check.
    """
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
            title = _("{title} ({label})").format(title=title, label=curve.group)
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
            shown=_("{least} to {most}").format(
                least=number(min(series.values)), most=number(max(series.values))
            ),
            allowed=_("{count} or more").format(count=fewest) if fewest else "",
            verdict=Verdict.ATTENTION if short else Verdict.NORMAL if fewest else None,
            value=min(series.values),
            at=at(short[-1].began) if short else None,
            note=note,
        )
        total = length(timedelta(seconds=sum(each.seconds for each in short)))
        sentence = _("{title}: {said}, {length} in total.").format(title=title, said=note, length=total)
        tip = _("Find out why a task is missing or unhealthy: the service's events and stopped tasks.")
        yield CheckResult(measure, sentence, (tip,) if short else (), by_runbook=bool(short))
