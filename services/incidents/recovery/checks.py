"""Whether the system has recovered: judged by what it does, not by the time that has passed. Pure."""

from services.i18n import _
from services.incidents.facts import Facts
from services.incidents.onset import (
    bad_sign,
    baseline,
    own_limit,
    summed,
    usual_points,
    watched_measures,
)
from services.models.first_wave import Measure, Source
from services.models.incidents import RecoveryCheck
from services.models.measures import MEASURES
from services.models.units import BYTES, number

LATEST = 600
"""Seconds within which values are the newest: CloudWatch may be late with them."""
QUIET = 3
"""Whole minutes in a row that must lie under the baseline."""


def recovery_checks(facts: Facts) -> tuple[RecoveryCheck, ...]:
    """Tasks as desired, every registered target healthy, and the alarm's curve under its baseline for three minutes."""
    return (*_tasks(facts), *_targets(facts), _curve(facts))


def has_recovered(facts: Facts) -> bool:
    """Whether all conditions are met."""
    return all(check.is_met for check in recovery_checks(facts))


def _tasks(facts: Facts) -> tuple[RecoveryCheck, ...]:
    title = _("Tasks running as desired")
    if facts.runbook.ecs is None:
        return ()
    service = facts.evidence.service
    reading = facts.evidence.reading(Source.SERVICE)
    if service is None and reading is not None and reading.omitted:
        return ()
    if service is None:
        return (RecoveryCheck(title=title, value=facts.unread(Source.SERVICE), is_met=None),)
    value = _("{running} of {desired} running").format(running=service.running, desired=service.desired)
    return (RecoveryCheck(title=title, value=value, is_met=service.running == service.desired),)


def _targets(facts: Facts) -> tuple[RecoveryCheck, ...]:
    title = _("Registered targets healthy")
    reading = facts.evidence.reading(Source.TARGETS)
    if reading is None or reading.omitted:
        return ()
    if why := facts.unread(Source.TARGETS):
        return (RecoveryCheck(title=title, value=why, is_met=None),)
    healthy = sum(target.state == "healthy" for target in facts.registered)
    value = _("{healthy} healthy of {count}").format(healthy=healthy, count=len(facts.registered))
    return (RecoveryCheck(title=title, value=value, is_met=0 < len(facts.registered) == healthy),)


def _curve(facts: Facts) -> RecoveryCheck:
    title = _("Under the baseline for {minutes} minutes").format(minutes=QUIET)
    if facts.evidence.own_series:
        return _own(facts, title)
    measures = watched_measures(facts.evidence.alarm)
    if why := facts.unread(Source.METRICS):
        return RecoveryCheck(title=title, value=why, is_met=None)
    if Measure.DB_FREE in measures:
        return _free(facts, title)
    ends = int(facts.evidence.ended.timestamp()) // 60 * 60
    points = [point for point in summed(facts.evidence, measures) if point[0] + 60 <= ends]
    weeks = [facts.evidence.curve_week_ago(measure) for measure in measures]
    week_ago = [value for curve in weeks if curve is not None for value in curve.values]
    limit = baseline(usual_points(points, facts.evidence.alarm.since), week_ago, measures[0])
    if limit is None or len(points) < QUIET:
        return RecoveryCheck(title=title, value=_("there is nothing to compare it with"), is_met=None)
    unit = MEASURES[measures[0]].unit
    newest = [value for _at, value in points[-QUIET:]]
    value = _("{value} beside {limit}").format(value=number(max(newest), unit), limit=number(limit, unit))
    return RecoveryCheck(title=title, value=value, is_met=max(newest) <= limit)


def _own(facts: Facts, title: str) -> RecoveryCheck:
    """The alarm's own curve, where it watches a resource that is none of the system's."""
    curve, sign = facts.evidence.own_series[0], bad_sign(facts.evidence.alarm)
    limit, ends = own_limit(facts.evidence, curve), facts.evidence.ended.timestamp()
    points = zip(curve.times, curve.values, strict=True)
    whole = [sign * value for at, value in points if ends - LATEST <= at <= ends - curve.period]
    if limit is None or len(whole) * curve.period < 60 * QUIET:
        return RecoveryCheck(title=title, value=_("there is nothing to compare it with"), is_met=None)
    worst = max(whole[-QUIET:])
    value = _("{value} beside {limit}").format(value=number(sign * worst), limit=number(limit))
    return RecoveryCheck(title=title, value=value, is_met=worst <= sign * limit)


def _free(facts: Facts, title: str) -> RecoveryCheck:
    """Free storage is good again above the alarm's own threshold."""
    values = [value for _at, value in facts.points(Measure.DB_FREE)]
    threshold = facts.evidence.alarm.threshold
    if threshold is None or len(values) < QUIET:
        return RecoveryCheck(title=title, value=_("there is nothing to compare it with"), is_met=None)
    value = number(values[-1], BYTES)
    return RecoveryCheck(
        title=_("Above the alarm's threshold"), value=value, is_met=min(values[-QUIET:]) > threshold
    )
