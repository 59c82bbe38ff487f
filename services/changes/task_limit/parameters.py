from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.calendar.calendar import Calendar
from services.changes.base import REVERT, REVERT_AT
from services.changes.ecs_scaling.state import ScalingState
from services.changes.task_limit.season import SCALE_DOWN
from services.changes.typed_values import as_typed, moment, normalized, unknown_parameters, whole_number
from services.i18n import _
from services.models.runbook import Ecs
from services.models.text import clean

MIN, MAX = "min", "max"
LARGEST = 1000  # Larger numbers are refused as typing errors; ECS itself allows 5,000
AHEAD = timedelta(minutes=5)
"""Minimum time until the revert; AWS would refuse an earlier one or run it at once."""
DEFAULT_TIME = "17:00"
SOONEST = timedelta(hours=1)  # An incident is not over sooner

Way = Literal["aws", "duty", "none"]
_WAYS: dict[str, Way] = {"aws": "aws", "duty": "duty", "none": "none"}


@dataclass(frozen=True, slots=True)
class LimitParameters:
    maximum: int
    way: Way
    at: datetime | None  # When they are reverted (UTC); None if and only if `way` is "none"
    minimum: int | None = None  # The new minimum; None: it is not changed, and not sent

    def as_typed(self, calendar: Calendar) -> dict[str, str]:
        values = {MAX: str(self.maximum), REVERT: self.way}
        values |= {MIN: str(self.minimum)} if self.minimum is not None else {}
        return values | ({REVERT_AT: as_typed(self.at, calendar.zone)} if self.at else {})


def default_max(state: ScalingState, ecs: Ecs) -> int | None:
    now = state.target.maximum if state.target else None
    return ecs.busy_max if now is not None and now == ecs.usual_max else ecs.usual_max


def default_way(maximum: int, minimum: int | None, state: ScalingState, ecs: Ecs) -> Way:
    return "none" if may_stay(maximum, minimum, state, ecs) else "aws"


def may_stay(maximum: int, minimum: int | None, state: ScalingState, ecs: Ecs) -> bool:
    """Whether no revert is needed: each bound is lowered, unchanged or set to its usual value."""
    if state.target is None:
        return True
    stays = maximum < state.target.maximum or maximum == ecs.usual_max
    # With a new minimum, the maximum may be the present one.
    stays = stays or (minimum is not None and maximum == state.target.maximum)
    raised = minimum is not None and minimum > state.target.minimum
    return stays and (not raised or minimum == ecs.usual_min)


def proposed_at(calendar: Calendar, now: datetime) -> tuple[datetime, str]:
    """(default time of the revert (UTC), the reason for it). The next occurrence of the runbook's duty
    `SCALE_DOWN`, else 17:00 on the first business day of next month."""
    slot = calendar.next_slot(SCALE_DOWN, now + AHEAD)
    if slot is not None:
        return slot.due_at, _("the runbook's next date for it: {duty}", duty=slot.title)
    next_month = (calendar.day_of(now).replace(day=1) + timedelta(days=32)).replace(day=1)
    at = calendar.local(calendar.first_open(next_month), DEFAULT_TIME)
    return at, _("the first open day of next month")


def same_evening(calendar: Calendar, now: datetime) -> tuple[datetime, str]:
    """(when a limit is reverted that was raised in an incident (UTC), the reason for it)."""
    today = calendar.day_of(now)
    closes = calendar.hours_of(today)[1]
    if calendar.open_days.is_open(today) and now + SOONEST <= closes:
        return closes, _("city hall closes: the evening of this day")
    day = calendar.first_open(today + timedelta(days=1) if now >= calendar.hours_of(today)[0] else today)
    return calendar.hours_of(day)[0], _("city hall opens: somebody is there again")


def read_parameters(
    parameters: Mapping[str, str], state: ScalingState, ecs: Ecs, calendar: Calendar
) -> tuple[LimitParameters | None, tuple[str, ...]]:
    """(the parsed parameters, or None; the reasons for refusing them). Missing parameters get their defaults."""
    refusals = unknown_parameters(parameters, (MIN, MAX, REVERT, REVERT_AT))
    minimum, why = _minimum(parameters.get(MIN), state)
    if why:
        return None, (*refusals, why)
    maximum, why = _maximum(parameters.get(MAX), minimum, state, ecs)
    if maximum is None:
        return None, (*refusals, why)
    way, why = _way(parameters.get(REVERT), maximum, minimum, state, ecs)
    if way is None:
        return None, (*refusals, why)
    at: datetime | None = None
    if way != "none":
        at, why = _at(parameters.get(REVERT_AT), calendar, state.at)
        if at is None:
            return None, (*refusals, why)
    return LimitParameters(maximum, way, at, minimum), refusals


def _minimum(text: str | None, state: ScalingState) -> tuple[int | None, str]:
    if text is None or not normalized(text):
        return None, ""
    minimum, why = whole_number(_("Minimum task count"), text, least=0, most=LARGEST)
    same = state.target is not None and minimum == state.target.minimum
    return (None if same else minimum), why


def _maximum(text: str | None, minimum: int | None, state: ScalingState, ecs: Ecs) -> tuple[int | None, str]:
    if text is None and minimum is not None and state.target is not None:
        return state.target.maximum, ""
    value = text if text is not None else str(default_max(state, ecs) or "")
    return whole_number(_("Maximum task count"), value, least=1, most=LARGEST)


def _way(
    text: str | None, maximum: int, minimum: int | None, state: ScalingState, ecs: Ecs
) -> tuple[Way | None, str]:
    if text is None:
        return default_way(maximum, minimum, state, ecs), ""
    way = _WAYS.get(normalized(text))
    if way is None:
        return None, _(
            "The revert plan must be one of {ways}, not “{text}”.", ways=_(", ").join(_WAYS), text=clean(text)
        )
    if way == "none" and not may_stay(maximum, minimum, state, ecs):
        return None, _("A raised limit needs a revert plan: by AWS itself, or as a dated duty.")
    return way, ""


def _at(text: str | None, calendar: Calendar, now: datetime) -> tuple[datetime | None, str]:
    if text is None:
        return proposed_at(calendar, now)[0], ""
    return moment(_("Time of the revert"), text, calendar.zone, now, AHEAD)
