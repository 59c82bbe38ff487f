"""Duties whose dates are computed from a base date in AWS rather than a rule: `access-key:<user>+90d`."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.calendar.recurrence import LAST
from services.i18n import _, plural
from services.models.date_text import day_text
from services.models.duties import BaseDate
from services.models.runbook import Duty

MAINTENANCE = "rds-maintenance"  # Kind of the base date of a database's pending maintenance
ANCHOR = re.compile(rf"(access-key|access-key-disabled|{MAINTENANCE}):(.+)\+([0-9]{{1,4}})d")
"""The syntax of a duty's `anchor`: kind, user or database, days."""


class DatedDuty(NamedTuple):
    duty: Duty
    anchor: BaseDate
    nominal: date | None
    """The local date on which it is due; None if the base date is unknown or too far in the future."""
    remark: str  # How the date was derived, in words


def anchored(duty: Duty, anchors: Iterable[BaseDate], zone: ZoneInfo) -> Iterator[DatedDuty]:
    """One dated duty per resource that matches the duty's anchor (each access key of the user), without
    duplicates; a maintenance, whose name is its id, may come again."""
    spec = ANCHOR.fullmatch(duty.anchor)
    if spec is None:
        return
    kind, user, days = spec[1], spec[2], int(spec[3])
    ids = set()
    for anchor in anchors:
        start = _local_date(anchor.at, zone)
        id = (anchor.id, start if kind == MAINTENANCE else None)
        if anchor.anchor != f"{kind}:{user}" or id in ids:
            continue
        ids.add(id)
        if start is None or start > LAST - timedelta(days=days):
            yield DatedDuty(duty, anchor, None, anchor.remark)
            continue
        origin = _from(kind, user, days, start)
        remark = f"{origin} · {anchor.remark}" if anchor.remark else origin
        yield DatedDuty(duty, anchor, start + timedelta(days=days), remark)


def _local_date(at: datetime | None, zone: ZoneInfo) -> date | None:
    try:
        return at and at.astimezone(zone).date()
    except OverflowError:
        return None


def _from(kind: str, user: str, days: int, start: date) -> str:
    if kind == MAINTENANCE:
        text = plural(
            "{days} day after the last maintenance window of {user} that leaves the lead time ({date})",
            "{days} days after the last maintenance window of {user} that leaves the lead time ({date})",
            days,
        )
        if not days:
            text = _("the last maintenance window of {user} that leaves the lead time ({date})")
    elif kind == "access-key":
        text = plural(
            "{days} day after a key of {user} was created ({date})",
            "{days} days after a key of {user} was created ({date})",
            days,
        )
    else:
        text = plural(
            "{days} day after a key of {user} was disabled ({date})",
            "{days} days after a key of {user} was disabled ({date})",
            days,
        )
    return text.format(days=days, user=user, date=day_text(start, start + timedelta(days=days)))


def base_date_in(key: str, prefix: str) -> tuple[str, date] | None:
    if not key.startswith(prefix):
        return None
    id, _at, when = key.removeprefix(prefix).rpartition("@")
    try:
        return id, date.fromisoformat(when.partition("T")[0])
    except ValueError:
        return None
