"""Source: "CloudWatch metrics for your Application Load Balancer" (Elastic Load Balancing user guide)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from statistics import median

from services.i18n import N_, _
from services.incidents.facts import Facts
from services.incidents.signals.base import Judged, SignalSpec, absent, percent, present, unseen, when_over
from services.incidents.signals.tasks import unlisted
from services.models.causes import OnsetBasis
from services.models.evidence import EvidencePlace
from services.models.first_wave import Measure, Source
from services.models.units import SECONDS, number

SHARE = 0.8  # Share of the errors from which one side made them
DOMINANT = 0.5  # Share of the load balancer's errors from which one status code dominates
LEAST = 5  # Errors from which their shares say anything
FEW = 20  # Requests in a minute below which a rate says little
TIMES = 3.0  # Multiple of the usual number of requests from which they surge
FALL = 0.3  # Share of the usual number of requests below which they have fallen
DRAIN = timedelta(seconds=120)
"""How soon after tasks were taken away errors come from it: 60 seconds, and a minute's bucket."""


def _place(metric: str, facts: Facts) -> EvidencePlace:
    return EvidencePlace(kind="widget", target=f"AWS/ApplicationELB/{metric}", at=facts.start)


def _errors(facts: Facts) -> tuple[float, float] | Judged:
    """(load balancer's, application's) errors since T0, or why they say nothing."""
    for measure in (Measure.ELB_5XX, Measure.TARGET_5XX):
        if why := facts.uncounted(measure):
            return unseen(why)
    balancer, application = facts.errors_since()
    if balancer + application < LEAST:
        return unseen(_("fewer than {count} errors (5xx) in this time", count=LEAST))
    return balancer, application


def _made_by(side: int) -> Callable[[Facts], Judged]:
    def judge(facts: Facts) -> Judged:
        errors = _errors(facts)
        if isinstance(errors, Judged):
            return errors
        share = errors[side] / sum(errors)
        value = _("{share} of {count}", share=percent(share), count=round(sum(errors)))
        return (present if share >= SHARE else absent)(value, f"≥ {percent(SHARE)}")

    return judge


def _refused_without_requests(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.ELB_503) or facts.uncounted(Measure.REQUESTS):
        return unseen(why)
    requests, newest = dict(facts.points(Measure.REQUESTS)), facts.published(Measure.REQUESTS)
    minutes = [
        (at, count)
        for at, count in facts.points(Measure.ELB_503)
        if count > 0 and at >= facts.start - timedelta(minutes=5)
        if newest and at <= newest and not requests.get(at)
    ]
    if not minutes:
        return absent()
    count = round(sum(count for _at, count in minutes))
    return present(
        _("{count} × 503, 0 requests", count=count),
        at=minutes[0][0],
        place=_place("HTTPCode_ELB_503_Count", facts),
    )


def _dominated_by(measure: Measure) -> Callable[[Facts], Judged]:
    code = measure.value.removeprefix("elb_")

    def judge(facts: Facts) -> Judged:
        errors = _errors(facts)
        if isinstance(errors, Judged):
            return errors
        balancer, application = errors
        count = facts.compared(measure)
        value = _("{count} of {all} × 5xx", count=round(count), all=round(balancer + application))
        dominates = count >= DOMINANT * balancer and balancer >= SHARE / 2 * (balancer + application)
        if count <= 0 or not dominates:
            return absent(value)
        place = _place(f"HTTPCode_ELB_{code}_Count", facts)
        # That targets are slow says nothing of why.
        return present(value, at=facts.start, place=place, is_coincidence=True)

    return judge


def _firewall_error(facts: Facts) -> Judged:
    if facts.runbook.waf is None:
        return unseen(_("the runbook names no firewall"))
    if why := facts.uncounted(Measure.ELB_500):
        return unseen(why)
    count = facts.total(Measure.ELB_500)
    return present(f"{count:.0f}", at=facts.start) if count > 0 else absent("0")


def _blocked(facts: Facts) -> Judged:
    if facts.runbook.waf is None:
        return unseen(_("the runbook names no firewall"))
    risen = _risen(facts, Measure.WAF_BLOCKED, least=20, times=5)
    # Scanners are turned away every night: only beside something that fails is it a sign of a cause.
    return replace(risen, is_direct=facts.onset.basis is not OnsetBasis.ALARM)


def _risen(facts: Facts, measure: Measure, *, least: float, times: float) -> Judged:
    """Whether a count per minute is at least `times` its past and at least `least`."""
    if why := facts.uncounted(measure):
        return unseen(why)
    before = facts.before(measure)
    span = max(1, len(facts.before(Measure.REQUESTS)))
    usual = sum(before) / span
    now = max(facts.since(measure, lead=2), default=0.0)
    limit = max(least, times * usual)
    value, bound = _("{count} a minute", count=f"{now:.0f}"), f"≥ {limit:.0f}"
    if now < limit:
        return absent(value, bound)
    return present(value, bound, when_over(facts, facts.points(measure), limit))


def _latency_first(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.LATENCY):
        return unseen(why)
    usual = facts.usual(Measure.LATENCY)
    if not usual:
        return unseen(_("there is nothing to compare it with"))
    limit = TIMES * usual
    first = when_over(facts, facts.points(Measure.LATENCY), limit, lead=15)
    most = max(facts.since(Measure.LATENCY, lead=15), default=0.0)
    value, bound = number(most, SECONDS), f"≥ {number(limit, SECONDS)}"
    if first is None:
        return absent(value, bound)
    errors = [
        at
        for at, count in (*facts.points(Measure.ELB_5XX), *facts.points(Measure.TARGET_5XX))
        if at >= facts.start and count > 0
    ]
    # Latency that rises together with the errors is their effect as likely as their cause.
    if errors and facts.onset.measure != Measure.LATENCY and first > min(errors):
        return absent(value, bound)
    return present(value, bound, first, _place("TargetResponseTime", facts))


def _requests(facts: Facts) -> tuple[float, float] | Judged:
    """(requests a minute in the last two that are published, the usual number), or why they cannot be compared."""
    if why := facts.uncounted(Measure.REQUESTS):
        return unseen(why)
    usual = facts.usual(Measure.REQUESTS)
    if not usual:
        return unseen(_("there is nothing to compare it with"))
    newest = facts.published(Measure.REQUESTS)
    assert newest is not None, "judged by uncounted"
    # A minute without any request has no point.
    counts = dict(facts.points(Measure.REQUESTS))
    minutes = [at for at in (newest, newest - timedelta(minutes=1)) if at >= facts.start] or [newest]
    return sum(counts.get(at, 0.0) for at in minutes) / len(minutes), usual


def _surge(facts: Facts) -> Judged:
    counts = _requests(facts)
    if isinstance(counts, Judged):
        return counts
    now, usual = counts
    # At night a handful of requests is many times the usual number.
    least = max(TIMES * usual, FEW)
    value, limit = _("{count} a minute", count=f"{now:.0f}"), f"≥ {least:.0f}"
    lately = facts.before(Measure.REQUESTS)
    if now < least and lately and now >= max(TIMES * median(lately), FEW):
        return unseen(
            _("there are many more than just before, and not more than a week ago"), is_out_of_reach=True
        )
    if now < least:
        return absent(value, limit)
    at = when_over(facts, facts.points(Measure.REQUESTS), 2 * usual)
    return present(value, limit, at, _place("RequestCount", facts))


def _usual(facts: Facts) -> Judged:
    counts = _requests(facts)
    if isinstance(counts, Judged):
        return counts
    now, usual = counts
    value = _("{count} a minute", count=f"{now:.0f}")
    limit = f"{0.6 * usual:.0f}–{1.4 * usual:.0f}"
    lately = facts.before(Measure.REQUESTS)
    pasts = (usual, median(lately) if lately else usual)
    if all(0.6 * past <= now <= 1.4 * past for past in pasts):
        return present(value, limit)
    if any(0.5 * past <= now <= 1.5 * past for past in pasts):
        return unseen(_("they are neither as usual nor far from it"), is_out_of_reach=True)
    return absent(value, limit)


def _fall(facts: Facts) -> Judged:
    counts = _requests(facts)
    if isinstance(counts, Judged):
        return counts
    now, usual = counts
    value, limit = _("{count} a minute", count=f"{now:.0f}"), f"≤ {FALL * usual:.0f}"
    balancer, application = facts.errors_since()
    newest = facts.published(Measure.REQUESTS) or facts.evidence.ended
    minutes = max(1.0, (newest - facts.start) / timedelta(minutes=1))
    has_errors = (balancer + application) / minutes > 0.05 * usual
    if now > FALL * usual or usual < FEW or has_errors:
        return absent(value, limit)
    return present(value, limit, facts.start, _place("RequestCount", facts))


def _few(facts: Facts) -> Judged:
    if why := facts.uncounted(Measure.REQUESTS):
        return unseen(why)
    if not sum(facts.errors_since()) and facts.onset.basis is OnsetBasis.ALARM:
        return unseen(_("no minute was bad"), is_out_of_reach=True)
    counts = facts.since(Measure.REQUESTS)
    most = max(counts, default=0.0)
    value, limit = _("{count} a minute", count=f"{most:.0f}"), f"< {FEW}"
    usual = facts.usual(Measure.REQUESTS)
    # No requests at all where there usually are some is an outage, not a small number.
    if most >= FEW or not counts or (usual is not None and usual >= 2 * FEW):
        return absent(value, limit)
    return present(value, limit)


def _drained(facts: Facts) -> Judged:
    if why := facts.unread(Source.METRICS) or facts.uncounted(Measure.ELB_5XX):
        return unseen(why)
    if why := unlisted(facts):
        return unseen(why)
    minute = timedelta(minutes=1)
    stops = [
        (task.ended, "Scaling activity" in task.reason)
        for task in facts.evidence.stopped_tasks
        if task.ended is not None and task.ended >= facts.start - 5 * minute
    ]
    errors = [
        at
        for measure in (Measure.ELB_5XX, Measure.TARGET_5XX)
        for at, count in facts.points(measure)
        if count > 0 and at >= facts.start - 2 * minute
    ]
    if not errors or not stops or not all(is_scaling for _at, is_scaling in stops):
        return absent()
    moments = [at for at, _is_scaling in stops]
    near = [any(moment - minute <= at <= moment + DRAIN for moment in moments) for at in errors]
    if not all(near):
        return absent()
    return present(_("errors only while targets were deregistered"), at=min(moments))


SIGNALS = (
    SignalSpec("elb-share", N_("The load balancer made the errors"), Source.METRICS, _made_by(0), group="origin", look="dashboard"),
    SignalSpec("target-share", N_("The application answered with the errors"), Source.METRICS, _made_by(1), group="origin", look="dashboard"),
    SignalSpec("no-target-503", N_("No request reaches a target (503)"), Source.METRICS, _refused_without_requests, direct_for=("no-target",), look="targets"),
    SignalSpec("elb-502", N_("Most errors are 502 (reset, malformed or refused)"), Source.METRICS, _dominated_by(Measure.ELB_502), group="code", look="dashboard"),
    SignalSpec("elb-504", N_("Most errors are time-outs (504)"), Source.METRICS, _dominated_by(Measure.ELB_504), direct_for=("slow-targets",), group="code", look="dashboard"),
    SignalSpec("elb-500", N_("The load balancer answers 500, with a firewall attached"), Source.METRICS, _firewall_error, look="waf-blocks"),
    SignalSpec("connection-errors", N_("Connections to targets fail"), Source.METRICS, partial(_risen, measure=Measure.CONNECTION_ERRORS, least=3, times=3), direct_for=("connection-reset",), look="targets"),
    SignalSpec("latency-first", N_("Latency rose before the errors"), Source.METRICS, _latency_first, look="dashboard"),
    SignalSpec("traffic-surge", N_("Requests surge"), Source.METRICS, _surge, direct_for=("traffic-surge",), group="traffic", look="dashboard"),
    SignalSpec("traffic-usual", N_("Requests are as usual"), Source.METRICS, _usual, group="traffic", look="dashboard"),
    SignalSpec("traffic-fall", N_("Requests fall, with few errors"), Source.METRICS, _fall, group="traffic", look="dashboard"),
    SignalSpec("tls-errors", N_("TLS negotiations fail"), Source.METRICS, partial(_risen, measure=Measure.TLS_ERRORS, least=10, times=5), direct_for=("dns-tls",), look="dashboard"),
    SignalSpec("target-tls-errors", N_("TLS negotiations with the targets fail"), Source.METRICS, partial(_risen, measure=Measure.TARGET_TLS_ERRORS, least=10, times=5), direct_for=("dns-tls",), look="dashboard"),
    SignalSpec("waf-blocks", N_("The firewall blocks more than usual"), Source.METRICS, _blocked, direct_for=("firewall",), group="waf", look="waf-blocks"),
    SignalSpec("few-requests", N_("There are few requests in the bad minutes"), Source.METRICS, _few, look="dashboard"),
    SignalSpec("drain-errors", N_("There are errors only after tasks were taken away"), Source.TASKS, _drained, direct_for=("artefact",), look="ecs"),
)  # fmt: skip
