from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from services.changes.typed_values import any_moment, as_typed, normalized, unknown_parameters
from services.i18n import _
from services.models.date_text import zoned_time
from services.models.text import clean

# When a mute begins and ends, and how AWS spells it. Pure.
#
# Source: PutAlarmMuteRule, Schedule (Amazon CloudWatch API reference): `at(yyyy-MM-ddThh:mm)` knows no "now", and a
# duration is from PT1M to P15D.


LONGEST = timedelta(days=15)  # AWS's maximum length of a mute
MINUTE = timedelta(minutes=1)  # AWS's minimum length, and the unit of its schedules


@dataclass(frozen=True, slots=True)
class MuteWindow:
    """One mute; both ends are full minutes (UTC)."""

    start: datetime
    end: datetime

    @property
    def duration(self) -> str:
        """Its length in ISO 8601, as AWS reads it: `P1DT2H30M`."""
        minutes = round((self.end - self.start) / MINUTE)
        days, minutes = divmod(minutes, 24 * 60)
        hours, minutes = divmod(minutes, 60)
        time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
        return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")

    def schedule(self, zone: ZoneInfo) -> dict[str, str]:
        return {
            "Expression": f"at({self.start.astimezone(zone):%Y-%m-%dT%H:%M})",
            "Duration": self.duration,
            "Timezone": zone.key,
        }


def first_start(earliest: datetime) -> datetime:
    floor = earliest.astimezone(UTC).replace(second=0, microsecond=0)
    return floor if floor == earliest else floor + MINUTE


def read_end(typed: str, start: datetime, zone: ZoneInfo) -> tuple[datetime | None, str]:
    """(the end of a mute that begins at `start`, "") or (None, why it cannot end then and what to do instead)."""
    end, refusal = any_moment(_("The end"), typed, zone)
    if end is None:
        return None, refusal
    if end < start + MINUTE:
        text = _("The mute begins at {start}: choose an end after {least}.")
        return None, text.format(start=zoned_time(start, zone), least=zoned_time(start + MINUTE, zone))
    if end > start + LONGEST:
        text = _(
            "AWS mutes for at most {days} days: choose an end by {most}, and mute again after it if needed."
        )
        return None, text.format(days=LONGEST.days, most=zoned_time(start + LONGEST, zone))
    return end, ""


ACTION, UNTIL, REASON, ALSO = "action", "until", "reason", "also"
USUAL = timedelta(hours=2)  # The end that is proposed, after the mute's beginning
LONGEST_REASON = 500  # Characters; AWS stores 1,024 with a rule

Action = Literal["mute", "unmute"]
_ACTIONS: dict[str, Action] = {"mute": "mute", "unmute": "unmute"}


@dataclass(frozen=True, slots=True)
class MuteParameters:
    """A valid wish: to mute some alarms for a time and a reason, or to end this console's mutes of one."""

    action: Action
    window: MuteWindow | None = None  # None if and only if `action` is "unmute"
    reason: str = ""
    also: tuple[str, ...] = ()  # Further alarms that the same rule mutes

    def as_typed(self, zone: ZoneInfo) -> dict[str, str]:
        if self.window is None:
            return {ACTION: self.action}
        until = as_typed(self.window.end, zone)
        return {ACTION: self.action, UNTIL: until, REASON: self.reason, ALSO: " ".join(self.also)}


def read_parameters(
    parameters: Mapping[str, str], window: MuteWindow, zone: ZoneInfo
) -> tuple[MuteParameters | None, tuple[str, ...]]:
    """(the parsed parameters, or None; the reasons for refusing them). `window` is the proposed one."""
    refusals = unknown_parameters(parameters, (ACTION, UNTIL, REASON, ALSO))
    action = _ACTIONS.get(normalized(parameters.get(ACTION, "mute")))
    if action is None:
        text = _("The action must be one of {actions}, not “{text}”.")
        listed = _(", ").join(_ACTIONS)
        return None, (*refusals, text.format(actions=listed, text=clean(parameters[ACTION])))
    if action == "unmute":
        return MuteParameters(action), refusals
    end, why = window.end, ""
    if UNTIL in parameters:
        read, why = read_end(parameters[UNTIL], window.start, zone)
        end = read or end
    reason = clean(parameters.get(REASON, "").strip())
    also = tuple(dict.fromkeys(parameters.get(ALSO, "").split()))
    refusals = (*refusals, *filter(None, (why, _reason_problem(reason))))
    return MuteParameters(action, MuteWindow(window.start, end), reason, also), refusals


def _reason_problem(reason: str) -> str:
    if not reason:
        return _(
            "Next, enter the reason: it is stored with the rule, for everybody who wonders why the alarm is silent."
        )
    if len(reason) > LONGEST_REASON:
        return _("The reason holds at most {most} characters: shorten it.", most=LONGEST_REASON)
    return ""
