"""The parameters of a mute, parsed strictly; every mistake becomes a refusal in words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from services.changes.alarm_mute.schedule import MuteWindow, read_end
from services.changes.typed_values import as_typed, normalized, unknown_parameters
from services.i18n import _
from services.models.text import clean

ACTION, UNTIL, REASON, ALSO = "action", "until", "reason", "also"
USUAL = timedelta(hours=2)
"""The end that is proposed, after the mute's beginning."""
LONGEST_REASON = 500
"""Characters; AWS stores 1,024 with a rule."""

Action = Literal["mute", "unmute"]
_ACTIONS: dict[str, Action] = {"mute": "mute", "unmute": "unmute"}


@dataclass(frozen=True, slots=True)
class Parameters:
    """A valid wish: to mute some alarms for a time and a reason, or to end this console's mutes of one."""

    action: Action
    window: MuteWindow | None = None
    """None if and only if `action` is "unmute"."""
    reason: str = ""
    also: tuple[str, ...] = ()
    """Further alarms that the same rule mutes."""

    def as_typed(self, zone: ZoneInfo) -> dict[str, str]:
        if self.window is None:
            return {ACTION: self.action}
        until = as_typed(self.window.end, zone)
        return {ACTION: self.action, UNTIL: until, REASON: self.reason, ALSO: " ".join(self.also)}


def read_parameters(
    parameters: Mapping[str, str], window: MuteWindow, zone: ZoneInfo
) -> tuple[Parameters | None, tuple[str, ...]]:
    """(the parsed parameters, or None; the reasons for refusing them). `window` is the proposed one."""
    refusals = unknown_parameters(parameters, (ACTION, UNTIL, REASON, ALSO))
    action = _ACTIONS.get(normalized(parameters.get(ACTION, "mute")))
    if action is None:
        text = _("The action must be one of {actions}, not “{text}”.")
        listed = _(", ").join(_ACTIONS)
        return None, (*refusals, text.format(actions=listed, text=clean(parameters[ACTION])))
    if action == "unmute":
        return Parameters(action), refusals
    end, why = window.end, ""
    if UNTIL in parameters:
        read, why = read_end(parameters[UNTIL], window.start, zone)
        end = read or end
    reason = clean(parameters.get(REASON, "").strip())
    also = tuple(dict.fromkeys(parameters.get(ALSO, "").split()))
    refusals = (*refusals, *filter(None, (why, _reason_problem(reason))))
    return Parameters(action, MuteWindow(window.start, end), reason, also), refusals


def _reason_problem(reason: str) -> str:
    if not reason:
        return _(
            "Next, enter the reason: it is stored with the rule, for everybody who wonders why the alarm is silent."
        )
    if len(reason) > LONGEST_REASON:
        return _("The reason holds at most {most} characters: shorten it.").format(most=LONGEST_REASON)
    return ""
