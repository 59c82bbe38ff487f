"""Whether the system has recovered: judged by what it does, not by the time that has passed. Pure."""

from services.i18n import _
from services.incidents.facts import Facts
from services.incidents.onset import bad_sign, watched_curve, watched_measures
from services.models.first_wave import Measure, Source
from services.models.incidents import RecoveryCheck
from services.models.measures import MEASURES
from services.models.units import BYTES, PLAIN, number

LATEST = 600  # Seconds within which values are the newest: CloudWatch may be late with them
QUIET = 3  # Whole minutes in a row that must lie under the baseline


def recovery_checks(facts: Facts) -> tuple[RecoveryCheck, ...]:
    return (*_tasks(facts), *_targets(facts), _curve(facts))


def has_recovered(facts: Facts) -> bool:
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
    value = _("{running} of {desired} running", running=service.running, desired=service.desired)
    return (RecoveryCheck(title=title, value=value, is_met=service.running == service.desired),)


def _targets(facts: Facts) -> tuple[RecoveryCheck, ...]:
    title = _("Registered targets healthy")
    reading = facts.evidence.reading(Source.TARGETS)
    if reading is None or reading.omitted:
        return ()
    if why := facts.unread(Source.TARGETS):
        return (RecoveryCheck(title=title, value=why, is_met=None),)
    healthy = sum(target.state == "healthy" for target in facts.registered)
    value = _("{healthy} healthy of {count}", healthy=healthy, count=len(facts.registered))
    return (RecoveryCheck(title=title, value=value, is_met=0 < len(facts.registered) == healthy),)


def _curve(facts: Facts) -> RecoveryCheck:
    title = _("Under the baseline for {minutes} minutes", minutes=QUIET)
    evidence, own, unit, period = facts.evidence, facts.evidence.own_series, PLAIN, 60
    if own:
        period = own[0].period
    else:
        measure = watched_measures(evidence.alarm)[0]
        if why := facts.unread(Source.METRICS):
            return RecoveryCheck(title=title, value=why, is_met=None)
        if measure is Measure.DB_FREE:
            return _free(facts, title)
        unit = MEASURES[measure].unit
    points, limit = watched_curve(evidence)
    ends, sign = evidence.ended.timestamp(), bad_sign(evidence)
    whole = [value for at, value in points if at + period <= ends and (not own or at >= ends - LATEST)]
    if limit is None or len(whole) * period < 60 * QUIET:
        return RecoveryCheck(title=title, value=_("there is nothing to compare it with"), is_met=None)
    worst = max(whole[-QUIET:])
    texts = {"value": number(sign * worst, unit), "limit": number(sign * limit, unit)}
    value = _("{value} beside {limit}", **texts)
    return RecoveryCheck(title=title, value=value, is_met=worst <= limit)


def _free(facts: Facts, title: str) -> RecoveryCheck:
    values = [value for _at, value in facts.points(Measure.DB_FREE)]
    threshold = facts.evidence.alarm.threshold
    if threshold is None or len(values) < QUIET:
        return RecoveryCheck(title=title, value=_("there is nothing to compare it with"), is_met=None)
    value = number(values[-1], BYTES)
    return RecoveryCheck(
        title=_("Above the alarm's threshold"), value=value, is_met=min(values[-QUIET:]) > threshold
    )
