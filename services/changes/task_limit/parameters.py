"""The parameters of the task limit, parsed strictly; every mistake becomes a refusal in words. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from services.calendar.calendar import Calendar
from services.changes.base import REVERT, REVERT_AT
from services.changes.task_limit.state import ScalingState
from services.i18n import _
from services.models.runbook import Ecs
from services.models.text import clean

MAX = "max"
LARGEST = 1000
"""Larger numbers are refused as typing errors; ECS itself allows 5,000."""
AHEAD = timedelta(minutes=5)
"""Minimum time until the revert; AWS would refuse an earlier one or run it at once."""
SCALE_DOWN = "scale-down"
"""The runbook's duty that reverts the limit."""
DEFAULT_TIME = "17:00"

Way = Literal["aws", "duty", "none"]
_WAYS: dict[str, Way] = {"aws": "aws", "duty": "duty", "none": "none"}


@dataclass(frozen=True, slots=True)
class Parameters:
    """A valid limit, and how and when it is reverted."""

    maximum: int
    way: Way
    at: datetime | None
    """When it is reverted (UTC); None if and only if `way` is "none"."""

    def as_typed(self, calendar: Calendar) -> dict[str, str]:
        """All values by id, from which the same plan can be made again."""
        values = {MAX: str(self.maximum), REVERT: self.way}
        return values | ({REVERT_AT: local(self.at, calendar)} if self.at else {})


def default_max(state: ScalingState, ecs: Ecs) -> int | None:
    """The busy maximum if the current one is the usual maximum, else the usual maximum."""
    now = state.target.maximum if state.target else None
    return ecs.busy_max if now is not None and now == ecs.usual_max else ecs.usual_max


def default_way(maximum: int, state: ScalingState, ecs: Ecs) -> Way:
    """The default revert: by AWS for a raised limit."""
    return "none" if may_stay(maximum, state, ecs) else "aws"


def may_stay(maximum: int, state: ScalingState, ecs: Ecs) -> bool:
    """Whether no revert is needed: the limit is lowered, or set to the usual one."""
    lowered = state.target is not None and maximum < state.target.maximum
    return lowered or maximum == ecs.usual_max


def proposed_at(calendar: Calendar, now: datetime) -> tuple[datetime, str]:
    """(default time of the revert (UTC), the reason for it).

    The next occurrence of the runbook's duty `SCALE_DOWN`, else 17:00 on the first business day of next month.
    """
    slot = calendar.next_slot(SCALE_DOWN, now + AHEAD)
    if slot is not None:
        return slot.due_at, _("the runbook's next date for it: {duty}").format(duty=slot.title)
    next_month = (calendar.day_of(now).replace(day=1) + timedelta(days=32)).replace(day=1)
    at = calendar.local(calendar.first_open(next_month), DEFAULT_TIME)
    return at, _("the first open day of next month")


def local(at: datetime, calendar: Calendar) -> str:
    """The time as an operator types it: `2026-12-01 17:00`."""
    return at.astimezone(calendar.zone).strftime("%Y-%m-%d %H:%M")


def read_parameters(
    parameters: Mapping[str, str], state: ScalingState, ecs: Ecs, calendar: Calendar
) -> tuple[Parameters | None, tuple[str, ...]]:
    """(the parsed parameters, or None; the reasons for refusing them). Missing parameters get their defaults."""
    refusals = [
        _("There is no parameter {name}.").format(name=clean(name))
        for name in parameters
        if name not in (MAX, REVERT, REVERT_AT)
    ]
    maximum, why = _maximum(parameters.get(MAX), state, ecs)
    if maximum is None:
        return None, (*refusals, why)
    way, why = _way(parameters.get(REVERT), maximum, state, ecs)
    if way is None:
        return None, (*refusals, why)
    at: datetime | None = None
    if way != "none":
        at, why = _at(parameters.get(REVERT_AT), calendar, state.at)
        if at is None:
            return None, (*refusals, why)
    return Parameters(maximum, way, at), tuple(refusals)


def _normalized(text: str) -> str:
    """Trimmed; the full-width digits of a Japanese keyboard become ASCII."""
    return unicodedata.normalize("NFKC", text).strip()


def _maximum(text: str | None, state: ScalingState, ecs: Ecs) -> tuple[int | None, str]:
    default = default_max(state, ecs)
    value = _normalized(text) if text is not None else str(default or "")
    if re.fullmatch(r"[0-9]{1,9}", value) is None:
        return None, _("The maximum task count must be a whole number, not “{text}”.").format(
            text=clean(value)
        )
    maximum = int(value)
    if not 1 <= maximum <= LARGEST:
        return None, _("The maximum task count must be from 1 to {largest}.").format(largest=LARGEST)
    return maximum, ""


def _way(text: str | None, maximum: int, state: ScalingState, ecs: Ecs) -> tuple[Way | None, str]:
    if text is None:
        return default_way(maximum, state, ecs), ""
    way = _WAYS.get(_normalized(text))
    if way is None:
        return None, _("The revert plan must be one of {ways}, not “{text}”.").format(
            ways=", ".join(_WAYS), text=clean(text)
        )
    if way == "none" and not may_stay(maximum, state, ecs):
        return None, _("A raised limit needs a revert plan: by AWS itself, or as a dated duty.")
    return way, ""


def _at(text: str | None, calendar: Calendar, now: datetime) -> tuple[datetime | None, str]:
    if text is None:
        return proposed_at(calendar, now)[0], ""
    value = _normalized(text)
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}", value) is None:
            raise ValueError
        naive = datetime.fromisoformat(value)
        at = naive.replace(tzinfo=calendar.zone).astimezone(UTC)
        if at.astimezone(calendar.zone).replace(tzinfo=None) != naive:
            raise ValueError  # skipped when the clocks go forward
    except (ValueError, OverflowError):
        return None, _("The time of the revert must look like 2026-12-01 17:00, not “{text}”.").format(
            text=clean(text)
        )
    if at <= now + AHEAD:
        return None, _("The time of the revert must be more than {minutes} minutes from now.").format(
            minutes=int(AHEAD.total_seconds() // 60)
        )
    return at, ""
