"""The worlds in which pictures are taken: a scenario of the demo at a time of its own."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

_JAPAN = ZoneInfo("Asia/Tokyo")
_TUESDAY = datetime(2026, 1, 13, 9, 7, tzinfo=_JAPAN)
"""After a Monday that was a holiday: Monday's duties are due."""
_MONDAY = datetime(2026, 1, 19, 9, 7, tzinfo=_JAPAN)


@dataclass(frozen=True, slots=True)
class World:
    """One embedded AWS; shots of the same world share a process."""

    scenario: str
    origin: datetime = _TUESDAY
    ahead: float = 300.0
    """Seconds that the scenario has run."""
    lane: str = ""
    """Shots that change the world, or need it at one moment, have one of their own."""


STORM = World("alb-5xx")
QUIET = World("ordinary-day")
BUSY = World("ecs-cpu", ahead=600.0)
FULL = World("rds-storage", ahead=600.0)
RELEASE = World("bad-deploy", ahead=600.0)
FAULTS = World("monday-faults", _MONDAY)
KEY = World("old-key", _MONDAY)
STRANGER = World("stranger", _MONDAY)
DENIED = World("denied")
SILENT = World("no-data")
EXPIRING = World("expired", ahead=140.0)  # Its credentials expire forty seconds after the start
