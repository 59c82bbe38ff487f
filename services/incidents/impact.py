"""What users notice of an incident, counted from T0 until now or its end, with the time that the numbers are from. Pure."""

from datetime import datetime, timedelta, tzinfo

from services.i18n import _
from services.incidents.facts import Facts
from services.models.causes import OnsetBasis
from services.models.date_text import period_text, time_text
from services.models.first_wave import IncidentEvidence, Measure, Source
from services.models.incidents import Incident
from services.models.units import SECONDS, number

FRESH = timedelta(seconds=60)  # Age from which numbers are said to be of an earlier time
_MINUTE = timedelta(minutes=1)
_ERRORS = (Measure.ELB_5XX, Measure.TARGET_5XX)


def counted(incident: Incident, facts: Facts) -> tuple[Facts, datetime, datetime] | None:
    """The facts about the whole incident, and the first and last minute that count; None if it has no numbers."""
    evidence = facts.evidence
    reading = evidence.reading(Source.METRICS)
    if reading is None or not reading.is_read:
        return None
    # After it fired again the evidence is about the last time; the numbers are about the whole.
    alarm = evidence.alarm.model_copy(update={"since": incident.since})
    whole = Facts(evidence.model_copy(update={"alarm": alarm}), facts.runbook)
    balanced = [at for measure in (Measure.REQUESTS, *_ERRORS) if (at := whole.published(measure))]
    last = min(balanced, default=(reading.as_of or evidence.ended) - _MINUTE)
    if incident.over_at is not None:
        last = min(last, incident.over_at - _MINUTE)
    firsts = (at for measure in Measure for at, _value in whole.points(measure) if at >= whole.start)
    return whole, min(firsts, default=whole.start), last


def impact_text(
    incident: Incident, facts: Facts, zone: tzinfo, now: datetime, live: IncidentEvidence | None = None
) -> str:
    """What users noticed, with the range of time; "" if nothing was measured of it. `live`: the newest
    reading alone; once the alarm is quiet, the states in `facts` are those of the trouble."""
    range_ = counted(incident, facts)
    if range_ is None or range_[2] < range_[1]:
        return ""
    whole, first, last = range_
    reading = whole.evidence.reading(Source.METRICS)
    read_at = (reading.as_of if reading is not None else None) or whole.evidence.ended
    is_over = incident.over_at is not None and read_at >= incident.over_at

    def values(measure: Measure) -> list[float]:
        return [value for at, value in whole.points(measure) if whole.start <= at <= last]

    errors, requests = sum(sum(values(measure)) for measure in _ERRORS), sum(values(Measure.REQUESTS))
    is_slow = whole.onset.basis is OnsetBasis.BASELINE and whole.onset.measure == Measure.LATENCY
    slow, parts = values(Measure.LATENCY), []
    if errors:
        share, count = round(100 * min(1.0, errors / max(requests, errors))), f"{round(errors):,}"
        so_far = _("{share}% of requests failed: {count} so far")
        words = _("{share}% of requests failed: {count}") if is_over else so_far
        parts.append(words.format(share=share, count=count))
    elif requests and not is_slow and not incident.is_asked and not incident.is_without_alarm:
        parts.append(_("None of {count} requests failed", count=f"{round(requests):,}"))
    if slow and not errors:
        parts.append(_("The 95th percentile of answers took up to {time}", time=number(max(slow), SECONDS)))
    if parts:
        span = period_text(first, last + _MINUTE, zone, now)
        parts[0] = _("{text} ({span})", text=parts[0], span=span)
    servers = Facts(live, facts.runbook) if live is not None else whole
    if servers.unhealthy and incident.over_at is None and (incident.is_firing or live is not None):
        healthy = sum(target.state == "healthy" for target in servers.registered)
        words = _("{healthy} of {count} servers healthy")
        parts.append(words.format(healthy=healthy, count=len(servers.registered)))
    if parts and not is_over and now - read_at > FRESH:
        parts.append(_("read at {time}", time=time_text(read_at, zone, now)))
    return _("; ").join(parts)
