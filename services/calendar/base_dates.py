"""Duties whose dates come from AWS rather than from a rule: `access-key:<user>+90d`."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.calendar.recurrence import LAST
from services.i18n import plural
from services.models.duties import BaseDate
from services.models.runbook import Duty

ANCHOR = re.compile(r"(access-key|access-key-disabled):(.+)\+([0-9]{1,4})d")
"""What a duty's `anchor` looks like: kind, user, days."""


class DatedDuty(NamedTuple):
    """A duty and one date it hangs on."""

    duty: Duty
    anchor: BaseDate
    nominal: date | None
    """Local; None where the anchor's date is not known, or beyond every calendar."""
    remark: str
    """What the date comes from."""


def anchored(duty: Duty, anchors: Iterable[BaseDate], zone: ZoneInfo) -> Iterator[DatedDuty]:
    """One for each thing the duty hangs on (each key of the user), each only once."""
    spec = ANCHOR.fullmatch(duty.anchor)
    if spec is None:
        return
    kind, user, days = spec[1], spec[2], int(spec[3])
    seen = set()
    for anchor in anchors:
        if anchor.anchor != f"{kind}:{user}" or anchor.id in seen:
            continue
        seen.add(anchor.id)
        start = _local_date(anchor.at, zone)
        if start is None or start > LAST - timedelta(days=days):
            yield DatedDuty(duty, anchor, None, anchor.remark)
            continue
        said = _from(kind, user, days, start)
        remark = f"{said} · {anchor.remark}" if anchor.remark else said
        yield DatedDuty(duty, anchor, start + timedelta(days=days), remark)


def _local_date(at: datetime | None, zone: ZoneInfo) -> date | None:
    try:
        return at and at.astimezone(zone).date()
    except OverflowError:
        return None


def _from(kind: str, user: str, days: int, start: date) -> str:
    if kind == "access-key":
        said = plural(
            "{days} day after a key of {user} was created ({date})",
            "{days} days after a key of {user} was created ({date})",
            days,
        )
    else:
        said = plural(
            "{days} day after a key of {user} was disabled ({date})",
            "{days} days after a key of {user} was disabled ({date})",
            days,
        )
    return said.format(days=days, user=user, date=start.isoformat())
