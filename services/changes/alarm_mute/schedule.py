"""When a mute begins and ends, and how AWS spells it. Pure.

Source: PutAlarmMuteRule, Schedule (Amazon CloudWatch API reference): `at(yyyy-MM-ddThh:mm)` knows no "now", and a
duration is from PT1M to P15D.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.i18n import _
from services.models.date_text import zoned_time
from services.models.text import clean

LONGEST = timedelta(days=15)
"""AWS's maximum length of a mute."""
MINUTE = timedelta(minutes=1)
"""AWS's minimum length, and the unit of its schedules."""
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}")


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


def as_typed(at: datetime, zone: ZoneInfo) -> str:
    """A time as an operator types it: `2026-12-01 17:00`."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def read_end(typed: str, start: datetime, zone: ZoneInfo) -> tuple[datetime | None, str]:
    """(the end of a mute that begins at `start`, "") or (None, why it cannot end then and what to do instead)."""
    try:
        if _DATED.fullmatch(typed) is None:
            raise ValueError
        naive = datetime.fromisoformat(typed)
        end = naive.replace(tzinfo=zone).astimezone(UTC)
        if end.astimezone(zone).replace(tzinfo=None) != naive:
            raise ValueError  # skipped when the clocks go forward
    except (ValueError, OverflowError):
        text = _("The end must look like 2026-12-01 17:00, not “{text}”.")
        return None, text.format(text=clean(typed))
    if end < start + MINUTE:
        text = _("The mute begins at {start}: choose an end after {least}.")
        return None, text.format(start=zoned_time(start, zone), least=zoned_time(start + MINUTE, zone))
    if end > start + LONGEST:
        text = _(
            "AWS mutes for at most {days} days: choose an end by {most}, and mute again after it if needed."
        )
        return None, text.format(days=LONGEST.days, most=zoned_time(start + LONGEST, zone))
    return end, ""
