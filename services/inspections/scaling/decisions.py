"""Auto Scaling's decisions of the last day that changed nothing, and the reasons. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from services.aws.client.errors import AwsError
from services.changes.ecs_scaling.facts import reason_words
from services.i18n import _, plural
from services.inspections.base import table
from services.inspections.scaling.evaluation import Titles, unknown
from services.inspections.scaling.reading import ServiceReading
from services.inspections.scaling.shortage import COUNTED
from services.inspections.toolkit.checks import CheckResult
from services.models.date_text import zoned_time
from services.models.ecs import ScalingActivities, ScalingActivity
from services.models.evidence import Evidence, Row
from services.models.findings import Measure
from services.models.verdict import Verdict

RECENT = timedelta(hours=24)
"""Older decisions are not judged."""
_IN_ORDER = frozenset({"AlreadyAtMinCapacity", "AlreadyAtDesiredCapacity", "AutoScalingAnticipatedFlapping"})
"""Harmless reasons for not scaling: they occur every quiet night."""
_DONE, _UNDER_WAY = "Successful", ("Pending", "InProgress", "Overridden")


def refusals(
    reading: ServiceReading, titles: Titles, now: datetime, zone: tzinfo, written: Sequence[str]
) -> CheckResult:
    """Attention while the newest relevant decision was refused or failed.

    `written`: the runbook's advice on a high load.
    """
    title, decisions = titles(_("Scaling activities")), reading.decisions
    if isinstance(decisions, AwsError):
        return unknown(title)
    recent = [
        activity
        for activity in decisions.activities
        if now - activity.at < RECENT and not _in_order(activity)
    ]
    failures = [activity for activity in recent if _refused(activity)]
    # A change of bounds is a decision, too, but it starts no task.
    relevant = (activity for activity in recent if _refused(activity) or COUNTED.search(activity.description))
    newest = next(relevant, None)
    standing = newest is not None and _refused(newest)
    note = ""
    if failures:
        count, last = len(failures), failures[0]
        text = plural(
            "refused once in 24 hours, at {time}: {reason}",
            "refused {count} times in 24 hours, last at {time}: {reason}",
            count,
        )
        note = text.format(count=count, time=zoned_time(last.at, zone), reason=_why(last))
    if decisions.undated:
        # An activity without a time may be newer than all others, and successful or refused.
        undated = _("AWS returned activities without a time")
        return unknown(title, _("; ").join(filter(None, (undated, note))))
    text = _("{name}: Auto Scaling tried to scale and could not ({note}).")
    return CheckResult(
        measure=Measure(
            title=title,
            shown=_("scaling refused") if standing else _("not refused"),
            allowed=_("not refused"),
            verdict=Verdict.ATTENTION if standing else Verdict.NORMAL,
            value=len(failures),
            note=note,
        ),
        sentence=text.format(name=reading.name, note=note),
        advice=tuple(written),
    )


def _in_order(activity: ScalingActivity) -> bool:
    return bool(activity.not_scaled) and set(activity.not_scaled) <= _IN_ORDER


def _refused(activity: ScalingActivity) -> bool:
    if activity.not_scaled:
        return True
    return activity.status != _DONE and activity.status not in _UNDER_WAY


def _why(activity: ScalingActivity) -> str:
    return reason_words(activity.not_scaled) if activity.not_scaled else activity.status


def decisions_table(readings: Iterable[ServiceReading], now: datetime, zone: tzinfo) -> Evidence:
    """Decisions of the last day, newest first; equal ones are counted in one row."""
    rows = []
    for reading in readings:
        decisions = reading.decisions
        activities = decisions.activities if isinstance(decisions, ScalingActivities) else ()
        recent = [activity for activity in activities if now - activity.at < RECENT]
        counts = Counter(_key(activity) for activity in recent)
        for activity in {_key(activity): activity for activity in reversed(recent)}.values():
            count = counts[_key(activity)]
            rows.append((activity.at, _row(reading.name, activity, count, zone)))
    rows.sort(key=lambda pair: pair[0], reverse=True)
    columns = (_("Last at"), _("Service"), _("Decision"), _("Outcome"), _("Times"))
    return table(_("Scaling activities of 24 hours"), columns, [row for _at, row in rows])


def _key(activity: ScalingActivity) -> tuple[str, ...]:
    return (activity.status, activity.description, *activity.not_scaled)


def _row(name: str, activity: ScalingActivity, count: int, zone: tzinfo) -> Row:
    outcome = _why(activity) if activity.not_scaled or activity.status != _DONE else _("carried out")
    worrying = _refused(activity) and not _in_order(activity)
    return Row(
        cells=(zoned_time(activity.at, zone), name, activity.description, outcome, str(count)),
        verdict=Verdict.ATTENTION if worrying else None,
    )
