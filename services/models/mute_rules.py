"""Source: PutAlarmMuteRule, GetAlarmMuteRule (Amazon CloudWatch API reference)."""

from datetime import datetime
from typing import Literal

from services.models.base import Clean, Model, RawId


class MuteRule(Model):
    """One rule that suppresses the actions of alarms, whatever its status is."""

    id: RawId
    """Its name; AWS overwrites the rule of a name that exists."""
    name: Clean
    """The same, cleaned for display."""
    status: Literal["SCHEDULED", "ACTIVE", "EXPIRED"]
    """Only an ACTIVE rule mutes."""
    description: Clean = ""
    alarms: tuple[RawId, ...] = ()
    """Names of the alarms it mutes; they may be fewer than it has if `is_complete` is False."""
    is_complete: bool = True
    expression: Clean = ""
    """Its schedule: `at(2026-12-01T17:00)` or `cron(…)`."""
    duration: Clean = ""
    """Length of each mute, in ISO 8601: `PT2H`."""
    timezone: Clean = "UTC"
    until: datetime | None = None
    """End of the mute that is in force, or of the only one (UTC); None: unknown or none."""
