"""What an operator wishes of the task limit, read strictly; every mistake is a refusal in words. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from services.calendar.calendar import Calendar
from services.changes.base import REVERT, REVERT_AT
from services.changes.task_limit.state import Seen
from services.i18n import _
from services.models.runbook import Ecs
from services.models.text import clean

MAX = "max"
LARGEST = 1000
"""More tasks than this is a slip of the finger; ECS itself allows 5,000."""
AHEAD = timedelta(minutes=5)
"""The way back is at least this far in the future, or AWS would refuse or make it at once."""
SCALE_DOWN = "scale-down"
"""The runbook's duty for taking the limit back."""
DEFAULT_TIME = "17:00"

Way = Literal["aws", "duty", "none"]
_WAYS: dict[str, Way] = {"aws": "aws", "duty": "duty", "none": "none"}


@dataclass(frozen=True, slots=True)
class Wish:
    """A limit and its way back, both readable."""

    maximum: int
    way: Way
    at: datetime | None
    """When it is taken back (UTC); None exactly where `way` is "none"."""

    def as_wish(self, calendar: Calendar) -> dict[str, str]:
        """In full, so that a plan can be made from it again."""
        full = {MAX: str(self.maximum), REVERT: self.way}
        return full | ({REVERT_AT: local(self.at, calendar)} if self.at else {})


def default_max(seen: Seen, ecs: Ecs) -> int | None:
    """The busy maximum when it is now at the usual one, else the usual one."""
    now = seen.target.maximum if seen.target else None
    return ecs.busy_max if now is not None and now == ecs.usual_max else ecs.usual_max


def default_way(maximum: int, seen: Seen, ecs: Ecs) -> Way:
    """A raised limit is taken back, by AWS unless the operator says otherwise."""
    return "none" if may_stay(maximum, seen, ecs) else "aws"


def may_stay(maximum: int, seen: Seen, ecs: Ecs) -> bool:
    """No way back is needed: it is lowered, or it becomes the usual one."""
    lowered = seen.target is not None and maximum < seen.target.maximum
    return lowered or maximum == ecs.usual_max


def proposed_at(calendar: Calendar, now: datetime) -> tuple[datetime, str]:
    """(when it is taken back unless somebody says otherwise (UTC), why then).

    The runbook's next slot for taking it back, else 17:00 of the next month's first open day.
    """
    slot = calendar.next_slot(SCALE_DOWN, now + AHEAD)
    if slot is not None:
        return slot.due_at, _("the runbook's next date for it: {duty}").format(duty=slot.title)
    next_month = (calendar.day_of(now).replace(day=1) + timedelta(days=32)).replace(day=1)
    at = calendar.local(calendar.first_open(next_month), DEFAULT_TIME)
    return at, _("the first open day of next month")


def local(at: datetime, calendar: Calendar) -> str:
    """As an operator types it: `2026-12-01 17:00`."""
    return at.astimezone(calendar.zone).strftime("%Y-%m-%d %H:%M")


def read_wish(
    wish: Mapping[str, str], seen: Seen, ecs: Ecs, calendar: Calendar
) -> tuple[Wish | None, tuple[str, ...]]:
    """(the wish, or None; why it is refused). What is not given is the default."""
    refusals = [
        _("There is no parameter {name}.").format(name=clean(name))
        for name in wish
        if name not in (MAX, REVERT, REVERT_AT)
    ]
    maximum, why = _maximum(wish.get(MAX), seen, ecs)
    if maximum is None:
        return None, (*refusals, why)
    way, why = _way(wish.get(REVERT), maximum, seen, ecs)
    if way is None:
        return None, (*refusals, why)
    at: datetime | None = None
    if way != "none":
        at, why = _at(wish.get(REVERT_AT), calendar, seen.at)
        if at is None:
            return None, (*refusals, why)
    return Wish(maximum, way, at), tuple(refusals)


def _typed(text: str) -> str:
    """Full-width digits of a Japanese keyboard count as digits."""
    return unicodedata.normalize("NFKC", text).strip()


def _maximum(text: str | None, seen: Seen, ecs: Ecs) -> tuple[int | None, str]:
    default = default_max(seen, ecs)
    typed = _typed(text) if text is not None else str(default or "")
    if re.fullmatch(r"[0-9]{1,9}", typed) is None:
        return None, _("The maximum task count must be a whole number, not “{text}”.").format(
            text=clean(typed)
        )
    maximum = int(typed)
    if not 1 <= maximum <= LARGEST:
        return None, _("The maximum task count must be from 1 to {largest}.").format(largest=LARGEST)
    return maximum, ""


def _way(text: str | None, maximum: int, seen: Seen, ecs: Ecs) -> tuple[Way | None, str]:
    if text is None:
        return default_way(maximum, seen, ecs), ""
    way = _WAYS.get(_typed(text))
    if way is None:
        return None, _("The way back must be one of {ways}, not “{text}”.").format(
            ways=", ".join(_WAYS), text=clean(text)
        )
    if way == "none" and not may_stay(maximum, seen, ecs):
        return None, _("A raised limit needs a way back: by AWS itself, or as a dated duty.")
    return way, ""


def _at(text: str | None, calendar: Calendar, now: datetime) -> tuple[datetime | None, str]:
    if text is None:
        return proposed_at(calendar, now)[0], ""
    typed = _typed(text)
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}", typed) is None:
            raise ValueError
        naive = datetime.fromisoformat(typed)
        at = naive.replace(tzinfo=calendar.zone).astimezone(UTC)
        if at.astimezone(calendar.zone).replace(tzinfo=None) != naive:
            raise ValueError  # the clocks are put forward over it
    except (ValueError, OverflowError):
        return None, _("The time of the way back must look like 2026-12-01 17:00, not “{text}”.").format(
            text=clean(text)
        )
    if at <= now + AHEAD:
        return None, _("The time of the way back must be more than {minutes} minutes from now.").format(
            minutes=int(AHEAD.total_seconds() // 60)
        )
    return at, ""
