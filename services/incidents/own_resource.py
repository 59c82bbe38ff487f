"""What is known of the resource that an alarm watches, where it is none of the system's: for screens and answers. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from statistics import median

from services.i18n import _, plural
from services.incidents.facts import Facts
from services.incidents.onset import bad_sign
from services.incidents.subject import Subject, stranger_of
from services.models.assess_answer import AssessedResource, ResourceRow
from services.models.units import number, unit_of


def resource_of(facts: Facts, zone: tzinfo) -> AssessedResource | None:
    subject = stranger_of(facts.evidence.alarm, facts.runbook)
    if subject is None:
        return None
    pairs = (*_metrics(facts, subject, zone), *_writes(facts, subject, zone), *_others(facts))
    rows = tuple(ResourceRow(name=name, text=text) for name, text in pairs)
    return AssessedResource(title=subject.title, rows=rows)


def _metrics(facts: Facts, subject: Subject, zone: tzinfo) -> Iterator[tuple[str, str]]:
    evidence, edge = facts.evidence, facts.start.timestamp()
    for curve in (curve for curve in evidence.own_series if curve.values):
        points = list(zip(curve.values, curve.times, strict=True))
        before = [value for value, at in points if at < edge]
        since = [point for point in points if point[1] >= edge] or points[-1:]
        low, high, usual = min(since), max(since), median(before or curve.values)
        is_low_bad = usual - low[0] > high[0] - usual
        if curve is evidence.own_series[0]:
            is_low_bad = bad_sign(evidence) < 0
        worst, at = low if is_low_bad else high
        # The label is `metric (statistic)`.
        metric, _open, stat = curve.label.rstrip(")").rpartition(" (")
        unit = unit_of(subject.first.model_copy(update={"metric": metric, "stat": stat}))
        text = _("before T0 {usual}, at {time} {worst}, now {now}").format(
            usual=number(usual if before else None, unit),
            time=f"{datetime.fromtimestamp(at, zone):%H:%M}",
            worst=number(worst, unit),
            now=number(curve.last, unit),
        )
        yield curve.label, text


def _writes(facts: Facts, subject: Subject, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """The writes to it since an hour before T0, newest first; or until when CloudTrail shows none."""
    first, evidence = facts.start - timedelta(hours=1), facts.evidence
    writes = [each for each in evidence.writes if each.at >= first and subject.is_touched_by(each)]
    for event in writes:
        refusal = _("refused: {error}", error=event.error) if event.error else ""
        words = (f"{event.at.astimezone(zone):%H:%M:%S}", event.name, event.actor.shown, refusal)
        yield _("Changed"), " ".join(filter(None, words))
    if not writes and (until := evidence.trail_until):
        time = f"{until.astimezone(zone):%H:%M}"
        yield _("Changed"), _("CloudTrail shows no change of it up to {time}", time=time)


def _others(facts: Facts) -> Iterator[tuple[str, str]]:
    evidence = facts.evidence
    if evidence.own_log is not None:
        count = len(facts.lines(evidence.own_log))
        text = plural("{count} error since T0", "{count} errors since T0", count, count=f"{count:,}")
        yield _("Log"), f"{evidence.own_log.group}  {text}"
    if evidence.together:
        yield _("Fire together"), _(", ").join(each.name for each in evidence.together)
