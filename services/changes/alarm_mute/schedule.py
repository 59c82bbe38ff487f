"""When a mute begins and ends, and how AWS spells it. Pure.

Source: PutAlarmMuteRule, Schedule (Amazon CloudWatch API reference): `at(yyyy-MM-ddThh:mm)` knows no "now", and a
duration is from PT1M to P15D.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.changes.typed_values import any_moment
from services.i18n import _
from services.models.date_text import zoned_time

LONGEST = timedelta(days=15)
"""AWS's maximum length of a mute."""
MINUTE = timedelta(minutes=1)
"""AWS's minimum length, and the unit of its schedules."""


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
        """AWS's Schedule structure, in the system's time zone."""
        return {
            "Expression": f"at({self.start.astimezone(zone):%Y-%m-%dT%H:%M})",
            "Duration": self.duration,
            "Timezone": zone.key,
        }


def first_start(earliest: datetime) -> datetime:
    """The first full minute that is not before `earliest`."""
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
